//! The words of a file's cells: kinds of teams, patterns, levels, shares, yes and no.

use serde::{Deserialize, Serialize};

use super::source::column_word;
use crate::skills::Level;
use crate::squads::{Allocation, Pattern};

/// A squad or a core team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamKind {
    /// 6 to 10 members with a mission.
    Squad,
    /// Offers services to squads.
    CoreTeam,
}

impl TeamKind {
    /// The word in files and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Squad => "squad",
            Self::CoreTeam => "core_team",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        let word = column_word(word);
        [Self::Squad, Self::CoreTeam].into_iter().find(|kind| kind.word() == word)
    }
}

/// The pattern of a cell, as files and the database write it.
pub fn pattern(cell: &str) -> Option<&'static str> {
    let word = column_word(cell);
    Pattern::ALL.into_iter().map(Pattern::word).find(|pattern| *pattern == word)
}

/// The level of a cell, as a number or in words.
pub fn level(cell: &str) -> Option<i16> {
    if let Ok(level) = Level::parse(cell) {
        return Some(level.number());
    }
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let says = |words: &str| {
        text == words || words.strip_prefix("can ").is_some_and(|short| text == short)
    };
    Level::ALL.into_iter().find(|level| says(level.words())).map(Level::number)
}

/// A level in words; nothing for none.
pub fn level_words(level: Option<i16>) -> &'static str {
    level.and_then(|level| Level::new(level).ok()).map(Level::words).unwrap_or_default()
}

/// The share of a cell, in percent: 10 to 100 in steps of 10, with or without the sign.
pub fn allocation(cell: &str) -> Option<i16> {
    Allocation::parse(cell).ok().map(Allocation::percent)
}

/// The share of somebody who is in so many teams, where the file gives none: their time split evenly, in steps of
/// 10, and at least 10.
pub fn even_allocation(teams: usize) -> i16 {
    let share = 100 / i16::try_from(teams.max(1)).unwrap_or(i16::MAX);
    (share / 10 * 10).max(10)
}

/// Yes or no, in the words that spreadsheets use.
pub fn yes(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" | "wants to learn" => Some(true),
        "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_as_numbers_or_in_words() {
        for (cell, expected) in [
            ("1", Some(1)),
            ("5", Some(5)),
            ("0", None),
            ("6", None),
            ("Knows of it", Some(1)),
            ("can do it  alone", Some(3)),
            ("do it alone", Some(3)),
            ("expert", None),
        ] {
            assert_eq!(level(cell), expected, "{cell}");
        }
        assert_eq!(level_words(Some(5)), "can teach it");
        assert_eq!(level_words(None), "");
    }

    #[test]
    fn shares_are_tens_from_10_to_100() {
        for (cell, expected) in [
            ("10", Some(10)),
            ("100 %", Some(100)),
            ("0", None),
            ("110", None),
            ("25", None),
            ("half", None),
        ] {
            assert_eq!(allocation(cell), expected, "{cell}");
        }
    }

    #[test]
    fn time_is_split_evenly_in_tens() {
        let shares: Vec<i16> = [0, 1, 2, 3, 4, 5, 6, 10, 11, 24].map(even_allocation).into();
        assert_eq!(shares, [100, 100, 50, 30, 20, 20, 10, 10, 10, 10]);
    }

    #[test]
    fn kinds_and_patterns_are_read_as_people_write_them() {
        assert_eq!(TeamKind::parse("Core team"), Some(TeamKind::CoreTeam));
        assert_eq!(TeamKind::parse("squad"), Some(TeamKind::Squad));
        assert_eq!(TeamKind::parse("tribe"), None);
        assert_eq!(pattern("Account-based"), Some("account_based"));
        assert_eq!(pattern("other"), None);
    }
}
