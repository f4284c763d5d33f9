//! Coming to a database: the embedded one or another, the pool, and the migrations.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::time::timeout;

use crate::MIGRATOR;
use crate::config::Database;
use crate::postgres::{self, Options, Server};

/// How long a request waits for a connection (RELIABILITY R15).
const ACQUIRE: Duration = Duration::from_secs(2);

/// Connections at most, unless it is set.
const MOST_CONNECTIONS: u32 = 16;

/// The number of the lock that only one migrator holds.
const MIGRATION_LOCK: i64 = 0x0074_7265_6c6c_0001;

/// A database that is there to be used.
pub struct Opened {
    /// Connections for the application.
    pub pool: PgPool,
    /// The embedded server, which ends with the last program that holds it.
    server: Option<Server>,
    direct: PgConnectOptions,
}

impl Opened {
    /// Whether this is the embedded database.
    pub fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// How to reach the database past a pooler, as LISTEN must.
    pub fn direct(&self) -> PgConnectOptions {
        self.direct.clone()
    }

    /// Closes the pool and lets go of the embedded server.
    pub async fn close(self) -> anyhow::Result<()> {
        self.pool.close().await;
        if let Some(server) = self.server {
            tokio::task::spawn_blocking(move || server.stop()).await??;
        }
        Ok(())
    }

    /// Brings the schema up to date (R22): past a pooler, one migrator at a time, giving way to long locks.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        migrate(&self.direct).await
    }
}

/// The folder of the embedded database: as configured, or the platform's.
pub fn data_folder(config: &Database) -> anyhow::Result<PathBuf> {
    if let Some(data) = config.data.as_ref().filter(|data| !data.as_os_str().is_empty()) {
        return Ok(data.clone());
    }
    if nix::unistd::geteuid().is_root() {
        // The account that Postgres runs as could not enter root's home.
        return Ok(PathBuf::from("/var/lib/trellis"));
    }
    let base =
        dirs::data_dir().context("this platform names no data directory: give one with --data")?;
    Ok(base.join("trellis"))
}

/// Opens the database that `config` names; the embedded one is started and migrated on the way.
pub async fn open(config: &Database) -> anyhow::Result<Opened> {
    let is_set = |url: &&SecretString| !url.expose_secret().trim().is_empty();
    if let Some(url) = config.database_url.as_ref().filter(is_set) {
        let options = read(url)?;
        let direct = match config.database_direct_url.as_ref().filter(is_set) {
            Some(url) => read(url)?,
            None => options.clone(),
        };
        let pool = connect(options, config.database_connections).await?;
        return Ok(Opened { pool, server: None, direct });
    }
    let folder = data_folder(config)?;
    let (fetches, in_folder) = (config.fetch_postgres, folder.clone());
    let server = tokio::task::spawn_blocking(move || start(&in_folder, fetches)).await??;
    let options: PgConnectOptions =
        postgres::prepare(&server).await?.parse().context("reading the embedded URL")?;
    migrate(&options).await?;
    let pool = connect(options.clone(), config.database_connections).await?;
    Ok(Opened { pool, server: Some(server), direct: options })
}

/// Starts the embedded server, after fetching its binaries where that was asked for and none are installed.
fn start(folder: &Path, fetches: bool) -> Result<Server, postgres::Error> {
    let mut options = Options::new(folder);
    match Server::start(&options) {
        Err(postgres::Error::NoBinaries { .. }) if fetches => {
            options.bindir = Some(postgres::fetch(&folder.join("postgres"))?);
            Server::start(&options)
        }
        other => other,
    }
}

/// Reads a URL; what is wrong with it could show the password, so it is not said.
fn read(url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    url.expose_secret().parse().map_err(|_: sqlx::Error| {
        anyhow!("the database URL is not readable: write it like postgres://user:password@host:5432/database")
    })
}

/// Says in one sentence why there is no connection. A pool would try again and say only that it waited.
async fn try_once(options: &PgConnectOptions) -> anyhow::Result<()> {
    let server = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let tried = timeout(ACQUIRE, options.connect()).await;
    match tried {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(sqlx::Error::Database(error))) => {
            bail!("the database server at {server} refuses: {}", error.message())
        }
        Ok(Err(sqlx::Error::Io(error))) => {
            let cause = error.to_string();
            let cause = cause.split(" (os error").next().unwrap_or_default();
            bail!(
                "the database server at {server} does not answer ({cause}): start it, or correct the database URL"
            )
        }
        Ok(Err(error)) => {
            Err(error).with_context(|| format!("connecting to the database server at {server}"))
        }
        Err(_) => bail!(
            "the database server at {server} does not answer in time: start it, or correct the database URL"
        ),
    }
}

