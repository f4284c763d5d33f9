//! Whole walks in a real browser: Chromium by chromedriver, in front of the real program.
//!
//! | to see | open |
//! |---|---|
//! | what every page is held to, for every role | `pages.rs`, `checks.rs` |
//! | the walks of people: by mouse, keyboard, finger, without JavaScript | `squads.rs` |
//! | the designer in the same ways, and by two people at once | `designer.rs` |
//! | the board of a product in the same ways | `board.rs` |
//! | a vote on a phone, with scripts and without | `health.rs` |
//! | the palette, Undo | `finder.rs`, `undo.rs` |
//! | several people at once, on several instances | `together.rs` |
//! | what a walk can do: see, press, fill in, type | `browser.rs` |
//!
//! Where no Chromium is installed nothing is walked, and each test says so; `TRELLIS_BROWSER=required` makes that a
//! failure. What a browser showed when a walk failed is kept below `target/tmp`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod browser;
mod checks;
#[path = "../support/database.rs"]
#[expect(dead_code, reason = "other tests open connections of their own")]
mod database;
mod driver;
#[path = "../web/given.rs"]
mod given;
#[path = "../web/harness.rs"]
#[expect(dead_code, reason = "the page tests need more of it")]
mod harness;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "the tests of the program need more of it")]
mod program;
mod site;

mod board;
mod designer;
mod finder;
mod health;
mod pages;
mod squads;
mod together;
mod undo;
