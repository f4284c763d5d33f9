//! Use cases on apprenticeships, as far as the product group knows them: begin, end with an outcome, delegate.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{hold, lock, must_tend};
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{ApprenticeshipId, MemberId, ProductId};
use crate::products::db::{self, ApprenticeshipRow};
use crate::products::domain::{LEADS, Outcome, Product, ProductRefused};
use crate::transaction::{Begun, begin};

/// Begins an apprenticeship with the product's lead PM as the master. Never the lead PM's own (H3).
pub async fn begin_apprenticeship(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    member: MemberId,
) -> Result<ApprenticeshipId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let person = hold(&mut tx, actor, member).await?;
    let product = lock(&mut tx, actor, product).await?;
    must_tend(actor, &product)?;
    let current = db::apprenticeships_of(&mut *tx, actor.tenant, member).await?;
    product.may_teach(&person, current.iter().any(|one| one.product == product.id))?;
    let id = ApprenticeshipId::new();
    let event = NewEvent::new(
        "apprenticeship_begun",
        format!("began the apprenticeship of {} at {}", person.name, product.name),
        [product.id.0, member.0, id.0],
    )
    .change(None, json!({"apprentice": person.name, "product": product.name}));
    let twice = ProductRefused::ApprenticeAlready { member: person.name, product: product.name };
    db::insert_apprenticeship(&mut tx, actor.tenant, id, product.id, member, actor.at, event.id)
        .await
        .on_constraint("apprenticeship_current_key", twice)?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// A current apprenticeship with its product, held together with who learns.
async fn lock_apprenticeship(
    tx: &mut PgConnection,
    actor: &Actor,
    id: ApprenticeshipId,
) -> Result<(Product, ApprenticeshipRow)> {
    let found =
        db::find_apprenticeship(&mut *tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    hold(&mut *tx, actor, found.member).await?;
    let product = lock(&mut *tx, actor, found.product).await?;
    let row = db::find_apprenticeship(tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    if !row.is_current {
        return Err(ProductRefused::ApprenticeshipEnded(row.name).into());
    }
    Ok((product, row))
}

/// Ends an apprenticeship with what came of it.
pub async fn end_apprenticeship(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    version: i32,
    outcome: Outcome,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (product, row) = lock_apprenticeship(&mut tx, actor, apprenticeship).await?;
    must_tend(actor, &product)?;
    let event = NewEvent::new(
        "apprenticeship_ended",
        format!("ended the apprenticeship of {} at {}", row.name, product.name),
        [product.id.0, row.member.0, row.id.0],
    )
    .change(
        json!({"apprentice": row.name, "product": product.name}),
        json!({"outcome": outcome.title()}),
    );
    let (which, word) = ((apprenticeship, version), outcome.word());
    if !db::end_apprenticeship(&mut tx, actor.tenant, which, word, actor.at, event.id).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Lets an apprentice order the backlog, or not any more. Only the lead PM gives away what is theirs.
pub async fn delegate(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    version: i32,
    may_order: bool,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (product, row) = lock_apprenticeship(&mut tx, actor, apprenticeship).await?;
    if product.lead != actor.member {
        return Err(Error::Forbidden(LEADS.into()));
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    if row.may_order == may_order {
        return tx.done(()).await;
    }
    let (name, product_name) = (&row.name, &product.name);
    let summary = if may_order {
        format!("let {name} order the backlog of {product_name}")
    } else {
        format!("took the ordering of the backlog of {product_name} back from {name}")
    };
    let event =
        NewEvent::new("apprenticeship_delegated", summary, [product.id.0, row.member.0, row.id.0])
            .change(json!({"may_order": row.may_order}), json!({"may_order": may_order}));
    if !db::update_may_order(&mut tx, actor.tenant, apprenticeship, version, may_order).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
