//! The pages of accounts.

use crate::web::Routes;

/// The addresses of accounts.
pub fn routes() -> Routes {
    Routes::new()
}
