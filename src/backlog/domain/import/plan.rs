//! What becomes of each row of a file. Nothing of what is in the backlog is changed: a row whose item is there already says so.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::cells::{Target, Values, compared};
use super::{Choice, Field, Sheet, Tool};
use crate::backlog::domain::words::{
    Breadth, Class, Effect, ItemKey, ItemTitle, NoSuchWord, Stage, Why, words,
};
use crate::tabular::Line;

/// The most characters of a title.
const MAX_TITLE: usize = 160;
/// The most characters of why it matters.
const MAX_WHY: usize = 4000;
/// The most characters of an effect.
const MAX_EFFECT: usize = 1000;
/// The most characters of a key.
const MAX_SOURCE: usize = 200;

words!(
    /// What becomes of a row.
    RowOutcome, "outcome",
    /// It becomes an item.
    New = "new", "New";
    /// Its item is there.
    Here = "here", "Already here";
    /// It was chosen to stay out.
    LeftOut = "left_out", "Left out";
    /// It cannot come in.
    Refused = "refused", "Refused";
);

impl RowOutcome {
    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::New => "good",
            Self::Here | Self::LeftOut => "line",
            Self::Refused => "bad",
        }
    }
}

/// A row and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The line of the file.
    pub line: usize,
    /// What it is about.
    pub title: String,
    /// What becomes of it.
    pub outcome: RowOutcome,
    /// Where its item comes to stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The number of its item, where that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<i32>,
    /// Why, or what is to be known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub says: String,
}

/// An item on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The line of the file.
    pub line: usize,
    /// By which it is known again.
    pub source: String,
    /// What it is about.
    pub title: ItemTitle,
    /// Why it matters.
    pub why: Why,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// How it is treated.
    pub class: Class,
    /// Where it stands.
    pub stage: Stage,
    /// What became of it.
    pub effect: Option<Effect>,
}

/// How many rows come out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows that become items.
    pub new: usize,
    /// Rows whose items are there.
    pub here: usize,
    /// Rows that were chosen to stay out.
    pub left_out: usize,
    /// Rows that cannot come in.
    pub refused: usize,
}

impl Tally {
    /// Of one outcome.
    pub fn of(self, outcome: RowOutcome) -> usize {
        match outcome {
            RowOutcome::New => self.new,
            RowOutcome::Here => self.here,
            RowOutcome::LeftOut => self.left_out,
            RowOutcome::Refused => self.refused,
        }
    }
}

/// An item of the product that may be meant by a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it is about.
    pub title: String,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
}

/// What of a file is in the backlog already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Here {
    /// What the keys of the product begin with.
    pub product: String,
    /// The numbers of the items with these sources.
    pub sources: HashMap<String, i32>,
    /// The items with the numbers that the product's own export names.
    pub numbers: HashMap<i32, Known>,
}

/// What a file would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Row by row, as they stand in the file.
    pub rows: Vec<Row>,
    /// The new items in the order in which they come to stand.
    pub items: Vec<Incoming>,
}

impl Plan {
    /// How many rows come out how.
    pub fn tally(&self) -> Tally {
        tally(&self.rows)
    }

    /// Its rows, those that became items with the numbers that these got, by their lines.
    pub fn numbered(self, numbers: &HashMap<usize, i32>) -> Vec<Row> {
        let mut rows = self.rows;
        for row in &mut rows {
            row.item = row.item.or_else(|| numbers.get(&row.line).copied());
        }
        rows
    }
}

impl Tally {
    /// How many of these rows come out how.
    pub fn count(rows: &[Row]) -> Self {
        tally(rows)
    }
}

fn tally(rows: &[Row]) -> Tally {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    Tally {
        new: count(RowOutcome::New),
        here: count(RowOutcome::Here),
        left_out: count(RowOutcome::LeftOut),
        refused: count(RowOutcome::Refused),
    }
}

/// A row as it is read by a choice.
struct Reading<'a> {
    choice: &'a Choice,
    line: &'a Line,
}

impl<'a> Reading<'a> {
    fn cell(&self, field: Field) -> &'a str {
        let at = self.choice.column(field);
        at.and_then(|at| self.line.cells.get(at)).map_or("", String::as_str)
    }

    fn title(&self) -> String {
        self.cell(Field::Title).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn source(&self) -> String {
        Values::source(self.choice.tool, self.cell(Field::Key), &self.title())
    }

    /// The number in the product, of a row of its own export.
    fn number(&self, product: &str) -> Option<i32> {
        let is_own = self.choice.tool == Tool::Trellis;
        is_own.then(|| ItemKey::number_in(product, self.cell(Field::Key))).flatten()
    }
}

