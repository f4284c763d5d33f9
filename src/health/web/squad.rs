//! A squad's health over time, and opening a round.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::Days;
use serde::Deserialize;
use sqlx::PgPool;

use super::actions::FollowUps;
use super::at::At;
use crate::error::Result;
use crate::health::db::{self, ActionRow, PackRow, PastRow, RoundLine};
use crate::health::domain::{
    Colour, HealthRefused, Mode, Outcome, Point, Reveal, breaks, day, parts,
};
use crate::health::service::{self, NewRound};
use crate::health::{packs_url, round_url};
use crate::ids::DimensionId;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// Rounds that are looked at.
const ROUNDS: i64 = 36;
/// Rounds of one pack side by side.
const COLUMNS: usize = 12;
/// How long a round is open if nothing else is chosen.
const DAYS: u64 = 7;

// GET /o/{org}/squads/{squad}/health?pack=…

/// Which pack is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    pack: String,
}

/// A cell of the table: one dimension in one round.
pub struct Cell {
    /// What was said.
    pub outcome: Option<Outcome>,
    /// Whether the round asked it.
    pub is_asked: bool,
    /// Whether it was asked in other words than before.
    pub is_break: bool,
    /// What it was called.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// A line of the table: one dimension over the rounds.
pub struct Line {
    /// Its newest name.
    pub name: String,
    /// One cell for each round.
    pub cells: Vec<Cell>,
    /// The same as a picture.
    pub picture: Picture,
}

/// A dimension over the rounds as a line, broken where the words changed.
#[derive(Template)]
#[template(path = "health/line.html")]
pub struct Picture {
    width: usize,
    parts: Vec<String>,
    dots: Vec<(Colour, usize, usize)>,
    breaks: Vec<usize>,
}

impl askama::filters::HtmlSafe for Picture {}

/// How far the rounds of a picture are from one another.
const STEP: usize = 22;

fn height(colour: Colour) -> usize {
    match colour {
        Colour::Green => 6,
        Colour::Amber => 18,
        Colour::Red => 30,
    }
}

impl Picture {
    fn of(points: &[Point]) -> Self {
        let x = |place: usize| place * STEP + STEP / 2;
        let y = |place: usize| points[place].colour.map_or(0, height);
        let line = |part: &Vec<usize>| {
            let points: Vec<_> =
                part.iter().map(|&place| format!("{},{}", x(place), y(place))).collect();
            points.join(" ")
        };
        let dot = |(place, point): (usize, &Point)| Some((point.colour?, x(place), y(place)));
        Self {
            width: points.len() * STEP,
            parts: parts(points).iter().filter(|part| part.len() > 1).map(line).collect(),
            dots: points.iter().enumerate().filter_map(dot).collect(),
            breaks: breaks(points).into_iter().map(|place| place * STEP).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "health/squad.html")]
struct ShowPage {
    shell: Shell,
    at: At,
    rounds: Vec<RoundLine>,
    /// The pack that is looked at.
    chosen: Option<(String, String)>,
    /// The closed rounds of it, the oldest first.
    columns: Vec<RoundLine>,
    lines: Vec<Line>,
    actions: Vec<ActionRow>,
    follow: FollowUps,
}

impl ShowPage {
    fn open(&self) -> impl Iterator<Item = &RoundLine> {
        self.rounds.iter().filter(|round| round.closed_at.is_none())
    }

    fn closed(&self) -> impl Iterator<Item = &RoundLine> {
        self.rounds.iter().filter(|round| round.closed_at.is_some())
    }

    /// The packs that there are rounds of: name, address, whether it is looked at.
    fn packs(&self) -> Vec<(String, String, bool)> {
        let mut found: Vec<(String, String, bool)> = vec![];
        for round in self.closed() {
            let href = self.at.url(&format!("?pack={}", round.pack_slug));
            if !found.iter().any(|(_, other, _)| *other == href) {
                let is_chosen =
                    self.chosen.as_ref().is_some_and(|(slug, _)| *slug == round.pack_slug);
                found.push((round.pack_name.clone(), href, is_chosen));
            }
        }
        found
    }

    fn has_breaks(&self) -> bool {
        self.lines.iter().any(|line| line.cells.iter().any(|cell| cell.is_break))
    }

    fn turnout(round: &RoundLine) -> String {
        let (answered, eligible) =
            (round.answered.unwrap_or_default(), round.eligible.unwrap_or_default());
        format!("{answered} of {eligible} answered")
    }

