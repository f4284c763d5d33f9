//! The squad designer: people, skills, rules and neighbours of one squad in one picture, changed in place.
//!
//! - It works on a [`Draft`]: a squad as it was, and the [`Change`]s made to it. Pool, coverage, findings and the effect
//!   on other squads are pure functions of a draft, so the designer does not know where its design is stored. Here
//!   it is the live organization: `today.rs` reads a draft out of it, `service.rs` carries a change out by the use cases of
//!   squads, with their locks, rights, rules and events.
//! - A squad under design is forming. An active one is changed on its members page, or returns to forming first.
//! - Joining is either one more membership with the free share, or a move; an active squad of six gives nobody (H1).
//! - Open seats say what is looked for. They are never counted as members.
//! - Drag, touch, keys and menu send one form: who, from which list, to which, and what the design was
//!   ([`Draft::version`]). If somebody was faster the answer is 409 with the design as it is.
//! - The last change of one's own can be undone here: by its inverse, through the same services, as an event of its own.
//!
//! | to read about | open |
//! |---|---|
//! | a draft and its changes | `domain/draft.rs` |
//! | who could join, in which order and how | `domain/pool.rs` |
//! | coverage, the effect on other squads, what passes | `domain/board.rs` |
//! | taking the last change back | `domain/undo.rs` |
//! | today's organization as a draft | `today.rs`, `db/` |
//! | carrying changes out | `service.rs` |
//! | the page and its parts | `web/`, `templates/designer/` |
//! | drag and keys in the browser | `static/designer.js` |

mod db;
mod domain;
pub mod service;
mod today;
mod web;

pub use domain::*;
pub use web::routes;

/// The address of the designer of a squad.
pub fn url(organization: &str, squad: &str) -> String {
    format!("{}/design", crate::squads::url(organization, squad))
}
