//! How many members a squad takes and keeps, when it is ready, and what is said when not.

use super::State;
use crate::actor::Roles;
use crate::design::{MAX_MEMBERS, MIN_MEMBERS};
use crate::ids::TeamId;
use crate::rule::Rule;

/// A squad as its rules see it: loaded under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squad {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Where it is in its life.
    pub state: State,
    /// How many members it has.
    pub members: usize,
    /// Its version.
    pub version: i32,
}

/// Why nobody can join.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeRefused {
    /// More than ten.
    #[error(
        "{name} has room for {room} more: a squad has at most {MAX_MEMBERS} members. Choose fewer, or swap somebody in."
    )]
    NotEnoughRoom {
        /// The squad.
        name: String,
        /// Places left.
        room: usize,
    },
    /// Ten already.
    #[error(
        "{name} is full: a squad has at most {MAX_MEMBERS} members. Swap somebody in, or form another squad."
    )]
    Full {
        /// The squad.
        name: String,
    },
    /// Gone.
    #[error("{name} is dissolved: nobody can join it.")]
    Dissolved {
        /// The squad.
        name: String,
    },
}

impl Rule for TakeRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotEnoughRoom { .. } | Self::Full { .. } => "squad_full",
            Self::Dissolved { .. } => "squad_dissolved",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Why nobody can leave: an active squad would have too few members.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is active and has {members} members; {MIN_MEMBERS} are the fewest. Swap somebody in, staff it first, or return it to forming."
)]
pub struct TooSmall {
    /// The squad.
    pub name: String,
    /// Members now.
    pub members: usize,
}

impl Rule for TooSmall {
    fn code(&self) -> &'static str {
        "squad_too_small"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// A change of state that this state does not know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongState {
    /// Active already.
    #[error("{0} is already active.")]
    AlreadyActive(String),
    /// Not active.
    #[error("{0} is not active, so it cannot return to forming.")]
    NotActive(String),
    /// Gone.
    #[error("{0} is dissolved. Its history stays; to begin again, form a new squad.")]
    Dissolved(String),
}

impl Rule for WrongState {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyActive(_) => "squad_already_active",
            Self::NotActive(_) => "squad_not_active",
            Self::Dissolved(_) => "squad_dissolved",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// What the activation asks of a squad's mission and metrics (H7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one line of the checklist")]
pub struct Facts {
    /// The mission names whom it serves.
    pub has_customer: bool,
    /// The mission names what they get.
    pub has_value: bool,
    /// The mission says how success will be known.
    pub has_success: bool,
    /// The mission will be reviewed.
    pub has_review: bool,
    /// A live metric is the goal and of the kind customer value.
    pub has_goal: bool,
}

/// One thing that a squad needs before it can be active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// So many more members.
    Members(usize),
    /// Whom the mission is for.
    Customer,
    /// What they get.
    Value,
    /// How success will be known.
    Success,
    /// When the mission is reviewed.
    Review,
    /// A customer value goal metric.
    Goal,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Members(1) => f.write_str("one more member"),
            Self::Members(n) => write!(f, "{n} more members"),
            Self::Customer => f.write_str("the mission's customer"),
            Self::Value => f.write_str("the mission's value"),
            Self::Success => f.write_str("the mission's sign of success"),
            Self::Review => f.write_str("the mission's review date"),
            Self::Goal => f.write_str("a customer value goal metric"),
        }
    }
}

/// Everything that a squad still needs before it can be active (H7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReady {
    /// The squad.
    pub name: String,
    /// What is missing, in the order of the checklist.
    pub missing: Vec<Missing>,
}

impl std::error::Error for NotReady {}

impl std::fmt::Display for NotReady {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let missing: Vec<_> = self.missing.iter().map(ToString::to_string).collect();
        let list = match &missing[..] {
            [] => String::new(),
            [one] => one.clone(),
            [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
        };
        write!(f, "{} is not ready to be active: it still needs {list}.", self.name)
    }
}

