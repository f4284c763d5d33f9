//! The word that goes out after a commit: "something in this organization is new".
//!
//! An [`Actor`](crate::actor::Actor) carries the [`Hints`] of the instance that its request came to, so
//! [`Change::done`](crate::transaction::Change::done) can say so without knowing who listens. The word is said after the commit and
//! never inside the transaction, where it would serialize commits, and it may get lost: whoever needs to know
//! also asks the history slowly (see [`crate::live`]). The command line has none, and its changes are found that way.

use std::collections::HashSet;
use std::fmt;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::ids::OrganizationId;

/// Takes the word from those who commit. Cheap to clone; the default one hears nothing.
#[derive(Clone, Default)]
pub struct Hints(Arc<[Arc<Waiting>]>);

/// The organizations in which something is new, until somebody takes them: each at most once, however
/// much happens, so that this does not grow while nobody listens.
#[derive(Default)]
pub struct Waiting {
    organizations: Mutex<HashSet<OrganizationId>>,
    wake: Notify,
}

impl Hints {
    /// Hints that each of `waiting` collects.
    pub fn to(waiting: &[&Arc<Waiting>]) -> Self {
        Self(waiting.iter().copied().cloned().collect())
    }

    /// Says that a change of `organization` was committed.
    pub fn committed(&self, organization: OrganizationId) {
        for waiting in &*self.0 {
            waiting.add([organization]);
        }
    }
}

impl Waiting {
    /// Adds organizations.
    pub fn add(&self, organizations: impl IntoIterator<Item = OrganizationId>) {
        self.organizations.lock().unwrap_or_else(PoisonError::into_inner).extend(organizations);
        self.wake.notify_one();
    }

    /// Waits until there are some and takes them. May be dropped while waiting without losing any.
    pub async fn taken(&self) -> HashSet<OrganizationId> {
        loop {
            let taken =
                take(&mut *self.organizations.lock().unwrap_or_else(PoisonError::into_inner));
            if !taken.is_empty() {
                return taken;
            }
            self.wake.notified().await;
        }
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hints to {}", self.0.len())
    }
}
