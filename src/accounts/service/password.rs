//! Changing a password, and resetting one by a link.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::sign_in::forget_failures_in;
use super::{super::db, allow, end_sessions_in, rotate_session_in};
use crate::accounts::db::Belonging;
use crate::accounts::domain::{
    BelongsElsewhere, LinkSpent, RESET_LIFETIME, WrongPassword, check_password_of,
};
use crate::accounts::{CurrentUser, Passwords};
use crate::actor::Roles;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::secret;

/// Tries of the current password in a burst, and per minute after that.
const TRIES: (u32, f64) = (5, 5.0);

/// Refuses a password that is too short for what its user may do, or easy to guess.
async fn check_new_password(pool: &PgPool, user: UserId, password: &str) -> Result<()> {
    let account = db::find_account(pool, user).await?.ok_or(Error::NotFound)?;
    let organizations = db::list_belongings(pool, user).await?;
    let is_trusted = are_trusted(&organizations)?;
    let names = organizations.iter().map(|it| it.name.as_str()).chain([account.name.as_str()]);
    check_password_of(password, is_trusted, &account.email, names)?;
    Ok(())
}

/// Whether a user can change what others see, in any organization.
pub async fn is_trusted(tx: &mut PgConnection, user: UserId) -> Result<bool> {
    are_trusted(&db::list_belongings(tx, user).await?)
}

fn are_trusted(organizations: &[Belonging]) -> Result<bool> {
    for it in organizations {
        if Roles::parse(&it.roles)?.may_design() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Changes the password of a user who knows the current one. Every other session ends, and this one gets the token
/// that is answered.
pub async fn change_password(
    pool: &PgPool,
    passwords: &Passwords,
    user: &CurrentUser,
    (current, new): (&str, &str),
) -> Result<String> {
    allow(pool, "password", &user.id.to_string(), TRIES.0, TRIES.1, user.at).await?;
    let account = db::find_account(pool, user.id).await?.ok_or(Error::SignInRequired)?;
    if !passwords.verify(current, Some(&account.password_hash)).await? {
        tracing::warn!(user = %user.id, ip = user.origin.ip, "a password change failed");
        return Err(WrongPassword.into());
    }
    check_new_password(pool, user.id, new).await?;
    let new_hash = passwords.hash(new).await?;

    let mut tx = pool.begin().await?;
    let checked = Some(account.password_hash.as_str());
    if !db::update_password(&mut tx, user.id, checked, &new_hash, user.at).await? {
        return Err(Error::Stale);
    }
    end_sessions_in(&mut tx, user.id, Some(user.session)).await?;
    let token = rotate_session_in(&mut tx, user.id, user.session, user.at, &user.origin).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, ip = user.origin.ip, "password changed");
    Ok(token)
}

/// Makes a link with which a user chooses a new password, and answers its token, which is kept nowhere else. Older
/// links end. Only for a user of one organization: no admin opens the door of another one.
pub async fn create_reset_in(
    tx: &mut PgConnection,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<String> {
    db::lock_account(tx, user).await?;
    if db::count_belongings(&mut *tx, user).await? != 1 {
        return Err(BelongsElsewhere.into());
    }
    replace_reset_in(tx, user, at).await
}

/// Makes the link of an account that is locked; older ones end.
pub(super) async fn replace_reset_in(
    tx: &mut PgConnection,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<String> {
    let token = secret::token();
    db::update_resets_spent(tx, user, at).await?;
    db::insert_reset(tx, &secret::sha256(&[token.as_bytes()]), user, at + RESET_LIFETIME).await?;
    Ok(token)
}

/// Ends the reset links of a user who joins another organization, so that no link of the first one's admin opens it.
pub async fn end_resets_in(tx: &mut PgConnection, user: UserId, at: DateTime<Utc>) -> Result<()> {
    db::lock_account(tx, user).await?;
    Ok(db::update_resets_spent(tx, user, at).await?)
}

/// The address of the account whose password a link resets.
pub async fn find_reset(pool: &PgPool, token: &str, now: DateTime<Utc>) -> Result<String> {
    let user =
        db::find_reset(pool, &secret::sha256(&[token.as_bytes()]), now).await?.ok_or(LinkSpent)?;
    Ok(db::find_account(pool, user).await?.ok_or(LinkSpent)?.email)
}

/// Chooses a new password by a link, once. All sessions of the user end, and the delay after wrong passwords: no browser
/// is a known one any more.
pub async fn reset_password(
    pool: &PgPool,
    passwords: &Passwords,
    token: &str,
    password: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let token_hash = secret::sha256(&[token.as_bytes()]);
    let user = db::find_reset(pool, &token_hash, now).await?.ok_or(LinkSpent)?;
    check_new_password(pool, user, password).await?;
    let new_hash = passwords.hash(password).await?;

    let mut tx = pool.begin().await?;
    let user = db::consume_reset(&mut tx, &token_hash, now).await?.ok_or(LinkSpent)?;
    let account = db::find_account(&mut *tx, user).await?.ok_or(LinkSpent)?;
    db::update_password(&mut tx, user, None, &new_hash, now).await?;
    forget_failures_in(&mut tx, &account.email).await?;
    end_sessions_in(&mut tx, user, None).await?;
    db::delete_known_devices(&mut tx, user).await?;
    tx.commit().await?;
    tracing::info!(%user, "password reset");
    Ok(())
}
