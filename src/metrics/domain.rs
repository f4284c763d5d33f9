//! What a metric is. It belongs to a squad and never to a person (H9).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::MetricId;
use crate::rule::Rule;
use crate::text::text;

text!(
    /// What a metric counts.
    MetricName, line, "the metric's name", 1, 80
);
text!(
    /// What it is counted in: "%", "days".
    Unit, line, "the unit", 0, 20
);

/// Where a metric should go.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "direction", rename_all = "snake_case")]
pub enum Aim {
    /// Up to a target.
    Up {
        /// At least this.
        target: f64,
    },
    /// Down to a target.
    Down {
        /// At most this.
        target: f64,
    },
    /// Within a range.
    Within {
        /// At least this.
        low: f64,
        /// At most this.
        high: f64,
    },
}

impl Aim {
    /// Checks the numbers against one another.
    pub fn new(
        direction: Direction,
        baseline: Option<f64>,
        target: f64,
        high: Option<f64>,
    ) -> Result<Self, BadAim> {
        match direction {
            Direction::Up if baseline.is_some_and(|baseline| target <= baseline) => {
                Err(BadAim::NotAbove)
            }
            Direction::Down if baseline.is_some_and(|baseline| target >= baseline) => {
                Err(BadAim::NotBelow)
            }
            Direction::Up => Ok(Self::Up { target }),
            Direction::Down => Ok(Self::Down { target }),
            Direction::Within => {
                let high = high.ok_or(BadAim::NoHigh)?;
                if high < target {
                    Err(BadAim::HighBelowLow)
                } else {
                    Ok(Self::Within { low: target, high })
                }
            }
        }
    }

    /// From the columns of the table, which are checked there.
    pub fn stored(direction: &str, target: f64, high: Option<f64>) -> Self {
        match (direction, high) {
            ("down", _) => Self::Down { target },
            ("within", Some(high)) => Self::Within { low: target, high },
            _ => Self::Up { target },
        }
    }

    /// Which way.
    pub fn direction(self) -> Direction {
        match self {
            Self::Up { .. } => Direction::Up,
            Self::Down { .. } => Direction::Down,
            Self::Within { .. } => Direction::Within,
        }
    }

    /// The target, or the low end of the range.
    pub fn target(self) -> f64 {
        match self {
            Self::Up { target } | Self::Down { target } => target,
            Self::Within { low, .. } => low,
        }
    }

    /// The high end of the range.
    pub fn high(self) -> Option<f64> {
        match self {
            Self::Within { high, .. } => Some(high),
            Self::Up { .. } | Self::Down { .. } => None,
        }
    }

    /// "at least 97 %", "at most 25", "2 to 4 days".
    pub fn words(self, unit: &Unit) -> String {
        match self {
            Self::Up { target } => format!("at least {}", with_unit(target, unit)),
            Self::Down { target } => format!("at most {}", with_unit(target, unit)),
            Self::Within { low, high } => format!("{low} to {}", with_unit(high, unit)),
        }
    }
}

/// A number with its unit: "97 %".
pub fn with_unit(number: f64, unit: &Unit) -> String {
    if unit.as_str().is_empty() { number.to_string() } else { format!("{number} {unit}") }
}

/// Numbers that do not fit one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAim {
    /// Up means more than now.
    #[error("To go up, the target is above the value today.")]
    NotAbove,
    /// Down means less than now.
    #[error("To go down, the target is below the value today.")]
    NotBelow,
    /// A range has two ends.
    #[error("Fill in the high end of the range.")]
    NoHigh,
    /// The low end comes first.
    #[error("The high end is lower than the low end. Swap the two numbers.")]
    HighBelowLow,
}

impl Rule for BadAim {
    fn code(&self) -> &'static str {
        "metric_target"
    }
    fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAbove | Self::NotBelow => "target",
            Self::NoHigh | Self::HighBelowLow => "target_high",
        })
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither too much nor too little.
    Within,
}

impl Direction {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Up, Self::Down, Self::Within];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Within => "within",
        }
    }

    /// The words of the form.
    pub fn title(self) -> &'static str {
        match self {
            Self::Up => "Up to a target",
            Self::Down => "Down to a target",
            Self::Within => "Within a range",
        }
    }

    /// The direction of a form's word.
    pub fn parse(word: &str) -> Result<Self, NoSuchChoice> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.word() == word)
            .ok_or(NoSuchChoice("direction"))
    }
}

/// How often the value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Each week.
    Weekly,
    /// Every two weeks.
    TwoWeeks,
    /// Each month.
    Monthly,
    /// Each quarter.
    Quarterly,
}

