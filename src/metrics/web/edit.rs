//! Choosing a metric, changing it, replacing it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{MetricPath, find_live, find_metric, metric_url, must_choose, squad_url};
use crate::error::Result;
use crate::history;
use crate::ids::MetricId;
use crate::metrics::db::{self, Metric};
use crate::metrics::domain::{
    Aim, Cadence, Direction, Kind, MetricName, NewMetric, Unit, parse_number, parse_optional,
};
use crate::metrics::service;
use crate::metrics::templates::MetricTemplate;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Moment};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// So many live metrics are looked at; an eighth is one too many (S6).
const ENOUGH: usize = 7;

/// A metric as it is typed.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricForm {
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
    kind: String,
    /// 1 where it is to be the goal.
    #[serde(default)]
    goal: String,
    #[serde(default)]
    version: i32,
}

impl MetricForm {
    fn empty() -> Self {
        let (direction, cadence) = (Direction::Up.word().into(), Cadence::Weekly.word().into());
        let kind = Kind::CustomerValue.word().into();
        Self { direction, cadence, kind, ..Self::default() }
    }

    /// What a template says; the numbers are the squad's own.
    fn begun(template: &MetricTemplate) -> Self {
        Self {
            name: template.name.to_owned(),
            unit: template.unit.to_owned(),
            direction: template.direction.word().to_owned(),
            cadence: template.cadence.word().to_owned(),
            kind: template.kind.word().to_owned(),
            ..Self::default()
        }
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
            kind: metric.kind.word().to_owned(),
            version: metric.version,
            ..Self::default()
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

/// Which of the forms it is.
enum Task {
    /// The squad's first goal, or one of many.
    New {
        is_goal: bool,
        live: usize,
    },
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

    /// Where leaving the form leads.
    fn back(&self) -> String {
        match &self.task {
            Task::New { .. } => format!("{}/metrics", self.squad_url()),
            Task::Edit(metric) | Task::Replace(metric) => {
                metric_url(&self.org, &self.squad.slug, metric.id)
            }
        }
    }

    fn action(&self) -> String {
        match &self.task {
            Task::New { .. } => format!("{}/new", self.back()),
            Task::Edit(_) => format!("{}/edit", self.back()),
            Task::Replace(_) => format!("{}/replace", self.back()),
        }
    }

    fn title(&self) -> &'static str {
        match &self.task {
            Task::New { is_goal: true, .. } => "Choose a goal metric",
            Task::New { .. } => "Add a metric",
            Task::Edit(metric) if metric.is_goal => "Change the goal metric",
            Task::Edit(_) => "Change the metric",
            Task::Replace(metric) if metric.is_goal => "Replace the goal metric",
            Task::Replace(_) => "Replace the metric",
        }
    }

    fn verb(&self) -> &'static str {
        match &self.task {
            Task::New { is_goal: true, .. } => "Choose this metric",
            Task::New { .. } => "Add the metric",
            Task::Edit(_) => "Save the metric",
            Task::Replace(_) => "Replace the metric",
        }
    }

    /// The kinds with their templates, where a template helps.
    fn templates(&self) -> Vec<(Kind, Vec<(&'static MetricTemplate, String)>)> {
        let address = |template: &'static MetricTemplate| {
            let goal = if self.is_goal() { "&goal=1" } else { "" };
            (template, format!("{}?template={}{goal}", self.action(), template.word))
        };
        let of = |kind| (kind, MetricTemplate::of(kind).map(address).collect());
        match &self.task {
            Task::New { is_goal: true, .. } => vec![of(Kind::CustomerValue)],
            Task::New { .. } => Kind::ALL.into_iter().map(of).collect(),
            _ => vec![],
        }
    }

    fn is_goal(&self) -> bool {
        matches!(self.task, Task::New { is_goal: true, .. })
    }

