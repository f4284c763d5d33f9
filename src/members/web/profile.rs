//! A member's profile, and the form that edits it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db::{self, MemberPage, Part, Stay};
use super::super::domain::{
    Discipline, EDITORS, Member, Profile, TimeZone, Title, free_share, parse_email,
};
use super::super::service;
use super::add::disciplines;
use super::{list_url, product_url, team_url, url};
use crate::accounts::PersonName;
use crate::actor::{Actor, Roles};
use crate::error::{Error, Result};
use crate::history::{self, Recent};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::skills::{self, Holder, MemberSkill};
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment, moment};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// How many events the profile shows.
const EVENTS: i64 = 10;

// GET /o/{org}/members/{member}

#[derive(Template)]
#[template(path = "members/show.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    actor: Actor,
    time_zone: Tz,
    saved: MemberPage,
    member: Member,
    stays: Vec<Stay>,
    parts: Vec<Part>,
    skills: Vec<MemberSkill>,
    events: Vec<Recent>,
}

impl ShowPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn path(&self, last: &str) -> String {
        format!("{}/{last}", url(&self.org, self.member.id))
    }

    fn skills_url(&self) -> String {
        skills::member_url(&self.org, self.member.id)
    }

    fn still_true_url(&self) -> String {
        format!("{}/still-true", self.skills_url())
    }

    fn who(event: &Recent) -> String {
        event.member_name.clone().unwrap_or_else(|| "Trellis".to_owned())
    }

    fn skill(&self, skill: &MemberSkill) -> String {
        skills::url(&self.org, skill.id)
    }

    fn confirm_url(&self, skill: &MemberSkill) -> String {
        format!("{}/{}/confirm", self.skills_url(), skill.id)
    }

    fn team(&self, stay: &Stay) -> String {
        team_url(&self.org, &stay.slug, stay.is_squad)
    }

    fn product(&self, part: &Part) -> String {
        format!("{}/group", product_url(&self.org, part))
    }

    fn since(&self, part: &Part) -> String {
        part.from_at.with_timezone(&self.time_zone).format("since %B %Y").to_string()
    }

    fn is_self(&self) -> bool {
        self.actor.member == self.member.id
    }

    fn may_edit(&self) -> bool {
        self.member.may_be_edited_by(&self.actor)
    }

    fn may_move(&self) -> bool {
        self.member.may_be_moved_by(&self.actor)
    }

    fn holder(&self) -> Holder {
        Holder {
            id: self.member.id,
            has_user: self.member.user.is_some(),
            is_deactivated: self.member.is_deactivated,
        }
    }

    fn may_rate(&self) -> bool {
        self.holder().may_rate(&self.actor).is_ok()
    }

    /// Whether the visitor may confirm a level: another's, unless it is confirmed and fresh.
    fn may_confirm(&self, skill: &MemberSkill) -> bool {
        let is_open = skill.confirmed_at.is_none() || self.stale(skill).is_some();
        is_open && self.holder().may_confirm(&self.actor).is_ok()
    }

    /// A contact address is account data: for admins and oneself.
    fn email(&self) -> Option<&str> {
        let may_see = self.is_self() || self.actor.roles.may_administer();
        self.saved.email.as_deref().filter(|_| may_see)
    }

    /// Where admins see to the account.
    fn account(&self) -> Option<String> {
        let id = self.member.id;
        let may = self.actor.roles.may_administer();
        may.then(|| format!("/o/{}/settings/accounts/{id}", self.org))
    }

    fn subtitle(&self) -> String {
        let said = [self.saved.title.as_str(), self.saved.discipline.as_str()];
        said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn roles(&self) -> String {
        self.member.roles.to_string()
    }

    fn has_roles(&self) -> bool {
        self.member.roles != Roles::default()
    }

    fn local_time(&self) -> String {
        let zone: Tz = self.saved.time_zone.parse().unwrap_or(Tz::UTC);
        self.actor.at.with_timezone(&zone).format("%H:%M").to_string()
    }

    fn current(&self) -> Vec<&Stay> {
        self.stays.iter().filter(|stay| stay.until_at.is_none()).collect()
    }

    fn past(&self) -> Vec<&Stay> {
        self.stays.iter().filter(|stay| stay.until_at.is_some()).collect()
    }

    fn allocated(&self) -> i64 {
        self.current().iter().map(|stay| i64::from(stay.allocation)).sum()
    }

    fn bar(&self) -> i64 {
        self.allocated().min(100)
    }

    fn free(&self) -> i64 {
        free_share(self.allocated())
    }

    fn period(&self, stay: &Stay) -> String {
        let month =
            |at: DateTime<Utc>| at.with_timezone(&self.time_zone).format("%B %Y").to_string();
        match stay.until_at {
            None => format!("since {}", month(stay.from_at)),
            Some(until) if month(until) == month(stay.from_at) => month(until),
            Some(until) => format!("{} to {}", month(stay.from_at), month(until)),
        }
    }

    fn has_level(&self) -> bool {
        self.skills.iter().any(|skill| skill.level.is_some())
    }

    fn rated(&self) -> Vec<&MemberSkill> {
        self.skills.iter().filter(|skill| skill.level.is_some()).collect()
    }

    fn learning(&self) -> Vec<&MemberSkill> {
        self.skills.iter().filter(|skill| skill.wants_to_learn).collect()
    }

    fn stale(&self, skill: &MemberSkill) -> Option<String> {
        skill.stale(self.actor.at)
    }

    fn confirmation(&self, skill: &MemberSkill) -> Option<String> {
        skill.confirmation(self.actor.at)
    }

    fn left(&self) -> Option<Moment> {
        self.saved.deactivated_at.map(|at| moment(at, self.actor.at, self.time_zone))
    }

    fn moment(&self, event: &Recent) -> Moment {
        moment(event.at, self.actor.at, self.time_zone)
    }
}

