//! What a browser receives: server-sent events without content.
//!
//! | event | data | means |
//! |---|---|---|
//! | `live:changed` | the number of the newest event | fetch the page again; sent on every connect, unless the page is known to be current |
//! | `live:moved` | | fetch who is here |
//! | `live:end` | `over` or `elsewhere` | do not come back by yourself |
//!
//! A comment every 15 seconds keeps proxies from closing the line, and finds browsers that are gone.

use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::time::{Instant, sleep_until};

use super::hub::{Open, Signal};

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where a stream stands.
struct Told {
    open: Open,
    /// What was said last.
    signal: Option<Signal>,
    beat: Instant,
    is_over: bool,
}

/// The answer that goes on until the stream ends or the browser leaves.
pub fn answer(open: Open) -> Response {
    let told = Told { open, signal: None, beat: Instant::now() + HEARTBEAT, is_over: false };
    let body = Body::from_stream(unfold(told, next));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would hold everything back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

async fn next(mut told: Told) -> Option<(Result<Bytes, std::convert::Infallible>, Told)> {
    if told.is_over {
        return None;
    }
    loop {
        let now = *told.open.signal.borrow_and_update();
        let text = words(told.signal, now);
        if let Some(end) = now.end {
            told.is_over = true;
            // Without a word: the line breaks, and the browser comes back by itself.
            end.word()?;
        }
        if !text.is_empty() {
            told.signal = Some(now);
            told.beat = Instant::now() + HEARTBEAT;
            return Some((Ok(text.into()), told));
        }
        tokio::select! {
            changed = told.open.signal.changed() => changed.ok()?,
            () = sleep_until(told.beat) => {
                told.beat = Instant::now() + HEARTBEAT;
                return Some((Ok(Bytes::from_static(b":\n\n")), told));
            }
        }
    }
}

/// What is to be said, after `before` was.
fn words(before: Option<Signal>, now: Signal) -> String {
    let mut text = String::new();
    if before.is_none() {
        // Not all viewers of an instance that was stopped come back at the same moment.
        let _ = write!(text, "retry: {}\nid: {}\n\n", fastrand::u32(500..2000), now.seq);
    }
    let (changes, moves) = before.map_or((0, 0), |before| (before.changes, before.moves));
    if now.changes != changes {
        let _ = write!(text, "id: {0}\nevent: live:changed\ndata: {0}\n\n", now.seq);
    }
    if now.moves != moves {
        text.push_str("event: live:moved\ndata:\n\n");
    }
    if let Some(word) = now.end.and_then(super::End::word) {
        let _ = write!(text, "event: live:end\ndata: {word}\n\n");
    }
    text
}
