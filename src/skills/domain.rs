//! Skills, their levels, and how well a need is covered.

use std::fmt;

use chrono::{DateTime, Months, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::ids::{MemberId, SkillId};
use crate::rule::Rule;
use crate::text::text;

text!(
    /// The name of a skill in the catalogue.
    SkillName, line, "the skill's name", 1, 60
);
text!(
    /// What the organization means by a skill.
    SkillDescription, prose, "the description", 0, 500
);

/// One of the four core capabilities of every squad (CVS: "analyze, decide, solve problems, and act").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Finds out what is.
    Analyze,
    /// Decides what to do.
    Decide,
    /// Solves the problem.
    Solve,
    /// Acts with the customer.
    Act,
}

impl Capability {
    /// The four, in their order.
    pub const ALL: [Self; 4] = [Self::Analyze, Self::Decide, Self::Solve, Self::Act];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Decide => "decide",
            Self::Solve => "solve",
            Self::Act => "act",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Analyze => "Analyze",
            Self::Decide => "Decide",
            Self::Solve => "Solve",
            Self::Act => "Act",
        }
    }

    /// The capability of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.word() == word)
    }
}

/// How well somebody has a skill, in words of doing: 1 to 5 (DOMAIN.md, glossary).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, Serialize, Deserialize,
)]
#[sqlx(transparent)]
#[serde(try_from = "i16", into = "i16")]
pub struct Level(i16);

/// A number or text that is no level.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a level from 1 (knows of it) to 5 (can teach it).")]
pub struct BadLevel;

impl Rule for BadLevel {
    fn code(&self) -> &'static str {
        "level_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some("level")
    }
}

impl Level {
    /// Knows of it.
    pub const KNOWS_OF: Self = Self(1);
    /// Can do it with help.
    pub const WITH_HELP: Self = Self(2);
    /// Can do it alone: from here on somebody counts as able, where a need names no other level.
    pub const ABLE: Self = Self(3);
    /// Can improve it.
    pub const IMPROVES: Self = Self(4);
    /// Can teach it.
    pub const TEACHES: Self = Self(5);
    /// The five, from the lowest.
    pub const ALL: [Self; 5] =
        [Self::KNOWS_OF, Self::WITH_HELP, Self::ABLE, Self::IMPROVES, Self::TEACHES];

    /// The level of a number.
    pub fn new(number: i16) -> Result<Self, BadLevel> {
        Self::ALL.into_iter().find(|level| level.0 == number).ok_or(BadLevel)
    }

    /// The level of a form's or a file's text: "1" to "5".
    pub fn parse(text: &str) -> Result<Self, BadLevel> {
        Self::new(text.trim().parse().map_err(|_| BadLevel)?)
    }

    /// The number, 1 to 5.
    pub fn number(self) -> i16 {
        self.0
    }

    /// The number for whoever counts from 0.
    pub fn index(self) -> usize {
        usize::try_from(self.0 - 1).unwrap_or_default()
    }

    /// The words of doing.
    pub fn words(self) -> &'static str {
        match self.0 {
            1 => "knows of it",
            2 => "can do it with help",
            3 => "can do it alone",
            4 => "can improve it",
            _ => "can teach it",
        }
    }

    /// Whether this is `needed` or above.
    pub fn is_able(self, needed: Self) -> bool {
        self >= needed
    }
}

impl TryFrom<i16> for Level {
    type Error = BadLevel;
    fn try_from(number: i16) -> Result<Self, BadLevel> {
        Self::new(number)
    }
}

