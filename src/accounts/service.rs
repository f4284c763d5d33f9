//! What a person may do with accounts.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{Email, EmailTaken, Lifetime, PersonName};
use crate::actor::Origin;
use crate::error::{Error, OnConstraint, Result};
use crate::ids::UserId;
use crate::secret;

/// A user who is about to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The address to sign in with.
    pub email: Email,
    /// The person's name.
    pub name: PersonName,
    /// The hash of the password, made by [`Passwords`](super::Passwords) before the transaction.
    pub password_hash: String,
}

/// Makes an account.
pub async fn create_user_in(
    tx: &mut PgConnection,
    user: &NewUser,
    at: DateTime<Utc>,
) -> Result<UserId> {
    let id = UserId::new();
    db::insert_user(tx, id, user, at).await.on_constraint("user_account_email_key", EmailTaken)?;
    Ok(id)
}

/// Signs a browser in: makes a session and gives its token, which is kept nowhere else.
pub async fn open_session_in(
    tx: &mut PgConnection,
    user: UserId,
    at: DateTime<Utc>,
    origin: &Origin,
    user_agent: &str,
) -> Result<String> {
    let token = secret::token();
    let lifetime = Lifetime::of(db::is_admin_somewhere(&mut *tx, user).await?);
    let ip = origin.ip.as_deref().unwrap_or_default();
    db::insert_session(
        tx,
        user,
        &secret::sha256(&[token.as_bytes()]),
        lifetime,
        at,
        ip,
        user_agent,
    )
    .await?;
    Ok(token)
}

/// Forgets sessions, links and counters that have ended.
pub async fn forget_ended(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    Ok(db::delete_ended(pool, now).await?)
}

/// Takes one of the `burst` tries that `key` has in `scope`; one comes back `per_minute` times a minute. The counters
/// are rows, so that they are right with several instances (RELIABILITY R9).
pub async fn allow(
    pool: &PgPool,
    scope: &str,
    key: &str,
    burst: u32,
    per_minute: f64,
    now: DateTime<Utc>,
) -> Result<()> {
    match db::take_token(pool, scope, key, f64::from(burst), per_minute, now).await? {
        None => Ok(()),
        Some(held) => {
            let seconds = ((1.0 - held).max(0.0) * 60.0 / per_minute).ceil().clamp(1.0, 86_400.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number between 1 and 86,400"
            )]
            let seconds = seconds as u64;
            tracing::warn!(scope, seconds, "too often");
            Err(Error::TooMany(seconds))
        }
    }
}
