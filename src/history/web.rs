//! The pages of history.

use crate::web::Routes;

/// The addresses of history.
pub fn routes() -> Routes {
    Routes::new()
}
