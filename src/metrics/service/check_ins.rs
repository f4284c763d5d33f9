//! Checking in, correcting, withdrawing.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::actor::{Actor, Once, Origin, Tenant};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{CheckInId, EventId, MemberId, MetricId, MetricTokenId};
use crate::metrics::check_in::{CHECKERS, CheckInRefused, NewCheckIn};
use crate::metrics::db::{self, Bearer, By, Entry, Held, Written};
use crate::metrics::domain::{MetricRefused, Unit, with_unit};
use crate::missions::SquadHead;
use crate::transaction::{Begun, Change, begin, begin_unattended};

/// How long ago the value of a check-in may lie.
const LONGEST: TimeDelta = TimeDelta::days(2 * 366);
/// Clocks of other machines may go ahead by so much.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl Held {
    /// Whether somebody with the actor's roles may check in.
    fn must_check_in(&self, actor: &Actor) -> Result<()> {
        let squad = SquadHead {
            id: self.squad,
            name: String::new(),
            slug: String::new(),
            state: self.state.clone(),
            mission_version: 0,
            members: 0,
            is_member: self.is_member,
        };
        if squad.may_choose_metrics(actor.roles) {
            Ok(())
        } else {
            Err(Error::Forbidden(CHECKERS.into()))
        }
    }

    fn must_go_on(&self) -> Result<(), MetricRefused> {
        if self.state == "dissolved" {
            Err(MetricRefused::Dissolved)
        } else if self.is_ended {
            Err(MetricRefused::Ended)
        } else {
            Ok(())
        }
    }

    /// "94.2 %".
    fn words(&self, value: f64) -> String {
        Unit::parse(&self.unit).map_or_else(|_| value.to_string(), |unit| with_unit(value, &unit))
    }
}

/// What the history keeps of a check-in.
fn kept(at: DateTime<Utc>, new: &NewCheckIn) -> Value {
    let mut kept = json!(new);
    kept["at"] = json!(at);
    kept
}

fn kept_of(written: &Written) -> Option<Value> {
    let value = written.value?;
    Some(json!({
        "value": value, "confidence": written.confidence, "note": written.note, "at": written.at,
    }))
}

/// Says what a metric is now.
pub async fn check_in(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    new: &NewCheckIn,
) -> Result<CheckInId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, metric).await?;
    held.must_go_on()?;
    let (id, event) = (CheckInId::new(), EventId::new());
    let entry = Entry {
        id,
        metric,
        at: actor.at,
        new: Some(new),
        corrects: None,
        by: By::Member(actor.member),
        entered_at: actor.at,
        event,
    };
    db::check_in(&mut tx, actor.tenant, &entry).await?;
    history::record(&mut tx, actor, checked_in(&held, &entry, new)).await?;
    tx.done(id).await
}

fn checked_in(held: &Held, entry: &Entry<'_>, new: &NewCheckIn) -> NewEvent {
    let summary =
        format!("checked in “{}” of {}: {}", held.name, held.squad_name, held.words(new.value));
    let subjects = [held.squad.0, entry.metric.0, entry.id.0];
    let event = NewEvent::new("metric_checked_in", summary, subjects);
    NewEvent { id: entry.event, ..event.change(None, kept(entry.at, new)) }
}

async fn hold(tx: &mut Change, actor: &Actor, metric: MetricId) -> Result<Held> {
    let held = db::hold(tx, actor.tenant, metric, Some(actor.member)).await?;
    let held = held.ok_or(Error::NotFound)?;
    held.must_check_in(actor)?;
    Ok(held)
}

/// Puts another value in the place of a check-in, or of one that was withdrawn. The old one stays, struck through; the time of the value
/// stays the same.
pub async fn correct(
    pool: &PgPool,
    actor: &Actor,
    wrong: CheckInId,
    new: &NewCheckIn,
) -> Result<CheckInId> {
    put_right(pool, actor, wrong, Some(new)).await
}

/// Takes a check-in back: it stays, struck through, and counts no more.
pub async fn withdraw(pool: &PgPool, actor: &Actor, wrong: CheckInId) -> Result<CheckInId> {
    put_right(pool, actor, wrong, None).await
}

