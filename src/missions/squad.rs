//! The squad whose mission, or metric, somebody reads or writes: what the page's head and the rights need.

use crate::actor::Roles;
use crate::ids::TeamId;

/// A squad, as somebody sees it who may or may not be in it.
#[derive(Debug, Clone)]
pub struct SquadHead {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Forming, active or dissolved.
    pub state: String,
    /// The newest version of its mission; 0 without any.
    pub mission_version: i32,
    /// How many are in it.
    pub members: i32,
    /// Whether the visitor is in it now.
    pub is_member: bool,
}

impl SquadHead {
    /// Whether it is active: then its mission and its goal metric stay whole.
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// Whether it is not active yet, or no longer.
    pub fn is_forming(&self) -> bool {
        self.state == "forming"
    }

    /// Whether it is no more.
    pub fn is_dissolved(&self) -> bool {
        self.state == "dissolved"
    }

    /// Whether its mission may be written by somebody with `roles`: by its own members and by leaders.
    pub fn may_write_mission(&self, roles: Roles) -> bool {
        self.is_member || roles.may_lead()
    }

    /// Whether its metrics may be chosen by somebody with `roles`: by its own members; while it is forming, by
    /// those who design it, too.
    pub fn may_choose_metrics(&self, roles: Roles) -> bool {
        self.is_member || (self.state == "forming" && roles.may_design())
    }
}
