//! Who may open a stream, how many, and when it ends.

use axum::http::StatusCode;
use tokio::time::timeout;
use trellis::actor::Role;
use trellis::config::Config;
use uuid::Uuid;

use super::{Live, SECOND, SOON, change, listening, squad_page};
use crate::harness::TestApp;

#[tokio::test]
async fn nothing_of_another_organization_is_heard_or_found() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let mut stranger = app.stranger().await;
    let squad = Uuid::now_v7();

    let answer = Live::open(&stranger, &squad_page(&app, squad)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = stranger.get(&app.at("/presence?page=designer&subject=")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    // Not even when the stranger asks in their own organization for what belongs to this one.
    let slug: String = sqlx::query_scalar("select slug from organization where id = $1")
        .bind(stranger.actor().tenant.organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap();
    for page in ["squad", "designer", "activity"] {
        let path = format!("/o/{slug}/events?page={page}&subject={squad}");
        let mut own = Live::open(&stranger, &path).await;
        assert_eq!(own.status, StatusCode::OK);
        own.hear(SECOND).await;
        change(&app.state, &leader.actor(), squad).await;
        assert!(!own.hears_a_change(SECOND).await);
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let other = app.leader("Grace").await;
    let path = squad_page(&app, Uuid::now_v7());
    let page = Live::open(&leader, &path).await;
    let mut stays = Live::open(&other, &path).await;

    sqlx::query("delete from session where user_id = $1")
        .bind(leader.actor().user)
        .execute(&app.pool)
        .await
        .unwrap();
    let _running = app.state.live.start(None); // checks at once, then each 10 seconds

    assert!(page.ends().await.contains("event: live:end\ndata: over"));
    assert!(!stays.hear(SOON).await.contains("live:end"));
    assert_eq!(app.state.live.streams(), 1);
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_and_with_the_roles() {
    let app = TestApp::new().await;
    let path = squad_page(&app, Uuid::now_v7());
    for what in ["roles = '{}'", "deactivated_at = now()", "user_id = null"] {
        let leader = app.member_with("Ada", &[Role::Leader, Role::Coach]).await;
        let page = Live::open(&leader, &path).await;

        sqlx::query(sqlx::AssertSqlSafe(format!("update member set {what} where id = $1")))
            .bind(leader.id())
            .execute(&app.pool)
            .await
            .unwrap();
        let _running = app.state.live.start(None);

        assert!(page.ends().await.contains("event: live:end\ndata: over"), "{what}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_session_has_been_idle_too_long() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let page = Live::open(&leader, &squad_page(&app, Uuid::now_v7())).await;

    app.clock().advance(chrono::TimeDelta::days(2));
    let _running = app.state.live.start(None);

    assert!(page.ends().await.contains("event: live:end\ndata: over"));
}

#[tokio::test]
async fn the_oldest_of_six_streams_of_a_session_ends() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());

    let oldest = Live::open(&leader, &path).await;
    let mut others = vec![];
    for _ in 0..4 {
        others.push(Live::open(&leader, &path).await);
    }
    assert_eq!(app.state.live.streams(), 5);
    others.push(Live::open(&leader, &path).await);

    assert!(oldest.ends().await.contains("event: live:end\ndata: elsewhere"));
    for other in &mut others {
        assert!(!other.hear(SOON).await.contains("live:end"));
    }
}

#[tokio::test]
async fn an_address_has_fifty_streams_at_most() {
    let app = TestApp::new().await;
    let path = squad_page(&app, Uuid::now_v7());
    let mut open = vec![];
    for n in 0..10 {
        let member = app.member(&format!("Member {n}")).await;
        for _ in 0..5 {
            open.push(Live::open(&member, &path).await);
        }
    }
    let last = app.member("Last").await;

    assert!(open.iter().all(|stream| stream.status == StatusCode::OK));
    assert_eq!(Live::open(&last, &path).await.status, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = Live::open_with(&last, &path, "192.0.2.8", &[]).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
    drop(open);
    assert_eq!(Live::open(&last, &path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn streams_end_without_a_word_when_the_instance_stops() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());
    let running = listening(&app, &app.state);
    let mut page = Live::open(&leader, &path).await;
    page.hear(SOON).await;

    running.finish().await;

    assert_eq!(page.ends().await, "", "so the browser comes back by itself");
    assert_eq!(Live::open(&leader, &path).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_stream_asks_for_the_session_and_the_membership_and_nothing_else() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());
    let _first = Live::open(&leader, &path).await;
    // All the streams of an instance that stopped come at once: whatever a page's frame counts is too much then.
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("lock table team, event, user_account in access exclusive mode")
        .execute(&mut *held)
        .await
        .unwrap();

    let second = timeout(SECOND, Live::open(&leader, &path)).await;

    assert_eq!(second.expect("it waits for none of these").status, StatusCode::OK);
}

#[tokio::test]
async fn a_stream_is_for_who_is_signed_in_and_belongs_here() {
    let app = TestApp::new().await;
    let path = squad_page(&app, Uuid::now_v7());
    let gone = app.leader("Ada").await;
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(gone.id())
        .execute(&app.pool)
        .await
        .unwrap();
    let nowhere = "/o/nowhere/events?page=squads&subject=";

    assert_eq!(Live::open(&app.anonymous(), &path).await.status, StatusCode::SEE_OTHER);
    assert_eq!(Live::open(&gone, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Live::open(&app.leader("Grace").await, nowhere).await.status, StatusCode::NOT_FOUND);
    let late = app.leader("Late").await;
    app.clock().advance(chrono::TimeDelta::hours(8));
    assert_eq!(Live::open(&late, &path).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_that_is_open_by_itself_keeps_nobody_signed_in() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Ada").await;
    let present = app.at("/presence?page=designer&subject=");
    app.clock().advance(chrono::TimeDelta::hours(5));

    let _stream = Live::open(&leader, &squad_page(&app, Uuid::now_v7())).await;
    // Fetched each time that somebody else comes or goes.
    leader.get(&present).await.assert_ok();
    let live = [("live", "1")];
    leader.send(axum::http::Method::GET, &app.at("/squads"), &live, "").await.assert_ok();
    app.clock().advance(chrono::TimeDelta::hours(4));

    leader.get("/me").await.assert_redirect();
}

#[tokio::test]
async fn streams_of_one_session_are_counted_as_requests() {
    let mut config = Config::default();
    config.limits.requests_per_minute = 3;
    let app = TestApp::with(config).await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());
    let mut open = vec![];
    for _ in 0..4 {
        open.push(Live::open(&leader, &path).await.status);
    }
    assert_eq!(open.iter().filter(|status| **status == StatusCode::OK).count(), 3);
    assert_eq!(open[3], StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn who_may_not_design_is_not_among_those_who_do() {
    let app = TestApp::new().await;
    let place = format!("page=designer&subject={}", Uuid::now_v7());
    let (events, present) =
        (app.at(&format!("/events?{place}")), app.at(&format!("/presence?{place}")));

    for (mut visitor, status) in [
        (app.member("Aisha").await, StatusCode::FORBIDDEN),
        (app.coach("Hana").await, StatusCode::FORBIDDEN),
        (app.leader("Ruth").await, StatusCode::OK),
        (app.admin_only().await, StatusCode::OK),
    ] {
        assert_eq!(Live::open(&visitor, &events).await.status, status);
        assert_eq!(visitor.get(&present).await.status, status);
    }
    let mut member = app.member("Wei").await;
    assert_eq!(Live::open(&member, &squad_page(&app, Uuid::now_v7())).await.status, StatusCode::OK);
    member.get(&app.at("/presence?page=squad&subject=")).await.assert_ok();
}
