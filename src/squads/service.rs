//! What a person may do with squads.

use sqlx::PgConnection;

use super::db;
use crate::actor::Actor;
use crate::error::Result;

/// The hats that a new organization's catalogue begins with.
const HATS: [&str; 6] = ["Facilitator", "UX", "Analyst", "Researcher", "Content", "Quality"];

/// Gives a new organization its catalogue of hats.
pub async fn seed_hats_in(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    Ok(db::insert_hats(tx, actor.tenant, &HATS).await?)
}
