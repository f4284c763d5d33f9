//! The reflections: for the apprentice and whoever leads the product now, and for nobody else.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::error::Result;
use crate::learning::db::{self, ReflectionRow};
use crate::learning::domain::{MAX_WEEKS, Reflection, number, week_of};
use crate::learning::service;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

// GET /o/{org}/products/{product}/learning/{learner}/reflections?week=…, POST …/reflections

/// Which week the form is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WeekQuery {
    week: String,
}

/// A reflection as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReflectionForm {
    week: String,
    version: i32,
    text: String,
}

#[derive(Template)]
#[template(path = "learning/reflections.html")]
struct ReflectionsPage {
    shell: Shell,
    at: At,
    rows: Vec<ReflectionRow>,
    /// The week of the form; none before the plan begins.
    week: Option<i16>,
    last: i16,
    form: ReflectionForm,
    errors: FormErrors,
}

impl ReflectionsPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn week_url(&self, week: &i16) -> String {
        self.at.url(&format!("/reflections?week={week}"))
    }

    /// A refusal that does not belong to the text.
    fn refusal(&self) -> Option<&str> {
        self.errors.general().first().copied().or_else(|| self.errors.on("week"))
    }

    /// What is saved now, on the page of a conflict.
    fn now(&self) -> Option<&str> {
        let row = self.rows.iter().find(|row| Some(row.week) == self.week)?;
        (self.errors.is_stale() && row.text != self.form.text).then_some(row.text.as_str())
    }

    /// The weeks without a reflection, for the apprentice.
    fn missing(&self) -> Vec<i16> {
        let is_there = |week: i16| self.rows.iter().any(|row| row.week == week);
        (1..=self.last).rev().filter(|week| !is_there(*week) && Some(*week) != self.week).collect()
    }
}

/// The last week that can be thought about.
fn last_week(at: &At) -> i16 {
    let week = at.learner.starts_on.and_then(|from| week_of(from, at.now())).unwrap_or_default();
    let week = i16::try_from(week).unwrap_or(MAX_WEEKS);
    week.min(at.learner.weeks.unwrap_or_default())
}

async fn reflections_page(
    pool: &PgPool,
    at: At,
    form: ReflectionForm,
    errors: FormErrors,
) -> Result<ReflectionsPage> {
    let (tenant, me) = (at.visitor.tenant(), at.visitor.actor.member);
    let rows = db::reflections(pool, tenant, at.learner.id, me, None).await?;
    let last = last_week(&at);
    let asked = number("week", &form.week, last.max(1)).ok();
    let week = asked.or(Some(last)).filter(|week| at.learns() && (1..=last).contains(week));
    let there = rows.iter().find(|row| Some(row.week) == week);
    let text = match there {
        Some(row) if errors.is_empty() => row.text.clone(),
        _ => form.text,
    };
    let version = there.map_or(0, |row| row.version);
    let form = ReflectionForm { version, text, ..form };
    Ok(ReflectionsPage { shell: at.shell(), rows, week, last, form, errors, at })
}

pub async fn list(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<WeekQuery>,
) -> Result<Response> {
    at.must_read()?;
    let form = ReflectionForm { week: query.week, ..ReflectionForm::default() };
    page(&reflections_page(&pool, at, form, FormErrors::default()).await?)
}

pub async fn save(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<ReflectionForm>,
) -> Result<Response> {
    at.must_learn()?;
    let mut errors = FormErrors::default();
    let week = errors.check("week", number("week", &form.week, MAX_WEEKS));
    let text = errors.check("text", Reflection::parse(&form.text));
    if let (Some(week), Some(text)) = (week, text) {
        let (actor, zone, which) = (&at.visitor.actor, at.visitor.time_zone, (at.learner.id, week));
        match service::reflect(&pool, actor, which, zone, form.version, &text).await {
            Ok(()) => return Ok(flash::redirect(&at.url(""), "Your reflection is saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &reflections_page(&pool, at, form, errors.clone()).await?)
}
