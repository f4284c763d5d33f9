//! Dates as people say them: relative for a week, then the date; the year only if it is another one.

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;

/// A moment as its reader says it: "Today, 15:10", "Yesterday, 15:10", "Monday, 10:40", "12 September".
pub fn when(at: DateTime<Utc>, now: DateTime<Utc>, tz: Tz) -> String {
    let local = at.with_timezone(&tz);
    let (date, today) = (local.date_naive(), now.with_timezone(&tz).date_naive());
    match near(date, today) {
        Some(name) => format!("{name}, {}", local.format("%H:%M")),
        None => far(date, today),
    }
}

/// A day as its reader says it: "Today", "Tomorrow", "Monday", "12 September".
pub fn day(date: NaiveDate, today: NaiveDate) -> String {
    near(date, today).unwrap_or_else(|| far(date, today))
}

/// The name of a day that is near. A weekday alone always means the past: "Monday" for a review date in the future
/// would be read as the last one.
fn near(date: NaiveDate, today: NaiveDate) -> Option<String> {
    match (today - date).num_days() {
        -1 => Some("Tomorrow".to_owned()),
        0 => Some("Today".to_owned()),
        1 => Some("Yesterday".to_owned()),
        2..=6 => Some(date.format("%A").to_string()),
        _ => None,
    }
}

/// How a day or moment stands in the middle of a sentence: names of weekdays and months keep their capital.
pub fn inside(text: &str) -> String {
    ["Today", "Yesterday", "Tomorrow"]
        .iter()
        .find_map(|day| Some(format!("{}{}", day.to_lowercase(), text.strip_prefix(day)?)))
        .unwrap_or_else(|| text.to_owned())
}

fn far(date: NaiveDate, today: NaiveDate) -> String {
    let format = if date.year() == today.year() { "%-d %B" } else { "%-d %B %Y" };
    date.format(format).to_string()
}

/// [`when`] as a `<time>` that carries the exact moment.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/moment.html")]
pub struct Moment {
    iso: String,
    full: String,
    text: String,
}

/// See [`Moment`].
pub fn moment(at: DateTime<Utc>, now: DateTime<Utc>, tz: Tz) -> Moment {
    Moment {
        iso: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        full: at.with_timezone(&tz).format("%-d %B %Y, %H:%M %Z").to_string(),
        text: when(at, now, tz),
    }
}

impl Moment {
    /// The same in the middle of a sentence: "today, 15:10".
    #[must_use]
    pub fn inside(&self) -> Self {
        Self { text: inside(&self.text), ..self.clone() }
    }
}

impl HtmlSafe for Moment {}

/// [`day`] as a `<time>` that carries the exact date.
#[derive(Clone, Debug, Template)]
#[template(path = "components/marks/date.html")]
pub struct Date {
    iso: String,
    full: String,
    text: String,
}

/// See [`Date`].
pub fn date(date: NaiveDate, today: NaiveDate) -> Date {
    Date {
        iso: date.to_string(),
        full: date.format("%-d %B %Y").to_string(),
        text: day(date, today),
    }
}

impl Date {
    /// The same in the middle of a sentence: "yesterday".
    #[must_use]
    pub fn inside(&self) -> Self {
        Self { text: inside(&self.text), ..self.clone() }
    }
}

impl HtmlSafe for Date {}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::Los_Angeles, Asia::Tokyo, Europe::Oslo};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc()
    }

    #[test]
    fn moments() {
        let now = utc("2026-11-21 12:00"); // a Saturday, 13:00 in Oslo
        for (at, expected) in [
            ("2026-11-21 14:10", "Today, 15:10"),
            ("2026-11-20 14:10", "Yesterday, 15:10"),
            ("2026-11-20 23:30", "Today, 00:30"),
            ("2026-11-16 09:40", "Monday, 10:40"),
            ("2026-11-15 09:40", "Sunday, 10:40"),
            ("2026-11-14 09:40", "14 November"),
            ("2026-09-12 10:00", "12 September"),
            ("2025-09-12 10:00", "12 September 2025"),
            ("2026-11-22 10:00", "Tomorrow, 11:00"),
            ("2026-11-24 10:00", "24 November"),
            ("2027-01-02 10:00", "2 January 2027"),
        ] {
            assert_eq!(when(utc(at), now, Oslo), expected, "{at}");
        }
    }

    #[test]
    fn the_same_moment_is_another_day_elsewhere() {
        let (at, now) = (utc("2026-11-20 22:00"), utc("2026-11-21 12:00"));
        assert_eq!(when(at, now, Tokyo), "Today, 07:00");
        assert_eq!(when(at, now, Los_Angeles), "Yesterday, 14:00");
    }

    #[test]
    fn days() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for (ahead, expected) in [
            (1, "Tomorrow"),
            (0, "Today"),
            (-1, "Yesterday"),
            (-5, "Monday"),
            (-7, "14 November"),
            (60, "20 January 2027"),
        ] {
            assert_eq!(day(today + chrono::TimeDelta::days(ahead), today), expected);
        }
    }

    #[test]
    fn in_the_middle_of_a_sentence_only_names_keep_their_capital() {
        for (alone, within) in [
            ("Today, 15:10", "today, 15:10"),
            ("Yesterday", "yesterday"),
            ("Tomorrow", "tomorrow"),
            ("Monday, 10:40", "Monday, 10:40"),
            ("12 September", "12 September"),
        ] {
            assert_eq!(inside(alone), within);
        }
        let now = utc("2026-11-21 12:00");
        assert!(moment(now, now, Oslo).inside().to_string().ends_with(">today, 13:00</time>"));
        assert!(date(now.date_naive(), now.date_naive()).inside().to_string().contains(">today<"));
    }

    #[test]
    fn a_moment_carries_the_exact_time() {
        let moment = moment(utc("2026-11-20 14:10"), utc("2026-11-21 12:00"), Oslo);
        assert_eq!(
            moment.to_string(),
            "<time datetime=\"2026-11-20T14:10:00Z\" title=\"20 November 2026, 15:10 CET\">Yesterday, 15:10</time>"
        );
    }
}
