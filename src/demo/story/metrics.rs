//! What squads answer for: metrics beside the goal, and a year of check-ins.

use fastrand::Rng;

use super::{Act, Author, OVERDUE};
use crate::demo::company::{Goal, KINDS};
use crate::metrics::{Confidence, Direction, Kind};

/// Check-ins of a metric, at most; and so many days between two.
const CHECK_INS: i64 = 14;
const APART: i64 = 25;

/// A metric beside the goal.
pub type Beside = (Kind, Goal);

/// The metrics that squads have beside their goal: the first of each, and one of the others.
pub const BESIDE: [Beside; 3] = [
    (Kind::Flow, ("Days from pulled to done", "days", Direction::Down, 21.0, 9.0)),
    (Kind::Learning, ("Conversations with customers", "", Direction::Up, 3.0, 10.0)),
    (Kind::Quality, ("Right the first time", "%", Direction::Up, 78.0, 95.0)),
];

/// What is said, by how it goes: better, worse.
const NOTES: [[&str; 6]; 2] = [
    [
        "The change for people who move pays off.",
        "Two customers said it in the same words without being asked.",
        "What we stopped doing was worth more than what we began.",
        "Pairing with the call team works. We go on.",
        "The pilot holds up with ten times as many people.",
        "",
    ],
    [
        "Two of us were away. Pairing begins this week.",
        "Stuck. We test a one-line answer with forty customers.",
        "The old letters still go out. We ask Legal & Trust to look at them.",
        "A holiday week. We look again before we change anything.",
        "The first idea did nothing. We try the second one.",
        "",
    ],
];

/// What happens to a squad's metrics.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricAct {
    /// A metric beside the goal.
    Add { squad: usize, by: usize, at: usize },
    /// What was said of one until now: the goal, or the one at a place among [`BESIDE`].
    CheckIns { squad: usize, of: Option<usize>, said: Vec<Said> },
}

/// A check-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub day: i64,
    pub by: usize,
    pub value: f64,
    pub confidence: Confidence,
    pub note: &'static str,
}

impl Author {
    /// The metrics of a squad whose members have been there from its founding.
    pub(super) fn metrics(&mut self, squad: usize, number: usize, members: &[usize]) {
        let founded = self.squads[squad].founded;
        // Dice of its own: the rest of the story stays as it is.
        let mut rng = Rng::with_seed(number as u64);
        let kind_at = number % KINDS.len();
        let begun = founded - 12;
        // Some have not looked for a while.
        let is_late = kind_at == OVERDUE;
        self.series((squad, None), KINDS[kind_at].goal, begun, is_late, members, &mut rng);
        for at in [0, 1 + number % 2] {
            let by = members[(at + 1) % members.len()];
            self.act(begun - 3, Act::Metric(MetricAct::Add { squad, by, at }));
            let of = (squad, Some(at));
            self.series(of, BESIDE[at].1, begun - 3, false, members, &mut rng);
        }
    }

    fn series(
        &mut self,
        (squad, of): (usize, Option<usize>),
        (_, _, _, baseline, target): Goal,
        begun: i64,
        is_late: bool,
        members: &[usize],
        rng: &mut Rng,
    ) {
        let last = if is_late { 19 } else { rng.i64(1..=9) };
        let days = (0..CHECK_INS).map(|n| last + n * APART).filter(|day| *day < begun);
        let days: Vec<i64> = days.collect();
        let reached = 0.55 + 0.5 * rng.f64();
        let stumbles = rng.usize(0..3) == 0;
        let mut said = vec![];
        for (n, day) in days.iter().rev().enumerate() {
            let of = f64::from(u16::try_from(days.len()).unwrap_or(1).max(1));
            let step = f64::from(u16::try_from(n + 1).unwrap_or(1));
            let slip = if stumbles && n + 3 >= days.len() { 0.08 * (step - of + 3.0) } else { 0.0 };
            let share = reached * (step / of) - slip + 0.08 * (rng.f64() - 0.5);
            let value = baseline + (target - baseline) * share;
            let is_worse = slip > 0.0 || share < 0.4 * step / of;
            let confidence = match (is_worse, share > 0.5) {
                (true, false) => Confidence::OffTrack,
                (true, true) => Confidence::AtRisk,
                (false, _) if rng.usize(0..5) == 0 => Confidence::AtRisk,
                _ => Confidence::OnTrack,
            };
            said.push(Said {
                day: *day,
                by: members[rng.usize(..members.len())],
                value: (value * 10.0).round() / 10.0,
                confidence,
                note: NOTES[usize::from(is_worse)][rng.usize(..6)],
            });
        }
        self.act(0, Act::Metric(MetricAct::CheckIns { squad, of, said }));
    }
}
