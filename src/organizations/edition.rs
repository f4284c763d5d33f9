//! Editions of pages: a browser that has a page as it is now is told so (304), before anything of the page is read.
//!
//! An edition is a hash of everything that the page could be made of, sent as its `ETag`:
//!
//! - the organization's newest event: every change has one (H12);
//! - who looks: the member with their name, roles and time zone, the cookies (the session, the colours) and what they have
//!   elsewhere; what the frame says of the organization changes with an event;
//! - the day, for the visitor and in UTC, by which reviews come due; pages that show times of the day, or
//!   words that turn at a moment within it, count the minute ([`Precision`]);
//! - the address and the headers that make another answer of it;
//! - the program ([`BUILD`]).
//!
//! What could be missed, and why it is not:
//!
//! - *Events that commit late.* Their numbers are given out before the commit, so an older one may appear after a newer one
//!   has been seen. A page therefore has no edition until its organization's newest event is a minute old: twice
//!   what a request may last, as for live pages. Then nothing older is on its way.
//! - *One-time keys.* The forms of a page that the browser kept carry the keys of that time. Using one makes another edition: the
//!   number of the last one is part of it, so a key that is spent is not shown again, even where its form
//!   changed nothing.
//! - *A sentence about what was just done* is shown once: a page with one has no edition.
//! - *Who is there* is never part of a page: it comes with an address of its own, which has no edition.
//! - *Summaries* are made of the same rows and by the same rules; the rules are part of the program. A page that shows some while others are
//!   made in the background says so and has no edition ([`unfinished`]).
//!
//! Pages with an edition are those in [`PAGES`]. The others show what changes without an event (sessions, imports that wait, what can
//! still be undone, how many seconds ago something was saved), or are rarely asked for twice.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::ids::{EventId, MemberId};
use crate::secret;
use crate::web::flash;

/// The state of everything that the program is made of.
const BUILD: &str = env!("TRELLIS_BUILD");

/// How old the newest event is before nothing older can still be on its way.
const SETTLED: TimeDelta = TimeDelta::minutes(1);

/// How long a page stays the same by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    /// It says only days.
    Day,
    /// It says times, or when a level was last looked at, which is stale from a moment on.
    Minute,
}

/// The pages that have an edition.
const PAGES: [(&str, Precision); 16] = [
    ("/o/{org}", Precision::Minute),
    ("/o/{org}/constellation", Precision::Day),
    ("/o/{org}/squads", Precision::Day),
    ("/o/{org}/squads/{squad}", Precision::Day),
    ("/o/{org}/squads/{squad}/coaching", Precision::Minute),
    ("/o/{org}/coaching", Precision::Minute),
    ("/o/{org}/coaching/{request}", Precision::Minute),
    ("/o/{org}/squads/{squad}/metrics", Precision::Day),
    ("/o/{org}/products", Precision::Day),
    ("/o/{org}/products/{product}", Precision::Day),
    ("/o/{org}/products/{product}/group", Precision::Day),
    ("/o/{org}/products/{product}/flow", Precision::Day),
    ("/o/{org}/products/{product}/items/{item}", Precision::Minute),
    ("/o/{org}/health", Precision::Day),
    ("/o/{org}/members", Precision::Day),
    ("/o/{org}/members/{member}", Precision::Minute),
];

/// Marks a page of which a part is still being worked out and will be there without an event.
#[derive(Debug, Clone, Copy)]
struct Unfinished;

/// Says whether a page `is_unfinished`: then it has no edition, since it becomes another one by itself.
pub fn unfinished(is_unfinished: bool, mut response: Response) -> Response {
    if is_unfinished {
        response.extensions_mut().insert(Unfinished);
    }
    response
}

/// What of the database decides which edition a page is.
pub(super) struct Facts<'a> {
    /// Who looks, with the name and the roles by which they are shown things.
    pub member: MemberId,
    pub name: &'a str,
    pub roles: &'a [String],
    /// Their time zone, which decides what day it is.
    pub time_zone: &'a str,
    /// The words and names of the other organizations that they belong to.
    pub others: &'a [(String, String)],
    /// The organization's newest event.
    pub newest: Option<EventId>,
    /// The number of the one-time key that they have used last.
    pub last_key: Option<i64>,
    /// The frame says so.
    pub is_development: bool,
}

