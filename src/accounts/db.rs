//! Every SQL statement about accounts.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};

use super::domain::Lifetime;
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
