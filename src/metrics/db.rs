//! Every SQL statement about metrics.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{PgConnection, PgExecutor};

use super::domain::{Aim, Cadence, MetricName, NewMetric, Unit};
use crate::actor::Tenant;
use crate::ids::{MetricId, TeamId};

/// A metric as it is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Row")]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// Whose.
    pub squad: TeamId,
    /// What it says.
    pub metric: NewMetric,
    /// Whether it is the squad's goal metric, or was.
    pub is_goal: bool,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was replaced.
    pub ended_reason: String,
    /// For the next edit.
    pub version: i32,
}

#[derive(Deserialize)]
struct Row {
    id: MetricId,
    squad: TeamId,
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
    version: i32,
}

impl Row {
    fn metric(self) -> Metric {
        let aim = Aim::stored(&self.direction, self.target, self.target_high);
        let cadence = Cadence::of_days(self.cadence_days);
        Metric {
            id: self.id,
            squad: self.squad,
            metric: NewMetric {
                name: self.name,
                unit: self.unit,
                aim,
                baseline: self.baseline,
                cadence,
            },
            is_goal: self.is_goal,
            created_at: self.created_at,
            ended_at: self.ended_at,
            ended_reason: self.ended_reason,
            version: self.version,
        }
    }
}

impl From<Row> for Metric {
    fn from(row: Row) -> Self {
        row.metric()
    }
}

/// A metric by its id.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: MetricId,
) -> sqlx::Result<Option<Metric>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id as "id: MetricId", team_id as "squad: TeamId", name as "name: MetricName", unit as "unit: Unit",
               direction, baseline, target, target_high, cadence_days, is_goal, created_at, ended_at, ended_reason, version
        from metric
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        metric.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Row::metric))
}

/// Adds a goal metric.
pub async fn insert_goal(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MetricId,
    squad: TeamId,
    new: &NewMetric,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into metric (organization_id, id, team_id, name, kind, unit, direction, baseline, target, target_high,
                            cadence_days, is_goal, created_at)
        values ($1, $2, $3, $4, 'customer_value', $5, $6, $7, $8, $9, $10, true, $11)
        "#,
        tenant.organization_id().0,
        id.0,
        squad.0,
        new.name.as_str(),
        new.unit.as_str(),
        new.aim.direction().word(),
        new.baseline,
        new.aim.target(),
        new.aim.high(),
        new.cadence.days(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
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
