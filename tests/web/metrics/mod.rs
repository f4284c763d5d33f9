//! Tests of metrics: choosing, changing, replacing and ending them; check-ins and the call of a program beside it.

mod api;
mod check_ins;

use axum::http::StatusCode;
use trellis::error::Error;
use trellis::metrics::Kind;
use trellis::metrics::service::{add, end, make_goal, replace, set_goal, update};
use trellis::text::Reason;

use crate::given;
use crate::harness::TestApp;

const FORM: &str = "name=First+bill+correct&unit=%25&direction=up&baseline=88%2C1&target=97&target_high=&cadence=weekly";

fn reason() -> Reason {
    Reason::parse("Nobody steered by it").unwrap()
}

#[tokio::test]
async fn a_squads_member_chooses_its_goal_metric() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;

    let new = app.at("/squads/fair-bills/metrics/new");
    member.get(&format!("{new}?goal=1")).await.assert_ok();
    member.post(&new, FORM).await.assert_redirect();

    let kept: (String, f64, Option<f64>) =
        sqlx::query_as("select kind, target, baseline from metric where is_goal")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(kept, ("customer_value".to_owned(), 97.0, Some(88.1)));
    assert_eq!(given::events(&app, "goal_metric_set").await, 1);
}

#[tokio::test]
async fn a_range_whose_ends_are_swapped_says_so_beside_its_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let new = app.at("/squads/fair-bills/metrics/new");
    let form = FORM.replace("direction=up", "direction=within").replace("high=", "high=90");

    let refused = leader.post(&new, &form).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.text("#target_high-error"),
        "The high end is lower than the low end. Swap the two numbers."
    );
    assert_eq!(refused.attribute("#target_high", "value").as_deref(), Some("90"));
}

