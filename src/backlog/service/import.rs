//! Bringing in what another tool had: a file is kept, looked at as often as one likes, and applied once.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{TRIES, find_product, met, must_order};
use crate::accounts::service::allow;
use crate::actor::{Actor, Tenant};
use crate::backlog::db::{self, ImportRow, Placed, Product};
use crate::backlog::domain::import::{
    Choice, ImportRefused, Plan, Row, Sheet, Tally, plan, sought,
};
use crate::backlog::domain::{Orderer, Rank};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{BacklogImportId, ItemId, ProductId};
use crate::transaction::{Begun, begin};

/// What is kept of a file that was applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// How many rows came out how.
    pub tally: Tally,
    /// Row by row.
    pub rows: Vec<Row>,
}

/// Keeps a file for its dry run, with what is chosen to begin with. Changes nothing else.
pub async fn keep_file(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    (name, text): (&str, &str),
    per_hour: u32,
) -> Result<BacklogImportId> {
    let sheet = Sheet::read(text).map_err(|error| ImportRefused::File(name.to_owned(), error))?;
    if sheet.lines.is_empty() {
        return Err(ImportRefused::NoRows(name.to_owned()).into());
    }
    let user = actor.user.map_or(actor.member.0, |user| user.0).to_string();
    let per_minute = f64::from(per_hour) / 60.0;
    allow(pool, "import", &user, per_hour, per_minute, actor.at).await?;
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_order(&find_product(&mut tx, actor, product).await?)?;
    let (id, choice) = (BacklogImportId::new(), json!(Choice::of(&sheet)));
    db::insert_import(&mut tx, actor, product, id, (name, text), &choice).await?;
    tx.done(id).await
}

/// Keeps what somebody chose for a file.
pub async fn choose(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    import: BacklogImportId,
    version: i32,
    choice: &Choice,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_order(&find_product(&mut tx, actor, product).await?)?;
    let row = db::find_import(&mut *tx, actor.tenant, product, import).await?;
    let row = row.ok_or(Error::NotFound)?;
    if row.applied_at.is_some() {
        return Err(ImportRefused::Changed.into());
    }
    choice.check(&read(&row)?.0)?;
    if !db::update_choice(&mut tx, actor.tenant, import, version, &json!(choice)).await? {
        return Err(ImportRefused::Changed.into());
    }
    tx.done(()).await
}

/// A file that is kept, and what is chosen for it.
pub fn read(row: &ImportRow) -> Result<(Sheet, Choice)> {
    let kept = |error: serde_json::Error| Error::Internal(error.into());
    let choice = serde_json::from_value(row.choice.clone()).map_err(kept)?;
    let sheet = Sheet::read(&row.text).map_err(|error| Error::Internal(error.into()))?;
    Ok((sheet, choice))
}

/// What a file would do now. Changes nothing.
pub async fn dry_run(
    db: &mut PgConnection,
    tenant: Tenant,
    product: &Product,
    (sheet, choice): (&Sheet, &Choice),
) -> Result<Plan> {
    let (sources, numbers) = sought(sheet, choice, &product.key);
    let of = (product.id, product.key.as_str());
    let here = db::here(db, tenant, of, (&sources, &numbers)).await?;
    Ok(plan(sheet, choice, &here))
}

/// What was seen before it is applied: the choice by its version, and how many rows would come out how.
pub fn seen(version: i32, tally: Tally) -> String {
    let Tally { new, here, left_out, refused } = tally;
    format!("{version}-{new}-{here}-{left_out}-{refused}")
}

/// Applies a file, once: makes the plan again under locks and brings in its items after all that are there, with one event. Refuses if
/// it came out otherwise than was `seen`.
pub async fn bring_in(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    import: BacklogImportId,
    shown: &str,
) -> Result<Tally> {
    for _ in 1..TRIES {
        match try_bring_in(pool, actor, product, import, shown).await {
            Err(Error::Again) => tokio::task::yield_now().await,
            done => return done,
        }
    }
    try_bring_in(pool, actor, product, import, shown).await
}

