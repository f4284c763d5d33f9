//! Making the demo.

use sqlx::PgPool;

use super::Options;
use crate::accounts::Passwords;
use crate::actor::Actor;
use crate::clock::Clock;
use crate::error::Result;

/// What was made.
#[derive(Debug, Default)]
pub struct Made {}

impl Made {
    /// Prints organizations, accounts with passwords, and ids.
    pub fn print(&self, json: bool) {
        let _ = json;
    }
}

/// Makes demo organizations.
pub async fn fill(
    pool: &PgPool,
    passwords: &Passwords,
    clock: &Clock,
    options: &Options,
) -> anyhow::Result<Made> {
    let _ = (pool, passwords, clock, options);
    Ok(Made::default())
}

/// Fills the organization of `actor` with the demo.
pub async fn into_organization(pool: &PgPool, actor: &Actor) -> Result<()> {
    let _ = (pool, actor);
    Ok(())
}
