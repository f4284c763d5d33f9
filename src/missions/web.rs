//! The pages of missions: the mission with its versions, two of them compared, and the editor.

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::compare::{Run, whole, words};
use super::db::{self, Version};
use super::domain::{AUTHORS, Customer, MissionText, Success, Value, about_a_function};
use super::service;
use super::squad::SquadHead;
use crate::AppState;
use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::rule::Rule;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date, Moment};
use crate::web::{Form, FormErrors, Query, Routes, Who, flash, moved, page, path_part, refused};

/// The addresses of missions.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/mission", Who::Member, show)
        .get("/o/{org}/squads/{squad}/mission/compare", Who::Member, compare)
        .get("/o/{org}/squads/{squad}/mission/edit", Who::SquadMemberOrLeader, edit)
        .post("/o/{org}/squads/{squad}/mission/edit", Who::SquadMemberOrLeader, write)
        .post("/o/{org}/squads/{squad}/mission/check", Who::SquadMemberOrLeader, check)
}

/// The address of a squad's mission.
pub fn url(org: &str, squad: &str) -> String {
    format!("/o/{org}/squads/{squad}/mission")
}

/// The squad of an address and who asks for it; 404 if there is none in their organization. A page at an address that
/// the squad had before its rename, or at its id, leads to the present one.
#[derive(Debug)]
pub struct SquadAt {
    /// Who asks.
    pub visitor: Visitor,
    /// The squad.
    pub squad: SquadHead,
}

impl FromRequestParts<AppState> for SquadAt {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, state).await;
        let visitor = visitor.map_err(IntoResponse::into_response)?;
        let word = path_part(parts, state, "squad").await.map_err(IntoResponse::into_response)?;
        let squad = find_squad(&state.pool, &visitor, &word).await;
        let squad = squad.map_err(IntoResponse::into_response)?;
        match moved(parts, &squad.slug) {
            Some(there) => Err(there),
            None => Ok(Self { visitor, squad }),
        }
    }
}

async fn find_squad(pool: &PgPool, visitor: &Visitor, word: &str) -> Result<SquadHead> {
    let squad = db::find_squad(pool, visitor.tenant(), word, visitor.actor.member).await?;
    squad.ok_or(Error::NotFound)
}

/// What dates need to be said as the visitor says them.
#[derive(Debug, Clone, Copy)]
struct Now {
    at: DateTime<Utc>,
    today: NaiveDate,
    zone: chrono_tz::Tz,
}

impl Now {
    fn of(visitor: &Visitor) -> Self {
        Self { at: visitor.actor.at, today: visitor.today(), zone: visitor.time_zone }
    }

    fn moment(self, at: DateTime<Utc>) -> Moment {
        ui::moment(at, self.at, self.zone)
    }

    fn date(self, date: NaiveDate) -> Date {
        ui::date(date, self.today)
    }
}

// GET /o/{org}/squads/{squad}/mission

#[derive(Template)]
#[template(path = "missions/show.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    versions: Vec<Version>,
    may_write: bool,
    now: Now,
}

impl ShowPage {
    fn url(&self) -> String {
        url(&self.org, &self.squad.slug)
    }
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.squad)
    }
}

fn squad_url(org: &str, squad: &SquadHead) -> String {
    format!("/o/{org}/squads/{}", squad.slug)
}

async fn show(at: SquadAt, State(pool): State<PgPool>) -> Result<Response> {
    let SquadAt { visitor, squad } = at;
    let versions = db::list(&pool, visitor.tenant(), squad.id).await?;
    let may_write = squad.may_write_mission(visitor.roles()) && !squad.is_dissolved();
    let now = Now::of(&visitor);
    let shell = visitor.shell(Section::Squads);
    page(&ShowPage { shell, org: visitor.slug, squad, versions, may_write, now })
}

// GET /o/{org}/squads/{squad}/mission/compare?from=1&to=3

#[derive(Deserialize)]
struct Between {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "missions/compare.html")]
struct ComparePage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    versions: Vec<Version>,
    from: Version,
    to: Version,
    now: Now,
}

