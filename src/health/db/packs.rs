//! Packs, their dimensions and the wordings of these; the settings.

use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::health::domain::Wording;
use crate::ids::{DimensionId, PackId};

/// Gives an organization the packs that every one begins with.
pub async fn seed_packs(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<()> {
    sqlx::query!("select health_seed_packs($1)", tenant.organization_id().0)
        .execute(tx)
        .await
        .map(|_| ())
}

/// A pack with how many dimensions it asks now.
#[derive(Debug, Clone)]
pub struct PackRow {
    /// The pack.
    pub id: PackId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it is about.
    pub about: String,
    /// Whether new rounds can be opened with it.
    pub is_live: bool,
    /// Its version.
    pub version: i32,
    /// Dimensions now.
    pub dimensions: i64,
}

/// The packs, those that every organization begins with first.
pub async fn packs(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<PackRow>> {
    sqlx::query_as!(
        PackRow,
        r#"
        select p.id as "id: PackId",
               p.name, p.slug, p.about,
               p.ended_at is null as "is_live!",
               p.version,
               (select count(*) from health_dimension d
                where (d.organization_id, d.pack_id) = (p.organization_id, p.id) and d.ended_at is null) as "dimensions!"
        from health_pack p
        where p.organization_id = $1
        order by p.ended_at is not null,
                 array_position(array['customer_value_squad', 'spotify', 'cognitive_load', 'psychological_safety'], p.kind),
                 lower(p.name), p.id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// A pack by its word in addresses.
pub async fn find_pack(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    slug: &str,
) -> sqlx::Result<Option<PackRow>> {
    sqlx::query_as!(
        PackRow,
        r#"
        select p.id as "id: PackId",
               p.name, p.slug, p.about,
               p.ended_at is null as "is_live!",
               p.version,
               (select count(*) from health_dimension d
                where (d.organization_id, d.pack_id) = (p.organization_id, p.id) and d.ended_at is null) as "dimensions!"
        from health_pack p
        where p.organization_id = $1 and p.slug = $2
        "#,
        tenant.organization_id().0,
        slug,
    )
    .fetch_optional(db)
    .await
}

/// A pack, held.
#[derive(Debug, Clone)]
pub struct HeldPack {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// Whether it goes on.
    pub is_live: bool,
    /// Its version.
    pub version: i32,
}

/// Holds a pack, so that its dimensions are changed by one after the other.
pub async fn hold_pack(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: PackId,
) -> sqlx::Result<Option<HeldPack>> {
    sqlx::query_as!(
        HeldPack,
        r#"
        select name, about, ended_at is null as "is_live!", version
        from health_pack
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// Holds a pack as it is while a round is opened with it.
pub async fn share_pack(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: PackId,
) -> sqlx::Result<Option<(String, bool)>> {
    let found = sqlx::query!(
        r#"
        select name, ended_at is null as "is_live!"
        from health_pack
        where organization_id = $1 and id = $2
        for share
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|row| (row.name, row.is_live)))
}

/// Whether a word in addresses is another pack's.
pub async fn is_slug_taken(
    tx: &mut PgConnection,
    tenant: Tenant,
    slug: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from health_pack where organization_id = $1 and slug = $2) as "is_taken!""#,
        tenant.organization_id().0,
        slug,
    )
    .fetch_one(tx)
    .await
}

/// Adds a pack.
pub async fn insert_pack(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: PackId,
    (name, slug, about): (&str, &str, &str),
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into health_pack (organization_id, id, name, slug, about, kind) values ($1, $2, $3, $4, $5, 'own')",
        tenant.organization_id().0,
        id.0,
        name,
        slug,
        about,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Changes what a pack says by itself.
pub async fn update_pack(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: PackId,
    name: &str,
    about: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update health_pack set name = $3, about = $4, version = version + 1 where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        id.0,
        name,
        about,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Ends a pack, or takes it up again.
pub async fn end_pack(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: PackId,
    at: Option<chrono::DateTime<chrono::Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update health_pack set ended_at = $3, version = version + 1 where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        id.0,
        at,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A dimension with its newest wording.
#[derive(Debug, Clone)]
pub struct DimensionRow {
    /// The dimension.
    pub id: DimensionId,
    /// Which wording it is.
    pub version: i32,
    /// Whether new rounds ask it.
    pub is_live: bool,
    /// Its name.
    pub name: String,
    /// What green means.
    pub green: String,
    /// What amber means.
    pub amber: String,
    /// What red means.
    pub red: String,
}

/// The dimensions of a pack in their order, ended ones last.
pub async fn dimensions(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    pack: PackId,
) -> sqlx::Result<Vec<DimensionRow>> {
    sqlx::query_as!(
        DimensionRow,
        r#"
        select d.id as "id: DimensionId",
               d.version,
               d.ended_at is null as "is_live!",
               v.name, v.green, v.amber, v.red
        from health_dimension d
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.id, d.version)
        where d.organization_id = $1 and d.pack_id = $2
        order by d.ended_at is not null, d.position, d.id
        "#,
        tenant.organization_id().0,
        pack.0,
    )
    .fetch_all(db)
    .await
}

/// Adds a dimension at the end of its pack.
pub async fn insert_dimension(
    tx: &mut PgConnection,
    tenant: Tenant,
    pack: PackId,
    id: DimensionId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into health_dimension (organization_id, id, pack_id, position)
        select $1, $2, $3, coalesce(max(position), 0) + 1
        from health_dimension
        where organization_id = $1 and pack_id = $3
        "#,
        tenant.organization_id().0,
        id.0,
        pack.0,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds a wording, which becomes the newest.
pub async fn insert_wording(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: DimensionId,
    version: i32,
    wording: &Wording,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with newest as (
            update health_dimension set version = $3 where organization_id = $1 and id = $2
        )
        insert into health_dimension_version (organization_id, dimension_id, version, name, green, amber, red)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        wording.name.as_str(),
        wording.green.as_str(),
        wording.amber.as_str(),
        wording.red.as_str(),
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Puts the dimensions of a pack in an order.
pub async fn order_dimensions(
    tx: &mut PgConnection,
    tenant: Tenant,
    order: &[DimensionId],
) -> sqlx::Result<()> {
    let ids: Vec<_> = order.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        update health_dimension d
        set position = o.position
        from unnest($2::uuid[]) with ordinality as o (id, position)
        where d.organization_id = $1 and d.id = o.id
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Ends a dimension, or takes it up again.
pub async fn end_dimension(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: DimensionId,
    at: Option<chrono::DateTime<chrono::Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update health_dimension set ended_at = $3 where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        id.0,
        at,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The organization's threshold and cadence.
pub async fn settings(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<(i16, i16)> {
    let row = sqlx::query!(
        "select health_threshold, health_cadence_weeks from organization where id = $1",
        tenant.organization_id().0,
    )
    .fetch_one(db)
    .await?;
    Ok((row.health_threshold, row.health_cadence_weeks))
}

/// The same, with their version.
pub async fn settings_to_change(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
) -> sqlx::Result<(i16, i16, i32)> {
    let row = sqlx::query!(
        "select health_threshold, health_cadence_weeks, health_settings_version from organization where id = $1",
        tenant.organization_id().0,
    )
    .fetch_one(db)
    .await?;
    Ok((row.health_threshold, row.health_cadence_weeks, row.health_settings_version))
}

/// Sets them; answers what they were, or nothing if somebody else did meanwhile.
pub async fn set_settings(
    tx: &mut PgConnection,
    tenant: Tenant,
    version: i32,
    threshold: i16,
    cadence: i16,
) -> sqlx::Result<Option<(i16, i16)>> {
    let row = sqlx::query!(
        r#"
        update organization o
        set health_threshold = $2, health_cadence_weeks = $3, health_settings_version = o.health_settings_version + 1
        from (select id, health_threshold, health_cadence_weeks, health_settings_version
              from organization where id = $1 for no key update) as was
        where o.id = was.id and was.health_settings_version = $4
        returning was.health_threshold, was.health_cadence_weeks
        "#,
        tenant.organization_id().0,
        threshold,
        cadence,
        version,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.health_threshold, row.health_cadence_weeks)))
}
