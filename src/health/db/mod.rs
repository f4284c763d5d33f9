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

/// Takes away for good what closings deleted: until then the rows' remains lie in the files of the tables. If another instance is
/// about it, it is done.
pub async fn vacuum(pool: &sqlx::PgPool) -> sqlx::Result<()> {
    sqlx::query!("vacuum (skip_locked) health_ballot, health_round_secret")
        .execute(pool)
        .await
        .map(|_| ())
}
