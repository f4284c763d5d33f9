//! What a person may do with accounts.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{Email, EmailTaken, Lifetime, PersonName};
use super::session::{Browser, CurrentUser, SignedIn};
use crate::actor::Origin;
use crate::error::{Error, OnConstraint, Result};
use crate::ids::{SessionId, UserId};
use crate::secret;

mod password;
mod sign_in;

pub use password::{
    change_password, create_reset_in, end_resets_in, find_reset, is_trusted, reset_password,
};
pub use sign_in::{Entrance, allow, allow_sign_in, sign_in};

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

/// Signs in the browser that asks: its earlier session ends in the same transaction, and it is a known one from
/// now on.
pub async fn sign_in_browser_in(
    tx: &mut PgConnection,
    user: UserId,
    at: DateTime<Utc>,
    browser: &Browser,
) -> Result<SignedIn> {
    if let Some(old) = &browser.session {
        db::delete_session_of(tx, &secret::sha256(&[old.as_bytes()])).await?;
    }
    let session = open_session_in(tx, user, at, &browser.origin, &browser.user_agent).await?;
    let known = match &browser.device {
        Some(device) => {
            let token_hash = secret::sha256(&[device.as_bytes()]);
            db::is_known_device(&mut *tx, &token_hash, user).await?.then(|| device.clone())
        }
        None => None,
    };
    let device = known.unwrap_or_else(secret::token);
    db::insert_known_device(tx, &secret::sha256(&[device.as_bytes()]), user, at).await?;
    Ok(SignedIn { session, device })
}

/// Gives a session that stays a new token, as after every change of what it may do (RELIABILITY R12).
pub async fn rotate_session_in(
    tx: &mut PgConnection,
    user: UserId,
    session: SessionId,
    at: DateTime<Utc>,
    origin: &Origin,
) -> Result<String> {
    let user_agent = db::delete_session(tx, user, session).await?.ok_or(Error::SignInRequired)?;
    open_session_in(tx, user, at, origin, &user_agent).await
}

/// Ends the sessions of a user, all but one if one is to stay. Answers how many ended. One that is being opened at this
/// moment, by the roles or the password of before, is waited for and ends too.
pub async fn end_sessions_in(
    tx: &mut PgConnection,
    user: UserId,
    except: Option<SessionId>,
) -> Result<u64> {
    db::lock_account(tx, user).await?;
    Ok(db::delete_sessions(tx, user, except).await?)
}

/// Signs this browser out.
pub async fn sign_out(pool: &PgPool, browser: &Browser) -> Result<()> {
    if let Some(token) = &browser.session {
        let mut tx = pool.begin().await?;
        db::delete_session_of(&mut tx, &secret::sha256(&[token.as_bytes()])).await?;
        tx.commit().await?;
        tracing::info!(ip = browser.origin.ip, "signed out");
    }
    Ok(())
}

/// Ends one session of a user's own.
pub async fn end_session(pool: &PgPool, user: &CurrentUser, session: SessionId) -> Result<()> {
    let mut tx = pool.begin().await?;
    db::delete_session(&mut tx, user.id, session).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(())
}

/// Ends every session of a user but the one that asks.
pub async fn end_other_sessions(pool: &PgPool, user: &CurrentUser) -> Result<u64> {
    let mut tx = pool.begin().await?;
    let ended = end_sessions_in(&mut tx, user.id, Some(user.session)).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Changes the name of an account. The same name sent twice is saved once.
pub async fn rename(
    pool: &PgPool,
    user: &CurrentUser,
    version: i32,
    name: &PersonName,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    if !db::update_name(&mut tx, user.id, version, name.as_str()).await?
        && user.name != name.as_str()
    {
        return Err(Error::Stale);
    }
    tx.commit().await?;
    Ok(())
}

/// The user who signs in with an address, if any.
pub async fn find_user_of(db: impl sqlx::PgExecutor<'_>, email: &Email) -> Result<Option<UserId>> {
    Ok(db::find_user_of(db, email.as_str()).await?)
}

/// Whether anybody has an account: Trellis is set up then.
pub async fn is_anybody(db: impl sqlx::PgExecutor<'_>) -> Result<bool> {
    Ok(db::is_anybody(db).await?)
}

/// Forgets sessions, links and counters that have ended.
pub async fn forget_ended(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    Ok(db::delete_ended(pool, now).await?)
}
