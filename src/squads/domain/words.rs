//! The words of squads: patterns, states, shares, hats, needs.

use crate::design::MAX_MEMBERS;
use crate::ids::{HatId, MemberId};
use crate::rule::Rule;
use crate::text::text;

text!(
    /// The name of a squad.
    SquadName, line, "the name", 1, 80
);
text!(
    /// What a team is for, in a few sentences.
    Description, prose, "the description", 0, 1000
);
text!(
    /// The name of a hat.
    HatName, line, "the hat", 1, 40
);

/// How a squad was cut (CVS names the first five and the tiger team).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The customers of a region.
    Geographic,
    /// A few large customers.
    AccountBased,
    /// A stage of the customer's way.
    JourneyStage,
    /// Marketing, sales and service of one revenue.
    RevenueOperations,
    /// One product or service.
    ProductOrService,
    /// A hard problem, for a time.
    TigerTeam,
    /// Something else.
    Own,
}

impl Pattern {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Geographic,
        Self::AccountBased,
        Self::JourneyStage,
        Self::RevenueOperations,
        Self::ProductOrService,
        Self::TigerTeam,
        Self::Own,
    ];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Geographic => "geographic",
            Self::AccountBased => "account_based",
            Self::JourneyStage => "journey_stage",
            Self::RevenueOperations => "revenue_operations",
            Self::ProductOrService => "product_or_service",
            Self::TigerTeam => "tiger_team",
            Self::Own => "own",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Geographic => "Geographic",
            Self::AccountBased => "Account-based",
            Self::JourneyStage => "Journey stage",
            Self::RevenueOperations => "Revenue operations",
            Self::ProductOrService => "Product or service",
            Self::TigerTeam => "Tiger team",
            Self::Own => "Own pattern",
        }
    }

    /// Whom such a squad serves.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Geographic => "The customers of one region.",
            Self::AccountBased => "A few large customers, known by name.",
            Self::JourneyStage => "Customers at one stage of their way with us.",
            Self::RevenueOperations => "Marketing, sales and service for one group of customers.",
            Self::ProductOrService => "The customers of one product or service.",
            Self::TigerTeam => "One hard problem of customers, for a time.",
            Self::Own => "Cut in another way: say how in the description.",
        }
    }

    /// The pattern of a word.
    pub fn parse(word: &str) -> Result<Self, NoSuchPattern> {
        Self::ALL.into_iter().find(|pattern| pattern.word() == word).ok_or(NoSuchPattern)
    }
}

/// A word that is no pattern.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose one of the patterns.")]
pub struct NoSuchPattern;

impl Rule for NoSuchPattern {
    fn code(&self) -> &'static str {
        "pattern_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some("pattern")
    }
}

/// Where a squad is in its life: forming → active → dissolved, and from active back to forming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Being designed and staffed.
    Forming,
    /// At work for its customer.
    Active,
    /// Gone; its history stays.
    Dissolved,
}

impl State {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Active, Self::Forming, Self::Dissolved];

    /// The word in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forming => "forming",
            Self::Active => "active",
            Self::Dissolved => "dissolved",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Forming => "Forming",
            Self::Active => "Active",
            Self::Dissolved => "Dissolved",
        }
    }

    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Forming => "accent",
            Self::Active => "good",
            Self::Dissolved => "line",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it takes and loses members.
    pub fn is_live(self) -> bool {
        self != Self::Dissolved
    }
}

/// A rough share of somebody's time, in steps of 10 %: for warnings, never time recording.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    sqlx::Type,
    serde::Serialize,
    serde::Deserialize,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Allocation(i16);

/// Why an allocation was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a share from 10 to 100 %, in steps of 10.")]
pub struct BadAllocation;

impl Rule for BadAllocation {
    fn code(&self) -> &'static str {
        "allocation_unreadable"
    }
    fn field(&self) -> Option<&'static str> {
        Some("allocation")
    }
}

impl Allocation {
    /// Everything that can be chosen.
    pub const STEPS: [i16; 10] = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    /// The whole of somebody's time.
    pub const FULL: Self = Self(100);

    /// A share in percent.
    pub fn new(percent: i16) -> Result<Self, BadAllocation> {
        if Self::STEPS.contains(&percent) { Ok(Self(percent)) } else { Err(BadAllocation) }
    }

    /// A share as it was typed, with or without a percent sign.
    pub fn parse(text: &str) -> Result<Self, BadAllocation> {
        let digits = text.trim().trim_end_matches('%').trim_end();
        Self::new(digits.parse().map_err(|_| BadAllocation)?)
    }

    /// What is still free of somebody's time, rounded down to a step; a tenth where nothing is.
    pub fn free_of(taken: i64) -> Self {
        let free = (100 - taken).clamp(10, 100) / 10 * 10;
        Self(i16::try_from(free).unwrap_or(10))
    }

