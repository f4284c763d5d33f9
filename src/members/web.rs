//! The pages of members.

use crate::web::Routes;

/// The addresses of members.
pub fn routes() -> Routes {
    Routes::new()
}