#[tokio::test]
async fn designers_choose_it_while_the_squad_is_forming_and_not_later() {
    let app = TestApp::new().await;
    given::squad(&app, "Outage Care").await;
    given::active(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;

    leader.get(&app.at("/squads/outage-care/metrics/new")).await.assert_ok();
    let active = leader.get(&app.at("/squads/fair-bills/metrics/new")).await;
    assert_eq!(active.status, StatusCode::FORBIDDEN);
    let other = app.member("Otto").await.get(&app.at("/squads/outage-care/metrics/new")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_squad_has_one_goal_metric_and_the_second_is_told_to_replace_it() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    set_goal(&app.pool, &leader, squad, &given::metric("First bill correct", 97.0)).await.unwrap();

    let second = set_goal(&app.pool, &leader, squad, &given::metric("Calls", 20.0)).await;

    let Err(Error::Refused(refusal)) = second else { panic!("{second:?}") };
    assert_eq!(
        refusal.message,
        "This squad has a goal metric. Replace it with a reason: its history stays."
    );
    assert!(refusal.is_conflict);
}

#[tokio::test]
async fn a_goal_metric_is_replaced_in_one_step_with_a_reason() {
    let app = TestApp::new().await;
    let squad = given::ready(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    let old = sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();

    replace(&app.pool, &leader, old, 1, &reason(), &given::metric("Calls answered", 90.0))
        .await
        .unwrap();

    let all: Vec<(String, bool, String)> =
        sqlx::query_as("select name, ended_at is null, ended_reason from metric where team_id = $1 order by created_at")
            .bind(squad)
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(
        all,
        [
            ("First bill correct".to_owned(), false, "Nobody steered by it".to_owned()),
            ("Calls answered".to_owned(), true, String::new()),
        ]
    );
    let again =
        update(&app.pool, &leader, old, 2, &given::metric("First bill correct", 98.0)).await;
    assert!(matches!(again, Err(Error::Refused(refusal)) if refusal.code == "metric_ended"));
}

#[tokio::test]
async fn an_old_version_of_the_form_shows_both_values() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let id = set_goal(
        &app.pool,
        &given::designer(&app),
        squad,
        &given::metric("First bill correct", 95.0),
    )
    .await
    .unwrap();
    update(&app.pool, &given::designer(&app), id, 1, &given::metric("First bill correct", 96.0))
        .await
        .unwrap();

    let edit = app.at(&format!("/squads/fair-bills/metrics/{id}/edit"));
    let late = leader.post(&edit, &format!("{FORM}&version=1")).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.attribute("input[name=target]", "value").unwrap(), "97");
    assert_eq!(late.text("#target-now"), "Now saved: 96");
    leader.post(&edit, &format!("{FORM}&version=2")).await.assert_redirect();
    assert_eq!(given::events(&app, "metric_changed").await, 2);
}

#[tokio::test]
async fn what_was_typed_wrong_is_said_beside_its_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let new = app.at("/squads/fair-bills/metrics/new");

    for (form, field, sentence) in [
        (
            "name=&unit=&direction=up&baseline=&target=97&cadence=weekly",
            "name",
            "Fill in the metric's name.",
        ),
        (
            "name=a&unit=&direction=up&baseline=&target=many&cadence=weekly",
            "target",
            "Write a number, for example 94.2.",
        ),
        (
            "name=a&unit=&direction=up&baseline=&target=1%2C000&cadence=weekly",
            "target",
            "1,000 could be read in two ways. Write it without a comma, or with a point.",
        ),
        (
            "name=a&unit=&direction=up&baseline=97&target=97&cadence=weekly",
            "target",
            "To go up, the target is above the value today.",
        ),
        (
            "name=a&unit=&direction=within&baseline=&target=2&target_high=&cadence=weekly",
            "target_high",
            "Fill in the high end of the range.",
        ),
    ] {
        let answer = leader.post(&new, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert_eq!(answer.text(&format!("#{field}-error")), sentence);
    }
}

#[tokio::test]
async fn a_metric_of_another_squad_or_organization_does_not_exist() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    given::squad(&app, "Outage Care").await;
    let id = set_goal(&app.pool, &given::designer(&app), squad, &given::metric("Calls", 95.0))
        .await
        .unwrap();
    let mut leader = app.leader("Ingrid").await;
    let mut stranger = app.stranger().await;

    let elsewhere = leader.get(&app.at(&format!("/squads/outage-care/metrics/{id}/edit"))).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    let theirs =
        stranger.post(&app.at(&format!("/squads/fair-bills/metrics/{id}/edit")), FORM).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let service = update(&app.pool, &stranger.actor(), id, 1, &given::metric("Calls", 1.0)).await;
    assert!(matches!(service, Err(Error::NotFound)));
}

#[tokio::test]
async fn metrics_of_four_kinds_begin_with_a_template_and_the_eighth_is_one_too_many() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;
    let (list, new) =
        (app.at("/squads/fair-bills/metrics"), app.at("/squads/fair-bills/metrics/new"));

    let begun = member.get(&format!("{new}?template=conversations")).await;
    assert_eq!(begun.attribute("#name", "value").unwrap(), "Conversations with customers");
    assert_eq!(begun.attribute("input[name=kind][checked]", "value").unwrap(), "learning");
    for (n, kind) in
        ["learning", "flow", "quality", "customer_value"].iter().cycle().take(7).enumerate()
    {
        let form = FORM.replace("First+bill+correct", &format!("Metric+{n}"));
        let before = member.get(&new).await;
        assert_eq!(before.count(".banner.warn"), 0, "{n} are not too many");
        member.post(&new, &format!("{form}&kind={kind}")).await.assert_redirect();
    }

    let warned = member.get(&new).await;
    assert!(warned.text(".banner.warn").starts_with("There are 7 live metrics."));
    member.post(&new, &format!("{FORM}&kind=flow")).await.assert_redirect();
    let page = member.get(&list).await;
    assert!(page.text(".banner.warn").starts_with("8 live metrics, more than 7."));
    assert_eq!(page.count("table.metrics tbody tr"), 8);
    let goal: Vec<String> = sqlx::query_scalar("select name from metric where is_goal")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    assert_eq!(goal, ["Metric 3"], "the first one of customer value");
    let findings = trellis::design::load(&app.pool, app.tenant(), app.clock().now().date_naive());
    let findings = findings.await.unwrap().findings();
    assert!(findings.iter().any(|finding| finding.title == "8 live metrics, more than 7."));
}

