//! An item's page: what it says, what happened to it, what was said of it; and its menu.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::moves::ItemPath;
use super::{At, Offered};
use crate::backlog::db::{self, CommentRow, ItemPage, PassedOver};
use crate::backlog::domain::import::Values;
use crate::backlog::domain::{Class, Comment, Step};
use crate::backlog::service;
use crate::error::{Error, Result};
use crate::history::{self, Recent};
use crate::metrics;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date, Moment};
use crate::web::{Form, FormErrors, Path, flash, new_key, page, refused};

/// Lines of history.
const RECENT: i64 = 60;

async fn find(pool: &PgPool, at: &At, word: &str) -> Result<ItemPage> {
    let number = at.number(word)?;
    let item = db::show_item(pool, at.visitor.tenant(), at.product.id, number).await?;
    item.ok_or(Error::NotFound)
}

/// The steps that are open to the visitor: directly where nothing has to be said, else by way of a page.
fn steps(at: &At, item: &ItemPage) -> Vec<Offered> {
    if at.product.is_ended {
        return vec![];
    }
    let standing = &at.product.standing;
    Step::open_to(standing, item.stage, !item.blocked.is_empty(), item.squad)
        .into_iter()
        .map(|step| {
            let page = at.item_url(item.number, &format!("/step?do={}", step.word()));
            let send = match (step, standing.squads.as_slice()) {
                (Step::Pull, [one]) if item.class == Class::Expedite => {
                    format!("pull:{}:{one}", item.number)
                }
                (Step::Pull, _) => String::new(),
                (step, _) if step.asks() => String::new(),
                (step, _) => format!("{}:{}", step.word(), item.number),
            };
            Offered { step, send, page }
        })
        .collect()
}

// GET /o/{org}/products/{product}/items/{item}

/// Something outside of the backlog that an item is about: what kind of thing, its name, its page.
struct Link {
    what: &'static str,
    name: String,
    href: String,
}

#[derive(Template)]
#[template(path = "backlog/item.html")]
struct ShowPage {
    shell: Shell,
    org: String,
    menu: Menu,
    key: String,
    comments: Vec<(CommentRow, Moment)>,
    passed: Vec<(PassedOver, Date)>,
    events: Vec<(Recent, Moment)>,
    since: Date,
    proposed: Date,
    blocked_since: Option<Date>,
    form: CommentForm,
    errors: FormErrors,
}

impl ShowPage {
    fn is_expedite(&self) -> bool {
        self.menu.item.class == Class::Expedite
    }

    /// What the item is about, outside of its backlog. A decision that concerns it becomes another of these.
    fn links(&self) -> Vec<Link> {
        let item = &self.menu.item;
        let metric = || {
            let (squad, name) = (item.metric_squad.as_ref()?, item.metric_name.clone()?);
            let href = metrics::url(&self.org, squad, item.metric?);
            Some(Link { what: "Metric", name, href })
        };
        metric().into_iter().collect()
    }

    /// The tool that it came from, its key there, and whether that is an address.
    fn origin(&self) -> Option<(&'static str, &str, bool)> {
        let (tool, key) = Values::origin(self.menu.item.source.as_deref()?)?;
        let is_address = key.starts_with("https://") || key.starts_with("http://");
        Some((tool.title(), key, is_address))
    }

    fn squad_url(&self) -> String {
        let slug = self.menu.item.squad_slug.as_deref().unwrap_or_default();
        crate::squads::url(&self.org, slug)
    }

    fn passed_url(&self, passed: &PassedOver) -> String {
        self.menu.at.item_url(passed.number, "")
    }

    fn passed_key(&self, passed: &PassedOver) -> String {
        self.menu.at.product.item_key(passed.number).to_string()
    }
}

