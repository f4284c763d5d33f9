//! The pages of metrics: choosing a goal metric, changing it, replacing it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::db::{self, Metric};
use super::domain::{
    Aim, Cadence, Direction, MetricName, MetricRefused, NewMetric, OWNERS, Unit, parse_number,
    parse_optional,
};
use super::service;
use crate::error::{Error, Result};
use crate::history;
use crate::ids::MetricId;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Form, FormErrors, Path, Routes, Who, flash, page, refused};

/// The addresses of metrics.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/metrics/new", Who::SquadMember, new)
        .post("/o/{org}/squads/{squad}/metrics/new", Who::SquadMember, create)
        .get("/o/{org}/squads/{squad}/metrics/{metric}/edit", Who::SquadMember, edit)
        .post("/o/{org}/squads/{squad}/metrics/{metric}/edit", Who::SquadMember, update)
        .get("/o/{org}/squads/{squad}/metrics/{metric}/replace", Who::SquadMember, replacement)
        .post("/o/{org}/squads/{squad}/metrics/{metric}/replace", Who::SquadMember, replace)
}

/// The address of a squad's page.
pub fn squad_url(org: &str, squad: &str) -> String {
    format!("/o/{org}/squads/{squad}")
}

/// Lets only those on who may choose the squad's metrics.
fn must_choose(SquadAt { visitor, squad }: SquadAt) -> Result<(Visitor, SquadHead)> {
    if !squad.may_choose_metrics(visitor.roles()) {
        return Err(Error::Forbidden(OWNERS.into()));
    }
    if squad.is_dissolved() {
        return Err(MetricRefused::Dissolved.into());
    }
    Ok((visitor, squad))
}

/// Finds a metric that is the squad's; what was replaced stays as it is.
async fn find_metric(
    pool: &PgPool,
    visitor: &Visitor,
    squad: &SquadHead,
    id: MetricId,
) -> Result<Metric> {
    let metric = db::find(pool, visitor.tenant(), id).await?.ok_or(Error::NotFound)?;
    if metric.squad != squad.id {
        return Err(Error::NotFound);
    }
    Ok(metric)
}

/// A metric as it is typed.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MetricForm {
    name: String,
    unit: String,
    direction: String,
    baseline: String,
    target: String,
    #[serde(default)]
    target_high: String,
    cadence: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    version: i32,
}

impl MetricForm {
    fn empty() -> Self {
        let (direction, cadence) = (Direction::Up.word().into(), Cadence::Weekly.word().into());
        Self { direction, cadence, ..Self::default() }
    }

    fn of(metric: &Metric) -> Self {
        let NewMetric { name, unit, aim, baseline, cadence } = &metric.metric;
        let text =
            |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            name: name.to_string(),
            unit: unit.to_string(),
            direction: aim.direction().word().to_owned(),
            baseline: text(*baseline),
            target: text(Some(aim.target())),
            target_high: text(aim.high()),
            cadence: cadence.word().to_owned(),
            reason: String::new(),
            version: metric.version,
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<NewMetric> {
        let name = errors.check("name", MetricName::parse(&self.name));
        let unit = errors.check("unit", Unit::parse(&self.unit));
        let direction = errors.check("direction", Direction::parse(&self.direction));
        let baseline = errors.check("baseline", parse_optional(&self.baseline));
        let target = errors.check("target", parse_number(&self.target));
        let high = match direction {
            Some(Direction::Within) => {
                errors.check("target_high", parse_optional(&self.target_high))
            }
            _ => Some(None),
        };
        let cadence = errors.check("cadence", Cadence::parse(&self.cadence));
        let (direction, baseline, target, high) = (direction?, baseline?, target?, high?);
        let aim = Aim::new(direction, baseline, target, high);
        let aim = match aim {
            Ok(aim) => aim,
            Err(bad) => {
                errors.refuse(
                    if direction == Direction::Within { "target_high" } else { "target" },
                    &bad,
                );
                return None;
            }
        };
        Some(NewMetric { name: name?, unit: unit?, aim, baseline, cadence: cadence? })
    }
}

/// Which of the three forms it is.
enum Task {
    New,
    Edit(Metric),
    Replace(Metric),
}

// GET and POST /o/{org}/squads/{squad}/metrics/new, …/metrics/{metric}/edit, …/metrics/{metric}/replace

#[derive(Template)]
#[template(path = "metrics/form.html")]
struct FormPage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    task: Task,
    form: MetricForm,
    errors: FormErrors,
    /// What was saved meanwhile.
    saved: Option<MetricForm>,
    /// By whom, and when.
    meanwhile: Option<(String, Moment)>,
}

