//! Who can solve this?: a problem in plain words, to the members, squads, core teams and skills that it is about; and the
//! palette (Ctrl K), which asks the same and also jumps and does.
//!
//! - Words are found as they are written in names, by their English stems in prose, and the last one while it is being typed.
//! - A word that the organization does not have stands for the one that is spelled most like it; the page says so.
//! - Who fits more of the words comes first; then members by level and free share, squads by how many of their members are
//!   able. That orders what was asked for and keeps no number of a person (H9).
//! - Products are found as squads are. Items of backlogs are found while they are open and when they have every word, since they are many;
//!   the key of one (NA-214) leads to it, whatever became of it.
//! - Five statements, six for a question with slips, however much there is to find; `RANKED` and `FITTING` bound the rows that they read.
//! - Spelling is looked up in the words of the organization, kept by triggers, for the first three words that are not there.
//!
//! | to read about | open |
//! |---|---|
//! | words, spelling, marks | `domain.rs` |
//! | what the palette offers to whom | `offer.rs` |
//! | the statements; the indexes and functions behind them are in the migration | `db.rs` |
//! | asking, and asking again with another spelling | `service.rs` |
//! | the page | `web/find.rs`, `templates/finder/find.html` |
//! | the palette | `web/palette.rs`, `templates/finder/palette.html`, `static/app.js` |

mod db;
mod domain;
mod offer;
mod service;
mod web;

pub use web::{routes, url};
