//! Editing a squad, returning it to forming, dissolving it.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head, last_change};
use crate::design::{LinkDesign, load_links};
use crate::error::Result;
use crate::squads::domain::{Description, Pattern, SquadChanges, SquadName};
use crate::squads::{db, service, teams};
use crate::text::Reason;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, flash, page, refused};

// GET and POST /o/{org}/squads/{squad}/edit

#[derive(Template)]
#[template(path = "squads/edit.html")]
struct EditPage {
    shell: Shell,
    head: Head,
    form: EditForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

/// A squad as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EditForm {
    name: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    description: String,
    version: i32,
}

impl EditPage {
    fn now<'a>(&self, saved: &'a str, typed: &str) -> Option<&'a str> {
        (self.errors.is_stale() && saved != typed).then_some(saved)
    }

    fn now_name(&self) -> Option<&str> {
        self.now(&self.head.squad.name, &self.form.name)
    }

    fn now_pattern(&self) -> Option<&str> {
        let is_same = self.head.squad.pattern == self.form.pattern;
        (self.errors.is_stale() && !is_same).then(|| self.head.pattern().title())
    }

    fn now_description(&self) -> Option<&str> {
        self.now(&self.head.squad.description, &self.form.description)
    }
}

pub async fn edit(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    at.visitor.must_design()?;
    let head = at.page(&pool).await?;
    head.rules().may_change()?;
    let form = EditForm {
        name: head.squad.name.clone(),
        pattern: head.squad.pattern.clone(),
        description: head.squad.description.clone(),
        version: head.squad.version,
    };
    let (shell, errors) = (head.shell.clone(), FormErrors::default());
    page(&EditPage { shell, head, form, errors, meanwhile: None })
}

pub async fn update(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<EditForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    let name = errors.check("name", SquadName::parse(&form.name));
    let pattern = errors.check("pattern", Pattern::parse(&form.pattern));
    let description = errors.check("description", Description::parse(&form.description));
    if let (Some(name), Some(pattern), Some(description)) = (name, pattern, description) {
        let changes = SquadChanges { name, pattern, description };
        match service::update(&pool, &at.visitor.actor, at.id, form.version, &changes).await {
            Ok(()) => {
                let squad = at.page(&pool).await?.url("");
                return Ok(flash::redirect(&squad, "The squad is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let head = at.page(&pool).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        meanwhile = last_change(&pool, &at.visitor, at.id.0).await?;
        form.version = head.squad.version;
    }
    let page =
        EditPage { shell: head.shell.clone(), head, form, errors: errors.clone(), meanwhile };
    refused(&errors, &page)
}

// GET and POST /o/{org}/squads/{squad}/return, …/dissolve

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReasonForm {
    #[serde(default)]
    reason: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "squads/return.html")]
struct ReturnPage {
    shell: Shell,
    head: Head,
    form: ReasonForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

pub async fn ask_return(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    at.visitor.must_design()?;
    let head = at.page(&pool).await?;
    head.rules().may_return()?;
    let form = ReasonForm { reason: String::new(), version: head.squad.version };
    let (shell, errors) = (head.shell.clone(), FormErrors::default());
    page(&ReturnPage { shell, head, form, errors, meanwhile: None })
}

pub async fn return_to_forming(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<ReasonForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        let actor = &at.visitor.actor;
        match service::return_to_forming(&pool, actor, at.id, form.version, &reason).await {
            Ok(()) => {
                return Ok(flash::redirect(&at.url(""), "The squad is forming again."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let head = at.page(&pool).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        meanwhile = last_change(&pool, &at.visitor, at.id.0).await?;
        form.version = head.squad.version;
    }
    let shell = head.shell.clone();
    refused(&errors, &ReturnPage { shell, head, form, errors: errors.clone(), meanwhile })
}

#[derive(Template)]
#[template(path = "squads/dissolve.html")]
struct DissolvePage {
    shell: Shell,
    head: Head,
    names: Vec<String>,
    /// The names of the products that it serves no more.
    products: Vec<String>,
    /// The links that end with it, in words.
    links: Vec<String>,
    form: ReasonForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

async fn dissolve_page(
    pool: &PgPool,
    at: &At,
    head: Head,
    form: ReasonForm,
    errors: FormErrors,
) -> Result<DissolvePage> {
    let members = db::members(pool, at.visitor.tenant(), at.id).await?;
    let links = load_links(pool, at.visitor.tenant(), at.id).await?;
    let products = teams::products_of(pool, at.visitor.tenant(), at.id).await?;
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    Ok(DissolvePage {
        shell: head.shell.clone(),
        head,
        names: members.into_iter().map(|line| line.name).collect(),
        products: products.into_iter().map(|product| product.name).collect(),
        links: links.iter().map(LinkDesign::sentence).collect(),
        form,
        errors,
        meanwhile,
    })
}

pub async fn ask_dissolve(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    at.visitor.must_design()?;
    let head = at.page(&pool).await?;
    head.rules().may_dissolve()?;
    let form = ReasonForm { reason: String::new(), version: head.squad.version };
    page(&dissolve_page(&pool, &at, head, form, FormErrors::default()).await?)
}

pub async fn dissolve(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<ReasonForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::dissolve(&pool, &at.visitor.actor, at.id, form.version, &reason).await {
            Ok(()) => {
                return Ok(flash::redirect(
                    &at.url(""),
                    "The squad is dissolved. Its members are free for others, and its history stays.",
                ));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let head = at.page(&pool).await?;
    if errors.is_stale() {
        form.version = head.squad.version;
    }
    refused(&errors, &dissolve_page(&pool, &at, head, form, errors.clone()).await?)
}
