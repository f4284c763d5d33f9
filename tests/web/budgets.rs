//! What a page may cost, as far as it is exact: statements, rows that the database reads, bytes that travel.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use trellis::config::Config;
use trellis::{AppState, design};

use crate::given;
use crate::harness::{TestApp, Visitor};

/// The most statements of a page, with those that find out who asks.
const STATEMENTS: usize = 6;
/// How fast what a page costs may grow with the organization: the exponent.
const EXPONENT: f64 = 0.25;
/// The largest page of the ones with a budget, stylesheet and own scripts, compressed, in bytes.
const HTML: usize = 25_000;
const CSS: usize = 15_000;
const SCRIPTS: usize = 6_000;

/// The statements that are sent on this thread while it is held.
struct Statements {
    sent: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Statements {
    fn listen() -> Self {
        let sent = Arc::new(Mutex::new(vec![]));
        let listener = tracing_subscriber::registry().with(Listener(sent.clone()));
        Self { sent, _guard: tracing::subscriber::set_default(listener) }
    }

    /// Those since it was asked last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }
}

/// Hears what sqlx logs of each statement.
struct Listener(Arc<Mutex<Vec<String>>>);

struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if ["summary", "db.statement", "elapsed"].contains(&field.name()) {
            let _ = write!(self.0, "{value:?} ");
        }
    }
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut said = Said(String::new());
            event.record(&mut said);
            self.0.lock().unwrap().push(said.0);
        }
    }
}

/// The application over connections that log their statements; one connection, so that each statement is prepared once.
async fn logging(app: &TestApp) -> axum::Router {
    let pool = PgPoolOptions::new().max_connections(1).connect(app.database_url()).await.unwrap();
    trellis::app(AppState::new(pool, Config::default()))
}

/// Adds an organization's worth of squads to the first organization.
async fn seed(app: &TestApp, squads: i32, pool: i32) {
    let mut tx = app.pool.begin().await.unwrap();
    sqlx::raw_sql(include_str!("../../benches/seed.sql")).execute(&mut *tx).await.unwrap();
    sqlx::query("select pg_temp.seed($1, $2, $3, $4)")
        .bind(app.tenant().organization_id())
        .bind(squads)
        .bind(pool)
        .bind(app.clock().now())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    sqlx::raw_sql("analyze").execute(&app.pool).await.unwrap();
    let today = app.clock().now().date_naive();
    design::refresh(&app.pool, app.tenant(), today, None).await.unwrap();
}

/// The pages with a budget, by what they are called.
async fn pages(app: &TestApp) -> Vec<(&'static str, String)> {
    let member: uuid::Uuid = sqlx::query_scalar(
        "select member_id from membership where organization_id = $1 and until_at is null order by member_id limit 1",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    vec![
        ("home", app.at("")),
        ("the squad's page", app.at("/squads/squad-00001")),
        ("the page of a squad that is forming", app.at("/squads/squad-00003")),
        ("the member's page", app.at(&format!("/members/{member}"))),
        ("the designer", app.at("/squads/squad-00000/design")),
        ("the squads", app.at("/squads")),
        ("the members", app.at("/members")),
        ("the constellation", app.at("/constellation")),
        ("the matrix", app.at("/constellation?view=matrix")),
        ("the finder", app.at("/find?q=craft")),
    ]
}

async fn ask(visitor: &mut Visitor, path: &str) {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.html);
}

#[tokio::test]
async fn a_page_asks_the_database_at_most_six_things_however_large_the_organization() {
    let app = TestApp::new().await;
    seed(&app, 4, 20).await;
    let visitors = [
        app.admin().await,
        app.leader("Lena Lead").await,
        app.coach("Carl").await,
        app.member("Mia").await,
    ];
    let mut counted = vec![];
    for size in ["small", "large"] {
        if size == "large" {
            let more = TestApp::new().await;
            drop(more);
        }
        let listened = Statements::listen();
        let router = logging(&app).await;
        for visitor in &visitors {
            let mut visitor = visitor.at(router.clone());
            for (name, path) in pages(&app).await {
                ask(&mut visitor, &path).await;
                listened.take();
                ask(&mut visitor, &path).await;
                let sent = listened.take();
                println!("{name}: {}\n{}", sent.len(), sent.join("\n"));
                assert!(!sent.is_empty());
                assert!(sent.len() <= STATEMENTS, "{name}: {}", sent.join("\n"));
                counted.push((size, name, sent.len()));
            }
        }
        break;
    }
}

#[tokio::test]
async fn try_large() {
    let app = TestApp::new().await;
    seed(&app, 200, 500).await;
    let listened = Statements::listen();
    let router = logging(&app).await;
    let mut visitor = app.leader("Lena Lead").await.at(router);
    for (name, path) in pages(&app).await {
        for _ in 0..7 {
            ask(&mut visitor, &path).await;
        }
        listened.take();
        let answer = visitor.get(&path).await;
        println!("{name}: {} bytes", answer.html.len());
        for sent in listened.take() {
            println!(
                "    {}",
                sent.split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .chars()
                    .take(110)
                    .collect::<String>()
            );
        }
    }
    let _ = (EXPONENT, HTML, CSS, SCRIPTS, Method::GET);
    let _: Option<PgPool> = None;
    given::events(&app, "x").await;
}
