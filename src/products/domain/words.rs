//! What a product is called, what its items are numbered by, and the few choices that it has.

use serde::{Deserialize, Serialize};

use super::rules::ProductRefused;
use crate::ids::MemberId;
use crate::text::text;

text!(
    /// The name of a product.
    ProductName, name, "the name", 1, 80
);
text!(
    /// What a product is, for whom.
    ProductDescription, prose, "the description", 0, 1000
);

/// The keys of a product's items begin with no fewer letters.
pub const KEY_MIN: usize = 2;
/// And with no more.
pub const KEY_MAX: usize = 5;

/// What the keys of a product's items begin with: NA in NA-214.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemKeyPrefix(String);

impl ItemKeyPrefix {
    /// Reads 2 to 5 letters of A to Z; small ones are made large.
    pub fn parse(text: &str) -> Result<Self, ProductRefused> {
        let key = text.trim().to_ascii_uppercase();
        let is_key = (KEY_MIN..=KEY_MAX).contains(&key.len())
            && key.chars().all(|letter| letter.is_ascii_uppercase());
        if is_key { Ok(Self(key)) } else { Err(ProductRefused::BadKey) }
    }

    /// What a name suggests, the best first: the first letters of its words, then the beginning of the first one.
    pub fn proposals(name: &str) -> Vec<Self> {
        let plain = slug::slugify(name).to_ascii_uppercase();
        let letters =
            |word: &str| word.chars().filter(char::is_ascii_uppercase).collect::<String>();
        let words: Vec<String> =
            plain.split('-').map(letters).filter(|word| !word.is_empty()).collect();
        let initials: String = words.iter().filter_map(|word| word.chars().next()).collect();
        let whole: String = words.concat();
        let head = |length: usize| whole.chars().take(length).collect::<String>();
        let mut found: Vec<Self> = vec![];
        for text in [initials, head(2), head(3), head(4), head(5)] {
            let short: String = text.chars().take(KEY_MAX).collect();
            if let Ok(key) = Self::parse(&short)
                && !found.contains(&key)
            {
                found.push(key);
            }
        }
        found
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ItemKeyPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The word in addresses that a name asks for. None of the addresses beside those of products, and no id.
pub fn wanted_slug(name: &str) -> String {
    let wanted = slug::slugify(name);
    let means_another = wanted == "new" || wanted.parse::<uuid::Uuid>().is_ok();
    match &*wanted {
        "" => "product".to_owned(),
        _ if means_another => format!("product-{wanted}"),
        _ => wanted,
    }
}

/// A product that is about to be.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// Its name.
    pub name: ProductName,
    /// What it is.
    pub description: ProductDescription,
    /// What the keys of its items begin with; without one, what its name suggests.
    pub key: Option<ItemKeyPrefix>,
    /// Who leads it, from its first moment on (H3).
    pub lead: MemberId,
}

/// What can be changed of a product by itself.
#[derive(Debug, Clone)]
pub struct ProductChanges {
    /// Its name.
    pub name: ProductName,
    /// What it is.
    pub description: ProductDescription,
    /// What the keys of its items begin with.
    pub key: ItemKeyPrefix,
}

/// What happens when a squad pulls over its WIP limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WipPolicy {
    /// It is told, and may.
    Warn,
    /// It may, with a reason that everybody reads.
    Reason,
    /// It may not: something is finished first.
    Block,
}

impl WipPolicy {
    /// All of them, the strictest first.
    pub const ALL: [Self; 3] = [Self::Block, Self::Reason, Self::Warn];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Reason => "reason",
            Self::Block => "block",
        }
    }

    /// Reads what [`WipPolicy::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, ProductRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(ProductRefused::NoPolicy)
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Warn => "Warns over the limit",
            Self::Reason => "Asks for a reason over the limit",
            Self::Block => "Stops at the limit",
        }
    }

    /// What it means.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Warn => "A squad may pull over its limit and is told so.",
            Self::Reason => "A squad may pull over its limit once it has said why.",
            Self::Block => "A squad finishes something before it pulls the next item.",
        }
    }
}

/// How many items a squad has in progress, or is learning from, at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WipLimit(i16);

impl WipLimit {
    /// A limit below it would let nobody work.
    pub const MIN: i16 = 1;
    /// More is no limit.
    pub const MAX: i16 = 20;
    /// What a squad starts with, of each kind.
    pub const FIRST: Self = Self(3);

    /// Reads a whole number from 1 to 20; a refusal stands beside `field`.
    pub fn parse(text: &str, field: &'static str) -> Result<Self, ProductRefused> {
        let number: Option<i16> = text.trim().parse().ok();
        match number {
            Some(number) if (Self::MIN..=Self::MAX).contains(&number) => Ok(Self(number)),
            _ => Err(ProductRefused::BadLimit(field)),
        }
    }

    /// The number.
    pub fn number(self) -> i16 {
        self.0
    }
}