impl From<Level> for i16 {
    fn from(level: Level) -> Self {
        level.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A level is stale after 6 months without a rating or a confirmation (DOMAIN.md, glossary).
pub const STALE_AFTER: Months = Months::new(6);

/// What was last rated or confirmed at this time or before is stale at `now`.
pub fn stale_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_sub_months(STALE_AFTER).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Whether a level that was last rated or confirmed at `last` has to be looked at again.
pub fn is_stale(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    last <= stale_since(now)
}

/// The age of a rating in words: "today", "3 days ago", "7 months ago".
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let some = |n: i64, unit: &str| {
        if n == 1 { format!("1 {unit} ago") } else { format!("{n} {unit}s ago") }
    };
    let mut months = 0;
    while then.checked_add_months(Months::new(months + 1)).is_some_and(|at| at <= now) {
        months += 1;
    }
    match ((now - then).num_days(), i64::from(months)) {
        (..=0, _) => "today".to_owned(),
        (days, 0) => some(days, "day"),
        (_, months @ 1..24) => some(months, "month"),
        (_, months) => some(months / 12, "year"),
    }
}

/// When a level was last said to be true: by rating it, or by confirming it.
pub fn last_said(rated_at: DateTime<Utc>, confirmed_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    confirmed_at.map_or(rated_at, |confirmed_at| rated_at.max(confirmed_at))
}

/// How well a need is covered by a squad's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Nobody is able.
    Gap,
    /// Exactly one able person stands between the squad and a gap, or fewer are able than needed.
    Thin,
    /// As many are able as needed, and two at least.
    Covered,
}

/// How well a need of `needed` members is covered by `able` members (DOMAIN.md, glossary, "Skill need"): nobody is
/// a gap; exactly one is thin whatever is needed, since that one stands between the squad and a gap; fewer than
/// needed is thin too.
pub fn coverage(able: usize, needed: usize) -> Coverage {
    match able {
        0 => Coverage::Gap,
        1 => Coverage::Thin,
        _ if able < needed => Coverage::Thin,
        _ => Coverage::Covered,
    }
}

impl Coverage {
    /// The word on a page and for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Thin => "thin",
            Self::Covered => "covered",
        }
    }
}

/// Whose skills somebody wants to rate or confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The member.
    pub id: MemberId,
    /// Whether they sign in, and can so speak for themselves.
    pub has_user: bool,
    /// Whether they are deactivated.
    pub is_deactivated: bool,
}

/// Why somebody may not rate or confirm a skill.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatingRefused {
    /// Who signs in rates their own skills.
    #[error(
        "Only the member rates their own skills. Leaders and admins do so for members who cannot sign in yet."
    )]
    NotYours,
    /// A confirmation is another member's.
    #[error("Somebody else confirms your skills. Ask a fellow member who has seen you do it.")]
    Own,
    /// There is no level to confirm.
    #[error("There is no level to confirm any more. Load the page again.")]
    NoLevel,
    /// Nobody rates or confirms skills of a member who has left.
    #[error("This member is deactivated. Reactivate them first.")]
    Deactivated,
}

impl Rule for RatingRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotYours => "skills_not_yours",
            Self::Own => "skill_own_confirmation",
            Self::NoLevel => "skill_without_level",
            Self::Deactivated => "member_deactivated",
        }
    }
    fn is_conflict(&self) -> bool {
        matches!(self, Self::NoLevel | Self::Deactivated)
    }
}

impl Holder {
    /// Whether `actor` may rate these skills: the member does; for a member without a user, who was imported and
    /// cannot sign in yet, leaders and admins do (DOMAIN.md, section 5: own skills are one's own).
    pub fn may_rate(&self, actor: &Actor) -> Result<(), RatingRefused> {
        if actor.member != self.id && (self.has_user || !actor.roles.may_design()) {
            return Err(RatingRefused::NotYours);
        }
        if self.is_deactivated { Err(RatingRefused::Deactivated) } else { Ok(()) }
    }

    /// Whether `actor` may confirm a level: every other member may.
    pub fn may_confirm(&self, actor: &Actor) -> Result<(), RatingRefused> {
        if actor.member == self.id {
            return Err(RatingRefused::Own);
        }
        if self.is_deactivated { Err(RatingRefused::Deactivated) } else { Ok(()) }
    }
}

/// What a member says of one skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    /// The skill.
    pub skill: SkillId,
    /// The level; none says nothing of it.
    pub level: Option<Level>,
    /// Whether they want to learn it.
    pub wants_to_learn: bool,
    /// The version of what was saved when the form was loaded; 0 for nothing.
    pub version: i32,
}

/// A rating in words, for the history: "can do it alone, wants to learn"; nothing for nothing.
pub fn in_words(level: Option<Level>, wants_to_learn: bool) -> Option<String> {
    match (level, wants_to_learn) {
        (None, false) => None,
        (None, true) => Some("wants to learn".to_owned()),
        (Some(level), false) => Some(level.words().to_owned()),
        (Some(level), true) => Some(format!("{level}, wants to learn")),
    }
}

