//! The squad of an address: who asks for it, and what every page about it shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::AppState;
use crate::actor::Tenant;
use crate::error::{Error, Result};
use crate::history;
use crate::ids::TeamId;
use crate::organizations::Visitor;
use crate::squads::db::teams::{self, Address, SQUAD};
use crate::squads::db::{self, Overview, SquadPage};
use crate::squads::domain::{Pattern, Squad, State};
use crate::squads::{list_url, url};
use crate::web::shell::{Section, Shell};
use crate::web::ui::{Moment, meanwhile, moment};
use crate::web::{moved, path_part};

/// Lines of activity on the squad's page.
const RECENT: i64 = 5;

/// The squad in the address and who asks for it; 404 if there is none in their organization. A page at an address
/// that the squad had before its rename, or at its id, leads to the present one.
#[derive(Debug, Clone)]
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The squad.
    pub id: TeamId,
    /// Its word in addresses.
    pub slug: String,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let (visitor, found) = address(parts, state, "squad", SQUAD).await?;
        Ok(Self { visitor, id: found.id, slug: found.slug })
    }
}

/// Who asks, and the team at the part `name` of the address; or the way to its present address.
pub async fn address(
    parts: &mut Parts,
    state: &AppState,
    name: &str,
    kind: &str,
) -> Result<(Visitor, Address), Response> {
    let (visitor, found) =
        find(parts, state, name, kind).await.map_err(IntoResponse::into_response)?;
    match moved(parts, &found.slug) {
        Some(there) => Err(there),
        None => Ok((visitor, found)),
    }
}

/// The present word in addresses of a team that was just made or renamed.
pub async fn slug_of(
    pool: &sqlx::PgPool,
    tenant: Tenant,
    kind: &str,
    id: TeamId,
) -> Result<String> {
    let found = teams::find_address(pool, tenant, kind, &id.to_string()).await?;
    Ok(found.ok_or(Error::NotFound)?.slug)
}

async fn find(
    parts: &mut Parts,
    state: &AppState,
    name: &str,
    kind: &str,
) -> Result<(Visitor, Address)> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    let word = path_part(parts, state, name).await?;
    let found = teams::find_address(&state.pool, visitor.tenant(), kind, &word).await?;
    Ok((visitor, found.ok_or(Error::NotFound)?))
}

impl At {
    /// The address of the squad's page, or of one below it: `at.url("/members")`.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.visitor.slug, &self.slug))
    }

    /// Loads what the pages show.
    pub async fn page(&self, pool: &sqlx::PgPool) -> Result<Head> {
        let actor = &self.visitor.actor;
        let squad = db::find_page(pool, actor.tenant, self.id, actor.member).await?;
        Ok(Head::new(&self.visitor, squad.ok_or(Error::NotFound)?))
    }

    /// Loads what the squad's own page says, as it is now.
    pub async fn opened(self, pool: &sqlx::PgPool) -> Result<Opened> {
        let overview = overview(pool, &self.visitor, &self.id.to_string()).await?;
        Ok(Opened { at: self, overview })
    }
}

/// The squad in the address with what its own page says, in one statement.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The squad and who asks for it.
    pub at: At,
    /// What its page says.
    pub overview: Overview,
}

impl FromRequestParts<AppState> for Opened {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let opened = open(parts, state).await.map_err(IntoResponse::into_response)?;
        moved(parts, &opened.at.slug).map_or(Ok(opened), Err)
    }
}

async fn open(parts: &mut Parts, state: &AppState) -> Result<Opened> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    let word = path_part(parts, state, "squad").await?;
    let overview = overview(&state.pool, &visitor, &word).await?;
    let (id, slug) = (overview.squad.id, overview.squad.slug.clone());
    Ok(Opened { at: At { visitor, id, slug }, overview })
}

async fn overview(pool: &sqlx::PgPool, visitor: &Visitor, word: &str) -> Result<Overview> {
    let (tenant, me) = (visitor.tenant(), visitor.actor.member);
    let found = db::find_overview(pool, tenant, word, me, RECENT).await?;
    found.ok_or(Error::NotFound)
}

/// What every page about a squad shows around its own content.
pub struct Head {
    /// The frame.
    pub shell: Shell,
    /// The squad.
    pub squad: SquadPage,
    /// Its state.
    pub state: State,
    /// Whether the visitor may design.
    pub may_design: bool,
    /// Whether the visitor may say what the squad needs.
    pub may_need: bool,
    /// Since when it has been in its state.
    pub since: Moment,
    organization: String,
}

impl Head {
    /// The frame of a page about `squad`.
    pub fn new(visitor: &Visitor, squad: SquadPage) -> Self {
        let state = State::parse(&squad.state).unwrap_or(State::Dissolved);
        let roles = visitor.roles();
        let mut head = Self {
            shell: visitor.shell(Section::Squads),
            state,
            may_design: roles.may_design() && state.is_live(),
            may_need: false,
            since: moment(squad.state_at, visitor.actor.at, visitor.time_zone),
            organization: visitor.slug.clone(),
            squad,
        };
        head.may_need = head.rules().may_be_told_needs(roles, head.squad.is_mine);
        head
    }

    /// The address of the squad's page, or of one below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.organization, &self.squad.slug))
    }

    /// The address of the list.
    pub fn list_url(&self) -> String {
        list_url(&self.organization)
    }

    /// The address of a member's page.
    pub fn member_url(&self, member: &crate::ids::MemberId) -> String {
        format!("/o/{}/members/{member}", self.organization)
    }

    /// The pattern in words.
    pub fn pattern(&self) -> Pattern {
        Pattern::parse(&self.squad.pattern).unwrap_or(Pattern::Own)
    }

    /// The line below the name.
    pub fn line(&self) -> String {
        format!("Customer value squad · {}", self.pattern().title())
    }

    /// The squad as its rules see it.
    pub fn rules(&self) -> Squad {
        Squad {
            id: self.squad.id,
            name: self.squad.name.clone(),
            slug: self.squad.slug.clone(),
            state: self.state,
            members: usize::try_from(self.squad.members).unwrap_or_default(),
            version: self.squad.version,
        }
    }

    /// Why it is in this state, where somebody had to say: "Returned to forming because: …".
    pub fn because(&self) -> String {
        match (self.state, self.squad.state_reason.as_str()) {
            (_, "") | (State::Active, _) => String::new(),
            (State::Forming, why) => format!("Returned to forming because: {why}"),
            (State::Dissolved, why) => format!("Dissolved because: {why}"),
        }
    }

    /// Whether it is forming.
    pub fn is_forming(&self) -> bool {
        self.state == State::Forming
    }

    /// Whether it is active.
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }
}

/// Who changed a thing last, in words, and when: for a form that came too late.
pub async fn last_change(
    pool: &sqlx::PgPool,
    visitor: &Visitor,
    subject: Uuid,
) -> Result<Option<(String, Moment)>> {
    let last = history::about(pool, visitor.tenant(), subject, 1).await?.pop();
    Ok(last.map(|event| {
        let at = moment(event.at, visitor.actor.at, visitor.time_zone);
        let is_self = event.member_id == Some(visitor.actor.member);
        (meanwhile(event.member_name.as_deref(), is_self), at)
    }))
}
