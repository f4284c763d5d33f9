//! The database of the application, and those of the tests.
use std::fs;

use sqlx::{Connection, PgConnection, migrate::Migrator};
use trellis::postgres::prepare;

use crate::{database::TestDb, folder::Folder};

#[tokio::test]
async fn trellis_gets_a_role_with_limits_and_a_database_of_its_own() {
    let folder = Folder::new();
    let options = folder.options();
    let server = tokio::task::spawn_blocking(move || trellis::postgres::Server::start(&options))
        .await
        .unwrap()
        .unwrap();

    let (first, second) = tokio::join!(prepare(&server), prepare(&server));
    let url = prepare(&server).await.unwrap();

    assert_eq!((first.unwrap(), second.unwrap()), (url.clone(), url.clone()));
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for (question, answer) in [
        ("select current_user::text", "trellis"),
        ("select current_database()::text", "trellis"),
        ("show is_superuser", "off"),
        ("show statement_timeout", "5s"),
        ("show lock_timeout", "2s"),
        ("show idle_in_transaction_session_timeout", "10s"),
        ("show cluster_name", "trellis"),
        ("show listen_addresses", ""),
        // Letters of all languages have capitals; a fraction is none.
        ("select to_tsvector('simple', 'ÆRØ ½')::text", "'ærø':1"),
    ] {
        let found: String = sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, answer, "{question}");
    }
    let missing: i64 = sqlx::query_scalar(
        "select count(*) from pg_available_extensions
         where name in ('pg_trgm', 'unaccent') and installed_version is null",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(missing, 0);
    sqlx::query("create table otter ()").execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    let migration = folder.path().join("0001_otters.sql");
    fs::write(migration, "create table otter (name text)").unwrap();
    let migrator = Migrator::new(folder.path()).await.unwrap();

    let (one, other) = tokio::join!(TestDb::new(&migrator), TestDb::new(&migrator));

    sqlx::query("insert into otter values ('Ollie')").execute(&one.pool).await.unwrap();

    let mut child = PgConnection::connect(&one.url).await.unwrap();
    let mut stranger = PgConnection::connect_with(&other.options).await.unwrap();
    assert_eq!((otters(&mut child).await, otters(&mut stranger).await), (1, 0));
}

async fn otters(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from otter").fetch_one(connection).await.unwrap()
}
