//! The pages of products.

mod apprentices;
mod at;
mod change;
mod form;
mod group;
mod list;
mod squads;
mod team;
mod ways;

pub use team::Team;

use crate::web::{Routes, Who};

/// The addresses of products.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/products", Who::Member, list::list)
        .get("/o/{org}/products/new", Who::Designer, form::new)
        .post("/o/{org}/products", Who::Designer, form::create)
        .get("/o/{org}/products/{product}/group", Who::Member, group::show)
        .post("/o/{org}/products/{product}/policy", Who::LeadPmOrDesigner, group::set_policy)
        .get("/o/{org}/products/{product}/edit", Who::Designer, form::edit)
        .post("/o/{org}/products/{product}/edit", Who::Designer, form::update)
        .get("/o/{org}/products/{product}/hand-over", Who::Designer, change::ask_hand_over)
        .post("/o/{org}/products/{product}/hand-over", Who::Designer, change::hand_over)
        .get("/o/{org}/products/{product}/end", Who::Designer, change::ask_end)
        .post("/o/{org}/products/{product}/end", Who::Designer, change::end)
        .get("/o/{org}/products/{product}/squads/new", Who::Designer, squads::new)
        .post("/o/{org}/products/{product}/squads", Who::Designer, squads::serve)
        .get("/o/{org}/products/{product}/squads/{service}", Who::LeadPmOrDesigner, squads::edit)
        .post(
            "/o/{org}/products/{product}/squads/{service}",
            Who::LeadPmOrDesigner,
            squads::set_limits,
        )
        .post("/o/{org}/products/{product}/squads/{service}/stop", Who::Designer, squads::stop)
        .get("/o/{org}/products/{product}/hats/new", Who::Designer, change::new_hat)
        .post("/o/{org}/products/{product}/hats", Who::Designer, change::give_hat)
        .post(
            "/o/{org}/products/{product}/hats/{worn}/lay-down",
            Who::Designer,
            change::lay_down_hat,
        )
        .get("/o/{org}/products/{product}/apprentices/new", Who::LeadPmOrDesigner, apprentices::new)
        .post("/o/{org}/products/{product}/apprentices", Who::LeadPmOrDesigner, apprentices::begin)
        .get(
            "/o/{org}/products/{product}/apprentices/{apprenticeship}/end",
            Who::LeadPmOrDesigner,
            apprentices::ask_end,
        )
        .post(
            "/o/{org}/products/{product}/apprentices/{apprenticeship}/end",
            Who::LeadPmOrDesigner,
            apprentices::end,
        )
        .post(
            "/o/{org}/products/{product}/apprentices/{apprenticeship}/ordering",
            Who::LeadPm,
            apprentices::delegate,
        )
}
