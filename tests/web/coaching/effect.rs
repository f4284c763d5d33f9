//! From a dimension that is not green to a request, and what later health checks say of it.

use chrono::TimeDelta;
use trellis::health::Colour;
use trellis::ids::{DimensionId, RoundId};

use super::{ask, get, post};
use crate::harness::TestApp;
use crate::health::{World, now};
use crate::seen::assert_well;

/// A closed health check in which all eight say the same of the first question, and green of the others.
async fn checked(app: &TestApp, world: &World, first: Colour) -> RoundId {
    let round = world.open(app).await;
    for who in 0..8 {
        world.answer(app, round, who, Colour::Green, "").await;
        world.answer_one(app, round, who, world.questions[0], first, "").await.unwrap();
    }
    world.close(app, round).await;
    round
}

#[tokio::test]
async fn a_red_dimension_leads_to_a_request_and_later_checks_show_its_effect() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = checked(&app, &world, Colour::Red).await;
    let dimension = world.questions[0];
    let (member, page) = (&world.members[0], world.at(&app, round, ""));
    let new = app.at("/squads/fair-bills/coaching/new");

    let results = get(member, &page).await;
    let link = format!("#d-{dimension} a[href*='/coaching/new']");
    let href = results.attribute(&link, "href").unwrap();
    assert_eq!(href, format!("{new}?dimension={dimension}"));
    assert_eq!(results.count(".results a[href*='/coaching/new']"), 1, "green asks for nothing");
    let coach = get(&world.coach, &page).await;
    assert_eq!(coach.count("a[href*='/coaching/new']"), 0, "H5: only the squad asks");

    let form = get(member, &href).await;
    assert_eq!(form.attribute("#topic", "value").as_deref(), Some("Delivering value"));
    assert_eq!(form.text("#because option[selected]"), "Delivering value: needs help");
    let because = form.attribute("#because option[selected]", "value").unwrap();
    app.clock().advance(TimeDelta::hours(1));
    let member = app.again(member).await;
    let typed = format!("topic=Releases&tried=&better=&because={because}");
    let request = post(&member, &new, &typed).await.assert_redirect().to_owned();
    let shown = get(&member, &request).await;
    assert_eq!(shown.count("#effect li"), 1);
    assert!(shown.text("#effect").contains("No health check with it was closed since."));
    assert!(shown.text("#effect li").contains("8 need help"), "{}", shown.text("#effect"));
    assert!(shown.text("#effect li").ends_with("before the squad asked"));
    let back = shown.attribute("#effect li a", "href").unwrap();
    assert_eq!(back, format!("{page}#d-{dimension}"), "it leads to the answers");

    app.clock().advance(TimeDelta::days(30));
    let later = World { coach: app.again(&world.coach).await, ..world };
    checked(&app, &later, Colour::Amber).await;
    let coach = app.again(&later.coach).await;
    let shown = get(&coach, &request).await;
    assert_eq!(shown.count("#effect li"), 2);
    let label: String =
        sqlx::query_scalar("select label from health_round order by closed_at desc limit 1")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let said = format!("Needs help before, some trouble in {label}.");
    assert!(shown.text("#effect").contains(&said), "{}", shown.text("#effect"));
    assert!(shown.texts("#effect li")[0].ends_with("since the squad asked"));
    assert_well(&app).await;
}

#[tokio::test]
async fn another_wording_keeps_the_history_and_says_that_it_cannot_be_compared() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    checked(&app, &world, Colour::Red).await;
    let dimension = world.questions[0];
    app.clock().advance(TimeDelta::hours(1));
    let by = now(&app, &world.members[0]);
    let because = trellis::coaching::Ask { dimension: Some(dimension), ..ask("Releases") };
    let id = trellis::coaching::service::ask(&app.pool, &by, world.squad, &because).await.unwrap();
    sqlx::query(
        "with new as (insert into health_dimension_version (organization_id, dimension_id, version, name, green, amber, red) \
                      select organization_id, dimension_id, version + 1, 'Releasing', green, amber, red from health_dimension_version \
                      where dimension_id = $1 order by version desc limit 1 returning dimension_id, version) \
         update health_dimension d set version = new.version from new where d.id = new.dimension_id",
    )
    .bind(dimension)
    .execute(&app.pool)
    .await
    .unwrap();
    app.clock().advance(TimeDelta::days(30));
    checked(&app, &world, Colour::Green).await;

    let shown = get(&app.again(&world.coach).await, &app.at(&format!("/coaching/{id}"))).await;

    assert_eq!(shown.text("#effect h2"), "Delivering value", "as it was called then");
    assert_eq!(shown.count("#effect li"), 2, "{}", shown.text("#effect"));
    assert!(shown.text("#effect").contains("cannot be compared"));
    assert!(shown.texts("#effect li")[0].ends_with("Asked in other words than before"));
    let moved = sqlx::query("update coaching_request set dimension_id = null where id = $1")
        .bind(id)
        .execute(&app.pool)
        .await
        .unwrap_err();
    let constraint = moved.as_database_error().unwrap().constraint().map(ToOwned::to_owned);
    assert_eq!(constraint.as_deref(), Some("coaching_request_about"));
}

#[tokio::test]
async fn a_dimension_that_is_not_the_organizations_is_left_out() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let new = app.at("/squads/fair-bills/coaching/new");
    let nobodys = DimensionId::new();
    let form = get(&world.members[0], &format!("{new}?dimension={nobodys}")).await;
    assert_eq!(form.attribute("#topic", "value").as_deref(), Some(""));
    assert_eq!(form.count("#because option[selected]"), 0);
    let typed = format!("topic=Releases&tried=&better=&because=dimension.{nobodys}");
    let request = post(&world.members[0], &new, &typed).await.assert_redirect().to_owned();
    assert_eq!(get(&world.coach, &request).await.count("#effect"), 0);
}
