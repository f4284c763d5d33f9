//! What happens at once: held, not raced.

use chrono_tz::Tz;
use trellis::health::Colour;
use trellis::health::service;
use trellis::ids::RoundId;

use super::{World, code, now, rows};
use crate::harness::TestApp;
use crate::seen::somebody_waits;

/// Holds the row of a round, as an answer or a closing does that has begun.
async fn held(
    app: &TestApp,
    round: RoundId,
    how: &str,
) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = app.pool.begin().await.unwrap();
    let sql = format!("select id from health_round where id = $1 for {how}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(round).execute(&mut *tx).await.unwrap();
    tx
}

#[tokio::test]
async fn a_closing_waits_for_an_answer_that_has_begun_and_counts_it() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..3 {
        world.answer(&app, round, who, Colour::Green, "").await;
    }
    let question = world.questions[0];
    // The fourth answer, as far as it goes before its commit.
    let mut answering = held(&app, round, "share").await;
    sqlx::query(
        "insert into health_ballot (organization_id, round_id, key, dimension_id, colour) \
         select organization_id, round_id, health_ballot_key(secret, $2), $3, 'red' from health_round_secret where round_id = $1",
    )
    .bind(round)
    .bind(world.members[3].id())
    .bind(question)
    .execute(&mut *answering)
    .await
    .unwrap();
    let (pool, coach) = (app.pool.clone(), now(&app, &world.coach));
    let closing = tokio::spawn(async move { service::close(&pool, &coach, round).await });
    somebody_waits(&app.pool).await;
    assert!(!closing.is_finished());

    answering.commit().await.unwrap();
    closing.await.unwrap().unwrap();

    let red: i16 = sqlx::query_scalar("select red from health_result where round_id = $1")
        .bind(round)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!((red, rows(&app, "health_ballot", round).await), (1, 0));
}

#[tokio::test]
async fn an_answer_that_finds_the_round_being_closed_waits_and_is_told() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    // A closing with no answers, as far as it goes before its commit.
    let mut closing = held(&app, round, "no key update").await;
    let (pool, late) = (app.pool.clone(), now(&app, &world.members[4]));
    let (question, said) = (world.questions[0], super::answer(Colour::Red, None, ""));
    let answering =
        tokio::spawn(async move { service::answer(&pool, &late, round, question, &said).await });
    somebody_waits(&app.pool).await;
    assert!(!answering.is_finished());

    for sql in [
        "delete from health_round_secret where round_id = $1",
        "update health_round set closed_at = opened_at, eligible = 8, answered = 0, is_shown = false, closed_event = opened_event where id = $1",
    ] {
        sqlx::query(sql).bind(round).execute(&mut *closing).await.unwrap();
    }
    closing.commit().await.unwrap();

    assert_eq!(code(answering.await.unwrap()), "round_closed");
    assert_eq!(rows(&app, "health_ballot", round).await, 0);
}

#[tokio::test]
async fn of_two_who_close_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let holding = held(&app, round, "share").await;
    let mut closings = vec![];
    for who in [&world.coach, &world.members[0]] {
        let (pool, actor) = (app.pool.clone(), now(&app, who));
        closings.push(tokio::spawn(async move { service::close(&pool, &actor, round).await }));
    }
    somebody_waits(&app.pool).await;
    holding.commit().await.unwrap();

    let mut done = vec![];
    for closing in closings {
        done.push(closing.await.unwrap());
    }
    let refused: Vec<_> = done.into_iter().filter(Result::is_err).map(code).collect();
    assert_eq!(refused, ["round_closed"]);
    assert_eq!(crate::given::events(&app, "health_round_closed").await, 1);
}

#[tokio::test]
async fn of_two_who_open_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let mut holding = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(world.squad)
        .execute(&mut *holding)
        .await
        .unwrap();
    let mut openings = vec![];
    for who in [&world.coach, &world.members[0]] {
        let (pool, actor, new) = (app.pool.clone(), now(&app, who), world.new_round(&app));
        let squad = world.squad;
        openings.push(tokio::spawn(async move {
            service::open(&pool, &actor, squad, Tz::UTC, &new).await
        }));
    }
    somebody_waits(&app.pool).await;
    holding.commit().await.unwrap();

    let mut done = vec![];
    for opening in openings {
        done.push(opening.await.unwrap());
    }
    let refused: Vec<_> = done.into_iter().filter(Result::is_err).map(code).collect();
    assert_eq!(refused, ["round_open"]);
}
