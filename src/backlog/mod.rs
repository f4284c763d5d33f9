//! Backlogs: the one ordered list of each product, from which several squads pull (1PM4T: one product manager, four teams).
//!
//! - A product has exactly one backlog, and no squad, team or person has one. An item has one place in it, and no two items share
//!   a place (H2): [`Rank`].
//! - A squad takes a ready item when it has room; nobody assigns an item to a squad, and there is no field for a person. What a squad
//!   holds, only its members return, go on with and finish (H4).
//! - Whoever pulls from below the top says why, and the items that were passed over remember it. What a limit allows is said by
//!   [`may_pull`], under the lock of the squad's row, and by the schema.
//! - The lead PM orders, makes ready and drops, or an apprentice by delegation, marked as such. Everybody proposes.
//! - Done asks for what became of it: on which metric, or what was learned.
//! - Every step is a row of `backlog_transition`, written by the schema, and the only source of flow. No number is kept
//!   per person (H9).
//!
//! - A file of another tool comes in after a dry run, by whoever orders: all of its items in one step and with one event. Items remember
//!   where they come from, so that the same file makes nothing twice. It may bring along what is done or dropped, and nothing that
//!   is in a squad's hands.
//!
//! - An item links to the metric that it is about. Decisions are not logged yet; once they are, those that concern an item stand beside its
//!   metric, as links of the same kind, on its page (`Link` in `web/item.rs`). Until then the page says nothing of them.
//!
//! # Locks
//!
//! In this order everywhere: the row of the squad's service (`product_squad`), then items by their ids. Nothing locks the product: two
//! squads pull at once, and two people who move items to different places do not wait for one another's disk. A place in the order
//! is held by the item above it: whoever puts an item below another one holds both. At the ends no lock is needed, since the keys
//! there carry the item's own number. Only an import holds the product, after its file: it takes many numbers at once, and of two imports
//! the second finds what the first brought. The constraint on ranks stands behind all of this; who breaks it tries again.
//!
//! | to read about | open |
//! |---|---|
//! | stages, breadths, keys, templates | `domain/words.rs` |
//! | places in the order | `domain/rank.rs` |
//! | what a squad may pull | `domain/pull.rs` |
//! | files from Jira, GitHub, Trello and others | `domain/import/`, `service/import.rs`, `web/import/` |
//! | who may do what, and the steps | `domain/rules.rs` |
//! | proposing, editing, several at once | `service/items.rs` |
//! | moving in the order | `service/order.rs` |
//! | pulling, returning, finishing | `service/steps.rs` |
//! | the demo's past, written at once by the same rules | `domain/past.rs`, `service/past.rs` |
//! | the board and the one request behind drag, keys and menus | `web/board.rs`, `web/moves.rs`, `static/board.js` |
//! | the list, an item's page, forms | `web/` |

mod db;
mod domain;
pub mod service;
mod web;

pub use db::{Product, SquadOption, squads};
pub use domain::*;
pub use web::{At, routes};

/// The address of a product's board.
pub fn board_url(organization: &str, product: &str) -> String {
    format!("/o/{organization}/products/{product}")
}

/// The address of an item's page.
pub fn item_url(organization: &str, product: &str, key: &ItemKey) -> String {
    format!("/o/{organization}/products/{product}/items/{key}")
}
