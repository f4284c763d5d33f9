//! Reading a CSV file: bytes become rows of cells, or a sentence that says in which line to look.
//!
//! Own code and not the `csv` crate's reader, which takes broken quoting for text: a file that lost a quotation
//! mark would come in with half of its rows in one cell.

use serde::{Deserialize, Serialize};

use crate::rule::Rule;
use crate::web::csv::unprotect;

/// The largest file, in bytes (RELIABILITY 5, ASVS 5.2.1).
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most rows of a file, without the names of the columns.
pub const MAX_ROWS: usize = 5_000;
/// The most columns.
pub const MAX_COLUMNS: usize = 64;
/// The largest cell, in bytes.
pub const MAX_CELL: usize = 8 * 1024;

/// Why a file cannot be read. The line is the one that an editor shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(
        "It is larger than 2 MB. Split it into several files and import them one after another."
    )]
    TooLarge,
    #[error("It is written in UTF-16. Save it as “CSV UTF-8” and send it again.")]
    Utf16,
    #[error(
        "Line {0} holds characters that are not UTF-8. Save the file as “CSV UTF-8” and send it again."
    )]
    NotUtf8(usize),
    #[error("Line {0} holds an invisible NUL character, so this is probably no CSV file.")]
    Nul(usize),
    #[error(
        "Line {0} has a quotation mark in the middle of a cell. Put the whole cell in quotation marks and write the mark within it twice."
    )]
    QuoteWithin(usize),
    #[error(
        "Line {0} goes on after the quotation mark that ends a cell. A mark within a cell is written twice."
    )]
    AfterQuote(usize),
    #[error("The quotation mark that opens in line {0} is never closed.")]
    QuoteOpen(usize),
    #[error(
        "It has more than 5,000 rows. Split it into several files and import them one after another."
    )]
    TooManyRows,
    #[error("Line {0} has more than 64 columns.")]
    TooManyColumns(usize),
    #[error("Line {0} has a cell of more than 8 KB. Shorten it.")]
    CellTooLong(usize),
    #[error("It is empty. The first row names the columns.")]
    Empty,
    #[error("The column “{0}” is there twice. Name each column once.")]
    ColumnTwice(String),
    #[error("The first row has a column without a name. Name it, or remove it.")]
    ColumnUnnamed,
}

impl Rule for Unreadable {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooManyRows | Self::TooManyColumns(_) | Self::CellTooLong(_) => {
                "file_too_large"
            }
            Self::Utf16 | Self::NotUtf8(_) | Self::Nul(_) => "file_encoding",
            Self::QuoteWithin(_) | Self::AfterQuote(_) | Self::QuoteOpen(_) => "file_quoting",
            Self::Empty | Self::ColumnTwice(_) | Self::ColumnUnnamed => "file_columns",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some("files")
    }
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line of the file in which it begins.
    pub number: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

/// A file that could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns as the file names them.
    pub columns: Vec<String>,
    /// The same as they are compared.
    words: Vec<String>,
    /// The rows below.
    pub lines: Vec<Line>,
}

/// How a column is compared: "Wants to learn" is `wants_to_learn`.
pub fn column_word(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '_' || c == '-');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_").to_lowercase()
}

impl Table {
    /// Where a column stands, by its word.
    pub fn column(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|name| name == word)
    }

    /// The cell of a line in the column of this word; nothing where there is none.
    pub fn cell<'a>(&self, line: &'a Line, word: &str) -> &'a str {
        self.column(word).and_then(|at| line.cells.get(at)).map_or("", String::as_str)
    }

    /// Whether there is a column of this word.
    pub fn has(&self, word: &str) -> bool {
        self.column(word).is_some()
    }
}

