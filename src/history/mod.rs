//! History: the append-only list of every change, with who, when, what, before and after (H12).
//!
//! A use case records exactly one event, in its own transaction. What the event says is written down as a sentence
//! at that time, so that it stays true when names change later.
//!
//! # How a change will be undone
//!
//! Nothing is taken out of the history and no row is put back by copying `before` over it: rules would be passed by, and
//! what others did since would be lost. An undo is a change of its own, the inverse of an event, through the service that a
//! person would use, with its locks, its rights, its rules and its versions; it may therefore be refused, with that rule's
//! sentence. `POST /o/{org}/undo/{event}` belongs to a feature `undo` above all others, which has a list of
//! event kind → function `(pool, actor, event) -> Result<Undone>`:
//!
//! | event | inverse | refused when, besides the service's own rules |
//! |---|---|---|
//! | `membership_started` | remove | the membership has ended, or moved on |
//! | `membership_ended` | add again, with the share and hats of `before` | the member has left the organization |
//! | `membership_moved` | move back | the membership is no longer the one of `after` |
//! | share or hats changed | set `before` | the value is no longer the one of `after` |
//! | squad renamed, updated | set the fields of `before` that the event changed | one of them is no longer as in `after` |
//! | mission written | write the text before it as a new version | a newer version is there |
//! | made active, returned to forming | the other one | the squad is in another state |
//!
//! - An event can be undone for 24 hours, by whoever may do the inverse, once. That it was done is an event too: `undone`
//!   beside the kind of the inverse, with the id of the first among its subjects, so that "is it undone" is one look into
//!   `subjects`; undoing the undo is the way to do it again.
//! - A kind that is not in the list has no inverse (an import, a sign-in, a dissolved squad); the activity list says why
//!   instead of showing the button.
//! - The toast's Undo is the same address for 10 seconds, given by the redirect after the change; the form's
//!   one-time key makes a second click the answer of the first.
//!
//! | to read about | open |
//! |---|---|
//! | what an event is | `domain.rs` |
//! | recording one | [`record`] in `db.rs` |
//! | before and after as lines | `difference.rs` |
//! | the activity page, its filter and its file | `web.rs` |

mod db;
mod difference;
mod domain;
mod web;

pub use db::{Recent, about, recent, record, record_all};
pub use domain::*;
pub use web::routes;
