//! Who signs in, and with which roles.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use super::{accounts_url, settings_url};
use crate::AppState;
use crate::accounts::link::{Link, without_referrer};
use crate::accounts::{CurrentUser, with_session};
use crate::actor::{Role, Roles};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::organizations::db::{self, AccessRow, AccountLine};
use crate::organizations::{Admin, Visitor, service};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused, ui};

/// Lines of the list at most; the search finds the others.
const LINES: i64 = 200;

/// Where one account is.
pub fn account_url(slug: &str, member: MemberId) -> String {
    format!("{}/{member}", accounts_url(slug))
}

// GET /o/{org}/settings/accounts

#[derive(Template)]
#[template(path = "organizations/accounts.html")]
struct AccountsPage {
    shell: Shell,
    visitor: Visitor,
    settings_url: String,
    url: String,
    q: String,
    lines: Vec<AccountLine>,
}

impl AccountsPage {
    fn invited(&self) -> impl Iterator<Item = &AccountLine> {
        self.lines.iter().filter(|line| line.invitation_id.is_some())
    }

    /// Where the list is without the filter, if there is one.
    fn clear(&self) -> Option<&str> {
        (!self.q.is_empty()).then_some(self.url.as_str())
    }

    fn moment(&self, at: &DateTime<Utc>) -> ui::Moment {
        ui::moment(*at, self.visitor.actor.at, self.visitor.time_zone)
    }

    fn is_over(&self, until: &DateTime<Utc>) -> bool {
        *until <= self.visitor.actor.at
    }

    fn is_cut(&self) -> bool {
        i64::try_from(self.lines.len()).is_ok_and(|n| n == LINES)
    }

    fn account_url(&self, member: &MemberId) -> String {
        account_url(&self.visitor.slug, *member)
    }

    fn roles(words: &[String]) -> String {
        Roles::parse(words).unwrap_or_default().to_string()
    }

