//! What others say of an apprentice's practice, and asking them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::error::Result;
use crate::ids::{FeedbackId, MemberId, StepId};
use crate::learning::db::{self, Choice, FeedbackRow, StepRow};
use crate::learning::domain::{About, Feedback, LearningRefused};
use crate::learning::service;
use crate::web::shell::Shell;
use crate::web::ui::{Moment, moment};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// Lines on a page.
const PAGE: usize = 30;

// GET and POST /o/{org}/products/{product}/learning/{learner}/feedback?step=…&after=…

/// What is asked of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FeedbackQuery {
    step: String,
    after: String,
}

/// Feedback as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedbackForm {
    text: String,
    step: String,
}

#[derive(Template)]
#[template(path = "learning/feedback.html")]
struct FeedbackPage {
    shell: Shell,
    org: String,
    at: At,
    rows: Vec<(FeedbackRow, Moment)>,
    steps: Vec<StepRow>,
    previous: Option<String>,
    next: Option<String>,
    form: FeedbackForm,
    errors: FormErrors,
}

impl FeedbackPage {
    fn may_give(&self) -> bool {
        self.at.goes_on() && self.at.is_planned() && !self.at.standing.is_apprentice
    }

    fn is_chosen(&self, step: &StepRow) -> bool {
        self.form.step == step.state.id.to_string()
    }

    /// What the visitor was asked.
    fn asked(&self) -> Option<&str> {
        let me = self.at.visitor.actor.member;
        let asked = self.at.learner.asked.iter().find(|one| one.member == me);
        asked.map(|one| one.about.as_str())
    }
}

async fn feedback_page(
    pool: &PgPool,
    at: At,
    after: Option<FeedbackId>,
    form: FeedbackForm,
    errors: FormErrors,
) -> Result<FeedbackPage> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let (tenant, id) = (at.visitor.tenant(), at.learner.id);
    let mut rows = db::feedback(pool, tenant, id, None, after, limit).await?;
    let is_cut = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| is_cut);
    let (now, zone) = (at.visitor.actor.at, at.visitor.time_zone);
    Ok(FeedbackPage {
        shell: at.shell(),
        org: at.visitor.slug.clone(),
        next: last.map(|row| at.url(&format!("/feedback?after={}", row.id))),
        previous: after.map(|_| at.url("/feedback")),
        rows: rows.into_iter().map(|row| (row.clone(), moment(row.at, now, zone))).collect(),
        steps: db::steps(pool, tenant, id).await?,
        form,
        errors,
        at,
    })
}

pub async fn list(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<FeedbackQuery>,
) -> Result<Response> {
    let form = FeedbackForm { step: query.step, ..FeedbackForm::default() };
    let after = query.after.parse().ok();
    page(&feedback_page(&pool, at, after, form, FormErrors::default()).await?)
}

pub async fn give(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<FeedbackForm>,
) -> Result<Response> {
    at.must_be_planned()?;
    let mut errors = FormErrors::default();
    let text = errors.check("text", Feedback::parse(&form.text));
    let step = match form.step.trim() {
        "" => Some(None),
        id => errors
            .check("step", id.parse::<StepId>().map_err(|_| LearningRefused::NoStep))
            .map(Some),
    };
    if let (Some(text), Some(step)) = (text, step) {
        let (actor, id) = (&at.visitor.actor, at.learner.id);
        match service::give_feedback(&pool, actor, id, &text, step).await {
            Ok(()) => return Ok(flash::redirect(&at.url(""), "Your feedback is there.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &feedback_page(&pool, at, None, form, errors.clone()).await?)
}

// GET and POST /o/{org}/products/{product}/learning/{learner}/ask

/// Who is asked, and about what, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskForm {
    member: Vec<String>,
    about: String,
}

#[derive(Template)]
#[template(path = "learning/ask.html")]
struct AskPage {
    shell: Shell,
    at: At,
    members: Vec<Choice>,
    form: AskForm,
    errors: FormErrors,
}

impl AskPage {
    fn is_chosen(&self, one: &Choice) -> bool {
        self.form.member.contains(&one.id.to_string())
    }
}

async fn ask_page(pool: &PgPool, at: At, form: AskForm, errors: FormErrors) -> Result<AskPage> {
    let of = &at.learner;
    let members = db::askable(pool, at.visitor.tenant(), of.product, of.member).await?;
    Ok(AskPage { shell: at.shell(), at, members, form, errors })
}

pub async fn ask(at: At, State(pool): State<PgPool>) -> Result<Response> {
    at.must_learn()?;
    page(&ask_page(&pool, at, AskForm::default(), FormErrors::default()).await?)
}

pub async fn send(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<AskForm>,
) -> Result<Response> {
    at.must_learn()?;
    let mut errors = FormErrors::default();
    let members: Result<Vec<MemberId>, _> = form.member.iter().map(|id| id.parse()).collect();
    let members = members.ok().filter(|members| !members.is_empty());
    let members = errors.check("member", members.ok_or(LearningRefused::NobodyAsked));
    let about = errors.check("about", About::parse(&form.about));
    if let (Some(members), Some(about)) = (members, about) {
        let (actor, id) = (&at.visitor.actor, at.learner.id);
        match service::ask(&pool, actor, id, &members, &about).await {
            Ok(()) => {
                let said = "They are asked. Your plan shows it to them.";
                return Ok(flash::redirect(&at.url(""), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &ask_page(&pool, at, form, errors.clone()).await?)
}
