//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::AppState;
use crate::accounts::link::Link;
use crate::accounts::service::Entrance;
use crate::accounts::{Browser, CurrentUser, service};
use crate::config::Config;
use crate::error::Result;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, local_path, page, refused, unset_cookie};

// GET /sign-in, POST /sign-in

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    next: String,
    errors: FormErrors,
}

#[derive(Deserialize)]
pub struct NextQuery {
    #[serde(default)]
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Why somebody with a right password is not in yet.
const TOO_SHORT_BY_NOW: &str = "Leaders and admins need a password of 12 characters or more. Choose a new one, then sign in with it.";

/// Shows the form; sends on who is signed in already.
pub async fn show(
    user: Option<CurrentUser>,
    shell: Shell,
    Query(query): Query<NextQuery>,
) -> Result<Response> {
    let next = local_path(&query.next).unwrap_or("/");
    if user.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let next = next.to_owned();
    page(&SignInPage { shell, email: String::new(), next, errors: FormErrors::default() })
}

/// Signs in.
pub async fn sign_in(
    State(state): State<AppState>,
    browser: Browser,
    shell: Shell,
    Form(form): Form<SignInForm>,
) -> Result<Response> {
    let next = local_path(&form.next).unwrap_or("/");
    let credentials = (form.email.as_str(), form.password.as_str());
    let AppState { pool, config, passwords, clock, .. } = &state;
    let limits = &config.limits;
    match service::sign_in(pool, passwords, limits, credentials, &browser, clock.now()).await {
        Ok(Entrance::Open(signed_in)) => {
            Ok(signed_in.with_cookies(Redirect::to(next).into_response(), config))
        }
        Ok(Entrance::NewPassword(token)) => {
            let to = flash::redirect_bad(Link::Reset.path(), TOO_SHORT_BY_NOW);
            Ok(Link::Reset.give(to, config, &token))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let next = next.to_owned();
            refused(&errors.clone(), &SignInPage { shell, email: form.email, next, errors })
        }
    }
}

// POST /sign-out

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignOutForm {
    #[serde(default)]
    next: String,
}

/// Signs this browser out, and has it forget what it kept of us.
pub async fn sign_out(
    State(pool): State<sqlx::PgPool>,
    State(config): State<Arc<Config>>,
    browser: Browser,
    Form(form): Form<SignOutForm>,
) -> Result<Response> {
    service::sign_out(&pool, &browser).await?;
    let to = match local_path(&form.next) {
        Some(next) => format!(
            "/sign-in?next={}",
            percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC)
        ),
        None => "/sign-in".to_owned(),
    };
    let mut response = Redirect::to(&to).into_response();
    unset_cookie(&mut response, &config, config.session_cookie());
    if form.next.is_empty() {
        // Whoever only changes to another account keeps the link that they are on.
        let everything = HeaderValue::from_static(r#""cache","cookies","storage""#);
        response.headers_mut().insert("clear-site-data", everything);
    }
    Ok(response)
}
