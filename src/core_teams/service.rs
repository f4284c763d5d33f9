//! What a person may do with core teams.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{CoreTeam, NewCoreTeam};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{HatId, MemberId, MembershipId, TeamId};
use crate::squads::service::{
    Called, Place, call, edit_membership, end_links, find_membership, hold_joining, let_go,
    must_design, refuse_present, slug_for, take_in, unique,
};
use crate::squads::teams::{self, CORE_TEAM, MembershipRow, NewTeam};
use crate::squads::{Allocation, AlreadyLeft, NewMembership};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

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
    let team = find_membership(tx, actor, CORE_TEAM, id).await?.team;
    let team = lock(tx, actor, team).await?;
    let row = find_membership(tx, actor, CORE_TEAM, id).await?;
    if row.is_current { Ok((team, row)) } else { Err(AlreadyLeft(row.name, team.name).into()) }
}

fn place(team: &CoreTeam) -> Place<'_> {
    let members = usize::try_from(team.members).unwrap_or_default();
    Place { id: team.id, name: &team.name, members }
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
    let called = Called {
        name: changes.name.as_str(),
        pattern: None,
        description: changes.description.as_str(),
    };
    let was = (before.name.as_str(), before.slug.as_str());
    let summary = call(&mut tx, actor, (CORE_TEAM, team, version), was, called).await?;
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
    refuse_present(&mut tx, actor, team.id, &ids).await?;
    take_in(&mut tx, actor, place(&team), &held, new).await?;
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
    let_go(&mut tx, actor, place(&team), &row, reason).await?;
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
    edit_membership(&mut tx, actor, &team.name, &row, version, (allocation, hats)).await?;
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
