//! The files of an import: tables with columns of names of their own.

use crate::tabular::{self, Limits, Line, Unreadable};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// How large a file may be.
const LIMITS: Limits = Limits { bytes: MAX_BYTES, columns: 64, cell: 8 * 1024 };

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
    tabular::decode(bytes, &LIMITS)
}

/// Reads a text as CSV, separated by commas, semicolons or tabs.
pub fn read(text: &str) -> Result<Table, Unreadable> {
    let (columns, lines) = tabular::rows(text, &LIMITS)?;
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
    Ok(Table { columns, words, lines })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tabular::MAX_ROWS;

    const MAX_COLUMNS: usize = LIMITS.columns;
    const MAX_CELL: usize = LIMITS.cell;

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
        assert_eq!(decode(&vec![b'a'; MAX_BYTES + 1]), Err(Unreadable::TooLarge(2)));
        let rows = |n: usize| format!("a,b\n{}", "1,2\n".repeat(n));
        assert_eq!(read(&rows(MAX_ROWS)).unwrap().lines.len(), MAX_ROWS);
        assert_eq!(read(&rows(MAX_ROWS + 1)), Err(Unreadable::TooManyRows));
        let wide = |n: usize| format!("a\n{}", vec!["1"; n].join(","));
        assert!(read(&wide(MAX_COLUMNS).replace("a\n", "a,b\n")).is_ok());
        assert_eq!(
            read(&wide(MAX_COLUMNS + 1).replace("a\n", "a,b\n")),
            Err(Unreadable::TooManyColumns(2, 64))
        );
        let long = |n: usize| format!("a,b\n{},2\n", "x".repeat(n));
        assert!(read(&long(MAX_CELL)).is_ok());
        assert_eq!(read(&long(MAX_CELL + 1)), Err(Unreadable::CellTooLong(2, 8)));
        let quoted = |n: usize| format!("a,b\n\"{}\",2\n", "x".repeat(n));
        assert!(read(&quoted(MAX_CELL)).is_ok());
        assert_eq!(read(&quoted(MAX_CELL + 1)), Err(Unreadable::CellTooLong(2, 8)));
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
