//! What is worth a conversation: dimensions that drift, and answers that are far apart. Squads stand in the order of their names.

use std::fmt;

use super::board::{Board, Cell};
use crate::health::{Colour, Counts, Trend};

/// How many squads, and how many cells, a list has.
const SQUADS: usize = 8;
const CELLS: usize = 6;
/// In so many squads a dimension has to fall before it is said of all of them.
const FALLS: usize = 2;

/// A squad in which something drifts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The squad, by its place in the table.
    pub line: usize,
    /// The dimensions, by their places.
    pub columns: Vec<usize>,
    /// What happened to the first of them.
    pub why: Why,
}

/// What happened to a dimension since the round before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The squad says that it got worse: how many of how many that compared.
    Said(i16, i16),
    /// The colour is worse.
    Fell(Colour, Colour),
    /// So many more gave the second colour and so many fewer the first, and nothing else changed.
    Moved(i16, Colour, Colour),
}

fn name(colour: Colour) -> &'static str {
    colour.word()
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved(1, from, to) => {
                write!(f, "1 vote moved from {} to {}", name(*from), name(*to))
            }
            Self::Moved(n, from, to) => {
                write!(f, "{n} votes moved from {} to {}", name(*from), name(*to))
            }
            Self::Fell(from, to) => write!(f, "It fell from {} to {}", name(*from), name(*to)),
            Self::Said(n, of) => write!(f, "{n} of {of} say that it gets worse"),
        }
    }
}

/// The votes that moved to a worse colour, where as many answered and two colours changed.
fn moved(before: Counts, now: Counts) -> Option<Why> {
    if before.total() != now.total() {
        return None;
    }
    let changes = Colour::ALL.map(|colour| (colour, now.of(colour) - before.of(colour)));
    let lost = changes.iter().find(|(_, change)| *change < 0)?;
    let won = changes.iter().find(|(_, change)| *change > 0)?;
    (won.1 == -lost.1 && won.0 > lost.0).then_some(Why::Moved(won.1, lost.0, won.0))
}

/// Why a cell drifts: its colour fell, or the squad says that it gets worse.
pub fn drifts(cell: &Cell) -> Option<Why> {
    let before = cell.before?;
    if !cell.fell() && cell.trend() != Some(Trend::Worse) {
        return None;
    }
    let fell = before.colour().filter(|_| cell.fell());
    moved(before.counts, cell.now.counts)
        .or_else(|| fell.map(|before| Why::Fell(before, cell.colour())))
        .or_else(|| {
            let trends = cell.now.trends;
            (trends.worse > 0).then_some(Why::Said(trends.worse, trends.total()))
        })
}

/// The squads in which most drifts, by name, and how many others there are.
pub fn drifting(board: &Board) -> (Vec<Drift>, usize) {
    let mut all: Vec<(usize, Drift)> = vec![];
    for (line, column, cell) in board.cells() {
        let Some(why) = drifts(cell) else { continue };
        let weight = 1 + usize::from(cell.fell());
        match all.last_mut().filter(|(_, drift)| drift.line == line) {
            Some((of, drift)) => {
                *of += weight;
                drift.columns.push(column);
            }
            None => all.push((weight, Drift { line, columns: vec![column], why })),
        }
    }
    let more = all.len().saturating_sub(SQUADS);
    all.sort_by_key(|(weight, drift)| (std::cmp::Reverse(*weight), drift.line));
    all.truncate(SQUADS);
    let mut shown: Vec<_> = all.into_iter().map(|(_, drift)| drift).collect();
    shown.sort_by_key(|drift| drift.line);
    (shown, more)
}

/// A cell whose answers are far apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// The squad, by its place.
    pub line: usize,
    /// The dimension, by its place.
    pub column: usize,
    /// The answers.
    pub counts: Counts,
}

/// The cells whose answers are farthest apart, by the names of their squads, and how many others there are.
pub fn far_apart(board: &Board) -> (Vec<Apart>, usize) {
    let mut all: Vec<Apart> = board
        .cells()
        .filter(|(_, _, cell)| cell.now.counts.is_wide())
        .map(|(line, column, cell)| Apart { line, column, counts: cell.now.counts })
        .collect();
    let more = all.len().saturating_sub(CELLS);
    all.sort_by(|a, b| b.counts.spread().total_cmp(&a.counts.spread()));
    all.truncate(CELLS);
    all.sort_by_key(|apart| (apart.line, apart.column));
    (all, more)
}

