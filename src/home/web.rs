//! The pages of home.

use crate::web::Routes;

/// The addresses of home.
pub fn routes() -> Routes {
    Routes::new()
}
