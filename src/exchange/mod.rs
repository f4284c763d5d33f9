//! Exchange: import from CSV with a dry run.

mod web;

pub use web::routes;