#[tokio::test]
async fn only_customer_value_is_a_goal_and_another_one_can_be_made_it() {
    let app = TestApp::new().await;
    let squad = given::ready(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    let learning = given::metric("Talks", 9.0);
    let talks = add(&app.pool, &leader, squad, Kind::Learning, &learning).await.unwrap();
    let other = given::metric("Calls answered", 90.0);
    let other = add(&app.pool, &leader, squad, Kind::CustomerValue, &other).await.unwrap();

    let refused = make_goal(&app.pool, &leader, talks, 1).await;
    assert!(matches!(refused, Err(Error::Refused(refusal)) if refusal.code == "metric_no_goal"));
    let late = make_goal(&app.pool, &leader, other, 7).await;
    assert!(matches!(late, Err(Error::Stale)));
    make_goal(&app.pool, &leader, other, 1).await.unwrap();

    let goals: Vec<String> =
        sqlx::query_scalar("select name from metric where is_goal and ended_at is null")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(goals, ["Calls answered"]);
    assert_eq!(given::events(&app, "goal_metric_chosen").await, 1);
    let by_hand = sqlx::query("update metric set is_goal = true where kind = 'learning'")
        .execute(&app.pool)
        .await
        .unwrap_err();
    assert!(by_hand.to_string().contains("metric_goal"), "{by_hand}");
}

#[tokio::test]
async fn a_metric_ends_with_a_reason_and_the_goal_does_not() {
    let app = TestApp::new().await;
    let squad = given::ready(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let by = given::designer(&app);
    let goal = sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();
    let talks =
        add(&app.pool, &by, squad, Kind::Learning, &given::metric("Talks", 9.0)).await.unwrap();

    let refused = end(&app.pool, &by, goal, 1, &reason()).await;
    assert!(matches!(refused, Err(Error::Refused(refusal)) if refusal.code == "goal_metric_stays"));
    let page = app.at(&format!("/squads/fair-bills/metrics/{talks}/end"));
    let empty = leader.post(&page, "reason=&version=1").await;
    assert_eq!(empty.text("#reason-error"), "Fill in the reason.");
    leader.post(&page, "reason=Nobody+steered+by+it&version=1").await.assert_redirect();

    let list = leader.get(&app.at("/squads/fair-bills/metrics")).await;
    assert!(list.text("details .meta").contains("Nobody steered by it"));
    let old = leader.get(&app.at(&format!("/squads/fair-bills/metrics/{talks}"))).await;
    assert!(old.text(".note").contains("It ended today: Nobody steered by it"));
    assert_eq!(old.count("#check-in"), 0);
}

#[tokio::test]
async fn a_replaced_metric_and_the_one_in_its_place_lead_to_one_another() {
    let app = TestApp::new().await;
    given::ready(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    let old = sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();
    let mut reader = app.member("Otto").await;
    let url = |id| app.at(&format!("/squads/fair-bills/metrics/{id}"));
    let about = "aside .facts a";
    assert_eq!(reader.get(&url(old)).await.count(about), 0, "nothing came before or after");

    let new = given::metric("Calls answered", 90.0);
    let new = replace(&app.pool, &leader, old, 1, &reason(), &new).await.unwrap();

    let before = reader.get(&url(old)).await;
    assert_eq!(before.attribute(about, "href"), Some(url(new)));
    assert_eq!(before.text(about), "Calls answered");
    assert_eq!(before.attribute(".note a", "href"), Some(url(new)));
    let after = reader.get(&url(new)).await;
    assert_eq!(after.attribute(about, "href"), Some(url(old)));
    assert_eq!(after.count(about), 1);
}
