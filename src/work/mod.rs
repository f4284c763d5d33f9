//! My work: what waits for one person, ten things at most, each with its reason and one action, done in place where it can be.
//!
//! - Who waits for somebody comes first: an agreement, a confirmation, an offer, a session, a request. Then what is due: check-ins, health
//!   checks to the last question, actions whose day has passed. Then what the person's squads wait for, as the results of a health check wait to be
//!   agreed on, and what home says of them: findings, backlogs, skills.
//! - A coach reads here where it is getting worse, in squads that nobody helps yet; a lead PM, whose plan stands still (P4), what is in
//!   hand for too long (B1) and who pulls only narrow items (B2); an apprentice, what is open in their own plan.
//! - Every form here is sent to the address of the feature that it belongs to, which decides, and leads back here.
//! - Nothing here is a figure of the person (H9): it is a list to work off, and empty when nobody waits.
//!
//! - After signing in everybody begins where their question is answered ([`Beginning`]): those who design at home, lead PMs and apprentices
//!   at their product, coaches at Health, all others here.
//!
//! | to read about | open |
//! |---|---|
//! | the list and its order | `domain.rs` |
//! | health checks, actions, plans and flow that wait for somebody | `db.rs`, `web/asked.rs` |
//! | where somebody begins | `domain.rs`, `web/start.rs` |
//! | the page | `web/`, `templates/work/work.html` |

mod db;
mod domain;
mod web;

pub use domain::*;
pub use web::routes;

/// The address of the page.
pub fn url(organization: &str) -> String {
    format!("/o/{organization}/work")
}
