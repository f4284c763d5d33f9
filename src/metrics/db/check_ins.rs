//! Check-ins, and what happened in the squad meanwhile.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use crate::actor::{Actor, Tenant};
use crate::ids::{CheckInId, EventId, MemberId, MetricId, MetricTokenId, TeamId};
use crate::metrics::check_in::{Confidence, NewCheckIn};

/// A metric with its squad, held for a check-in.
#[derive(Debug, Clone)]
pub struct Held {
    /// The metric's name.
    pub name: String,
    /// In what it is counted.
    pub unit: String,
    /// Whether it has ended.
    pub is_ended: bool,
    /// Its squad.
    pub squad: TeamId,
    /// The squad's name.
    pub squad_name: String,
    /// Forming, active or dissolved.
    pub state: String,
    /// Whether who checks in is in the squad.
    pub is_member: bool,
}

/// Holds a metric until the transaction ends, so that it does not end meanwhile: its row alone, so that two squads, and two metrics of a
/// squad, do not wait for one another.
pub async fn hold(
    tx: &mut PgConnection,
    tenant: Tenant,
    metric: MetricId,
    member: Option<MemberId>,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"
        select m.name, m.unit, m.ended_at is not null as "is_ended!", t.id as "squad: TeamId", t.name as squad_name, t.state,
               exists (select from membership x
                       where x.organization_id = $1 and x.team_id = t.id and x.member_id = $3 and x.until_at is null) as "is_member!"
        from metric m
        join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
        where m.organization_id = $1 and m.id = $2
        for no key update of m
        "#,
        tenant.organization_id().0,
        metric.0,
        member.map(|member| member.0),
    )
    .fetch_optional(tx)
    .await
}

/// Who checks in.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// A person.
    Member(MemberId),
    /// A program with a token.
    Token(MetricTokenId),
}

/// A check-in on its way in; without one it withdraws what it corrects.
pub struct Entry<'a> {
    /// Its id.
    pub id: CheckInId,
    /// Of which metric.
    pub metric: MetricId,
    /// When it was so.
    pub at: DateTime<Utc>,
    /// What is said.
    pub new: Option<&'a NewCheckIn>,
    /// What it corrects.
    pub corrects: Option<CheckInId>,
    /// Who says so.
    pub by: By,
    /// When they said so.
    pub entered_at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
}

