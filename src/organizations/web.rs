//! The pages of organizations.

use crate::web::Routes;

/// The addresses of organizations.
pub fn routes() -> Routes {
    Routes::new()
}
