//! Squads: their limits by every path, their races, and their pages.

use sqlx::PgPool;
use trellis::actor::Actor;
use trellis::error::{Error, Result};
use trellis::ids::{MemberId, MembershipId, TeamId};
use trellis::metrics::{Aim, Cadence, MetricName, NewMetric, Unit};
use trellis::missions::{Customer, MissionText, Success, Value};
use trellis::squads::{
    Allocation, Description, NewMembership, NewSquad, Pattern, SquadName, service,
};

use crate::harness::TestApp;
use crate::seen::{code, somebody_waits};

mod limits;
mod pages;
mod races;
mod staffing;

/// A new squad as it is typed.
fn named(name: &str) -> NewSquad {
    NewSquad {
        name: SquadName::parse(name).unwrap(),
        pattern: Pattern::Own,
        description: Description::parse("").unwrap(),
    }
}

/// Somebody who joins with half of their time.
fn joining(member: MemberId) -> NewMembership {
    NewMembership { member, allocation: Allocation::new(50).unwrap(), hats: vec![] }
}

/// A forming squad with these members.
async fn forming(app: &TestApp, name: &str, members: &[MemberId]) -> TeamId {
    let team = service::create(&app.pool, &app.founder(), &named(name)).await.unwrap();
    if !members.is_empty() {
        add(app, team, members).await.unwrap();
    }
    team
}

async fn add(app: &TestApp, team: TeamId, members: &[MemberId]) -> Result<()> {
    let new: Vec<_> = members.iter().copied().map(joining).collect();
    service::add_members(&app.pool, &app.founder(), team, &new).await
}

/// Gives a forming squad its mission and its goal metric.
async fn prepare(app: &TestApp, team: TeamId) {
    let text = MissionText {
        customer: Customer::parse("Households who move").unwrap(),
        value: Value::parse("A first bill that is right").unwrap(),
        success: Success::parse("They do not call about it").unwrap(),
        review_on: chrono::NaiveDate::from_ymd_opt(2031, 1, 1),
    };
    trellis::missions::service::write(&app.pool, &app.founder(), team, 0, &text).await.unwrap();
    let metric = NewMetric {
        name: MetricName::parse("First bill correct").unwrap(),
        unit: Unit::parse("%").unwrap(),
        aim: Aim::Up { target: 97.0 },
        baseline: Some(88.0),
        cadence: Cadence::Weekly,
    };
    trellis::metrics::service::set_goal(&app.pool, &app.founder(), team, &metric).await.unwrap();
}

/// An active squad with these members.
async fn active(app: &TestApp, name: &str, members: &[MemberId]) -> TeamId {
    let team = forming(app, name, members).await;
    prepare(app, team).await;
    activate(app, team).await.unwrap();
    team
}

async fn activate(app: &TestApp, team: TeamId) -> Result<()> {
    service::activate(&app.pool, &app.founder(), team, version(&app.pool, team).await).await
}

async fn version(pool: &PgPool, team: TeamId) -> i32 {
    sqlx::query_scalar("select version from team where id = $1")
        .bind(team)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn state(pool: &PgPool, team: TeamId) -> String {
    sqlx::query_scalar("select state from team where id = $1")
        .bind(team)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn membership(pool: &PgPool, team: TeamId, member: MemberId) -> MembershipId {
    sqlx::query_scalar(
        "select id from membership where team_id = $1 and member_id = $2 and until_at is null",
    )
    .bind(team)
    .bind(member)
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn remove(app: &TestApp, team: TeamId, member: MemberId) -> Result<()> {
    let id = membership(&app.pool, team, member).await;
    service::remove_member(&app.pool, &app.founder(), id, None).await
}

/// How many members a squad has; fails if the count in its row is another one.
async fn count(pool: &PgPool, team: TeamId) -> i64 {
    let (kept, counted): (i64, i64) = sqlx::query_as(
        "select member_count::bigint, (select count(*) from membership where team_id = team.id and until_at is null) \
         from team where id = $1",
    )
    .bind(team)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(kept, counted, "the count in the row is true");
    kept
}

async fn events(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from event").fetch_one(pool).await.unwrap()
}

/// A designer at this moment, for a task of its own.
fn designer(app: &TestApp) -> Actor {
    app.founder()
}
