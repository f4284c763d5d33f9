//! What happens to every change before its handler: the body is read, its one-time key is noted for the
//! transaction, and a transaction that met another one is tried again as a whole, up to three times.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::actor::Once;
use crate::error::Error;
use crate::secret;
use crate::web::errors::{Report, is_call};
use crate::web::forms::{MAX_FORM, pairs};

/// How often a transaction is tried that met another one (SQLSTATE 40001, 40P01).
const TRIES: u32 = 3;
/// The largest body of a program's call, in bytes.
const MAX_CALL: usize = 16 * 1024;
/// What a program is told whose key is too short or too long.
const BAD_KEY: &str = "An Idempotency-Key has 8 to 100 characters.";
/// What a program is told whose key is sent twice or holds what no header should.
const UNREADABLE_KEY: &str = "The Idempotency-Key is not readable. Send one, of plain characters.";

/// The one-time key of a form with files, which the middleware lets through unread; `parts` are what it holds.
pub fn of_files(key: &str, path: &str, parts: &[&[u8]]) -> Result<Option<Once>, Error> {
    if key.is_empty() {
        return Ok(None);
    }
    Ok(Some(Once { key: key_of(key, path)?, request_hash: secret::sha256(parts) }))
}

/// All forms of one page carry one key: each counts once for its own address.
fn key_of(key: &str, path: &str) -> Result<String, Error> {
    if !(8..=100).contains(&key.chars().count()) {
        return Err(Error::BadRequest("The one-time key is not readable. Load the page again."));
    }
    Ok(secret::hex(&secret::sha256(&[key.as_bytes(), b"\n", path.as_bytes()])))
}

/// The middleware.
pub async fn once(request: Request, next: Next) -> Response {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_none_or(|value| !value.starts_with("multipart/"));
    if request.method() != Method::POST || !is_form {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let is_call = is_call(parts.uri.path());
    let Ok(bytes) = to_bytes(body, if is_call { MAX_CALL } else { MAX_FORM }).await else {
        if is_call {
            return Error::TooLarge.into_response();
        }
        return Error::BadRequest("The form did not arrive whole, or is too large.")
            .into_response();
    };
    let mut sent = parts.headers.get_all("idempotency-key").iter();
    let (first, second) = (sent.next(), sent.next());
    let readable = first.and_then(|value| value.to_str().ok());
    // A program that sends a key relies on it: it is never left aside.
    if is_call && first.is_some() {
        match readable {
            Some("") => return Error::BadRequest(BAD_KEY).into_response(),
            None => return Error::BadRequest(UNREADABLE_KEY).into_response(),
            _ if second.is_some() => return Error::BadRequest(UNREADABLE_KEY).into_response(),
            _ => {}
        }
    }
    let key = match readable {
        Some(key) => Some(key.to_owned()),
        // A program's body is no form, and may hold what no form does.
        None if is_call => None,
        None => match pairs(&bytes) {
            Ok(pairs) => pairs
                .into_iter()
                .find(|(name, _)| name == "key")
                .map(|(_, value)| value.into_owned()),
            Err(error) => return error.into_response(),
        },
    };
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        let key = match key_of(&key, parts.uri.path()) {
            Ok(key) => key,
            Err(_) if is_call => return Error::BadRequest(BAD_KEY).into_response(),
            Err(error) => return error.into_response(),
        };
        parts.extensions.insert(Once { key, request_hash: secret::sha256(&[&bytes]) });
    }
    for attempt in 1.. {
        let response =
            next.clone().run(Request::from_parts(parts.clone(), Body::from(bytes.clone()))).await;
        let met_another =
            response.extensions().get::<Report>().is_some_and(|report| report.is_again);
        if !met_another || attempt == TRIES {
            return response;
        }
        // Those who met do not come back together.
        tokio::time::sleep(Duration::from_millis(u64::from(attempt * 5 + fastrand::u32(0..10))))
            .await;
    }
    unreachable!("the loop returns at the last try")
}
