//! What a person may do with metrics.

use serde_json::json;
use sqlx::PgPool;

use super::db::{self, Metric};
use super::domain::{MetricRefused, NewMetric, OWNERS};
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MetricId, TeamId};
use crate::missions::{self, SquadHead};
use crate::text::Reason;
use crate::transaction::{Begun, Change, begin};

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
    db::insert_goal(&mut tx, actor.tenant, id, squad.id, new, actor.at)
        .await
        .on_constraint("metric_goal_key", MetricRefused::GoalExists)?;
    let summary = format!("chose “{}” as the goal metric of {}", new.name, squad.name);
    let event =
        NewEvent::new("goal_metric_set", summary, [squad.id.0, id.0]).change(None, json!(new));
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Changes what a live metric says. It stays the same metric: for another one there is [`replace_goal`].
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

/// Puts another goal metric in the place of one, in one step, so that an active squad is never without. The old
/// one ends with the reason, and its history stays.
pub async fn replace_goal(
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
    db::insert_goal(&mut tx, actor.tenant, id, squad.id, new, actor.at)
        .await
        .on_constraint("metric_goal_key", MetricRefused::GoalExists)?;
    let summary = format!(
        "replaced the goal metric “{}” of {} with “{}”",
        before.metric.name, squad.name, new.name
    );
    let event = NewEvent::new("goal_metric_replaced", summary, [squad.id.0, metric.0, id.0])
        .change(json!(before.metric), json!(new))
        .because(reason.as_str());
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
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
    if metric.ended_at.is_some() {
        return Err(MetricRefused::Ended.into());
    }
    Ok((squad, metric))
}
