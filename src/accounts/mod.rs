//! Accounts: who signs in, from which browsers, and how the first admin comes to be.
//!
//! - A password is hashed with argon2id, off the async threads, and only so many at once (RELIABILITY R8).
//! - A session is an opaque token in a cookie; the database keeps its SHA-256 (R12). It ends after a time without
//!   use and after a time at all, sooner for admins.
//! - Tries are limited per address and delayed per account, without ever locking an account (R9).
//! - Unknown address and wrong password get the same answer in the same time (ASVS 6.3.8).
//!
//! | to read about | open |
//! |---|---|
//! | what a password must be, how long a session lives | `domain.rs` |
//! | signing in, limits and delays | `service/sign_in.rs` |
//! | changing and resetting a password | `service/password.rs` |
//! | making an account, sessions | `service/mod.rs` |
//! | who sends a request, and from which [`Browser`] | `session.rs` |
//! | the secret of a link on its way to a form | `link.rs` |
//! | the pages | `web/` |

mod db;
mod domain;
pub mod link;
mod passwords;
pub mod service;
mod session;
mod web;

pub use db::{Belonging, OpenSession, SessionRow};
pub use domain::*;
pub use passwords::Passwords;
pub use session::{Browser, CurrentUser, SignedIn, with_session};
pub use web::routes;
