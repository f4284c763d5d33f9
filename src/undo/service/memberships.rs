//! The inverse of everything that begins or ends memberships: whoever joined leaves, whoever left comes back with the share and
//! the hats of then, and to the links whose liaison they were, where nobody else was named since. Who that is say the memberships
//! themselves, each of which names the event of its beginning and its end.

use serde_json::json;
use sqlx::PgPool;

use super::super::db::{self, Event, Held, Stay};
use super::super::domain::UndoRefused;
use crate::actor::{Actor, DESIGNERS};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, MembershipId, TeamId};
use crate::members;
use crate::squads::service::{hold_joining, people};
use crate::squads::teams::{self, NewRow};
use crate::squads::{self, State};
use crate::transaction::{Begun, Change, begin};

/// Takes back what `event` did to memberships, as one change of all its teams: the sizes are asked for at its end (H1).
pub async fn take_back(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !actor.roles.may_design() {
        return Err(Error::Forbidden(DESIGNERS.into()));
    }
    let is_return = event.kind == "member_deactivated";
    if is_return {
        members::service::reactivate_in(&mut tx, actor, MemberId(event.subject(0)?), None).await?;
    }
    let before = db::stays(&mut *tx, actor.tenant, event.id).await?;
    let mut joining: Vec<MemberId> =
        before.iter().filter(|stay| !stay.was_begun).map(|stay| stay.member).collect();
    joining.sort_unstable();
    joining.dedup();
    if !joining.is_empty() {
        hold_joining(&mut tx, actor.tenant, &joining).await?;
    }
    let mut ids: Vec<TeamId> = before.iter().map(|stay| stay.team).collect();
    // Both teams of a link are held before it is written.
    ids.extend(db::linked_teams(&mut *tx, actor.tenant, event.id).await?);
    ids.sort_unstable();
    ids.dedup();
    let held = db::lock_teams(&mut tx, actor.tenant, &ids, event.id).await?;
    // Once more, now that nobody else changes these teams.
    let stays = db::stays(&mut *tx, actor.tenant, event.id).await?;
    for stay in &stays {
        must_be_as_left(stay)?;
    }
    let mut new = NewEvent::new(
        if is_return { "member_reactivated" } else { "memberships_restored" },
        "",
        event.subjects.iter().copied(),
    );
    let (leaving, coming): (Vec<&Stay>, Vec<&Stay>) = stays.iter().partition(|stay| stay.was_begun);
    let ended: Vec<MembershipId> = leaving.iter().map(|stay| stay.id).collect();
    // Places are free before they are taken: at 10 the database would refuse the other order.
    teams::end_memberships(&mut tx, actor.tenant, &ended, actor.at, new.id).await?;
    let mut back: Vec<(MembershipId, MembershipId)> = vec![];
    for team in &held {
        let joined: Vec<&Stay> =
            coming.iter().copied().filter(|stay| stay.team == team.squad.id).collect();
        let left = leaving.iter().filter(|stay| stay.team == team.squad.id).count();
        if joined.is_empty() && left == 0 {
            continue; // held for a link only
        }
        must_fit(team, joined.len(), left)?;
        let rows: Vec<NewRow<'_>> = joined
            .iter()
            .map(|stay| NewRow {
                id: MembershipId::new(),
                member: stay.member,
                percent: stay.allocation,
                hats: &stay.hats,
            })
            .collect();
        teams::insert_memberships(&mut tx, actor.tenant, team.squad.id, &rows, actor.at, new.id)
            .await?;
        back.extend(joined.iter().zip(&rows).map(|(stay, row)| (stay.id, row.id)));
        if is_return && team.is_squad && team.is_state_of_event {
            activate(&mut tx, actor, team, joined.len(), &new).await?;
        }
    }
    let links = db::return_seats(&mut tx, actor.tenant, &back).await?;
    new.subjects.extend(links.iter().map(|link| link.0));
    let names = |stays: &[&Stay]| {
        let names: Vec<&str> = stays.iter().map(|stay| stay.name.as_str()).collect();
        people(&names)
    };
    let new = new.change(
        json!({"in": names(&leaving), "out": names(&coming)}),
        json!({"in": names(&coming), "out": names(&leaving)}),
    );
    history::record(&mut tx, actor, new).await?;
    tx.done(()).await
}

/// Refuses to undo what somebody has touched since.
fn must_be_as_left(stay: &Stay) -> Result<(), UndoRefused> {
    let Stay { name, team_name, .. } = stay;
    if stay.was_begun && !stay.is_untouched {
        return Err(UndoRefused::Changed(format!(
            "The membership of {name} in {team_name} was changed since."
        )));
    }
    if !stay.was_begun && stay.was_there_again {
        return Err(UndoRefused::Changed(format!("{name} has been in {team_name} again since.")));
    }
    Ok(())
}

/// Whether a team takes so many and lets so many go, at once (H1).
fn must_fit(team: &Held, joined: usize, left: usize) -> Result<()> {
    if !team.is_squad {
        return Ok(team.squad.may_change()?);
    }
    team.squad.may_take(joined.saturating_sub(left))?;
    Ok(team.squad.may_lose(left.saturating_sub(joined))?)
}

/// Makes a squad active again that returned to forming because somebody left who is back (H7).
async fn activate(
    tx: &mut Change,
    actor: &Actor,
    team: &Held,
    joined: usize,
    event: &NewEvent,
) -> Result<()> {
    let mut squad = team.squad.clone();
    squad.members += joined;
    squad.may_activate(&squads::facts(&mut **tx, actor.tenant, squad.id).await?)?;
    let state = State::Active.word();
    Ok(teams::update_state(tx, actor.tenant, squad.id, state, "", actor.at, event.id).await?)
}
