//! What a person may do with an organization.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{CommonPurpose, OrganizationName};
use crate::accounts::{Email, PersonName};
use crate::actor::{ADMINS, Actor, Origin, Role, Roles, Tenant};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, OrganizationId, UserId};
use crate::transaction::{Begun, begin};

mod access;
mod invitations;

pub use access::{change_roles, make_reset_link, remove_access, sign_out_everywhere};
pub use invitations::{
    Accepted, Accepting, Invitee, Made, accept, find_held, invite, renew, revoke, revoke_all_in,
};

/// Adds up what organizations count, for all of them: from time to time, by the program itself.
pub async fn merge_counts(pool: &PgPool) -> Result<()> {
    Ok(db::merge_counts(pool).await?)
}

/// An organization that is about to be, with its first admin.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// Its name.
    pub name: OrganizationName,
    /// What unites it.
    pub common_purpose: CommonPurpose,
    /// The user who becomes its first admin, and its first leader.
    pub admin: UserId,
    /// The admin's name.
    pub admin_name: PersonName,
    /// The admin's address.
    pub admin_email: Email,
}

/// Founds an organization and answers its first admin, who can act in it at once.
pub async fn found_in(
    tx: &mut PgConnection,
    new: &NewOrganization,
    at: DateTime<Utc>,
    origin: &Origin,
) -> Result<Actor> {
    let id = OrganizationId::new();
    let roles: Roles = [Role::Admin, Role::Leader].into_iter().collect();
    let slug = db::free_slug(&mut *tx, &slug::slugify(new.name.as_str())).await?;
    db::insert(tx, id, &slug, new, at).await?;
    let actor = Actor {
        tenant: Tenant::of(id),
        user: Some(new.admin),
        member: MemberId::new(),
        name: new.admin_name.to_string(),
        roles,
        at,
        once: None,
        origin: origin.clone(),
    };
    db::insert_first_admin(tx, &actor, &new.admin_email).await?;
    let event = NewEvent::new(
        "organization_founded",
        format!("founded {}", new.name),
        [id.0, actor.member.0],
    )
    .change(
        None,
        json!({"name": new.name, "common_purpose": new.common_purpose, "admin": new.admin_name}),
    );
    history::record(tx, &actor, event).await?;
    Ok(actor)
}

/// What an organization says of itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name.
    pub name: OrganizationName,
    /// What unites it.
    pub common_purpose: CommonPurpose,
}

/// Changes what an organization says of itself.
pub async fn change_settings(
    pool: &PgPool,
    actor: &Actor,
    version: i32,
    settings: &Settings,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_administer(actor)?;
    let before = db::find_settings(&mut *tx, actor.tenant).await?.ok_or(Error::NotFound)?;
    if !db::update_settings(&mut tx, actor.tenant, version, settings).await? {
        return Err(Error::Stale);
    }
    let id = actor.tenant.organization_id().0;
    let event = NewEvent::new("organization_changed", "changed the organization's settings", [id])
        .change(
            json!({"name": before.name, "common_purpose": before.common_purpose}),
            json!({"name": settings.name, "common_purpose": settings.common_purpose}),
        );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The word of an organization in addresses.
pub async fn slug_of(pool: &PgPool, tenant: Tenant) -> Result<String> {
    Ok(db::find_slug(pool, tenant).await?)
}

/// Lets only admins on.
pub(crate) fn must_administer(actor: &Actor) -> Result<()> {
    if actor.roles.may_administer() { Ok(()) } else { Err(Error::Forbidden(ADMINS.into())) }
}
