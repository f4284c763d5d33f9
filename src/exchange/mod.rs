//! Exchange: members, skills, teams and memberships come in from CSV, after a dry run.
//!
//! - An upload stores the files and changes nothing else. Its page is the dry run: what each row would do, and why
//!   a row is refused. Only the button on it changes anything, once. One that is not applied within a day is forgotten,
//!   with its files.
//! - Applying makes the plan again, under locks, in one transaction: what changed meanwhile is seen, and rows that
//!   come out otherwise than shown are named. A squad that is full meanwhile is refused, not an error.
//! - A squad that would have more than 10 members is refused whole (H1). New squads come in as forming.
//! - An import never removes anything, and a field that is empty in the file stays as it is.
//! - The same files a second time change nothing and leave no event.
//! - Limits: 2 MB, 5,000 rows, 64 columns and 8 KB per cell; a few imports per hour and user; one at a time for each
//!   organization (RELIABILITY R9).
//! - Where a file gives no allocation, somebody's time is split evenly over the teams they are then in, in steps of
//!   10 %, and at least 10 %.
//!
//! | to read about | open |
//! |---|---|
//! | reading CSV | `source.rs`, [`crate::tabular`] |
//! | kinds of files, outcomes of rows | `domain.rs` |
//! | what a row does, and why it is refused | `plan/` |
//! | storing and applying | `service.rs`, `db.rs` |
//! | the pages | `web.rs` |

mod apply;
mod db;
mod domain;
mod plan;
pub mod service;
mod source;
mod upload;
mod web;
mod words;

pub use domain::*;
use web::index_url;
pub use web::routes;
