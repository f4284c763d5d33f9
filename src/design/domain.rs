//! A design: squads with what they are made of, wherever it is stored.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::links::LinkDesign;
use crate::ids::{MemberId, MetricId, SkillId, TeamId};
use crate::metrics::Goal;
use crate::missions::MissionText;
use crate::skills::{Capability, Coverage, Level, coverage};

/// Nobody is in more squads (S5).
pub const MAX_SQUADS_OF_A_MEMBER: usize = 2;
/// A member's shares add up to no more (S5), in percent.
pub const FULL_SHARE: i32 = 100;
/// A free share below this is not offered to another squad, in percent.
pub const MIN_FREE_SHARE: i32 = 20;
/// A squad has at least so many disciplines (S3).
pub const MIN_DISCIPLINES: usize = 3;
/// A squad watches no more metrics at a time (S6).
pub const MAX_LIVE_METRICS: usize = 7;

/// The squads of an organization, as they are, were, or could be.
#[derive(Debug, Clone, Default)]
pub struct Design {
    /// The day on which it is looked at.
    pub today: NaiveDate,
    /// Squads that are forming or active, in the order of their names.
    pub squads: Vec<SquadDesign>,
    /// The members that it knows: those of its squads, and those who could join.
    pub members: BTreeMap<MemberId, MemberDesign>,
    /// The skills that matter: the core capabilities, and what squads need.
    pub skills: BTreeMap<SkillId, SkillDesign>,
    /// The ties of its squads to other teams, and between core teams.
    pub links: Vec<LinkDesign>,
}

/// A squad in a design.
#[derive(Debug, Clone)]
pub struct SquadDesign {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Active; forming otherwise.
    pub is_active: bool,
    /// The newest version of its mission.
    pub mission: Option<MissionText>,
    /// Who is in it.
    pub members: Vec<Placement>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// Its goal metric.
    pub goal: Option<Goal>,
    /// Metrics that have not ended, the first one to be looked at first.
    pub looks: Vec<Look>,
    /// When it is to look at its own health; nothing where nobody knows.
    pub health: Option<HealthDue>,
}

/// A live metric, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Look {
    /// Which.
    pub metric: MetricId,
    /// What it is called.
    pub name: String,
    /// The day by which the squad is to check in.
    pub due_on: NaiveDate,
}

/// The next health check of a squad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthDue {
    /// When the last one closed.
    pub last: Option<NaiveDate>,
    /// The day by which another one is to be closed.
    pub due_on: NaiveDate,
}

/// A member in a squad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Who.
    pub member: MemberId,
    /// A rough share, in percent.
    pub allocation: i32,
}

/// A squad needs a skill, at a level or above, in so many members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub skill: SkillId,
    /// At this level or above.
    pub level: Level,
    /// In so many.
    pub members: usize,
}

/// A member in a design.
#[derive(Debug, Clone, Default)]
pub struct MemberDesign {
    /// Their name.
    pub name: String,
    /// Marketing, service, data, …; empty when nobody wrote it down.
    pub discipline: String,
    /// Their levels in the skills that matter.
    pub levels: BTreeMap<SkillId, Level>,
    /// The share that is taken by teams outside of this design, in percent.
    pub elsewhere: i32,
    /// Their squads outside of this design.
    pub squads_elsewhere: usize,
}

/// A skill in a design.
#[derive(Debug, Clone)]
pub struct SkillDesign {
    /// Its name.
    pub name: String,
    /// Which core capability it is; none for a craft.
    pub capability: Option<Capability>,
}

/// What a member gives to squads and core teams together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// All shares, in percent.
    pub share: i32,
    /// All squads.
    pub squads: usize,
}

impl Load {
    /// What is left, in percent.
    pub fn free(self) -> i32 {
        (FULL_SHARE - self.share).max(0)
    }

    /// Whether another squad could ask for them.
    pub fn has_room(self) -> bool {
        self.free() >= MIN_FREE_SHARE && self.squads < MAX_SQUADS_OF_A_MEMBER
    }
}

