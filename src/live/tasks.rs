//! What an instance does for its live pages, each in a task of its own: read what is new, tell the other
//! instances, hear from them, check that the viewers may still look, and note who is where.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::db;
use super::domain::End;
use super::hub::Hub;
use crate::actor::Roles;
use crate::ids::OrganizationId;

/// What comes within this time is read, or told, at once.
const COALESCE: Duration = Duration::from_millis(20);
/// How often the history is asked without a hint while no LISTEN connection stands.
const POLL: Duration = Duration::from_millis(500);
/// While one stands: each fourth time, which is every 2 seconds.
const POLLS_WHILE_LISTENING: u32 = 4;
/// How often the sessions behind the streams are checked.
const GUARD: Duration = Duration::from_secs(10);
/// How long streams go on without having been checked.
const UNCHECKED: Duration = Duration::from_secs(20);
/// How many streams are checked by one statement.
const CHECKED_AT_ONCE: usize = 2000;
/// How often a page is told at most that somebody came or went.
const MOVES: Duration = Duration::from_secs(1);

/// The tasks; they end when this is dropped.
#[must_use]
pub struct Running {
    hub: Hub,
    tasks: JoinSet<()>,
    direct: Option<PgPool>,
}

impl Running {
    /// Ends the tasks and takes those who were here off the pages.
    pub async fn finish(mut self) {
        self.hub.stop();
        self.tasks.shutdown().await;
        let (_, rows, left) = self.hub.moves(true);
        let mut gone: Vec<_> = left.iter().map(|left| (left.organization.0, left.id)).collect();
        gone.extend(rows.organizations.into_iter().zip(rows.ids));
        let (organizations, ids): (Vec<Uuid>, Vec<Uuid>) = gone.into_iter().unzip();
        if !ids.is_empty()
            && let Err(error) =
                db::delete_presence(&self.hub.inner().pool, &organizations, &ids).await
        {
            tracing::debug!(%error, "who was here could not be removed; it ends by itself");
        }
        if let Some(direct) = self.direct {
            direct.close().await;
        }
    }
}

impl Hub {
    /// Starts the tasks. `direct` leads to the database past a pooler, for LISTEN and NOTIFY; without it this
    /// instance finds by asking, and is found by others' asking.
    pub fn start(&self, direct: Option<PgConnectOptions>) -> Running {
        let mut tasks = JoinSet::new();
        tasks.spawn(read(self.clone()));
        tasks.spawn(guard(self.clone()));
        // One connection to listen and one to tell.
        let direct = direct.map(|options| {
            PgPoolOptions::new()
                .max_connections(2)
                .acquire_timeout(Duration::from_secs(2))
                .connect_lazy_with(options.application_name("trellis live"))
        });
        if let Some(direct) = &direct {
            tasks.spawn(tell(self.clone(), direct.clone()));
            tasks.spawn(listen(self.clone(), direct.clone()));
        }
        tasks.spawn(note_presence(self.clone(), direct.clone()));
        Running { hub: self.clone(), tasks, direct }
    }
}

/// Reads what is new: at once after a hint, and from time to time everywhere.
async fn read(hub: Hub) {
    let mut poll = interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut polls = 0_u32;
    loop {
        let organizations = tokio::select! {
            organizations = hub.inner().fresh.taken() => organizations,
            _ = poll.tick() => {
                polls += 1;
                let is_listening = hub.inner().is_listening.load(Ordering::Relaxed);
                if is_listening && !polls.is_multiple_of(POLLS_WHILE_LISTENING) {
                    continue;
                }
                hub.watched()
            }
        };
        if let Err(error) = read_from(&hub, &organizations).await {
            tracing::warn!(%error, "the live pages could not ask what is new");
        }
        sleep(COALESCE).await;
    }
}

async fn read_from(hub: &Hub, organizations: &HashSet<OrganizationId>) -> sqlx::Result<()> {
    let (ids, floors, seen) = hub.windows(organizations);
    if ids.is_empty() {
        return Ok(());
    }
    let events = db::list_unseen(&hub.inner().pool, &ids, &floors, &seen).await?;
    if !events.is_empty() {
        hub.publish(&events);
    }
    Ok(())
}

/// Tells the other instances of what was committed here.
async fn tell(hub: Hub, direct: PgPool) {
    loop {
        let organizations = hub.inner().committed.taken().await;
        let ids: Vec<Uuid> = organizations.iter().map(|organization| organization.0).collect();
        let told = db::notify_changed(&direct, &ids, &hub.inner().instance);
        // A word that is lost is found by those who ask.
        if let Ok(Err(error)) = timeout(Duration::from_secs(2), told).await {
            tracing::debug!(%error, "the other instances could not be told");
        }
        sleep(COALESCE).await;
    }
}

