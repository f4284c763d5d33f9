//! Organizations: the tenants, who belongs to them, and what their roles allow.
//!
//! - Nothing of one organization can be read or written from another (H10): every query takes a [`Tenant`](crate::actor::Tenant), which
//!   only the session's extractor, the command line and the organization's own making have.
//! - An organization always has an admin (H11).
//! - A role that ends, ends the person's sessions (RELIABILITY R13).
//!
//! | to read about | open |
//! |---|---|
//! | roles and what they allow, [`Actor`](crate::actor::Actor) | `crate::actor` |
//! | who a request comes from: [`Visitor`] | `visitor.rs` |
//! | pages that a browser has already | `edition.rs` |
//! | founding one, its settings | `service/mod.rs`, `web/settings.rs` |
//! | roles and access of its members | `service/access.rs`, `web/accounts.rs` |
//! | invitations | `service/invitations.rs`, `web/invitations.rs`; taking one: `web/accept.rs` |

mod db;
mod domain;
mod edition;
pub mod service;
mod visitor;
mod web;

pub use domain::*;
pub use edition::{edition, unfinished};
pub use visitor::{Admin, Counts, Visitor, Watcher, remember};
pub use web::routes;
