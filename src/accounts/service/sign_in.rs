//! Signing in, and how often is too often.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::password::{is_trusted, replace_reset_in};
use super::{super::db, sign_in_browser_in};
use crate::accounts::domain::{Email, Failures, SignInRefused, is_short_for_trusted};
use crate::accounts::{Browser, Passwords, SignedIn};
use crate::config::Limits;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::secret;

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

/// An account on the way into it.
struct Attempt {
    user: UserId,
    hash: String,
}

/// A try as it is counted for an address, whether it has an account or not.
struct Counted {
    key: String,
    before: Failures,
    after: Failures,
}

/// What came of a right password.
#[derive(Debug)]
pub enum Entrance {
    /// The browser is signed in.
    Open(SignedIn),
    /// The password is too short for what its user may do by now. They are not signed in: this is the token of a link
    /// with which they choose another one.
    NewPassword(String),
}

/// Signs a browser in with address and password. Whether an address is unknown, its password wrong or its account
/// delayed, an attacker sees the same for all addresses (ASVS 6.3.8).
pub async fn sign_in(
    pool: &PgPool,
    passwords: &Passwords,
    limits: &Limits,
    (email, password): (&str, &str),
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<Entrance> {
    let ip = browser.origin.ip.as_deref();
    allow_sign_in(pool, limits, browser, now).await?;

    let (attempt, counted) = match Email::parse(email) {
        Ok(email) => begin_attempt(pool, &email, browser, now).await?,
        Err(_) => (None, None),
    };
    let hash = attempt.as_ref().map(|attempt| attempt.hash.as_str());
    let is_right = passwords.verify(password, hash).await?;
    let Some(Attempt { user, hash }) = attempt.filter(|_| is_right) else {
        tracing::warn!(ip, "a sign-in failed");
        return Err(SignInRefused::NoMatch.into());
    };
    let new_hash =
        if Passwords::is_outdated(&hash) { passwords.hash(password).await? } else { hash.clone() };

    let mut tx = pool.begin().await?;
    if !db::update_signed_in(&mut tx, user, &hash, &new_hash).await? {
        return Err(SignInRefused::NoMatch.into());
    }
    if let Some(Counted { key, before, after }) = counted {
        db::return_failure(&mut tx, &key, before, after).await?;
    }
    // The account is locked: whoever changes its roles ends the session that is made here.
    if is_short_for_trusted(password) && is_trusted(&mut tx, user).await? {
        let token = replace_reset_in(&mut tx, user, now).await?;
        tx.commit().await?;
        tracing::info!(%user, ip, "a password has become too short");
        return Ok(Entrance::NewPassword(token));
    }
    let signed_in = sign_in_browser_in(&mut tx, user, now, browser).await?;
    tx.commit().await?;
    tracing::info!(%user, ip, "signed in");
    Ok(Entrance::Open(signed_in))
}

/// Counts one of the tries that a browser's address, or network, has to sign in or to make an account: whatever has a
/// password hashed.
pub async fn allow_sign_in(
    pool: &PgPool,
    limits: &Limits,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<()> {
    let (burst, per_minute) = (limits.sign_in_burst, f64::from(limits.sign_in_per_minute));
    allow(pool, "sign_in", &browser.network, burst, per_minute, now).await
}

/// Refuses while the address is delayed, and counts the try as failed until it has succeeded: so guesses that are
/// sent at once are counted too. The same is asked and written for an address that nobody signs in with.
async fn begin_attempt(
    pool: &PgPool,
    email: &Email,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<(Option<Attempt>, Option<Counted>)> {
    let key = failures_key(email.as_str());
    let mut tx = pool.begin().await?;
    let before = db::lock_failures(&mut tx, &key, now).await?;
    let account = db::find_account_of(&mut *tx, email.as_str()).await?;
    let is_known = match &browser.device {
        Some(device) => {
            let token_hash = secret::sha256(&[device.as_bytes()]);
            db::is_known_device_of(&mut *tx, &token_hash, email.as_str()).await?
        }
        None => false,
    };
    if !is_known {
        refuse_delayed(before.delay(), now).inspect_err(|_| {
            let user = account.as_ref().map(|account| account.id.to_string());
            tracing::warn!(user, ip = browser.origin.ip, "a sign-in was delayed");
        })?;
    }
    let after = before.and_one(now);
    db::update_failures(&mut tx, &key, after).await?;
    tx.commit().await?;
    let attempt = account.map(|account| Attempt { user: account.id, hash: account.password_hash });
    Ok((attempt, Some(Counted { key, before, after })))
}

/// Forgets the failed sign-ins of an address, whose owner has shown who they are in another way.
pub(super) async fn forget_failures_in(tx: &mut PgConnection, email: &str) -> Result<()> {
    Ok(db::delete_failures(tx, &failures_key(email)).await?)
}

/// No address is written down that nobody signs in with.
fn failures_key(email: &str) -> String {
    secret::hex(&secret::sha256(&[email.as_bytes()]))
}

fn refuse_delayed(after: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    match after {
        Some(after) if after > now => {
            let seconds = ((after - now).num_milliseconds() + 999) / 1000;
            Err(SignInRefused::Delayed(seconds).into())
        }
        _ => Ok(()),
    }
}
