//! A file from another tool, on its way into a backlog: where it comes from, which of its columns says what, and what becomes of each
//! of its rows. Pure: the dry run shows the plan, and applying makes it once more.
//!
//! | to read about | open |
//! |---|---|
//! | knowing a file by its columns, and what is chosen to begin with | `tool.rs` |
//! | the words of its cells: stages, breadths, keys | `cells.rs` |
//! | what becomes of each row | `plan.rs` |

mod cells;
mod plan;
mod tool;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use cells::{Target, Values, compared};
pub use plan::{Here, Incoming, Known, Plan, Row, RowOutcome, Tally, plan, sought};
pub use tool::Tool;

use super::words::{Breadth, NoSuchWord, words};
use crate::rule::Rule;
use crate::tabular::{self, Limits, Line, Unreadable};

/// How large a file may be: Jira writes hundreds of columns, and each comment of an issue into one of its own.
pub const LIMITS: Limits = Limits { bytes: 5 * 1024 * 1024, columns: 400, cell: 64 * 1024 };
/// A column of states has no more than so many different ones.
pub const MAX_STATES: usize = 60;
/// What the text that was typed into the form is called, instead of a file's name.
pub const PASTED: &str = "The pasted text";

words!(
    /// What a column of a file can say about an item.
    Field, "column",
    /// What it is about.
    Title = "title", "Title";
    /// Why it matters.
    Why = "why", "Why it matters";
    /// Where it stands.
    State = "state", "State";
    /// That it was given up.
    Dropped = "dropped", "Given up";
    /// Where it stands in the order.
    Rank = "rank", "Place in the order";
    /// How much it leaves open.
    Breadth = "breadth", "Breadth";
    /// How it is treated.
    Class = "class", "Class";
    /// What is written below why it matters.
    Labels = "labels", "Labels";
    /// What became of it.
    Effect = "effect", "Its effect";
    /// By which it is known again.
    Key = "key", "Its key there";
);

impl Field {
    /// How its control is called: `key` is the one-time key of every form.
    pub fn control(self) -> &'static str {
        if self == Self::Key { "key_column" } else { self.word() }
    }

    /// What is done with it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Title => "What each item is about. A row without one is refused.",
            Self::Why => "Squads judge by it: an item without it comes in as proposed.",
            Self::State => "What its words mean here is chosen below.",
            Self::Dropped => "A resolution such as “Won't do”, or whether it is archived.",
            Self::Rank => "Without one, the rows keep the file's order.",
            Self::Breadth => {
                "The type of an issue: a bug is a problem, a story a feature, an epic an outcome."
            }
            Self::Class => "“Expedite” makes an item expedited, everything else is standard.",
            Self::Labels => {
                "They are written below why it matters. Columns of the same name count as one."
            }
            Self::Effect => "What became of it, where it is done.",
            Self::Key => {
                "By it an item is known again, so that the same file makes nothing twice. Without one, by its title."
            }
        }
    }
}

/// A file that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The columns as the file names them; a name may be there more than once.
    pub columns: Vec<String>,
    /// The rows below.
    pub lines: Vec<Line>,
}

impl Sheet {
    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let (columns, lines) = tabular::rows(text, &LIMITS)?;
        Ok(Self { columns, lines })
    }

    /// Where the first column of this name stands.
    fn column(&self, name: &str) -> Option<usize> {
        let name = compared(name);
        self.columns.iter().position(|column| compared(column) == name)
    }

    /// A column's name on a page: of several with one name, which of them.
    pub fn column_title(&self, at: usize) -> String {
        let Some(name) = self.columns.get(at) else { return String::new() };
        let is_same = |other: &&String| *other == name;
        let before = self.columns[..at].iter().filter(is_same).count();
        let shown = if name.is_empty() { format!("Column {}", at + 1) } else { name.clone() };
        if before > 0 && !name.is_empty() { format!("{shown} ({})", before + 1) } else { shown }
    }

    /// What the first rows have in a column, for somebody who chooses.
    pub fn samples(&self, at: usize) -> Vec<&str> {
        let mut found: Vec<&str> = vec![];
        for line in self.lines.iter().take(200) {
            let cell = line.cells.get(at).map_or("", String::as_str);
            if !cell.is_empty() && !found.contains(&cell) {
                found.push(cell);
            }
            if found.len() == 3 {
                break;
            }
        }
        found
    }

    /// The different states of a column in the order of their first row; nothing where there are too many for states.
    pub fn states(&self, at: usize) -> Option<Vec<&str>> {
        let (mut found, mut seen) = (vec![], std::collections::HashSet::new());
        for line in &self.lines {
            let cell = line.cells.get(at).map_or("", String::as_str);
            if !cell.is_empty() && seen.insert(compared(cell)) {
                found.push(cell);
            }
            if found.len() > MAX_STATES {
                return None;
            }
        }
        Some(found)
    }

    /// The columns that name persons. They are left alone: an item is a squad's, and no field says whose work it is.
    pub fn persons(&self) -> Vec<&str> {
        let names = ["assignee", "assignees", "members", "assignee id", "owner", "assigned to"];
        let mut found: Vec<&str> = vec![];
        for name in &self.columns {
            if names.contains(&compared(name).as_str()) && !found.contains(&name.as_str()) {
                found.push(name);
            }
        }
        found
    }
}