impl FormPage {
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.squad.slug)
    }

    fn action(&self) -> String {
        let squad = self.squad_url();
        match &self.task {
            Task::New => format!("{squad}/metrics/new"),
            Task::Edit(metric) => format!("{squad}/metrics/{}/edit", metric.id),
            Task::Replace(metric) => format!("{squad}/metrics/{}/replace", metric.id),
        }
    }

    fn title(&self) -> &'static str {
        match self.task {
            Task::New => "Choose a goal metric",
            Task::Edit(_) => "Change the goal metric",
            Task::Replace(_) => "Replace the goal metric",
        }
    }

    fn verb(&self) -> &'static str {
        match self.task {
            Task::New => "Choose this metric",
            Task::Edit(_) => "Save the metric",
            Task::Replace(_) => "Replace the metric",
        }
    }

    fn saved_now(&self, field: &str) -> Option<&str> {
        let saved = self.saved.as_ref()?;
        let (now, typed) = match field {
            "name" => (&saved.name, &self.form.name),
            "unit" => (&saved.unit, &self.form.unit),
            "direction" => (&saved.direction, &self.form.direction),
            "baseline" => (&saved.baseline, &self.form.baseline),
            "target" => (&saved.target, &self.form.target),
            "target_high" => (&saved.target_high, &self.form.target_high),
            _ => (&saved.cadence, &self.form.cadence),
        };
        (now.trim() != typed.trim()).then_some(now)
    }
}

fn form_page(visitor: Visitor, squad: SquadHead, task: Task, form: MetricForm) -> FormPage {
    let shell = visitor.shell(Section::Squads);
    FormPage {
        shell,
        org: visitor.slug,
        squad,
        task,
        form,
        errors: FormErrors::default(),
        saved: None,
        meanwhile: None,
    }
}

async fn new(at: SquadAt) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    page(&form_page(visitor, squad, Task::New, MetricForm::empty()))
}

async fn create(
    at: SquadAt,
    State(pool): State<PgPool>,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::set_goal(&pool, &visitor.actor, squad.id, &new).await {
            Ok(_) => return Ok(done(&visitor, &squad, "The goal metric is set.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    let shown = FormPage { errors: errors.clone(), ..form_page(visitor, squad, Task::New, form) };
    refused(&errors, &shown)
}

fn done(visitor: &Visitor, squad: &SquadHead, text: &str) -> Response {
    flash::redirect(&squad_url(&visitor.slug, &squad.slug), text)
}

type MetricPath = Path<(String, String, MetricId)>;

async fn edit(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let form = MetricForm::of(&metric);
    page(&form_page(visitor, squad, Task::Edit(metric), form))
}

async fn find_live(
    pool: &PgPool,
    visitor: &Visitor,
    squad: &SquadHead,
    id: MetricId,
) -> Result<Metric> {
    let metric = find_metric(pool, visitor, squad, id).await?;
    if metric.ended_at.is_some() { Err(MetricRefused::Ended.into()) } else { Ok(metric) }
}

async fn update(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_metric(&pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::update(&pool, &visitor.actor, metric.id, form.version, &new).await {
            Ok(()) => return Ok(done(&visitor, &squad, "The metric is saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    again(&pool, visitor, squad, Task::Edit, metric.id, form, errors).await
}

async fn replacement(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let form = MetricForm { version: metric.version, ..MetricForm::empty() };
    page(&form_page(visitor, squad, Task::Replace(metric), form))
}

async fn replace(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_metric(&pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    let reason = errors.check("reason", Reason::parse(&form.reason));
    if let (Some(new), Some(reason)) = (form.parse(&mut errors), reason) {
        let (pool, actor) = (&pool, &visitor.actor);
        match service::replace_goal(pool, actor, metric.id, form.version, &reason, &new).await {
            Ok(_) => {
                return Ok(done(
                    &visitor,
                    &squad,
                    "The goal metric is replaced. The old one keeps its history.",
                ));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    again(&pool, visitor, squad, Task::Replace, metric.id, form, errors).await
}

/// Shows a form again; after a conflict with what is saved now.
async fn again(
    pool: &PgPool,
    visitor: Visitor,
    squad: SquadHead,
    task: fn(Metric) -> Task,
    id: MetricId,
    mut form: MetricForm,
    errors: FormErrors,
) -> Result<Response> {
    let metric = find_metric(pool, &visitor, &squad, id).await?;
    let (mut saved, mut meanwhile) = (None, None);
    if errors.is_stale() {
        saved = Some(MetricForm::of(&metric));
        form.version = metric.version;
        let last = history::about(pool, visitor.tenant(), id.0, 1).await?.pop();
        meanwhile = last.map(|event| {
            let is_self = event.member_id == Some(visitor.actor.member);
            let at = ui::moment(event.at, visitor.actor.at, visitor.time_zone);
            (ui::meanwhile(event.member_name.as_deref(), is_self), at)
        });
    }
    let shown = FormPage {
        errors: errors.clone(),
        saved,
        meanwhile,
        ..form_page(visitor, squad, task(metric), form)
    };
    refused(&errors, &shown)
}
