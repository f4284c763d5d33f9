//! The four families, the ladder, and what is written in a plan.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::rules::LearningRefused;
use crate::text::text;

text!(
    /// What is to be practised.
    StepTitle, name, "the step", 1, 120
);
text!(
    /// What a plan is about.
    Focus, line, "the focus", 0, 300
);
text!(
    /// What was practised.
    Practised, prose, "what you practised", 1, 300
);
text!(
    /// What was learned by it.
    Learned, prose, "what you learned", 1, 1000
);
text!(
    /// What the apprentice thinks of a week.
    Reflection, prose, "the reflection", 1, 2000
);
text!(
    /// What somebody says of an apprentice's practice.
    Feedback, prose, "the feedback", 1, 600
);
text!(
    /// What the apprentice would like to hear about.
    About, prose, "what it is about", 1, 300
);
text!(
    /// The name of a kept plan.
    TemplateName, name, "the name", 1, 80
);

/// What a lead PM can do: the families of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Customer calls and research.
    Calls,
    /// Facilitation.
    Facilitation,
    /// Competitive research.
    Competition,
    /// Data analysis and presentation.
    Data,
}

impl Family {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Calls, Self::Facilitation, Self::Competition, Self::Data];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Facilitation => "facilitation",
            Self::Competition => "competition",
            Self::Data => "data",
        }
    }

    /// Reads what [`Family::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, LearningRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(LearningRefused::NoFamily)
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Calls => "Customer calls",
            Self::Facilitation => "Facilitation",
            Self::Competition => "Competitive research",
            Self::Data => "Data analysis",
        }
    }

    /// What it comes down to.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Calls => "Hear the problem behind the request",
            Self::Facilitation => "Help a group decide without deciding for it",
            Self::Competition => "Know what customers could choose instead",
            Self::Data => "Find what moved the metric, and doubt it",
        }
    }

    /// Its picture.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Calls => "phone",
            Self::Facilitation => "presentation",
            Self::Competition => "telescope",
            Self::Data => "chart-line",
        }
    }
}

impl From<String> for Family {
    /// Reads what the database has checked.
    fn from(word: String) -> Self {
        Self::parse(&word).unwrap_or(Self::Calls)
    }
}

/// The ladder of a step, from the ground up: in words of doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Is there and looks on.
    Observe,
    /// Takes a part of it.
    Assist,
    /// Does it, with somebody beside them.
    WithSupport,
    /// Does it.
    Alone,
    /// Shows it to others.
    Teach,
}

impl Rung {
    /// All of them, from the ground up.
    pub const ALL: [Self; 5] =
        [Self::Observe, Self::Assist, Self::WithSupport, Self::Alone, Self::Teach];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Assist => "assist",
            Self::WithSupport => "with_support",
            Self::Alone => "alone",
            Self::Teach => "teach",
        }
    }

    /// Reads what [`Rung::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, LearningRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(LearningRefused::NoRung)
    }

    /// What the apprentice does on it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Observe => "Observes",
            Self::Assist => "Assists",
            Self::WithSupport => "Does it with support",
            Self::Alone => "Does it alone",
            Self::Teach => "Teaches it",
        }
    }

    /// The same where there is little room.
    pub fn short(self) -> &'static str {
        match self {
            Self::Observe => "Observes",
            Self::Assist => "Assists",
            Self::WithSupport => "With support",
            Self::Alone => "Alone",
            Self::Teach => "Teaches",
        }
    }
}

impl From<String> for Rung {
    /// Reads what the database has checked.
    fn from(word: String) -> Self {
        Self::parse(&word).unwrap_or(Self::Observe)
    }
}

/// A plan has so many weeks at most.
pub const MAX_WEEKS: i16 = 52;
/// And so many unless somebody says otherwise.
pub const WEEKS: i16 = 12;
/// A step is to be practised so often at most.
pub const MAX_TARGET: i16 = 50;

/// A whole number from 1 to `max`, or a sentence beside `field`.
pub fn number(field: &'static str, text: &str, max: i16) -> Result<i16, LearningRefused> {
    let number = text.trim().parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or(LearningRefused::BadNumber { field, max })
}

/// A day as a form sends it.
pub fn day(field: &'static str, text: &str) -> Result<NaiveDate, LearningRefused> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| LearningRefused::BadDay(field))
}

/// Where evidence can be looked at: an address that begins with https, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct EvidenceLink(String);

impl EvidenceLink {
    /// Reads an address; an empty text is none.
    pub fn parse(text: &str) -> Result<Self, LearningRefused> {
        let text = text.trim();
        let host = text.strip_prefix("https://").unwrap_or_default();
        let is_plain = text.len() <= 500
            && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
            && host.starts_with(|c: char| c.is_alphanumeric());
        if text.is_empty() || is_plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(LearningRefused::BadLink)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_begins_with_https_or_is_none() {
        for good in ["", "  ", "https://notes.example.org/42?x=1#y"] {
            assert_eq!(EvidenceLink::parse(good).unwrap().as_str(), good.trim());
        }
        for bad in
            ["http://example.org", "javascript:alert(1)", "https://", "https://a b", "https://?x"]
        {
            assert_eq!(EvidenceLink::parse(bad), Err(LearningRefused::BadLink), "{bad}");
        }
        assert!(EvidenceLink::parse(&format!("https://{}", "a".repeat(500))).is_err());
    }

    #[test]
    fn numbers_are_whole_and_from_one_on() {
        assert_eq!(number("weeks", " 12 ", MAX_WEEKS), Ok(12));
        assert_eq!(number("weeks", "52", MAX_WEEKS), Ok(52));
        for bad in ["", "0", "53", "1.5", "-1", "many"] {
            assert!(number("weeks", bad, MAX_WEEKS).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for family in Family::ALL {
            assert_eq!(Family::parse(family.word()), Ok(family));
        }
        for rung in Rung::ALL {
            assert_eq!(Rung::parse(rung.word()), Ok(rung));
        }
        assert!(Rung::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
