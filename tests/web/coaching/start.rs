//! H5: nobody but a squad's member starts coaching for it. Tried through pages, every address, the use cases, and SQL.

use axum::http::StatusCode;
use trellis::actor::Role;
use trellis::coaching::{Offered, Topic, WhyNot, service};
use trellis::ids::{CoachingId, EventId, MemberId};

use super::{World, ask, get, post, requests, standing};
use crate::backlog::now;
use crate::given;
use crate::harness::{TestApp, Visitor};
use crate::seen::{assert_well, code};

const FORM: &str = "topic=Pace+is+hurting+us&tried=&better=";

async fn outsiders(app: &TestApp, world: &World) -> Vec<Visitor> {
    let all = [Role::Admin, Role::Leader, Role::Coach];
    vec![
        app.admin().await,
        app.admin_only().await,
        app.leader("Ruth Abara").await,
        world.coach.clone(),
        app.member_with("Has Every Role", &all).await,
        app.member("Of Another Squad").await,
    ]
}

#[tokio::test]
async fn nobody_but_a_squads_member_starts_coaching_by_any_page_address_or_use_case() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let offer = {
        let (topic, offered) = (Topic::parse("Pace").unwrap(), Offered::parse("I help").unwrap());
        service::offer(&app.pool, &now(&app, &world.coach), world.squad, &topic, &offered).await
    };
    let offer = offer.unwrap();
    let new = app.at("/squads/outage-care/coaching/new");
    for visitor in outsiders(&app, &world).await {
        assert_eq!(get(&visitor, &new).await.status, StatusCode::FORBIDDEN);
        assert_eq!(post(&visitor, &new, FORM).await.status, StatusCode::FORBIDDEN);
        let actor = now(&app, &visitor);
        let asked = service::ask(&app.pool, &actor, world.squad, &ask("Pace")).await;
        assert_eq!(code(asked), "forbidden");
        assert_eq!(code(service::accept(&app.pool, &actor, offer).await), "forbidden");
        for route in trellis::routes().list().iter().filter(|it| it.is_change()) {
            if !route.path.contains("coaching") {
                continue;
            }
            let path = route
                .path
                .replace("{org}", &app.slug)
                .replace("{squad}", "outage-care")
                .replace("{offer}", &offer.to_string())
                .replace("{request}", &EventId::new().to_string())
                .replace("{meeting}", &EventId::new().to_string());
            // The author of the offer withdraws it by this one; nothing begins by that either.
            if path.ends_with("/withdraw") {
                continue;
            }
            for form in [FORM, "", "topic=Pace&offered=Now"] {
                post(&visitor, &path, form).await;
                visitor.clone().post_json(&path, form).await;
            }
        }
        assert_eq!(requests(&app).await, 0, "{}", actor.name);
    }

    let stranger = app.stranger().await;
    assert_eq!(post(&stranger, &new, FORM).await.status, StatusCode::NOT_FOUND);
    assert_eq!(requests(&app).await, 0);
    let asked = post(&world.member, &new, FORM).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text("main"));
    assert_eq!(requests(&app).await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn who_has_left_the_squad_asks_for_it_no_more() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let membership = sqlx::query_scalar("select id from membership where member_id = $1")
        .bind(world.member.id())
        .fetch_one(&app.pool)
        .await
        .unwrap();
    trellis::squads::service::remove_member(&app.pool, &app.founder(), membership, None)
        .await
        .unwrap();

    let actor = now(&app, &world.member);
    assert_eq!(code(service::ask(&app.pool, &actor, world.squad, &ask("Pace")).await), "forbidden");
}

/// Writes a request by hand in a transaction of its own, with an event of `by`; answers what refuses it.
async fn by_hand(
    app: &TestApp,
    world: &World,
    (kind, by, named): (&str, MemberId, MemberId),
    coach: Option<MemberId>,
) -> Option<String> {
    let mut tx = app.pool.begin().await.unwrap();
    let (organization, id, event) =
        (app.tenant().organization_id(), EventId::new(), EventId::new());
    let write = async {
        sqlx::query(
            "insert into event (organization_id, id, at, member_id, kind, summary, subjects) values ($1, $2, now(), $3, $4, 'x', array[$5]::uuid[])",
        )
        .bind(organization)
        .bind(event)
        .bind(by)
        .bind(kind)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into coaching_request (organization_id, id, team_id, topic, raised_by, raised_at, raised_event, state_at, state_event, \
                                           coach_id, pulled_at, pulled_event) \
             values ($1, $2, $3, 'Pace', $4, now(), $5, now(), $5, $6, case when $6 is not null then now() end, case when $6 is not null then $5 end)",
        )
        .bind(organization)
        .bind(id)
        .bind(world.squad)
        .bind(named)
        .bind(event)
        .bind(coach)
        .execute(&mut *tx)
        .await
        .map(drop)
    };
    let done = match write.await {
        Ok(()) => tx.commit().await,
        Err(error) => Err(error),
    };
    let error = done.err()?;
    Some(error.as_database_error().unwrap().constraint().unwrap().to_owned())
}

