//! What can go wrong, and what the person is told.
//!
//! A [`Rule`] is shown as written. Everything else has a cause for the log and a fixed sentence for the
//! page: no text of a library reaches a person. The page itself is made in [`crate::web::errors`].

use std::borrow::Cow;

use crate::rule::Rule;

/// A result whose error has an answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request cannot be answered as asked.
#[derive(Debug)]
pub enum Error {
    /// There is no such thing, or not for this visitor.
    NotFound,
    /// The visitor may see the thing and may not do this; says who may.
    Forbidden(Cow<'static, str>),
    /// The browser has the page as it is now.
    Unchanged,
    /// Only for people who are signed in.
    SignInRequired,
    /// A rule refused it.
    Refused(Refusal),
    /// Somebody else changed the same thing since the form was loaded.
    Stale,
    /// The request itself is malformed, in a way that no form of ours is.
    BadRequest(&'static str),
    /// More than can be taken at once.
    TooLarge,
    /// The body is sent as something that is not taken here; says as what to send it.
    WrongType(&'static str),
    /// Too many tries; seconds to wait.
    TooMany(u64),
    /// The database is not to be had at the moment; seconds to wait.
    Busy(u64),
    /// The transaction met another one and can be tried again as a whole.
    Again,
    /// Anything else: a bug, or a machine in trouble.
    Internal(anyhow::Error),
}

impl std::fmt::Display for Error {
    /// For the command line: the sentence of a rule, or the cause.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(&refusal.message),
            Self::Internal(cause) => write!(f, "{cause:#}"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Error {}

/// A broken rule, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The word for machines.
    pub code: &'static str,
    /// The sentence for people.
    pub message: String,
    /// The field that it stands beside.
    pub field: Option<&'static str>,
    /// 409 instead of 422.
    pub is_conflict: bool,
}

impl<R: Rule> From<R> for Error {
    fn from(rule: R) -> Self {
        Self::Refused(Refusal {
            code: rule.code(),
            message: rule.to_string(),
            field: rule.field(),
            is_conflict: rule.is_conflict(),
        })
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        match cause.downcast::<sqlx::Error>() {
            Ok(error) => error.into(),
            Err(cause) => Self::Internal(cause),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(cause: askama::Error) -> Self {
        Self::Internal(cause.into())
    }
}

/// The rules that the database holds by itself, should a writer have come past the services.
const CONSTRAINTS: &[(&str, &str, &str)] = &[
    ("squad_max_members", "squad_full", "This squad is full: a squad has at most 10 members."),
    (
        "squad_min_members",
        "squad_too_small",
        "An active squad has at least 6 members. Swap somebody in, staff it first, or return it to forming.",
    ),
    (
        "squad_active_mission",
        "mission_incomplete",
        "A squad needs a complete mission before it can be active.",
    ),
    (
        "squad_active_goal_metric",
        "goal_metric_missing",
        "A squad needs a customer value goal metric before it can be active.",
    ),
    ("team_dissolved_is_empty", "squad_dissolved", "This team is dissolved: nobody can join it."),
    (
        "organization_admin",
        "last_admin",
        "An organization always has an admin. Make somebody else admin first.",
    ),
    ("event_undoes_key", "undone_already", "Somebody has undone this already."),
    ("membership_current_key", "already_member", "This person is already in the team."),
    (
        "product_lead_is_no_apprentice",
        "apprentice_is_lead",
        "An apprentice is never the lead PM of the same product. End the apprenticeship with its outcome first, or choose somebody else.",
    ),
    (
        "member_leads",
        "leads_product",
        "This person leads a product, and a product always has a lead PM. Hand it over first.",
    ),
    ("member_learns", "member_deactivated", "This person has left: they are nobody's apprentice."),
    ("team_dissolved_serves", "team_dissolved", "A dissolved squad serves no product."),
    (
        "team_products_check",
        "core_team_serves_none",
        "Only squads serve products: a core team offers services to squads.",
    ),
    ("product_squads_check", "product_ended", "This product has ended: no squad serves it."),
    (
        "product_apprentices_check",
        "product_ended",
        "This product has ended: nobody is an apprentice there.",
    ),
    (
        "backlog_item_holder_fkey",
        "squad_holds_items",
        "Whoever holds items serves the product: they are finished or returned before a squad stops serving, and only squads that serve pull.",
    ),
    (
        "product_squad_ended_check",
        "squad_holds_items",
        "This squad holds items of the product. They are finished or returned before it stops serving.",
    ),
    (
        "product_squad_expedite_check",
        "expedite_limit",
        "This squad has an expedited item in progress, and one at a time is the most.",
    ),
    (
        "backlog_wip_block",
        "wip_limit",
        "The limit of this squad is reached. Finish or return an item first.",
    ),
    (
        "backlog_transition_by_member",
        "not_in_squad",
        "Only the members of a squad pull, return and finish its items.",
    ),
    (
        "link_team_dissolved",
        "team_dissolved",
        "One of the two teams is dissolved: no link leads to it or from it.",
    ),
];

impl From<sqlx::Error> for Error {
    /// RELIABILITY R19: what each SQLSTATE means for the person.
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                tracing::warn!(error = %error, "the database is not to be had");
                return Self::Busy(2);
            }
            sqlx::Error::Database(database) => {
                if let Some((_, code, message)) = database.constraint().and_then(|name| {
                    CONSTRAINTS.iter().find(|(constraint, ..)| *constraint == name)
                }) {
                    return Self::Refused(Refusal {
                        code,
                        message: (*message).to_owned(),
                        field: None,
                        is_conflict: true,
                    });
                }
                database.code().unwrap_or_default().into_owned()
            }
            _ => String::new(),
        };
        match code.as_str() {
            "40001" | "40P01" => Self::Again,
            // Unique: somebody else was first, and the page shows what is there now.
            "23505" => Self::Stale,
            "55P03" | "57014" | "53300" | "53100" | "25006" | "57P01" | "57P02" | "57P03" => {
                tracing::warn!(error = %error, "the database refuses for now");
                Self::Busy(2)
            }
            // The last two: a day or a time that the database does not know.
            "22021" | "22P02" | "22003" | "22001" | "22007" | "22008" => {
                Self::BadRequest("A value is not readable.")
            }
            other if other.starts_with("08") => Self::Busy(2),
            _ => Self::Internal(error.into()),
        }
    }
}

/// Turns the break of a named constraint into a rule: `.on_constraint("team_name_key", NameTaken)?`.
pub trait OnConstraint<T> {
    /// The value, or `rule` if the constraint `name` refused, or any other error.
    fn on_constraint<R: Rule>(self, name: &str, rule: R) -> Result<T>;
}

impl<T> OnConstraint<T> for sqlx::Result<T> {
    fn on_constraint<R: Rule>(self, name: &str, rule: R) -> Result<T> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(database) if database.constraint() == Some(name) => rule.into(),
            _ => error.into(),
        })
    }
}
