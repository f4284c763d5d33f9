//! The page, and its parts as an answer to a change or a search.

use askama::Template;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use sqlx::PgPool;

use super::At;
use super::board::Board;
use super::people::PoolQuery;
use crate::designer::today;
use crate::error::Result;
use crate::squads::State;
use crate::web::shell::{Section, Shell};
use crate::web::{FormErrors, Query, page};

// GET /o/{org}/squads/{squad}/design?q=&skill=&free=&show=

#[derive(Template)]
#[template(path = "designer/show.html")]
pub struct ShowPage {
    shell: Shell,
    squad: crate::ids::TeamId,
    board: Board,
    q: String,
    errors: FormErrors,
    stale: Option<String>,
}

/// The parts of the page, each for its place.
#[derive(Template)]
#[template(path = "designer/parts.html")]
pub struct Parts {
    board: Board,
}

impl Parts {
    /// Where the last change is taken back, for the sentence that tells of it.
    pub fn undo_url(&self) -> Option<String> {
        let (event, _) = self.board.undo.as_ref()?;
        Some(format!("{}/undo/{event}?seen={}", self.board.here, self.board.version))
    }
}

/// The list of the pool alone.
#[derive(Template)]
#[template(path = "designer/pool.html")]
struct PoolPart {
    board: Board,
}

/// A squad that is not under design.
#[derive(Template)]
#[template(path = "designer/closed.html")]
struct ClosedPage {
    shell: Shell,
    org: String,
    name: String,
    state: State,
    squad_url: String,
    errors: FormErrors,
}

/// Whether a script asks for a part of the page; the live pages ask for the whole.
pub fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request") && !headers.contains_key("live")
}

/// The squad's state as a type.
fn state(at: &At) -> State {
    State::parse(&at.frame.state).unwrap_or(State::Dissolved)
}

impl Parts {
    /// Keeps what was typed.
    #[must_use]
    pub fn with_typed(mut self, typed: String) -> Self {
        self.board.typed = typed;
        self
    }
}

impl ShowPage {
    /// Keeps what was typed.
    #[must_use]
    pub fn with_typed(mut self, typed: String) -> Self {
        self.board.typed = typed;
        self
    }
}

async fn board(pool: &PgPool, at: &At, query: &PoolQuery) -> Result<Board> {
    let (tenant, day) = (at.visitor.tenant(), at.visitor.today());
    let today = today::load(pool, tenant, day, &at.frame, &query.asked()).await?;
    Ok(Board::new(at, &today, query))
}

/// The whole page, with what was refused.
pub async fn show_page(
    pool: &PgPool,
    at: &At,
    query: &PoolQuery,
    errors: FormErrors,
    stale: Option<String>,
) -> Result<ShowPage> {
    Ok(ShowPage {
        shell: at.visitor.shell(Section::Squads),
        squad: at.frame.id,
        board: board(pool, at, query).await?,
        q: query.q.clone(),
        errors,
        stale,
    })
}

/// The parts of the page.
pub async fn parts(pool: &PgPool, at: &At, query: &PoolQuery) -> Result<Parts> {
    Ok(Parts { board: board(pool, at, query).await? })
}

/// The page of a squad that is not under design; nothing for one that is.
pub fn closed(at: &At, errors: FormErrors) -> Option<impl Template> {
    let state = state(at);
    (state != State::Forming).then(|| ClosedPage {
        shell: at.visitor.shell(Section::Squads),
        org: at.visitor.slug.clone(),
        name: at.frame.name.clone(),
        squad_url: crate::squads::url(&at.visitor.slug, &at.frame.slug),
        state,
        errors,
    })
}

pub async fn show(
    at: At,
    headers: HeaderMap,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<PoolQuery>,
) -> Result<Response> {
    if let Some(closed) = closed(&at, FormErrors::default()) {
        return page(&closed);
    }
    if is_part(&headers) {
        return page(&PoolPart { board: board(&pool, &at, &query).await? });
    }
    page(&show_page(&pool, &at, &query, FormErrors::default(), None).await?)
}
