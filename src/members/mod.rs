//! Members: the people of an organization, with or without a user.
//!
//! - Every member reads every profile; a contact address is account data, shown to admins and to oneself.
//! - Leaders and admins add members; several at once is all or nothing. One edits one's own profile; leaders and
//!   admins edit everybody's.
//! - A member who is deactivated leaves all teams in the same transaction: an active squad that falls under 6
//!   returns to forming (H1). That is shown before it happens and leaves exactly one event (H12).
//! - The last admin cannot be deactivated (H11), and only an admin deactivates or reactivates an admin.
//!
//! | to read about | open |
//! |---|---|
//! | disciplines, time zones, "several at once", who may | `domain.rs` |
//! | adding, editing, deactivating | `service.rs` |
//! | the list with its filters | `web/list.rs` |
//! | adding one, adding several | `web/add.rs` |
//! | the profile and its form | `web/profile.rs` |
//! | deactivating, with what it does to squads | `web/leaving.rs` |

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::{list_url, routes, url};
