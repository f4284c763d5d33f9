//! Sessions and notes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgPool;

use super::{Engagement, hold};
use crate::actor::Actor;
use crate::coaching::db::{self, NewNoteRow};
use crate::coaching::domain::{CoachingRefused, MAX_DAYS, NoteText, Step};
use crate::error::Result;
use crate::history::{self, NewEvent};
use crate::ids::{CoachingId, CoachingSessionId, EventId};
use crate::transaction::{Begun, Change, begin};

/// A note as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNote {
    /// What it says.
    pub text: NoteText,
    /// For its author alone.
    pub is_private: bool,
}

/// Plans a session, once there is an agreement. One that took place already may be written down too.
pub async fn plan_session(
    pool: &PgPool,
    actor: &Actor,
    id: CoachingId,
    starts_at: DateTime<Utc>,
) -> Result<CoachingSessionId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_pair()?;
    of.must_go_on()?;
    of.held.state.after(Step::Meet)?;
    if (starts_at - actor.at).abs() > TimeDelta::days(MAX_DAYS) {
        return Err(CoachingRefused::SessionFar.into());
    }
    let session = CoachingSessionId::new();
    let summary = format!("planned a session for {}", of.words());
    let event = NewEvent::new("coaching_session_planned", summary, of.subjects())
        .change(None, json!({"starts_at": starts_at}));
    db::insert_session(&mut tx, actor.tenant, (session, id), starts_at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(session).await
}

/// A session that is planned, under the lock of its squad.
async fn planned(
    tx: &mut Change,
    actor: &Actor,
    of: &Engagement,
    session: CoachingSessionId,
) -> Result<DateTime<Utc>> {
    let found = db::find_session(tx, actor.tenant, (session, of.held.id)).await?;
    let (starts_at, state) = found.ok_or(CoachingRefused::NoSession)?;
    if state == "planned" { Ok(starts_at) } else { Err(CoachingRefused::SessionSettled.into()) }
}

/// A session took place: with the first one the coaching is active.
pub async fn hold_session(
    pool: &PgPool,
    actor: &Actor,
    (id, session): (CoachingId, CoachingSessionId),
    note: Option<&NewNote>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_pair()?;
    let state = of.held.state.after(Step::Meet)?;
    if planned(&mut tx, actor, &of, session).await? > actor.at {
        return Err(CoachingRefused::SessionToCome.into());
    }
    let shared = note.filter(|note| !note.is_private).map(|note| note.text.as_str());
    let event =
        NewEvent::new("coaching_session_held", format!("met for {}", of.words()), of.subjects())
            .change(
                json!({"state": of.held.state.title()}),
                json!({"state": state.title(), "note": shared}),
            );
    db::settle_session(&mut tx, actor.tenant, session, "held", event.id).await?;
    db::update_state(&mut tx, actor.tenant, id, state, actor.at, event.id).await?;
    if let Some(note) = note {
        let row = row(actor, note, Some(session), event.id);
        db::insert_note(&mut tx, actor.tenant, id, row).await?;
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// A session does not take place.
pub async fn cancel_session(
    pool: &PgPool,
    actor: &Actor,
    (id, session): (CoachingId, CoachingSessionId),
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_pair()?;
    of.must_go_on()?;
    let starts_at = planned(&mut tx, actor, &of, session).await?;
    let summary = format!("called off a session for {}", of.words());
    let event = NewEvent::new("coaching_session_cancelled", summary, of.subjects())
        .change(json!({"starts_at": starts_at}), None);
    db::settle_session(&mut tx, actor.tenant, session, "cancelled", event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

fn row<'a>(
    actor: &Actor,
    note: &'a NewNote,
    session: Option<CoachingSessionId>,
    event: EventId,
) -> NewNoteRow<'a> {
    NewNoteRow {
        session,
        author: actor.member,
        is_private: note.is_private,
        text: note.text.as_str(),
        at: actor.at,
        event,
    }
}

/// Writes a note. The event of a private one does not tell what it says.
pub async fn write_note(
    pool: &PgPool,
    actor: &Actor,
    id: CoachingId,
    session: Option<CoachingSessionId>,
    note: &NewNote,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let of = hold(&mut tx, actor, id).await?;
    of.must_be_pair()?;
    of.must_go_on()?;
    if let Some(session) = session {
        let found = db::find_session(&mut tx, actor.tenant, (session, id)).await?;
        found.ok_or(CoachingRefused::NoSession)?;
    }
    let what = if note.is_private { "a private note" } else { "a note" };
    let summary = format!("wrote {what} on {}", of.words());
    let shared = (!note.is_private).then(|| json!({"note": note.text}));
    let event = NewEvent::new("coaching_note_written", summary, of.subjects()).change(None, shared);
    let row = row(actor, note, session, event.id);
    db::insert_note(&mut tx, actor.tenant, id, row).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
