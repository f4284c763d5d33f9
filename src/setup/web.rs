//! The page behind the setup link.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::service::{self, NewSetup, Start};
use crate::AppState;
use crate::accounts::link::{Link, without_referrer};
use crate::accounts::{BadPassword, Browser, Email, LinkSpent, PASSWORD_MIN_TRUSTED, PersonName};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::organizations::{CommonPurpose, OrganizationName};
use crate::rule::Rule;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Path, Routes, Who, flash, page, refused};

/// The addresses of setup.
pub fn routes() -> Routes {
    Routes::new()
        .get("/setup/{token}", Who::LinkHolder, open)
        .get("/setup", Who::LinkHolder, show)
        .post("/setup", Who::LinkHolder, set_up)
}

// GET /setup/{token}

async fn open(State(config): State<Arc<Config>>, Path(token): Path<String>) -> Response {
    Link::Setup.keep(&config, &token)
}

// GET /setup, POST /setup

#[derive(Template)]
#[template(path = "setup/new.html")]
struct SetupPage {
    shell: Shell,
    form: SetupForm,
    errors: FormErrors,
}

impl SetupPage {
    fn is_demo(&self) -> bool {
        self.form.start == "demo"
    }
}

/// For whoever comes without a link that works.
#[derive(Template)]
#[template(path = "setup/closed.html")]
struct ClosedPage {
    shell: Shell,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SetupForm {
    name: String,
    email: String,
    password: String,
    start: String,
    organization: String,
    common_purpose: String,
}

impl SetupForm {
    fn check(&self, errors: &mut FormErrors) -> Option<NewSetup> {
        let name = errors.check("name", PersonName::parse(&self.name));
        let email = errors.check("email", Email::parse(&self.email));
        if self.password.chars().count() < PASSWORD_MIN_TRUSTED {
            errors.refuse("password", &BadPassword::TooShort(PASSWORD_MIN_TRUSTED));
        }
        let start = if self.start == "demo" {
            Some(Start::Demo)
        } else {
            let name = errors.check("organization", OrganizationName::parse(&self.organization));
            let purpose =
                errors.check("common_purpose", CommonPurpose::parse(&self.common_purpose));
            name.zip(purpose).map(|(name, common_purpose)| Start::Own { name, common_purpose })
        };
        let ((name, email), start) = name.zip(email).zip(start)?;
        let password = self.password.clone();
        errors.is_empty().then_some(NewSetup { name, email, password, start })
    }
}

async fn find_token(state: &AppState, headers: &HeaderMap) -> Result<String> {
    let token = Link::Setup.token(&state.config, headers)?;
    service::check_link(&state.pool, &token).await?;
    Ok(token)
}

async fn show(State(state): State<AppState>, shell: Shell, headers: HeaderMap) -> Result<Response> {
    if let Err(error) = find_token(&state, &headers).await {
        return otherwise_closed(error, shell);
    }
    page(&SetupPage { shell, form: SetupForm::default(), errors: FormErrors::default() })
        .map(without_referrer)
}

async fn set_up(
    State(state): State<AppState>,
    browser: Browser,
    shell: Shell,
    headers: HeaderMap,
    Form(form): Form<SetupForm>,
) -> Result<Response> {
    let token = match find_token(&state, &headers).await {
        Ok(token) => token,
        Err(error) => return otherwise_closed(error, shell),
    };
    let mut errors = FormErrors::default();
    if let Some(setup) = form.check(&mut errors) {
        let AppState { pool, passwords, clock, config, .. } = &state;
        match service::set_up(pool, passwords, &token, &setup, &browser, clock.now()).await {
            Ok(done) => {
                let to = flash::redirect(&format!("/o/{}", done.slug), "Trellis is set up.");
                let response = done.signed_in.with_cookies(to, config);
                return Ok(without_referrer(Link::Setup.forget(response, config)));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    if errors.code() == Some(LinkSpent.code()) {
        return closed(shell);
    }
    refused(&errors.clone(), &SetupPage { shell, form, errors }).map(without_referrer)
}

fn closed(shell: Shell) -> Result<Response> {
    let html = Html(ClosedPage { shell }.render()?);
    Ok(without_referrer((StatusCode::NOT_FOUND, html).into_response()))
}

fn otherwise_closed(error: Error, shell: Shell) -> Result<Response> {
    match error {
        Error::Refused(refusal) if refusal.code == LinkSpent.code() => closed(shell),
        other => Err(other),
    }
}
