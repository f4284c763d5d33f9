//! The metrics of a squad as its page and their own page show them.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::db::Metric;
use super::domain::{Aim, NewMetric, with_unit};
use super::form::CheckInForm;
use crate::actor::Roles;
use crate::missions::SquadHead;
use crate::web::ui::{self, Date, Spark, spark};

/// What `templates/metrics/card.html` shows.
#[derive(Debug, Clone)]
pub struct MetricsCard {
    /// The squad's page, below which the metrics are: `/o/{org}/squads/{squad}`.
    pub squad_url: String,
    /// The live ones, the goal first.
    pub live: Vec<Line>,
    /// Those that ended, newest first.
    pub ended: Vec<Metric>,
    /// Whether the visitor may choose metrics and check in.
    pub may_choose: bool,
    today: NaiveDate,
    time_zone: Tz,
}

/// How a metric stands, in little room: what it is now, what it should be, its dozen newest values.
#[derive(Debug, Clone)]
pub struct Pulse {
    /// The value now; a dash before the first check-in.
    pub now: String,
    /// The target as it stands in a column: "≥ 97 %", "2 to 4 days".
    pub target: String,
    /// What its sparkline says in words.
    label: String,
    values: Vec<f64>,
    aim: f64,
    is_failing: bool,
}

impl Pulse {
    /// Of a metric with `values`, the oldest first.
    pub fn new(metric: &NewMetric, values: Vec<f64>) -> Self {
        let unit = &metric.unit;
        Self {
            now: values.last().map_or_else(|| "–".to_owned(), |value| with_unit(*value, unit)),
            target: match metric.aim {
                Aim::Up { target } => format!("≥ {}", with_unit(target, unit)),
                Aim::Down { target } => format!("≤ {}", with_unit(target, unit)),
                within @ Aim::Within { .. } => within.words(unit),
            },
            label: label(metric, &values),
            aim: metric.aim.target(),
            is_failing: metric.aim.is_failing(metric.baseline, &values),
            values,
        }
    }

    /// Its values as a line.
    pub fn spark(&self) -> Spark<'_> {
        spark(&self.values, Some(self.aim), &self.label).bad_if(self.is_failing)
    }
}

/// A live metric in the table.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which.
    pub metric: Metric,
    /// How it stands.
    pub pulse: Pulse,
    /// The form of its next check-in, for those who may.
    pub form: Option<CheckInForm>,
    is_overdue: bool,
    is_due: bool,
}

impl Line {
    fn new(metric: Metric, form: Option<CheckInForm>, today: NaiveDate) -> Self {
        Self {
            pulse: Pulse::new(&metric.metric, metric.values()),
            is_overdue: metric.is_overdue(today),
            is_due: metric.due_on <= today,
            metric,
            form,
        }
    }

    /// Whether its check-in is late (S6).
    pub fn is_overdue(&self) -> bool {
        self.is_overdue
    }

    /// Whether its check-in is to be made today, or is late.
    pub fn is_due(&self) -> bool {
        self.is_due
    }
}

/// "First bill correct: 12 check-ins from 88.1 % to 94.2 %, target at least 97 %".
fn label(metric: &NewMetric, values: &[f64]) -> String {
    let (name, unit) = (&metric.name, &metric.unit);
    let target = metric.aim.words(unit);
    match values {
        [] => format!("{name}: no check-in yet, target {target}"),
        [one] => {
            format!("{name}: {} at the one check-in, target {target}", with_unit(*one, unit))
        }
        [first, .., last] => format!(
            "{name}: {} check-ins from {} to {}, target {target}",
            values.len(),
            with_unit(*first, unit),
            with_unit(*last, unit)
        ),
    }
}

impl MetricsCard {
    /// The metrics of a squad for a visitor with `roles`; forms lead back to `next`.
    pub fn of(
        metrics: Vec<Metric>,
        (org, next): (&str, &str),
        squad: &SquadHead,
        roles: Roles,
        today: NaiveDate,
        time_zone: Tz,
    ) -> Self {
        let (mut live, ended): (Vec<_>, Vec<_>) = metrics.into_iter().partition(Metric::is_live);
        live.sort_by_key(|metric| !metric.is_goal);
        let squad_url = super::web::squad_url(org, &squad.slug);
        let may_choose = squad.may_choose_metrics(roles) && !squad.is_dissolved();
        let shown = |metric: Metric| {
            let form = may_choose.then(|| CheckInForm::new(&squad_url, &metric, next, today));
            Line::new(metric, form, today)
        };
        let live = live.into_iter().map(shown).collect();
        Self { squad_url, live, ended, may_choose, today, time_zone }
    }

    /// A day, for the visitor.
    pub fn day(&self, at: DateTime<Utc>) -> Date {
        ui::date(at.with_timezone(&self.time_zone).date_naive(), self.today)
    }

    /// The day on which a metric ended.
    pub fn ended_on(&self, metric: &Metric) -> Date {
        self.day(metric.ended_at.unwrap_or(metric.created_at))
    }

    /// A date, for the visitor.
    pub fn date(&self, date: NaiveDate) -> Date {
        ui::date(date, self.today)
    }

    /// The day of the next check-in, where none is late.
    pub fn next(&self) -> Option<Date> {
        if self.late() > 0 {
            return None;
        }
        self.live.iter().map(|line| line.metric.due_on).min().map(|day| self.date(day))
    }

    /// How many check-ins are late.
    pub fn late(&self) -> usize {
        self.live.iter().filter(|line| line.is_overdue).count()
    }

    /// Whether one of the live ones is the goal.
    pub fn has_goal(&self) -> bool {
        self.live.iter().any(|line| line.metric.is_goal)
    }

    /// The forms, those first that are due.
    pub fn forms(&self) -> Vec<(&Line, &CheckInForm)> {
        let mut forms: Vec<_> =
            self.live.iter().filter_map(|line| Some((line, line.form.as_ref()?))).collect();
        forms.sort_by_key(|(line, _)| line.metric.due_on);
        forms
    }
}
