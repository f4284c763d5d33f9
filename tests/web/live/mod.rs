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
use trellis::actor::{Actor, Origin};
use trellis::config::Config;
use trellis::history::{self, NewEvent};
use trellis::live::Running;
use trellis::transaction::{Begun, Change, begin};
use uuid::Uuid;

use crate::harness::{TestApp, Visitor};

mod changes;
mod streams;

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
