//! Organizations.

use chrono::TimeDelta;

use crate::rule::Rule;
use crate::text::text;

text!(
    /// The name of an organization.
    OrganizationName, line, "the organization's name", 1, 80
);
text!(
    /// What unites an organization (CVS: "united by a common purpose").
    CommonPurpose, prose, "the common purpose", 0, 500
);

/// How long an invitation lives (RELIABILITY R10).
pub const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// H11: an organization always has an admin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("An organization always has an admin. Make somebody else admin first.")]
pub struct LastAdmin;

impl Rule for LastAdmin {
    fn code(&self) -> &'static str {
        "last_admin"
    }
    fn field(&self) -> Option<&'static str> {
        Some("roles")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Why somebody cannot be invited.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteRefused {
    /// The address is another member's.
    #[error(
        "Another member has this address already. Invite that member, or write another address."
    )]
    EmailOfAnother,
    /// There is nothing to invite to.
    #[error("This member signs in already.")]
    SignsInAlready,
}

impl Rule for InviteRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::EmailOfAnother => "email_of_another",
            Self::SignsInAlready => "signs_in_already",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Why an invitation that is still open cannot be accepted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptRefused {
    /// Nobody gives away more than they have, at the time it is taken.
    #[error(
        "Whoever invited you may not give these roles any more. Ask an admin for a new invitation."
    )]
    InviterLacksRoles,
    /// It is for another account.
    #[error("This invitation is for {0}. Sign out, and sign in with that address.")]
    OtherAccount(String),
    /// One account is one member.
    #[error("You are a member of this organization already, with this account.")]
    MemberAlready,
}

impl Rule for AcceptRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::InviterLacksRoles => "inviter_lacks_roles",
            Self::OtherAccount(_) => "invitation_for_another",
            Self::MemberAlready => "member_already",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}
