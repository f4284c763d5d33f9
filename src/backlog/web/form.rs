//! The forms of a new item and of a changed one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::At;
use super::moves::ItemPath;
use crate::backlog::db::{self, Item, MetricOption, TemplateRow};
use crate::backlog::domain::{
    Breadth, Class, EDITORS, ItemChanges, ItemTitle, NewItem, PATTERNS, Why,
};
use crate::backlog::service;
use crate::error::{Error, Result};
use crate::ids::MetricId;
use crate::squads::last_change;
use crate::web::shell::{Section, Shell};
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

/// An item as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemForm {
    title: String,
    why: String,
    breadth: String,
    metric: String,
    class: String,
    version: Option<i32>,
}

impl ItemForm {
    fn of(item: &Item) -> Self {
        Self {
            title: item.title.to_string(),
            why: item.why.to_string(),
            breadth: item.breadth.word().to_owned(),
            metric: item.metric.map(|id| id.to_string()).unwrap_or_default(),
            class: item.class.word().to_owned(),
            version: Some(item.version),
        }
    }

    fn parse(&self, errors: &mut FormErrors) -> Result<Option<NewItem>> {
        let title = errors.check("title", ItemTitle::parse(&self.title));
        let why = errors.check("why", Why::parse(&self.why));
        let breadth = errors.check("breadth", Breadth::parse(&self.breadth));
        let metric = match self.metric.as_str() {
            "" => None,
            id => Some(id.parse::<MetricId>().map_err(|_| Error::NotFound)?),
        };
        let (Some(title), Some(why), Some(breadth)) = (title, why, breadth) else {
            return Ok(None);
        };
        Ok(Some(NewItem { title, why, breadth, metric }))
    }
}

#[derive(Template)]
#[template(path = "backlog/form.html")]
struct FormPage {
    shell: Shell,
    at: At,
    /// The item that is changed; none for a new one.
    item: Option<Item>,
    metrics: Vec<MetricOption>,
    templates: Vec<TemplateRow>,
    form: ItemForm,
    errors: FormErrors,
    /// What somebody else saved meanwhile, by field.
    saved: Vec<(&'static str, String)>,
    meanwhile: Option<(String, Moment)>,
}

impl FormPage {
    fn action(&self) -> String {
        match &self.item {
            Some(item) => self.at.item_url(item.number, "/edit"),
            None => self.at.url("/items/new"),
        }
    }

    /// Where leaving leads.
    fn back(&self) -> String {
        let item = self.item.as_ref();
        item.map_or_else(|| self.at.url(""), |item| self.at.item_url(item.number, ""))
    }

    fn title(&self) -> String {
        match &self.item {
            Some(item) => format!("Edit {}", self.at.product.item_key(item.number)),
            None => "Add a customer problem".to_owned(),
        }
    }

    fn sub(&self) -> &'static str {
        match self.item {
            Some(_) => "What it is about and why it matters. Its place in the order stays.",
            None => {
                "The backlog is a list of customer problems, not of features. The lead PM makes it ready and gives it a place."
            }
        }
    }

    fn item_key(&self) -> String {
        self.item
            .as_ref()
            .map(|item| self.at.product.item_key(item.number).to_string())
            .unwrap_or_default()
    }

    /// The class is changed by whoever orders, before a squad holds the item.
    fn may_class(&self) -> bool {
        let is_ordered = self.item.as_ref().is_some_and(|item| item.stage.is_ordered());
        is_ordered && self.at.product.standing.may_order()
    }

    fn template_url(&self, word: &str) -> String {
        self.at.url(&format!("/items/new?template={word}"))
    }

    fn is_metric(&self, metric: &MetricOption) -> bool {
        self.form.metric == metric.id.to_string()
    }

    fn saved_now(&self, field: &str) -> Option<&str> {
        self.saved.iter().find(|(name, _)| *name == field).map(|(_, now)| now.as_str())
    }
}

/// What is saved now and is not what was typed, in words, by field.
fn differences(
    now: &ItemForm,
    typed: &ItemForm,
    metrics: &[MetricOption],
) -> Vec<(&'static str, String)> {
    let metric = |id: &str| {
        let metric = metrics.iter().find(|metric| metric.id.to_string() == id);
        metric.map(|metric| metric.name.clone()).unwrap_or_default()
    };
    let breadth =
        |word: &str| Breadth::parse(word).map(Breadth::title).unwrap_or_default().to_owned();
    let class = |word: &str| Class::parse(word).map(Class::title).unwrap_or_default().to_owned();
    [
        ("title", &now.title, &typed.title, now.title.clone()),
        ("why", &now.why, &typed.why, now.why.clone()),
        ("breadth", &now.breadth, &typed.breadth, breadth(&now.breadth)),
        ("class", &now.class, &typed.class, class(&now.class)),
        ("metric", &now.metric, &typed.metric, metric(&now.metric)),
    ]
    .into_iter()
    .filter(|(_, now, typed, _)| now.trim() != typed.replace("\r\n", "\n").trim())
    .map(|(field, _, _, words)| (field, words))
    .collect()
}

