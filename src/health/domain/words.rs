//! Colours, trends, modes, and the texts of packs, answers and actions.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::rules::HealthRefused;
use crate::clock::is_near;
use crate::text::{BadText, text};

/// Declares an enum with a word for the database and forms.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $word:literal, $title:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$case_doc])* $case,)+ }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$case),+];

            /// The word in the database and in forms.
            pub fn word(self) -> &'static str {
                match self { $(Self::$case => $word,)+ }
            }

            /// The word on a page.
            pub fn title(self) -> &'static str {
                match self { $(Self::$case => $title,)+ }
            }

            /// Reads what `word` wrote.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.word() == word)
            }
        }
    };
}

words!(
    /// What somebody says of a dimension, from the best to the worst.
    Colour {
        /// It goes well.
        Green = "green", "Going well";
        /// Some trouble.
        Amber = "amber", "Some trouble";
        /// It needs help.
        Red = "red", "Needs help";
    }
);

impl Colour {
    /// The class of its tint.
    pub fn class(self) -> &'static str {
        match self {
            Self::Green => "good",
            Self::Amber => "warn",
            Self::Red => "bad",
        }
    }
}

words!(
    /// How a dimension compares with the round before, from the best to the worst.
    Trend {
        /// It got better.
        Better = "better", "Better";
        /// It is as before.
        Same = "same", "Same";
        /// It got worse.
        Worse = "worse", "Worse";
    }
);

impl Trend {
    /// Its arrow.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Better => "arrow-up-right",
            Self::Same => "arrow-right",
            Self::Worse => "arrow-down-right",
        }
    }
}

words!(
    /// Whether names stay with the answers. It is said before the first answer and never changes.
    Mode {
        /// After closing no answer is anybody's.
        Anonymous = "anonymous", "Anonymous";
        /// After closing the squad reads who answered what.
        Open = "open", "Open, with names";
    }
);

impl Mode {
    /// What is printed on the voting page.
    pub fn promise(self, threshold: i16) -> String {
        match self {
            Self::Anonymous => format!(
                "Anonymous. Nobody sees anything before the closing. Then your squad reads the notes without names, and only sums leave the squad, if at least {threshold} answered. Fewer answers are deleted."
            ),
            Self::Open => format!(
                "Open, with names. Nobody sees anything before the closing. Then your squad reads who answered what, and only sums leave the squad, if at least {threshold} answered. Fewer answers are deleted."
            ),
        }
    }

    /// What carries a name, on every question: whoever goes on later has not read the first.
    pub fn reminder(self) -> &'static str {
        match self {
            Self::Anonymous => {
                "Anonymous. Neither your colour nor your comparison nor your note carries your name."
            }
            Self::Open => {
                "Open, with names. After the closing your squad reads your name beside your colour, your comparison and your note."
            }
        }
    }

    /// What it means, for whoever opens a round.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Anonymous => {
                "Sums and shuffled notes are left; nothing says who answered what. Choose this if in doubt."
            }
            Self::Open => {
                "The squad reads who answered what. Only for squads that want to talk about each answer."
            }
        }
    }
}

words!(
    /// How a round ends.
    Reveal {
        /// By its day, or earlier by hand.
        Window = "window", "Open until a day";
        /// In a meeting, by hand: all see the results at once.
        Session = "session", "A session together";
    }
);

words!(
    /// What became of an action.
    ActionState {
        /// It is still wanted.
        Open = "open", "Open";
        /// It is done.
        Done = "done", "Done";
        /// It is not wanted any more.
        Dropped = "dropped", "Dropped";
    }
);

text!(
    /// The name of a pack.
    PackName, name, "the name", 1, 60
);
text!(
    /// What a pack is about.
    PackAbout, prose, "what it is about", 0, 300
);
text!(
    /// The name of a dimension.
    DimensionName, name, "the name", 1, 40
);
text!(
    /// What a colour means in a dimension.
    Sentence, line, "the sentence", 1, 200
);
text!(
    /// What somebody writes beside an answer.
    Comment, prose, "the note", 0, 500
);
text!(
    /// What a squad wants to do.
    ActionText, line, "the action", 1, 200
);
text!(
    /// What came of an action.
    FollowUp, prose, "what came of it", 0, 300
);
text!(
    /// The name of a schedule.
    ScheduleName, name, "the name", 1, 80
);

/// A dimension in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Its name.
    pub name: DimensionName,
    /// What green means.
    pub green: Sentence,
    /// What amber means.
    pub amber: Sentence,
    /// What red means.
    pub red: Sentence,
}

impl Wording {
    /// Reads four texts.
    pub fn parse(name: &str, green: &str, amber: &str, red: &str) -> Result<Self, BadText> {
        Ok(Self {
            name: DimensionName::parse(name)?,
            green: Sentence::parse(green)?,
            amber: Sentence::parse(amber)?,
            red: Sentence::parse(red)?,
        })
    }
}

/// What somebody answers. It is told nobody: neither an event nor a log nor a one-time key has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The colour.
    pub colour: Colour,
    /// Compared with the round before, if there is one.
    pub trend: Option<Trend>,
    /// One thing that would help.
    pub comment: Comment,
}

impl std::fmt::Debug for Answer {
    /// Says nothing, should it ever come into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

/// A number of a form, within what it may be.
pub fn number(
    field: &'static str,
    text: &str,
    within: std::ops::RangeInclusive<i16>,
) -> Result<i16, HealthRefused> {
    let (low, high) = (*within.start(), *within.end());
    let parsed = text.trim().parse().ok().filter(|n| within.contains(n));
    parsed.ok_or(HealthRefused::BadNumber { field, low, high })
}

/// A day of a form; whether it is near enough is looked at where today is known.
pub fn day(field: &'static str, text: &str) -> Result<NaiveDate, HealthRefused> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| HealthRefused::BadDay(field))
}

/// Refuses a day that nobody plans for.
pub fn must_be_near(
    field: &'static str,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<(), HealthRefused> {
    if is_near(day, today) { Ok(()) } else { Err(HealthRefused::FarDay(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_written() {
        for colour in Colour::ALL {
            assert_eq!(Colour::parse(colour.word()), Some(colour));
        }
        assert_eq!(Trend::parse("sideways"), None);
    }

    #[test]
    fn an_answer_says_nothing_in_a_log() {
        let answer = Answer {
            colour: Colour::Red,
            trend: Some(Trend::Worse),
            comment: Comment::parse("The lead never listens").unwrap(),
        };
        assert_eq!(format!("{answer:?}"), "Answer");
    }

    #[test]
    fn a_day_is_one_that_somebody_plans_for() {
        let today = day("due_on", "2026-11-22").unwrap();
        let near = |text| must_be_near("due_on", day("due_on", text).unwrap(), today);
        for good in ["2026-11-22", "2022-01-01", "2031-11-01"] {
            assert_eq!(near(good), Ok(()), "{good}");
        }
        for bad in ["-9999-01-01", "0001-01-01", "2020-11-22", "2032-11-22", "+262142-12-31"] {
            assert_eq!(near(bad), Err(HealthRefused::FarDay("due_on")), "{bad}");
        }
    }

    #[test]
    fn a_number_is_within_what_it_may_be() {
        assert_eq!(number("threshold", " 3 ", THRESHOLDS), Ok(3));
        assert_eq!(number("threshold", "10", THRESHOLDS), Ok(10));
        for bad in ["2", "11", "four", ""] {
            assert!(number("threshold", bad, THRESHOLDS).is_err(), "{bad}");
        }
    }

    use super::super::rules::THRESHOLDS;
}
