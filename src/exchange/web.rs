//! The pages of exchange.

use std::sync::Arc;

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, State};
use axum::handler::Handler;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::db::{self, ImportLine};
use super::domain::{Counts, FileOutcome, Kind, Outcome, Outcomes, PASTED, RowOutcome, grouped};
use super::service;
use super::source::{MAX_BYTES, column_word};
use super::upload::Sent;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::ImportId;
use crate::organizations::Visitor;
use crate::web::csv::download;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, Query, Routes, Who, flash, once, page, refused, ui};

/// Rows of one page of a dry run or a result.
const PER_PAGE: usize = 100;
/// Four files of 2 MB, and what is around them.
const MAX_BODY: usize = 5 * MAX_BYTES;

/// The addresses of exchange.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/import", Who::Admin, index)
        .post("/o/{org}/import", Who::Admin, create.layer(DefaultBodyLimit::max(MAX_BODY)))
        .get("/o/{org}/import/{import}", Who::Admin, show)
        .post("/o/{org}/import/{import}", Who::Admin, apply)
        .get("/o/{org}/import/{import}/refused.csv", Who::Admin, refused_rows)
}

pub(super) fn index_url(slug: &str) -> String {
    format!("/o/{slug}/import")
}

fn url(slug: &str, import: ImportId) -> String {
    format!("/o/{slug}/import/{import}")
}

// GET /o/{org}/import, POST /o/{org}/import

#[derive(Template)]
#[template(path = "exchange/index.html")]
struct IndexPage {
    shell: Shell,
    slug: String,
    errors: FormErrors,
    pasted: String,
    imports: Vec<Earlier>,
}

/// A line of the earlier imports.
struct Earlier {
    url: String,
    who: String,
    moment: ui::Moment,
    is_applied: bool,
    counts: Counts,
}

impl IndexPage {
    async fn new(
        visitor: &Visitor,
        pool: &PgPool,
        errors: FormErrors,
        pasted: String,
    ) -> Result<Self> {
        let imports = db::list(pool, visitor.tenant()).await?;
        let line = |import: ImportLine| Earlier {
            url: url(&visitor.slug, import.id),
            who: import.member_name,
            moment: ui::moment(import.at, visitor.actor.at, visitor.time_zone),
            is_applied: import.applied_at.is_some(),
            counts: import
                .counts
                .and_then(|kept| serde_json::from_value(kept).ok())
                .unwrap_or_default(),
        };
        Ok(Self {
            shell: visitor.shell(Section::Import),
            slug: visitor.slug.clone(),
            errors,
            pasted,
            imports: imports.into_iter().map(line).collect(),
        })
    }
}

async fn index(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    visitor.must_administer()?;
    page(&IndexPage::new(&visitor, &pool, FormErrors::default(), String::new()).await?)
}

/// The form with files, as it arrived.
#[derive(Default)]
struct Upload {
    key: String,
    files: Vec<Sent>,
    pasted: String,
}

const BROKEN: Error = Error::BadRequest("The form did not arrive whole, or is too large.");

impl Upload {
    async fn read(mut multipart: Multipart) -> Result<Self> {
        let mut upload = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(|_| BROKEN)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|_| BROKEN)?.to_vec();
            let text = |bytes| String::from_utf8(bytes).map_err(|_| BROKEN);
            match name.as_str() {
                "key" => upload.key = text(bytes)?,
                "pasted" => upload.pasted = text(bytes)?,
                // A browser sends an empty file where none was chosen.
                "files" if file.is_empty() && bytes.is_empty() => {}
                "files" => upload.files.push(Sent { name: shown_name(&file), bytes }),
                _ => return Err(BROKEN),
            }
        }
        Ok(upload)
    }

    /// The files with the pasted text as one more.
    fn sent(&self) -> Vec<Sent> {
        let mut sent = self.files.clone();
        if !self.pasted.trim().is_empty() {
            let bytes = self.pasted.clone().into_bytes();
            sent.push(Sent { name: PASTED.to_owned(), bytes });
        }
        sent
    }
}

/// A file's name as it may stand in a sentence.
fn shown_name(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    if name.is_empty() { "A file without a name".to_owned() } else { name }
}

