//! Who could join: in which order, and how.

use std::cmp::Reverse;

use super::draft::{Draft, Person};
use crate::design::MIN_FREE_SHARE;
use crate::ids::{MemberId, SkillId, TeamId};
use crate::squads::Allocation;

/// Somebody who could join.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Who.
    pub id: MemberId,
    /// What is known of them.
    pub person: &'a Person,
    /// The gaps that they close.
    pub closes: Vec<SkillId>,
    /// How they could join.
    pub ways: Ways,
}

/// How somebody could join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// What the button, the drag and the keys do; nothing when it takes a decision.
    pub first: Option<Way>,
    /// What else there is.
    pub more: Vec<Way>,
    /// Squads that cannot give them, since they are active and have six (H1).
    pub held_by: Vec<TeamId>,
}

/// One way to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One more membership; they stay where they are.
    Add {
        /// With which share.
        share: Allocation,
    },
    /// They leave a squad for this one.
    Move {
        /// Which squad.
        from: TeamId,
        /// With the share that they have there.
        share: Allocation,
    },
}

impl Draft {
    /// The people who are not in the squad: first who closes the most gaps, then who has the most time, then by name.
    /// The statement that looks for them keeps to the same order, so that a page of it is the beginning of this.
    pub fn pool(&self) -> Vec<Candidate<'_>> {
        let missing = self.missing();
        let mut pool: Vec<_> = self
            .people
            .iter()
            .filter(|(_, person)| person.share_in(self.squad.id).is_none())
            .map(|(id, person)| {
                let closes = missing.iter().filter(|column| {
                    person.levels.get(&column.skill).is_some_and(|has| has.is_able(column.level))
                });
                Candidate {
                    id: *id,
                    person,
                    closes: closes.map(|column| column.skill).collect(),
                    ways: self.ways(person),
                }
            })
            .collect();
        pool.sort_by_cached_key(|one| {
            (
                Reverse(one.closes.len()),
                Reverse(one.person.free()),
                one.person.name.to_lowercase(),
                one.id,
            )
        });
        pool
    }

    /// How `person` could join: with their free share where it is worth asking for, else by a move from where they
    /// give the most.
    fn ways(&self, person: &Person) -> Ways {
        let mut moves = vec![];
        let mut held_by = vec![];
        for place in &person.places {
            let Some(team) = self.teams.get(&place.team).filter(|team| team.is_squad) else {
                continue;
            };
            if team.may_give().is_err() {
                held_by.push(team.id);
            } else if let Ok(share) = i16::try_from(place.share)
                .map_or(Err(()), |share| Allocation::new(share).map_err(|_| ()))
            {
                moves.push((Reverse(share), team.name.to_lowercase(), team.id));
            }
        }
        moves.sort();
        let mut ways: Vec<_> =
            moves.into_iter().map(|(Reverse(share), _, from)| Way::Move { from, share }).collect();
        let add = Way::Add { share: Allocation::free_of(person.taken().into()) };
        let has_time = person.free() >= MIN_FREE_SHARE;
        ways.insert(if has_time { 0 } else { ways.len() }, add);
        // With nothing free, one more membership is too much: that is not done by a mere click.
        let is_too_much = matches!(ways[0], Way::Add { .. }) && person.free() < 10;
        let first = if is_too_much { None } else { Some(ways.remove(0)) };
        Ways { first, more: ways, held_by }
    }
}
