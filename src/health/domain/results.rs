//! What a round said: counts, the colour and the arrow that are shown, and lines over rounds.

use super::words::{Colour, Trend};

/// How many gave each answer to a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Going well.
    pub green: i16,
    /// Some trouble.
    pub amber: i16,
    /// Needs help.
    pub red: i16,
}

impl Counts {
    /// How many gave a colour.
    pub fn of(self, colour: Colour) -> i16 {
        match colour {
            Colour::Green => self.green,
            Colour::Amber => self.amber,
            Colour::Red => self.red,
        }
    }

    /// How many answered.
    pub fn total(self) -> i16 {
        self.green + self.amber + self.red
    }

    /// What most said; of two that as many said, the worse.
    pub fn most(self) -> Option<Colour> {
        let most = Colour::ALL.into_iter().max_by_key(|colour| (self.of(*colour), *colour));
        most.filter(|_| self.total() > 0)
    }

    /// How far apart the answers are, from 0 where all say the same to 1 where half say green and half red: four times the variance of
    /// green as 1, amber as a half and red as 0. It says nothing about good or bad, and nothing is added up over dimensions.
    pub fn spread(self) -> f64 {
        let n = f64::from(self.total());
        if n == 0.0 {
            return 0.0;
        }
        let (green, amber) = (f64::from(self.green), f64::from(self.amber));
        let mean = (green + amber / 2.0) / n;
        4.0 * ((green + amber / 4.0) / n - mean * mean)
    }

    /// Whether the answers are far enough apart to be talked about.
    pub fn is_wide(self) -> bool {
        self.spread() >= 0.6
    }
}

/// How many compared a dimension with the round before, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trends {
    /// Better.
    pub better: i16,
    /// Same.
    pub same: i16,
    /// Worse.
    pub worse: i16,
}

impl Trends {
    /// How many gave a trend.
    pub fn of(self, trend: Trend) -> i16 {
        match trend {
            Trend::Better => self.better,
            Trend::Same => self.same,
            Trend::Worse => self.worse,
        }
    }

    /// How many compared.
    pub fn total(self) -> i16 {
        self.better + self.same + self.worse
    }

    /// What most said; of two that as many said, the worse.
    pub fn most(self) -> Option<Trend> {
        let most = Trend::ALL.into_iter().max_by_key(|trend| (self.of(*trend), *trend));
        most.filter(|_| self.total() > 0)
    }
}

/// A dimension of a closed round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The colours.
    pub counts: Counts,
    /// The comparisons.
    pub trends: Trends,
    /// What the squad agreed on afterwards.
    pub agreed_colour: Option<Colour>,
    /// The same for the arrow.
    pub agreed_trend: Option<Trend>,
}

impl Outcome {
    /// The colour that is shown: what the squad agreed on, else what most said.
    pub fn colour(&self) -> Option<Colour> {
        self.agreed_colour.or_else(|| self.counts.most())
    }

    /// The arrow that is shown.
    pub fn trend(&self) -> Option<Trend> {
        self.agreed_trend.or_else(|| self.trends.most())
    }

    /// Whether the squad has agreed.
    pub fn is_agreed(&self) -> bool {
        self.agreed_colour.is_some()
    }
}

/// A point of a dimension's line: one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The wording that was asked; none where the round did not ask it.
    pub version: Option<i32>,
    /// The colour that is shown; none where too few answered.
    pub colour: Option<Colour>,
}

/// The parts of a line, as places of points: it is interrupted where nothing is shown, and broken where the words changed.
pub fn parts(points: &[Point]) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = vec![];
    let mut last: Option<i32> = None;
    for (place, point) in points.iter().enumerate() {
        if point.colour.is_none() {
            last = None;
            continue;
        }
        match parts.last_mut().filter(|_| last.is_some() && last == point.version) {
            Some(part) => part.push(place),
            None => parts.push(vec![place]),
        }
        last = point.version;
    }
    parts
}

/// The places at which another wording was asked than the last time before.
pub fn breaks(points: &[Point]) -> Vec<usize> {
    let mut last = None;
    let mut found = vec![];
    for (place, point) in points.iter().enumerate() {
        let Some(version) = point.version else { continue };
        if last.is_some_and(|last| last != version) {
            found.push(place);
        }
        last = Some(version);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(green: i16, amber: i16, red: i16) -> Counts {
        Counts { green, amber, red }
    }

    #[test]
    fn most_is_shown_and_of_two_the_worse() {
        assert_eq!(counts(3, 2, 1).most(), Some(Colour::Green));
        assert_eq!(counts(3, 3, 1).most(), Some(Colour::Amber));
        assert_eq!(counts(2, 2, 2).most(), Some(Colour::Red));
        assert_eq!(counts(0, 0, 0).most(), None);
        assert_eq!(Trends { better: 2, same: 2, worse: 0 }.most(), Some(Trend::Same));
        assert_eq!(Trends::default().most(), None);
    }

    #[test]
    fn what_the_squad_agreed_on_is_shown_instead() {
        let mut outcome = Outcome { counts: counts(4, 0, 0), ..Outcome::default() };
        assert_eq!((outcome.colour(), outcome.trend()), (Some(Colour::Green), None));
        outcome.agreed_colour = Some(Colour::Amber);
        outcome.agreed_trend = Some(Trend::Worse);
        assert_eq!((outcome.colour(), outcome.trend()), (Some(Colour::Amber), Some(Trend::Worse)));
    }

    #[test]
    fn spread_is_least_where_all_agree_and_most_where_half_and_half() {
        let is = |counts: Counts, expected: f64| (counts.spread() - expected).abs() < 1e-9;
        assert!(is(counts(5, 0, 0), 0.0) && is(counts(0, 7, 0), 0.0));
        assert!(is(counts(3, 0, 3), 1.0));
        assert!(is(counts(2, 2, 0), 0.25));
        assert!(counts(3, 1, 3).is_wide() && !counts(3, 3, 1).is_wide());
    }

    #[test]
    fn a_line_breaks_where_the_words_changed_and_where_nothing_is_shown() {
        let point = |version: i32, is_shown: bool| Point {
            version: Some(version),
            colour: is_shown.then_some(Colour::Green),
        };
        let points =
            [point(1, true), point(1, true), point(2, true), point(2, false), point(2, true)];
        assert_eq!(parts(&points), [vec![0, 1], vec![2], vec![4]]);
        assert_eq!(breaks(&points), [2]);

        let left_out = [point(1, true), Point { version: None, colour: None }, point(2, true)];
        assert_eq!(parts(&left_out), [vec![0], vec![2]]);
        assert_eq!(breaks(&left_out), [2]);
    }
}