impl ComparePage {
    fn url(&self) -> String {
        url(&self.org, &self.squad.slug)
    }
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.squad)
    }
    /// The parts, each with its words.
    fn parts(&self) -> [(&'static str, Vec<Run>); 4] {
        let day = |version: &Version| {
            version
                .text
                .review_on
                .map(|day| day.format("%-d %B %Y").to_string())
                .unwrap_or_default()
        };
        let (from, to) = (&self.from.text, &self.to.text);
        [
            ("Value", words(from.value.as_str(), to.value.as_str())),
            ("Customer", words(from.customer.as_str(), to.customer.as_str())),
            ("Sign of success", words(from.success.as_str(), to.success.as_str())),
            ("Review date", whole(&day(&self.from), &day(&self.to))),
        ]
    }
}

async fn compare(
    SquadAt { visitor, squad }: SquadAt,
    State(pool): State<PgPool>,
    Query(between): Query<Between>,
) -> Result<Response> {
    let versions = db::list(&pool, visitor.tenant(), squad.id).await?;
    let newest = squad.mission_version;
    let find = |asked: &Option<String>, else_: i32| {
        let asked = asked.as_deref().map_or(Some(else_), |text| text.parse().ok());
        versions.iter().find(|version| Some(version.version) == asked).cloned()
    };
    let to = find(&between.to, newest).ok_or(Error::NotFound)?;
    let from = find(&between.from, (to.version - 1).max(1)).ok_or(Error::NotFound)?;
    let now = Now::of(&visitor);
    let shell = visitor.shell(Section::Squads);
    page(&ComparePage { shell, org: visitor.slug, squad, versions, from, to, now })
}

// GET /o/{org}/squads/{squad}/mission/edit, POST /o/{org}/squads/{squad}/mission/edit

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MissionForm {
    customer: String,
    value: String,
    success: String,
    review_on: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "missions/edit.html")]
struct EditPage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    form: MissionForm,
    errors: FormErrors,
    /// What the check of the typed text says; nothing before it was asked.
    check: Option<Check>,
    /// What somebody else saved meanwhile.
    saved: Option<Version>,
    saved_form: Option<MissionForm>,
    /// Who asks.
    member: MemberId,
    now: Now,
}

/// What the check says of a text: a warning with the words, or that it names a customer.
struct Check {
    words: Option<String>,
}

impl EditPage {
    fn meanwhile(&self, saved: &Version) -> String {
        ui::meanwhile(Some(&saved.author), saved.author_id == self.member)
    }
    fn url(&self) -> String {
        url(&self.org, &self.squad.slug)
    }
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.squad)
    }
    /// What is saved now in a field, where it differs from what was typed.
    fn saved_now(&self, field: &str) -> Option<&str> {
        let saved = self.saved_form.as_ref()?;
        let (now, typed) = match field {
            "customer" => (&saved.customer, &self.form.customer),
            "value" => (&saved.value, &self.form.value),
            "success" => (&saved.success, &self.form.success),
            _ => (&saved.review_on, &self.form.review_on),
        };
        (now.trim() != typed.replace("\r\n", "\n").trim()).then_some(now)
    }
}

/// A date that the calendar does not know.
#[derive(Debug, thiserror::Error)]
#[error("Write the date as in 2026-12-01.")]
struct BadDate;

impl Rule for BadDate {
    fn code(&self) -> &'static str {
        "date_unreadable"
    }
}

/// Reads a date whose year has four digits.
fn parse_day(text: &str) -> Result<NaiveDate, BadDate> {
    let day: Option<NaiveDate> = text.parse().ok();
    day.filter(|day| (1..=9999).contains(&day.year())).ok_or(BadDate)
}

