//! What a person may do with an organization.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::db;
use super::domain::{CommonPurpose, OrganizationName};
use crate::accounts::{Email, PersonName};
use crate::actor::{Actor, Origin, Role, Roles, Tenant};
use crate::error::Result;
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, OrganizationId, UserId};

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
