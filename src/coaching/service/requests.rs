//! Asking, pulling, handing back, looking back, closing, withdrawing.

use serde_json::json;
use sqlx::PgPool;

use super::hold;
use crate::actor::{Actor, Role};
use crate::coaching::db::{self, Beginning};
use crate::coaching::domain::{
    ASKERS, Ask, COACH, COACHES, CoachingRefused, Helped, LookedBack, State, Stays, Step, Waiting,
    WhyNot,
};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{CoachingId, TeamId};
use crate::missions;
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// A squad's member asks for coaching (H5).
pub async fn ask(pool: &PgPool, actor: &Actor, squad: TeamId, ask: &Ask) -> Result<CoachingId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = missions::lock_squad(&mut tx, actor, squad).await?.ok_or(Error::NotFound)?;
    if squad.is_dissolved() {
        return Err(CoachingRefused::Dissolved.into());
    }
    if !squad.is_member {
        return Err(Error::Forbidden(ASKERS.into()));
    }
    // What is no dimension of the organization's health checks is left out: an address may say anything.
    let about = match ask.dimension {
        Some(id) => db::dimension(&mut *tx, actor.tenant, id).await?,
        None => None,
    };
    let dimension = about.as_ref().map_or("", |about| about.name.as_str());
    let id = CoachingId::new();
    let summary = format!("asked for coaching of {}: {}", squad.name, ask.topic);
    let event = NewEvent::new("coaching_requested", summary, [id.0, squad.id.0]).change(
        None,
        json!({"topic": ask.topic, "tried": ask.tried, "better": ask.better, "dimension": dimension,
               "finding": ask.finding.as_str()}),
    );
    let begin =
        Beginning { by: actor.member, at: actor.at, event: event.id, offer: None, coach: None };
    db::insert_request(&mut tx, actor.tenant, (id, squad.id), ask, about.as_ref(), begin).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// A coach pulls a request that waits.
pub async fn pull(pool: &PgPool, actor: &Actor, id: CoachingId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    if !of.standing.coaches {
        return Err(Error::Forbidden(COACHES.into()));
    }
    let hand = db::hold_hand(&mut tx, actor.tenant, actor.member).await?;
    let waiting = Waiting { state: of.held.state, coach: of.held.coach_name.clone() };
    waiting.may_be_pulled(of.standing, hand)?;
    let subjects = of.subjects().chain([actor.member.0]);
    let event = NewEvent::new("coaching_pulled", format!("pulled {}", of.words()), subjects);
    let pulled = Some((actor.member, actor.at, event.id));
    db::update_coach(&mut tx, actor.tenant, id, pulled).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// A coach puts a request back on the board, or the squad asks for another coach, while nothing is agreed.
pub async fn let_go(pool: &PgPool, actor: &Actor, id: CoachingId, reason: &Reason) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_pair()?;
    of.must_go_on()?;
    if of.held.state != State::Open {
        return Err(CoachingRefused::AgreedStays.into());
    }
    let summary = format!("put {} back on the board", of.words());
    let event = NewEvent::new("coaching_let_go", summary, of.subjects())
        .change(json!({"coach": of.held.coach_name}), None)
        .because(reason.as_str());
    db::update_coach(&mut tx, actor.tenant, id, None).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The coach writes down what the two see when they look back at goal and exit criteria; then the squad says whether it helped.
pub async fn look_back(
    pool: &PgPool,
    actor: &Actor,
    id: CoachingId,
    text: &LookedBack,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    if !of.standing.is_coach {
        return Err(Error::Forbidden(COACH.into()));
    }
    of.held.state.after(Step::LookBack)?;
    let event = NewEvent::new(
        "coaching_looked_back",
        format!("looked back on {}", of.words()),
        of.subjects(),
    )
    .change(
        json!({"state": of.held.state.title()}),
        json!({"state": State::Review.title(), "seen": text}),
    );
    let text = text.as_str();
    db::update_looked_back(&mut tx, actor.tenant, id, text, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The squad says whether it helped and what stays, which closes it.
pub async fn close(
    pool: &PgPool,
    actor: &Actor,
    id: CoachingId,
    (helped, stays): (Helped, &Stays),
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_member()?;
    of.held.state.after(Step::Close)?;
    if of.standing.is_coach {
        return Err(CoachingRefused::OneForBoth.into());
    }
    let event = NewEvent::new("coaching_closed", format!("closed {}", of.words()), of.subjects())
        .change(
            json!({"state": of.held.state.title()}),
            json!({"state": State::Closed.title(), "helped": helped.title(), "stays": stays}),
        );
    let answer = (helped, stays.as_str());
    db::update_closed(&mut tx, actor.tenant, id, answer, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The squad withdraws, at any time before it is closed; it need not say why.
pub async fn withdraw(pool: &PgPool, actor: &Actor, id: CoachingId, why: &WhyNot) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_member()?;
    let state = of.held.state.after(Step::Withdraw)?;
    let mut event =
        NewEvent::new("coaching_withdrawn", format!("withdrew {}", of.words()), of.subjects())
            .change(json!({"state": of.held.state.title()}), json!({"state": state.title()}));
    if !why.as_str().is_empty() {
        event = event.because(why.as_str());
    }
    db::update_state(&mut tx, actor.tenant, id, state, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Whether somebody is a coach of the organization.
pub(super) fn is_coach(actor: &Actor) -> bool {
    actor.roles.has(Role::Coach)
}