async fn show_page(
    pool: &PgPool,
    at: At,
    item: ItemPage,
    form: CommentForm,
    errors: FormErrors,
) -> Result<ShowPage> {
    let tenant = at.visitor.tenant();
    let comments = db::comments(pool, tenant, item.id).await?;
    let passed = db::passed_over(pool, tenant, item.id).await?;
    let events = history::about(pool, tenant, item.id.0, RECENT).await?;
    let (now, zone, today) = (at.visitor.actor.at, at.visitor.time_zone, at.visitor.today());
    let day = |moment| ui::date(at.day(moment), today);
    Ok(ShowPage {
        shell: at.visitor.shell(Section::Products),
        org: at.visitor.slug.clone(),
        key: new_key(),
        comments: comments
            .into_iter()
            .map(|it| (it.clone(), ui::moment(it.at, now, zone)))
            .collect(),
        passed: passed.into_iter().map(|it| (it.clone(), day(it.at))).collect(),
        events: events.into_iter().map(|it| (it.clone(), ui::moment(it.at, now, zone))).collect(),
        since: day(item.stage_at),
        proposed: day(item.proposed_at),
        blocked_since: item.blocked_at.map(day),
        form,
        errors,
        menu: Menu::new(at, item),
    })
}

pub async fn show(
    at: At,
    Path(path): Path<ItemPath>,
    State(pool): State<PgPool>,
) -> Result<Response> {
    let item = find(&pool, &at, &path.item).await?;
    page(&show_page(&pool, at, item, CommentForm::default(), FormErrors::default()).await?)
}

// GET /o/{org}/products/{product}/items/{item}/moves

/// All that can be done with an item: the menu of its card, a part of its page, and a page by itself.
#[derive(Template)]
#[template(path = "backlog/menu.html")]
struct Menu {
    at: At,
    item: ItemPage,
    steps: Vec<Offered>,
}

impl HtmlSafe for Menu {}

impl Menu {
    fn new(at: At, item: ItemPage) -> Self {
        Self { steps: steps(&at, &item), at, item }
    }

    fn key(&self) -> String {
        self.at.product.item_key(self.item.number).to_string()
    }

    fn url(&self, below: &str) -> String {
        self.at.item_url(self.item.number, below)
    }

    /// Whether the visitor may give it another place, and there is one.
    fn has_places(&self) -> bool {
        let item = &self.item;
        let may = self.at.product.standing.may_order() && !self.at.product.is_ended;
        may && item.stage.is_ordered() && (item.above.is_some() || item.below.is_some())
    }

    fn may_edit(&self) -> bool {
        let (me, item) = (self.at.visitor.actor.member, &self.item);
        let standing = &self.at.product.standing;
        !self.at.product.is_ended && standing.may_edit(me, item.stage, item.squad, item.proposed_by)
    }
}

/// The menu as a page.
#[derive(Template)]
#[template(path = "backlog/moves.html")]
struct MenuPage {
    shell: Shell,
    menu: Menu,
    key: String,
}

pub async fn menu(
    at: At,
    Path(path): Path<ItemPath>,
    headers: HeaderMap,
    State(pool): State<PgPool>,
) -> Result<Response> {
    let item = find(&pool, &at, &path.item).await?;
    let menu = Menu::new(at, item);
    if headers.contains_key("hx-request") {
        return page(&menu);
    }
    let shell = menu.at.visitor.shell(Section::Products);
    page(&MenuPage { shell, menu, key: new_key() })
}

// POST /o/{org}/products/{product}/items/{item}/comments

/// A comment as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommentForm {
    text: String,
}

pub async fn comment(
    at: At,
    Path(path): Path<ItemPath>,
    State(pool): State<PgPool>,
    Form(form): Form<CommentForm>,
) -> Result<Response> {
    let item = find(&pool, &at, &path.item).await?;
    let mut errors = FormErrors::default();
    if let Some(text) = errors.check("text", Comment::parse(&form.text)) {
        let (actor, product) = (&at.visitor.actor, at.product.id);
        match service::comment(&pool, actor, product, item.number, &text).await {
            Ok(()) => {
                let there = at.item_url(item.number, "");
                return Ok(flash::redirect(&there, "Your comment is there."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let shown = show_page(&pool, at, item, form, errors.clone()).await?;
    refused(&errors, &shown)
}
