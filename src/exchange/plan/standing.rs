//! What is there, as far as an import needs to know it, and what an import changes.

use std::collections::{HashMap, HashSet};

use crate::exchange::domain::FieldChange;
use crate::exchange::words::TeamKind;
use crate::ids::{HatId, MemberId, MembershipId, SkillId, TeamId};

/// How names are compared: folded white space, lower case.
pub fn key_of(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a team is found by.
pub type TeamKey = (TeamKind, String);

/// A member.
#[derive(Debug, Clone)]
pub struct MemberNow {
    pub id: MemberId,
    pub name: String,
    pub title: String,
    pub discipline: String,
    pub time_zone: String,
    pub is_deactivated: bool,
    /// In how many teams they are.
    pub teams: usize,
}

/// A skill of the catalogue.
#[derive(Debug, Clone)]
pub struct SkillNow {
    pub id: SkillId,
    pub name: String,
    pub is_archived: bool,
}

/// What a member says of a skill.
#[derive(Debug, Clone, Copy, Default)]
pub struct RatingNow {
    pub level: Option<i16>,
    pub wants_to_learn: bool,
}

/// A team that is not dissolved.
#[derive(Debug, Clone)]
pub struct TeamNow {
    pub id: TeamId,
    pub name: String,
    pub description: String,
    pub pattern: Option<String>,
    pub size: usize,
}

/// A membership without an end.
#[derive(Debug, Clone)]
pub struct MembershipNow {
    pub id: MembershipId,
    pub allocation: i16,
    /// Their names.
    pub hats: Vec<String>,
}

/// What is there.
#[derive(Debug, Default)]
pub struct Standing {
    /// By address.
    pub members: HashMap<String, MemberNow>,
    /// By name.
    pub skills: HashMap<String, SkillNow>,
    pub ratings: HashMap<(MemberId, SkillId), RatingNow>,
    pub teams: HashMap<TeamKey, TeamNow>,
    pub memberships: HashMap<(TeamId, MemberId), MembershipNow>,
    /// By name.
    pub hats: HashMap<String, (HatId, String)>,
}

/// Somebody who comes in.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub email: String,
    pub name: String,
    pub title: String,
    pub discipline: String,
    pub time_zone: String,
}

/// A member of whom something else is said, with all fields as they are to be.
#[derive(Debug, Clone)]
pub struct ChangedMember {
    pub id: MemberId,
    pub name: String,
    pub title: String,
    pub discipline: String,
    pub time_zone: String,
    pub changes: Vec<FieldChange>,
}

/// What is said of somebody's skill.
#[derive(Debug, Clone)]
pub struct Rating {
    pub email: String,
    /// The skill, as names are compared.
    pub skill: String,
    pub level: Option<i16>,
    pub wants_to_learn: bool,
}

/// A team that comes in.
#[derive(Debug, Clone)]
pub struct NewTeam {
    pub key: TeamKey,
    pub name: String,
    /// Of a squad.
    pub pattern: Option<String>,
    pub description: String,
}

/// A team of which something else is said, with all fields as they are to be.
#[derive(Debug, Clone)]
pub struct ChangedTeam {
    pub key: TeamKey,
    pub pattern: Option<String>,
    pub description: String,
    pub changes: Vec<FieldChange>,
}

/// Somebody who joins a team.
#[derive(Debug, Clone)]
pub struct NewMembership {
    pub team: TeamKey,
    pub email: String,
    pub name: String,
    pub allocation: i16,
    /// As names are compared.
    pub hats: Vec<String>,
}

/// A membership of which something else is said.
#[derive(Debug, Clone)]
pub struct ChangedMembership {
    pub id: MembershipId,
    pub team: TeamKey,
    pub member: MemberId,
    pub name: String,
    pub allocation: i16,
    /// As names are compared.
    pub hats: Vec<String>,
    pub changes: Vec<FieldChange>,
}

/// What an import changes.
#[derive(Debug, Default)]
pub struct Changes {
    pub new_members: Vec<NewMember>,
    pub changed_members: Vec<ChangedMember>,
    /// Names of crafts that the catalogue does not have, by how they are compared.
    pub new_skills: HashMap<String, String>,
    pub ratings: Vec<Rating>,
    pub new_teams: Vec<NewTeam>,
    pub changed_teams: Vec<ChangedTeam>,
    /// Names of hats that the catalogue does not have, by how they are compared.
    pub new_hats: HashMap<String, String>,
    pub new_memberships: Vec<NewMembership>,
    pub changed_memberships: Vec<ChangedMembership>,
}

impl Changes {
    /// The teams that are made or changed, each of which gets one event.
    pub fn touched_teams(&self) -> HashSet<&TeamKey> {
        let made = self.new_teams.iter().map(|team| &team.key);
        let changed = self.changed_teams.iter().map(|team| &team.key);
        let joined = self.new_memberships.iter().map(|membership| &membership.team);
        let adjusted = self.changed_memberships.iter().map(|membership| &membership.team);
        made.chain(changed).chain(joined).chain(adjusted).collect()
    }
}
