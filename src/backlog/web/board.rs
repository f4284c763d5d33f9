//! The board: one ranked column that all squads pull from, and a lane for each of them.

use std::collections::HashMap;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{At, Offered, month_of};
use crate::backlog::db::{self, Beside, CardRow, LaneRow};
use crate::backlog::domain::{Breadth, Class, Rank, Stage, Step};
use crate::error::Result;
use crate::ids::TeamId;
use crate::products::{Team, WipPolicy, pulled_by};
use crate::web::shell::{Section, Shell};
use crate::web::ui;
use crate::web::{Query, new_key, page};

// GET /o/{org}/products/{product}?squad=&after=&n=

/// Which part of the board is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BoardQuery {
    /// One lane, by its squad's word in addresses.
    squad: String,
    /// The ready items below this place.
    after: String,
    /// How many ready items stand above it.
    n: usize,
}

impl BoardQuery {
    /// Reads the query of an address.
    pub fn parse(url: &str) -> Self {
        let query = url.split('#').next().unwrap_or_default().split_once('?');
        query.and_then(|(_, query)| serde_html_form::from_str(query).ok()).unwrap_or_default()
    }

    fn after(&self) -> Option<Rank> {
        Rank::parse(&self.after)
    }

    /// The address of the same view without the pages.
    pub fn first(&self) -> String {
        if self.squad.is_empty() {
            String::new()
        } else {
            format!("?squad={}", urlencode(&self.squad))
        }
    }
}

fn urlencode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A card of the board.
pub struct Card {
    pub number: i32,
    pub key: String,
    pub title: String,
    pub why: String,
    pub breadth: Breadth,
    pub is_expedite: bool,
    pub is_done: bool,
    /// Its place among the ready ones, counted from 1.
    pub place: usize,
    pub blocked: String,
    pub effect: String,
    pub age: String,
    pub pull: Option<Offered>,
}

impl Card {
    /// What it leaves open, as a short word.
    pub fn breadth_title(&self) -> &'static str {
        self.breadth.title()
    }
}

/// One of the three lists of a lane.
pub struct LaneList {
    pub stage: Stage,
    pub title: &'static str,
    pub cards: Vec<Card>,
    /// The list of the rest.
    pub more: Option<String>,
    /// What is said where nothing is.
    pub empty: &'static str,
}

/// A squad's lane.
pub struct BoardLane {
    pub row: LaneRow,
    pub squad_url: String,
    /// Whether the visitor's squad is this one.
    pub is_own: bool,
    pub lists: Vec<LaneList>,
}

impl BoardLane {
    pub fn load(&self) -> String {
        self.row.load.words()
    }

    pub fn is_over(&self) -> bool {
        self.row.load.in_progress > self.row.load.wip_limit
    }

    /// The identity of the lane on the page.
    pub fn id(&self) -> String {
        format!("lane-{}", self.row.squad)
    }
}

/// All that the board shows.
pub struct Board {
    pub at: At,
    pub key: String,
    pub ready: Vec<Card>,
    pub first: Option<String>,
    pub more: Option<String>,
    pub ready_count: i64,
    pub proposed_count: i64,
    /// Who the product group is.
    pub team: Team,
    pub lanes: Vec<BoardLane>,
    /// The squads to choose among: name, address, whether chosen.
    pub chips: Vec<(String, String, bool)>,
    pub all_url: String,
    pub is_filtered: bool,
    /// The address of the items; an item's key follows.
    pub items_url: String,
    ellipsis: String,
}

/// Markup that was rendered before.
pub struct Marked<'a>(&'a str);

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl HtmlSafe for Marked<'_> {}

impl Board {
    pub fn url(&self, below: &str) -> String {
        self.at.url(below)
    }

    /// The icon of a card's menu, which is the same on all of them.
    pub fn ellipsis(&self) -> Marked<'_> {
        Marked(&self.ellipsis)
    }

    pub fn may_order(&self) -> bool {
        self.at.product.standing.may_order() && !self.at.product.is_ended
    }

    pub fn may_anything(&self) -> bool {
        self.at.product.standing.may_anything() && !self.at.product.is_ended
    }

    /// How many are ready, as far as they are counted.
    pub fn ready_count(&self) -> String {
        counted(self.ready_count)
    }

    pub fn proposed_count(&self) -> String {
        counted(self.proposed_count)
    }

    /// How the backlog is pulled.
    pub fn line(&self) -> String {
        pulled_by(self.at.squads())
    }

    /// The lead PM's first name.
    pub fn lead_first(&self) -> &str {
        self.at.product.lead_name.split(' ').next().unwrap_or_default()
    }
}

fn counted(n: i64) -> String {
    if n > db::COUNTED { format!("{}+", db::COUNTED) } else { n.to_string() }
}

/// The way in which the visitor would pull a card: one button where nothing has to be said, else a page; nothing where it
/// is not for them.
fn pull(at: &At, lanes: &[LaneRow], row: &CardRow, is_top: bool) -> Option<Offered> {
    let standing = &at.product.standing;
    let is_expedite = row.class == Class::Expedite;
    let has_room = |lane: &&LaneRow| {
        if is_expedite { lane.load.expedite == 0 } else { lane.load.has_room() }
    };
    let own = || lanes.iter().filter(|lane| standing.is_in(lane.squad));
    let mut free = own().filter(has_room);
    let page = at.item_url(row.number, "/step?do=pull");
    match (free.next(), free.next()) {
        (Some(lane), None) if is_top || is_expedite => {
            let send = format!("pull:{}:{}", row.number, lane.squad);
            Some(Offered { step: Step::Pull, send, page })
        }
        (Some(_), _) => Some(Offered { step: Step::Pull, send: String::new(), page }),
        (None, _) => {
            let may_exceed = !is_expedite && at.product.policy != WipPolicy::Block;
            (may_exceed && own().next().is_some()).then_some(Offered {
                step: Step::Pull,
                send: String::new(),
                page,
            })
        }
    }
}

