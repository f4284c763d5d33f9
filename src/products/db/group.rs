//! The product group: services of squads, hats, apprenticeships.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::ids::{ApprenticeshipId, EventId, MemberId, ProductId, ServiceId, TeamId, WornId};

/// A squad that serves or served a product.
#[derive(Debug, Clone)]
pub struct ServiceRow {
    /// The service.
    pub id: ServiceId,
    /// The product.
    pub product: ProductId,
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// How many items it has in progress at most.
    pub wip_limit: i16,
    /// How many items it learns from at most.
    pub learning_limit: i16,
    /// Whether it serves now.
    pub is_current: bool,
    /// Its version.
    pub version: i32,
}

/// Finds a service, also one that has ended.
pub async fn find_service(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ServiceId,
) -> sqlx::Result<Option<ServiceRow>> {
    sqlx::query_as!(
        ServiceRow,
        r#"
        select s.id as "id: ServiceId", s.product_id as "product: ProductId", s.team_id as "team: TeamId", t.name,
               s.wip_limit, s.learning_limit, s.until_at is null as "is_current!", s.version
        from product_squad s
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        where s.organization_id = $1 and s.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Lets a squad serve.
pub async fn insert_service(
    tx: &mut PgConnection,
    tenant: Tenant,
    row: &ServiceRow,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into product_squad (organization_id, id, product_id, team_id, wip_limit, learning_limit, from_at, from_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.organization_id().0,
        row.id.0,
        row.product.0,
        row.team.0,
        row.wip_limit,
        row.learning_limit,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives a squad other limits; answers whether the version was still the same.
pub async fn update_limits(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ServiceId,
    version: i32,
    wip: i16,
    learning: i16,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product_squad set wip_limit = $4, learning_limit = $5, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        wip,
        learning,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a squad stop serving; answers whether it still did, with that version.
pub async fn end_service(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ServiceId,
    version: i32,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product_squad set until_at = greatest($4, from_at), until_event = $5, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The squads that serve a product now, to be held before the product is.
pub async fn teams_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<TeamId>> {
    sqlx::query_scalar!(
        r#"
        select team_id as "team: TeamId" from product_squad
        where organization_id = $1 and product_id = $2 and until_at is null
        order by team_id
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// Who learns at a product now or wears a hat for it, to be held before the product is.
pub async fn people_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<MemberId>> {
    sqlx::query_scalar!(
        r#"
        select member_id as "member!: MemberId" from apprenticeship
        where organization_id = $1 and product_id = $2 and until_at is null
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// What ended with a product.
#[derive(Debug, Clone)]
pub struct EndedPart {
    /// The squad or the member.
    pub subject: uuid::Uuid,
    /// Their name.
    pub name: String,
}

/// Ends the services of a product that ends.
pub async fn end_services(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<EndedPart>> {
    sqlx::query_as!(
        EndedPart,
        r#"
        with ended as (
            update product_squad set until_at = greatest($3, from_at), until_event = $4, version = version + 1
            where organization_id = $1 and product_id = $2 and until_at is null
            returning team_id
        )
        select t.id as subject, t.name
        from ended e
        join team t on t.organization_id = $1 and t.id = e.team_id
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        product.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// Ends the hats of a product that ends.
pub async fn end_hats(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<EndedPart>> {
    sqlx::query_as!(
        EndedPart,
        r#"
        with ended as (
            update product_hat set until_at = greatest($3, from_at), until_event = $4
            where organization_id = $1 and product_id = $2 and until_at is null
            returning member_id
        )
        select m.id as subject, m.name
        from ended e
        join member m on m.organization_id = $1 and m.id = e.member_id
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        product.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// Ends the apprenticeships at a product that ends.
pub async fn end_apprenticeships(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<EndedPart>> {
    sqlx::query_as!(
        EndedPart,
        r#"
        with ended as (
            update apprenticeship
            set until_at = greatest($3, from_at), until_event = $4, outcome = 'ended', may_order = false, version = version + 1
            where organization_id = $1 and product_id = $2 and until_at is null
            returning member_id
        )
        select m.id as subject, m.name
        from ended e
        join member m on m.organization_id = $1 and m.id = e.member_id
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        product.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// A hat that somebody wears or wore for a product group.
#[derive(Debug, Clone)]
pub struct WornRow {
    /// The wearing.
    pub id: WornId,
    /// The product.
    pub product: ProductId,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// The hat's word.
    pub hat: String,
    /// Whether they wear it now.
    pub is_current: bool,
}

/// Finds a hat that somebody wears or wore.
pub async fn find_worn(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: WornId,
) -> sqlx::Result<Option<WornRow>> {
    sqlx::query_as!(
        WornRow,
        r#"
        select h.id as "id: WornId", h.product_id as "product: ProductId", h.member_id as "member: MemberId", m.name, h.hat,
               h.until_at is null as "is_current!"
        from product_hat h
        join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
        where h.organization_id = $1 and h.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Gives somebody a hat.
pub async fn insert_hat(
    tx: &mut PgConnection,
    tenant: Tenant,
    row: &WornRow,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into product_hat (organization_id, id, product_id, member_id, hat, from_at, from_event)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        tenant.organization_id().0,
        row.id.0,
        row.product.0,
        row.member.0,
        row.hat,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lays a hat down; answers whether it was still worn.
pub async fn end_hat(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: WornId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update product_hat set until_at = greatest($3, from_at), until_event = $4
        where organization_id = $1 and id = $2 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An apprenticeship, with the product where it is.
#[derive(Debug, Clone)]
pub struct ApprenticeshipRow {
    /// The apprenticeship.
    pub id: ApprenticeshipId,
    /// The product.
    pub product: ProductId,
    /// Its name.
    pub product_name: String,
    /// Who learns.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Whether they may order the backlog.
    pub may_order: bool,
    /// Whether it goes on.
    pub is_current: bool,
    /// Its version.
    pub version: i32,
}

/// Finds an apprenticeship, also one that has ended.
pub async fn find_apprenticeship(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ApprenticeshipId,
) -> sqlx::Result<Option<ApprenticeshipRow>> {
    sqlx::query_as!(
        ApprenticeshipRow,
        r#"
        select a.id as "id: ApprenticeshipId", a.product_id as "product: ProductId", p.name as product_name,
               a.member_id as "member: MemberId", m.name, a.may_order, a.until_at is null as "is_current!", a.version
        from apprenticeship a
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
        where a.organization_id = $1 and a.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// The apprenticeships in which a member is now.
pub async fn apprenticeships_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Vec<ApprenticeshipRow>> {
    sqlx::query_as!(
        ApprenticeshipRow,
        r#"
        select a.id as "id: ApprenticeshipId", a.product_id as "product: ProductId", p.name as product_name,
               a.member_id as "member: MemberId", m.name, a.may_order, true as "is_current!", a.version
        from apprenticeship a
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
        where a.organization_id = $1 and a.member_id = $2 and a.until_at is null
        order by a.product_id
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_all(db)
    .await
}

/// Begins an apprenticeship.
pub async fn insert_apprenticeship(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ApprenticeshipId,
    product: ProductId,
    member: MemberId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into apprenticeship (organization_id, id, product_id, member_id, from_at, from_event)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        tenant.organization_id().0,
        id.0,
        product.0,
        member.0,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends an apprenticeship, and the delegation with it; answers whether it still went on, with that version.
pub async fn end_apprenticeship(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, version): (ApprenticeshipId, i32),
    outcome: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update apprenticeship
        set until_at = greatest($5, from_at), until_event = $6, outcome = $4, may_order = false, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        outcome,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets an apprentice order the backlog, or not any more; answers whether the version was still the same.
pub async fn update_may_order(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: ApprenticeshipId,
    version: i32,
    may_order: bool,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update apprenticeship set may_order = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        may_order,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
