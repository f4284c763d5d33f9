//! Every SQL statement about the history.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::NewEvent;
use super::undoing::undoing;
use crate::actor::{Actor, Origin, Tenant};
use crate::ids::{EventId, MemberId};

/// Writes `event` into the history, in the transaction of the change (H12).
pub async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    event: NewEvent,
) -> sqlx::Result<EventId> {
    let undoes = actor.origin.undoes.as_ref();
    let NewEvent { id, kind, summary, subjects, before, after, reason } = event;
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, member_id, kind, summary, subjects, before, after, reason, ip, request_id, undoes)
        values ($1, $2, $3, $4, $5, $6, $7, nullif($8, 'null'::jsonb), nullif($9, 'null'::jsonb), $10, $11, $12, $13)
        "#,
        actor.tenant.organization_id().0,
        id.0,
        actor.at,
        actor.member.0,
        kind,
        undoes.map_or_else(|| summary.clone(), |it| undone(&it.summary)),
        &subjects,
        before,
        after,
        reason,
        actor.origin.ip,
        actor.origin.request_id,
        undoes.map(|it| it.event.0),
    )
    .execute(tx)
    .await?;
    let can_undo = undoing(kind, before.as_ref(), after.as_ref()).is_ok();
    actor.origin.told.tell(can_undo.then_some(id));
    Ok(id)
}

/// Whether a member has changed anything since a moment.
pub async fn has_acted(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
    since: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from event where organization_id = $1 and member_id = $2 and at >= $3) as "has!""#,
        tenant.organization_id().0,
        member.0,
        since,
    )
    .fetch_one(db)
    .await
}

/// What an undo is called: of an undo, that the change was done again.
fn undone(summary: &str) -> String {
    match (summary.strip_prefix("undid: "), summary.strip_prefix("did again: ")) {
        (Some(change), _) => format!("did again: {change}"),
        (None, change) => format!("undid: {}", change.unwrap_or(summary)),
    }
}

/// Writes many events at once, as an import does.
pub async fn record_all(
    tx: &mut PgConnection,
    actor: &Actor,
    events: &[NewEvent],
) -> sqlx::Result<()> {
    let undoes = actor.origin.undoes.as_ref();
    let rows: Vec<serde_json::Value> = events
        .iter()
        .map(|event| {
            let summary = undoes.map_or_else(|| event.summary.clone(), |it| undone(&it.summary));
            serde_json::json!({
                "id": event.id, "kind": event.kind, "summary": summary, "subjects": event.subjects,
                "before": event.before, "after": event.after, "reason": event.reason,
            })
        })
        .collect();
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, member_id, kind, summary, subjects, before, after, reason, ip, request_id, undoes)
        select $1, row.id, $2, $3, row.kind, row.summary,
               array(select jsonb_array_elements_text(row.subjects)::uuid),
               nullif(row.before, 'null'), nullif(row.after, 'null'), row.reason, $4, $5, $7
        from jsonb_to_recordset($6) as row (id uuid, kind text, summary text, subjects jsonb, before jsonb, after jsonb, reason text)
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        actor.member.0,
        actor.origin.ip,
        actor.origin.request_id,
        serde_json::Value::Array(rows),
        undoes.map(|it| it.event.0),
    )
    .execute(tx)
    .await?;
    actor.origin.told.tell(match events {
        [event] => {
            undoing(event.kind, event.before.as_ref(), event.after.as_ref()).ok().map(|_| event.id)
        }
        _ => None,
    });
    Ok(())
}

