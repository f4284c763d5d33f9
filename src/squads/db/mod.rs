//! Every SQL statement about squads, and about what squads and core teams share.
//!
//! | to read about | open |
//! |---|---|
//! | names, addresses, hats: what squads and core teams share | `teams.rs` |
//! | who is in a team | `memberships.rs` |
//! | the squad under its lock, its state, its needs | `squad.rs` |
//! | what the squad's own page says | `overview.rs` |
//! | what the other pages show | `pages.rs` |

mod memberships;
mod overview;
mod pages;
mod squad;
pub mod teams;

pub use overview::*;
pub use pages::*;
pub use squad::*;
