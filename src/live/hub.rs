//! Who is connected to this instance, and what they are told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::db::{self, EventRow, Presences};
use super::domain::{BASELINE, End, Place, Window};
use crate::actor::{Roles, Tenant};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::hints::{Hints, Waiting};
use crate::ids::{MemberId, OrganizationId, SessionId};

/// How long a request may have been on its way.
const LATENCY: Duration = Duration::from_secs(2);

/// The live pages of one instance. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

/// What the tasks share.
pub(super) struct Inner {
    pub pool: PgPool,
    pub clock: Clock,
    /// Tells this instance's own messages from others'.
    pub instance: String,
    /// Organizations whose events are to be read.
    pub fresh: Arc<Waiting>,
    /// Organizations of which the other instances are to be told.
    pub committed: Arc<Waiting>,
    /// Whether a LISTEN connection stands.
    pub is_listening: AtomicBool,
    /// Somebody opened or left a page that shows who is there.
    pub moved: Notify,
    per_session: usize,
    per_address: usize,
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    is_stopped: bool,
    newest: u64,
    streams: BTreeMap<u64, Entry>,
    organizations: HashMap<OrganizationId, Watched>,
    sessions: HashMap<SessionId, VecDeque<u64>>,
    addresses: HashMap<String, usize>,
    arrived: Vec<u64>,
    left: Vec<Left>,
}

struct Entry {
    viewer: Viewer,
    presence: Uuid,
    signal: watch::Sender<Signal>,
}

struct Watched {
    streams: BTreeSet<u64>,
    window: Window,
}

/// Who opens a stream, and where.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    pub tenant: Tenant,
    pub member: MemberId,
    pub roles: Roles,
    pub session: SessionId,
    /// The address, as it is counted.
    pub address: String,
    pub place: Place,
    /// How long ago the page was asked for; unknown for one that comes back.
    pub page_age: Option<Duration>,
}

/// The row of somebody who left a page that shows who is there.
pub(super) struct Left {
    pub organization: OrganizationId,
    pub id: Uuid,
    pub place: Place,
}

/// What a stream is to say; the newest replaces what has not been said yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signal {
    /// Grows with each change that concerns the page.
    pub changes: u64,
    /// The number of the newest event among them.
    pub seq: i64,
    /// Grows when somebody opens or leaves the page.
    pub moves: u64,
    /// The stream ends.
    pub end: Option<End>,
}

/// An open stream. Dropping it takes the viewer off the list.
pub(super) struct Open {
    hub: Hub,
    id: u64,
    pub signal: watch::Receiver<Signal>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.hub.registry().remove(self.id);
        self.hub.0.moved.notify_one();
    }
}

impl Hub {
    /// A hub that nobody has connected to. It does nothing until it is [started](Hub::start).
    pub fn new(pool: PgPool, clock: Clock, config: &Config) -> Self {
        Self(Arc::new(Inner {
            pool,
            clock,
            instance: format!("{:08x}", fastrand::u32(..)),
            fresh: Arc::default(),
            committed: Arc::default(),
            is_listening: AtomicBool::new(false),
            moved: Notify::new(),
            per_session: config.limits.streams_per_session,
            per_address: config.limits.streams_per_address,
            registry: Mutex::default(),
        }))
    }

    /// For the requests that come to this instance.
    pub fn hints(&self) -> Hints {
        Hints::to(&[&self.0.fresh, &self.0.committed])
    }

