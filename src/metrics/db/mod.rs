//! Every SQL statement about metrics.

mod check_ins;
mod tokens;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

pub use check_ins::*;
pub use tokens::*;

use super::check_in::Confidence;
use super::domain::{Aim, Cadence, Kind, MetricName, NewMetric, Unit};
use crate::actor::Tenant;
use crate::ids::{MemberId, MetricId, TeamId};

/// A metric as it is kept, with its newest check-ins: what the view `metric_said` says of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Row")]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// Whose.
    pub squad: TeamId,
    /// What it is about.
    pub kind: Kind,
    /// What it says.
    pub metric: NewMetric,
    /// Whether it is the squad's goal metric, or was.
    pub is_goal: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was replaced or ended.
    pub ended_reason: String,
    /// In whose place it came.
    pub replaces: Option<MetricId>,
    /// What came in its place, with its name. Only the reading of one metric asks for it.
    pub replaced_by: Option<(MetricId, String)>,
    /// The day by which it is to be checked in.
    pub due_on: NaiveDate,
    /// For the next edit.
    pub version: i32,
    /// Its dozen newest check-ins, the oldest first.
    pub recent: Vec<Said>,
}

/// A check-in that stands, as lists show it.
#[derive(Debug, Clone, Deserialize)]
pub struct Said {
    /// When it was so.
    pub at: DateTime<Utc>,
    /// What the metric said.
    pub value: f64,
    /// Whether the target will be reached.
    pub confidence: Option<Confidence>,
    /// Why.
    pub note: String,
    /// Who said so: a member, or what a program's token is for.
    pub by: Option<String>,
    /// Whether a program did.
    pub is_program: bool,
}

impl Metric {
    /// The newest check-in.
    pub fn last(&self) -> Option<&Said> {
        self.recent.last()
    }

    /// Whether it goes on.
    pub fn is_live(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether its check-in is late on a day (S6).
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.is_live() && self.due_on < today
    }

    /// The values of its newest check-ins.
    pub fn values(&self) -> Vec<f64> {
        self.recent.iter().map(|said| said.value).collect()
    }
}

#[derive(Deserialize)]
struct Row {
    id: MetricId,
    squad: TeamId,
    kind: Kind,
    name: MetricName,
    unit: Unit,
    direction: String,
    baseline: Option<f64>,
    target: f64,
    target_high: Option<f64>,
    cadence_days: i32,
    is_goal: bool,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    ended_reason: String,
    replaces: Option<MetricId>,
    due_on: NaiveDate,
    version: i32,
    recent: Vec<Said>,
}

impl From<Row> for Metric {
    fn from(row: Row) -> Self {
        let aim = Aim::stored(&row.direction, row.target, row.target_high);
        let cadence = Cadence::of_days(row.cadence_days);
        Self {
            id: row.id,
            squad: row.squad,
            kind: row.kind,
            metric: NewMetric {
                name: row.name,
                unit: row.unit,
                aim,
                baseline: row.baseline,
                cadence,
            },
            is_goal: row.is_goal,
            created_at: row.created_at,
            ended_at: row.ended_at,
            ended_reason: row.ended_reason,
            replaces: row.replaces,
            replaced_by: None,
            due_on: row.due_on,
            version: row.version,
            recent: row.recent,
        }
    }
}

/// A metric by its id, with what replaced it.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: MetricId,
) -> sqlx::Result<Option<Metric>> {
    let row = sqlx::query!(
        r#"
        select s.said as "said!: Json<Metric>", n.id as "next?: MetricId", n.name as "next_name?"
        from metric_said s
        left join metric n on (n.organization_id, n.replaces_id) = (s.organization_id, s.id)
        where s.organization_id = $1 and s.id = $2
        "#,
        tenant.organization_id().0,
        metric.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Metric { replaced_by: row.next.zip(row.next_name), ..row.said.0 }))
}

