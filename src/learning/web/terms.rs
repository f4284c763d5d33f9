//! Making a plan from a template, changing what it says by itself, and keeping it for the next apprentice.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::backlog::{self, SquadOption};
use crate::error::Result;
use crate::ids::TeamId;
use crate::learning::db::{self, StepRow, TemplateRow};
use crate::learning::domain::{
    Focus, LearningRefused, MAX_WEEKS, Source, TemplateName, Terms, WEEKS, day, number,
};
use crate::learning::service;
use crate::squads::last_change;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, flash, page, refused};

/// The plan as typed. A new one begins with a template, an edited one has a version.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TermsForm {
    starts_on: String,
    weeks: String,
    focus: String,
    squad: String,
    template: String,
    version: Option<i32>,
}

impl TermsForm {
    fn of(at: &At) -> Self {
        let of = &at.learner;
        Self {
            starts_on: of.starts_on.unwrap_or_else(|| at.visitor.today()).to_string(),
            weeks: of.weeks.unwrap_or(WEEKS).to_string(),
            focus: of.focus.clone().unwrap_or_default(),
            squad: of.squad.map(|id| id.to_string()).unwrap_or_default(),
            template: String::new(),
            version: of.version,
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<Terms> {
        let starts_on = errors.check("starts_on", day("starts_on", &self.starts_on));
        let weeks = errors.check("weeks", number("weeks", &self.weeks, MAX_WEEKS));
        let focus = errors.check("focus", Focus::parse(&self.focus));
        let squad = match self.squad.trim() {
            "" => Some(None),
            id => errors
                .check("squad", id.parse::<TeamId>().map_err(|_| LearningRefused::NoSquad))
                .map(Some),
        };
        Some(Terms { starts_on: starts_on?, weeks: weeks?, focus: focus?, squad: squad? })
    }
}

// GET and POST /o/{org}/products/{product}/learning/{learner}/plan

#[derive(Template)]
#[template(path = "learning/terms.html")]
struct TermsPage {
    shell: Shell,
    at: At,
    squads: Vec<SquadOption>,
    templates: Vec<TemplateRow>,
    steps: Vec<StepRow>,
    form: TermsForm,
    keep: KeepForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl TermsPage {
    fn is_chosen(&self, squad: &SquadOption) -> bool {
        self.form.squad == squad.id.to_string()
    }

    /// The squad of the plan, should it serve no more.
    fn former(&self) -> Option<(String, &str)> {
        let (id, name) = (self.at.learner.squad?, self.at.learner.squad_name.as_deref()?);
        let serves = self.squads.iter().any(|squad| squad.id == id);
        (!serves).then(|| (id.to_string(), name))
    }

    /// What is saved now where it differs from what was typed, on the page of a conflict.
    fn now(&self, typed: &str, saved: String) -> Option<String> {
        (self.errors.is_stale() && typed != saved).then_some(saved)
    }

    fn now_starts(&self) -> Option<String> {
        self.now(&self.form.starts_on, TermsForm::of(&self.at).starts_on)
    }

    fn now_weeks(&self) -> Option<String> {
        self.now(&self.form.weeks, TermsForm::of(&self.at).weeks)
    }

    fn now_focus(&self) -> Option<String> {
        self.now(&self.form.focus, TermsForm::of(&self.at).focus)
    }
}

async fn terms_page(
    pool: &PgPool,
    at: At,
    form: TermsForm,
    keep: KeepForm,
    errors: FormErrors,
) -> Result<TermsPage> {
    let tenant = at.visitor.tenant();
    let meanwhile = if errors.is_stale() {
        last_change(pool, &at.visitor, at.learner.id.0).await?
    } else {
        None
    };
    Ok(TermsPage {
        shell: at.shell(),
        squads: backlog::squads(pool, tenant, at.learner.product).await?,
        templates: if at.is_planned() { vec![] } else { db::templates(pool, tenant, None).await? },
        steps: db::steps(pool, tenant, at.learner.id).await?,
        form: TermsForm { version: at.learner.version, ..form },
        keep,
        errors,
        meanwhile,
        at,
    })
}

pub async fn ask(at: At, State(pool): State<PgPool>) -> Result<Response> {
    at.must_master()?;
    let form = TermsForm::of(&at);
    page(&terms_page(&pool, at, form, KeepForm::default(), FormErrors::default()).await?)
}

pub async fn save(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<TermsForm>,
) -> Result<Response> {
    at.must_master()?;
    let mut errors = FormErrors::default();
    let terms = form.parse(&mut errors);
    let source = Source::parse(&form.template).ok_or(LearningRefused::NoTemplate);
    let source = errors.check("template", source);
    if let (Some(terms), Some(source)) = (terms, source) {
        let (actor, id) = (&at.visitor.actor, at.learner.id);
        let saved = match form.version {
            Some(version) => service::change_plan(&pool, actor, id, version, &terms).await,
            None => service::make_plan(&pool, actor, id, &terms, source).await,
        };
        match saved {
            Ok(()) => return Ok(flash::redirect(&at.url(""), "The plan is saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &terms_page(&pool, at, form, KeepForm::default(), errors.clone()).await?)
}

// POST /o/{org}/products/{product}/learning/{learner}/template

/// The name of a kept plan as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepForm {
    name: String,
}

pub async fn keep(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<KeepForm>,
) -> Result<Response> {
    at.must_master()?;
    let mut errors = FormErrors::default();
    if let Some(name) = errors.check("name", TemplateName::parse(&form.name)) {
        match service::keep_as_template(&pool, &at.visitor.actor, at.learner.id, &name).await {
            Ok(()) => {
                let said = format!("“{name}” is kept. The next plan can begin with it.");
                return Ok(flash::redirect(&at.url("/plan"), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let terms = TermsForm::of(&at);
    refused(&errors, &terms_page(&pool, at, terms, form, errors.clone()).await?)
}
