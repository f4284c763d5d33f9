//! CSV that goes out: for a spreadsheet to open without running anything, and to come back as it was.
//!
//! A cell that a spreadsheet would take for a formula gets a `'` in front (ASVS 1.2.10). The import takes exactly
//! one such `'` away, so that a round trip loses nothing: [`unprotect`] undoes [`protect`] for every text.

use std::borrow::Cow;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::error::{Error, Result};

/// Whether a spreadsheet would calculate this, with or without a `'` that was there before.
fn is_risky(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\0'])
}

/// The cell with a `'` in front if a spreadsheet would calculate it.
pub fn protect(cell: &str) -> Cow<'_, str> {
    if is_risky(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell without the one `'` that [`protect`] put in front.
pub fn unprotect(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_risky(rest) => rest,
        _ => cell,
    }
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
        ] {
            assert_eq!(protect(cell), kept);
            assert_eq!(unprotect(kept), cell);
        }
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
        fn a_round_trip_loses_nothing(cell in "['=+@\\-a\\t]{0,6}") {
            let kept = protect(&cell).into_owned();
            prop_assert_eq!(unprotect(&kept), cell);
        }
    }
}
