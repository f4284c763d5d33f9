//! Who sends a request: the extractor of everybody who is signed in.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::db::{self, SessionRow};
use super::domain::{Lifetime, SEEN_EVERY};
use crate::AppState;
use crate::actor::Origin;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{SessionId, UserId};
use crate::secret;
use crate::web::security::limit_key;
use crate::web::{Unnamed, cookie, set_cookie};

/// A user who is signed in. A handler that takes one is closed to everybody else.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    /// The account.
    pub id: UserId,
    /// The browser's session.
    pub session: SessionId,
    /// The account's name.
    pub name: String,
    /// The address that the account signs in with.
    pub email: String,
    /// The time of the request.
    pub at: DateTime<Utc>,
    /// Where the request came from.
    pub origin: Origin,
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        if let Some(user) = parts.extensions.get::<Self>() {
            return Ok(user.clone());
        }
        let token =
            cookie(&parts.headers, state.config.session_cookie()).ok_or(Error::SignInRequired)?;
        let token_hash = secret::sha256(&[token.as_bytes()]);
        let at = state.clock.now();
        let session =
            db::find_session(&state.pool, &token_hash, at).await?.ok_or(Error::SignInRequired)?;
        Self::noted(parts, state, session, at).await
    }
}

impl CurrentUser {
    /// The user of a session that was found: counts the request, and notes that the session is in use.
    pub async fn noted(
        parts: &mut Parts,
        state: &AppState,
        session: SessionRow,
        at: DateTime<Utc>,
    ) -> Result<Self> {
        Self::note(parts, state, (session.id, session.user_id, session.last_seen_at), at).await?;
        let user = Self {
            id: session.user_id,
            session: session.id,
            name: session.name,
            email: session.email,
            at,
            origin: parts.extensions.get::<Origin>().cloned().unwrap_or_default(),
        };
        parts.extensions.insert(user.clone());
        Ok(user)
    }

    /// Counts a request of a session of a user, last seen at a time, and notes that the session is in use.
    pub async fn note(
        parts: &Parts,
        state: &AppState,
        (session, user, last_seen_at): (SessionId, UserId, DateTime<Utc>),
        at: DateTime<Utc>,
    ) -> Result<()> {
        state.limits.check_session(session)?;
        // What a page asks for by itself is no use: an unattended browser is signed out in time.
        let is_by_itself =
            parts.headers.contains_key("live") || parts.uri.path().ends_with("/presence");
        if !is_by_itself && at - last_seen_at >= SEEN_EVERY {
            db::update_session_seen(&state.pool, session, at).await?;
        }
        if parts.extensions.get::<Unnamed>().is_none() {
            tracing::Span::current().record("user", tracing::field::display(user));
        }
        Ok(())
    }
}

impl OptionalFromRequestParts<AppState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>> {
        match <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await {
            Ok(user) => Ok(Some(user)),
            Err(Error::SignInRequired) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The browser that sends a request, signed in or not.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The token of its session, which may have ended.
    pub session: Option<String>,
    /// The token by which it is known as one where somebody has signed in before.
    pub device: Option<String>,
    /// What it calls itself.
    pub user_agent: String,
    /// Where the request came from.
    pub origin: Origin,
    /// Under which name its tries are counted: its address, or its network.
    pub network: String,
}

impl FromRequestParts<AppState> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
        let user_agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            session: cookie(&parts.headers, state.config.session_cookie()),
            device: cookie(&parts.headers, state.config.device_cookie()),
            user_agent: user_agent.unwrap_or_default().to_owned(),
            network: limit_key(origin.ip.as_deref()),
            origin,
        })
    }
}

/// The tokens that a browser gets when it is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Of its session.
    pub session: String,
    /// By which it is known again.
    pub device: String,
}

/// A browser is known for a year after its last sign-in.
const DEVICE_SECONDS: i64 = 365 * 24 * 3600;

impl SignedIn {
    /// The answer with both cookies.
    pub fn with_cookies(&self, mut response: Response, config: &Config) -> Response {
        set_cookie(&mut response, config, config.device_cookie(), &self.device, DEVICE_SECONDS);
        with_session(response, config, &self.session)
    }
}

/// The answer with the cookie of a session. The browser keeps it as long as the longest session lives; whether it
/// still does is known here alone.
pub fn with_session(mut response: Response, config: &Config, token: &str) -> Response {
    let seconds = Lifetime::of(false).absolute.num_seconds();
    set_cookie(&mut response, config, config.session_cookie(), token, seconds);
    response
}
