//! The list of products.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgPool;

use crate::design::{Severity, Tally};
use crate::error::Result;
use crate::ids::ProductId;
use crate::organizations::Visitor;
use crate::products::db::{self, Filter, Group};
use crate::products::{list_url, url};
use crate::web::shell::{Section, Shell};
use crate::web::{Query, page};

/// Lines on one page.
const PAGE: usize = 50;

// GET /o/{org}/products

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

    /// The last line of the page before.
    fn after(&self) -> Option<ProductId> {
        self.after.parse().ok()
    }
}

#[derive(Template)]
#[template(path = "products/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    may_design: bool,
    asked: ListQuery,
    rows: Vec<Group>,
    next: Option<String>,
    today: NaiveDate,
}

impl ListPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn new_url(&self) -> String {
        format!("{}/new", self.list_url())
    }

    fn url(&self, row: &Group) -> String {
        url(&self.org, &row.slug)
    }

    fn member_url(&self, row: &Group) -> String {
        format!("/o/{}/members/{}", self.org, row.lead)
    }

    fn previous(&self) -> Option<String> {
        (!self.asked.after.is_empty()).then(|| {
            let list = self.list_url();
            if self.asked.is_ended() { format!("{list}?state=ended") } else { list }
        })
    }

    /// Nothing is there, and nothing was asked for.
    fn is_first(&self) -> bool {
        self.rows.is_empty() && self.previous().is_none() && !self.asked.is_ended()
    }

    fn squads(row: &Group) -> Vec<String> {
        row.squads.iter().map(|squad| squad.name.clone()).collect()
    }

    fn tally(&self, row: &Group) -> Tally {
        let findings = row.findings(self.today);
        let count = |wanted| findings.iter().filter(|one| one.severity == wanted).count();
        Tally {
            breaches: count(Severity::Breach),
            warnings: count(Severity::Warning),
            advice: count(Severity::Advice),
        }
    }
}

pub async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    let filter = Filter { id: None, ended: asked.is_ended(), after: asked.after() };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = db::groups(&pool, visitor.tenant(), &filter, limit).await?;
    let is_cut = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| is_cut);
    let next = last.map(|row| {
        let id = row.id.to_string();
        let pairs = [("state", asked.state.as_str()), ("after", &id)];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_html_form::to_string(pairs).unwrap_or_default();
        format!("{}?{query}", list_url(&visitor.slug))
    });
    page(&ListPage {
        shell: visitor.shell(Section::Products),
        org: visitor.slug.clone(),
        may_design: visitor.roles().may_design(),
        asked,
        rows,
        next,
        today: visitor.today(),
    })
}
