//! The table as it was drawn, kept for whoever opens it next.
//!
//! Everybody sees the same table, and on the day after a health check a whole organization opens it. So what was drawn is kept in the
//! process, for as long as the organization's newest event is the same ([`Visitor::settled`]): every change that the table shows has an
//! event (H12). Nothing in it is of the one who asked.
//!
//! [`Visitor::settled`]: crate::organizations::Visitor::settled

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use askama::filters::HtmlSafe;

use super::asked::Asked;
use crate::actor::Tenant;
use crate::ids::EventId;

/// How many tables an instance keeps: some hundred kilobytes each, at most.
const KEPT: usize = 16;

/// What stands on the page between its filters and its end.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The table and the way to its other parts; nothing where there is no squad to show.
    pub table: Html,
    /// What is worth a conversation.
    pub lists: Html,
}

impl Drawn {
    /// Whether there is no squad to show.
    pub fn is_empty(&self) -> bool {
        self.table.0.is_empty()
    }
}

/// A part of a page that a template has written.
#[derive(Debug, Default)]
pub struct Html(pub String);

impl HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of which moment of which organization a table is, at which address, and what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub tenant: Tenant,
    /// The organization's word in addresses.
    pub slug: String,
    /// Its newest event.
    pub newest: EventId,
    /// What was asked.
    pub asked: Asked,
}

/// The tables that an instance keeps, the newest last.
#[derive(Debug, Clone, Default)]
pub struct Tables(Arc<Mutex<VecDeque<Kept>>>);

/// A table, and of what it is one.
type Kept = (Key, Arc<Drawn>);

impl Tables {
    /// The table as it was drawn.
    pub fn find(&self, key: &Key) -> Option<Arc<Drawn>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(one, _)| one == key).map(|(_, drawn)| drawn.clone())
    }

    /// Keeps one, and nothing of an earlier moment of the organization.
    pub fn keep(&self, key: Key, drawn: Arc<Drawn>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(one, _)| {
            *one != key && (one.tenant != key.tenant || one.newest == key.newest)
        });
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key, drawn));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrganizationId;
    use uuid::Uuid;

    fn key(tenant: u128, newest: u128, pack: usize) -> Key {
        Key {
            tenant: Tenant::of(OrganizationId(Uuid::from_u128(tenant))),
            slug: "norvik".to_owned(),
            newest: EventId(Uuid::from_u128(newest)),
            asked: Asked { pack: pack.to_string(), ..Asked::default() },
        }
    }

    fn drawn(text: &str) -> Arc<Drawn> {
        Arc::new(Drawn { table: Html(text.to_owned()), ..Drawn::default() })
    }

    #[test]
    fn a_table_is_found_until_something_happens_in_its_organization() {
        let tables = Tables::default();
        tables.keep(key(1, 1, 0), drawn("one"));
        tables.keep(key(2, 1, 0), drawn("other"));
        let table = |key: &Key| tables.find(key).map(|drawn| drawn.table.to_string());
        assert_eq!(table(&key(1, 1, 0)).as_deref(), Some("one"));
        assert_eq!(table(&key(1, 1, 1)), None, "another pack");
        assert_eq!(table(&key(1, 2, 0)), None, "something has happened");
        tables.keep(key(1, 2, 0), drawn("two"));
        assert_eq!(table(&key(1, 2, 0)).as_deref(), Some("two"));
        assert_eq!(table(&key(1, 1, 0)), None, "what is over is not kept");
        assert_eq!(table(&key(2, 1, 0)).as_deref(), Some("other"), "of an organization of its own");
    }

    #[test]
    fn only_so_many_are_kept() {
        let tables = Tables::default();
        for pack in 0..=KEPT {
            tables.keep(key(1, 1, pack), drawn("one"));
        }
        assert!(tables.find(&key(1, 1, 0)).is_none() && tables.find(&key(1, 1, KEPT)).is_some());
        assert_eq!(tables.0.lock().unwrap().len(), KEPT);
    }
}
