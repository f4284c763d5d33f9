//! The pages of a backlog.
use crate::web::Routes;
/// The addresses of backlogs.
pub fn routes() -> Routes {
    Routes::new()
}
