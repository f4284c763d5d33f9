//! Coaching by pull (H5): help that a squad asks for, and that nobody assigns.
//!
//! - Only a squad's member asks, from the squad's page, from a dimension of a health check, from a finding. A leader or coach may
//!   offer; nothing begins before another member of the squad accepts. Declining is fine, and final for that offer.
//! - What led to a request is kept with it, a dimension by its id: so its page shows how the squad saw that before it asked and since, and
//!   says where it was asked in other words meanwhile.
//! - A coach pulls what waits, the oldest first on the board and never over their own limit. Of two who pull at once one has it, and the
//!   other is told who.
//! - Goal, exit criteria and end date hold once the coach and a member of the squad have agreed to the same version. An edit is a
//!   new version; until both agree to it, the one before holds.
//! - Sessions have a date and notes. A private note is for its author: every statement that reads notes leaves those of others out, and
//!   no event has its text.
//! - In the end the squad says whether it helped and what stays. It may withdraw at any time before.
//! - No figure of a coach is kept (H9): how fast requests are answered is said of the organization. How often a squad asked for
//!   help is its own history, shown alone.
//! - The schema says all of this too: the triggers of `migrations/0260_coaching.sql` look at commit whose event each step was.
//!
//! | to read about | open |
//! |---|---|
//! | the states and the way through them | `domain/state.rs` |
//! | what is written | `domain/words.rs` |
//! | who may do what, and the refusals | `domain/rules.rs` |
//! | what the pages read | `db/pages.rs`, `db/board.rs` |
//! | the dimensions that requests are about | `db/dimensions.rs`, `migrations/0261_coaching_dimension.sql` |
//! | what is written, and under which locks | `db/writes.rs` |
//! | asking, pulling, agreeing, looking back | `service/requests.rs`, `service/agreement.rs` |
//! | sessions and notes | `service/sessions.rs` |
//! | offers, and a coach's limit | `service/offers.rs` |
//! | the pages | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub use db::{MyTask, tasks};
pub use domain::*;
pub use web::routes;

use crate::ids::CoachingId;

/// The address of the board.
pub fn board_url(organization: &str) -> String {
    format!("/o/{organization}/coaching")
}

/// The address of a request.
pub fn url(organization: &str, id: CoachingId) -> String {
    format!("/o/{organization}/coaching/{id}")
}

/// The address of a squad's coaching.
pub fn squad_url(organization: &str, squad: &str) -> String {
    format!("{}/coaching", crate::squads::url(organization, squad))
}
