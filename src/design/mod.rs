//! Design: the pure snapshot of an organization's squads, and the findings of the design rules on it.
//!
//! A [`Design`] knows nothing of where it is stored: today's, a past one, or a scenario's. So the same rules
//! (DOMAIN.md, section 4) are asked of all of them.
//!
//! | code | severity | says |
//! |---|---|---|
//! | S1 | breach; advice while forming | size outside 6 to 10 |
//! | S2 | warning | mission incomplete, past its review date, or about a function |
//! | S3 | breach | a core capability that nobody has, or fewer than three disciplines |
//! | S4 | warning or advice | a needed skill that nobody has, or that too few have |
//! | S5 | warning | a member over 100 % or in more than two squads |
//! | S6 | warning | no goal metric, more than seven live metrics, or a check-in overdue |
//! | S7 | advice | no link to any other team |
//! | S9 | advice | an active squad without a health check within the organization's cadence |
//! | D1 | advice | a link past its review date |
//!
//! | to read about | open |
//! |---|---|
//! | what a design is | `domain.rs` |
//! | ties between teams, and their card on a team's page | `links.rs`, `templates/design/links.html` |
//! | findings and their sentences | `findings.rs` |
//! | who could close a gap | `candidates.rs` |
//! | reading today's design | `db.rs` |
//! | what lists say about a squad, kept beside it | `summary` |
//! | where a way out leads | `web.rs`, `templates/design/findings.html` |

mod candidates;
mod db;
mod domain;
mod findings;
mod links;
mod looks;
pub mod size;
mod summary;
mod web;

pub use db::{load, load_links, load_squad, load_squads};
pub use domain::*;
pub use findings::{Code, Finding, Severity, Subject, WayOut};
pub use links::{Liaison, LinkDesign, LinkEnd, LinkKind, LinksCard, link_url, new_link_url};
pub use size::{MAX_MEMBERS, MIN_MEMBERS};
pub use summary::{
    Summary, findings, kept_findings, refresh, refresh_all, remade_findings, rules, settle,
};
pub use web::{Tally, Viewer, Way, way};
