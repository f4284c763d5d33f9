//! What squads and core teams do alike: take members in, let them go, change their shares, take another name. Each
//! says in its own use case who may, under which lock, and which limits hold.

use serde_json::json;
use sqlx::PgConnection;

use super::members::{names_of, people};
use super::squad::{slug_for, unique};
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{EventId, HatId, MemberId, MembershipId, TeamId};
use crate::squads::db::teams::{self, HeldMember, MembershipRow, NewRow};
use crate::squads::domain::{Allocation, AlreadyLeft, JoinRefused, NewMembership};
use crate::text::Reason;

/// A team that is locked, as its events tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: &'a str,
    /// How many members it has.
    pub members: usize,
}

/// A membership of a team of this kind, which may have ended.
pub async fn find_membership(
    tx: &mut PgConnection,
    actor: &Actor,
    kind: &str,
    id: MembershipId,
) -> Result<MembershipRow> {
    teams::find_membership(&mut *tx, actor.tenant, kind, id).await?.ok_or(Error::NotFound)
}

/// Refuses those who are in the team already.
pub async fn refuse_present(
    tx: &mut PgConnection,
    actor: &Actor,
    team: TeamId,
    members: &[MemberId],
) -> Result<()> {
    match teams::already_in(&mut *tx, actor.tenant, team, members).await?.pop() {
        Some(name) => Err(JoinRefused::AlreadyMember(name).into()),
        None => Ok(()),
    }
}

/// Takes members in who are held and may join.
pub async fn take_in(
    tx: &mut PgConnection,
    actor: &Actor,
    place: Place<'_>,
    held: &[HeldMember],
    new: &[NewMembership],
) -> Result<()> {
    let name_of = |id| held.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let mut said = Vec::new();
    for one in new {
        let hats = match &one.hats[..] {
            [] => vec![],
            hats => names_of(tx, actor.tenant, hats).await?,
        };
        said.push(
            json!({"member": name_of(one.member), "allocation": one.allocation, "hats": hats}),
        );
    }
    let names: Vec<&str> = new.iter().map(|one| name_of(one.member)).collect();
    let subjects = [place.id.0].into_iter().chain(new.iter().map(|one| one.member.0));
    let summary = format!("added {} to {}", people(&names), place.name);
    let event = NewEvent::new("members_added", summary, subjects).change(
        json!({"members": place.members}),
        json!({"members": place.members + new.len(), "added": said}),
    );
    let rows: Vec<NewRow<'_>> = new
        .iter()
        .map(|one| NewRow {
            id: MembershipId::new(),
            member: one.member,
            percent: one.allocation.percent(),
            hats: &one.hats,
        })
        .collect();
    teams::insert_memberships(tx, actor.tenant, place.id, &rows, actor.at, event.id)
        .await
        .on_constraint("membership_current_key", JoinRefused::AlreadyMember(people(&names)))?;
    history::record(tx, actor, event).await?;
    Ok(())
}

/// Ends one membership, which somebody else may have ended since it was read. The event is the caller's.
pub async fn end(
    tx: &mut PgConnection,
    actor: &Actor,
    row: &MembershipRow,
    team: &str,
    event: EventId,
) -> Result<()> {
    let ended = teams::end_memberships(tx, actor.tenant, &[row.id], actor.at, event).await?;
    if ended == 1 { Ok(()) } else { Err(AlreadyLeft(row.name.clone(), team.to_owned()).into()) }
}

/// Takes a member out of a team.
pub async fn let_go(
    tx: &mut PgConnection,
    actor: &Actor,
    place: Place<'_>,
    row: &MembershipRow,
    reason: Option<Reason>,
) -> Result<()> {
    let mut event = NewEvent::new(
        "member_removed",
        format!("removed {} from {}", row.name, place.name),
        [place.id.0, row.member.0],
    )
    .change(
        json!({"member": row.name, "allocation": row.allocation, "hats": row.hat_names, "members": place.members}),
        json!({"members": place.members.saturating_sub(1)}),
    );
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    end(tx, actor, row, place.name, event.id).await?;
    history::record(tx, actor, event).await?;
    Ok(())
}

/// Changes somebody's share and hats in a team.
pub async fn edit_membership(
    tx: &mut PgConnection,
    actor: &Actor,
    team: &str,
    row: &MembershipRow,
    version: i32,
    (allocation, hats): (Allocation, &[HatId]),
) -> Result<()> {
    let names = names_of(tx, actor.tenant, hats).await?;
    let event = NewEvent::new(
        "membership_edited",
        format!("edited the membership of {} in {team}", row.name),
        [row.team.0, row.member.0],
    )
    .change(
        json!({"allocation": row.allocation, "hats": row.hat_names}),
        json!({"allocation": allocation, "hats": names}),
    );
    let percent = allocation.percent();
    if !teams::update_membership(tx, actor.tenant, row.id, version, percent, hats).await? {
        return Err(Error::Stale);
    }
    history::record(tx, actor, event).await?;
    Ok(())
}

/// What a team is called.
#[derive(Debug, Clone, Copy)]
pub struct Called<'a> {
    /// Its name.
    pub name: &'a str,
    /// Squads only.
    pub pattern: Option<&'a str>,
    /// What it is for.
    pub description: &'a str,
}

/// Gives a team other words, if it still has `version`, and says what was done. A rename keeps the old address, which
/// `was` has with the name.
pub async fn call(
    tx: &mut PgConnection,
    actor: &Actor,
    (kind, team, version): (&str, TeamId, i32),
    (was_name, was_slug): (&str, &str),
    called: Called<'_>,
) -> Result<String> {
    let Called { name, pattern, description } = called;
    let is_renamed = was_name != name;
    let slug = if is_renamed {
        slug_for(tx, actor.tenant, kind, name, team).await?
    } else {
        was_slug.to_owned()
    };
    let tenant = actor.tenant;
    let done = teams::update_team(tx, tenant, team, version, name, &slug, pattern, description)
        .await
        .map_err(|error| unique(error, name))?;
    if !done {
        return Err(Error::Stale);
    }
    teams::insert_slug(tx, tenant, kind, &slug, team).await.map_err(|error| unique(error, name))?;
    Ok(if is_renamed { format!("renamed {was_name} to {name}") } else { format!("edited {name}") })
}