impl Rule for NotReady {
    fn code(&self) -> &'static str {
        "squad_not_ready"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Why a squad could not become active.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivateRefused {
    /// It is active or dissolved.
    #[error(transparent)]
    State(#[from] WrongState),
    /// Something is missing.
    #[error(transparent)]
    NotReady(#[from] NotReady),
}

impl Rule for ActivateRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::State(state) => state.code(),
            Self::NotReady(missing) => missing.code(),
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

impl Squad {
    /// Places that are free.
    pub fn room(&self) -> usize {
        MAX_MEMBERS.saturating_sub(self.members)
    }

    /// Whether somebody says what it needs: its own members; while it is forming, those who design it, too
    /// (DOMAIN.md, section 5).
    pub fn may_be_told_needs(&self, roles: Roles, is_member: bool) -> bool {
        self.state.is_live() && (is_member || (self.state == State::Forming && roles.may_design()))
    }

    /// Whether `n` more can join (H1).
    pub fn may_take(&self, n: usize) -> Result<(), TakeRefused> {
        let name = self.name.clone();
        match self.room() {
            _ if !self.state.is_live() => Err(TakeRefused::Dissolved { name }),
            room if n <= room => Ok(()),
            0 => Err(TakeRefused::Full { name }),
            room => Err(TakeRefused::NotEnoughRoom { name, room }),
        }
    }

    /// Whether `n` can leave (H1).
    pub fn may_lose(&self, n: usize) -> Result<(), TooSmall> {
        if self.state == State::Active && self.members < MIN_MEMBERS + n {
            return Err(TooSmall { name: self.name.clone(), members: self.members });
        }
        Ok(())
    }

    /// Everything that is missing before it can be active (H7).
    pub fn missing(&self, facts: &Facts) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.members < MIN_MEMBERS {
            missing.push(Missing::Members(MIN_MEMBERS - self.members));
        }
        let parts = [
            (facts.has_customer, Missing::Customer),
            (facts.has_value, Missing::Value),
            (facts.has_success, Missing::Success),
            (facts.has_review, Missing::Review),
            (facts.has_goal, Missing::Goal),
        ];
        missing.extend(parts.into_iter().filter(|(is_there, _)| !is_there).map(|(_, part)| part));
        missing
    }

    /// Whether it can become active (H7).
    pub fn may_activate(&self, facts: &Facts) -> Result<(), ActivateRefused> {
        let name = || self.name.clone();
        match self.state {
            State::Active => return Err(WrongState::AlreadyActive(name()).into()),
            State::Dissolved => return Err(WrongState::Dissolved(name()).into()),
            State::Forming => {}
        }
        let missing = self.missing(facts);
        if missing.is_empty() { Ok(()) } else { Err(NotReady { name: name(), missing }.into()) }
    }

    /// Whether it can return to forming.
    pub fn may_return(&self) -> Result<(), WrongState> {
        match self.state {
            State::Active => Ok(()),
            State::Forming => Err(WrongState::NotActive(self.name.clone())),
            State::Dissolved => Err(WrongState::Dissolved(self.name.clone())),
        }
    }

    /// Whether it can be dissolved, or changed at all.
    pub fn may_change(&self) -> Result<(), WrongState> {
        if self.state.is_live() { Ok(()) } else { Err(WrongState::Dissolved(self.name.clone())) }
    }

    /// Whether it can be dissolved.
    pub fn may_dissolve(&self) -> Result<(), WrongState> {
        self.may_change()
    }
}

/// The name is another live squad's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} already exists. Choose another name.")]
pub struct NameTaken(pub String);

impl Rule for NameTaken {
    fn code(&self) -> &'static str {
        "name_taken"
    }
    fn field(&self) -> Option<&'static str> {
        Some("name")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Why a person cannot join.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefused {
    /// In the team already.
    #[error("{0} is already in the team.")]
    AlreadyMember(String),
    /// Left the organization.
    #[error("{0} is deactivated and cannot join a team. Activate them first.")]
    Deactivated(String),
    /// The same person twice in one list.
    #[error("Choose each member once.")]
    Twice,
    /// Nobody at all.
    #[error("Choose at least one member.")]
    Nobody,
    /// Moved to where they are.
    #[error("{0} is in this squad already. Choose another squad.")]
    SameSquad(String),
}

impl Rule for JoinRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyMember(_) => "already_member",
            Self::Deactivated(_) => "member_deactivated",
            Self::Twice => "member_twice",
            Self::Nobody => "nobody_chosen",
            Self::SameSquad(_) => "same_squad",
        }
    }
    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::Twice | Self::Nobody).then_some("member")
    }
    fn is_conflict(&self) -> bool {
        matches!(self, Self::AlreadyMember(_) | Self::Deactivated(_))
    }
}

