//! Choosing a new password by a link.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::AppState;
use crate::accounts::link::{Link, spent, without_referrer};
use crate::accounts::{LinkSpent, service};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::rule::Rule;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET /reset/{token}

/// Takes the token out of the address; changes nothing.
pub async fn open(State(config): State<Arc<Config>>, Path(token): Path<String>) -> Response {
    Link::Reset.keep(&config, &token)
}

// GET /reset, POST /reset

#[derive(Template)]
#[template(path = "accounts/reset.html")]
struct ResetPage {
    shell: Shell,
    email: String,
    errors: FormErrors,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetForm {
    password: String,
}

/// Shows the form, while the link lives.
pub async fn show(
    State(state): State<AppState>,
    shell: Shell,
    headers: HeaderMap,
) -> Result<Response> {
    match find(&state, &headers).await {
        Ok((_, email)) => {
            page(&ResetPage { shell, email, errors: FormErrors::default() }).map(without_referrer)
        }
        Err(error) => otherwise_spent(error, shell),
    }
}

/// Takes the new password.
pub async fn reset(
    State(state): State<AppState>,
    shell: Shell,
    headers: HeaderMap,
    Form(form): Form<ResetForm>,
) -> Result<Response> {
    let (token, email) = match find(&state, &headers).await {
        Ok(found) => found,
        Err(error) => return otherwise_spent(error, shell),
    };
    let AppState { pool, passwords, clock, config, .. } = &state;
    match service::reset_password(pool, passwords, &token, &form.password, clock.now()).await {
        Ok(()) => {
            let to = flash::redirect("/sign-in", "Your new password is saved. Sign in with it.");
            Ok(Link::Reset.forget(to, config))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            if errors.code() == Some(LinkSpent.code()) {
                return spent(shell);
            }
            refused(&errors.clone(), &ResetPage { shell, email, errors }).map(without_referrer)
        }
    }
}

async fn find(state: &AppState, headers: &HeaderMap) -> Result<(String, String)> {
    let token = Link::Reset.token(&state.config, headers)?;
    let email = service::find_reset(&state.pool, &token, state.clock.now()).await?;
    Ok((token, email))
}

fn otherwise_spent(error: Error, shell: Shell) -> Result<Response> {
    match error {
        Error::Refused(refusal) if refusal.code == LinkSpent.code() => spent(shell),
        other => Err(other),
    }
}
