//! The kinds of files, what becomes of each row, and what an import changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source::Table;
use crate::rule::Rule;
use crate::tabular::Unreadable;

/// What a file holds, recognised by the names of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The people.
    Members,
    /// What they can.
    Skills,
    /// Squads and core teams.
    Teams,
    /// Who is in which.
    Memberships,
}

impl Kind {
    /// All of them, in the order in which they are imported: a later one may refer to an earlier one.
    pub const ALL: [Self; 4] = [Self::Members, Self::Skills, Self::Teams, Self::Memberships];

    /// The word in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Skills => "skills",
            Self::Teams => "teams",
            Self::Memberships => "memberships",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Skills => "Skills",
            Self::Teams => "Teams",
            Self::Memberships => "Memberships",
        }
    }

    /// The columns by which the kind is known.
    pub fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Members => &["email", "name"],
            Self::Skills => &["email", "skill"],
            Self::Teams => &["team", "kind"],
            Self::Memberships => &["team", "email"],
        }
    }

    /// The columns that may be there beside them.
    pub fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Members => &["title", "discipline", "time_zone"],
            Self::Skills => &["level", "wants_to_learn"],
            Self::Teams => &["description", "pattern"],
            Self::Memberships => &["kind", "hats", "allocation"],
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The kind that a file with these columns is. Members come last: another file may name people too.
    pub fn of(table: &Table) -> Option<Self> {
        [Self::Skills, Self::Memberships, Self::Teams, Self::Members]
            .into_iter()
            .find(|kind| kind.needed().iter().all(|word| table.has(word)))
    }

    /// Whether the import looks at this column.
    pub fn knows(self, word: &str) -> bool {
        self.needed().contains(&word) || self.optional().contains(&word)
    }
}

/// The files of one import, at most one of each kind.
#[derive(Debug, Default)]
pub struct Files(pub BTreeMap<Kind, Table>);

/// What the text that was typed into the form is called, instead of a file's name.
pub const PASTED: &str = "The pasted text";

/// Why what was sent is no import.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefused {
    #[error("Choose at least one file, or paste the text of one.")]
    Nothing,
    #[error("{0} cannot be read. {1}")]
    File(String, Unreadable),
    #[error(
        "{0} is none of the four kinds. Its first row must name the columns, for example “email” and “name”."
    )]
    UnknownKind(String),
    #[error("{0} and another file both hold {1}. Send one file of each kind.")]
    SameKind(String, &'static str),
    #[error("These are more than four files. Send one of each kind.")]
    TooMany,
    #[error(
        "Another import of this organization is being applied right now. Wait a moment and send this again."
    )]
    AnotherRuns,
}

impl Rule for UploadRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "import_empty",
            Self::File(_, unreadable) => unreadable.code(),
            Self::UnknownKind(_) => "file_kind_unknown",
            Self::SameKind(..) => "file_kind_twice",
            Self::TooMany => "too_many_files",
            Self::AnotherRuns => "import_running",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::AnotherRuns => None,
            Self::File(name, _) | Self::UnknownKind(name) | Self::SameKind(name, _)
                if name == PASTED =>
            {
                Some("pasted")
            }
            _ => Some("files"),
        }
    }
    fn is_conflict(&self) -> bool {
        matches!(self, Self::AnotherRuns)
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was not there.
    Added,
    /// It was there and said something else.
    Changed,
    /// It says what is there already.
    Unchanged,
    /// It cannot come in; the reason says why.
    Refused,
}

impl Outcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Unchanged, Self::Refused];

    /// The word in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Unchanged => "Unchanged",
            Self::Refused => "Refused",
        }
    }

    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Added => "good",
            Self::Changed => "accent",
            Self::Unchanged => "line",
            Self::Refused => "bad",
        }
    }

    /// The outcome of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// Whether the row does something.
    pub fn is_effective(self) -> bool {
        matches!(self, Self::Added | Self::Changed)
    }

    fn letter(self) -> char {
        match self {
            Self::Added => 'a',
            Self::Changed => 'c',
            Self::Unchanged => 'u',
            Self::Refused => 'r',
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.letter() == letter)
    }
}

/// A field that a row changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: String,
    /// How it was.
    pub before: String,
    /// How it is to be.
    pub after: String,
}

impl FieldChange {
    /// A change, if it is one.
    pub fn of(field: &str, before: &str, after: &str) -> Option<Self> {
        (before != after).then(|| Self {
            field: field.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }
}

/// One row of a file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The line of the file.
    pub line: usize,
    /// Whom or what it is about.
    pub subject: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why, in a sentence; may be empty for what needs no reason.
    pub reason: String,
    /// Before and after, of a row that changes something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The cells of a refused row, so that it can be downloaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<String>,
    /// What the dry run had said, where it said something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Outcome>,
}

/// One file and what becomes of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// What it holds.
    pub kind: Kind,
    /// Its columns, as it names them.
    pub columns: Vec<String>,
    /// Those that the import does not look at.
    pub unused: Vec<String>,
    /// Its rows.
    pub rows: Vec<RowOutcome>,
}

