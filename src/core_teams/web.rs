//! The pages of core teams.

use crate::web::Routes;

/// The addresses of core teams.
pub fn routes() -> Routes {
    Routes::new()
}
