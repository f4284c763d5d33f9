//! Flow: how items go through a product's backlog, per product and per squad, from what happened alone.
//!
//! - The only source is `backlog_transition`, the append-only steps of the items. Nothing is estimated, and no figure is kept:
//!   all of them are computed from the steps when somebody looks.
//! - All figures are in calendar days of the organization, which are those of UTC: they are the same for everybody who looks.
//! - There is no figure per person, and no way to one (H9): a step carries its squad and not who made it, and whoever reads
//!   the steps here never reads who that was.
//! - A squad's breadth is its own history. It is shown alone, and never beside that of another squad.
//! - What deserves a look is said by B1 and B2, each with a way out.
//!
//! | to read about | open |
//! |---|---|
//! | throughput, cycle times, ages, cumulative flow, breadth | `domain/figures.rs` |
//! | B1 and B2 | `domain/findings.rs` |
//! | the steps of a window and what stood before it | `db.rs` |
//! | the pictures | `charts.rs`, `templates/flow/chart.html`, `static/flow.css` |
//! | the page | `web.rs` |

mod charts;
mod db;
mod domain;
mod web;

pub(crate) use charts::{Chart, breadth_class, breadths};
pub use domain::*;
pub use web::routes;
