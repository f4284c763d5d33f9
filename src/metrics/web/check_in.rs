//! Checking in, and putting a check-in right.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{MetricPath, find_live, find_metric, metric_url, must_choose, squad_url};
use crate::error::{Error, Result};
use crate::ids::{CheckInId, MetricId};
use crate::metrics::check_in::{CHECKERS, CheckInRefused};
use crate::metrics::db::{self, Metric, Written};
use crate::metrics::domain::with_unit;
use crate::metrics::form::{CheckInForm, Typed};
use crate::metrics::service;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, Query, flash, local_path, page, refused};

// GET and POST /o/{org}/squads/{squad}/metrics/{metric}/check-in

#[derive(Template)]
#[template(path = "metrics/check_in_page.html")]
struct CheckInPage {
    shell: Shell,
    squad: SquadHead,
    squad_url: String,
    squads_url: String,
    url: String,
    title: String,
    sub: &'static str,
    verb: &'static str,
    form: CheckInForm,
    /// The address that withdraws, on the page that corrects.
    withdraw: Option<String>,
}

impl CheckInPage {
    fn new(visitor: &Visitor, squad: SquadHead, metric: &Metric, form: CheckInForm) -> Self {
        Self {
            shell: visitor.shell(Section::Squads),
            squads_url: format!("/o/{}/squads", visitor.slug),
            squad_url: squad_url(&visitor.slug, &squad.slug),
            url: metric_url(&visitor.slug, &squad.slug, metric.id),
            title: format!("Check in: {}", metric.metric.name),
            sub: "What it says now, whether you will make it, and one sentence. For the squad as a whole.",
            verb: "Check in",
            squad,
            form,
            withdraw: None,
        }
    }
}

fn blank(visitor: &Visitor, squad: &SquadHead, metric: &Metric, next: &str) -> CheckInForm {
    CheckInForm::new(&squad_url(&visitor.slug, &squad.slug), metric, next, visitor.today())
}

/// Lets only those on who may check in; the sentence says so.
fn must_check_in(at: SquadAt) -> Result<(Visitor, SquadHead)> {
    must_choose(at).map_err(|error| match error {
        Error::Forbidden(_) => Error::Forbidden(CHECKERS.into()),
        other => other,
    })
}

/// Where the visitor goes on to.
#[derive(Deserialize)]
pub struct Onward {
    #[serde(default)]
    next: String,
}

pub async fn new(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
    Query(onward): Query<Onward>,
) -> Result<Response> {
    let (visitor, squad) = must_check_in(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let url = metric_url(&visitor.slug, &squad.slug, metric.id);
    let form = blank(&visitor, &squad, &metric, local_path(&onward.next).unwrap_or(&url));
    page(&CheckInPage::new(&visitor, squad, &metric, form))
}

pub async fn create(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): MetricPath,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (visitor, squad) = must_check_in(at)?;
    let metric = find_metric(&pool, &visitor, &squad, id).await?;
    let mut errors = FormErrors::default();
    if let Some(new) = typed.parse(&mut errors) {
        match service::check_in(&pool, &visitor.actor, id, &new).await {
            Ok(_) => {
                let (name, unit) = (&metric.metric.name, &metric.metric.unit);
                let url = metric_url(&visitor.slug, &squad.slug, id);
                let said = format!("“{name}” is checked in: {}.", with_unit(new.value, unit));
                return Ok(flash::redirect(typed.next(&url), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let form = blank(&visitor, &squad, &metric, "");
    let form = CheckInForm { typed, errors: errors.clone(), ..form };
    refused(&errors, &CheckInPage::new(&visitor, squad, &metric, form))
}

// GET and POST /o/{org}/squads/{squad}/metrics/{metric}/check-ins/{check_in}, POST …/withdraw

type CheckInPath = Path<(String, String, MetricId, CheckInId)>;

/// The check-in of an address, with its metric.
async fn find(
    pool: &PgPool,
    visitor: &Visitor,
    squad: &SquadHead,
    (metric, id): (MetricId, CheckInId),
) -> Result<(Metric, Written)> {
    let metric = find_metric(pool, visitor, squad, metric).await?;
    match db::find_check_in(pool, visitor.tenant(), id).await? {
        Some((of, written)) if of == metric.id => Ok((metric, written)),
        _ => Err(Error::NotFound),
    }
}

fn correction(
    visitor: &Visitor,
    squad: SquadHead,
    metric: &Metric,
    wrong: &Written,
    form: CheckInForm,
) -> CheckInPage {
    let url = metric_url(&visitor.slug, &squad.slug, metric.id);
    let action = format!("{url}/check-ins/{}", wrong.id);
    let withdraw = wrong.stands().then(|| format!("{action}/withdraw"));
    let form = CheckInForm { action, last: None, ..form };
    CheckInPage {
        title: format!("Correct a check-in: {}", metric.metric.name),
        sub: "The old one stays, struck through, and yours takes its place at the same time.",
        verb: "Correct it",
        withdraw,
        ..CheckInPage::new(visitor, squad, metric, form)
    }
}

pub async fn wrong(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric, id)): CheckInPath,
) -> Result<Response> {
    let (visitor, squad) = must_check_in(at)?;
    let (metric, wrong) = find(&pool, &visitor, &squad, (metric, id)).await?;
    if !wrong.stands() {
        return Err(CheckInRefused::Corrected.into());
    }
    let url = metric_url(&visitor.slug, &squad.slug, metric.id);
    let typed = Typed {
        value: wrong.value.map(|value| value.to_string()).unwrap_or_default(),
        confidence: wrong.confidence.clone().unwrap_or_default(),
        note: wrong.note.clone(),
        next: url.clone(),
    };
    let form = CheckInForm { typed, ..blank(&visitor, &squad, &metric, &url) };
    page(&correction(&visitor, squad, &metric, &wrong, form))
}

pub async fn correct(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric, id)): CheckInPath,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (visitor, squad) = must_check_in(at)?;
    let (metric, wrong) = find(&pool, &visitor, &squad, (metric, id)).await?;
    let mut errors = FormErrors::default();
    if let Some(new) = typed.parse(&mut errors) {
        match service::correct(&pool, &visitor.actor, id, &new).await {
            Ok(_) => {
                let url = metric_url(&visitor.slug, &squad.slug, metric.id);
                return Ok(flash::redirect(typed.next(&url), "The check-in is corrected."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let form = blank(&visitor, &squad, &metric, "");
    let form = CheckInForm { typed, errors: errors.clone(), ..form };
    refused(&errors, &correction(&visitor, squad, &metric, &wrong, form))
}

/// A form without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

pub async fn withdraw(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric, id)): CheckInPath,
    Form(NoFields {}): Form<NoFields>,
) -> Result<Response> {
    let (visitor, squad) = must_check_in(at)?;
    let (metric, _) = find(&pool, &visitor, &squad, (metric, id)).await?;
    service::withdraw(&pool, &visitor.actor, id).await?;
    let url = metric_url(&visitor.slug, &squad.slug, metric.id);
    Ok(flash::redirect(&url, "The check-in is withdrawn. It stays, struck through."))
}
