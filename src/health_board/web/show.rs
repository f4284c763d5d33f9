//! The page: the table, what is counted down it, and what is worth a conversation.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use askama::Template;
use askama::filters::{Html, HtmlSafe, escape};
use axum::response::Response;
use chrono::NaiveDate;
use sqlx::PgPool;

use super::asked::{ALL, Asked};
use super::drawn::{self, Drawn, Key as Kept, Tables};
use super::months::Picture;
use crate::actor::Role;
use crate::error::{Error, Result};
use crate::health::{self, Colour, Counts, Trend};
use crate::health_board::db::{self, Open, Pack};
use crate::health_board::domain::{
    Across, Apart, Board, Cell, Drift, Line, Period, Said, Seen, drifting, far_apart, fell_most,
};
use crate::organizations::{Visitor, unfinished};
use crate::web::page;
use crate::web::shell::{Section, Shell};

/// How wide the bar of a cell is.
const BAR: i16 = 52;
/// How many dimensions of a squad the list of drifting ones names.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "health_board/show.html")]
struct BoardPage<B: fmt::Display + HtmlSafe> {
    shell: Shell,
    org: String,
    asked: Asked,
    is_coach: bool,
    packs: Vec<Pack>,
    pack: Option<Pack>,
    periods: Vec<Period>,
    products: Vec<(String, String)>,
    open: Open,
    drawn: Arc<Drawn>,
    beside: B,
}

/// What is drawn once for everybody: the table, and then the lists beside it.
#[derive(Template)]
#[template(path = "health_board/drawn.html")]
struct Drawing {
    is_lists: bool,
    org: String,
    asked: Asked,
    pack: Option<Pack>,
    board: Board,
    /// The lines of the board that are on this page.
    part: Range<usize>,
    across: Vec<Across>,
    bars: BTreeSet<(i16, i16, i16)>,
    looks: Looks,
    /// What ends the address of each column's cells.
    anchors: Vec<String>,
    drifting: (Vec<Drift>, usize),
    apart: (Vec<Apart>, usize),
    squads: i64,
    /// When the newest round of the board was closed.
    newest: NaiveDate,
    /// Whether the board has every squad that is asked for.
    is_whole: bool,
    has_more: bool,
}

// GET /o/{org}/health?pack=&period=&area=&all=&after=

/// The page, with what a later feature sets beside its lists. Two statements, beside the one that finds the visitor, and one more for a table
/// that nobody has opened since something happened in the organization.
pub async fn show<B: fmt::Display + HtmlSafe>(
    visitor: &Visitor,
    (pool, tables): (&PgPool, &Tables),
    asked: Asked,
    beside: B,
) -> Result<Response> {
    let tenant = visitor.tenant();
    let packs = db::packs(pool, tenant).await?;
    let pack = asked.pack(&packs).cloned();
    let drawn = find_or_draw(visitor, (pool, tables), &asked, pack.as_ref()).await?;
    let db::Beside { open, products } =
        db::beside(pool, tenant, pack.as_ref().map(|pack| pack.id)).await?;
    let shown = BoardPage {
        shell: visitor.shell(Section::Health),
        org: visitor.slug.clone(),
        is_coach: visitor.roles().has(Role::Coach),
        packs,
        pack,
        periods: asked.period().offered(visitor.today()),
        products,
        open,
        drawn,
        asked,
        beside,
    };
    // Who has answered changes without an event.
    Ok(unfinished(open.rounds > 0, page(&shown)?))
}

async fn find_or_draw(
    visitor: &Visitor,
    (pool, tables): (&PgPool, &Tables),
    asked: &Asked,
    pack: Option<&Pack>,
) -> Result<Arc<Drawn>> {
    let (tenant, slug) = (visitor.tenant(), visitor.slug.clone());
    let key = visitor.settled.map(|newest| Kept { tenant, slug, newest, asked: asked.clone() });
    if let Some(drawn) = key.as_ref().and_then(|key| tables.find(key)) {
        return Ok(drawn);
    }
    let drawn = Arc::new(draw(visitor, pool, asked, pack).await?);
    if let Some(key) = key {
        tables.keep(key, drawn.clone());
    }
    Ok(drawn)
}

