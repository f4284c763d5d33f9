//! History: the append-only list of every change, with who, when, what, before and after (H12).
//!
//! A use case records exactly one event, in its own transaction. What the event says is written down as a sentence
//! at that time, so that it stays true when names change later.
//!
//! A change is undone by another one, its inverse, and both stay here: `undo` above the features does it, and
//! `undoing` says which kinds have one, to whom it is offered, and why others have none.
//!
//! | to read about | open |
//! |---|---|
//! | what an event is | `domain.rs` |
//! | recording one | [`record`] in `db.rs` |
//! | before and after as lines | `difference.rs` |
//! | what can be undone | `undoing.rs` |
//! | the activity page, its filter and its file | `web.rs` |

mod db;
mod difference;
mod domain;
mod undoing;
mod web;

pub use db::{
    Recent, about, has_acted, recent, record, record_all, record_by_itself, record_each,
    record_unattended,
};
pub use domain::*;
pub use undoing::{Inverse, UNDO_FOR, UNKNOWN, undoing};
pub use web::{routes, url};
