//! Files from other tools: keeping them for their dry run, looking what of them is there, and bringing in all of their items at once.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::{Actor, Tenant};
use crate::backlog::domain::Rank;
use crate::backlog::domain::import::{Here, Incoming, Known};
use crate::ids::{BacklogImportId, EventId, ItemId, OrganizationId, ProductId};

/// A file as it is kept.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// By whom.
    pub member_name: String,
    /// What it is called.
    pub name: String,
    /// Its text; empty once it is applied.
    pub text: String,
    /// What was chosen for it.
    pub choice: Value,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Option<Value>,
    /// For the next choice.
    pub version: i32,
}

/// Keeps a file.
pub async fn insert_import(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    id: BacklogImportId,
    (name, text): (&str, &str),
    choice: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into backlog_import (organization_id, id, product_id, member_id, at, name, text, choice)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        actor.tenant.organization_id().0,
        id.0,
        product.0,
        actor.member.0,
        actor.at,
        name,
        text,
        choice,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Finds a file that was sent for a product.
pub async fn find_import(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    id: BacklogImportId,
) -> sqlx::Result<Option<ImportRow>> {
    sqlx::query_as!(
        ImportRow,
        r#"
        select i.at, m.name as member_name, i.name, i.text, i.choice, i.applied_at, i.outcome, i.version
        from backlog_import i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        where i.organization_id = $1 and i.product_id = $2 and i.id = $3
        "#,
        tenant.organization_id().0,
        product.0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Holds a file until the transaction ends.
pub async fn lock_import(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    id: BacklogImportId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "select id from backlog_import where organization_id = $1 and product_id = $2 and id = $3 for no key update",
        tenant.organization_id().0,
        product.0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

/// Keeps what was chosen for a file that is not applied yet; answers whether `version` was the newest.
pub async fn update_choice(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: BacklogImportId,
    version: i32,
    choice: &Value,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update backlog_import set choice = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and applied_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        choice,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps what came of a file, and lets go of its text.
pub async fn update_imported(
    tx: &mut PgConnection,
    actor: &Actor,
    id: BacklogImportId,
    event: Option<EventId>,
    outcome: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update backlog_import set text = '', applied_at = $3, event_id = $4, outcome = $5, version = version + 1
        where organization_id = $1 and id = $2 and applied_at is null
        "#,
        actor.tenant.organization_id().0,
        id.0,
        actor.at,
        event.map(|id| id.0),
        outcome,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A line of the list of files.
#[derive(Debug, Clone)]
pub struct ImportLine {
    /// Its id.
    pub id: BacklogImportId,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// By whom.
    pub member_name: String,
    /// What it is called.
    pub name: String,
    /// Whether it is applied.
    pub is_applied: bool,
    /// How many of its rows became items.
    pub new: i64,
}

/// The files that were sent for a product, the newest first.
pub async fn imports(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<ImportLine>> {
    sqlx::query_as!(
        ImportLine,
        r#"
        select i.id as "id: BacklogImportId", i.at, m.name as member_name, i.name, i.applied_at is not null as "is_applied!",
               coalesce((i.outcome -> 'tally' ->> 'new')::bigint, 0) as "new!"
        from backlog_import i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        where i.organization_id = $1 and i.product_id = $2
        order by i.at desc, i.id desc
        limit 20
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// Deletes the files that nobody applied. Looks across organizations, and answers whose they were.
pub async fn delete_waiting(
    db: impl PgExecutor<'_>,
    before: DateTime<Utc>,
) -> sqlx::Result<Vec<OrganizationId>> {
    sqlx::query_scalar!(
        r#"
        delete from backlog_import where applied_at is null and at < $1
        returning organization_id as "organization_id: OrganizationId"
        "#,
        before,
    )
    .fetch_all(db)
    .await
}

/// What of a file is in the backlog.
pub async fn here(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    (product, key): (ProductId, &str),
    (sources, numbers): (&[String], &[i32]),
) -> sqlx::Result<Here> {
    let rows = sqlx::query!(
        r#"
        select number, source, title, proposed_at
        from backlog_item
        where organization_id = $1 and product_id = $2 and (source = any($3) or number = any($4))
        "#,
        tenant.organization_id().0,
        product.0,
        sources,
        numbers,
    )
    .fetch_all(db)
    .await?;
    let mut here = Here { product: key.to_owned(), ..Here::default() };
    for row in rows {
        if let Some(source) = row.source {
            here.sources.insert(source, row.number);
        }
        let known = Known { title: row.title, proposed_at: row.proposed_at };
        here.numbers.insert(row.number, known);
    }
    Ok(here)
}

/// Takes so many numbers of a product that goes on, and holds it until the transaction ends; answers the last of them.
pub async fn take_numbers(
    tx: &mut PgConnection,
    tenant: Tenant,
    product: ProductId,
    n: i32,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "update product set items = items + $3 where organization_id = $1 and id = $2 and ended_at is null returning items",
        tenant.organization_id().0,
        product.0,
        n,
    )
    .fetch_optional(tx)
    .await
}

/// An item on its way in, with its place.
pub struct Placed<'a> {
    /// Its id.
    pub id: ItemId,
    /// Its number.
    pub number: i32,
    /// Its place.
    pub rank: Rank,
    /// What it says.
    pub item: &'a Incoming,
}

/// Brings in items, all of them by one statement.
pub async fn insert_items(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    event: EventId,
    items: &[Placed<'_>],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = items.iter().map(|it| it.id.0).collect();
    let numbers: Vec<i32> = items.iter().map(|it| it.number).collect();
    let text = |of: for<'b> fn(&'b Placed<'_>) -> &'b str| {
        items.iter().map(|it| of(it).to_owned()).collect::<Vec<_>>()
    };
    let sources: Vec<String> = items.iter().map(|it| it.item.source.clone()).collect();
    sqlx::query!(
        r#"
        insert into backlog_item (organization_id, id, product_id, number, title, why, breadth, class, stage, rank, effect, source,
                                  stage_at, stage_event, proposed_by, proposed_at)
        select $1, it.id, $2, it.number, it.title, it.why, it.breadth, it.class, it.stage, it.rank, it.effect, it.source, $3, $4, $5, $3
        from unnest($6::uuid[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
             as it (id, number, title, why, breadth, class, stage, rank, effect, source)
        "#,
        actor.tenant.organization_id().0,
        product.0,
        actor.at,
        event.0,
        actor.member.0,
        &ids,
        &numbers,
        &text(|it| it.item.title.as_str()),
        &text(|it| it.item.why.as_str()),
        &text(|it| it.item.breadth.word()),
        &text(|it| it.item.class.word()),
        &text(|it| it.item.stage.word()),
        &text(|it| it.rank.as_str()),
        &text(|it| it.item.effect.as_ref().map_or("", |effect| effect.as_str())),
        &sources,
    )
    .execute(tx)
    .await?;
    Ok(())
}
