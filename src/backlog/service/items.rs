//! Proposing and editing items, what is said of them, several at once, and templates.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::{TRIES, check_metric, find_product, lock_item, met, must_order, said};
use crate::actor::Actor;
use crate::backlog::db::{self, Arrival, Beginning, Item, Product};
use crate::backlog::domain::{
    Breadth, Bulk, Class, Comment, EDITORS, ItemChanges, ItemRefused, ItemTitle, MAX_BULK, NewItem,
    Orderer, Rank, Stage, TemplateName, Why, may_make_ready,
};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{ItemId, ProductId, TemplateId};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// Proposes an item, after all others; answers its number.
pub async fn propose(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    new: &NewItem,
) -> Result<i32> {
    let number = db::next_number(pool, actor.tenant, product).await?;
    for _ in 1..TRIES {
        match try_propose(pool, actor, product, new, number).await {
            Err(Error::Again) => tokio::task::yield_now().await,
            done => return done,
        }
    }
    try_propose(pool, actor, product, new, number).await
}

async fn try_propose(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    new: &NewItem,
    number: Option<i32>,
) -> Result<i32> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let number = number.ok_or(Error::NotFound)?;
    check_metric(&mut tx, actor, product, new.metric).await?;
    let (_, last) = db::ends(&mut *tx, actor.tenant, product).await?;
    let rank = Rank::below(last.as_ref(), number).map_err(|room| Error::Internal(room.into()))?;
    let (id, key) = (ItemId::new(), group.item_key(number));
    let summary = format!("proposed {key} “{}” for {}", new.title, group.name);
    let event = NewEvent::new("item_proposed", summary, [id.0, product.0])
        .change(None, words(new, Class::Standard));
    let item = Beginning {
        id,
        product,
        number,
        new,
        rank: &rank,
        by: actor.member,
        at: actor.at,
        event: event.id,
    };
    db::insert_item(&mut tx, actor.tenant, &item).await.map_err(met)?;
    history::record(&mut tx, actor, event).await?;
    tx.done(number).await
}

/// What an item says, for an event.
fn words(item: &NewItem, class: Class) -> Value {
    json!({
        "title": item.title,
        "why": item.why,
        "breadth": item.breadth.word(),
        "class": class.word(),
        "metric": item.metric,
    })
}

fn of(item: &Item) -> NewItem {
    NewItem {
        title: item.title.clone(),
        why: item.why.clone(),
        breadth: item.breadth,
        metric: item.metric,
    }
}

