//! H6 in what is kept: after the closing nothing joins a person to an answer, in no table, statistic or log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use sqlx::{AssertSqlSafe, Row};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use trellis::health::Colour;
use trellis::ids::RoundId;

use super::secrecy::NOTE;
use super::{World, rows};
use crate::access::patient;
use crate::harness::{TestApp, Visitor};

/// The tables of the database.
async fn tables(app: &TestApp) -> Vec<String> {
    let sql = "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1";
    sqlx::query_scalar(sql).fetch_all(&app.pool).await.unwrap()
}

/// The tables in which a row, read as text, holds one of these words, as a dump of the database would.
pub async fn tables_with(app: &TestApp, words: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for table in tables(app).await {
        let sql = format!(
            "select exists (select from {table} t where exists (select from unnest($1::text[]) w where position(w in t::text) > 0))"
        );
        let is_in: bool =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(words).fetch_one(&app.pool).await.unwrap();
        if is_in {
            found.insert(table);
        }
    }
    found
}

/// Every row of every table, as the transaction that wrote it and its text.
async fn all_rows(app: &TestApp) -> Vec<(String, String, String)> {
    let mut all = vec![];
    for table in tables(app).await {
        let sql = format!("select xmin::text as xmin, t::text as said from {table} t");
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&app.pool).await.unwrap() {
            all.push((table.clone(), row.get("xmin"), row.get("said")));
        }
    }
    all
}

/// Everything by which a voter is known.
async fn marks(app: &TestApp, voters: &[Visitor]) -> Vec<String> {
    let mut marks = vec![];
    for voter in voters {
        let actor = voter.actor();
        let user = actor.user.unwrap();
        let email: String = sqlx::query_scalar("select email from user_account where id = $1")
            .bind(user)
            .fetch_one(&app.pool)
            .await
            .unwrap();
        marks.extend([actor.member.to_string(), user.to_string(), actor.name.clone(), email]);
    }
    marks
}

