//! Backlogs: their order, who pulls what, what two do at once, and their pages.

mod costs;
mod import;
mod order;
mod pages;
mod pulling;
mod races;

pub use costs::fill;
use trellis::actor::Actor;
use trellis::backlog::{Breadth, Bulk, Effect, ItemTitle, NewItem, Outcome, Stage, Why, service};
use trellis::ids::{ProductId, TeamId};
use trellis::products::{self, NewProduct, ProductDescription, ProductName, WipLimit, WipPolicy};
use trellis::text::Reason;

use crate::given;
use crate::harness::{TestApp, Visitor};

/// A product with its lead PM, and squads that serve it with one member each.
pub struct Group {
    pub product: ProductId,
    pub lead: Visitor,
    pub squads: Vec<(TeamId, Visitor)>,
}

impl Group {
    /// The lead PM at this moment.
    pub fn lead(&self, app: &TestApp) -> Actor {
        now(app, &self.lead)
    }

    /// A squad with its member at this moment.
    pub fn squad(&self, app: &TestApp, n: usize) -> (TeamId, Actor) {
        let (squad, member) = &self.squads[n];
        (*squad, now(app, member))
    }
}

pub fn now(app: &TestApp, visitor: &Visitor) -> Actor {
    Actor { at: app.clock().now(), ..visitor.actor() }
}

/// The product "Norvik App", whose items are called NA-1, NA-2, ….
pub async fn group(app: &TestApp, squads: &[&str]) -> Group {
    let lead = app.member("Hana Sato").await;
    let new = NewProduct {
        name: ProductName::parse("Norvik App").unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: None,
        lead: lead.id(),
    };
    let designer = app.founder();
    let product = products::service::create(&app.pool, &designer, &new).await.unwrap();
    let mut all = vec![];
    for name in squads {
        let squad = given::squad(app, name).await;
        let member = app.member(&format!("Member of {name}")).await;
        given::join(app, squad, &[member.id()]).await;
        serve(app, product, squad).await;
        all.push((squad, member));
    }
    Group { product, lead, squads: all }
}

pub async fn serve(app: &TestApp, product: ProductId, squad: TeamId) {
    let limits = (WipLimit::FIRST, WipLimit::FIRST);
    products::service::serve(&app.pool, &app.founder(), product, squad, limits).await.unwrap();
}

/// Another policy.
pub async fn policy(app: &TestApp, group: &Group, policy: WipPolicy) {
    let version: i32 = sqlx::query_scalar("select version from product where id = $1")
        .bind(group.product)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    let lead = group.lead(app);
    products::service::set_policy(&app.pool, &lead, group.product, version, policy).await.unwrap();
}

pub fn item(title: &str) -> NewItem {
    NewItem {
        title: ItemTitle::parse(title).unwrap(),
        why: Why::parse("38 % of the calls ask exactly this").unwrap(),
        breadth: Breadth::Problem,
        metric: None,
    }
}

/// So many proposed items, and their numbers.
pub async fn proposed(app: &TestApp, group: &Group, n: usize) -> Vec<i32> {
    let mut numbers = vec![];
    for i in 0..n {
        let new = item(&format!("Problem {i}"));
        let actor = group.lead(app);
        numbers.push(service::propose(&app.pool, &actor, group.product, &new).await.unwrap());
    }
    numbers
}

/// So many ready items from the top, and their numbers.
pub async fn ready(app: &TestApp, group: &Group, n: usize) -> Vec<i32> {
    let numbers = proposed(app, group, n).await;
    for part in numbers.chunks(100) {
        let lead = group.lead(app);
        service::bulk(&app.pool, &lead, group.product, part, Bulk::Ready, None).await.unwrap();
    }
    numbers
}

pub fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

pub fn outcome(text: &str) -> Outcome {
    Outcome { effect: Effect::parse(text).unwrap(), metric: None }
}

/// The items of a product in their order, whatever their stage.
pub async fn order_of(app: &TestApp, group: &Group) -> Vec<i32> {
    sqlx::query_scalar("select number from backlog_item where product_id = $1 order by rank")
        .bind(group.product)
        .fetch_all(&app.pool)
        .await
        .unwrap()
}

pub async fn stage_of(app: &TestApp, number: i32) -> Stage {
    let word: String = sqlx::query_scalar("select stage from backlog_item where number = $1")
        .bind(number)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    Stage::parse(&word).unwrap()
}