/// Hears what was committed elsewhere.
async fn listen(hub: Hub, direct: PgPool) {
    loop {
        let heard = listen_once(&hub, &direct).await;
        if hub.inner().is_listening.swap(false, Ordering::Relaxed) || heard.is_err() {
            tracing::warn!(error = ?heard.err(), "not listening to other instances; asking more often");
        }
        sleep(Duration::from_millis(fastrand::u64(500..1500))).await;
    }
}

async fn listen_once(hub: &Hub, direct: &PgPool) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(direct).await?;
    listener.listen(db::CHANNEL).await?;
    hub.inner().is_listening.store(true, Ordering::Relaxed);
    // What was said before this connection stood.
    hub.inner().fresh.add(hub.watched());
    while let Some(message) = listener.try_recv().await? {
        hear(hub, message.payload());
    }
    Ok(())
}

/// `event <organization> <instance> <newest event>` or `moved <organization> <instance> <page> <subject>`.
fn hear(hub: &Hub, payload: &str) {
    let words: Vec<&str> = payload.split(' ').collect();
    let (Some(kind), Some(Ok(organization))) =
        (words.first(), words.get(1).map(|id| id.parse::<OrganizationId>()))
    else {
        return;
    };
    if words.get(2).is_some_and(|instance| *instance == hub.inner().instance) {
        return;
    }
    match (*kind, words.get(3), words.get(4)) {
        ("event", ..) => hub.inner().fresh.add([organization]),
        ("moved", Some(page), Some(subject)) => {
            if let Ok(subject) = subject.parse() {
                hub.publish_move(organization, page, subject);
            }
        }
        _ => {}
    }
}

/// Ends the streams of sessions, memberships and roles that are over.
async fn guard(hub: Hub) {
    let mut every = interval(GUARD);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut checked = Instant::now();
    loop {
        every.tick().await;
        match check(&hub).await {
            Ok(()) => checked = Instant::now(),
            Err(error) => {
                tracing::warn!(%error, "the sessions of live pages could not be checked");
                if checked.elapsed() >= UNCHECKED {
                    for (id, _) in hub.viewers() {
                        hub.end(id, End::Stop);
                    }
                }
            }
        }
    }
}

async fn check(hub: &Hub) -> sqlx::Result<()> {
    let now = hub.inner().clock.now();
    for viewers in hub.viewers().chunks(CHECKED_AT_ONCE) {
        let (mut streams, mut sessions) = (vec![], vec![]);
        let (mut organizations, mut members) = (vec![], vec![]);
        for (id, viewer) in viewers {
            streams.push(i64::try_from(*id).unwrap_or(i64::MAX));
            sessions.push(viewer.session.0);
            organizations.push(viewer.tenant.organization_id().0);
            members.push(viewer.member.0);
        }
        let pool = &hub.inner().pool;
        let standing =
            db::list_standing(pool, &streams, &sessions, &organizations, &members, now).await?;
        let stands: std::collections::HashMap<i64, Option<Roles>> =
            standing.iter().map(|row| (row.stream, Roles::parse(&row.roles).ok())).collect();
        for ((id, viewer), stream) in viewers.iter().zip(&streams) {
            if stands.get(stream).copied().flatten() != Some(viewer.roles) {
                hub.end(*id, End::Over);
            }
        }
    }
    Ok(())
}

/// Notes who has a page open that shows who is there, and tells those who look at it, once a second at most.
async fn note_presence(hub: Hub, direct: Option<PgPool>) {
    let mut refresh = interval(GUARD);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let all = tokio::select! {
            () = hub.inner().moved.notified() => false,
            _ = refresh.tick() => true,
        };
        if let Err(error) = write_presence(&hub, direct.as_ref(), all).await {
            tracing::debug!(%error, "who is here could not be noted");
        }
        sleep(MOVES).await;
    }
}

async fn write_presence(hub: &Hub, direct: Option<&PgPool>, all: bool) -> sqlx::Result<()> {
    let inner = hub.inner();
    let (places, rows, left) = hub.moves(all);
    let mut moved: Vec<_> = places
        .into_iter()
        .map(|(place, organization)| (organization, place.page.word().to_owned(), place.subject))
        .collect();
    if !rows.ids.is_empty() {
        db::upsert_presence(&inner.pool, &rows).await?;
    }
    if !left.is_empty() {
        let (organizations, ids): (Vec<_>, Vec<_>) =
            left.iter().map(|left| (left.organization.0, left.id)).unzip();
        db::delete_presence(&inner.pool, &organizations, &ids).await?;
    }
    if all {
        let silent = db::delete_silent(&inner.pool).await?;
        moved.extend(silent.into_iter().map(|row| (row.organization_id, row.page, row.subject)));
    }
    let mut words = vec![];
    for (organization, page, subject) in moved {
        hub.publish_move(organization, &page, subject);
        words.push(format!("moved {organization} {} {page} {subject}", inner.instance));
    }
    if let (Some(direct), false) = (direct, words.is_empty()) {
        db::notify(direct, &words).await?;
    }
    Ok(())
}
