//! Metrics to begin with. They are words to think with: whoever takes one makes it their own.

use super::domain::{Cadence, Direction, Kind};

/// A metric to begin with.
#[derive(Debug, Clone, Copy)]
pub struct MetricTemplate {
    /// Its word in addresses.
    pub word: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// What it is called.
    pub name: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// Which way is good.
    pub direction: Direction,
    /// How often it is looked at.
    pub cadence: Cadence,
    /// What it tells, and how to count it.
    pub about: &'static str,
}

/// All of them, by kind.
pub const TEMPLATES: [MetricTemplate; 13] = [
    MetricTemplate {
        word: "no-second-contact",
        kind: Kind::CustomerValue,
        name: "Customers who needed no second contact",
        unit: "%",
        direction: Direction::Up,
        cadence: Cadence::Weekly,
        about: "Of those who asked for something, how many did not have to ask again within two weeks.",
    },
    MetricTemplate {
        word: "reached-their-goal",
        kind: Kind::CustomerValue,
        name: "Customers who got what they came for",
        unit: "%",
        direction: Direction::Up,
        cadence: Cadence::TwoWeeks,
        about: "Ask twenty customers, in one question, and count the plain yes.",
    },
    MetricTemplate {
        word: "time-to-value",
        kind: Kind::CustomerValue,
        name: "Days until a customer has what they wanted",
        unit: "days",
        direction: Direction::Down,
        cadence: Cadence::TwoWeeks,
        about: "From their first word to the moment they have it, as they would count it; half are faster.",
    },
    MetricTemplate {
        word: "complaints",
        kind: Kind::CustomerValue,
        name: "Complaints per 1,000 customers",
        unit: "",
        direction: Direction::Down,
        cadence: Cadence::Monthly,
        about: "Only what a customer was upset about enough to say.",
    },
    MetricTemplate {
        word: "cycle-time",
        kind: Kind::Flow,
        name: "Days from pulled to done",
        unit: "days",
        direction: Direction::Down,
        cadence: Cadence::TwoWeeks,
        about: "Half of the finished items took less. The flow of the product shows it.",
    },
    MetricTemplate {
        word: "in-progress",
        kind: Kind::Flow,
        name: "Items in progress at once",
        unit: "items",
        direction: Direction::Within,
        cadence: Cadence::Weekly,
        about: "Too few and somebody waits; too many and everything waits.",
    },
    MetricTemplate {
        word: "oldest-item",
        kind: Kind::Flow,
        name: "Age of the oldest item in progress",
        unit: "days",
        direction: Direction::Down,
        cadence: Cadence::Weekly,
        about: "What lies longest is what nobody wants to look at.",
    },
    MetricTemplate {
        word: "right-first-time",
        kind: Kind::Quality,
        name: "Right the first time",
        unit: "%",
        direction: Direction::Up,
        cadence: Cadence::Weekly,
        about: "Of what went to customers, how much did not have to be touched again.",
    },
    MetricTemplate {
        word: "found-by-customers",
        kind: Kind::Quality,
        name: "Faults that customers found before us",
        unit: "",
        direction: Direction::Down,
        cadence: Cadence::Monthly,
        about: "Each one is a place where the squad was not looking.",
    },
    MetricTemplate {
        word: "time-to-mend",
        kind: Kind::Quality,
        name: "Hours until a fault is mended",
        unit: "hours",
        direction: Direction::Down,
        cadence: Cadence::TwoWeeks,
        about: "From the first customer who was hit to the last; half are faster.",
    },
    MetricTemplate {
        word: "conversations",
        kind: Kind::Learning,
        name: "Conversations with customers",
        unit: "",
        direction: Direction::Up,
        cadence: Cadence::TwoWeeks,
        about: "Talks in which somebody of the squad mostly listened, since the last check-in.",
    },
    MetricTemplate {
        word: "experiments",
        kind: Kind::Learning,
        name: "Experiments with a clear answer",
        unit: "",
        direction: Direction::Up,
        cadence: Cadence::Monthly,
        about: "A no counts as much as a yes; what stays open does not.",
    },
    MetricTemplate {
        word: "skills-of-two",
        kind: Kind::Learning,
        name: "Needed skills that two can do",
        unit: "%",
        direction: Direction::Up,
        cadence: Cadence::Quarterly,
        about: "Of the skills that the squad needs, how many do not stand and fall with one person.",
    },
];

impl MetricTemplate {
    /// The one of a word.
    pub fn find(word: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.word == word)
    }

    /// Those of a kind.
    pub fn of(kind: Kind) -> impl Iterator<Item = &'static Self> {
        TEMPLATES.iter().filter(move |template| template.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::{MetricName, Unit};
    use super::*;

    #[test]
    fn each_kind_has_templates_and_each_fits_the_form() {
        for kind in Kind::ALL {
            assert!(MetricTemplate::of(kind).count() >= 3, "{kind:?}");
        }
        for one in &TEMPLATES {
            assert!(MetricName::parse(one.name).is_ok() && Unit::parse(one.unit).is_ok());
            assert!(one.about.ends_with('.'), "{}", one.about);
            assert_eq!(MetricTemplate::find(one.word).map(|found| found.name), Some(one.name));
        }
    }
}
