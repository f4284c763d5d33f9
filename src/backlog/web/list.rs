//! The list: all items in their order, with filters in the address, several changed at once, and as a file.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use super::At;
use crate::backlog::db::{self, ItemFilter, ItemRow, Place, SquadOption};
use crate::backlog::domain::{Breadth, Bulk, Class, ItemKey, NoSuchWord, ORDERERS, Rank, Stage};
use crate::backlog::service;
use crate::error::{Error, Result};
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date};
use crate::web::{Form, FormErrors, Query, csv as file, flash, page, refused};

/// Lines of a page.
const PAGE: usize = 50;

// GET /o/{org}/products/{product}/items?q=&stage=&squad=&breadth=&class=&blocked=&after=&before=

/// What is asked for. A word that is none of ours filters nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    stage: String,
    squad: String,
    breadth: String,
    class: String,
    blocked: String,
    after: String,
    before: String,
}

/// The words of a search, each as the beginning of one; nothing if there are none.
fn words(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(12)
        .map(|word| format!("{}:*", word.to_lowercase()))
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

impl ListQuery {
    fn filter(&self) -> ItemFilter {
        ItemFilter {
            words: words(&self.q),
            stage: Stage::parse(&self.stage).ok(),
            squad: self.squad.parse().ok(),
            breadth: Breadth::parse(&self.breadth).ok(),
            class: Class::parse(&self.class).ok(),
            blocked: !self.blocked.is_empty(),
            place: match (Rank::parse(&self.after), Rank::parse(&self.before)) {
                (Some(rank), _) => Place::Below(rank),
                (None, Some(rank)) => Place::Above(rank),
                (None, None) => Place::Top,
            },
        }
    }

    /// The query without its page.
    fn address(&self) -> String {
        self.with([])
    }

    /// The query with its page.
    fn here(&self) -> String {
        self.with([("after", &self.after), ("before", &self.before)])
    }

    /// The query with another page.
    fn at(&self, word: &'static str, rank: &Rank) -> String {
        self.with([(word, &rank.as_str().to_owned())])
    }

    fn with<const N: usize>(&self, place: [(&'static str, &String); N]) -> String {
        let parts = [
            ("q", &self.q),
            ("stage", &self.stage),
            ("squad", &self.squad),
            ("breadth", &self.breadth),
            ("class", &self.class),
            ("blocked", &self.blocked),
        ];
        let given = parts.into_iter().chain(place).filter(|(_, value)| !value.is_empty());
        let given: Vec<_> = given.collect();
        serde_html_form::to_string(given).unwrap_or_default()
    }
}

/// A line with its dates in words.
struct Line {
    row: ItemRow,
    key: String,
    url: String,
    since: Date,
}

impl Line {
    fn is_expedite(&self) -> bool {
        self.row.class == Class::Expedite
    }
}

#[derive(Template)]
#[template(path = "backlog/list.html")]
struct ListPage {
    shell: Shell,
    at: At,
    lines: Vec<Line>,
    squads: Vec<SquadOption>,
    asked: ListQuery,
    previous: Option<String>,
    next: Option<String>,
    form: BulkForm,
    errors: FormErrors,
}

impl ListPage {
    fn may_order(&self) -> bool {
        self.at.product.standing.may_order() && !self.at.product.is_ended
    }

    fn clear(&self) -> Option<String> {
        (!self.asked.address().is_empty()).then(|| self.at.url("/items"))
    }

    fn csv_url(&self) -> String {
        match self.asked.address().as_str() {
            "" => self.at.url("/items.csv"),
            query => self.at.url(&format!("/items.csv?{query}")),
        }
    }

    /// Where the answer to a change of several leads: to the same page of the same view.
    fn view(&self) -> String {
        self.asked.here()
    }

    /// Whether a change was chosen, as a refused form has it.
    fn is_change(&self, kind: &str, word: &str) -> bool {
        self.form.change.split_once(':') == Some((kind, word))
    }

    fn is_squad(&self, squad: &SquadOption) -> bool {
        self.asked.squad == squad.id.to_string()
    }

    fn is_chosen(&self, line: &Line) -> bool {
        self.form.item.contains(&line.row.number)
    }

    fn is_first(&self) -> bool {
        self.lines.is_empty() && self.asked.here().is_empty()
    }
}

async fn list_page(
    pool: &PgPool,
    at: At,
    asked: ListQuery,
    form: BulkForm,
    errors: FormErrors,
) -> Result<ListPage> {
    let (tenant, product) = (at.visitor.tenant(), at.product.id);
    let limit = i64::try_from(PAGE + 1).ok();
    let mut filter = asked.filter();
    let mut rows = db::list_items(pool, tenant, product, &filter, limit).await?;
    if matches!(filter.place, Place::Above(_)) && rows.len() <= PAGE {
        // It is the first page, and has as many lines as any other.
        filter.place = Place::Top;
        rows = db::list_items(pool, tenant, product, &filter, limit).await?;
    }
    let has_more = rows.len() > PAGE;
    let (has_previous, has_next) = match filter.place {
        Place::Top => (false, has_more),
        Place::Below(_) => (true, has_more),
        Place::Above(_) => (true, true),
    };
    if matches!(filter.place, Place::Above(_)) {
        rows.remove(0);
    }
    rows.truncate(PAGE);
    let page = |word, row: &ItemRow| at.url(&format!("/items?{}", asked.at(word, &row.rank)));
    let previous = rows.first().filter(|_| has_previous).map(|first| page("before", first));
    let next = rows.last().filter(|_| has_next).map(|last| page("after", last));
    let today = at.visitor.today();
    let lines = rows.into_iter().map(|row| Line {
        key: at.product.item_key(row.number).to_string(),
        url: at.item_url(row.number, ""),
        since: ui::date(at.day(row.stage_at), today),
        row,
    });
    Ok(ListPage {
        shell: at.visitor.shell(Section::Products),
        lines: lines.collect(),
        squads: db::squads(pool, tenant, product).await?,
        asked,
        previous,
        next,
        form,
        errors,
        at,
    })
}

pub async fn list(
    at: At,
    State(pool): State<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    // Whoever types a key is looking for that item.
    let is_key = asked.q.contains(|c: char| c.is_ascii_digit());
    if is_key && let Some(number) = ItemKey::number_in(&at.product.key, &asked.q) {
        let found = db::find_item(&pool, at.visitor.tenant(), at.product.id, number).await?;
        if found.is_some() {
            return Ok(Redirect::to(&at.item_url(number, "")).into_response());
        }
    }
    page(&list_page(&pool, at, asked, BulkForm::default(), FormErrors::default()).await?)
}

// GET /o/{org}/products/{product}/items.csv

pub async fn csv(
    at: At,
    State(pool): State<PgPool>,
    Query(asked): Query<ListQuery>,
) -> Result<Response> {
    let filter = ItemFilter { place: Place::Top, ..asked.filter() };
    let rows = db::list_items(&pool, at.visitor.tenant(), at.product.id, &filter, None).await?;
    let head = [
        "key",
        "title",
        "why",
        "breadth",
        "class",
        "stage",
        "since",
        "squad",
        "blocked",
        "metric",
        "effect",
        "proposed_by",
        "proposed_at",
    ]
    .map(str::to_owned)
    .to_vec();
    let moment =
        |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let lines = rows.into_iter().map(|row| {
        vec![
            at.product.item_key(row.number).to_string(),
            row.title,
            row.why,
            row.breadth.word().to_owned(),
            row.class.word().to_owned(),
            row.stage.word().to_owned(),
            moment(row.stage_at),
            row.squad_name.unwrap_or_default(),
            row.blocked,
            row.metric.unwrap_or_default(),
            row.effect,
            row.proposed_by,
            moment(row.proposed_at),
        ]
    });
    let name = format!("{}-backlog.csv", at.product.slug);
    file::download(&name, std::iter::once(head).chain(lines))
}

// POST /o/{org}/products/{product}/items

/// What is changed of which items.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BulkForm {
    item: Vec<i32>,
    change: String,
    reason: String,
    view: String,
}

impl BulkForm {
    fn change(&self) -> Result<Bulk, NoSuchWord> {
        match self.change.split_once(':').unwrap_or((&self.change, "")) {
            ("ready", "") => Ok(Bulk::Ready),
            ("drop", "") => Ok(Bulk::Drop),
            ("breadth", word) => Ok(Bulk::Breadth(Breadth::parse(word)?)),
            ("class", word) => Ok(Bulk::Class(Class::parse(word)?)),
            _ => Err(NoSuchWord("change")),
        }
    }
}

async fn carry_out(pool: &PgPool, at: &At, form: &BulkForm) -> Result<usize> {
    let change = form.change()?;
    let reason = match change {
        Bulk::Drop => Some(Reason::parse(&form.reason)?),
        _ => None,
    };
    let (actor, product) = (&at.visitor.actor, at.product.id);
    service::bulk(pool, actor, product, &form.item, change, reason.as_ref()).await
}

pub async fn bulk(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<BulkForm>,
) -> Result<Response> {
    if !at.product.standing.may_order() {
        return Err(Error::Forbidden(ORDERERS.into()));
    }
    let asked: ListQuery = serde_html_form::from_str(&form.view).unwrap_or_default();
    match carry_out(&pool, &at, &form).await {
        Ok(n) => {
            let query = asked.here();
            let there = if query.is_empty() {
                at.url("/items")
            } else {
                at.url(&format!("/items?{query}"))
            };
            let said = if n == 1 {
                "One item is changed.".to_owned()
            } else {
                format!("{n} items are changed.")
            };
            Ok(flash::redirect(&there, &said))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let shown = list_page(&pool, at, asked, form, errors.clone()).await?;
            refused(&errors, &shown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_for_the_beginnings_of_words_and_nothing_else() {
        assert_eq!(words("Moving  date"), Some("moving:* & date:*".to_owned()));
        assert_eq!(words("a' | !b:*"), Some("a:* & b:*".to_owned()));
        assert_eq!(words(" &|! "), None);
    }

    #[test]
    fn an_address_says_what_is_filtered_and_nothing_empty() {
        let query = ListQuery { q: "a b".into(), stage: "ready".into(), ..ListQuery::default() };
        assert_eq!(query.address(), "q=a+b&stage=ready");
    }
}