/// By what the items of a file would be found: their sources, and the numbers of the product's own export.
pub fn sought(sheet: &Sheet, choice: &Choice, product: &str) -> (Vec<String>, Vec<i32>) {
    let readings = || sheet.lines.iter().map(|line| Reading { choice, line });
    let sources = readings().map(|reading| reading.source()).collect();
    (sources, readings().filter_map(|reading| reading.number(product)).collect())
}

/// What a file does by a choice, where this is there already.
pub fn plan(sheet: &Sheet, choice: &Choice, here: &Here) -> Plan {
    let mut planner = Planner {
        sheet,
        choice,
        here,
        labels: alike(sheet, choice.column(Field::Labels)),
        proposed_at: sheet.column("proposed_at"),
        lines: HashMap::new(),
    };
    let (mut rows, mut items) = (vec![], vec![]);
    for line in &sheet.lines {
        let reading = Reading { choice, line };
        let title = reading.title();
        let mut item = None;
        let (outcome, stage, says) = match planner.read(&reading, &title) {
            Ok((item, notes)) => {
                let stage = item.stage;
                items.push((reading.cell(Field::Rank), item));
                (RowOutcome::New, Some(stage), notes.join(" "))
            }
            Err((outcome, says)) => {
                if outcome == RowOutcome::Here {
                    item = planner.found(&reading, &reading.source(), &title);
                }
                (outcome, None, says)
            }
        };
        let title = if title.is_empty() {
            "A row without a title".to_owned()
        } else {
            short(&title, MAX_TITLE)
        };
        rows.push(Row { line: line.number, title, outcome, stage, item, says });
    }
    sort(&mut items);
    Plan { rows, items: items.into_iter().map(|(_, item)| item).collect() }
}

/// The columns of the same name as one.
fn alike(sheet: &Sheet, at: Option<usize>) -> Vec<usize> {
    let Some(name) = at.and_then(|at| sheet.columns.get(at)) else { return vec![] };
    (0..sheet.columns.len()).filter(|at| &sheet.columns[*at] == name).collect()
}

/// In the order of their ranks: numbers as numbers, if all are, and keys as Jira writes them by their bytes. What has none comes last.
/// Rows of one rank keep the file's order.
fn sort(items: &mut [(&str, Incoming)]) {
    let number = |rank: &str| rank.parse::<f64>().ok().filter(|number| number.is_finite());
    let are_numbers = items.iter().all(|(rank, _)| rank.is_empty() || number(rank).is_some());
    items.sort_by(|(a, _), (b, _)| match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if are_numbers => {
            let (a, b) = (number(a).unwrap_or_default(), number(b).unwrap_or_default());
            a.total_cmp(&b)
        }
        (false, false) => a.as_bytes().cmp(b.as_bytes()),
    });
}

/// The beginning of a text that is too long.
fn short(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max - 1).collect();
    format!("{}…", kept.trim_end())
}

struct Planner<'a> {
    sheet: &'a Sheet,
    choice: &'a Choice,
    here: &'a Here,
    labels: Vec<usize>,
    proposed_at: Option<usize>,
    /// The line of each source that came already.
    lines: HashMap<String, usize>,
}

type Read = Result<(Incoming, Vec<String>), (RowOutcome, String)>;

