//! Pulling, going on, returning, finishing: what a squad may do, and what it leaves behind.

use trellis::backlog::{Bulk, Class, Stage, service};
use trellis::products::WipPolicy;
use trellis::undo;

use super::{group, order_of, outcome, policy, ready, reason, stage_of};
use crate::given;
use crate::harness::TestApp;
use crate::seen::{assert_well, code};

#[tokio::test]
async fn an_item_goes_from_the_top_to_its_effect_and_every_step_is_kept() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);

    assert_eq!(service::pull(pool, &member, product, 1, squad, None).await.unwrap(), None);
    service::learn(pool, &member, product, 1, None).await.unwrap();
    service::resume(pool, &member, product, 1, None).await.unwrap();
    service::learn(pool, &member, product, 1, None).await.unwrap();
    service::finish(pool, &member, product, 1, &outcome("Calls −9 %")).await.unwrap();

    let steps: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', coalesce(t.from_stage, '-'), t.to_stage, s.name) from backlog_transition t
         left join team s on s.id = t.squad_id join backlog_item i on i.id = t.item_id
         where i.number = 1 order by t.at, t.event_id",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    insta::assert_snapshot!(steps.join(", "), @"- proposed, proposed ready, ready in_progress Fair Bills, in_progress learning Fair Bills, learning in_progress Fair Bills, in_progress learning Fair Bills, learning done Fair Bills");
    assert_eq!(
        code(service::give_back(pool, &member, product, 1, &reason("No")).await),
        "item_elsewhere"
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn pulling_from_below_the_top_takes_a_reason_and_those_above_remember_it() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 3).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);

    let refused = service::pull(pool, &member, product, 3, squad, None).await;
    assert_eq!(code(refused), "reason_needed");
    let why = reason("Meter Data is here only this week");
    service::pull(pool, &member, product, 3, squad, Some(&why)).await.unwrap();

    let passed: Vec<(i32, String)> = sqlx::query_as(
        "select i.number, o.reason from backlog_passed_over o join backlog_item i on i.id = o.item_id order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert_eq!(passed, [(1, why.to_string()), (2, why.to_string())]);
    let page = group.lead.clone().get(&app.at("/products/norvik-app/items/NA-1")).await;
    assert!(
        page.text("main").contains("Fair Bills pulled NA-3 instead, today"),
        "{}",
        page.text("main")
    );
}

#[tokio::test]
async fn what_is_returned_stands_where_it_stood_and_says_why() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home"]).await;
    ready(&app, &group, 3).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);
    let (_, other) = group.squad(&app, 1);
    service::pull(pool, &member, product, 1, squad, None).await.unwrap();
    service::block(pool, &member, product, 1, &reason("Meter Data")).await.unwrap();

    let refused = service::give_back(pool, &other, product, 1, &reason("Mine")).await;
    assert_eq!(code(refused), "forbidden", "only its own members");
    let refused = service::give_back(pool, &group.lead(&app), product, 1, &reason("Mine")).await;
    assert_eq!(code(refused), "forbidden", "nor the lead PM");
    service::give_back(pool, &member, product, 1, &reason("It is three problems")).await.unwrap();

    assert_eq!(order_of(&app, &group).await, [1, 2, 3]);
    assert_eq!(stage_of(&app, 1).await, Stage::Ready);
    let blocked: bool =
        sqlx::query_scalar("select blocked_at is not null from backlog_item where number = 1")
            .fetch_one(pool)
            .await
            .unwrap();
    assert!(!blocked, "nobody waits any more");
    assert_well(&app).await;
}

#[tokio::test]
async fn a_squad_has_three_and_not_four_and_one_expedited_beside() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 7).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);
    let lead = group.lead(&app);
    service::bulk(pool, &lead, product, &[6, 7], Bulk::Class(Class::Expedite), None).await.unwrap();

    for n in 1..=3 {
        service::pull(pool, &member, product, n, squad, None).await.unwrap();
    }
    let full = service::pull(pool, &member, product, 4, squad, Some(&reason("Now"))).await;
    assert_eq!(code(full), "wip_limit");
    service::pull(pool, &member, product, 7, squad, None).await.unwrap();
    assert_eq!(code(service::pull(pool, &member, product, 6, squad, None).await), "expedite_limit");
    policy(&app, &group, WipPolicy::Reason).await;
    assert_eq!(code(service::pull(pool, &member, product, 4, squad, None).await), "reason_needed");
    service::pull(pool, &member, product, 4, squad, Some(&reason("It is small"))).await.unwrap();
    policy(&app, &group, WipPolicy::Warn).await;
    let warning = service::pull(pool, &member, product, 5, squad, None).await.unwrap();
    assert_eq!(
        warning.unwrap(),
        "Fair Bills is over its limit now: 5 in progress, 3 is the limit."
    );
    assert_eq!(
        code(service::pull(pool, &member, product, 6, squad, None).await),
        "expedite_limit",
        "whatever the policy"
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn only_its_members_pull_for_a_squad_that_serves() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home"]).await;
    ready(&app, &group, 2).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);
    let (other, _) = group.squad(&app, 1);
    let outside = given::squad(&app, "Heat Pump Care").await;
    given::join(&app, outside, &[member.member]).await;

    for (actor, squad) in [(&group.lead(&app), squad), (&member, other), (&member, outside)] {
        let refused = service::pull(pool, actor, product, 1, squad, None).await;
        assert_eq!(code(refused), "forbidden");
    }
    service::pull(pool, &member, product, 1, squad, None).await.unwrap();
    assert_eq!(
        code(service::pull(pool, &group.squad(&app, 1).1, product, 1, other, None).await),
        "item_held"
    );
}

