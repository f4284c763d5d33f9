//! Every SQL statement about the history.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::NewEvent;
use crate::actor::{Actor, Tenant};
use crate::ids::{EventId, MemberId};

/// Writes `event` into the history, in the transaction of the change (H12).
pub async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    event: NewEvent,
) -> sqlx::Result<EventId> {
    let id = event.id;
    record_all(tx, actor, std::slice::from_ref(&event)).await?;
    Ok(id)
}

/// Writes many events at once, as an import does.
pub async fn record_all(
    tx: &mut PgConnection,
    actor: &Actor,
    events: &[NewEvent],
) -> sqlx::Result<()> {
    let rows: Vec<serde_json::Value> = events
        .iter()
        .map(|event| {
            serde_json::json!({
                "id": event.id, "kind": event.kind, "summary": event.summary, "subjects": event.subjects,
                "before": event.before, "after": event.after, "reason": event.reason,
            })
        })
        .collect();
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, member_id, kind, summary, subjects, before, after, reason, ip, request_id)
        select $1, row.id, $2, $3, row.kind, row.summary,
               array(select jsonb_array_elements_text(row.subjects)::uuid),
               nullif(row.before, 'null'), nullif(row.after, 'null'), row.reason, $4, $5
        from jsonb_to_recordset($6) as row (id uuid, kind text, summary text, subjects jsonb, before jsonb, after jsonb, reason text)
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        actor.member.0,
        actor.origin.ip,
        actor.origin.request_id,
        serde_json::Value::Array(rows),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A line of the activity of something.
#[derive(Debug, Clone)]
pub struct Recent {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; nobody for what the program did by itself.
    pub member_id: Option<MemberId>,
    /// Their name now.
    pub member_name: Option<String>,
    /// What is said after the name.
    pub summary: String,
    /// Why.
    pub reason: Option<String>,
}

/// The newest events about `subject`.
pub async fn about(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    subject: Uuid,
    limit: i64,
) -> sqlx::Result<Vec<Recent>> {
    sqlx::query_as!(
        Recent,
        r#"
        select e.id        as "id: EventId",
               e.at,
               e.member_id as "member_id: MemberId",
               m.name      as "member_name?",
               e.summary,
               e.reason
        from event e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where e.organization_id = $1 and e.subjects @> array[$2::uuid]
        order by e.at desc, e.id desc
        limit $3
        "#,
        tenant.organization_id().0,
        subject,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The newest events of the organization.
pub async fn recent(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    limit: i64,
) -> sqlx::Result<Vec<Recent>> {
    sqlx::query_as!(
        Recent,
        r#"
        select e.id        as "id: EventId",
               e.at,
               e.member_id as "member_id: MemberId",
               m.name      as "member_name?",
               e.summary,
               e.reason
        from event e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where e.organization_id = $1
        order by e.at desc, e.id desc
        limit $2
        "#,
        tenant.organization_id().0,
        limit,
    )
    .fetch_all(db)
    .await
}
