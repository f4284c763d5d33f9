//! The inverse of a change that was made, found from its event and what the event began and ended: whether it is offered, and for
//! seats what it is. Memberships are taken back by `undo`, hats and links with them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::draft::{Change, Draft, Seat};
use crate::ids::{EventId, HatId, MemberId, SeatId, TeamId};
use crate::rule::Rule;
use crate::squads::Allocation;

/// The last change that the visitor made to the squad.
#[derive(Debug, Clone, PartialEq)]
pub struct Last {
    /// Its event.
    pub id: EventId,
    /// The event's kind.
    pub kind: String,
    /// What was done, after the name of who did it.
    pub summary: String,
    /// What it is about: the squad, then a member or a seat.
    pub subjects: Vec<uuid::Uuid>,
    /// How it was.
    pub before: Option<Value>,
    /// How it became.
    pub after: Option<Value>,
    /// The memberships that the event began or ended.
    pub places: Vec<LastPlace>,
}

/// A membership that an event began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LastPlace {
    /// In which team.
    pub team: TeamId,
    /// Whose.
    pub member: MemberId,
    /// With which share.
    pub share: Allocation,
    /// Begun by the event; ended otherwise.
    pub began: bool,
    /// Whether it has no end.
    pub is_current: bool,
    /// The hats worn there.
    pub hats: Vec<HatId>,
}

/// The change is not the last one of one's own, or others have gone on from it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This cannot be undone here any more. Look at the squad as it is now, and change that.")]
pub struct NotUndoable;

impl Rule for NotUndoable {
    fn code(&self) -> &'static str {
        "not_undoable"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

impl Last {
    /// The change that takes it back, if the design is still as it left it. A seat that was closed opens again at `now`
    /// under a new `seat`.
    pub fn inverse(&self, draft: &Draft, seat: SeatId, now: DateTime<Utc>) -> Option<Change> {
        let squad = draft.squad.id;
        let share_here = |member: MemberId| draft.people.get(&member)?.share_in(squad);
        match (self.kind.as_str(), &self.places[..]) {
            ("members_added" | "memberships_restored", [one]) if one.began => (one.is_current
                && one.team == squad)
                .then_some(Change::Remove { member: one.member }),
            ("member_removed" | "memberships_restored", [one]) => {
                let is_out = share_here(one.member).is_none();
                (!one.began && one.team == squad && is_out).then(|| Change::Add {
                    member: one.member,
                    share: one.share,
                    hats: one.hats.clone(),
                })
            }
            ("member_moved" | "memberships_restored", [a, b]) => {
                let (to, from) = if a.began { (a, b) } else { (b, a) };
                (to.member == from.member && to.began && to.is_current && !from.began).then_some(
                    Change::Move {
                        member: to.member,
                        from: to.team,
                        to: from.team,
                        share: from.share,
                    },
                )
            }
            ("membership_edited", []) => {
                let share = |value: &Option<Value>| {
                    let percent = value.as_ref()?.get("allocation")?.as_i64()?;
                    Allocation::new(i16::try_from(percent).ok()?).ok()
                };
                let (before, after) = (share(&self.before)?, share(&self.after)?);
                let member = MemberId(*self.subjects.get(1)?);
                let is_so = share_here(member) == Some(after.percent().into());
                (is_so && self.before != self.after)
                    .then_some(Change::Share { member, share: before })
            }
            ("seat_opened", []) => {
                let id = SeatId(*self.subjects.get(1)?);
                draft.seats.iter().any(|seat| seat.id == id).then_some(Change::CloseSeat(id))
            }
            ("seat_closed", []) => {
                let title = self.before.as_ref()?.get("title")?.as_str()?.to_owned();
                Some(Change::OpenSeat(Seat { id: seat, title, since: now }))
            }
            _ => None,
        }
    }
}
