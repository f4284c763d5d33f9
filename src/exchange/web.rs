//! The pages of exchange.

use crate::web::Routes;

/// The addresses of exchange.
pub fn routes() -> Routes {
    Routes::new()
}
