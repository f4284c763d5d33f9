//! Moving an item in the order.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{TRIES, find_product_at, met, must_order, quoted};
use crate::actor::Actor;
use crate::backlog::db::{self, Arrival, Held, Product, Ranked};
use crate::backlog::domain::{ItemRefused, NoRoom, Place, ROOMY, Rank, Stage, spread};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::ProductId;
use crate::transaction::{Begun, begin};

/// Why a move did not come about.
enum Failed {
    /// The place is too narrow: what stands around this rank is spread first.
    Narrow(ProductId, Rank),
    Error(Error),
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Moves a proposed or ready item to another place.
pub async fn order(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
) -> Result<()> {
    order_at(pool, actor, &product.to_string(), number, place).await.map(|_| ())
}

/// The same in the product that `word` stands for in an address. Answers the product.
pub async fn order_at(
    pool: &PgPool,
    actor: &Actor,
    word: &str,
    number: i32,
    place: Place,
) -> Result<Product> {
    move_to(pool, actor, word, number, place, false).await
}

/// Takes a ready item back to a place: it is not ready after all, and stands where it stood.
pub async fn set_back_to(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
) -> Result<()> {
    move_to(pool, actor, &product.to_string(), number, place, true).await.map(|_| ())
}

async fn move_to(
    pool: &PgPool,
    actor: &Actor,
    word: &str,
    number: i32,
    place: Place,
    is_set_back: bool,
) -> Result<Product> {
    for _ in 0..TRIES {
        match try_order(pool, actor, word, number, place, is_set_back).await {
            Ok(product) => return Ok(product),
            Err(Failed::Narrow(product, rank)) => make_room(pool, actor, product, &rank).await?,
            Err(Failed::Error(Error::Again)) => tokio::task::yield_now().await,
            Err(Failed::Error(error)) => return Err(error),
        }
    }
    Err(Error::Again)
}

/// The number of the item below which another goes; none for the ends.
async fn find_anchor(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
) -> Result<Option<i32>> {
    let tenant = actor.tenant;
    match place {
        Place::Top | Place::Bottom => Ok(None),
        Place::Below(anchor) | Place::Above(anchor) if anchor == number => {
            Err(ItemRefused::Itself.into())
        }
        Place::Below(anchor) => Ok(Some(anchor)),
        Place::Above(anchor) => {
            let item = db::find_item(&mut *tx, tenant, product, number).await?;
            let item = item.ok_or(Error::NotFound)?.id;
            let anchor = db::find_item(&mut *tx, tenant, product, anchor).await?;
            let rank = anchor.ok_or(Error::NotFound)?.rank;
            Ok(db::predecessor(&mut *tx, tenant, product, &rank, item).await?)
        }
    }
}

/// Where the item goes, with its new rank; nothing if it is there.
async fn aim(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    (number, held): (i32, &Held),
    place: Place,
) -> Result<Option<Rank>, Failed> {
    let tenant = actor.tenant;
    let narrow = |rank: &Rank| Failed::Narrow(product, rank.clone());
    if let Some(above) = &held.anchor {
        if let Place::Above(anchor) = place {
            // Only now is it certain what stands below.
            let anchor = db::find_item(&mut *tx, tenant, product, anchor).await?;
            let anchor = anchor.ok_or(Error::NotFound)?.rank;
            if held.next.as_ref() != Some(&anchor) {
                return Err(Failed::Error(Error::Again));
            }
        }
        let is_there =
            *above < held.rank && held.next.as_ref().is_none_or(|next| held.rank < *next);
        if is_there {
            return Ok(None);
        }
        return match &held.next {
            Some(next) => Rank::between(above, next).map(Some).map_err(|NoRoom| narrow(above)),
            None => Rank::below(Some(above), number).map(Some).map_err(|NoRoom| narrow(&held.rank)),
        };
    }
    let is_there = match place {
        Place::Bottom => held.below.is_none(),
        _ => held.above.is_none(),
    };
    if is_there {
        return Ok(None);
    }
    let (first, last) = db::ends(tx, tenant, product).await?;
    let rank = match place {
        Place::Bottom => Rank::below(last.as_ref(), number),
        _ => Rank::above(first.as_ref(), number),
    };
    rank.map(Some).map_err(|NoRoom| narrow(&held.rank))
}

async fn try_order(
    pool: &PgPool,
    actor: &Actor,
    word: &str,
    number: i32,
    place: Place,
    is_set_back: bool,
) -> Result<Product, Failed> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => {
            let found = db::find_product(pool, actor.tenant, word, actor.member).await?;
            return Ok(found.ok_or(Error::NotFound)?);
        }
    };
    let group = find_product_at(&mut tx, actor, word).await?;
    let by = must_order(&group)?;
    let product = group.id;
    let anchor = find_anchor(&mut tx, actor, product, number, place).await?;
    // What is set back finds its place among the proposals.
    let sought = is_set_back.then_some(Stage::Proposed);
    let held = db::hold_item(&mut tx, actor.tenant, product, (number, anchor), sought).await?;
    let held = held.ok_or(Error::NotFound)?;
    if anchor.is_some() && held.anchor.is_none() {
        return Err(Error::NotFound.into());
    }
    let key = group.item_key(number);
    if is_set_back && held.stage != Stage::Ready {
        return Err(ItemRefused::Elsewhere { key, stage: held.stage }.into());
    }
    if !held.stage.is_ordered() {
        return Err(ItemRefused::NotOrdered { key, stage: held.stage }.into());
    }
    let aimed = aim(&mut tx, actor, product, (number, &held), place).await?;
    let said = quoted(&group, number, &held.title);
    let subjects = [held.id.0, product.0];
    if let Some(stage) = sought {
        let event =
            NewEvent::new("item_set_back", format!("took back {said}{}", by.mark()), subjects)
                .change(json!({"stage": held.stage.word()}), json!({"stage": stage.word()}));
        let arrival = Arrival { rank: aimed.as_ref(), ..Arrival::at(stage, actor.at, event.id) };
        db::move_item(&mut tx, actor.tenant, held.id, &arrival).await.map_err(met)?;
        history::record(&mut tx, actor, event).await?;
        tx.done(()).await?;
        return Ok(group);
    }
    let Some(rank) = aimed else {
        tx.done(()).await?;
        return Ok(group);
    };
    db::set_rank(&mut tx, actor.tenant, held.id, &rank).await.map_err(met)?;
    let name = &group.name;
    let to = match (place, anchor) {
        (Place::Bottom, _) => format!("to the end of the backlog of {name}"),
        (Place::Above(anchor), _) => format!("above {}", group.item_key(anchor)),
        (_, Some(above)) => format!("below {}", group.item_key(above)),
        (_, None) => format!("to the top of the backlog of {name}"),
    };
    let was = stood_below(&group, held.above);
    let summary = format!("moved {said} {to}{}", by.mark());
    let event = NewEvent::new("item_ordered", summary, subjects)
        .change(json!({"stood_below": was}), json!({"stands": to}));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await?;
    Ok(group)
}