async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    State(config): State<Arc<Config>>,
    uri: Uri,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    visitor.must_administer()?;
    let upload = Upload::read(multipart.map_err(|_| BROKEN)?).await?;
    let sent = upload.sent();
    let parts: Vec<&[u8]> = sent.iter().map(|file| file.bytes.as_slice()).collect();
    let mut actor = visitor.actor.clone();
    actor.once = once::of_files(&upload.key, uri.path(), &parts)?;
    let mut errors = FormErrors::default();
    match service::upload(&pool, &actor, &sent, config.limits.imports_per_hour).await {
        Ok(import) => {
            let text = "Nothing is imported yet: look at what would happen.";
            return Ok(flash::redirect(&url(&visitor.slug, import), text));
        }
        Err(error) => errors.absorb(error)?,
    }
    refused(&errors, &IndexPage::new(&visitor, &pool, errors.clone(), upload.pasted).await?)
}

// GET /o/{org}/import/{import}, POST /o/{org}/import/{import}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShowQuery {
    kind: String,
    outcome: String,
    page: String,
}

#[derive(Template)]
#[template(path = "exchange/show.html")]
struct ShowPage {
    shell: Shell,
    slug: String,
    url: String,
    who: String,
    moment: ui::Moment,
    is_applied: bool,
    errors: FormErrors,
    outcomes: Outcomes,
    kind: Option<Kind>,
    outcome: Option<Outcome>,
    only_differing: bool,
    number: usize,
}

/// A row with the file it is in.
struct ShownRow<'a> {
    kind: Kind,
    row: &'a RowOutcome,
}

impl ShowPage {
    async fn new(
        visitor: &Visitor,
        pool: &PgPool,
        import: ImportId,
        query: &ShowQuery,
        errors: FormErrors,
    ) -> Result<Self> {
        let (row, outcomes) = find(visitor, pool, import).await?;
        Ok(Self {
            shell: visitor.shell(Section::Import),
            slug: visitor.slug.clone(),
            url: url(&visitor.slug, import),
            who: row.member_name,
            moment: ui::moment(
                row.applied_at.unwrap_or(row.at),
                visitor.actor.at,
                visitor.time_zone,
            ),
            is_applied: row.applied_at.is_some(),
            errors,
            outcomes,
            kind: Kind::parse(&query.kind),
            outcome: Outcome::parse(&query.outcome),
            only_differing: query.outcome == "differing",
            number: query.page.parse().unwrap_or(1).max(1),
        })
    }

    /// The button that applies the import.
    fn verb(&self) -> String {
        rows(self.outcomes.counts.effective(), "Import")
    }

    fn title(&self) -> String {
        if self.is_applied { "Result of the import".to_owned() } else { "Dry run".to_owned() }
    }

    fn sentence(&self) -> &'static str {
        if self.is_applied {
            "This is what became of each row."
        } else {
            "Nothing is changed yet. This is what each row would do. The files are kept for a day."
        }
    }

    fn differing(&self) -> String {
        let n = self.outcomes.differing();
        let rows = if n == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(n)) };
        format!(
            "{rows} came out otherwise than the dry run had shown, because something changed meanwhile. The list below says which."
        )
    }

    /// An outcome in words: what was done, or what would be.
    fn outcome_title(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Added if !self.is_applied => "Will add",
            Outcome::Changed if !self.is_applied => "Will change",
            outcome => outcome.title(),
        }
    }

    /// The heads of the columns of counts.
    fn heads(&self) -> [&'static str; 4] {
        if self.is_applied {
            ["Added", "Changed", "Unchanged", "Refused"]
        } else {
            ["Add", "Change", "Unchanged", "Refused"]
        }
    }

    fn matching(&self) -> Vec<ShownRow<'_>> {
        let files = self
            .outcomes
            .files
            .iter()
            .filter(|file| self.kind.is_none_or(|kind| kind == file.kind));
        files
            .flat_map(|file| file.rows.iter().map(|row| ShownRow { kind: file.kind, row }))
            .filter(|shown| self.outcome.is_none_or(|outcome| outcome == shown.row.outcome))
            .filter(|shown| !self.only_differing || shown.row.was.is_some())
            .collect()
    }

    fn on_page(&self) -> Vec<ShownRow<'_>> {
        self.matching()
            .into_iter()
            .skip((self.number - 1).saturating_mul(PER_PAGE))
            .take(PER_PAGE)
            .collect()
    }

    /// "Rows 101 to 200 of 1,524".
    fn range(&self) -> String {
        let all = self.matching().len();
        let first = (self.number - 1).saturating_mul(PER_PAGE).saturating_add(1);
        if all <= PER_PAGE {
            return if all == 1 { "1 row".to_owned() } else { format!("{all} rows") };
        }
        let (from, to) = (first.min(all), first.saturating_add(PER_PAGE - 1).min(all));
        format!("Rows {} to {} of {}", grouped(from), grouped(to), grouped(all))
    }

    fn address(&self, kind: Option<Kind>, outcome: &str, number: usize) -> String {
        let kind = kind.map(Kind::word).unwrap_or_default();
        format!("{}?kind={kind}&outcome={outcome}&page={number}#rows", self.url)
    }

    fn outcome_word(&self) -> &'static str {
        if self.only_differing {
            "differing"
        } else {
            self.outcome.map(Outcome::word).unwrap_or_default()
        }
    }

    fn is_outcome(&self, outcome: Option<Outcome>) -> bool {
        self.outcome == outcome && !self.only_differing
    }

    fn is_kind(&self, kind: Option<Kind>) -> bool {
        self.kind == kind
    }

    fn with_kind(&self, kind: Option<Kind>) -> String {
        self.address(kind, self.outcome_word(), 1)
    }

    fn with_outcome(&self, outcome: &str) -> String {
        self.address(self.kind, outcome, 1)
    }

    fn previous(&self) -> Option<String> {
        (self.number > 1).then(|| self.address(self.kind, self.outcome_word(), self.number - 1))
    }

    fn next(&self) -> Option<String> {
        let is_more = self.matching().len() > self.number.saturating_mul(PER_PAGE);
        is_more.then(|| self.address(self.kind, self.outcome_word(), self.number + 1))
    }
}