    /// In percent.
    pub fn percent(self) -> i16 {
        self.0
    }
}

/// A squad that is about to be.
#[derive(Debug, Clone)]
pub struct NewSquad {
    /// Its name.
    pub name: SquadName,
    /// How it is cut.
    pub pattern: Pattern,
    /// What it is for.
    pub description: Description,
}

/// What a designer says of a squad that is there.
#[derive(Debug, Clone)]
pub struct SquadChanges {
    /// Its name.
    pub name: SquadName,
    /// How it is cut.
    pub pattern: Pattern,
    /// What it is for.
    pub description: Description,
}

/// Somebody who is about to join.
#[derive(Debug, Clone)]
pub struct NewMembership {
    /// Who.
    pub member: MemberId,
    /// With which share of their time.
    pub allocation: Allocation,
    /// Wearing which hats.
    pub hats: Vec<HatId>,
}

/// A squad needs a skill, at this level or above, in at least so many members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// 1 to 5.
    pub level: i16,
    /// 1 to 10.
    pub people: i16,
}

/// Why a need was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNeed {
    /// No level.
    #[error("Choose a level from 1 to 5.")]
    Level,
    /// No number of people, or more than a squad has.
    #[error("Choose how many members, from 1 to {MAX_MEMBERS}.")]
    People,
}

impl Rule for BadNeed {
    fn code(&self) -> &'static str {
        "need_unreadable"
    }
    fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::Level => "level",
            Self::People => "people",
        })
    }
}

impl Need {
    /// A need, if there can be such.
    pub fn new(level: i16, people: i16) -> Result<Self, BadNeed> {
        if !(1..=5).contains(&level) {
            return Err(BadNeed::Level);
        }
        if usize::try_from(people).is_ok_and(|people| (1..=MAX_MEMBERS).contains(&people)) {
            Ok(Self { level, people })
        } else {
            Err(BadNeed::People)
        }
    }

    /// A need as it was typed.
    pub fn parse(level: &str, people: &str) -> Result<Self, BadNeed> {
        let level = level.trim().parse().map_err(|_| BadNeed::Level)?;
        let people = people.trim().parse().map_err(|_| BadNeed::People)?;
        Self::new(level, people)
    }
}

/// Words that stand in an address where a team could.
const RESERVED: [&str; 1] = ["new"];

/// The word in addresses that a team's name asks for, before it is made free by a number. It never means a page of its
/// own, nor a team by its id.
pub fn wanted_slug(name: &str) -> String {
    let wanted = slug::slugify(name);
    let means_another = RESERVED.contains(&&*wanted) || wanted.parse::<uuid::Uuid>().is_ok();
    match &*wanted {
        "" => "team".to_owned(),
        _ if means_another => format!("team-{wanted}"),
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_tenths() {
        for good in [10, 50, 100] {
            assert_eq!(Allocation::new(good).unwrap().percent(), good);
        }
        for bad in [0, 5, 15, 101, 110, -10] {
            assert_eq!(Allocation::new(bad), Err(BadAllocation));
        }
        assert_eq!(Allocation::parse(" 40 % "), Allocation::new(40));
    }

    #[test]
    fn the_free_share_is_rounded_down_and_never_nothing() {
        let free: Vec<_> =
            [0, 35, 90, 100, 130].map(|taken| Allocation::free_of(taken).percent()).into();
        assert_eq!(free, [100, 60, 10, 10, 10]);
    }

    #[test]
    fn patterns_and_states_come_back_from_their_words() {
        assert!(
            Pattern::ALL.into_iter().all(|pattern| Pattern::parse(pattern.word()) == Ok(pattern))
        );
        assert!(State::ALL.into_iter().all(|state| State::parse(state.word()) == Some(state)));
    }

    #[test]
    fn a_need_is_of_1_to_5_and_1_to_10() {
        assert!(Need::new(1, 1).is_ok() && Need::new(5, 10).is_ok());
        assert_eq!(Need::new(0, 1), Err(BadNeed::Level));
        assert_eq!(Need::new(6, 1), Err(BadNeed::Level));
        assert_eq!(Need::new(3, 0), Err(BadNeed::People));
        assert_eq!(Need::new(3, 11), Err(BadNeed::People));
    }

    #[test]
    fn a_word_in_addresses_never_means_a_page_or_another_team() {
        let id = "0198a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b";
        for (name, word) in [
            ("Fair Bills", "fair-bills"),
            ("New", "team-new"),
            ("!!", "team"),
            (id, &format!("team-{id}")),
            (&id.replace('-', "").to_uppercase(), &format!("team-{}", id.replace('-', ""))),
        ] {
            assert_eq!(wanted_slug(name), word);
        }
    }
}
