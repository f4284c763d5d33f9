//! Products and their groups: one lead PM, squads that serve, hats, apprentices, and what the design rules say.

mod group;
mod lead;
mod pages;
mod races;

use crate::given;
use crate::harness::TestApp;
use crate::seen::{assert_well, code, somebody_waits, version};
use axum::http::StatusCode;
use std::time::Duration;
use trellis::actor::{Actor, Role};
use trellis::error::Result;
use trellis::ids::{ApprenticeshipId, MemberId, ProductId, ServiceId, TeamId};
use trellis::products::{
    GroupHat, ItemKeyPrefix, NewProduct, Outcome, ProductDescription, ProductName, WipLimit,
    WipPolicy, service,
};
use trellis::text::Reason;
use trellis::{members, squads};

fn named(name: &str, lead: MemberId) -> NewProduct {
    NewProduct {
        name: ProductName::parse(name).unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: None,
        lead,
    }
}

async fn product(app: &TestApp, name: &str, lead: MemberId) -> ProductId {
    service::create(&app.pool, &app.founder(), &named(name, lead)).await.unwrap()
}

async fn serve(app: &TestApp, product: ProductId, squad: TeamId) -> Result<ServiceId> {
    let first = (WipLimit::FIRST, WipLimit::FIRST);
    service::serve(&app.pool, &app.founder(), product, squad, first).await
}

async fn hand_over(app: &TestApp, product: ProductId, to: MemberId) -> Result<()> {
    let version = version(app, "product", product.0).await;
    service::hand_over(&app.pool, &app.founder(), product, version, to).await
}

async fn learn(app: &TestApp, product: ProductId, member: MemberId) -> Result<ApprenticeshipId> {
    service::begin_apprenticeship(&app.pool, &app.founder(), product, member).await
}

async fn lead(app: &TestApp, product: ProductId) -> MemberId {
    let sql = "select lead_id from product where id = $1";
    sqlx::query_scalar(sql).bind(product).fetch_one(&app.pool).await.unwrap()
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

/// Norvik App with its lead PM.
async fn norvik(app: &TestApp) -> (ProductId, MemberId) {
    let sato = app.person("Hana Sato", "product").await;
    (product(app, "Norvik App", sato).await, sato)
}
