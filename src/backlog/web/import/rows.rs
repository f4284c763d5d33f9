//! What a file would do, row by row; and once it is applied, what it did.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{FilePath, find};
use crate::backlog::db::ImportRow;
use crate::backlog::domain::Stage;
use crate::backlog::domain::import::{Row, RowOutcome, Tally};
use crate::backlog::service::{self, Imported};
use crate::backlog::web::At;
use crate::error::{Error, Result};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused, ui};

/// Rows of a page.
const PER_PAGE: usize = 100;

// GET and POST /o/{org}/products/{product}/import/{file}/rows

/// Which rows are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RowsQuery {
    outcome: String,
    page: String,
}

#[derive(Template)]
#[template(path = "backlog/import/rows.html")]
struct RowsPage {
    shell: Shell,
    at: At,
    url: String,
    name: String,
    who: String,
    moment: ui::Moment,
    is_applied: bool,
    tally: Tally,
    rows: Vec<Row>,
    /// The columns that name persons.
    persons: Vec<String>,
    seen: String,
    outcome: Option<RowOutcome>,
    number: usize,
    errors: FormErrors,
}

impl RowsPage {
    async fn new(
        pool: &PgPool,
        at: At,
        path: &FilePath,
        row: ImportRow,
        query: &RowsQuery,
        errors: FormErrors,
    ) -> Result<Self> {
        let (rows, persons) = if let Some(kept) = row.outcome.clone() {
            let kept: Imported =
                serde_json::from_value(kept).map_err(|error| Error::Internal(error.into()))?;
            (kept.rows, vec![])
        } else {
            let (sheet, choice) = service::read(&row)?;
            let mut connection = pool.acquire().await?;
            let of = (&sheet, &choice);
            let plan =
                service::dry_run(&mut connection, at.visitor.tenant(), &at.product, of).await?;
            (plan.rows, sheet.persons().into_iter().map(str::to_owned).collect())
        };
        let (tally, visitor) = (Tally::count(&rows), &at.visitor);
        let when = row.applied_at.unwrap_or(row.at);
        Ok(Self {
            shell: visitor.shell(Section::Products),
            url: at.file_url(path.file, ""),
            name: row.name,
            who: row.member_name,
            moment: ui::moment(when, visitor.actor.at, visitor.time_zone),
            is_applied: row.applied_at.is_some(),
            seen: service::seen(row.version, tally),
            tally,
            rows,
            persons,
            outcome: RowOutcome::parse(&query.outcome).ok(),
            number: query.page.parse().unwrap_or(1).max(1),
            errors,
            at,
        })
    }

    fn title(&self) -> &'static str {
        if self.is_applied { "Result of the import" } else { "What would happen" }
    }

    fn sentence(&self) -> &'static str {
        if self.is_applied {
            "This is what became of each row."
        } else {
            "Nothing is changed yet. The file is kept for a day."
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn item_key(&self, number: &i32) -> String {
        self.at.product.item_key(*number).to_string()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn item_url(&self, number: &i32) -> String {
        self.at.item_url(*number, "")
    }

    /// The button that applies the file.
    fn verb(&self) -> String {
        items(self.tally.new, "Import")
    }

    /// The new items by the stage in which they begin.
    fn stages(&self) -> Vec<(&'static str, usize)> {
        let count = |stage: &Stage| {
            let n = self.rows.iter().filter(|row| row.stage == Some(*stage)).count();
            (n > 0).then_some((stage.title(), n))
        };
        Stage::ALL.iter().filter_map(count).collect()
    }

    fn matching(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| self.outcome.is_none_or(|outcome| outcome == row.outcome))
    }

    fn on_page(&self) -> Vec<&Row> {
        self.matching().skip((self.number - 1).saturating_mul(PER_PAGE)).take(PER_PAGE).collect()
    }

    /// "Rows 101 to 200 of 1524".
    fn range(&self) -> String {
        let all = self.matching().count();
        let first = (self.number - 1).saturating_mul(PER_PAGE).saturating_add(1);
        match all {
            1 => "1 row".to_owned(),
            n if n <= PER_PAGE => format!("{n} rows"),
            n => {
                let to = first.saturating_add(PER_PAGE - 1).min(n);
                format!("Rows {} to {to} of {n}", first.min(n))
            }
        }
    }

    fn address(&self, outcome: &str, number: usize) -> String {
        format!("{}/rows?outcome={outcome}&page={number}#rows", self.url)
    }

    fn with_outcome(&self, outcome: &str) -> String {
        self.address(outcome, 1)
    }

    fn is_outcome(&self, outcome: Option<RowOutcome>) -> bool {
        self.outcome == outcome
    }

    fn word(&self) -> &'static str {
        self.outcome.map(RowOutcome::word).unwrap_or_default()
    }

    fn previous(&self) -> Option<String> {
        (self.number > 1).then(|| self.address(self.word(), self.number - 1))
    }

    fn next(&self) -> Option<String> {
        let is_more = self.matching().count() > self.number.saturating_mul(PER_PAGE);
        is_more.then(|| self.address(self.word(), self.number + 1))
    }
}

fn items(n: usize, verb: &str) -> String {
    if n == 1 { format!("{verb} 1 item") } else { format!("{verb} {n} items") }
}

pub async fn rows(
    at: At,
    Path(path): Path<FilePath>,
    State(pool): State<PgPool>,
    Query(query): Query<RowsQuery>,
) -> Result<Response> {
    let row = find(&pool, &at, path.file).await?;
    let (sheet, choice) = match row.applied_at {
        Some(_) => {
            return page(
                &RowsPage::new(&pool, at, &path, row, &query, FormErrors::default()).await?,
            );
        }
        None => service::read(&row)?,
    };
    if choice.check(&sheet).is_err() {
        let said = "Say first what its columns are.";
        return Ok(flash::redirect(&at.file_url(path.file, ""), said));
    }
    page(&RowsPage::new(&pool, at, &path, row, &query, FormErrors::default()).await?)
}

/// The button of the dry run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyForm {
    /// What it had shown.
    seen: String,
}

pub async fn apply(
    at: At,
    Path(path): Path<FilePath>,
    State(pool): State<PgPool>,
    Form(form): Form<ApplyForm>,
) -> Result<Response> {
    find(&pool, &at, path.file).await?;
    let (actor, product) = (&at.visitor.actor, at.product.id);
    match service::bring_in(&pool, actor, product, path.file, &form.seen).await {
        Ok(tally) => {
            let said = format!("{}.", items(tally.new, "Imported"));
            Ok(flash::redirect(&at.file_url(path.file, "/rows"), &said))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let row = find(&pool, &at, path.file).await?;
            let query = RowsQuery::default();
            refused(&errors, &RowsPage::new(&pool, at, &path, row, &query, errors.clone()).await?)
        }
    }
}
