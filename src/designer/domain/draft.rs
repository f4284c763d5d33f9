//! A squad as it was, and the changes made to it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::design::{
    Design, LinkDesign, MAX_MEMBERS, MemberDesign, Placement, SkillDesign, SquadDesign,
};
use crate::ids::{HatId, MemberId, SeatId, SkillId, TeamId};
use crate::rule::Rule;
use crate::skills::{Capability, Level};
use crate::squads::{Allocation, AlreadyLeft, JoinRefused, Squad, State, TakeRefused, TooSmall};
use crate::text::text;

text!(
    /// What an open seat looks for: "Energy market analyst".
    SeatTitle, line, "what you look for", 1, 80
);

/// A squad under design with everybody and everything that it touches.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The day on which it is looked at.
    pub today: NaiveDate,
    /// The squad; who is in it stands with the people.
    pub squad: SquadDesign,
    /// The skills that matter to it, in the order in which they are shown.
    pub skills: Vec<Skill>,
    /// Who is in it and who could join.
    pub people: BTreeMap<MemberId, Person>,
    /// The other teams that they are in.
    pub teams: BTreeMap<TeamId, Team>,
    /// The squad's ties to other teams.
    pub links: Vec<LinkDesign>,
    /// What is looked for.
    pub seats: Vec<Seat>,
    /// What has been changed, oldest first.
    pub changes: Vec<Change>,
}

/// A skill that matters to the squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its id.
    pub id: SkillId,
    /// Its name.
    pub name: String,
    /// Which core capability it is; none for a craft.
    pub capability: Option<Capability>,
}

/// Somebody who is in the squad or could join.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their title.
    pub title: String,
    /// Their discipline.
    pub discipline: String,
    /// Their levels in the skills that matter.
    pub levels: BTreeMap<SkillId, Level>,
    /// Where they are, this squad among it.
    pub places: Vec<Place>,
}

/// A person in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which team.
    pub team: TeamId,
    /// With which share, in percent.
    pub share: i32,
}

/// Another squad or a core team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// A squad; a core team otherwise.
    pub is_squad: bool,
    /// Whether it is active.
    pub is_active: bool,
    /// How many members it has.
    pub members: usize,
}

/// A seat that nobody has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// What is looked for.
    pub title: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// One change of the design of a squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Somebody joins with one more membership.
    Add {
        /// Who.
        member: MemberId,
        /// With which share.
        share: Allocation,
        /// Wearing which hats.
        hats: Vec<HatId>,
    },
    /// Somebody leaves.
    Remove {
        /// Who.
        member: MemberId,
    },
    /// Somebody comes from another squad, or goes to one.
    Move {
        /// Who.
        member: MemberId,
        /// Out of which squad.
        from: TeamId,
        /// Into which.
        to: TeamId,
        /// With which share there.
        share: Allocation,
    },
    /// Somebody gives more or less.
    Share {
        /// Who.
        member: MemberId,
        /// With which share from now on.
        share: Allocation,
    },
    /// A seat is looked for.
    OpenSeat(Seat),
    /// A seat is no longer looked for.
    CloseSeat(SeatId),
}

