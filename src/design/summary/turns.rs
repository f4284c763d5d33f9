//! Whose turn it is in this program to make an organization's summaries again. Other instances may do the same at the same time; that
//! costs twice and harms nothing.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::actor::Tenant;
use crate::ids::OrganizationId;

/// What those who read the summaries of an organization hold one after another.
#[derive(Default)]
pub(super) struct Turn {
    held: tokio::sync::Mutex<()>,
    /// How often all of them have been begun.
    begun: AtomicU64,
}

impl Turn {
    /// Waits until nobody else is at it.
    pub async fn wait(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.held.lock().await
    }

    /// As [`Self::wait`], for whoever wants all summaries; nothing where somebody has begun with all of them in the meantime and is done:
    /// what was out of date when this one came is not any more.
    pub async fn wait_for_all(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let before = self.begun.load(Ordering::SeqCst);
        let held = self.held.lock().await;
        if self.begun.load(Ordering::SeqCst) > before {
            return None;
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        Some(held)
    }
}

/// So often readers of an organization wait for its summaries in the long run.
const EVERY: Duration = Duration::from_secs(5);
/// So often at once, where nobody did lately.
const AT_ONCE: u32 = 5;
/// So long it is not counted again how many are out of date, for those who do not wait.
const COUNTED: Duration = Duration::from_secs(1);

static TURNS: LazyLock<Mutex<Turns>> = LazyLock::new(Mutex::default);

/// Who is at it, by organization.
#[derive(Default)]
pub(super) struct Turns {
    waiting: HashMap<OrganizationId, Weak<Turn>>,
    running: HashSet<OrganizationId>,
    /// Until when those who waited have used up what their organization may, each [`EVERY`]; only where that is to come.
    used: HashMap<OrganizationId, Instant>,
    /// How many were out of date when they were counted.
    behind: HashMap<OrganizationId, (Instant, usize)>,
}

impl Turns {
    fn all() -> MutexGuard<'static, Self> {
        TURNS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of an organization.
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

    /// Whether somebody who reads at `now` may wait until the summaries are made again. Where an organization changes all the time, its
    /// readers would do nothing else.
    pub fn may_wait(tenant: Tenant, now: Instant) -> bool {
        let used = &mut Self::all().used;
        used.retain(|_, until| *until > now);
        let until = used.entry(tenant.organization_id()).or_insert(now);
        let may = *until + EVERY <= now + EVERY * AT_ONCE;
        if may {
            *until += EVERY;
        }
        may
    }

    /// How many summaries are out of date, if that was counted just before `now`.
    pub fn behind(tenant: Tenant, now: Instant) -> Option<usize> {
        let behind = &mut Self::all().behind;
        behind.retain(|_, (at, _)| now.saturating_duration_since(*at) < COUNTED);
        behind.get(&tenant.organization_id()).map(|(_, behind)| *behind)
    }

    /// Notes how many they were `now`.
    pub fn note_behind(tenant: Tenant, now: Instant, behind: usize) {
        Self::all().behind.insert(tenant.organization_id(), (now, behind));
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
    use futures_util::FutureExt;

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
    fn readers_wait_five_times_at_once_and_once_in_five_seconds() {
        let (one, other) = (Tenant::of(OrganizationId::new()), Tenant::of(OrganizationId::new()));
        let now = Instant::now();

        assert_eq!((0..30).filter(|_| Turns::may_wait(one, now)).count(), 5);
        assert!(Turns::may_wait(other, now));
        assert!(!Turns::may_wait(one, now + EVERY / 2));
        assert!(Turns::may_wait(one, now + EVERY));
        assert!(!Turns::may_wait(one, now + EVERY));
        let later = now + EVERY * 100;
        assert_eq!((0..30).filter(|_| Turns::may_wait(one, later)).count(), 5);
    }

    #[test]
    fn how_many_are_out_of_date_is_known_for_a_second() {
        let (one, other) = (Tenant::of(OrganizationId::new()), Tenant::of(OrganizationId::new()));
        let now = Instant::now();
        Turns::note_behind(one, now, 7);

        assert_eq!(Turns::behind(one, now + COUNTED / 2), Some(7));
        assert_eq!(Turns::behind(other, now + COUNTED / 2), None);
        assert_eq!(Turns::behind(one, now + COUNTED), None);
    }

    #[tokio::test]
    async fn readers_of_one_organization_take_turns_and_others_do_not_wait_for_them() {
        let (one, other) = (Tenant::of(OrganizationId::new()), Tenant::of(OrganizationId::new()));
        let turn = Turns::of(one);
        let mine = turn.wait().await;

        assert!(Turns::of(one).wait().now_or_never().is_none());
        assert!(Turns::of(other).wait().now_or_never().is_some());
        drop(mine);
        assert!(Turns::of(one).wait().now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_waited_while_another_one_began_and_ended_has_nothing_left_to_do() {
        let turn = Turns::of(Tenant::of(OrganizationId::new()));
        let first = turn.wait().await;
        // Both looked before the first of them began.
        let (mut second, mut third) =
            (Box::pin(turn.wait_for_all()), Box::pin(turn.wait_for_all()));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());

        drop(first);
        drop(second.await.unwrap());

        assert!(third.await.is_none());
        assert!(turn.wait_for_all().await.is_some(), "who comes later begins again");
    }
}
