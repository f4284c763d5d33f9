//! Founding an organization, and the link that lets the first admin do it.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::db;
use crate::accounts::service::{NewUser, create_user_in, is_anybody, sign_in_browser_in};
use crate::accounts::{
    Browser, Email, LinkSpent, Passwords, PersonName, SignedIn, check_password_of,
};
use crate::actor::{Actor, Origin};
use crate::error::Result;
use crate::organizations::service::{NewOrganization, found_in, slug_of};
use crate::organizations::{CommonPurpose, OrganizationName};
use crate::{demo, health, secret, skills, squads};

/// The name of the organization that the demo is in.
const DEMO_NAME: &str = "Norvik Energy";
/// What unites it.
const DEMO_PURPOSE: &str = "Every home warm and lit, at a fair price, with less carbon each year.";

/// Makes a user and the organization that they are the first admin of, with its catalogues.
pub async fn found(
    pool: &PgPool,
    admin: &NewUser,
    name: &OrganizationName,
    common_purpose: &CommonPurpose,
    at: DateTime<Utc>,
    origin: &Origin,
) -> Result<Actor> {
    let mut tx = pool.begin().await?;
    let actor = found_with_admin_in(&mut tx, admin, name, common_purpose, at, origin).await?;
    tx.commit().await?;
    Ok(actor)
}

async fn found_with_admin_in(
    tx: &mut PgConnection,
    admin: &NewUser,
    name: &OrganizationName,
    common_purpose: &CommonPurpose,
    at: DateTime<Utc>,
    origin: &Origin,
) -> Result<Actor> {
    let user = create_user_in(tx, admin, at).await?;
    let new = NewOrganization {
        name: name.clone(),
        common_purpose: common_purpose.clone(),
        admin: user,
        admin_name: admin.name.clone(),
        admin_email: admin.email.clone(),
    };
    let actor = found_in(tx, &new, at, origin).await?;
    skills::service::seed_in(tx, &actor).await?;
    squads::service::seed_hats_in(tx, &actor).await?;
    health::service::seed_in(tx, &actor).await?;
    Ok(actor)
}

/// The token of a link that makes the first admin, while there is none; older ones end.
pub async fn ensure_link(pool: &PgPool, now: DateTime<Utc>) -> Result<Option<String>> {
    let mut tx = pool.begin().await?;
    if is_anybody(&mut *tx).await? {
        return Ok(None);
    }
    let token = secret::token();
    db::replace_link(&mut tx, &secret::sha256(&[token.as_bytes()]), now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// With what a new Trellis starts.
#[derive(Debug, Clone)]
pub enum Start {
    /// With an organization of one's own.
    Own {
        /// Its name.
        name: OrganizationName,
        /// What unites it.
        common_purpose: CommonPurpose,
    },
    /// With the demo organization.
    Demo,
}

/// What the first admin says at the setup.
#[derive(Debug, Clone)]
pub struct NewSetup {
    /// Their name.
    pub name: PersonName,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: String,
    /// With what they start.
    pub start: Start,
}

/// What came of the setup.
#[derive(Debug)]
pub struct SetUp {
    /// The organization in addresses.
    pub slug: String,
    /// The first admin's browser is signed in.
    pub signed_in: SignedIn,
}

/// Refuses a token whose link does nothing any more.
pub async fn check_link(pool: &PgPool, token: &str) -> Result<()> {
    let is_open = db::is_open(pool, &secret::sha256(&[token.as_bytes()])).await?;
    if is_open { Ok(()) } else { Err(LinkSpent.into()) }
}

/// Sets Trellis up, once: uses the link up, makes the first admin with the organization, and signs them in, in one
/// transaction. The demo is filled in after it.
pub async fn set_up(
    pool: &PgPool,
    passwords: &Passwords,
    token: &str,
    setup: &NewSetup,
    browser: &Browser,
    now: DateTime<Utc>,
) -> Result<SetUp> {
    check_link(pool, token).await?;
    let (name, common_purpose) = match &setup.start {
        Start::Own { name, common_purpose } => (name.clone(), common_purpose.clone()),
        Start::Demo => (OrganizationName::parse(DEMO_NAME)?, CommonPurpose::parse(DEMO_PURPOSE)?),
    };
    let names = [setup.name.as_str(), name.as_str()];
    check_password_of(&setup.password, true, setup.email.as_str(), names)?;
    let admin = NewUser {
        email: setup.email.clone(),
        name: setup.name.clone(),
        password_hash: passwords.hash(&setup.password).await?,
    };

    let mut tx = pool.begin().await?;
    if !db::consume_link(&mut tx, &secret::sha256(&[token.as_bytes()]), now).await? {
        return Err(LinkSpent.into());
    }
    let origin = &browser.origin;
    let actor = found_with_admin_in(&mut tx, &admin, &name, &common_purpose, now, origin).await?;
    let signed_in = match actor.user {
        Some(user) => sign_in_browser_in(&mut tx, user, now, browser).await?,
        None => return Err(LinkSpent.into()),
    };
    tx.commit().await?;

    if matches!(setup.start, Start::Demo) {
        demo::service::into_organization(pool, &actor).await?;
    }
    Ok(SetUp { slug: slug_of(pool, actor.tenant).await?, signed_in })
}
