//! The table of squads by dimensions, and what is counted down a dimension.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use super::hiding::complement;
use crate::health::{Colour, Counts, Outcome, Trend, Trends};
use crate::ids::{DimensionId, RoundId, TeamId};

/// How many bytes a row has for each dimension, and for each month.
const CELL: usize = 12;
const MONTH: usize = 4;
/// How many months a row tells of.
pub const MONTHS: usize = 6;

/// What is kept of a squad's newest round of a pack in a month.
#[derive(Debug, Clone)]
pub struct Row {
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// The round.
    pub round: RoundId,
    /// When it was closed.
    pub closed_on: NaiveDate,
    /// How many could have answered.
    pub eligible: i16,
    /// How many did.
    pub answered: i16,
    /// How many have to, before anything is shown.
    pub threshold: i16,
    /// Whether enough did.
    pub is_shown: bool,
    /// When the round before it that is shown was closed.
    pub before_on: Option<NaiveDate>,
    /// What was asked.
    pub dimensions: Vec<DimensionId>,
    /// The answers, as migrations/0255 packs them.
    pub cells: Vec<u8>,
    /// Six months of colours, as migrations/0255 packs them.
    pub months: Vec<u8>,
}

/// What is seen of a dimension in a squad's round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The answers.
    Shown(Cell),
    /// Too few answered.
    TooFew,
    /// It was not asked.
    NotAsked,
}

impl Seen {
    /// The answers, where they are shown.
    pub fn cell(&self) -> Option<&Cell> {
        match self {
            Self::Shown(cell) => Some(cell),
            Self::TooFew | Self::NotAsked => None,
        }
    }
}

/// A dimension of a round that is shown, and the same of the round before where the words were the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// This round.
    pub now: Outcome,
    /// The round before it.
    pub before: Option<Outcome>,
    colour: Colour,
}

impl Cell {
    /// A cell, if anybody answered.
    pub fn new(now: Outcome, before: Option<Outcome>) -> Option<Self> {
        let colour = now.colour().filter(|_| now.counts.total() > 0)?;
        Some(Self { now, before: before.filter(|before| before.colour().is_some()), colour })
    }

    /// The colour that is shown.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// The arrow that is shown.
    pub fn trend(&self) -> Option<Trend> {
        self.now.trend()
    }

    /// Whether the squad agreed on another colour than most gave.
    pub fn is_agreed(&self) -> bool {
        self.now.agreed_colour.is_some() && self.now.counts.most() != Some(self.colour)
    }

    /// The colour of the round before.
    pub fn before(&self) -> Option<Colour> {
        self.before.and_then(|before| before.colour())
    }

    /// Whether the colour is worse than in the round before.
    pub fn fell(&self) -> bool {
        self.before().is_some_and(|before| self.colour > before)
    }
}

/// A cell in words: "Going well, getting better. 7 well, 1 some trouble".
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.colour.title())?;
        if let Some(trend) = self.trend() {
            f.write_str(", ")?;
            f.write_str(trend_words(trend))?;
        }
        if self.is_agreed() {
            f.write_str(", as the squad agreed")?;
        }
        write!(f, ". {}", Said(self.now.counts))
    }
}

/// Answers in words: "7 well, 1 needs help". What nobody said goes without saying.
#[derive(Debug, Clone, Copy)]
pub struct Said(pub Counts);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { green, amber, red } = self.0;
        let needs = if red == 1 { "needs help" } else { "need help" };
        let said = [(green, "well"), (amber, "some trouble"), (red, needs)];
        for (n, (count, words)) in said.into_iter().filter(|(count, _)| *count > 0).enumerate() {
            write!(f, "{}{count} {words}", if n > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// An arrow in words.
pub fn trend_words(trend: Trend) -> &'static str {
    match trend {
        Trend::Better => "getting better",
        Trend::Same => "same as before",
        Trend::Worse => "getting worse",
    }
}

/// The colours of a month: how many dimensions had each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Month {
    /// Green.
    pub green: u8,
    /// Amber.
    pub amber: u8,
    /// Red.
    pub red: u8,
    /// Too few answered.
    pub hidden: u8,
}

impl Month {
    /// How many dimensions were asked.
    pub fn asked(self) -> u8 {
        self.green.saturating_add(self.amber).saturating_add(self.red).saturating_add(self.hidden)
    }
}

fn colour_at(place: u8) -> Option<Colour> {
    Colour::ALL.get(usize::from(place).checked_sub(1)?).copied()
}

fn trend_at(place: u8) -> Option<Trend> {
    Trend::ALL.get(usize::from(place).checked_sub(1)?).copied()
}

fn counts(of: &[u8]) -> Counts {
    Counts { green: of[0].into(), amber: of[1].into(), red: of[2].into() }
}

