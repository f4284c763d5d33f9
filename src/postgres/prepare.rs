//! The database of Trellis on its own server, and the role it works as.
use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Server;

/// The name of the role and of the database that it owns.
const TRELLIS: &str = "trellis";

/// The extensions that the migrations and the search use where they are available.
const EXTENSIONS: [&str; 2] = ["pg_trgm", "unaccent"];

/// What a statement, a wait for a lock and an idle transaction may take, so that none of them can hold
/// up the others for long. They are the role's, since a pooler between drops those of a connection.
const LIMITS: [&str; 3] = [
    "alter role trellis set statement_timeout = '5s'",
    "alter role trellis set lock_timeout = '2s'",
    "alter role trellis set idle_in_transaction_session_timeout = '10s'",
];

/// The number of the advisory lock under which one process at a time does this.
const LOCK: i64 = 0x0074_7265_6c6c_6973;

/// Makes the role, its limits, its database and the extensions where they are missing, and returns the
/// URL at which Trellis connects. The migrator lifts `statement_timeout` for itself.
pub async fn prepare(server: &Server) -> anyhow::Result<String> {
    let mut admin = PgConnection::connect(&server.url("postgres"))
        .await
        .context("connecting to the embedded database server")?;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await?;
    create(&mut admin).await.context("creating the role and the database of Trellis")?;
    add_extensions(server).await.context("adding extensions to the database of Trellis")?;
    admin.close().await?; // and with it the lock
    Ok(server.url_as(TRELLIS, TRELLIS))
}

async fn create(admin: &mut PgConnection) -> sqlx::Result<()> {
    let (has_role, has_database): (bool, bool) = sqlx::query_as(
        "select exists (select from pg_roles where rolname = $1),
                exists (select from pg_database where datname = $1)",
    )
    .bind(TRELLIS)
    .fetch_one(&mut *admin)
    .await?;
    if !has_role {
        admin.execute("create role trellis login").await?;
    }
    for limit in LIMITS {
        admin.execute(limit).await?;
    }
    if !has_database {
        admin.execute("create database trellis owner trellis").await?;
    }
    Ok(())
}

async fn add_extensions(server: &Server) -> sqlx::Result<()> {
    let mut database = PgConnection::connect(&server.url(TRELLIS)).await?;
    let missing: Vec<String> = sqlx::query_scalar(
        "select name from pg_available_extensions
         where name = any($1) and installed_version is null",
    )
    .bind(EXTENSIONS.as_slice())
    .fetch_all(&mut database)
    .await?;
    for name in missing {
        let sql = format!("create extension if not exists {name}"); // one of EXTENSIONS
        database.execute(AssertSqlSafe(sql)).await?;
    }
    database.close().await
}
