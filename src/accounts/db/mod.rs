//! Every SQL statement about accounts.

mod belongings;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};

pub use belongings::{Belonging, list_belongings};

use super::domain::{Failures, Lifetime};
use super::service::NewUser;
use crate::ids::{SessionId, UserId};

/// The session of a browser, with its user.
pub struct SessionRow {
    pub id: SessionId,
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    pub last_seen_at: DateTime<Utc>,
}

/// Finds a session that has not ended at `now`.
pub async fn find_session(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        r#"
        select s.id          as "id: SessionId",
               s.user_id     as "user_id: UserId",
               u.name,
               u.email,
               s.last_seen_at
        from session s
        join user_account u on u.id = s.user_id
        where s.token_hash = $1
          and s.expires_at > $2
          and s.last_seen_at + make_interval(secs => s.idle_seconds) > $2
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Notes that a session is in use.
pub async fn update_session_seen(
    db: impl PgExecutor<'_>,
    id: SessionId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("update session set last_seen_at = $2 where id = $1", id.0, now)
        .execute(db)
        .await?;
    Ok(())
}

/// Adds a user.
pub async fn insert_user(
    tx: &mut PgConnection,
    id: UserId,
    user: &NewUser,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into user_account (id, email, name, password_hash, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        user.email.as_str(),
        user.name.as_str(),
        user.password_hash,
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a user is admin of any organization.
pub async fn is_admin_somewhere(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from member where user_id = $1 and 'admin' = any (roles) and deactivated_at is null) as "is_admin!""#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// Adds a session.
pub async fn insert_session(
    tx: &mut PgConnection,
    user: UserId,
    token_hash: &[u8],
    lifetime: Lifetime,
    at: DateTime<Utc>,
    ip: &str,
    user_agent: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into session (id, token_hash, user_id, created_at, last_seen_at, expires_at, idle_seconds, ip, user_agent)
        values ($1, $2, $3, $4, $4, $5, $6, $7, left($8, 300))
        "#,
        SessionId::new().0,
        token_hash,
        user.0,
        at,
        at + lifetime.absolute,
        i32::try_from(lifetime.idle.num_seconds()).unwrap_or(i32::MAX),
        ip,
        user_agent,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes what has ended for a day.
pub async fn delete_ended(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<()> {
    let before = now - chrono::TimeDelta::days(1);
    sqlx::query!("delete from session where expires_at < $1", before).execute(pool).await?;
    sqlx::query!("delete from password_reset where expires_at < $1", before).execute(pool).await?;
    sqlx::query!("delete from rate_limit where at < $1", before).execute(pool).await?;
    Ok(())
}

/// An account with what signing in needs.
pub struct AccountRow {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub version: i32,
}

/// Whether anybody has an account.
pub async fn is_anybody(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from user_account) as "is_anybody!""#)
        .fetch_one(db)
        .await
}

/// Finds an account.
pub async fn find_account(
    db: impl PgExecutor<'_>,
    user: UserId,
) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"
        select id as "id: UserId", email, name, password_hash, version
        from user_account
        where id = $1
        "#,
        user.0,
    )
    .fetch_optional(db)
    .await
}

/// Locks an account.
pub async fn lock_account(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("select id from user_account where id = $1 for no key update", user.0)
        .fetch_optional(tx)
        .await?;
    Ok(())
}

/// Finds the account with an address.
pub async fn find_account_of(
    db: impl PgExecutor<'_>,
    email: &str,
) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"
        select id as "id: UserId", email, name, password_hash, version
        from user_account
        where email = $1
        "#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// Finds the account that signs in with an address.
pub async fn find_user_of(db: impl PgExecutor<'_>, email: &str) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(r#"select id as "id: UserId" from user_account where email = $1"#, email)
        .fetch_optional(db)
        .await
}

/// Locks the account of somebody who signs in and keeps a new hash of the same password, unless the password has
/// changed since it was checked.
pub async fn update_signed_in(
    tx: &mut PgConnection,
    user: UserId,
    checked_hash: &str,
    new_hash: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update user_account set password_hash = $3
        where id = $1 and password_hash = $2
        "#,
        user.0,
        checked_hash,
        new_hash,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks the failed sign-ins of an address, by its key; those who guess at once wait here for one another.
pub async fn lock_failures(
    tx: &mut PgConnection,
    key: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Failures> {
    sqlx::query_as!(
        Failures,
        r#"
        insert into rate_limit (scope, key, tokens, at) values ('sign_in_failures', $1, 0, $2)
        on conflict (scope, key) do update set key = excluded.key
        returning tokens as count, at as last
        "#,
        key,
        now,
    )
    .fetch_one(tx)
    .await
}

/// Counts a sign-in as failed until it has succeeded.
pub async fn update_failures(
    tx: &mut PgConnection,
    key: &str,
    failures: Failures,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update rate_limit set tokens = $2, at = $3 where scope = 'sign_in_failures' and key = $1",
        key,
        failures.count,
        failures.last,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes one failure back that turned out to be none. If nothing came in between, the count is what it was, to the
/// moment: whoever guesses cannot see that somebody signed in.
pub async fn return_failure(
    tx: &mut PgConnection,
    key: &str,
    before: Failures,
    counted: Failures,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update rate_limit
        set tokens = case when at = $4 and tokens = $5 then $2 else greatest(0, tokens - 1) end,
            at     = case when at = $4 and tokens = $5 then $3 else at end
        where scope = 'sign_in_failures' and key = $1
        "#,
        key,
        before.count,
        before.last,
        counted.last,
        counted.count,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets the failed sign-ins of an address.
pub async fn delete_failures(tx: &mut PgConnection, key: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from rate_limit where scope = 'sign_in_failures' and key = $1", key)
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a token out of a bucket, which is made full at its first use. Answers nothing when one was taken, and how
/// many tokens the bucket held when there was not a whole one.
pub async fn take_token(
    db: impl PgExecutor<'_>,
    scope: &str,
    key: &str,
    burst: f64,
    per_minute: f64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<f64>> {
    let row = sqlx::query!(
        r#"
        with taken as (
            insert into rate_limit as b (scope, key, tokens, at) values ($1, $2, $3::float8 - 1, $5)
            on conflict (scope, key) do update
            set tokens = least($3::float8, b.tokens + greatest(0, extract(epoch from ($5 - b.at))::float8) * $4::float8 / 60) - 1,
                at     = greatest(b.at, $5)
            where least($3::float8, b.tokens + greatest(0, extract(epoch from ($5 - b.at))::float8) * $4::float8 / 60) >= 1
            returning key
        )
        select exists (select from taken) as "is_taken!",
               coalesce((select b.tokens + greatest(0, extract(epoch from ($5 - b.at))::float8) * $4::float8 / 60
                         from rate_limit b where b.scope = $1 and b.key = $2), 0) as "held!"
        "#,
        scope,
        key,
        burst,
        per_minute,
        now,
    )
    .fetch_one(db)
    .await?;
    Ok((!row.is_taken).then_some(row.held))
}

/// Whether the user of an address has signed in from a browser before. Asked in the same way for an address without
/// an account.
pub async fn is_known_device_of(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    email: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from known_device d join user_account u on u.id = d.user_id
                       where d.token_hash = $1 and u.email = $2) as "is_known!"
        "#,
        token_hash,
        email,
    )
    .fetch_one(db)
    .await
}

/// Whether a user has signed in from a browser before.
pub async fn is_known_device(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    user: UserId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from known_device where token_hash = $1 and user_id = $2) as "is_known!""#,
        token_hash,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// Remembers a browser of a user.
pub async fn insert_known_device(
    tx: &mut PgConnection,
    token_hash: &[u8],
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into known_device (token_hash, user_id, seen_at) values ($1, $2, $3)
        on conflict (token_hash) do update set seen_at = excluded.seen_at
        "#,
        token_hash,
        user.0,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets the browsers of a user.
pub async fn delete_known_devices(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from known_device where user_id = $1", user.0).execute(tx).await?;
    Ok(())
}

/// Deletes the session of a token.
pub async fn delete_session_of(tx: &mut PgConnection, token_hash: &[u8]) -> sqlx::Result<()> {
    sqlx::query!("delete from session where token_hash = $1", token_hash).execute(tx).await?;
    Ok(())
}

/// Deletes one session of a user and answers what it called its browser.
pub async fn delete_session(
    tx: &mut PgConnection,
    user: UserId,
    session: SessionId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "delete from session where id = $1 and user_id = $2 returning user_agent",
        session.0,
        user.0,
    )
    .fetch_optional(tx)
    .await
}

/// Deletes the sessions of a user, all but one if one is to stay.
pub async fn delete_sessions(
    tx: &mut PgConnection,
    user: UserId,
    except: Option<SessionId>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from session where user_id = $1 and id is distinct from $2",
        user.0,
        except.map(|session| session.0),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// A browser that is signed in, as its user sees it.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub id: SessionId,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub ip: String,
    pub user_agent: String,
}

/// The browsers where a user is signed in, the one used last first.
pub async fn list_sessions(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<OpenSession>> {
    sqlx::query_as!(
        OpenSession,
        r#"
        select id as "id: SessionId", created_at, last_seen_at, ip, user_agent
        from session
        where user_id = $1
          and expires_at > $2
          and last_seen_at + make_interval(secs => idle_seconds) > $2
        order by last_seen_at desc, id desc
        "#,
        user.0,
        now,
    )
    .fetch_all(db)
    .await
}

/// Changes the name of an account, unless another change came first.
pub async fn update_name(
    tx: &mut PgConnection,
    user: UserId,
    version: i32,
    name: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update user_account set name = $3, version = version + 1 where id = $1 and version = $2",
        user.0,
        version,
        name,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an account a new password, in the place of the one that was checked, and ends its reset links.
pub async fn update_password(
    tx: &mut PgConnection,
    user: UserId,
    checked_hash: Option<&str>,
    new_hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update user_account
        set password_hash = $3
        where id = $1 and ($2::text is null or password_hash = $2)
        "#,
        user.0,
        checked_hash,
        new_hash,
    )
    .execute(&mut *tx)
    .await?;
    update_resets_spent(tx, user, now).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the reset links of an account.
pub async fn update_resets_spent(
    tx: &mut PgConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update password_reset set used_at = $2 where user_id = $1 and used_at is null",
        user.0,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds a link with which a user chooses a new password.
pub async fn insert_reset(
    tx: &mut PgConnection,
    token_hash: &[u8],
    user: UserId,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into password_reset (token_hash, user_id, expires_at) values ($1, $2, $3)",
        token_hash,
        user.0,
        expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Finds whose password a link resets, while it does.
pub async fn find_reset(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"
        select user_id as "user_id: UserId" from password_reset
        where token_hash = $1 and used_at is null and expires_at > $2
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Uses up a reset link: of two who try, one gets the user.
pub async fn consume_reset(
    tx: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"
        update password_reset set used_at = $2
        where token_hash = $1 and used_at is null and expires_at > $2
        returning user_id as "user_id: UserId"
        "#,
        token_hash,
        now,
    )
    .fetch_optional(tx)
    .await
}

/// How many organizations a user belongs to.
pub async fn count_belongings(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "n!" from member where user_id = $1"#, user.0,)
        .fetch_one(db)
        .await
}