impl Planner<'_> {
    fn read(&mut self, reading: &Reading<'_>, title: &str) -> Read {
        let refused = |says: String| Err((RowOutcome::Refused, says));
        let is_wide = |line: &Line| {
            line.cells.iter().skip(self.sheet.columns.len()).any(|cell| !cell.is_empty())
        };
        if is_wide(reading.line) {
            return refused("It has more cells than there are columns. Put cells with separators into quotation marks.".to_owned());
        }
        if title.is_empty() {
            return refused("It says nothing in the column of the title.".to_owned());
        }
        let source = reading.source();
        if source.chars().count() > MAX_SOURCE {
            return refused(format!("Its key has more than {MAX_SOURCE} characters."));
        }
        if let Some(number) = self.found(reading, &source, title) {
            let key = ItemKey::new(&self.here.product, number);
            return Err((RowOutcome::Here, format!("It is here as {key}, and stays as it is.")));
        }
        if let Some(line) = self.lines.get(&source) {
            let what = if reading.cell(Field::Key).is_empty() { "title" } else { "key" };
            return refused(format!("Line {line} has the same {what}."));
        }
        let word = reading.cell(Field::State);
        let target = if word.is_empty() { Target::Proposed } else { self.choice.target(word) };
        let Some(stage) = target.stage() else {
            return Err((
                RowOutcome::LeftOut,
                format!("Rows with “{}” are left out.", short(word, 60)),
            ));
        };
        let read = self.item(reading, title, source, stage);
        if let Ok((item, _)) = &read {
            self.lines.insert(item.source.clone(), reading.line.number);
        }
        read
    }

    /// The number of the item that is meant.
    fn found(&self, reading: &Reading<'_>, source: &str, title: &str) -> Option<i32> {
        if let Some(number) = self.here.sources.get(source) {
            return Some(*number);
        }
        let number = reading.number(&self.here.product)?;
        let known = self.here.numbers.get(&number)?;
        // An item keeps the moment of its proposal whatever it is called by now; another product's number means another item.
        let moment = known.proposed_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let at =
            self.proposed_at.and_then(|at| reading.line.cells.get(at)).map_or("", String::as_str);
        (known.title == title || at == moment).then_some(number)
    }

    fn item(&self, reading: &Reading<'_>, title: &str, source: String, stage: Stage) -> Read {
        let mut notes = vec![];
        let word = reading.cell(Field::State);
        let mut stage = if Values::is_dropped(reading.cell(Field::Dropped), stage) {
            Stage::Dropped
        } else {
            stage
        };
        let description = unified(reading.cell(Field::Why));
        if stage == Stage::Ready && description.is_empty() {
            stage = Stage::Proposed;
            notes.push("It comes in as proposed, since it does not say why it matters.".to_owned());
        } else if stage == Stage::Ready && Target::is_held(word) {
            notes.push(format!("It was in “{}”: nobody assigns an item to a squad, so it waits until one pulls it.", short(word, 60)));
        }
        let mut parts = vec![];
        if title.chars().count() > MAX_TITLE {
            parts.push(title.to_owned());
            notes.push("Its title is shortened, and stands whole above why it matters.".to_owned());
        }
        parts.push(description);
        parts.push(self.labels(reading));
        parts.retain(|part| !part.is_empty());
        let why = parts.join("\n\n");
        if why.chars().count() > MAX_WHY {
            notes.push(format!("Its description is cut off after {MAX_WHY} characters."));
        }
        let refused = |error: &dyn std::fmt::Display| (RowOutcome::Refused, error.to_string());
        let title = ItemTitle::parse(&short(title, MAX_TITLE)).map_err(|error| refused(&error))?;
        let why = Why::parse(&short(&why, MAX_WHY)).map_err(|error| refused(&error))?;
        let effect = match unified(reading.cell(Field::Effect)) {
            text if text.is_empty() || stage != Stage::Done => None,
            text => {
                Some(Effect::parse(&short(&text, MAX_EFFECT)).map_err(|error| refused(&error))?)
            }
        };
        let breadth = Values::breadth(reading.cell(Field::Breadth)).unwrap_or(self.choice.breadth);
        let class = Values::class(reading.cell(Field::Class));
        let line = reading.line.number;
        Ok((Incoming { line, source, title, why, breadth, class, stage, effect }, notes))
    }

    fn labels(&self, reading: &Reading<'_>) -> String {
        let mut seen = HashSet::new();
        let cells = self.labels.iter().filter_map(|at| reading.line.cells.get(*at));
        let labels: Vec<_> = cells
            .filter(|cell| !cell.is_empty() && seen.insert(compared(cell)))
            .map(String::as_str)
            .collect();
        if labels.is_empty() { String::new() } else { format!("Labels: {}", labels.join(", ")) }
    }
}

