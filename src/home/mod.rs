//! Home: is the organization in shape, and what needs this person.
//!
//! | to read about | open |
//! |---|---|
//! | what needs whom, and in which order | `domain/mod.rs` |
//! | what products and their backlogs need of whom | `domain/backlogs.rs` |
//! | the page | `web.rs`, `templates/home/home.html` |

mod db;
mod domain;
mod web;

pub(crate) use db::{Garden, backlogs, garden};
pub use domain::*;
pub(crate) use web::Ways;
pub use web::routes;