/// The metrics of a squad: the goal first, then the live ones, then the newest.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    squad: TeamId,
) -> sqlx::Result<Vec<Metric>> {
    let said = sqlx::query_scalar!(
        r#"
        select said as "said!: Json<Metric>"
        from metric_said
        where organization_id = $1 and team_id = $2
        order by ended_at is not null, ended_at desc, not is_goal, created_at, id
        "#,
        tenant.organization_id().0,
        squad.0,
    )
    .fetch_all(db)
    .await?;
    Ok(said.into_iter().map(|said| said.0).collect())
}

/// A metric that waits for somebody's check-in, with its squad.
#[derive(Debug, Clone)]
pub struct DueRow {
    /// Which.
    pub metric: Metric,
    /// The squad's name.
    pub squad: String,
    /// Its word in addresses.
    pub slug: String,
}

/// The live metrics of a member's squads that are due by a day, the longest waiting first.
pub async fn due(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
    by: NaiveDate,
    limit: i64,
) -> sqlx::Result<Vec<DueRow>> {
    let rows = sqlx::query!(
        r#"
        select s.said as "said!: Json<Metric>", t.name, t.slug
        from membership x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id) and t.kind = 'squad' and t.state <> 'dissolved'
        join metric_said s on (s.organization_id, s.team_id) = (x.organization_id, x.team_id)
        where x.organization_id = $1 and x.member_id = $2 and x.until_at is null and s.ended_at is null and s.due_on <= $3
        order by s.due_on, not s.is_goal, s.created_at, s.id
        limit $4
        "#,
        tenant.organization_id().0,
        member.0,
        by,
        limit,
    )
    .fetch_all(db)
    .await?;
    let row =
        |row: (Json<Metric>, String, String)| DueRow { metric: row.0.0, squad: row.1, slug: row.2 };
    Ok(rows.into_iter().map(|it| row((it.said, it.name, it.slug))).collect())
}

/// A metric on its way in.
pub struct Insert<'a> {
    /// Its id.
    pub id: MetricId,
    /// Whose.
    pub squad: TeamId,
    /// What it is about.
    pub kind: Kind,
    /// Whether it is the squad's goal.
    pub is_goal: bool,
    /// In whose place it comes.
    pub replaces: Option<MetricId>,
    /// What it says.
    pub new: &'a NewMetric,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Adds a metric.
pub async fn insert(tx: &mut PgConnection, tenant: Tenant, it: &Insert<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into metric (organization_id, id, team_id, name, kind, unit, direction, baseline, target, target_high,
                            cadence_days, is_goal, replaces_id, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        "#,
        tenant.organization_id().0,
        it.id.0,
        it.squad.0,
        it.new.name.as_str(),
        it.kind.word(),
        it.new.unit.as_str(),
        it.new.aim.direction().word(),
        it.new.baseline,
        it.new.aim.target(),
        it.new.aim.high(),
        it.new.cadence.days(),
        it.is_goal,
        it.replaces.map(|metric| metric.0),
        it.at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The goal metric of a squad.
pub async fn goal(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    squad: TeamId,
) -> sqlx::Result<Option<(MetricId, String)>> {
    let row = sqlx::query!(
        r#"
        select id as "id: MetricId", name
        from metric
        where organization_id = $1 and team_id = $2 and is_goal and ended_at is null
        "#,
        tenant.organization_id().0,
        squad.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.name)))
}

/// Changes a live metric; answers whether `version` was the newest.
pub async fn update(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MetricId,
    version: i32,
    new: &NewMetric,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update metric
        set name = $4, unit = $5, direction = $6, baseline = $7, target = $8, target_high = $9, cadence_days = $10,
            version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        new.name.as_str(),
        new.unit.as_str(),
        new.aim.direction().word(),
        new.baseline,
        new.aim.target(),
        new.aim.high(),
        new.cadence.days(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes a live metric the goal or not; answers whether `version` was the newest, where one is asked for.
pub async fn set_is_goal(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MetricId,
    version: Option<i32>,
    is_goal: bool,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update metric
        set is_goal = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = coalesce($3, version) and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        is_goal,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a live metric; answers whether `version` was the newest.
pub async fn end(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MetricId,
    version: i32,
    reason: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update metric
        set ended_at = $4, ended_reason = $5, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        at,
        reason,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
