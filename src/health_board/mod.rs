//! The coach's dashboard: how the squads see themselves, as a table of squads by dimensions of one pack.
//!
//! - It is for offering help. Squads stand in the order of their names and in no other; there is no score, no average over dimensions, no
//!   place in a list. The last column is a squad's own six months, as counts of its colours, without a number beside it.
//! - Everybody sees the same: a squad sees exactly what the coach sees, on the same page.
//! - What is shown of a squad comes from one row for each pack and month (module `db`), which the database writes in the transaction that
//!   closes a round. So a page reads one row for a squad, and 200 at most.
//! - What drifts and what is seen in different ways is looked for among all squads that are asked for, of an organization of up to 200, as
//!   many as the page shows at once. Of a larger one it is looked for on the page, which says so.
//! - Whoever has a place for it sets something of their own beside the lists ([`show`]): a coach sees who asked for coaching there.
//!
//! # What nobody learns here (H6)
//!
//! A cell is *hidden* if fewer than the threshold answered. The figures of this page, of its CSV and of the coloured constellation are:
//!
//! | figure | is made of |
//! |---|---|
//! | a cell: colour, arrow, counts | the results of one closed round, shown by its own threshold |
//! | "2 votes moved from amber to red", "fell" | two cells of a squad, of which both are shown |
//! | six months of a squad | cells of its rounds; what is hidden counts as "not shown", of no colour |
//! | down a dimension: so many squads green, amber, red, fell in so many | cells of the table that are shown; the hidden ones are counted as hidden |
//! | the lists: drifting, far apart | cells that are shown |
//! | an area of the constellation | cells that are shown |
//! | "55 of 61 have answered so far" | who has answered, which is known (H6); nothing of what |
//!
//! Nothing is summed that is not on the page itself, or on another part of the same table. The answers under a threshold were deleted at
//! the closing and stand in no table, so no statement could sum them; and a row that says that it is hidden is read as hidden whatever its
//! bytes are. So two organizations that differ in nothing but hidden answers have the same page to the last byte, and there is nothing
//! to subtract:
//!
//! - *Two filters that differ by one squad* differ by the cells of that squad, which are shown beside it or in neither sum.
//! - *Two periods* are two rounds, each by its own threshold; a change is shown only if both ends are.
//! - *Two moments of one round* are the same: results freeze at the closing, and there are none before. What the squad agrees on
//!   afterwards is what it says itself.
//! - *A dimension that fewer answered than the round* is hidden alone; no figure adds up a squad's dimensions.
//! - *Order* is that of names, *the number of statements and rows* that of squads: neither depends on an answer.
//!
//! Should a sum ever take in what is hidden, the last step of making the table hides others with it until nothing can be computed
//! ([`complement`]): one hidden cell in a sum that is shown is two.
//!
//! There is no reminder to send: an open health check stands on the pages of those who have not answered until they have, and a second
//! word for the same thing would count people who did not follow it.
//!
//! | to read about | open |
//! |---|---|
//! | rows, cells, the table, what is counted down a dimension | `domain/board.rs` |
//! | what is hidden besides what is hidden | `domain/hiding.rs` |
//! | drifting, far apart | `domain/worth.rs` |
//! | months and quarters | `domain/period.rs` |
//! | how a row is made | `migrations/0255_health_board.sql` |
//! | the page and the file | `web/`, `static/heat.css` |

mod db;
mod domain;
mod web;

pub use db::{Dimension, dimensions, latest};
pub use domain::*;
pub use web::{Asked, Tables, routes, show};

/// The address of the dashboard.
pub fn url(organization: &str) -> String {
    format!("/o/{organization}/health")
}
