//! The address of Undo, and its offer in the notice after a change.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;
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
    // Whoever pressed Undo is on some page, to which the answer comes as a notice, a refusal too.
    match service::undo(&pool, &visitor.actor, ids.event).await {
        Ok(Undone { what, ended }) => {
            let mut said = match what.strip_prefix("undid: ") {
                Some(change) => format!("Done again: {change}."),
                None => format!("Undone: {}.", what.strip_prefix("did again: ").unwrap_or(&what)),
            };
            if !ended.is_empty() {
                let _ = write!(said, " Not brought back: {}.", ended.join(", "));
            }
            Ok(flash::redirect(back, &said))
        }
        Err(Error::Refused(refusal)) => Ok(flash::redirect_bad(back, &refusal.message)),
        Err(Error::Stale) => {
            Ok(flash::redirect_bad(back, "Somebody changed this a moment ago. Nothing was undone."))
        }
        Err(error) => Err(error),
    }
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
