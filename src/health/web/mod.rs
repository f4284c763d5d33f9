//! The pages of health checks.

use crate::web::Routes;

/// The addresses of health checks.
pub fn routes() -> Routes {
    Routes::new()
}
