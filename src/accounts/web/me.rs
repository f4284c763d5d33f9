//! What a user sees and changes of their own account.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use super::frame;
use crate::AppState;
use crate::accounts::db::{self, Belonging, OpenSession};
use crate::accounts::session::with_session;
use crate::accounts::{CurrentUser, PersonName, browser_words, service};
use crate::actor::Roles;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::web::shell::{OrgLink, Shell, ShellMe, ShellOrg};
use crate::web::{Form, FormErrors, Path, flash, page, refused, ui};

const URL: &str = "/me";

// GET /me

#[derive(Template)]
#[template(path = "accounts/me.html")]
struct MePage {
    shell: Shell,
    user: CurrentUser,
    name: String,
    /// What is saved, where it differs from what was typed.
    name_now: Option<String>,
    version: i32,
    name_errors: FormErrors,
    password_errors: FormErrors,
    sessions: Vec<OpenSession>,
    organizations: Vec<Belonging>,
    now: DateTime<Utc>,
}

impl MePage {
    async fn load(pool: &PgPool, shell: Shell, user: CurrentUser) -> Result<Self> {
        let account = db::find_account(pool, user.id).await?.ok_or(Error::SignInRequired)?;
        let organizations = db::list_belongings(pool, user.id).await?;
        Ok(Self {
            shell: within(frame(shell, &user), &organizations),
            name: account.name,
            name_now: None,
            version: account.version,
            name_errors: FormErrors::default(),
            password_errors: FormErrors::default(),
            sessions: db::list_sessions(pool, user.id, user.at).await?,
            organizations,
            now: user.at,
            user,
        })
    }

    fn tz(&self) -> Tz {
        self.organizations.first().and_then(|it| it.time_zone.parse().ok()).unwrap_or(Tz::UTC)
    }

    fn moment(&self, at: &DateTime<Utc>) -> ui::Moment {
        ui::moment(*at, self.now, self.tz())
    }

    fn is_this(&self, session: &OpenSession) -> bool {
        session.id == self.user.session
    }

    fn browser(session: &OpenSession) -> String {
        browser_words(&session.user_agent)
    }

    fn roles(organization: &Belonging) -> String {
        Roles::parse(&organization.roles).unwrap_or_default().to_string()
    }
}

/// The frame with the way back to the organization that was looked at last, or to the only one.
fn within(shell: Shell, organizations: &[Belonging]) -> Shell {
    let last = organizations.iter().find(|it| Some(&it.slug) == shell.last.as_ref());
    let only = organizations.first().filter(|_| organizations.len() == 1);
    let Some(here) = last.or(only) else { return shell };
    let roles = Roles::parse(&here.roles).unwrap_or_default();
    let others = organizations.iter().filter(|it| it.slug != here.slug);
    let org = ShellOrg {
        name: here.name.clone(),
        slug: here.slug.clone(),
        others: others.map(|it| OrgLink { name: it.name.clone(), slug: it.slug.clone() }).collect(),
        squads: here.squads,
        core_teams: here.core_teams,
        members: here.members,
        coaching: here.coaching,
    };
    let me = shell.me.map(|me| ShellMe {
        role_line: roles.to_string(),
        member: Some(here.member.0),
        ..me
    });
    Shell { org: Some(org), me, may_administer: roles.may_administer(), ..shell }
}

/// Shows the account.
pub async fn show(user: CurrentUser, State(pool): State<PgPool>, shell: Shell) -> Result<Response> {
    page(&MePage::load(&pool, shell, user).await?)
}

// POST /me/name

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NameForm {
    name: String,
    version: i32,
}

/// Changes the name.
pub async fn rename(
    user: CurrentUser,
    State(pool): State<PgPool>,
    shell: Shell,
    Form(form): Form<NameForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    if let Some(name) = errors.check("name", PersonName::parse(&form.name)) {
        match service::rename(&pool, &user, form.version, &name).await {
            Ok(()) => return Ok(flash::redirect(URL, "Your name is saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    let mut page = MePage::load(&pool, shell, user).await?;
    page.name_now = errors.is_stale().then(|| page.name.clone());
    page.name = form.name;
    page.name_errors = errors.clone();
    refused(&errors, &page)
}

// POST /me/password

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordForm {
    current: String,
    password: String,
}

/// Changes the password; every other browser is signed out.
pub async fn change_password(
    user: CurrentUser,
    State(state): State<AppState>,
    shell: Shell,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    let both = (form.current.as_str(), form.password.as_str());
    match service::change_password(&state.pool, &state.passwords, &user, both).await {
        Ok(token) => {
            let text = "Your password is changed. Every other browser is signed out.";
            Ok(with_session(flash::redirect(URL, text), &state.config, &token))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let mut page = MePage::load(&state.pool, shell, user).await?;
            page.password_errors = errors.clone();
            refused(&errors, &page)
        }
    }
}

// POST /me/sessions/{session}/end, POST /me/sessions/end-others

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoFields {}

/// Signs one browser out.
pub async fn end(
    user: CurrentUser,
    State(pool): State<PgPool>,
    State(config): State<Arc<Config>>,
    Path(session): Path<SessionId>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    service::end_session(&pool, &user, session).await?;
    if session == user.session {
        let mut response = flash::redirect("/sign-in", "You are signed out.");
        crate::web::unset_cookie(&mut response, &config, config.session_cookie());
        return Ok(response);
    }
    Ok(flash::redirect(URL, "That browser is signed out."))
}

/// Signs every other browser out.
pub async fn end_others(
    user: CurrentUser,
    State(pool): State<PgPool>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    Ok(match service::end_other_sessions(&pool, &user).await? {
        0 => flash::redirect(URL, "You are signed in nowhere else."),
        _ => flash::redirect(URL, "Every other browser is signed out."),
    })
}
