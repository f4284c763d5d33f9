//! What the squad's own page says: one statement.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::pages::SquadPage;
use super::teams::ProductLine;
use crate::actor::Tenant;
use crate::history::Recent;
use crate::ids::{DimensionId, MemberId, RoundId, TeamId};
use crate::metrics::Metric;
use crate::missions::Version;
use crate::squads::domain::Facts;

/// What the squad's own page says, beside its design and who is in it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The squad.
    pub squad: SquadPage,
    /// What its activation asks for.
    pub facts: Facts,
    /// The newest version of its mission.
    pub mission: Option<Version>,
    /// Its metrics: the live ones first, then those that ended last.
    pub metrics: Vec<Metric>,
    /// The newest events about it.
    pub recent: Vec<Recent>,
    /// The products that it serves.
    pub products: Vec<ProductLine>,
    /// The health checks that it can answer now, the newest first.
    pub open_rounds: Vec<HealthRound>,
    /// The newest that is closed.
    pub health: Option<HealthRound>,
}

/// A health check as the squad's page shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct HealthRound {
    /// Its round.
    pub round: RoundId,
    /// The name of its pack.
    pub pack: String,
    /// What it is called: "November 2026".
    pub label: String,
    /// When it closes, or would have.
    pub closes_at: DateTime<Utc>,
    /// How many answers it takes before anything is shown.
    pub threshold: i16,
    /// Its dimensions in their order; none while it is open, and none with too few answers (H6).
    pub lines: Vec<HealthLine>,
}

/// What a squad said of a dimension.
#[derive(Debug, Clone, Deserialize)]
pub struct HealthLine {
    /// The dimension.
    pub dimension: DimensionId,
    /// Its name then.
    pub name: String,
    /// The colour's word.
    pub colour: String,
    /// The arrow's word.
    pub trend: Option<String>,
}

/// Finds a squad by its id, its word in addresses, or one that it had before, with what its page says.
pub async fn find_overview(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    word: &str,
    visitor: MemberId,
    recent: i64,
) -> sqlx::Result<Option<Overview>> {
    let id: Option<Uuid> = word.parse().ok();
    let row = sqlx::query!(
        r#"
        select t.id as "id: TeamId", t.name, t.slug, t.pattern as "pattern!", t.description, t.state, t.state_reason,
               t.state_at, t.member_count as members, t.version, t.mission_version,
               exists (select from membership s
                       where s.organization_id = t.organization_id and s.team_id = t.id and s.member_id = $4
                           and s.until_at is null)     as "is_mine!",
               coalesce(m.customer <> '', false)       as "has_customer!",
               coalesce(m.value <> '', false)          as "has_value!",
               coalesce(m.success <> '', false)        as "has_success!",
               m.review_on is not null                 as "has_review!",
               exists (select from metric g
                       where g.organization_id = t.organization_id and g.team_id = t.id
                         and g.is_goal and g.kind = 'customer_value' and g.ended_at is null) as "has_goal!",
               case when m.version is not null then json_build_object(
                   'version', m.version, 'customer', m.customer, 'value', m.value, 'success', m.success,
                   'review_on', m.review_on, 'author_id', m.author_id, 'author', a.name, 'at', m.at) end
                                                       as "mission: Json<Version>",
               (select coalesce(jsonb_agg(g.said order by g.ended_at is not null, g.ended_at desc, g.created_at, g.id), '[]')
                from metric_said g
                where g.organization_id = t.organization_id and g.team_id = t.id) as "metrics!: Json<Vec<Metric>>",
               (select coalesce(json_agg(json_build_object(
                           'id', e.id, 'at', e.at, 'member_id', e.member_id, 'member_name', w.name,
                           'summary', e.summary, 'reason', e.reason)
                           order by e.at desc, e.id desc), '[]')
                from (select * from (select * from event
                                     where organization_id = t.organization_id and subjects @> array[t.id]
                                     offset 0) about
                      order by at desc, id desc
                      limit $5) e
                left join member w on (w.organization_id, w.id) = (e.organization_id, e.member_id))
                                                       as "recent!: Json<Vec<Recent>>",
               (select coalesce(json_agg(json_build_object('name', p.name, 'slug', p.slug) order by lower(p.name), p.id), '[]')
                from product_squad ps
                join product p on (p.organization_id, p.id) = (ps.organization_id, ps.product_id)
                where ps.organization_id = t.organization_id and ps.team_id = t.id and ps.until_at is null)
                                                       as "products!: Json<Vec<ProductLine>>",
               (select coalesce(jsonb_agg(h.said order by h.opened_at desc), '[]')
                from health_said h
                where h.organization_id = t.organization_id and h.team_id = t.id and h.closed_at is null)
                                                       as "open_rounds!: Json<Vec<HealthRound>>",
               (select h.said from health_said h
                where h.organization_id = t.organization_id and h.team_id = t.id and h.closed_at is not null
                order by h.opened_at desc
                limit 1)                               as "health: Json<HealthRound>"
        from team t
        left join mission m on (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
        left join member a on (a.organization_id, a.id) = (m.organization_id, m.author_id)
        where t.organization_id = $1 and t.kind = 'squad'
          and t.id = coalesce($2, (select s.team_id from team_slug s
                                   where s.organization_id = $1 and s.kind = 'squad' and s.slug = $3))
        "#,
        tenant.organization_id().0,
        id,
        word,
        visitor.0,
        recent,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Overview {
        squad: SquadPage {
            id: row.id,
            name: row.name,
            slug: row.slug,
            pattern: row.pattern,
            description: row.description,
            state: row.state,
            state_reason: row.state_reason,
            state_at: row.state_at,
            members: row.members,
            version: row.version,
            is_mine: row.is_mine,
            mission_version: row.mission_version,
        },
        facts: Facts {
            has_customer: row.has_customer,
            has_value: row.has_value,
            has_success: row.has_success,
            has_review: row.has_review,
            has_goal: row.has_goal,
        },
        mission: row.mission.map(|mission| mission.0),
        metrics: row.metrics.0,
        recent: row.recent.0,
        products: row.products.0,
        open_rounds: row.open_rounds.0,
        health: row.health.map(|health| health.0),
    }))
}
