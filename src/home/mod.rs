//! Home: what needs this person.

mod web;

pub use web::routes;
