//! What becomes of a change whose author loses a role while it is on its way: see `trellis::transaction`.

use std::time::Duration;

use axum::http::StatusCode;
use trellis::actor::Role;
use trellis::error::Error;
use trellis::missions::service::write;

use crate::given;
use crate::harness::{TestApp, Visitor};

async fn take_roles(app: &TestApp, from: &Visitor) {
    let mut admin = app.admin().await;
    let to = app.at(&format!("/settings/accounts/{}/roles", from.id()));
    admin.post(&to, "version=1").await.assert_redirect();
}

#[tokio::test]
async fn a_change_that_begins_after_a_role_was_taken_away_is_refused() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Otters").await;
    let leader = app.leader("Ada").await;
    take_roles(&app, &leader).await;

    // The request was let in by the roles of before.
    let late = write(&app.pool, &leader.actor(), squad, 0, &given::mission("Movers")).await;

    assert!(matches!(late, Err(Error::Forbidden(_))), "{late:?}");
}

#[tokio::test]
async fn a_change_that_had_begun_before_a_role_was_taken_away_may_end_after_it_and_stands_in_the_history()
 {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Otters").await;
    let leader = app.leader("Ada").await;
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select from team where id = $1 for no key update")
        .bind(squad)
        .execute(&mut *held)
        .await
        .unwrap();

    let (pool, actor) = (app.pool.clone(), leader.actor());
    let begun =
        tokio::spawn(
            async move { write(&pool, &actor, squad, 0, &given::mission("Movers")).await },
        );
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!begun.is_finished());
    // Nobody who takes a role away waits for whatever its owner is doing.
    take_roles(&app, &leader).await;
    held.commit().await.unwrap();

    assert_eq!(begun.await.unwrap().unwrap(), 1);
    let author: String =
        sqlx::query_scalar("select m.name from event e join member m on m.id = e.member_id where e.kind = 'mission_written'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(author, "Ada");
}

#[tokio::test]
async fn nobody_gives_roles_away_with_a_role_that_is_being_taken_from_them() {
    let app = TestApp::new().await;
    let mut olga = app.member_with("Olga", &[Role::Admin]).await;
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("update member set roles = '{}' where id = $1")
        .bind(olga.id())
        .execute(&mut *held)
        .await
        .unwrap();

    let to = app.at("/settings/invitations");
    let form = "name=Eve&email=eve%40new.example&roles=admin";
    let inviting = tokio::spawn(async move { olga.post(&to, form).await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!inviting.is_finished(), "who gives access away waits for a change of their own");
    held.commit().await.unwrap();

    assert_eq!(inviting.await.unwrap(), StatusCode::FORBIDDEN);
    let invited: i64 =
        sqlx::query_scalar("select count(*) from invitation").fetch_one(&app.pool).await.unwrap();
    assert_eq!(invited, 0);
}
