//! The colours that a visitor chose, and the frame of a page for whoever is not signed in.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::shell::{Shell, Theme};
use super::{Form, Routes, Who, flash, local_path, new_key, theme};
use crate::AppState;
use crate::config::Config;

/// A choice of colours is kept for a year.
const YEAR: i64 = 365 * 24 * 3600;

/// The addresses of preferences.
pub fn routes() -> Routes {
    Routes::new().post("/theme", Who::Anyone, choose_theme)
}

impl FromRequestParts<AppState> for Shell {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self {
            theme: theme(&parts.headers),
            flash: flash::read(&CookieJar::from_headers(&parts.headers)),
            key: new_key(),
            development: state.config.development,
            last: super::cookie(&parts.headers, "org"),
            ..Self::default()
        })
    }
}

// POST /theme

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ThemeForm {
    #[serde(default)]
    theme: String,
    #[serde(default)]
    next: String,
}

async fn choose_theme(
    State(config): State<Arc<Config>>,
    headers: HeaderMap,
    Form(form): Form<ThemeForm>,
) -> Response {
    let from = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let here = from.and_then(|url| url.strip_prefix(&config.public_origin()));
    let next = local_path(&form.next).or(here.and_then(local_path)).unwrap_or("/");
    let (theme, seconds) = Theme::parse(&form.theme).map_or(("", 0), |it| (it.as_str(), YEAR));
    // Not HttpOnly: with a script the switch changes it without a request.
    let cookie = format!("theme={theme}; Path=/; Max-Age={seconds}; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}
