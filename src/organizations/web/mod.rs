//! The pages of organizations.

use crate::web::{Routes, Who};

mod accept;
mod accounts;
mod invitations;
mod settings;

/// The addresses of organizations.
pub fn routes() -> Routes {
    Routes::new()
        .get("/o/{org}/settings", Who::Admin, settings::show)
        .post("/o/{org}/settings", Who::Admin, settings::update)
        .get("/o/{org}/settings/accounts", Who::Admin, accounts::list)
        .get("/o/{org}/settings/accounts/{member}", Who::Admin, accounts::show)
        .post("/o/{org}/settings/accounts/{member}/roles", Who::Admin, accounts::change_roles)
        .post("/o/{org}/settings/accounts/{member}/sign-out", Who::Admin, accounts::sign_out)
        .post("/o/{org}/settings/accounts/{member}/remove", Who::Admin, accounts::remove)
        .post("/o/{org}/settings/accounts/{member}/reset", Who::Admin, accounts::reset)
        .post("/o/{org}/settings/accounts/{member}/invite", Who::Admin, invitations::invite)
        .get("/o/{org}/settings/invitations/new", Who::Admin, invitations::new)
        .post("/o/{org}/settings/invitations", Who::Admin, invitations::create)
        .post("/o/{org}/settings/invitations/{invitation}/revoke", Who::Admin, invitations::revoke)
        .post("/o/{org}/settings/invitations/{invitation}/renew", Who::Admin, invitations::renew)
        .get("/invitation/{token}", Who::LinkHolder, accept::open)
        .get("/invitation", Who::LinkHolder, accept::show)
        .post("/invitation", Who::LinkHolder, accept::accept)
}

/// Where the settings of an organization are.
fn settings_url(slug: &str) -> String {
    format!("/o/{slug}/settings")
}

/// Where its accounts are.
fn accounts_url(slug: &str) -> String {
    format!("/o/{slug}/settings/accounts")
}