async fn form_page(
    pool: &PgPool,
    at: At,
    item: Option<Item>,
    form: ItemForm,
    errors: FormErrors,
) -> Result<FormPage> {
    let (tenant, product) = (at.visitor.tenant(), at.product.id);
    let also = item.as_ref().and_then(|item| item.metric);
    let metrics = db::metrics(pool, tenant, product, also).await?;
    let templates = match item {
        None => db::templates(pool, tenant, product).await?,
        Some(_) => vec![],
    };
    Ok(FormPage {
        shell: at.visitor.shell(Section::Products),
        at,
        item,
        metrics,
        templates,
        form,
        errors,
        saved: vec![],
        meanwhile: None,
    })
}

// GET and POST /o/{org}/products/{product}/items/new?template=

/// What a new item begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewQuery {
    template: String,
}

pub async fn new(
    at: At,
    State(pool): State<PgPool>,
    Query(query): Query<NewQuery>,
) -> Result<Response> {
    at.must_go_on()?;
    let word = if query.template.is_empty() { "problem" } else { query.template.as_str() };
    let mut shown = form_page(&pool, at, None, ItemForm::default(), FormErrors::default()).await?;
    let begun = match PATTERNS.iter().find(|pattern| pattern.word == word) {
        Some(pattern) => Some((pattern.title.to_owned(), pattern.why.to_owned(), pattern.breadth)),
        None => shown
            .templates
            .iter()
            .find(|template| template.id.to_string() == word)
            .map(|it| (it.title.clone(), it.why.clone(), it.breadth)),
    };
    let (title, why, breadth) = begun.ok_or(Error::NotFound)?;
    shown.form = ItemForm { title, why, breadth: breadth.word().to_owned(), ..ItemForm::default() };
    page(&shown)
}

pub async fn create(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<ItemForm>,
) -> Result<Response> {
    at.must_go_on()?;
    let mut errors = FormErrors::default();
    if let Some(new) = form.parse(&mut errors)? {
        match service::propose(&pool, &at.visitor.actor, at.product.id, &new).await {
            Ok(number) => {
                let key = at.product.item_key(number);
                let said = format!("{key} is proposed.");
                return Ok(flash::redirect(&at.item_url(number, ""), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let shown = form_page(&pool, at, None, form, errors.clone()).await?;
    refused(&errors, &shown)
}

// GET and POST /o/{org}/products/{product}/items/{item}/edit

/// The item, for those who may edit it.
async fn find(pool: &PgPool, at: &At, word: &str) -> Result<Item> {
    let number = at.number(word)?;
    let item = db::find_item(pool, at.visitor.tenant(), at.product.id, number).await?;
    let item = item.ok_or(Error::NotFound)?;
    let me = at.visitor.actor.member;
    if !at.product.standing.may_edit(me, item.stage, item.squad, item.proposed_by) {
        return Err(Error::Forbidden(EDITORS.into()));
    }
    at.must_go_on()?;
    Ok(item)
}

pub async fn edit(
    at: At,
    Path(path): Path<ItemPath>,
    State(pool): State<PgPool>,
) -> Result<Response> {
    let item = find(&pool, &at, &path.item).await?;
    let form = ItemForm::of(&item);
    page(&form_page(&pool, at, Some(item), form, FormErrors::default()).await?)
}

pub async fn update(
    at: At,
    Path(path): Path<ItemPath>,
    State(pool): State<PgPool>,
    Form(mut form): Form<ItemForm>,
) -> Result<Response> {
    let item = find(&pool, &at, &path.item).await?;
    let mut errors = FormErrors::default();
    if form.class.is_empty() {
        item.class.word().clone_into(&mut form.class);
    }
    let class = errors.check("class", Class::parse(&form.class));
    if let (Some(new), Some(class)) = (form.parse(&mut errors)?, class) {
        let changes = ItemChanges { item: new, class };
        let (actor, product) = (&at.visitor.actor, at.product.id);
        let version = form.version.unwrap_or_default();
        match service::edit(&pool, actor, product, item.number, version, &changes).await {
            Ok(()) => {
                let key = at.product.item_key(item.number);
                let there = at.item_url(item.number, "");
                return Ok(flash::redirect(&there, &format!("{key} is saved.")));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let (is_stale, now) = (errors.is_stale(), ItemForm::of(&item));
    let meanwhile = if is_stale {
        form.version = Some(item.version);
        last_change(&pool, &at.visitor, item.id.0).await?
    } else {
        None
    };
    let mut shown = form_page(&pool, at, Some(item), form, errors.clone()).await?;
    if is_stale {
        shown.saved = differences(&now, &shown.form, &shown.metrics);
    }
    refused(&errors, &FormPage { meanwhile, ..shown })
}
