//! Trellis: squad-based organization design, as one program.
//!
//! An organization designs itself as a network of small customer-facing squads and then lives in that design. An
//! [axum] server renders [askama] templates over a Postgres schema; a service layer enforces the rules.
//!
//! # By feature, with the same four layers in each
//!
//! ```text
//!         main ─► lib (AppState, app, routes)
//!                  │
//!    web.rs ───────┼─► service.rs ─► db.rs ─► domain.rs ─► ids, rule, text
//!      │           │        └──────────────────▲
//!      └── reads ──┴─────────────► db.rs        │
//! ```
//!
//! | layer | is | never |
//! |---|---|---|
//! | `domain.rs` | types and rules, pure; time is an argument | async, SQL, pages |
//! | `db.rs` | every SQL statement about the feature; reads take an executor, writes a connection | decisions |
//! | `service.rs` | what a person may do: one function, one use case, one transaction, one event | SQL, pages |
//! | `web.rs` | addresses, forms, handlers, template structs | rules |
//!
//! The features in their order; one may use those before it, through what its `mod.rs` gives out:
//! [`history`] < [`accounts`] < [`organizations`] < [`live`] < [`skills`] < [`missions`] < [`metrics`] < [`design`] < [`squads`] <
//! [`core_teams`] < [`links`] < [`members`] < [`products`] < [`backlog`] < [`flow`] < [`learning`] < [`health`] < [`health_board`] < [`coaching`] < [`undo`] < [`exchange`] < [`designer`] < [`constellation`] < [`finder`] < [`home`] < [`work`] < [`demo`] <
//! [`setup`] < [`doctor`] < [`serve`].
//! `tests/conventions` holds both: layers and order.
//!
//! # Three walks through the code
//!
//! **A leader adds members to a squad.** `POST /o/{org}/squads/{squad}/members` reaches [`app`], whose layers give the
//! request an id, refuse what another site sent ([`web::security`]), and note the form's one-time key
//! ([`web::once`]). The extractor [`organizations::Visitor`] finds session, organization and member, or answers 303 or
//! 404. The handler in `squads/web` turns the form into types and calls `squads::service::add_members`. That begins a
//! [`transaction`] (which looks once more at the actor's roles), locks the members and then the squad, asks the domain
//! whether it may take so many (H1), writes the memberships, records one event ([`history`]), keeps the answer beside
//! the one-time key, and commits. Should another writer have come past all this, the database's own constraint
//! refuses, and [`error`] gives the same sentence. The handler redirects; the page says what was done.
//!
//! **A member edits the mission.** The form carries the version that it shows. `missions::service::write` locks the
//! squad's row; if somebody has written meanwhile it answers [`error::Error::Stale`], and the form comes back with
//! 409 and both texts. Nothing typed is lost.
//!
//! **A person leaves.** `members::service::deactivate` locks the member and all their squads in the order of their
//! ids, ends the memberships, returns each active squad that falls under six to forming, ends the sessions, and
//! records one event for all of it.
//!
//! # Where time, chance and secrets come from
//!
//! [`clock`] is the only caller of "now"; [`secret`] makes tokens; both are arguments everywhere else. The demo lives in
//! past times by the same services.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use sqlx::PgPool;
use sqlx::migrate::Migrator;

pub mod accounts;
pub mod actor;
pub mod backlog;
pub mod clock;
pub mod coaching;
pub mod config;
pub mod constellation;
pub mod core_teams;
pub mod database;
pub mod demo;
pub mod design;
pub mod designer;
pub mod doctor;
pub mod error;
pub mod exchange;
pub mod finder;
pub mod flow;
pub mod health;
pub mod health_board;
pub mod hints;
pub mod history;
pub mod home;
pub mod ids;
pub mod learning;
pub mod limits;
pub mod links;
pub mod live;
pub mod members;
pub mod metrics;
pub mod missions;
pub mod organizations;
pub mod postgres;
pub mod products;
pub mod rule;
pub mod secret;
pub mod serve;
pub mod setup;
pub mod skills;
pub mod squads;
pub mod tabular;
pub mod text;
pub mod transaction;
pub mod undo;
pub mod web;
pub mod work;

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
    /// The live pages of this instance.
    pub live: live::Hub,
    /// The tables of health that this instance has drawn.
    pub tables: health_board::Tables,
}

impl AppState {
    /// State over a database.
    pub fn new(pool: PgPool, config: Config) -> Self {
        let limits = InstanceLimits::new(&config);
        let clock = Clock::default();
        let live = live::Hub::new(pool.clone(), clock.clone(), &config);
        Self {
            pool,
            config: Arc::new(config),
            clock,
            passwords: Passwords::default(),
            limits,
            draining: Draining::default(),
            live,
            tables: health_board::Tables::default(),
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
        .merge(designer::routes())
        .merge(constellation::routes())
        .merge(finder::routes())
        .merge(home::routes())
        .merge(work::routes())
        .merge(history::routes())
        .merge(live::routes())
        .merge(skills::routes())
        .merge(members::routes())
        .merge(squads::routes())
        .merge(core_teams::routes())
        .merge(links::routes())
        .merge(products::routes())
        .merge(backlog::routes())
        .merge(flow::routes())
        .merge(learning::routes())
        .merge(coaching::routes())
        .merge(health::routes())
        .merge(health_board::routes())
        .merge(missions::routes())
        .merge(metrics::routes())
        .merge(undo::routes())
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
        .layer(from_fn(organizations::edition))
        .layer(from_fn(organizations::remember))
        .layer(from_fn(undo::offer))
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
