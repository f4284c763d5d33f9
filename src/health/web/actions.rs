//! What a squad wants to do after a round, and what became of it.

use axum::extract::State;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, RoundAt};
use super::{round, squad};
use crate::error::{Error, Result};
use crate::health::db::{self, ActionRow};
use crate::health::domain::{ActionState, ActionText, FollowUp, HealthRefused, day};
use crate::health::service::{self, NewAction};
use crate::ids::{DimensionId, HealthActionId, RoundId};
use crate::web::{Form, FormErrors, Path, flash};

// POST /o/{org}/squads/{squad}/health/{round}/actions

/// An action as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionForm {
    pub body: String,
    pub due_on: String,
    pub dimension: String,
}

impl ActionForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<NewAction> {
        let body = errors.check("body", ActionText::parse(&self.body));
        let due_on = match self.due_on.trim() {
            "" => Some(None),
            text => errors.check("due_on", day("due_on", text)).map(Some),
        };
        let dimension = match self.dimension.trim() {
            "" => Some(None),
            id => {
                let id = id.parse::<DimensionId>().map_err(|_| HealthRefused::NoDimension);
                errors.check("dimension", id).map(Some)
            }
        };
        Some(NewAction { body: body?, due_on: due_on?, dimension: dimension? })
    }
}

pub async fn act(
    of: RoundAt,
    State(pool): State<PgPool>,
    Form(form): Form<ActionForm>,
) -> Result<Response> {
    of.at.must_own()?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::act(&pool, &of.at.visitor.actor, of.round.id, &new).await {
            Ok(_) => {
                let said = "Written down. It stands first in the next health check.";
                return Ok(flash::redirect(&of.url("#actions"), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    round::shown_again(&pool, of, form, errors).await
}

// POST /o/{org}/squads/{squad}/health/actions/{action}

/// What became of an action, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUpForm {
    state: String,
    said: String,
    /// The round on whose page the form stood; empty on the squad's page …
    round: String,
    /// … and the pack that was looked at there.
    pack: String,
}

/// The forms of a page that say what became of its actions, one of them perhaps refused.
#[derive(Debug, Default)]
pub struct FollowUps {
    /// The round whose page it is.
    pub round: Option<RoundId>,
    /// The pack that is looked at, on the squad's page.
    pub pack: String,
    /// Which action's form was refused, with what was typed.
    typed: Option<(HealthActionId, String)>,
    /// Why.
    pub errors: FormErrors,
}

impl FollowUps {
    /// Those of a round's page.
    pub fn of_round(round: RoundId) -> Self {
        Self { round: Some(round), ..Self::default() }
    }

    /// Those of a squad's page, on which a pack is looked at.
    pub fn of_squad(pack: String) -> Self {
        Self { pack, ..Self::default() }
    }

    /// The round in the form.
    pub fn round_word(&self) -> String {
        self.round.map(|id| id.to_string()).unwrap_or_default()
    }

    /// Whether the form of this action was refused.
    pub fn is_about(&self, row: &ActionRow) -> bool {
        self.typed.as_ref().is_some_and(|(id, _)| *id == row.id)
    }

    /// What was typed of this action.
    pub fn said(&self, row: &ActionRow) -> &str {
        self.typed.as_ref().filter(|(id, _)| *id == row.id).map_or("", |(_, said)| said)
    }

    /// What is wrong with a field of this action's form.
    pub fn error(&self, row: &ActionRow, field: &str) -> Option<&str> {
        self.errors.on(field).filter(|_| self.is_about(row))
    }

    /// What was typed of an action that has no form any more: somebody else was first.
    pub fn homeless(&self, actions: &[ActionRow]) -> Option<&str> {
        let (id, said) = self.typed.as_ref()?;
        let has_form =
            actions.iter().any(|row| row.id == *id && row.state == ActionState::Open.word());
        (!has_form && !said.trim().is_empty()).then_some(said)
    }
}

pub async fn follow_up(
    at: At,
    State(pool): State<PgPool>,
    Path((_, _, id)): Path<(String, String, HealthActionId)>,
    Form(form): Form<FollowUpForm>,
) -> Result<Response> {
    at.must_own()?;
    let mut errors = FormErrors::default();
    let state = ActionState::parse(&form.state).ok_or(HealthRefused::NoState);
    let state = errors.check("state", state);
    let said = errors.check("said", FollowUp::parse(&form.said));
    if let (Some(state), Some(said)) = (state, said) {
        match service::follow_up(&pool, &at.visitor.actor, id, state, &said).await {
            Ok(()) => return Ok(flash::redirect(&form.came_from(&at), "Written down.")),
            Err(error) => errors.absorb(error)?,
        }
    } else if !db::is_action(&pool, at.visitor.tenant(), at.id, id).await? {
        // Another squad's action does not exist, whatever is said of it.
        return Err(Error::NotFound);
    }
    let FollowUpForm { said, round, pack, .. } = form;
    let follow = FollowUps { round: round.parse().ok(), pack, typed: Some((id, said)), errors };
    if let Some(round) = follow.round
        && let Some(round) =
            db::find_round(&pool, at.visitor.tenant(), at.id, round, at.visitor.actor.member)
                .await?
    {
        return round::follow_refused(&pool, RoundAt { at, round }, follow).await;
    }
    squad::follow_refused(&pool, at, FollowUps { round: None, ..follow }).await
}

impl FollowUpForm {
    /// The page on which the form stood.
    fn came_from(&self, at: &At) -> String {
        match (self.round.parse::<RoundId>(), self.pack.as_str()) {
            (Ok(round), _) => at.round_url(&round),
            (_, "") => at.url(""),
            (_, pack) => at.url(&format!("?pack={}", utf8_percent_encode(pack, NON_ALPHANUMERIC))),
        }
    }
}
