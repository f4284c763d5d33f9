//! A step: what it says, its practice, the sign-off, and its form.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::error::{Error, Result};
use crate::ids::StepId;
use crate::learning::db::{self, EvidenceRow, FeedbackRow, StepRow};
use crate::learning::domain::{Family, MAX_TARGET, MAX_WEEKS, NewStep, Rung, StepTitle, number};
use crate::learning::service;
use crate::squads::last_change;
use crate::text::Reason;
use crate::web::shell::Shell;
use crate::web::ui::{Date, Moment, moment};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// Lines of practice and of feedback on the page of a step.
const MANY: i64 = 60;

/// The id of the address beside the apprenticeship's.
#[derive(Debug, Deserialize)]
pub struct Ids {
    step: StepId,
}

async fn find(pool: &PgPool, at: &At, ids: &Ids) -> Result<StepRow> {
    let steps = db::steps(pool, at.visitor.tenant(), at.learner.id).await?;
    steps.into_iter().find(|step| step.state.id == ids.step).ok_or(Error::NotFound)
}

// GET /o/{org}/products/{product}/learning/{learner}/steps/{step}

#[derive(Template)]
#[template(path = "learning/step.html")]
struct StepPage {
    shell: Shell,
    org: String,
    at: At,
    step: StepRow,
    evidence: Vec<(EvidenceRow, Date)>,
    feedback: Vec<(FeedbackRow, Moment)>,
    signed: Option<Date>,
    form: ReasonForm,
    errors: FormErrors,
}

impl StepPage {
    fn url(&self, below: &str) -> String {
        self.at.step_url(&self.step.state.id, below)
    }

    fn below(&self, below: &str) -> String {
        self.at.url(&format!("{below}?step={}", self.step.state.id))
    }
}

async fn step_page(
    pool: &PgPool,
    at: At,
    step: StepRow,
    form: ReasonForm,
    errors: FormErrors,
) -> Result<StepPage> {
    let (tenant, id) = (at.visitor.tenant(), at.learner.id);
    let only = Some(step.state.id);
    let evidence = db::evidence(pool, tenant, id, only, None, MANY).await?;
    let feedback = db::feedback(pool, tenant, id, only, None, MANY).await?;
    let (now, zone) = (at.visitor.actor.at, at.visitor.time_zone);
    Ok(StepPage {
        shell: at.shell(),
        org: at.visitor.slug.clone(),
        evidence: evidence.into_iter().map(|row| (row.clone(), at.shown(row.on_day))).collect(),
        feedback: feedback
            .into_iter()
            .map(|row| (row.clone(), moment(row.at, now, zone)))
            .collect(),
        signed: step.signed_at.map(|moment| at.shown(at.day(moment))),
        step,
        form,
        errors,
        at,
    })
}

pub async fn show(at: At, Path(ids): Path<Ids>, State(pool): State<PgPool>) -> Result<Response> {
    let step = find(&pool, &at, &ids).await?;
    page(&step_page(&pool, at, step, ReasonForm::default(), FormErrors::default()).await?)
}

// POST /o/{org}/products/{product}/learning/{learner}/steps/{step}/sign-off and …/remove

/// The version that the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VersionForm {
    version: i32,
}

pub async fn sign_off(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<VersionForm>,
) -> Result<Response> {
    at.must_master()?;
    let step = find(&pool, &at, &ids).await?;
    let which = (at.learner.id, ids.step);
    let done = service::sign_off(&pool, &at.visitor.actor, which, form.version).await;
    let (there, said) = (at.step_url(&ids.step, ""), "is signed off");
    answer(&pool, at, step, done, &there, said).await
}

pub async fn remove(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<VersionForm>,
) -> Result<Response> {
    at.must_master()?;
    let step = find(&pool, &at, &ids).await?;
    let which = (at.learner.id, ids.step);
    let done = service::remove_step(&pool, &at.visitor.actor, which, form.version).await;
    let (there, said) = (at.url(""), "is removed from the plan");
    answer(&pool, at, step, done, &there, said).await
}

/// On to `there`, where it is said what became of the step; or its page again, with why not.
async fn answer(
    pool: &PgPool,
    at: At,
    step: StepRow,
    done: Result<()>,
    there: &str,
    said: &str,
) -> Result<Response> {
    let Err(error) = done else {
        let said = format!("“{}” {said}.", step.state.says.title);
        return Ok(flash::redirect(there, &said));
    };
    let mut errors = FormErrors::default();
    errors.absorb(error)?;
    let shown = step_page(pool, at, step, ReasonForm::default(), errors.clone()).await?;
    refused(&errors, &shown)
}

// POST /o/{org}/products/{product}/learning/{learner}/steps/{step}/take-back

/// Why, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReasonForm {
    reason: String,
}

