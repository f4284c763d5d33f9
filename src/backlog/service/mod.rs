//! What a person may do with a backlog.

mod import;
mod items;
mod order;
mod past;
mod steps;

use sqlx::PgConnection;

pub use import::{Imported, bring_in, choose, dry_run, forget_waiting, keep_file, read, seen};
pub use items::{add_template, bulk, comment, edit, propose, remove_template, restore};
pub use order::{order, order_at, set_back_to};
pub use past::past;
pub use steps::{
    block, drop_item, finish, give_back, learn, make_ready, pull, reopen, resume, set_back, unblock,
};

use super::db::{self, Item, Product};
use super::domain::{ItemRefused, ItemTitle, ORDERERS, Orderer};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::{MetricId, ProductId};

/// How often a change is tried that met another one at the same place.
const TRIES: usize = 8;

/// The product with what the actor is in its group; refuses one that has ended.
async fn find_product(tx: &mut PgConnection, actor: &Actor, product: ProductId) -> Result<Product> {
    find_product_at(tx, actor, &product.to_string()).await
}

/// The same by a word of its address.
async fn find_product_at(tx: &mut PgConnection, actor: &Actor, word: &str) -> Result<Product> {
    let found = db::find_product(tx, actor.tenant, word, actor.member).await?;
    let found = found.ok_or(Error::NotFound)?;
    if found.is_ended { Err(ItemRefused::ProductEnded.into()) } else { Ok(found) }
}

/// The right by which the actor orders.
fn must_order(product: &Product) -> Result<Orderer> {
    product.standing.orderer.ok_or_else(|| Error::Forbidden(ORDERERS.into()))
}

/// One item, held.
async fn lock_item(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    number: i32,
) -> Result<Item> {
    db::lock_items(tx, actor.tenant, product, &[number]).await?.pop().ok_or(Error::NotFound)
}

/// Refuses a metric that belongs to nobody in the group.
async fn check_metric(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    metric: Option<MetricId>,
) -> Result<()> {
    let Some(metric) = metric else { return Ok(()) };
    let all = db::metrics(tx, actor.tenant, product, None).await?;
    if all.iter().any(|one| one.id == metric) { Ok(()) } else { Err(ItemRefused::NoMetric.into()) }
}

/// Two that took the same place at once: the second tries again.
fn met(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(database)
            if database.constraint() == Some("backlog_item_rank_key") =>
        {
            Error::Again
        }
        _ => error.into(),
    }
}

/// An item in a sentence: "NA-214 “Explain the difference”".
fn said(product: &Product, item: &Item) -> String {
    quoted(product, item.number, &item.title)
}

/// The same, of an item of which only this is known.
fn quoted(product: &Product, number: i32, title: &ItemTitle) -> String {
    format!("{} “{title}”", product.item_key(number))
}
