//! What is asked of the dashboard, in its address.

use std::ops::Range;

use serde::Deserialize;
use uuid::Uuid;

use crate::health_board::db::{Area, Pack, Part};
use crate::health_board::domain::{Period, Row};

/// Squads on one part of the table.
const PART: usize = 50;
/// Squads where as many as possible are asked for.
pub const ALL: usize = 200;

/// What is looked at. A word that is none of ours asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The word of a pack.
    pub pack: String,
    /// A month or a quarter.
    pub period: String,
    /// "pattern.geographic", "product.norvik-app".
    pub area: String,
    pub(super) all: String,
    pub(super) after: String,
}

impl Asked {
    /// The pack: the one that is asked for, else the one that was used last, else the first.
    pub fn pack<'a>(&self, packs: &'a [Pack]) -> Option<&'a Pack> {
        let asked = packs.iter().find(|pack| pack.slug == self.pack);
        asked.or_else(|| packs.iter().rev().max_by_key(|pack| pack.used))
    }

    /// The time.
    pub fn period(&self) -> Period {
        Period::parse(&self.period)
    }

    /// The squads.
    pub fn area(&self) -> Area {
        match self.area.split_once('.') {
            Some(("pattern", word)) => Area::Pattern(word.to_owned()),
            Some(("product", slug)) => Area::Product(slug.to_owned()),
            _ => Area::All,
        }
    }

    /// Whether as many as possible are asked for.
    pub fn is_all(&self) -> bool {
        self.all == "1"
    }

    /// Whether this is not the first part.
    pub fn is_later(&self) -> bool {
        !self.after.is_empty()
    }

    /// Whether something is left out by what is asked.
    pub fn is_narrowed(&self) -> bool {
        self.period() != Period::Latest || self.area() != Area::All
    }

    /// How many squads a part has at most.
    pub fn size(&self) -> usize {
        if self.is_all() { ALL } else { PART }
    }

    /// The part of the table, and one squad more if there is another part.
    pub fn part(&self, pack: &Pack) -> Part {
        self.read(pack, parse_after(&self.after), self.size())
    }

    /// The whole table, of an organization that has no more squads than are shown at once.
    pub fn whole(&self, pack: &Pack) -> Part {
        self.read(pack, None, ALL)
    }

    fn read(&self, pack: &Pack, after: Option<(String, Uuid)>, squads: usize) -> Part {
        let limit = i64::try_from(squads + 1).unwrap_or(i64::MAX);
        Part { pack: pack.id, period: self.period(), area: self.area(), after, limit }
    }

    /// The rows of the whole table that the part has, by their places.
    pub fn part_of(&self, rows: &[Row]) -> Range<usize> {
        let from = parse_after(&self.after).map_or(0, |(name, id)| {
            let last = rows.iter().position(|row| row.team.0 == id).map(|place| place + 1);
            // A squad that has gone meanwhile: those whose names come after its name.
            let after = |row: &Row| (row.name.to_lowercase(), row.team.0) > (name.clone(), id);
            last.or_else(|| rows.iter().position(after)).unwrap_or(rows.len())
        });
        from..rows.len().min(from + self.size())
    }

    /// The address of the same with another part.
    fn with(&self, url: &str, all: &str, after: &str) -> String {
        let pairs = [
            ("pack", self.pack.as_str()),
            ("period", &self.period),
            ("area", &self.area),
            ("all", all),
            ("after", after),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        if pairs.is_empty() {
            return url.to_owned();
        }
        format!("{url}?{}", serde_html_form::to_string(pairs).unwrap_or_default())
    }

    /// The same at another address.
    pub fn at(&self, url: &str) -> String {
        self.with(url, &self.all, &self.after)
    }

    /// The first part.
    pub fn first(&self, url: &str) -> String {
        self.with(url, &self.all, "")
    }

    /// As many as possible.
    pub fn all(&self, url: &str) -> String {
        self.with(url, "1", "")
    }

    /// The part that begins after a squad.
    pub fn next(&self, url: &str, last: &Row) -> String {
        self.with(url, &self.all, &format!("{}.{}", last.team, last.name.to_lowercase()))
    }
}

/// "id.name" of the last squad of a part.
fn parse_after(text: &str) -> Option<(String, Uuid)> {
    let (id, name) = text.split_once('.')?;
    Some((name.to_owned(), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PackId;

    #[test]
    fn the_pack_that_was_used_last_is_looked_at() {
        let pack = |slug: &str, used: Option<&str>| Pack {
            id: PackId::new(),
            name: slug.to_owned(),
            slug: slug.to_owned(),
            used: used.map(|day| day.parse().unwrap()),
            columns: vec![],
        };
        let packs = [pack("a", None), pack("b", Some("2026-10-01")), pack("c", Some("2026-11-01"))];
        let asked = |slug: &str| Asked { pack: slug.to_owned(), ..Asked::default() };
        let found = |slug: &str| asked(slug).pack(&packs).unwrap().slug.clone();
        assert_eq!(["", "a", "x"].map(found), ["c", "a", "c"]);
        assert_eq!(asked("").pack(&packs[..1]).unwrap().slug, "a");
        assert!(asked("").pack(&[]).is_none());
    }

    #[test]
    fn the_address_keeps_what_is_asked() {
        let asked = Asked {
            period: "2026-q4".to_owned(),
            area: "product.norvik-app".to_owned(),
            ..Asked::default()
        };
        assert_eq!(
            asked.all("/o/n/health"),
            "/o/n/health?period=2026-q4&area=product.norvik-app&all=1"
        );
        assert_eq!(Asked::default().first("/o/n/health"), "/o/n/health");
        assert_eq!(asked.area(), Area::Product("norvik-app".to_owned()));
    }
}
