//! What apprentices learn: a plan with steps, practice as evidence, sign-offs, feedback, and a reflection of each week
//! (1PM4T: apprentices learn the lead PM's craft on real work).
//!
//! - The lead PM makes the plan and signs steps off; the apprentice writes down what was practised and learned. A step is signed off
//!   on evidence only, never by the apprentice, and the word can be taken back with a reason.
//! - A reflection is for the apprentice and whoever is the product's lead PM at the moment of reading. Nobody else's page loads it:
//!   the statement that reads asks for one of the two. No event has its text.
//! - Everybody else reads the plan, and gives feedback when asked or of their own accord.
//! - A plan says how far it is by itself. Apprentices are never compared, and no figure of one is kept (H9).
//! - What needs a look is said by P4: `products::learning_findings`.
//! - A plan stays readable after the apprenticeship has ended, and is not changed any more.
//!
//! | to read about | open |
//! |---|---|
//! | families, rungs, texts, days | `domain/words.rs` |
//! | steps, progress, the week | `domain/plan.rs` |
//! | who may do what, and the refusals | `domain/rules.rs` |
//! | what the pages read | `db/pages.rs` |
//! | what is written | `db/writes.rs` |
//! | use cases | `service.rs` |
//! | the pages | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;

use crate::ids::MemberId;

/// The address of the list.
pub fn list_url(organization: &str) -> String {
    format!("/o/{organization}/learning")
}

/// The address of the plan of a member who learns at a product.
pub fn url(organization: &str, product: &str, member: MemberId) -> String {
    format!("{}/learning/{member}", crate::products::url(organization, product))
}
