//! The steps of an item: made ready, pulled, returned, with customers, done; and what a squad waits for.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::order::stood_below;
use super::{TRIES, check_metric, find_product, lock_item, met, must_order, said};
use crate::actor::Actor;
use crate::backlog::db::{self, Arrival, Item, Lane, Product};
use crate::backlog::domain::{
    Class, HOLDERS, ItemRefused, MAX_PASSED_OVER, Outcome, PULLERS, Rank, Stage, Step, Verdict,
    Wanted, may_learn, may_make_ready, may_pull, may_resume,
};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{ProductId, TeamId};
use crate::text::Reason;
use crate::transaction::{Begun, Change, begin};

/// Makes a proposed item ready: squads may pull it, after all that are ready.
pub async fn make_ready(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
) -> Result<()> {
    ordering(pool, actor, product, number, Step::Ready, None).await
}

/// Takes a ready item back: it is not ready after all.
pub async fn set_back(pool: &PgPool, actor: &Actor, product: ProductId, number: i32) -> Result<()> {
    ordering(pool, actor, product, number, Step::Unready, None).await
}

/// Drops an item that no squad holds.
pub async fn drop_item(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    reason: &Reason,
) -> Result<()> {
    ordering(pool, actor, product, number, Step::Drop, Some(reason)).await
}

/// Proposes a dropped item again.
pub async fn reopen(pool: &PgPool, actor: &Actor, product: ProductId, number: i32) -> Result<()> {
    ordering(pool, actor, product, number, Step::Reopen, None).await
}

async fn ordering(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    step: Step,
    reason: Option<&Reason>,
) -> Result<()> {
    for _ in 1..TRIES {
        match try_ordering(pool, actor, product, number, step, reason).await {
            Err(Error::Again) => tokio::task::yield_now().await,
            done => return done,
        }
    }
    try_ordering(pool, actor, product, number, step, reason).await
}