pub async fn take_back(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<ReasonForm>,
) -> Result<Response> {
    at.must_master()?;
    let step = find(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        let which = (at.learner.id, ids.step);
        match service::take_back(&pool, &at.visitor.actor, which, &reason).await {
            Ok(()) => {
                let said = "The sign-off is taken back.";
                return Ok(flash::redirect(&at.step_url(&ids.step, ""), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &step_page(&pool, at, step, form, errors.clone()).await?)
}

// GET …/steps/new, POST …/steps, GET and POST …/steps/{step}/edit

/// A step as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StepForm {
    title: String,
    family: String,
    target: String,
    rung: String,
    week: String,
    version: Option<i32>,
}

impl StepForm {
    fn of(step: &StepRow) -> Self {
        let says = &step.state.says;
        Self {
            title: says.title.to_string(),
            family: says.family.word().to_owned(),
            target: says.target.to_string(),
            rung: says.rung.word().to_owned(),
            week: says.week.to_string(),
            version: Some(step.version),
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<NewStep> {
        let title = errors.check("title", StepTitle::parse(&self.title));
        let family = errors.check("family", Family::parse(&self.family));
        let target = errors.check("target", number("target", &self.target, MAX_TARGET));
        let rung = errors.check("rung", Rung::parse(&self.rung));
        let week = errors.check("week", number("week", &self.week, MAX_WEEKS));
        let (title, family, target) = (title?, family?, target?);
        Some(NewStep { family, title, target, rung: rung?, week: week? })
    }
}

#[derive(Template)]
#[template(path = "learning/step_form.html")]
struct FormPage {
    shell: Shell,
    at: At,
    /// The step that is edited; none for a new one.
    step: Option<StepRow>,
    form: StepForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl FormPage {
    fn heading(&self) -> &'static str {
        if self.step.is_some() { "Edit a step" } else { "New step" }
    }

    fn action(&self) -> String {
        let edit = |step: &StepRow| self.at.step_url(&step.state.id, "/edit");
        self.step.as_ref().map_or_else(|| self.at.url("/steps"), edit)
    }

    fn back(&self) -> String {
        let show = |step: &StepRow| self.at.step_url(&step.state.id, "");
        self.step.as_ref().map_or_else(|| self.at.url(""), show)
    }

    fn now(&self, of: fn(&StepForm) -> &String) -> Option<String> {
        let saved = StepForm::of(self.step.as_ref().filter(|_| self.errors.is_stale())?);
        (of(&self.form) != of(&saved)).then(|| of(&saved).clone())
    }

    fn now_title(&self) -> Option<String> {
        self.now(|form| &form.title)
    }

    fn now_target(&self) -> Option<String> {
        self.now(|form| &form.target)
    }

    fn now_week(&self) -> Option<String> {
        self.now(|form| &form.week)
    }
}

async fn form_page(
    pool: &PgPool,
    at: At,
    step: Option<StepRow>,
    form: StepForm,
    errors: FormErrors,
) -> Result<FormPage> {
    let meanwhile = match &step {
        Some(step) if errors.is_stale() => last_change(pool, &at.visitor, step.state.id.0).await?,
        _ => None,
    };
    let form = StepForm { version: step.as_ref().map(|step| step.version), ..form };
    Ok(FormPage { shell: at.shell(), at, step, form, errors, meanwhile })
}

pub async fn new(at: At, State(pool): State<PgPool>) -> Result<Response> {
    at.must_master()?;
    at.must_be_planned()?;
    let form = StepForm {
        target: "2".to_owned(),
        week: at.week().unwrap_or(1).to_string(),
        ..StepForm::default()
    };
    page(&form_page(&pool, at, None, form, FormErrors::default()).await?)
}

pub async fn add(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<StepForm>,
) -> Result<Response> {
    at.must_master()?;
    let mut errors = FormErrors::default();
    if let Some(step) = form.parse(&mut errors) {
        match service::add_step(&pool, &at.visitor.actor, at.learner.id, &step).await {
            Ok(_) => return Ok(flash::redirect(&at.url(""), "The step is in the plan.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &form_page(&pool, at, None, form, errors.clone()).await?)
}

pub async fn edit(at: At, Path(ids): Path<Ids>, State(pool): State<PgPool>) -> Result<Response> {
    at.must_master()?;
    let step = find(&pool, &at, &ids).await?;
    let form = StepForm::of(&step);
    page(&form_page(&pool, at, Some(step), form, FormErrors::default()).await?)
}

pub async fn update(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<StepForm>,
) -> Result<Response> {
    at.must_master()?;
    find(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    if let Some(step) = form.parse(&mut errors) {
        let (which, version) = ((at.learner.id, ids.step), form.version.unwrap_or_default());
        match service::change_step(&pool, &at.visitor.actor, which, version, &step).await {
            Ok(()) => {
                return Ok(flash::redirect(&at.step_url(&ids.step, ""), "The step is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let step = find(&pool, &at, &ids).await?;
    refused(&errors, &form_page(&pool, at, Some(step), form, errors.clone()).await?)
}