impl MissionForm {
    fn of(version: Option<&Version>) -> Self {
        let Some(Version { version, text, .. }) = version else { return Self::default() };
        Self {
            customer: text.customer.to_string(),
            value: text.value.to_string(),
            success: text.success.to_string(),
            review_on: text.review_on.map(|day| day.to_string()).unwrap_or_default(),
            version: *version,
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<MissionText> {
        let customer = errors.check("customer", Customer::parse(&self.customer));
        let value = errors.check("value", Value::parse(&self.value));
        let success = errors.check("success", Success::parse(&self.success));
        let review_on = match self.review_on.trim() {
            "" => Some(None),
            text => errors.check("review_on", parse_day(text).map(Some)),
        };
        Some(MissionText {
            customer: customer?,
            value: value?,
            success: success?,
            review_on: review_on?,
        })
    }
}

/// Lets only those on who may write the squad's mission.
fn must_write(visitor: &Visitor, squad: &SquadHead) -> Result<()> {
    if squad.may_write_mission(visitor.roles()) {
        Ok(())
    } else {
        Err(Error::Forbidden(AUTHORS.into()))
    }
}

async fn edit(SquadAt { visitor, squad }: SquadAt, State(pool): State<PgPool>) -> Result<Response> {
    must_write(&visitor, &squad)?;
    if squad.is_dissolved() {
        return Err(super::domain::Dissolved.into());
    }
    let now = db::find(&pool, visitor.tenant(), squad.id, squad.mission_version).await?;
    let form = MissionForm::of(now.as_ref());
    page(&edit_page(visitor, squad, form, FormErrors::default(), None, None))
}

fn edit_page(
    visitor: Visitor,
    squad: SquadHead,
    form: MissionForm,
    errors: FormErrors,
    check: Option<Check>,
    saved: Option<Version>,
) -> EditPage {
    let (now, shell) = (Now::of(&visitor), visitor.shell(Section::Squads));
    let saved_form = saved.as_ref().map(|saved| MissionForm::of(Some(saved)));
    let (org, member) = (visitor.slug, visitor.actor.member);
    EditPage { shell, org, squad, form, errors, check, saved, saved_form, member, now }
}

async fn write(
    SquadAt { visitor, squad }: SquadAt,
    State(pool): State<PgPool>,
    Form(mut form): Form<MissionForm>,
) -> Result<Response> {
    must_write(&visitor, &squad)?;
    let mut errors = FormErrors::default();
    if let Some(text) = form.parse(&mut errors) {
        match service::write(&pool, &visitor.actor, squad.id, form.version, &text).await {
            Ok(_) => {
                let said = match text.function() {
                    Some(words) => format!(
                        "The mission is saved. It speaks of “{words}”: is that your customer?"
                    ),
                    None => "The mission is saved and holds now.".to_owned(),
                };
                // A forming squad goes on with what else it needs.
                let next = if squad.is_forming() {
                    squad_url(&visitor.slug, &squad)
                } else {
                    url(&visitor.slug, &squad.slug)
                };
                return Ok(flash::redirect(&next, &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    // Loaded again: after a conflict the newest version is another one.
    let squad = find_squad(&pool, &visitor, &squad.id.to_string()).await?;
    let mut saved = None;
    if errors.is_stale() {
        saved = db::find(&pool, visitor.tenant(), squad.id, squad.mission_version).await?;
        form.version = squad.mission_version;
    }
    refused(&errors, &edit_page(visitor, squad, form, errors.clone(), None, saved))
}

// POST /o/{org}/squads/{squad}/mission/check

/// Looks at the typed text before it is saved. It is sent as a form, so that it stands in no address and no log;
/// nothing is kept of it.
async fn check(
    SquadAt { visitor, squad }: SquadAt,
    Form(form): Form<MissionForm>,
) -> Result<Response> {
    must_write(&visitor, &squad)?;
    let mut errors = FormErrors::default();
    if let Some(text) = form.parse(&mut errors) {
        errors.check("review_on", text.check_review(visitor.today()));
    }
    let check = Check { words: about_a_function(&form.customer, &form.value) };
    let shown = edit_page(visitor, squad, form, errors.clone(), Some(check), None);
    if errors.is_empty() { page(&shown) } else { refused(&errors, &shown) }
}
