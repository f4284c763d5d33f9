//! Every SQL statement about backlogs.
//!
//! | to read about | open |
//! |---|---|
//! | the product, who somebody is in its group, its squads | this file |
//! | items: finding, holding, writing | `items.rs` |
//! | ranks and the neighbours of an item | `order.rs` |
//! | the board | `board.rs` |
//! | the list, an item's page | `list.rs` |
//! | templates | `templates.rs` |
//! | files from other tools | `import.rs` |
//! | a past that is written at once | `past.rs` |

mod board;
mod import;
mod items;
mod list;
mod order;
mod past;
mod templates;

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

pub use board::*;
pub use import::*;
pub use items::*;
pub use list::*;
pub use order::*;
pub use past::*;
pub use templates::*;

use super::domain::{ItemKey, Load, Orderer, Puller, Standing};
use crate::actor::Tenant;
use crate::ids::{MemberId, MetricId, ProductId, TeamId};
use crate::products::WipPolicy;

/// A product, as somebody sees it who may or may not be in its group.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// What happens over a limit.
    pub policy: WipPolicy,
    /// Who leads it.
    pub lead: MemberId,
    /// Their name.
    pub lead_name: String,
    /// How many squads serve it.
    pub serving: usize,
    /// Whether it is no more.
    pub is_ended: bool,
    /// What the visitor is here.
    pub standing: Standing,
}

impl Product {
    /// The key of an item.
    pub fn item_key(&self, number: i32) -> ItemKey {
        ItemKey::new(&self.key, number)
    }
}

struct ProductRow {
    id: ProductId,
    name: String,
    slug: String,
    key: String,
    wip_policy: String,
    lead: MemberId,
    lead_name: String,
    is_ended: bool,
    is_delegate: bool,
    serving: i64,
    squads: Vec<TeamId>,
}

/// Finds a product by one of its words in addresses, or by its id; with what `member` is in its group.
pub async fn find_product(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    word: &str,
    member: MemberId,
) -> sqlx::Result<Option<Product>> {
    let row = sqlx::query_as!(
        ProductRow,
        r#"
        select p.id as "id: ProductId", p.name, p.slug, p.key, p.wip_policy, p.lead_id as "lead: MemberId", l.name as lead_name,
               p.ended_at is not null as "is_ended!",
               exists (select from apprenticeship a
                       where a.organization_id = $1 and a.product_id = p.id and a.member_id = $3 and a.standing and a.may_order) as "is_delegate!",
               (select count(*) from product_squad ps
                where ps.organization_id = $1 and ps.product_id = p.id and ps.standing) as "serving!",
               array(select ps.team_id from product_squad ps
                     join membership m on (m.organization_id, m.team_id) = (ps.organization_id, ps.team_id)
                     where ps.organization_id = $1 and ps.product_id = p.id and ps.standing and m.member_id = $3 and m.until_at is null
                     order by ps.team_id) as "squads!: Vec<TeamId>"
        from product p
        join member l on (l.organization_id, l.id) = (p.organization_id, p.lead_id)
        where p.organization_id = $1
          and p.id = coalesce($4, (select s.product_id from product_slug s where s.organization_id = $1 and s.slug = $2))
        "#,
        tenant.organization_id().0,
        word,
        member.0,
        word.parse::<Uuid>().ok(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let orderer = if row.lead == member {
            Some(Orderer::LeadPm)
        } else {
            row.is_delegate.then_some(Orderer::Apprentice)
        };
        Product {
            id: row.id,
            name: row.name,
            slug: row.slug,
            key: row.key,
            policy: WipPolicy::parse(&row.wip_policy).unwrap_or(WipPolicy::Block),
            lead: row.lead,
            lead_name: row.lead_name,
            serving: usize::try_from(row.serving).unwrap_or_default(),
            is_ended: row.is_ended,
            standing: Standing { orderer, squads: row.squads },
        }
    }))
}

/// The next number of a product; nothing for one that has ended. It is a transaction of its own whose commit waits for no
/// disk: whoever proposes holds the product's row for no longer than this statement. Should the machine stop, the number is
/// lost only if everything after it is lost too, for the log is written in its order; so no number is given twice.
pub async fn next_number(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Option<i32>> {
    let row = sqlx::query!(
        r#"
        update product set items = items + 1
        where organization_id = $1 and id = $2 and ended_at is null
        returning items, set_config('synchronous_commit', 'off', true)
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.items))
}

/// A squad that serves a product, with what it has in hand.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Its id.
    pub squad: TeamId,
    /// Its name.
    pub name: String,
    /// What it has in hand.
    pub load: Load,
}

impl Lane {
    /// The squad, for the rules.
    pub fn puller(&self, policy: WipPolicy) -> Puller<'_> {
        Puller { squad: &self.name, load: self.load, policy }
    }
}

/// Holds what a squad has in hand of a product until the transaction ends; nothing if it does not serve it now.
pub async fn lock_lane(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    squad: TeamId,
) -> sqlx::Result<Option<Lane>> {
    let row = sqlx::query!(
        r#"
        select t.name, ps.in_progress, ps.expedite, ps.learning, ps.wip_limit, ps.learning_limit
        from product_squad ps
        join team t on (t.organization_id, t.id) = (ps.organization_id, ps.team_id)
        where ps.organization_id = $1 and ps.product_id = $2 and ps.team_id = $3 and ps.standing
        for no key update of ps
        "#,
        tenant.organization_id().0,
        product.0,
        squad.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| Lane {
        squad,
        name: row.name,
        load: Load {
            in_progress: row.in_progress,
            expedite: row.expedite,
            learning: row.learning,
            wip_limit: row.wip_limit,
            learning_limit: row.learning_limit,
        },
    }))
}

/// A squad to choose.
#[derive(Debug, Clone)]
pub struct SquadOption {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// The squads that serve a product now, by name.
pub async fn squads(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<SquadOption>> {
    sqlx::query_as!(
        SquadOption,
        r#"
        select t.id as "id: TeamId", t.name
        from product_squad ps
        join team t on (t.organization_id, t.id) = (ps.organization_id, ps.team_id)
        where ps.organization_id = $1 and ps.product_id = $2 and ps.standing
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// A metric that an item can be about.
#[derive(Debug, Clone)]
pub struct MetricOption {
    /// Its id.
    pub id: MetricId,
    /// What it counts.
    pub name: String,
    /// Whose it is.
    pub squad: String,
}

/// The live metrics of the squads that serve a product, and `also`.
pub async fn metrics(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    also: Option<MetricId>,
) -> sqlx::Result<Vec<MetricOption>> {
    sqlx::query_as!(
        MetricOption,
        r#"
        select x.id as "id: MetricId", x.name, t.name as squad
        from metric x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = $1
          and (x.id = $3
               or x.ended_at is null
                  and exists (select from product_squad ps
                              where ps.organization_id = $1 and ps.product_id = $2 and ps.team_id = x.team_id and ps.standing))
        order by lower(t.name), lower(x.name), x.id
        "#,
        tenant.organization_id().0,
        product.0,
        also.map(|id| id.0),
    )
    .fetch_all(db)
    .await
}
