//! Templates: the ways of putting an item that a product begins with, and its own.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::At;
use crate::backlog::db::{self, TemplateRow};
use crate::backlog::domain::{Breadth, ItemTitle, ORDERERS, TemplateName, Why};
use crate::backlog::service;
use crate::error::{Error, Result};
use crate::ids::TemplateId;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// A template as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateForm {
    name: String,
    title: String,
    why: String,
    breadth: String,
}

// GET and POST /o/{org}/products/{product}/templates

#[derive(Template)]
#[template(path = "backlog/templates.html")]
struct TemplatesPage {
    shell: Shell,
    at: At,
    rows: Vec<TemplateRow>,
    form: TemplateForm,
    errors: FormErrors,
}

impl TemplatesPage {
    fn may_order(&self) -> bool {
        self.at.product.standing.may_order() && !self.at.product.is_ended
    }

    fn new_url(&self, word: &str) -> String {
        self.at.url(&format!("/items/new?template={word}"))
    }

    fn row_url(&self, row: &TemplateRow) -> String {
        self.new_url(&row.id.to_string())
    }

    fn remove_url(&self, row: &TemplateRow) -> String {
        self.at.url(&format!("/templates/{}/remove", row.id))
    }
}

async fn list_page(
    pool: &PgPool,
    at: At,
    form: TemplateForm,
    errors: FormErrors,
) -> Result<TemplatesPage> {
    let rows = db::templates(pool, at.visitor.tenant(), at.product.id).await?;
    let shell = at.visitor.shell(Section::Products);
    Ok(TemplatesPage { shell, at, rows, form, errors })
}

pub async fn list(at: At, State(pool): State<PgPool>) -> Result<Response> {
    let form =
        TemplateForm { breadth: Breadth::Problem.word().to_owned(), ..TemplateForm::default() };
    page(&list_page(&pool, at, form, FormErrors::default()).await?)
}

pub async fn add(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<TemplateForm>,
) -> Result<Response> {
    if !at.product.standing.may_order() {
        return Err(Error::Forbidden(ORDERERS.into()));
    }
    let mut errors = FormErrors::default();
    let name = errors.check("name", TemplateName::parse(&form.name));
    let title = match form.title.trim() {
        "" => Some(None),
        text => errors.check("title", ItemTitle::parse(text)).map(Some),
    };
    let why = errors.check("why", Why::parse(&form.why));
    let breadth = errors.check("breadth", Breadth::parse(&form.breadth));
    if let (Some(name), Some(title), Some(why), Some(breadth)) = (name, title, why, breadth) {
        let (actor, product) = (&at.visitor.actor, at.product.id);
        let says = (&why, breadth);
        match service::add_template(&pool, actor, product, &name, title.as_ref(), says).await {
            Ok(_) => return Ok(flash::redirect(&at.url("/templates"), "The template is there.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    let shown = list_page(&pool, at, form, errors.clone()).await?;
    refused(&errors, &shown)
}

// POST /o/{org}/products/{product}/templates/{template}/remove

/// The parts of the address.
#[derive(Debug, Deserialize)]
pub struct TemplatePath {
    template: TemplateId,
}

pub async fn remove(
    at: At,
    Path(path): Path<TemplatePath>,
    State(pool): State<PgPool>,
) -> Result<Response> {
    let actor = &at.visitor.actor;
    service::remove_template(&pool, actor, at.product.id, path.template).await?;
    Ok(flash::redirect(&at.url("/templates"), "The template is gone."))
}