/// What is worth a conversation is looked for among all squads that are asked for, where these are no more than are shown at once; of a
/// larger organization among those on the page, which says so. So a page reads at most as much as the table at its longest, however many
/// squads there are.
async fn draw(
    visitor: &Visitor,
    pool: &PgPool,
    asked: &Asked,
    pack: Option<&Pack>,
) -> Result<Drawn> {
    let Some(pack) = pack else { return Ok(Drawn::default()) };
    let squads = visitor.counts.squads();
    let reads_whole = usize::try_from(squads).is_ok_and(|squads| squads <= ALL);
    let part = if reads_whole { asked.whole(pack) } else { asked.part(pack) };
    let mut rows = db::rows(pool, visitor.tenant(), &part).await?;
    let (part, has_more) = if reads_whole {
        let part = asked.part_of(&rows);
        (part.clone(), part.end < rows.len())
    } else {
        let has_more = rows.len() > asked.size();
        rows.truncate(asked.size());
        (0..rows.len(), has_more)
    };
    if part.is_empty() {
        return Ok(Drawn::default());
    }
    let board = Board::of(pack.columns.clone(), rows);
    let looks = Looks::of(&board, &part);
    let newest = board.lines.iter().map(|line| line.row.closed_on).max().unwrap_or_default();
    let mut drawing = Drawing {
        is_lists: false,
        org: visitor.slug.clone(),
        asked: asked.clone(),
        pack: Some(pack.clone()),
        across: (0..board.columns.len()).map(|column| board.across(column)).collect(),
        bars: looks.bars(),
        anchors: board.columns.iter().map(|column| format!("#d-{}\">", column.id)).collect(),
        looks,
        drifting: drifting(&board),
        apart: far_apart(&board),
        squads,
        newest,
        is_whole: reads_whole || (!has_more && !asked.is_later()),
        has_more,
        part,
        board,
    };
    let written = |drawing: &Drawing| -> Result<_> {
        Ok(drawn::Html(drawing.render().map_err(|error| Error::Internal(error.into()))?))
    };
    let table = written(&drawing)?;
    drawing.is_lists = true;
    Ok(Drawn { table, lists: written(&drawing)? })
}

fn counts(cell: &Cell) -> (i16, i16, i16) {
    let Counts { green, amber, red } = cell.now.counts;
    (green, amber, red)
}

impl<B: fmt::Display + HtmlSafe> BoardPage<B> {
    fn url(&self) -> String {
        crate::health_board::url(&self.org)
    }

    fn csv_url(&self) -> String {
        self.asked.at(&format!("{}.csv", self.url()))
    }

    fn clear(&self) -> Option<String> {
        (self.asked.is_narrowed() || !self.asked.pack.is_empty()).then(|| self.url())
    }

    /// Whether nobody has ever closed a health check.
    fn is_first(&self) -> bool {
        self.packs.iter().all(|pack| pack.used.is_none())
    }

    fn sub(&self) -> String {
        const WHY: &str =
            "Colours show how the squads see themselves. Use them to offer help, never to rank.";
        let Open { rounds, members, answered, until } = self.open;
        let checks = match rounds {
            0 => return WHY.to_owned(),
            1 => "1 check is".to_owned(),
            n => format!("{n} checks are"),
        };
        let until = until.map_or_else(String::new, |day| day.format(" until %-d %B").to_string());
        format!("{checks} open{until}: {answered} of {members} have answered so far. {WHY}")
    }

    fn is_pack(&self, pack: &Pack) -> bool {
        self.pack.as_ref().is_some_and(|one| one.id == pack.id)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn is_period(&self, period: &Period) -> bool {
        self.asked.period() == *period
    }

    fn is_area(&self, kind: &str, word: &str) -> bool {
        self.asked.area.split_once('.') == Some((kind, word))
    }
}

impl Drawing {
    fn url(&self) -> String {
        crate::health_board::url(&self.org)
    }

    fn all_url(&self) -> Option<String> {
        (self.has_more && !self.asked.is_all()).then(|| self.asked.all(&self.url()))
    }

    fn previous(&self) -> Option<String> {
        self.asked.is_later().then(|| self.asked.first(&self.url()))
    }

    fn next(&self) -> Option<String> {
        let last = self.lines().last().filter(|_| self.has_more)?;
        Some(self.asked.next(&self.url(), &last.row))
    }

    fn pack_name(&self) -> &str {
        self.pack.as_ref().map_or("", |pack| &pack.name)
    }

    /// "October", where all squads compare with a round of that month.
    fn since(&self) -> String {
        let day = self.board.since();
        day.map_or_else(|| "the check before".to_owned(), |day| day.format("%B").to_string())
    }

