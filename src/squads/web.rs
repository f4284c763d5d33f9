//! The pages of squads.

use crate::web::Routes;

/// The addresses of squads.
pub fn routes() -> Routes {
    Routes::new()
}
