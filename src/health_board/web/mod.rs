//! The dashboard's page, and the same as a file.

mod asked;
mod file;
mod months;
mod show;

use crate::web::{Routes, Who};

/// The addresses of the dashboard.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/health", Who::Member, show::show).get(
        "/o/{org}/health.csv",
        Who::Member,
        file::csv,
    )
}
