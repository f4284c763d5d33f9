//! Core teams: teams at the company's core that serve squads.

mod web;

pub use web::routes;
