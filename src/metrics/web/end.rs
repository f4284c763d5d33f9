//! Ending a metric, and making another one the goal.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{MetricPath, find_live, metric_url, must_choose, squad_url};
use crate::error::Result;
use crate::metrics::db::Metric;
use crate::metrics::service;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET and POST /o/{org}/squads/{squad}/metrics/{metric}/end

/// Why a metric ends.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndForm {
    reason: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "metrics/end.html")]
struct EndPage {
    shell: Shell,
    squad: SquadHead,
    squad_url: String,
    squads_url: String,
    url: String,
    metric: Metric,
    form: EndForm,
    errors: FormErrors,
}

fn end_page(visitor: &Visitor, squad: SquadHead, metric: Metric, form: EndForm) -> EndPage {
    EndPage {
        shell: visitor.shell(Section::Squads),
        squads_url: format!("/o/{}/squads", visitor.slug),
        squad_url: squad_url(&visitor.slug, &squad.slug),
        url: metric_url(&visitor.slug, &squad.slug, metric.id),
        squad,
        metric,
        form,
        errors: FormErrors::default(),
    }
}

pub async fn ask(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = find_live(&pool, &visitor, &squad, metric).await?;
    let form = EndForm { version: metric.version, ..EndForm::default() };
    page(&end_page(&visitor, squad, metric, form))
}

pub async fn end(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
    Form(form): Form<EndForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = super::find_metric(&pool, &visitor, &squad, metric).await?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::end(&pool, &visitor.actor, metric.id, form.version, &reason).await {
            Ok(()) => {
                let list = format!("{}/metrics", squad_url(&visitor.slug, &squad.slug));
                return Ok(flash::redirect(&list, "The metric has ended. Its history stays."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let form = EndForm { version: metric.version, ..form };
    let shown = EndPage { errors: errors.clone(), ..end_page(&visitor, squad, metric, form) };
    refused(&errors, &shown)
}

// POST /o/{org}/squads/{squad}/metrics/{metric}/goal

/// The version that the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GoalForm {
    version: i32,
}

pub async fn make_goal(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, metric)): MetricPath,
    Form(form): Form<GoalForm>,
) -> Result<Response> {
    let (visitor, squad) = must_choose(at)?;
    let metric = super::find_metric(&pool, &visitor, &squad, metric).await?;
    service::make_goal(&pool, &visitor.actor, metric.id, form.version).await?;
    let there = metric_url(&visitor.slug, &squad.slug, metric.id);
    Ok(flash::redirect(&there, "This is the squad's goal metric now."))
}
