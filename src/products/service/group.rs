//! Use cases on the product group: squads that serve, their limits, and hats for all of them.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::{hold, lock, must_design, must_tend};
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, ProductId, ServiceId, TeamId, WornId};
use crate::products::db::{self, ServiceRow, WornRow};
use crate::products::domain::{GroupHat, Product, ProductRefused, WipLimit};
use crate::transaction::{Begun, begin};

/// How many items a squad has in progress at most, and how many it learns from.
type Limits = (WipLimit, WipLimit);

fn said(row: &ServiceRow) -> Value {
    json!({"squad": row.name, "wip_limit": row.wip_limit, "learning_limit": row.learning_limit})
}

/// Lets a squad serve a product: it may pull from its backlog from now on, as far as its limits allow.
pub async fn serve(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    squad: TeamId,
    (wip, learning): Limits,
) -> Result<ServiceId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let team = db::hold_team(&mut tx, actor.tenant, squad).await?.ok_or(Error::NotFound)?;
    let product = lock(&mut tx, actor, product).await?;
    product.may_be_served_by(&team)?;
    let row = ServiceRow {
        id: ServiceId::new(),
        product: product.id,
        team: team.id,
        name: team.name.clone(),
        wip_limit: wip.number(),
        learning_limit: learning.number(),
        is_current: true,
        version: 1,
    };
    let event = NewEvent::new(
        "product_squad_added",
        format!("let {} serve {}", team.name, product.name),
        [product.id.0, team.id.0, row.id.0],
    )
    .change(None, said(&row));
    let (squad, name) = (team.name, product.name);
    db::insert_service(&mut tx, actor.tenant, &row, actor.at, event.id).await.on_constraint(
        "product_squad_current_key",
        ProductRefused::ServesAlready { squad, product: name },
    )?;
    history::record(&mut tx, actor, event).await?;
    tx.done(row.id).await
}

/// A current service with its squad and its product, held.
async fn lock_service(
    tx: &mut PgConnection,
    actor: &Actor,
    id: ServiceId,
) -> Result<(Product, ServiceRow)> {
    let found = db::find_service(&mut *tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    db::hold_team(&mut *tx, actor.tenant, found.team).await?.ok_or(Error::NotFound)?;
    let product = lock(&mut *tx, actor, found.product).await?;
    // Read again: only now is it certain that nobody changes it meanwhile.
    let row = db::find_service(tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    if !row.is_current {
        let (squad, product) = (row.name, product.name);
        return Err(ProductRefused::ServesNoMore { squad, product }.into());
    }
    Ok((product, row))
}

/// Lets a squad stop serving a product.
pub async fn stop_serving(
    pool: &PgPool,
    actor: &Actor,
    service: ServiceId,
    version: i32,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (product, row) = lock_service(&mut tx, actor, service).await?;
    let event = NewEvent::new(
        "product_squad_removed",
        format!("let {} stop serving {}", row.name, product.name),
        [product.id.0, row.team.0, row.id.0],
    )
    .change(said(&row), None);
    if !db::end_service(&mut tx, actor.tenant, service, version, actor.at, event.id).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says how many items a squad has in progress, and how many it learns from, at most.
pub async fn set_limits(
    pool: &PgPool,
    actor: &Actor,
    service: ServiceId,
    version: i32,
    (wip, learning): Limits,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (product, row) = lock_service(&mut tx, actor, service).await?;
    must_tend(actor, &product)?;
    if row.version != version {
        return Err(Error::Stale);
    }
    let (wip, learning) = (wip.number(), learning.number());
    if (row.wip_limit, row.learning_limit) == (wip, learning) {
        return tx.done(()).await;
    }
    let after = ServiceRow { wip_limit: wip, learning_limit: learning, ..row.clone() };
    let event = NewEvent::new(
        "product_limits_set",
        format!("changed the limits of {} at {}", row.name, product.name),
        [product.id.0, row.team.0, row.id.0],
    )
    .change(said(&row), said(&after));
    if !db::update_limits(&mut tx, actor.tenant, service, version, wip, learning).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Gives somebody a hat for the whole group.
pub async fn give_hat(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    hat: GroupHat,
    member: MemberId,
) -> Result<WornId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let person = hold(&mut tx, actor, member).await?;
    let product = lock(&mut tx, actor, product).await?;
    product.may_give(hat, &person)?;
    let row = WornRow {
        id: WornId::new(),
        product: product.id,
        member,
        name: person.name.clone(),
        hat: hat.word().to_owned(),
        is_current: true,
    };
    let event = NewEvent::new(
        "product_hat_given",
        format!("named {} {} of {}", person.name, hat.word(), product.name),
        [product.id.0, member.0, row.id.0],
    )
    .change(None, json!({"hat": hat.word(), "member": person.name}));
    db::insert_hat(&mut tx, actor.tenant, &row, actor.at, event.id)
        .await
        .on_constraint("product_hat_current_key", ProductRefused::WornAlready(person.name))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(row.id).await
}

/// Takes a hat of the group off somebody.
pub async fn lay_down_hat(pool: &PgPool, actor: &Actor, worn: WornId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let row = db::find_worn(&mut *tx, actor.tenant, worn).await?.ok_or(Error::NotFound)?;
    let product = lock(&mut tx, actor, row.product).await?;
    if !row.is_current {
        return Err(ProductRefused::WornNoMore(row.name).into());
    }
    let event = NewEvent::new(
        "product_hat_laid_down",
        format!("took the hat of {} of {} off {}", row.hat, product.name, row.name),
        [product.id.0, row.member.0, row.id.0],
    )
    .change(json!({"hat": row.hat, "member": row.name}), None);
    if !db::end_hat(&mut tx, actor.tenant, worn, actor.at, event.id).await? {
        return Err(ProductRefused::WornNoMore(row.name).into());
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
