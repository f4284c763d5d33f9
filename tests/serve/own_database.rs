//! A server over a database that somebody else runs (R22): migrated by hand, and not to be relied on.
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use trellis::MIGRATOR;
use uuid::Uuid;

use crate::database::TestDb;
use crate::program::{Program, run};

#[tokio::test]
async fn a_server_refuses_an_old_schema_and_says_how_to_bring_it_up_to_date() {
    let db = TestDb::new(&MIGRATOR).await;
    let newest = "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
    db.pool.execute(newest).await.unwrap();

    let refused = run(&["serve", "--listen", "127.0.0.1:0", "--database-url", &db.url], "");

    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.out, "");
    assert!(
        refused.err.ends_with(
            "trellis: the database's schema is not current: run `trellis migrate` first\n"
        ),
        "{}",
        refused.err
    );
}

#[tokio::test]
async fn a_migrated_database_is_served_and_health_does_not_need_it() {
    let db = TestDb::new(&MIGRATOR).await;
    let own = OwnDatabase::new(&db).await;

    let first = run(&["migrate", "--database-url", &own.url], "");
    let again = run(&["migrate", "--database-url", &own.url], "");
    let server = Program::serve(&["--database-url", &own.url]);
    assert_eq!(server.status("/readyz"), 200);
    own.drop_database(&db).await;

    assert_eq!((first.code, first.out.as_str()), (Some(0), "the schema is current\n"), "{first:?}");
    assert_eq!((again.code, again.out.as_str()), (Some(0), "the schema is current\n"), "{again:?}");
    assert_eq!(server.get("/healthz"), (200, "ok".to_owned()));
    assert_eq!(server.get("/readyz"), (503, "the database does not answer".to_owned()));
    server.stop();
    own.drop_role(&db).await;
}

/// An empty database with a role of its own, since a migration sets limits for the role that makes it.
struct OwnDatabase {
    name: String,
    url: String,
}

impl OwnDatabase {
    async fn new(db: &TestDb) -> Self {
        let name = format!("serve_{}", Uuid::now_v7().simple());
        let mut admin = PgConnection::connect_with(&db.options).await.unwrap();
        run_all(
            &mut admin,
            &[
                format!("create role {name} login password '{name}'"),
                format!("create database {name} owner {name}"),
            ],
        )
        .await;
        let options = db.options.clone().username(&name).password(&name).database(&name);
        Self { name, url: options.to_url_lossy().to_string() }
    }

    async fn drop_database(&self, db: &TestDb) {
        let mut admin = PgConnection::connect_with(&db.options).await.unwrap();
        run_all(&mut admin, &[format!("drop database {} with (force)", self.name)]).await;
    }

    async fn drop_role(&self, db: &TestDb) {
        let mut admin = PgConnection::connect_with(&db.options).await.unwrap();
        run_all(&mut admin, &[format!("drop role {}", self.name)]).await;
    }
}

async fn run_all(admin: &mut PgConnection, statements: &[String]) {
    for statement in statements {
        admin.execute(AssertSqlSafe(statement.clone())).await.unwrap();
    }
}