/// What [`in_words`] said.
pub fn of_words(words: &str) -> (Option<Level>, bool) {
    let (level, wants_to_learn) = match words.strip_suffix("wants to learn") {
        Some(level) => (level.trim_end_matches(", "), true),
        None => (words, false),
    };
    (Level::ALL.into_iter().find(|one| one.words() == level), wants_to_learn)
}

/// Another skill has the name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The catalogue already has this skill, perhaps among the archived ones. Choose another name."
)]
pub struct SkillNameTaken;

impl Rule for SkillNameTaken {
    fn code(&self) -> &'static str {
        "skill_name_taken"
    }
    fn field(&self) -> Option<&'static str> {
        Some("name")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// The four core capabilities stay as they are.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Analyze, decide, solve and act are the core capabilities of every squad. They keep their names and cannot be archived."
)]
pub struct CapabilityFixed;

impl Rule for CapabilityFixed {
    fn code(&self) -> &'static str {
        "capability_fixed"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn a_level_is_a_number_from_1_to_5() {
        for bad in ["0", "6", "", "three", "-1", "3.5"] {
            assert_eq!(Level::parse(bad), Err(BadLevel), "{bad:?}");
        }
        assert_eq!(Level::parse(" 1 ").unwrap().words(), "knows of it");
        assert_eq!(Level::parse("5").unwrap().words(), "can teach it");
    }

    #[test]
    fn somebody_is_able_from_the_needed_level_on() {
        assert!(!Level::WITH_HELP.is_able(Level::ABLE));
        assert!(Level::ABLE.is_able(Level::ABLE));
        assert!(!Level::ABLE.is_able(Level::IMPROVES));
    }

    #[test]
    fn coverage_has_its_boundaries() {
        assert_eq!(coverage(0, 1), Coverage::Gap);
        assert_eq!(coverage(1, 1), Coverage::Thin, "one stands between the squad and a gap");
        assert_eq!(coverage(2, 1), Coverage::Covered);
        assert_eq!(coverage(2, 2), Coverage::Covered);
        assert_eq!(coverage(2, 3), Coverage::Thin, "fewer than needed");
        assert_eq!(coverage(3, 3), Coverage::Covered);
        assert_eq!(coverage(0, 0), Coverage::Gap);
    }

    #[test]
    fn a_level_is_stale_after_6_months() {
        let rated = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
        let at = |m, d, h| Utc.with_ymd_and_hms(2026, m, d, h, 0, 0).unwrap();
        assert!(!is_stale(rated, at(7, 31, 11)));
        assert!(is_stale(rated, at(7, 31, 12)));
        assert!(!is_stale(last_said(rated, Some(at(3, 1, 12))), at(7, 31, 12)), "confirmed later");
        assert_eq!(last_said(at(3, 1, 12), Some(rated)), at(3, 1, 12));
    }

    #[test]
    fn an_age_is_said_in_the_largest_unit_that_is_whole() {
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap();
        let said = |y, m, d| ago(Utc.with_ymd_and_hms(y, m, d, 12, 0, 0).unwrap(), now);
        assert_eq!(said(2026, 11, 21), "today");
        assert_eq!(said(2026, 11, 20), "1 day ago");
        assert_eq!(said(2026, 10, 22), "30 days ago");
        assert_eq!(said(2026, 10, 21), "1 month ago");
        assert_eq!(said(2026, 4, 21), "7 months ago");
        assert_eq!(said(2024, 11, 21), "2 years ago");
    }

    #[test]
    fn nothing_said_has_no_words() {
        assert_eq!(in_words(None, false), None);
        assert_eq!(in_words(Some(Level::ABLE), true).unwrap(), "can do it alone, wants to learn");
    }

    #[test]
    fn the_word_of_a_capability_leads_back_to_it() {
        for capability in Capability::ALL {
            assert_eq!(Capability::parse(capability.word()), Some(capability));
        }
    }

    #[test]
    fn what_the_history_says_of_a_rating_can_be_read_again() {
        for level in Level::ALL.into_iter().map(Some).chain([None]) {
            for wants_to_learn in [true, false] {
                let words = in_words(level, wants_to_learn).unwrap_or_default();
                assert_eq!(of_words(&words), (level, wants_to_learn), "{words}");
            }
        }
    }
}
