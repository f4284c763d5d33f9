//! Trellis: squad-based organization design.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use sqlx::PgPool;
use sqlx::migrate::Migrator;

pub mod accounts;
pub mod actor;
pub mod clock;
pub mod config;
pub mod core_teams;
pub mod database;
pub mod demo;
pub mod design;
pub mod doctor;
pub mod error;
pub mod exchange;
pub mod history;
pub mod home;
pub mod ids;
pub mod limits;
pub mod members;
pub mod metrics;
pub mod missions;
pub mod organizations;
pub mod postgres;
pub mod rule;
pub mod secret;
pub mod serve;
pub mod setup;
pub mod skills;
pub mod squads;
pub mod text;
pub mod transaction;
pub mod web;

use accounts::Passwords;
use clock::Clock;
use config::Config;
use limits::InstanceLimits;
use serve::Draining;

/// The schema, step by step.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// What the handlers share. A handler asks for the part that it needs.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// The database.
    pub pool: PgPool,
    /// The configuration.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The queue of the password hashers.
    pub passwords: Passwords,
    /// The counters of this instance.
    pub limits: InstanceLimits,
    /// Whether it is on its way out.
    pub draining: Draining,
}

impl AppState {
    /// State over a database.
    pub fn new(pool: PgPool, config: Config) -> Self {
        let limits = InstanceLimits::new(&config);
        Self {
            pool,
            config: Arc::new(config),
            clock: Clock::default(),
            passwords: Passwords::default(),
            limits,
            draining: Draining::default(),
        }
    }
}

/// Every address of Trellis.
pub fn routes() -> web::Routes {
    web::Routes::new()
        .merge(web::routes())
        .merge(serve::routes())
        .merge(accounts::routes())
        .merge(organizations::routes())
        .merge(home::routes())
        .merge(history::routes())
        .merge(skills::routes())
        .merge(members::routes())
        .merge(squads::routes())
        .merge(core_teams::routes())
        .merge(missions::routes())
        .merge(metrics::routes())
        .merge(exchange::routes())
        .merge(setup::routes())
}

/// The application.
pub fn app(state: AppState) -> Router {
    let pages = routes()
        .into_router()
        .merge(web::assets::router())
        .method_not_allowed_fallback(async || axum::http::StatusCode::METHOD_NOT_ALLOWED)
        .fallback(async || error::Error::NotFound);
    // From the inside out: what is written first is nearest to the handler.
    pages
        .layer(from_fn(web::once::once))
        .layer(from_fn(organizations::remember))
        .layer(from_fn_with_state(state.clone(), web::security::csrf))
        .layer(from_fn(web::flash::forget))
        .layer(web::body_limits())
        .layer(web::catch_panic())
        .layer(from_fn(web::errors::render))
        .layer(from_fn_with_state(state.clone(), web::security::headers))
        .layer(from_fn_with_state(state.clone(), web::security::context))
        .layer(web::compression())
        .with_state(state)
}
