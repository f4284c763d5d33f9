//! The list with its filters, and all that an item's page shows.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::backlog::domain::{Breadth, Class, Rank, Stage};
use crate::ids::{ItemId, MemberId, MetricId, ProductId, TeamId};

/// What a list is narrowed to. What is not given does not filter.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// Words of the title and of why it matters, each as its beginning.
    pub words: Option<String>,
    /// Where it stands.
    pub stage: Option<Stage>,
    /// Who holds it, or did it.
    pub squad: Option<TeamId>,
    /// How much it leaves open.
    pub breadth: Option<Breadth>,
    /// How it is treated.
    pub class: Option<Class>,
    /// Only what waits for something.
    pub blocked: bool,
    /// Which part of them.
    pub place: Place,
}

/// A part of a list, by the places of its items in the order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// From the top.
    #[default]
    Top,
    /// Below this place: where the page before ended.
    Below(Rank),
    /// Above this place, the nearest to it: where the page after began.
    Above(Rank),
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its number.
    pub number: i32,
    /// What it is about.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// How it is treated.
    pub class: Class,
    /// Where it stands.
    pub stage: Stage,
    /// Its place in the order.
    pub rank: Rank,
    /// Who holds it, or did it.
    pub squad_name: Option<String>,
    /// Since when it stands there.
    pub stage_at: DateTime<Utc>,
    /// What it waits for.
    pub blocked: String,
    /// What became of it.
    pub effect: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// The metric it is about.
    pub metric: Option<String>,
}

macro_rules! items {
    ($db:expr, $tenant:expr, $product:expr, $filter:expr, $limit:expr, $place:expr, $part:literal) => {
        sqlx::query_as!(
            ItemRow,
            r#"
        select i.number, i.title, i.why, i.breadth, i.class, i.stage, i.rank as "rank: Rank",
               t.name as "squad_name?", i.stage_at, i.blocked_reason as blocked, i.effect, m.name as proposed_by, i.proposed_at,
               x.name as "metric?"
        from backlog_item i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.proposed_by)
        left join team t on (t.organization_id, t.id) = (i.organization_id, i.squad_id)
        left join metric x on (x.organization_id, x.id) = (i.organization_id, i.metric_id)
        where i.organization_id = $1 and i.product_id = $2
          and ($3::text is null or i.search @@ to_tsquery('simple', $3))
          and ($4::text is null or i.stage = $4)
          and ($5::uuid is null or i.squad_id = $5)
          and ($6::text is null or i.breadth = $6)
          and ($7::text is null or i.class = $7)
          and (not $8 or i.blocked_at is not null)
        "# + $part,
            $tenant.organization_id().0,
            $product.0,
            $filter.words,
            $filter.stage.map(Stage::word),
            $filter.squad.map(|id| id.0),
            $filter.breadth.map(Breadth::word),
            $filter.class.map(Class::word),
            $filter.blocked,
            $place,
            $limit,
        )
        .fetch_all($db)
        .await
    };
}

/// The items that pass `filter`, in their order.
pub async fn list_items(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    filter: &ItemFilter,
    limit: Option<i64>,
) -> sqlx::Result<Vec<ItemRow>> {
    let place = match &filter.place {
        Place::Above(rank) => {
            let rank = rank.as_str();
            let part = items!(
                db,
                tenant,
                product,
                filter,
                limit,
                rank,
                " and i.rank < $9::text order by i.rank desc limit $10"
            );
            return part.map(|mut rows| {
                rows.reverse();
                rows
            });
        }
        Place::Below(rank) => Some(rank.as_str()),
        Place::Top => None,
    };
    items!(
        db,
        tenant,
        product,
        filter,
        limit,
        place,
        " and ($9::text is null or i.rank > $9) order by i.rank limit $10"
    )
}

