//! The pages of skills.

use crate::web::Routes;

/// The addresses of skills.
pub fn routes() -> Routes {
    Routes::new()
}
