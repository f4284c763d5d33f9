//! What an event is.

use serde_json::Value;
use uuid::Uuid;

use crate::ids::EventId;

/// An event on its way into the history.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Made before the change, so that its rows can name it.
    pub id: EventId,
    /// What kind of change: `membership_started`.
    pub kind: &'static str,
    /// What is said after the actor's name: "added Aisha Rahman to Fair Bills".
    pub summary: String,
    /// The ids of everything it is about.
    pub subjects: Vec<Uuid>,
    /// How it was; nothing for what is new.
    pub before: Option<Value>,
    /// How it is; nothing for what is gone.
    pub after: Option<Value>,
    /// Why, in the person's words.
    pub reason: Option<String>,
}

impl NewEvent {
    /// An event of `kind` about `subjects`.
    pub fn new(
        kind: &'static str,
        summary: impl Into<String>,
        subjects: impl IntoIterator<Item = Uuid>,
    ) -> Self {
        Self {
            id: EventId::new(),
            kind,
            summary: summary.into(),
            subjects: subjects.into_iter().collect(),
            before: None,
            after: None,
            reason: None,
        }
    }

    /// With how it was and how it is.
    #[must_use]
    pub fn change(
        mut self,
        before: impl Into<Option<Value>>,
        after: impl Into<Option<Value>>,
    ) -> Self {
        self.before = before.into();
        self.after = after.into();
        self
    }

    /// With the person's reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}
