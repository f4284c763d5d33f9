//! Health checks of many squads: opened and closed by the program, once for each squad and period.

use chrono::{NaiveDate, TimeDelta};
use trellis::health::service::{self, NewSchedule};
use trellis::health::{Colour, Mode, ScheduleName};
use trellis::ids::{HealthScheduleId, RoundId};

use super::{World, code, now, today};
use crate::given;
use crate::harness::TestApp;

async fn planned(app: &TestApp, world: &World, starts_on: NaiveDate) -> HealthScheduleId {
    let new = NewSchedule {
        name: ScheduleName::parse("Every two months").unwrap(),
        pack: world.pack,
        cadence_weeks: 8,
        starts_on,
        open_days: 7,
        mode: Mode::Anonymous,
        squads: vec![world.squad],
    };
    service::create_schedule(&app.pool, &now(app, &world.coach), &new).await.unwrap()
}

async fn rounds(app: &TestApp) -> Vec<(RoundId, Option<NaiveDate>, bool)> {
    sqlx::query_as(
        "select id, period_on, closed_at is null from health_round order by opened_at, id",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn rounds_open_on_their_day_and_close_after_their_last() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let first = today(&app) + TimeDelta::days(3);
    planned(&app, &world, first).await;
    let tend = async || service::tend(&app.pool, app.clock().now()).await.unwrap();

    tend().await;
    assert!(rounds(&app).await.is_empty(), "not yet");
    app.clock().advance(TimeDelta::days(3));
    tend().await;
    tend().await;
    let open = rounds(&app).await;
    assert_eq!(open.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(Some(first), true)]);
    for who in 0..4 {
        world.answer(&app, open[0].0, who, Colour::Green, "").await;
    }

    app.clock().advance(TimeDelta::days(7));
    let late = world.answer_one(&app, open[0].0, 4, world.questions[0], Colour::Red, "").await;
    assert_eq!(code(late), "round_over", "though nobody has closed it yet");
    tend().await;
    assert_eq!(rounds(&app).await.len(), 1);
    let shown: bool =
        sqlx::query_scalar("select is_shown from health_round").fetch_one(&app.pool).await.unwrap();
    assert!(shown);
    let by_nobody: i64 = sqlx::query_scalar(
        "select count(*) from event where kind like 'health_round_%' and member_id is null",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(by_nobody, 2, "the program did both");

    app.clock().advance(TimeDelta::days(49));
    tend().await;
    let periods: Vec<_> = rounds(&app).await.into_iter().map(|it| it.1).collect();
    assert_eq!(periods, [Some(first), Some(first + TimeDelta::weeks(8))]);
}

#[tokio::test]
async fn several_instances_open_one_round_for_each_squad_and_period() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    planned(&app, &world, today(&app)).await;
    let at = app.clock().now();
    let mut holding = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(world.squad)
        .execute(&mut *holding)
        .await
        .unwrap();
    let mut instances = vec![];
    for _ in 0..3 {
        let pool = app.pool.clone();
        instances.push(tokio::spawn(async move { service::tend(&pool, at).await }));
    }
    crate::seen::somebody_waits(&app.pool).await;
    holding.commit().await.unwrap();
    for instance in instances {
        instance.await.unwrap().unwrap();
    }

    assert_eq!(rounds(&app).await.len(), 1);
    assert_eq!(given::events(&app, "health_round_opened").await, 1);
}

#[tokio::test]
async fn a_squad_with_an_open_round_is_asked_once_and_an_ended_schedule_asks_nobody() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let own = world.open(&app).await;
    let schedule = planned(&app, &world, today(&app)).await;
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    assert_eq!(rounds(&app).await.len(), 1);

    service::end_schedule(&app.pool, &now(&app, &world.coach), schedule).await.unwrap();
    world.close(&app, own).await;
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    assert_eq!(rounds(&app).await.len(), 1);
    let again = service::end_schedule(&app.pool, &now(&app, &world.coach), schedule).await;
    assert_eq!(code(again), "schedule_ended");
}

#[tokio::test]
async fn a_coach_plans_on_a_page_and_nobody_else_does() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let form = format!(
        "name=Health&pack={}&cadence=8&starts_on={}&open_days=7&mode=anonymous&squad={}",
        world.pack,
        today(&app),
        world.squad
    );
    let url = app.at("/health/schedules");
    for mut other in
        [app.leader("Ruth Abara").await, app.admin_only().await, world.members[0].clone()]
    {
        assert_eq!(other.post(&url, &form).await.status.as_u16(), 403);
    }
    let mut coach = world.coach.clone();
    let refused = coach.post(&url, &form.replace("open_days=7", "open_days=61")).await;
    assert_eq!(refused.text("#open_days-error"), "Write a whole number from 1 to 60.");
    let too_long = form.replace("open_days=7", "open_days=60");
    let too_long = coach.post(&url, &too_long).await;
    assert_eq!(
        too_long.text("#open_days-error"),
        "A round is over before the next begins: so many weeks have 56 days."
    );

    coach.post(&url, &form).await.assert_redirect();
    let list = coach.get(&url).await;
    assert!(list.text("main").contains("Fair Bills"), "{}", list.text("main"));
}