/// Writes a check-in, and down at the metric when it was checked in last: 1 statement.
pub async fn check_in(tx: &mut PgConnection, tenant: Tenant, it: &Entry<'_>) -> sqlx::Result<()> {
    let (member, token) = match it.by {
        By::Member(member) => (Some(member.0), None),
        By::Token(token) => (None, Some(token.0)),
    };
    sqlx::query!(
        r#"
        with written as (
            insert into check_in (organization_id, id, metric_id, at, value, confidence, note, corrects_id, member_id, token_id, entered_at, event_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        )
        update metric m
        set checked_at = case
            when $8::uuid is null then greatest(m.checked_at, $4)
            -- What is corrected counts no more, and this one is not to be seen yet.
            else greatest((select max(s.at) from check_in_standing s
                           where s.organization_id = $1 and s.metric_id = $3 and s.id <> $8),
                          case when $5::double precision is not null then $4 end)
        end
        where m.organization_id = $1 and m.id = $3
        "#,
        tenant.organization_id().0,
        it.id.0,
        it.metric.0,
        it.at,
        it.new.map(|new| new.value),
        it.new.and_then(|new| new.confidence).map(Confidence::word),
        it.new.map_or("", |new| new.note.as_str()),
        it.corrects.map(|id| id.0),
        member,
        token,
        it.entered_at,
        it.event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A check-in as it was written, with who corrected it.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its id.
    pub id: CheckInId,
    /// When it was so.
    pub at: DateTime<Utc>,
    /// What the metric said; nothing of what withdraws another one.
    pub value: Option<f64>,
    /// Whether the target will be reached.
    pub confidence: Option<String>,
    /// Why.
    pub note: String,
    /// What it corrects.
    pub corrects: Option<CheckInId>,
    /// Whether it was corrected or withdrawn.
    pub is_corrected: bool,
    /// Who said so: a member, or what a program's token is for.
    pub by: Option<String>,
    /// Whether a program did.
    pub is_program: bool,
    /// When they said so.
    pub entered_at: DateTime<Utc>,
}

impl Written {
    /// Whether it holds.
    pub fn stands(&self) -> bool {
        self.value.is_some() && !self.is_corrected
    }

    /// Whether the target will be reached.
    pub fn confidence(&self) -> Option<Confidence> {
        self.confidence.as_deref().and_then(|word| Confidence::parse(word).ok())
    }
}

/// The newest check-ins of a metric, with all that was corrected.
pub async fn list_check_ins(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: MetricId,
    limit: i64,
) -> sqlx::Result<Vec<Written>> {
    sqlx::query_as!(
        Written,
        r#"
        select c.id as "id: CheckInId", c.at, c.value, c.confidence, c.note, c.corrects_id as "corrects: CheckInId",
               exists (select from check_in n where n.organization_id = c.organization_id and n.corrects_id = c.id) as "is_corrected!",
               coalesce(w.name, k.name) as by, c.token_id is not null as "is_program!", c.entered_at
        from check_in c
        left join member w on (w.organization_id, w.id) = (c.organization_id, c.member_id)
        left join metric_token k on (k.organization_id, k.id) = (c.organization_id, c.token_id)
        where c.organization_id = $1 and c.metric_id = $2
        order by c.at desc, c.entered_at desc, c.id desc
        limit $3
        "#,
        tenant.organization_id().0,
        metric.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A check-in by its id.
pub async fn find_check_in(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CheckInId,
) -> sqlx::Result<Option<(MetricId, Written)>> {
    let row = sqlx::query!(
        r#"
        select c.metric_id as "metric: MetricId", c.at, c.value, c.confidence, c.note, c.corrects_id as "corrects: CheckInId",
               exists (select from check_in n where n.organization_id = c.organization_id and n.corrects_id = c.id) as "is_corrected!",
               coalesce(w.name, k.name) as by, c.token_id is not null as "is_program!", c.entered_at
        from check_in c
        left join member w on (w.organization_id, w.id) = (c.organization_id, c.member_id)
        left join metric_token k on (k.organization_id, k.id) = (c.organization_id, c.token_id)
        where c.organization_id = $1 and c.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let written = Written {
            id,
            at: row.at,
            value: row.value,
            confidence: row.confidence,
            note: row.note,
            corrects: row.corrects,
            is_corrected: row.is_corrected,
            by: row.by,
            is_program: row.is_program,
            entered_at: row.entered_at,
        };
        (row.metric, written)
    }))
}

/// What happened to a squad or to its metric: for the picture of the metric.
#[derive(Debug, Clone)]
pub struct Turn {
    /// When.
    pub at: DateTime<Utc>,
    /// `joined`, `left`, `mission`, `serves`, `serves_no_more`, or a kind of event about the squad's state or the metric.
    pub what: String,
    /// Who joined or left, the mission's version, or the product.
    pub whom: String,
    /// What the metric said before it was changed …
    pub before: Option<Value>,
    /// … and what it said then.
    pub after: Option<Value>,
}

/// Who joined and left a squad, its missions, its states and the products that it serves, since a moment; and how a metric of it was
/// changed, ever: at most `limit` of each of the two.
pub async fn turns(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    (squad, metric): (TeamId, MetricId),
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Turn>> {
    sqlx::query_as!(
        Turn,
        r#"
        select at as "at!", what as "what!", whom as "whom!", before, after
        from (
            (select at, what, whom, null::jsonb as before, null::jsonb as after
             from (
                 select x.from_at as at, 'joined' as what, w.name as whom
                 from membership x
                 join member w on (w.organization_id, w.id) = (x.organization_id, x.member_id)
                 where x.organization_id = $1 and x.team_id = $2 and x.from_at >= $3
                 union all
                 select x.until_at, 'left', w.name
                 from membership x
                 join member w on (w.organization_id, w.id) = (x.organization_id, x.member_id)
                 where x.organization_id = $1 and x.team_id = $2 and x.until_at >= $3
                 union all
                 select m.at, 'mission', m.version::text
                 from mission m
                 where m.organization_id = $1 and m.team_id = $2 and m.at >= $3
                 union all
                 select s.from_at, 'serves', p.name
                 from product_squad s
                 join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
                 where s.organization_id = $1 and s.team_id = $2 and s.from_at >= $3
                 union all
                 select s.until_at, 'serves_no_more', p.name
                 from product_squad s
                 join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
                 where s.organization_id = $1 and s.team_id = $2 and s.until_at >= $3
                 union all
                 select e.at, e.kind, ''
                 from event e
                 where e.organization_id = $1 and e.subjects @> array[$2::uuid] and e.at >= $3
                   and e.kind in ('squad_activated', 'squad_returned_to_forming', 'squad_dissolved')
             ) happened
             order by at desc, what, whom
             limit $4)
            union all
            (select e.at, e.kind, '', e.before, e.after
             from event e
             where e.organization_id = $1 and e.subjects @> array[$5::uuid] and e.kind = 'metric_changed'
             order by e.at desc
             limit $4)
        ) turn
        order by at desc, what, whom
        "#,
        tenant.organization_id().0,
        squad.0,
        since,
        limit,
        metric.0,
    )
    .fetch_all(db)
    .await
}

/// Check-ins of a past, each at its own time and by its own member, at once.
pub async fn check_in_past(
    tx: &mut PgConnection,
    actor: &Actor,
    metric: MetricId,
    past: &[(CheckInId, DateTime<Utc>, MemberId, EventId, NewCheckIn)],
) -> sqlx::Result<()> {
    let rows: Vec<serde_json::Value> = past
        .iter()
        .map(|(id, at, member, event, new)| {
            serde_json::json!({
                "id": id, "at": at, "member": member, "event": event, "value": new.value,
                "confidence": new.confidence, "note": new.note,
            })
        })
        .collect();
    sqlx::query!(
        r#"
        with row as (
            select * from jsonb_to_recordset($3)
                          as row (id uuid, at timestamptz, member uuid, event uuid, value double precision, confidence text, note text)
        ), written as (
            insert into check_in (organization_id, id, metric_id, at, value, confidence, note, member_id, entered_at, event_id)
            select $1, id, $2, at, value, confidence, note, member, at, event from row
        )
        update metric set checked_at = greatest(checked_at, (select max(at) from row))
        where organization_id = $1 and id = $2
        "#,
        actor.tenant.organization_id().0,
        metric.0,
        serde_json::Value::Array(rows),
    )
    .execute(tx)
    .await?;
    Ok(())
}
