//! What a person may do with metrics, and what a program may with a token.

mod check_ins;
mod tokens;

use serde_json::{Value, json};
use sqlx::PgPool;

pub use check_ins::*;
pub use tokens::*;

use super::db::{self, Insert, Metric};
use super::domain::{Kind, MetricRefused, NewMetric, OWNERS};
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MetricId, TeamId};
use crate::missions::{self, SquadHead};
use crate::text::Reason;
use crate::transaction::{Begun, Change, begin};

/// What the history keeps of a metric.
fn kept(kind: Kind, new: &NewMetric) -> Value {
    let mut kept = json!(new);
    kept["kind"] = json!(kind);
    kept
}

/// Gives a squad its goal metric. There is one at a time.
pub async fn set_goal(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    new: &NewMetric,
) -> Result<MetricId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = lock(&mut tx, actor, squad).await?;
    let id = MetricId::new();
    insert_goal(&mut tx, actor, &squad, id, None, new).await?;
    let summary = format!("chose “{}” as the goal metric of {}", new.name, squad.name);
    let event = NewEvent::new("goal_metric_set", summary, [squad.id.0, id.0])
        .change(None, kept(Kind::CustomerValue, new));
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

async fn insert_goal(
    tx: &mut Change,
    actor: &Actor,
    squad: &SquadHead,
    id: MetricId,
    replaces: Option<MetricId>,
    new: &NewMetric,
) -> Result<()> {
    let kind = Kind::CustomerValue;
    let insert = Insert { id, squad: squad.id, kind, is_goal: true, replaces, new, at: actor.at };
    db::insert(tx, actor.tenant, &insert)
        .await
        .on_constraint("metric_goal_key", MetricRefused::GoalExists)
}

/// Adds a metric beside the goal. The first one of customer value of a squad without a goal becomes its goal.
pub async fn add(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    kind: Kind,
    new: &NewMetric,
) -> Result<MetricId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = lock(&mut tx, actor, squad).await?;
    let id = MetricId::new();
    let is_goal =
        kind == Kind::CustomerValue && db::goal(&mut *tx, actor.tenant, squad.id).await?.is_none();
    let insert = Insert { id, squad: squad.id, kind, is_goal, replaces: None, new, at: actor.at };
    db::insert(&mut tx, actor.tenant, &insert).await?;
    let event = if is_goal {
        let summary = format!("chose “{}” as the goal metric of {}", new.name, squad.name);
        NewEvent::new("goal_metric_set", summary, [squad.id.0, id.0])
    } else {
        let summary = format!("added the metric “{}” to {}", new.name, squad.name);
        NewEvent::new("metric_added", summary, [squad.id.0, id.0])
    };
    history::record(&mut tx, actor, event.change(None, kept(kind, new))).await?;
    tx.done(id).await
}

/// Changes what a live metric says. It stays the same metric: for another one there is [`replace`].
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    version: i32,
    new: &NewMetric,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, before) = lock_metric(&mut tx, actor, metric).await?;
    if !db::update(&mut tx, actor.tenant, metric, version, new).await? {
        return Err(Error::Stale);
    }
    if before.metric != *new {
        let summary = format!("changed the metric “{}” of {}", new.name, squad.name);
        let event = NewEvent::new("metric_changed", summary, [squad.id.0, metric.0])
            .change(json!(before.metric), json!(new));
        history::record(&mut tx, actor, event).await?;
    }
    tx.done(()).await
}

