//! What a person may do in the designer: the live organization as the place where a design is stored.
//!
//! A change is carried out by the use case of squads that does it anywhere else, with its locks, rights, rules and
//! event. What is looked at before, the version and the state, tells people of one another; what must hold is held
//! below, under the lock.

use serde_json::json;
use sqlx::PgPool;

use super::db;
use super::domain::{Change, NotForming, NotUndoable, Seat, SeatTitle, TooManySeats};
use crate::actor::{Actor, DESIGNERS, Origin, Tenant, Undoes};
use crate::design::MAX_MEMBERS;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{EventId, MemberId, SeatId, TeamId};
use crate::rule::Rule;
use crate::squads::{self, NewMembership};
use crate::transaction::{Begun, KeyReused, begin, was_done};
use crate::undo;

/// What the design of a squad is at this moment, for a change that is made from it.
pub async fn version(pool: &PgPool, tenant: Tenant, squad: TeamId) -> Result<String> {
    let (.., version) = db::find_version(pool, tenant, squad).await?.ok_or(Error::NotFound)?;
    Ok(version)
}

/// Carries out a change of the design of `squad`, made by somebody who saw the version `seen`.
pub async fn change(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    seen: &str,
    change: &Change,
) -> Result<()> {
    must_design(actor)?;
    let (name, is_forming, version) =
        db::find_version(pool, actor.tenant, squad).await?.ok_or(Error::NotFound)?;
    if version != seen || !is_forming {
        // The form itself, come a second time, has made the design another. So has another one of the same page, whose
        // key it has until the page is there anew.
        match was_done(pool, actor).await {
            Ok(true) => return Ok(()),
            Err(Error::Refused(refusal)) if refusal.code == KeyReused.code() => {}
            done => {
                done?;
            }
        }
        return Err(if is_forming { Error::Stale } else { NotForming(name).into() });
    }
    carry_out(pool, actor, squad, change).await
}

async fn carry_out(pool: &PgPool, actor: &Actor, squad: TeamId, change: &Change) -> Result<()> {
    match change {
        Change::Add { member, share, hats } => {
            let new = NewMembership { member: *member, allocation: *share, hats: hats.clone() };
            squads::service::add_members(pool, actor, squad, &[new]).await
        }
        Change::Remove { member } => {
            let held = membership(pool, actor, squad, *member).await?;
            squads::service::remove_member(pool, actor, held.id, None).await
        }
        Change::Move { member, from, to, share } => {
            let held = membership(pool, actor, *from, *member).await?;
            squads::service::move_member(pool, actor, held.id, *to, *share).await
        }
        Change::Share { member, share } => {
            let held = membership(pool, actor, squad, *member).await?;
            squads::service::update_membership(
                pool,
                actor,
                held.id,
                held.version,
                *share,
                &held.hats,
            )
            .await
        }
        Change::OpenSeat(seat) => {
            let title = SeatTitle::parse(&seat.title)?;
            open_seat(pool, actor, squad, &title).await.map(|_| ())
        }
        Change::CloseSeat(seat) => close_seat(pool, actor, squad, *seat).await,
    }
}

/// The current membership of somebody in a team. Whoever has left meanwhile was not in what the visitor saw.
async fn membership(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    member: MemberId,
) -> Result<db::Held> {
    if let Some(held) = db::find_membership(pool, actor.tenant, team, member).await? {
        return Ok(held);
    }
    let is_known = db::is_member(pool, actor.tenant, member).await?;
    Err(if is_known { Error::Stale } else { Error::NotFound })
}

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

/// Takes back the last change of the actor's own, made by somebody who saw the version `seen`. What was done to memberships is
/// taken back as anywhere else, whole or not at all; seats, which only the designer has, by `inverse`, which was found from it.
pub async fn undo(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    event: EventId,
    seen: &str,
    inverse: Option<&Change>,
) -> Result<()> {
    must_design(actor)?;
    let summary = db::find_summary(pool, actor.tenant, event).await?.ok_or(Error::NotFound)?;
    if was_done(pool, actor).await? {
        return Ok(());
    }
    let inverse = inverse.ok_or(NotUndoable)?;
    if !matches!(inverse, Change::OpenSeat(_) | Change::CloseSeat(_)) {
        return undo::service::undo(pool, actor, event).await.map(|_| ());
    }
    if version(pool, actor.tenant, squad).await? != seen {
        return Err(Error::Stale);
    }
    let origin = Origin { undoes: Some(Undoes { event, summary }), ..actor.origin.clone() };
    let actor = &Actor { origin, ..actor.clone() };
    carry_out(pool, actor, squad, inverse).await
}

/// Opens a seat.
async fn open_seat(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    title: &SeatTitle,
) -> Result<SeatId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (name, is_forming, members, seats) =
        db::lock(&mut tx, actor.tenant, squad).await?.ok_or(Error::NotFound)?;
    if !is_forming {
        return Err(NotForming(name).into());
    }
    if members + seats >= MAX_MEMBERS {
        return Err(TooManySeats.into());
    }
    let id = SeatId::new();
    let event =
        NewEvent::new("seat_opened", format!("opened a seat in {name}: {title}"), [squad.0, id.0])
            .change(None, json!({"title": title}));
    db::insert_seat(&mut tx, actor.tenant, squad, id, title, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Closes a seat.
async fn close_seat(pool: &PgPool, actor: &Actor, squad: TeamId, seat: SeatId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (name, ..) = db::lock(&mut tx, actor.tenant, squad).await?.ok_or(Error::NotFound)?;
    let Some(Seat { title, .. }) = db::find_seat(&mut *tx, actor.tenant, squad, seat).await? else {
        return Err(Error::Stale);
    };
    let event = NewEvent::new(
        "seat_closed",
        format!("closed the open seat in {name}: {title}"),
        [squad.0, seat.0],
    )
    .change(json!({"title": title}), None);
    db::delete_seat(&mut tx, actor.tenant, squad, seat).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
