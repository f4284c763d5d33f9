//! The pages of links.

mod form;
mod list;
mod matrix;
mod show;

use crate::web::{Routes, Who};

/// The addresses of links.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/links", Who::Member, list::list)
        .get("/o/{org}/links/new", Who::Designer, form::new)
        .post("/o/{org}/links", Who::Designer, form::create)
        .get("/o/{org}/links/{link}", Who::Member, show::show)
        .get("/o/{org}/links/{link}/edit", Who::Designer, form::edit)
        .post("/o/{org}/links/{link}/edit", Who::Designer, form::update)
        .post("/o/{org}/links/{link}/keep", Who::Designer, form::keep)
        .get("/o/{org}/links/{link}/end", Who::Designer, show::ask_end)
        .post("/o/{org}/links/{link}/end", Who::Designer, show::end)
}
