//! Members: the people of an organization, with or without a user.

mod web;

pub use web::routes;
