//! The product itself: its row, its addresses, and whom and what a change of it holds.
//!
//! Rows are held in one order everywhere: members by id, teams by id, products by id.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{EventId, MemberId, ProductId, TeamId};
use crate::products::domain::{Person, Product, ProductChanges, Team};

/// Loads products and holds their rows until the transaction ends, in the order of their ids.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[ProductId],
) -> sqlx::Result<Vec<Product>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Product,
        r#"
        select id as "id: ProductId", name, slug, description, key, lead_id as "lead: MemberId", wip_policy as policy, items,
               ended_at is not null as "is_ended!", version
        from product
        where organization_id = $1 and id = any($2)
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await
}

/// Who leads a product at the moment, without holding it.
pub async fn lead_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ProductId,
) -> sqlx::Result<Option<MemberId>> {
    sqlx::query_scalar!(
        r#"select lead_id as "lead: MemberId" from product where organization_id = $1 and id = $2"#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Holds members until the transaction ends, in the order of their ids, so that none of them leaves meanwhile.
pub async fn hold_members(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[MemberId],
) -> sqlx::Result<Vec<Person>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Person,
        r#"
        select id as "id: MemberId", name, deactivated_at is not null as "is_deactivated!", 'coach' = any (roles) as "is_coach!"
        from member
        where organization_id = $1 and id = any($2)
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await
}

/// Holds a team until the transaction ends, so that it is not dissolved meanwhile.
pub async fn hold_team(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: TeamId,
) -> sqlx::Result<Option<Team>> {
    sqlx::query_as!(
        Team,
        r#"
        select id as "id: TeamId", name, kind = 'squad' as "is_squad!", state = 'dissolved' as "is_dissolved!"
        from team
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// Holds teams until the transaction ends, in the order of their ids.
pub async fn hold_teams(tx: &mut PgConnection, tenant: Tenant, ids: &[TeamId]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select id from team where organization_id = $1 and id = any($2) order by id for no key update",
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// The first address among `wanted`, `wanted-2`, … that no other product has or had.
pub async fn free_slug(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    wanted: &str,
    own: ProductId,
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"
        select slug as "slug!"
        from (select case when n = 1 then $2 else $2 || '-' || n end as slug, n from generate_series(1, 1000) as n) as candidate
        where not exists (select from product_slug s
                          where s.organization_id = $1 and s.slug = candidate.slug and s.product_id <> $3)
        order by n
        limit 1
        "#,
        tenant.organization_id().0,
        wanted,
        own.0,
    )
    .fetch_one(db)
    .await
}

/// The first of these beginnings of keys that no product has or had.
pub async fn free_key(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    wanted: &[String],
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select w.key as "key!"
        from unnest($2::text[]) with ordinality as w (key, n)
        where not exists (select from product p where p.organization_id = $1 and p.key = w.key)
        order by w.n
        limit 1
        "#,
        tenant.organization_id().0,
        wanted,
    )
    .fetch_optional(db)
    .await
}

/// Notes a new address of a product; its old ones stay and lead to it.
pub async fn insert_slug(
    tx: &mut PgConnection,
    tenant: Tenant,
    slug: &str,
    product: ProductId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into product_slug (organization_id, slug, product_id)
        select $1, $2, $3
        where not exists (select from product_slug s
                          where s.organization_id = $1 and s.slug = $2 and s.product_id = $3)
        "#,
        tenant.organization_id().0,
        slug,
        product.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The row of a new product.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: &'a str,
    /// Its word in addresses.
    pub slug: &'a str,
    /// What it is.
    pub description: &'a str,
    /// What the keys of its items begin with.
    pub key: &'a str,
    /// Who leads it.
    pub lead: MemberId,
    /// When it begins.
    pub at: DateTime<Utc>,
    /// What tells of it.
    pub event: EventId,
}

/// Adds a product with its lead PM.
pub async fn insert(tx: &mut PgConnection, tenant: Tenant, row: &NewRow<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into product (organization_id, id, name, slug, description, key, lead_id, lead_event, lead_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        "#,
        tenant.organization_id().0,
        row.id.0,
        row.name,
        row.slug,
        row.description,
        row.key,
        row.lead.0,
        row.event.0,
        row.at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes what a product is called; answers whether the version was still the same.
pub async fn update(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ProductId,
    version: i32,
    slug: &str,
    changes: &ProductChanges,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product set name = $4, slug = $5, description = $6, key = $7, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        changes.name.as_str(),
        slug,
        changes.description.as_str(),
        changes.key.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a product another WIP policy; answers whether the version was still the same.
pub async fn update_policy(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ProductId,
    version: i32,
    policy: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product set wip_policy = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        policy,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a product another lead PM in one step; answers whether the version was still the same.
pub async fn update_lead(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ProductId,
    version: i32,
    lead: MemberId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product set lead_id = $4, lead_at = $5, lead_event = $6, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        lead.0,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a product; answers whether the version was still the same.
pub async fn end(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ProductId,
    version: i32,
    reason: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product set ended_at = greatest($5, created_at), ended_event = $6, ended_reason = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and ended_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        reason,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The id of the product at an address, with its present word in addresses.
#[derive(Debug, Clone)]
pub struct Address {
    /// The product.
    pub id: ProductId,
    /// Its word in addresses now; another one than was asked for after a rename.
    pub slug: String,
}

/// Finds a product by its id, its word in addresses, or one that it had before.
pub async fn find_address(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    word: &str,
) -> sqlx::Result<Option<Address>> {
    let id: Option<Uuid> = word.parse().ok();
    sqlx::query_as!(
        Address,
        r#"
        select p.id as "id: ProductId", p.slug
        from product p
        where p.organization_id = $1
          and p.id = coalesce($2, (select s.product_id from product_slug s where s.organization_id = $1 and s.slug = $3))
        "#,
        tenant.organization_id().0,
        id,
        word,
    )
    .fetch_optional(db)
    .await
}