/// How many connections there are at most. Statements of a database on this machine run on the processors that pages are made on: more of them
/// at once take a fifth more for the same work. One elsewhere is mostly waited for.
fn connections(asked: Option<u32>, options: &PgConnectOptions) -> u32 {
    let is_here = options.get_socket().is_some()
        || options.get_host().starts_with('/')
        || matches!(options.get_host(), "localhost" | "127.0.0.1" | "::1");
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let of_processors = u32::try_from(processors * 4).unwrap_or(MOST_CONNECTIONS);
    let usual = if is_here { of_processors.clamp(8, MOST_CONNECTIONS) } else { MOST_CONNECTIONS };
    asked.unwrap_or(usual)
}

async fn connect(options: PgConnectOptions, asked: Option<u32>) -> anyhow::Result<PgPool> {
    let connections = connections(asked, &options);
    try_once(&options).await?;
    let options = options
        .application_name("trellis")
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
    // A connection is not asked before each use, which costs a third of a small page: one that broke is dropped
    // by the error that it gives, and none lives long.
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .max_lifetime(Duration::from_mins(30))
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .context("connecting to the database")?;
    check_pooler(&pool, connections).await?;
    Ok(pool)
}

/// Refuses a pooler that mixes up prepared statements: pgbouncer before 1.21 in transaction mode answers
/// statements with the results of others, which across organizations would be a leak (RELIABILITY 1.1).
async fn check_pooler(pool: &PgPool, connections: u32) -> anyhow::Result<()> {
    let asks = (0..i64::from(connections.min(8))).map(|lane| async move {
        for step in 0..25_i64 {
            let sent = lane * 1000 + step;
            let same: i64 =
                sqlx::query_scalar("select $1::bigint").bind(sent).fetch_one(pool).await?;
            let text: String =
                sqlx::query_scalar("select 'n' || $1::bigint").bind(sent).fetch_one(pool).await?;
            if same != sent || text != format!("n{sent}") {
                bail!("answers of the database are mixed up");
            }
        }
        anyhow::Ok(())
    });
    try_join_all(asks).await.map(|_| ()).context(
        "the database's connection pooler does not keep prepared statements apart: use pgbouncer 1.21 or newer \
         with max_prepared_statements, or pool_mode=session",
    )
}

async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection =
        PgConnection::connect_with(options).await.context("connecting to migrate")?;
    sqlx::query("set statement_timeout = 0").execute(&mut connection).await?;
    // What the application's own connections may take at most, by its role: a pooler would drop what a URL says.
    let limits = "alter role current_user set statement_timeout = '5s'; \
                  alter role current_user set lock_timeout = '2s'; \
                  alter role current_user set idle_in_transaction_session_timeout = '10s'";
    if let Err(error) = sqlx::raw_sql(limits).execute(&mut connection).await {
        tracing::warn!(%error, "the role's limits could not be set; set statement_timeout, lock_timeout and \
                                idle_in_transaction_session_timeout for it yourself");
    }
    let mut waited = 0;
    while !sqlx::query_scalar::<_, bool>("select pg_try_advisory_lock($1)")
        .bind(MIGRATION_LOCK)
        .fetch_one(&mut connection)
        .await?
    {
        if waited == 600 {
            bail!("another migration has been running for a minute: try again when it is done");
        }
        waited += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    sqlx::query("set lock_timeout = '3s'").execute(&mut connection).await?;
    let mut migrator = sqlx::migrate::Migrator { ..sqlx::migrate!() };
    migrator.set_locking(false).set_ignore_missing(true);
    for attempt in 1.. {
        match migrator.run(&mut connection).await {
            Ok(()) => break,
            Err(error) if attempt < 5 && error.to_string().contains("lock timeout") => {
                tracing::warn!(attempt, "the tables are in use: trying the migration again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error).context("migrating the database"),
        }
    }
    connection.close().await?;
    Ok(())
}

/// Whether every migration of this program has been applied.
pub async fn is_current(pool: &PgPool) -> sqlx::Result<bool> {
    let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default();
    let is_made: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !is_made {
        return Ok(false);
    }
    sqlx::query_scalar(
        "select exists (select from _sqlx_migrations where version = $1 and success)",
    )
    .bind(newest)
    .fetch_one(pool)
    .await
}
