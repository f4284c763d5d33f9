//! Missions: whom a squad serves, with what value, and how it will know; in versions.

mod web;

pub use web::routes;
