//! The pages of core teams.

use askama::Template;
use axum::extract::{FromRequestParts, State as Shared};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::db::{self, CoreTeamRow, Cursor};
use super::domain::{CoreTeam, CoreTeamName, NewCoreTeam};
use super::{list_url, service, url};
use crate::AppState;
use crate::design::{self, LinkDesign, LinksCard};
use crate::error::{Error, Result};
use crate::history;
use crate::ids::{MemberId, MembershipId, TeamId};
use crate::organizations::Visitor;
use crate::squads::teams::{self, CORE_TEAM, HatRow, MembershipRow};
use crate::squads::{
    self, AddForm, Allocation, Candidates, Description, MemberLine, Picks, PicksQuery, joined,
    last_change, slug_of,
};
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{Moment, moment};
use crate::web::{Form, FormErrors, Path, Query, Routes, Who, flash, page, refused};

/// Lines on one page of the list.
const PAGE: usize = 50;
/// Lines of activity.
const RECENT: i64 = 10;

/// The addresses of core teams.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/core-teams", Who::Member, list)
        .get("/o/{org}/core-teams/new", Who::Designer, new)
        .post("/o/{org}/core-teams", Who::Designer, create)
        .get("/o/{org}/core-teams/{core_team}", Who::Member, show)
        .get("/o/{org}/core-teams/{core_team}/edit", Who::Designer, edit)
        .post("/o/{org}/core-teams/{core_team}/edit", Who::Designer, update)
        .get("/o/{org}/core-teams/{core_team}/dissolve", Who::Designer, ask_dissolve)
        .post("/o/{org}/core-teams/{core_team}/dissolve", Who::Designer, dissolve)
        .post("/o/{org}/core-teams/{core_team}/members", Who::Designer, add)
        .get("/o/{org}/core-teams/{core_team}/members/{membership}", Who::Designer, edit_membership)
        .post(
            "/o/{org}/core-teams/{core_team}/members/{membership}",
            Who::Designer,
            update_membership,
        )
        .post("/o/{org}/core-teams/{core_team}/members/{membership}/remove", Who::Designer, remove)
}

/// The core team in the address and who asks for it; 404 if there is none in their organization.
struct At {
    visitor: Visitor,
    id: TeamId,
    slug: String,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let (visitor, found) = squads::address(parts, state, "core_team", CORE_TEAM).await?;
        Ok(Self { visitor, id: found.id, slug: found.slug })
    }
}

impl At {
    async fn head(&self, pool: &PgPool) -> Result<Head> {
        let team = db::find(pool, self.visitor.tenant(), self.id).await?.ok_or(Error::NotFound)?;
        Ok(Head {
            shell: self.visitor.shell(Section::CoreTeams),
            may_design: self.visitor.roles().may_design() && !team.is_dissolved,
            organization: self.visitor.slug.clone(),
            team,
        })
    }
}

/// What every page about a core team shows.
struct Head {
    shell: Shell,
    team: CoreTeam,
    may_design: bool,
    organization: String,
}

impl Head {
    fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.organization, &self.team.slug))
    }

    fn list_url(&self) -> String {
        list_url(&self.organization)
    }

    fn member_url(&self, member: &MemberId) -> String {
        format!("/o/{}/members/{member}", self.organization)
    }
}

// GET /o/{org}/core-teams

/// What is asked of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    q: String,
    state: String,
    after: String,
    before: String,
}

#[derive(Template)]
#[template(path = "core_teams/list.html")]
struct ListPage {
    shell: Shell,
    slug: String,
    may_design: bool,
    asked: ListQuery,
    rows: Vec<CoreTeamRow>,
    previous: Option<String>,
    next: Option<String>,
}

impl ListPage {
    fn url(&self) -> String {
        list_url(&self.slug)
    }

    fn new_url(&self) -> String {
        format!("{}/new", self.url())
    }

    fn team_url(&self, row: &CoreTeamRow) -> String {
        url(&self.slug, &row.slug)
    }

    fn clear(&self) -> Option<String> {
        (!self.asked.q.is_empty() || !self.asked.state.is_empty()).then(|| self.url())
    }
}

