//! The time: the only caller of "now".
//!
//! Everything else gets the time as an argument, so that a test or the demo can be at any day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Whether a day is one that somebody plans for or looks back to: at most five years away. The calendar knows days that the database
/// does not, and sums with them would overflow.
pub fn is_near(day: NaiveDate, today: NaiveDate) -> bool {
    (day - today).num_days().abs() <= 5 * 366
}

/// Tells the time. In tests it can be moved ahead.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Microseconds ahead of the machine's clock.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The time now, in whole microseconds, which is what the database keeps.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "the clock itself")]
        let now = Utc::now();
        let now = now + TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed));
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Moves this clock, and every clone of it, ahead.
    pub fn advance(&self, by: TimeDelta) {
        self.ahead.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
