//! How the squads see their own health: rounds of a year, one that is open, and what came of the last.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use fastrand::Rng;

use super::{MORNING, Stage};
use crate::demo::db::{self, OfCrew};
use crate::demo::story::TROUBLES;
use crate::error::Result;
use crate::health::service::{self as health, NewAction, PastRound};
use crate::health::{ActionText, Answer, Colour, Comment, Trend};
use crate::ids::{DimensionId, PackId, RoundId};

/// What the squads of the demo are asked.
pub(super) const PACK: &str = "customer-value-squad";
/// How many days ago the rounds were opened, the oldest first. Each was open for a week.
const ROUNDS: [i64; 6] = [330, 275, 220, 165, 110, 50];
/// The same for the round that is open.
const OPEN: i64 = 2;
/// How many members a squad had at least when it was asked.
const ENOUGH: usize = 6;

/// What is written beside an answer, by the question's place.
const NOTES: [(i16, &str); 6] = [
    (2, "Only one of us can read the meter data. Let us sit together for a day."),
    (4, "Refunds above 2,000 kr take days. Let us go to 5,000."),
    (5, "We do not know whom to ask at the grid company."),
    (6, "The test environment is down every other week."),
    (9, "More calls with customers, fewer meetings about them."),
    (10, "Two people were ill, and nothing was taken off the list."),
];

/// What the squads wanted to do after their last round: the question's place and the action.
const ACTIONS: [(usize, &str); 3] = [
    (3, "Draft a decision right for refunds up to 5,000 kr"),
    (1, "Pair on meter data every Tuesday until two more can read it"),
    (2, "Call three customers each week and talk about it on Friday"),
];

/// How a squad feels: from 0 (all red) to 1 (all green), by question.
struct Mood {
    rng: Rng,
    base: Vec<f64>,
    drift: Vec<f64>,
}

impl Mood {
    /// Needs help where the squad asked for it, and goes better since where that has come to its end.
    fn trouble(&mut self, squad: usize, days_ago: i64) {
        for trouble in TROUBLES.iter().filter(|trouble| trouble.squad == squad) {
            let is_over = trouble.is_over && days_ago < trouble.asked;
            let (base, drift) = match days_ago {
                _ if !is_over => (0.05, -0.03),
                ..=60 => (0.45, 0.07),
                _ => (0.1, 0.07),
            };
            self.base[trouble.question] = base;
            self.drift[trouble.question] = drift;
        }
    }

    fn of(turn: usize, questions: usize) -> Self {
        let mut rng = Rng::with_seed(0x_6865_616c ^ u64::try_from(turn).unwrap_or_default());
        let whole = 0.45 + rng.f64() * 0.35;
        let base = (0..questions).map(|_| whole + rng.f64() * 0.4 - 0.2).collect();
        let drift = (0..questions).map(|_| rng.f64() * 0.12 - 0.05).collect();
        Self { rng, base, drift }
    }

    /// What somebody answers in a round.
    fn answer(&mut self, round: f64, place: usize, may_compare: bool) -> Result<Answer> {
        let level = self.base[place] + self.drift[place] * round + self.rng.f64() * 0.5 - 0.25;
        let colour = match level {
            level if level > 0.55 => Colour::Green,
            level if level > 0.25 => Colour::Amber,
            _ => Colour::Red,
        };
        let change = self.drift[place] + self.rng.f64() * 0.1 - 0.05;
        let trend = match change {
            change if change > 0.04 => Trend::Better,
            change if change < -0.04 => Trend::Worse,
            _ => Trend::Same,
        };
        let number = i16::try_from(place + 1).unwrap_or_default();
        let note = NOTES.iter().find(|(at, _)| *at == number).filter(|_| colour != Colour::Green);
        let note = note.filter(|_| self.rng.u8(..6) == 0).map_or("", |(_, text)| *text);
        Ok(Answer { colour, trend: may_compare.then_some(trend), comment: Comment::parse(note)? })
    }
}

