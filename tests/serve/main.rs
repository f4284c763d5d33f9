//! The real program as people run it: started, stopped, killed, asked for its commands.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/database.rs"]
mod database;
#[path = "../support/program.rs"]
mod program;

mod commands;
mod own_database;
mod serving;
