//! The dimensions of health checks that requests are about: what a squad can point at, and how it saw one of them before and since.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::health::{Colour, Counts, Outcome, Trend, Trends};
use crate::ids::{DimensionId, RoundId, TeamId};

/// A dimension of the organization's packs.
#[derive(Debug, Clone)]
pub struct About {
    /// Which.
    pub id: DimensionId,
    /// Its newest name.
    pub name: String,
}

/// A dimension by its id.
pub async fn dimension(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: DimensionId,
) -> sqlx::Result<Option<About>> {
    sqlx::query_as!(
        About,
        r#"
        select d.id as "id: DimensionId", v.name
        from health_dimension d
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.id, d.version)
        where d.organization_id = $1 and d.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// A dimension that a squad was asked last.
#[derive(Debug, Clone)]
pub struct LastSeen {
    /// Which.
    pub id: DimensionId,
    /// What it was called there.
    pub name: String,
    /// Its pack.
    pub pack: String,
    /// What was said.
    pub outcome: Outcome,
}

/// What is shown of a squad's newest health check of each pack, in the order of the questions (H6: of what is hidden there is no result).
pub async fn last_seen(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<LastSeen>> {
    let rows = sqlx::query!(
        r#"
        select d.dimension_id as "id: DimensionId", v.name, p.name as pack, h.green, h.amber, h.red, h.better, h.same, h.worse,
               h.agreed_colour, h.agreed_trend
        from (select distinct on (pack_id) id, pack_id from health_round
              where organization_id = $1 and team_id = $2 and is_shown
              order by pack_id, closed_at desc, id desc) r
        join health_pack p on p.organization_id = $1 and p.id = r.pack_id
        join health_round_dimension d on d.organization_id = $1 and d.round_id = r.id
        join health_result h on (h.organization_id, h.round_id, h.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        order by lower(p.name), p.id, d.position
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await?;
    let seen = rows.into_iter().map(|row| LastSeen {
        id: row.id,
        name: row.name,
        pack: row.pack,
        outcome: outcome(
            [row.green, row.amber, row.red],
            [row.better, row.same, row.worse],
            (row.agreed_colour.as_deref(), row.agreed_trend.as_deref()),
        ),
    });
    Ok(seen.collect())
}

/// How a squad saw a dimension in one of its health checks.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The round.
    pub round: RoundId,
    /// What it is called.
    pub label: String,
    /// When it was closed.
    pub at: DateTime<Utc>,
    /// The dimension, and the version of its words that was asked.
    pub asked: (DimensionId, i32),
    /// How many gave which, and what the squad agreed on.
    pub outcome: Outcome,
}

/// How a squad saw a dimension, the newest first: results of closed rounds with answers enough, since there are no others (H6). A request
/// from before dimensions were kept by their ids has the name alone.
pub async fn seen(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    (dimension, name): (Option<DimensionId>, &str),
    limit: i64,
) -> sqlx::Result<Vec<Seen>> {
    let rows = sqlx::query!(
        r#"
        select r.id as "round: RoundId", r.label, r.closed_at as "at!", d.dimension_id as "dimension: DimensionId", d.version,
               h.green, h.amber, h.red, h.better, h.same, h.worse, h.agreed_colour, h.agreed_trend
        from health_round r
        join health_result h on (h.organization_id, h.round_id) = (r.organization_id, r.id)
        join health_round_dimension d on (d.organization_id, d.round_id, d.dimension_id) = (h.organization_id, h.round_id, h.dimension_id)
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        where r.organization_id = $1 and r.team_id = $2 and r.is_shown
          and (d.dimension_id = $3 or ($3::uuid is null and lower(v.name) = lower($4)))
        order by r.closed_at desc, r.id desc
        limit $5
        "#,
        tenant.organization_id().0,
        team.0,
        dimension.map(|id| id.0),
        name,
        limit,
    )
    .fetch_all(db)
    .await?;
    let seen = rows.into_iter().map(|row| Seen {
        round: row.round,
        label: row.label,
        at: row.at,
        asked: (row.dimension, row.version),
        outcome: outcome(
            [row.green, row.amber, row.red],
            [row.better, row.same, row.worse],
            (row.agreed_colour.as_deref(), row.agreed_trend.as_deref()),
        ),
    });
    Ok(seen.collect())
}

fn outcome(
    [green, amber, red]: [i16; 3],
    [better, same, worse]: [i16; 3],
    (colour, trend): (Option<&str>, Option<&str>),
) -> Outcome {
    Outcome {
        counts: Counts { green, amber, red },
        trends: Trends { better, same, worse },
        agreed_colour: colour.and_then(Colour::parse),
        agreed_trend: trend.and_then(Trend::parse),
    }
}
