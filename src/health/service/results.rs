//! After the closing: what the squad agrees on, and what it wants to do.

use chrono::NaiveDate;
use serde_json::json;
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::health::db::{self, NewActionRow};
use crate::health::domain::{
    ActionState, ActionText, Colour, FollowUp, HealthRefused, MAX_ACTIONS, OWNERS, Trend,
    must_be_near,
};
use crate::history::{self, NewEvent};
use crate::ids::{DimensionId, HealthActionId, RoundId};
use crate::transaction::{Begun, begin};

/// Writes down the colour and the arrow that the squad agreed on. The counts stay as they are.
pub async fn agree(
    pool: &PgPool,
    actor: &Actor,
    (round, dimension): (RoundId, DimensionId),
    version: i32,
    colour: Colour,
    trend: Option<Trend>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let state = db::find_state(&mut *tx, actor.tenant, round, Some(actor.member)).await?;
    let state = state.ok_or(Error::NotFound)?;
    if !state.is_member {
        return Err(Error::Forbidden(OWNERS.into()));
    }
    if state.closed_at.is_none() {
        return Err(HealthRefused::StillOpen.into());
    }
    let was = db::find_agreed(&mut tx, actor.tenant, round, dimension).await?;
    let was = was.ok_or(HealthRefused::NotShown)?;
    let said = |colour: Option<&str>, trend: Option<&str>| {
        json!({
            "dimension": was.name,
            "colour": colour.and_then(Colour::parse).map(Colour::title),
            "compared_with_before": trend.and_then(Trend::parse).map(Trend::title),
        })
    };
    let before = said(was.colour.as_deref(), was.trend.as_deref());
    let after = said(Some(colour.word()), trend.map(Trend::word));
    let event = NewEvent::new(
        "health_agreed",
        format!(
            "wrote down what {} agreed on about “{}”, {}",
            state.team_name, was.name, state.label
        ),
        [round.0, state.team.0],
    )
    .change(before, after);
    let (tenant, which) = (actor.tenant, (round, dimension));
    if !db::agree(&mut tx, tenant, which.0, which.1, version, colour, trend).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// What a squad wants to do after a round.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// What it is about.
    pub dimension: Option<DimensionId>,
    /// What.
    pub body: ActionText,
    /// Until when.
    pub due_on: Option<NaiveDate>,
}

/// Takes an action. It is the squad's: nobody's name stands beside it (H9).
pub async fn act(
    pool: &PgPool,
    actor: &Actor,
    round: RoundId,
    new: &NewAction,
) -> Result<HealthActionId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let state = db::find_state(&mut *tx, actor.tenant, round, Some(actor.member)).await?;
    let state = state.ok_or(Error::NotFound)?;
    if !state.is_member {
        return Err(Error::Forbidden(OWNERS.into()));
    }
    if state.closed_at.is_none() {
        return Err(HealthRefused::StillOpen.into());
    }
    if let Some(day) = new.due_on {
        must_be_near("due_on", day, actor.at.date_naive())?;
    }
    // Of two who take the last place at once, the second waits here and is told.
    db::hold_squad(&mut tx, actor.tenant, state.team, None).await?;
    let taken = db::action_places(&mut tx, actor.tenant, round).await?;
    let place = (1..=MAX_ACTIONS).find(|place| !taken.contains(place));
    let place = place.ok_or(HealthRefused::TooManyActions)?;
    let id = HealthActionId::new();
    let event = NewEvent::new(
        "health_action_taken",
        format!("wrote down what {} does after {}: {}", state.team_name, state.label, new.body),
        [id.0, round.0, state.team.0],
    )
    .change(None, json!({"action": new.body, "due_on": new.due_on}));
    let row = NewActionRow {
        id,
        round,
        team: state.team,
        dimension: new.dimension,
        place,
        body: new.body.as_str(),
        due_on: new.due_on,
    };
    db::insert_action(&mut tx, actor.tenant, &row, actor.at, event.id)
        .await
        .on_constraint("health_action_dimension_fkey", HealthRefused::NoDimension)?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Says what became of an action.
pub async fn follow_up(
    pool: &PgPool,
    actor: &Actor,
    id: HealthActionId,
    state: ActionState,
    said: &FollowUp,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let action = db::hold_action(&mut tx, actor.tenant, id, actor.member).await?;
    let action = action.ok_or(Error::NotFound)?;
    if !action.is_member {
        return Err(Error::Forbidden(OWNERS.into()));
    }
    if state == ActionState::Open {
        return Err(HealthRefused::NoState.into());
    }
    if action.state != ActionState::Open.word() {
        return Err(HealthRefused::ActionOver.into());
    }
    let word = if state == ActionState::Done { "has done" } else { "has dropped" };
    let event = NewEvent::new(
        "health_action_followed_up",
        format!("wrote down that the squad {word}: {}", action.body),
        [id.0, action.round.0, action.team.0],
    )
    .change(json!({"state": "Open"}), json!({"state": state.title(), "what_came_of_it": said}));
    let text = said.as_str();
    db::follow_up(&mut tx, actor.tenant, id, state, text, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
