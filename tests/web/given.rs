//! What tests begin with: squads that came to be through the services.

use chrono::{NaiveDate, TimeDelta};
use trellis::actor::Actor;
use trellis::core_teams::{CoreTeamName, NewCoreTeam};
use trellis::ids::{LinkId, MemberId, TeamId};
use trellis::links::{LinkKind, NewLink, Purpose, Terms};
use trellis::metrics::{Aim, Cadence, MetricName, NewMetric, Unit};
use trellis::missions::{Customer, MissionText, Success, Value};
use trellis::squads::{Allocation, Description, NewMembership, NewSquad, Pattern, SquadName};
use trellis::{core_teams, links, metrics, missions, squads};

use crate::harness::TestApp;

/// The founder at this moment, who may design.
pub fn designer(app: &TestApp) -> Actor {
    app.founder()
}

/// A squad that is forming.
pub async fn squad(app: &TestApp, name: &str) -> TeamId {
    let new = NewSquad {
        name: SquadName::parse(name).unwrap(),
        pattern: Pattern::ALL[0],
        description: Description::parse("").unwrap(),
    };
    squads::service::create(&app.pool, &designer(app), &new).await.unwrap()
}

/// Puts a member into a squad with half of their time.
pub async fn join(app: &TestApp, squad: TeamId, members: &[MemberId]) {
    let new: Vec<_> = members
        .iter()
        .map(|member| NewMembership {
            member: *member,
            allocation: Allocation::new(50).unwrap(),
            hats: vec![],
        })
        .collect();
    squads::service::add_members(&app.pool, &designer(app), squad, &new).await.unwrap();
}

/// A complete mission for a customer.
pub fn mission(customer: &str) -> MissionText {
    MissionText {
        customer: Customer::parse(customer).unwrap(),
        value: Value::parse("They understand their bill and trust it").unwrap(),
        success: Success::parse("Fewer calls about bills").unwrap(),
        review_on: NaiveDate::from_ymd_opt(2099, 1, 1),
    }
}

/// A goal metric that should go up to `target`.
pub fn metric(name: &str, target: f64) -> NewMetric {
    NewMetric {
        name: MetricName::parse(name).unwrap(),
        unit: Unit::parse("%").unwrap(),
        aim: Aim::Up { target },
        baseline: None,
        cadence: Cadence::Weekly,
    }
}

/// A squad with six members, a mission and a goal metric, one step before it becomes active.
pub async fn ready(app: &TestApp, name: &str) -> TeamId {
    let id = squad(app, name).await;
    let members = app.people(6).await;
    join(app, id, &members).await;
    missions::service::write(&app.pool, &designer(app), id, 0, &mission("Every household"))
        .await
        .unwrap();
    metrics::service::set_goal(&app.pool, &designer(app), id, &metric("First bill correct", 97.0))
        .await
        .unwrap();
    id
}

/// An active squad of six.
pub async fn active(app: &TestApp, name: &str) -> TeamId {
    let id = ready(app, name).await;
    let version = sqlx::query_scalar("select version from team where id = $1").bind(id);
    let version: i32 = version.fetch_one(&app.pool).await.unwrap();
    squads::service::activate(&app.pool, &designer(app), id, version).await.unwrap();
    id
}

/// A core team.
pub async fn core_team(app: &TestApp, name: &str) -> TeamId {
    let new = NewCoreTeam {
        name: CoreTeamName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
    };
    core_teams::service::create(&app.pool, &designer(app), &new).await.unwrap()
}

/// A link to be reviewed in a hundred days, with nobody named yet.
pub fn link(app: &TestApp, from: TeamId, kind: LinkKind, to: TeamId) -> NewLink {
    let today = app.clock().now().date_naive();
    let terms = Terms {
        kind,
        purpose: Purpose::parse("A refund is there within two days").unwrap(),
        from_liaison: None,
        to_liaison: None,
        review_on: today + TimeDelta::days(100),
    };
    NewLink { from, to, terms }
}

/// Ties two teams.
pub async fn linked(app: &TestApp, from: TeamId, kind: LinkKind, to: TeamId) -> LinkId {
    let today = app.clock().now().date_naive();
    let new = link(app, from, kind, to);
    links::service::create(&app.pool, &designer(app), today, &new).await.unwrap()
}

/// How many events of a kind there are.
pub async fn events(app: &TestApp, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from event where kind = $1")
        .bind(kind)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}
