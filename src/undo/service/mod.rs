//! Undoing a change: which inverse belongs to which kind.

mod items;
mod memberships;
mod products;
mod words;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::db::{self, Event};
use super::domain::{UNDO_FOR, UndoRefused};
use crate::actor::{Actor, Origin, Undoes};
use crate::error::{Error, Result};
use crate::history;
use crate::ids::EventId;
use crate::transaction::was_done;

/// A change that is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// What the history says of it.
    pub what: String,
    /// What it ended and undoing did not bring back: "analyst of Norvik App".
    pub ended: Vec<String>,
}

impl Undone {
    /// Whoever comes back is in their teams again, and not at the products: who leads those meanwhile decides anew.
    fn of(event: Event) -> Self {
        let was = event.before.as_ref().filter(|_| event.kind == "member_deactivated");
        let ended =
            was.and_then(|was| was.get("products")?.as_array().cloned()).unwrap_or_default();
        let ended = ended.iter().filter_map(Value::as_str).map(ToOwned::to_owned);
        Self { ended: ended.collect(), what: event.summary }
    }
}

/// Undoes a change.
pub async fn undo(pool: &PgPool, actor: &Actor, id: EventId) -> Result<Undone> {
    let event = db::find(pool, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    // The form itself, come a second time, has made the thing another.
    if was_done(pool, actor).await? {
        return Ok(Undone::of(event));
    }
    if let Err(why) = history::undoing(&event.kind, event.before.as_ref(), event.after.as_ref()) {
        return Err(UndoRefused::NoInverse(why).into());
    }
    if actor.at - event.at > UNDO_FOR {
        return Err(UndoRefused::TooOld.into());
    }
    let undoes = Some(Undoes { event: id, summary: event.summary.clone() });
    let origin = Origin { undoes, ..actor.origin.clone() };
    let actor = &Actor { origin, ..actor.clone() };
    // The future of so many use cases is large.
    Box::pin(inverse(pool, actor, &event)).await?;
    Ok(Undone::of(event))
}

async fn inverse(pool: &PgPool, actor: &Actor, event: &Event) -> Result<()> {
    match event.kind.as_str() {
        "members_added"
        | "member_removed"
        | "member_moved"
        | "members_swapped"
        | "memberships_restored"
        | "member_deactivated" => memberships::take_back(pool, actor, event).await,
        "product_squad_added" | "product_squad_removed" => {
            products::service(pool, actor, event).await
        }
        "product_hat_given" | "product_hat_laid_down" => products::hat(pool, actor, event).await,
        "membership_edited" => words::membership(pool, actor, event).await,
        "squad_edited" => words::squad(pool, actor, event).await,
        "core_team_edited" => words::core_team(pool, actor, event).await,
        "squad_activated" | "squad_returned_to_forming" => words::state(pool, actor, event).await,
        "mission_written" => words::mission(pool, actor, event).await,
        "need_set" | "need_removed" => words::need(pool, actor, event).await,
        "metric_changed" => words::metric(pool, actor, event).await,
        "metric_checked_in" | "check_in_corrected" | "check_in_withdrawn" => {
            words::check_in(pool, actor, event).await
        }
        "skill_changed" => words::skill(pool, actor, event).await,
        "skill_archived" | "skill_restored" => words::archived(pool, actor, event).await,
        "skills_rated" => words::ratings(pool, actor, event).await,
        "member_changed" => words::profile(pool, actor, event).await,
        "item_made_ready" => items::ready(pool, actor, event).await,
        "item_dropped" | "items_dropped" => items::dropped(pool, actor, event).await,
        "goal_metric_chosen" => words::goal(pool, actor, event).await,
        "item_ordered" => items::order(pool, actor, event).await,
        "coaching_limit_set" => words::coaching_limit(pool, actor, event).await,
        "item_blocked" | "item_unblocked" => items::blocked(pool, actor, event).await,
        other => Err(Error::Internal(anyhow::anyhow!("{other} should have an inverse"))),
    }
}

impl Event {
    /// What the event is about, in the order in which it was written down.
    fn subject(&self, at: usize) -> Result<Uuid> {
        self.subjects.get(at).copied().ok_or_else(|| self.unreadable("it is about too little"))
    }

    /// A field of how it was, as the type that it was written from.
    fn was<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<T> {
        self.field(self.before.as_ref(), field)
    }

    /// A field of how the event left it.
    fn became<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<T> {
        self.field(self.after.as_ref(), field)
    }

    fn field<T: serde::de::DeserializeOwned>(&self, of: Option<&Value>, field: &str) -> Result<T> {
        let value = of.and_then(|of| of.get(field)).cloned();
        serde_json::from_value(value.unwrap_or_default())
            .map_err(|error| self.unreadable(&format!("{field}: {error}")))
    }

    fn unreadable(&self, why: &str) -> Error {
        Error::Internal(anyhow::anyhow!(
            "event {} of kind {} is not readable: {why}",
            self.id,
            self.kind
        ))
    }
}

/// Refuses if one of `kinds` happened since to all of `all` (and one of `any`).
async fn must_be_newest(
    pool: &PgPool,
    actor: &Actor,
    event: &Event,
    kinds: &[&str],
    (all, any): (&[Uuid], &[Uuid]),
) -> Result<()> {
    match db::newer(pool, actor.tenant, event, kinds, all, any).await? {
        Some(newer) => Err(UndoRefused::Newer {
            who: newer.who.unwrap_or_else(|| "Trellis".to_owned()),
            what: newer.what,
        }
        .into()),
        None => Ok(()),
    }
}