/// The membership ended before.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has already left {1}.")]
pub struct AlreadyLeft(pub String, pub String);

impl Rule for AlreadyLeft {
    fn code(&self) -> &'static str {
        "already_left"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squad(state: State, members: usize) -> Squad {
        Squad {
            id: TeamId::new(),
            name: "Otters".to_owned(),
            slug: "otters".to_owned(),
            state,
            members,
            version: 1,
        }
    }

    const READY: Facts = Facts {
        has_customer: true,
        has_value: true,
        has_success: true,
        has_review: true,
        has_goal: true,
    };

    #[test]
    fn the_tenth_joins_and_the_eleventh_does_not() {
        assert_eq!(squad(State::Active, 9).may_take(1), Ok(()));
        let refused = squad(State::Active, 10).may_take(1).unwrap_err();
        assert_eq!(refused.code(), "squad_full");
        assert!(refused.is_conflict());
    }

    #[test]
    fn several_join_up_to_the_last_place() {
        assert_eq!(squad(State::Forming, 7).may_take(3), Ok(()));
        assert_eq!(
            squad(State::Forming, 7).may_take(4).unwrap_err().to_string(),
            "Otters has room for 3 more: a squad has at most 10 members. Choose fewer, or swap somebody in."
        );
    }

    #[test]
    fn nobody_joins_a_dissolved_squad() {
        assert_eq!(squad(State::Dissolved, 0).may_take(1).unwrap_err().code(), "squad_dissolved");
    }

    #[test]
    fn an_active_squad_of_7_loses_one_and_of_6_does_not() {
        assert_eq!(squad(State::Active, 7).may_lose(1), Ok(()));
        assert_eq!(squad(State::Active, 6).may_lose(1).unwrap_err().code(), "squad_too_small");
        assert!(squad(State::Active, 7).may_lose(2).is_err());
        assert_eq!(squad(State::Forming, 1).may_lose(1), Ok(()));
    }

    #[test]
    fn everything_missing_is_said_at_once() {
        let refused = squad(State::Forming, 5).may_activate(&Facts::default()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Otters is not ready to be active: it still needs one more member, the mission's customer, the mission's value, the mission's sign of success, the mission's review date and a customer value goal metric."
        );
    }

    #[test]
    fn a_squad_becomes_active_at_6_and_not_at_5() {
        assert_eq!(squad(State::Forming, 6).may_activate(&READY), Ok(()));
        assert_eq!(squad(State::Forming, 10).may_activate(&READY), Ok(()));
        assert_eq!(
            squad(State::Forming, 5).may_activate(&READY).unwrap_err().code(),
            "squad_not_ready"
        );
    }

    #[test]
    fn each_missing_fact_keeps_a_squad_forming() {
        for facts in [
            Facts { has_customer: false, ..READY },
            Facts { has_value: false, ..READY },
            Facts { has_success: false, ..READY },
            Facts { has_review: false, ..READY },
            Facts { has_goal: false, ..READY },
        ] {
            assert_eq!(squad(State::Forming, 6).missing(&facts).len(), 1);
        }
    }

    #[test]
    fn needs_are_its_members_and_while_it_is_forming_its_designers() {
        let leader = Roles::parse(&["leader"]).unwrap();
        let coach = Roles::parse(&["coach"]).unwrap();
        for (state, roles, is_member, may) in [
            (State::Forming, leader, false, true),
            (State::Forming, coach, false, false),
            (State::Forming, coach, true, true),
            (State::Active, leader, false, false),
            (State::Active, leader, true, true),
            (State::Active, coach, true, true),
            (State::Dissolved, leader, true, false),
        ] {
            assert_eq!(squad(state, 6).may_be_told_needs(roles, is_member), may, "{state:?}");
        }
    }

    #[test]
    fn states_lead_only_where_they_lead() {
        let code = |state| squad(state, 6).may_activate(&READY).unwrap_err().code();
        assert_eq!(code(State::Active), "squad_already_active");
        assert_eq!(code(State::Dissolved), "squad_dissolved");
        assert!(squad(State::Active, 6).may_return().is_ok());
        assert!(squad(State::Forming, 6).may_return().is_err());
        assert!(squad(State::Forming, 6).may_dissolve().is_ok());
        assert!(squad(State::Dissolved, 0).may_dissolve().is_err());
    }
}
