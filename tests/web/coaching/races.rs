//! What two do at once: held, not raced.

use std::time::Duration;

use trellis::coaching::service;
use trellis::error::Error;

use super::{World, asked, requests, standing};
use crate::backlog::now;
use crate::given;
use crate::harness::TestApp;
use crate::seen::{assert_well, code, somebody_waits};

#[tokio::test]
async fn of_two_coaches_who_pull_one_request_one_has_it_and_the_other_is_told_who() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.asked(&app).await;
    let coaches = [world.coach.clone(), app.coach("Carl Coach").await];
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select from team for no key update").fetch_all(&mut *held).await.unwrap();

    let tasks: Vec<_> = coaches
        .iter()
        .map(|coach| {
            let (actor, pool) = (now(&app, coach), app.pool.clone());
            tokio::spawn(async move { service::pull(&pool, &actor, id).await })
        })
        .collect();
    somebody_waits(&app.pool).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(tasks.iter().all(|task| !task.is_finished()), "both wait for the squad");
    held.rollback().await.unwrap();

    let mut refusals = vec![];
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => {}
            Err(Error::Refused(refusal)) => refusals.push(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].code, "pulled_already");
    let (_, coach) = standing(&app, id).await;
    let has = coaches.iter().find(|it| Some(it.id().0) == coach).unwrap();
    assert!(refusals[0].message.starts_with(&has.actor().name), "{}", refusals[0].message);
    assert_eq!(given::events(&app, "coaching_pulled").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn a_coachs_limit_holds_for_requests_that_are_pulled_at_once() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let mut ids = vec![world.asked(&app).await];
    for n in 0..5 {
        let squad = given::squad(&app, &format!("Squad {n}")).await;
        let member = app.member(&format!("Member {n}")).await;
        given::join(&app, squad, &[member.id()]).await;
        ids.push(asked(&app, squad, &now(&app, &member)).await);
    }
    let coach = now(&app, &world.coach);
    service::set_limit(&app.pool, &coach, 2).await.unwrap();

    let tasks: Vec<_> = ids
        .iter()
        .map(|id| {
            let (coach, pool, id) = (coach.clone(), app.pool.clone(), *id);
            tokio::spawn(async move { service::pull(&pool, &coach, id).await })
        })
        .collect();
    let mut had = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => had += 1,
            Err(error) => assert_eq!(code(Err::<(), _>(error)), "coaching_limit"),
        }
    }

    assert_eq!(had, 2);
    let more: Result<_, _> = sqlx::query(
        "update coaching_request r set coach_id = $1, pulled_at = now(), pulled_event = r.raised_event where r.id = \
         (select id from coaching_request where coach_id is null limit 1)",
    )
    .bind(coach.member)
    .execute(&app.pool)
    .await;
    let error = more.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("coaching_limit"));
    service::set_limit(&app.pool, &coach, 1).await.unwrap();
    assert_eq!(requests(&app).await, 6, "a lower limit takes nothing away");
    assert_well(&app).await;
}

#[tokio::test]
async fn a_squad_that_is_dissolved_leaves_no_coaching_open_and_the_coach_has_room_again() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.agreed(&app).await;
    let waits = world.asked(&app).await;
    let version: i32 = sqlx::query_scalar("select version from team where id = $1")
        .bind(world.squad)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    let reason = trellis::text::Reason::parse("It did its work").unwrap();

    let founder = app.founder();
    trellis::squads::service::dissolve(&app.pool, &founder, world.squad, version, &reason)
        .await
        .unwrap();

    for id in [id, waits] {
        assert_eq!(standing(&app, id).await.0, "withdrawn");
    }
    let in_hand: i16 = sqlx::query_scalar("select in_hand from coaching_coach")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(in_hand, 0);
    assert_well(&app).await;
}
