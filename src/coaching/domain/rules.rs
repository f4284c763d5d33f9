//! Who may do what in coaching, and what is refused.

use super::state::State;
use super::words::{LIMIT, MAX_DAYS, MAX_LIMIT};
use crate::actor::{Role, Roles};
use crate::ids::MemberId;
use crate::rule::Rule;

/// Who asks, for a refusal (H5).
pub const ASKERS: &str = "Only the squad's own members ask for coaching.";
/// Who accepts, confirms and withdraws, for a refusal.
pub const MEMBERS: &str = "Only the squad's own members do this.";
/// Who pulls, for a refusal.
pub const COACHES: &str = "Only coaches pull requests.";
/// Who offers, for a refusal.
pub const OFFERERS: &str = "Only leaders and coaches offer coaching.";
/// Who works on it, for a refusal.
pub const PAIR: &str = "Only the coach and the squad's own members do this.";
/// Who leads the way through it, for a refusal.
pub const COACH: &str = "Only the coach who has pulled it does this.";

/// Why something cannot be as asked. Each says the way on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoachingRefused {
    /// The squad is gone.
    #[error("This squad is dissolved.")]
    Dissolved,
    /// Somebody was first.
    #[error("{0} has pulled this request already. Choose another one.")]
    PulledAlready(String),
    /// It is one's own.
    #[error(
        "You are in this squad. A coach comes from outside, so leave this request to another one."
    )]
    OwnSquad,
    /// The coach's own limit.
    #[error(
        "You have {in_hand} engagements in hand, and your own limit is {limit}. Bring one to its end first, or change your limit."
    )]
    LimitReached {
        /// How many there are.
        in_hand: i16,
        /// How many there may be.
        limit: i16,
    },
    /// Nobody has pulled it yet.
    #[error("No coach has pulled this request yet.")]
    NotPulled,
    /// It is over.
    #[error("This coaching is {}. Ask for another one if you need help again.", .0.to_lowercase())]
    Over(&'static str),
    /// There is no agreement in force.
    #[error("Agree on the goal, the exit criteria and the end date first.")]
    NotAgreed,
    /// There was no session.
    #[error("No session took place yet. There is nothing to look back on.")]
    NotMet,
    /// It goes on.
    #[error("Look back together first. Then the squad says whether it helped.")]
    NotLookedBack,
    /// It does not go on.
    #[error("You have looked back already. The squad says whether it helped.")]
    InReview,
    /// What was agreed stays with its coach.
    #[error("There is an agreement already. The squad can withdraw the request instead.")]
    AgreedStays,
    /// There is nothing to agree to.
    #[error("Nobody has written an agreement yet.")]
    NoAgreement,
    /// Once is enough.
    #[error("Your side has agreed to this version already.")]
    AgreedAlready,
    /// Another version is there.
    #[error("The agreement was changed meanwhile. Read it again, then agree.")]
    OtherVersion,
    /// Two people agree.
    #[error("You are the coach. A member of the squad agrees for it.")]
    OneForBoth,
    /// A day that was.
    #[error("Choose a last day that is still to come.")]
    EndsBefore,
    /// A day too far.
    #[error("Choose a last day within the next {MAX_DAYS} days.")]
    EndsLate,
    /// No day.
    #[error("Write the day as in 2026-11-02.")]
    BadDay(&'static str),
    /// No time.
    #[error("Write the time as in 10:00.")]
    BadTime,
    /// No number.
    #[error("Write a whole number from 1 to {max}.")]
    BadNumber {
        /// The field.
        field: &'static str,
        /// The most.
        max: i16,
    },
    /// A session years away.
    #[error("Choose a day within a year from today.")]
    SessionFar,
    /// Not yet.
    #[error("This session is still to come.")]
    SessionToCome,
    /// It took place, or was called off.
    #[error("This session is settled already.")]
    SessionSettled,
    /// Not of this coaching.
    #[error("Choose a session of this coaching, or none.")]
    NoSession,
    /// No answer.
    #[error("Say whether it helped.")]
    NoAnswer,
    /// An offer is answered once.
    #[error("This offer was answered already: {0}.")]
    OfferAnswered(&'static str),
    /// One's own.
    #[error("You have made this offer yourself. Another member of the squad answers it.")]
    OwnOffer,
    /// Not one's own.
    #[error("Only who has made an offer withdraws it.")]
    OthersOffer,
}

impl Rule for CoachingRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Dissolved => "squad_dissolved",
            Self::PulledAlready(_) => "pulled_already",
            Self::OwnSquad => "own_squad",
            Self::LimitReached { .. } => "coaching_limit",
            Self::NotPulled => "not_pulled",
            Self::Over(_) => "coaching_over",
            Self::NotAgreed => "not_agreed",
            Self::NotMet => "no_session_yet",
            Self::NotLookedBack => "not_looked_back",
            Self::InReview => "in_review",
            Self::AgreedStays => "agreement_stays",
            Self::NoAgreement => "agreement_missing",
            Self::AgreedAlready => "agreed_already",
            Self::OtherVersion => "agreement_changed",
            Self::OneForBoth => "one_for_both",
            Self::EndsBefore | Self::EndsLate => "end_invalid",
            Self::BadDay(_) => "day_invalid",
            Self::BadTime => "time_invalid",
            Self::BadNumber { .. } => "number_invalid",
            Self::SessionFar => "session_far",
            Self::SessionToCome => "session_to_come",
            Self::SessionSettled => "session_settled",
            Self::NoSession => "session_missing",
            Self::NoAnswer => "answer_missing",
            Self::OfferAnswered(_) => "offer_answered",
            Self::OwnOffer => "own_offer",
            Self::OthersOffer => "others_offer",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::EndsBefore | Self::EndsLate => Some("ends_on"),
            Self::BadDay(field) | Self::BadNumber { field, .. } => Some(field),
            Self::BadTime => Some("time"),
            Self::SessionFar => Some("day"),
            Self::NoSession => Some("session"),
            Self::NoAnswer => Some("helped"),
            _ => None,
        }
    }

    fn is_conflict(&self) -> bool {
        self.field().is_none()
    }
}

