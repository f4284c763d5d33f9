//! The pages of a backlog.
//!
//! | to read about | open |
//! |---|---|
//! | the board | `board.rs` |
//! | the one request behind drag, keys, menus and forms, and what it asks for | `moves.rs` |
//! | an item's page, its menu, comments | `item.rs` |
//! | the forms of a new and of a changed item | `form.rs` |
//! | the list, several at once, CSV | `list.rs` |
//! | templates | `templates.rs` |
//! | files from other tools | `import/` |

mod board;
mod form;
mod import;
mod item;
mod list;
mod moves;
mod templates;

use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use sqlx::PgPool;

use super::board_url;
use super::db::{self, Product};
use super::domain::{ItemKey, ItemRefused, Step};
use crate::AppState;
use crate::error::{Error, Result};
use crate::organizations::Visitor;
use crate::products;
use crate::web::{Routes, Who, moved, path_part};

/// The addresses of backlogs. The board is the product's own address.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/products/{product}", Who::Member, board::show)
        .post("/o/{org}/products/{product}/move", Who::ProductGroup, moves::move_)
        .get("/o/{org}/products/{product}/items", Who::Member, list::list)
        .post("/o/{org}/products/{product}/items", Who::Orderer, list::bulk)
        .get("/o/{org}/products/{product}/items.csv", Who::Member, list::csv)
        .get("/o/{org}/products/{product}/items/new", Who::Member, form::new)
        .post("/o/{org}/products/{product}/items/new", Who::Member, form::create)
        .get("/o/{org}/products/{product}/items/{item}", Who::Member, item::show)
        .get("/o/{org}/products/{product}/items/{item}/moves", Who::Member, item::menu)
        .get("/o/{org}/products/{product}/items/{item}/step", Who::ProductGroup, moves::ask)
        .get("/o/{org}/products/{product}/items/{item}/edit", Who::Orderer, form::edit)
        .post("/o/{org}/products/{product}/items/{item}/edit", Who::Orderer, form::update)
        .post("/o/{org}/products/{product}/items/{item}/comments", Who::Member, item::comment)
        .get("/o/{org}/products/{product}/templates", Who::Member, templates::list)
        .post("/o/{org}/products/{product}/templates", Who::Orderer, templates::add)
        .post(
            "/o/{org}/products/{product}/templates/{template}/remove",
            Who::Orderer,
            templates::remove,
        )
        .get("/o/{org}/products/{product}/import", Who::Orderer, import::file)
        .post(
            "/o/{org}/products/{product}/import",
            Who::Orderer,
            import::send.layer(DefaultBodyLimit::max(import::MAX_BODY)),
        )
        .get("/o/{org}/products/{product}/import/{file}", Who::Orderer, import::columns)
        .post("/o/{org}/products/{product}/import/{file}", Who::Orderer, import::choose)
        .get("/o/{org}/products/{product}/import/{file}/rows", Who::Orderer, import::rows)
        .post("/o/{org}/products/{product}/import/{file}/rows", Who::Orderer, import::apply)
}

/// The product in the address and who asks for it; 404 if there is none in their organization. A page at an address
/// that the product had before its rename, or at its id, leads to the present one.
#[derive(Debug, Clone)]
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The product.
    pub product: Product,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let at = find(parts, state).await.map_err(IntoResponse::into_response)?;
        match moved(parts, &at.product.slug) {
            Some(there) => Err(there),
            None => Ok(at),
        }
    }
}

async fn find(parts: &mut Parts, state: &AppState) -> Result<At> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    let word = path_part(parts, state, "product").await?;
    At::load(&state.pool, visitor, &word).await
}

impl At {
    /// The product that `word` stands for in an address.
    async fn load(pool: &PgPool, visitor: Visitor, word: &str) -> Result<Self> {
        let product = db::find_product(pool, visitor.tenant(), word, visitor.actor.member).await?;
        Ok(Self { product: product.ok_or(Error::NotFound)?, visitor })
    }

    /// The address of the board, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", board_url(&self.visitor.slug, &self.product.slug))
    }

    /// The address of the list of products.
    pub fn list_url(&self) -> String {
        products::list_url(&self.visitor.slug)
    }

    /// The product's name.
    pub fn name(&self) -> &str {
        &self.product.name
    }

    /// How many squads serve it.
    pub fn squads(&self) -> usize {
        self.product.serving
    }

    /// Whether it is no more.
    pub fn is_ended(&self) -> bool {
        self.product.is_ended
    }

    /// The address of an item's page, or of one below it.
    pub fn item_url(&self, number: i32, below: &str) -> String {
        self.url(&format!("/items/{}{below}", self.product.item_key(number)))
    }

    /// The number of an item in an address; what is no key of this product does not exist.
    fn number(&self, word: &str) -> Result<i32> {
        ItemKey::number_in(&self.product.key, word).ok_or(Error::NotFound)
    }

    /// Refuses changes of a product that has ended.
    fn must_go_on(&self) -> Result<()> {
        if self.product.is_ended { Err(ItemRefused::ProductEnded.into()) } else { Ok(()) }
    }

    /// The day of a moment for the visitor.
    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.visitor.time_zone).date_naive()
    }

    /// For how long, in days as a flow counts them, the first and the last included, and for everybody alike: "today", "2 days".
    fn age(&self, since: DateTime<Utc>) -> String {
        match (self.visitor.actor.at.date_naive() - since.date_naive()).num_days() {
            ..=0 => "today".to_owned(),
            n => format!("{} days", n + 1),
        }
    }
}

/// The first moment of the month that a day is in, in a time zone.
fn month_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let first = day.with_day(1).unwrap_or(day).and_hms_opt(0, 0, 0).unwrap_or_default();
    zone.from_local_datetime(&first).earliest().map_or_else(|| first.and_utc(), |at| at.to_utc())
}

/// A step that is offered: directly, or by way of a page that asks for more.
#[derive(Debug, Clone)]
struct Offered {
    /// What is done.
    step: Step,
    /// What the one form sends; empty where a page comes first.
    send: String,
    /// That page.
    page: String,
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::Los_Angeles, Asia::Tokyo};

    use super::*;

    #[test]
    fn a_month_begins_at_midnight_of_its_reader() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(month_of(day, Tokyo).to_rfc3339(), "2026-10-31T15:00:00+00:00");
        assert_eq!(month_of(day, Los_Angeles).to_rfc3339(), "2026-11-01T07:00:00+00:00");
    }
}