    fn caption(&self) -> String {
        let squads = squads(self.lines().len());
        let time = match self.asked.period() {
            Period::Latest => "the latest of each squad".to_owned(),
            period => period.title(),
        };
        format!(
            "Health of {squads}, {}: {time}, by name. Each cell has colour, change since {}, and spread of votes",
            self.pack_name(),
            self.since()
        )
    }

    /// How many squads are not in the table, where that can be said.
    fn absent(&self) -> Option<String> {
        let is_whole = self.is_whole && !self.asked.is_narrowed();
        let absent = self.squads - i64::try_from(self.board.lines.len()).unwrap_or(i64::MAX);
        let closed = "closed no health check of this pack yet";
        match absent {
            1 if is_whole => Some(format!("1 squad {closed}.")),
            2.. if is_whole => Some(format!("{absent} squads {closed}.")),
            _ => None,
        }
    }

    /// The squads of this page.
    fn lines(&self) -> &[Line] {
        &self.board.lines[self.part.clone()]
    }

    /// The squad's health over time, in this pack.
    fn squad_url(&self, line: &Line) -> String {
        let url = health::squad_url(&self.org, &line.row.slug);
        self.pack.as_ref().map_or_else(|| url.clone(), |pack| format!("{url}?pack={}", pack.slug))
    }

    /// The round whose answers a line shows, where each dimension has its place.
    fn round_url(&self, line: &Line) -> String {
        health::round_url(&self.org, &line.row.slug, line.row.round)
    }

    fn detail(&self, line: &Line) -> String {
        let row = &line.row;
        let said = format!("{} of {} answered", row.answered, row.eligible);
        match self.asked.period() {
            Period::Month(_) => said,
            Period::Latest | Period::Quarter(_) => {
                format!("{said}, {}", row.closed_on.format("%b %Y"))
            }
        }
    }

    fn column(&self, place: usize) -> &str {
        &self.board.columns[place].name
    }

    fn cell_url(&self, line: usize, column: usize) -> String {
        let id = self.board.columns[column].id;
        format!("{}#d-{id}", self.round_url(&self.board.lines[line]))
    }

    fn squad(&self, line: usize) -> &str {
        &self.board.lines[line].row.name
    }

    /// "Heat Pump Care: Skills, Decision rights and 2 more".
    fn drift_title(&self, drift: &Drift) -> String {
        let of = drift.columns.iter().take(NAMED).map(|column| self.column(*column));
        let named: Vec<_> = of.collect();
        let more = drift.columns.len() - named.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}: {}{more}", self.squad(drift.line), named.join(", "))
    }

    fn drift_url(&self, drift: &Drift) -> String {
        self.cell_url(drift.line, drift.columns[0])
    }

    fn drift_why(&self, drift: &Drift) -> String {
        match &drift.columns[..] {
            [first, _, ..] => format!("{}: {}", self.column(*first), drift.why),
            _ => drift.why.to_string(),
        }
    }

    fn apart_title(&self, apart: &Apart) -> String {
        format!("{}: {}", self.squad(apart.line), self.column(apart.column))
    }

    fn apart_url(&self, apart: &Apart) -> String {
        self.cell_url(apart.line, apart.column)
    }

    /// What is seen of a squad in each dimension; `href` is the round's address.
    fn cells<'a>(&'a self, line: &'a Line, href: &str) -> askama::Result<Cells<'a>> {
        let href = escape(href, Html)?.to_string();
        Ok(Cells { line, href, anchors: &self.anchors, looks: &self.looks })
    }

    fn fell_most(&self) -> Option<(&str, usize, usize)> {
        fell_most(&self.board).map(|(column, fell, of)| (self.column(column), fell, of))
    }

    /// Whose the sums are: "All 120 squads".
    fn summed(&self) -> String {
        match (self.board.lines.len(), self.is_whole) {
            (1, _) => "This squad".to_owned(),
            (n, true) => format!("All {n} squads"),
            (n, false) => format!("These {n} squads"),
        }
    }

    /// What the lists leave out, where they do not look at all squads.
    fn leaves_out(&self) -> Option<String> {
        let n = self.board.lines.len();
        (!self.is_whole)
            .then(|| format!("Among the {n} squads above only. Choose an area to see others."))
    }

