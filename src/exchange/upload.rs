//! What was sent becomes the files of an import, or a sentence about what is wrong with it.

use serde_json::{Map, Value};

use super::domain::{Files, Kind, UploadRefused};
use super::source;

/// A file as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its name on the sender's machine; for messages only.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files of an import, with their texts as they are kept.
pub fn read(sent: &[Sent]) -> Result<(Files, Value), UploadRefused> {
    if sent.is_empty() {
        return Err(UploadRefused::Nothing);
    }
    if sent.len() > Kind::ALL.len() {
        return Err(UploadRefused::TooMany);
    }
    let mut files = Files::default();
    let mut texts = Map::new();
    for file in sent {
        let unreadable = |error| UploadRefused::File(file.name.clone(), error);
        let text = source::decode(&file.bytes).map_err(unreadable)?;
        let table = source::read(text).map_err(unreadable)?;
        let kind = Kind::of(&table).ok_or_else(|| UploadRefused::UnknownKind(file.name.clone()))?;
        if files.0.insert(kind, table).is_some() {
            return Err(UploadRefused::SameKind(file.name.clone(), kind.word()));
        }
        texts.insert(kind.word().to_owned(), text.into());
    }
    Ok((files, Value::Object(texts)))
}

/// The files of an import as they were kept.
pub fn kept(texts: &Value) -> Files {
    let read = |kind: Kind| {
        let text = texts.get(kind.word())?.as_str()?;
        Some((kind, source::read(text).ok()?))
    };
    Files(Kind::ALL.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, text: &str) -> Sent {
        Sent { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let members = sent("m.csv", "\u{feff}email,name\na@b.example,A\n");
        let teams = sent("t.csv", "team;kind\nOtters;squad\n");
        let (files, texts) = read(&[members, teams]).unwrap();
        assert_eq!(kept(&texts).0, files.0);
    }

    #[test]
    fn no_file_two_of_a_kind_and_unknown_columns_are_refused() {
        let members = sent("m.csv", "email,name\n");
        assert_eq!(read(&[]).unwrap_err(), UploadRefused::Nothing);
        assert_eq!(
            read(&[members.clone(), members]).unwrap_err(),
            UploadRefused::SameKind("m.csv".to_owned(), "members")
        );
        assert_eq!(
            read(&[sent("x.csv", "a,b\n")]).unwrap_err(),
            UploadRefused::UnknownKind("x.csv".to_owned())
        );
    }
}
