//! What a person may do with skills.

use sqlx::PgConnection;

use super::db;
use crate::actor::Actor;
use crate::error::Result;

/// Gives a new organization its catalogue: the four core capabilities.
pub async fn seed_in(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    Ok(db::insert_capabilities(tx, actor.tenant).await?)
}
