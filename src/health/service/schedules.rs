//! Health checks of many squads, and what the program does by itself when their days come.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::rounds::{Opening, close_in, open_in};
use crate::actor::{Actor, Tenant};
use crate::error::{Error, Result};
use crate::health::db::{self, DueRow, NewScheduleRow, SchedulePage, ScheduleUpdate};
use crate::health::domain::{
    HealthRefused, MAX_SCHEDULES, Mode, PLANNERS, Reveal, ScheduleName, counted_from, end_of,
    may_plan, must_be_near,
};
use crate::history::{self, NewEvent};
use crate::ids::{HealthScheduleId, OrganizationId, PackId, RoundId, TeamId};
use crate::transaction::{Begun, Change, begin};

/// A schedule that somebody wants.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    /// Its name.
    pub name: ScheduleName,
    /// What is asked.
    pub pack: PackId,
    /// Every so many weeks.
    pub cadence_weeks: i16,
    /// From this day on.
    pub starts_on: NaiveDate,
    /// Each for so many days.
    pub open_days: i16,
    /// Whether names stay.
    pub mode: Mode,
    /// Whose health.
    pub squads: Vec<TeamId>,
}

/// Plans a health check of many squads. The program opens the rounds when their days come.
pub async fn create_schedule(
    pool: &PgPool,
    actor: &Actor,
    new: &NewSchedule,
) -> Result<HealthScheduleId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !may_plan(actor.roles) {
        return Err(Error::Forbidden(PLANNERS.into()));
    }
    let most = new.cadence_weeks * 7;
    if new.open_days > most {
        return Err(HealthRefused::OpenTooLong(most).into());
    }
    must_be_near("starts_on", new.starts_on, actor.at.date_naive())?;
    let pack = db::share_pack(&mut tx, actor.tenant, new.pack).await?;
    let (pack, _) = pack.filter(|(_, is_live)| *is_live).ok_or(HealthRefused::NoPack)?;
    must_ask(&mut tx, actor, new.pack).await?;
    if db::count_schedules(&mut tx, actor.tenant).await? >= MAX_SCHEDULES {
        return Err(HealthRefused::TooManySchedules.into());
    }
    let id = HealthScheduleId::new();
    let row = NewScheduleRow {
        id,
        name: new.name.as_str(),
        pack: new.pack,
        cadence_weeks: new.cadence_weeks,
        starts_on: new.starts_on,
        open_days: new.open_days,
        mode: new.mode,
    };
    let squads = db::insert_schedule(&mut tx, actor.tenant, &row, &new.squads, actor.at).await?;
    if squads.is_empty() {
        return Err(HealthRefused::NoSquads.into());
    }
    let (ids, names): (Vec<_>, Vec<_>) = squads.into_iter().map(|(id, name)| (id.0, name)).unzip();
    let event = NewEvent::new(
        "health_schedule_created",
        format!("planned the health check “{}” for {} squads", new.name, ids.len()),
        [id.0].into_iter().chain(ids),
    )
    .change(
        None,
        json!({
            "pack": pack, "every_weeks": new.cadence_weeks, "from": new.starts_on, "open_days": new.open_days,
            "answers": new.mode.title(), "squads": names,
        }),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Refuses a pack without a question: none of its rounds could be opened.
async fn must_ask(tx: &mut Change, actor: &Actor, pack: PackId) -> Result<()> {
    let all = db::dimensions(&mut **tx, actor.tenant, pack).await?;
    if all.iter().any(|one| one.is_live) { Ok(()) } else { Err(HealthRefused::EmptyPack.into()) }
}

/// What becomes of a schedule. What it asks and whether names stay never change: those make it another one.
#[derive(Debug, Clone)]
pub struct ScheduleChange {
    /// Its name.
    pub name: ScheduleName,
    /// Every so many weeks.
    pub cadence_weeks: i16,
    /// The day on which the next rounds open.
    pub next_on: NaiveDate,
    /// Each for so many days.
    pub open_days: i16,
    /// Whose health.
    pub squads: Vec<TeamId>,
}

/// Changes a schedule that goes on. A squad that comes to it while its present rounds are to be answered is asked at once; the
/// open round of one that leaves it goes on.
pub async fn change_schedule(
    pool: &PgPool,
    actor: &Actor,
    id: HealthScheduleId,
    version: i32,
    new: &ScheduleChange,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !db::hold_schedule(&mut tx, actor.tenant, id).await? {
        return Err(Error::NotFound);
    }
    if !may_plan(actor.roles) {
        return Err(Error::Forbidden(PLANNERS.into()));
    }
    let was = find_in(&mut tx, actor.tenant, id).await?;
    if !was.is_live {
        return Err(HealthRefused::ScheduleEnded.into());
    }
    if was.version != version {
        return Err(Error::Stale);
    }
    let most = new.cadence_weeks * 7;
    if new.open_days > most {
        return Err(HealthRefused::OpenTooLong(most).into());
    }
    must_be_near("starts_on", new.next_on, actor.at.date_naive())?;
    let (counted, wanted) = ((was.starts_on, was.cadence_weeks), (new.next_on, new.cadence_weeks));
    let row = ScheduleUpdate {
        name: new.name.as_str(),
        cadence_weeks: new.cadence_weeks,
        starts_on: counted_from(counted, wanted, actor.at.date_naive())?,
        open_days: new.open_days,
    };
    db::update_schedule(&mut tx, actor.tenant, id, &row, &new.squads).await?;
    let now = find_in(&mut tx, actor.tenant, id).await?;
    if now.squads.is_empty() {
        return Err(HealthRefused::NoSquads.into());
    }
    let (before, after) = (kept(&was), kept(&now));
    if before != after {
        // Those that leave it are told of it, too.
        let mut squads: Vec<_> = was.squads.iter().chain(&now.squads).map(|id| id.0).collect();
        squads.sort_unstable();
        squads.dedup();
        let event = NewEvent::new(
            "health_schedule_changed",
            format!("changed the planned health check “{}”", now.name),
            [id.0].into_iter().chain(squads),
        );
        history::record(&mut tx, actor, event.change(before, after)).await?;
    }
    tx.done(()).await
}

async fn find_in(tx: &mut Change, tenant: Tenant, id: HealthScheduleId) -> Result<SchedulePage> {
    db::find_schedule(&mut **tx, tenant, id).await?.ok_or(Error::NotFound)
}

/// What the history keeps of a schedule that is changed.
fn kept(it: &SchedulePage) -> Value {
    json!({
        "name": it.name, "every_weeks": it.cadence_weeks, "from": it.starts_on, "open_days": it.open_days,
        "squads": it.squad_names,
    })
}

/// Ends a schedule: it opens no more rounds. Those that are open go on.
pub async fn end_schedule(pool: &PgPool, actor: &Actor, id: HealthScheduleId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !db::is_schedule(&mut *tx, actor.tenant, id).await? {
        return Err(Error::NotFound);
    }
    if !may_plan(actor.roles) {
        return Err(Error::Forbidden(PLANNERS.into()));
    }
    let name = db::end_schedule(&mut tx, actor.tenant, id, actor.at).await?;
    let name = name.ok_or(HealthRefused::ScheduleEnded)?;
    let summary = format!("ended the planned health check “{name}”");
    let event = NewEvent::new("health_schedule_ended", summary, [id.0]);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// How long after a closing what is left of it is looked for: some turns of [`tend`].
const TIDY: TimeDelta = TimeDelta::minutes(10);

/// What the program does by itself: closes the rounds whose last day has passed, opens those whose day has come, and removes what closings
/// deleted. Each round is a transaction of its own, and one that fails keeps none of the others back. Several instances may do so at once.
pub async fn tend(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    let closed = close_due(pool, now).await;
    let opened = open_due(pool, now).await;
    db::vacuum(pool, now - TIDY).await?;
    closed.and(opened)
}

async fn close_due(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    for (organization, round, team) in db::due_to_close(pool, now).await? {
        if let Err(error) = close_by_itself(pool, organization, round, team, now).await {
            tracing::warn!(?error, %organization, %round, "a health check could not be closed");
        }
    }
    Ok(())
}

async fn open_due(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    for due in db::due_to_open(pool, now.date_naive()).await? {
        if let Err(error) = open_by_itself(pool, &due, now).await {
            let DueRow { organization, schedule, team, .. } = due;
            tracing::warn!(?error, %organization, %schedule, %team, "a health check could not be opened");
        }
    }
    Ok(())
}

async fn close_by_itself(
    pool: &PgPool,
    organization: OrganizationId,
    round: RoundId,
    team: TeamId,
    now: DateTime<Utc>,
) -> Result<()> {
    let tenant = Tenant::of(organization);
    let mut tx = pool.begin().await?;
    if let Some(event) = close_in(&mut tx, tenant, round, team, now).await? {
        history::record_by_itself(&mut tx, tenant, now, event).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn open_by_itself(pool: &PgPool, due: &DueRow, now: DateTime<Utc>) -> Result<()> {
    let tenant = Tenant::of(due.organization);
    let mut tx = pool.begin().await?;
    let Some(squad) = db::hold_squad(&mut tx, tenant, due.team, None).await? else { return Ok(()) };
    let last = Days::new(u64::try_from(due.open_days - 1).unwrap_or_default());
    let last = due.period_on.checked_add_days(last).unwrap_or(due.period_on);
    let opening = Opening {
        team: due.team,
        squad: &squad.name,
        pack: due.pack,
        schedule: Some((due.schedule, due.period_on)),
        day: due.period_on,
        mode: Mode::parse(&due.mode).unwrap_or(Mode::Anonymous),
        reveal: Reveal::Window,
        opened_at: now,
        closes_at: end_of(last, Tz::UTC),
    };
    match open_in(&mut tx, tenant, &opening).await {
        Ok((_, event)) => {
            history::record_by_itself(&mut tx, tenant, now, event).await?;
            Ok(tx.commit().await?)
        }
        // Another instance, or somebody of the squad, was first; or there is nothing to ask any more.
        Err(Error::Refused(_) | Error::Stale | Error::Again) => Ok(()),
        Err(error) => Err(error),
    }
}
