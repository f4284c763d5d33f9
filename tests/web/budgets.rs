//! What a page may cost, as far as it is exact: statements, rows that the database reads, bytes that travel.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use trellis::config::Config;
use trellis::{AppState, design};

use crate::harness::{TestApp, Visitor};

/// The most statements of a page, with those that find out who asks.
const STATEMENTS: usize = 6;
/// How fast what a page costs may grow with the organization: the exponent.
const EXPONENT: f64 = 0.25;
/// The largest page, compressed, in bytes.
const HTML: usize = 25_000;

/// The statements that are sent on this thread while it is held.
pub struct Statements {
    sent: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Statements {
    pub fn listen() -> Self {
        let sent = Arc::new(Mutex::new(vec![]));
        let listener = tracing_subscriber::registry().with(Listener(sent.clone()));
        Self { sent, _guard: tracing::subscriber::set_default(listener) }
    }

    /// Those since it was asked last.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }
}

/// Hears what sqlx logs of each statement.
struct Listener(Arc<Mutex<Vec<String>>>);

struct Said(String);

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if ["summary", "db.statement"].contains(&field.name()) {
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
pub async fn logging(app: &TestApp) -> axum::Router {
    let pool = PgPoolOptions::new().max_connections(1).connect(app.database_url()).await.unwrap();
    trellis::app(AppState::new(pool, Config::default()))
}

/// Adds an organization's worth of squads to the first organization: `squads` of them, and `pool` members who are in none.
pub async fn seeded(app: &TestApp, squads: i32, pool: i32) {
    seeded_with_health(app, squads, pool, 0).await;
}

/// The same with so many health checks of each squad.
pub async fn seeded_with_health(app: &TestApp, squads: i32, pool: i32, rounds: i32) {
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
    if rounds > 0 {
        sqlx::query("select pg_temp.seed_health($1, $2, $3)")
            .bind(app.tenant().organization_id())
            .bind(rounds)
            .bind(app.clock().now())
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    sqlx::raw_sql("analyze").execute(&app.pool).await.unwrap();
}

/// Adds an organization's worth of squads to the first organization, with their summaries.
async fn seed(app: &TestApp, squads: i32, pool: i32) {
    seeded_with_health(app, squads, pool, 1).await;
    design::settle(&app.pool, app.tenant(), app.clock().now().date_naive()).await.unwrap();
}

/// A product that grows with the organization: as many squads serve it as there are, up to 40, with an apprentice for each.
async fn product(app: &TestApp) {
    use trellis::products::{
        GroupHat, NewProduct, ProductDescription, ProductName, WipLimit, service,
    };
    let (pool, founder) = (&app.pool, app.founder());
    let there: i64 =
        sqlx::query_scalar("select count(*) from product").fetch_one(pool).await.unwrap();
    if there > 0 {
        return;
    }
    let new = NewProduct {
        name: ProductName::parse("Norvik App").unwrap(),
        description: ProductDescription::parse("What customers hold in their hand.").unwrap(),
        key: None,
        lead: founder.member,
    };
    let product = service::create(pool, &founder, &new).await.unwrap();
    let first = (WipLimit::FIRST, WipLimit::FIRST);
    let squads: Vec<trellis::ids::TeamId> = sqlx::query_scalar(
        "select id from team where kind = 'squad' and state <> 'dissolved' order by id limit 40",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let members: Vec<trellis::ids::MemberId> = sqlx::query_scalar(
        "select id from member where id <> $1 and organization_id = $2 order by id limit $3",
    )
    .bind(founder.member)
    .bind(app.tenant().organization_id())
    .bind(i64::try_from(squads.len()).unwrap())
    .fetch_all(pool)
    .await
    .unwrap();
    for (squad, member) in squads.into_iter().zip(members) {
        service::serve(pool, &founder, product, squad, first).await.unwrap();
        let begun = service::begin_apprenticeship(pool, &founder, product, member).await.unwrap();
        plan(app, begun).await;
        service::give_hat(pool, &founder, product, GroupHat::Analyst, member).await.unwrap();
    }
}

/// The learning plan of an apprentice.
async fn plan(app: &TestApp, apprenticeship: trellis::ids::ApprenticeshipId) {
    use trellis::learning::{Focus, Source, Terms, service};
    let (founder, focus) = (app.founder(), Focus::parse("").unwrap());
    let terms = Terms { starts_on: founder.at.date_naive(), weeks: 12, focus, squad: None };
    let (pool, source) = (&app.pool, Source::First);
    service::make_plan(pool, &founder, apprenticeship, &terms, source).await.unwrap();
}

/// The pages with a budget, with those of the product.
async fn all_pages(app: &TestApp) -> Vec<(&'static str, String)> {
    product(app).await;
    let mut all = pages(app).await;
    all.push(("the products", app.at("/products")));
    all.push(("the product group", app.at("/products/norvik-app/group")));
    all.push(("the board", app.at("/products/norvik-app")));
    all.push(("the items", app.at("/products/norvik-app/items")));
    let file: Option<uuid::Uuid> = sqlx::query_scalar("select id from backlog_import limit 1")
        .fetch_optional(&app.pool)
        .await
        .unwrap();
    let file = match file {
        Some(file) => file,
        None => kept_file(app).await,
    };
    let import = app.at("/products/norvik-app/import");
    all.push(("the columns of a file", format!("{import}/{file}")));
    all.push(("the rows of a file", format!("{import}/{file}/rows")));
    all.push(("the import of items", import));
    all.push(("the flow", app.at("/products/norvik-app/flow")));
    all.push(("the apprenticeships", app.at("/learning")));
    let learner: uuid::Uuid = sqlx::query_scalar(
        "select member_id from apprenticeship where organization_id = $1 order by id limit 1",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    let plan = app.at(&format!("/products/norvik-app/learning/{learner}"));
    let request = coaching(app).await;
    all.push(("my work", app.at("/work")));
    all.push(("the board of coaching", app.at("/coaching")));
    all.push(("coaching that is over", app.at("/coaching?state=over")));
    all.push(("a coaching request", app.at(&format!("/coaching/{request}"))));
    all.push(("a squad's coaching", app.at("/squads/squad-00001/coaching")));
    for below in ["/practice", "/feedback", ""] {
        all.push(("a learning plan", format!("{plan}{below}")));
    }
    all.extend(health(app).await);
    all
}

/// Requests of as many squads as there are, up to 40, of which one is agreed and has sessions and notes; answers that one.
async fn coaching(app: &TestApp) -> uuid::Uuid {
    use trellis::actor::{Actor, Role, Roles};
    use trellis::coaching::{
        Ask, Better, ExitCriteria, FindingCode, Goal, NoteText, Terms, Topic, Tried, service,
    };
    let there = "select id from coaching_request where state = 'agreed' limit 1";
    if let Some(id) = sqlx::query_scalar(there).fetch_optional(&app.pool).await.unwrap() {
        return id;
    }
    let founder = app.founder();
    let members: Vec<(trellis::ids::TeamId, trellis::ids::MemberId, Vec<String>)> = sqlx::query_as(
        "select distinct on (t.id) t.id, m.id, m.roles from team t \
         join membership x on x.team_id = t.id and x.until_at is null join member m on m.id = x.member_id \
         where t.kind = 'squad' and t.state <> 'dissolved' order by t.id, m.id limit 40",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let coach = app.member_with("Cora Coach", &[Role::Coach]).await.actor();
    let (mut request, today) = (None, founder.at.date_naive());
    let speed: trellis::ids::DimensionId = sqlx::query_scalar(
        "select dimension_id from health_dimension_version where organization_id = $1 and name = 'Speed'",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    for (squad, member, roles) in members {
        let roles = Roles::parse(&roles).unwrap();
        let member = Actor { user: None, member, roles, ..founder.clone() };
        let ask = Ask {
            topic: Topic::parse("Pace is hurting us").unwrap(),
            tried: Tried::parse("Two retrospectives").unwrap(),
            better: Better::parse("Somebody holds the room").unwrap(),
            dimension: Some(speed),
            finding: FindingCode::default(),
        };
        let id = service::ask(&app.pool, &member, squad, &ask).await.unwrap();
        if request.replace(id).is_some() {
            continue;
        }
        service::pull(&app.pool, &coach, id).await.unwrap();
        let terms = Terms {
            goal: Goal::parse("We say no together").unwrap(),
            exit: ExitCriteria::parse("Four calm weeks").unwrap(),
            ends_on: today + chrono::TimeDelta::days(30),
            sessions: 3,
        };
        service::write_agreement(&app.pool, &coach, id, 0, &terms, today).await.unwrap();
        service::agree(&app.pool, &member, id, 1).await.unwrap();
        service::plan_session(&app.pool, &coach, id, founder.at).await.unwrap();
        let note = service::NewNote { text: NoteText::parse("Calm").unwrap(), is_private: false };
        service::write_note(&app.pool, &coach, id, None, &note).await.unwrap();
    }
    sqlx::query_scalar(there).fetch_one(&app.pool).await.unwrap()
}

/// The pages of a squad's health, after two rounds that are closed, with one that is open.
async fn health(app: &TestApp) -> Vec<(&'static str, String)> {
    use trellis::health::service::{PastRound, pack_of, past};
    use trellis::health::{Answer, Colour, Comment};
    let url = app.at("/squads/squad-00001/health");
    let squad: trellis::ids::TeamId =
        sqlx::query_scalar("select id from team where slug = 'squad-00001'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let there: i64 = sqlx::query_scalar(
        "select count(*) from health_round where team_id = $1 and closed_at is null",
    )
    .bind(squad)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    if there == 0 {
        let coach = app.coach("Hana Sato").await.actor();
        let crew: Vec<trellis::ids::MemberId> = sqlx::query_scalar(
            "select member_id from membership where team_id = $1 and until_at is null",
        )
        .bind(squad)
        .fetch_all(&app.pool)
        .await
        .unwrap();
        let (pack, questions) = pack_of(&app.pool, &coach, "squad-health").await.unwrap();
        let said = Answer {
            colour: Colour::Amber,
            trend: None,
            comment: Comment::parse("Fewer meetings").unwrap(),
        };
        let places = 1..=i16::try_from(questions.len()).unwrap();
        let all =
            crew.iter().flat_map(|one| places.clone().map(|place| (*one, place, said.clone())));
        let all: Vec<_> = all.collect();
        let day = chrono::TimeDelta::days(1);
        let round = |ago: i32, is_open: bool| PastRound {
            pack,
            opened: (coach.at - day * ago, coach.member),
            closes_at: coach.at + day,
            closed: (!is_open).then_some((coach.at - day * (ago - 1), coach.member)),
            answers: all.clone(),
        };
        let rounds = [round(9, false), round(6, false), round(3, true)];
        past(&app.pool, &coach, squad, &rounds).await.unwrap();
    }
    let rounds: Vec<uuid::Uuid> = sqlx::query_scalar(
        "select id from health_round where team_id = $1 order by opened_at desc limit 2",
    )
    .bind(squad)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    vec![
        ("the squad's health", url.clone()),
        ("an open health check", format!("{url}/{}", rounds[0])),
        ("a closed health check", format!("{url}/{}", rounds[1])),
        ("the health packs", app.at("/health/packs")),
        ("a health pack", app.at("/health/packs/squad-health")),
        ("the planned health checks", app.at("/health/schedules")),
    ]
}

/// A file that waits to be imported into the product.
async fn kept_file(app: &TestApp) -> uuid::Uuid {
    let product: trellis::ids::ProductId =
        sqlx::query_scalar("select id from product limit 1").fetch_one(&app.pool).await.unwrap();
    let text = include_str!("../data/jira.csv");
    let file = ("jira.csv", text);
    let by = app.founder();
    trellis::backlog::service::keep_file(&app.pool, &by, product, file, 100).await.unwrap().0
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
    let metric: uuid::Uuid = sqlx::query_scalar(
        "select m.id from metric m join team t on t.id = m.team_id where t.organization_id = $1 and t.slug = 'squad-00001'",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    vec![
        ("the metrics", app.at("/squads/squad-00001/metrics")),
        ("the metric's page", app.at(&format!("/squads/squad-00001/metrics/{metric}"))),
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
        ("the dashboard", app.at("/health")),
        ("the whole dashboard", app.at("/health?all=1")),
        ("the dashboard as a file", app.at("/health.csv")),
        ("the coloured constellation", coloured(app).await),
    ]
}

/// The constellation in the colours of a dimension.
async fn coloured(app: &TestApp) -> String {
    let dimension: uuid::Uuid = sqlx::query_scalar(
        "select dimensions[1] from health_board where organization_id = $1 limit 1",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    app.at(&format!("/constellation?colour={dimension}"))
}

async fn ask(visitor: &mut Visitor, path: &str) {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.html);
}

#[tokio::test]
async fn a_page_asks_the_database_at_most_six_things_however_large_the_organization() {
    let mut counted: Vec<Vec<(&str, usize)>> = vec![];
    for (squads, pool) in [(4, 20), (40, 200)] {
        let app = TestApp::new().await;
        seed(&app, squads, pool).await;
        let visitors = [app.admin().await, app.coach("Carl Coach").await, app.member("Mia").await];
        let listened = Statements::listen();
        let router = logging(&app).await;
        let mut counts = vec![];
        for visitor in &visitors {
            let mut visitor = visitor.at(router.clone());
            for (name, path) in all_pages(&app).await {
                // Designing is for those who design; the others get no page, and a smaller count.
                visitor.get(&path).await;
                listened.take();
                visitor.get(&path).await;
                let sent = listened.take();
                assert!(!sent.is_empty(), "{name}: nothing is counted");
                assert!(sent.len() <= STATEMENTS, "{name}: {}", sent.join("\n"));
                counts.push((name, sent.len()));
            }
        }
        counted.push(counts);
    }
    // Home draws the map only of a small organization.
    for ((name, small), (_, large)) in counted[0].iter().zip(&counted[1]) {
        assert!(
            large <= small,
            "{name}: {small}, and {large} with ten times the squads and members"
        );
    }
}

/// How many rows the database reads for a page, as it counts them itself; the fewest of some tries, since it also counts
/// what it does by itself.
pub async fn rows_read(app: &TestApp, visitor: &mut Visitor, own: &PgPool, path: &str) -> i64 {
    let read = "select tup_returned + tup_fetched from pg_stat_database where datname = current_database()";
    let mut least = i64::MAX;
    for _ in 0..5 {
        // The connection of the page has said nothing yet of what it read before.
        sqlx::query("select pg_stat_force_next_flush()").execute(own).await.unwrap();
        let before: i64 = sqlx::query_scalar(read).fetch_one(&app.pool).await.unwrap();
        ask(visitor, path).await;
        sqlx::query("select pg_stat_force_next_flush()").execute(own).await.unwrap();
        let after: i64 = sqlx::query_scalar(read).fetch_one(&app.pool).await.unwrap();
        least = least.min(after - before);
    }
    least
}

#[tokio::test]
async fn a_page_of_fifty_reads_as_much_of_a_large_organization_as_of_a_small_one() {
    let sizes = [60, 600];
    let mut read: Vec<Vec<(&str, i64)>> = vec![];
    for squads in sizes {
        let app = TestApp::new().await;
        seed(&app, squads, 0).await;
        let own =
            PgPoolOptions::new().max_connections(1).connect(app.database_url()).await.unwrap();
        let router = trellis::app(AppState::new(own.clone(), Config::default()));
        let mut leader = app.leader("Lena Lead").await.at(router);
        let mut counts = vec![];
        for (name, path) in pages(&app).await {
            if ["the squads", "the member's page", "the dashboard"].contains(&name) {
                for _ in 0..7 {
                    ask(&mut leader, &path).await;
                }
                counts.push((name, rows_read(&app, &mut leader, &own, &path).await));
            }
        }
        read.push(counts);
    }
    for ((name, few), (_, many)) in read[0].iter().zip(&read[1]) {
        assert!(*few > 50, "{name}: {few} rows are counted");
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let exponent = (*many as f64 / *few as f64).log10();
        assert!(exponent <= EXPONENT, "{name}: {few} rows, then {many}: exponent {exponent:.2}");
    }
}

#[tokio::test]
async fn a_page_stays_small_on_its_way() {
    let app = TestApp::new().await;
    seed(&app, 200, 500).await;
    // They lead the product, and see every page.
    let founder = app.visitor(&app.founder()).await;
    for (name, path) in all_pages(&app).await {
        let cookies: Vec<_> =
            founder.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::get(&path)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::ACCEPT_ENCODING, "zstd");
        let answer =
            app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "zstd", "{name}");
        let size = to_bytes(answer.into_body(), 1 << 20).await.unwrap().len();
        // 200 squads at once, for whoever asks for them: the page itself has 50.
        let most = if name == "the whole dashboard" { 2 * HTML } else { HTML };
        assert!(size <= most, "{name}: {size} bytes");
    }
}
