//! Setup: how an organization comes to be, with everything that a new one needs.
//!
//! - While nobody has an account, Trellis prints a link at its start. It works once, and makes the first admin
//!   with their organization, or with the demo.
//! - There are no default accounts (ASVS 6.3.2).
//!
//! | to read about | open |
//! |---|---|
//! | founding an organization, the link | `service.rs` |
//! | the page behind the link | `web.rs` |

mod db;
pub mod service;
mod web;

pub use web::routes;
