//! What a link is, and what is refused.

use chrono::{Months, NaiveDate};

pub use crate::design::LinkKind;
use crate::ids::{MemberId, MembershipId, TeamId};
use crate::rule::Rule;
use crate::text::text;

text!(
    /// What a link is for.
    Purpose, prose, "the purpose", 1, 300
);

/// A link is asked about at least so often.
pub const REVIEW_WITHIN: Months = Months::new(24);

/// A link that nobody has given another day is looked at after half a year.
const REVIEW_AFTER: Months = Months::new(6);

/// What a designer says of a link; it can be changed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How the teams are tied.
    pub kind: LinkKind,
    /// What for.
    pub purpose: Purpose,
    /// The liaison of the team that it leads from; nobody while it is open.
    pub from_liaison: Option<MembershipId>,
    /// The liaison of the team that it leads to.
    pub to_liaison: Option<MembershipId>,
    /// When somebody asks whether it is still needed.
    pub review_on: NaiveDate,
}

/// A link that is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The team that it leads from.
    pub from: TeamId,
    /// The team that it leads to.
    pub to: TeamId,
    /// The rest.
    pub terms: Terms,
}

/// A team at one end of a link, loaded under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Whether it is no more.
    pub is_dissolved: bool,
}

/// A membership by which somebody is, was or would be a liaison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The membership.
    pub id: MembershipId,
    /// Its team.
    pub team: TeamId,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Whether they are in the team now.
    pub is_current: bool,
}

/// One side of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where it leads from.
    From,
    /// Where it leads to.
    To,
}

impl Side {
    /// The field of the liaison.
    pub fn field(self) -> &'static str {
        match self {
            Self::From => "from_liaison",
            Self::To => "to_liaison",
        }
    }
}

/// Why a link cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// No kind was chosen, or one that is none.
    #[error("Choose how the two teams are tied.")]
    NoKind,
    /// No team was chosen.
    #[error("Choose a team.")]
    NoTeam(&'static str),
    /// From a team to itself.
    #[error("{0} is not linked with itself. Choose another team.")]
    Itself(String),
    /// The same kind, in the same direction, is there already.
    #[error("“{0}” is there already. Change that link, or choose another kind.")]
    Twice(String),
    /// One of the teams is no more.
    #[error("{0} is dissolved: no link leads to it or from it.")]
    Dissolved(String),
    /// The liaison is not in the team.
    #[error("{name} is not in {team} now. Choose somebody who is, or leave the seat open.")]
    NotInTeam {
        /// On which side.
        side: Side,
        /// Who.
        name: String,
        /// Where they are not.
        team: String,
    },
    /// No day.
    #[error("Choose a day for the review.")]
    NoDay,
    /// The day has passed.
    #[error("Choose a day for the review that has not passed.")]
    PastDay,
    /// The day is years away.
    #[error("Choose a day for the review within the next two years.")]
    FarDay,
    /// The link has ended.
    #[error("“{0}” has ended. It stays in the history; nothing of it can be changed.")]
    Ended(String),
}

impl Rule for LinkRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKind => "link_kind_missing",
            Self::NoTeam(_) => "link_team_missing",
            Self::Itself(_) => "link_with_itself",
            Self::Twice(_) => "link_twice",
            Self::Dissolved(_) => "team_dissolved",
            Self::NotInTeam { .. } => "liaison_not_in_team",
            Self::NoDay => "review_date_missing",
            Self::PastDay => "review_date_past",
            Self::FarDay => "review_date_far",
            Self::Ended(_) => "link_ended",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoKind | Self::Twice(_) => Some("kind"),
            Self::NoTeam(field) => Some(field),
            Self::Itself(_) => Some("to"),
            Self::NotInTeam { side, .. } => Some(side.field()),
            Self::NoDay | Self::PastDay | Self::FarDay => Some("review_on"),
            Self::Dissolved(_) | Self::Ended(_) => None,
        }
    }

    fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Twice(_) | Self::Dissolved(_) | Self::NotInTeam { .. } | Self::Ended(_)
        )
    }
}

/// Reads a kind.
pub fn parse_kind(word: &str) -> Result<LinkKind, LinkRefused> {
    LinkKind::parse(word).ok_or(LinkRefused::NoKind)
}

/// Reads the day of a review.
pub fn parse_day(text: &str) -> Result<NaiveDate, LinkRefused> {
    text.trim().parse().map_err(|_| LinkRefused::NoDay)
}

/// Whether two teams may be linked.
pub fn may_link(from: &Team, to: &Team) -> Result<(), LinkRefused> {
    if from.id == to.id {
        return Err(LinkRefused::Itself(from.name.clone()));
    }
    match [from, to].into_iter().find(|team| team.is_dissolved) {
        Some(team) => Err(LinkRefused::Dissolved(team.name.clone())),
        None => Ok(()),
    }
}

