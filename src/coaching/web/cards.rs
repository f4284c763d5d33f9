//! The two cards of a coach, who waits and what they have pulled: on the board of coaching and beside the dashboard of health.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::State as Shared;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::at::waiting;
use crate::actor::Role;
use crate::coaching::db::{self, CardRows, EngagementRow, WaitingRow};
use crate::coaching::domain::{Hand, State};
use crate::coaching::{board_url, squad_url, url};
use crate::error::Result;
use crate::health_board::{self, Asked, Tables};
use crate::ids::{CoachingId, MemberId};
use crate::organizations::Visitor;
use crate::squads;
use crate::web::{Query, new_key};

/// Who waits at most beside the dashboard: the others are on the board.
const BESIDE: i64 = 6;

/// What the cards show.
pub struct Cards {
    org: String,
    /// The oldest first.
    pub waiting: Vec<WaitingRow>,
    /// How many wait in all.
    pub waits: i64,
    mine: Vec<EngagementRow>,
    /// What the visitor has in hand, and may have.
    pub hand: Hand,
    /// Whether they are a coach.
    pub coaches: bool,
    me: MemberId,
    now: DateTime<Utc>,
    zone: Tz,
}

impl Cards {
    /// As a visitor sees them.
    pub fn new(visitor: &Visitor, rows: CardRows, waits: i64) -> Self {
        Self {
            org: visitor.slug.clone(),
            waiting: rows.waiting,
            waits,
            mine: rows.mine,
            hand: rows.hand,
            coaches: visitor.roles().has(Role::Coach),
            me: visitor.actor.member,
            now: visitor.actor.at,
            zone: visitor.time_zone,
        }
    }

    /// The address of a request.
    pub fn url(&self, id: &CoachingId) -> String {
        url(&self.org, *id)
    }

    /// The address of a squad's coaching.
    pub fn squad_url(&self, slug: &str) -> String {
        squad_url(&self.org, slug)
    }

    /// The address of the squads.
    pub fn squads_url(&self) -> String {
        squads::list_url(&self.org)
    }

    /// The address of the board.
    pub fn board_url(&self) -> String {
        board_url(&self.org)
    }

    /// "waiting 5 days", and whether that is long.
    pub fn since(&self, row: &WaitingRow) -> (String, bool) {
        waiting(row.at, self.now, self.zone)
    }

    /// More wait than are shown.
    pub fn more(&self) -> i64 {
        self.waits - i64::try_from(self.waiting.len()).unwrap_or_default()
    }

    /// Whether one more fits.
    pub fn has_room(&self) -> bool {
        self.hand.room() > 0
    }

    /// What one has pulled.
    pub fn pulled(&self) -> Vec<&EngagementRow> {
        self.mine.iter().filter(|row| row.coach == Some(self.me)).collect()
    }

    /// What one's squads asked for.
    pub fn asked(&self) -> Vec<&EngagementRow> {
        self.mine.iter().filter(|row| row.is_own && row.coach != Some(self.me)).collect()
    }

    /// Where it stands: "Session 2 of 4, Tuesday 1 December, 10:00".
    pub fn line(&self, row: &EngagementRow) -> String {
        match (row.state, row.sessions) {
            (State::Open, _) if row.coach.is_none() => "Waits for a coach".to_owned(),
            (State::Open, _) => "Goal and end date are still to be agreed".to_owned(),
            (State::Review, _) => "The squad says whether it helped".to_owned(),
            (_, Some(of)) => {
                let next = row.next.map(|at| at.with_timezone(&self.zone));
                match next {
                    Some(at) => {
                        format!(
                            "Session {} of {of}, {}",
                            row.held + 1,
                            at.format("%A %-d %B, %H:%M")
                        )
                    }
                    None if row.held >= i64::from(of) => format!("All {of} sessions took place"),
                    None => format!("{} of {of} sessions took place, none is planned", row.held),
                }
            }
            _ => String::new(),
        }
    }
}

impl EngagementRow {
    /// How many sessions are done, in words.
    pub fn done(&self) -> String {
        format!("{} of {} sessions done", self.held, self.sessions.unwrap_or_default())
    }
}

// GET /o/{org}/health

/// The cards beside the lists of the dashboard; nothing for who is no coach.
#[derive(Template)]
#[template(path = "coaching/beside.html")]
struct Beside {
    cards: Cards,
    key: String,
}

impl HtmlSafe for Beside {}

/// The dashboard. For a coach one statement more than for everybody else, who sees the same squads.
pub async fn dashboard(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Shared(tables): Shared<Tables>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let mut rows = CardRows::default();
    if visitor.roles().has(Role::Coach) {
        rows = db::cards(&pool, visitor.tenant(), visitor.actor.member, BESIDE).await?;
    }
    let cards = Cards::new(&visitor, rows, visitor.counts.coaching);
    let beside = Beside { cards, key: new_key() };
    health_board::show(&visitor, (&pool, &tables), asked, beside).await
}
