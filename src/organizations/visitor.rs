//! Who visits an organization's page: the extractor behind every address that begins with `/o/{org}`.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::db::{self, EditionRow, VisitorRow};
use super::edition::{Asked, Facts, is_settled};
use crate::AppState;
use crate::accounts::{CurrentUser, SessionRow};
use crate::actor::{ADMINS, Actor, DESIGNERS, Once, Origin, Roles, Tenant};
use crate::error::{Error, Result};
use crate::ids::{EventId, MemberId, SessionId};
use crate::secret;
use crate::web::errors::Frame;
use crate::web::shell::{Flash, OrgLink, Section, Shell, ShellMe, ShellOrg, Theme};
use crate::web::{cookie, flash, new_key, path_part, theme};

/// How many teams and members an organization has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Squads at work.
    pub active: i64,
    /// Squads that are being designed.
    pub forming: i64,
    /// Squads that are gone.
    pub dissolved: i64,
    /// Core teams that are not dissolved.
    pub core_teams: i64,
    /// Members who are not deactivated.
    pub members: i64,
    /// Coaching requests that wait for a coach.
    pub coaching: i64,
}

impl Counts {
    /// Squads that are not dissolved.
    pub fn squads(&self) -> i64 {
        self.active + self.forming
    }
}

/// A member of the organization in the address. To everybody else the organization does not exist (404).
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who acts, for the services.
    pub actor: Actor,
    /// The organization's name.
    pub organization: String,
    /// Its word in addresses.
    pub slug: String,
    /// What unites it.
    pub common_purpose: String,
    /// The visitor's time zone.
    pub time_zone: Tz,
    /// How much there is in the organization.
    pub counts: Counts,
    /// The organization's newest event, where nothing older can still be on its way: what is made of rows whose changes have events is the
    /// same while this is.
    pub settled: Option<EventId>,
    others: Vec<OrgLink>,
    theme: Option<Theme>,
    flash: Option<Flash>,
    is_development: bool,
}

impl Visitor {
    /// The organization that is visited.
    pub fn tenant(&self) -> Tenant {
        self.actor.tenant
    }

    /// The visitor's roles, for the page that shows or hides a button.
    pub fn roles(&self) -> Roles {
        self.actor.roles
    }

    /// The day it is for the visitor.
    pub fn today(&self) -> NaiveDate {
        self.actor.at.with_timezone(&self.time_zone).date_naive()
    }

    /// Lets only those on who may design.
    pub fn must_design(&self) -> Result<()> {
        if self.roles().may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
    }

    /// Lets only admins on.
    pub fn must_administer(&self) -> Result<()> {
        if self.roles().may_administer() { Ok(()) } else { Err(Error::Forbidden(ADMINS.into())) }
    }

    /// The frame of a page in `section`.
    pub fn shell(&self, section: Section) -> Shell {
        Shell {
            theme: self.theme,
            section,
            org: Some(ShellOrg {
                name: self.organization.clone(),
                slug: self.slug.clone(),
                others: self.others.clone(),
                squads: self.counts.squads(),
                core_teams: self.counts.core_teams,
                members: self.counts.members,
                coaching: self.counts.coaching,
            }),
            me: Some(ShellMe {
                name: self.actor.name.clone(),
                role_line: self.roles().to_string(),
                member: Some(self.actor.member.0),
            }),
            flash: self.flash.clone(),
            may_administer: self.roles().may_administer(),
            key: new_key(),
            development: self.is_development,
            last: Some(self.slug.clone()),
        }
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let token =
            cookie(&parts.headers, state.config.session_cookie()).ok_or(Error::SignInRequired)?;
        let slug = path_part(parts, state, "org").await?;
        let token_hash = secret::sha256(&[token.as_bytes()]);
        let at = state.clock.now();
        let asked = parts.extensions.get::<Asked>().cloned();
        if let Some(asked) =
            asked.as_ref().filter(|_| parts.headers.contains_key(header::IF_NONE_MATCH))
            && let Some(row) = db::find_edition(&state.pool, &token_hash, &slug, at).await?
            && asked.is_current(parts, &row.facts(state), at)
        {
            CurrentUser::note(parts, state, (row.session_id, row.user_id, row.last_seen_at), at)
                .await?;
            return Err(Error::Unchanged);
        }
        let row = db::find_visitor(&state.pool, &token_hash, &slug, at)
            .await?
            .ok_or(Error::SignInRequired)?;
        let user = match parts.extensions.get::<CurrentUser>() {
            Some(user) => user.clone(),
            None => CurrentUser::noted(parts, state, row.session(), at).await?,
        };
        let visitor = Self::of(parts, state, user, &row)?;
        if let Some((asked, facts)) = asked.zip(row.facts(state)) {
            asked.note(parts, &facts, at);
        }
        Ok(visitor)
    }
}

