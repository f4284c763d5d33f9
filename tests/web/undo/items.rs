//! What was dropped or made ready in a backlog, and the goal metric of a squad.

use trellis::backlog::{Bulk, Place, Stage, service};
use trellis::ids::MetricId;

use super::*;
use crate::backlog::{self, Group, order_of, stage_of};

/// Four items, of which the second and third are ready: numbers in their order are 1, 4, 2, 3.
async fn four(app: &TestApp) -> Group {
    let group = backlog::group(app, &["Fair Bills"]).await;
    backlog::proposed(app, &group, 4).await;
    let lead = group.lead(app);
    service::bulk(&app.pool, &lead, group.product, &[2, 3], Bulk::Ready, None).await.unwrap();
    assert_eq!(order_of(app, &group).await, [1, 4, 2, 3]);
    group
}

async fn stages(app: &TestApp) -> Vec<Stage> {
    let mut all = vec![];
    for number in 1..=4 {
        all.push(stage_of(app, number).await);
    }
    all
}

#[tokio::test]
async fn what_was_dropped_comes_back_as_it_was_and_where_it_was() {
    use Stage::{Dropped, Proposed, Ready};
    let app = TestApp::new().await;
    let group = four(&app).await;
    let (pool, product, why) = (&app.pool, group.product, reason());
    let lead = group.lead(&app);
    let mut hana = group.lead.clone();

    service::drop_item(pool, &lead, product, 2, &why).await.unwrap();
    assert_eq!(stages(&app).await, [Proposed, Dropped, Ready, Proposed]);
    undo_newest(&app, &mut hana).await;
    assert_eq!(stages(&app).await, [Proposed, Ready, Ready, Proposed]);

    service::bulk(pool, &lead, product, &[1, 2, 3], Bulk::Drop, Some(&why)).await.unwrap();
    let dropped = newest(&app).await;
    assert_eq!(stages(&app).await, [Dropped, Dropped, Dropped, Proposed]);
    let mut member = group.squads[0].1.clone();
    let refused = member.post(&app.at(&format!("/undo/{dropped}")), "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "only who orders");
    assert!(undo_newest(&app, &mut hana).await.starts_with("Undone: dropped 3 items"));
    assert_eq!(stages(&app).await, [Proposed, Ready, Ready, Proposed]);
    assert_eq!(order_of(&app, &group).await, [1, 4, 2, 3]);
    let steps: i64 = sqlx::query_scalar(
        "select count(*) from backlog_transition where from_stage = 'dropped' and event_id = $1",
    )
    .bind(newest(&app).await)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(steps, 3, "each is a step of flow");
}

#[tokio::test]
async fn of_several_none_comes_back_once_one_of_them_was_proposed_again() {
    let app = TestApp::new().await;
    let group = four(&app).await;
    let (lead, why) = (group.lead(&app), reason());
    service::bulk(&app.pool, &lead, group.product, &[1, 2], Bulk::Drop, Some(&why)).await.unwrap();
    let dropped = newest(&app).await;
    service::reopen(&app.pool, &lead, group.product, 1).await.unwrap();

    let said = undo(&app, &mut group.lead.clone(), dropped).await;

    assert!(said.starts_with("Hana Sato changed this since: proposed NA-1"), "{said}");
    assert_eq!(stage_of(&app, 2).await, Stage::Dropped);
}

#[tokio::test]
async fn what_was_made_ready_is_proposed_again_below_what_it_stood_below() {
    let app = TestApp::new().await;
    let group = four(&app).await;
    let lead = group.lead(&app);
    let mut hana = group.lead.clone();

    service::make_ready(&app.pool, &lead, group.product, 4).await.unwrap();
    assert_eq!(order_of(&app, &group).await, [1, 2, 3, 4]);
    undo_newest(&app, &mut hana).await;
    assert_eq!(stage_of(&app, 4).await, Stage::Proposed);
    assert_eq!(order_of(&app, &group).await, [1, 4, 2, 3]);

    // What stood above it was moved meanwhile; below it is where it goes.
    service::make_ready(&app.pool, &lead, group.product, 4).await.unwrap();
    let made = newest(&app).await;
    service::order(&app.pool, &lead, group.product, 1, Place::Below(3)).await.unwrap();
    undo(&app, &mut hana, made).await;
    assert_eq!(order_of(&app, &group).await, [2, 3, 1, 4]);

    service::make_ready(&app.pool, &lead, group.product, 1).await.unwrap();
    undo_newest(&app, &mut hana).await;
    assert_eq!(stage_of(&app, 1).await, Stage::Proposed);
    assert_eq!(
        order_of(&app, &group).await,
        [1, 2, 3, 4],
        "it stood at the top of what is proposed"
    );

    service::make_ready(&app.pool, &lead, group.product, 4).await.unwrap();
    let made = newest(&app).await;
    let (squad, member) = group.squad(&app, 0);
    let skipped = Some(reason());
    service::pull(&app.pool, &member, group.product, 4, squad, skipped.as_ref()).await.unwrap();
    let said = undo(&app, &mut hana, made).await;
    assert!(said.starts_with("Member of Fair Bills changed this since: pulled NA-4"), "{said}");
}

#[tokio::test]
async fn the_goal_that_was_chosen_gives_way_to_the_one_before_it() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let designer = given::designer(&app);
    let (first, other) = (given::metric("First", 90.0), given::metric("Other", 5.0));
    let first = metrics::service::set_goal(&app.pool, &designer, team, &first).await.unwrap();
    let kind = metrics::Kind::CustomerValue;
    let other = metrics::service::add(&app.pool, &designer, team, kind, &other).await.unwrap();
    let goal = async || -> MetricId {
        sqlx::query_scalar("select id from metric where team_id = $1 and is_goal")
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap()
    };
    let mut founder = app.visitor(&designer).await;
    metrics::service::make_goal(&app.pool, &designer, other, 1).await.unwrap();
    let chosen = newest(&app).await;
    assert_eq!(goal().await, other);

    undo_newest(&app, &mut founder).await;
    assert_eq!(goal().await, first);
    undo_newest(&app, &mut founder).await;
    assert_eq!(goal().await, other, "undoing that does it again");
    let said = undo(&app, &mut founder, chosen).await;
    assert!(said.contains("changed this since"), "{said}");
}
