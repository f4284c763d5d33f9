//! Writing practice down, and the whole log.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::error::Result;
use crate::ids::EvidenceId;
use crate::learning::db::{self, EvidenceRow, StepRow};
use crate::learning::domain::{
    EvidenceLink, Family, Learned, LearningRefused, NewEvidence, Practised, day,
};
use crate::learning::service;
use crate::web::shell::Shell;
use crate::web::ui::Date;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// Lines on a page of the log.
const PAGE: usize = 30;

// GET /o/{org}/products/{product}/learning/{learner}/log?step=…, POST …/log

/// Practice as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogForm {
    step: String,
    on: String,
    practised: String,
    learned: String,
    item: String,
    link: String,
    call: String,
}

impl LogForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<NewEvidence> {
        let step = self.step.trim().parse().map_err(|_| LearningRefused::NoStep);
        let step = errors.check("step", step);
        let on = errors.check("on", day("on", &self.on));
        let practised = errors.check("practised", Practised::parse(&self.practised));
        let learned = errors.check("learned", Learned::parse(&self.learned));
        let link = errors.check("link", EvidenceLink::parse(&self.link));
        let (step, on, practised) = (step?, on?, practised?);
        let (item, is_call) = (self.item.clone(), !self.call.is_empty());
        Some(NewEvidence { step, on, practised, learned: learned?, item, link: link?, is_call })
    }
}

#[derive(Template)]
#[template(path = "learning/log.html")]
struct LogPage {
    shell: Shell,
    at: At,
    steps: Vec<StepRow>,
    form: LogForm,
    errors: FormErrors,
    began: String,
    today: String,
}

impl LogPage {
    fn is_chosen(&self, step: &StepRow) -> bool {
        self.form.step == step.state.id.to_string()
    }

    /// The steps of a family.
    fn of(&self, family: Family) -> Vec<&StepRow> {
        self.steps.iter().filter(|step| step.state.says.family == family).collect()
    }

    fn is_call(&self) -> bool {
        !self.form.call.is_empty()
    }

    fn item_hint(&self) -> String {
        format!("The key of the item that it was about, such as {}-1.", self.at.learner.key)
    }
}

async fn log_page(pool: &PgPool, at: At, form: LogForm, errors: FormErrors) -> Result<LogPage> {
    Ok(LogPage {
        shell: at.shell(),
        steps: db::steps(pool, at.visitor.tenant(), at.learner.id).await?,
        began: at.day(at.learner.from_at).to_string(),
        today: at.visitor.today().to_string(),
        form,
        errors,
        at,
    })
}

/// The step that the form begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    step: String,
}

pub async fn ask(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<LogQuery>,
) -> Result<Response> {
    at.must_learn()?;
    let on = at.visitor.today().to_string();
    let form = LogForm { step: query.step, on, ..LogForm::default() };
    page(&log_page(&pool, at, form, FormErrors::default()).await?)
}

pub async fn save(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<LogForm>,
) -> Result<Response> {
    at.must_learn()?;
    let mut errors = FormErrors::default();
    if let Some(evidence) = form.parse(&mut errors) {
        let (actor, id, zone) = (&at.visitor.actor, at.learner.id, at.visitor.time_zone);
        match service::log(&pool, actor, id, zone, &evidence).await {
            Ok(_) => return Ok(flash::redirect(&at.url(""), "Your practice is in the log.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &log_page(&pool, at, form, errors.clone()).await?)
}

// GET /o/{org}/products/{product}/learning/{learner}/practice?after=…

/// The last line of the page before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AfterQuery {
    after: String,
}

#[derive(Template)]
#[template(path = "learning/practice.html")]
struct PracticePage {
    shell: Shell,
    org: String,
    at: At,
    evidence: Vec<(EvidenceRow, Date)>,
    previous: Option<String>,
    next: Option<String>,
}

pub async fn list(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<AfterQuery>,
) -> Result<Response> {
    let after: Option<EvidenceId> = query.after.parse().ok();
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let (tenant, id) = (at.visitor.tenant(), at.learner.id);
    let mut rows = db::evidence(&pool, tenant, id, None, after, limit).await?;
    let is_cut = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| is_cut);
    page(&PracticePage {
        shell: at.shell(),
        org: at.visitor.slug.clone(),
        next: last.map(|row| at.url(&format!("/practice?after={}", row.id))),
        previous: after.map(|_| at.url("/practice")),
        evidence: rows.into_iter().map(|row| (row.clone(), at.shown(row.on_day))).collect(),
        at,
    })
}
