//! The metrics on a squad's page.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::db::Metric;
use crate::actor::Roles;
use crate::missions::SquadHead;
use crate::web::ui::{self, Date};

/// What `templates/metrics/card.html` shows.
#[derive(Debug, Clone)]
pub struct MetricsCard {
    /// The squad's page, below which the metrics are: `/o/{org}/squads/{squad}`.
    pub squad_url: String,
    /// The goal metric.
    pub goal: Option<Metric>,
    /// Those that were replaced, newest first.
    pub ended: Vec<Metric>,
    /// Whether the visitor may choose metrics.
    pub may_choose: bool,
    today: NaiveDate,
    time_zone: Tz,
}

impl MetricsCard {
    /// The card of a squad with these metrics for a visitor with `roles`.
    pub fn of(
        metrics: Vec<Metric>,
        org: &str,
        squad: &SquadHead,
        roles: Roles,
        today: NaiveDate,
        time_zone: Tz,
    ) -> Self {
        let (live, ended): (Vec<_>, Vec<_>) =
            metrics.into_iter().partition(|metric| metric.ended_at.is_none());
        Self {
            squad_url: super::web::squad_url(org, &squad.slug),
            goal: live.into_iter().find(|metric| metric.is_goal),
            ended,
            may_choose: squad.may_choose_metrics(roles) && !squad.is_dissolved(),
            today,
            time_zone,
        }
    }

    /// A day, for the visitor.
    pub fn day(&self, at: DateTime<Utc>) -> Date {
        ui::date(at.with_timezone(&self.time_zone).date_naive(), self.today)
    }

    /// The day on which a metric ended.
    pub fn ended_on(&self, metric: &Metric) -> Date {
        self.day(metric.ended_at.unwrap_or(metric.created_at))
    }
}