fn cell(of: &[u8]) -> Option<Cell> {
    let now = Outcome {
        counts: counts(&of[..3]),
        trends: Trends { better: of[3].into(), same: of[4].into(), worse: of[5].into() },
        agreed_colour: colour_at(of[6]),
        agreed_trend: trend_at(of[7]),
    };
    let before = Outcome {
        counts: counts(&of[8..11]),
        agreed_colour: colour_at(of[11]),
        ..Outcome::default()
    };
    Cell::new(now, (before.counts.total() > 0).then_some(before))
}

impl Row {
    /// What is seen of a dimension. H6: of a round that is not shown, and of a dimension with fewer answers than it takes, nothing,
    /// whatever is kept.
    pub fn seen(&self, dimension: DimensionId) -> Seen {
        self.dimensions
            .iter()
            .position(|one| *one == dimension)
            .map_or(Seen::NotAsked, |place| self.seen_at(place))
    }

    /// The same of the dimension that has this place in the round.
    fn seen_at(&self, place: usize) -> Seen {
        let bytes = self.cells.get(place * CELL..(place + 1) * CELL);
        let cell = bytes.filter(|_| self.is_shown).and_then(cell);
        match cell.filter(|cell| cell.now.counts.total() >= self.threshold) {
            Some(cell) => Seen::Shown(cell),
            None => Seen::TooFew,
        }
    }

    /// The six months up to this one, the oldest first.
    pub fn months(&self) -> [Month; MONTHS] {
        let month = |n: usize| match self.months.get(n * MONTH..(n + 1) * MONTH) {
            Some([green, amber, red, hidden]) => {
                Month { green: *green, amber: *amber, red: *red, hidden: *hidden }
            }
            _ => Month::default(),
        };
        std::array::from_fn(month)
    }

    /// Why nothing is shown.
    pub fn reason(&self) -> String {
        format!(
            "{} of {} answered. Fewer than {} answers are never shown.",
            self.answered, self.eligible, self.threshold
        )
    }
}

/// A dimension of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its id.
    pub id: DimensionId,
    /// Its name.
    pub name: String,
    /// Whether no new round asks it.
    pub is_ended: bool,
}

/// A squad in the table.
#[derive(Debug, Clone)]
pub struct Line {
    /// What is kept of its round.
    pub row: Row,
    /// What is seen of each dimension of the table.
    pub seen: Vec<Seen>,
}

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// Dimensions.
    pub columns: Vec<Column>,
    /// Squads, by name.
    pub lines: Vec<Line>,
}

impl Board {
    /// The table of these rows, which are in their order. Dimensions that have ended stand in it only where somebody was asked.
    pub fn of(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        let is_asked = |column: &Column| rows.iter().any(|row| row.dimensions.contains(&column.id));
        let columns: Vec<_> =
            columns.into_iter().filter(|column| !column.is_ended || is_asked(column)).collect();
        // Most rounds asked the same: where a column stands in one, it stands in the next.
        let (mut asked, mut places) = (vec![], vec![None; columns.len()]);
        let lines = rows
            .into_iter()
            .map(|row| {
                if row.dimensions != asked {
                    asked.clone_from(&row.dimensions);
                    let place = |column: &Column| asked.iter().position(|id| *id == column.id);
                    places = columns.iter().map(place).collect();
                }
                let seen = |place: &Option<usize>| {
                    place.map_or(Seen::NotAsked, |place| row.seen_at(place))
                };
                Line { seen: places.iter().map(seen).collect(), row }
            })
            .collect();
        let mut board = Self { columns, lines };
        board.hide();
        board
    }

    /// Hides with each hidden cell what would tell it.
    fn hide(&mut self) {
        for column in 0..self.columns.len() {
            let places = 0..self.lines.len();
            let hidden: BTreeSet<usize> =
                places.filter(|n| self.lines[*n].seen[column] == Seen::TooFew).collect();
            if hidden.is_empty() {
                continue;
            }
            let sum = self.summed(column);
            for place in complement(&[sum], &hidden).0 {
                self.lines[place].seen[column] = Seen::TooFew;
            }
        }
    }

    /// The squads that are counted down a dimension, by their places: those whose answers are shown.
    fn summed(&self, column: usize) -> Vec<usize> {
        let lines = self.lines.iter().enumerate();
        lines.filter(|(_, line)| line.seen[column].cell().is_some()).map(|(n, _)| n).collect()
    }

    /// What is counted down a dimension.
    pub fn across(&self, column: usize) -> Across {
        let cells = self.lines.iter().map(|line| &line.seen[column]);
        Across {
            hidden: cells.filter(|seen| **seen == Seen::TooFew).count(),
            ..Across::of(
                self.summed(column).iter().filter_map(|n| self.lines[*n].seen[column].cell()),
            )
        }
    }

