//! The table as a file: what is visible on the page, and no more.

use axum::extract::State;
use axum::response::Response;
use sqlx::PgPool;

use super::asked::Asked;
use crate::error::Result;
use crate::health_board::db;
use crate::health_board::domain::{Board, Cell, Line, Seen, trend_words};
use crate::organizations::Visitor;
use crate::web::{Query, csv as file};

const HEAD: [&str; 13] = [
    "squad",
    "closed_on",
    "answered",
    "members",
    "dimension",
    "colour",
    "trend",
    "well",
    "some_trouble",
    "need_help",
    "agreed",
    "colour_before",
    "shown",
];

// GET /o/{org}/health.csv

pub async fn csv(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let tenant = visitor.tenant();
    let packs = db::packs(&pool, tenant).await?;
    let (name, board) = match asked.pack(&packs) {
        Some(pack) => {
            let mut rows = db::rows(&pool, tenant, &asked.part(pack)).await?;
            rows.truncate(asked.size());
            (pack.slug.clone(), Board::of(pack.columns.clone(), rows))
        }
        None => ("health".to_owned(), Board::default()),
    };
    let lines = board.lines.iter().flat_map(|line| lines(&board, line));
    let head = HEAD.map(str::to_owned).to_vec();
    file::download(&format!("{name}.csv"), std::iter::once(head).chain(lines))
}

/// A line for each dimension that the squad was asked.
fn lines<'a>(board: &'a Board, line: &'a Line) -> impl Iterator<Item = Vec<String>> {
    let row = &line.row;
    let asked = board.columns.iter().zip(&line.seen).filter(|(_, seen)| **seen != Seen::NotAsked);
    asked.map(move |(column, seen)| {
        let mut cells = vec![
            row.name.clone(),
            row.closed_on.to_string(),
            row.answered.to_string(),
            row.eligible.to_string(),
            column.name.clone(),
        ];
        if let Some(cell) = seen.cell() {
            cells.extend(shown(cell));
        } else {
            cells.extend([const { String::new() }; 7]);
            cells.push(format!("no, fewer than {} answers", row.threshold));
        }
        cells
    })
}

fn shown(cell: &Cell) -> [String; 8] {
    let counts = cell.now.counts;
    [
        cell.colour().word().to_owned(),
        cell.trend().map_or_else(String::new, |trend| trend_words(trend).to_owned()),
        counts.green.to_string(),
        counts.amber.to_string(),
        counts.red.to_string(),
        if cell.now.is_agreed() { "yes" } else { "no" }.to_owned(),
        cell.before().map_or_else(String::new, |colour| colour.word().to_owned()),
        "yes".to_owned(),
    ]
}
