//! The pages of accounts.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use sqlx::PgPool;

use super::{CurrentUser, db, service};
use crate::error::Result;
use crate::web::shell::{Section, Shell, ShellMe};
use crate::web::{Routes, Who, cookie, page};

mod me;
mod reset;
mod sign_in;

/// The addresses of accounts.
pub fn routes() -> Routes {
    Routes::new()
        .get("/", Who::Anyone, start)
        .get("/sign-in", Who::LinkHolder, sign_in::show)
        .post("/sign-in", Who::LinkHolder, sign_in::sign_in)
        .post("/sign-out", Who::Anyone, sign_in::sign_out)
        .get("/me", Who::User, me::show)
        .post("/me/name", Who::User, me::rename)
        .post("/me/password", Who::User, me::change_password)
        .post("/me/sessions/end-others", Who::User, me::end_others)
        .post("/me/sessions/{session}/end", Who::User, me::end)
        .get("/reset/{token}", Who::LinkHolder, reset::open)
        .get("/reset", Who::LinkHolder, reset::show)
        .post("/reset", Who::LinkHolder, reset::reset)
}

/// The frame of a page that belongs to no organization, for somebody who is signed in.
fn frame(shell: Shell, user: &CurrentUser) -> Shell {
    Shell {
        section: Section::Account,
        me: Some(ShellMe { name: user.name.clone(), ..ShellMe::default() }),
        ..shell
    }
}

// GET /

/// Somebody signed in who belongs to no organization, or nobody at all yet.
#[derive(Template)]
#[template(path = "accounts/start.html")]
struct StartPage {
    shell: Shell,
    /// Their address; nothing before anybody is there.
    email: Option<String>,
}

async fn start(
    user: Option<CurrentUser>,
    State(pool): State<PgPool>,
    shell: Shell,
    headers: HeaderMap,
) -> Result<Response> {
    let Some(user) = user else {
        return if service::is_anybody(&pool).await? {
            Ok(Redirect::to("/sign-in").into_response())
        } else {
            page(&StartPage { shell, email: None })
        };
    };
    let all = db::list_belongings(&pool, user.id).await?;
    let last = cookie(&headers, "org");
    match all.iter().find(|it| Some(&it.slug) == last.as_ref()).or(all.first()) {
        // What is the first page there, their roles there decide.
        Some(it) => Ok(Redirect::to(&format!("/o/{}/start", it.slug)).into_response()),
        None => page(&StartPage { shell: frame(shell, &user), email: Some(user.email) }),
    }
}