    /// The cells that are shown, with their squads and dimensions by their places.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, &Cell)> {
        self.lines.iter().enumerate().flat_map(|(n, line)| {
            let seen = line.seen.iter().enumerate();
            seen.filter_map(move |(column, seen)| Some((n, column, seen.cell()?)))
        })
    }

    /// The day of the round before, if all squads that had one had it in the same month.
    pub fn since(&self) -> Option<NaiveDate> {
        use chrono::Datelike;
        let mut days = self.lines.iter().filter_map(|line| line.row.before_on);
        let first = days.next()?;
        let is_same = |day: NaiveDate| (day.year(), day.month()) == (first.year(), first.month());
        days.all(is_same).then_some(first)
    }
}

/// How many squads say what of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Across {
    /// Going well.
    pub green: usize,
    /// Some trouble.
    pub amber: usize,
    /// Needs help.
    pub red: usize,
    /// Too few answered.
    pub hidden: usize,
    /// Worse than in the round before.
    pub fell: usize,
    /// Had a round before.
    pub compared: usize,
}

impl Across {
    /// What is counted over cells that are shown.
    pub fn of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Self {
        cells.fold(Self::default(), |mut across, cell| {
            match cell.colour() {
                Colour::Green => across.green += 1,
                Colour::Amber => across.amber += 1,
                Colour::Red => across.red += 1,
            }
            across.fell += usize::from(cell.fell());
            across.compared += usize::from(cell.before().is_some());
            across
        })
    }

