//! What a member is to products: they come before, and end with whoever leaves.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::ids::{EventId, MemberId, ProductId};

/// What somebody is to a product.
#[derive(Debug, Clone)]
pub struct Part {
    /// The name of the product.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// "lead", "apprentice", "analyst" or "coach".
    pub kind: String,
    /// Since when.
    pub from_at: DateTime<Utc>,
}

impl Part {
    /// Whether they lead it.
    pub fn is_lead(&self) -> bool {
        self.kind == "lead"
    }

    /// What stands on a page.
    pub fn title(&self) -> &'static str {
        match self.kind.as_str() {
            "lead" => "Lead PM",
            "apprentice" => "PM apprentice",
            "coach" => "Coach in reach",
            _ => "Group analyst",
        }
    }
}

/// What a member is to products now, the one they lead first.
pub async fn parts(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Vec<Part>> {
    sqlx::query_as!(
        Part,
        r#"
        select p.name, p.slug, x.part as "kind!", x.from_at as "from_at!"
        from (
            select id as product_id, 'lead' as part, lead_at as from_at, 1 as n from product
            where organization_id = $1 and lead_id = $2 and ended_at is null
            union all
            select product_id, 'apprentice', from_at, 2 from apprenticeship
            where organization_id = $1 and member_id = $2 and until_at is null
            union all
            select product_id, hat, from_at, 3 from product_hat
            where organization_id = $1 and member_id = $2 and until_at is null
        ) as x
        join product p on p.organization_id = $1 and p.id = x.product_id
        order by x.n, lower(p.name), p.id, x.part
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_all(db)
    .await
}

/// Ends the apprenticeships of a member who is held and leaves. Their products are held in the order of their ids, since they count
/// their apprentices.
pub async fn end_apprenticeships(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<ProductId>> {
    sqlx::query_scalar!(
        r#"
        with held as (
            select a.id
            from apprenticeship a
            join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
            where a.organization_id = $1 and a.member_id = $2 and a.until_at is null
            order by p.id
            for no key update
        )
        update apprenticeship
        set until_at = greatest($3, from_at), until_event = $4, outcome = 'ended', may_order = false, version = version + 1
        from held
        where apprenticeship.organization_id = $1 and apprenticeship.id = held.id
        returning apprenticeship.product_id as "product: ProductId"
        "#,
        tenant.organization_id().0,
        member.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}

/// Lays down the hats that a member who leaves wears for product groups.
pub async fn end_hats(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<Vec<ProductId>> {
    sqlx::query_scalar!(
        r#"
        update product_hat set until_at = greatest($3, from_at), until_event = $4
        where organization_id = $1 and member_id = $2 and until_at is null
        returning product_id as "product: ProductId"
        "#,
        tenant.organization_id().0,
        member.0,
        at,
        event.0,
    )
    .fetch_all(tx)
    .await
}
