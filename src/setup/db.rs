//! Every SQL statement about the link that makes the first admin.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// Replaces the link.
pub async fn replace_link(
    tx: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("delete from setup_link where used_at is null").execute(&mut *tx).await?;
    sqlx::query!(
        "insert into setup_link (token_hash, created_at) values ($1, $2)",
        token_hash,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a link works: it was not used, and nobody has an account.
pub async fn is_open(db: impl PgExecutor<'_>, token_hash: &[u8]) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from setup_link where token_hash = $1 and used_at is null)
               and not exists (select from user_account) as "is_open!"
        "#,
        token_hash,
    )
    .fetch_one(db)
    .await
}

/// Uses up the link: of two who try, one does.
pub async fn consume_link(
    tx: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update setup_link set used_at = $2
        where token_hash = $1 and used_at is null and not exists (select from user_account)
        "#,
        token_hash,
        now,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
