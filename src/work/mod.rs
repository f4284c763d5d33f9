//! My work: what waits for one person, ten things at most, each with its reason and one action, done in place where it can be.
//!
//! - Who waits for somebody comes first: an agreement, a confirmation, an offer, a session, a request. Then what is due: check-ins, health checks.
//!   Then what the person's squads wait for, and what home says of them: findings, backlogs, skills.
//! - Every form here is sent to the address of the feature that it belongs to, which decides, and leads back here.
//! - Nothing here is a figure of the person (H9): it is a list to work off, and empty when nobody waits.
//!
//! | to read about | open |
//! |---|---|
//! | the list and its order | `domain.rs` |
//! | health checks that wait for an answer | `db.rs` |
//! | the page | `web.rs`, `templates/work/work.html` |

mod db;
mod domain;
mod web;

pub use domain::*;
pub use web::routes;

/// The address of the page.
pub fn url(organization: &str) -> String {
    format!("/o/{organization}/work")
}
