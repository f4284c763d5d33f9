//! A database of its own for each test, on one server that the whole test run shares.
//!
//! The server is the embedded one, started by the first test that needs it and left running for some
//! seconds after the last, for the next test binary; `TEST_DATABASE_URL` names another. A test's
//! database is copied from a template, which is made once for each state of the migrations. Databases
//! that earlier tests left are dropped on the way.
//!
//! Included by the test binaries with `#[path = "../support/database.rs"] mod database;`.
use std::{
    env,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use trellis::postgres::{Options, Server};
use uuid::{NoContext, Timestamp, Uuid};

/// The number of the lock under which databases are made: the server refuses to copy one template
/// twice at a time. It is the server's, so it holds across processes.
const LOCK: i64 = 4711;

/// How old a database must be before somebody else's test may drop it.
const LEFT_AFTER: Duration = Duration::from_mins(2);

/// A fresh database with the migrations applied.
#[derive(Debug)]
pub struct TestDb {
    /// A few connections.
    pub pool: PgPool,
    /// For a pool or a connection of the test's own.
    pub options: PgConnectOptions,
    /// For a child process.
    pub url: String,
}

impl TestDb {
    /// Copies the template of these migrations, after making it if this is the first test to need it.
    pub async fn new(migrator: &Migrator) -> Self {
        let place = tokio::task::spawn_blocking(place).await.unwrap();
        let mut admin = PgConnection::connect_with(&place.options("postgres")).await.unwrap();
        drop_left(&mut admin).await;

        sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await.unwrap();
        let template = template(place, &mut admin, migrator).await;
        let name = database_name(SystemTime::now());
        run(&mut admin, format!("create database {name} template {template} strategy file_copy"))
            .await;
        admin.close().await.unwrap(); // and with it the lock

        let options = place.options(&name);
        let pool =
            PgPoolOptions::new().max_connections(5).connect_with(options.clone()).await.unwrap();
        Self { pool, options, url: place.url(&name) }
    }
}

/// Where the databases are made.
enum Place {
    /// This process's hold on the embedded server, for as long as the process lives.
    Embedded(Server),
    /// The server of `TEST_DATABASE_URL`.
    Given(PgConnectOptions),
}

impl Place {
    fn options(&self, database: &str) -> PgConnectOptions {
        let options: PgConnectOptions = match self {
            Self::Embedded(server) => server.url(database).parse().unwrap(),
            Self::Given(options) => options.clone().database(database),
        };
        options.disable_statement_logging()
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Embedded(server) => server.url(database),
            Self::Given(_) => self.options(database).to_url_lossy().to_string(),
        }
    }
}

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        if let Ok(url) = env::var("TEST_DATABASE_URL") {
            return Place::Given(url.parse().unwrap());
        }
        let name = format!("trellis-test-postgres-{}", nix::unistd::geteuid());
        let options = Options::new(env::temp_dir().join(name))
            .for_tests()
            .setting("max_connections", "300")
            .setting("shared_buffers", "64MB");
        match Server::start(&options) {
            Ok(server) => Place::Embedded(server),
            Err(error) => panic!("{error}"),
        }
    })
}

/// The name of the template with these migrations applied; makes it where it is missing.
async fn template(place: &Place, admin: &mut PgConnection, migrator: &Migrator) -> String {
    let checksums = migrator.iter().flat_map(|migration| &*migration.checksum);
    let hash = checksums.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let template = format!("template_{hash:016x}");
    let is_there: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&template)
            .fetch_one(&mut *admin)
            .await
            .unwrap();
    if !is_there {
        let draft = format!("{template}_draft");
        run(admin, format!("drop database if exists {draft} with (force)")).await;
        // As a new cluster of Trellis has it, whatever this server was made with, if the system knows it.
        let letters = "template template0 lc_ctype 'C.UTF-8'";
        let sql = format!("create database {draft} {letters}");
        if admin.execute(AssertSqlSafe(sql)).await.is_err() {
            run(admin, format!("create database {draft}")).await;
        }
        let mut database = PgConnection::connect_with(&place.options(&draft)).await.unwrap();
        migrator.run(&mut database).await.unwrap();
        database.close().await.unwrap();
        run(admin, format!("alter database {draft} rename to {template}")).await;
    }
    template
}

/// Drops two databases that earlier tests have left, which keeps their number from growing.
async fn drop_left(admin: &mut PgConnection) {
    let left: Vec<String> = sqlx::query_scalar(
        "select datname from pg_database d
         where datname like 'test\\_%' and datname < $1
           and not exists (select from pg_stat_activity a where a.datname = d.datname)
         order by datname limit 2",
    )
    .bind(database_name(SystemTime::now() - LEFT_AFTER))
    .fetch_all(&mut *admin)
    .await
    .unwrap();
    for name in left {
        let sql = format!("drop database if exists {name}");
        let _ = admin.execute(AssertSqlSafe(sql)).await; // another test may be dropping it
    }
}

/// A name that no other database has, and that sorts by its time.
fn database_name(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap();
    let time = Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
    format!("test_{}", Uuid::new_v7(time).simple())
}

async fn run(admin: &mut PgConnection, sql: String) {
    admin.execute(AssertSqlSafe(sql)).await.unwrap();
}
