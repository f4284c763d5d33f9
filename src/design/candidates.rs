//! Who could close a gap: members who can, with room for another squad.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::domain::{Design, Load, SquadDesign};
use crate::ids::{MemberId, SkillId};
use crate::skills::Level;

/// The members with room by skill, sorted once for a whole design: most free share first, then the highest
/// level, then by name.
pub(super) struct Candidates<'a> {
    design: &'a Design,
    loads: &'a BTreeMap<MemberId, Load>,
    by_skill: OnceCell<HashMap<SkillId, Vec<(MemberId, Level)>>>,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(design: &'a Design, loads: &'a BTreeMap<MemberId, Load>) -> Self {
        Self { design, loads, by_skill: OnceCell::new() }
    }

    /// The best one for `squad`.
    pub(super) fn best(
        &self,
        squad: &SquadDesign,
        skill: SkillId,
        level: Level,
    ) -> Option<MemberId> {
        self.sorted()
            .get(&skill)?
            .iter()
            .find(|(member, has)| has.is_able(level) && !squad.has(*member))
            .map(|(member, _)| *member)
    }

    fn sorted(&self) -> &HashMap<SkillId, Vec<(MemberId, Level)>> {
        self.by_skill.get_or_init(|| {
            let free = |member: &MemberId| self.loads.get(member).map_or(0, |load| load.free());
            let has_room =
                |member: &MemberId| self.loads.get(member).is_some_and(|load| load.has_room());
            let mut members: Vec<_> =
                self.design.members.iter().filter(|(id, _)| has_room(id)).collect();
            members.sort_by_cached_key(|(id, member)| {
                (Reverse(free(id)), member.name.to_lowercase(), **id)
            });
            let mut by_skill: HashMap<_, Vec<_>> = HashMap::new();
            for (id, member) in members {
                for (skill, level) in &member.levels {
                    by_skill.entry(*skill).or_default().push((*id, *level));
                }
            }
            // Stable: among equals, names decide.
            for members in by_skill.values_mut() {
                members.sort_by_key(|(id, level)| (Reverse(free(id)), Reverse(*level)));
            }
            by_skill
        })
    }
}
