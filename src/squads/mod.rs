//! Squads: 6 to 10 members around a customer value mission, from forming to dissolved.
//!
//! - A squad never has more than 10 members, an active squad never fewer than 6 (H1). What would break this is
//!   refused, with the ways on: swap somebody in, staff first, return the squad to forming with a reason.
//! - A squad becomes active only with 6 to 10 members, a complete mission and a customer value goal metric (H7).
//! - When somebody leaves the organization, an active squad that falls under 6 returns to forming in the same
//!   transaction: [`service::leave_all_in`].
//! - Every change leaves exactly one event, which the rows it changed name (H12).
//! - Leaders and admins design. What a squad needs is said by its own members and, while it is forming, because a
//!   squad is designed before it has any, by designers as well.
//!
//! | to read about | open |
//! |---|---|
//! | patterns, states, allocations, needs | `domain/words.rs` |
//! | who may join, leave, activate, and the refusals | `domain/rules.rs` |
//! | what leaving the organization does | `domain/leaving.rs` |
//! | use cases on the squad itself | `service/squad.rs` |
//! | use cases on its members | `service/members.rs` |
//! | its skill needs | `service/needs.rs` |
//! | what squads and core teams do alike | `service/alike.rs` |
//! | what squads and core teams share in the database | `db/teams.rs` |
//! | the list, the squad's page, forms, staffing | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub(crate) use db::{MemberLine, facts, members, teams};
pub use domain::*;
pub use web::routes;
pub(crate) use web::{
    AddForm, At, Candidates, Head, Picks, PicksQuery, address, joined, last_change, slug_of,
};

/// The address of a squad's page.
pub fn url(organization: &str, squad: &str) -> String {
    format!("/o/{organization}/squads/{squad}")
}

/// The address of the list.
pub fn list_url(organization: &str) -> String {
    format!("/o/{organization}/squads")
}