    fn packs_url(&self) -> String {
        packs_url(&self.at.visitor.slug)
    }
}

/// The dimensions of the rounds, in the order of the newest.
fn lines(at: &At, columns: &[RoundLine], past: &[PastRow]) -> Vec<Line> {
    let mut order: Vec<DimensionId> = vec![];
    for round in columns.iter().rev() {
        for row in past.iter().filter(|row| row.round == round.id) {
            if !order.contains(&row.dimension) {
                order.push(row.dimension);
            }
        }
    }
    let by: HashMap<_, _> = past.iter().map(|row| ((row.round, row.dimension), row)).collect();
    let (org, squad) = (&at.visitor.slug, &at.head.squad.slug);
    let line = |dimension: DimensionId| {
        let rows: Vec<_> = columns.iter().map(|round| by.get(&(round.id, dimension))).collect();
        let point = |row: &Option<&&PastRow>| Point {
            version: row.map(|row| row.version),
            colour: row.and_then(|row| row.outcome).and_then(|outcome| outcome.colour()),
        };
        let points: Vec<_> = rows.iter().map(point).collect();
        let breaks = breaks(&points);
        let cell = |(place, (row, round)): (usize, (&Option<&&PastRow>, &RoundLine))| Cell {
            outcome: row.and_then(|row| row.outcome),
            is_asked: row.is_some(),
            is_break: breaks.contains(&place),
            label: round.label.clone(),
            href: format!("{}#d-{dimension}", round_url(org, squad, round.id)),
        };
        Line {
            name: rows
                .iter()
                .rev()
                .flatten()
                .next()
                .map(|row| row.name.clone())
                .unwrap_or_default(),
            cells: rows.iter().zip(columns).enumerate().map(cell).collect(),
            picture: Picture::of(&points),
        }
    };
    order.into_iter().map(line).collect()
}

/// Loads what the page shows; `follow` says which pack is looked at.
async fn show_page(pool: &PgPool, at: At, follow: FollowUps) -> Result<ShowPage> {
    let tenant = at.visitor.tenant();
    let rounds = db::rounds(pool, tenant, at.id, ROUNDS).await?;
    let closed = || rounds.iter().filter(|round| round.closed_at.is_some());
    let chosen = closed().find(|round| round.pack_slug == follow.pack).or_else(|| closed().next());
    let chosen =
        chosen.map(|round| (round.pack, (round.pack_slug.clone(), round.pack_name.clone())));
    let of_pack = |round: &&RoundLine| Some(round.pack) == chosen.as_ref().map(|(id, _)| *id);
    let mut columns: Vec<_> = closed().filter(of_pack).take(COLUMNS).cloned().collect();
    columns.reverse();
    let ids: Vec<_> = columns.iter().map(|round| round.id).collect();
    let past = if ids.is_empty() { vec![] } else { db::past(pool, tenant, &ids).await? };
    Ok(ShowPage {
        shell: at.shell(),
        actions: db::actions(pool, tenant, at.id, None).await?,
        lines: lines(&at, &columns, &past),
        chosen: chosen.map(|(_, pack)| pack),
        columns,
        rounds,
        at,
        follow,
    })
}

pub async fn show(
    at: At,
    State(pool): State<PgPool>,
    Query(ShowQuery { pack }): Query<ShowQuery>,
) -> Result<Response> {
    page(&show_page(&pool, at, FollowUps::of_squad(pack)).await?)
}

/// The page with what became of an action, which was refused.
pub async fn follow_refused(pool: &PgPool, at: At, follow: FollowUps) -> Result<Response> {
    let errors = follow.errors.clone();
    refused(&errors, &show_page(pool, at, follow).await?)
}

// GET /o/{org}/squads/{squad}/health/new, POST /o/{org}/squads/{squad}/health

/// A round as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenForm {
    pack: String,
    mode: String,
    reveal: String,
    closes_on: String,
}

impl OpenForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<NewRound> {
        let pack = errors.check("pack", self.pack.parse().map_err(|_| HealthRefused::NoPack));
        let mode = errors.check("mode", Mode::parse(&self.mode).ok_or(HealthRefused::NoMode));
        let reveal = Reveal::parse(&self.reveal).ok_or(HealthRefused::NoReveal);
        let reveal = errors.check("reveal", reveal)?;
        let last_day = match reveal {
            Reveal::Session => None,
            Reveal::Window => Some(errors.check("closes_on", day("closes_on", &self.closes_on))?),
        };
        Some(NewRound { pack: pack?, mode: mode?, reveal, last_day })
    }
}

#[derive(Template)]
#[template(path = "health/open.html")]
struct OpenPage {
    shell: Shell,
    at: At,
    packs: Vec<PackRow>,
    threshold: i16,
    form: OpenForm,
    errors: FormErrors,
}

impl OpenPage {
    fn is_pack(&self, pack: &PackRow) -> bool {
        self.form.pack == pack.id.to_string()
    }

    fn modes(&self) -> [(Mode, bool); 2] {
        Mode::ALL.map(|mode| (mode, self.form.mode == mode.word()))
    }

    fn is_window(&self) -> bool {
        self.form.reveal != Reveal::Session.word()
    }

    /// Too few could answer for anything ever to be shown.
    fn is_too_small(&self) -> bool {
        self.at.head.squad.members < i32::from(self.threshold)
    }
}

async fn open_page(pool: &PgPool, at: At, form: OpenForm, errors: FormErrors) -> Result<OpenPage> {
    let tenant = at.visitor.tenant();
    let packs = db::packs(pool, tenant).await?;
    let packs: Vec<_> =
        packs.into_iter().filter(|pack| pack.is_live && pack.dimensions > 0).collect();
    let (threshold, _) = db::settings(pool, tenant).await?;
    Ok(OpenPage { shell: at.shell(), at, packs, threshold, form, errors })
}

pub async fn ask(at: At, State(pool): State<PgPool>) -> Result<Response> {
    at.must_open()?;
    let last = at.visitor.today().checked_add_days(Days::new(DAYS)).unwrap_or(at.visitor.today());
    let form = OpenForm {
        mode: Mode::Anonymous.word().to_owned(),
        reveal: Reveal::Window.word().to_owned(),
        closes_on: last.to_string(),
        ..OpenForm::default()
    };
    let mut page_ = open_page(&pool, at, form, FormErrors::default()).await?;
    page_.form.pack = page_.packs.first().map(|pack| pack.id.to_string()).unwrap_or_default();
    page(&page_)
}

pub async fn open(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<OpenForm>,
) -> Result<Response> {
    at.must_open()?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        let (actor, zone) = (&at.visitor.actor, at.visitor.time_zone);
        match service::open(&pool, actor, at.id, zone, &new).await {
            Ok(round) => {
                let said = "The health check is open. Everybody in the squad can answer now.";
                return Ok(flash::redirect(&at.round_url(&round), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &open_page(&pool, at, form, errors.clone()).await?)
}
