//! Links: typed, directed ties between two teams, squads or core teams, each with a purpose, a liaison on either side
//! and a day on which somebody asks whether it is still needed (CVS: empowered squads, and no chaos between them).
//!
//! - A team is not linked with itself, not twice in the same way in one direction, and not with a dissolved team.
//! - A liaison is a current member of their side when they are named. When they leave that team, the link stays and
//!   shows the open seat: a liaison is kept as a membership, and the seat is open once that has ended.
//! - The review date is not in the past when it is set.
//! - A link that ends stays in the history. The links of a team that is dissolved end in the same transaction, and its
//!   one event tells of them: `squads::service::dissolve`, `core_teams::service::dissolve`.
//! - Leaders and admins design links; everybody reads them.
//!
//! The kinds of links and what a team's page shows of them are part of a design: [`crate::design::LinkDesign`]. So
//! squads and core teams, which come before this feature, can show their links.
//!
//! | to read about | open |
//! |---|---|
//! | what a link is, and what is refused | `domain.rs` |
//! | use cases | `service.rs` |
//! | the list and the matrix | `web/list.rs`, `web/matrix.rs` |
//! | a link's page, and its end | `web/show.rs` |
//! | the forms of a new and of a changed link | `web/form.rs` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;

/// The address of the list.
pub fn list_url(organization: &str) -> String {
    format!("/o/{organization}/links")
}