/// Decodes the bytes of a file: UTF-8 with or without a byte order mark.
pub fn decode(bytes: &[u8]) -> Result<&str, Unreadable> {
    if bytes.len() > MAX_BYTES {
        return Err(Unreadable::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Utf16);
    }
    let line_at = |at: usize| bytes[..at].split(|byte| *byte == b'\n').count();
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unreadable::NotUtf8(line_at(error.valid_up_to())))?;
    if let Some(at) = text.find('\0') {
        return Err(Unreadable::Nul(line_at(at)));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Reads a text as CSV, separated by commas, semicolons or tabs.
pub fn read(text: &str) -> Result<Table, Unreadable> {
    let mut lines = Reader::new(text).all()?.into_iter();
    let columns = lines.next().ok_or(Unreadable::Empty)?.cells;
    if columns.iter().any(String::is_empty) {
        return Err(Unreadable::ColumnUnnamed);
    }
    let mut words: Vec<String> = vec![];
    for name in &columns {
        let word = column_word(name);
        if words.contains(&word) {
            return Err(Unreadable::ColumnTwice(name.clone()));
        }
        words.push(word);
    }
    Ok(Table { columns, words, lines: lines.collect() })
}

/// The separator that the first line has most of, outside of quotation marks.
fn separator(text: &str) -> char {
    let mut counts = [(',', 0_usize), (';', 0), ('\t', 0)];
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\n' | '\r' if !is_quoted => break,
            _ if !is_quoted => {
                for (separator, count) in &mut counts {
                    *count += usize::from(c == *separator);
                }
            }
            _ => {}
        }
    }
    // The first of those that are as many: a comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(separator, _)| *separator)
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    /// The line that is being read.
    number: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { chars: text.chars().peekable(), separator: separator(text), number: 1 }
    }

    fn all(mut self) -> Result<Vec<Line>, Unreadable> {
        let mut lines = vec![];
        while self.chars.peek().is_some() {
            let line = self.line()?;
            if line.cells.iter().all(String::is_empty) {
                continue;
            }
            if lines.len() > MAX_ROWS {
                return Err(Unreadable::TooManyRows);
            }
            lines.push(line);
        }
        Ok(lines)
    }

    fn line(&mut self) -> Result<Line, Unreadable> {
        let number = self.number;
        let mut cells = vec![];
        loop {
            let (cell, is_last) = self.cell()?;
            cells.push(unprotect(&cell).trim().to_owned());
            if is_last {
                break;
            }
            if cells.len() == MAX_COLUMNS {
                return Err(Unreadable::TooManyColumns(number));
            }
        }
        // Spreadsheets fill short rows up with nothing.
        Ok(Line { number, cells })
    }

    /// The next cell, and whether its line ends with it.
    fn cell(&mut self) -> Result<(String, bool), Unreadable> {
        let begin = self.number;
        let mut cell = String::new();
        let is_quoted = self.chars.next_if_eq(&'"').is_some();
        if is_quoted {
            loop {
                match self.chars.next() {
                    None => return Err(Unreadable::QuoteOpen(begin)),
                    Some('"') if self.chars.next_if_eq(&'"').is_some() => cell.push('"'),
                    Some('"') => break,
                    Some(c) => {
                        self.number += usize::from(c == '\n');
                        cell.push(c);
                    }
                }
                if cell.len() > MAX_CELL {
                    return Err(Unreadable::CellTooLong(begin));
                }
            }
        }
        loop {
            match self.chars.next() {
                None => return Ok((cell, true)),
                Some(c) if c == self.separator => return Ok((cell, false)),
                Some(c @ ('\n' | '\r')) => {
                    if c == '\r' {
                        self.chars.next_if_eq(&'\n');
                    }
                    self.number += 1;
                    return Ok((cell, true));
                }
                Some(_) if is_quoted => return Err(Unreadable::AfterQuote(self.number)),
                Some('"') => return Err(Unreadable::QuoteWithin(self.number)),
                Some(c) => cell.push(c),
            }
            if cell.len() > MAX_CELL {
                return Err(Unreadable::CellTooLong(begin));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let table = read(text).unwrap();
        table.lines.into_iter().map(|line| line.cells).collect()
    }

    #[test]
    fn commas_semicolons_and_tabs_separate() {
        for text in ["a,b\n1,2\n", "a;b\r\n1;2", "a\tb\r1\t2"] {
            assert_eq!(cells(text), [["1", "2"]], "{text:?}");
        }
        assert_eq!(cells("team,email,hats\nx,y,a;b;c;d\n"), [["x", "y", "a;b;c;d"]]);
    }

    #[test]
    fn quoted_cells_hold_separators_marks_and_line_breaks() {
        let table = read("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n\nlast,\n").unwrap();
        assert_eq!(table.lines[0].cells, ["x, \"y\"", "two\nlines"]);
        assert_eq!((table.lines[0].number, table.lines[1].number), (2, 5));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_column() {
        assert_eq!(
            read(decode("\u{feff}email,name\n".as_bytes()).unwrap()).unwrap().columns[0],
            "email"
        );
    }

    #[test]
    fn broken_quoting_is_refused_with_its_line() {
        assert_eq!(read("a,b\n1,\"x\n\n"), Err(Unreadable::QuoteOpen(2)));
        assert_eq!(read("a,b\n1,x\"y\n"), Err(Unreadable::QuoteWithin(2)));
        assert_eq!(read("a,b\n\"1\n2\"x,3\n"), Err(Unreadable::AfterQuote(3)));
    }

    #[test]
    fn other_encodings_and_nul_are_refused_with_their_line() {
        assert_eq!(decode(b"a\nJos\xe9"), Err(Unreadable::NotUtf8(2)));
        assert_eq!(decode(b"\xff\xfea\0"), Err(Unreadable::Utf16));
        assert_eq!(decode(b"a\n\nb\0"), Err(Unreadable::Nul(3)));
    }

    #[test]
    fn the_largest_file_is_taken_and_one_more_is_refused() {
        assert!(decode(&vec![b'a'; MAX_BYTES]).is_ok());
        assert_eq!(decode(&vec![b'a'; MAX_BYTES + 1]), Err(Unreadable::TooLarge));
        let rows = |n: usize| format!("a,b\n{}", "1,2\n".repeat(n));
        assert_eq!(read(&rows(MAX_ROWS)).unwrap().lines.len(), MAX_ROWS);
        assert_eq!(read(&rows(MAX_ROWS + 1)), Err(Unreadable::TooManyRows));
        let wide = |n: usize| format!("a\n{}", vec!["1"; n].join(","));
        assert!(read(&wide(MAX_COLUMNS).replace("a\n", "a,b\n")).is_ok());
        assert_eq!(
            read(&wide(MAX_COLUMNS + 1).replace("a\n", "a,b\n")),
            Err(Unreadable::TooManyColumns(2))
        );
        let long = |n: usize| format!("a,b\n{},2\n", "x".repeat(n));
        assert!(read(&long(MAX_CELL)).is_ok());
        assert_eq!(read(&long(MAX_CELL + 1)), Err(Unreadable::CellTooLong(2)));
        let quoted = |n: usize| format!("a,b\n\"{}\",2\n", "x".repeat(n));
        assert!(read(&quoted(MAX_CELL)).is_ok());
        assert_eq!(read(&quoted(MAX_CELL + 1)), Err(Unreadable::CellTooLong(2)));
    }

    #[test]
    fn each_column_has_a_name_of_its_own() {
        assert_eq!(read(" \n"), Err(Unreadable::Empty));
        assert_eq!(
            read("email,E-Mail,e mail\n"),
            Err(Unreadable::ColumnTwice("e mail".to_owned()))
        );
        assert_eq!(read("email,,name\n"), Err(Unreadable::ColumnUnnamed));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(text) = decode(&bytes) {
                let _ = read(text);
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[a,;\\t\"'=\\r\\n é]{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_is_read_again(rows in prop::collection::vec(prop::collection::vec("[a,;\"'=\\n+]{1,5}", 3), 1..5)) {
            let mut writer = csv::Writer::from_writer(vec![]);
            writer.write_record(["x", "y", "z"]).unwrap();
            for row in &rows {
                writer.write_record(row.iter().map(|cell| crate::web::csv::protect(cell).into_owned())).unwrap();
            }
            let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> = read(&written).unwrap().lines.into_iter().map(|line| line.cells).collect();
            let expected: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
                .filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()))
                .collect();
            prop_assert_eq!(read, expected);
        }
    }
}
