//! Metrics: how a squad knows that its customers get the value. Never about a person (H9).
//!
//! - A squad has one goal metric, which is about customer value; a squad becomes active only with one (H7).
//! - It is replaced in one step and with a reason; the old one ends, and its history stays.
//!
//! | to read about | open |
//! |---|---|
//! | targets, cadences, how numbers are read | `domain.rs` |
//! | setting, changing, replacing | `service.rs` |
//! | the card on a squad's page | [`MetricsCard`] in `card.rs`, `templates/metrics/card.html` |

mod card;
mod db;
mod domain;
pub mod service;
mod web;

pub use card::MetricsCard;
pub use db::Metric;
pub use domain::*;
pub use web::routes;