impl Design {
    /// A squad by its id.
    pub fn squad(&self, id: TeamId) -> Option<&SquadDesign> {
        self.squads.iter().find(|squad| squad.id == id)
    }

    /// A squad's name; empty if it is not in the design.
    pub fn name_of(&self, id: TeamId) -> &str {
        self.squad(id).map_or("", |squad| squad.name.as_str())
    }

    /// The core capability of each kind.
    pub fn capability(&self, capability: Capability) -> Option<SkillId> {
        self.skills
            .iter()
            .find(|(_, skill)| skill.capability == Some(capability))
            .map(|(id, _)| *id)
    }

    /// What each member gives.
    pub fn loads(&self) -> BTreeMap<MemberId, Load> {
        let mut loads: BTreeMap<_, _> = self
            .members
            .iter()
            .map(|(id, member)| {
                (*id, Load { share: member.elsewhere, squads: member.squads_elsewhere })
            })
            .collect();
        for placement in self.squads.iter().flat_map(|squad| &squad.members) {
            let load = loads.entry(placement.member).or_default();
            load.share += placement.allocation;
            load.squads += 1;
        }
        loads
    }

    /// The members of `squad` who have `skill` at `level` or above.
    pub fn able(&self, squad: &SquadDesign, skill: SkillId, level: Level) -> Vec<MemberId> {
        squad
            .members
            .iter()
            .map(|placement| placement.member)
            .filter(|member| self.is_able(*member, skill, level))
            .collect()
    }

    /// Whether a member has `skill` at `level` or above.
    pub fn is_able(&self, member: MemberId, skill: SkillId, level: Level) -> bool {
        let has = self.members.get(&member).and_then(|member| member.levels.get(&skill));
        has.is_some_and(|has| has.is_able(level))
    }

    /// The disciplines in `squad`, each once.
    pub fn disciplines(&self, squad: &SquadDesign) -> Vec<String> {
        let mut disciplines: Vec<_> = squad
            .members
            .iter()
            .filter_map(|placement| self.members.get(&placement.member))
            .map(|member| member.discipline.trim().to_lowercase())
            .filter(|discipline| !discipline.is_empty())
            .collect();
        disciplines.sort_unstable();
        disciplines.dedup();
        disciplines
    }

    /// What squads miss, once each: a skill that fewer than needed have at a level.
    pub(super) fn gaps(&self) -> BTreeSet<(SkillId, Level)> {
        let mut gaps = BTreeSet::new();
        for squad in &self.squads {
            let capabilities = Capability::ALL.into_iter().filter_map(|kind| self.capability(kind));
            let capabilities =
                capabilities.map(|skill| Need { skill, level: Level::ABLE, members: 2 });
            let needs = capabilities.chain(squad.needs.iter().copied());
            let missed = needs.filter(|need| self.covers(squad, need) != Coverage::Covered);
            gaps.extend(missed.map(|need| (need.skill, need.level)));
        }
        gaps
    }

    /// How well a squad covers a need.
    pub fn covers(&self, squad: &SquadDesign, need: &Need) -> Coverage {
        coverage(self.able(squad, need.skill, need.level).len(), need.members)
    }

    pub(super) fn member_name(&self, member: MemberId) -> &str {
        self.members.get(&member).map_or("Somebody", |member| member.name.as_str())
    }

    pub(super) fn skill_name(&self, skill: SkillId) -> &str {
        self.skills.get(&skill).map_or("a skill", |skill| skill.name.as_str())
    }
}

impl SquadDesign {
    /// Whether `member` is in it.
    pub fn has(&self, member: MemberId) -> bool {
        self.members.iter().any(|placement| placement.member == member)
    }

    /// Whether it has everything that an active squad needs (H7).
    pub fn may_be_active(&self) -> bool {
        (super::MIN_MEMBERS..=super::MAX_MEMBERS).contains(&self.members.len())
            && self.mission.as_ref().is_some_and(MissionText::is_complete)
            && self.goal.is_some()
    }
}