/// What a request says of the edition that it has; the extractor of the visitor says which one is there now.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    precision: Precision,
    now: Arc<OnceLock<HeaderValue>>,
}

/// The middleware that tells a browser which edition a page is.
pub async fn edition(mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let page = PAGES.iter().find(|(page, _)| path == Some(page));
    let Some((_, precision)) = page.filter(|_| request.method() == Method::GET) else {
        return next.run(request).await;
    };
    let now = Arc::new(OnceLock::new());
    request.extensions_mut().insert(Asked { precision: *precision, now: now.clone() });
    let mut response = next.run(request).await;
    let has_edition = matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED)
        && response.extensions().get::<Unfinished>().is_none();
    if let Some(tag) = now.get().filter(|_| has_edition) {
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag.clone());
        // Kept by this browser alone, which asks each time.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

impl Asked {
    /// Notes the edition that the page is; answers whether the browser has it already.
    pub fn is_current(&self, parts: &Parts, facts: &Facts<'_>, at: DateTime<Utc>) -> bool {
        self.note(parts, facts, at);
        self.now.get().is_some_and(|tag| has(&parts.headers, tag.to_str().unwrap_or_default()))
    }

    /// Notes the edition that the page is, if it has one.
    pub fn note(&self, parts: &Parts, facts: &Facts<'_>, at: DateTime<Utc>) {
        let is_settled = facts.newest.is_some_and(|newest| is_settled(newest, at));
        if is_settled
            && !flash::waits(&parts.headers)
            && let Ok(tag) = HeaderValue::from_str(&self.tag(parts, facts, at))
        {
            let _ = self.now.set(tag);
        }
    }

    fn tag(&self, parts: &Parts, facts: &Facts<'_>, at: DateTime<Utc>) -> String {
        let minute = (self.precision == Precision::Minute).then_some(at.timestamp() / 60);
        let Facts { member, name, roles, time_zone, others, newest, last_key, is_development } =
            facts;
        let zone: Tz = time_zone.parse().unwrap_or(Tz::UTC);
        let headers = ["cookie", "accept", "hx-request", "hx-target", "live"]
            .map(|name| parts.headers.get_all(name).iter().collect::<Vec<_>>());
        let said = format!(
            "{:?}",
            (
                (BUILD, &parts.uri, headers),
                (member, name, roles, time_zone, others, newest, last_key, is_development),
                (at.with_timezone(&zone).date_naive(), at.date_naive(), minute),
            )
        );
        format!("W/\"{}\"", secret::hex(&secret::sha256(&[said.as_bytes()])[..16]))
    }
}

/// Whether everything older than an event has been committed or never will be.
pub(super) fn is_settled(newest: EventId, now: DateTime<Utc>) -> bool {
    let made = newest.0.get_timestamp().map(|made| made.to_unix());
    let made = made
        .and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
    made.is_some_and(|made| now - made >= SETTLED)
}

/// Whether the browser has this edition. `*` would match any page, so it is none.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let strong = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let tag = strong(tag);
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|held| strong(held) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_found_among_several_and_weakly() {
        let held = |text: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(text))]);
            has(&headers, "W/\"a1\"")
        };
        assert!(held("W/\"a1\""));
        assert!(held("\"a1\""));
        assert!(held("\"b\", W/\"a1\""));
        assert!(!held("\"a\""));
        assert!(!held("*"));
        assert!(!has(&HeaderMap::new(), "W/\"a1\""));
    }

    #[test]
    fn an_event_settles_in_a_minute_and_only_if_its_time_is_known() {
        let id = EventId::new();
        let (seconds, _) = id.0.get_timestamp().unwrap().to_unix();
        let after = |n: i64| {
            let seconds = i64::try_from(seconds).unwrap() + n;
            is_settled(id, DateTime::from_timestamp(seconds, 0).unwrap())
        };
        assert!(!after(59));
        assert!(after(61));
        let unknown = EventId(uuid::Uuid::from_u128(7));
        assert!(!is_settled(unknown, DateTime::from_timestamp(4_000_000_000, 0).unwrap()));
    }
}
