//! Signing in, and how often is too often.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{super::db, sign_in_browser_in};
use crate::accounts::domain::{Email, SignInRefused, delay_until};
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

/// Signs a browser in with address and password. Whether an address is unknown, its password wrong or its account
/// delayed, an attacker sees the same for all addresses (ASVS 6.3.8).
pub async fn sign_in(
    pool: &PgPool,
    passwords: &Passwords,
    limits: &Limits,
    (email, password): (&str, &str),
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<SignedIn> {
    let ip = browser.origin.ip.as_deref();
    let (burst, per_minute) = (limits.sign_in_burst, f64::from(limits.sign_in_per_minute));
    allow(pool, "sign_in", &browser.network, burst, per_minute, now).await?;

    let attempt = match Email::parse(email) {
        Ok(email) => begin_attempt(pool, &email, browser, now).await?,
        Err(_) => None,
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
    let signed_in = sign_in_browser_in(&mut tx, user, now, browser).await?;
    tx.commit().await?;
    tracing::info!(%user, ip, "signed in");
    Ok(signed_in)
}

/// Refuses while the account is delayed, and counts the try as failed until it has succeeded: so guesses that are
/// sent at once are counted too. An address that nobody signs in with is counted in the same way.
async fn begin_attempt(
    pool: &PgPool,
    email: &Email,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<Option<Attempt>> {
    let mut tx = pool.begin().await?;
    let Some(account) = db::lock_account_of(&mut tx, email.as_str()).await? else {
        let key: String = secret::sha256(&[email.as_str().as_bytes()])
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let (failures, last) = db::lock_unknown(&mut tx, &key, now).await?;
        refuse_delayed(delay_until(failures, last), now)?;
        db::update_unknown(&mut tx, &key, failures.saturating_add(1), now).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let is_known = match &browser.device {
        Some(device) => {
            let token_hash = secret::sha256(&[device.as_bytes()]);
            db::is_known_device(&mut *tx, &token_hash, account.id).await?
        }
        None => false,
    };
    if !is_known {
        refuse_delayed(account.sign_in_after, now).inspect_err(|_| {
            tracing::warn!(user = %account.id, ip = browser.origin.ip, "a sign-in was delayed");
        })?;
    }
    let failures = account.failed_sign_ins.saturating_add(1);
    db::update_failures(&mut tx, account.id, failures, delay_until(failures, now)).await?;
    tx.commit().await?;
    Ok(Some(Attempt { user: account.id, hash: account.password_hash }))
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
