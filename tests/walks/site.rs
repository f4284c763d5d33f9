//! What walks begin with: servers over a test's database, and people who are signed in.

use sqlx::PgPool;
use trellis::accounts::service::open_session_in;
use trellis::actor::Origin;
use trellis::clock::Clock;
use trellis::ids::UserId;
use uuid::Uuid;

use crate::program::Program;

/// Starts an instance over a database, without limits that a walk could meet.
pub fn serve(database_url: &str) -> Program {
    serve_at("127.0.0.1:0", database_url)
}

/// Starts an instance at the address of one that was stopped.
pub fn serve_at(address: &str, database_url: &str) -> Program {
    let limits = ["--requests-per-minute", "100000", "--sign-in-burst", "1000"];
    let rest = ["--development", "--database-url", database_url];
    Program::serve_at(address, &[limits.as_slice(), &rest].concat())
}

/// The token of a new session.
pub async fn session(pool: &PgPool, user: UserId) -> String {
    let mut tx = pool.begin().await.unwrap();
    let now = Clock::default().now();
    let token = open_session_in(&mut tx, user, now, &Origin::default(), "A walk").await.unwrap();
    tx.commit().await.unwrap();
    token
}

/// The token of a new session of a member.
pub async fn session_of(pool: &PgPool, member: &str) -> String {
    let member: Uuid = member.parse().unwrap();
    let user = sqlx::query_scalar("select user_id from member where id = $1").bind(member);
    session(pool, user.fetch_one(pool).await.unwrap()).await
}
