//! Migrations: each applies over data, and none asks for what running instances cannot give.

use std::borrow::Cow;

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};
use trellis::MIGRATOR;

use crate::database::TestDb;

/// Rows that a deployment has when the next migration comes.
const SAMPLE: &str = r"
    insert into user_account (id, email, name, password_hash, created_at)
    values (gen_random_uuid(), 'ada@example.org', 'Ada', '-', now());
    insert into organization (id, slug, name, created_at) values (gen_random_uuid(), 'norvik', 'Norvik', now());
    insert into member (organization_id, id, user_id, name, roles, created_at)
    select o.id, gen_random_uuid(), u.id, 'Ada', '{admin}', now() from organization o, user_account u;
";

#[tokio::test]
async fn the_migrations_apply_one_by_one_over_data() {
    let none = Migrator { migrations: Cow::Owned(vec![]), ..Migrator::DEFAULT };
    let db = TestDb::new(&none).await;

    let mut migrating = PgConnection::connect_with(&db.options).await.unwrap();
    for n in 1..=MIGRATOR.iter().count() {
        let some: Vec<_> = MIGRATOR.iter().take(n).cloned().collect();
        let step = Migrator { migrations: Cow::Owned(some), ..Migrator::DEFAULT };
        step.run(&mut migrating).await.unwrap();
        let is_ready: bool =
            sqlx::query_scalar("select to_regclass('member') is not null and not exists (select from pg_class where relname = 'sampled')")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        if is_ready {
            sqlx::raw_sql(SAMPLE).execute(&db.pool).await.unwrap();
            sqlx::raw_sql("create table sampled ()").execute(&db.pool).await.unwrap();
        }
    }

    let mut later = PgConnection::connect(&db.url).await.unwrap();
    let members: i64 =
        sqlx::query_scalar("select count(*) from member").fetch_one(&mut later).await.unwrap();
    assert_eq!(members, 1);
}

/// An instance of the version before goes on writing while a migration runs (RELIABILITY R22).
#[test]
fn no_migration_adds_a_column_that_older_instances_cannot_fill() {
    for migration in MIGRATOR.iter() {
        for statement in migration.sql.as_str().split(';') {
            let text = statement.to_lowercase();
            let adds = text.contains("alter table")
                && text.contains("add column")
                && text.contains("not null");
            // A generated column is filled by the database, whoever writes.
            let is_filled = text.contains("default") || text.contains("generated always as");
            assert!(!adds || is_filled, "{}: {statement}", migration.description);
        }
    }
}

#[test]
fn migrations_are_numbered_without_gaps_in_each_hundred() {
    let mut before = 0;
    for migration in MIGRATOR.iter() {
        assert!(migration.version > before);
        before = migration.version;
    }
}