/// What somebody chose for a file: kept through all steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Where the file comes from, by its columns.
    pub tool: Tool,
    /// Which column says what.
    pub columns: BTreeMap<Field, usize>,
    /// What a state of the file is here, by the state as it is compared; what is not there is guessed.
    pub states: BTreeMap<String, Target>,
    /// How broad an item is where no column says so.
    pub breadth: Breadth,
}

impl Choice {
    /// What is chosen to begin with.
    pub fn of(sheet: &Sheet) -> Self {
        let tool = Tool::of(sheet);
        let columns = tool.columns(sheet);
        Self { tool, columns, states: BTreeMap::new(), breadth: Breadth::Feature }
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.get(&field).copied()
    }

    /// What a state of the file is here.
    pub fn target(&self, state: &str) -> Target {
        let chosen = self.states.get(&compared(state)).copied();
        chosen.unwrap_or_else(|| Target::guess(state))
    }

    /// Refuses a choice that does not fit the file.
    pub fn check(&self, sheet: &Sheet) -> Result<(), ImportRefused> {
        if self.columns.values().any(|at| *at >= sheet.columns.len()) {
            return Err(ImportRefused::NoColumn);
        }
        if self.column(Field::Title).is_none() {
            return Err(ImportRefused::NoTitle);
        }
        match self.column(Field::State).map(|at| sheet.states(at)) {
            Some(None) => Err(ImportRefused::NoStates),
            _ => Ok(()),
        }
    }
}

/// Why a file or a choice is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    /// Nothing was sent.
    #[error("Choose a file, or paste its text.")]
    Nothing,
    /// It cannot be read.
    #[error("{0} cannot be read. {1}")]
    File(String, Unreadable),
    /// There is nothing below the names of the columns.
    #[error("{0} has no rows. The first row names the columns, and each row below is an item.")]
    NoRows(String),
    /// No column says what an item is about.
    #[error("Choose the column that says what each item is about.")]
    NoTitle,
    /// The column is none of the file's.
    #[error("Choose a column of this file.")]
    NoColumn,
    /// A column of states has few of them.
    #[error(
        "This column has more than {MAX_STATES} different words, so it says no states. Choose another one, or none."
    )]
    NoStates,
    /// Something is otherwise by now.
    #[error(
        "Something has changed since this was shown. Look at it as it is now, and import it then."
    )]
    Changed,
}

impl Rule for ImportRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "import_empty",
            Self::File(_, unreadable) => unreadable.code(),
            Self::NoRows(_) => "import_without_rows",
            Self::NoTitle => "title_not_chosen",
            Self::NoColumn => "column_unknown",
            Self::NoStates => "states_too_many",
            Self::Changed => "import_changed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::File(name, _) | Self::NoRows(name) if name == PASTED => Some("pasted"),
            Self::Nothing | Self::File(..) | Self::NoRows(_) => Some("file"),
            Self::NoTitle | Self::NoColumn => Some("title"),
            Self::NoStates => Some("state"),
            Self::Changed => None,
        }
    }
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Changed)
    }
}

impl From<NoSuchWord> for ImportRefused {
    fn from(_: NoSuchWord) -> Self {
        Self::NoColumn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet::read(text).unwrap()
    }

    #[test]
    fn columns_of_one_name_and_of_none_are_told_apart() {
        let sheet = sheet("Comment,Comment,,\na,b,c,d\n");
        let titles: Vec<_> = (0..5).map(|at| sheet.column_title(at)).collect();
        assert_eq!(titles, ["Comment", "Comment (2)", "Column 3", "Column 4", ""]);
    }

    #[test]
    fn samples_are_the_first_different_cells() {
        let sheet = sheet("a,b\n1,\n1,x\n2,y\n3,\n4,\n");
        assert_eq!(sheet.samples(0), ["1", "2", "3"]);
        assert_eq!(sheet.samples(1), ["x", "y"]);
    }

    #[test]
    fn sixty_states_are_states_and_one_more_are_none() {
        let text = |n: usize| {
            let rows: Vec<_> = (0..n).map(|i| format!("x,s{i}")).collect();
            format!("Title,State\n{}\nX,S0\n", rows.join("\n"))
        };
        let choice = |n| {
            Choice {
                tool: Tool::Other,
                columns: [(Field::Title, 0), (Field::State, 1)].into(),
                states: BTreeMap::new(),
                breadth: Breadth::Feature,
            }
            .check(&sheet(&text(n)))
        };
        assert_eq!(choice(60), Ok(()));
        assert_eq!(choice(61), Err(ImportRefused::NoStates));
    }

    #[test]
    fn a_choice_names_columns_of_its_file_and_a_title() {
        let sheet = sheet("a,b\n1,2\n");
        let mut choice = Choice::of(&sheet);
        assert_eq!(choice.check(&sheet), Err(ImportRefused::NoTitle));
        choice.columns.insert(Field::Title, 2);
        assert_eq!(choice.check(&sheet), Err(ImportRefused::NoColumn));
        choice.columns.insert(Field::Title, 1);
        assert_eq!(choice.check(&sheet), Ok(()));
    }

    #[test]
    fn columns_of_persons_are_named_once() {
        let sheet = sheet("Summary,Assignee,Assignee Id,Assignee,Reporter\n1,2,3,4,5\n");
        assert_eq!(sheet.persons(), ["Assignee", "Assignee Id"]);
    }
}