/// A text of several lines, without what cannot be written.
fn unified(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str, here: &Here) -> Plan {
        let sheet = Sheet::read(text).unwrap();
        plan(&sheet, &Choice::of(&sheet), here)
    }

    fn said(plan: &Plan) -> String {
        let row = |row: &Row| {
            let stage = row.stage.map(|stage| format!(" ({})", stage.word())).unwrap_or_default();
            format!("{} {}{stage}: {} {}", row.line, row.outcome.word(), row.title, row.says)
                .trim_end()
                .to_owned()
        };
        plan.rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_row_says_what_becomes_of_it() {
        let text = "Summary,Issue key,Status,Description,Resolution\n\
                    One,NA-1,To Do,Calls,\n\
                    Two,NA-2,In Progress,Calls,\n\
                    Three,NA-3,To Do,,\n\
                    ,NA-4,To Do,Calls,\n\
                    Five,NA-1,To Do,Calls,\n\
                    Six,NA-6,Done,Calls,Won't Do\n\
                    Seven,NA-7,Done,,Fixed\n\
                    Eight,NA-8,To Do,Calls,,more\n\
                    Nine,NA-9,,Calls,\n";
        let here = Here {
            product: "APP".to_owned(),
            sources: [("jira:NA-9".to_owned(), 4)].into(),
            ..Here::default()
        };
        let plan = made(text, &here);
        insta::assert_snapshot!(said(&plan), @"
        2 new (ready): One
        3 new (ready): Two It was in “In Progress”: nobody assigns an item to a squad, so it waits until one pulls it.
        4 new (proposed): Three It comes in as proposed, since it does not say why it matters.
        5 refused: A row without a title It says nothing in the column of the title.
        6 refused: Five Line 2 has the same key.
        7 new (dropped): Six
        8 new (done): Seven
        9 refused: Eight It has more cells than there are columns. Put cells with separators into quotation marks.
        10 here: Nine It is here as APP-4, and stays as it is.
        ");
        assert_eq!(plan.tally(), Tally { new: 5, here: 1, left_out: 0, refused: 3 });
        assert_eq!(plan.items.len(), 5);
    }

    #[test]
    fn rows_stand_in_the_order_of_their_rank() {
        let order = |ranks: [&str; 4]| {
            let rows: Vec<_> =
                ranks.iter().enumerate().map(|(n, rank)| format!("T{n},{rank}")).collect();
            let plan = made(&format!("title,rank\n{}\n", rows.join("\n")), &Here::default());
            plan.items.iter().map(|item| item.title.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order(["10", "9", "", "1.5"]), "T3 T1 T0 T2", "numbers as numbers, none last");
        assert_eq!(order(["0|i0007z:", "0|i0007b:", "0|hzzzzz:", "0|i0007b:"]), "T2 T1 T3 T0");
        assert_eq!(order(["", "", "", ""]), "T0 T1 T2 T3");
    }

    #[test]
    fn long_texts_are_shortened_and_the_whole_title_is_kept() {
        let title = "word ".repeat(40);
        let plan =
            made(&format!("title,description\n{title},{}\n", "x".repeat(4100)), &Here::default());
        let item = &plan.items[0];
        assert_eq!(item.title.as_str().chars().count(), 160);
        assert!(item.why.as_str().starts_with(title.trim()));
        assert_eq!(item.why.as_str().chars().count(), MAX_WHY);
        insta::assert_snapshot!(plan.rows[0].says, @"Its title is shortened, and stands whole above why it matters. Its description is cut off after 4000 characters.");
    }

    #[test]
    fn labels_of_several_columns_are_one_line_below() {
        let plan = made(
            "Summary,Issue key,Description,Labels,Labels,Labels\nA,NA-1,Calls,bill,,winter\nB,NA-2,,x,x,\n",
            &Here::default(),
        );
        assert_eq!(plan.items[0].why.as_str(), "Calls\n\nLabels: bill, winter");
        assert_eq!(plan.items[1].why.as_str(), "Labels: x");
    }

    #[test]
    fn the_own_export_finds_its_items_and_those_of_another_product_are_new() {
        let at = "2026-11-22T09:00:00Z".parse().unwrap();
        let known = Known { title: "Moving house".to_owned(), proposed_at: at };
        let here =
            Here { product: "NA".to_owned(), numbers: [(7, known)].into(), ..Here::default() };
        let row = |key: &str, title: &str, at: &str| {
            let text = format!(
                "key,title,why,breadth,class,stage,proposed_at\n{key},{title},Calls,problem,standard,ready,{at}\n"
            );
            said(&made(&text, &here))
        };
        assert_eq!(
            row("NA-7", "Moving house", ""),
            "2 here: Moving house It is here as NA-7, and stays as it is."
        );
        assert_eq!(
            row("NA-7", "Its earlier title", "2026-11-22T09:00:00Z"),
            "2 here: Its earlier title It is here as NA-7, and stays as it is."
        );
        assert_eq!(
            row("NA-7", "Something else", "2025-01-01T00:00:00Z"),
            "2 new (ready): Something else"
        );
        assert_eq!(
            row("NB-7", "Moving house", "2026-11-22T09:00:00Z"),
            "2 new (ready): Moving house"
        );
    }

    #[test]
    fn states_that_are_left_out_stay_out() {
        let sheet = Sheet::read("title,state\nA,Icebox\nB,Next\n").unwrap();
        let mut choice = Choice::of(&sheet);
        choice.states.insert(compared("ICEBOX"), Target::LeaveOut);
        insta::assert_snapshot!(said(&plan(&sheet, &choice, &Here::default())), @"
        2 left_out: A Rows with “Icebox” are left out.
        3 new (proposed): B It comes in as proposed, since it does not say why it matters.
        ");
    }
}
