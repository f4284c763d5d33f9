//! Use cases on the members of a squad: add, remove, move, swap, and leaving the organization.
//!
//! Rows are held in one order everywhere: members by id, then teams by id.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::alike::{Place, edit_membership, end, find_membership, let_go, refuse_present, take_in};
use super::{lock_one, must_design};
use crate::actor::{Actor, Tenant};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{EventId, HatId, MemberId, MembershipId, TeamId};
use crate::squads::db::teams::{self, HeldMember, MembershipRow, NewRow, SQUAD};
use crate::squads::db::{self, LockedSquad};
use crate::squads::domain::{
    self, Allocation, AlreadyLeft, HatName, JoinRefused, Left, NewMembership, State,
};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// Holds the members who join, and refuses those who cannot.
pub async fn hold_joining(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[MemberId],
) -> Result<Vec<HeldMember>> {
    if ids.is_empty() {
        return Err(JoinRefused::Nobody.into());
    }
    let held = teams::share_members(tx, tenant, ids).await?;
    if held.len() < ids.len() {
        let is_twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
        return Err(if is_twice { JoinRefused::Twice.into() } else { Error::NotFound });
    }
    match held.iter().find(|member| !member.is_active) {
        Some(member) => Err(JoinRefused::Deactivated(member.name.clone()).into()),
        None => Ok(held),
    }
}

/// The hats' names; hats that are not in the catalogue do not exist.
pub async fn names_of(
    tx: &mut PgConnection,
    tenant: Tenant,
    hats: &[HatId],
) -> Result<Vec<String>> {
    let names = teams::hat_names(tx, tenant, hats).await?;
    let mut distinct = hats.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if names.len() == distinct.len() { Ok(names) } else { Err(Error::NotFound) }
}

/// "Aisha Rahman", "Aisha Rahman and Mateo Álvarez", "Aisha Rahman, Mateo Álvarez and 3 others".
pub fn people(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} others", rest.len()),
    }
}

async fn find_current(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MembershipId,
) -> Result<MembershipRow> {
    find_membership(tx, actor, SQUAD, id).await
}

fn place(squad: &LockedSquad) -> Place<'_> {
    Place { id: squad.id, name: &squad.name, members: squad.members }
}

/// The membership and its squad under its lock.
async fn lock_membership(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MembershipId,
) -> Result<(LockedSquad, MembershipRow)> {
    let team = find_current(tx, actor, id).await?.team;
    let squad = lock_one(tx, actor, team).await?;
    let row = still_current(tx, actor, id, &squad).await?;
    Ok((squad, row))
}

/// The membership again, now that its squad is locked.
async fn still_current(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MembershipId,
    squad: &LockedSquad,
) -> Result<MembershipRow> {
    let row = find_current(tx, actor, id).await?;
    if row.is_current { Ok(row) } else { Err(AlreadyLeft(row.name, squad.name.clone()).into()) }
}

/// Adds one or several members at once.
pub async fn add_members(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    new: &[NewMembership],
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let ids: Vec<MemberId> = new.iter().map(|one| one.member).collect();
    let held = hold_joining(&mut tx, actor.tenant, &ids).await?;
    let squad = lock_one(&mut tx, actor, team).await?;
    refuse_present(&mut tx, actor, team, &ids).await?;
    squad.may_take(new.len())?;
    take_in(&mut tx, actor, place(&squad), &held, new).await?;
    tx.done(()).await
}

/// Takes a member out of a squad.
pub async fn remove_member(
    pool: &PgPool,
    actor: &Actor,
    membership: MembershipId,
    reason: Option<Reason>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (squad, row) = lock_membership(&mut tx, actor, membership).await?;
    squad.may_lose(1)?;
    let_go(&mut tx, actor, place(&squad), &row, reason).await?;
    tx.done(()).await
}

