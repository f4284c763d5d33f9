//! The forms of a new product and of one that is edited.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::products::db::{self, MemberOption};
use crate::products::domain::{
    DESIGNERS, ItemKeyPrefix, NewProduct, ProductChanges, ProductDescription, ProductName,
    ProductRefused,
};
use crate::products::{list_url, service, url};
use crate::squads::last_change;
use crate::web::shell::{Section, Shell};
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, flash, page, refused};

/// A product as typed. A new one has a lead PM, an edited one a version.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProductForm {
    name: String,
    prefix: String,
    description: String,
    member: String,
    version: Option<i32>,
}

impl ProductForm {
    fn of(head: &Head) -> Self {
        Self {
            name: head.group.name.clone(),
            prefix: head.group.key.clone(),
            description: head.group.description.clone(),
            member: String::new(),
            version: Some(head.group.version),
        }
    }

    fn words(&self, errors: &mut FormErrors) -> Option<(ProductName, ProductDescription)> {
        let name = errors.check("name", ProductName::parse(&self.name));
        let description = errors.check("description", ProductDescription::parse(&self.description));
        Some((name?, description?))
    }

    fn parse(&self, errors: &mut FormErrors) -> Result<Option<NewProduct>> {
        let words = self.words(errors);
        let is_proposed = self.prefix.trim().is_empty();
        let key =
            (!is_proposed).then(|| errors.check("prefix", ItemKeyPrefix::parse(&self.prefix)));
        let lead = member(&self.member, errors)?;
        let (Some((name, description)), Some(lead)) = (words, lead) else { return Ok(None) };
        Ok(match key {
            Some(None) => None,
            key => Some(NewProduct { name, description, key: key.flatten(), lead }),
        })
    }

    fn changes(&self, errors: &mut FormErrors) -> Option<ProductChanges> {
        let words = self.words(errors);
        let key = errors.check("prefix", ItemKeyPrefix::parse(&self.prefix));
        let (name, description) = words?;
        Some(ProductChanges { name, description, key: key? })
    }
}

/// The member of a form; a sentence beside the field while nobody is chosen.
pub fn member(text: &str, errors: &mut FormErrors) -> Result<Option<MemberId>> {
    if text.trim().is_empty() {
        errors.refuse("member", &ProductRefused::NobodyChosen);
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|_| Error::NotFound)
}

#[derive(Template)]
#[template(path = "products/form.html")]
struct FormPage {
    shell: Shell,
    org: String,
    /// The product that is edited; none for a new one.
    head: Option<Head>,
    members: Vec<MemberOption>,
    form: ProductForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl FormPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn action(&self) -> String {
        self.head.as_ref().map_or_else(|| self.list_url(), |head| head.url("/edit"))
    }

    fn back(&self) -> String {
        self.head.as_ref().map_or_else(|| self.list_url(), |head| head.url("/group"))
    }

    fn is_chosen(&self, option: &MemberOption) -> bool {
        self.form.member == option.id.to_string()
    }

    /// What can be chosen instead of letters of one's own.
    fn proposals(&self) -> Vec<String> {
        ItemKeyPrefix::proposals(&self.form.name).iter().map(ToString::to_string).collect()
    }

    fn hint(&self) -> String {
        match &self.head {
            Some(head) if head.group.items > 0 => {
                "They stay: items have them in their keys.".to_owned()
            }
            Some(_) => "2 to 5 letters. They can be changed until there is an item.".to_owned(),
            None => "2 to 5 letters, such as NA: the items are then NA-1, NA-2, …. Left empty, they are taken from the name.".to_owned(),
        }
    }

    fn now(&self, field: &str) -> Option<&str> {
        let head = self.head.as_ref().filter(|_| self.errors.is_stale())?;
        let (saved, typed) = match field {
            "name" => (&head.group.name, &self.form.name),
            "prefix" => (&head.group.key, &self.form.prefix),
            _ => (&head.group.description, &self.form.description),
        };
        (saved != typed.trim()).then_some(saved)
    }
}

// GET /o/{org}/products/new, POST /o/{org}/products

fn must_design(visitor: &Visitor) -> Result<()> {
    if visitor.roles().may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

async fn new_page(
    pool: &PgPool,
    visitor: &Visitor,
    form: ProductForm,
    errors: FormErrors,
) -> Result<FormPage> {
    Ok(FormPage {
        shell: visitor.shell(Section::Products),
        org: visitor.slug.clone(),
        head: None,
        members: db::members(pool, visitor.tenant(), false).await?,
        form,
        errors,
        meanwhile: None,
    })
}

pub async fn new(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    must_design(&visitor)?;
    page(&new_page(&pool, &visitor, ProductForm::default(), FormErrors::default()).await?)
}

pub async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<ProductForm>,
) -> Result<Response> {
    must_design(&visitor)?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors)? {
        match service::create(&pool, &visitor.actor, &new).await {
            Ok(id) => {
                let found = db::find_address(&pool, visitor.tenant(), &id.to_string()).await?;
                let slug = found.ok_or(Error::NotFound)?.slug;
                let text = format!("{} is there. Say which squads serve it.", new.name);
                let there = format!("{}/group", url(&visitor.slug, &slug));
                return Ok(flash::redirect(&there, &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &new_page(&pool, &visitor, form, errors.clone()).await?)
}

// GET and POST /o/{org}/products/{product}/edit

async fn edit_page(
    pool: &PgPool,
    at: &At,
    head: Head,
    mut form: ProductForm,
    errors: FormErrors,
) -> Result<FormPage> {
    let mut meanwhile = None;
    if errors.is_stale() {
        form.version = Some(head.group.version);
        meanwhile = last_change(pool, &at.visitor, at.id.0).await?;
    }
    let (shell, org) = (head.shell.clone(), at.visitor.slug.clone());
    Ok(FormPage { shell, org, head: Some(head), members: vec![], form, errors, meanwhile })
}

pub async fn edit(at: At, State(pool): State<PgPool>) -> Result<Response> {
    let head = at.designed(&pool).await?;
    let form = ProductForm::of(&head);
    page(&edit_page(&pool, &at, head, form, FormErrors::default()).await?)
}

pub async fn update(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<ProductForm>,
) -> Result<Response> {
    must_design(&at.visitor)?;
    let version = form.version.ok_or(Error::BadRequest("The form has no version."))?;
    let mut errors = FormErrors::default();
    if let Some(changes) = form.changes(&mut errors) {
        match service::update(&pool, &at.visitor.actor, at.id, version, &changes).await {
            Ok(()) => {
                let there = at.head(&pool).await?.url("/group");
                return Ok(flash::redirect(&there, "The product is saved."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let head = at.head(&pool).await?;
    refused(&errors, &edit_page(&pool, &at, head, form, errors.clone()).await?)
}