/// Why a change cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// The squad that somebody comes to has no room (H1).
    #[error(transparent)]
    Take(#[from] TakeRefused),
    /// The squad that somebody leaves would be too small (H1).
    #[error(transparent)]
    Lose(#[from] TooSmall),
    /// In it already.
    #[error(transparent)]
    Join(#[from] JoinRefused),
    /// Not in it.
    #[error(transparent)]
    Left(#[from] AlreadyLeft),
    /// As many as there are places.
    #[error(transparent)]
    Seats(#[from] TooManySeats),
}

/// More open seats than free places.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "With its members and open seats the squad has {MAX_MEMBERS} places already. Close a seat first."
)]
pub struct TooManySeats;

impl Rule for TooManySeats {
    fn code(&self) -> &'static str {
        "seats_full"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// The squad is not under design.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not forming. Return it to forming with a reason, or change it on its members page."
)]
pub struct NotForming(pub String);

impl Rule for NotForming {
    fn code(&self) -> &'static str {
        "squad_not_forming"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

impl Team {
    /// As the rules of squads see it.
    fn rules(&self) -> Squad {
        Squad {
            id: self.id,
            name: self.name.clone(),
            slug: self.slug.clone(),
            state: if self.is_active { State::Active } else { State::Forming },
            members: self.members,
            version: 0,
        }
    }

    /// Whether it can give somebody away: an active squad keeps six (H1).
    pub fn may_give(&self) -> Result<(), TooSmall> {
        self.rules().may_lose(1)
    }
}

impl Person {
    /// The share that all teams together take, in percent.
    pub fn taken(&self) -> i32 {
        self.places.iter().map(|place| place.share).sum()
    }

    /// What is left, in percent.
    pub fn free(&self) -> i32 {
        (crate::design::FULL_SHARE - self.taken()).max(0)
    }

    /// Their share in `team`.
    pub fn share_in(&self, team: TeamId) -> Option<i32> {
        self.places.iter().find(|place| place.team == team).map(|place| place.share)
    }

    fn leave(&mut self, team: TeamId) {
        self.places.retain(|place| place.team != team);
    }

    fn enter(&mut self, team: TeamId, share: Allocation) {
        self.leave(team);
        self.places.push(Place { team, share: share.percent().into() });
    }
}

impl Draft {
    /// The design after `changes`, which were carried out in the past and are not judged again.
    #[must_use]
    pub fn after(mut self, changes: Vec<Change>) -> Self {
        for change in changes {
            self.put(change);
        }
        self
    }

    /// Makes a change, or says why it cannot be made (H1).
    pub fn apply(&mut self, change: Change) -> Result<(), ChangeRefused> {
        match &change {
            Change::Add { member, .. } => {
                self.rules().may_take(1)?;
                self.must_be_out(*member)?;
            }
            Change::Remove { member } | Change::Share { member, .. } => {
                self.must_be_in(*member)?;
                if matches!(change, Change::Remove { .. }) {
                    self.rules().may_lose(1)?;
                }
            }
            Change::Move { member, from, to, .. } => {
                if *to == self.squad.id {
                    self.rules().may_take(1)?;
                    self.must_be_out(*member)?;
                    self.teams.get(from).map_or(Ok(()), Team::may_give)?;
                } else {
                    self.must_be_in(*member)?;
                    self.rules().may_lose(1)?;
                    self.teams.get(to).map_or(Ok(()), |team| team.rules().may_take(1))?;
                }
            }
            Change::OpenSeat(_) => {
                if self.size() + self.seats.len() >= MAX_MEMBERS {
                    return Err(TooManySeats.into());
                }
            }
            Change::CloseSeat(_) => {}
        }
        self.put(change);
        Ok(())
    }

    fn must_be_in(&self, member: MemberId) -> Result<(), AlreadyLeft> {
        match self.people.get(&member) {
            Some(person) if person.share_in(self.squad.id).is_none() => {
                Err(AlreadyLeft(person.name.clone(), self.squad.name.clone()))
            }
            _ => Ok(()),
        }
    }

    fn must_be_out(&self, member: MemberId) -> Result<(), JoinRefused> {
        match self.people.get(&member) {
            Some(person) if person.share_in(self.squad.id).is_some() => {
                Err(JoinRefused::AlreadyMember(person.name.clone()))
            }
            _ => Ok(()),
        }
    }

    fn put(&mut self, change: Change) {
        let squad = self.squad.id;
        match &change {
            Change::Add { member, share, .. } | Change::Share { member, share } => {
                if let Some(person) = self.people.get_mut(member) {
                    person.enter(squad, *share);
                }
            }
            Change::Remove { member } => {
                if let Some(person) = self.people.get_mut(member) {
                    person.leave(squad);
                }
            }
            Change::Move { member, from, to, share } => {
                if let Some(person) = self.people.get_mut(member) {
                    person.leave(*from);
                    person.enter(*to, *share);
                }
                if let Some(team) = self.teams.get_mut(from) {
                    team.members = team.members.saturating_sub(1);
                }
                if let Some(team) = self.teams.get_mut(to) {
                    team.members += 1;
                }
            }
            Change::OpenSeat(seat) => self.seats.push(seat.clone()),
            Change::CloseSeat(id) => self.seats.retain(|seat| seat.id != *id),
        }
        self.changes.push(change);
    }

    /// Who is in the squad, by name.
    pub fn members(&self) -> Vec<(MemberId, &Person)> {
        let mut members: Vec<_> = self
            .people
            .iter()
            .filter(|(_, person)| person.share_in(self.squad.id).is_some())
            .map(|(id, person)| (*id, person))
            .collect();
        members.sort_by_cached_key(|(id, person)| (person.name.to_lowercase(), *id));
        members
    }

    /// How many members the squad has.
    pub fn size(&self) -> usize {
        self.people.values().filter(|one| one.share_in(self.squad.id).is_some()).count()
    }

    /// The squad as its rules see it.
    pub fn rules(&self) -> Squad {
        Squad {
            id: self.squad.id,
            name: self.squad.name.clone(),
            slug: self.squad.slug.clone(),
            state: if self.squad.is_active { State::Active } else { State::Forming },
            members: self.size(),
            version: 0,
        }
    }

    /// As the design rules see it.
    pub fn design(&self) -> Design {
        let mut squad = self.squad.clone();
        squad.members = self
            .members()
            .into_iter()
            .filter_map(|(member, person)| {
                Some(Placement { member, allocation: person.share_in(self.squad.id)? })
            })
            .collect();
        let members = self.people.iter().map(|(id, person)| {
            let elsewhere = person.places.iter().filter(|place| place.team != self.squad.id);
            let squads = elsewhere
                .clone()
                .filter(|place| self.teams.get(&place.team).is_some_and(|team| team.is_squad));
            let member = MemberDesign {
                name: person.name.clone(),
                discipline: person.discipline.clone(),
                levels: person.levels.clone(),
                elsewhere: elsewhere.clone().map(|place| place.share).sum(),
                squads_elsewhere: squads.count(),
            };
            (*id, member)
        });
        let skills = self.skills.iter().map(|skill| {
            (skill.id, SkillDesign { name: skill.name.clone(), capability: skill.capability })
        });
        Design {
            today: self.today,
            squads: vec![squad],
            members: members.collect(),
            skills: skills.collect(),
            links: self.links.clone(),
        }
    }

    /// What the design is, in a word: who is in it, with which share, and what is looked for. A change that was made
    /// from another version meets a design that its author has not seen.
    pub fn version(&self) -> String {
        let inside = self.members();
        let shares =
            inside.iter().filter_map(|(id, person)| Some((*id, person.share_in(self.squad.id)?)));
        version(shares, self.seats.iter().map(|seat| seat.id))
    }
}

/// See [`Draft::version`].
pub fn version(
    shares: impl IntoIterator<Item = (MemberId, i32)>,
    seats: impl IntoIterator<Item = SeatId>,
) -> String {
    let mut shares: Vec<_> = shares.into_iter().collect();
    let mut seats: Vec<_> = seats.into_iter().collect();
    shares.sort_unstable();
    seats.sort_unstable();
    // FNV-1a: the same on every machine.
    let bytes = shares
        .iter()
        .flat_map(|(member, share)| member.0.into_bytes().into_iter().chain(share.to_le_bytes()))
        .chain(std::iter::once(b'|'))
        .chain(seats.iter().flat_map(|seat| seat.0.into_bytes()));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
