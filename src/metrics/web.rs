//! The pages of metrics.

use crate::web::Routes;

/// The addresses of metrics.
pub fn routes() -> Routes {
    Routes::new()
}
