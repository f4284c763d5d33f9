//! CSV that goes out: for a spreadsheet to open without running anything, and to come back as it was.
//!
//! A cell that a spreadsheet would take for a formula gets a `'` in front (ASVS 1.2.10), and so does each part of it
//! that a spreadsheet for other separators would take for a cell: `a;=1` is kept as `a;'=1`. The import takes exactly
//! one such `'` away, so that a round trip loses nothing: [`unprotect`] undoes [`protect`] for every text.

use std::borrow::Cow;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::error::{Error, Result};

/// With what a spreadsheet begins to calculate.
const RISKY: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\0'];

/// Where a spreadsheet may begin a cell. One that expects semicolons or tabs takes a file with commas apart at them,
/// within quotation marks too where these do not begin its own cell.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// Whether a spreadsheet would calculate this part of a cell, with or without the `'` and the quotation marks that are
/// there already.
fn is_risky(part: &str) -> bool {
    part.trim_start_matches(['\'', '"']).starts_with(RISKY)
}

/// The cell with a `'` wherever a spreadsheet would begin to calculate.
pub fn protect(cell: &str) -> Cow<'_, str> {
    if !cell.contains(RISKY) {
        return Cow::Borrowed(cell);
    }
    let mut text = String::with_capacity(cell.len() + 4);
    for part in cell.split_inclusive(SEPARATORS) {
        if is_risky(part) {
            text.push('\'');
        }
        text.push_str(part);
    }
    Cow::Owned(text)
}

/// The cell without the `'`s that [`protect`] put in.
pub fn unprotect(cell: &str) -> Cow<'_, str> {
    if !cell.contains(RISKY) {
        return Cow::Borrowed(cell);
    }
    let parts = cell.split_inclusive(SEPARATORS);
    Cow::Owned(
        parts
            .map(|part| match part.strip_prefix('\'') {
                Some(rest) if is_risky(rest) => rest,
                _ => part,
            })
            .collect(),
    )
}

/// A file to save: `rows` as CSV, the first of them the names of the columns, every cell protected. With a byte
/// order mark, by which spreadsheets know UTF-8.
pub fn download<R, C>(name: &str, rows: R) -> Result<Response>
where
    R: IntoIterator<Item = Vec<C>>,
    C: AsRef<str>,
{
    let mut body = "\u{feff}".as_bytes().to_vec();
    body.extend(write(rows)?);
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| Error::Internal(error.into()))?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}

fn write<R, C>(rows: R) -> Result<Vec<u8>>
where
    R: IntoIterator<Item = Vec<C>>,
    C: AsRef<str>,
{
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(vec![]);
    for row in rows {
        let cells = row.iter().map(|cell| protect(cell.as_ref()).into_owned());
        writer.write_record(cells).map_err(|error| Error::Internal(error.into()))?;
    }
    writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("{error}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_formula_is_protected_and_restored() {
        for (cell, kept) in [
            ("=1+1", "'=1+1"),
            ("+47 22 33", "'+47 22 33"),
            ("-", "'-"),
            ("@here", "'@here"),
            ("'=1", "''=1"),
            ("O'Connor", "O'Connor"),
            ("'quoted'", "'quoted'"),
            ("", ""),
            ("a;=1", "a;'=1"),
            ("a; b;+1;'-2", "a; b;'+1;''-2"),
            ("two\n=lines", "two\n'=lines"),
            ("a\t@b", "a\t'@b"),
            ("a=b;c-d", "a=b;c-d"),
            ("a;\"=1", "a;'\"=1"),
        ] {
            assert_eq!(protect(cell), kept);
            assert_eq!(unprotect(kept), cell);
        }
    }

    /// The cells that a spreadsheet for `separator` finds: quotation marks count only where they begin a cell.
    fn cells(text: &str, separator: char) -> Vec<String> {
        let mut cells = vec![String::new()];
        let (mut is_quoted, mut is_new) = (false, true);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let cell = cells.last_mut().unwrap();
            match c {
                '"' if is_new => is_quoted = true,
                '"' if is_quoted => {
                    is_quoted = chars.next_if_eq(&'"').is_some();
                    if is_quoted {
                        cell.push('"');
                    }
                }
                _ if !is_quoted && (c == separator || c == '\n' || c == '\r') => {
                    cells.push(String::new());
                    is_new = true;
                    continue;
                }
                _ => cell.push(c),
            }
            is_new = false;
        }
        cells
    }

    #[test]
    fn exactly_one_apostrophe_is_taken_away() {
        assert_eq!(unprotect("''=1"), "'=1");
        assert_eq!(unprotect("'plain"), "'plain");
    }

    #[test]
    fn cells_with_separators_are_quoted() {
        let written = write([vec!["a", "b,c"], vec!["=x", "two\nlines"]]).unwrap();
        assert_eq!(written, b"a,\"b,c\"\r\n'=x,\"two\nlines\"\r\n");
    }

    proptest! {
        #[test]
        fn a_round_trip_loses_nothing(cell in "['\"=+@\\-a;\\t\\r\\n]{0,8}") {
            let kept = protect(&cell).into_owned();
            prop_assert_eq!(unprotect(&kept), cell);
        }

        #[test]
        fn no_spreadsheet_finds_a_formula(
            rows in prop::collection::vec(prop::collection::vec("['=+@\\-a,;\"\\t\\r\\n ]{0,8}", 1..4), 1..4)
        ) {
            let written = String::from_utf8(write(rows).unwrap()).unwrap();
            for separator in [',', ';', '\t'] {
                for cell in cells(&written, separator) {
                    prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{separator:?}: {cell:?} in {written:?}");
                }
            }
        }
    }
}