    /// How many of them are shown.
    pub fn shown(&self) -> usize {
        self.green + self.amber + self.red
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    pub fn dimension(n: u128) -> DimensionId {
        DimensionId(Uuid::from_u128(n))
    }

    pub fn column(n: u128) -> Column {
        Column { id: dimension(n), name: format!("Dimension {n}"), is_ended: false }
    }

    /// A squad's row with these cells, one for each dimension from 0 on.
    pub fn row(n: u128, cells: &[[u8; CELL]]) -> Row {
        let answered =
            cells.iter().map(|cell| i16::from(cell[0] + cell[1] + cell[2])).max().unwrap_or(0);
        Row {
            team: TeamId(Uuid::from_u128(n)),
            name: format!("Squad {n}"),
            slug: format!("squad-{n}"),
            round: RoundId(Uuid::from_u128(n)),
            closed_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            eligible: 8,
            answered,
            threshold: 4,
            is_shown: answered >= 4,
            before_on: None,
            dimensions: (0..cells.len()).map(|n| dimension(n as u128)).collect(),
            cells: cells.concat(),
            months: vec![0; MONTHS * MONTH],
        }
    }

    #[test]
    fn a_cell_says_what_it_is_in_words() {
        let said = |bytes: [u8; CELL]| cell(&bytes).map(|cell| cell.to_string());
        assert_eq!(
            said([7, 1, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0]).unwrap(),
            "Going well, getting better. 7 well, 1 some trouble"
        );
        assert_eq!(
            said([4, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0]).unwrap(),
            "Some trouble, getting worse, as the squad agreed. 4 well"
        );
        assert_eq!(
            said([0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap(),
            "Some trouble. 3 some trouble, 1 needs help"
        );
        assert_eq!(said([0; CELL]), None);
    }

    #[test]
    fn a_colour_falls_only_against_a_round_before() {
        let fell = |bytes: [u8; CELL]| cell(&bytes).unwrap().fell();
        assert!(!fell([0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert!(fell([0, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]));
        assert!(!fell([0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]));
        // Both agreed on something else than most said.
        assert!(fell([4, 0, 0, 0, 0, 0, 3, 0, 0, 4, 0, 1]));
    }

    #[test]
    fn a_dimension_that_has_ended_stays_where_somebody_was_asked() {
        let ended = |n| Column { is_ended: true, ..column(n) };
        let asked = row(1, &[[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]);
        let board = Board::of(vec![ended(0), ended(1), column(2)], vec![asked]);
        assert_eq!(board.columns.len(), 2);
        assert!(matches!(board.lines[0].seen[0], Seen::Shown(_)));
        assert_eq!(board.lines[0].seen[1], Seen::NotAsked);
    }

    #[test]
    fn months_are_read_as_they_are_packed() {
        let mut row = row(1, &[]);
        row.months[20..].copy_from_slice(&[6, 3, 1, 1]);
        let last = row.months()[5];
        assert_eq!(last, Month { green: 6, amber: 3, red: 1, hidden: 1 });
        assert_eq!((last.asked(), row.months()[0]), (11, Month::default()));
    }

    fn sums(of: Across) -> [i64; 5] {
        [of.green, of.amber, of.red, of.fell, of.compared].map(|n| i64::try_from(n).unwrap())
    }

    /// What is left of a sum when everything that is shown beside it is taken away: of this a hidden squad could be told.
    fn left(sum: Across, board: &Board, column: usize) -> [i64; 5] {
        let cells = board.cells().filter(|(_, at, _)| *at == column).map(|(.., cell)| cell);
        let (sum, shown) = (sums(sum), sums(Across::of(cells)));
        std::array::from_fn(|n| sum[n] - shown[n])
    }

    #[test]
    fn taking_away_what_is_shown_would_tell_a_hidden_squad_of_a_sum_that_has_it() {
        let kept = [[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0]];
        let rows = vec![row(1, &kept[..1]), row(2, &kept[1..])];
        let board = Board::of(vec![column(0)], rows);
        assert_eq!(board.lines[1].seen[0], Seen::TooFew);

        let whole = kept.map(|bytes| cell(&bytes).unwrap());
        assert_eq!(
            left(Across::of(whole.iter()), &board, 0),
            [0, 0, 1, 1, 1],
            "the second is red, and fell"
        );
        assert_eq!(left(board.across(0), &board, 0), [0; 5], "the table's own sum has it not");
    }

    fn packed() -> impl Strategy<Value = [u8; CELL]> {
        (prop::array::uniform6(0_u8..4), 0_u8..4, 0_u8..4, prop::array::uniform3(0_u8..4), 0_u8..4)
            .prop_map(|(a, colour, trend, b, before)| {
                [a[0], a[1], a[2], a[3], a[4], a[5], colour, trend, b[0], b[1], b[2], before]
            })
    }

    proptest! {
        /// H6: whatever is kept of hidden answers, everything that is shown is the same.
        #[test]
        fn what_is_hidden_changes_nothing_that_is_shown(
            squads in prop::collection::vec((prop::collection::vec(packed(), 3), any::<bool>()), 1..7),
            others in prop::collection::vec(prop::collection::vec(packed(), 3), 7),
        ) {
            let rows = |other: bool| -> Vec<Row> {
                squads.iter().enumerate().map(|(n, (cells, is_shown))| {
                    let few = |cell: &[u8; CELL]| cell[0] + cell[1] + cell[2] < 4;
                    let cells: Vec<_> = cells.iter().zip(&others[n]).map(|(cell, another)| {
                        let is_hidden = !is_shown || few(cell);
                        let may_be_another = !is_shown || few(another);
                        if other && is_hidden && may_be_another { *another } else { *cell }
                    }).collect();
                    Row { answered: if *is_shown { 8 } else { 3 }, is_shown: *is_shown, ..row(n as u128, &cells) }
                }).collect()
            };
            let columns = || (0..3).map(column).collect();
            let (one, two) = (Board::of(columns(), rows(false)), Board::of(columns(), rows(true)));
            for column in 0..3 {
                prop_assert_eq!(one.across(column), two.across(column));
                for (a, b) in one.lines.iter().zip(&two.lines) {
                    prop_assert_eq!(&a.seen[column], &b.seen[column]);
                }
            }
            prop_assert_eq!(super::super::drifting(&one), super::super::drifting(&two));
            prop_assert_eq!(super::super::far_apart(&one), super::super::far_apart(&two));
        }

        /// H6, as somebody would try it who sees the table: taking what is shown from the sums, and one table from another that has a
        /// hidden squad less.
        #[test]
        fn nothing_of_a_hidden_squad_is_found_by_subtraction(
            squads in prop::collection::vec((prop::collection::vec(packed(), 3), any::<bool>()), 1..7),
        ) {
            let rows: Vec<Row> = squads.iter().enumerate().map(|(n, (cells, is_shown))| {
                Row { answered: if *is_shown { 8 } else { 3 }, is_shown: *is_shown, ..row(n as u128, cells) }
            }).collect();
            let columns = || (0..3).map(column).collect();
            let board = Board::of(columns(), rows.clone());
            for column in 0..3 {
                prop_assert_eq!(left(board.across(column), &board, column), [0; 5]);
                for (n, line) in board.lines.iter().enumerate().filter(|(_, line)| line.seen[column] == Seen::TooFew) {
                    let others = rows.iter().filter(|row| row.team != line.row.team).cloned().collect();
                    let without = Board::of(columns(), others);
                    prop_assert_eq!(sums(board.across(column)), sums(without.across(column)), "squad {}", n);
                }
            }
        }

        /// Down a dimension each squad is counted once, and hidden ones as hidden.
        #[test]
        fn every_squad_that_was_asked_is_counted_once(cells in prop::collection::vec(packed(), 0..9)) {
            let rows = cells.iter().enumerate().map(|(n, cell)| row(n as u128, &[*cell])).collect();
            let board = Board::of(vec![column(0)], rows);
            let across = board.across(0);
            prop_assert_eq!(across.shown() + across.hidden, cells.len());
            prop_assert_eq!(across.shown(), board.cells().count());
            prop_assert!(across.fell <= across.compared && across.compared <= across.shown());
        }
    }
}