    /// What the list of answers that are far apart is for.
    fn apart_sub(&self) -> String {
        let why = "The squad sees it in different ways: worth a conversation, whatever the colour.";
        self.leaves_out().map_or_else(|| why.to_owned(), |left| format!("{why} {left}"))
    }

    /// "Across all squads", "Across these squads".
    fn across_whom(&self) -> &'static str {
        let is_all = self.is_whole && !self.asked.is_narrowed();
        if is_all { "Across all squads" } else { "Across these squads" }
    }

    fn said(apart: &Apart) -> Said {
        Said(apart.counts)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn bar(of: &(i16, i16, i16)) -> Bar {
        Bar(*of)
    }

    /// Up to the month in which the newest of all rounds here was closed.
    fn months(&self, line: &Line) -> Picture {
        Picture::new(line.row.months(), line.row.closed_on, self.newest)
    }
}

/// "1 squad", "8 squads".
fn squads(n: usize) -> String {
    if n == 1 { "1 squad".to_owned() } else { format!("{n} squads") }
}

/// A bar of answers among the page's own pictures, by its counts.
struct Bar((i16, i16, i16));

impl HtmlSafe for Bar {}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (green, amber, red) = self.0;
        write!(f, "<g id=\"b{green}-{amber}-{red}\">")?;
        let of = (green + amber + red).max(1);
        let mut below = 0;
        for (class, count) in [("vg", green), ("va", amber), ("vr", red)] {
            if count > 0 {
                let (from, to) = (below * BAR / of, (below + count) * BAR / of);
                write!(f, "<path class=\"{class}\" d=\"M{from} 24H{to}\"/>")?;
            }
            below += count;
        }
        f.write_str("</g>")
    }
}

/// What a cell looks like and says: all cells that agree in this do.
type Key = (Colour, Option<Trend>, bool, (i16, i16, i16));

fn key(cell: &Cell) -> Key {
    (cell.colour(), cell.trend(), cell.is_agreed(), counts(cell))
}

/// The cells of a page, each look written once: there are far fewer than cells.
#[derive(Default)]
struct Looks(HashMap<Key, String>);

impl Looks {
    fn of(board: &Board, part: &Range<usize>) -> Self {
        let mut looks = HashMap::new();
        for (_, _, cell) in board.cells().filter(|(line, ..)| part.contains(line)) {
            looks.entry(key(cell)).or_insert_with(|| look(cell));
        }
        Self(looks)
    }

    fn bars(&self) -> BTreeSet<(i16, i16, i16)> {
        self.0.keys().map(|(.., counts)| *counts).collect()
    }
}

/// The picture of a cell, its shape with the arrow and its bar, and its words; nothing of them needs escaping.
fn look(cell: &Cell) -> String {
    let (green, amber, red) = counts(cell);
    let shape = letter(cell.colour());
    let arrow = cell.trend().map_or("", direction);
    format!(
        "<svg><use href=\"#{shape}{arrow}\"/><use href=\"#b{green}-{amber}-{red}\"/></svg><i>{cell}</i></a></td>"
    )
}

/// The cells of a squad. They are the most of the page, so they are put together from what is written already.
struct Cells<'a> {
    line: &'a Line,
    href: String,
    anchors: &'a [String],
    looks: &'a Looks,
}

impl HtmlSafe for Cells<'_> {}

impl fmt::Display for Cells<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (seen, anchor) in self.line.seen.iter().zip(self.anchors) {
            let (class, look) = match seen {
                Seen::Shown(cell) => {
                    let look = self.looks.0.get(&key(cell));
                    (cell.colour().class(), look.map_or("", String::as_str))
                }
                Seen::TooFew => ("few", ""),
                Seen::NotAsked => {
                    f.write_str("<td class=\"na\">–<i> not asked</i></td>")?;
                    continue;
                }
            };
            for part in ["<td class=\"", class, "\"><a href=\"", &self.href, anchor, look] {
                f.write_str(part)?;
            }
            if *seen == Seen::TooFew {
                let least = self.line.row.threshold;
                write!(f, "too few<i> answers: fewer than {least} are never shown</i></a></td>")?;
            }
        }
        Ok(())
    }
}

fn letter(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "g",
        Colour::Amber => "a",
        Colour::Red => "r",
    }
}

fn direction(trend: Trend) -> &'static str {
    match trend {
        Trend::Better => "u",
        Trend::Same => "s",
        Trend::Worse => "w",
    }
}
