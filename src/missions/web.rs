//! The pages of missions.

use crate::web::Routes;

/// The addresses of missions.
pub fn routes() -> Routes {
    Routes::new()
}
