//! The rows that squads and core teams share: teams, their addresses, and hats.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{EventId, HatId, LinkId, ProductId, ServiceId, TeamId};
use crate::squads::domain::HatName;

pub use super::memberships::*;

/// The word of a squad in `team.kind`.
pub const SQUAD: &str = "squad";
/// The word of a core team in `team.kind`.
pub const CORE_TEAM: &str = "core_team";

/// Adds hats to the catalogue.
pub async fn insert_hats(
    tx: &mut PgConnection,
    tenant: Tenant,
    hats: &[(HatId, &str)],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = hats.iter().map(|(id, _)| id.0).collect();
    let names: Vec<String> = hats.iter().map(|(_, name)| (*name).to_owned()).collect();
    sqlx::query!(
        "insert into hat (organization_id, id, name) select $1, * from unnest($2::uuid[], $3::text[])",
        tenant.organization_id().0,
        &ids,
        &names,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The hat of a name, whatever its capitals.
pub async fn find_hat(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    name: &HatName,
) -> sqlx::Result<Option<HatId>> {
    sqlx::query_scalar!(
        r#"select id as "id: HatId" from hat where organization_id = $1 and lower(name) = lower($2)"#,
        tenant.organization_id().0,
        name.as_str(),
    )
    .fetch_optional(db)
    .await
}

/// Adds one hat; answers nothing if somebody else was first.
pub async fn insert_hat(
    tx: &mut PgConnection,
    tenant: Tenant,
    name: &HatName,
) -> sqlx::Result<Option<HatId>> {
    sqlx::query_scalar!(
        r#"
        insert into hat (organization_id, id, name) values ($1, $2, $3)
        on conflict (organization_id, lower(name)) do nothing
        returning id as "id: HatId"
        "#,
        tenant.organization_id().0,
        HatId::new().0,
        name.as_str(),
    )
    .fetch_optional(tx)
    .await
}

/// A hat of the catalogue.
#[derive(Debug, Clone)]
pub struct HatRow {
    /// Its id.
    pub id: HatId,
    /// Its name.
    pub name: String,
}

/// The catalogue of hats.
pub async fn list_hats(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<HatRow>> {
    sqlx::query_as!(
        HatRow,
        r#"select id as "id: HatId", name from hat where organization_id = $1 order by lower(name)"#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// The names of these hats, in the order of the names.
pub async fn hat_names(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    hats: &[HatId],
) -> sqlx::Result<Vec<String>> {
    let ids: Vec<Uuid> = hats.iter().map(|hat| hat.0).collect();
    sqlx::query_scalar!(
        "select name from hat where organization_id = $1 and id = any($2) order by lower(name)",
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// A team that is about to be.
pub struct NewTeam<'a> {
    /// Its id.
    pub id: TeamId,
    /// [`SQUAD`] or [`CORE_TEAM`].
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its word in addresses.
    pub slug: &'a str,
    /// Squads only.
    pub pattern: Option<&'a str>,
    /// What it is for.
    pub description: &'a str,
    /// The word of its first state.
    pub state: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
}

/// Adds a team and its first address.
pub async fn insert_team(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: &NewTeam<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with added as (
            insert into team (organization_id, id, kind, name, slug, pattern, description, state, state_at, state_event, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)
            returning organization_id, kind, slug, id
        )
        insert into team_slug (organization_id, kind, slug, team_id) select * from added
        "#,
        tenant.organization_id().0,
        team.id.0,
        team.kind,
        team.name,
        team.slug,
        team.pattern,
        team.description,
        team.state,
        team.at,
        team.event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The first address among `wanted`, `wanted-2`, … that no other team of the kind has or had.
pub async fn free_slug(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    kind: &str,
    wanted: &str,
    own: TeamId,
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"
        select slug as "slug!"
        from (select case when n = 1 then $3 else $3 || '-' || n end as slug, n from generate_series(1, 1000) as n) as candidate
        where not exists (select from team_slug s
                          where s.organization_id = $1 and s.kind = $2 and s.slug = candidate.slug and s.team_id <> $4)
        order by n
        limit 1
        "#,
        tenant.organization_id().0,
        kind,
        wanted,
        own.0,
    )
    .fetch_one(db)
    .await
}

/// Notes a new address of a team; its old ones stay and lead to it.
pub async fn insert_slug(
    tx: &mut PgConnection,
    tenant: Tenant,
    kind: &str,
    slug: &str,
    team: TeamId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into team_slug (organization_id, kind, slug, team_id)
        select $1, $2, $3, $4
        where not exists (select from team_slug s
                          where s.organization_id = $1 and s.kind = $2 and s.slug = $3 and s.team_id = $4)
        "#,
        tenant.organization_id().0,
        kind,
        slug,
        team.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The newest text of a team; answers whether the version was still the same.
#[expect(clippy::too_many_arguments, reason = "one per column")]
pub async fn update_team(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: TeamId,
    version: i32,
    name: &str,
    slug: &str,
    pattern: Option<&str>,
    description: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update team set name = $4, slug = $5, pattern = $6, description = $7, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        name,
        slug,
        pattern,
        description,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a team another state.
pub async fn update_state(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: TeamId,
    state: &str,
    reason: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update team set state = $3, state_reason = $4, state_at = $5, state_event = $6, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        state,
        reason,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The id of the team at an address, with its present word in addresses.
#[derive(Debug, Clone)]
pub struct Address {
    /// The team.
    pub id: TeamId,
    /// Its word in addresses now; another one than was asked for after a rename.
    pub slug: String,
}

/// Finds a team by its id, its word in addresses, or one that it had before.
pub async fn find_address(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    kind: &str,
    word: &str,
) -> sqlx::Result<Option<Address>> {
    let id: Option<Uuid> = word.parse().ok();
    sqlx::query_as!(
        Address,
        r#"
        select t.id as "id: TeamId", t.slug
        from team t
        where t.organization_id = $1 and t.kind = $2
          and t.id = coalesce($3, (select s.team_id from team_slug s
                                   where s.organization_id = $1 and s.kind = $2 and s.slug = $4))
        "#,
        tenant.organization_id().0,
        kind,
        id,
        word,
    )
    .fetch_optional(db)
    .await
}

/// A link that ended with its team.
#[derive(Debug, Clone)]
pub struct EndedLink {
    /// The link.
    pub id: LinkId,
    /// The team at its other end.
    pub other: TeamId,
    /// The name of the team that it led from.
    pub from: String,
    /// Its kind's word.
    pub kind: String,
    /// The name of the team that it led to.
    pub to: String,
}

/// Ends the current links from and to a team, held in the order of their ids, so that two teams that are tied to
/// one another can be dissolved at once.
pub async fn end_links(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<EndedLink>> {
    sqlx::query_as!(
        EndedLink,
        r#"
        with held as (
            select id
            from link
            where organization_id = $1 and until_at is null and $2 in (from_team_id, to_team_id)
            order by id
            for update
        ), ended as (
            update link set until_at = greatest($3, from_at), until_event = $4, version = version + 1
            from held
            where link.organization_id = $1 and link.id = held.id
            returning link.id, link.kind, link.from_team_id, link.to_team_id
        )
        select e.id as "id: LinkId", e.kind, f.name as "from!", t.name as "to!",
               case when f.id = $2 then t.id else f.id end as "other!: TeamId"
        from ended e
        join team f on f.organization_id = $1 and f.id = e.from_team_id
        join team t on t.organization_id = $1 and t.id = e.to_team_id
        order by lower(f.name), lower(t.name), e.kind
        "#,
        tenant.organization_id().0,
        team.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// A product that a squad served until it was dissolved.
#[derive(Debug, Clone)]
pub struct EndedService {
    /// The service.
    pub id: ServiceId,
    /// The product.
    pub product: ProductId,
    /// Its name.
    pub name: String,
}

/// Ends the services of a squad that is held. Their products are held in the order of their ids, since they count their squads.
pub async fn end_services(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<EndedService>> {
    sqlx::query_as!(
        EndedService,
        r#"
        with held as (
            select s.id, p.name
            from product_squad s
            join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
            where s.organization_id = $1 and s.team_id = $2 and s.until_at is null
            order by p.id
            for no key update
        )
        update product_squad set until_at = greatest($3, from_at), until_event = $4, version = version + 1
        from held
        where product_squad.organization_id = $1 and product_squad.id = held.id
        returning product_squad.id as "id: ServiceId", product_squad.product_id as "product: ProductId", held.name as "name!"
        "#,
        tenant.organization_id().0,
        team.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// A product that a squad serves.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ProductLine {
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
}

/// The products that a squad serves, by name.
pub async fn products_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<ProductLine>> {
    sqlx::query_as!(
        ProductLine,
        r#"
        select p.name, p.slug
        from product_squad s
        join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
        where s.organization_id = $1 and s.team_id = $2 and s.until_at is null
        order by lower(p.name), p.id
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await
}
