//! The dashboard's page, and the same as a file.

mod asked;
mod drawn;
mod file;
mod months;
mod show;

pub use asked::Asked;
pub use drawn::Tables;
pub use show::show;

use crate::web::{Routes, Who};

/// The addresses of the dashboard. The page itself is among those of coaching, which sets the coach's own cards beside it.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/health.csv", Who::Member, file::csv)
}