impl FileOutcome {
    /// How many rows come out so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

/// How many rows of an import come out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows added.
    pub added: usize,
    /// Rows changed.
    pub changed: usize,
    /// Rows that say what is there.
    pub unchanged: usize,
    /// Rows refused.
    pub refused: usize,
}

impl Counts {
    /// How many rows do something.
    pub fn effective(self) -> usize {
        self.added + self.changed
    }
}

/// A number with its thousands set apart: 1,524.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What becomes of every row of an import: what the dry run shows, and what is kept once it is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Over all files.
    pub counts: Counts,
    /// File by file.
    pub files: Vec<FileOutcome>,
}

impl Outcomes {
    /// Counts the rows of the files.
    pub fn new(files: Vec<FileOutcome>) -> Self {
        let count = |outcome| files.iter().map(|file| file.count(outcome)).sum();
        let counts = Counts {
            added: count(Outcome::Added),
            changed: count(Outcome::Changed),
            unchanged: count(Outcome::Unchanged),
            refused: count(Outcome::Refused),
        };
        Self { counts, files }
    }

    /// What came out how, row by row, in short: "members:12a3u;teams:1r". The form that applies the import carries
    /// it, so that the result can say what differs from what was shown.
    pub fn seen(&self) -> String {
        let of_file = |file: &FileOutcome| {
            let runs = file.rows.chunk_by(|a, b| a.outcome == b.outcome);
            let runs: Vec<String> =
                runs.map(|run| format!("{}{}", run.len(), run[0].outcome.letter())).collect();
            let runs = runs.concat();
            format!("{}:{runs}", file.kind.word())
        };
        self.files.iter().map(of_file).collect::<Vec<_>>().join(";")
    }

    /// Notes at each row what was seen of it, where that was something else.
    pub fn compare(&mut self, seen: &str) {
        for part in seen.split(';') {
            let Some((word, runs)) = part.split_once(':') else { continue };
            let Some(file) = self.files.iter_mut().find(|file| file.kind.word() == word) else {
                continue;
            };
            let mut rows = file.rows.iter_mut();
            let mut count = 0_usize;
            for c in runs.chars() {
                if let Some(digit) = c.to_digit(10) {
                    count = (count.saturating_mul(10)).saturating_add(digit as usize);
                    continue;
                }
                let was = Outcome::of_letter(c);
                for row in rows.by_ref().take(count) {
                    row.was = was.filter(|was| *was != row.outcome);
                }
                count = 0;
            }
        }
    }

    /// How many rows came out otherwise than the dry run had said.
    pub fn differing(&self) -> usize {
        self.files.iter().flat_map(|file| &file.rows).filter(|row| row.was.is_some()).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::source::read;
    use super::*;

    fn outcomes(list: &[Outcome]) -> Outcomes {
        let row = |(i, outcome): (usize, &Outcome)| RowOutcome {
            line: i + 2,
            subject: String::new(),
            outcome: *outcome,
            reason: String::new(),
            changes: vec![],
            cells: vec![],
            was: None,
        };
        let rows = list.iter().enumerate().map(row).collect();
        Outcomes::new(vec![FileOutcome {
            kind: Kind::Teams,
            columns: vec![],
            unused: vec![],
            rows,
        }])
    }

    #[test]
    fn the_columns_say_the_kind() {
        let kind = |columns: &str| Kind::of(&read(columns).unwrap());
        assert_eq!(kind("email,name,title,discipline\n"), Some(Kind::Members));
        assert_eq!(kind("Team,Kind\n"), Some(Kind::Teams));
        assert_eq!(kind("email,team,name,hats\n"), Some(Kind::Memberships));
        assert_eq!(kind("email,skill,level\n"), Some(Kind::Skills));
        assert_eq!(kind("mail,name\n"), None);
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 999, 1_000, 15_240, 1_000_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "15,240", "1,000,000"]);
    }

    #[test]
    fn what_differs_from_what_was_seen_is_noted() {
        use Outcome::{Added, Refused};
        let seen = outcomes(&[Added, Added, Refused]).seen();
        assert_eq!(seen, "teams:2a1r");
        let mut now = outcomes(&[Added, Refused, Refused]);
        now.compare(&seen);
        assert_eq!(now.differing(), 1);
        assert_eq!(now.files[0].rows[1].was, Some(Added));
    }

    proptest! {
        #[test]
        fn nothing_seen_makes_the_comparison_panic(seen in "[a-z:;0-9]{0,60}") {
            outcomes(&[Outcome::Added; 3]).compare(&seen);
        }
    }
}
