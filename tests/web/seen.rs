//! What a test sees past the pages: who waits, the word of a refusal, and whether the doctor finds anything.

use std::time::Duration;

use sqlx::PgPool;
use trellis::doctor;
use trellis::error::{Error, Result};

use crate::harness::TestApp;

/// Waits until a session waits for a lock.
pub async fn somebody_waits(pool: &PgPool) {
    let sql = "select exists (select from pg_stat_activity \
               where datname = current_database() and wait_event_type = 'Lock')";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, bool>(sql).fetch_one(pool).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// The word for machines of a refusal.
#[track_caller]
pub fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal.code,
        Error::Stale => "stale",
        Error::NotFound => "not_found",
        Error::Forbidden(_) => "forbidden",
        other => panic!("{other:?}"),
    }
}

/// The doctor finds nothing.
pub async fn assert_well(app: &TestApp) {
    let checks = doctor::examine(&app.pool).await.unwrap();
    let off: Vec<_> = checks.into_iter().flat_map(|check| check.off).collect();
    assert_eq!(off, Vec::<String>::new());
}

/// The version of a row.
pub async fn version(app: &TestApp, table: &str, id: impl Into<uuid::Uuid>) -> i32 {
    let sql = format!("select version from {table} where id = $1");
    let id: uuid::Uuid = id.into();
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(&app.pool).await.unwrap()
}
