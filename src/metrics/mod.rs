//! Metrics: how a squad knows that its customers get the value. Never about a person (H9).

mod web;

pub use web::routes;
