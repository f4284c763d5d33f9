//! A metric: where it stands, its history as a picture and as a table, and its tokens.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::{MetricPath, find_metric, metric_url, squad_url};
use crate::error::Result;
use crate::metrics::chart::{Chart, Happened, Target, chart, targets};
use crate::metrics::db::{self, Metric, TokenRow, Written};
use crate::metrics::domain::{Kind, with_unit};
use crate::metrics::form::CheckInForm;
use crate::missions::{SquadAt, SquadHead};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date, Moment};
use crate::web::{FormErrors, Path, page};

/// How many check-ins the page has: those of some years.
const MOST: i64 = 500;
/// How many of them stand in the table before it is opened wide.
const SHOWN: usize = 20;
/// How many joinings, leavings, missions and the like it has, and how many changes of the metric itself.
const TURNS: i64 = 200;

// GET /o/{org}/squads/{squad}/metrics/{metric}

#[derive(Template)]
#[template(path = "metrics/show.html")]
pub struct ShowPage {
    shell: Shell,
    org: String,
    squad: SquadHead,
    squad_url: String,
    url: String,
    metric: Metric,
    written: Vec<Written>,
    chart: Chart,
    happened: Vec<Happened>,
    /// The targets over time, the present one last.
    targets: Vec<Target>,
    tokens: Vec<TokenRow>,
    form: Option<CheckInForm>,
    may_choose: bool,
    /// Whether the visitor may make tokens.
    may_keep: bool,
    pub token_name: String,
    pub errors: FormErrors,
    now: DateTime<Utc>,
    today: NaiveDate,
    zone: Tz,
}

impl ShowPage {
    /// Loads what the page shows: 4 statements.
    pub async fn load(
        pool: &PgPool,
        visitor: Visitor,
        squad: SquadHead,
        metric: Metric,
    ) -> Result<Self> {
        let tenant = visitor.tenant();
        let (now, today, zone) = (visitor.actor.at, visitor.today(), visitor.time_zone);
        let written = db::list_check_ins(pool, tenant, metric.id, MOST).await?;
        let first = written.last().map_or(metric.created_at, |one| one.at.min(metric.created_at));
        let turns = db::turns(pool, tenant, (squad.id, metric.id), first, TURNS).await?;
        let tokens = db::list_tokens(pool, tenant, metric.id).await?;
        let ends = (metric.created_at, metric.ended_at.unwrap_or(now));
        let targets = targets(&metric.metric, &turns);
        let (chart, happened) = chart(&metric.metric, &written, &turns, &targets, ends);
        let may_choose = squad.may_choose_metrics(visitor.roles()) && !squad.is_dissolved();
        let squad_url = squad_url(&visitor.slug, &squad.slug);
        let url = metric_url(&visitor.slug, &squad.slug, metric.id);
        let may_check_in = may_choose && metric.is_live();
        let form = may_check_in.then(|| CheckInForm::new(&squad_url, &metric, &url, today));
        Ok(Self {
            shell: visitor.shell(Section::Squads),
            org: visitor.slug,
            may_keep: squad.is_member && !squad.is_dissolved(),
            squad,
            squad_url,
            url,
            metric,
            written,
            chart,
            happened,
            targets,
            tokens,
            form,
            may_choose,
            token_name: String::new(),
            errors: FormErrors::default(),
            now,
            today,
            zone,
        })
    }

    fn moment(&self, at: DateTime<Utc>) -> Moment {
        ui::moment(at, self.now, self.zone)
    }

    fn day(&self, at: DateTime<Utc>) -> Date {
        ui::date(at.with_timezone(&self.zone).date_naive(), self.today)
    }

    fn date(&self, date: NaiveDate) -> Date {
        ui::date(date, self.today)
    }

    fn value(&self, value: f64) -> String {
        with_unit(value, &self.metric.metric.unit)
    }

    /// What the metric says now.
    fn standing(&self) -> Option<&Written> {
        self.written.iter().find(|one| one.stands())
    }

    fn may_be_goal(&self) -> bool {
        self.may_choose
            && self.metric.is_live()
            && !self.metric.is_goal
            && self.metric.kind == Kind::CustomerValue
    }

    fn is_overdue(&self) -> bool {
        self.metric.is_overdue(self.today)
    }

    /// The check-ins that stand in the table at once, and those that come when it is opened wide.
    fn shown(&self) -> (&[Written], &[Written]) {
        self.written.split_at(SHOWN.min(self.written.len()))
    }

    fn may_make(&self) -> bool {
        self.may_keep && self.metric.is_live()
    }

    /// The address that programs call.
    fn call(&self) -> String {
        format!("/api/v1/metrics/{}/check-ins", self.metric.id)
    }
}

pub async fn show(
    at: SquadAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): MetricPath,
) -> Result<Response> {
    let SquadAt { visitor, squad } = at;
    let metric = find_metric(&pool, &visitor, &squad, id).await?;
    page(&ShowPage::load(&pool, visitor, squad, metric).await?)
}
