//! Who acts, in which organization, with which roles. Below every feature, since every use case takes an [`Actor`].

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::hints::Hints;
use crate::ids::{EventId, MemberId, OrganizationId, UserId};
use crate::rule::Rule;

/// The organization whose data is read or written. Only the session's extractor, the command line and the
/// organization's own making have one, so a query that takes it cannot reach another organization's rows (H10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tenant(OrganizationId);

impl Tenant {
    /// For those who have found out that the visitor belongs to the organization.
    pub(crate) fn of(organization: OrganizationId) -> Self {
        Self(organization)
    }

    /// The id, for queries.
    pub fn organization_id(self) -> OrganizationId {
        self.0
    }
}

/// A role in an organization, beside being its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Accounts, sign-in, import, export, audit, settings.
    Admin,
    /// Designs squads.
    Leader,
    /// Is asked for help.
    Coach,
}

impl Role {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Leader, Self::Coach];

    /// The word in the database and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Leader => "leader",
            Self::Coach => "coach",
        }
    }

    /// The word on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Leader => "Leader",
            Self::Coach => "Coach",
        }
    }

    /// What the role is for.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Admin => "Accounts, sign-in, import, settings; may also design.",
            Self::Leader => "Designs squads, core teams and memberships.",
            Self::Coach => "Is asked for help by squads.",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A word that is no role.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("There is no such role. Choose among admin, leader and coach.")]
pub struct NoSuchRole;

impl Rule for NoSuchRole {
    fn code(&self) -> &'static str {
        "role_unknown"
    }
    fn field(&self) -> Option<&'static str> {
        Some("roles")
    }
}

/// The roles of one member. Everybody is a member; these come on top. What a role may do is decided here, for
/// the service that refuses and for the page that hides the button (DOMAIN.md, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles {
    admin: bool,
    leader: bool,
    coach: bool,
}

impl Roles {
    /// Roles by their words; refuses an unknown one.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Self, NoSuchRole> {
        let roles: Option<Vec<Role>> =
            words.iter().map(|word| Role::parse(word.as_ref())).collect();
        Ok(roles.ok_or(NoSuchRole)?.into_iter().collect())
    }

    /// Whether `role` is among them.
    pub fn has(self, role: Role) -> bool {
        match role {
            Role::Admin => self.admin,
            Role::Leader => self.leader,
            Role::Coach => self.coach,
        }
    }

    /// The roles, in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Their words, as the database keeps them.
    pub fn words(self) -> Vec<String> {
        self.iter().map(|role| role.word().to_owned()).collect()
    }

    /// Accounts, sign-in, import, export, audit, settings.
    pub fn may_administer(self) -> bool {
        self.admin
    }

    /// Design: squads, core teams, memberships.
    pub fn may_design(self) -> bool {
        self.admin || self.leader
    }

    /// What only leaders do beside a squad's own members: writing its mission.
    pub fn may_lead(self) -> bool {
        self.leader
    }

    /// Whether these hold nothing that `other` lacks: nobody gives away more than they have.
    pub fn are_within(self, other: Self) -> bool {
        other.admin || self.iter().all(|role| other.has(role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        let mut all = Self::default();
        for role in roles {
            match role {
                Role::Admin => all.admin = true,
                Role::Leader => all.leader = true,
                Role::Coach => all.coach = true,
            }
        }
        all
    }
}

impl fmt::Display for Roles {
    /// "Admin, Leader", or "Member".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles: Vec<_> = self.iter().map(Role::title).collect();
        f.write_str(
            if titles.is_empty() { "Member".to_owned() } else { titles.join(", ") }.as_str(),
        )
    }
}

/// Who may design, for a refusal.
pub const DESIGNERS: &str = "Only leaders and admins design squads, core teams and memberships.";
/// Who may administer, for a refusal.
pub const ADMINS: &str = "Only admins do this.";

/// Who acts, when, and by which request. Every use case takes one.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The organization acted in.
    pub tenant: Tenant,
    /// The account; none for the command line.
    pub user: Option<UserId>,
    /// The person.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Their roles when the request came in; checked again inside the transaction.
    pub roles: Roles,
    /// The time of the act.
    pub at: DateTime<Utc>,
    /// The one-time key of the form or call.
    pub once: Option<Once>,
    /// Where it came from, for the history.
    pub origin: Origin,
}

/// The one-time key of a form or call, with what was sent under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Random, made with the form.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request_hash: Vec<u8>,
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The visitor's address.
    pub ip: Option<String>,
    /// The request's id, as in the log.
    pub request_id: Option<String>,
    /// Who is told once the change is committed: the instance that the request came to.
    pub hints: Hints,
    /// The change that this one takes back.
    pub undoes: Option<Undoes>,
    /// Where the history notes the change that can be taken back.
    pub told: Told,
}

/// A change that is taken back.
#[derive(Debug, Clone)]
pub struct Undoes {
    /// Its event.
    pub event: EventId,
    /// What the history says of it.
    pub summary: String,
}

/// The event of a request's change, for the notice that offers to undo it; shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<Option<EventId>>>);

impl Told {
    /// Notes the newest event, or that it cannot be undone.
    pub fn tell(&self, event: Option<EventId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = event;
    }

    /// Takes the event that was noted.
    pub fn taken(&self) -> Option<EventId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_role_is_refused() {
        assert_eq!(Roles::parse(&["leader", "king"]), Err(NoSuchRole));
    }

    #[test]
    fn admins_and_leaders_design_and_only_admins_administer() {
        let of = |words: &[&str]| Roles::parse(words).unwrap();
        assert!(of(&["admin"]).may_design() && of(&["leader"]).may_design());
        assert!(!of(&["coach"]).may_design() && !of(&[]).may_design());
        assert!(of(&["admin"]).may_administer() && !of(&["leader", "coach"]).may_administer());
    }

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let of = |words: &[&str]| Roles::parse(words).unwrap();
        assert!(of(&["leader"]).are_within(of(&["admin"])));
        assert!(of(&["leader"]).are_within(of(&["leader", "coach"])));
        assert!(!of(&["admin"]).are_within(of(&["leader"])));
    }
}
