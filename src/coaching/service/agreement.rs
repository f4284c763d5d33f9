//! What coach and squad agree on: written by one side, in force when both have agreed to the same version.

use chrono::NaiveDate;
use serde_json::json;
use sqlx::PgPool;

use super::{Engagement, hold};
use crate::actor::Actor;
use crate::coaching::db::{self, Side};
use crate::coaching::domain::{CoachingRefused, State, Step, Terms};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{CoachingId, MemberId};
use crate::transaction::{Begun, begin};

/// Who agrees to what with whom: refused once it does not go on.
fn side(of: &Engagement) -> Result<(Side, MemberId)> {
    of.must_be_pair()?;
    of.must_go_on()?;
    of.held.state.after(Step::Agree)?;
    let coach = of.held.coach.ok_or(CoachingRefused::NotPulled)?;
    Ok((if of.standing.is_coach { Side::Coach } else { Side::Squad }, coach))
}

/// The version that a page shows: another coach begins anew.
fn seen(of: &Engagement) -> i32 {
    if of.held.is_with_coach { of.held.newest } else { 0 }
}

/// Writes a version of the agreement over the one that was `shown` (0 for the first). Its author has agreed to it.
pub async fn write_agreement(
    pool: &PgPool,
    actor: &Actor,
    id: CoachingId,
    shown: i32,
    terms: &Terms,
    today: NaiveDate,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    let (side, coach) = side(&of)?;
    if seen(&of) != shown {
        return Err(Error::Stale);
    }
    terms.may_be(today)?;
    let version = of.held.newest + 1;
    let summary = format!("wrote what is agreed for {}", of.words());
    let event = NewEvent::new("coaching_agreement_written", summary, of.subjects()).change(
        None,
        json!({"version": version, "goal": terms.goal, "exit": terms.exit, "ends_on": terms.ends_on,
               "sessions": terms.sessions}),
    );
    let (which, by, when) = ((id, version, coach), (side, actor.member), (actor.at, event.id));
    db::insert_agreement(&mut tx, actor.tenant, which, terms, by, when).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The other side agrees to the version that it has read; then it is in force.
pub async fn agree(pool: &PgPool, actor: &Actor, id: CoachingId, version: i32) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    let (side, _) = side(&of)?;
    let newest = seen(&of);
    if newest == 0 {
        return Err(CoachingRefused::NoAgreement.into());
    }
    if newest != version {
        return Err(CoachingRefused::OtherVersion.into());
    }
    let (own, others) = match side {
        Side::Coach => (of.held.coach_agreed, of.held.squad_agreed),
        Side::Squad => (of.held.squad_agreed, of.held.coach_agreed),
    };
    if own {
        return Err(CoachingRefused::AgreedAlready.into());
    }
    let state = if others { of.held.state.after(Step::Agree)? } else { of.held.state };
    let summary = format!("agreed to goal, exit criteria and end date for {}", of.words());
    let event = NewEvent::new("coaching_agreed", summary, of.subjects()).change(
        json!({"state": of.held.state.title()}),
        json!({"state": state.title(), "version": version}),
    );
    let (who, when) = ((side, actor.member), (actor.at, event.id));
    db::sign(&mut tx, actor.tenant, (id, version), who, when).await?;
    if others {
        let step: (State, _, _) = (state, actor.at, event.id);
        db::update_agreed(&mut tx, actor.tenant, id, version, step).await?;
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
