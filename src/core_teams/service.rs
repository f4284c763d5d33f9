//! What a person may do with core teams.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{CoreTeam, NewCoreTeam};
use crate::actor::{Actor, DESIGNERS};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{HatId, MemberId, MembershipId, TeamId};
use crate::squads::service::{end_links, hold_joining, names_of, people, slug_for, unique};
use crate::squads::teams::{self, CORE_TEAM, MembershipRow, NewRow, NewTeam};
use crate::squads::{Allocation, AlreadyLeft, JoinRefused, NewMembership};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

async fn lock(tx: &mut PgConnection, actor: &Actor, team: TeamId) -> Result<CoreTeam> {
    let team = db::lock(tx, actor.tenant, team).await?.ok_or(Error::NotFound)?;
    team.may_change()?;
    Ok(team)
}

/// The membership and its core team under its lock.
async fn lock_membership(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MembershipId,
) -> Result<(CoreTeam, MembershipRow)> {
    let find = async |tx: &mut PgConnection| {
        teams::find_membership(tx, actor.tenant, CORE_TEAM, id).await?.ok_or(Error::NotFound)
    };
    let team = find(&mut *tx).await?.team;
    let team = lock(tx, actor, team).await?;
    let row = find(&mut *tx).await?;
    if row.is_current { Ok((team, row)) } else { Err(AlreadyLeft(row.name, team.name).into()) }
}

/// Begins a core team.
pub async fn create(pool: &PgPool, actor: &Actor, new: &NewCoreTeam) -> Result<TeamId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let id = TeamId::new();
    let slug = slug_for(&mut tx, actor.tenant, CORE_TEAM, new.name.as_str(), id).await?;
    let event =
        NewEvent::new("core_team_created", format!("began the core team {}", new.name), [id.0])
            .change(None, json!({"name": new.name, "description": new.description}));
    let row = NewTeam {
        id,
        kind: CORE_TEAM,
        name: new.name.as_str(),
        slug: &slug,
        pattern: None,
        description: new.description.as_str(),
        state: "active",
        at: actor.at,
        event: event.id,
    };
    teams::insert_team(&mut tx, actor.tenant, &row)
        .await
        .map_err(|error| unique(error, new.name.as_str()))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Gives a core team another name or description. A rename keeps the old address.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    version: i32,
    changes: &NewCoreTeam,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let before = lock(&mut tx, actor, team).await?;
    let name = changes.name.as_str();
    let is_renamed = before.name != name;
    let slug = if is_renamed {
        slug_for(&mut tx, actor.tenant, CORE_TEAM, name, team).await?
    } else {
        before.slug.clone()
    };
    let text = changes.description.as_str();
    let done = teams::update_team(&mut tx, actor.tenant, team, version, name, &slug, None, text)
        .await
        .map_err(|error| unique(error, name))?;
    if !done {
        return Err(Error::Stale);
    }
    teams::insert_slug(&mut tx, actor.tenant, CORE_TEAM, &slug, team)
        .await
        .map_err(|error| unique(error, name))?;
    let summary = if is_renamed {
        format!("renamed {} to {name}", before.name)
    } else {
        format!("edited {name}")
    };
    let event = NewEvent::new("core_team_edited", summary, [team.0]).change(
        json!({"name": before.name, "description": before.description}),
        json!({"name": changes.name, "description": changes.description}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
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
    let team = lock(&mut tx, actor, team).await?;
    if let Some(name) = teams::already_in(&mut *tx, actor.tenant, team.id, &ids).await?.pop() {
        return Err(JoinRefused::AlreadyMember(name).into());
    }
    let name_of = |id| held.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str());
    let names: Vec<&str> = ids.iter().map(|id| name_of(*id)).collect();
    let mut said = Vec::new();
    for one in new {
        let hats = names_of(&mut tx, actor.tenant, &one.hats).await?;
        said.push(
            json!({"member": name_of(one.member), "allocation": one.allocation, "hats": hats}),
        );
    }
    let subjects = [team.id.0].into_iter().chain(ids.iter().map(|id| id.0));
    let summary = format!("added {} to {}", people(&names), team.name);
    let event = NewEvent::new("members_added", summary, subjects).change(
        json!({"members": team.members}),
        json!({"members": usize::try_from(team.members).unwrap_or_default() + new.len(), "added": said}),
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
    teams::insert_memberships(&mut tx, actor.tenant, team.id, &rows, actor.at, event.id)
        .await
        .on_constraint("membership_current_key", JoinRefused::AlreadyMember(people(&names)))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Takes a member out of a core team.
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
    let (team, row) = lock_membership(&mut tx, actor, membership).await?;
    let mut event = NewEvent::new(
        "member_removed",
        format!("removed {} from {}", row.name, team.name),
        [team.id.0, row.member.0],
    )
    .change(
        json!({"member": row.name, "allocation": row.allocation, "hats": row.hat_names, "members": team.members}),
        json!({"members": team.members - 1}),
    );
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    teams::end_memberships(&mut tx, actor.tenant, &[row.id], actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Changes somebody's share and hats in a core team.
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
    let (team, row) = lock_membership(&mut tx, actor, membership).await?;
    let names = names_of(&mut tx, actor.tenant, hats).await?;
    let event = NewEvent::new(
        "membership_edited",
        format!("edited the membership of {} in {}", row.name, team.name),
        [team.id.0, row.member.0],
    )
    .change(
        json!({"allocation": row.allocation, "hats": row.hat_names}),
        json!({"allocation": allocation, "hats": names}),
    );
    let percent = allocation.percent();
    if !teams::update_membership(&mut tx, actor.tenant, row.id, version, percent, hats).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a core team, the memberships in it and its links; its history stays.
pub async fn dissolve(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    version: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let team = lock(&mut tx, actor, team).await?;
    if team.version != version {
        return Err(Error::Stale);
    }
    let members = teams::current_memberships(&mut *tx, actor.tenant, team.id).await?;
    let subjects = [team.id.0].into_iter().chain(members.iter().map(|(_, member, _)| member.0));
    let names: Vec<&str> = members.iter().map(|(.., name)| name.as_str()).collect();
    let mut event =
        NewEvent::new("core_team_dissolved", format!("dissolved {}", team.name), subjects)
            .because(reason.as_str());
    let ids: Vec<_> = members.iter().map(|(id, ..)| *id).collect();
    teams::end_memberships(&mut tx, actor.tenant, &ids, actor.at, event.id).await?;
    let links = end_links(&mut tx, actor, team.id, &mut event).await?;
    let event = event
        .change(json!({"members": names, "links": links}), json!({"members": [], "links": []}));
    let why = reason.as_str();
    teams::update_state(&mut tx, actor.tenant, team.id, "dissolved", why, actor.at, event.id)
        .await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