impl Stage<'_> {
    pub(super) async fn health(&self) -> Result<()> {
        let (pool, leader) = (self.pool, self.leader());
        let (pack, questions) = health::pack_of(pool, &leader, PACK).await?;
        let crews = db::crews(pool, self.tenant()).await?;
        let mut turn = 0;
        for (squad, team) in self.squads.iter().enumerate() {
            let crew: Vec<_> = crews.iter().filter(|one| one.team == *team).collect();
            if crew.len() < ENOUGH {
                continue;
            }
            let mood = Mood::of(turn, questions.len());
            let rounds = self.rounds((squad, turn), mood, pack, &crew)?;
            let one = self.members.iter().position(|member| *member == crew[0].member);
            let ids = health::past(pool, &self.actor(one), *team, &rounds).await?;
            let closed = rounds.iter().filter(|round| round.closed.is_some()).count();
            if let Some(last) = closed.checked_sub(1).map(|last| ids[last]) {
                self.after(turn, last, &rounds[closed - 1], &questions).await?;
            }
            turn += 1;
        }
        Ok(())
    }

    /// A morning some days ago.
    fn morning(&self, days_ago: i64) -> DateTime<Utc> {
        let day = self.today - Days::new(days_ago.unsigned_abs());
        day.and_time(NaiveTime::MIN).and_utc() + MORNING
    }

    fn rounds(
        &self,
        (squad, turn): (usize, usize),
        mut mood: Mood,
        pack: PackId,
        crew: &[&OfCrew],
    ) -> Result<Vec<PastRound>> {
        let mut rounds: Vec<PastRound> = vec![];
        // One squad has not looked at its health for long (S9), and one has a round that is open.
        let opened = ROUNDS.iter().filter(|days| turn != 3 || **days > 110).map(|days| (*days, 7));
        let open = (turn == 0).then_some((OPEN, 0));
        for (days_ago, lasted) in opened.chain(open) {
            let opened_at = self.morning(days_ago);
            let there: Vec<_> = crew.iter().filter(|one| one.from_at < opened_at).collect();
            if there.len() < ENOUGH {
                continue;
            }
            // Not everybody answers; of the open one only the first have.
            let voters = if lasted == 0 { 3 } else { there.len() - mood.rng.usize(..2) };
            let (n, may_compare) = (small(rounds.len()), !rounds.is_empty());
            mood.trouble(squad, days_ago);
            let mut answers = vec![];
            for one in there.iter().take(voters) {
                for place in 0..mood.base.len() {
                    let number = i16::try_from(place + 1).unwrap_or_default();
                    answers.push((one.member, number, mood.answer(n, place, may_compare)?));
                }
            }
            let by = there[0].member;
            rounds.push(PastRound {
                pack,
                opened: (opened_at, by),
                closes_at: self.morning(days_ago) + TimeDelta::days(8),
                closed: (lasted > 0).then(|| (opened_at + TimeDelta::days(lasted), by)),
                answers,
            });
        }
        Ok(rounds)
    }

    /// What the squad agreed on after its last round, and what it wants to do.
    async fn after(
        &self,
        turn: usize,
        round: RoundId,
        past: &PastRound,
        questions: &[DimensionId],
    ) -> Result<()> {
        let (Some((place, action)), Some((at, by))) = (ACTIONS.get(turn), past.closed) else {
            return Ok(());
        };
        let mut actor = self.actor(self.members.iter().position(|member| *member == by));
        actor.at = at + TimeDelta::minutes(20);
        let about = questions[*place];
        let (colour, trend) = (Colour::Amber, Some(Trend::Same));
        health::agree(self.pool, &actor, (round, about), 1, colour, trend).await?;
        let due_on = Some(self.today + Days::new(14));
        let body = ActionText::parse(action)?;
        let new = NewAction { dimension: Some(about), body, due_on };
        health::act(self.pool, &actor, round, &new).await.map(drop)
    }
}

/// A small number as one that can be multiplied.
fn small(n: usize) -> f64 {
    u8::try_from(n).map_or(f64::from(u8::MAX), f64::from)
}
