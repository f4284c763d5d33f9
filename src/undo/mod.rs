//! Undo: a change is taken back by its inverse, through the service that a person would use.
//!
//! - Nothing is taken out of the history and no row is put back unseen. An undo is a change of its own, with the locks, rights,
//!   rules and versions of that service; it may be refused, with that rule's sentence.
//! - It leaves one event, which names the one that it undoes; a constraint lets each be undone once. To undo that one does the
//!   change again.
//! - For 10 seconds the notice after a change offers it, for 24 hours the activity list. Which kinds have an inverse, and why others
//!   have none, says [`history::undoing`](crate::history::undoing), since the activity list needs it too.
//! - Only the newest change of a thing is undone: what somebody else did since is never lost, and the refusal says what that was.
//!   First the version is read and then the history, so that whoever writes in between is met by the service as stale.
//!
//! | to read about | open |
//! |---|---|
//! | the refusals | `domain.rs` |
//! | which inverse belongs to which kind | `service/mod.rs` |
//! | memberships, which are read from the rows that name the event | `service/memberships.rs` |
//! | names, texts, needs, metrics, skills, ratings | `service/words.rs` |
//! | the address, and the Undo in the notice after a change | `web.rs` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::{offer, routes};