impl ListQuery {
    fn cursor(&self) -> Cursor {
        match (self.after.parse(), self.before.parse()) {
            (Ok(id), _) => Cursor::After(id),
            (_, Ok(id)) => Cursor::Before(id),
            _ => Cursor::Start,
        }
    }

    /// The same list from `row` on, forwards or backwards.
    fn page(&self, list: &str, cursor: &str, row: &CoreTeamRow) -> String {
        let id = row.id.to_string();
        let pairs = [("q", &self.q), ("state", &self.state), (cursor, &id)];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("{list}?{}", serde_html_form::to_string(pairs).unwrap_or_default())
    }
}

async fn list(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    let q = Some(asked.q.trim()).filter(|q| !q.is_empty());
    let (cursor, dissolved) = (asked.cursor(), asked.state == "dissolved");
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = db::list(&pool, visitor.tenant(), q, dissolved, cursor, limit).await?;
    let is_cut = rows.len() > PAGE;
    let is_back = matches!(cursor, Cursor::Before(_));
    if is_cut {
        // The one too many stands at the far end.
        rows.remove(if is_back { 0 } else { PAGE });
    }
    let (has_previous, has_next) = match cursor {
        Cursor::Start => (false, is_cut),
        Cursor::After(_) => (true, is_cut),
        Cursor::Before(_) => (is_cut, true),
    };
    let url = list_url(&visitor.slug);
    let previous = rows.first().filter(|_| has_previous);
    let next = rows.last().filter(|_| has_next);
    page(&ListPage {
        shell: visitor.shell(Section::CoreTeams),
        may_design: visitor.roles().may_design(),
        slug: visitor.slug,
        previous: previous.map(|row| asked.page(&url, "before", row)),
        next: next.map(|row| asked.page(&url, "after", row)),
        asked,
        rows,
    })
}

// GET /o/{org}/core-teams/new, POST /o/{org}/core-teams; GET and POST …/{core_team}/edit

/// A core team as typed; without a version it is new.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TeamForm {
    name: String,
    #[serde(default)]
    description: String,
    version: Option<i32>,
}

impl TeamForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<NewCoreTeam> {
        let name = errors.check("name", CoreTeamName::parse(&self.name));
        let description = errors.check("description", Description::parse(&self.description));
        Some(NewCoreTeam { name: name?, description: description? })
    }
}

#[derive(Template)]
#[template(path = "core_teams/form.html")]
struct FormPage {
    shell: Shell,
    slug: String,
    /// The core team that is edited; none for a new one.
    head: Option<Head>,
    form: TeamForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl FormPage {
    fn list_url(&self) -> String {
        list_url(&self.slug)
    }

    fn action(&self) -> String {
        self.head.as_ref().map_or_else(|| self.list_url(), |head| head.url("/edit"))
    }

    fn back(&self) -> String {
        self.head.as_ref().map_or_else(|| self.list_url(), |head| head.url(""))
    }

    fn now<'a>(&self, saved: Option<&'a str>, typed: &str) -> Option<&'a str> {
        saved.filter(|saved| self.errors.is_stale() && *saved != typed)
    }

    fn now_name(&self) -> Option<&str> {
        self.now(self.head.as_ref().map(|head| head.team.name.as_str()), &self.form.name)
    }

    fn now_description(&self) -> Option<&str> {
        let saved = self.head.as_ref().map(|head| head.team.description.as_str());
        self.now(saved, &self.form.description)
    }
}

fn new_page(visitor: &Visitor, form: TeamForm, errors: FormErrors) -> FormPage {
    let (shell, slug) = (visitor.shell(Section::CoreTeams), visitor.slug.clone());
    FormPage { shell, slug, head: None, form, errors, meanwhile: None }
}

async fn new(visitor: Visitor) -> Result<Response> {
    visitor.must_design()?;
    page(&new_page(&visitor, TeamForm::default(), FormErrors::default()))
}