fn card(at: &At, lanes: &[LaneRow], row: CardRow, place: usize) -> Card {
    let is_ready = row.stage == Stage::Ready;
    Card {
        pull: if is_ready && !at.product.is_ended {
            pull(at, lanes, &row, place == 1)
        } else {
            None
        },
        number: row.number,
        key: at.product.item_key(row.number).to_string(),
        // With customers, an item is counted from there; in all, on the page of the flow.
        age: match row.stage {
            Stage::Learning => format!("{} in learning", at.age(row.stage_at)),
            _ => at.age(row.stage_at),
        },
        title: row.title,
        why: row.why,
        breadth: row.breadth,
        is_expedite: row.class == Class::Expedite,
        is_done: row.stage == Stage::Done,
        place: if is_ready { place } else { 0 },
        blocked: row.blocked,
        effect: row.effect,
    }
}

/// The cards of one list of a lane, the oldest first; of what is done the newest.
fn lane_list(
    at: &At,
    lanes: &[LaneRow],
    mut own: Vec<CardRow>,
    squad: TeamId,
    stage: Stage,
) -> LaneList {
    own.sort_by_key(|row| (row.stage_at, row.id));
    if stage == Stage::Done {
        own.reverse();
    }
    let more = own.len() > db::PAGE;
    own.truncate(db::PAGE);
    let (title, empty) = match stage {
        Stage::InProgress => ("Doing", "Nothing is in progress."),
        Stage::Learning => ("Learning from customers", "Nothing is with customers right now."),
        _ => ("Done this month", "Nothing yet this month."),
    };
    LaneList {
        stage,
        title,
        empty,
        cards: own.into_iter().map(|row| card(at, lanes, row, 0)).collect(),
        more: more.then(|| at.url(&format!("/items?stage={}&squad={squad}", stage.word()))),
    }
}

/// Loads the board: one statement, beside those that find the visitor and the product.
pub async fn load(pool: &PgPool, at: At, query: &BoardQuery) -> Result<Board> {
    let (tenant, product) = (at.visitor.tenant(), at.product.id);
    let month = month_of(at.visitor.today(), at.visitor.time_zone);
    let after = query.after();
    let (beside, cards) = db::board(pool, tenant, product, after.as_ref(), month).await?;
    let Beside { ready: ready_count, proposed: proposed_count, hats, apprentices, lanes: rows } =
        beside;
    let mut lists: HashMap<(Option<TeamId>, Stage), Vec<CardRow>> = HashMap::new();
    for row in cards {
        lists.entry((row.squad, row.stage)).or_default().push(row);
    }
    let mut ready = lists.remove(&(None, Stage::Ready)).unwrap_or_default();
    ready.sort_by(|a, b| a.rank.cmp(&b.rank));
    let before = if after.is_some() { query.n.max(1) } else { 0 };
    let has_more = ready.len() > db::PAGE;
    ready.truncate(db::PAGE);
    let filter = query.first();
    let with = if filter.is_empty() { "?".to_owned() } else { format!("{filter}&") };
    let more = ready
        .last()
        .filter(|_| has_more)
        .map(|last| at.url(&format!("{with}after={}&n={}", last.rank.as_str(), before + db::PAGE)));
    let chips = rows
        .iter()
        .map(|row| {
            (row.name.clone(), at.url(&format!("?squad={}", row.slug)), row.slug == query.squad)
        })
        .collect::<Vec<_>>();
    let is_filtered = chips.iter().any(|(.., on)| *on);
    let lanes = rows
        .iter()
        .filter(|row| !is_filtered || row.slug == query.squad)
        .map(|row| BoardLane {
            squad_url: crate::squads::url(&at.visitor.slug, &row.slug),
            is_own: at.product.standing.is_in(row.squad),
            lists: [Stage::InProgress, Stage::Learning, Stage::Done]
                .map(|stage| {
                    let own = lists.remove(&(Some(row.squad), stage)).unwrap_or_default();
                    lane_list(&at, &rows, own, row.squad, stage)
                })
                .into(),
            row: row.clone(),
        })
        .collect();
    let ready = ready
        .into_iter()
        .enumerate()
        .map(|(n, row)| card(&at, &rows, row, before + n + 1))
        .collect();
    let team = Team::new(
        &at.visitor,
        &at.product.slug,
        !at.product.is_ended,
        (at.product.lead, at.product.lead_name.clone()),
        (apprentices, hats, rows.into_iter().map(|row| row.serving).collect()),
    );
    Ok(Board {
        key: new_key(),
        ready,
        first: after.is_some().then(|| at.url(&filter)),
        more,
        ready_count,
        proposed_count,
        team,
        lanes,
        chips,
        all_url: at.url(""),
        is_filtered,
        items_url: at.url("/items/"),
        ellipsis: ui::icon("ellipsis").to_string(),
        at,
    })
}

#[derive(Template)]
#[template(path = "backlog/board.html")]
struct BoardPage {
    shell: Shell,
    org: String,
    board: Board,
}

/// The part of the board that changes, as an answer to a change.
#[derive(Template)]
#[template(path = "backlog/parts.html")]
pub struct BoardParts {
    pub board: Board,
}

pub async fn show(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<BoardQuery>,
) -> Result<Response> {
    let (shell, org) = (at.visitor.shell(Section::Products), at.visitor.slug.clone());
    let board = load(&pool, at, &query).await?;
    page(&BoardPage { shell, org, board })
}
