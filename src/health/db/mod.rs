//! Every SQL statement about health checks.

mod ballots;
mod packs;
mod pages;
mod rounds;
mod schedules;

pub use ballots::*;
pub use packs::*;
pub use pages::*;
pub use rounds::*;
pub use schedules::*;

/// Gives the room of what closings deleted free: until then the rows' remains lie in the files of the tables, and after it until something
/// else is written there. If another instance is about it, it is done. The rounds themselves, whose rows remember who wrote last, take their
/// turn where one was closed `since`.
pub async fn vacuum(pool: &sqlx::PgPool, since: chrono::DateTime<chrono::Utc>) -> sqlx::Result<()> {
    sqlx::query!("vacuum (skip_locked) health_ballot, health_round_secret").execute(pool).await?;
    let closed = sqlx::query_scalar!(
        "select organization_id from health_round where closed_at >= $1 limit 1",
        since
    );
    if closed.fetch_optional(pool).await?.is_some() {
        sqlx::query!("vacuum (skip_locked) health_round_dimension, health_round")
            .execute(pool)
            .await?;
    }
    Ok(())
}
