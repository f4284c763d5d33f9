//! A plan: its steps, how far they are, and which week it is.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::words::{
    EvidenceLink, Family, Focus, Learned, Practised, Rung, StepTitle, TemplateName, WEEKS,
};
use crate::ids::{PlanTemplateId, StepId, TeamId};

/// A plan has so many steps at most.
pub const MAX_STEPS: usize = 40;

/// What a plan says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its first day.
    pub starts_on: NaiveDate,
    /// How many weeks it has.
    pub weeks: i16,
    /// What it is about.
    pub focus: Focus,
    /// The squad in whose work is learned.
    pub squad: Option<TeamId>,
}

/// What a step says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStep {
    /// Its family.
    pub family: Family,
    /// What is to be practised.
    pub title: StepTitle,
    /// How often.
    pub target: i16,
    /// How well in the end.
    pub rung: Rung,
    /// In which week of the plan.
    pub week: i16,
}

/// Practice as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvidence {
    /// What it was practice of.
    pub step: StepId,
    /// When.
    pub on: NaiveDate,
    /// What was practised.
    pub practised: Practised,
    /// What was learned.
    pub learned: Learned,
    /// The key of an item of the product's backlog; empty without one.
    pub item: String,
    /// Where it can be looked at.
    pub link: EvidenceLink,
    /// Whether it was a call with a customer.
    pub is_call: bool,
}

/// From what a plan begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What Trellis brings along.
    First,
    /// A plan that the organization kept.
    Kept(PlanTemplateId),
    /// Nothing.
    Empty,
}

impl Source {
    /// Reads what a form sends.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "first" | "" => Some(Self::First),
            "empty" => Some(Self::Empty),
            id => id.parse().ok().map(Self::Kept),
        }
    }
}

/// A kept plan.
#[derive(Debug, Clone)]
pub struct Template {
    /// Which.
    pub id: PlanTemplateId,
    /// What it is called.
    pub name: TemplateName,
    /// How many weeks its plan had.
    pub weeks: i16,
    /// Its steps.
    pub steps: Vec<NewStep>,
}

/// The template that Trellis brings along: three steps of each family, from looking on to doing it alone.
pub fn first_template() -> Vec<NewStep> {
    use Family::{Calls, Competition, Data, Facilitation};
    use Rung::{Alone, Assist, Observe, WithSupport};
    let all = [
        (Calls, "Sit in on calls and write down the problem behind the request", 4, Observe, 2),
        (Calls, "Lead calls with the lead PM beside you", 4, WithSupport, 6),
        (Calls, "Lead calls alone and share the notes", 4, Alone, 10),
        (Facilitation, "Co-run a retrospective", 2, Assist, 3),
        (Facilitation, "Facilitate a story mapping", 2, WithSupport, 7),
        (Facilitation, "Facilitate a squad's planning", 2, Alone, 11),
        (Competition, "Try what customers could choose instead", 2, Observe, 3),
        (Competition, "Interview customers who switched", 3, WithSupport, 7),
        (Competition, "Write one page: what we should not copy", 1, Alone, 10),
        (Data, "Read a chart of the goal metric with the analyst", 2, Observe, 4),
        (Data, "Answer a question of a squad with data", 2, WithSupport, 8),
        (Data, "Present what moved the metric, and what did not", 1, Alone, 12),
    ];
    let step = |(family, title, target, rung, week)| {
        // A title of ours is none too long: the test counts the steps.
        Some(NewStep { family, title: StepTitle::parse(title).ok()?, target, rung, week })
    };
    all.into_iter().filter_map(step).collect()
}

/// The steps of a template for a plan of so many weeks: none is planned for later than the last.
pub fn fitted(steps: Vec<NewStep>, weeks: i16, of: i16) -> Vec<NewStep> {
    let (weeks, of) = (i32::from(weeks), i32::from(of.max(1)));
    let fit = |week: i16| (i32::from(week) * weeks + of - 1) / of;
    let week = |week| i16::try_from(fit(week).clamp(1, weeks)).unwrap_or(WEEKS);
    steps.into_iter().map(|step| NewStep { week: week(step.week), ..step }).collect()
}

/// A step of a plan as far as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// Which.
    pub id: StepId,
    /// What it says.
    pub says: NewStep,
    /// How often it was practised.
    pub practised: i64,
    /// Whether it is signed off.
    pub is_signed: bool,
}

impl StepState {
    /// How often it was practised, as far as it counts.
    pub fn done(&self) -> i64 {
        self.practised.min(i64::from(self.says.target))
    }
}

/// A family of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Which.
    pub family: Family,
    /// The highest rung of a step that is signed off.
    pub rung: Option<Rung>,
    /// How often was practised.
    pub done: i64,
    /// How often is planned.
    pub target: i64,
    /// The step that comes next.
    pub next: Option<StepId>,
}

