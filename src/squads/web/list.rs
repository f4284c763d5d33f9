//! The list of squads, and the form of a new one.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::at::slug_of;
use crate::design::{self, Tally};
use crate::error::Result;
use crate::organizations::{Counts, Visitor};
use crate::skills::{Capability, coverage};
use crate::squads::db::teams::SQUAD;
use crate::squads::db::{self, Filter, SquadRow};
use crate::squads::domain::{Description, NewSquad, Pattern, SquadName, State};
use crate::squads::{list_url, service, url};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// Lines on one page of the list.
const PAGE: usize = 50;
/// In how many members a core capability should be.
const CAPABLE: usize = 2;

// GET /o/{org}/squads

/// What is asked of the list.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    state: String,
    pattern: String,
    q: String,
    after: String,
}

#[derive(Template)]
#[template(path = "squads/list.html")]
struct ListPage {
    shell: Shell,
    slug: String,
    may_design: bool,
    counts: Counts,
    asked: ListQuery,
    rows: Vec<Line>,
    next: Option<String>,
}

struct Line {
    row: SquadRow,
    state: State,
    href: String,
    tally: Tally,
}

impl Line {
    /// The pattern of an active squad, else its state.
    fn kind(&self) -> &'static str {
        match self.state {
            State::Active => Pattern::parse(&self.row.pattern).map_or("", Pattern::title),
            state => state.title(),
        }
    }

    fn coverage(&self) -> Vec<(&'static str, &'static str, usize)> {
        let able = self.row.able.iter().map(|n| usize::try_from(*n).unwrap_or_default());
        Capability::ALL
            .iter()
            .zip(able)
            .map(|(capability, able)| (capability.title(), coverage(able, CAPABLE).word(), able))
            .collect()
    }
}

impl ListPage {
    fn url(&self) -> String {
        list_url(&self.slug)
    }

    fn new_url(&self) -> String {
        format!("{}/new", self.url())
    }

    fn import_url(&self) -> String {
        format!("/o/{}/import", self.slug)
    }

    fn is_first(&self) -> bool {
        self.counts.active + self.counts.forming + self.counts.dissolved == 0
    }

    fn sub(&self) -> String {
        let Counts { active, forming, .. } = self.counts;
        format!("{active} active, {forming} forming. Each serves a customer, with 6 to 10 members.")
    }

    fn clear(&self) -> Option<String> {
        let is_narrowed = [&self.asked.q, &self.asked.pattern, &self.asked.state]
            .into_iter()
            .any(|text| !text.is_empty());
        is_narrowed.then(|| self.url())
    }
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// "id.name" of the last line.
fn parse_after(text: &str) -> Option<(String, Uuid)> {
    let (id, name) = text.split_once('.')?;
    Some((name.to_owned(), id.parse().ok()?))
}

fn query_of(asked: &ListQuery, last: &SquadRow) -> String {
    let after = format!("{}.{}", last.id, last.name.to_lowercase());
    let pairs = [("state", &asked.state), ("pattern", &asked.pattern), ("q", &asked.q)];
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .chain([("after", &after)])
        .collect();
    serde_html_form::to_string(pairs).unwrap_or_default()
}

pub async fn list(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    let filter = Filter {
        state: State::parse(&asked.state).map(|state| state.word().to_owned()),
        pattern: some(&asked.pattern),
        q: some(&asked.q),
        after: parse_after(&asked.after),
    };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let tenant = visitor.tenant();
    let today = visitor.actor.at.date_naive();
    let mut rows = db::list(&pool, tenant, &filter, today, limit).await?;
    let stale: Vec<_> = rows.iter().filter(|row| row.is_stale).map(|row| row.id).collect();
    if !stale.is_empty() {
        design::refresh(&pool, tenant, today, &stale).await?;
        rows = db::list(&pool, tenant, &filter, today, limit).await?;
    }
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows
        .last()
        .filter(|_| has_more)
        .map(|last| format!("{}?{}", list_url(&visitor.slug), query_of(&asked, last)));
    let rows = rows
        .into_iter()
        .map(|row| Line {
            state: State::parse(&row.state).unwrap_or(State::Dissolved),
            href: url(&visitor.slug, &row.slug),
            tally: row.tally(),
            row,
        })
        .collect();
    page(&ListPage {
        shell: visitor.shell(Section::Squads),
        may_design: visitor.roles().may_design(),
        slug: visitor.slug,
        counts: visitor.counts,
        asked,
        rows,
        next,
    })
}

// GET /o/{org}/squads/new, POST /o/{org}/squads

#[derive(Template)]
#[template(path = "squads/new.html")]
struct NewPage {
    shell: Shell,
    slug: String,
    form: NewForm,
    errors: FormErrors,
}

/// A new squad as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewForm {
    name: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    description: String,
}

impl NewPage {
    fn list_url(&self) -> String {
        list_url(&self.slug)
    }
}

fn new_page(visitor: &Visitor, form: NewForm, errors: FormErrors) -> NewPage {
    NewPage { shell: visitor.shell(Section::Squads), slug: visitor.slug.clone(), form, errors }
}

pub async fn new(visitor: Visitor) -> Result<Response> {
    visitor.must_design()?;
    page(&new_page(&visitor, NewForm::default(), FormErrors::default()))
}

pub async fn create(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<NewForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    let name = errors.check("name", SquadName::parse(&form.name));
    let pattern = errors.check("pattern", Pattern::parse(&form.pattern));
    let description = errors.check("description", Description::parse(&form.description));
    if let (Some(name), Some(pattern), Some(description)) = (name, pattern, description) {
        let new = NewSquad { name, pattern, description };
        match service::create(&pool, &visitor.actor, &new).await {
            Ok(id) => {
                let text =
                    format!("{} is forming. Write its mission, then find its members.", new.name);
                let slug = slug_of(&pool, visitor.tenant(), SQUAD, id).await?;
                let designer = format!("{}/design", url(&visitor.slug, &slug));
                return Ok(flash::redirect(&designer, &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &new_page(&visitor, form, errors.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_page_comes_back_from_its_address() {
        let id = Uuid::now_v7();
        let name = "a.b & c".to_owned();
        assert_eq!(parse_after(&format!("{id}.{name}")), Some((name, id)));
        assert_eq!(parse_after("x"), None);
    }
}
