//! Whose turn it is in this program to make an organization's summaries again. Other instances may do the same at the same time; that
//! costs twice and harms nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use crate::actor::Tenant;
use crate::ids::OrganizationId;

type Turn = tokio::sync::Mutex<()>;

static TURNS: LazyLock<Mutex<Turns>> = LazyLock::new(Mutex::default);

/// Who is at it, by organization.
#[derive(Default)]
pub(super) struct Turns {
    waiting: HashMap<OrganizationId, Weak<Turn>>,
    running: HashSet<OrganizationId>,
}

impl Turns {
    fn all() -> MutexGuard<'static, Self> {
        TURNS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What those who read the organization's summaries hold one after another.
    pub fn of(tenant: Tenant) -> Arc<Turn> {
        let mut all = Self::all();
        let id = tenant.organization_id();
        if let Some(turn) = all.waiting.get(&id).and_then(Weak::upgrade) {
            return turn;
        }
        all.waiting.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        all.waiting.insert(id, Arc::downgrade(&turn));
        turn
    }
}

/// The one task that works in the background for an organization.
pub(super) struct Running(OrganizationId);

impl Running {
    /// None where there is one already.
    pub fn begin(tenant: Tenant) -> Option<Self> {
        let id = tenant.organization_id();
        let is_first = Turns::all().running.insert(id);
        // Made only when it is ours: dropping one takes the organization off the list.
        is_first.then(|| Self(id))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        Turns::all().running.remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_at_a_time_works_in_the_background_for_an_organization() {
        let (one, other) = (Tenant::of(OrganizationId::new()), Tenant::of(OrganizationId::new()));
        let first = Running::begin(one).unwrap();

        assert!(Running::begin(one).is_none());
        assert!(Running::begin(one).is_none(), "whoever was refused has not taken the place away");
        assert!(Running::begin(other).is_some());
        drop(first);
        assert!(Running::begin(one).is_some());
    }

    #[test]
    fn readers_of_one_organization_take_turns_and_others_do_not_wait_for_them() {
        let (one, other) = (Tenant::of(OrganizationId::new()), Tenant::of(OrganizationId::new()));
        let turn = Turns::of(one);
        let mine = turn.try_lock().unwrap();

        assert!(Turns::of(one).try_lock().is_err());
        assert!(Turns::of(other).try_lock().is_ok());
        drop(mine);
        assert!(Turns::of(one).try_lock().is_ok());
    }
}
