//! Every part of the interface in its states, at `/components` while developing.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Oslo;

use super::{shell::Shell, ui};

/// The reference page.
#[derive(Clone, Debug, Template)]
#[template(path = "components/page.html")]
pub struct ComponentsPage {
    pub shell: Shell,
}

/// See [`ComponentsPage`].
pub fn page(shell: Shell) -> ComponentsPage {
    ComponentsPage { shell }
}

/// A fixed "now" (21 November 2026, 12:00), so that the page always looks the same.
const NOW: i64 = 1_795_262_400;

impl ComponentsPage {
    fn ago(seconds: i64) -> ui::Moment {
        let now = DateTime::<Utc>::from_timestamp(NOW, 0).unwrap_or_default();
        ui::moment(now - chrono::TimeDelta::seconds(seconds), now, Oslo)
    }

    fn yesterday(&self) -> ui::Moment {
        Self::ago(79_800)
    }

    fn monday(&self) -> ui::Moment {
        Self::ago(440_400)
    }

    fn review(&self) -> ui::Date {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap_or_default();
        ui::date(day(12, 12), day(11, 21))
    }
}