    /// Whether there are so many that another one is too many.
    fn is_enough(&self) -> Option<usize> {
        match self.task {
            Task::New { live, .. } if live >= ENOUGH => Some(live),
            _ => None,
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

/// What the form begins with.
#[derive(Deserialize)]
pub struct Beginning {
    #[serde(default)]
    template: String,
    #[serde(default)]
    goal: String,
}

pub async fn new(
    at: SquadAt,
    State(pool): State<PgPool>,
    Query(query): Query<Beginning>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let form =
        MetricTemplate::find(&query.template).map_or_else(MetricForm::empty, MetricForm::begun);
    let task = new_task(&pool, &visitor, &squad, query.goal == "1").await?;
    page(&form_page(visitor, squad, task, form))
}

async fn new_task(
    pool: &PgPool,
    visitor: &Visitor,
    squad: &SquadHead,
    is_goal: bool,
) -> Result<Task> {
    let all = db::list(pool, visitor.tenant(), squad.id).await?;
    let live = all.iter().filter(|metric| metric.is_live()).count();
    let has_goal = all.iter().any(|metric| metric.is_live() && metric.is_goal);
    // Whoever comes by an old link to choose a goal that is there adds another metric instead.
    Ok(Task::New { is_goal: is_goal && !has_goal, live })
}

pub async fn create(
    at: SquadAt,
    State(pool): State<PgPool>,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let mut errors = FormErrors::default();
    let is_goal = form.goal == "1";
    let kind = match form.kind.as_str() {
        "" => Some(Kind::CustomerValue),
        word => errors.check("kind", Kind::parse(word)),
    };
    if let (Some(new), Some(kind)) = (form.parse(&mut errors), kind) {
        let (actor, id) = (&visitor.actor, squad.id);
        let made = if is_goal {
            service::set_goal(&pool, actor, id, &new).await
        } else {
            service::add(&pool, actor, id, kind, &new).await
        };
        match made {
            Ok(_) if is_goal => return Ok(done(&visitor, &squad, "The goal metric is set.")),
            Ok(_) => {
                let list = format!("{}/metrics", squad_url(&visitor.slug, &squad.slug));
                return Ok(flash::redirect(
                    &list,
                    "The metric is added. Check in to it when you know the first value.",
                ));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let task = match new_task(&pool, &visitor, &squad, is_goal).await? {
        Task::New { live, .. } => Task::New { is_goal, live },
        task => task,
    };
    let shown = FormPage { errors: errors.clone(), ..form_page(visitor, squad, task, form) };
    refused(&errors, &shown)
}

fn done(visitor: &Visitor, squad: &SquadHead, text: &str) -> Response {
    flash::redirect(&squad_url(&visitor.slug, &squad.slug), text)
}

pub async fn edit(
    at: SquadAt,
    State(pool): State<PgPool>,
    crate::web::Path((_, _, metric)): MetricPath,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let form = MetricForm::of(&metric);
    page(&form_page(visitor, squad, Task::Edit(metric), form))
}

pub async fn update(
    at: SquadAt,
    State(pool): State<PgPool>,
    crate::web::Path((_, _, metric)): MetricPath,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_metric(&pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors) {
        match service::update(&pool, &visitor.actor, metric.id, form.version, &new).await {
            Ok(()) => {
                let there = metric_url(&visitor.slug, &squad.slug, metric.id);
                return Ok(flash::redirect(&there, "The metric is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    again(&pool, visitor, squad, Task::Edit, metric.id, form, errors).await
}

pub async fn replacement(
    at: SquadAt,
    State(pool): State<PgPool>,
    crate::web::Path((_, _, metric)): MetricPath,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let (version, kind) = (metric.version, metric.kind.word().to_owned());
    let form = MetricForm { kind, version, ..MetricForm::empty() };
    page(&form_page(visitor, squad, Task::Replace(metric), form))
}

pub async fn replace(
    at: SquadAt,
    State(pool): State<PgPool>,
    crate::web::Path((_, _, metric)): MetricPath,
    Form(form): Form<MetricForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_metric(&pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    let reason = errors.check("reason", Reason::parse(&form.reason));
    if let (Some(new), Some(reason)) = (form.parse(&mut errors), reason) {
        let (pool, actor) = (&pool, &visitor.actor);
        match service::replace(pool, actor, metric.id, form.version, &reason, &new).await {
            Ok(id) => {
                let there = metric_url(&visitor.slug, &squad.slug, id);
                return Ok(flash::redirect(
                    &there,
                    "The metric is replaced. The old one keeps its history.",
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