async fn try_bring_in(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    import: BacklogImportId,
    shown: &str,
) -> Result<Tally> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    if !db::lock_import(&mut tx, actor.tenant, product, import).await? {
        return Err(Error::NotFound);
    }
    // The product is held before the look at what is there: of two files with the same items the second finds those of the first.
    let held = db::take_numbers(&mut tx, actor.tenant, product, 0).await?;
    let first = held.ok_or(Error::NotFound)? + 1;
    let row = db::find_import(&mut *tx, actor.tenant, product, import).await?;
    let row = row.ok_or(Error::NotFound)?;
    if row.applied_at.is_some() {
        return Err(ImportRefused::Changed.into());
    }
    let (sheet, choice) = read(&row)?;
    let plan = dry_run(&mut tx, actor.tenant, &group, (&sheet, &choice)).await?;
    let tally = plan.tally();
    if seen(row.version, tally) != shown {
        return Err(ImportRefused::Changed.into());
    }
    let mut numbers = HashMap::new();
    let event = if plan.items.is_empty() {
        None
    } else {
        let placed = place(&mut tx, actor, product, first, &plan).await?;
        let event = told(&group, &choice, by, tally, &placed);
        db::insert_items(&mut tx, actor, product, event.id, &placed).await.map_err(met)?;
        numbers.extend(placed.iter().map(|it| (it.item.line, it.number)));
        Some(history::record(&mut tx, actor, event).await?)
    };
    let imported = json!(Imported { tally, rows: plan.numbered(&numbers) });
    db::update_imported(&mut tx, actor, import, event, &imported).await?;
    tx.done(tally).await
}

/// Gives the items numbers and places, in their order after all that are there.
async fn place<'a>(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    first: i32,
    plan: &'a Plan,
) -> Result<Vec<Placed<'a>>> {
    let n = i32::try_from(plan.items.len()).map_err(|error| Error::Internal(error.into()))?;
    db::take_numbers(tx, actor.tenant, product, n).await?.ok_or(Error::NotFound)?;
    let (_, mut last) = db::ends(tx, actor.tenant, product).await?;
    let mut placed = Vec::with_capacity(plan.items.len());
    for (number, item) in (first..).zip(&plan.items) {
        let rank =
            Rank::below(last.as_ref(), number).map_err(|room| Error::Internal(room.into()))?;
        last = Some(rank.clone());
        placed.push(Placed { id: ItemId::new(), number, rank, item });
    }
    Ok(placed)
}

/// The one event of an import.
fn told(
    group: &Product,
    choice: &Choice,
    by: Orderer,
    tally: Tally,
    placed: &[Placed<'_>],
) -> NewEvent {
    let items = if tally.new == 1 { "1 item".to_owned() } else { format!("{} items", tally.new) };
    let summary =
        format!("imported {items} from {} into {}{}", choice.tool.title(), group.name, by.mark());
    let subjects = placed.iter().map(|it| it.id.0).chain([group.id.0]);
    let key = |it: &Placed<'_>| group.item_key(it.number).to_string();
    let (from, to) = (placed.first().map(key), placed.last().map(key));
    NewEvent::new("items_imported", summary, subjects).change(
        None,
        json!({
            "first": from, "last": to, "new": tally.new, "here_already": tally.here, "left_out": tally.left_out, "refused": tally.refused,
        }),
    )
}

/// How long a file waits to be applied.
const WAITING: TimeDelta = TimeDelta::days(1);

/// Forgets the files that nobody applied within a day.
pub async fn forget_waiting(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    for organization in db::delete_waiting(pool, now - WAITING).await? {
        tracing::info!(%organization, "a file for a backlog that nobody applied was forgotten");
    }
    Ok(())
}
