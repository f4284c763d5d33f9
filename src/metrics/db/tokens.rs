//! Tokens with which programs check in.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::{Actor, Tenant};
use crate::ids::{MetricId, MetricTokenId, OrganizationId};

/// A token as the metric's page shows it.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its id.
    pub id: MetricTokenId,
    /// What it is for.
    pub name: String,
    /// Who made it.
    pub by: String,
    /// Whether they have left: then it does nothing any more.
    pub is_orphaned: bool,
    /// Whether they are in the squad no more. The token is the squad's, and holds.
    pub is_from_outside: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The last day on which it was used.
    pub last_used_on: Option<NaiveDate>,
}

/// The tokens of a metric that are not revoked, by name.
pub async fn list_tokens(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: MetricId,
) -> sqlx::Result<Vec<TokenRow>> {
    sqlx::query_as!(
        TokenRow,
        r#"
        select k.id as "id: MetricTokenId", k.name, w.name as by, w.deactivated_at is not null as "is_orphaned!",
               not exists (select from membership x
                           where (x.organization_id, x.team_id, x.member_id) = (k.organization_id, m.team_id, k.created_by)
                             and x.until_at is null) as "is_from_outside!",
               k.created_at, k.last_used_on
        from metric_token k
        join metric m on (m.organization_id, m.id) = (k.organization_id, k.metric_id)
        join member w on (w.organization_id, w.id) = (k.organization_id, k.created_by)
        where k.organization_id = $1 and k.metric_id = $2 and k.revoked_at is null
        order by lower(k.name), k.id
        "#,
        tenant.organization_id().0,
        metric.0,
    )
    .fetch_all(db)
    .await
}

/// How many tokens of a metric are not revoked.
pub async fn count_tokens(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: MetricId,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from metric_token where organization_id = $1 and metric_id = $2 and revoked_at is null"#,
        tenant.organization_id().0,
        metric.0,
    )
    .fetch_one(db)
    .await
}

/// Adds a token.
pub async fn insert_token(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MetricTokenId,
    metric: MetricId,
    name: &str,
    hash: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into metric_token (organization_id, id, metric_id, name, token_hash, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        actor.tenant.organization_id().0,
        id.0,
        metric.0,
        name,
        hash,
        actor.member.0,
        actor.at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Revokes a token of a metric; answers its name, or nothing where there is none that holds.
pub async fn revoke_token(
    tx: &mut PgConnection,
    tenant: Tenant,
    metric: MetricId,
    id: MetricTokenId,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        update metric_token set revoked_at = $4
        where organization_id = $1 and metric_id = $2 and id = $3 and revoked_at is null
        returning name
        "#,
        tenant.organization_id().0,
        metric.0,
        id.0,
        at,
    )
    .fetch_optional(tx)
    .await
}

/// A token that somebody showed.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Whose it is.
    pub organization: OrganizationId,
    /// Which.
    pub id: MetricTokenId,
    /// What it is for.
    pub name: String,
    /// The metric that it checks in to.
    pub metric: MetricId,
}

/// The token of a hash: not one that was revoked, and none whose maker has left. This is what says which organization a
/// call belongs to, so it looks across all of them.
pub async fn find_bearer(db: impl PgExecutor<'_>, hash: &[u8]) -> sqlx::Result<Option<Bearer>> {
    sqlx::query_as!(
        Bearer,
        r#"
        select k.organization_id as "organization: OrganizationId", k.id as "id: MetricTokenId", k.name, k.metric_id as "metric: MetricId"
        from metric_token k
        join member w on (w.organization_id, w.id) = (k.organization_id, k.created_by)
        where k.token_hash = $1 and k.revoked_at is null and w.deactivated_at is null
        "#,
        hash,
    )
    .fetch_optional(db)
    .await
}

/// Looks again, in the transaction, whether a token still holds and its maker is still there, and notes the day of its use. Both stay so
/// until the end: whoever revokes it meanwhile waits, and what they then see is complete.
pub async fn use_token(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MetricTokenId,
    on: NaiveDate,
) -> sqlx::Result<bool> {
    // Before the lock that others share, so that nobody waits for themselves.
    sqlx::query!(
        r#"
        update metric_token set last_used_on = $3
        where organization_id = $1 and id = $2 and revoked_at is null and last_used_on is distinct from $3
        "#,
        tenant.organization_id().0,
        id.0,
        on,
    )
    .execute(&mut *tx)
    .await?;
    let held = sqlx::query_scalar!(
        r#"
        select k.id
        from metric_token k
        join member w on (w.organization_id, w.id) = (k.organization_id, k.created_by)
        where k.organization_id = $1 and k.id = $2 and k.revoked_at is null and w.deactivated_at is null
        for share
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}
