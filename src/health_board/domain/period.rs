//! Which rounds are looked at: the newest of each squad, in a month, in a quarter, or of all.

use chrono::{Datelike, Months, NaiveDate};

/// How many months, and how many quarters, are offered.
const OFFERED: (u32, u32) = (12, 6);

/// The time in which a round was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// Whenever it was.
    #[default]
    Latest,
    /// A month, by its first day.
    Month(NaiveDate),
    /// A quarter, by its first day.
    Quarter(NaiveDate),
}

fn first(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1).filter(|day| (2000..=2999).contains(&day.year()))
}

fn quarter(day: NaiveDate) -> u32 {
    day.month0() / 3 + 1
}

impl Period {
    /// Reads "2026-11" or "2026-q4"; anything else is no particular time.
    pub fn parse(word: &str) -> Self {
        let of = |word: &str| {
            let (year, part) = word.split_once('-')?;
            let year = year.parse().ok()?;
            match part.strip_prefix('q') {
                Some(n) => {
                    let n: u32 = n.parse().ok().filter(|n| (1..=4).contains(n))?;
                    first(year, n * 3 - 2).map(Self::Quarter)
                }
                None => first(year, part.parse().ok()?).map(Self::Month),
            }
        };
        of(word).unwrap_or_default()
    }

    /// The word in addresses.
    pub fn word(self) -> String {
        match self {
            Self::Latest => String::new(),
            Self::Month(day) => day.format("%Y-%m").to_string(),
            Self::Quarter(day) => format!("{}-q{}", day.year(), quarter(day)),
        }
    }

    /// What it is called.
    pub fn title(self) -> String {
        match self {
            Self::Latest => "Latest of each squad".to_owned(),
            Self::Month(day) => day.format("%B %Y").to_string(),
            Self::Quarter(day) => format!("Quarter {} of {}", quarter(day), day.year()),
        }
    }

    /// The first day of its first month, and of the month after its last.
    pub fn range(self) -> (NaiveDate, NaiveDate) {
        let (day, months) = match self {
            Self::Latest => return (NaiveDate::default(), first(2999, 12).unwrap_or_default()),
            Self::Month(day) => (day, 1),
            Self::Quarter(day) => (day, 3),
        };
        (day, day.checked_add_months(Months::new(months)).unwrap_or(day))
    }

    /// Those that are offered on a day, with `self` among them.
    pub fn offered(self, today: NaiveDate) -> Vec<Self> {
        let month = today.with_day(1).unwrap_or(today);
        let (months, quarters) = OFFERED;
        let ago = |months| month.checked_sub_months(Months::new(months)).unwrap_or(month);
        let begin = |day: NaiveDate| first(day.year(), quarter(day) * 3 - 2).unwrap_or(day);
        let mut all = vec![Self::Latest];
        all.extend((0..months).map(|n| Self::Month(ago(n))));
        all.extend((0..quarters).map(|n| Self::Quarter(begin(ago(n * 3)))));
        if !all.contains(&self) {
            all.push(self);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn months_and_quarters_come_back_from_their_words() {
        for (word, title, from, to) in [
            ("2026-11", "November 2026", "2026-11-01", "2026-12-01"),
            ("2026-12", "December 2026", "2026-12-01", "2027-01-01"),
            ("2026-q4", "Quarter 4 of 2026", "2026-10-01", "2027-01-01"),
            ("2027-q1", "Quarter 1 of 2027", "2027-01-01", "2027-04-01"),
        ] {
            let period = Period::parse(word);
            assert_eq!((period.word(), period.title()), (word.to_owned(), title.to_owned()));
            assert_eq!(period.range(), (day(from), day(to)));
        }
        for word in ["", "2026", "2026-13", "2026-q5", "2026-q0", "99999-01", "x-y", "2026-11-01"] {
            assert_eq!(Period::parse(word), Period::Latest, "{word}");
        }
    }

    #[test]
    fn a_year_of_months_is_offered_and_what_was_asked_for() {
        let offered = Period::Latest.offered(day("2026-01-31"));
        assert_eq!(offered[1], Period::Month(day("2026-01-01")));
        assert_eq!(offered[12], Period::Month(day("2025-02-01")));
        assert_eq!(offered[13], Period::Quarter(day("2026-01-01")));
        assert_eq!(offered.len(), 19);
        let old = Period::parse("2021-03");
        assert_eq!(old.offered(day("2026-01-31")).last(), Some(&old));
    }
}