    /// Ends all streams and opens no more; their browsers go to another instance.
    pub fn stop(&self) {
        let mut registry = self.registry();
        registry.is_stopped = true;
        for entry in registry.streams.values() {
            entry.end(End::Stop);
        }
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.registry().streams.len()
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a stream. The oldest of too many of a session ends.
    pub(super) async fn open(&self, viewer: Viewer) -> Result<Open> {
        if let Some(open) = self.enter(viewer.clone(), None)? {
            return Ok(open);
        }
        let newest = db::newest(&self.0.pool, viewer.tenant, BASELINE).await?;
        let open = self.enter(viewer, Some(&newest))?;
        Ok(open.expect("with the newest events there is always a window"))
    }

    /// Puts a viewer on the list, or nothing when nobody watches the organization and its newest events are not known:
    /// without them its whole history would be new.
    fn enter(&self, viewer: Viewer, newest: Option<&[i64]>) -> Result<Option<Open>> {
        let organization = viewer.tenant.organization_id();
        let now = Instant::now().into_std();
        let shows_presence = viewer.place.page.shows_presence();

        let mut registry = self.registry();
        if !registry.admits(&viewer, self.0.per_address)? && newest.is_none() {
            return Ok(None);
        }
        registry.newest += 1;
        let id = registry.newest;
        let watched = registry.organizations.entry(organization).or_insert_with(|| Watched {
            streams: BTreeSet::new(),
            window: Window::starting(newest.unwrap_or_default(), now),
        });
        watched.streams.insert(id);
        // A page that was made a moment ago, since when nothing has happened, need not be made again.
        let is_current = viewer
            .page_age
            .is_some_and(|age| watched.window.is_quiet_for(age.saturating_add(LATENCY), now));
        let (signal, receiver) = watch::channel(Signal {
            changes: u64::from(!is_current),
            seq: watched.window.newest(),
            moves: 1,
            end: None,
        });
        *registry.addresses.entry(viewer.address.clone()).or_default() += 1;
        let own = registry.sessions.entry(viewer.session).or_default();
        own.push_back(id);
        let oldest = (own.len() > self.0.per_session).then(|| own.front().copied()).flatten();
        if let Some(oldest) = oldest {
            registry.end(oldest, End::TooMany);
        }
        if shows_presence {
            registry.arrived.push(id);
        }
        registry.streams.insert(id, Entry { viewer, presence: Uuid::now_v7(), signal });
        drop(registry);
        if shows_presence {
            self.0.moved.notify_one();
        }
        Ok(Some(Open { hub: self.clone(), id, signal: receiver }))
    }

    /// The organizations that somebody looks at here.
    pub(super) fn watched(&self) -> HashSet<OrganizationId> {
        self.registry().organizations.keys().copied().collect()
    }

    /// Where to read on in these organizations: ids and floors, and what has been seen above them.
    pub(super) fn windows(
        &self,
        organizations: &HashSet<OrganizationId>,
    ) -> (Vec<Uuid>, Vec<i64>, Vec<i64>) {
        let now = Instant::now().into_std();
        let mut registry = self.registry();
        let (mut ids, mut floors, mut seen) = (vec![], vec![], vec![]);
        for organization in organizations {
            if let Some(watched) = registry.organizations.get_mut(organization) {
                watched.window.forget(now);
                ids.push(organization.0);
                floors.push(watched.window.floor());
                seen.extend(watched.window.seen());
            }
        }
        (ids, floors, seen)
    }

    /// Tells the streams that these events concern.
    pub(super) fn publish(&self, events: &[EventRow]) {
        let now = Instant::now().into_std();
        let mut registry = self.registry();
        let registry = &mut *registry;
        let mut about: HashMap<OrganizationId, (i64, HashSet<Uuid>)> = HashMap::new();
        for event in events {
            let Some(watched) = registry.organizations.get_mut(&event.organization_id) else {
                continue;
            };
            if watched.window.note(event.seq, now) {
                let (seq, things) = about.entry(event.organization_id).or_default();
                *seq = event.seq.max(*seq);
                things.extend(&event.about);
            }
        }
        for (organization, (newest, things)) in about {
            for entry in registry.of(organization) {
                if entry.viewer.place.concerns(&things) {
                    entry.signal.send_modify(|signal| {
                        signal.changes += 1;
                        signal.seq = newest.max(signal.seq);
                    });
                }
            }
        }
    }

    /// Tells those who have a page open that somebody came or went.
    pub(super) fn publish_move(&self, organization: OrganizationId, page: &str, subject: Uuid) {
        for entry in self.registry().of(organization) {
            let place = entry.viewer.place;
            if place.page.word() == page && place.subject == subject {
                entry.signal.send_modify(|signal| signal.moves += 1);
            }
        }
    }

    /// All streams, to be checked.
    pub(super) fn viewers(&self) -> Vec<(u64, Viewer)> {
        let registry = self.registry();
        registry.streams.iter().map(|(id, entry)| (*id, entry.viewer.clone())).collect()
    }

    /// Ends a stream.
    pub(super) fn end(&self, id: u64, why: End) {
        self.registry().end(id, why);
    }

    /// Who is to be noted as present, `all` of them or who came lately, and who left since the last call.
    pub(super) fn moves(&self, all: bool) -> (Vec<(Place, OrganizationId)>, Presences, Vec<Left>) {
        let mut registry = self.registry();
        let arrived = std::mem::take(&mut registry.arrived);
        let left = std::mem::take(&mut registry.left);
        let mut rows = Presences::default();
        let mut add = |entry: &Entry| {
            let viewer = &entry.viewer;
            rows.organizations.push(viewer.tenant.organization_id().0);
            rows.ids.push(entry.presence);
            rows.pages.push(viewer.place.page.word().to_owned());
            rows.subjects.push(viewer.place.subject);
            rows.members.push(viewer.member.0);
            rows.sessions.push(viewer.session.0);
        };
        let came: Vec<_> = arrived.iter().filter_map(|id| registry.streams.get(id)).collect();
        if all {
            let shown = |entry: &&Entry| entry.viewer.place.page.shows_presence();
            registry.streams.values().filter(shown).for_each(&mut add);
        } else {
            came.iter().copied().for_each(&mut add);
        }
        let places = came
            .iter()
            .map(|entry| (entry.viewer.place, entry.viewer.tenant.organization_id()))
            .chain(left.iter().map(|left| (left.place, left.organization)))
            .collect::<HashSet<_>>();
        (places.into_iter().collect(), rows, left)
    }
}

impl Registry {
    /// Whether the viewer's organization is watched already; refuses one who is too many, and all at the end.
    fn admits(&self, viewer: &Viewer, per_address: usize) -> Result<bool> {
        if self.is_stopped {
            return Err(Error::Busy(1));
        }
        if self.addresses.get(&viewer.address).is_some_and(|n| *n >= per_address) {
            return Err(Error::TooMany(60));
        }
        Ok(self.organizations.contains_key(&viewer.tenant.organization_id()))
    }