    fn invited_roles(line: &AccountLine) -> String {
        Self::roles(line.invitation_roles.as_deref().unwrap_or_default())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountsQuery {
    q: String,
}

/// Shows who signs in.
pub async fn list(
    Admin(visitor): Admin,
    State(pool): State<PgPool>,
    Query(query): Query<AccountsQuery>,
) -> Result<Response> {
    let q = query.q.trim().to_owned();
    let search = (!q.is_empty()).then_some(q.as_str());
    let lines = db::list_accounts(&pool, visitor.tenant(), search, LINES).await?;
    page(&AccountsPage {
        shell: visitor.shell(Section::Settings),
        settings_url: settings_url(&visitor.slug),
        url: accounts_url(&visitor.slug),
        visitor,
        q,
        lines,
    })
}

// GET /o/{org}/settings/accounts/{member}

#[derive(Template)]
#[template(path = "organizations/account.html")]
pub struct AccountPage {
    shell: Shell,
    accounts_url: String,
    url: String,
    row: AccessRow,
    /// The roles that are ticked, by their words.
    pub roles: Vec<String>,
    /// After a conflict: the roles that are saved now.
    pub roles_now: Option<String>,
    /// The address to invite at.
    pub email: String,
    pub errors: FormErrors,
    is_own: bool,
    /// Until when an open invitation can be accepted.
    invited_until: Option<ui::Moment>,
}

impl AccountPage {
    /// The page as it is saved.
    pub async fn load(pool: &PgPool, visitor: &Visitor, member: MemberId) -> Result<Self> {
        let row = db::find_member(pool, visitor.tenant(), member).await?.ok_or(Error::NotFound)?;
        let (now, zone) = (visitor.actor.at, visitor.time_zone);
        let invited_until = match row.user_id {
            Some(_) => None,
            None => db::invited_until(pool, visitor.tenant(), member, now).await?,
        };
        Ok(Self {
            shell: visitor.shell(Section::Settings),
            invited_until: invited_until.map(|until| ui::moment(until, now, zone)),
            accounts_url: accounts_url(&visitor.slug),
            url: account_url(&visitor.slug, member),
            roles: row.roles.clone(),
            roles_now: None,
            email: row.email.clone().unwrap_or_default(),
            errors: FormErrors::default(),
            is_own: member == visitor.actor.member,
            row,
        })
    }

    fn is_ticked(&self, role: Role) -> bool {
        self.roles.iter().any(|word| word == role.word())
    }

    fn title(&self) -> String {
        Roles::parse(&self.row.roles).unwrap_or_default().to_string()
    }

    /// What the page says about a refusal that belongs to none of its fields.
    fn general(&self) -> Option<&str> {
        self.errors.general().first().copied()
    }
}

/// Shows one account.
pub async fn show(
    Admin(visitor): Admin,
    State(pool): State<PgPool>,
    Path((_, member)): Path<(String, MemberId)>,
) -> Result<Response> {
    page(&AccountPage::load(&pool, &visitor, member).await?)
}

// POST /o/{org}/settings/accounts/{member}/roles

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RolesForm {
    roles: Vec<String>,
    version: i32,
}

/// Changes the roles.
pub async fn change_roles(
    Admin(visitor): Admin,
    user: CurrentUser,
    State(state): State<AppState>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(form): Form<RolesForm>,
) -> Result<Response> {
    let mut page = AccountPage::load(&state.pool, &visitor, member).await?;
    let mut errors = FormErrors::default();
    if let Some(roles) = errors.check("roles", Roles::parse(&form.roles)) {
        let (pool, actor) = (&state.pool, &visitor.actor);
        match service::change_roles(pool, actor, user.session, member, roles, form.version).await {
            Ok(token) => {
                // Who has just given up being admin may not see this page any more.
                let to = if page.is_own && !roles.may_administer() {
                    format!("/o/{}", visitor.slug)
                } else {
                    account_url(&visitor.slug, member)
                };
                let text = format!("{} is now: {roles}.", page.row.name);
                return Ok(with_token(flash::redirect(&to, &text), &state.config, token));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    if errors.is_stale() {
        page = AccountPage::load(&state.pool, &visitor, member).await?;
        page.roles_now = Some(page.title());
    }
    page.roles = form.roles;
    page.errors = errors.clone();
    refused(&errors, &page)
}

fn with_token(response: Response, config: &Config, token: Option<String>) -> Response {
    match token {
        Some(token) => with_session(response, config, &token),
        None => response,
    }
}

// POST /o/{org}/settings/accounts/{member}/sign-out

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoFields {}

/// Signs a member out everywhere.
pub async fn sign_out(
    Admin(visitor): Admin,
    user: CurrentUser,
    State(pool): State<PgPool>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    service::sign_out_everywhere(&pool, &visitor.actor, user.session, member).await?;
    let text = if member == visitor.actor.member {
        "You are signed out of every other browser."
    } else {
        "They are signed out of every browser."
    };
    Ok(flash::redirect(&account_url(&visitor.slug, member), text))
}

// POST /o/{org}/settings/accounts/{member}/remove

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemoveForm {
    version: i32,
}

/// Takes account and roles from a member.
pub async fn remove(
    Admin(visitor): Admin,
    user: CurrentUser,
    State(state): State<AppState>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(form): Form<RemoveForm>,
) -> Result<Response> {
    let AppState { pool, config, .. } = &state;
    match service::remove_access(pool, &visitor.actor, user.session, member, form.version).await {
        Ok(Some(token)) => {
            let response = Redirect::to("/").into_response();
            Ok(with_session(response, config, &token))
        }
        Ok(None) => Ok(flash::redirect(
            &accounts_url(&visitor.slug),
            "The access is removed. The member stays in the organization.",
        )),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let mut page = AccountPage::load(pool, &visitor, member).await?;
            page.roles_now = errors.is_stale().then(|| page.title());
            page.errors = errors.clone();
            refused(&errors, &page)
        }
    }
}

// POST /o/{org}/settings/accounts/{member}/reset

/// A link that is shown once, to be copied.
#[derive(Template)]
#[template(path = "organizations/link.html")]
struct LinkPage {
    shell: Shell,
    accounts_url: String,
    title: &'static str,
    sentence: String,
    link: String,
    back: String,
}

/// Shows a link, this once.
pub fn shown_once(
    visitor: &Visitor,
    config: &Config,
    link: Link,
    token: &str,
    (member, name): (MemberId, &str),
) -> Result<Response> {
    let (title, sentence) = match link {
        Link::Reset => (
            "A link for a new password",
            format!("Give it to {name}. It works once, within 30 minutes."),
        ),
        Link::Invitation | Link::Setup => (
            "The invitation is ready",
            format!("Give this link to {name}. It works once, within 7 days."),
        ),
    };
    page(&LinkPage {
        shell: visitor.shell(Section::Settings),
        accounts_url: accounts_url(&visitor.slug),
        title,
        sentence,
        link: link.url(config, token),
        back: account_url(&visitor.slug, member),
    })
    .map(without_referrer)
}

/// Makes a link for a new password.
pub async fn reset(
    Admin(visitor): Admin,
    State(state): State<AppState>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    let mut page = AccountPage::load(&state.pool, &visitor, member).await?;
    let per_hour = state.config.limits.invitations_per_hour;
    match service::make_reset_link(&state.pool, &visitor.actor, per_hour, member).await {
        Ok(Some(token)) => {
            let whom = (member, page.row.name.as_str());
            shown_once(&visitor, &state.config, Link::Reset, &token, whom)
        }
        Ok(None) => Ok(shown_before(&visitor, member)),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            page.errors = errors.clone();
            refused(&errors, &page)
        }
    }
}

/// The same form came before: its link was shown then and is kept nowhere.
pub fn shown_before(visitor: &Visitor, member: MemberId) -> Response {
    let text = "The link was shown already. Make a new one if you have not copied it.";
    flash::redirect_bad(&account_url(&visitor.slug, member), text)
}
