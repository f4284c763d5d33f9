//! A backlog's past: many items at once, step by step.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::backlog::domain::{PastItem, Rank, Stage};
use crate::ids::{EventId, ItemId, ProductId, TeamId};

/// An item with its place, and the event of its proposal.
pub struct Proposed<'a> {
    /// Its id.
    pub id: ItemId,
    /// Its number.
    pub number: i32,
    /// Its place.
    pub rank: Rank,
    /// The event of its proposal.
    pub event: EventId,
    /// What happened.
    pub item: &'a PastItem,
}

/// Adds proposed items, each at its own time.
pub async fn insert_begun(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    items: &[Proposed<'_>],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = items.iter().map(|it| it.id.0).collect();
    let numbers: Vec<i32> = items.iter().map(|it| it.number).collect();
    let titles: Vec<String> = items.iter().map(|it| it.item.new.title.to_string()).collect();
    let whys: Vec<String> = items.iter().map(|it| it.item.new.why.to_string()).collect();
    let breadths: Vec<String> =
        items.iter().map(|it| it.item.new.breadth.word().to_owned()).collect();
    let ranks: Vec<String> = items.iter().map(|it| it.rank.as_str().to_owned()).collect();
    let events: Vec<Uuid> = items.iter().map(|it| it.event.0).collect();
    let members: Vec<Uuid> = items.iter().map(|it| it.item.proposed.1.0).collect();
    let times: Vec<DateTime<Utc>> = items.iter().map(|it| it.item.proposed.0).collect();
    sqlx::query!(
        r#"
        insert into backlog_item (organization_id, id, product_id, number, title, why, breadth, stage, rank, stage_at, stage_event,
                                  proposed_by, proposed_at)
        select $1, it.id, $2, it.number, it.title, it.why, it.breadth, 'proposed', it.rank, it.at, it.event, it.member, it.at
        from unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::timestamptz[])
             as it (id, number, title, why, breadth, rank, event, member, at)
        "#,
        tenant.organization_id().0,
        product.0,
        &ids,
        &numbers,
        &titles,
        &whys,
        &breadths,
        &ranks,
        &events,
        &members,
        &times,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A step of an item.
pub struct PastStep<'a> {
    /// The item.
    pub id: ItemId,
    /// Who holds it from then on, or did it.
    pub squad: Option<TeamId>,
    /// When.
    pub at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
    /// What became of it.
    pub effect: &'a str,
}

/// Brings items to a stage, each at its own time.
pub async fn step_all(
    tx: &mut PgConnection,
    tenant: Tenant,
    stage: Stage,
    steps: &[PastStep<'_>],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = steps.iter().map(|it| it.id.0).collect();
    let squads: Vec<Option<Uuid>> = steps.iter().map(|it| it.squad.map(|id| id.0)).collect();
    let times: Vec<DateTime<Utc>> = steps.iter().map(|it| it.at).collect();
    let events: Vec<Uuid> = steps.iter().map(|it| it.event.0).collect();
    let effects: Vec<String> = steps.iter().map(|it| it.effect.to_owned()).collect();
    sqlx::query!(
        r#"
        update backlog_item i
        set stage = $2, squad_id = step.squad, stage_at = step.at, stage_event = step.event, effect = step.effect, version = version + 1
        from unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::uuid[], $7::text[]) as step (id, squad, at, event, effect)
        where i.organization_id = $1 and i.id = step.id
        "#,
        tenant.organization_id().0,
        stage.word(),
        &ids,
        &squads as &[Option<Uuid>],
        &times,
        &events,
        &effects,
    )
    .execute(tx)
    .await?;
    Ok(())
}