/// How often somebody has used a one-time key.
async fn keys(app: &TestApp, voters: &[Visitor]) -> i64 {
    let users: Vec<_> = voters.iter().map(|voter| voter.actor().user.unwrap().0).collect();
    sqlx::query_scalar("select count(*) from idempotency_key where user_id = any ($1)")
        .bind(users)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn after_the_closing_nothing_joins_a_person_to_an_answer() {
    let app = patient().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let voters = &world.members[..6];
    let marks = marks(&app, voters).await;
    let events = count(&app, "select count(*) from event").await;
    // In a known order, through the front door, with a key of the client's own, and one of them twice.
    for who in [0, 1, 2, 3, 4, 5, 2] {
        for step in 1..=world.questions.len() {
            let colour = Colour::ALL[who % 3].word();
            let form = format!("at={step}&colour={colour}&trend=&comment={NOTE}+{who}");
            let headers = [
                ("content-type", "application/x-www-form-urlencoded"),
                ("sec-fetch-site", "same-origin"),
                ("idempotency-key", "a-key-that-can-be-known"),
            ];
            let url = world.at(&app, round, "/answer");
            let sent = voters[who].clone().send(Method::POST, &url, &headers, form).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        }
    }
    assert_eq!(count(&app, "select count(*) from event").await, events, "no event of an answer");
    assert_eq!(keys(&app, voters).await, 0, "and no hash of one");
    let ballots: BTreeSet<String> = texts(&app, "select xmin::text from health_ballot").await;
    let locked = texts(&app, "select xmax::text from health_round_dimension").await;
    assert!(!locked.is_disjoint(&ballots), "while it is open, a question knows the last of them");
    for (table, xmin, row) in all_rows(&app).await {
        assert!(
            table == "health_ballot" || !ballots.contains(&xmin),
            "{table} was written together with a ballot: {row}"
        );
    }

    world.close(&app, round).await;

    // Nothing that was written at the closing names a voter, and everything was written together.
    let left: BTreeSet<String> = texts(
        &app,
        "select xmin::text from health_result union select xmin::text from health_comment",
    )
    .await;
    assert_eq!(left.len(), 1);
    for (table, xmin, row) in all_rows(&app).await {
        let is_named = marks.iter().any(|mark| row.contains(mark));
        assert!(!(left.contains(&xmin) && is_named), "{table} names a voter: {row}");
        assert!(!(is_named && row.contains(NOTE)), "{table} has a note beside a voter: {row}");
    }
    let locked = texts(
        &app,
        "select xmax::text from health_round_dimension union select xmax::text from health_round",
    )
    .await;
    assert!(locked.is_disjoint(&ballots), "no question remembers who answered last");
    // A dump has the notes in one place, and the health tables name nobody at all.
    assert_eq!(
        tables_with(&app, &[NOTE.to_owned()]).await,
        BTreeSet::from(["health_comment".into()])
    );
    let named = tables_with(&app, &marks).await;
    assert!(named.iter().all(|table| !table.starts_with("health_")), "{named:?}");
    assert!(!named.contains("idempotency_key"), "{named:?}");
    // Neither keys nor the secret are left to find them with.
    for table in ["health_ballot", "health_round_secret"] {
        assert_eq!(rows(&app, table, round).await, 0, "{table}");
    }
    // No row has an id, a time or a number of its own, by which it could be told when it came.
    let columns: BTreeSet<String> = texts(
        &app,
        "select column_name || ' ' || data_type from information_schema.columns \
         where table_name in ('health_result', 'health_comment') and data_type in ('uuid', 'timestamp with time zone', 'bigint', 'date')",
    )
    .await;
    assert_eq!(
        columns,
        ["dimension_id uuid", "organization_id uuid", "round_id uuid"].map(String::from).into()
    );
    is_shuffled(&app, round).await;
    let page = world.coach.clone().get(&world.at(&app, round, "")).await;
    assert!(page.text("#round-parts").contains("6 of 8 answered"), "only how many");
    assert!(voters.iter().all(|voter| !page.html.contains(&voter.actor().name)));
}

#[tokio::test]
async fn the_statistics_of_the_database_keep_no_ballot() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..6 {
        world.answer(&app, round, who, Colour::ALL[who % 3], NOTE).await;
    }
    let analyze = async || {
        for table in ["health_ballot", "health_round_secret", "health_round_dimension"] {
            let sql = format!("analyze {table}");
            sqlx::query(AssertSqlSafe(sql)).execute(&app.pool).await.unwrap();
        }
    };
    let sampled = async || {
        let sql = "select tablename::text from pg_stats where tablename like 'health%' and schemaname = current_schema()";
        texts(&app, sql).await
    };
    analyze().await;
    let known = BTreeSet::from(["health_round_dimension".to_owned()]);
    assert_eq!(sampled().await, known, "it looks at a table, and not at ballots");

    world.close(&app, round).await;
    analyze().await;
    assert_eq!(sampled().await, known, "nor is anything left of them");
    let own = "select relname || ' ' || array_to_string(reloptions, ',') from pg_class \
               where relname in ('health_ballot', 'health_round_secret') and 'autovacuum_enabled=false' = any (reloptions)";
    assert_eq!(texts(&app, own).await.len(), 2, "the program vacuums them, and nobody else looks");
}

/// The notes stand in another order than they came in, and lie in the file in the order in which they are shown.
async fn is_shuffled(app: &TestApp, round: RoundId) {
    let sql =
        "select dimension_id, place, body from health_comment where round_id = $1 order by ctid";
    let notes: Vec<(uuid::Uuid, i16, String)> =
        sqlx::query_as(sql).bind(round).fetch_all(&app.pool).await.unwrap();
    let mut orders = BTreeMap::<_, Vec<_>>::new();
    for (dimension, place, body) in &notes {
        orders.entry(dimension).or_default().push((*place, body.clone()));
    }
    assert_eq!(orders.len(), 11);
    let mut shown = BTreeSet::new();
    for order in orders.values() {
        assert!(order.is_sorted_by_key(|(place, _)| *place));
        shown.insert(order.iter().map(|(_, body)| body.clone()).collect::<Vec<_>>());
    }
    // Eleven times the same order out of 720, by chance, is once in 10^28.
    assert!(shown.len() > 1, "{shown:?}");
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

async fn texts(app: &TestApp, sql: &'static str) -> BTreeSet<String> {
    let all: Vec<String> = sqlx::query_scalar(sql).fetch_all(&app.pool).await.unwrap();
    all.into_iter().collect()
}

/// Hears everything that would come into a log, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
}

