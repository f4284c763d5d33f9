//! What a squad wants to do after a round, and what became of it.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, RoundAt};
use super::round;
use crate::error::{Error, Result};
use crate::health::db;
use crate::health::domain::{ActionState, ActionText, FollowUp, HealthRefused, day};
use crate::health::service::{self, NewAction};
use crate::ids::{DimensionId, HealthActionId};
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
}

pub async fn follow_up(
    at: At,
    State(pool): State<PgPool>,
    Path((_, _, id)): Path<(String, String, HealthActionId)>,
    Form(form): Form<FollowUpForm>,
) -> Result<Response> {
    at.must_own()?;
    let done = match (ActionState::parse(&form.state), FollowUp::parse(&form.said)) {
        (Some(state), Ok(said)) => {
            service::follow_up(&pool, &at.visitor.actor, id, state, &said).await
        }
        (None, _) => {
            // Another organization's action does not exist, whatever is said of it.
            if !db::is_action(&pool, at.visitor.tenant(), at.id, id).await? {
                return Err(Error::NotFound);
            }
            Err(HealthRefused::NoState.into())
        }
        (_, Err(bad)) => Err(bad.into()),
    };
    match done {
        Ok(()) => Ok(flash::redirect(&at.url(""), "Written down.")),
        Err(Error::Refused(refusal)) => Ok(flash::redirect_bad(&at.url(""), &refusal.message)),
        Err(error) => Err(error),
    }
}
