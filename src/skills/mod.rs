//! Skills: the catalogue of crafts and core capabilities, and who has which at which level.

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;