#[tokio::test]
async fn a_squad_waits_for_something_and_it_can_be_taken_back() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 1).await;
    let (pool, product) = (&app.pool, group.product);
    let (squad, member) = group.squad(&app, 0);
    service::pull(pool, &member, product, 1, squad, None).await.unwrap();
    let event = |kind: &'static str| async move {
        let sql = "select id from event where kind = $1 order by seq desc limit 1";
        sqlx::query_scalar(sql).bind(kind).fetch_one(pool).await.unwrap()
    };
    let waits = || async {
        let sql = "select blocked_reason from backlog_item where number = 1";
        sqlx::query_scalar::<_, String>(sql).fetch_one(pool).await.unwrap()
    };

    service::block(pool, &member, product, 1, &reason("Meter Data")).await.unwrap();
    assert_eq!(
        code(service::block(pool, &member, product, 1, &reason("More")).await),
        "item_elsewhere"
    );
    service::unblock(pool, &member, product, 1).await.unwrap();
    assert_eq!(waits().await, "");
    undo::service::undo(pool, &member, event("item_unblocked").await).await.unwrap();
    assert_eq!(waits().await, "Meter Data");
    let first: trellis::ids::EventId =
        sqlx::query_scalar("select id from event where kind = 'item_blocked' order by seq limit 1")
            .fetch_one(pool)
            .await
            .unwrap();
    let late = undo::service::undo(pool, &member, first).await;
    assert!(late.is_err(), "something happened since");
    undo::service::undo(pool, &member, event("item_blocked").await).await.unwrap();
    assert_eq!(waits().await, "");
}

#[tokio::test]
async fn no_statement_gives_a_squad_more_than_its_limit_or_an_item_to_a_stranger() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 5).await;
    let outside = given::squad(&app, "Heat Pump Care").await;
    let (squad, member) = group.squad(&app, 0);
    for n in 1..=3 {
        service::pull(&app.pool, &member, group.product, n, squad, None).await.unwrap();
    }
    let event: uuid::Uuid = sqlx::query_scalar(
        "select id from event where kind = 'item_pulled' order by seq desc limit 1",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();

    let step = |number, squad: trellis::ids::TeamId| {
        let sql = "update backlog_item set stage = 'in_progress', squad_id = $1, stage_event = $2 where number = $3";
        sqlx::query(sql).bind(squad).bind(event).bind(number).execute(&app.pool)
    };
    let said = |error: sqlx::Error| {
        error.as_database_error().and_then(|error| error.constraint().map(str::to_owned)).unwrap()
    };
    assert_eq!(said(step(4, squad).await.unwrap_err()), "backlog_wip_block");
    assert_eq!(said(step(4, outside).await.unwrap_err()), "backlog_item_holder_fkey");
    assert_eq!(said(step(1, outside).await.unwrap_err()), "backlog_item_stays");
    let by_lead: uuid::Uuid =
        sqlx::query_scalar("select id from event where kind = 'item_proposed' limit 1")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let sql = "update backlog_item set stage = 'ready', squad_id = null, stage_event = $1 where number = 1";
    let stolen = sqlx::query(sql).bind(by_lead).execute(&app.pool).await.unwrap_err();
    assert_eq!(said(stolen), "backlog_transition_pkey", "an event steps an item once");
    let by_lead: uuid::Uuid =
        sqlx::query_scalar("select id from event where kind = 'items_made_ready' limit 1")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    sqlx::query("alter table backlog_transition drop constraint backlog_transition_pkey")
        .execute(&app.pool)
        .await
        .unwrap();
    let sql = "update backlog_item set stage = 'learning', stage_event = $1 where number = 2";
    let stolen = sqlx::query(sql).bind(by_lead).execute(&app.pool).await.unwrap_err();
    assert_eq!(said(stolen), "backlog_transition_by_member");
}