/// Whether somebody may be named the liaison of a team.
pub fn may_be_liaison(seat: &Seat, side: Side, team: &Team) -> Result<(), LinkRefused> {
    if seat.team == team.id && seat.is_current {
        return Ok(());
    }
    Err(LinkRefused::NotInTeam { side, name: seat.name.clone(), team: team.name.clone() })
}

/// The day of the next review, of a new link and of one that is kept, if nobody chooses another.
pub fn next_review(today: NaiveDate) -> NaiveDate {
    today.checked_add_months(REVIEW_AFTER).unwrap_or(NaiveDate::MAX)
}

/// The last day on which a review may be.
pub fn last_review(today: NaiveDate) -> NaiveDate {
    today.checked_add_months(REVIEW_WITHIN).unwrap_or(NaiveDate::MAX)
}

/// Whether the review may be on a day. One that has passed may stay as it was, so that the rest of an overdue link can
/// be changed; so may one that was chosen before there was a last day.
pub fn may_review_on(
    day: NaiveDate,
    before: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), LinkRefused> {
    match before {
        Some(before) if before == day => Ok(()),
        _ if day < today => Err(LinkRefused::PastDay),
        _ if day > last_review(today) => Err(LinkRefused::FarDay),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(name: &str) -> Team {
        Team { id: TeamId::new(), name: name.to_owned(), is_dissolved: false }
    }

    fn seat(team: &Team, is_current: bool) -> Seat {
        let (id, member) = (MembershipId::new(), MemberId::new());
        Seat { id, team: team.id, member, name: "Aisha Rahman".to_owned(), is_current }
    }

    #[test]
    fn a_team_is_linked_with_another_that_is_there() {
        let (mut bills, payments) = (team("Fair Bills"), team("Payments"));
        assert_eq!(may_link(&bills, &payments), Ok(()));
        assert_eq!(may_link(&bills, &bills).unwrap_err().code(), "link_with_itself");
        bills.is_dissolved = true;
        assert_eq!(may_link(&bills, &payments).unwrap_err().code(), "team_dissolved");
        assert_eq!(may_link(&payments, &bills).unwrap_err().code(), "team_dissolved");
    }

    #[test]
    fn a_liaison_is_in_the_team_of_their_side_now() {
        let (bills, payments) = (team("Fair Bills"), team("Payments"));
        assert_eq!(may_be_liaison(&seat(&bills, true), Side::From, &bills), Ok(()));
        for wrong in [seat(&payments, true), seat(&bills, false)] {
            let refused = may_be_liaison(&wrong, Side::From, &bills).unwrap_err();
            assert_eq!(refused.field(), Some("from_liaison"));
            assert_eq!(
                refused.to_string(),
                "Aisha Rahman is not in Fair Bills now. Choose somebody who is, or leave the seat open."
            );
        }
        let other = may_be_liaison(&seat(&bills, true), Side::To, &payments).unwrap_err();
        assert_eq!(other.field(), Some("to_liaison"));
    }

    #[test]
    fn a_review_is_today_or_later_and_an_overdue_one_may_stay() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        assert_eq!(may_review_on(day(21), None, day(21)), Ok(()));
        assert_eq!(may_review_on(day(20), None, day(21)), Err(LinkRefused::PastDay));
        assert_eq!(may_review_on(day(20), Some(day(20)), day(21)), Ok(()));
        assert_eq!(may_review_on(day(19), Some(day(20)), day(21)), Err(LinkRefused::PastDay));
    }

    #[test]
    fn a_review_is_within_two_years() {
        let day = |text: &str| parse_day(text).unwrap();
        let today = day("2026-11-21");
        assert_eq!(may_review_on(day("2028-11-21"), None, today), Ok(()));
        assert_eq!(may_review_on(day("2028-11-22"), None, today), Err(LinkRefused::FarDay));
        assert_eq!(may_review_on(day("+262000-01-01"), None, today), Err(LinkRefused::FarDay));
        let far = day("2030-01-01");
        assert_eq!(may_review_on(far, Some(far), today), Ok(()), "it may stay");
    }

    #[test]
    fn what_is_no_kind_and_no_day_is_refused_beside_its_field() {
        assert_eq!(parse_kind("depends_on"), Ok(LinkKind::DependsOn));
        assert_eq!(parse_kind("").unwrap_err().field(), Some("kind"));
        assert_eq!(parse_day(" 2026-11-21 ").unwrap().to_string(), "2026-11-21");
        assert_eq!(parse_day("soon").unwrap_err().field(), Some("review_on"));
    }
}