#[tokio::test]
async fn sql_starts_no_coaching_either_and_assigns_none() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (member, leader) = (world.member.id(), app.founder.member);
    let started = Some("coaching_started_by_squad".to_owned());
    let asked = "coaching_requested";
    assert_eq!(by_hand(&app, &world, (asked, leader, leader), None).await, started);
    assert_eq!(by_hand(&app, &world, (asked, leader, member), None).await, started);
    assert_eq!(by_hand(&app, &world, (asked, world.coach.id(), member), None).await, started);
    assert_eq!(by_hand(&app, &world, (asked, member, leader), None).await, started);
    assert_eq!(by_hand(&app, &world, ("squad_edited", member, member), None).await, started);
    let coach = Some(world.coach.id());
    let assigned = by_hand(&app, &world, (asked, member, member), coach).await;
    assert_eq!(assigned.as_deref(), Some("coaching_pulled_by_coach"));
    assert_eq!(requests(&app).await, 0);

    let id = world.asked(&app).await;
    for (sql, constraint) in [
        (
            "update coaching_request set coach_id = $2, pulled_at = now(), pulled_event = raised_event where id = $1",
            "coaching_pulled_by_coach",
        ),
        (
            "update coaching_request set state = 'withdrawn', state_event = (select id from event where member_id <> $2 and kind = 'squad_created' limit 1) where id = $1",
            "coaching_ended_by_squad",
        ),
        (
            "update coaching_request set state = 'active' where id = $1 and $2::uuid is not null",
            "coaching_request_steps",
        ),
        ("update coaching_request set raised_by = $2 where id = $1", "coaching_request_stays"),
        (
            "delete from coaching_request where id = $1 and $2::uuid is not null",
            "coaching_request_no_delete",
        ),
    ] {
        let done = sqlx::query(sql).bind(id).bind(world.coach.id()).execute(&app.pool).await;
        let error = done.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{sql}");
    }
    assert_eq!(standing(&app, id).await, ("open".to_owned(), None));
    assert_well(&app).await;
}

#[tokio::test]
async fn nothing_begins_by_an_offer_before_another_member_of_the_squad_accepts() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let offer = app.at("/squads/outage-care/coaching/offer");
    assert_eq!(get(&world.member, &offer).await.status, StatusCode::FORBIDDEN);
    let empty = post(&world.coach, &offer, "topic=&offered=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let leader = app.leader("Ruth Abara").await;
    for visitor in [&world.coach, &leader] {
        let made = post(visitor, &offer, "topic=Pace&offered=I+could+hold+the+room").await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text("main"));
    }
    assert_eq!(requests(&app).await, 0);

    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from coaching_offer order by made_at, id")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let at = |n: usize, what: &str| app.at(&format!("/coaching/offers/{}/{what}", ids[n]));
    assert_eq!(post(&leader, &at(0, "accept"), "").await.status, StatusCode::FORBIDDEN);
    let accepted = post(&world.member, &at(0, "accept"), "").await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.text("main"));
    let (state, coach): (String, Option<uuid::Uuid>) =
        sqlx::query_as("select state, coach_id from coaching_request")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!((state.as_str(), coach), ("open", Some(world.coach.id().0)), "who offered has it");

    let declined = post(&world.other, &at(1, "decline"), "reason=Not+now").await;
    assert_eq!(declined.status, StatusCode::SEE_OTHER);
    let id = trellis::ids::OfferId(ids[1]);
    let why = WhyNot::parse("").unwrap();
    let actor = now(&app, &world.member);
    assert_eq!(code(service::accept(&app.pool, &actor, id).await), "offer_answered");
    assert_eq!(code(service::decline(&app.pool, &actor, id, &why).await), "offer_answered");
    assert_eq!(requests(&app).await, 1);
    let reopened = sqlx::query("update coaching_offer set state = 'open' where id = $1").bind(id);
    let error = reopened.execute(&app.pool).await.unwrap_err();
    let constraint = error.as_database_error().unwrap().constraint().map(ToOwned::to_owned);
    assert_eq!(constraint.as_deref(), Some("coaching_offer_final"));
    let shown = get(&world.member, &app.at("/squads/outage-care/coaching")).await;
    assert!(shown.text("main").contains("Declined by Yara Haddad: Not now"));
    assert_well(&app).await;
}

