//! The list of links with its filters, and the same as a matrix.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::matrix::Matrix;
use crate::design::LinkKind;
use crate::error::Result;
use crate::links::db::{self, Counts, Filter, LinkRow, TeamOption};
use crate::links::list_url;
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Query, page};

/// Lines on one page of the list.
const PAGE: i64 = 100;
/// Links of the matrix; with more there are too many teams for one anyway.
const MAX_IN_MATRIX: i64 = 2000;

// GET /o/{org}/links?team=…&kind=…&review=overdue&state=ended&view=matrix&page=…

/// What is asked of the list.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    team: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    review: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    view: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    page: String,
}

impl Asked {
    fn filter(&self, today: NaiveDate) -> Filter {
        Filter {
            id: None,
            team: self.team.parse().ok(),
            kind: LinkKind::parse(&self.kind),
            review_before: self.is_overdue().then_some(today),
            ended: self.is_ended(),
        }
    }

    fn is_overdue(&self) -> bool {
        self.review == "overdue"
    }

    fn is_ended(&self) -> bool {
        self.state == "ended"
    }

    fn is_matrix(&self) -> bool {
        self.view == "matrix"
    }

    fn page(&self) -> i64 {
        self.page.parse::<i64>().unwrap_or(1).clamp(1, 10_000)
    }

    fn is_narrowed(&self) -> bool {
        [&self.team, &self.kind, &self.review, &self.state].iter().any(|text| !text.is_empty())
    }

    /// The address of the list as it is asked for here.
    fn url(&self, org: &str) -> String {
        let query = serde_html_form::to_string(self).unwrap_or_default();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", list_url(org))
    }
}

#[derive(Template)]
#[template(path = "links/list.html")]
struct ListPage {
    shell: Shell,
    org: String,
    may_design: bool,
    asked: Asked,
    counts: Counts,
    teams: Vec<TeamOption>,
    rows: Vec<LinkRow>,
    /// None where there are too many teams for one.
    matrix: Option<Matrix>,
    today: NaiveDate,
    previous: Option<String>,
    next: Option<String>,
}

impl ListPage {
    fn url(&self) -> String {
        list_url(&self.org)
    }

    fn design_url(&self) -> String {
        format!("{}/new", crate::squads::list_url(&self.org))
    }

    fn new_url(&self) -> String {
        format!("{}/new", self.url())
    }

    fn areas_url(&self) -> String {
        format!("/o/{}/constellation?view=matrix", self.org)
    }

    fn view(&self, view: &str) -> String {
        Asked { view: view.to_owned(), page: String::new(), ..self.asked.clone() }.url(&self.org)
    }

    fn clear(&self) -> Option<String> {
        let view = self.asked.view.clone();
        self.asked.is_narrowed().then(|| Asked { view, ..Asked::default() }.url(&self.org))
    }

    fn is_first(&self) -> bool {
        self.counts.current + self.counts.ended == 0
    }

    fn is_team(&self, team: &TeamOption) -> bool {
        self.asked.team == team.id.to_string()
    }

    fn sub(&self) -> String {
        let Counts { current, overdue, .. } = self.counts;
        let links = if current == 1 { "1 link".to_owned() } else { format!("{current} links") };
        match overdue {
            0 => format!("{links} between teams, each with its purpose and who answers for it."),
            1 => format!("{links} between teams. One is past its review date."),
            n => format!("{links} between teams. {n} are past their review date."),
        }
    }
}

pub async fn list(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (tenant, today) = (visitor.tenant(), visitor.today());
    let (number, is_matrix) = (asked.page(), asked.is_matrix());
    let (offset, limit) =
        if is_matrix { (0, MAX_IN_MATRIX) } else { ((number - 1) * PAGE, PAGE + 1) };
    let mut rows = db::list(&pool, tenant, &asked.filter(today), offset, limit).await?;
    let has_more = !is_matrix && rows.len() > usize::try_from(PAGE).unwrap_or_default();
    if has_more {
        rows.pop();
    }
    let to = |page: i64| Asked { page: page.to_string(), ..asked.clone() }.url(&visitor.slug);
    let matrix = if is_matrix {
        Matrix::of(rows.iter().map(|row| row.link.clone()).collect())
    } else {
        None
    };
    page(&ListPage {
        shell: visitor.shell(Section::Links),
        may_design: visitor.roles().may_design(),
        counts: db::counts(&pool, tenant, today).await?,
        teams: db::teams(&pool, tenant).await?,
        rows,
        matrix,
        today,
        previous: (!is_matrix && number > 1).then(|| to(number - 1)),
        next: has_more.then(|| to(number + 1)),
        org: visitor.slug,
        asked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_not_in_the_address() {
        assert_eq!(Asked::default().url("norvik"), "/o/norvik/links");
        let asked = Asked { kind: "informs".into(), page: "2".into(), ..Asked::default() };
        assert_eq!(asked.url("norvik"), "/o/norvik/links?kind=informs&page=2");
    }

    #[test]
    fn a_filter_that_is_not_readable_does_not_filter() {
        let asked =
            Asked { team: "x".into(), kind: "y".into(), page: "-3".into(), ..Asked::default() };
        let filter = asked.filter(NaiveDate::MIN);
        assert!(filter.team.is_none() && filter.kind.is_none() && filter.review_before.is_none());
        assert_eq!(asked.page(), 1);
    }
}
