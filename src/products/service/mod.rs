//! What a person may do with products.
//!
//! Rows are held in one order everywhere: members by id, teams by id, products by id. The counts that the database keeps in members
//! and teams are written with the change, so whoever is counted is held first.

mod apprentices;
mod group;
mod product;

pub use apprentices::{begin_apprenticeship, delegate, end_apprenticeship};
pub use group::{give_hat, lay_down_hat, serve, set_limits, stop_serving};
pub use product::{create, end, hand_over, set_policy, update};

use sqlx::PgConnection;

use super::db;
use super::domain::{DESIGNERS, Person, Product, ProductRefused, TENDERS};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::{MemberId, ProductId};

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

fn must_tend(actor: &Actor, product: &Product) -> Result<()> {
    if product.may_be_tended_by(actor.member, actor.roles) {
        Ok(())
    } else {
        Err(Error::Forbidden(TENDERS.into()))
    }
}

/// A product that goes on, held.
async fn lock(tx: &mut PgConnection, actor: &Actor, id: ProductId) -> Result<Product> {
    let product = db::lock(tx, actor.tenant, &[id]).await?.pop().ok_or(Error::NotFound)?;
    product.may_change()?;
    Ok(product)
}

/// A member who is chosen for something, held.
async fn hold(tx: &mut PgConnection, actor: &Actor, member: MemberId) -> Result<Person> {
    db::hold_members(tx, actor.tenant, &[member]).await?.pop().ok_or(Error::NotFound)
}

/// A name or a key that is taken is refused; two products that take the same address at once try again.
fn unique(error: sqlx::Error, name: &str, key: &str) -> Error {
    match error.as_database_error().and_then(|database| database.constraint()) {
        Some("product_name_key") => ProductRefused::NameTaken(name.to_owned()).into(),
        Some("product_key_key") => ProductRefused::KeyTaken(key.to_owned()).into(),
        Some("product_slug_pkey") => Error::Again,
        _ => error.into(),
    }
}
