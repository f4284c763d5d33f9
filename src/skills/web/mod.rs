//! The pages of skills.

mod catalogue;
mod ratings;

use crate::ids::{MemberId, SkillId};
use crate::web::{Routes, Who};

/// The addresses of skills.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/skills", Who::Member, catalogue::list)
        .post("/o/{org}/skills", Who::Designer, catalogue::create)
        .get("/o/{org}/skills/new", Who::Designer, catalogue::new)
        .get("/o/{org}/skills/{skill}", Who::Member, catalogue::show)
        .get("/o/{org}/skills/{skill}/edit", Who::Designer, catalogue::edit)
        .post("/o/{org}/skills/{skill}/edit", Who::Designer, catalogue::update)
        .post("/o/{org}/skills/{skill}/archive", Who::Designer, catalogue::archive)
        .post("/o/{org}/skills/{skill}/restore", Who::Designer, catalogue::restore)
        .get("/o/{org}/members/{member}/skills", Who::SelfOrAdmin, ratings::edit)
        .post("/o/{org}/members/{member}/skills", Who::SelfOrAdmin, ratings::update)
        .post("/o/{org}/members/{member}/skills/still-true", Who::SelfOrAdmin, ratings::still_true)
        .post("/o/{org}/members/{member}/skills/{skill}/confirm", Who::Member, ratings::confirm)
}

/// The address of the catalogue of the organization `org`.
pub fn list_url(org: &str) -> String {
    format!("/o/{org}/skills")
}

/// The address of a skill in the organization `org`.
pub fn url(org: &str, skill: SkillId) -> String {
    format!("/o/{org}/skills/{skill}")
}

/// The address of a member's profile, which is the members' page and is known here for the links to it.
fn profile_url(org: &str, member: MemberId) -> String {
    format!("/o/{org}/members/{member}")
}

/// The address at which a member's skills are rated.
pub fn member_url(org: &str, member: MemberId) -> String {
    format!("/o/{org}/members/{member}/skills")
}
