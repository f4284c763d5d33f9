//! Missions: whom a squad serves, with what value, and how it will know; in versions.
//!
//! - An edit makes a new version, which holds at once; no version is ever changed.
//! - While a squad is forming, parts may be open; an active squad keeps its mission complete (H7).
//! - A mission is about a customer, never about a function or an internal target (S2). A check says so and does not
//!   block: [`MissionText::function`].
//!
//! | to read about | open |
//! |---|---|
//! | the parts and the check | `domain.rs` |
//! | who may write | `squad.rs` |
//! | writing | `service.rs` |
//! | what has changed between two versions | `compare.rs` |
//! | the card on a squad's page | [`MissionCard`] in `card.rs`, `templates/missions/card.html` |

mod card;
mod compare;
mod db;
mod domain;
pub mod service;
mod squad;
mod web;

pub use card::MissionCard;
pub use compare::Run;
pub use db::{Version, lock_squad};
pub use domain::*;
pub use squad::SquadHead;
pub use web::{SquadAt, routes};
