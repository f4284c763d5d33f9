//! The pages of an import: a file is chosen, its columns are given a meaning, and what it would do is looked at before it does it.
//!
//! | to read about | open |
//! |---|---|
//! | choosing a file, earlier ones | this file |
//! | which column says what, which state is which stage | `columns.rs` |
//! | the dry run and its result | `rows.rs` |

mod columns;
mod rows;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

pub use columns::{choose, columns};
pub use rows::{apply, rows};

use super::At;
use crate::backlog::db::{self, ImportLine, ImportRow};
use crate::backlog::domain::ORDERERS;
use crate::backlog::domain::import::{ImportRefused, LIMITS, PASTED};
use crate::backlog::service;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::BacklogImportId;
use crate::tabular::decode_any;
use crate::web::shell::{Section, Shell};
use crate::web::{FormErrors, flash, once, page, refused, ui};

/// A file and the same text pasted, and what is around them.
pub const MAX_BODY: usize = 2 * LIMITS.bytes + 64 * 1024;

/// The file in the address.
#[derive(Debug, Deserialize)]
pub struct FilePath {
    file: BacklogImportId,
}

impl At {
    /// Refuses whoever does not order this backlog, and changes of one that has ended.
    fn must_import(&self) -> Result<()> {
        if !self.product.standing.may_order() {
            return Err(Error::Forbidden(ORDERERS.into()));
        }
        self.must_go_on()
    }

    /// The address of a file that was sent, or of a page below it.
    fn file_url(&self, file: BacklogImportId, below: &str) -> String {
        self.url(&format!("/import/{file}{below}"))
    }
}

/// A file of this product, for those who order its backlog.
async fn find(pool: &PgPool, at: &At, file: BacklogImportId) -> Result<ImportRow> {
    at.must_import()?;
    let row = db::find_import(pool, at.visitor.tenant(), at.product.id, file).await?;
    row.ok_or(Error::NotFound)
}

// GET and POST /o/{org}/products/{product}/import

#[derive(Template)]
#[template(path = "backlog/import/file.html")]
struct FilePage {
    shell: Shell,
    at: At,
    earlier: Vec<(ImportLine, String, ui::Moment)>,
    pasted: String,
    errors: FormErrors,
}

async fn file_page(pool: &PgPool, at: At, pasted: String, errors: FormErrors) -> Result<FilePage> {
    let lines = db::imports(pool, at.visitor.tenant(), at.product.id).await?;
    let earlier = lines.into_iter().map(|line| {
        let below = if line.is_applied { "/rows" } else { "" };
        let moment = ui::moment(line.at, at.visitor.actor.at, at.visitor.time_zone);
        let url = at.file_url(line.id, below);
        (line, url, moment)
    });
    let (earlier, shell) = (earlier.collect(), at.visitor.shell(Section::Products));
    Ok(FilePage { shell, at, earlier, pasted, errors })
}

pub async fn file(at: At, State(pool): State<PgPool>) -> Result<Response> {
    at.must_import()?;
    page(&file_page(&pool, at, String::new(), FormErrors::default()).await?)
}

/// The form with a file, as it arrived.
#[derive(Default)]
struct Sent {
    key: String,
    name: String,
    bytes: Vec<u8>,
    pasted: String,
}

const BROKEN: Error = Error::BadRequest("The form did not arrive whole, or is too large.");

impl Sent {
    async fn read(mut multipart: Multipart) -> Result<Self> {
        let mut sent = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(|_| BROKEN)? {
            let part = field.name().unwrap_or_default().to_owned();
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|_| BROKEN)?.to_vec();
            let text = |bytes| String::from_utf8(bytes).map_err(|_| BROKEN);
            match part.as_str() {
                "key" => sent.key = text(bytes)?,
                "pasted" => sent.pasted = text(bytes)?,
                "file" => (sent.name, sent.bytes) = (shown_name(&name), bytes),
                _ => return Err(BROKEN),
            }
        }
        Ok(sent)
    }

    /// The name and the text of the file, or of what was pasted instead.
    fn text(&self) -> Result<(&str, String), ImportRefused> {
        let (name, bytes) = match (self.bytes.is_empty(), self.pasted.trim().is_empty()) {
            (true, true) => return Err(ImportRefused::Nothing),
            (true, false) => (PASTED, self.pasted.as_bytes()),
            (false, _) => (self.name.as_str(), self.bytes.as_slice()),
        };
        let text = decode_any(bytes, &LIMITS);
        let text = text.map_err(|error| ImportRefused::File(name.to_owned(), error))?;
        Ok((name, text.into_owned()))
    }
}

/// A file's name as it may stand in a sentence.
fn shown_name(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    if name.is_empty() { "A file without a name".to_owned() } else { name }
}

pub async fn send(
    at: At,
    State(pool): State<PgPool>,
    State(config): State<Arc<Config>>,
    uri: Uri,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response> {
    at.must_import()?;
    let sent = Sent::read(multipart.map_err(|_| BROKEN)?).await?;
    let mut actor = at.visitor.actor.clone();
    let parts = [sent.bytes.as_slice(), sent.pasted.as_bytes()];
    actor.once = once::of_files(&sent.key, uri.path(), &parts)?;
    match keep(&pool, &at, &actor, &sent, config.limits.imports_per_hour).await {
        Ok(file) => {
            let said = "Nothing is imported yet. Look at what its columns say.";
            Ok(flash::redirect(&at.file_url(file, ""), said))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            refused(&errors, &file_page(&pool, at, sent.pasted, errors.clone()).await?)
        }
    }
}

async fn keep(
    pool: &PgPool,
    at: &At,
    actor: &crate::actor::Actor,
    sent: &Sent,
    per_hour: u32,
) -> Result<BacklogImportId> {
    let (name, text) = sent.text()?;
    service::keep_file(pool, actor, at.product.id, (name, &text), per_hour).await
}
