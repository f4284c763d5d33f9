//! The board: who waits, the oldest first; what one has in hand; what is over.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use super::cards::Cards;
use crate::actor::Role;
use crate::coaching::db::{self, BoardFigures, CardRows, EngagementRow, OverRow};
use crate::coaching::domain::{COACHES, Helped, MAX_LIMIT, number};
use crate::coaching::{board_url, service, url};
use crate::error::{Error, Result};
use crate::ids::CoachingId;
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// Lines of the board.
const WAITING: i64 = 40;
/// Lines of what is over.
const PAGE: usize = 40;

// GET /o/{org}/coaching, POST /o/{org}/coaching/limit

/// What is asked of the board.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    state: String,
    after: String,
}

#[derive(Template)]
#[template(path = "coaching/board.html")]
struct BoardPage {
    shell: Shell,
    org: String,
    cards: Cards,
    figures: BoardFigures,
    limit: String,
    errors: FormErrors,
}

impl BoardPage {
    fn board_url(&self) -> String {
        board_url(&self.org)
    }

    /// What one's squads asked for.
    fn asked(&self) -> Vec<&EngagementRow> {
        self.cards.asked()
    }

    /// What the board says of how fast requests are answered: of the organization, never of a coach (H9).
    fn answered(&self) -> String {
        match (self.figures.answered, self.figures.days) {
            (1.., Some(days)) if days < 0.95 => {
                "Answered within a day on average this quarter".to_owned()
            }
            (1.., Some(days)) => format!("Answered on average in {days:.1} days this quarter"),
            _ => "No request was answered this quarter yet".to_owned(),
        }
    }
}

/// The first moment of the quarter of a day.
fn quarter(today: NaiveDate) -> DateTime<Utc> {
    let month = (today.month0() / 3) * 3 + 1;
    let first = NaiveDate::from_ymd_opt(today.year(), month, 1).unwrap_or(today);
    first.and_time(NaiveTime::MIN).and_utc()
}

async fn board_page(
    pool: &PgPool,
    visitor: &Visitor,
    limit: Option<String>,
    errors: FormErrors,
) -> Result<BoardPage> {
    let (tenant, me, now) = (visitor.tenant(), visitor.actor.member, visitor.actor.at);
    let figures = db::figures(pool, tenant, me, quarter(now.date_naive())).await?;
    let rows = CardRows {
        waiting: db::waiting(pool, tenant, me, WAITING).await?,
        mine: db::engagements(pool, tenant, me).await?,
        hand: figures.hand,
    };
    Ok(BoardPage {
        shell: visitor.shell(Section::Coaching),
        org: visitor.slug.clone(),
        cards: Cards::new(visitor, rows, figures.waiting),
        limit: limit.unwrap_or_else(|| figures.hand.limit.to_string()),
        figures,
        errors,
    })
}

pub async fn board(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Query(asked): Query<BoardQuery>,
) -> Result<Response> {
    if asked.state == "over" {
        return over(&visitor, &pool, asked.after.parse().ok()).await;
    }
    page(&board_page(&pool, &visitor, None, FormErrors::default()).await?)
}

/// A coach's own limit as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitForm {
    limit: String,
}

pub async fn limit(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<LimitForm>,
) -> Result<Response> {
    if !visitor.roles().has(Role::Coach) {
        return Err(Error::Forbidden(COACHES.into()));
    }
    let mut errors = FormErrors::default();
    if let Some(limit) = errors.check("limit", number("limit", &form.limit, MAX_LIMIT)) {
        match service::set_limit(&pool, &visitor.actor, limit).await {
            Ok(()) => return Ok(flash::redirect(&board_url(&visitor.slug), "Your limit is set.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &board_page(&pool, &visitor, Some(form.limit), errors.clone()).await?)
}

// GET /o/{org}/coaching?state=over

#[derive(Template)]
#[template(path = "coaching/over.html")]
struct OverPage {
    shell: Shell,
    org: String,
    rows: Vec<OverRow>,
    previous: Option<String>,
    next: Option<String>,
    now: DateTime<Utc>,
    zone: Tz,
}

impl OverPage {
    fn url(&self, row: &OverRow) -> String {
        url(&self.org, row.id)
    }

    fn board_url(&self) -> String {
        board_url(&self.org)
    }

    fn moment(&self, row: &OverRow) -> Moment {
        ui::moment(row.at, self.now, self.zone)
    }

    fn helped(row: &OverRow) -> &'static str {
        let helped = row.helped.as_deref().and_then(|word| Helped::parse(word).ok());
        helped.map_or("", Helped::title)
    }
}

async fn over(visitor: &Visitor, pool: &PgPool, after: Option<CoachingId>) -> Result<Response> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = db::over(pool, visitor.tenant(), after, limit).await?;
    let is_cut = rows.len() > PAGE;
    rows.truncate(PAGE);
    let list = format!("{}?state=over", board_url(&visitor.slug));
    page(&OverPage {
        shell: visitor.shell(Section::Coaching),
        org: visitor.slug.clone(),
        next: rows.last().filter(|_| is_cut).map(|row| format!("{list}&after={}", row.id)),
        previous: after.map(|_| list.clone()),
        rows,
        now: visitor.actor.at,
        zone: visitor.time_zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_begins_with_its_first_month() {
        for (day, first) in [
            ("2026-01-01", "2026-01-01"),
            ("2026-03-31", "2026-01-01"),
            ("2026-04-01", "2026-04-01"),
            ("2026-11-22", "2026-10-01"),
        ] {
            assert_eq!(quarter(day.parse().unwrap()).date_naive().to_string(), first);
        }
    }
}
