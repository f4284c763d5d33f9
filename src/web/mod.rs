//! The shell around every page: frame, forms, errors, security, static files, and the parts of templates.
//!
//! | to read about | open |
//! |---|---|
//! | the table of addresses and who may use them | `routes.rs` |
//! | forms, queries, paths and their errors | `forms.rs` |
//! | what happens to a form that arrives twice | `once.rs` |
//! | headers, forged requests, request ids | `security.rs` |
//! | error pages | `errors.rs` |
//! | CSV that goes out | `csv.rs` |
//! | the frame of a page | `shell.rs`, `templates/base.html` |
//! | the colours that a visitor chose | `preferences.rs` |

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

pub mod assets;
pub mod components;
mod cookies;
pub mod csv;
mod error_page;
pub mod errors;
pub mod flash;
mod forms;
pub mod once;
mod preferences;
mod routes;
pub mod security;
pub mod shell;
pub mod ui;

pub use cookies::{local_path, set_cookie, unset_cookie};
pub use forms::{Form, FormErrors, Path, Query, moved, new_key, pairs, path_part};
pub use routes::{Route, Routes, Unnamed, Who};

use crate::config::Config;
use crate::error::{Error, Result};
use errors::Report;
use shell::{Shell, Theme};

/// A page.
pub fn page(template: &impl Template) -> Result<Response> {
    Ok(Html(template.render()?).into_response())
}

/// A form that is shown again, with what was typed and what is wrong with it; its root carries the word for machines,
/// as error pages do. Who asks for JSON gets the error as JSON.
pub fn refused(errors: &FormErrors, template: &impl Template) -> Result<Response> {
    let report = Report::of_form(errors);
    let root = format!("<html data-error-code=\"{}\" ", report.code);
    let html = template.render()?.replacen("<html ", &root, 1);
    Ok((report.status, axum::Extension(report), Html(html)).into_response())
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers).get(name).map(|cookie| cookie.value().to_owned())
}

/// The colours that the visitor chose.
pub fn theme(headers: &HeaderMap) -> Option<Theme> {
    cookie(headers, "theme").as_deref().and_then(Theme::parse)
}

/// Time to send a whole body, and to be answered at all (RELIABILITY R16).
pub fn body_limits() -> tower::layer::util::Stack<RequestBodyTimeoutLayer, TimeoutLayer> {
    let body = RequestBodyTimeoutLayer::new(Duration::from_secs(20));
    let whole =
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(30));
    tower::layer::util::Stack::new(body, whole)
}

/// A panic is a bug and ends one request, not the process (R20).
pub fn catch_panic() -> CatchPanicLayer<fn(Box<dyn std::any::Any + Send + 'static>) -> Response> {
    #[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
    fn answer(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Error::Internal(anyhow::anyhow!("a handler panicked: {}", text.unwrap_or("without a text")))
            .into_response()
    }
    CatchPanicLayer::custom(answer)
}

/// What is compressed: everything but what is small, is compressed already, or never ends.
fn is_compressed() -> impl Predicate {
    SizeAbove::new(1024)
        .and(NotForContentType::new("font/"))
        .and(NotForContentType::new("text/event-stream"))
}

/// zstd or gzip, whichever the browser takes; fast rather than small.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let fast = tower_http::CompressionLevel::Fastest;
    CompressionLayer::new().quality(fast).compress_when(is_compressed())
}

/// The addresses that belong to no feature.
pub fn routes() -> Routes {
    Routes::new().get("/components", Who::Development, show_components).merge(preferences::routes())
}

// GET /components: every part of the interface in its states.
async fn show_components(
    State(config): State<Arc<Config>>,
    headers: HeaderMap,
) -> Result<Response> {
    if !config.development {
        return Err(Error::NotFound);
    }
    page(&components::page(Shell { theme: theme(&headers), development: true, ..Shell::default() }))
}
