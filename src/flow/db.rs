//! Every SQL statement about flow: all of them read. However many items there are, they are as many.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgExecutor;

use super::domain::{HeldBefore, History, ItemStep};
use crate::actor::Tenant;
use crate::backlog::{Breadth, Load, Stage};
use crate::ids::{ItemId, ProductId, TeamId};

/// A squad that serves a product.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its id.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it has in hand.
    pub load: Load,
    /// When it pulled from this backlog for the first time.
    pub pulling_since: Option<DateTime<Utc>>,
}

/// The squads that serve a product now, by name.
pub async fn squads(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<Server>> {
    let rows = sqlx::query!(
        r#"
        select t.id as "id: TeamId", t.name, t.slug, ps.in_progress, ps.expedite, ps.learning, ps.wip_limit, ps.learning_limit,
               (select x.at from backlog_transition x
                where x.organization_id = $1 and x.squad_id = t.id and x.product_id = $2
                  and x.from_stage = 'ready' and x.to_stage = 'in_progress'
                order by x.at limit 1) as pulling_since
        from product_squad ps
        join team t on (t.organization_id, t.id) = (ps.organization_id, ps.team_id)
        where ps.organization_id = $1 and ps.product_id = $2 and ps.standing
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await?;
    let servers = rows.into_iter().map(|row| Server {
        team: row.id,
        name: row.name,
        slug: row.slug,
        load: Load {
            in_progress: row.in_progress,
            expedite: row.expedite,
            learning: row.learning,
            wip_limit: row.wip_limit,
            learning_limit: row.learning_limit,
        },
        pulling_since: row.pulling_since,
    });
    Ok(servers.collect())
}

/// The steps of a product since the beginning of a day, and what stood before them. Two statements: the second counts back from
/// what stands now, so that it reads no step before that day but those of items that were held then.
pub async fn history(
    db: impl PgExecutor<'_> + Copy,
    tenant: Tenant,
    product: ProductId,
    from: NaiveDate,
) -> sqlx::Result<History> {
    let since = from.and_time(NaiveTime::MIN).and_utc();
    let rows = sqlx::query!(
        r#"
        select t.item_id as "item: ItemId", i.number, t.at, t.from_stage, t.to_stage, t.squad_id as "squad: TeamId", i.breadth
        from backlog_transition t
        -- Each by its id (`offset 0`): the planner would rather read all items of all products.
        join lateral (select number, breadth from backlog_item where organization_id = $1 and id = t.item_id offset 0) i on true
        where t.organization_id = $1 and t.product_id = $2 and t.at >= $3
        order by t.at, t.event_id
        "#,
        tenant.organization_id().0,
        product.0,
        since,
    )
    .fetch_all(db)
    .await?;
    let steps = rows.into_iter().map(|row| ItemStep {
        item: row.item,
        number: row.number,
        at: row.at,
        from: row.from_stage.map(Stage::from),
        to: Stage::from(row.to_stage),
        squad: row.squad,
        breadth: Breadth::from(row.breadth),
    });
    let mut history = History { steps: steps.collect(), ..History::default() };
    let before = sqlx::query!(
        r#"
        with w as materialized (
            select t.item_id, t.from_stage, t.to_stage
            from backlog_transition t
            where t.organization_id = $1 and t.product_id = $2 and t.at >= $3)
        select null::uuid as "item: ItemId", null::integer as number, s.stage as "stage!", null::uuid as "squad: TeamId",
               null::timestamptz as pulled_at,
               (select count(*) from backlog_item i where i.organization_id = $1 and i.product_id = $2 and i.stage = s.stage)
               + (select count(*) from w where w.from_stage = s.stage) - (select count(*) from w where w.to_stage = s.stage) as "n!"
        from (values ('proposed'), ('ready')) as s (stage)
        union all
        select h.id, h.number, last.to_stage, last.squad_id, pulled.at, 1
        from (select i.id, i.number from backlog_item i
              where i.organization_id = $1 and i.product_id = $2 and i.stage in ('in_progress', 'learning') and i.stage_at < $3
              union
              select i.id, i.number from w
              join backlog_item i on i.organization_id = $1 and i.id = w.item_id
              where w.from_stage in ('in_progress', 'learning')) as h
        cross join lateral (select t.to_stage, t.squad_id from backlog_transition t
                            where t.organization_id = $1 and t.item_id = h.id and t.at < $3
                            order by t.at desc, t.event_id desc limit 1) as last
        cross join lateral (select t.at from backlog_transition t
                            where t.organization_id = $1 and t.item_id = h.id and t.at < $3
                              and t.from_stage = 'ready' and t.to_stage = 'in_progress'
                            order by t.at desc, t.event_id desc limit 1) as pulled
        where last.to_stage in ('in_progress', 'learning')
        "#,
        tenant.organization_id().0,
        product.0,
        since,
    )
    .fetch_all(db)
    .await?;
    for row in before {
        let stage = Stage::from(row.stage);
        match (row.item, row.number, row.squad, row.pulled_at) {
            (Some(item), Some(number), Some(squad), Some(pulled_at)) => {
                history.held.push(HeldBefore { item, number, stage, squad, pulled_at });
            }
            _ if stage == Stage::Proposed => history.proposed = row.n,
            _ => history.ready = row.n,
        }
    }
    Ok(history)
}

/// What is known of an item in hand beside its steps.
#[derive(Debug, Clone, Default)]
pub struct InHand {
    /// What it is about.
    pub title: String,
    /// Since when it is blocked.
    pub blocked_at: Option<DateTime<Utc>>,
}

/// The items that the squads of a product hold.
pub async fn in_hand(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<HashMap<ItemId, InHand>> {
    let rows = sqlx::query!(
        r#"
        select i.id as "id: ItemId", i.title, i.blocked_at
        from backlog_item i
        where i.organization_id = $1 and i.product_id = $2 and i.stage in ('in_progress', 'learning')
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await?;
    let in_hand = |title, blocked_at| InHand { title, blocked_at };
    Ok(rows.into_iter().map(|row| (row.id, in_hand(row.title, row.blocked_at))).collect())
}
