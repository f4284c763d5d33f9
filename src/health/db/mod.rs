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
        r#"select exists (select from health_round where closed_at >= $1) as "closed!""#,
        since
    );
    if closed.fetch_one(pool).await? {
        sqlx::query!("vacuum (skip_locked) health_round_dimension, health_round")
            .execute(pool)
            .await?;
    }
    Ok(())
}