#[tokio::test]
async fn who_leads_and_is_in_the_squad_does_not_accept_their_own_offer() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let leader = app.leader("Ruth Abara").await;
    given::join(&app, world.squad, &[leader.id()]).await;
    let (topic, offered) = (Topic::parse("Pace").unwrap(), Offered::parse("I help").unwrap());
    let actor = now(&app, &leader);
    let offer = service::offer(&app.pool, &actor, world.squad, &topic, &offered).await.unwrap();

    assert_eq!(code(service::accept(&app.pool, &actor, offer).await), "own_offer");
    service::accept(&app.pool, &now(&app, &world.other), offer).await.unwrap();
    let board = get(&world.coach, &app.at("/coaching")).await;
    assert!(
        board.text("#coaching-board").contains("Outage Care"),
        "it waits: a leader is no coach"
    );
}

#[tokio::test]
async fn a_coach_who_is_in_the_squad_does_not_get_it_by_an_offer() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (topic, offered) = (Topic::parse("Pace").unwrap(), Offered::parse("I help").unwrap());
    let coach = now(&app, &world.coach);
    let offer = service::offer(&app.pool, &coach, world.squad, &topic, &offered).await.unwrap();
    given::join(&app, world.squad, &[world.coach.id()]).await;

    let mut member = world.member.clone();
    let accept = app.at(&format!("/coaching/offers/{offer}/accept"));
    let page = member.post(&accept, "").await.assert_redirect().to_owned();

    let said = member.get(&page).await;
    assert!(said.html.contains("Who offered is in it"), "{}", said.text("body"));
    let id: CoachingId =
        sqlx::query_scalar("select id from coaching_request").fetch_one(&app.pool).await.unwrap();
    assert_eq!(standing(&app, id).await, ("open".to_owned(), None));
    let (by, named) = (world.coach.id(), world.member.id());
    let pulled = by_hand(&app, &world, ("coaching_pulled", by, named), Some(by)).await;
    assert_eq!(pulled.as_deref(), Some("coaching_coach_outside"), "nor by SQL");
    let other = app.coach("Carl Coach").await;
    service::pull(&app.pool, &now(&app, &other), id).await.unwrap();
    assert_well(&app).await;
}

#[tokio::test]
async fn a_finding_or_a_dimension_is_where_a_request_begins() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let page = get(&world.member, &app.at("/squads/outage-care")).await;
    assert!(page.count("[data-code]") > 1, "{}", page.text("main"));
    let new = app.at("/squads/outage-care/coaching/new");
    assert_eq!(page.count(&format!("a[href^='{new}']")), 1, "one way for all findings");
    assert_eq!(page.attribute("section[aria-labelledby=f-h] header a", "href"), Some(new.clone()));
    assert!(!get(&world.coach, &app.at("/squads/outage-care")).await.html.contains("coaching/new"));

    let form = get(&world.member, &new).await;
    assert_eq!(form.count("#because option[selected]"), 0);
    assert_eq!(form.count("#because option[value='finding.S3']"), 1, "each rule once");
    let form = get(&world.member, &format!("{new}?finding=S3")).await;
    assert!(!form.attribute("#topic", "value").unwrap().is_empty(), "the finding is the topic");
    assert_eq!(form.attribute("#because option[selected]", "value").as_deref(), Some("finding.S3"));
    let speed: uuid::Uuid = sqlx::query_scalar(
        "select dimension_id from health_dimension_version where name = 'Speed'",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    let form = get(&world.member, &format!("{new}?dimension={speed}")).await;
    assert_eq!(form.attribute("#topic", "value").as_deref(), Some("Speed"));
    let asked = post(&world.member, &new, &format!("{FORM}&because=dimension.{speed}")).await;
    let shown = get(&world.coach, asked.assert_redirect()).await;
    assert_eq!(shown.text("#ef-h"), "Speed", "as it is written in the pack");
    let found = post(&world.member, &new, &format!("{FORM}&because=finding.S3")).await;
    let shown = get(&world.coach, found.assert_redirect()).await;
    assert!(shown.text("dl.facts").contains("Finding S3"), "{}", shown.text("dl.facts"));
    let wrong = post(&world.member, &new, "topic=&tried=We+talked&better=&because=finding.S3");
    let wrong = wrong.await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.html.contains("We talked"), "what was typed is kept");
    assert_eq!(
        wrong.attribute("#because option[selected]", "value").as_deref(),
        Some("finding.S3")
    );
}
