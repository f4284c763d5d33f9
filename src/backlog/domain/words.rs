//! The words of a backlog: what an item says, where it stands, and how its keys are written.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rule::Rule;
use crate::text::text;

text!(
    /// What an item is about, in one line.
    ItemTitle, line, "the title", 1, 160
);
text!(
    /// Why it matters to the customer.
    Why, prose, "why it matters", 0, 4000
);
text!(
    /// What became of it: what a metric did, or what was learned.
    Effect, prose, "the effect", 1, 1000
);
text!(
    /// What somebody says about an item.
    Comment, prose, "the comment", 1, 4000
);
text!(
    /// What a template is called.
    TemplateName, line, "the name", 1, 80
);

/// A choice of a form that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose one of the answers.")]
pub struct NoSuchWord(pub &'static str);

impl Rule for NoSuchWord {
    fn code(&self) -> &'static str {
        "choice_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.0)
    }
}

/// Declares an enum of words with titles.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal, $($(#[$of:meta])* $variant:ident = $word:literal, $title:literal;)+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database and in forms.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// As it is said on a page.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// By its word.
            pub fn parse(word: &str) -> Result<Self, NoSuchWord> {
                Self::ALL.iter().copied().find(|it| it.word() == word).ok_or(NoSuchWord($field))
            }
        }

        impl From<String> for $name {
            /// From the column, which is checked there.
            fn from(word: String) -> Self {
                Self::parse(&word).unwrap_or(Self::ALL[0])
            }
        }
    };
}

pub(super) use words;

words!(
    /// How much an item leaves open, from narrow to broad.
    Breadth, "breadth",
    /// Something to do.
    Task = "task", "Task";
    /// Something to build.
    Feature = "feature", "Feature";
    /// Something that is hard for customers.
    Problem = "problem", "Problem";
    /// Something that should be different for customers.
    Outcome = "outcome", "Outcome";
);

impl Breadth {
    /// What it leaves open.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Task => "It says what to do.",
            Self::Feature => "It says what to build; how is open.",
            Self::Problem => "It says what is hard for customers; what to build is open.",
            Self::Outcome => "It says what should be different for customers; the rest is open.",
        }
    }

    /// Whether it leaves little open (finding B2).
    pub fn is_narrow(self) -> bool {
        self <= Self::Feature
    }
}

words!(
    /// How an item is treated.
    Class, "class",
    /// In its turn.
    Standard = "standard", "Standard";
    /// Before all others; a squad has one at a time, beside its limit.
    Expedite = "expedite", "Expedite";
);

words!(
    /// Where an item stands.
    Stage, "stage",
    /// Somebody thought of it.
    Proposed = "proposed", "Proposed";
    /// Squads may pull it.
    Ready = "ready", "Ready";
    /// A squad works on it.
    InProgress = "in_progress", "In progress";
    /// A squad learns from customers whether it does what it should.
    Learning = "learning", "Learning";
    /// It has had its effect.
    Done = "done", "Done";
    /// It will not be done.
    Dropped = "dropped", "Dropped";
);

impl Stage {
    /// Whether an item may go from here to `to` in one step. The schema holds the same list (`backlog_transition_steps`).
    pub fn may_become(self, to: Self) -> bool {
        use Stage::{Done, Dropped, InProgress, Learning, Proposed, Ready};
        matches!(
            (self, to),
            (Proposed, Ready | Dropped)
                | (Ready, InProgress | Proposed | Dropped)
                | (InProgress, Learning | Done | Ready)
                | (Learning, Done | InProgress | Ready)
                | (Dropped, Proposed | Ready)
        )
    }

    /// Whether a squad holds it.
    pub fn is_held(self) -> bool {
        matches!(self, Self::InProgress | Self::Learning)
    }

    /// Whether its place in the order says when it is pulled.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Proposed | Self::Ready)
    }

    /// In a sentence: "NA-214 is in progress".
    pub fn words(self) -> &'static str {
        match self {
            Self::Proposed => "only proposed",
            Self::Ready => "ready",
            Self::InProgress => "in progress",
            Self::Learning => "with customers, to learn from",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// The name of an item: NA-214.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemKey {
    /// The product's.
    pub product: String,
    /// The item's, counted in the product.
    pub number: i32,
}

