//! Health checks: rounds, answers that become nobody's, results, packs and schedules.

mod kept;
mod packs;
mod pages;
mod races;
mod schedules;
mod secrecy;

use chrono::NaiveDate;
use chrono_tz::Tz;
use trellis::actor::Actor;
use trellis::error::Error;
use trellis::health::service::{self, NewRound};
use trellis::health::{Answer, Colour, Comment, Mode, Reveal, Trend};
use trellis::ids::{DimensionId, PackId, RoundId, TeamId};

use crate::given;
use crate::harness::{TestApp, Visitor};

/// A squad of eight with accounts, and a coach.
pub struct World {
    pub squad: TeamId,
    pub slug: String,
    pub members: Vec<Visitor>,
    pub coach: Visitor,
    pub pack: PackId,
    pub questions: Vec<DimensionId>,
}

const NAMES: [&str; 8] = [
    "Aisha Rahman",
    "Bjarne Lie",
    "Chioma Eze",
    "Dana Novak",
    "Elif Kaya",
    "Farid Amini",
    "Greta Holm",
    "Hugo Silva",
];

impl World {
    pub async fn new(app: &TestApp) -> Self {
        let squad = given::squad(app, "Fair Bills").await;
        let mut members = vec![];
        for name in NAMES {
            members.push(app.member(name).await);
        }
        let ids: Vec<_> = members.iter().map(Visitor::id).collect();
        given::join(app, squad, &ids).await;
        let coach = app.coach("Hana Sato").await;
        let (pack, questions) =
            service::pack_of(&app.pool, &coach.actor(), "squad-health").await.unwrap();
        Self { squad, slug: "fair-bills".to_owned(), members, coach, pack, questions }
    }

    pub fn url(&self, app: &TestApp, below: &str) -> String {
        app.at(&format!("/squads/{}/health{below}", self.slug))
    }

    pub fn at(&self, app: &TestApp, round: RoundId, below: &str) -> String {
        self.url(app, &format!("/{round}{below}"))
    }

    pub fn new_round(&self, app: &TestApp) -> NewRound {
        NewRound {
            pack: self.pack,
            mode: Mode::Anonymous,
            reveal: Reveal::Window,
            last_day: Some(today(app) + chrono::TimeDelta::days(7)),
        }
    }

    pub async fn open(&self, app: &TestApp) -> RoundId {
        self.open_as(app, Mode::Anonymous).await
    }

    pub async fn open_as(&self, app: &TestApp, mode: Mode) -> RoundId {
        let new = NewRound { mode, ..self.new_round(app) };
        service::open(&app.pool, &now(app, &self.coach), self.squad, Tz::UTC, &new).await.unwrap()
    }

    /// One member answers every question alike.
    pub async fn answer(
        &self,
        app: &TestApp,
        round: RoundId,
        who: usize,
        colour: Colour,
        note: &str,
    ) {
        for question in &self.questions {
            self.answer_one(app, round, who, *question, colour, note).await.unwrap();
        }
    }

    pub async fn answer_one(
        &self,
        app: &TestApp,
        round: RoundId,
        who: usize,
        question: DimensionId,
        colour: Colour,
        note: &str,
    ) -> Result<(), Error> {
        let answer = answer(colour, None, note);
        service::answer(&app.pool, &now(app, &self.members[who]), round, question, &answer).await
    }

    pub async fn close(&self, app: &TestApp, round: RoundId) {
        service::close(&app.pool, &now(app, &self.coach), round).await.unwrap();
    }

    /// Takes a member out of the squad.
    pub async fn remove(&self, app: &TestApp, who: usize) {
        let membership = sqlx::query_scalar(
            "select id from membership where team_id = $1 and member_id = $2 and until_at is null",
        )
        .bind(self.squad)
        .bind(self.members[who].id())
        .fetch_one(&app.pool)
        .await
        .unwrap();
        trellis::squads::service::remove_member(&app.pool, &app.founder(), membership, None)
            .await
            .unwrap();
    }
}

pub fn answer(colour: Colour, trend: Option<Trend>, note: &str) -> Answer {
    Answer { colour, trend, comment: Comment::parse(note).unwrap() }
}

pub fn now(app: &TestApp, visitor: &Visitor) -> Actor {
    Actor { at: app.clock().now(), ..visitor.actor() }
}

pub fn today(app: &TestApp) -> NaiveDate {
    app.clock().now().date_naive()
}

pub fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer.unwrap_err() {
        Error::Refused(refusal) => refusal.code,
        Error::Forbidden(_) => "forbidden",
        Error::Stale => "stale",
        Error::NotFound => "not_found",
        other => panic!("{other:?}"),
    }
}

/// How many rows of a table belong to a round.
pub async fn rows(app: &TestApp, table: &str, round: RoundId) -> i64 {
    let sql = format!("select count(*) from {table} where round_id = $1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(round).fetch_one(&app.pool).await.unwrap()
}