    fn of(&self, organization: OrganizationId) -> impl Iterator<Item = &Entry> {
        let watched = self.organizations.get(&organization);
        watched
            .into_iter()
            .flat_map(|watched| &watched.streams)
            .filter_map(|id| self.streams.get(id))
    }

    fn end(&mut self, id: u64, why: End) {
        if let Some(entry) = self.streams.get(&id) {
            entry.end(why);
            // It counts no more, although its connection may take a moment to close.
            let session = entry.viewer.session;
            if let Some(own) = self.sessions.get_mut(&session) {
                own.retain(|other| *other != id);
            }
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(Entry { viewer, presence, .. }) = self.streams.remove(&id) else { return };
        let organization = viewer.tenant.organization_id();
        if let Some(watched) = self.organizations.get_mut(&organization) {
            watched.streams.remove(&id);
            if watched.streams.is_empty() {
                self.organizations.remove(&organization);
            }
        }
        if let Some(own) = self.sessions.get_mut(&viewer.session) {
            own.retain(|other| *other != id);
            if own.is_empty() {
                self.sessions.remove(&viewer.session);
            }
        }
        if let Some(n) = self.addresses.get_mut(&viewer.address) {
            *n -= 1;
            if *n == 0 {
                self.addresses.remove(&viewer.address);
            }
        }
        if viewer.place.page.shows_presence() {
            self.left.push(Left { organization, id: presence, place: viewer.place });
        }
    }
}

impl Entry {
    fn end(&self, why: End) {
        self.signal.send_modify(|signal| signal.end = signal.end.or(Some(why)));
    }
}
