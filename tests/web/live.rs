//! Live pages: what one person changes reaches the others, on every instance, and nobody else.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use futures_util::StreamExt;
use tokio::time::timeout;
use tower::ServiceExt;
use trellis::AppState;
use trellis::actor::{Actor, Origin, Role};
use trellis::config::Config;
use trellis::history::{self, NewEvent};
use trellis::live::Running;
use trellis::transaction::{Begun, Change, begin};
use uuid::Uuid;

use crate::harness::{TestApp, Visitor};

const SECOND: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(300);

/// A browser's stream.
struct Live {
    status: StatusCode,
    body: BodyDataStream,
    text: String,
}

impl Live {
    async fn open(visitor: &Visitor, path: &str) -> Self {
        Self::open_with(visitor, path, "192.0.2.7", &[]).await
    }

    async fn open_with(visitor: &Visitor, path: &str, ip: &str, headers: &[(&str, &str)]) -> Self {
        let cookies: Vec<_> =
            visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .uri(path)
            .header(header::ACCEPT, "text/html, text/event-stream")
            .header(header::COOKIE, cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let ip: IpAddr = ip.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(ip, 4711)));
        let response = visitor.router.clone().oneshot(request).await.unwrap();
        Self {
            status: response.status(),
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// What comes within `period`: the rest of it once something came and then nothing for a moment.
    async fn hear(&mut self, period: Duration) -> String {
        self.text.clear();
        let mut wait = period;
        while let Ok(Some(Ok(bytes))) = timeout(wait, self.body.next()).await {
            self.text.push_str(&String::from_utf8_lossy(&bytes));
            wait = Duration::from_millis(50);
        }
        self.text.clone()
    }

    async fn hears_a_change(&mut self, period: Duration) -> bool {
        self.hear(period).await.contains("event: live:changed")
    }

    /// Fetches who is present each time that it is told to, until it is these.
    async fn hears_of(&mut self, visitor: &mut Visitor, present: &str, names: &[&str]) {
        let mut found = vec![];
        for _ in 0..4 {
            if self.hear(2 * SECOND).await.contains("event: live:moved") {
                let answer = visitor.get(present).await;
                found = answer.attribute(".av", "aria-label").into_iter().collect();
                if found == names {
                    return;
                }
            }
        }
        panic!("{found:?} instead of {names:?}");
    }

    /// What is said until the end, which comes within a second.
    async fn ends(mut self) -> String {
        let mut text = String::new();
        loop {
            match timeout(SECOND, self.body.next()).await.expect("the stream ends") {
                Some(bytes) => text.push_str(&String::from_utf8_lossy(&bytes.unwrap())),
                None => return text,
            }
        }
    }
}

/// Another instance over the same database.
fn another(app: &TestApp) -> AppState {
    AppState::new(app.pool.clone(), Config::default())
}

fn listening(app: &TestApp, state: &AppState) -> Running {
    state.live.start(Some(app.pool.connect_options().as_ref().clone()))
}

fn at_instance(visitor: &Visitor, state: &AppState) -> Visitor {
    let mut there = visitor.clone();
    there.router = trellis::app(state.clone());
    there
}

async fn begin_on(state: &AppState, actor: &Actor, subject: Uuid) -> Change {
    let hints = state.live.hints();
    let actor = Actor {
        at: state.clock.now(),
        origin: Origin { hints, ..Origin::default() },
        ..actor.clone()
    };
    let Begun::First(mut tx) = begin::<()>(&state.pool, &actor).await.unwrap() else {
        panic!("no one-time key")
    };
    let event = NewEvent::new("squad_renamed", "renamed a squad", [subject]);
    history::record(&mut tx, &actor, event).await.unwrap();
    tx
}

/// A change through an instance.
async fn change(state: &AppState, actor: &Actor, subject: Uuid) {
    begin_on(state, actor, subject).await.done(()).await.unwrap();
}

/// A change by something that tells nobody, as the command line.
async fn change_silently(state: &AppState, actor: &Actor, subject: Uuid) {
    let silent = AppState::new(state.pool.clone(), Config::default());
    change(&silent, actor, subject).await;
}

fn squad_page(app: &TestApp, squad: Uuid) -> String {
    app.at(&format!("/events?page=squad&subject={squad}"))
}

#[tokio::test]
async fn a_change_reaches_the_pages_of_its_own_instance_at_once() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_change_on_one_instance_reaches_a_page_on_another_within_a_second() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), listening(&app, &other));
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&at_instance(&leader, &other), &squad_page(&app, squad)).await;
    page.hear(SECOND).await;
    tokio::time::sleep(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    // Asking comes only each 2 seconds while listening: this was the NOTIFY.
    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_change_is_found_within_a_second_where_no_notify_arrives() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), other.live.start(None));
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&at_instance(&leader, &other), &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_notify_that_is_lost_is_made_up_for_by_asking() {
    let app = TestApp::new().await;
    let _running = listening(&app, &app.state);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change_silently(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(3 * SECOND).await);
}