/// Changes what an item says.
pub async fn edit(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    version: i32,
    changes: &ItemChanges,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let item = lock_item(&mut tx, actor, product, number).await?;
    if !group.standing.may_edit(actor.member, item.stage, item.squad, item.proposed_by) {
        return Err(Error::Forbidden(EDITORS.into()));
    }
    if item.version != version {
        return Err(Error::Stale);
    }
    let (before, class) = (of(&item), changes.class);
    if class != item.class {
        must_order(&group)?;
        if !item.stage.is_ordered() {
            return Err(ItemRefused::ClassSettled.into());
        }
    }
    if before == changes.item && class == item.class {
        return tx.done(()).await;
    }
    if changes.item.metric != item.metric {
        check_metric(&mut tx, actor, product, changes.item.metric).await?;
    }
    if item.stage != Stage::Proposed && changes.item.why.as_str().is_empty() {
        return Err(ItemRefused::WhyMissing(group.item_key(number)).into());
    }
    if !db::update_item(&mut tx, actor.tenant, item.id, version, &changes.item, class).await? {
        return Err(Error::Stale);
    }
    let summary = format!("edited {}", said(&group, &item));
    let event = NewEvent::new("item_edited", summary, [item.id.0, product.0])
        .change(words(&before, item.class), words(&changes.item, class));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says something about an item. Everybody may.
pub async fn comment(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    text: &Comment,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let item = db::find_item(&mut *tx, actor.tenant, product, number).await?;
    let item = item.ok_or(Error::NotFound)?;
    let summary = format!("commented on {}", said(&group, &item));
    let event = NewEvent::new("item_commented", summary, [item.id.0, product.0])
        .change(None, json!({"comment": text}));
    let by = (actor.member, actor.at);
    db::insert_comment(&mut tx, actor.tenant, item.id, by, text, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Changes several items at once: all of them or none. Answers how many.
pub async fn bulk(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    numbers: &[i32],
    change: Bulk,
    reason: Option<&Reason>,
) -> Result<usize> {
    for _ in 1..TRIES {
        match try_bulk(pool, actor, product, numbers, change, reason).await {
            Err(Error::Again) => tokio::task::yield_now().await,
            done => return done,
        }
    }
    try_bulk(pool, actor, product, numbers, change, reason).await
}

async fn try_bulk(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    numbers: &[i32],
    change: Bulk,
    reason: Option<&Reason>,
) -> Result<usize> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let mut wanted = numbers.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    match wanted.len() {
        0 => return Err(ItemRefused::NothingChosen.into()),
        n if n > MAX_BULK => return Err(ItemRefused::TooMany.into()),
        _ => {}
    }
    let mut items = db::lock_items(&mut tx, actor.tenant, product, &wanted).await?;
    if items.len() < wanted.len() {
        return Err(Error::NotFound);
    }
    items.sort_by(|a, b| a.rank.cmp(&b.rank));
    for item in &items {
        may_change(&group, item, change)?;
    }
    let mut event = told(&group, &items, change, by);
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    write(&mut tx, actor, product, &items, change, &event).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(items.len()).await
}

/// Whether an item may be changed so.
fn may_change(group: &Product, item: &Item, change: Bulk) -> Result<(), ItemRefused> {
    let (key, stage) = (group.item_key(item.number), item.stage);
    match change {
        Bulk::Ready => may_make_ready(&key, stage, &item.why),
        Bulk::Drop | Bulk::Class(_) if !stage.is_ordered() => {
            Err(ItemRefused::Elsewhere { key, stage })
        }
        Bulk::Drop | Bulk::Class(_) | Bulk::Breadth(_) => Ok(()),
    }
}

async fn write(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    items: &[Item],
    change: Bulk,
    event: &NewEvent,
) -> Result<()> {
    let ids: Vec<_> = items.iter().map(|item| item.id).collect();
    match change {
        Bulk::Ready => {
            let (_, mut last) = db::ends(&mut *tx, actor.tenant, product).await?;
            for item in items {
                let rank = Rank::below(last.as_ref(), item.number)
                    .map_err(|room| Error::Internal(room.into()))?;
                let arrival = Arrival::at(Stage::Ready, actor.at, event.id).ranked(&rank);
                db::move_item(tx, actor.tenant, item.id, &arrival).await.map_err(met)?;
                last = Some(rank);
            }
        }
        Bulk::Drop => {
            for id in ids {
                let arrival = Arrival::at(Stage::Dropped, actor.at, event.id);
                db::move_item(tx, actor.tenant, id, &arrival).await?;
            }
        }
        Bulk::Breadth(breadth) => {
            db::set_words(tx, actor.tenant, &ids, Some(breadth), None).await?;
        }
        Bulk::Class(class) => db::set_words(tx, actor.tenant, &ids, None, Some(class)).await?,
    }
    Ok(())
}

/// The one event of a change of several items.
fn told(group: &Product, items: &[Item], change: Bulk, by: Orderer) -> NewEvent {
    let keys: Vec<_> = items.iter().map(|item| group.item_key(item.number).to_string()).collect();
    let n = match keys.len() {
        1 => keys.concat(),
        n => format!("{n} items of {}", group.name),
    };
    let mark = by.mark();
    let subjects = items.iter().map(|item| item.id.0).chain([group.id.0]);
    let event = match change {
        Bulk::Ready => NewEvent::new("items_made_ready", format!("made ready {n}{mark}"), subjects),
        Bulk::Drop => NewEvent::new("items_dropped", format!("dropped {n}{mark}"), subjects),
        Bulk::Breadth(breadth) => {
            let summary = format!("made {n} {}{mark}", breadth.title().to_lowercase());
            NewEvent::new("items_broadened", summary, subjects)
        }
        Bulk::Class(class) => {
            let summary = format!("made {n} {}{mark}", class.title().to_lowercase());
            NewEvent::new("items_classed", summary, subjects)
        }
    };
    // Of what is dropped, where each stood: that is how it can come back.
    let before = (change == Bulk::Drop).then(|| {
        let stages = items.iter().zip(&keys).map(|(item, key)| (key.clone(), item.stage.word()));
        json!({"stages": stages.collect::<BTreeMap<_, _>>()})
    });
    event.change(before, json!({"items": keys}))
}

/// Takes a drop back: each item, by its number, stands where it stood, at the place in the order that it kept. All of them or none.
pub async fn restore(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    dropped: &BTreeMap<i32, Stage>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let numbers: Vec<_> = dropped.keys().copied().collect();
    let mut items = db::lock_items(&mut tx, actor.tenant, product, &numbers).await?;
    if items.is_empty() || items.len() < numbers.len() {
        return Err(Error::NotFound);
    }
    items.sort_by(|a, b| a.rank.cmp(&b.rank));
    let back = |item: &Item| dropped.get(&item.number).copied().unwrap_or(Stage::Proposed);
    for item in &items {
        let (key, stage) = (group.item_key(item.number), back(item));
        if item.stage != Stage::Dropped || !stage.is_ordered() {
            return Err(ItemRefused::Elsewhere { key, stage: item.stage }.into());
        }
        if stage == Stage::Ready && item.why.as_str().is_empty() {
            return Err(ItemRefused::WhyMissing(key).into());
        }
    }
    let keys: Vec<_> = items.iter().map(|item| group.item_key(item.number).to_string()).collect();
    let n = match keys.as_slice() {
        [one] => one.clone(),
        many => format!("{} items of {}", many.len(), group.name),
    };
    let subjects = items.iter().map(|item| item.id.0).chain([group.id.0]);
    let summary = format!("took back that {n} was dropped{}", by.mark());
    let stages = items.iter().zip(&keys).map(|(item, key)| (key, back(item).word()));
    let event = NewEvent::new("items_restored", summary, subjects)
        .change(None, json!({"stages": stages.collect::<BTreeMap<_, _>>()}));
    for item in &items {
        let arrival = Arrival::at(back(item), actor.at, event.id);
        db::move_item(&mut tx, actor.tenant, item.id, &arrival).await?;
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Adds a template of the product's own.
pub async fn add_template(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    name: &TemplateName,
    title: Option<&ItemTitle>,
    (why, breadth): (&Why, Breadth),
) -> Result<TemplateId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let id = TemplateId::new();
    let title = title.map(ItemTitle::as_str).unwrap_or_default();
    let says = (title, why.as_str(), breadth);
    db::insert_template(&mut tx, actor.tenant, product, id, name, says)
        .await
        .on_constraint("backlog_template_name_key", ItemRefused::TemplateTaken)?;
    let summary = format!("added the template “{name}” to {}{}", group.name, by.mark());
    let event = NewEvent::new("item_template_added", summary, [product.0])
        .change(None, json!({"title": title, "why": why, "breadth": breadth.word()}));
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Removes a template of the product's own.
pub async fn remove_template(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    template: TemplateId,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let name = db::delete_template(&mut tx, actor.tenant, product, template).await?;
    let name = name.ok_or(Error::NotFound)?;
    let summary = format!("removed the template “{name}” from {}{}", group.name, by.mark());
    let event = NewEvent::new("item_template_removed", summary, [product.0]);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
