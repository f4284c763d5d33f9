//! The form of a check-in, for every page that has one in place, and what waits for somebody.

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgPool;

use super::check_in::{Confidence, NewCheckIn, Note};
use super::db::{self, Metric};
use super::domain::{parse_number, with_unit};
use crate::actor::Tenant;
use crate::error::Result;
use crate::ids::MemberId;
use crate::web::ui::{self, Date};
use crate::web::{FormErrors, local_path};

/// More than anybody does at once.
const MOST: i64 = 20;

/// A check-in as it is typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typed {
    /// The number, as people write it.
    pub value: String,
    /// A word of [`Confidence`].
    pub confidence: String,
    /// The sentence.
    pub note: String,
    /// Where the visitor goes on to.
    pub next: String,
}

impl Typed {
    pub(super) fn parse(&self, errors: &mut FormErrors) -> Option<NewCheckIn> {
        let value = errors.check("value", parse_number(&self.value));
        let confidence = errors.check("confidence", Confidence::parse(&self.confidence));
        let note = errors.check("note", Note::parse(&self.note));
        Some(NewCheckIn { value: value?, confidence: Some(confidence?), note: note? })
    }

    /// Where to go on to: an address of ours, or else `page`.
    pub(super) fn next<'a>(&'a self, page: &'a str) -> &'a str {
        local_path(&self.next).unwrap_or(page)
    }
}

/// What `templates/metrics/check_in.html` shows: a form that checks in to one metric and then leads back to `next`. Nothing else is needed
/// around it but the key of the page's frame.
#[derive(Debug, Clone)]
pub struct CheckInForm {
    /// Where it is sent.
    pub action: String,
    /// What the metric is called.
    pub name: String,
    /// In what it is counted.
    pub unit: String,
    /// The value before, with its day: "94.2 %, yesterday".
    pub last: Option<String>,
    /// Where it should go: "at least 97 %".
    pub aim: String,
    /// What makes the ids of its fields its own.
    pub id: String,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong with it.
    pub errors: FormErrors,
}

impl CheckInForm {
    /// A form for a live metric of the squad at `squad_url`, on the page `next`. `today` is the visitor's day.
    pub fn new(squad_url: &str, metric: &Metric, next: &str, today: NaiveDate) -> Self {
        let last = metric.last();
        let day = |said: &db::Said| ui::inside(&ui::day(said.at.date_naive(), today));
        Self {
            action: format!("{squad_url}/metrics/{}/check-in", metric.id),
            name: metric.metric.name.to_string(),
            unit: metric.metric.unit.to_string(),
            last: last.map(|said| {
                format!("{}, {}", with_unit(said.value, &metric.metric.unit), day(said))
            }),
            aim: metric.metric.aim.words(&metric.metric.unit),
            id: metric.id.to_string(),
            typed: Typed {
                confidence: last
                    .and_then(|said| said.confidence)
                    .map_or(String::new(), |confidence| confidence.word().to_owned()),
                next: next.to_owned(),
                ..Typed::default()
            },
            errors: FormErrors::default(),
        }
    }
}

/// A metric that waits for somebody's check-in.
#[derive(Debug, Clone)]
pub struct Due {
    /// Which.
    pub metric: Metric,
    /// The squad's name.
    pub squad: String,
    /// The address of the squad's page.
    pub squad_url: String,
    /// Whether the day has passed (S6).
    pub is_overdue: bool,
    /// The day by which it is due, as the visitor says it.
    pub due_on: Date,
    /// The form that does it in place.
    pub form: CheckInForm,
}

/// The metrics of a member's squads that are to be checked in today or were before, the longest waiting first: 1 statement. `next` is
/// the page on which they are shown.
pub async fn due(
    pool: &PgPool,
    tenant: Tenant,
    member: MemberId,
    today: NaiveDate,
    (org, next): (&str, &str),
) -> Result<Vec<Due>> {
    let rows = db::due(pool, tenant, member, today, MOST).await?;
    let due = |row: db::DueRow| {
        let squad_url = super::web::squad_url(org, &row.slug);
        Due {
            form: CheckInForm::new(&squad_url, &row.metric, next, today),
            is_overdue: row.metric.is_overdue(today),
            due_on: ui::date(row.metric.due_on, today),
            squad: row.squad,
            squad_url,
            metric: row.metric,
        }
    };
    Ok(rows.into_iter().map(due).collect())
}
