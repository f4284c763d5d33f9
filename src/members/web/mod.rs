//! The pages of members.

mod add;
mod leaving;
mod list;
mod profile;

use crate::ids::MemberId;
use crate::web::{Routes, Who};

/// The addresses of members.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/members", Who::Member, list::list)
        .post("/o/{org}/members", Who::Designer, add::create)
        .get("/o/{org}/members/new", Who::Designer, add::new)
        .get("/o/{org}/members/several", Who::Designer, add::several)
        .post("/o/{org}/members/several", Who::Designer, add::create_several)
        .get("/o/{org}/members/{member}", Who::Member, profile::show)
        .get("/o/{org}/members/{member}/edit", Who::SelfOrAdmin, profile::edit)
        .post("/o/{org}/members/{member}/edit", Who::SelfOrAdmin, profile::update)
        .get("/o/{org}/members/{member}/deactivate", Who::Designer, leaving::ask)
        .post("/o/{org}/members/{member}/deactivate", Who::Designer, leaving::deactivate)
        .post("/o/{org}/members/{member}/reactivate", Who::Designer, leaving::reactivate)
}

/// The address of the list of the organization `org`.
pub fn list_url(org: &str) -> String {
    format!("/o/{org}/members")
}

/// The address of a member's profile in the organization `org`.
pub fn url(org: &str, member: MemberId) -> String {
    format!("/o/{org}/members/{member}")
}

/// The address of a product that a member has a part in.
fn product_url(org: &str, part: &super::db::Part) -> String {
    format!("/o/{org}/products/{}", part.slug)
}

/// The address of a squad or a core team.
fn team_url(org: &str, slug: &str, is_squad: bool) -> String {
    if is_squad { crate::squads::url(org, slug) } else { format!("/o/{org}/core-teams/{slug}") }
}