fn rows(n: usize, verb: &str) -> String {
    if n == 1 { format!("{verb} 1 row") } else { format!("{verb} {} rows", grouped(n)) }
}

/// An import with what it would do, or what it did.
async fn find(
    visitor: &Visitor,
    pool: &PgPool,
    import: ImportId,
) -> Result<(db::ImportRow, Outcomes)> {
    let mut row = db::find(pool, visitor.tenant(), import).await?.ok_or(Error::NotFound)?;
    let outcomes = match row.outcome.take() {
        Some(kept) => {
            serde_json::from_value(kept).map_err(|error| Error::Internal(error.into()))?
        }
        None => service::dry_run(pool, visitor.tenant(), &row.files).await?,
    };
    Ok((row, outcomes))
}

async fn show(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, import)): Path<(String, ImportId)>,
    Query(query): Query<ShowQuery>,
) -> Result<Response> {
    visitor.must_administer()?;
    page(&ShowPage::new(&visitor, &pool, import, &query, FormErrors::default()).await?)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ApplyForm {
    /// What the dry run had shown.
    #[serde(default)]
    seen: String,
}

async fn apply(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, import)): Path<(String, ImportId)>,
    Form(form): Form<ApplyForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    match service::apply(&pool, &visitor.actor, import, &form.seen).await {
        Ok(applied) => {
            return Ok(flash::redirect(&url(&visitor.slug, import), &applied.sentence()));
        }
        Err(error) => errors.absorb(error)?,
    }
    let query = ShowQuery::default();
    refused(&errors, &ShowPage::new(&visitor, &pool, import, &query, errors.clone()).await?)
}

// GET /o/{org}/import/{import}/refused.csv

async fn refused_rows(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, import)): Path<(String, ImportId)>,
    Query(query): Query<ShowQuery>,
) -> Result<Response> {
    visitor.must_administer()?;
    let (_, outcomes) = find(&visitor, &pool, import).await?;
    let with_refused = |file: &&FileOutcome| file.count(Outcome::Refused) > 0;
    let file = match Kind::parse(&query.kind) {
        Some(kind) => outcomes.files.iter().find(|file| file.kind == kind),
        None => outcomes.files.iter().find(with_refused),
    };
    let file = file.ok_or(Error::NotFound)?;
    download(&format!("refused-{}.csv", file.kind.word()), refused_table(file))
}

/// The refused rows of a file with their own columns and the reason; a reason of an earlier download is left out.
fn refused_table(file: &FileOutcome) -> Vec<Vec<String>> {
    let is_kept = |at: usize| file.columns.get(at).is_none_or(|name| column_word(name) != "reason");
    let keep = |cells: &[String]| -> Vec<String> {
        let kept = cells.iter().enumerate().filter(|(at, _)| is_kept(*at));
        kept.map(|(_, cell)| cell.clone()).collect()
    };
    let mut head = keep(&file.columns);
    let width = head.len();
    head.push("reason".to_owned());
    let refused = file.rows.iter().filter(|row| row.outcome == Outcome::Refused).map(|row| {
        let mut cells = keep(&row.cells);
        if cells.len() < width {
            cells.resize(width, String::new());
        }
        // What was too much in the row stays at its end: nothing is lost.
        cells.insert(width, row.reason.clone());
        cells
    });
    std::iter::once(head).chain(refused).collect()
}
