//! A squad's own six months: a column of its colours for each month, the green ones below, the red ones on top.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;
use chrono::{Datelike, Months, NaiveDate};

use crate::health::Counts;
use crate::health_board::domain::{MONTHS, Month, Said};

/// How high a column is, and how far they are apart.
const HIGH: u16 = 28;
const STEP: usize = 13;

/// The picture, with its words. It is the squad's own history, so it has no number that could be compared with that of another.
pub struct Picture {
    months: [Month; MONTHS],
    last: NaiveDate,
}

/// The months as they are called in a picture.
const SHORT: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl HtmlSafe for Picture {}

impl Picture {
    /// Of six months up to that of `last`, as the last of the six up to that of `end`: below one another, the same place is the same month.
    pub fn new(months: [Month; MONTHS], last: NaiveDate, end: NaiveDate) -> Self {
        let months_of = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
        let ago = usize::try_from(months_of(end) - months_of(last)).unwrap_or_default();
        let mut shown = [Month::default(); MONTHS];
        for (n, month) in months.into_iter().enumerate().skip(ago) {
            shown[n - ago] = month;
        }
        Self { months: shown, last: end.max(last) }
    }

    fn month(&self, n: usize) -> NaiveDate {
        let ago = u32::try_from(MONTHS - 1 - n).unwrap_or_default();
        let first = self.last.with_day(1).unwrap_or(self.last);
        first.checked_sub_months(Months::new(ago)).unwrap_or(first)
    }

    /// Strokes of each colour, from the bottom up.
    fn strokes(&self) -> [String; 4] {
        let mut paths = [const { String::new() }; 4];
        for (n, month) in self.months.iter().enumerate() {
            let Month { green, amber, red, hidden } = *month;
            let asked = u16::from(month.asked());
            let (x, mut below) = (n * STEP + 5, 0);
            for (path, count) in paths.iter_mut().zip([green, amber, red, hidden]) {
                let above = below + u16::from(count);
                if count > 0 {
                    let (from, to) = (HIGH - below * HIGH / asked, HIGH - above * HIGH / asked);
                    let _ = write!(path, "M{x} {from}V{to}");
                }
                below = above;
            }
        }
        paths
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<svg>")?;
        for (class, path) in ["vg", "va", "vr", "vn"].into_iter().zip(self.strokes()) {
            if !path.is_empty() {
                write!(f, "<path class=\"{class}\" d=\"{path}\"/>")?;
            }
        }
        f.write_str("</svg><i>")?;
        let mut is_first = true;
        for (n, month) in self.months.iter().enumerate() {
            let Month { green, amber, red, hidden } = *month;
            if month.asked() == 0 {
                continue;
            }
            let comma = if is_first { "" } else { "; " };
            is_first = false;
            let name = SHORT[self.month(n).month0() as usize];
            write!(f, "{comma}{name}: ")?;
            if hidden == month.asked() {
                f.write_str("not shown")?;
                continue;
            }
            let shown = Counts { green: green.into(), amber: amber.into(), red: red.into() };
            write!(f, "{}", Said(shown))?;
            if hidden > 0 {
                write!(f, ", {hidden} not shown")?;
            }
        }
        f.write_str("</i>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_colours_of_its_month() {
        let mut months = [Month::default(); MONTHS];
        months[4] = Month { hidden: 11, ..Month::default() };
        months[5] = Month { green: 2, amber: 1, red: 1, hidden: 0 };
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let page = Picture::new(months, day("2026-01-31"), day("2026-01-02")).to_string();
        assert_eq!(
            page,
            "<svg><path class=\"vg\" d=\"M70 28V14\"/><path class=\"va\" d=\"M70 14V7\"/><path class=\"vr\" d=\"M70 7V0\"/>\
             <path class=\"vn\" d=\"M57 28V0\"/></svg><i>Dec: not shown; Jan: 2 well, 1 some trouble, 1 needs help</i>"
        );
        // Two months later, it stands two places further to the left, and is called what it was.
        let page = Picture::new(months, day("2026-01-31"), day("2026-03-02")).to_string();
        assert!(page.starts_with("<svg><path class=\"vg\" d=\"M44 28V14\"/>"), "{page}");
        assert!(page.contains("<i>Dec: not shown; Jan: 2 well"), "{page}");
        let page = Picture::new(months, day("2026-01-31"), day("2026-08-02")).to_string();
        assert_eq!(page, "<svg></svg><i></i>", "longer ago than the picture tells of");
    }
}
