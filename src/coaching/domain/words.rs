//! What is written in coaching.

use chrono::NaiveDate;

use super::rules::CoachingRefused;
use crate::ids::DimensionId;
use crate::text::text;

text!(
    /// What it is about.
    Topic, line, "the topic", 1, 120
);
text!(
    /// What the squad has tried.
    Tried, prose, "what you tried", 0, 1000
);
text!(
    /// What would be better.
    Better, prose, "what better looks like", 0, 1000
);
text!(
    /// What somebody offers.
    Offered, prose, "what you offer", 1, 1000
);
text!(
    /// What coaching is to reach.
    Goal, prose, "the goal", 1, 500
);
text!(
    /// How the two will know that it is over.
    ExitCriteria, prose, "the exit criteria", 1, 1000
);
text!(
    /// What the two see when they look back.
    LookedBack, prose, "what you see", 1, 1000
);
text!(
    /// What stays with the squad.
    Stays, prose, "what stays", 0, 1000
);
text!(
    /// A note.
    NoteText, prose, "the note", 1, 2000
);
text!(
    /// Why not, for those who want to say.
    WhyNot, prose, "the reason", 0, 500
);

/// So many sessions are the most of an agreement.
pub const MAX_SESSIONS: i16 = 20;
/// Sessions of an agreement, as its form begins.
pub const SESSIONS: i16 = 4;
/// A coach's own limit, until they choose another.
pub const LIMIT: i16 = 3;
/// The highest that they may choose.
pub const MAX_LIMIT: i16 = 12;
/// A coaching that lasts longer is no coaching any more.
pub const MAX_DAYS: i64 = 366;

/// The code of a finding that led to a request; empty without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingCode(String);

impl FindingCode {
    /// What is none of the codes is left out: an address may say anything.
    pub fn of(word: &str) -> Self {
        let mut letters = word.chars();
        let is_code = letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
            && (2..=3).contains(&word.len())
            && letters.all(|letter| letter.is_ascii_digit());
        Self(if is_code { word.to_owned() } else { String::new() })
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a squad asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What it is about.
    pub topic: Topic,
    /// What was tried.
    pub tried: Tried,
    /// What would be better.
    pub better: Better,
    /// The dimension of a health check that led to it.
    pub dimension: Option<DimensionId>,
    /// The finding that led to it.
    pub finding: FindingCode,
}

/// What coach and squad agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What is to be reached.
    pub goal: Goal,
    /// How they will know.
    pub exit: ExitCriteria,
    /// The last day.
    pub ends_on: NaiveDate,
    /// In how many sessions.
    pub sessions: i16,
}

impl Terms {
    /// The last day is one to come, and not years away.
    pub fn may_be(&self, today: NaiveDate) -> Result<(), CoachingRefused> {
        if self.ends_on <= today {
            return Err(CoachingRefused::EndsBefore);
        }
        if (self.ends_on - today).num_days() > MAX_DAYS {
            return Err(CoachingRefused::EndsLate);
        }
        Ok(())
    }
}

/// Whether it helped, as the squad says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helped {
    /// Yes.
    Yes,
    /// In part.
    Partly,
    /// No.
    No,
}

impl Helped {
    /// All answers.
    pub const ALL: [Self; 3] = [Self::Yes, Self::Partly, Self::No];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::No => "no",
        }
    }

    /// Reads what [`Helped::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, CoachingRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(CoachingRefused::NoAnswer)
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Yes => "Yes, it helped",
            Self::Partly => "It helped in part",
            Self::No => "It did not help",
        }
    }
}

/// A whole number from 1 to `max` as typed.
pub fn number(field: &'static str, text: &str, max: i16) -> Result<i16, CoachingRefused> {
    let number = text.trim().parse().ok().filter(|n| (1..=max).contains(n));
    number.ok_or(CoachingRefused::BadNumber { field, max })
}

/// A day as typed.
pub fn day(field: &'static str, text: &str) -> Result<NaiveDate, CoachingRefused> {
    text.trim().parse().map_err(|_| CoachingRefused::BadDay(field))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_no_code_of_a_finding_is_left_out() {
        for (word, code) in [
            ("S3", "S3"),
            ("B12", "B12"),
            ("", ""),
            ("s3", ""),
            ("S", ""),
            ("S3x", ""),
            ("S123", ""),
        ] {
            assert_eq!(FindingCode::of(word).as_str(), code, "{word}");
        }
    }

    #[test]
    fn an_agreement_ends_after_today_and_within_a_year() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let ends = |days| Terms {
            goal: Goal::parse("We say no together").unwrap(),
            exit: ExitCriteria::parse("Two plannings without a late night").unwrap(),
            ends_on: today + TimeDelta::days(days),
            sessions: 3,
        };
        assert_eq!(ends(0).may_be(today), Err(CoachingRefused::EndsBefore));
        assert_eq!(ends(1).may_be(today), Ok(()));
        assert_eq!(ends(MAX_DAYS).may_be(today), Ok(()));
        assert_eq!(ends(MAX_DAYS + 1).may_be(today), Err(CoachingRefused::EndsLate));
    }

    #[test]
    fn a_number_is_from_one_to_the_most() {
        for good in ["1", " 20 "] {
            assert!(number("sessions", good, MAX_SESSIONS).is_ok(), "{good}");
        }
        for bad in ["0", "21", "-1", "2.5", "", "many"] {
            assert!(number("sessions", bad, MAX_SESSIONS).is_err(), "{bad}");
        }
    }
}
