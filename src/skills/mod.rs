//! Skills: the catalogue of crafts and core capabilities, and who has which at which level.
//!
//! - Leaders and admins keep the catalogue of crafts. The four core capabilities (CVS: "analyze, decide, solve
//!   problems, and act") are every organization's: they keep their names and are never archived.
//! - A level is said in words of doing, 1 to 5, by the member themselves. For a member without a user, who was
//!   imported and cannot sign in yet, leaders and admins say it.
//! - Another member than the holder confirms a level. Whoever changes the level withdraws the confirmation.
//! - A level is stale 6 months after it was last rated or confirmed; "Still true" makes it fresh.
//! - No number is made of a person: levels are never summed, averaged or ranked (H9).
//!
//! | to read about | open |
//! |---|---|
//! | levels, staleness, [`coverage`], who may rate and confirm | `domain.rs` |
//! | rating, confirming, the catalogue's changes | `service.rs` |
//! | the catalogue's pages | `web/catalogue.rs` |
//! | a member's skills | `web/ratings.rs` |

mod db;
mod domain;
pub mod service;
mod web;

pub use db::{MemberSkill, SkillOption, of_member, options};
pub use domain::*;
pub use web::{list_url, member_url, routes, url};
