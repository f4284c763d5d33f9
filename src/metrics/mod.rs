//! Metrics: how a squad knows that its customers get the value. Never about a person (H9).

mod domain;
mod web;

pub use domain::*;
pub use web::routes;