pub(super) async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
) -> Result<Response> {
    let tenant = visitor.tenant();
    let mut one = pool.acquire().await?;
    let saved = db::find(&mut *one, tenant, id).await?.ok_or(Error::NotFound)?;
    let shown = ShowPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        time_zone: visitor.time_zone,
        member: saved.member()?,
        saved,
        stays: db::stays(&mut *one, tenant, id).await?,
        parts: db::parts(&mut *one, tenant, id).await?,
        skills: skills::of_member(&mut *one, tenant, id, false).await?,
        events: history::about(&mut *one, tenant, id.0, EVENTS).await?,
        actor: visitor.actor,
    };
    drop(one);
    page(&shown)
}

// GET, POST /o/{org}/members/{member}/edit

#[derive(Template)]
#[template(path = "members/edit.html")]
struct EditPage {
    shell: Shell,
    org: String,
    may_administer: bool,
    disciplines: Vec<String>,
    saved: MemberPage,
    form: EditMemberForm,
    errors: FormErrors,
    /// Who saved meanwhile, and when.
    meanwhile: Option<(String, Moment)>,
}

impl EditPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn back(&self) -> String {
        url(&self.org, self.saved.id)
    }

    fn general(&self) -> Option<&str> {
        self.errors.general().first().copied()
    }

    fn email(&self) -> &str {
        self.form.email.as_deref().unwrap_or_default()
    }

    /// What is saved now, on the page of a conflict, where it differs from what was typed.
    fn now<'a>(&self, saved: &'a str, typed: &str) -> Option<&'a str> {
        (self.errors.is_stale() && saved != typed).then_some(saved)
    }

    fn now_email(&self) -> Option<&str> {
        self.now(self.saved.email.as_deref().unwrap_or_default(), self.email())
    }
}

/// A profile as it was typed. Only admins get the field of the address.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EditMemberForm {
    name: String,
    email: Option<String>,
    #[serde(default)]
    discipline: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    time_zone: String,
    version: i32,
}

impl EditMemberForm {
    fn parse(&self, saved: &MemberPage, errors: &mut FormErrors) -> Option<Profile> {
        let email = self.email.as_deref().or(saved.email.as_deref()).unwrap_or_default();
        let name = errors.check("name", PersonName::parse(&self.name));
        let email = errors.check("email", parse_email(email));
        let discipline = errors.check("discipline", Discipline::parse(&self.discipline));
        let title = errors.check("title", Title::parse(&self.title));
        let time_zone = errors.check("time_zone", TimeZone::parse(&self.time_zone));
        Some(Profile {
            name: name?,
            email: email?,
            discipline: discipline?,
            title: title?,
            time_zone: time_zone?,
        })
    }
}

/// Loads a profile that the visitor may edit.
async fn editable(pool: &PgPool, visitor: &Visitor, id: MemberId) -> Result<MemberPage> {
    let saved = db::find(pool, visitor.tenant(), id).await?.ok_or(Error::NotFound)?;
    if saved.member()?.may_be_edited_by(&visitor.actor) {
        Ok(saved)
    } else {
        Err(Error::Forbidden(EDITORS.into()))
    }
}

pub(super) async fn edit(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
) -> Result<Response> {
    let saved = editable(&pool, &visitor, id).await?;
    page(&EditPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        may_administer: visitor.roles().may_administer(),
        disciplines: disciplines(&pool, visitor.tenant()).await?,
        form: EditMemberForm {
            name: saved.name.clone(),
            email: saved.email.clone(),
            discipline: saved.discipline.clone(),
            title: saved.title.clone(),
            time_zone: saved.time_zone.clone(),
            version: saved.version,
        },
        saved,
        errors: FormErrors::default(),
        meanwhile: None,
    })
}

pub(super) async fn update(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
    Form(mut form): Form<EditMemberForm>,
) -> Result<Response> {
    let (tenant, now) = (visitor.tenant(), visitor.actor.at);
    let saved = editable(&pool, &visitor, id).await?;
    let mut errors = FormErrors::default();
    if let Some(profile) = form.parse(&saved, &mut errors) {
        match service::update(&pool, &visitor.actor, id, form.version, &profile).await {
            Ok(()) => {
                return Ok(flash::redirect(&url(&visitor.slug, id), "The profile is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = saved.version;
        let last = history::about(&pool, tenant, id.0, 1).await?.into_iter().next();
        meanwhile = last.map(|event| {
            let is_self = event.member_id == Some(visitor.actor.member);
            let who = ui::meanwhile(event.member_name.as_deref(), is_self);
            (who, moment(event.at, now, visitor.time_zone))
        });
    }
    let page = EditPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        may_administer: visitor.roles().may_administer(),
        disciplines: disciplines(&pool, tenant).await?,
        saved,
        form,
        errors,
        meanwhile,
    };
    refused(&page.errors, &page)
}