impl Cadence {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Weekly, Self::TwoWeeks, Self::Monthly, Self::Quarterly];

    /// The word of the form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::TwoWeeks => "two_weeks",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
        }
    }

    /// As it is said: "checked every week".
    pub fn title(self) -> &'static str {
        match self {
            Self::Weekly => "Every week",
            Self::TwoWeeks => "Every two weeks",
            Self::Monthly => "Every month",
            Self::Quarterly => "Every quarter",
        }
    }

    /// The days between two looks.
    pub fn days(self) -> i32 {
        match self {
            Self::Weekly => 7,
            Self::TwoWeeks => 14,
            Self::Monthly => 30,
            Self::Quarterly => 91,
        }
    }

    /// The cadence of so many days.
    pub fn of_days(days: i32) -> Self {
        Self::ALL.into_iter().find(|cadence| days <= cadence.days()).unwrap_or(Self::Quarterly)
    }

    /// The cadence of a form's word.
    pub fn parse(word: &str) -> Result<Self, NoSuchChoice> {
        Self::ALL.into_iter().find(|cadence| cadence.word() == word).ok_or(NoSuchChoice("cadence"))
    }
}

/// A word that no form of ours sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose one of the answers.")]
pub struct NoSuchChoice(pub(super) &'static str);

impl Rule for NoSuchChoice {
    fn code(&self) -> &'static str {
        "choice_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.0)
    }
}

/// What a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What a customer gets. Only such a one can be a squad's goal metric (H7).
    CustomerValue,
    /// How work goes through.
    Flow,
    /// How well it is done.
    Quality,
    /// How much is learned.
    Learning,
}

impl Kind {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::CustomerValue, Self::Flow, Self::Quality, Self::Learning];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::CustomerValue => "customer_value",
            Self::Flow => "flow",
            Self::Quality => "quality",
            Self::Learning => "learning",
        }
    }

    /// The words on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::CustomerValue => "Customer value",
            Self::Flow => "Flow",
            Self::Quality => "Quality",
            Self::Learning => "Learning",
        }
    }

    /// What such a metric asks.
    pub fn question(self) -> &'static str {
        match self {
            Self::CustomerValue => "How would a customer notice?",
            Self::Flow => "How long does it take, and how much at once?",
            Self::Quality => "How often is it right?",
            Self::Learning => "How much do we find out?",
        }
    }

    /// The kind of a form's word.
    pub fn parse(word: &str) -> Result<Self, NoSuchChoice> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(NoSuchChoice("kind"))
    }
}

/// What a metric says, on its way in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMetric {
    /// What it counts.
    pub name: MetricName,
    /// In what.
    pub unit: Unit,
    /// Where it should go.
    #[serde(flatten)]
    pub aim: Aim,
    /// The value today, where it is known.
    pub baseline: Option<f64>,
    /// How often it is looked at.
    pub cadence: Cadence,
}

/// A squad's goal metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Its id.
    pub id: MetricId,
    /// What it says.
    pub metric: NewMetric,
}

impl fmt::Display for Goal {
    /// "First bill correct: at least 97 %".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.metric.name, self.metric.aim.words(&self.metric.unit))
    }
}

/// Why a metric cannot be set or changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricRefused {
    /// One at a time.
    #[error("This squad has a goal metric. Replace it with a reason: its history stays.")]
    GoalExists,
    /// What is over stays as it was.
    #[error("This metric has ended. Its history stays as it is.")]
    Ended,
    /// H7: only what a customer gets can be the goal.
    #[error("Only a metric of customer value can be the squad's goal.")]
    NoGoal,
    /// A squad is never without.
    #[error("This is the squad's goal metric. Replace it, or make another one the goal first.")]
    GoalStays,
    /// It is what was asked for.
    #[error("This is the squad's goal metric already.")]
    IsGoal,
    /// A squad that is no more.
    #[error("This squad is dissolved. Its metrics can be read and no longer changed.")]
    Dissolved,
}

impl Rule for MetricRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::GoalExists => "goal_metric_exists",
            Self::Ended => "metric_ended",
            Self::NoGoal => "metric_no_goal",
            Self::GoalStays => "goal_metric_stays",
            Self::IsGoal => "goal_metric_already",
            Self::Dissolved => "squad_dissolved",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Who may set metrics, for a refusal.
pub const OWNERS: &str =
    "Only the squad's own members choose its metrics; while it is forming, leaders and admins too.";

/// Why a number was not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// It is needed and was left empty.
    #[error("Fill in a number.")]
    Empty,
    /// It is no number.
    #[error("Write a number, for example 94.2.")]
    NotANumber,
    /// 1,000 is one in one country and a thousand in the next.
    #[error("{0} could be read in two ways. Write it without a comma, or with a point.")]
    Ambiguous(String),
    /// Nothing that people count.
    #[error("That number is too large. Choose a larger unit.")]
    TooLarge,
}

impl Rule for BadNumber {
    fn code(&self) -> &'static str {
        "number_unreadable"
    }
}

/// The largest number of a metric.
pub const LARGEST: f64 = 1e12;

