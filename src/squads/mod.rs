//! Squads: 6 to 10 members around a customer value mission, from forming to dissolved.

mod db;
pub mod service;
mod web;

pub use web::routes;
