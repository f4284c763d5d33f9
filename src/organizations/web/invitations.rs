//! Inviting people.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::accounts::{AccountPage, NoFields, shown_before, shown_once};
use super::accounts_url;
use crate::AppState;
use crate::accounts::link::Link;
use crate::accounts::{Email, PersonName};
use crate::actor::{Role, Roles};
use crate::error::{Error, Result};
use crate::ids::{InvitationId, MemberId};
use crate::organizations::service::{self, Invitee, Made};
use crate::organizations::{Admin, Visitor, db};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

async fn link_page(state: &AppState, visitor: &Visitor, made: Made) -> Result<Response> {
    let Some(token) = made.token else { return Ok(shown_before(visitor, made.member)) };
    let row = db::find_member(&state.pool, visitor.tenant(), made.member)
        .await?
        .ok_or(Error::NotFound)?;
    let whom = (made.member, row.name.as_str());
    shown_once(visitor, &state.config, Link::Invitation, &token, whom)
}

// POST /o/{org}/settings/accounts/{member}/invite

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InviteForm {
    email: String,
    roles: Vec<String>,
}

/// Invites a member.
pub async fn invite(
    Admin(visitor): Admin,
    State(state): State<AppState>,
    Path((_, member)): Path<(String, MemberId)>,
    Form(form): Form<InviteForm>,
) -> Result<Response> {
    let mut page = AccountPage::load(&state.pool, &visitor, member).await?;
    let mut errors = FormErrors::default();
    let email = errors.check("email", Email::parse(&form.email));
    let roles = errors.check("roles", Roles::parse(&form.roles));
    if let (Some(email), Some(roles)) = (email, roles) {
        let per_hour = state.config.limits.invitations_per_hour;
        let (pool, actor) = (&state.pool, &visitor.actor);
        match service::invite(pool, actor, per_hour, &Invitee::Member(member), &email, roles).await
        {
            Ok(made) => return link_page(&state, &visitor, made).await,
            Err(error) => errors.absorb(error)?,
        }
    }
    page.email = form.email;
    page.roles = form.roles;
    page.errors = errors.clone();
    refused(&errors, &page)
}

// GET /o/{org}/settings/invitations/new, POST /o/{org}/settings/invitations

#[derive(Template)]
#[template(path = "organizations/invite.html")]
struct NewPage {
    shell: Shell,
    accounts_url: String,
    slug: String,
    form: NewForm,
    errors: FormErrors,
}

impl NewPage {
    fn is_ticked(&self, role: Role) -> bool {
        self.form.roles.iter().any(|word| word == role.word())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewForm {
    name: String,
    email: String,
    roles: Vec<String>,
}

fn new_page(visitor: &Visitor, form: NewForm, errors: FormErrors) -> NewPage {
    NewPage {
        shell: visitor.shell(Section::Settings),
        accounts_url: accounts_url(&visitor.slug),
        slug: visitor.slug.clone(),
        form,
        errors,
    }
}

/// Shows the form for somebody who is no member yet.
pub async fn new(Admin(visitor): Admin) -> Result<Response> {
    page(&new_page(&visitor, NewForm::default(), FormErrors::default()))
}

/// Invites somebody who is no member yet.
pub async fn create(
    Admin(visitor): Admin,
    State(state): State<AppState>,
    Form(form): Form<NewForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    let name = errors.check("name", PersonName::parse(&form.name));
    let email = errors.check("email", Email::parse(&form.email));
    let roles = errors.check("roles", Roles::parse(&form.roles));
    if let (Some(name), Some(email), Some(roles)) = (name, email, roles) {
        let per_hour = state.config.limits.invitations_per_hour;
        let (pool, actor) = (&state.pool, &visitor.actor);
        match service::invite(pool, actor, per_hour, &Invitee::New(name), &email, roles).await {
            Ok(made) => return link_page(&state, &visitor, made).await,
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors.clone(), &new_page(&visitor, form, errors))
}

// POST /o/{org}/settings/invitations/{invitation}/revoke

/// Takes an invitation back.
pub async fn revoke(
    Admin(visitor): Admin,
    State(pool): State<PgPool>,
    Path((_, invitation)): Path<(String, InvitationId)>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    service::revoke(&pool, &visitor.actor, invitation).await?;
    let text = "The invitation is taken back. Its link does nothing any more.";
    Ok(flash::redirect(&accounts_url(&visitor.slug), text))
}

// POST /o/{org}/settings/invitations/{invitation}/renew

/// Makes a new link for an invitation.
pub async fn renew(
    Admin(visitor): Admin,
    State(state): State<AppState>,
    Path((_, invitation)): Path<(String, InvitationId)>,
    Form(_): Form<NoFields>,
) -> Result<Response> {
    let per_hour = state.config.limits.invitations_per_hour;
    let made = service::renew(&state.pool, &visitor.actor, per_hour, invitation).await?;
    link_page(&state, &visitor, made).await
}
