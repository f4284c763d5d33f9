//! Core teams: teams at the company's core that serve squads (CVS: they make squad work simpler and add no
//! bureaucracy). They can have any size, and are active until they are dissolved.
//!
//! Leaders and admins design them. What they share with squads (names, addresses, memberships) is in
//! [`crate::squads`].
//!
//! | to read about | open |
//! |---|---|
//! | names and what is refused | `domain.rs` |
//! | use cases | `service.rs` |
//! | the list, a core team's page, its forms | `web.rs` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;

/// The address of a core team's page.
pub fn url(organization: &str, core_team: &str) -> String {
    format!("/o/{organization}/core-teams/{core_team}")
}

/// The address of the list.
pub fn list_url(organization: &str) -> String {
    format!("/o/{organization}/core-teams")
}