#[tokio::test]
async fn no_log_has_an_answer() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let router = crate::budgets::logging(&app).await;
    let log = Log::default();
    let listening =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));

    let url = world.at(&app, round, "/answer");
    let mut voter = world.members[0].at(router);
    voter.get(&world.at(&app, round, "")).await;
    voter.get(&url).await;
    let answered = voter.post(&url, &format!("at=1&colour=amber&comment={NOTE}")).await;
    let refused = voter.post(&url, &format!("at=1&colour=mauve&comment={NOTE}")).await;
    let malformed = voter.post(&url, &format!("at=1&colour=amber&note={NOTE}")).await;
    drop(listening);

    let statuses = [answered.status, refused.status, malformed.status].map(|it| it.as_u16());
    assert_eq!(statuses, [303, 422, 400]);
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("health_ballot"), "it heard the statements");
    let user = world.members[0].actor().user.unwrap().to_string();
    assert!(log.contains(&user), "it heard who opened the round's page");
    let asked = log.split("route=").filter(|part| part.contains("/answer"));
    assert!(asked.clone().count() >= 4 && asked.clone().all(|part| !part.contains(&user)), "{log}");
    for secret in [NOTE, "Xylophone", "\"amber\"", "mauve"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn the_schema_alone_keeps_a_round_closed_and_its_answers_nobodys() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..4 {
        world.answer(&app, round, who, Colour::Green, "").await;
    }
    let tries = async |sqls: &[(&'static str, &str)]| {
        for (sql, constraint) in sqls {
            let mut tx = app.pool.begin().await.unwrap();
            let done = sqlx::query(*sql).bind(round).execute(&mut *tx).await;
            let error = match done {
                Ok(_) => tx.commit().await.unwrap_err(),
                Err(error) => error,
            };
            let said = error.as_database_error().unwrap();
            assert_eq!(said.constraint(), Some(*constraint), "{sql}: {said}");
        }
    };
    let result = "insert into health_result (organization_id, round_id, dimension_id, green, amber, red) \
                  select organization_id, round_id, dimension_id, 4, 0, 0 from health_round_dimension where round_id = $1 limit 1";
    tries(&[
        // Closing it with the ballots in place.
        (
            "update health_round set closed_at = closes_at, closed_event = opened_event, eligible = 8, answered = 4, is_shown = true where id = $1",
            "health_round_secret_open_fkey",
        ),
        (result, "health_result_shown_fkey"),
        ("update health_round set threshold = 3 where id = $1", "health_round_frozen"),
        ("update health_round set mode = 'open' where id = $1", "health_round_frozen"),
    ])
    .await;

    world.close(&app, round).await;

    let vote = "insert into health_ballot (organization_id, round_id, key, dimension_id, colour) \
                select organization_id, round_id, 'x', dimension_id, 'red' from health_round_dimension where round_id = $1 limit 1";
    tries(&[
        (vote, "health_ballot_open_fkey"),
        ("insert into health_round_secret (organization_id, round_id) select organization_id, id from health_round where id = $1", "health_round_secret_open_fkey"),
        ("update health_result set green = green - 1 where round_id = $1", "health_result_frozen"),
        (
            "update health_round set closed_at = null, closed_event = null, eligible = null, answered = null, is_shown = null where id = $1",
            "health_round_frozen",
        ),
        ("update health_round set answered = 5 where id = $1", "health_round_frozen"),
        (
            "insert into health_open_answer (organization_id, round_id, dimension_id, member_id, colour) \
             select x.organization_id, x.round_id, x.dimension_id, m.id, 'red' from health_result x join member m on true where x.round_id = $1 limit 1",
            "health_open_answer_mode",
        ),
    ])
    .await;
    sqlx::query("delete from health_comment where round_id = $1")
        .bind(round)
        .execute(&app.pool)
        .await
        .unwrap();
    sqlx::query("delete from health_result where round_id = $1")
        .bind(round)
        .execute(&app.pool)
        .await
        .unwrap();
    tries(&[(result, "health_result_at_closing")]).await;
}