impl EditionRow {
    fn facts(&self, state: &AppState) -> Facts<'_> {
        Facts {
            member: self.member_id,
            name: &self.member_name,
            roles: &self.roles,
            time_zone: &self.time_zone,
            others: &self.others,
            newest: self.newest,
            last_key: self.last_key,
            is_development: state.config.development,
        }
    }
}

impl VisitorRow {
    fn facts(&self, state: &AppState) -> Option<Facts<'_>> {
        Some(Facts {
            member: self.member_id?,
            name: self.member_name.as_deref()?,
            roles: self.roles.as_deref()?,
            time_zone: self.time_zone.as_deref()?,
            others: &self.others,
            newest: self.newest,
            last_key: self.last_key,
            is_development: state.config.development,
        })
    }

    fn session(&self) -> SessionRow {
        SessionRow {
            id: self.session_id,
            user_id: self.user_id,
            name: self.user_name.clone(),
            email: self.user_email.clone(),
            last_seen_at: self.last_seen_at,
        }
    }
}

impl Visitor {
    /// The visitor as they were found; nobody where they do not belong to the organization.
    fn of(parts: &Parts, state: &AppState, user: CurrentUser, row: &VisitorRow) -> Result<Self> {
        let (Some(organization), Some(member), Some(roles)) =
            (row.organization_id, row.member_id, &row.roles)
        else {
            return Err(Error::NotFound);
        };
        tracing::Span::current().record("organization", tracing::field::display(organization));
        let jar = CookieJar::from_headers(&parts.headers);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let visitor = Self {
            actor: Actor {
                tenant: Tenant::of(organization),
                user: Some(user.id),
                member,
                name: text(&row.member_name),
                roles: Roles::parse(roles)?,
                at: user.at,
                once: parts.extensions.get::<Once>().cloned(),
                origin: user.origin,
            },
            organization: text(&row.organization_name),
            slug: text(&row.slug),
            common_purpose: text(&row.common_purpose),
            time_zone: text(&row.time_zone).parse().unwrap_or(Tz::UTC),
            counts: Counts {
                active: row.active,
                forming: row.forming,
                dissolved: row.dissolved,
                core_teams: row.core_teams,
                members: row.members,
                coaching: row.coaching,
            },
            settled: row.newest.filter(|id| is_settled(*id, user.at)),
            others: row
                .others
                .iter()
                .map(|(slug, name)| OrgLink { name: name.clone(), slug: slug.clone() })
                .collect(),
            theme: theme(&parts.headers),
            flash: flash::read(&jar),
            is_development: state.config.development,
        };
        if let Some(frame) = parts.extensions.get::<Frame>() {
            frame.leave(Shell { flash: None, ..visitor.shell(Section::None) });
        }
        Ok(visitor)
    }
}

/// A member whose page holds a stream: what the stream needs of a [`Visitor`], in one statement, and no use of the
/// session, since a page that is open by itself keeps nobody signed in.
#[derive(Debug, Clone)]
pub struct Watcher {
    /// The organization that is watched.
    pub tenant: Tenant,
    /// Who watches.
    pub member: MemberId,
    /// Their roles now.
    pub roles: Roles,
    /// Their browser's session.
    pub session: SessionId,
    /// Where the request came from.
    pub origin: Origin,
}

impl FromRequestParts<AppState> for Watcher {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let token =
            cookie(&parts.headers, state.config.session_cookie()).ok_or(Error::SignInRequired)?;
        let slug = path_part(parts, state, "org").await?;
        let token_hash = secret::sha256(&[token.as_bytes()]);
        let row = db::find_watcher(&state.pool, &token_hash, &slug, state.clock.now())
            .await?
            .ok_or(Error::SignInRequired)?;
        state.limits.check_session(row.session_id)?;
        tracing::Span::current().record("user", tracing::field::display(row.user_id));
        let (Some(organization), Some(member), Some(roles)) =
            (row.organization_id, row.member_id, row.roles)
        else {
            return Err(Error::NotFound);
        };
        tracing::Span::current().record("organization", tracing::field::display(organization));
        Ok(Self {
            tenant: Tenant::of(organization),
            member,
            roles: Roles::parse(&roles)?,
            session: row.session_id,
            origin: parts.extensions.get::<Origin>().cloned().unwrap_or_default(),
        })
    }
}

/// A visitor who is admin; other members are refused before anything else of the request is read.
#[derive(Debug, Clone)]
pub struct Admin(pub Visitor);

impl FromRequestParts<AppState> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        visitor.must_administer()?;
        Ok(Self(visitor))
    }
}

/// The middleware that has the browser remember the organization it was in last, to which `/` leads.
pub async fn remember(request: Request, next: Next) -> Response {
    let word = request.uri().path().strip_prefix("/o/").and_then(|rest| rest.split('/').next());
    let word = word.filter(|word| cookie(request.headers(), "org").as_deref() != Some(word));
    let word = word.map(ToOwned::to_owned);
    let mut response = next.run(request).await;
    if let Some(word) = word.filter(|_| response.status() == StatusCode::OK) {
        let text = format!("org={word}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
