//! The board: one ranked column and one lane per squad. What it reads does not grow with the backlog: a page of each list, and
//! counts that stop where nobody reads them any more.

use chrono::{DateTime, Utc};
use serde::Deserialize;
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
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "LaneValue")]
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

#[derive(Deserialize)]
struct LaneValue {
    service: ServiceId,
    squad: TeamId,
    name: String,
    slug: String,
    is_active: bool,
    load: Load,
    goal: Option<String>,
    worn: Vec<WornInSquad>,
    designer: Option<Designer>,
}

impl From<LaneValue> for LaneRow {
    fn from(value: LaneValue) -> Self {
        let LaneValue { service, squad, name, slug, is_active, load, goal, worn, designer } = value;
        let serving = Serving {
            id: service,
            team: squad,
            name: name.clone(),
            slug: slug.clone(),
            is_active,
            wip_limit: load.wip_limit,
            learning_limit: load.learning_limit,
            worn,
            designer,
            others: vec![],
        };
        Self { squad, name, slug, load, goal, serving }
    }
}

/// What stands beside the cards.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Beside {
    /// How many are ready to be pulled, as far as it is counted.
    pub ready: i64,
    /// How many are proposed, as far as it is counted.
    pub proposed: i64,
    /// The hats of the group, by the names of those who wear them.
    pub hats: Vec<Worn>,
    /// Who learns here, the longest first.
    pub apprentices: Vec<Apprentice>,
    /// A lane for each squad that serves the product, by their names.
    pub lanes: Vec<LaneRow>,
}

/// The lanes of a product.
pub async fn lanes(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<LaneRow>> {
    let beside = sqlx::query_scalar!(
        r#"select beside as "beside!: Json<Beside>" from board_beside where organization_id = $1 and product_id = $2"#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_one(db)
    .await?;
    Ok(beside.0.lanes)
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
    /// The first line of why it matters, of what is ready.
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
    /// What became of it, of what is done.
    pub effect: String,
}

/// The board in one statement: the cards, a page of what is ready below `after`, and of each lane what is in progress, with customers, and
/// done since `month`, one more of each list than it shows; and what stands beside them.
pub async fn board(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    after: Option<&Rank>,
    month: DateTime<Utc>,
) -> sqlx::Result<(Beside, Vec<CardRow>)> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"
        select id as "id?: ItemId", number as "number?", title as "title?", why as "why?", breadth as "breadth?", class as "class?",
               stage as "stage?", rank as "rank?: Rank", squad_id as "squad?: TeamId", stage_at as "stage_at?", blocked as "blocked?",
               effect as "effect?", beside as "beside?: Json<Beside>"
        from board_shown($1, $2, $3, $4, $5)
        "#,
        tenant.organization_id().0,
        product.0,
        after.map(Rank::as_str),
        month,
        limit,
    )
    .fetch_all(db)
    .await?;
    let mut beside = Beside::default();
    let cards = rows.into_iter().filter_map(|row| {
        if let Some(value) = row.beside {
            beside = value.0;
        }
        Some(CardRow {
            id: row.id?,
            number: row.number?,
            title: row.title?,
            why: row.why?,
            breadth: row.breadth?.into(),
            class: row.class?.into(),
            stage: row.stage?.into(),
            rank: row.rank?,
            squad: row.squad,
            stage_at: row.stage_at?,
            blocked: row.blocked?,
            effect: row.effect?,
        })
    });
    let cards = cards.collect();
    Ok((beside, cards))
}
