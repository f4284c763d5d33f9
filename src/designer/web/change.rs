//! Changes: one form for drag, touch, keys and menu, and the smaller ones beside it.

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::At;
use super::people::{PoolQuery, address};
use super::show;
use crate::designer::domain::{Change, Seat, SeatTitle};
use crate::designer::service;
use crate::designer::today::{self, Asked};
use crate::error::Result;
use crate::ids::{EventId, MemberId, SeatId, TeamId};
use crate::rule::Rule;
use crate::squads::Allocation;
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

/// The lists that somebody is moved between; another squad's is called by its id.
const POOL: &str = "pool";
const SQUAD: &str = "squad";

/// A form that is none of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error("Choose a member.")]
    Member,
    #[error("Choose where the member comes from and goes to.")]
    Lists,
}

impl Rule for Unreadable {
    fn code(&self) -> &'static str {
        match self {
            Self::Member => "member_not_chosen",
            Self::Lists => "list_unknown",
        }
    }
}

/// How a change is answered: whether a script waits for the parts of the page, and who is looked for in the pool.
struct Answer {
    is_part: bool,
    query: PoolQuery,
    /// What stays in its field if the change is refused.
    typed: String,
}

impl Answer {
    /// With a script the page's own address says who is looked for, without one the form does.
    fn new(headers: &HeaderMap, filter: &str) -> Self {
        let is_part = show::is_part(headers);
        let current = headers.get("hx-current-url").and_then(|url| url.to_str().ok());
        let query = match current {
            Some(url) if is_part => url.split('#').next().unwrap_or_default().split_once('?'),
            _ => Some(("", filter)),
        };
        let query = query.map(|(_, text)| PoolQuery::parse(text)).unwrap_or_default();
        Self { is_part, query, typed: String::new() }
    }

    /// Keeps what was typed if the change is refused.
    fn keeping(self, typed: String) -> Self {
        Self { typed, ..self }
    }

    async fn give(self, pool: &PgPool, at: At, done: Result<()>) -> Result<Response> {
        let query = &self.query;
        let at = at.again(pool).await?;
        match done {
            Ok(()) if self.is_part => {
                let said = done_words(&at);
                let parts = show::parts(pool, &at, query).await?;
                let undo = parts.undo_url();
                Ok(flash::toast(page(&parts)?, &said, undo.as_deref(), false))
            }
            Ok(()) => Ok(flash::redirect(&address(&at.url(), query), &done_words(&at))),
            Err(error) => {
                let mut errors = FormErrors::default();
                errors.absorb(error)?;
                if let Some(closed) = show::closed(&at, errors.clone()) {
                    let said = errors.message().unwrap_or_default();
                    return Ok(flash::toast(refused(&errors, &closed)?, &said, None, true));
                }
                let stale = errors.is_stale().then(|| overtaken(&at));
                if self.is_part {
                    let said = stale.or_else(|| errors.message()).unwrap_or_default();
                    let parts = show::parts(pool, &at, query).await?.with_typed(self.typed);
                    return Ok(flash::toast(refused(&errors, &parts)?, &said, None, true));
                }
                let page = show::show_page(pool, &at, query, errors.clone(), stale).await?;
                refused(&errors, &page.with_typed(self.typed))
            }
        }
    }
}

/// What was done, as its event tells it: "Added Daniel Costa to Home Battery."
fn done_words(at: &At) -> String {
    let summary = at.frame.last.as_ref().map_or("saved", |last| last.summary.as_str());
    let mut chars = summary.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// What is said to whoever was overtaken.
fn overtaken(at: &At) -> String {
    let me = at.visitor.actor.member;
    let who = match &at.frame.changed {
        Some((_, who, name)) if *who != Some(me) => name.as_str(),
        _ => "Somebody",
    };
    format!(
        "{who} changed this squad a moment ago. Nothing of yours was saved: this is how it is now."
    )
}

// POST /o/{org}/squads/{squad}/design/move

/// Who goes from which list to which.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveForm {
    member: String,
    from: String,
    to: String,
    share: String,
    version: String,
    filter: String,
}

impl MoveForm {
    fn change(&self, squad: TeamId) -> Result<Change> {
        let member: MemberId = self.member.parse().map_err(|_| Unreadable::Member)?;
        let share = || Allocation::parse(&self.share);
        let team = |word: &str| word.parse::<TeamId>().map_err(|_| Unreadable::Lists);
        Ok(match (self.from.as_str(), self.to.as_str()) {
            (POOL, SQUAD) => Change::Add { member, share: share()?, hats: vec![] },
            (SQUAD, POOL) => Change::Remove { member },
            (from, SQUAD) => Change::Move { member, from: team(from)?, to: squad, share: share()? },
            (SQUAD, to) => Change::Move { member, from: squad, to: team(to)?, share: share()? },
            _ => return Err(Unreadable::Lists.into()),
        })
    }
}

