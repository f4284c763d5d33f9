//! Coaching by pull: who starts it, who has it, what both agree on, and what only one person reads.

mod effect;
mod going;
mod races;
mod start;

use chrono::TimeDelta;
use trellis::actor::Actor;
use trellis::coaching::{
    Ask, Better, ExitCriteria, FindingCode, Goal, Terms, Topic, Tried, service,
};
use trellis::ids::{CoachingId, TeamId};

use crate::backlog::now;
use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

/// A squad that is forming, two of its members, and a coach.
pub struct World {
    pub squad: TeamId,
    pub member: Visitor,
    pub other: Visitor,
    pub coach: Visitor,
}

impl World {
    pub async fn new(app: &TestApp) -> Self {
        let squad = given::squad(app, "Outage Care").await;
        let (member, other) = (app.member("Daniel Costa").await, app.member("Yara Haddad").await);
        given::join(app, squad, &[member.id(), other.id()]).await;
        Self { squad, member, other, coach: app.coach("Hana Sato").await }
    }

    /// A request that waits.
    pub async fn asked(&self, app: &TestApp) -> CoachingId {
        asked(app, self.squad, &now(app, &self.member)).await
    }

    /// A request with an agreement in force.
    pub async fn agreed(&self, app: &TestApp) -> CoachingId {
        let id = self.asked(app).await;
        let (pool, coach) = (&app.pool, now(app, &self.coach));
        service::pull(pool, &coach, id).await.unwrap();
        let today = coach.at.date_naive();
        service::write_agreement(pool, &coach, id, 0, &terms(app, 30), today).await.unwrap();
        service::agree(pool, &now(app, &self.member), id, 1).await.unwrap();
        id
    }
}

pub async fn asked(app: &TestApp, squad: TeamId, by: &Actor) -> CoachingId {
    service::ask(&app.pool, by, squad, &ask("Pace is hurting us")).await.unwrap()
}

pub fn ask(topic: &str) -> Ask {
    Ask {
        topic: Topic::parse(topic).unwrap(),
        tried: Tried::parse("Two retrospectives").unwrap(),
        better: Better::parse("Somebody holds the room").unwrap(),
        dimension: None,
        finding: FindingCode::default(),
    }
}

pub fn terms(app: &TestApp, days: i64) -> Terms {
    Terms {
        goal: Goal::parse("We say no together").unwrap(),
        exit: ExitCriteria::parse("Four calm weeks").unwrap(),
        ends_on: app.clock().now().date_naive() + TimeDelta::days(days),
        sessions: 3,
    }
}

pub async fn get(visitor: &Visitor, path: &str) -> Answer {
    visitor.clone().get(path).await
}

pub async fn post(visitor: &Visitor, path: &str, form: &str) -> Answer {
    visitor.clone().post(path, form).await
}

/// How many requests there are.
pub async fn requests(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from coaching_request").fetch_one(&app.pool).await.unwrap()
}

/// A request's state and coach.
pub async fn standing(app: &TestApp, id: CoachingId) -> (String, Option<uuid::Uuid>) {
    sqlx::query_as("select state, coach_id from coaching_request where id = $1")
        .bind(id)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}
