//! The conventions that keep the code a house to live in: layers, templates, migrations.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/database.rs"]
mod database;

mod history;
mod layering;
mod migrations;
mod templates;
