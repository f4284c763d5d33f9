//! What is done on the page of a request.

use axum::extract::State as Shared;
use axum::response::Response;
use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::at::At;
use super::show::{Typed, show_page};
use crate::coaching::domain::{
    COACH, COACHES, CoachingRefused, Helped, LookedBack, NoteText, Stays, WhyNot, day,
};
use crate::coaching::service::{self, NewNote};
use crate::error::{Error, Result};
use crate::ids::CoachingSessionId;
use crate::text::Reason;
use crate::web::{Form, FormErrors, Path, flash, local_path, refused};

/// The end of every change: back to where the form stood, or the page with what was refused.
async fn answer(
    pool: &PgPool,
    at: At,
    (doing, typed): (&'static str, Typed),
    mut errors: FormErrors,
    done: Option<Result<()>>,
    said: &str,
) -> Result<Response> {
    match done {
        Some(Ok(())) => {
            let page = at.url("");
            return Ok(flash::redirect(local_path(&typed.next).unwrap_or(&page), said));
        }
        Some(Err(error)) => errors.absorb(error)?,
        None => {}
    }
    let at = at.again(pool).await?;
    refused(&errors, &show_page(pool, at, doing, typed, errors.clone()).await?)
}

// POST /o/{org}/coaching/{request}/pull, …/let-go, …/agree

pub async fn pull(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    if !at.standing.coaches {
        return Err(Error::Forbidden(COACHES.into()));
    }
    let done = service::pull(&pool, &at.visitor.actor, at.request.id).await;
    let said = "It is yours. Next, agree on goal, exit criteria and end date.";
    answer(&pool, at, ("pull", form), FormErrors::default(), Some(done), said).await
}

pub async fn let_go(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let mut errors = FormErrors::default();
    let mut done = None;
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        done = Some(service::let_go(&pool, &at.visitor.actor, at.request.id, &reason).await);
    }
    answer(&pool, at, ("let-go", form), errors, done, "It waits on the board again.").await
}

pub async fn agree(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let done = service::agree(&pool, &at.visitor.actor, at.request.id, form.version).await;
    let said = "Agreed. Goal, exit criteria and end date are in force.";
    answer(&pool, at, ("agree", form), FormErrors::default(), Some(done), said).await
}

// POST /o/{org}/coaching/{request}/sessions, …/sessions/{meeting}/held, …/sessions/{meeting}/cancel

/// A day and a time as typed, for somebody in a time zone.
fn moment(form: &Typed, zone: Tz, errors: &mut FormErrors) -> Option<DateTime<Utc>> {
    let day = errors.check("day", day("day", &form.day));
    let time = NaiveTime::parse_from_str(form.time.trim(), "%H:%M");
    let time = errors.check("time", time.map_err(|_| CoachingRefused::BadTime))?;
    let at = zone.from_local_datetime(&day?.and_time(time)).earliest();
    Some(errors.check("time", at.ok_or(CoachingRefused::BadTime))?.with_timezone(&Utc))
}

pub async fn plan(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let mut errors = FormErrors::default();
    let mut done = None;
    if let Some(starts_at) = moment(&form, at.visitor.time_zone, &mut errors) {
        let (actor, id) = (&at.visitor.actor, at.request.id);
        done = Some(service::plan_session(&pool, actor, id, starts_at).await.map(drop));
    }
    answer(&pool, at, ("plan", form), errors, done, "The session is planned.").await
}

fn session_id(word: &str) -> Result<CoachingSessionId> {
    word.parse().map_err(|_| Error::NotFound)
}

/// The note of a form; none where nothing was written, or where it is refused.
fn note_of(form: &Typed, errors: &mut FormErrors) -> Option<NewNote> {
    if form.text.trim().is_empty() {
        return None;
    }
    let text = errors.check("text", NoteText::parse(&form.text))?;
    Some(NewNote { text, is_private: !form.private.is_empty() })
}

pub async fn held(
    at: At,
    Shared(pool): Shared<PgPool>,
    Path((_, _, meeting)): Path<(String, String, String)>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let session = session_id(&meeting)?;
    let mut errors = FormErrors::default();
    let mut done = None;
    let note = note_of(&form, &mut errors);
    if errors.is_empty() {
        let (actor, which) = (&at.visitor.actor, (at.request.id, session));
        done = Some(service::hold_session(&pool, actor, which, note.as_ref()).await);
    }
    answer(
        &pool,
        at,
        ("held", Typed { session: meeting, ..form }),
        errors,
        done,
        "Noted: it took place.",
    )
    .await
}

pub async fn cancel(
    at: At,
    Shared(pool): Shared<PgPool>,
    Path((_, _, meeting)): Path<(String, String, String)>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let which = (at.request.id, session_id(&meeting)?);
    let done = service::cancel_session(&pool, &at.visitor.actor, which).await;
    let errors = FormErrors::default();
    answer(&pool, at, ("cancel", form), errors, Some(done), "The session is called off.").await
}

// POST /o/{org}/coaching/{request}/notes

pub async fn note(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_pair()?;
    let mut errors = FormErrors::default();
    let text = errors.check("text", NoteText::parse(&form.text));
    let session = match form.session.trim() {
        "" => Some(None),
        id => errors
            .check(
                "session",
                id.parse::<CoachingSessionId>().map_err(|_| CoachingRefused::NoSession),
            )
            .map(Some),
    };
    let mut done = None;
    if let (Some(text), Some(session)) = (text, session) {
        let note = NewNote { text, is_private: !form.private.is_empty() };
        let (actor, id) = (&at.visitor.actor, at.request.id);
        done = Some(service::write_note(&pool, actor, id, session, &note).await);
    }
    answer(&pool, at, ("note", form), errors, done, "The note is there.").await
}

// POST /o/{org}/coaching/{request}/look-back, …/close, …/withdraw

pub async fn look_back(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    if !at.standing.is_coach {
        return Err(Error::Forbidden(COACH.into()));
    }
    let mut errors = FormErrors::default();
    let mut done = None;
    if let Some(text) = errors.check("text", LookedBack::parse(&form.text)) {
        done = Some(service::look_back(&pool, &at.visitor.actor, at.request.id, &text).await);
    }
    let said = "Now the squad says whether it helped.";
    answer(&pool, at, ("look-back", form), errors, done, said).await
}

pub async fn close(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_member()?;
    let mut errors = FormErrors::default();
    let helped = errors.check("helped", Helped::parse(&form.helped));
    let stays = errors.check("stays", Stays::parse(&form.stays));
    let mut done = None;
    if let (Some(helped), Some(stays)) = (helped, stays) {
        let (actor, id) = (&at.visitor.actor, at.request.id);
        done = Some(service::close(&pool, actor, id, (helped, &stays)).await);
    }
    answer(&pool, at, ("close", form), errors, done, "Closed. What stays is kept here.").await
}

pub async fn withdraw(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<Typed>,
) -> Result<Response> {
    at.must_be_member()?;
    let mut errors = FormErrors::default();
    let mut done = None;
    if let Some(why) = errors.check("reason", WhyNot::parse(&form.reason)) {
        done = Some(service::withdraw(&pool, &at.visitor.actor, at.request.id, &why).await);
    }
    answer(&pool, at, ("withdraw", form), errors, done, "Withdrawn. You may ask again any time.")
        .await
}