async fn try_ordering(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    step: Step,
    reason: Option<&Reason>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let by = must_order(&group)?;
    let item = lock_item(&mut tx, actor, product, number).await?;
    if step == Step::Ready {
        may_make_ready(&group.item_key(number), item.stage, &item.why)?;
    }
    let stage = target(&group, &item, step)?;
    let (subjects, said) = ([item.id.0, product.0], said(&group, &item) + by.mark());
    let event = match step {
        Step::Ready => NewEvent::new("item_made_ready", format!("made ready {said}"), subjects),
        Step::Unready => NewEvent::new("item_set_back", format!("took back {said}"), subjects),
        Step::Drop => NewEvent::new("item_dropped", format!("dropped {said}"), subjects),
        _ => NewEvent::new("item_reopened", format!("proposed {said} again"), subjects),
    };
    let mut before = json!({"stage": item.stage.word()});
    if step == Step::Ready {
        // It goes to the end of what is ready; this is how it finds back.
        let above =
            db::number_above(&mut *tx, actor.tenant, product, &item.rank, item.stage).await?;
        before["stood_below"] = json!(stood_below(&group, above));
    }
    let mut event = event.change(before, json!({"stage": stage.word()}));
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    // What becomes ready comes after all that are; so does what is proposed again among the proposals.
    let rank = match step {
        Step::Ready | Step::Reopen => {
            let (_, last) = db::ends(&mut *tx, actor.tenant, product).await?;
            Some(Rank::below(last.as_ref(), number).map_err(|room| Error::Internal(room.into()))?)
        }
        _ => None,
    };
    let arrival = Arrival { rank: rank.as_ref(), ..Arrival::at(stage, actor.at, event.id) };
    db::move_item(&mut tx, actor.tenant, item.id, &arrival).await.map_err(met)?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Where a step leads an item; refuses what stands elsewhere.
fn target(group: &Product, item: &Item, step: Step) -> Result<Stage> {
    let elsewhere =
        || ItemRefused::Elsewhere { key: group.item_key(item.number), stage: item.stage };
    if !step.is_from(item.stage, item.is_blocked()) {
        return Err(elsewhere().into());
    }
    Ok(step.target().unwrap_or(item.stage))
}

/// What is said of a step over a limit, or with a reason; refuses without the reason that it takes.
fn settle(verdict: Verdict, reason: Option<&Reason>) -> Result<Option<String>> {
    match verdict {
        Verdict::Allowed(warning) => Ok(warning),
        Verdict::NeedsReason(asks) if reason.is_none() => {
            Err(ItemRefused::ReasonNeeded(asks).into())
        }
        Verdict::NeedsReason(_) => Ok(None),
        Verdict::Refused(refused) => Err(refused.into()),
    }
}

/// Pulls a ready item for a squad (H4). The squad's row and then the item's are held: of two squads that pull it the second is told
/// who has it, and of two that the squad pulls with room for one the second finds it full. Answers a warning, if there is one.
pub async fn pull(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    squad: TeamId,
    reason: Option<&Reason>,
) -> Result<Option<String>> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    if !group.standing.is_in(squad) {
        return Err(Error::Forbidden(PULLERS.into()));
    }
    let lane = db::lock_lane(&mut tx, actor.tenant, product, squad).await?;
    let lane = lane.ok_or(ItemRefused::NoSquad)?;
    let item = lock_item(&mut tx, actor, product, number).await?;
    let (wanted, above) = wanted(&mut tx, actor, &group, &item).await?;
    let warning = settle(may_pull(&wanted, lane.puller(group.policy)), reason)?;
    let summary = format!("pulled {} for {}", said(&group, &item), lane.name);
    let passed: Vec<_> = above
        .iter()
        .take(MAX_PASSED_OVER)
        .map(|it| group.item_key(it.number).to_string())
        .collect();
    let mut event = NewEvent::new("item_pulled", summary, [item.id.0, product.0, squad.0]).change(
        json!({"stage": item.stage.word()}),
        json!({"stage": Stage::InProgress.word(), "squad": lane.name, "passed_over": passed}),
    );
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    let arrival = Arrival::at(Stage::InProgress, actor.at, event.id).with(squad);
    db::move_item(&mut tx, actor.tenant, item.id, &arrival).await?;
    if let Some(reason) = reason.filter(|_| !above.is_empty()) {
        let ids: Vec<_> = above.iter().take(MAX_PASSED_OVER).map(|above| above.id).collect();
        let (by, why) = ((item.id, squad), (reason.as_str(), actor.at));
        db::insert_passed_over(&mut tx, actor.tenant, &ids, by, why, event.id).await?;
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(warning).await
}

/// An item as the rule about pulling sees it, with what stands above it.
async fn wanted(
    tx: &mut PgConnection,
    actor: &Actor,
    group: &Product,
    item: &Item,
) -> Result<(Wanted, Vec<db::Above>)> {
    let limit = i64::try_from(MAX_PASSED_OVER + 1).unwrap_or(i64::MAX);
    let is_in_turn = item.stage == Stage::Ready && item.class == Class::Standard;
    let above = if is_in_turn {
        db::above(&mut *tx, actor.tenant, group.id, &item.rank, limit).await?
    } else {
        vec![]
    };
    let held_by =
        if item.stage.is_held() { db::holder(tx, actor.tenant, item.id).await? } else { None };
    let wanted = Wanted {
        key: group.item_key(item.number),
        stage: item.stage,
        class: item.class,
        held_by,
        above: above.iter().map(|above| group.item_key(above.number)).collect(),
    };
    Ok((wanted, above))
}

/// An item that a squad of the actor holds, with the squad's row, both held.
async fn lock_held(
    tx: &mut Change,
    actor: &Actor,
    group: &Product,
    number: i32,
    step: Step,
) -> Result<(Lane, Item)> {
    let found = db::find_item(&mut **tx, actor.tenant, group.id, number).await?;
    let found = found.ok_or(Error::NotFound)?;
    let elsewhere =
        |item: &Item| ItemRefused::Elsewhere { key: group.item_key(number), stage: item.stage };
    let Some(squad) = found.squad.filter(|_| found.stage.is_held()) else {
        if !group.standing.may_anything() {
            return Err(Error::Forbidden(HOLDERS.into()));
        }
        return Err(elsewhere(&found).into());
    };
    if !group.standing.is_in(squad) {
        return Err(Error::Forbidden(HOLDERS.into()));
    }
    let lane = db::lock_lane(tx, actor.tenant, group.id, squad).await?;
    let lane = lane.ok_or(ItemRefused::NoSquad)?;
    let item = lock_item(tx, actor, group.id, number).await?;
    // Only now is it certain that nobody changes it meanwhile.
    if item.squad != Some(squad) {
        return Err(elsewhere(&item).into());
    }
    target(group, &item, step)?;
    Ok((lane, item))
}

/// Gives an item back to the backlog, where it was in the order.
pub async fn give_back(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let (lane, item) = lock_held(&mut tx, actor, &group, number, Step::Return).await?;
    let summary = format!("returned {} to the backlog for {}", said(&group, &item), lane.name);
    let event = NewEvent::new("item_returned", summary, [item.id.0, product.0, lane.squad.0])
        .change(
            json!({"stage": item.stage.word(), "squad": lane.name}),
            json!({"stage": Stage::Ready.word()}),
        )
        .because(reason.as_str());
    let arrival = Arrival::at(Stage::Ready, actor.at, event.id);
    db::move_item(&mut tx, actor.tenant, item.id, &arrival).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Goes to customers with an item, to learn from them.
pub async fn learn(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    reason: Option<&Reason>,
) -> Result<Option<String>> {
    going_on(pool, actor, product, number, Step::Learn, reason).await
}

/// Takes an item back into work that was with customers.
pub async fn resume(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    reason: Option<&Reason>,
) -> Result<Option<String>> {
    going_on(pool, actor, product, number, Step::Resume, reason).await
}

async fn going_on(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    step: Step,
    reason: Option<&Reason>,
) -> Result<Option<String>> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let (lane, item) = lock_held(&mut tx, actor, &group, number, step).await?;
    let puller = lane.puller(group.policy);
    let (subjects, said) = ([item.id.0, product.0, lane.squad.0], said(&group, &item));
    let (verdict, event) = if step == Step::Learn {
        let summary = format!("went to customers with {said} for {}", lane.name);
        (may_learn(puller), NewEvent::new("item_with_customers", summary, subjects))
    } else {
        let summary = format!("took {said} back into work for {}", lane.name);
        (may_resume(item.class, puller), NewEvent::new("item_resumed", summary, subjects))
    };
    let warning = settle(verdict, reason)?;
    let stage = target(&group, &item, step)?;
    let mut event =
        event.change(json!({"stage": item.stage.word()}), json!({"stage": stage.word()}));
    if let Some(reason) = reason {
        event = event.because(reason.as_str());
    }
    let arrival = Arrival::at(stage, actor.at, event.id).with(lane.squad);
    db::move_item(&mut tx, actor.tenant, item.id, &arrival).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(warning).await
}

/// Finishes an item with what became of it.
pub async fn finish(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    outcome: &Outcome,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let (lane, item) = lock_held(&mut tx, actor, &group, number, Step::Finish).await?;
    if outcome.metric != item.metric {
        check_metric(&mut tx, actor, product, outcome.metric).await?;
    }
    let summary = format!("finished {} for {}", said(&group, &item), lane.name);
    let effect = outcome.effect.as_str();
    let event = NewEvent::new("item_finished", summary, [item.id.0, product.0, lane.squad.0])
        .change(
            json!({"stage": item.stage.word()}),
            json!({"stage": Stage::Done.word(), "effect": effect}),
        );
    let arrival = Arrival {
        effect: Some(effect),
        metric: outcome.metric,
        ..Arrival::at(Stage::Done, actor.at, event.id).with(lane.squad)
    };
    db::move_item(&mut tx, actor.tenant, item.id, &arrival).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says what the squad waits for.
pub async fn block(
    pool: &PgPool,
    actor: &Actor,
    product: ProductId,
    number: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let (lane, item) = lock_held(&mut tx, actor, &group, number, Step::Block).await?;
    let waits = Some((reason.as_str(), actor.at));
    db::set_blocked(&mut tx, actor.tenant, item.id, waits).await?;
    let summary = format!("marked {} as blocked", said(&group, &item));
    let event = NewEvent::new("item_blocked", summary, [item.id.0, product.0, lane.squad.0])
        .change(None, json!({"waits_for": reason.as_str()}))
        .because(reason.as_str());
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says that the squad waits no longer.
pub async fn unblock(pool: &PgPool, actor: &Actor, product: ProductId, number: i32) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let group = find_product(&mut tx, actor, product).await?;
    let (lane, item) = lock_held(&mut tx, actor, &group, number, Step::Unblock).await?;
    db::set_blocked(&mut tx, actor.tenant, item.id, None).await?;
    let summary = format!("marked {} as no longer blocked", said(&group, &item));
    let event = NewEvent::new("item_unblocked", summary, [item.id.0, product.0, lane.squad.0])
        .change(json!({"waits_for": item.blocked_reason}), None);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
