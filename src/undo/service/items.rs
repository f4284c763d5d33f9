//! The inverses of what happens to an item of a backlog: its place in the order, whether it is ready or dropped, and what its squad waits for.

use std::collections::BTreeMap;

use sqlx::PgPool;

use super::super::db::{self, Event};
use super::super::domain::UndoRefused;
use super::must_be_newest;
use crate::actor::Actor;
use crate::backlog::{self, ItemKey, Place, Stage};
use crate::error::{Error, Result};
use crate::ids::{ItemId, ProductId};
use crate::text::Reason;

/// Everything after which an item's place is another, or means something else.
const PLACES: [&str; 9] = [
    "item_ordered",
    "item_made_ready",
    "items_made_ready",
    "item_set_back",
    "item_reopened",
    "item_pulled",
    "item_dropped",
    "items_dropped",
    "items_restored",
];

/// Everything after which a squad waits for something else, or for nothing.
const WAITING: [&str; 6] = [
    "item_blocked",
    "item_unblocked",
    "item_returned",
    "item_finished",
    "item_with_customers",
    "item_resumed",
];

/// The item's number and the key of its product.
async fn number(pool: &PgPool, actor: &Actor, event: &Event) -> Result<(ProductId, String, i32)> {
    let product = ProductId(event.subject(1)?);
    let (key, number) = first(pool, actor, event).await?;
    Ok((product, key, number))
}

/// The first item that the event is about: the key of its product, and its number.
async fn first(pool: &PgPool, actor: &Actor, event: &Event) -> Result<(String, i32)> {
    let item = ItemId(event.subject(0)?);
    db::item(pool, actor.tenant, item).await?.ok_or(Error::NotFound)
}

/// Puts an item back below the one that it stood below.
pub async fn order(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, key, number) = number(pool, actor, event).await?;
    must_be_newest(pool, actor, event, &PLACES, (&[event.subject(0)?], &[])).await?;
    let was: String = event.was("stood_below")?;
    let place = ItemKey::number_in(&key, &was).map_or(Place::Top, Place::Below);
    backlog::service::order(pool, actor, product, number, place).await
}

/// Says that an item is not ready after all, and puts it back below the one that it stood below.
pub async fn ready(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, key, number) = number(pool, actor, event).await?;
    must_be_newest(pool, actor, event, &PLACES, (&[event.subject(0)?], &[])).await?;
    let was: String = event.was("stood_below")?;
    let place = ItemKey::number_in(&key, &was).map_or(Place::Top, Place::Below);
    backlog::service::set_back_to(pool, actor, product, number, place).await
}

/// Brings back what was dropped, one item or several: all of them, as they stood.
pub async fn dropped(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, items) =
        event.subjects.split_last().ok_or_else(|| event.unreadable("it is about too little"))?;
    must_be_newest(pool, actor, event, &PLACES, (&[*product], items)).await?;
    let product = ProductId(*product);
    let stage = |word: &str| {
        Stage::parse(word).map_err(|_| event.unreadable(&format!("no such stage: {word}")))
    };
    let (key, number) = first(pool, actor, event).await?;
    let mut stood = BTreeMap::new();
    if event.kind == "item_dropped" {
        stood.insert(number, stage(&event.was::<String>("stage")?)?);
    } else {
        for (item, word) in event.was::<BTreeMap<String, String>>("stages")? {
            let number = ItemKey::number_in(&key, &item)
                .ok_or_else(|| event.unreadable(&format!("no such key: {item}")))?;
            stood.insert(number, stage(&word)?);
        }
    }
    backlog::service::restore(pool, actor, product, &stood).await
}

/// Says again what the squad waited for, or that it does not wait.
pub async fn blocked(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    let (product, _, number) = number(pool, actor, event).await?;
    must_be_newest(pool, actor, event, &WAITING, (&[event.subject(0)?], &[])).await?;
    if event.kind == "item_blocked" {
        return backlog::service::unblock(pool, actor, product, number).await;
    }
    let reason: String = event.was("waits_for")?;
    let reason = Reason::parse(&reason)
        .map_err(|_| UndoRefused::Changed("What it waited for is not kept.".to_owned()))?;
    backlog::service::block(pool, actor, product, number, &reason).await
}
