//! The apprenticeships of the organization, by product. It tells who learns where, and nobody's progress (H9).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use crate::error::Result;
use crate::ids::ApprenticeshipId;
use crate::learning::db::{self, Line};
use crate::learning::domain::week_of;
use crate::learning::{list_url, url};
use crate::organizations::Visitor;
use crate::products::{ApprenticeDesign, Finding, Outcome};
use crate::web::shell::{Section, Shell};
use crate::web::{Query, page};

/// Lines on a page.
const PAGE: usize = 40;

// GET /o/{org}/learning

/// What is asked of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    state: String,
    after: String,
}

impl ListQuery {
    fn is_ended(&self) -> bool {
        self.state == "ended"
    }

    fn after(&self) -> Option<ApprenticeshipId> {
        self.after.parse().ok()
    }
}

#[derive(Template)]
#[template(path = "learning/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    asked: ListQuery,
    rows: Vec<Line>,
    next: Option<String>,
    today: NaiveDate,
    zone: Tz,
}

impl ListPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn url(&self, row: &Line) -> String {
        if row.until_at.is_some() {
            return format!("{}/learning/{}", crate::products::url(&self.org, &row.slug), row.id);
        }
        url(&self.org, &row.slug, row.member)
    }

    fn product_url(&self, row: &Line) -> String {
        crate::products::url(&self.org, &row.slug)
    }

    fn lead_url(&self, row: &Line) -> String {
        format!("/o/{}/members/{}", self.org, row.lead)
    }

    fn previous(&self) -> Option<String> {
        let list = self.list_url();
        let first = if self.asked.is_ended() { format!("{list}?state=ended") } else { list };
        (!self.asked.after.is_empty()).then_some(first)
    }

    /// Nothing is there, and nothing was asked for.
    fn is_first(&self) -> bool {
        self.rows.is_empty() && self.previous().is_none() && !self.asked.is_ended()
    }

    /// Where it stands in time: "Week 6 of 12", or what came of it.
    fn when(&self, row: &Line) -> String {
        if let Some(word) = &row.outcome {
            return Outcome::parse(word).map_or("", Outcome::title).to_owned();
        }
        let (Some(from), Some(weeks)) = (row.starts_on, row.weeks) else {
            return "No plan yet".to_owned();
        };
        match week_of(from, self.today) {
            None => format!("Begins on {}", from.format("%-d %B")),
            Some(week) if week > i64::from(weeks) => format!("All {weeks} weeks are over"),
            Some(week) => format!("Week {week} of {weeks}"),
        }
    }

    fn findings(&self, row: &Line) -> Vec<Finding> {
        if row.until_at.is_some() {
            return vec![];
        }
        let began = row.from_at.with_timezone(&self.zone).date_naive();
        ApprenticeDesign {
            member: row.member,
            name: row.name.clone(),
            began,
            plan: row.starts_on,
            evidence: row.evidence_on,
            call: row.call_on,
        }
        .findings(self.today)
    }
}

pub async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows =
        db::list(&pool, visitor.tenant(), asked.is_ended(), asked.after(), limit).await?;
    let is_cut = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| is_cut).map(|row| {
        let state = if asked.is_ended() { "state=ended&" } else { "" };
        format!("{}?{state}after={}", list_url(&visitor.slug), row.id)
    });
    page(&ListPage {
        shell: visitor.shell(Section::Learning),
        org: visitor.slug.clone(),
        today: visitor.today(),
        zone: visitor.time_zone,
        asked,
        rows,
        next,
    })
}
