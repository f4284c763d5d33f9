//! The embedded Postgres: starting, sharing, and every way of dying.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod child;
#[path = "../support/database.rs"]
mod database;
mod databases;
mod failures;
mod folder;
mod sharing;
