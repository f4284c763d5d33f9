//! Taking an invitation.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::AppState;
use crate::accounts::link::{Link, spent, without_referrer};
use crate::accounts::service::find_user_of;
use crate::accounts::{
    Browser, CurrentUser, Email, EmailTaken, LinkSpent, PersonName, with_session,
};
use crate::actor::Roles;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::organizations::db::HeldInvitation;
use crate::organizations::service::{self, Accepted, Accepting};
use crate::rule::Rule;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET /invitation/{token}

/// Takes the token out of the address; changes nothing.
pub async fn open(State(config): State<Arc<Config>>, Path(token): Path<String>) -> Response {
    Link::Invitation.keep(&config, &token)
}

// GET /invitation, POST /invitation

#[derive(Template)]
#[template(path = "organizations/invitation.html")]
struct InvitationPage {
    shell: Shell,
    held: HeldInvitation,
    name: String,
    way: Way,
    errors: FormErrors,
}

/// How the invitation can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// Nobody has an account with the address: by making one.
    NewAccount,
    /// Somebody has one: by signing in with it.
    SignIn,
    /// It is the account that is signed in: by a button.
    Join,
    /// Another account is signed in.
    OtherAccount(String),
}

impl InvitationPage {
    fn roles(&self) -> String {
        Roles::parse(&self.held.roles).unwrap_or_default().to_string()
    }

    fn general(&self) -> Option<&str> {
        self.errors.general().first().copied()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcceptForm {
    name: String,
    password: String,
}

async fn find(state: &AppState, headers: &HeaderMap) -> Result<HeldInvitation> {
    let token = Link::Invitation.token(&state.config, headers)?;
    service::find_held(&state.pool, &token, state.clock.now()).await
}

async fn way(state: &AppState, held: &HeldInvitation, user: Option<&CurrentUser>) -> Result<Way> {
    let is_taken = find_user_of(&state.pool, &Email::parse(&held.email)?).await?.is_some();
    Ok(match user {
        Some(user) if user.email == held.email => Way::Join,
        Some(user) => Way::OtherAccount(user.email.clone()),
        None if is_taken => Way::SignIn,
        None => Way::NewAccount,
    })
}

/// Shows what the invitation is, and the way to take it.
pub async fn show(
    State(state): State<AppState>,
    user: Option<CurrentUser>,
    shell: Shell,
    headers: HeaderMap,
) -> Result<Response> {
    let held = match find(&state, &headers).await {
        Ok(held) => held,
        Err(error) => return otherwise_spent(error, shell),
    };
    let way = way(&state, &held, user.as_ref()).await?;
    let name = held.member_name.clone();
    page(&InvitationPage { shell, held, name, way, errors: FormErrors::default() })
        .map(without_referrer)
}

/// Takes the invitation.
pub async fn accept(
    State(state): State<AppState>,
    user: Option<CurrentUser>,
    browser: Browser,
    shell: Shell,
    headers: HeaderMap,
    Form(form): Form<AcceptForm>,
) -> Result<Response> {
    let held = match find(&state, &headers).await {
        Ok(held) => held,
        Err(error) => return otherwise_spent(error, shell),
    };
    let mut errors = FormErrors::default();
    let name = match &user {
        None => errors.check("name", PersonName::parse(&form.name)),
        Some(_) => None,
    };
    let who = match (&user, &name) {
        (Some(user), _) => Some(Accepting::User(user)),
        (None, Some(name)) => Some(Accepting::New(name, &form.password, &state.config.limits)),
        (None, None) => None,
    };
    if let Some(who) = who {
        let AppState { pool, passwords, clock, config, .. } = &state;
        match service::accept(pool, passwords, &held, who, &browser, clock.now()).await {
            Ok(accepted) => return Ok(welcome(&accepted, &held, config)),
            Err(error) => errors.absorb(error)?,
        }
    }
    if errors.code() == Some(LinkSpent.code()) {
        return spent(shell);
    }
    let mut way = way(&state, &held, user.as_ref()).await?;
    if errors.code() == Some(EmailTaken.code()) {
        way = Way::SignIn;
    }
    let page = InvitationPage { shell, held, name: form.name, way, errors: errors.clone() };
    refused(&errors, &page).map(without_referrer)
}

fn welcome(accepted: &Accepted, held: &HeldInvitation, config: &Config) -> Response {
    let text = format!("Welcome to {}.", held.organization);
    let to = flash::redirect(&format!("/o/{}", held.slug), &text);
    let response = match accepted {
        Accepted::SignedIn(cookies) => cookies.with_cookies(to, config),
        Accepted::Joined(token) => with_session(to, config, token),
        Accepted::SignInAgain => {
            let text = format!("{text} You may do more now than before: sign in again.");
            flash::redirect(&format!("/sign-in?next=/o/{}", held.slug), &text)
        }
    };
    without_referrer(Link::Invitation.forget(response, config))
}

fn otherwise_spent(error: Error, shell: Shell) -> Result<Response> {
    match error {
        Error::Refused(refusal) if refusal.code == LinkSpent.code() => spent(shell),
        other => Err(other),
    }
}
