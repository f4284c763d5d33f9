//! The catalogue: its list, the page of a skill, and the forms that change it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db::{self, HolderRow, Skill, SkillRow};
use super::super::domain::{
    CapabilityFixed, Level, SkillDescription, SkillName, ago, is_stale, last_said, stale_since,
};
use super::super::service;
use super::{list_url, member_url, profile_url, url};
use crate::error::{Error, Result};
use crate::history;
use crate::ids::{MemberId, SkillId};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{Moment, meanwhile, moment};
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

// GET /o/{org}/skills

#[derive(Template)]
#[template(path = "skills/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    me: MemberId,
    may_design: bool,
    q: String,
    is_all: bool,
    capabilities: Vec<SkillRow>,
    crafts: Vec<SkillRow>,
    archived: Vec<SkillRow>,
}

impl ListPage {
    fn url(&self, skill: &SkillRow) -> String {
        url(&self.org, skill.id)
    }

    fn my_skills(&self) -> String {
        member_url(&self.org, self.me)
    }

    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn new_url(&self) -> String {
        format!("{}/new", list_url(&self.org))
    }

    fn clear(&self) -> Option<String> {
        (!self.is_all).then(|| self.list_url())
    }

    fn count(&self) -> String {
        self.crafts.len().to_string()
    }

    fn is_empty(&self) -> bool {
        self.capabilities.is_empty() && self.crafts.is_empty() && self.archived.is_empty()
    }
}

impl SkillRow {
    /// The levels with their words and how many members are at each, from the lowest.
    fn by_level(&self) -> Vec<(Level, i64)> {
        Level::ALL.into_iter().zip(self.levels.iter().copied()).collect()
    }
}

#[derive(Deserialize, Default)]
pub(super) struct ListQuery {
    #[serde(default)]
    q: String,
}

pub(super) async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let q = query.q.trim();
    let search = (!q.is_empty()).then_some(q);
    let since = stale_since(visitor.actor.at);
    let all = db::list(&pool, visitor.tenant(), search, None, since).await?;
    let (archived, live): (Vec<_>, Vec<_>) = all.into_iter().partition(|skill| skill.is_archived);
    let (capabilities, crafts) = live.into_iter().partition(|skill| skill.capability.is_some());
    page(&ListPage {
        shell: visitor.shell(Section::Skills),
        org: visitor.slug.clone(),
        me: visitor.actor.member,
        may_design: visitor.roles().may_design(),
        is_all: search.is_none(),
        q: q.to_owned(),
        capabilities,
        crafts,
        archived,
    })
}

// GET /o/{org}/skills/{skill}

/// At most so many members are listed on the page of a skill; the list of members filters the rest.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "skills/show.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    me: MemberId,
    may_design: bool,
    now: DateTime<Utc>,
    skill: SkillRow,
    holders: Vec<HolderRow>,
    learners: Vec<HolderRow>,
}

impl ShowPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn edit_url(&self) -> String {
        format!("{}/edit", url(&self.org, self.skill.id))
    }

    /// Where the button of the archive leads, and what it says.
    fn archiving(&self) -> (String, &'static str) {
        let here = url(&self.org, self.skill.id);
        if self.skill.is_archived {
            (format!("{here}/restore"), "Restore")
        } else {
            (format!("{here}/archive"), "Archive")
        }
    }

    fn my_skills(&self) -> String {
        member_url(&self.org, self.me)
    }

    fn members_url(&self) -> String {
        format!("/o/{}/members?skill={}", self.org, self.skill.id)
    }

    fn profile(&self, holder: &HolderRow) -> String {
        profile_url(&self.org, holder.id)
    }

    fn total(&self) -> i64 {
        self.skill.levels.iter().sum()
    }

    /// The holders at each level that somebody has, the highest first.
    fn groups(&self) -> Vec<(Level, Vec<&HolderRow>)> {
        let held = |level| self.holders.iter().filter(move |it| it.level == Some(level)).collect();
        let groups = Level::ALL.into_iter().rev().map(|level| (level, held(level)));
        groups.filter(|(_, held): &(Level, Vec<&HolderRow>)| !held.is_empty()).collect()
    }

    fn is_cut(&self) -> bool {
        self.total() > SHOWN
    }

    /// What is said of how fresh a rating is, if it is stale.
    fn stale(&self, holder: &HolderRow) -> Option<String> {
        let last = last_said(holder.rated_at, holder.confirmed_at);
        is_stale(last, self.now).then(|| ago(last, self.now))
    }

    fn subtitle(&self) -> String {
        let about = self.skill.description.as_str();
        let kind = match (&self.skill.capability, self.skill.is_archived) {
            (Some(_), _) => "One of the four core capabilities that every squad needs.",
            (None, true) => "An archived craft: nobody is offered it any more.",
            (None, false) if about.is_empty() => "A craft.",
            (None, false) => "",
        };
        format!("{about} {kind}").trim().to_owned()
    }
}

impl HolderRow {
    fn detail(&self) -> &str {
        if self.title.is_empty() { &self.discipline } else { &self.title }
    }

    fn free_or_none(&self) -> i64 {
        self.free.max(0)
    }
}

