//! How often is too often, per instance: requests of one session, token or address, and the gauge of what is refused.
//!
//! What must be right with several instances (sign-ins, invitations, imports) is counted in rows instead, see
//! `accounts::service::allow`.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::{MetricTokenId, SessionId};

/// The counters of this instance.
#[derive(Clone)]
pub struct InstanceLimits {
    sessions: Arc<DefaultKeyedRateLimiter<SessionId>>,
    tokens: Arc<DefaultKeyedRateLimiter<MetricTokenId>>,
    callers: Arc<DefaultKeyedRateLimiter<String>>,
}

/// Programs that share an address call so many times as often as one of them.
const PROGRAMS: u32 = 10;

impl InstanceLimits {
    /// Counters that start empty.
    pub fn new(config: &Config) -> Self {
        let per_minute = |n| Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        let one = config.limits.requests_per_minute;
        let quota = per_minute(one);
        Self {
            sessions: Arc::new(RateLimiter::keyed(quota)),
            tokens: Arc::new(RateLimiter::keyed(quota)),
            callers: Arc::new(RateLimiter::keyed(per_minute(one.saturating_mul(PROGRAMS)))),
        }
    }

    /// Counts one request of a session.
    pub fn check_session(&self, session: SessionId) -> Result<()> {
        check(&self.sessions, &session)
    }

    /// Counts one call with a token, as often as one of a session.
    pub fn check_token(&self, token: MetricTokenId) -> Result<()> {
        check(&self.tokens, &token)
    }

    /// Counts one call of a program from an address, whoever it says that it is, before anything is looked up.
    pub fn check_caller(&self, address: &str) -> Result<()> {
        check(&self.callers, &address.to_owned())
    }

    /// Forgets sessions, tokens and addresses that have been quiet.
    pub fn forget_quiet(&self) {
        self.sessions.retain_recent();
        self.tokens.retain_recent();
        self.callers.retain_recent();
    }
}

fn check<K: Clone + Eq + Hash>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<()> {
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Error::TooMany(wait.as_secs() + 1)
    })
}