/// Who somebody is to a request, as its rows say under their locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// In the squad now.
    pub is_member: bool,
    /// A coach of the organization.
    pub coaches: bool,
    /// The coach who has pulled it.
    pub is_coach: bool,
}

impl Standing {
    /// Of a member with `roles`. Who is no coach any more leads nothing on; the squad can withdraw.
    pub fn of(member: MemberId, roles: Roles, is_member: bool, coach: Option<MemberId>) -> Self {
        let coaches = roles.has(Role::Coach);
        Self { is_member, coaches, is_coach: coaches && coach == Some(member) }
    }

    /// Works on it: agrees, plans sessions, writes notes.
    pub fn is_pair(self) -> bool {
        self.is_member || self.is_coach
    }

    /// Agrees for the squad: never who is its coach.
    pub fn agrees_for_squad(self) -> bool {
        self.is_member && !self.is_coach
    }
}

/// Who may offer.
pub fn may_offer(roles: Roles) -> bool {
    roles.has(Role::Coach) || roles.may_lead()
}

/// How many engagements a coach has in hand, and their own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hand {
    /// How many there are.
    pub in_hand: i16,
    /// How many there may be.
    pub limit: i16,
}

impl Default for Hand {
    fn default() -> Self {
        Self { in_hand: 0, limit: LIMIT }
    }
}

impl Hand {
    /// How many more.
    pub fn room(self) -> i16 {
        (self.limit - self.in_hand).max(0)
    }

    /// Whether one more fits.
    pub fn may_take(self) -> Result<(), CoachingRefused> {
        if self.room() > 0 {
            return Ok(());
        }
        Err(CoachingRefused::LimitReached { in_hand: self.in_hand, limit: self.limit })
    }

    /// "Room for one more request".
    pub fn words(self) -> String {
        match self.room() {
            0 if self.limit == MAX_LIMIT => "No room for more requests".to_owned(),
            0 => "No room for more requests. One has to come to its end first.".to_owned(),
            1 => "Room for one more request".to_owned(),
            n => format!("Room for {n} more requests"),
        }
    }
}

/// What a coach needs to know of a request before they pull it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How far it is.
    pub state: State,
    /// Who has it.
    pub coach: Option<String>,
}

impl Waiting {
    /// Whether it can be pulled by somebody with this standing and these hands.
    pub fn may_be_pulled(&self, by: Standing, hand: Hand) -> Result<(), CoachingRefused> {
        if self.state.is_over() {
            return Err(CoachingRefused::Over(self.state.title()));
        }
        if let Some(coach) = &self.coach {
            return Err(CoachingRefused::PulledAlready(coach.clone()));
        }
        if by.is_member {
            return Err(CoachingRefused::OwnSquad);
        }
        hand.may_take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COACH: Standing = Standing { is_member: false, coaches: true, is_coach: false };

    fn waiting(state: State, coach: Option<&str>) -> Waiting {
        Waiting { state, coach: coach.map(ToOwned::to_owned) }
    }

    #[test]
    fn a_coach_pulls_what_waits_and_is_told_who_was_first() {
        let hand = Hand::default();
        assert_eq!(waiting(State::Open, None).may_be_pulled(COACH, hand), Ok(()));
        let taken = waiting(State::Open, Some("Hana Sato")).may_be_pulled(COACH, hand);
        assert_eq!(
            taken.unwrap_err().to_string(),
            "Hana Sato has pulled this request already. Choose another one."
        );
        let own = Standing { is_member: true, ..COACH };
        let own = waiting(State::Open, None).may_be_pulled(own, hand);
        assert_eq!(own, Err(CoachingRefused::OwnSquad));
        let over = waiting(State::Withdrawn, None).may_be_pulled(COACH, hand);
        assert_eq!(over, Err(CoachingRefused::Over("Withdrawn")));
    }

    #[test]
    fn a_limit_holds_and_one_that_was_lowered_leaves_what_is_there() {
        let hand = |in_hand, limit| Hand { in_hand, limit };
        assert!(hand(2, 3).may_take().is_ok());
        assert!(hand(3, 3).may_take().is_err());
        assert_eq!(
            (hand(3, 1).room(), hand(2, 3).words()),
            (0, "Room for one more request".to_owned())
        );
    }

    #[test]
    fn nobody_is_both_sides_and_a_former_coach_leads_nothing_on() {
        let (me, coach) = (MemberId::new(), [Role::Coach].into_iter().collect::<Roles>());
        let both = Standing::of(me, coach, true, Some(me));
        assert!(both.is_coach && !both.agrees_for_squad());
        assert!(!Standing::of(me, Roles::default(), false, Some(me)).is_pair());
        assert!(Standing::of(me, Roles::default(), true, None).agrees_for_squad());
    }

    #[test]
    fn leaders_and_coaches_offer() {
        let of = |roles: &[Role]| may_offer(roles.iter().copied().collect());
        assert!(of(&[Role::Leader]) && of(&[Role::Coach]));
        assert!(!of(&[Role::Admin]) && !of(&[]));
    }
}
