//! Serving: listeners, time limits, health, and a stop that loses nothing (RELIABILITY 2.4).

mod idle;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use axum_prometheus::PrometheusMetricLayer;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceExt;

use self::idle::{Answer, Work};
use crate::config::{Config, Database};
use crate::web::{Routes, Who};
use crate::{
    AppState, accounts, app, backlog, database, exchange, health, organizations, setup, transaction,
};

/// How long a browser may take to send its headers.
const HEADERS: Duration = Duration::from_secs(10);
/// How long requests that are on their way may take after the listener is closed.
const FINISH: Duration = Duration::from_secs(25);
/// How often old keys, counters and sessions are swept out.
const SWEEP: Duration = Duration::from_mins(10);
/// How often health checks are opened and closed whose day has come.
const TEND: Duration = Duration::from_mins(1);

/// Whether this instance is on its way out.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Says so to /readyz.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The addresses of health.
pub fn routes() -> Routes {
    Routes::new().get("/healthz", Who::Anyone, healthz).get("/readyz", Who::Anyone, readyz)
}

// GET /healthz: the process lives. Never asks the database.
async fn healthz() -> &'static str {
    "ok"
}

// GET /readyz: requests can be answered here.
async fn readyz(State(state): State<AppState>) -> Response {
    let reason = if state.draining.has_begun() {
        "stopping"
    } else {
        match timeout(Duration::from_secs(1), database::is_current(&state.pool)).await {
            Ok(Ok(true)) => return "ready".into_response(),
            Ok(Ok(false)) => "the schema is not current: run `trellis migrate`",
            Ok(Err(_)) | Err(_) => "the database does not answer",
        }
    };
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [("retry-after", "2"), ("content-type", "text/plain; charset=utf-8")],
        reason,
    )
        .into_response()
}

/// Serves until a signal asks it to stop.
pub async fn serve(config: Config, database: &Database) -> anyhow::Result<()> {
    let mut stop = Stop::new()?;
    let opened = tokio::select! {
        opened = database::open(database) => opened?,
        () = stop.asked() => return Ok(()),
    };
    if !database::is_current(&opened.pool).await? {
        anyhow::bail!("the database's schema is not current: run `trellis migrate` first");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    let local = listener.local_addr()?;
    let config = Config {
        public_url: Some(config.public_url.unwrap_or_else(|| format!("http://{local}"))),
        ..config
    };
    let state = AppState::new(opened.pool.clone(), config.clone());
    let mut router = app(state.clone());
    let metrics = match config.metrics_listen {
        Some(address) => {
            let (layer, handle) = PrometheusMetricLayer::pair();
            router = router.layer(layer);
            let page = Router::new().route("/metrics", routing::get(async move || handle.render()));
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("listening on {address}"))?;
            println!("metrics on http://{}/metrics", listener.local_addr()?);
            Some(tokio::spawn(async move { axum::serve(listener, page).await }))
        }
        None => None,
    };
    println!("listening on http://{local}");
    if let Some(token) = setup::service::ensure_link(&state.pool, state.clock.now()).await? {
        println!("set up Trellis at {}/setup/{token}", config.public_origin());
    }
    let sweeper = tokio::spawn(sweep(state.clone()));
    let tender = tokio::spawn(tend(state.clone()));
    let live = state.live.start(Some(opened.direct()));

    accept(listener, router, &state, &mut stop).await;

    sweeper.abort();
    tender.abort();
    live.finish().await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    opened.close().await
}

/// Accepts connections until a stop is asked for, then finishes what is on its way.
async fn accept(listener: TcpListener, router: Router, state: &AppState, stop: &mut Stop) {
    // HTTP/1 only: finding out the version would wait for the first bytes without a limit. A proxy in front speaks
    // HTTP/2 to browsers.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(state.config.max_connections));
    let mut draining = false;
    let drained = tokio::time::sleep(Duration::MAX);
    tokio::pin!(drained);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.expect("the semaphore is never closed"),
            () = stop.asked(), if !draining => {
                draining = true;
                state.draining.begin();
                drained.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(state.config.drain));
                continue;
            }
            () = &mut drained, if draining => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files, say: wait, instead of spinning.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.asked(), if !draining => {
                draining = true;
                state.draining.begin();
                drained.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(state.config.drain));
                continue;
            }
            () = &mut drained, if draining => break,
        };
        let _ = stream.set_nodelay(true);
        let work = Work::new();
        let service = TowerToHyperService::new(answering(router.clone(), peer, work.clone()));
        let connection =
            builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                },
                () = work.has_been_idle() => {}
            }
        });
    }
    drop(listener);
    // A live page never ends by itself; its browser comes back to another instance.
    state.live.stop();
    tracing::info!("stopping: finishing what is on its way");
    if timeout(FINISH, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

/// The service of one connection: the application knows who is at its other end, and the connection what is on its way.
fn answering(
    router: Router,
    peer: SocketAddr,
    work: Work,
) -> impl tower::Service<
    Request<hyper::body::Incoming>,
    Response = Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone {
    tower::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (router, busy) = (router.clone(), work.begin());
        async move {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = router.oneshot(request).await?;
            Ok(response.map(|body| Answer::holding(body, busy)))
        }
    })
}

/// The signals that ask for a stop.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Opens and closes the health checks whose day has come, every minute.
async fn tend(state: AppState) {
    let mut every = tokio::time::interval(TEND);
    loop {
        every.tick().await;
        if let Err(error) = health::service::tend(&state.pool, state.clock.now()).await {
            tracing::warn!(?error, "health checks could not be opened and closed");
        }
    }
}

/// Sweeps out what is over, from time to time.
async fn sweep(state: AppState) {
    let mut every = tokio::time::interval(SWEEP);
    loop {
        every.tick().await;
        sweep_once(&state).await;
    }
}

/// Sweeps out what is over by the clock.
pub async fn sweep_once(state: &AppState) {
    state.limits.forget_quiet();
    let now = state.clock.now();
    if let Err(error) = transaction::forget_old_keys(&state.pool, now).await {
        tracing::warn!(%error, "old keys could not be swept out");
    }
    if let Err(error) = accounts::service::forget_ended(&state.pool, now).await {
        tracing::warn!(?error, "ended sessions could not be swept out");
    }
    if let Err(error) = organizations::service::merge_counts(&state.pool).await {
        tracing::warn!(?error, "the counts of organizations could not be added up");
    }
    if let Err(error) = backlog::service::forget_waiting(&state.pool, now).await {
        tracing::warn!(?error, "files for backlogs that nobody applied could not be swept out");
    }
    if let Err(error) = exchange::service::forget_waiting(&state.pool, now).await {
        tracing::warn!(?error, "dry runs that nobody applied could not be swept out");
    }
}
