//! One sentence that is shown on the next page, after a change: kept in a cookie for a minute.

use std::fmt::Write;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::web::shell::Flash;

const COOKIE: &str = "flash";
/// Between the sentence and the address that undoes it: a character that no text of a person has.
const BETWEEN: char = '\u{1f}';

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

/// Adds to the sentence of an answer, if it has one that is no refusal, the address that undoes what it tells of.
pub fn offer_undo(response: &mut Response, undo: &str) {
    let headers = response.headers_mut();
    let all: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in all {
        headers.append(header::SET_COOKIE, with_undo(&cookie, undo).unwrap_or(cookie));
    }
}

fn with_undo(cookie: &HeaderValue, undo: &str) -> Option<HeaderValue> {
    let (kept, rest) = cookie.to_str().ok()?.strip_prefix("flash=")?.split_once(';')?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(kept).ok()?).ok()?;
    if !text.starts_with('.') {
        return None;
    }
    let kept = URL_SAFE_NO_PAD.encode(format!("{text}{BETWEEN}{undo}"));
    HeaderValue::from_str(&format!("{COOKIE}={kept};{rest}")).ok()
}

/// Adds a sentence to a part of a page, for the script to show at once, with the address that undoes what it tells of.
pub fn toast(response: Response, text: &str, undo: Option<&str>, bad: bool) -> Response {
    trigger(response, &json!({"toast": said(text, undo, bad)}))
}

/// As [`toast`], of a change that worked; the page asks at once for what its address shows now.
pub fn toast_live(response: Response, text: &str, undo: Option<&str>) -> Response {
    trigger(response, &json!({"toast": said(text, undo, false), "live:now": true}))
}

fn said(text: &str, undo: Option<&str>, bad: bool) -> serde_json::Value {
    let mut toast = json!({"text": text});
    if let Some(undo) = undo {
        toast["undo"] = undo.into();
    }
    if bad {
        toast["bad"] = true.into();
    }
    toast
}

fn trigger(mut response: Response, events: &serde_json::Value) -> Response {
    // A header is ASCII.
    let mut ascii = String::new();
    for unit in events.to_string().chars() {
        if unit.is_ascii() {
            ascii.push(unit);
        } else {
            let mut pair = [0; 2];
            for half in unit.encode_utf16(&mut pair) {
                let _ = write!(ascii, "\\u{half:04x}");
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&ascii) {
        response.headers_mut().insert("hx-trigger", value);
    }
    response
}

/// The sentence that waits to be shown.
pub fn read(jar: &CookieJar) -> Option<Flash> {
    let kept = URL_SAFE_NO_PAD.decode(jar.get(COOKIE)?.value()).ok()?;
    let text = String::from_utf8(kept).ok()?;
    let mut chars = text.chars();
    let bad = chars.next()? == '!';
    let (text, undo) = match chars.as_str().split_once(BETWEEN) {
        Some((text, undo)) => (text, super::local_path(undo).map(ToOwned::to_owned)),
        None => (chars.as_str(), None),
    };
    Some(Flash { text: text.to_owned(), bad, undo })
}

/// Whether a sentence waits to be shown.
pub fn waits(headers: &HeaderMap) -> bool {
    CookieJar::from_headers(headers).get(COOKIE).is_some()
}

/// Forgets the sentence once a page has shown it.
pub async fn forget(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let waits = waits(request.headers());
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
