//! Moving an item in the order.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{TRIES, find_product, met, must_order, said};
use crate::actor::Actor;
use crate::backlog::db::{self, Arrival, Item, Product, Ranked};
use crate::backlog::domain::{ItemRefused, NoRoom, Place, ROOMY, Rank, Stage, spread};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::ProductId;
use crate::transaction::{Begun, begin};

/// Why a move did not come about.
enum Failed {
    /// The place is too narrow: what stands around this rank is spread first.
    Narrow(Rank),
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
    move_to(pool, actor, product, number, place, false).await
}

/// Takes a ready item back to a place: it is not ready after all, and stands where it stood.
pub async fn set_back_to(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
) -> Result<()> {
    move_to(pool, actor, product, number, place, true).await
}

async fn move_to(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
    is_set_back: bool,
) -> Result<()> {
    for _ in 0..TRIES {
        match try_order(pool, actor, product, number, place, is_set_back).await {
            Ok(()) => return Ok(()),
            Err(Failed::Narrow(rank)) => make_room(pool, actor, product, &rank).await?,
            Err(Failed::Error(Error::Again)) => tokio::task::yield_now().await,
            Err(Failed::Error(error)) => return Err(error),
        }
    }
    Err(Error::Again)
}

/// The item, and the one below which it goes, both held; none for the ends.
async fn lock(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
) -> Result<(Item, Option<Item>)> {
    let tenant = actor.tenant;
    let anchor = match place {
        Place::Top | Place::Bottom => None,
        Place::Below(anchor) | Place::Above(anchor) if anchor == number => {
            return Err(ItemRefused::Itself.into());
        }
        Place::Below(anchor) => Some(anchor),
        Place::Above(anchor) => {
            let item = db::find_item(&mut *tx, tenant, product, number).await?;
            let item = item.ok_or(Error::NotFound)?.id;
            let anchor = db::find_item(&mut *tx, tenant, product, anchor).await?;
            let rank = anchor.ok_or(Error::NotFound)?.rank;
            db::predecessor(&mut *tx, tenant, product, &rank, item).await?
        }
    };
    let numbers: Vec<_> = [Some(number), anchor].into_iter().flatten().collect();
    let mut held = db::lock_items(tx, tenant, product, &numbers).await?;
    let mut take = |number| {
        let at = held.iter().position(|item| item.number == number)?;
        Some(held.swap_remove(at))
    };
    let item = take(number).ok_or(Error::NotFound)?;
    let above = match anchor {
        Some(anchor) => Some(take(anchor).ok_or(Error::NotFound)?),
        None => None,
    };
    Ok((item, above))
}

/// Where the item goes, with its new rank; nothing if it is there.
async fn aim(
    tx: &mut PgConnection,
    actor: &Actor,
    product: ProductId,
    (item, above): (&Item, Option<&Item>),
    place: Place,
    around: &db::Around,
) -> Result<Option<Rank>, Failed> {
    let tenant = actor.tenant;
    let narrow = |NoRoom| Failed::Narrow(item.rank.clone());
    if let Some(above) = above {
        if let Place::Above(anchor) = place {
            // Only now is it certain what stands below.
            let anchor = db::find_item(&mut *tx, tenant, product, anchor).await?;
            let anchor = anchor.ok_or(Error::NotFound)?.rank;
            if around.next.as_ref() != Some(&anchor) {
                return Err(Failed::Error(Error::Again));
            }
        }
        let is_there =
            above.rank < item.rank && around.next.as_ref().is_none_or(|next| item.rank < *next);
        if is_there {
            return Ok(None);
        }
        return match &around.next {
            Some(next) => Rank::between(&above.rank, next)
                .map(Some)
                .map_err(|NoRoom| Failed::Narrow(above.rank.clone())),
            None => Rank::below(Some(&above.rank), item.number).map(Some).map_err(narrow),
        };
    }
    let is_there = match place {
        Place::Bottom => around.below.is_none(),
        _ => around.above.is_none(),
    };
    if is_there {
        return Ok(None);
    }
    let (first, last) = db::ends(tx, tenant, product).await?;
    let rank = match place {
        Place::Bottom => Rank::below(last.as_ref(), item.number),
        _ => Rank::above(first.as_ref(), item.number),
    };
    rank.map(Some).map_err(narrow)
}

async fn try_order(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    place: Place,
    is_set_back: bool,
) -> Result<(), Failed> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let (item, above) = lock(&mut tx, actor, product, number, place).await?;
    let key = group.item_key(number);
    if !item.stage.is_ordered() {
        return Err(ItemRefused::NotOrdered { key, stage: item.stage }.into());
    }
    if is_set_back && item.stage != Stage::Ready {
        return Err(ItemRefused::Elsewhere { key, stage: item.stage }.into());
    }
    let spot = above.as_ref().map(|above| &above.rank);
    // What is set back finds its place among the proposals.
    let stage = if is_set_back { Stage::Proposed } else { item.stage };
    let now = (item.id, &item.rank, stage);
    let around = db::around(&mut *tx, actor.tenant, product, now, spot).await?;
    let aimed = aim(&mut tx, actor, product, (&item, above.as_ref()), place, &around).await?;
    if is_set_back {
        let summary = format!("took back {}{}", said(&group, &item), by.mark());
        let event = NewEvent::new("item_set_back", summary, [item.id.0, product.0])
            .change(json!({"stage": item.stage.word()}), json!({"stage": stage.word()}));
        let arrival = Arrival { rank: aimed.as_ref(), ..Arrival::at(stage, actor.at, event.id) };
        db::move_item(&mut tx, actor.tenant, item.id, &arrival).await.map_err(met)?;
        history::record(&mut tx, actor, event).await?;
        return Ok(tx.done(()).await?);
    }
    let Some(rank) = aimed else { return Ok(tx.done(()).await?) };
    db::set_rank(&mut tx, actor.tenant, item.id, &rank).await.map_err(met)?;
    let name = &group.name;
    let to = match (place, &above) {
        (Place::Bottom, _) => format!("to the end of the backlog of {name}"),
        (Place::Above(anchor), _) => format!("above {}", group.item_key(anchor)),
        (_, Some(above)) => format!("below {}", group.item_key(above.number)),
        (_, None) => format!("to the top of the backlog of {name}"),
    };
    let was = stood_below(&group, &around);
    let summary = format!("moved {} {to}{}", said(&group, &item), by.mark());
    let event = NewEvent::new("item_ordered", summary, [item.id.0, product.0])
        .change(json!({"stood_below": was}), json!({"stands": to}));
    history::record(&mut tx, actor, event).await?;
    Ok(tx.done(()).await?)
}

/// What an item stood below, for an event: the key of an item, or the top.
pub(super) fn stood_below(group: &Product, around: &db::Around) -> String {
    around.above.map_or_else(|| "the top".to_owned(), |it| group.item_key(it).to_string())
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
