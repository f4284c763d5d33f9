//! Use cases on the squad itself: create, edit, activate, return to forming, dissolve.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::alike::{Called, call};
use super::{lock_one, must_design};
use crate::actor::{Actor, Tenant};
use crate::design::LinkKind;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::TeamId;
use crate::squads::db;
use crate::squads::db::teams::{self, NewTeam, SQUAD};
use crate::squads::domain::{NameTaken, NewSquad, Pattern, SquadChanges, State, wanted_slug};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// A word for addresses that is free for a `team` of this kind.
pub async fn slug_for(
    tx: &mut PgConnection,
    tenant: Tenant,
    kind: &str,
    name: &str,
    team: TeamId,
) -> Result<String> {
    Ok(teams::free_slug(tx, tenant, kind, &wanted_slug(name), team).await?)
}

/// A name that is taken is refused; two teams that take the same address at once try again with the next one.
pub fn unique(error: sqlx::Error, name: &str) -> Error {
    match error.as_database_error().and_then(|database| database.constraint()) {
        Some("team_name_key") => NameTaken(name.to_owned()).into(),
        Some("team_slug_pkey") => Error::Again,
        _ => error.into(),
    }
}

/// Begins a squad; it is forming.
pub async fn create(pool: &PgPool, actor: &Actor, new: &NewSquad) -> Result<TeamId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let id = TeamId::new();
    let slug = slug_for(&mut tx, actor.tenant, SQUAD, new.name.as_str(), id).await?;
    let event = NewEvent::new("squad_created", format!("began the squad {}", new.name), [id.0])
        .change(
            None,
            json!({"name": new.name, "pattern": new.pattern.title(), "description": new.description, "state": State::Forming.title()}),
        );
    let row = NewTeam {
        id,
        kind: SQUAD,
        name: new.name.as_str(),
        slug: &slug,
        pattern: Some(new.pattern.word()),
        description: new.description.as_str(),
        state: State::Forming.word(),
        at: actor.at,
        event: event.id,
    };
    teams::insert_team(&mut tx, actor.tenant, &row)
        .await
        .map_err(|error| unique(error, new.name.as_str()))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Gives a squad another name, pattern or description. A rename keeps the old address.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    version: i32,
    changes: &SquadChanges,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let squad = lock_one(&mut tx, actor, team).await?;
    squad.may_change()?;
    let called = Called {
        name: changes.name.as_str(),
        pattern: Some(changes.pattern.word()),
        description: changes.description.as_str(),
    };
    let summary =
        call(&mut tx, actor, (SQUAD, team, version), (&squad.name, &squad.slug), called).await?;
    let pattern = Pattern::parse(&squad.pattern).unwrap_or(Pattern::Own);
    let event = NewEvent::new("squad_edited", summary, [team.0]).change(
        json!({"name": squad.name, "pattern": pattern.title(), "description": squad.description}),
        json!({"name": changes.name, "pattern": changes.pattern.title(), "description": changes.description}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Lets a squad begin its work (H7).
pub async fn activate(pool: &PgPool, actor: &Actor, team: TeamId, version: i32) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let squad = lock_one(&mut tx, actor, team).await?;
    let facts = db::facts(&mut *tx, actor.tenant, team).await?;
    squad.may_activate(&facts)?;
    if squad.version != version {
        return Err(Error::Stale);
    }
    let event = NewEvent::new("squad_activated", format!("made {} active", squad.name), [team.0])
        .change(
            json!({"state": squad.state.title()}),
            json!({"state": State::Active.title(), "members": squad.members}),
        );
    let state = State::Active.word();
    teams::update_state(&mut tx, actor.tenant, team, state, "", actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Returns an active squad to forming; it may then have fewer than 6 members.
pub async fn return_to_forming(
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
    let squad = lock_one(&mut tx, actor, team).await?;
    squad.may_return()?;
    if squad.version != version {
        return Err(Error::Stale);
    }
    let event = NewEvent::new(
        "squad_returned_to_forming",
        format!("returned {} to forming", squad.name),
        [team.0],
    )
    .change(json!({"state": squad.state.title()}), json!({"state": State::Forming.title()}))
    .because(reason.as_str());
    let (state, why) = (State::Forming.word(), reason.as_str());
    teams::update_state(&mut tx, actor.tenant, team, state, why, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a squad, the memberships in it, its links and its service of products; its history stays.
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
    let squad = lock_one(&mut tx, actor, team).await?;
    squad.may_dissolve()?;
    if squad.version != version {
        return Err(Error::Stale);
    }
    let members = teams::current_memberships(&mut *tx, actor.tenant, team).await?;
    let subjects = [team.0].into_iter().chain(members.iter().map(|(_, member, _)| member.0));
    let names: Vec<&str> = members.iter().map(|(.., name)| name.as_str()).collect();
    let mut event = NewEvent::new("squad_dissolved", format!("dissolved {}", squad.name), subjects)
        .because(reason.as_str());
    let ids: Vec<_> = members.iter().map(|(id, ..)| *id).collect();
    teams::end_memberships(&mut tx, actor.tenant, &ids, actor.at, event.id).await?;
    let links = end_links(&mut tx, actor, team, &mut event).await?;
    let products = end_services(&mut tx, actor, team, &mut event).await?;
    let event = event.change(
        json!({"state": squad.state.title(), "members": names, "links": links, "products": products}),
        json!({"state": State::Dissolved.title(), "members": [], "links": [], "products": []}),
    );
    let (state, why) = (State::Dissolved.word(), reason.as_str());
    teams::update_state(&mut tx, actor.tenant, team, state, why, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends the links of a team that is dissolved, which is what `event` tells of: it is about the links and the teams at
/// their other ends as well. Answers each in words.
pub async fn end_links(
    tx: &mut PgConnection,
    actor: &Actor,
    team: TeamId,
    event: &mut NewEvent,
) -> Result<Vec<String>> {
    let links = teams::end_links(tx, actor.tenant, team, actor.at, event.id).await?;
    for link in &links {
        for subject in [link.id.0, link.other.0] {
            if !event.subjects.contains(&subject) {
                event.subjects.push(subject);
            }
        }
    }
    let words = links
        .iter()
        .filter_map(|link| Some(LinkKind::parse(&link.kind)?.between(&link.from, &link.to)));
    Ok(words.collect())
}

/// Lets a squad that is dissolved stop serving its products, which is what `event` tells of: it is about the products as
/// well. Answers their names.
async fn end_services(
    tx: &mut PgConnection,
    actor: &Actor,
    team: TeamId,
    event: &mut NewEvent,
) -> Result<Vec<String>> {
    let ended = teams::end_services(tx, actor.tenant, team, actor.at, event.id).await?;
    event.subjects.extend(ended.iter().flat_map(|one| [one.product.0, one.id.0]));
    Ok(ended.into_iter().map(|one| one.name).collect())
}