/// What an item stood below, for an event: the key of an item, or the top.
pub(super) fn stood_below(group: &Product, above: Option<i32>) -> String {
    above.map_or_else(|| "the top".to_owned(), |it| group.item_key(it).to_string())
}

/// How many items around a narrow place are written anew, above it and below; if that makes no room, more of them.
const NEIGHBOURHOODS: [i64; 3] = [64, 2_048, i64::MAX / 2];

/// Makes room around a rank: the neighbours get new keys, evenly, in the same order. One transaction that changes nothing that
/// anybody sees, so it leaves no event.
async fn make_room(pool: &PgPool, actor: &Actor, product: ProductId, rank: &Rank) -> Result<()> {
    for many in NEIGHBOURHOODS {
        for _ in 0..TRIES {
            match spread_around(pool, actor, product, rank, many).await {
                Ok(true) => return Ok(()),
                Ok(false) => break,
                Err(Error::Again) => tokio::task::yield_now().await,
                Err(error) => return Err(error),
            }
        }
    }
    Err(Error::Again)
}

/// Answers whether there is room now. The first of the neighbours keeps its key and is held with the others: whoever puts an
/// item between any two of them waits, or is seen and everything begins anew.
async fn spread_around(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    rank: &Rank,
    many: i64,
) -> Result<bool> {
    let mut tx = pool.begin().await?;
    let tenant = actor.tenant;
    let near = db::neighbourhood(&mut *tx, tenant, product, rank, many).await?;
    db::hold(&mut tx, tenant, &near).await?;
    let now = db::neighbourhood(&mut *tx, tenant, product, rank, many).await?;
    if now != near {
        return Err(Error::Again);
    }
    let count = |side: usize| i64::try_from(side).is_ok_and(|side| side < many);
    // Where the neighbourhood reaches the end of the backlog, its last key is free to move outwards.
    let is_last = count(now.iter().filter(|item| item.rank > *rank).count());
    let Some((low, rest)) = now.split_first() else { return Ok(true) };
    let (moved, high) = match rest.split_last() {
        Some((high, moved)) if !is_last => (moved, Some(&high.rank)),
        _ => (rest, None),
    };
    let Ok(ranks) = spread(Some(&low.rank), high, moved.len()) else { return Ok(false) };
    if ranks.iter().any(|rank| rank.as_str().len() > ROOMY)
        || low.rank.as_str().len() > ROOMY && moved.len() < 2
    {
        return Ok(false);
    }
    let fresh: Vec<_> =
        moved.iter().zip(ranks).map(|(item, rank)| Ranked { id: item.id, rank }).collect();
    db::set_ranks(&mut tx, tenant, &fresh).await.map_err(met)?;
    tx.commit().await?;
    Ok(true)
}
