//! The board: one ranked column and one lane per squad. What it reads does not grow with the backlog: a page of each list, and
//! counts that stop where nobody reads them any more.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::actor::Tenant;
use crate::backlog::domain::{Breadth, Class, Load, Rank, Stage};
use crate::ids::{ItemId, ProductId, ServiceId, TeamId};
use crate::products::{Apprentice, Designer, Serving, Worn, WornInSquad};

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
    /// The squad as the product group shows it.
    pub serving: Serving,
}

/// How many wait, as far as it is counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Waiting {
    /// Ready to be pulled.
    pub ready: i64,
    /// Proposed.
    pub proposed: i64,
}

/// What stands beside the lanes.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// How much waits.
    pub waiting: Waiting,
    /// The hats of the group, by the names of those who wear them.
    pub hats: Vec<Worn>,
    /// Who learns here, the longest first.
    pub apprentices: Vec<Apprentice>,
}

/// The lanes of a product by the names of their squads, and what stands beside them, in one statement.
pub async fn lanes(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<(Beside, Vec<LaneRow>)> {
    let rows = sqlx::query!(
        r#"
        select w.ready as "ready!", w.proposed as "proposed!", w.hats as "hats!: Json<Vec<Worn>>",
               w.apprentices as "apprentices!: Json<Vec<Apprentice>>", l.service as "service?: ServiceId",
               l.squad as "squad?: TeamId", l.name as "name?", l.slug as "slug?", l.is_active as "is_active?",
               l.in_progress as "in_progress?", l.expedite as "expedite?", l.learning as "learning?", l.wip_limit as "wip_limit?",
               l.learning_limit as "learning_limit?", l.goal as "goal?",
               l.worn as "worn?: Json<Vec<WornInSquad>>", l.designer as "designer?: Json<Designer>"
        from (select (select count(*) from (select from backlog_item
                                            where organization_id = $1 and product_id = $2 and stage = 'ready' limit $3) as r) as ready,
                     (select count(*) from (select from backlog_item
                                            where organization_id = $1 and product_id = $2 and stage = 'proposed' limit $3) as p) as proposed,
                     (select coalesce(jsonb_agg(jsonb_build_object('id', h.id, 'member', m.id, 'name', m.name, 'hat', h.hat,
                                                                   'is_coach', 'coach' = any (m.roles) and m.deactivated_at is null)
                                                order by lower(m.name), m.id), '[]')
                      from product_hat h
                      join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
                      where h.organization_id = $1 and h.product_id = $2 and h.until_at is null) as hats,
                     (select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'member', m.id, 'name', m.name, 'from_at', a.from_at,
                                                                   'may_order', a.may_order, 'version', a.version)
                                                order by a.from_at, lower(m.name), m.id), '[]')
                      from apprenticeship a
                      join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
                      where a.organization_id = $1 and a.product_id = $2 and a.until_at is null) as apprentices) as w
        left join (select ps.id as service, t.id as squad, t.name, t.slug, t.state = 'active' as is_active,
                          ps.in_progress, ps.expedite, ps.learning, ps.wip_limit, ps.learning_limit, g.name as goal,
                          coalesce((select jsonb_agg(jsonb_build_object('membership', ms.id, 'name', m.name, 'hat', lower(h.name),
                                                                        'share', ms.allocation)
                                                     order by ms.allocation desc, lower(m.name), m.id)
                                    from membership ms
                                    join membership_hat mh on (mh.organization_id, mh.membership_id) = (ms.organization_id, ms.id)
                                    join hat h on (h.organization_id, h.id) = (mh.organization_id, mh.hat_id)
                                                  and lower(h.name) in ('ux', 'analyst')
                                    join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                                    where ms.organization_id = $1 and ms.team_id = ps.team_id and ms.until_at is null), '[]') as worn,
                          (select jsonb_build_object('membership', ms.id, 'name', m.name)
                           from membership ms
                           join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                           where ms.organization_id = $1 and ms.team_id = ps.team_id and ms.until_at is null
                             and lower(m.discipline) = 'design'
                           order by ms.allocation desc, lower(m.name), m.id
                           limit 1) as designer
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
    let beside = rows.first().map_or_else(Beside::default, |row| Beside {
        waiting: Waiting { ready: row.ready, proposed: row.proposed },
        hats: row.hats.0.clone(),
        apprentices: row.apprentices.0.clone(),
    });
    let lanes = rows.into_iter().filter_map(|row| {
        let (squad, name, slug) = (row.squad?, row.name?, row.slug?);
        let (wip_limit, learning_limit) = (row.wip_limit?, row.learning_limit?);
        Some(LaneRow {
            squad,
            load: Load {
                in_progress: row.in_progress?,
                expedite: row.expedite?,
                learning: row.learning?,
                wip_limit,
                learning_limit,
            },
            goal: row.goal,
            serving: Serving {
                id: row.service?,
                team: squad,
                name: name.clone(),
                slug: slug.clone(),
                is_active: row.is_active?,
                wip_limit,
                learning_limit,
                worn: row.worn?.0,
                designer: row.designer.map(|one| one.0),
                others: vec![],
            },
            name,
            slug,
        })
    });
    Ok((beside, lanes.collect()))
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
