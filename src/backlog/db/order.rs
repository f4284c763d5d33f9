//! Ranks: the ends of a backlog, the neighbours of an item, and a neighbourhood that is written anew.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::backlog::domain::{ItemTitle, Rank, Stage};
use crate::ids::{ItemId, ProductId};

/// The first and the last rank of a product.
pub async fn ends(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<(Option<Rank>, Option<Rank>)> {
    let row = sqlx::query!(
        r#"
        select (select rank from backlog_item where organization_id = $1 and product_id = $2 order by rank limit 1) as "first: Rank",
               (select rank from backlog_item where organization_id = $1 and product_id = $2 order by rank desc limit 1) as "last: Rank"
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_one(db)
    .await?;
    Ok((row.first, row.last))
}

/// An item that is held until the transaction ends, with what stands around it.
pub struct Held {
    /// Its id.
    pub id: ItemId,
    /// What it is about.
    pub title: ItemTitle,
    /// Where it stands.
    pub stage: Stage,
    /// Its place in the order.
    pub rank: Rank,
    /// The place of the item below which it goes; that one is held as well.
    pub anchor: Option<Rank>,
    /// The next rank below the anchor, of any stage and not the item's own.
    pub next: Option<Rank>,
    /// The item of its own stage directly above it, by number.
    pub above: Option<i32>,
    /// The item of its own stage directly below it, by number.
    pub below: Option<i32>,
}

/// Holds an item and the one below which it goes, in the order of their ids, and then looks at what stands around them: of the
/// stage that is `sought`, or of its own.
pub async fn hold_item(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    (item, anchor): (i32, Option<i32>),
    sought: Option<Stage>,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"
        select id as "id!: ItemId", title as "title!: ItemTitle", stage as "stage!", rank as "rank!: Rank",
               anchor_rank as "anchor: Rank", next_rank as "next: Rank", above, below
        from backlog_held($1, $2, $3, $4, $5)
        "#,
        tenant.organization_id().0,
        product.0,
        item,
        anchor,
        sought.map(Stage::word),
    )
    .fetch_optional(tx)
    .await
}

/// The number of the item of a stage directly above `rank`.
pub async fn number_above(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    rank: &Rank,
    stage: Stage,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        select number from backlog_item
        where organization_id = $1 and product_id = $2 and stage = $4 and rank < $3
        order by rank desc
        limit 1
        "#,
        tenant.organization_id().0,
        product.0,
        rank.as_str(),
        stage.word(),
    )
    .fetch_optional(db)
    .await
}

/// The number of the item directly above `rank`, of any stage, that is not `item`.
pub async fn predecessor(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    rank: &Rank,
    item: ItemId,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        select number from backlog_item
        where organization_id = $1 and product_id = $2 and rank < $3 and id <> $4
        order by rank desc
        limit 1
        "#,
        tenant.organization_id().0,
        product.0,
        rank.as_str(),
        item.0,
    )
    .fetch_optional(db)
    .await
}

/// Gives an item another place.
pub async fn set_rank(
    tx: &mut PgConnection,
    tenant: Tenant,
    item: ItemId,
    rank: &Rank,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update backlog_item set rank = $3 where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        item.0,
        rank.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An item with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The item.
    pub id: ItemId,
    /// Its place.
    pub rank: Rank,
}

/// The items around a rank in their order, `many` above it and as many below.
pub async fn neighbourhood(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    rank: &Rank,
    many: i64,
) -> sqlx::Result<Vec<Ranked>> {
    sqlx::query_as!(
        Ranked,
        r#"
        select id as "id!: ItemId", rank as "rank!: Rank"
        from ((select id, rank from backlog_item
               where organization_id = $1 and product_id = $2 and rank <= $3 order by rank desc limit $4)
              union all
              (select id, rank from backlog_item
               where organization_id = $1 and product_id = $2 and rank > $3 order by rank limit $4)) as near
        order by rank
        "#,
        tenant.organization_id().0,
        product.0,
        rank.as_str(),
        many,
    )
    .fetch_all(db)
    .await
}

/// Holds items until the transaction ends, in the order of their ids.
pub async fn hold(tx: &mut PgConnection, tenant: Tenant, items: &[Ranked]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id.0).collect();
    sqlx::query!(
        "select id from backlog_item where organization_id = $1 and id = any($2) order by id for no key update",
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Writes the ranks of a neighbourhood anew.
pub async fn set_ranks(
    tx: &mut PgConnection,
    tenant: Tenant,
    items: &[Ranked],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id.0).collect();
    let ranks: Vec<String> = items.iter().map(|item| item.rank.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        update backlog_item i set rank = fresh.rank
        from unnest($2::uuid[], $3::text[]) as fresh (id, rank)
        where i.organization_id = $1 and i.id = fresh.id
        "#,
        tenant.organization_id().0,
        &ids,
        &ranks,
    )
    .execute(tx)
    .await?;
    Ok(())
}
