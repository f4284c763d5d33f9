//! How often is too often, per instance: requests of one session, and the gauge of what is refused.
//!
//! What must be right with several instances (sign-ins, invitations, imports) is counted in rows instead, see
//! `accounts::service::allow`.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::ids::SessionId;

/// The counters of this instance.
#[derive(Clone)]
pub struct InstanceLimits {
    sessions: Arc<DefaultKeyedRateLimiter<SessionId>>,
}

impl InstanceLimits {
    /// Counters that start empty.
    pub fn new(config: &Config) -> Self {
        let per_minute =
            NonZeroU32::new(config.limits.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        Self { sessions: Arc::new(RateLimiter::keyed(Quota::per_minute(per_minute))) }
    }

    /// Counts one request of a session.
    pub fn check_session(&self, session: SessionId) -> Result<()> {
        self.sessions.check_key(&session).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Error::TooMany(wait.as_secs() + 1)
        })
    }

    /// Forgets sessions that have been quiet.
    pub fn forget_quiet(&self) {
        self.sessions.retain_recent();
    }
}
