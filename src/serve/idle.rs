//! How long a connection may be open without a request: hyper times only headers that have begun to arrive, so a
//! silent connection would hold its place for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a new connection may take until its first request.
const FIRST: Duration = Duration::from_secs(10);
/// How long it may wait for the next one.
const NEXT: Duration = Duration::from_secs(75);

/// What is on its way over one connection.
#[derive(Clone)]
pub struct Work(watch::Sender<usize>);

impl Work {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(watch::channel(0).0)
    }

    /// A request has arrived; it is on its way until the guard is gone.
    pub fn begin(&self) -> Busy {
        self.0.send_modify(|requests| *requests += 1);
        Busy(self.0.clone())
    }

    /// Comes back when nothing has been on its way for too long.
    pub async fn has_been_idle(&self) {
        let mut changes = self.0.subscribe();
        let mut limit = FIRST;
        loop {
            let requests = *changes.borrow_and_update();
            if requests > 0 {
                limit = NEXT;
                let _ = changes.changed().await;
            } else if timeout(limit, changes.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// A request on its way.
pub struct Busy(watch::Sender<usize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|requests| *requests -= 1);
    }
}

/// The body of an answer: its request is on its way until all of it is sent, as a live page's stream for long.
pub struct Answer {
    body: UnsyncBoxBody<Bytes, axum::Error>,
    _busy: Busy,
}

impl Answer {
    /// A body that holds `busy` until it ends.
    pub fn holding(body: Body, busy: Busy) -> Body {
        Body::new(Self { body: UnsyncBoxBody::new(body), _busy: busy })
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_idle_after_10_seconds() {
        let began = tokio::time::Instant::now();
        Work::new().has_been_idle().await;
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_waits_75_seconds_for_its_next_request_and_any_time_for_an_answer() {
        let (work, began) = (Work::new(), tokio::time::Instant::now());
        let busy = work.begin();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(1000)).await;
            drop(busy);
        });
        work.has_been_idle().await;
        assert_eq!(began.elapsed().as_secs(), 1075);
    }
}