/// A hat that is worn for a whole product group. The lead PM's is not among them: it is the product's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupHat {
    /// Reads the data for all squads.
    Analyst,
    /// Is in reach of all squads, and comes when asked.
    Coach,
}

impl GroupHat {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Analyst, Self::Coach];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Coach => "coach",
        }
    }

    /// Reads what [`GroupHat::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, ProductRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(ProductRefused::NoHat)
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Analyst => "Group analyst",
            Self::Coach => "Coach in reach",
        }
    }

    /// What whoever wears it does.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Analyst => "Reads the data for all squads of the group.",
            Self::Coach => "Comes when a squad asks. Has the role of a coach.",
        }
    }
}

/// What came of an apprenticeship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// They lead another product.
    LeadPmElsewhere,
    /// They found another hat that suits them.
    OtherHat,
    /// It ended without either.
    Ended,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LeadPmElsewhere, Self::OtherHat, Self::Ended];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::LeadPmElsewhere => "lead_pm_elsewhere",
            Self::OtherHat => "other_hat",
            Self::Ended => "ended",
        }
    }

    /// Reads what [`Outcome::word`] wrote.
    pub fn parse(word: &str) -> Result<Self, ProductRefused> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or(ProductRefused::NoOutcome)
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::LeadPmElsewhere => "Lead PM elsewhere",
            Self::OtherHat => "Another hat",
            Self::Ended => "Ended",
        }
    }

    /// What it means.
    pub fn detail(self) -> &'static str {
        match self {
            Self::LeadPmElsewhere => "They lead, or will lead, another product.",
            Self::OtherHat => "They found something else that suits them better.",
            Self::Ended => "It ended without either of these.",
        }
    }
}

/// How a backlog is pulled: "One backlog, pulled by three squads".
pub fn pulled_by(squads: usize) -> String {
    match squads {
        0 => "One backlog, and no squad that pulls from it yet".to_owned(),
        1 => "One backlog, pulled by one squad".to_owned(),
        n => format!("One backlog, pulled by {} squads", number(n)),
    }
}

/// A small number in words.
fn number(n: usize) -> String {
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = n.checked_sub(2).and_then(|at| words.get(at));
    word.map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_two_to_five_letters() {
        for good in ["NA", "na", " Shop ", "APPLE"] {
            assert!(ItemKeyPrefix::parse(good).is_ok(), "{good}");
        }
        assert_eq!(ItemKeyPrefix::parse("na").unwrap().as_str(), "NA");
        for bad in ["", "N", "NORVIK", "N1", "NÄ", "N A", "N-A"] {
            assert_eq!(ItemKeyPrefix::parse(bad), Err(ProductRefused::BadKey), "{bad}");
        }
    }

    #[test]
    fn a_name_suggests_keys_and_the_initials_come_first() {
        let of = |name: &str| {
            let found = ItemKeyPrefix::proposals(name);
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("Norvik App"), "NA NO NOR NORV NORVI");
        assert_eq!(of("Wallet"), "WA WAL WALL WALLE");
        assert_eq!(of("Ärger & Co"), "AC AR ARG ARGE ARGER");
        assert_eq!(of("One two three four five six"), "OTTFF ON ONE ONET ONETW");
        assert_eq!(of("X"), "");
        assert_eq!(of("X 2"), "");
        assert_eq!(of("Σ"), "", "nothing that can be typed everywhere, so a person chooses");
    }

    #[test]
    fn a_name_becomes_an_address_that_means_nothing_else() {
        assert_eq!(wanted_slug("Norvik App"), "norvik-app");
        assert_eq!(wanted_slug("New"), "product-new");
        assert_eq!(wanted_slug("…"), "product");
    }

    #[test]
    fn a_limit_is_one_to_twenty() {
        for (text, number) in [("1", Some(1)), ("20", Some(20)), (" 3 ", Some(3))] {
            assert_eq!(WipLimit::parse(text, "wip").ok().map(WipLimit::number), number);
        }
        for bad in ["0", "21", "-1", "three", "", "1.5"] {
            assert_eq!(WipLimit::parse(bad, "wip"), Err(ProductRefused::BadLimit("wip")), "{bad}");
        }
    }

    #[test]
    fn choices_are_read_as_they_are_written() {
        for one in WipPolicy::ALL {
            assert_eq!(WipPolicy::parse(one.word()), Ok(one));
        }
        for one in GroupHat::ALL {
            assert_eq!(GroupHat::parse(one.word()), Ok(one));
        }
        for one in Outcome::ALL {
            assert_eq!(Outcome::parse(one.word()), Ok(one));
        }
        assert!(WipPolicy::parse("").is_err() && GroupHat::parse("ux").is_err());
        assert!(Outcome::parse("promoted").is_err());
    }

    #[test]
    fn small_numbers_are_written_in_words() {
        assert_eq!(
            [number(2), number(10), number(11), number(1)],
            ["two", "ten", "11", "1"].map(str::to_owned)
        );
    }
}