async fn put_right(
    pool: &PgPool,
    actor: &Actor,
    wrong: CheckInId,
    new: Option<&NewCheckIn>,
) -> Result<CheckInId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let found = db::find_check_in(&mut *tx, actor.tenant, wrong).await?;
    let metric = found.ok_or(Error::NotFound)?.0;
    let held = hold(&mut tx, actor, metric).await?;
    if held.state == "dissolved" {
        return Err(MetricRefused::Dissolved.into());
    }
    let (_, before) =
        db::find_check_in(&mut *tx, actor.tenant, wrong).await?.ok_or(Error::NotFound)?;
    // What was withdrawn can be said again; there is nothing to withdraw in it.
    if before.is_corrected || (before.value.is_none() && new.is_none()) {
        return Err(CheckInRefused::Corrected.into());
    }
    let (id, event) = (CheckInId::new(), EventId::new());
    let entry = Entry {
        id,
        metric,
        at: before.at,
        new,
        corrects: Some(wrong),
        by: By::Member(actor.member),
        entered_at: actor.at,
        event,
    };
    db::check_in(&mut tx, actor.tenant, &entry)
        .await
        .on_constraint("check_in_corrects_key", CheckInRefused::Corrected)?;
    let subjects = [held.squad.0, metric.0, id.0, wrong.0];
    let of = format!("of “{}” of {}", held.name, held.squad_name);
    let told = match (new, before.value) {
        (Some(new), Some(was)) => {
            let summary = format!(
                "corrected a check-in {of} from {} to {}",
                held.words(was),
                held.words(new.value)
            );
            NewEvent::new("check_in_corrected", summary, subjects)
        }
        (Some(new), None) => {
            let summary = format!("gave back a check-in {of}: {}", held.words(new.value));
            NewEvent::new("check_in_corrected", summary, subjects)
        }
        (None, was) => {
            let was = was.map(|was| held.words(was)).unwrap_or_default();
            let summary = format!("withdrew a check-in {of}: {was}");
            NewEvent::new("check_in_withdrawn", summary, subjects)
        }
    };
    let told = told.change(kept_of(&before), new.map(|new| kept(before.at, new)));
    history::record(&mut tx, actor, NewEvent { id: event, ..told }).await?;
    tx.done(id).await
}

/// What a call of a program is answered with; kept for the same call sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The check-in.
    pub id: CheckInId,
    /// When the value was so.
    pub at: DateTime<Utc>,
}

/// How a call came.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Its one-time key.
    pub once: Option<Once>,
    /// Where it came from.
    pub origin: Origin,
}

/// A program checks in with its token, to the one metric that the token is for. It is no member: the history says which token it was.
pub async fn check_in_by_token(
    pool: &PgPool,
    bearer: &Bearer,
    call: &Call,
    (new, at, now): (&NewCheckIn, Option<DateTime<Utc>>, DateTime<Utc>),
) -> Result<Taken> {
    let tenant = Tenant::of(bearer.organization);
    let MetricTokenId(program) = bearer.id;
    let begun = begin_unattended(pool, tenant, program, call.once.as_ref(), &call.origin, now);
    let mut tx = match begun.await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !db::use_token(&mut tx, tenant, bearer.id, now.date_naive()).await? {
        return Err(Error::SignInRequired);
    }
    let held = db::hold(&mut tx, tenant, bearer.metric, None).await?.ok_or(Error::NotFound)?;
    held.must_go_on()?;
    let at = at.unwrap_or(now);
    if at > now + AHEAD {
        return Err(CheckInRefused::Ahead.into());
    }
    if at < now - LONGEST {
        return Err(CheckInRefused::TooLongAgo.into());
    }
    let (id, event) = (CheckInId::new(), EventId::new());
    let entry = Entry {
        id,
        metric: bearer.metric,
        at: at.min(now),
        new: Some(new),
        corrects: None,
        by: By::Token(bearer.id),
        entered_at: now,
        event,
    };
    db::check_in(&mut tx, tenant, &entry).await?;
    let told = checked_in(&held, &entry, new);
    let summary = format!("{} (by “{}”)", told.summary, bearer.name);
    let told = NewEvent { summary, ..told };
    history::record_unattended(&mut tx, tenant, now, &call.origin, &told).await?;
    tx.done(Taken { id, at: entry.at }).await
}

/// Check-ins of a past, each by somebody of the squad and with an event of its own: for a demo that has lived.
pub async fn check_in_past(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    past: &[(DateTime<Utc>, MemberId, NewCheckIn)],
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, metric).await?;
    held.must_go_on()?;
    let mut rows = vec![];
    let mut events = vec![];
    for (at, member, new) in past {
        let (id, event) = (CheckInId::new(), EventId::new());
        let entry = Entry {
            id,
            metric,
            at: *at,
            new: Some(new),
            corrects: None,
            by: By::Member(*member),
            entered_at: *at,
            event,
        };
        events.push((*at, *member, checked_in(&held, &entry, new)));
        rows.push((id, *at, *member, event, new.clone()));
    }
    db::check_in_past(&mut tx, actor, metric, &rows).await?;
    history::record_each(&mut tx, actor.tenant, &events).await?;
    tx.done(()).await
}
