//! The pages of metrics: all of a squad, one of them, its check-ins and tokens, and the forms.

mod check_in;
mod edit;
mod end;
mod list;
mod show;
mod tokens;

use sqlx::PgPool;

use super::api;
use super::db::{self, Metric};
use super::domain::{MetricRefused, OWNERS};
use crate::error::{Error, Result};
use crate::ids::MetricId;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::web::{Path, Routes, Who};

/// The addresses of metrics.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/squads/{squad}/metrics", Who::Member, list::show)
        .get("/o/{org}/squads/{squad}/metrics/new", Who::SquadMember, edit::new)
        .post("/o/{org}/squads/{squad}/metrics/new", Who::SquadMember, edit::create)
        .get("/o/{org}/squads/{squad}/metrics/{metric}", Who::Member, show::show)
        .get("/o/{org}/squads/{squad}/metrics/{metric}/edit", Who::SquadMember, edit::edit)
        .post("/o/{org}/squads/{squad}/metrics/{metric}/edit", Who::SquadMember, edit::update)
        .get(
            "/o/{org}/squads/{squad}/metrics/{metric}/replace",
            Who::SquadMember,
            edit::replacement,
        )
        .post("/o/{org}/squads/{squad}/metrics/{metric}/replace", Who::SquadMember, edit::replace)
        .get("/o/{org}/squads/{squad}/metrics/{metric}/end", Who::SquadMember, end::ask)
        .post("/o/{org}/squads/{squad}/metrics/{metric}/end", Who::SquadMember, end::end)
        .post("/o/{org}/squads/{squad}/metrics/{metric}/goal", Who::SquadMember, end::make_goal)
        .get("/o/{org}/squads/{squad}/metrics/{metric}/check-in", Who::SquadMember, check_in::new)
        .post(
            "/o/{org}/squads/{squad}/metrics/{metric}/check-in",
            Who::SquadMember,
            check_in::create,
        )
        .get(
            "/o/{org}/squads/{squad}/metrics/{metric}/check-ins/{check_in}",
            Who::SquadMember,
            check_in::wrong,
        )
        .post(
            "/o/{org}/squads/{squad}/metrics/{metric}/check-ins/{check_in}",
            Who::SquadMember,
            check_in::correct,
        )
        .post(
            "/o/{org}/squads/{squad}/metrics/{metric}/check-ins/{check_in}/withdraw",
            Who::SquadMember,
            check_in::withdraw,
        )
        .post("/o/{org}/squads/{squad}/metrics/{metric}/tokens", Who::OwnSquad, tokens::make)
        .post(
            "/o/{org}/squads/{squad}/metrics/{metric}/tokens/{metric_token}/revoke",
            Who::OwnSquad,
            tokens::revoke,
        )
        .merge(api::routes())
}

/// The address of a squad's page.
pub fn squad_url(org: &str, squad: &str) -> String {
    format!("/o/{org}/squads/{squad}")
}

/// The address of a metric's page.
fn metric_url(org: &str, squad: &str, metric: MetricId) -> String {
    crate::metrics::url(org, squad, metric)
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

/// The metric in the address.
type MetricPath = Path<(String, String, MetricId)>;

/// Finds a metric that is the squad's; what has ended stays as it is.
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

/// The same, of those that go on.
async fn find_live(
    pool: &PgPool,
    visitor: &Visitor,
    squad: &SquadHead,
    id: MetricId,
) -> Result<Metric> {
    let metric = find_metric(pool, visitor, squad, id).await?;
    if metric.is_live() { Ok(metric) } else { Err(MetricRefused::Ended.into()) }
}