/// Moves a member from one squad to another, in one step; the hats stay behind with the old squad's work.
pub async fn move_member(
    pool: &PgPool,
    actor: &Actor,
    membership: MembershipId,
    to: TeamId,
    allocation: Allocation,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let row = find_current(&mut tx, actor, membership).await?;
    hold_joining(&mut tx, actor.tenant, &[row.member]).await?;
    let mut squads = db::lock(&mut tx, actor.tenant, &[row.team, to]).await?;
    if row.team == to {
        return Err(JoinRefused::SameSquad(row.name).into());
    }
    let target = squads.iter().position(|squad| squad.id == to).ok_or(Error::NotFound)?;
    let target = squads.swap_remove(target);
    let source = squads.pop().ok_or(Error::NotFound)?;
    let row = still_current(&mut tx, actor, row.id, &source).await?;
    refuse_present(&mut tx, actor, to, &[row.member]).await?;
    target.may_take(1)?;
    source.may_lose(1)?;
    let event = NewEvent::new(
        "member_moved",
        format!("moved {} from {} to {}", row.name, source.name, target.name),
        [source.id.0, target.id.0, row.member.0],
    )
    .change(
        json!({"squad": source.name, "allocation": row.allocation, "hats": row.hat_names}),
        json!({"squad": target.name, "allocation": allocation}),
    );
    end(&mut tx, actor, &row, &source.name, event.id).await?;
    let new = [NewRow {
        id: MembershipId::new(),
        member: row.member,
        percent: allocation.percent(),
        hats: &[],
    }];
    teams::insert_memberships(&mut tx, actor.tenant, to, &new, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Swaps one member for another; the squad's size stays, so it works at 6 and at 10. Answers the
/// name of who came in.
pub async fn swap(
    pool: &PgPool,
    actor: &Actor,
    out: MembershipId,
    in_: MemberId,
    allocation: Allocation,
    hats: &[HatId],
) -> Result<String> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let row = find_current(&mut tx, actor, out).await?;
    let joining = hold_joining(&mut tx, actor.tenant, &[in_]).await?.remove(0);
    let squad = lock_one(&mut tx, actor, row.team).await?;
    let row = still_current(&mut tx, actor, row.id, &squad).await?;
    refuse_present(&mut tx, actor, row.team, &[in_]).await?;
    let names = names_of(&mut tx, actor.tenant, hats).await?;
    let event = NewEvent::new(
        "members_swapped",
        format!("swapped {} for {} in {}", row.name, joining.name, squad.name),
        [row.team.0, row.member.0, in_.0],
    )
    .change(
        json!({"member": row.name, "allocation": row.allocation, "hats": row.hat_names}),
        json!({"member": joining.name, "allocation": allocation, "hats": names}),
    );
    // The place is free before it is taken: at 10 the database would refuse the other order.
    end(&mut tx, actor, &row, &squad.name, event.id).await?;
    let new =
        [NewRow { id: MembershipId::new(), member: in_, percent: allocation.percent(), hats }];
    teams::insert_memberships(&mut tx, actor.tenant, row.team, &new, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(joining.name).await
}

/// Changes somebody's share and hats in a squad.
pub async fn update_membership(
    pool: &PgPool,
    actor: &Actor,
    membership: MembershipId,
    version: i32,
    allocation: Allocation,
    hats: &[HatId],
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (squad, row) = lock_membership(&mut tx, actor, membership).await?;
    edit_membership(&mut tx, actor, &squad.name, &row, version, (allocation, hats)).await?;
    tx.done(()).await
}

/// The hat of a name; adds it to the catalogue if it is new. To find it again changes nothing, so it needs no
/// one-time key and leaves that of the form to the change which the hat is for.
pub async fn add_hat(pool: &PgPool, actor: &Actor, name: &HatName) -> Result<HatId> {
    let actor = Actor { once: None, ..actor.clone() };
    let mut tx = match begin(pool, &actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(&actor)?;
    if let Some(hat) = teams::find_hat(&mut *tx, actor.tenant, name).await? {
        return Ok(hat);
    }
    let hat = teams::insert_hat(&mut tx, actor.tenant, name).await?.ok_or(Error::Again)?;
    let event =
        NewEvent::new("hat_added", format!("added the hat {name} to the catalogue"), [hat.0])
            .change(None, json!({"name": name}));
    history::record(&mut tx, &actor, event).await?;
    tx.done(hat).await
}

/// Takes a member out of all teams, for their leaving the organization, which is what `event` tells of; records
/// nothing itself. An active squad that falls under 6 returns to forming with `reason` (H1).
///
/// The caller holds the member's row (`for no key update`), so that nobody adds them meanwhile.
pub async fn leave_all_in(
    tx: &mut PgConnection,
    actor: &Actor,
    member: MemberId,
    event: EventId,
    reason: &str,
) -> Result<Vec<Left>> {
    teams::lock_teams_of(tx, actor.tenant, member).await?;
    let (ids, places): (Vec<_>, Vec<_>) =
        teams::places_of(&mut *tx, actor.tenant, member).await?.into_iter().unzip();
    let left = domain::would_leave(&places);
    teams::end_memberships(tx, actor.tenant, &ids, actor.at, event).await?;
    for one in left.iter().filter(|one| one.returned_to_forming) {
        let state = State::Forming.word();
        teams::update_state(tx, actor.tenant, one.team, state, reason, actor.at, event).await?;
    }
    Ok(left)
}

/// What [`leave_all_in`] would do, for the page that asks first.
pub async fn would_leave(pool: &PgPool, tenant: Tenant, member: MemberId) -> Result<Vec<Left>> {
    let places: Vec<_> =
        teams::places_of(pool, tenant, member).await?.into_iter().map(|(_, place)| place).collect();
    Ok(domain::would_leave(&places))
}

#[cfg(test)]
mod tests {
    use super::people;

    #[test]
    fn an_event_names_three_people_and_counts_more() {
        assert_eq!(people(&["A"]), "A");
        assert_eq!(people(&["A", "B"]), "A and B");
        assert_eq!(people(&["A", "B", "C"]), "A, B and C");
        assert_eq!(people(&["A", "B", "C", "D"]), "A, B and 2 others");
    }
}
