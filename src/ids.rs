//! One type for the ids of each table, so that a squad's id cannot stand where a member's belongs.
//!
//! Ids are UUIDs of version 7: in the order of their making, and never a secret.

/// Declares an id type: `id!(/// A team. TeamId)`.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new id.
            #[expect(clippy::new_without_default, reason = "each call makes another")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(/// An organization: the tenant. 
    OrganizationId);
id!(/// A user: an account that signs in.
    UserId);
id!(/// A browser that is signed in.
    SessionId);
id!(/// A person of one organization.
    MemberId);
id!(/// An invitation to become the user of a member.
    InvitationId);
id!(/// An entry of the history.
    EventId);
id!(/// An entry of the catalogue of skills.
    SkillId);
id!(/// A squad or a core team.
    TeamId);
id!(/// A member in a team, for a period.
    MembershipId);
id!(/// An entry of the catalogue of hats.
    HatId);
id!(/// A seat of a squad that nobody has yet.
    SeatId);
id!(/// A link between two teams.
    LinkId);
id!(/// A metric of a squad.
    MetricId);
id!(/// A check-in of a metric.
    CheckInId);
id!(/// What lets a program check in to a metric.
    MetricTokenId);
id!(/// An import.
    ImportId);
id!(/// A product.
    ProductId);
id!(/// A squad that serves a product, for a period.
    ServiceId);
id!(/// A hat that somebody wears for a product group, for a period.
    WornId);
id!(/// An apprenticeship at a product.
    ApprenticeshipId);
id!(/// An item of a product's backlog.
    ItemId);
id!(/// A product's own way of putting an item.
    TemplateId);
id!(/// A file that was sent for a product's backlog.
    BacklogImportId);
id!(/// What somebody says about an item.
    CommentId);
id!(/// A step of a learning plan.
    StepId);
id!(/// Practice that an apprentice wrote down.
    EvidenceId);
id!(/// The lead PM's word that a step is done.
    SignOffId);
id!(/// What somebody says of an apprentice's practice.
    FeedbackId);
id!(/// A learning plan that is kept for the next apprentice.
    PlanTemplateId);
id!(/// A squad's request for coaching, with all that comes of it.
    CoachingId);
id!(/// An offer of coaching to a squad.
    OfferId);
id!(/// A session of coaching.
    CoachingSessionId);
id!(/// A note about coaching.
    CoachingNoteId);
id!(/// A pack of health dimensions.
    PackId);
id!(/// A dimension of a pack.
    DimensionId);
id!(/// A health check over many squads, every so many weeks.
    HealthScheduleId);
id!(/// A health check of one squad.
    RoundId);
id!(/// What a squad wants to do after a health check.
    HealthActionId);
