//! The addresses of live pages.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::db::{self, PresentRow};
use super::domain::{Page, Place};
use super::hub::{Hub, Viewer};
use super::stream;
use crate::actor::{DESIGNERS, Roles};
use crate::error::{Error, Result};
use crate::organizations::{Visitor, Watcher};
use crate::web::security::limit_key;
use crate::web::{Query, Routes, Who, page};

/// The addresses of live pages.
pub fn routes() -> Routes {
    Routes::new().get("/o/{org}/events", Who::Member, events).get(
        "/o/{org}/presence",
        Who::Member,
        presence,
    )
}

/// Which page it is. The subject is not looked up: nothing of another organization is ever told, whatever it names.
#[derive(Deserialize)]
struct At {
    page: Page,
    #[serde(default)]
    subject: String,
}

impl At {
    fn place(&self) -> Result<Place> {
        let subject = match self.subject.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| Error::NotFound)?),
        };
        Ok(Place::new(self.page, subject))
    }

    /// The same, for whoever may open the page: who is there is told to the others.
    fn place_for(&self, roles: Roles) -> Result<Place> {
        if self.page.shows_presence() && !roles.may_design() {
            return Err(Error::Forbidden(DESIGNERS.into()));
        }
        self.place()
    }
}

/// How old the page is that connects, by its own account, in milliseconds. Unknown when it comes back after a
/// break, for which its request stays as it was the first time.
fn age(headers: &HeaderMap) -> Option<Duration> {
    if headers.contains_key("last-event-id") {
        return None;
    }
    headers.get("page-age")?.to_str().ok()?.parse().ok().map(Duration::from_millis)
}

// GET /o/{org}/events?page=&subject=
async fn events(
    watcher: Watcher,
    State(hub): State<Hub>,
    headers: HeaderMap,
    Query(at): Query<At>,
) -> Result<Response> {
    let viewer = Viewer {
        tenant: watcher.tenant,
        member: watcher.member,
        roles: watcher.roles,
        session: watcher.session,
        address: limit_key(watcher.origin.ip.as_deref()),
        place: at.place_for(watcher.roles)?,
        page_age: age(&headers),
    };
    Ok(stream::answer(hub.open(viewer).await?))
}

/// Who else has the page open.
#[derive(Template)]
#[template(path = "live/presence.html")]
struct Presence {
    org: String,
    page: &'static str,
    subject: Uuid,
    others: Vec<PresentRow>,
}

// GET /o/{org}/presence?page=&subject=
async fn presence(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(at): Query<At>,
) -> Result<Response> {
    let Place { page: kind, subject } = at.place_for(visitor.actor.roles)?;
    let me = visitor.actor.member;
    let others = db::list_present(&pool, visitor.tenant(), kind.word(), subject, me).await?;
    page(&Presence { org: visitor.slug, page: kind.word(), subject, others })
}