pub(super) async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, SkillId)>,
) -> Result<Response> {
    let (tenant, now) = (visitor.tenant(), visitor.actor.at);
    let rows = db::list(&pool, tenant, None, Some(id), stale_since(now)).await?;
    page(&ShowPage {
        shell: visitor.shell(Section::Skills),
        org: visitor.slug.clone(),
        me: visitor.actor.member,
        may_design: visitor.roles().may_design(),
        now,
        skill: rows.into_iter().next().ok_or(Error::NotFound)?,
        holders: db::holders(&pool, tenant, id, false, SHOWN).await?,
        learners: db::holders(&pool, tenant, id, true, SHOWN).await?,
    })
}

// GET /o/{org}/skills/new, POST /o/{org}/skills

#[derive(Template)]
#[template(path = "skills/new.html")]
struct NewPage {
    shell: Shell,
    org: String,
    form: NewSkillForm,
    errors: FormErrors,
}

/// A craft as it was typed.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewSkillForm {
    name: String,
    #[serde(default)]
    description: String,
}

pub(super) async fn new(visitor: Visitor) -> Result<Response> {
    visitor.must_design()?;
    page(&NewPage {
        shell: visitor.shell(Section::Skills),
        org: visitor.slug.clone(),
        form: NewSkillForm::default(),
        errors: FormErrors::default(),
    })
}

pub(super) async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<NewSkillForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    let name = errors.check("name", SkillName::parse(&form.name));
    let description = errors.check("description", SkillDescription::parse(&form.description));
    if let (Some(name), Some(description)) = (name, description) {
        match service::create(&pool, &visitor.actor, &name, &description).await {
            Ok(id) => {
                let done = format!("{name} is in the catalogue.");
                return Ok(flash::redirect(&url(&visitor.slug, id), &done));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let (shell, org) = (visitor.shell(Section::Skills), visitor.slug.clone());
    refused(&errors.clone(), &NewPage { shell, org, form, errors })
}

// GET, POST /o/{org}/skills/{skill}/edit

#[derive(Template)]
#[template(path = "skills/edit.html")]
struct EditPage {
    shell: Shell,
    org: String,
    skill: Skill,
    form: EditSkillForm,
    errors: FormErrors,
    /// Who saved meanwhile, and when.
    meanwhile: Option<(String, Moment)>,
}

impl NewPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }
}

impl EditPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn back(&self) -> String {
        url(&self.org, self.skill.id)
    }

    fn now_name(&self) -> Option<&str> {
        (self.errors.is_stale() && self.skill.name != self.form.name)
            .then_some(self.skill.name.as_str())
    }

    fn now_description(&self) -> Option<&str> {
        (self.errors.is_stale() && self.skill.description != self.form.description)
            .then_some(self.skill.description.as_str())
    }
}

/// A craft's words as they were typed.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditSkillForm {
    name: String,
    #[serde(default)]
    description: String,
    version: i32,
}

pub(super) async fn edit(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, SkillId)>,
) -> Result<Response> {
    let skill = db::find(&pool, visitor.tenant(), id).await?.ok_or(Error::NotFound)?;
    visitor.must_design()?;
    if skill.is_capability {
        return Err(CapabilityFixed.into());
    }
    page(&EditPage {
        shell: visitor.shell(Section::Skills),
        org: visitor.slug.clone(),
        form: EditSkillForm {
            name: skill.name.clone(),
            description: skill.description.clone(),
            version: skill.version,
        },
        skill,
        errors: FormErrors::default(),
        meanwhile: None,
    })
}

pub(super) async fn update(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, SkillId)>,
    Form(mut form): Form<EditSkillForm>,
) -> Result<Response> {
    let tenant = visitor.tenant();
    let skill = db::find(&pool, tenant, id).await?.ok_or(Error::NotFound)?;
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    let name = errors.check("name", SkillName::parse(&form.name));
    let description = errors.check("description", SkillDescription::parse(&form.description));
    if let (Some(name), Some(description)) = (name, description) {
        let version = form.version;
        match service::update(&pool, &visitor.actor, id, version, &name, &description).await {
            Ok(()) => {
                return Ok(flash::redirect(&url(&visitor.slug, id), &format!("{name} is saved.")));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = skill.version;
        let last = history::about(&pool, tenant, id.0, 1).await?.into_iter().next();
        meanwhile = last.map(|event| who_and_when(&event, &visitor));
    }
    let (shell, org) = (visitor.shell(Section::Skills), visitor.slug.clone());
    refused(&errors.clone(), &EditPage { shell, org, skill, form, errors, meanwhile })
}

fn who_and_when(event: &history::Recent, visitor: &Visitor) -> (String, Moment) {
    let is_self = event.member_id == Some(visitor.actor.member);
    let at = moment(event.at, visitor.actor.at, visitor.time_zone);
    (meanwhile(event.member_name.as_deref(), is_self), at)
}

// POST /o/{org}/skills/{skill}/archive, POST /o/{org}/skills/{skill}/restore

/// The version that a button was made from.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct VersionForm {
    version: i32,
}

pub(super) async fn archive(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, SkillId)>,
    Form(form): Form<VersionForm>,
) -> Result<Response> {
    service::archive(&pool, &visitor.actor, id, form.version).await?;
    let said = "The skill is archived. What members said of it is kept.";
    Ok(flash::redirect(&url(&visitor.slug, id), said))
}

pub(super) async fn restore(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, SkillId)>,
    Form(form): Form<VersionForm>,
) -> Result<Response> {
    service::restore(&pool, &visitor.actor, id, form.version).await?;
    Ok(flash::redirect(&url(&visitor.slug, id), "The skill is back in the catalogue."))
}
