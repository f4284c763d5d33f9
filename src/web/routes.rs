//! The table of addresses: every route says who may, so that the table that is printed by `trellis routes`,
//! tested by `tests/web/access/` and served are one.

use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};

use crate::AppState;

/// Who may use an address. What a role may do is decided by the service, inside the transaction; this is the
/// promise that the access test holds it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever holds the link or has the password: sign-in, set-up, invitations.
    LinkHolder,
    /// Every user.
    User,
    /// Every member of the organization; to others it does not exist (404).
    Member,
    /// Leaders and admins; other members get 403.
    Designer,
    /// Leaders and the squad's own members; other members get 403.
    SquadMemberOrLeader,
    /// The squad's own members, and those who design it while it is forming; other members get 403.
    SquadMember,
    /// Coaches and leaders; other members get 403.
    CoachOrLeader,
    /// The squad's own members, and the coach who has pulled its request; other members get 403.
    Coaching,
    /// The coach who has pulled the request; other members get 403.
    RequestsCoach,
    /// Who has made the offer; other members get 403.
    Offerer,
    /// Programs with a token of the metric; everybody else gets 401.
    MetricToken,
    /// The squad's own members and nobody else, whatever its state; others get 403.
    OwnSquad,
    /// The squad's own members and coaches; other members get 403.
    SquadMemberOrCoach,
    /// Coaches; other members get 403.
    Coach,
    /// Leaders, coaches and admins; members without a role get 403.
    AnyRole,
    /// The member whom it is about, and those who may act for them as the page says.
    SelfOrAdmin,
    /// The product's lead PM, leaders and admins; other members get 403.
    LeadPmOrDesigner,
    /// The product's lead PM; other members get 403.
    LeadPm,
    /// The apprentice; other members get 403.
    Apprentice,
    /// The apprentice and the product's lead PM; other members get 403.
    ApprenticeOrLeadPm,
    /// The product's lead PM, and an apprentice to whom they have delegated it; other members get 403, unless the thing is their own.
    Orderer,
    /// Whoever orders the product's backlog, and the members of the squads that serve it; other members get 403.
    ProductGroup,
    /// Admins; other members get 403.
    Admin,
    /// Only in development.
    Development,
}

impl Who {
    /// What a visitor needs before anything else: nothing, a link or password, or a session.
    pub fn authentication(self) -> &'static str {
        match self {
            Self::Anyone | Self::Development => "none",
            Self::LinkHolder => "link or password",
            Self::MetricToken => "token",
            _ => "session",
        }
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anyone => "anyone",
            Self::LinkHolder => "whoever holds the link or the password",
            Self::User => "every user",
            Self::Member => "members",
            Self::Designer => "leaders and admins",
            Self::SquadMemberOrLeader => "the squad's members and leaders",
            Self::SquadMember => "the squad's members; while it is forming, leaders and admins",
            Self::CoachOrLeader => "coaches and leaders",
            Self::Coaching => "the squad's own members and its coach",
            Self::RequestsCoach => "the coach who has pulled it",
            Self::Offerer => "who has made the offer",
            Self::MetricToken => "programs with a token of the metric",
            Self::OwnSquad => "the squad's members",
            Self::SquadMemberOrCoach => "the squad's members and coaches",
            Self::Coach => "coaches",
            Self::AnyRole => "leaders, coaches and admins",
            Self::SelfOrAdmin => "oneself, or as the page says",
            Self::LeadPmOrDesigner => "the product's lead PM, leaders and admins",
            Self::LeadPm => "the product's lead PM",
            Self::Apprentice => "the apprentice",
            Self::ApprenticeOrLeadPm => "the apprentice and the product's lead PM",
            Self::Orderer => "the product's lead PM, or an apprentice by delegation",
            Self::ProductGroup => "the product's lead PM and its squads' members",
            Self::Admin => "admins",
            Self::Development => "anyone, in development",
        })
    }
}

/// One address with one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// GET or POST.
    pub method: &'static str,
    /// The pattern, as axum writes it.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
}

impl Route {
    /// Whether it changes anything: only POST does.
    pub fn is_change(&self) -> bool {
        self.method == "POST"
    }

    /// The names of the ids in the path with the kind of each.
    pub fn ids(&self) -> Vec<(&'static str, &'static str)> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| (name, kind_of(name)))
            .collect()
    }
}

/// What kind of id stands at a name in a path.
fn kind_of(name: &str) -> &'static str {
    match name {
        "org" => "organization (slug)",
        "squad" => "squad (slug or id)",
        "core_team" => "core team (slug or id)",
        "member" => "member (id)",
        "membership" => "membership (id)",
        "skill" => "skill (id)",
        "metric" => "metric (id)",
        "check_in" => "check-in of a metric (id)",
        "metric_token" => "token of a metric (id)",
        "link" => "link (id)",
        "product" => "product (slug or id)",
        "item" => "item of a backlog (key)",
        "template" => "template of a backlog (id)",
        "file" => "file that was sent for a backlog (id)",
        "service" => "squad that serves a product (id)",
        "worn" => "hat that somebody wears for a product group (id)",
        "apprenticeship" => "apprenticeship (id)",
        "request" => "coaching request (id)",
        "offer" => "offer of coaching (id)",
        "meeting" => "session of coaching (id)",
        "round" => "health check of a squad (id)",
        "pack" => "pack of health dimensions (slug)",
        "dimension" => "dimension of a pack (id)",
        "action" => "action after a health check (id)",
        "schedule" => "health check of many squads (id)",
        "invitation" => "invitation (id)",
        "session" => "session (id)",
        "import" => "import (id)",
        "event" => "event (id)",
        "hat" => "hat (id)",
        "seat" => "open seat (id)",
        "token" => "secret token",
        "version" => "version number",
        "hash" | "path" => "static file",
        _ => "word",
    }
}

/// Marks a request of which the log does not say whose it was.
#[derive(Debug, Clone, Copy)]
pub struct Unnamed;

/// Routes on their way into a router.
#[derive(Default)]
pub struct Routes {
    router: Router<AppState>,
    list: Vec<Route>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page.
    #[must_use]
    pub fn get<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        who: Who,
        handler: H,
    ) -> Self {
        self.add("GET", MethodFilter::GET, path, who, handler)
    }

    /// Adds a change.
    #[must_use]
    pub fn post<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        who: Who,
        handler: H,
    ) -> Self {
        self.add("POST", MethodFilter::POST, path, who, handler)
    }

    fn add<H: Handler<T, AppState>, T: 'static>(
        mut self,
        method: &'static str,
        filter: MethodFilter,
        path: &'static str,
        who: Who,
        handler: H,
    ) -> Self {
        self.list.push(Route { method, path, who });
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// Takes in the routes of a feature.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self.router = self.router.merge(other.router);
        self
    }

    /// Takes in routes whose use the log ascribes to nobody: that somebody answered is not to be read there.
    #[must_use]
    pub fn merge_unnamed(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self.router = self.router.merge(other.router.route_layer(Extension(Unnamed)));
        self
    }

    /// The table.
    pub fn list(&self) -> &[Route] {
        &self.list
    }

    /// The router.
    pub fn into_router(self) -> Router<AppState> {
        self.router
    }
}
