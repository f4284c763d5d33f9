//! Missions: whom a squad serves, with what value, and how it will know; in versions.

mod domain;
mod web;

pub use domain::*;
pub use web::routes;
