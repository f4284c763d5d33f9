//! Metrics: how a squad knows that its customers get the value. Never about a person (H9).
//!
//! - A squad has one goal metric, which is about customer value; a squad becomes active only with one (H7). Another one of that kind can be
//!   made the goal. More than seven at a time are a warning (S6).
//! - A metric is replaced in one step and with a reason, or ended with one; its history stays.
//! - A check-in says the value, how sure the squad is of the target, and one sentence. None is ever changed: a new one corrects it, or withdraws it,
//!   and the old one stays, struck through. A live metric without one for longer than its cadence is a warning (S6).
//! - A program checks in with a token that a member of the squad made for one metric. The token is shown once, only its SHA-256 is kept, and it
//!   holds as long as its maker is in the organization and nobody has revoked it.
//!
//! | to read about | open |
//! |---|---|
//! | kinds, targets, cadences, how numbers are read | `domain.rs` |
//! | check-ins, and when values go the wrong way | `check_in.rs` |
//! | metrics to begin with | `templates.rs` |
//! | choosing, changing, replacing, ending | `service/mod.rs` |
//! | checking in, correcting, withdrawing | `service/check_ins.rs` |
//! | tokens | `service/tokens.rs` |
//! | the call of a program, and its description | `api.rs` |
//! | the large picture | `chart.rs`, `templates/metrics/chart.html`, `static/metrics.css` |
//! | the card on a squad's page | [`MetricsCard`] in `card.rs`, `templates/metrics/card.html` |
//! | the form of a check-in, for every page | [`CheckInForm`] in `form.rs`, `templates/metrics/check_in.html` |
//! | what waits for somebody | [`due()`] in `form.rs` |

mod api;
mod card;
mod chart;
mod check_in;
mod db;
mod domain;
mod form;
pub mod service;
mod templates;
mod web;

pub use card::{MetricsCard, Pulse};
pub use check_in::*;
pub use db::{Metric, Said};
pub use domain::*;
pub use form::{CheckInForm, Due, Typed, due};
pub use web::routes;

/// The address of a metric's page.
pub fn url(organization: &str, squad: &str, metric: crate::ids::MetricId) -> String {
    format!("/o/{organization}/squads/{squad}/metrics/{metric}")
}
