//! The dimensions of a pack: adding, wording anew, ordering, ending.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::packs::{PackAt, must_keep, told};
use crate::error::{Error, Result};
use crate::health::db::{self, DimensionRow};
use crate::health::domain::{DimensionName, Sentence, Wording};
use crate::health::service::{self, Way};
use crate::ids::DimensionId;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// A dimension as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DimensionForm {
    name: String,
    green: String,
    amber: String,
    red: String,
    version: i32,
}

impl DimensionForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<Wording> {
        let name = errors.check("name", DimensionName::parse(&self.name));
        let green = errors.check("green", Sentence::parse(&self.green));
        let amber = errors.check("amber", Sentence::parse(&self.amber));
        let red = errors.check("red", Sentence::parse(&self.red));
        Some(Wording { name: name?, green: green?, amber: amber?, red: red? })
    }
}

#[derive(Template)]
#[template(path = "health/dimension.html")]
struct FormPage {
    shell: Shell,
    at: PackAt,
    /// The one that is changed.
    of: Option<DimensionRow>,
    form: DimensionForm,
    errors: FormErrors,
}

impl FormPage {
    fn title(&self) -> &'static str {
        if self.of.is_some() { "Reword a dimension" } else { "Add a dimension" }
    }

    fn action(&self) -> String {
        match &self.of {
            Some(one) => self.at.url(&format!("/dimensions/{}", one.id)),
            None => self.at.url("/dimensions"),
        }
    }
}

fn form_page(
    at: PackAt,
    of: Option<DimensionRow>,
    form: DimensionForm,
    errors: FormErrors,
) -> FormPage {
    let version = of.as_ref().map_or(0, |one| one.version);
    FormPage { shell: at.shell(), at, of, form: DimensionForm { version, ..form }, errors }
}

// GET /o/{org}/health/packs/{pack}/dimensions/new, POST …/dimensions

pub async fn new(at: PackAt) -> Result<Response> {
    must_keep(&at.visitor)?;
    page(&form_page(at, None, DimensionForm::default(), FormErrors::default()))
}

pub async fn add(
    at: PackAt,
    State(pool): State<PgPool>,
    Form(form): Form<DimensionForm>,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    let mut errors = FormErrors::default();
    if let Some(wording) = form.parse(&mut errors) {
        match service::add_dimension(&pool, &at.visitor.actor, at.pack.id, &wording).await {
            Ok(_) => {
                return Ok(flash::redirect(&at.url(""), "It is asked from the next round on."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &form_page(at, None, form, errors.clone()))
}

// GET and POST /o/{org}/health/packs/{pack}/dimensions/{dimension}

/// The dimension of the address.
async fn find(pool: &PgPool, at: &PackAt, id: DimensionId) -> Result<DimensionRow> {
    let all = db::dimensions(pool, at.visitor.tenant(), at.pack.id).await?;
    all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound)
}

type Ids = Path<(String, String, DimensionId)>;

pub async fn edit(
    at: PackAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): Ids,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    let one = find(&pool, &at, id).await?;
    let form = DimensionForm {
        name: one.name.clone(),
        green: one.green.clone(),
        amber: one.amber.clone(),
        red: one.red.clone(),
        version: one.version,
    };
    page(&form_page(at, Some(one), form, FormErrors::default()))
}

pub async fn reword(
    at: PackAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): Ids,
    Form(form): Form<DimensionForm>,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    let one = find(&pool, &at, id).await?;
    let mut errors = FormErrors::default();
    if let Some(wording) = form.parse(&mut errors) {
        let (actor, which) = (&at.visitor.actor, (at.pack.id, id));
        match service::reword(&pool, actor, which, form.version, &wording).await {
            Ok(()) => {
                let said = "Worded anew from the next round on. Lines over rounds break here.";
                return Ok(flash::redirect(&at.url(""), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &form_page(at, Some(one), form, errors.clone()))
}

// POST …/dimensions/{dimension}/move, /end, /resume

/// Where it goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveForm {
    way: String,
}

pub async fn shift(
    at: PackAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): Ids,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    let way = if form.way == "up" { Way::Up } else { Way::Down };
    find(&pool, &at, id).await?;
    let done = service::move_dimension(&pool, &at.visitor.actor, (at.pack.id, id), way).await;
    told(done, &at.url(&format!("#d-{id}")), "Moved.")
}

pub async fn end(
    at: PackAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): Ids,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    find(&pool, &at, id).await?;
    let done = service::end_dimension(&pool, &at.visitor.actor, (at.pack.id, id)).await;
    told(done, &at.url(""), "It has ended: no new health check asks it.")
}

pub async fn resume(
    at: PackAt,
    State(pool): State<PgPool>,
    Path((_, _, id)): Ids,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    find(&pool, &at, id).await?;
    let done = service::resume_dimension(&pool, &at.visitor.actor, (at.pack.id, id)).await;
    told(done, &at.url(""), "It is asked again from the next round on.")
}
