//! Where somebody begins: the address behind `/` leads each to the page that answers their question.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use sqlx::PgPool;

use crate::error::Result;
use crate::organizations::Visitor;
use crate::work::db;
use crate::work::domain::Beginning;
use crate::{health_board, products, work};

// GET /o/{org}/start

/// One statement, and none for those who design.
pub async fn start(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    let (org, roles) = (&visitor.slug, visitor.roles());
    let product =
        if roles.may_design() { None } else { db::own_product(&pool, &visitor.actor).await? };
    let there = match Beginning::of(roles, product) {
        Beginning::Home => format!("/o/{org}"),
        Beginning::Product(slug) => products::url(org, &slug),
        Beginning::Health => health_board::url(org),
        Beginning::MyWork => work::url(org),
    };
    Ok(Redirect::to(&there).into_response())
}