#[tokio::test]
async fn a_change_that_commits_after_a_later_one_is_found() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (early, late) = (Uuid::now_v7(), Uuid::now_v7());
    let mut page = Live::open(&leader, &squad_page(&app, early)).await;
    page.hear(SECOND).await;

    let silent = another(&app);
    let held = begin_on(&silent, &leader.actor(), early).await;
    change(&app.state, &leader.actor(), late).await;
    assert!(
        !page.hears_a_change(SECOND).await,
        "not committed yet, and the later one is elsewhere"
    );
    held.done(()).await.unwrap();

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_change_that_commits_late_is_found_by_a_page_that_opened_meanwhile() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let held = begin_on(&app.state, &leader.actor(), squad).await;
    change(&app.state, &leader.actor(), squad).await;
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    held.done(()).await.unwrap();

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_page_hears_only_of_what_it_is_about() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (squad, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    let mut list = Live::open(&leader, &app.at("/events?page=squads&subject=")).await;
    page.hear(SECOND).await;
    list.hear(SECOND).await;

    change(&app.state, &leader.actor(), other).await;

    assert!(list.hears_a_change(SECOND).await);
    assert!(!page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_squads_page_hears_what_happens_to_its_members() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (squad, person) = (Uuid::now_v7(), app.person("Ravi Menon", "engineering").await);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "begin;
         insert into event (organization_id, id, at, kind, summary, subjects)
         values ('{0}', '{1}', now(), 'squad_formed', 'formed Otters', '{{{1}}}');
         insert into team (organization_id, id, kind, name, slug, pattern, state, state_at, state_event, created_at)
         values ('{0}', '{1}', 'squad', 'Otters', 'otters', 'own', 'forming', now(), '{1}', now());
         insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event)
         values ('{0}', '{1}', '{1}', '{2}', 50, now(), '{1}');
         commit",
        app.tenant().organization_id(),
        squad,
        person,
    )))
    .execute(&app.pool)
    .await
    .unwrap();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), person.0).await;

    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn nothing_of_another_organization_is_heard_or_found() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let mut stranger = app.stranger().await;
    let squad = Uuid::now_v7();

    let answer = Live::open(&stranger, &squad_page(&app, squad)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = stranger.get(&app.at("/presence?page=designer&subject=")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    // Not even when the stranger asks in their own organization for what belongs to this one.
    let slug: String = sqlx::query_scalar("select slug from organization where id = $1")
        .bind(stranger.actor().tenant.organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap();
    for page in ["squad", "designer", "activity"] {
        let path = format!("/o/{slug}/events?page={page}&subject={squad}");
        let mut own = Live::open(&stranger, &path).await;
        assert_eq!(own.status, StatusCode::OK);
        own.hear(SECOND).await;
        change(&app.state, &leader.actor(), squad).await;
        assert!(!own.hears_a_change(SECOND).await);
    }
}

#[tokio::test]
async fn every_connect_says_at_once_that_the_page_is_to_be_fetched() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());

    let mut first = Live::open(&leader, &path).await;
    assert!(first.hears_a_change(SOON).await);
    drop(first);

    let headers = [("last-event-id", "1"), ("page-age", "10")];
    let mut again = Live::open_with(&leader, &path, "192.0.2.7", &headers).await;
    assert!(again.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_page_that_was_made_a_moment_ago_is_not_made_again_when_nothing_happened_since() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let path = squad_page(&app, squad);
    let fresh = [("page-age", "200")];

    let _first = Live::open(&leader, &path).await;
    let mut early = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(early.hears_a_change(SOON).await, "nobody looked before the page was made");

    tokio::time::sleep(3 * SECOND).await;
    let mut page = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(!page.hears_a_change(SOON).await);

    change(&app.state, &leader.actor(), squad).await;
    assert!(page.hears_a_change(SOON).await);
    let mut late = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(late.hears_a_change(SOON).await, "it may be older than the change");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let other = app.leader("Grace").await;
    let path = squad_page(&app, Uuid::now_v7());
    let page = Live::open(&leader, &path).await;
    let mut stays = Live::open(&other, &path).await;

    sqlx::query("delete from session where user_id = $1")
        .bind(leader.actor().user)
        .execute(&app.pool)
        .await
        .unwrap();
    let _running = app.state.live.start(None); // checks at once, then each 10 seconds

    assert!(page.ends().await.contains("event: live:end\ndata: over"));
    assert!(!stays.hear(SOON).await.contains("live:end"));
    assert_eq!(app.state.live.streams(), 1);
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_and_with_the_roles() {
    let app = TestApp::new().await;
    let path = squad_page(&app, Uuid::now_v7());
    for what in ["roles = '{}'", "deactivated_at = now()", "user_id = null"] {
        let leader = app.member_with("Ada", &[Role::Leader, Role::Coach]).await;
        let page = Live::open(&leader, &path).await;

        sqlx::query(sqlx::AssertSqlSafe(format!("update member set {what} where id = $1")))
            .bind(leader.id())
            .execute(&app.pool)
            .await
            .unwrap();
        let _running = app.state.live.start(None);

        assert!(page.ends().await.contains("event: live:end\ndata: over"), "{what}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_session_has_been_idle_too_long() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let page = Live::open(&leader, &squad_page(&app, Uuid::now_v7())).await;

    app.clock().advance(chrono::TimeDelta::days(2));
    let _running = app.state.live.start(None);

    assert!(page.ends().await.contains("event: live:end\ndata: over"));
}

#[tokio::test]
async fn the_oldest_of_six_streams_of_a_session_ends() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());

    let oldest = Live::open(&leader, &path).await;
    let mut others = vec![];
    for _ in 0..4 {
        others.push(Live::open(&leader, &path).await);
    }
    assert_eq!(app.state.live.streams(), 5);
    others.push(Live::open(&leader, &path).await);

    assert!(oldest.ends().await.contains("event: live:end\ndata: elsewhere"));
    for other in &mut others {
        assert!(!other.hear(SOON).await.contains("live:end"));
    }
}

#[tokio::test]
async fn an_address_has_fifty_streams_at_most() {
    let app = TestApp::new().await;
    let path = squad_page(&app, Uuid::now_v7());
    let mut open = vec![];
    for n in 0..10 {
        let member = app.member(&format!("Member {n}")).await;
        for _ in 0..5 {
            open.push(Live::open(&member, &path).await);
        }
    }
    let last = app.member("Last").await;

    assert!(open.iter().all(|stream| stream.status == StatusCode::OK));
    assert_eq!(Live::open(&last, &path).await.status, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = Live::open_with(&last, &path, "192.0.2.8", &[]).await;
    assert_eq!(elsewhere.status, StatusCode::OK);
    drop(open);
    assert_eq!(Live::open(&last, &path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn streams_end_without_a_word_when_the_instance_stops() {
    let app = TestApp::new().await;
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());
    let running = listening(&app, &app.state);
    let mut page = Live::open(&leader, &path).await;
    page.hear(SOON).await;

    running.finish().await;

    assert_eq!(page.ends().await, "", "so the browser comes back by itself");
    assert_eq!(Live::open(&leader, &path).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn those_who_design_the_same_squad_see_each_other_across_instances() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), listening(&app, &other));
    let mut ada = app.leader("Ada Lovelace").await;
    let mut grace = at_instance(&app.leader("Grace Hopper").await, &other);
    let squad = Uuid::now_v7();
    let events = app.at(&format!("/events?page=designer&subject={squad}"));
    let present = app.at(&format!("/presence?page=designer&subject={squad}"));
    let mut page = Live::open(&ada, &events).await;
    page.hear(2 * SECOND).await;
    assert_eq!(ada.get(&present).await.count(".av"), 0, "nobody else");

    let came = Live::open(&grace, &events).await;
    page.hears_of(&mut ada, &present, &["Grace Hopper"]).await;
    assert_eq!(grace.get(&present).await.count(".av"), 1);
    let elsewhere = app.at(&format!("/presence?page=designer&subject={}", Uuid::now_v7()));
    assert_eq!(ada.get(&elsewhere).await.count(".av"), 0);

    drop(came);
    page.hears_of(&mut ada, &present, &[]).await;
}
