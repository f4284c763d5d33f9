//! The address of Undo, and its offer in the notice after a change.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;

use super::service::{self, Undone};
use crate::actor::Origin;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::history;
use crate::ids::EventId;
use crate::organizations::Visitor;
use crate::web::{Form, Path, Routes, Who, flash, local_path};

/// The addresses of undo. Whoever may do the inverse may undo; that service says so.
pub fn routes() -> Routes {
    Routes::new().post("/o/{org}/undo/{event}", Who::Member, undo)
}

// POST /o/{org}/undo/{event}

#[derive(Deserialize)]
struct Ids {
    event: EventId,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct UndoForm {}

async fn undo(
    visitor: Visitor,
    State(pool): State<PgPool>,
    State(config): State<Arc<Config>>,
    Path(ids): Path<Ids>,
    headers: HeaderMap,
    Form(UndoForm {}): Form<UndoForm>,
) -> Result<Response> {
    let activity = history::url(&visitor.slug);
    let from = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let here = from.and_then(|url| url.strip_prefix(&config.public_origin()));
    let back = here.and_then(local_path).unwrap_or(&activity);
    let is_part = headers.contains_key("hx-request");
    // Whoever pressed Undo is on some page, to which the answer comes as a notice, a refusal too.
    let (said, is_bad) = match service::undo(&pool, &visitor.actor, ids.event).await {
        Ok(undone) => (words(&undone), false),
        Err(Error::Refused(refusal)) => (refusal.message, true),
        Err(Error::Stale) => {
            ("Somebody changed this a moment ago. Nothing was undone.".to_owned(), true)
        }
        // Nothing takes the place of the page in a script: it says what a page of its own would.
        Err(Error::NotFound) if is_part => ("This cannot be undone any more.".to_owned(), true),
        Err(Error::Forbidden(who)) if is_part => (who.into_owned(), true),
        Err(error) => return Err(error),
    };
    if is_part {
        let again = visitor.actor.origin.told.taken();
        let again = again.map(|event| format!("/o/{}/undo/{event}", visitor.slug));
        let answer = taken_over(back)?;
        return Ok(if is_bad {
            flash::toast(answer, &said, None, true)
        } else {
            flash::toast_live(answer, &said, again.as_deref())
        });
    }
    Ok(if is_bad { flash::redirect_bad(back, &said) } else { flash::redirect(back, &said) })
}

/// What was undone, or done again, and what was not.
fn words(Undone { what, ended }: &Undone) -> String {
    let mut said = match what.strip_prefix("undid: ") {
        Some(change) => format!("Done again: {change}."),
        None => format!("Undone: {}.", what.strip_prefix("did again: ").unwrap_or(what)),
    };
    if !ended.is_empty() {
        let _ = write!(said, " Not brought back: {}.", ended.join(", "));
    }
    said
}

/// Tells the script to take over what the page at `path` shows now; asked for as by a live page, it comes as a whole.
fn taken_over(path: &str) -> Result<Response> {
    let there = json!({
        "path": path,
        "target": ".app",
        "select": ".app > *, .plain > *",
        "swap": "innerMorph",
        "replace": "true",
        "headers": {"Live": "1"},
    });
    let there = there.to_string().parse::<HeaderValue>();
    let mut answer = StatusCode::OK.into_response();
    let there = there.map_err(|error| Error::Internal(error.into()))?;
    answer.headers_mut().insert("hx-location", there);
    Ok(answer)
}

/// The middleware that puts Undo into the notice after a change that can be undone.
pub async fn offer(request: Request, next: Next) -> Response {
    let told = request.extensions().get::<Origin>().map(|origin| origin.told.clone());
    let slug = request.uri().path().strip_prefix("/o/").and_then(|rest| rest.split('/').next());
    let slug = slug.map(ToOwned::to_owned);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SEE_OTHER
        && let (Some(told), Some(slug)) = (told, slug)
        && let Some(event) = told.taken()
    {
        flash::offer_undo(&mut response, &format!("/o/{slug}/undo/{event}"));
    }
    response
}