async fn create(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<TeamForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::create(&pool, &visitor.actor, &new).await {
            Ok(id) => {
                let text = format!("{} is there. Add its members.", new.name);
                let slug = slug_of(&pool, visitor.tenant(), CORE_TEAM, id).await?;
                return Ok(flash::redirect(&url(&visitor.slug, &slug), &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &new_page(&visitor, form, errors.clone()))
}

async fn edit_page(pool: &PgPool, at: &At, form: TeamForm, errors: FormErrors) -> Result<FormPage> {
    let head = at.head(pool).await?;
    let mut form = form;
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = Some(head.team.version);
        meanwhile = last_change(pool, &at.visitor, at.id.0).await?;
    }
    let (shell, slug) = (head.shell.clone(), at.visitor.slug.clone());
    Ok(FormPage { shell, slug, head: Some(head), form, errors, meanwhile })
}

async fn edit(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    at.visitor.must_design()?;
    let team = at.head(&pool).await?.team;
    team.may_change()?;
    let form =
        TeamForm { name: team.name, description: team.description, version: Some(team.version) };
    page(&edit_page(&pool, &at, form, FormErrors::default()).await?)
}

async fn update(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<TeamForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let version = form.version.ok_or(Error::BadRequest("The form has no version."))?;
    let mut errors = FormErrors::default();
    if let Some(changes) = form.parse(&mut errors) {
        match service::update(&pool, &at.visitor.actor, at.id, version, &changes).await {
            Ok(()) => {
                let there = at.head(&pool).await?.url("");
                return Ok(flash::redirect(&there, "The core team is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &edit_page(&pool, &at, form, errors.clone()).await?)
}

// GET /o/{org}/core-teams/{core_team}, POST …/members

#[derive(Template)]
#[template(path = "core_teams/show.html")]
struct ShowPage {
    shell: Shell,
    head: Head,
    members: Vec<MemberLine>,
    candidates: Candidates,
    links: LinksCard,
    events: Vec<(String, String, Moment)>,
    errors: FormErrors,
}

impl ShowPage {
    fn out(&self, line: &MemberLine, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", line.membership))
    }
}

async fn show_page(pool: &PgPool, at: &At, picks: Picks, errors: FormErrors) -> Result<ShowPage> {
    let head = at.head(pool).await?;
    let tenant = at.visitor.tenant();
    let mut candidates = Candidates::default();
    if head.may_design {
        candidates = Candidates::load(pool, tenant, at.id, picks, vec![]).await?;
    }
    let recent = history::about(pool, tenant, at.id.0, RECENT).await?;
    let events = recent.into_iter().map(|event| {
        let when = moment(event.at, at.visitor.actor.at, at.visitor.time_zone);
        (event.member_name.unwrap_or_else(|| "Trellis".to_owned()), event.summary, when)
    });
    let links = design::load_links(pool, tenant, at.id).await?;
    let (org, today) = (&at.visitor.slug, at.visitor.today());
    Ok(ShowPage {
        shell: head.shell.clone(),
        links: LinksCard::new(links, org, at.id, head.may_design, today),
        head,
        members: squads::members(pool, tenant, at.id).await?,
        candidates,
        events: events.collect(),
        errors,
    })
}

async fn show(
    at: At,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<PicksQuery>,
) -> Result<Response> {
    if let Some(shorter) = query.shorter(&url(&at.visitor.slug, &at.slug)) {
        return Ok(shorter);
    }
    page(&show_page(&pool, &at, query.picks(), FormErrors::default()).await?)
}

async fn add(at: At, Shared(pool): Shared<PgPool>, Form(form): Form<AddForm>) -> Result<Response> {
    at.visitor.must_design()?;
    let there = at.head(&pool).await?.url("");
    let picks = form.picks()?;
    match service::add_members(&pool, &at.visitor.actor, at.id, &picks.chosen).await {
        Ok(()) => Ok(flash::redirect(&there, &joined(picks.chosen.len()))),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            refused(&errors, &show_page(&pool, &at, picks, errors.clone()).await?)
        }
    }
}

// GET and POST /o/{org}/core-teams/{core_team}/members/{membership}, POST …/remove

/// The ids of the address.
#[derive(Debug, Deserialize)]
struct Ids {
    membership: MembershipId,
}

/// A membership as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MembershipForm {
    allocation: String,
    #[serde(default)]
    hat: Vec<String>,
    version: i32,
}

#[derive(Template)]
#[template(path = "core_teams/membership.html")]
struct MembershipPage {
    shell: Shell,
    head: Head,
    row: MembershipRow,
    hats: Vec<HatRow>,
    form: MembershipForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl MembershipPage {
    fn steps() -> [i16; 10] {
        Allocation::STEPS
    }

    fn is_worn(&self, hat: &HatRow) -> bool {
        self.form.hat.contains(&hat.id.to_string())
    }

    fn here(&self, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", self.row.id))
    }

    fn now_allocation(&self) -> Option<String> {
        let saved = self.row.allocation.to_string();
        (self.errors.is_stale() && saved != self.form.allocation).then(|| format!("{saved} %"))
    }
}

async fn load(pool: &PgPool, at: &At, ids: &Ids) -> Result<(Head, MembershipRow)> {
    at.visitor.must_design()?;
    let row = teams::find_membership(pool, at.visitor.tenant(), CORE_TEAM, ids.membership).await?;
    let row = row.filter(|row| row.team == at.id).ok_or(Error::NotFound)?;
    Ok((at.head(pool).await?, row))
}

async fn edit_membership(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    let form = MembershipForm {
        allocation: row.allocation.to_string(),
        hat: row.hats.iter().map(ToString::to_string).collect(),
        version: row.version,
    };
    let hats = teams::list_hats(&pool, at.visitor.tenant()).await?;
    let (shell, errors) = (head.shell.clone(), FormErrors::default());
    page(&MembershipPage { shell, head, row, hats, form, errors, meanwhile: None })
}

async fn update_membership(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<MembershipForm>,
) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    let actor = &at.visitor.actor;
    let mut errors = FormErrors::default();
    let hats: Result<Vec<_>, _> = form.hat.iter().map(|id| id.parse()).collect();
    let hats = hats.map_err(|_| Error::NotFound)?;
    if let Some(share) = errors.check("allocation", Allocation::parse(&form.allocation)) {
        let version = form.version;
        match service::update_membership(&pool, actor, row.id, version, share, &hats).await {
            Ok(()) => {
                let text = format!("The membership of {} is saved.", row.name);
                return Ok(flash::redirect(&head.url(""), &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let (head, row) = load(&pool, &at, &ids).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = row.version;
        meanwhile = last_change(&pool, &at.visitor, row.member.0).await?;
    }
    let hats = teams::list_hats(&pool, at.visitor.tenant()).await?;
    let shell = head.shell.clone();
    let errors_ = errors.clone();
    refused(&errors, &MembershipPage { shell, head, row, hats, form, errors: errors_, meanwhile })
}

/// Nothing but the one-time key.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

async fn remove(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    service::remove_member(&pool, &at.visitor.actor, row.id, None).await?;
    let text = format!("{} is no longer in {}.", row.name, head.team.name);
    Ok(flash::redirect(&head.url(""), &text))
}

// GET and POST /o/{org}/core-teams/{core_team}/dissolve

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DissolveForm {
    #[serde(default)]
    reason: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "core_teams/dissolve.html")]
struct DissolvePage {
    shell: Shell,
    head: Head,
    /// The links that end with it, in words.
    links: Vec<String>,
    form: DissolveForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

async fn links_of(pool: &PgPool, at: &At) -> Result<Vec<String>> {
    let links = design::load_links(pool, at.visitor.tenant(), at.id).await?;
    Ok(links.iter().map(LinkDesign::sentence).collect())
}

async fn ask_dissolve(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    at.visitor.must_design()?;
    let head = at.head(&pool).await?;
    head.team.may_change()?;
    let form = DissolveForm { reason: String::new(), version: head.team.version };
    let links = links_of(&pool, &at).await?;
    let (shell, errors) = (head.shell.clone(), FormErrors::default());
    page(&DissolvePage { shell, head, links, form, errors, meanwhile: None })
}

async fn dissolve(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<DissolveForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::dissolve(&pool, &at.visitor.actor, at.id, form.version, &reason).await {
            Ok(()) => {
                let there = at.head(&pool).await?.url("");
                return Ok(flash::redirect(&there, "The core team is dissolved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let head = at.head(&pool).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = head.team.version;
        meanwhile = last_change(&pool, &at.visitor, at.id.0).await?;
    }
    let links = links_of(&pool, &at).await?;
    let (shell, errors_) = (head.shell.clone(), errors.clone());
    refused(&errors, &DissolvePage { shell, head, links, form, errors: errors_, meanwhile })
}
