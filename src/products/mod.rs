//! Products and their product groups: one lead PM, the squads that serve, the hats of the whole group, apprentices
//! (1PM4T: one product manager, four teams).
//!
//! - A product has exactly one lead PM at any moment; handing over is one step (H3). The lead PM is a column that is never
//!   empty, so there is no moment without one and none with two. Who leads a product hands it over before they leave
//!   the organization: `members::service::deactivate` refuses otherwise.
//! - An apprentice is never the lead PM of the same product, by whatever path and at whatever isolation level (H3). Who becomes the
//!   lead PM of another product ends their apprenticeship with that outcome, in the same transaction.
//! - Only squads serve a product, and only those that are there: a squad that is dissolved stops serving in the
//!   same transaction, and its one event tells of it: `squads::service::dissolve`. The hats and the apprenticeships of a
//!   member who leaves the organization end likewise.
//! - Nowhere is there a field for a squad's PM, for a squad's backlog or for an individual assignee, and none is to be
//!   added: a product's squads pull from its one backlog (H2), and who in a squad does what is the squad's own affair.
//! - Leaders and admins design products and their groups. The lead PM takes care of the WIP policy and limits and of the
//!   apprenticeships as well, and alone lets an apprentice order the backlog.
//!
//! | to read about | open |
//! |---|---|
//! | names, keys, policies, limits, hats, outcomes | `domain/words.rs` |
//! | who may do what, and the refusals | `domain/rules.rs` |
//! | P1 to P4 | `domain/findings.rs` |
//! | use cases on the product itself | `service/product.rs` |
//! | squads that serve, hats | `service/group.rs` |
//! | apprenticeships | `service/apprentices.rs` |
//! | what the pages read | `db/pages.rs` |
//! | the group in a line, for its pages and for the board | `web/team.rs` |
//! | where the ways out of findings lead | `web/ways.rs` |
//! | the pages | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub use db::{Apprentice, Designer, Serving, Worn, WornInSquad};
pub use domain::*;
pub use web::{Team, routes};

/// The address of a product: its board.
pub fn url(organization: &str, product: &str) -> String {
    format!("/o/{organization}/products/{product}")
}

/// The address of the list.
pub fn list_url(organization: &str) -> String {
    format!("/o/{organization}/products")
}
