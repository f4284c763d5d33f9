//! Every SQL statement about imports: what is there, and the changes, each of them one statement for all rows.

mod standing;
mod write;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

pub use standing::{load, lock_members, lock_teams, members_by_email, slugs, teams_by_name};
pub use write::*;

use crate::actor::{Actor, Tenant};
use crate::ids::{ImportId, OrganizationId};

/// An import as it is kept.
pub struct ImportRow {
    pub at: DateTime<Utc>,
    pub member_name: String,
    pub files: Value,
    pub applied_at: Option<DateTime<Utc>>,
    pub outcome: Option<Value>,
}

/// Keeps the files of an import.
pub async fn insert(
    tx: &mut PgConnection,
    actor: &Actor,
    id: ImportId,
    files: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into import (organization_id, id, member_id, at, files) values ($1, $2, $3, $4, $5)",
        actor.tenant.organization_id().0,
        id.0,
        actor.member.0,
        actor.at,
        files,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Finds an import.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ImportId,
) -> sqlx::Result<Option<ImportRow>> {
    sqlx::query_as!(
        ImportRow,
        r#"
        select i.at, m.name as member_name, i.files, i.applied_at, i.outcome
        from import i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        where i.organization_id = $1 and i.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Locks an import, so that it is applied once.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ImportId,
) -> sqlx::Result<Option<(Value, bool)>> {
    let row = sqlx::query!(
        r#"
        select files, applied_at is not null as "is_applied!" from import
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.files, row.is_applied)))
}

/// Takes the organization's turn to apply an import, until the transaction ends; false if another has it.
pub async fn take_turn(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('import ' || $1::uuid::text, 0)) as "taken!""#,
        tenant.organization_id().0,
    )
    .fetch_one(tx)
    .await
}

/// Keeps what came of an import, and lets go of its files.
pub async fn update_applied(
    tx: &mut PgConnection,
    actor: &Actor,
    id: ImportId,
    outcome: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update import set files = '{}', applied_at = $3, outcome = $4, version = version + 1
        where organization_id = $1 and id = $2 and applied_at is null
        "#,
        actor.tenant.organization_id().0,
        id.0,
        actor.at,
        outcome,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes the imports that nobody applied, with their files. Looks across organizations, and answers whose they were.
pub async fn delete_waiting(
    db: impl PgExecutor<'_>,
    before: DateTime<Utc>,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar!(
        r#"
        delete from import where applied_at is null and at < $1
        returning organization_id as "organization_id: OrganizationId"
        "#,
        before,
    )
    .fetch_all(db)
    .await
}

/// A line of the list of imports.
pub struct ImportLine {
    pub id: ImportId,
    pub at: DateTime<Utc>,
    pub member_name: String,
    pub applied_at: Option<DateTime<Utc>>,
    /// The counts of its outcome; nothing before it is applied.
    pub counts: Option<Value>,
}

/// The newest imports.
pub async fn list(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<ImportLine>> {
    sqlx::query_as!(
        ImportLine,
        r#"
        select i.id        as "id: ImportId",
               i.at,
               m.name      as member_name,
               i.applied_at,
               i.outcome -> 'counts' as counts
        from import i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        where i.organization_id = $1
        order by i.at desc, i.id desc
        limit 20
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}