pub async fn move_(
    at: At,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    let squad = at.frame.id;
    let done = match form.change(squad) {
        Ok(change) => {
            let actor = &at.visitor.actor;
            service::change(&pool, actor, squad, &form.version, &change).await
        }
        Err(error) => Err(error),
    };
    let answer = Answer::new(&headers, &form.filter);
    answer.give(&pool, at, done).await
}

// POST /o/{org}/squads/{squad}/design/share

/// How much somebody gives.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShareForm {
    member: String,
    share: String,
    version: String,
    filter: String,
}

impl ShareForm {
    fn change(&self) -> Result<Change> {
        let member = self.member.parse().map_err(|_| Unreadable::Member)?;
        Ok(Change::Share { member, share: Allocation::parse(&self.share)? })
    }
}

pub async fn share(
    at: At,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<ShareForm>,
) -> Result<Response> {
    let done = match form.change() {
        Ok(change) => {
            let actor = &at.visitor.actor;
            service::change(&pool, actor, at.frame.id, &form.version, &change).await
        }
        Err(error) => Err(error),
    };
    let answer = Answer::new(&headers, &form.filter);
    answer.give(&pool, at, done).await
}

// POST /o/{org}/squads/{squad}/design/seats

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeatForm {
    title: String,
    version: String,
    filter: String,
}

pub async fn open_seat(
    at: At,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<SeatForm>,
) -> Result<Response> {
    let actor = &at.visitor.actor;
    let done = match SeatTitle::parse(&form.title) {
        Ok(title) => {
            let (id, since) = (SeatId::new(), actor.at);
            let seat = Seat { id, title: title.as_str().to_owned(), since };
            let change = Change::OpenSeat(seat);
            service::change(&pool, actor, at.frame.id, &form.version, &change).await
        }
        Err(rule) => Err(rule.into()),
    };
    let answer = Answer::new(&headers, &form.filter).keeping(form.title);
    answer.give(&pool, at, done).await
}

// POST /o/{org}/squads/{squad}/design/seats/{seat}/close

/// The design that the visitor saw.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeenForm {
    version: String,
    filter: String,
}

/// The part of the address behind the squad.
#[derive(Debug, Deserialize)]
pub struct SeatPath {
    seat: SeatId,
}

pub async fn close_seat(
    at: At,
    Path(path): Path<SeatPath>,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<SeenForm>,
) -> Result<Response> {
    let (actor, change) = (&at.visitor.actor, Change::CloseSeat(path.seat));
    let done = service::change(&pool, actor, at.frame.id, &form.version, &change).await;
    let answer = Answer::new(&headers, &form.filter);
    answer.give(&pool, at, done).await
}

// POST /o/{org}/squads/{squad}/design/undo/{event}

/// The part of the address behind the squad.
#[derive(Debug, Deserialize)]
pub struct EventPath {
    event: EventId,
}

/// The design that the visitor saw, where the sentence that tells of a change leads back from it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeenQuery {
    seen: String,
}

pub async fn undo(
    at: At,
    Path(path): Path<EventPath>,
    Query(query): Query<SeenQuery>,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<SeenForm>,
) -> Result<Response> {
    let inverse = inverse(&pool, &at, path.event).await?;
    let (actor, squad) = (&at.visitor.actor, at.frame.id);
    let seen = if form.version.is_empty() { &query.seen } else { &form.version };
    let done = service::undo(&pool, actor, squad, path.event, seen, inverse.as_ref()).await;
    let answer = Answer::new(&headers, &form.filter);
    answer.give(&pool, at, done).await
}

/// The inverse of the visitor's last change, if that is `event` and can be taken back.
async fn inverse(pool: &PgPool, at: &At, event: EventId) -> Result<Option<Change>> {
    let Some(last) = at.frame.last.as_ref().filter(|last| last.id == event) else {
        return Ok(None);
    };
    if show::closed(at, FormErrors::default()).is_some() {
        return Ok(None);
    }
    let (tenant, day) = (at.visitor.tenant(), at.visitor.today());
    let today = today::load(pool, tenant, day, &at.frame, &Asked::default()).await?;
    Ok(last.inverse(&today.draft, SeatId::new(), at.visitor.actor.at))
}
