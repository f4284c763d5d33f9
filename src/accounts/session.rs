//! Who sends a request: the extractor of everybody who is signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};

use super::{db, domain::SEEN_EVERY};
use crate::AppState;
use crate::actor::Origin;
use crate::error::{Error, Result};
use crate::ids::{SessionId, UserId};
use crate::secret;
use crate::web::cookie;

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
        state.limits.check_session(session.id)?;
        if at - session.last_seen_at >= SEEN_EVERY {
            db::update_session_seen(&state.pool, session.id, at).await?;
        }
        tracing::Span::current().record("user", tracing::field::display(session.user_id));
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
}