/// Reads a number as people write it: "94.2", "94,2", "1 200", "1.200.000", "1,200.50", "97 %".
pub fn parse_number(text: &str) -> Result<f64, BadNumber> {
    let typed = text.trim().trim_end_matches('%');
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’' | '\u{202f}'))
        .collect();
    let plain = plain.replace('−', "-");
    if plain.is_empty() {
        return Err(BadNumber::Empty);
    }
    let (commas, points) = (plain.matches(',').count(), plain.matches('.').count());
    let normal = match (commas, points) {
        (1, 0) if is_ambiguous(&plain) => return Err(BadNumber::Ambiguous(text.trim().to_owned())),
        (1, 0) => plain.replace(',', "."),
        (0, 0 | 1) => plain,
        (_, 0) => plain.replace(',', ""),
        (0, _) => plain.replace('.', ""),
        // Both: the last one is before the decimals.
        _ if plain.rfind(',') > plain.rfind('.') => plain.replace('.', "").replace(',', "."),
        _ => plain.replace(',', ""),
    };
    let is_number = normal.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let number: f64 =
        if is_number { normal.parse().ok() } else { None }.ok_or(BadNumber::NotANumber)?;
    // "-0" is 0.
    if number.abs() <= LARGEST { Ok(number + 0.0) } else { Err(BadNumber::TooLarge) }
}

/// One comma with exactly three digits behind it and a whole number of at most three before it.
fn is_ambiguous(text: &str) -> bool {
    let Some((before, after)) = text.split_once(',') else { return false };
    let before = before.trim_start_matches(['-', '+']);
    after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
}

/// Reads a number that may be left open.
pub fn parse_optional(text: &str) -> Result<Option<f64>, BadNumber> {
    if text.trim().is_empty() { Ok(None) } else { parse_number(text).map(Some) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in [
            ("94.2", 94.2),
            ("94,2", 94.2),
            (" 97 % ", 97.0),
            ("1 200", 1200.0),
            ("1\u{a0}200,5", 1200.5),
            ("1'200", 1200.0),
            ("1,200.50", 1200.5),
            ("1.200,50", 1200.5),
            ("1.200.000", 1_200_000.0),
            ("1,200,000", 1_200_000.0),
            ("0,125", 0.125),
            ("1.125", 1.125),
            ("−3", -3.0),
            ("+3", 3.0),
            ("1000000000000", 1e12),
        ] {
            assert_eq!(parse_number(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_the_way_out() {
        for (text, error) in [
            ("", BadNumber::Empty),
            ("%", BadNumber::Empty),
            ("many", BadNumber::NotANumber),
            ("1-2", BadNumber::NotANumber),
            ("nan", BadNumber::NotANumber),
            ("1e5", BadNumber::NotANumber),
            ("inf", BadNumber::NotANumber),
            ("1,000", BadNumber::Ambiguous("1,000".to_owned())),
            ("1000000000001", BadNumber::TooLarge),
        ] {
            assert_eq!(parse_number(text), Err(error), "{text}");
        }
        assert_eq!(parse_optional(" "), Ok(None));
    }

    #[test]
    fn a_target_lies_on_the_good_side_of_today() {
        let up = |target| Aim::new(Direction::Up, Some(90.0), target, None);
        assert_eq!(up(90.0), Err(BadAim::NotAbove));
        assert_eq!(up(90.1), Ok(Aim::Up { target: 90.1 }));
        let down = |target| Aim::new(Direction::Down, Some(90.0), target, None);
        assert_eq!(down(90.0), Err(BadAim::NotBelow));
        assert_eq!(down(89.9), Ok(Aim::Down { target: 89.9 }));
        assert_eq!(Aim::new(Direction::Up, None, 1.0, None), Ok(Aim::Up { target: 1.0 }));
    }

    #[test]
    fn a_range_has_two_ends() {
        let within = |high| Aim::new(Direction::Within, None, 2.0, high);
        assert_eq!(within(None), Err(BadAim::NoHigh));
        assert_eq!(within(Some(1.9)), Err(BadAim::HighBelowLow));
        assert_eq!(within(Some(2.0)), Ok(Aim::Within { low: 2.0, high: 2.0 }));
    }

    #[test]
    fn a_target_is_said_in_words() {
        let percent = Unit::parse("%").unwrap();
        assert_eq!(Aim::Up { target: 97.0 }.words(&percent), "at least 97 %");
        assert_eq!(Aim::Down { target: 24.5 }.words(&Unit::parse("").unwrap()), "at most 24.5");
        assert_eq!(
            Aim::Within { low: 2.0, high: 4.0 }.words(&Unit::parse("days").unwrap()),
            "2 to 4 days"
        );
    }

    #[test]
    fn a_cadence_outlives_its_days() {
        for cadence in Cadence::ALL {
            assert_eq!(Cadence::of_days(cadence.days()), cadence);
            assert_eq!(Cadence::parse(cadence.word()), Ok(cadence));
        }
        assert_eq!(Cadence::of_days(366), Cadence::Quarterly);
    }

    proptest! {
        #[test]
        fn a_number_that_is_shown_is_read_again(n in -1_000_000_000i64..1_000_000_000, decimals in 0i32..5) {
            #[expect(clippy::cast_precision_loss, reason = "small enough")]
            let number = n as f64 / 10f64.powi(decimals);
            prop_assert_eq!(parse_number(&number.to_string()), Ok(number));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(number) = parse_number(&text) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
