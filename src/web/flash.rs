//! One sentence that is shown on the next page, after a change: kept in a cookie for a minute.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::web::shell::Flash;

const COOKIE: &str = "flash";

/// Sends the browser to `to`, where it shows `text`.
pub fn redirect(to: &str, text: &str) -> Response {
    with(to, text, false)
}

/// Sends the browser to `to`, where it shows `text` as something that did not work.
pub fn redirect_bad(to: &str, text: &str) -> Response {
    with(to, text, true)
}

fn with(to: &str, text: &str, bad: bool) -> Response {
    let kept = URL_SAFE_NO_PAD.encode(format!("{}{text}", if bad { '!' } else { '.' }));
    let mut response = Redirect::to(to).into_response();
    let cookie = format!("{COOKIE}={kept}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The sentence that waits to be shown.
pub fn read(jar: &CookieJar) -> Option<Flash> {
    let kept = URL_SAFE_NO_PAD.decode(jar.get(COOKIE)?.value()).ok()?;
    let text = String::from_utf8(kept).ok()?;
    let mut chars = text.chars();
    let bad = chars.next()? == '!';
    Some(Flash { text: chars.as_str().to_owned(), bad, undo: None })
}

/// Forgets the sentence once a page has shown it.
pub async fn forget(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let waits = CookieJar::from_headers(request.headers()).get(COOKIE).is_some();
    let mut response = next.run(request).await;
    let is_page = response.status() != axum::http::StatusCode::SEE_OTHER
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if waits && is_page {
        response.headers_mut().append(
            header::SET_COOKIE,
            HeaderValue::from_static("flash=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
        );
    }
    response
}