/// Writes what no member did but a program, in the transaction of the change (H12).
pub async fn record_unattended(
    tx: &mut PgConnection,
    tenant: Tenant,
    at: DateTime<Utc>,
    origin: &Origin,
    event: &NewEvent,
) -> sqlx::Result<()> {
    let subjects: Vec<Uuid> = event.subjects.clone();
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, kind, summary, subjects, before, after, reason, ip, request_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        tenant.organization_id().0,
        event.id.0,
        at,
        event.kind,
        event.summary,
        &subjects,
        event.before,
        event.after,
        event.reason,
        origin.ip,
        origin.request_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes the events of a past, each at its own time and by its own member, at once.
pub async fn record_each(
    tx: &mut PgConnection,
    tenant: Tenant,
    events: &[(DateTime<Utc>, MemberId, NewEvent)],
) -> sqlx::Result<()> {
    let rows: Vec<serde_json::Value> = events
        .iter()
        .map(|(at, member, event)| {
            serde_json::json!({
                "id": event.id, "at": at, "member": member, "kind": event.kind, "summary": event.summary, "subjects": event.subjects,
                "before": event.before, "after": event.after, "reason": event.reason,
            })
        })
        .collect();
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, member_id, kind, summary, subjects, before, after, reason)
        select $1, row.id, row.at, row.member, row.kind, row.summary,
               array(select jsonb_array_elements_text(row.subjects)::uuid),
               nullif(row.before, 'null'), nullif(row.after, 'null'), row.reason
        from jsonb_to_recordset($2)
             as row (id uuid, at timestamptz, member uuid, kind text, summary text, subjects jsonb, before jsonb, after jsonb, reason text)
        order by row.at, row.id
        "#,
        tenant.organization_id().0,
        serde_json::Value::Array(rows),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down what the program did by itself, such as what a day brought with it.
pub async fn record_by_itself(
    tx: &mut PgConnection,
    tenant: Tenant,
    at: DateTime<Utc>,
    event: NewEvent,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into event (organization_id, id, at, kind, summary, subjects, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.organization_id().0,
        event.id.0,
        at,
        event.kind,
        event.summary,
        &event.subjects,
        event.before,
        event.after,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A line of the activity of something.
#[derive(Debug, Clone, Deserialize)]
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

/// The newest events about `subject`. They are looked up before they are put in order (`offset 0`): along the history, the last of somebody
/// who was quiet for long would be found after everybody else's.
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
        from (select * from event
              where organization_id = $1 and subjects @> array[$2::uuid]
              offset 0) e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
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

/// Which events somebody asks for. What is not given does not filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Who did it, by id.
    pub who_id: Option<Uuid>,
    /// Who did it, by a part of the name.
    pub who: Option<String>,
    /// What kind of change.
    pub kind: Option<String>,
    /// What it is about, by id.
    pub what_id: Option<Uuid>,
    /// What it is about: a member, squad or core team, by a part of the name.
    pub what: Option<String>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Older than this event: where the page before ended.
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

/// An event with all it says.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// What kind.
    pub kind: String,
    /// Who; nobody for what the program did by itself.
    pub member_id: Option<MemberId>,
    /// Their name now.
    pub member_name: Option<String>,
    /// What is said after the name.
    pub summary: String,
    /// Why.
    pub reason: Option<String>,
    /// How it was.
    pub before: Option<serde_json::Value>,
    /// How it is.
    pub after: Option<serde_json::Value>,
    /// Whether it was undone.
    pub is_undone: bool,
}

/// A part of a name, for `ilike`.
fn part(text: Option<&String>) -> Option<String> {
    let escaped = text?.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Some(format!("%{escaped}%"))
}

/// The newest events that pass `filter`.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"
        select e.id        as "id: EventId",
               e.at,
               e.kind,
               e.member_id as "member_id: MemberId",
               m.name      as "member_name?",
               e.summary,
               e.reason,
               e.before,
               e.after,
               exists (select from event u where u.organization_id = $1 and u.undoes = e.id) as "is_undone!"
        from event e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where e.organization_id = $1
          and ($2::uuid is null or e.member_id = $2)
          and ($3::text is null or m.name ilike $3)
          and ($4::text is null or e.kind = $4)
          and ($5::uuid is null or e.subjects @> array[$5])
          and ($6::text is null or e.subjects && array(
                  select t.id from team t where t.organization_id = $1 and t.name ilike $6
                  union all
                  select x.id from member x where x.organization_id = $1 and x.name ilike $6))
          and ($7::timestamptz is null or e.at >= $7)
          and ($8::timestamptz is null or e.at < $8)
          and ($9::timestamptz is null or (e.at, e.id) < ($9, $10::uuid))
        order by e.at desc, e.id desc
        limit $11
        "#,
        tenant.organization_id().0,
        filter.who_id,
        part(filter.who.as_ref()),
        filter.kind,
        filter.what_id,
        part(filter.what.as_ref()),
        filter.from,
        filter.until,
        filter.before.map(|(at, _)| at),
        filter.before.map(|(_, id)| id),
        limit,
    )
    .fetch_all(db)
    .await
}

/// The kinds of change that there have been, found by jumping from one to the next in the index.
pub async fn kinds(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with recursive found as (
            (select kind from event where organization_id = $1 order by kind limit 1)
            union all
            select (select e.kind from event e
                    where e.organization_id = $1 and e.kind > found.kind order by e.kind limit 1)
            from found
            where found.kind is not null
        )
        select kind as "kind!" from found where kind is not null
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}