/// An item with all that its page says of it.
#[derive(Debug, Clone)]
pub struct ItemPage {
    /// Its id.
    pub id: ItemId,
    /// Its number.
    pub number: i32,
    /// What it is about.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// How it is treated.
    pub class: Class,
    /// Where it stands.
    pub stage: Stage,
    /// Who holds it, or did it.
    pub squad: Option<TeamId>,
    /// Their name.
    pub squad_name: Option<String>,
    /// Their word in addresses.
    pub squad_slug: Option<String>,
    /// Since when it stands there.
    pub stage_at: DateTime<Utc>,
    /// Since when it waits for something.
    pub blocked_at: Option<DateTime<Utc>>,
    /// For what.
    pub blocked: String,
    /// The metric it is about.
    pub metric: Option<MetricId>,
    /// Its name.
    pub metric_name: Option<String>,
    /// Whose it is: their word in addresses.
    pub metric_squad: Option<String>,
    /// What became of it.
    pub effect: String,
    /// Who proposed it.
    pub proposed_by: MemberId,
    /// Their name.
    pub proposer: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// By what it is known in the tool that it came from.
    pub source: Option<String>,
    /// The number of the item of its own stage directly above it.
    pub above: Option<i32>,
    /// The same, directly below it.
    pub below: Option<i32>,
}

/// An item for its page.
pub async fn show_item(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    number: i32,
) -> sqlx::Result<Option<ItemPage>> {
    sqlx::query_as!(
        ItemPage,
        r#"
        select i.id as "id: ItemId", i.number, i.title, i.why, i.breadth, i.class, i.stage, i.squad_id as "squad: TeamId",
               t.name as "squad_name?", t.slug as "squad_slug?", i.stage_at, i.blocked_at, i.blocked_reason as blocked,
               x.id as "metric?: MetricId", x.name as "metric_name?", xt.slug as "metric_squad?", i.effect,
               i.proposed_by as "proposed_by: MemberId", m.name as proposer, i.proposed_at, i.source,
               (select number from backlog_item a
                where (a.organization_id, a.product_id, a.stage) = (i.organization_id, i.product_id, i.stage) and a.rank < i.rank
                order by a.rank desc limit 1) as above,
               (select number from backlog_item b
                where (b.organization_id, b.product_id, b.stage) = (i.organization_id, i.product_id, i.stage) and b.rank > i.rank
                order by b.rank limit 1) as below
        from backlog_item i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.proposed_by)
        left join team t on (t.organization_id, t.id) = (i.organization_id, i.squad_id)
        left join metric x on (x.organization_id, x.id) = (i.organization_id, i.metric_id)
        left join team xt on (xt.organization_id, xt.id) = (x.organization_id, x.team_id)
        where i.organization_id = $1 and i.product_id = $2 and i.number = $3
        "#,
        tenant.organization_id().0,
        product.0,
        number,
    )
    .fetch_optional(db)
    .await
}

/// What somebody said of an item.
#[derive(Debug, Clone)]
pub struct CommentRow {
    /// Who.
    pub author: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// What was said of an item, from the beginning.
pub async fn comments(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    item: ItemId,
) -> sqlx::Result<Vec<CommentRow>> {
    sqlx::query_as!(
        CommentRow,
        r#"
        select m.name as author, c.at, c.text
        from backlog_comment c
        join member m on (m.organization_id, m.id) = (c.organization_id, c.author_id)
        where c.organization_id = $1 and c.item_id = $2
        order by c.at, c.id
        limit 500
        "#,
        tenant.organization_id().0,
        item.0,
    )
    .fetch_all(db)
    .await
}

/// That an item was passed over.
#[derive(Debug, Clone)]
pub struct PassedOver {
    /// The one that was pulled instead.
    pub number: i32,
    /// By whom.
    pub squad: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// The times an item was passed over, the newest first.
pub async fn passed_over(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    item: ItemId,
) -> sqlx::Result<Vec<PassedOver>> {
    sqlx::query_as!(
        PassedOver,
        r#"
        select i.number, t.name as squad, o.at, o.reason
        from backlog_passed_over o
        join backlog_item i on (i.organization_id, i.id) = (o.organization_id, o.pulled_id)
        join team t on (t.organization_id, t.id) = (o.organization_id, o.squad_id)
        where o.organization_id = $1 and o.item_id = $2
        order by o.at desc, o.event_id desc
        limit 50
        "#,
        tenant.organization_id().0,
        item.0,
    )
    .fetch_all(db)
    .await
}
