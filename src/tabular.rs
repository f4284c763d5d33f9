//! Reading CSV: bytes become rows of cells, or a sentence that says in which line to look.
//!
//! Own code and not the `csv` crate's reader, which takes broken quoting for text: a file that lost a quotation
//! mark would come in with half of its rows in one cell.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::rule::Rule;
use crate::web::csv::unprotect;

/// The most rows of a file, without the names of the columns.
pub const MAX_ROWS: usize = 5_000;

/// How large a file may be (RELIABILITY 5, ASVS 5.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In bytes.
    pub bytes: usize,
    /// The most columns.
    pub columns: usize,
    /// The largest cell, in bytes.
    pub cell: usize,
}

/// Why a file cannot be read. The line is the one that an editor shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(
        "It is larger than {0} MB. Split it into several files and import them one after another."
    )]
    TooLarge(usize),
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
    #[error("Line {0} has more than {1} columns.")]
    TooManyColumns(usize, usize),
    #[error("Line {0} has a cell of more than {1} KB. Shorten it.")]
    CellTooLong(usize, usize),
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
            Self::TooLarge(_)
            | Self::TooManyRows
            | Self::TooManyColumns(..)
            | Self::CellTooLong(..) => "file_too_large",
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

/// Decodes the bytes of a file: UTF-8 with or without a byte order mark.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Unreadable> {
    if bytes.len() > limits.bytes {
        return Err(Unreadable::TooLarge(limits.bytes / 1024 / 1024));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Utf16);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unreadable::NotUtf8(line_at(bytes, error.valid_up_to())))?;
    without_nul(text)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The line that a place in a file is in.
fn line_at(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|byte| *byte == b'\n').count()
}

fn without_nul(text: &str) -> Result<(), Unreadable> {
    text.find('\0').map_or(Ok(()), |at| Err(Unreadable::Nul(line_at(text.as_bytes(), at))))
}

/// What the bytes 0x80 to 0x9f are in Windows-1252; five of them are nothing.
const WINDOWS: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// Decodes the bytes of a file that comes from anywhere: UTF-8, UTF-16 with a byte order mark, and what else there is as Windows-1252,
/// as spreadsheets write it.
pub fn decode_any<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, Unreadable> {
    let units = |unit: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(pairs).collect::<Result<String, _>>()
    };
    let text = match decode(bytes, limits) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(Unreadable::Utf16) if bytes.len().is_multiple_of(2) => {
            let is_little = bytes.starts_with(&[0xff, 0xfe]);
            let units =
                if is_little { units(u16::from_le_bytes) } else { units(u16::from_be_bytes) };
            units.map_err(|_| Unreadable::Utf16)?
        }
        Err(Unreadable::NotUtf8(_)) => {
            let read = |byte: &u8| match byte {
                0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
                byte => char::from(*byte),
            };
            bytes.iter().map(read).collect()
        }
        Err(error) => return Err(error),
    };
    without_nul(&text)?;
    Ok(Cow::Owned(text))
}

/// Reads a text as CSV, separated by commas, semicolons or tabs: the names of the columns and the rows below.
pub fn rows(text: &str, limits: &Limits) -> Result<(Vec<String>, Vec<Line>), Unreadable> {
    let mut lines = Reader::new(text, limits).all()?.into_iter();
    let columns = lines.next().ok_or(Unreadable::Empty)?.cells;
    Ok((columns, lines.collect()))
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
    limits: &'a Limits,
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    /// The line that is being read.
    number: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &'a Limits) -> Self {
        Self { limits, chars: text.chars().peekable(), separator: separator(text), number: 1 }
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
            if cells.len() == self.limits.columns {
                return Err(Unreadable::TooManyColumns(number, self.limits.columns));
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
                if cell.len() > self.limits.cell {
                    return Err(Unreadable::CellTooLong(begin, self.limits.cell / 1024));
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
                // Files with tabs are often written without quoting at all.
                Some('"') if self.separator != '\t' => {
                    return Err(Unreadable::QuoteWithin(self.number));
                }
                Some(c) => cell.push(c),
            }
            if cell.len() > self.limits.cell {
                return Err(Unreadable::CellTooLong(begin, self.limits.cell / 1024));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bytes: 1024 * 1024, columns: 4, cell: 2048 };

    fn text(bytes: &[u8]) -> Result<String, Unreadable> {
        decode_any(bytes, &LIMITS).map(Cow::into_owned)
    }

    #[test]
    fn a_file_from_anywhere_is_read_whatever_wrote_it() {
        assert_eq!(text("\u{feff}Größe".as_bytes()).unwrap(), "Größe");
        let wide = |unit: fn(u16) -> [u8; 2]| {
            "\u{feff}Größe 😀".encode_utf16().flat_map(unit).collect::<Vec<_>>()
        };
        assert_eq!(text(&wide(u16::to_le_bytes)).unwrap(), "Größe 😀");
        assert_eq!(text(&wide(u16::to_be_bytes)).unwrap(), "Größe 😀");
        assert_eq!(text(b"Gr\xf6\xdfe \x80 \x93x\x94").unwrap(), "Größe € “x”");
        assert_eq!(text(b"\xff\xfea"), Err(Unreadable::Utf16), "half a character");
        assert_eq!(text(b"\xff\xfe\x00\xd8a\x00"), Err(Unreadable::Utf16), "half a pair");
        assert_eq!(text(b"a\n\x81"), Err(Unreadable::Nul(2)), "no text in any of them");
        assert_eq!(text(&vec![b'a'; 1024 * 1024 + 1]), Err(Unreadable::TooLarge(1)));
    }

    #[test]
    fn a_mark_in_a_cell_is_text_where_tabs_separate() {
        let (columns, lines) = rows("Title\tURL\nSay \"hello\"\tx\n", &LIMITS).unwrap();
        assert_eq!(columns, ["Title", "URL"]);
        assert_eq!(lines[0].cells, ["Say \"hello\"", "x"]);
        assert_eq!(rows("a,b\nx\"y,1\n", &LIMITS), Err(Unreadable::QuoteWithin(2)));
    }

    #[test]
    fn a_column_may_be_there_twice_and_have_no_name() {
        let (columns, _) = rows("Comment,Comment,\n1,2,3\n", &LIMITS).unwrap();
        assert_eq!(columns, ["Comment", "Comment", ""]);
        assert_eq!(rows("a,b,c,d,e\n", &LIMITS), Err(Unreadable::TooManyColumns(1, 4)));
        let long = format!("a\n{}\n", "x".repeat(2049));
        assert_eq!(rows(&long, &LIMITS), Err(Unreadable::CellTooLong(2, 2)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(text) = decode_any(&bytes, &LIMITS) {
                let _ = rows(&text, &LIMITS);
            }
        }
    }
}