impl Track {
    /// A family among the steps of a plan, which come by week.
    pub fn of(family: Family, steps: &[StepState]) -> Self {
        let own = || steps.iter().filter(move |step| step.says.family == family);
        Self {
            family,
            rung: own().filter(|step| step.is_signed).map(|step| step.says.rung).max(),
            done: own().map(StepState::done).sum(),
            target: own().map(|step| i64::from(step.says.target)).sum(),
            next: own().find(|step| !step.is_signed).map(|step| step.id),
        }
    }

    /// Where the apprentice stands, in words of doing.
    pub fn words(&self) -> &'static str {
        match (self.rung, self.done) {
            (Some(rung), _) => rung.title(),
            (None, 0) => "Not begun",
            (None, _) => "Practises",
        }
    }
}

/// Which week of a plan a day is in: from 1 on, and none before it begins. After the last it goes on counting.
pub fn week_of(starts_on: NaiveDate, day: NaiveDate) -> Option<i64> {
    let days = (day - starts_on).num_days();
    (days >= 0).then(|| days / 7 + 1)
}

/// The last day of a plan.
pub fn last_day(starts_on: NaiveDate, weeks: i16) -> NaiveDate {
    starts_on + TimeDelta::days(i64::from(weeks) * 7 - 1)
}

/// What is reached in a week: the rung of the last step that aims at it, where it is the highest of that week.
pub fn milestone(steps: &[StepState], week: i16) -> Option<Rung> {
    let is_last = |rung: Rung| {
        steps.iter().filter(|step| step.says.rung == rung).map(|step| step.says.week).max()
            == Some(week)
    };
    Rung::ALL.into_iter().rev().find(|rung| is_last(*rung))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(family: Family, rung: Rung, week: i16, practised: i64, is_signed: bool) -> StepState {
        let title = StepTitle::parse("Lead calls").unwrap();
        let says = NewStep { family, title, target: 3, rung, week };
        StepState { id: StepId::new(), says, practised, is_signed }
    }

    #[test]
    fn a_family_stands_on_the_highest_rung_that_was_signed_off() {
        let steps = [
            step(Family::Calls, Rung::Observe, 1, 5, true),
            step(Family::Calls, Rung::WithSupport, 4, 2, false),
            step(Family::Calls, Rung::Alone, 8, 0, false),
            step(Family::Data, Rung::Teach, 9, 0, true),
        ];
        let calls = Track::of(Family::Calls, &steps);
        assert_eq!((calls.rung, calls.done, calls.target), (Some(Rung::Observe), 5, 9));
        assert_eq!(calls.next, Some(steps[1].id));
        assert_eq!(Track::of(Family::Facilitation, &steps).words(), "Not begun");
        assert_eq!(Track::of(Family::Data, &steps).words(), "Teaches it");
    }

    #[test]
    fn a_week_has_seven_days_from_the_first_on() {
        let from = NaiveDate::from_ymd_opt(2026, 10, 5).unwrap();
        let after = |days| week_of(from, from + TimeDelta::days(days));
        assert_eq!(
            [after(-1), after(0), after(6), after(7), after(83)],
            [None, Some(1), Some(1), Some(2), Some(12)]
        );
        assert_eq!(last_day(from, 12).to_string(), "2026-12-27");
    }

    #[test]
    fn a_template_fits_into_the_weeks_of_its_plan() {
        let weeks = |of| -> Vec<i16> {
            fitted(first_template(), of, WEEKS).iter().map(|step| step.week).collect()
        };
        assert!(weeks(12).iter().zip(first_template()).all(|(week, step)| *week == step.week));
        for n in [1, 2, 6, 24, 52] {
            assert!(weeks(n).iter().all(|week| (1..=n).contains(week)), "{n}");
        }
        assert_eq!(weeks(24).iter().max(), Some(&24));
    }

    #[test]
    fn the_first_template_has_steps_of_every_family() {
        let steps = first_template();
        for family in Family::ALL {
            assert!(steps.iter().any(|step| step.family == family), "{family:?}");
        }
        assert_eq!(steps.len(), 12);
        assert!(steps.len() <= MAX_STEPS);
    }

    #[test]
    fn a_week_is_marked_with_what_is_reached_in_it() {
        let steps = [
            step(Family::Calls, Rung::Observe, 2, 0, false),
            step(Family::Data, Rung::Observe, 3, 0, false),
            step(Family::Data, Rung::Assist, 3, 0, false),
        ];
        assert_eq!(milestone(&steps, 2), None);
        assert_eq!(milestone(&steps, 3), Some(Rung::Assist));
    }
}
