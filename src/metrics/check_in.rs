//! A check-in: what a metric says now, whether its target will be reached, and one sentence why. And what a row of them says
//! together: whether it goes the wrong way, and when the next one is due.

use serde::{Deserialize, Serialize};

use super::domain::{Aim, NoSuchChoice};
use crate::rule::Rule;
use crate::text::text;

text!(
    /// Why the value is so, in a sentence.
    Note, line, "the sentence", 0, 300
);
text!(
    /// What a token is for.
    TokenName, name, "what the token is for", 1, 80
);

/// Whether the target will be reached, as the squad sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It will.
    OnTrack,
    /// It may not.
    AtRisk,
    /// It will not, as things are.
    OffTrack,
}

impl Confidence {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::OnTrack, Self::AtRisk, Self::OffTrack];

    /// The word in the database, in forms and in calls.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnTrack => "on_track",
            Self::AtRisk => "at_risk",
            Self::OffTrack => "off_track",
        }
    }

    /// The words on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::OnTrack => "On track",
            Self::AtRisk => "At risk",
            Self::OffTrack => "Off track",
        }
    }

    /// The kind of its badge, and of its mark in a picture.
    pub fn class(self) -> &'static str {
        match self {
            Self::OnTrack => "good",
            Self::AtRisk => "warn",
            Self::OffTrack => "bad",
        }
    }

    /// The icon beside the words: colour never says it alone.
    pub fn icon(self) -> &'static str {
        match self {
            Self::OnTrack => "circle-check",
            Self::AtRisk => "triangle-alert",
            Self::OffTrack => "octagon-alert",
        }
    }

    /// The confidence of a word.
    pub fn parse(word: &str) -> Result<Self, NoSuchChoice> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(NoSuchChoice("confidence"))
    }
}

/// A check-in on its way in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewCheckIn {
    /// What the metric says.
    pub value: f64,
    /// Whether the target will be reached; people say so, programs may.
    pub confidence: Option<Confidence>,
    /// Why.
    pub note: Note,
}

/// Why a check-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckInRefused {
    /// It is corrected once; then the correction is what can be corrected.
    #[error("This check-in was corrected or withdrawn already. Look at the newest one.")]
    Corrected,
    /// Nothing is known of tomorrow.
    #[error("A check-in is about now or before: the time lies ahead.")]
    Ahead,
    /// A metric has no past before its squad wrote it down.
    #[error("A check-in is about the last two years: the time lies further back.")]
    TooLongAgo,
}

impl Rule for CheckInRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Corrected => "check_in_corrected",
            Self::Ahead | Self::TooLongAgo => "check_in_time",
        }
    }
    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::Ahead | Self::TooLongAgo).then_some("at")
    }
    fn is_conflict(&self) -> bool {
        *self == Self::Corrected
    }
}

/// Who may check in, for a refusal.
pub const CHECKERS: &str = "Only the squad's own members check in to its metrics; while it is forming, leaders and admins too.";

/// So many steps in the wrong direction, one after another, are no accident.
const WORSE: usize = 3;

impl Aim {
    /// How far a value is from where it should be; 0 where it is there.
    fn miss(self, value: f64) -> f64 {
        let miss = match self {
            Self::Up { target } => target - value,
            Self::Down { target } => value - target,
            Self::Within { low, high } => (low - value).max(value - high),
        };
        miss.max(0.0)
    }

    /// Whether a value is where it should be.
    pub fn is_met(self, value: f64) -> bool {
        self.miss(value) <= 0.0
    }

    /// Whether values, the oldest first, go the wrong way: worse three times in a row, or further off than at the start.
    pub fn is_failing(self, baseline: Option<f64>, values: &[f64]) -> bool {
        let Some(last) = values.last().map(|last| self.miss(*last)).filter(|miss| *miss > 0.0)
        else {
            return false;
        };
        let misses: Vec<f64> = values.iter().map(|value| self.miss(*value)).collect();
        let run = misses.windows(2).rev().take_while(|pair| pair[1] > pair[0]).count();
        run >= WORSE || baseline.is_some_and(|baseline| last > self.miss(baseline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Aim = Aim::Up { target: 97.0 };

    #[test]
    fn three_steps_back_are_failing_and_two_are_not() {
        assert!(!UP.is_failing(None, &[95.0, 94.0, 93.0]));
        assert!(UP.is_failing(None, &[95.0, 94.0, 93.0, 92.0]));
        assert!(!UP.is_failing(None, &[95.0, 94.0, 93.0, 92.0, 92.5]), "it turned");
        assert!(!UP.is_failing(None, &[100.0, 99.0, 98.0, 97.0]), "still where it should be");
    }

    #[test]
    fn worse_than_at_the_start_is_failing() {
        assert!(UP.is_failing(Some(88.0), &[87.9]));
        assert!(!UP.is_failing(Some(88.0), &[88.0]));
        assert!(!UP.is_failing(Some(88.0), &[]));
        let down = Aim::Down { target: 3.0 };
        assert!(down.is_failing(Some(5.0), &[5.1]) && !down.is_failing(Some(5.0), &[4.9]));
    }

    #[test]
    fn a_range_is_missed_on_both_sides() {
        let within = Aim::Within { low: 2.0, high: 4.0 };
        assert!(within.is_met(2.0) && within.is_met(4.0));
        assert!(!within.is_met(1.9) && !within.is_met(4.1));
        assert!(within.is_failing(Some(3.0), &[4.1]));
    }

    #[test]
    fn words_of_confidence_are_read_again() {
        for one in Confidence::ALL {
            assert_eq!(Confidence::parse(one.word()), Ok(one));
        }
        assert!(Confidence::parse("green").is_err());
    }
}
