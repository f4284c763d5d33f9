//! Use cases on the product itself: create, edit, hand over, end, and what happens at a WIP limit.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{lock, must_design, must_tend, unique};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, ProductId};
use crate::products::db::{self, ApprenticeshipRow, NewRow};
use crate::products::domain::{
    ItemKeyPrefix, NewProduct, Outcome, ProductChanges, ProductRefused, WipPolicy, wanted_slug,
};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// The letters that a new product's items get: those that were chosen, or the first suggestion that is free.
async fn key_of(tx: &mut PgConnection, actor: &Actor, new: &NewProduct) -> Result<String> {
    if let Some(key) = &new.key {
        return Ok(key.to_string());
    }
    let proposals = ItemKeyPrefix::proposals(new.name.as_str());
    let wanted: Vec<String> = proposals.iter().map(ToString::to_string).collect();
    let free = db::free_key(tx, actor.tenant, &wanted).await?;
    Ok(free.ok_or(ProductRefused::BadKey)?)
}

/// Begins a product with its lead PM. An apprenticeship of theirs elsewhere ends with that outcome.
pub async fn create(pool: &PgPool, actor: &Actor, new: &NewProduct) -> Result<ProductId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let lead = super::hold(&mut tx, actor, new.lead).await?;
    lead.may_take_on()?;
    let learned = hold_learning(&mut tx, actor, new.lead, None).await?;
    let key = key_of(&mut tx, actor, new).await?;
    let name = new.name.as_str();
    let id = ProductId::new();
    let slug = db::free_slug(&mut *tx, actor.tenant, &wanted_slug(name), id).await?;
    let event = NewEvent::new(
        "product_created",
        format!("began the product {name} with {} as lead PM", lead.name),
        [id.0, lead.id.0],
    );
    let row = NewRow {
        id,
        name,
        slug: &slug,
        description: new.description.as_str(),
        key: &key,
        lead: lead.id,
        at: actor.at,
        event: event.id,
    };
    db::insert(&mut tx, actor.tenant, &row).await.map_err(|error| unique(error, name, &key))?;
    db::insert_slug(&mut tx, actor.tenant, &slug, id)
        .await
        .map_err(|error| unique(error, name, &key))?;
    let mut event = event;
    let ended = promote(&mut tx, actor, &learned, &mut event).await?;
    let event = event.change(
        None,
        json!({"name": name, "key": key, "description": new.description, "lead": lead.name, "apprenticeships_ended": ended}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// The apprenticeships of a member who is held, with their products held together with `own`, in the order of their ids. None can begin
/// meanwhile, since that holds the member too.
async fn hold_learning(
    tx: &mut PgConnection,
    actor: &Actor,
    member: MemberId,
    own: Option<ProductId>,
) -> Result<Vec<ApprenticeshipRow>> {
    let found = db::apprenticeships_of(&mut *tx, actor.tenant, member).await?;
    let ids: Vec<ProductId> = found.iter().map(|one| one.product).chain(own).collect();
    db::lock(&mut *tx, actor.tenant, &ids).await?;
    // Again: one may have ended before its product was held.
    Ok(db::apprenticeships_of(tx, actor.tenant, member).await?)
}

/// Ends the apprenticeships of somebody who becomes a lead PM, which is what `event` tells of; answers where they were.
async fn promote(
    tx: &mut PgConnection,
    actor: &Actor,
    learned: &[ApprenticeshipRow],
    event: &mut NewEvent,
) -> Result<Vec<String>> {
    let outcome = Outcome::LeadPmElsewhere.word();
    for one in learned {
        let which = (one.id, one.version);
        db::end_apprenticeship(tx, actor.tenant, which, outcome, actor.at, event.id).await?;
        event.subjects.extend([one.id.0, one.product.0]);
    }
    Ok(learned.iter().map(|one| one.product_name.clone()).collect())
}

/// Gives a product another name, description or beginning of its keys. A rename keeps the old address.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    version: i32,
    changes: &ProductChanges,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let was = lock(&mut tx, actor, product).await?;
    if was.version != version {
        return Err(Error::Stale);
    }
    let (name, key) = (changes.name.as_str(), changes.key.as_str());
    was.may_take_key(key)?;
    let is_renamed = was.name != name;
    let slug = if is_renamed {
        db::free_slug(&mut *tx, actor.tenant, &wanted_slug(name), product).await?
    } else {
        was.slug.clone()
    };
    let done = db::update(&mut tx, actor.tenant, product, version, &slug, changes)
        .await
        .map_err(|error| unique(error, name, key))?;
    if !done {
        return Err(Error::Stale);
    }
    db::insert_slug(&mut tx, actor.tenant, &slug, product)
        .await
        .map_err(|error| unique(error, name, key))?;
    let summary = if is_renamed {
        format!("renamed {} to {name}", was.name)
    } else {
        format!("edited {name}")
    };
    let event = NewEvent::new("product_edited", summary, [product.0]).change(
        json!({"name": was.name, "key": was.key, "description": was.description}),
        json!({"name": name, "key": key, "description": changes.description}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Gives a product another lead PM, in one step: there is no moment without one (H3). An apprenticeship of theirs at another product
/// ends with that outcome; an apprentice of this product is refused.
pub async fn hand_over(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    version: i32,
    to: MemberId,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let lead = db::lead_of(&mut *tx, actor.tenant, product).await?.ok_or(Error::NotFound)?;
    // Both count what they lead, so both are held before the product.
    let held = db::hold_members(&mut tx, actor.tenant, &[lead, to]).await?;
    let of = |id| held.iter().find(|person| person.id == id).ok_or(Error::NotFound);
    let (from, person) = (of(lead)?, of(to)?);
    let learned = hold_learning(&mut tx, actor, to, Some(product)).await?;
    let was = lock(&mut tx, actor, product).await?;
    if was.version != version || was.lead != lead {
        return Err(Error::Stale);
    }
    let is_apprentice = learned.iter().any(|one| one.product == product);
    was.may_be_handed_to(person, is_apprentice)?;
    let mut event = NewEvent::new(
        "product_handed_over",
        format!("handed {} over from {} to {}", was.name, from.name, person.name),
        [product.0, from.id.0, person.id.0],
    );
    if !db::update_lead(&mut tx, actor.tenant, product, version, to, actor.at, event.id).await? {
        return Err(Error::Stale);
    }
    let ended = promote(&mut tx, actor, &learned, &mut event).await?;
    let event = event.change(
        json!({"lead": from.name}),
        json!({"lead": person.name, "apprenticeships_ended": ended}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says what happens when a squad pulls over its limit.
pub async fn set_policy(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    version: i32,
    policy: WipPolicy,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let was = lock(&mut tx, actor, product).await?;
    must_tend(actor, &was)?;
    if was.version != version {
        return Err(Error::Stale);
    }
    if was.policy == policy.word() {
        return tx.done(()).await;
    }
    let event = NewEvent::new(
        "product_policy_set",
        format!("changed what happens at a WIP limit of {}", was.name),
        [product.0],
    )
    .change(
        json!({"policy": WipPolicy::parse(&was.policy)?.title()}),
        json!({"policy": policy.title()}),
    );
    if !db::update_policy(&mut tx, actor.tenant, product, version, policy.word()).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a product. Its squads stop serving it, its hats are laid down and its apprenticeships end, all told by the one event; its
/// history stays.
pub async fn end(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    version: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let tenant = actor.tenant;
    let lead = db::lead_of(&mut *tx, tenant, product).await?.ok_or(Error::NotFound)?;
    let mut people = db::people_of(&mut *tx, tenant, product).await?;
    people.push(lead);
    db::hold_members(&mut tx, tenant, &people).await?;
    let teams = db::teams_of(&mut *tx, tenant, product).await?;
    db::hold_teams(&mut tx, tenant, &teams).await?;
    let was = lock(&mut tx, actor, product).await?;
    let is_whole = db::teams_of(&mut *tx, tenant, product)
        .await?
        .iter()
        .all(|one| teams.contains(one))
        && db::people_of(&mut *tx, tenant, product).await?.iter().all(|one| people.contains(one));
    if was.version != version || was.lead != lead {
        return Err(Error::Stale);
    }
    if !is_whole {
        // Somebody came in between looking and holding.
        return Err(Error::Again);
    }
    let mut event =
        NewEvent::new("product_ended", format!("ended the product {}", was.name), [product.0])
            .because(reason.as_str());
    let squads = db::end_services(&mut tx, tenant, product, actor.at, event.id).await?;
    let hats = db::end_hats(&mut tx, tenant, product, actor.at, event.id).await?;
    let learned = db::end_apprenticeships(&mut tx, tenant, product, actor.at, event.id).await?;
    let parts = squads.iter().chain(&hats).chain(&learned).map(|one| one.subject);
    event.subjects.extend(parts.chain([lead.0]));
    let names = |parts: &[db::EndedPart]| -> Vec<String> {
        parts.iter().map(|one| one.name.clone()).collect()
    };
    let event = event.change(
        json!({"squads": names(&squads), "hats": names(&hats), "apprentices": names(&learned)}),
        json!({"squads": [], "hats": [], "apprentices": []}),
    );
    let why = reason.as_str();
    if !db::end(&mut tx, tenant, product, version, why, actor.at, event.id).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