/// The dimension that fell in most squads, by its place, if it did in a few: in how many, of how many.
pub fn fell_most(board: &Board) -> Option<(usize, usize, usize)> {
    let columns = (0..board.columns.len()).map(|column| (column, board.across(column)));
    let most = columns.max_by_key(|(column, across)| (across.fell, std::cmp::Reverse(*column)))?;
    (most.1.fell >= FALLS).then_some((most.0, most.1.fell, most.1.compared))
}

#[cfg(test)]
mod tests {
    use super::super::board::Row;
    use super::super::board::tests::{column, row};
    use super::*;

    fn board(rows: Vec<Row>) -> Board {
        let columns = rows.iter().map(|row| row.dimensions.len()).max().unwrap_or(0);
        Board::of((0..columns).map(|n| column(n as u128)).collect(), rows)
    }

    #[test]
    fn votes_move_where_as_many_answered_and_two_colours_changed() {
        let counts = |green, amber, red| Counts { green, amber, red };
        let said = |before, now| moved(before, now).map(|why| why.to_string());
        assert_eq!(
            said(counts(2, 4, 0), counts(2, 2, 2)).unwrap(),
            "2 votes moved from amber to red"
        );
        assert_eq!(
            said(counts(2, 4, 0), counts(1, 4, 1)).unwrap(),
            "1 vote moved from green to red"
        );
        assert_eq!(said(counts(2, 4, 0), counts(4, 2, 0)), None, "for the better");
        assert_eq!(said(counts(2, 4, 0), counts(2, 4, 1)), None, "one more answered");
        assert_eq!(said(counts(4, 1, 0), counts(2, 2, 1)), None, "three colours changed");
    }

    #[test]
    fn a_squad_stands_in_the_list_once_and_in_the_order_of_names() {
        let fell = [1, 1, 3, 0, 0, 0, 0, 0, 4, 1, 0, 0];
        let said = [3, 2, 0, 0, 1, 4, 0, 0, 3, 2, 0, 0];
        let well = [5, 0, 0, 4, 1, 0, 0, 0, 5, 0, 0, 0];
        let board =
            board(vec![row(1, &[said, well]), row(2, &[well, well]), row(3, &[fell, fell])]);
        let (drifts, more) = drifting(&board);
        assert_eq!(more, 0);
        let lines: Vec<_> = drifts.iter().map(|drift| (drift.line, drift.columns.len())).collect();
        assert_eq!(lines, [(0, 1), (2, 2)]);
        assert_eq!(drifts[0].why.to_string(), "4 of 5 say that it gets worse");
        assert_eq!(drifts[1].why.to_string(), "3 votes moved from green to red");
        assert_eq!(fell_most(&board), None, "one squad is no pattern");
    }

    #[test]
    fn a_dimension_that_falls_in_two_squads_is_said_of_all() {
        let fell = [1, 1, 3, 0, 0, 0, 0, 0, 4, 1, 0, 0];
        let first = [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let hidden = [1, 0, 2, 0, 0, 0, 0, 0, 5, 0, 0, 0];
        let rows = vec![row(1, &[fell]), row(2, &[fell]), row(3, &[first]), row(4, &[hidden])];
        assert_eq!(
            fell_most(&board(rows)),
            Some((0, 2, 2)),
            "two had a round before and are shown"
        );
    }

    #[test]
    fn answers_are_far_apart_where_many_say_green_and_many_red() {
        let apart = [3, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let near = [3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let board = board(vec![row(1, &[near, apart]), row(2, &[apart, near])]);
        let (cells, more) = far_apart(&board);
        let places: Vec<_> = cells.iter().map(|cell| (cell.line, cell.column)).collect();
        assert_eq!((places, more), (vec![(0, 1), (1, 0)], 0));
    }

    #[test]
    fn long_lists_are_cut_and_the_rest_is_counted() {
        let fell = [0, 0, 5, 0, 0, 0, 0, 0, 5, 0, 0, 0];
        let apart = [3, 0, 3, 0, 0, 0, 0, 0, 3, 0, 3, 0];
        let rows = (0..20).map(|n| row(n, &[fell, apart])).collect();
        let board = board(rows);
        assert_eq!((drifting(&board).0.len(), drifting(&board).1), (8, 12));
        assert_eq!((far_apart(&board).0.len(), far_apart(&board).1), (6, 14));
    }
}
