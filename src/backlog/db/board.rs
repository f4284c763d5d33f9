//! The board: one ranked column and one lane per squad. What it reads does not grow with the backlog: a page of each list, and
//! counts that stop where nobody reads them any more.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::backlog::domain::{Breadth, Class, Load, Rank, Stage};
use crate::ids::{ItemId, ProductId, TeamId};

/// How many items a list of the board shows.
pub const PAGE: usize = 30;
/// Counts stop here.
pub const COUNTED: i64 = 200;

/// A squad's lane.
#[derive(Debug, Clone)]
pub struct LaneRow {
    /// The squad.
    pub squad: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it has in hand.
    pub load: Load,
    /// Its goal metric.
    pub goal: Option<String>,
}

/// How many wait, as far as it is counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waiting {
    /// Ready to be pulled.
    pub ready: i64,
    /// Proposed.
    pub proposed: i64,
}

/// The lanes of a product by the names of their squads, and how much waits.
pub async fn lanes(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<(Waiting, Vec<LaneRow>)> {
    let rows = sqlx::query!(
        r#"
        select w.ready as "ready!", w.proposed as "proposed!", l.squad as "squad?: TeamId", l.name as "name?", l.slug as "slug?",
               l.in_progress as "in_progress?", l.expedite as "expedite?", l.learning as "learning?", l.wip_limit as "wip_limit?",
               l.learning_limit as "learning_limit?", l.goal as "goal?"
        from (select (select count(*) from (select from backlog_item
                                            where organization_id = $1 and product_id = $2 and stage = 'ready' limit $3) as r) as ready,
                     (select count(*) from (select from backlog_item
                                            where organization_id = $1 and product_id = $2 and stage = 'proposed' limit $3) as p) as proposed) as w
        left join (select t.id as squad, t.name, t.slug, ps.in_progress, ps.expedite, ps.learning, ps.wip_limit, ps.learning_limit,
                          g.name as goal
                   from product_squad ps
                   join team t on (t.organization_id, t.id) = (ps.organization_id, ps.team_id)
                   left join metric g on g.organization_id = $1 and g.team_id = t.id and g.is_goal and g.ended_at is null
                   where ps.organization_id = $1 and ps.product_id = $2 and ps.standing) as l on true
        order by lower(l.name), l.squad
        "#,
        tenant.organization_id().0,
        product.0,
        COUNTED + 1,
    )
    .fetch_all(db)
    .await?;
    let waiting = rows
        .first()
        .map_or_else(Waiting::default, |row| Waiting { ready: row.ready, proposed: row.proposed });
    let lanes = rows.into_iter().filter_map(|row| {
        Some(LaneRow {
            squad: row.squad?,
            name: row.name?,
            slug: row.slug?,
            load: Load {
                in_progress: row.in_progress?,
                expedite: row.expedite?,
                learning: row.learning?,
                wip_limit: row.wip_limit?,
                learning_limit: row.learning_limit?,
            },
            goal: row.goal,
        })
    });
    Ok((waiting, lanes.collect()))
}

/// A card.
#[derive(Debug, Clone)]
pub struct CardRow {
    /// Its id.
    pub id: ItemId,
    /// Its number.
    pub number: i32,
    /// What it is about.
    pub title: String,
    /// The first line of why it matters.
    pub why: String,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// How it is treated.
    pub class: Class,
    /// Where it stands.
    pub stage: Stage,
    /// Its place in the order.
    pub rank: Rank,
    /// Who holds it.
    pub squad: Option<TeamId>,
    /// Since when it stands there.
    pub stage_at: DateTime<Utc>,
    /// What it waits for.
    pub blocked: String,
    /// What became of it.
    pub effect: String,
}

/// The cards of the board: a page of what is ready below `after`, and of each lane what is in progress, with customers, and done
/// since `month`; one more of each list than it shows.
pub async fn cards(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    after: Option<&Rank>,
    month: DateTime<Utc>,
) -> sqlx::Result<Vec<CardRow>> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    sqlx::query_as!(
        CardRow,
        r#"
        select i.id as "id!: ItemId", i.number as "number!", i.title as "title!", left(split_part(i.why, e'\n', 1), 140) as "why!",
               i.breadth as "breadth!", i.class as "class!", i.stage as "stage!", i.rank as "rank!: Rank", i.squad_id as "squad: TeamId",
               i.stage_at as "stage_at!", i.blocked_reason as "blocked!", left(i.effect, 140) as "effect!"
        from ((select * from backlog_item
               where organization_id = $1 and product_id = $2 and stage = 'ready' and rank > coalesce($3, '')
               order by rank limit $5)
              union all
              (select held.* from product_squad ps
               cross join (values ('in_progress'), ('learning')) as s (stage)
               cross join lateral (select * from backlog_item h
                                   where h.organization_id = $1 and h.product_id = $2 and h.squad_id = ps.team_id and h.stage = s.stage
                                   order by h.stage_at, h.id limit $5) as held
               where ps.organization_id = $1 and ps.product_id = $2 and ps.standing)
              union all
              (select finished.* from product_squad ps
               cross join lateral (select * from backlog_item d
                                   where d.organization_id = $1 and d.product_id = $2 and d.squad_id = ps.team_id and d.stage = 'done'
                                     and d.stage_at >= $4
                                   order by d.stage_at desc, d.id desc limit $5) as finished
               where ps.organization_id = $1 and ps.product_id = $2 and ps.standing)) as i
        "#,
        tenant.organization_id().0,
        product.0,
        after.map(Rank::as_str),
        month,
        limit,
    )
    .fetch_all(db)
    .await
}
