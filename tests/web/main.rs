//! Trellis through its front door: pages, forms, rights, races, each test with a database of its own.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/database.rs"]
mod database;
mod given;
mod harness;

mod access;
mod accounts;
mod authority;
mod backlog;
mod budgets;
mod coaching;
mod constellation;
mod core_teams;
mod demo;
mod designer;
mod doctor;
mod editions;
mod exchange;
mod finder;
mod flow;
mod health;
mod history;
mod home;
mod learning;
mod links;
mod live;
mod members;
mod metrics;
mod missions;
mod organizations;
mod passwords;
mod products;
mod seen;
mod setup;
mod skills;
mod squads;
mod summaries;
mod undo;
mod work;