impl ItemKey {
    /// A key.
    pub fn new(product: &str, number: i32) -> Self {
        Self { product: product.to_owned(), number }
    }

    /// Reads "NA-214", "na-214" and, where it is clear which product is meant, "214" and "#214".
    pub fn number_in(product: &str, text: &str) -> Option<i32> {
        let text = text.trim();
        let plain = text.strip_prefix('#').unwrap_or(text);
        let digits = match plain.split_once('-') {
            Some((key, digits)) if key.eq_ignore_ascii_case(product) => digits,
            Some(_) => return None,
            None => plain,
        };
        let is_number =
            (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number| is_number && *number > 0)
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.product, self.number)
    }
}

/// A problem that is put well, to begin an item with. These are there in every product; others are the product's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// Its word in addresses.
    pub word: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The beginning of the title.
    pub title: &'static str,
    /// What to fill in.
    pub why: &'static str,
    /// How broad it is.
    pub breadth: Breadth,
}

/// The ways of putting an item that every product begins with.
pub const PATTERNS: [Pattern; 3] = [
    Pattern {
        word: "problem",
        name: "A problem of a customer",
        title: "",
        why: "Who has it:\nWhen, and how often:\nWhat they do today instead:\nHow we know (calls, interviews, figures):\nWe would see that it is solved by:",
        breadth: Breadth::Problem,
    },
    Pattern {
        word: "outcome",
        name: "An outcome to reach",
        title: "",
        why: "For whom something changes:\nWhat they can do afterwards:\nThe metric that shows it, today and then:\nWhat must not get worse:",
        breadth: Breadth::Outcome,
    },
    Pattern {
        word: "question",
        name: "A question to answer",
        title: "Find out ",
        why: "What we do not know:\nWhat we would decide differently:\nThe smallest way to find out:\nWhom we ask:",
        breadth: Breadth::Problem,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_people_write_it() {
        for text in ["NA-214", "na-214", " NA-214 ", "214", "#214"] {
            assert_eq!(ItemKey::number_in("NA", text), Some(214), "{text}");
        }
        for text in ["", "NA", "NA-", "NA-0", "NB-214", "NA-2147483648", "NA--1", "+4", "NA-214-1"]
        {
            assert_eq!(ItemKey::number_in("NA", text), None, "{text}");
        }
        assert_eq!(ItemKey::new("NA", 214).to_string(), "NA-214");
    }

    #[test]
    fn an_item_goes_from_stage_to_stage_in_these_ways_only() {
        let ways: Vec<String> = Stage::ALL
            .iter()
            .flat_map(|from| Stage::ALL.iter().map(move |to| (from, to)))
            .filter(|(from, to)| from.may_become(**to))
            .map(|(from, to)| format!("{} → {}", from.word(), to.word()))
            .collect();
        insta::assert_snapshot!(ways.join(", "), @"proposed → ready, proposed → dropped, ready → proposed, ready → in_progress, ready → dropped, in_progress → ready, in_progress → learning, in_progress → done, learning → ready, learning → in_progress, learning → done, dropped → proposed, dropped → ready");
    }

    #[test]
    fn a_squad_holds_what_it_works_on_and_what_it_learns_from() {
        let held: Vec<_> = Stage::ALL.iter().filter(|stage| stage.is_held()).collect();
        assert_eq!(held, [&Stage::InProgress, &Stage::Learning]);
    }

    #[test]
    fn tasks_and_features_are_narrow_problems_and_outcomes_are_not() {
        let narrow: Vec<_> = Breadth::ALL.iter().map(|breadth| breadth.is_narrow()).collect();
        assert_eq!(narrow, [true, true, false, false]);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.word()), Ok(*stage));
            assert_eq!(Stage::from(stage.word().to_owned()), *stage);
        }
        assert_eq!(Breadth::parse("epic"), Err(NoSuchWord("breadth")));
    }
}
