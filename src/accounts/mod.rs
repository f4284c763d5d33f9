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
//! | signing in, changing the password, setting up | `service.rs` |
//! | the pages, and [`CurrentUser`] | `web.rs` |

mod db;
mod domain;
mod passwords;
pub mod service;
mod session;
mod web;

pub use domain::*;
pub use passwords::Passwords;
pub use session::CurrentUser;
pub use web::routes;