/// Puts another metric of the same kind in the place of one, in one step, so that an active squad is never without its goal. The old
/// one ends with the reason, and its history stays.
pub async fn replace(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    version: i32,
    reason: &Reason,
    new: &NewMetric,
) -> Result<MetricId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, before) = lock_metric(&mut tx, actor, metric).await?;
    if !db::end(&mut tx, actor.tenant, metric, version, reason.as_str(), actor.at).await? {
        return Err(Error::Stale);
    }
    let id = MetricId::new();
    let (old, subjects) = (&before.metric.name, [squad.id.0, metric.0, id.0]);
    let event = if before.is_goal {
        insert_goal(&mut tx, actor, &squad, id, Some(metric), new).await?;
        let summary =
            format!("replaced the goal metric “{old}” of {} with “{}”", squad.name, new.name);
        NewEvent::new("goal_metric_replaced", summary, subjects)
    } else {
        let (kind, replaces) = (before.kind, Some(metric));
        let insert =
            Insert { id, squad: squad.id, kind, is_goal: false, replaces, new, at: actor.at };
        db::insert(&mut tx, actor.tenant, &insert).await?;
        let summary = format!("replaced the metric “{old}” of {} with “{}”", squad.name, new.name);
        NewEvent::new("metric_replaced", summary, subjects)
    };
    let event = event
        .change(kept(before.kind, &before.metric), kept(before.kind, new))
        .because(reason.as_str());
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Ends a metric that nobody steers by any more. The goal is never just ended.
pub async fn end(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    version: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, before) = lock_metric(&mut tx, actor, metric).await?;
    if before.is_goal {
        return Err(MetricRefused::GoalStays.into());
    }
    if !db::end(&mut tx, actor.tenant, metric, version, reason.as_str(), actor.at).await? {
        return Err(Error::Stale);
    }
    let summary = format!("ended the metric “{}” of {}", before.metric.name, squad.name);
    let event = NewEvent::new("metric_ended", summary, [squad.id.0, metric.0])
        .change(kept(before.kind, &before.metric), None)
        .because(reason.as_str());
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Makes another live metric the squad's goal, in one step. The one that was the goal goes on beside it (H7: a goal is always about
/// customer value).
pub async fn make_goal(pool: &PgPool, actor: &Actor, metric: MetricId, version: i32) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, next) = lock_metric(&mut tx, actor, metric).await?;
    if next.kind != Kind::CustomerValue {
        return Err(MetricRefused::NoGoal.into());
    }
    if next.is_goal {
        return Err(MetricRefused::IsGoal.into());
    }
    let before = db::goal(&mut *tx, actor.tenant, squad.id).await?;
    if let Some((goal, _)) = &before {
        db::set_is_goal(&mut tx, actor.tenant, *goal, None, false).await?;
    }
    if !db::set_is_goal(&mut tx, actor.tenant, metric, Some(version), true).await? {
        return Err(Error::Stale);
    }
    let summary = format!("made “{}” the goal metric of {}", next.metric.name, squad.name);
    let subjects = [squad.id.0, metric.0].into_iter().chain(before.iter().map(|(id, _)| id.0));
    let event = NewEvent::new("goal_metric_chosen", summary, subjects).change(
        before.as_ref().map(|(_, name)| json!({"goal": name})),
        json!({"goal": next.metric.name}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Locks a squad whose metrics `actor` may choose.
async fn lock(tx: &mut Change, actor: &Actor, squad: TeamId) -> Result<SquadHead> {
    let squad = missions::lock_squad(tx, actor, squad).await?.ok_or(Error::NotFound)?;
    if !squad.may_choose_metrics(actor.roles) {
        return Err(Error::Forbidden(OWNERS.into()));
    }
    if squad.is_dissolved() {
        return Err(MetricRefused::Dissolved.into());
    }
    Ok(squad)
}

/// Locks the squad of a live metric, and reads the metric under that lock.
async fn lock_metric(
    tx: &mut Change,
    actor: &Actor,
    metric: MetricId,
) -> Result<(SquadHead, Metric)> {
    let squad = db::find(&mut **tx, actor.tenant, metric).await?.ok_or(Error::NotFound)?.squad;
    let squad = lock(tx, actor, squad).await?;
    let metric = db::find(&mut **tx, actor.tenant, metric).await?.ok_or(Error::NotFound)?;
    if !metric.is_live() {
        return Err(MetricRefused::Ended.into());
    }
    Ok((squad, metric))
}
