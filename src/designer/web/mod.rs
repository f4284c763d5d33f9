//! The page of the designer.
//!
//! | to read about | open |
//! |---|---|
//! | what the parts of the page show | `board.rs` |
//! | the pool: who is looked for, cards, chips | `people.rs` |
//! | the page, and its parts as an answer | `show.rs` |
//! | changes | `change.rs` |

mod board;
mod change;
mod people;
mod show;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use uuid::Uuid;

use super::db::{self, Frame};
use crate::AppState;
use crate::error::{Error, Result};
use crate::organizations::Visitor;
use crate::web::{Routes, Who, path_part};

/// How long one's own last change is offered to be undone.
const UNDO_HOURS: i64 = 24;

/// The addresses of the designer.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/design", Who::Designer, show::show)
        .post("/o/{org}/squads/{squad}/design/move", Who::Designer, change::move_)
        .post("/o/{org}/squads/{squad}/design/share", Who::Designer, change::share)
        .post("/o/{org}/squads/{squad}/design/seats", Who::Designer, change::open_seat)
        .post(
            "/o/{org}/squads/{squad}/design/seats/{seat}/close",
            Who::Designer,
            change::close_seat,
        )
        .post("/o/{org}/squads/{squad}/design/undo/{event}", Who::Designer, change::undo)
}

/// The squad of the address and who designs it; 403 for those who may not, 404 if there is none in their organization.
/// The page at an address that the squad had before its rename leads to the present one.
#[derive(Debug, Clone)]
pub struct At {
    visitor: Visitor,
    frame: Frame,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let (at, word) = find(parts, state).await.map_err(IntoResponse::into_response)?;
        if parts.method == Method::GET && word != at.frame.slug && word.parse::<Uuid>().is_err() {
            let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            return Err(Redirect::to(&format!("{}{query}", at.url())).into_response());
        }
        Ok(at)
    }
}

async fn find(parts: &mut Parts, state: &AppState) -> Result<(At, String)> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    visitor.must_design()?;
    let word = path_part(parts, state, "squad").await?;
    let frame = find_frame(&state.pool, &visitor, &word).await?;
    Ok((At { visitor, frame }, word))
}

async fn find_frame(pool: &sqlx::PgPool, visitor: &Visitor, word: &str) -> Result<Frame> {
    let actor = &visitor.actor;
    let undo_from = actor.at - TimeDelta::hours(UNDO_HOURS);
    let frame = db::find_frame(pool, actor.tenant, word, actor.member, undo_from).await?;
    frame.ok_or(Error::NotFound)
}

impl At {
    /// The address of the designer.
    fn url(&self) -> String {
        super::url(&self.visitor.slug, &self.frame.slug)
    }

    /// The same squad at this moment, after a change.
    async fn again(self, pool: &sqlx::PgPool) -> Result<Self> {
        let frame = find_frame(pool, &self.visitor, &self.frame.id.to_string()).await?;
        Ok(Self { frame, ..self })
    }
}
