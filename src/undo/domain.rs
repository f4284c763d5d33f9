//! For how long a change can be undone, and why not.

use chrono::TimeDelta;

use crate::rule::Rule;

/// For so long a change can be undone from the activity list.
pub const UNDO_FOR: TimeDelta = crate::history::UNDO_FOR;

/// Why a change is not undone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefused {
    /// There is no inverse of this kind of change.
    #[error("This cannot be undone: {0}.")]
    NoInverse(&'static str),
    /// Too long ago.
    #[error("This is more than 24 hours ago. Change it by hand.")]
    TooOld,
    /// Somebody did something to the same thing since.
    #[error("{who} changed this since: {what}. Undo that first, or change it by hand.")]
    Newer {
        /// Who.
        who: String,
        /// What the history says of it.
        what: String,
    },
    /// It is not any more as the change left it.
    #[error("{0} Nothing was undone.")]
    Changed(String),
}

impl Rule for UndoRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoInverse(_) => "undo_impossible",
            Self::TooOld => "undo_too_late",
            Self::Newer { .. } | Self::Changed(_) => "undo_changed_since",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}
