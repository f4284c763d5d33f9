//! Health checks of many squads, every so many weeks.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::health::domain::Mode;
use crate::ids::{HealthScheduleId, OrganizationId, PackId, TeamId};

/// A schedule as a line of the list.
#[derive(Debug, Clone)]
pub struct ScheduleRow {
    /// The schedule.
    pub id: HealthScheduleId,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub pack_name: String,
    /// Every so many weeks.
    pub cadence_weeks: i16,
    /// From this day on.
    pub starts_on: NaiveDate,
    /// Each for so many days.
    pub open_days: i16,
    /// Whether names stay.
    pub mode: String,
    /// Whether it goes on.
    pub is_live: bool,
    /// The squads' names.
    pub squads: Vec<String>,
    /// Rounds of it that are open.
    pub open: i64,
}

/// All schedules, those that go on first.
pub async fn schedules(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<ScheduleRow>> {
    sqlx::query_as!(
        ScheduleRow,
        r#"
        select s.id   as "id: HealthScheduleId",
               s.name,
               p.name as pack_name,
               s.cadence_weeks, s.starts_on, s.open_days, s.mode,
               s.ended_at is null as "is_live!",
               array(select t.name from health_schedule_squad q
                     join team t on (t.organization_id, t.id) = (q.organization_id, q.team_id)
                     where (q.organization_id, q.schedule_id) = (s.organization_id, s.id)
                     order by lower(t.name)) as "squads!",
               (select count(*) from health_round r
                where (r.organization_id, r.schedule_id) = (s.organization_id, s.id) and r.closed_at is null) as "open!"
        from health_schedule s
        join health_pack p on (p.organization_id, p.id) = (s.organization_id, s.pack_id)
        where s.organization_id = $1
        order by s.ended_at is not null, s.starts_on desc, s.id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// A schedule that is about to be.
#[derive(Debug, Clone)]
pub struct NewScheduleRow<'a> {
    /// Its id.
    pub id: HealthScheduleId,
    /// Its name.
    pub name: &'a str,
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
}

/// Adds a schedule with its squads; answers those that there are, with their names.
pub async fn insert_schedule(
    tx: &mut PgConnection,
    tenant: Tenant,
    new: &NewScheduleRow<'_>,
    squads: &[TeamId],
    at: DateTime<Utc>,
) -> sqlx::Result<Vec<(TeamId, String)>> {
    let ids: Vec<Uuid> = squads.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        insert into health_schedule (organization_id, id, name, pack_id, cadence_weeks, starts_on, open_days, mode, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        tenant.organization_id().0,
        new.id.0,
        new.name,
        new.pack.0,
        new.cadence_weeks,
        new.starts_on,
        new.open_days,
        new.mode.word(),
        at,
    )
    .execute(&mut *tx)
    .await?;
    let rows = sqlx::query!(
        r#"
        with squad as (
            insert into health_schedule_squad (organization_id, schedule_id, team_id)
            select t.organization_id, $2, t.id
            from team t
            where t.organization_id = $1 and t.id = any ($3) and t.kind = 'squad' and t.state <> 'dissolved'
            returning team_id
        )
        select t.id as "id: TeamId", t.name
        from team t
        where t.organization_id = $1 and t.id in (select team_id from squad)
        order by lower(t.name)
        "#,
        tenant.organization_id().0,
        new.id.0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// How many schedules go on. The organization is held, so that two who plan at once are counted one after the other.
pub async fn count_schedules(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select id from organization where id = $1 for no key update"#,
        tenant.organization_id().0
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from health_schedule where organization_id = $1 and ended_at is null"#,
        tenant.organization_id().0,
    )
    .fetch_one(tx)
    .await
}

/// A schedule as it can be changed.
#[derive(Debug, Clone)]
pub struct SchedulePage {
    /// The schedule.
    pub id: HealthScheduleId,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub pack_name: String,
    /// Every so many weeks.
    pub cadence_weeks: i16,
    /// The first day from which the weeks are counted.
    pub starts_on: NaiveDate,
    /// Each for so many days.
    pub open_days: i16,
    /// Whether names stay.
    pub mode: String,
    /// Whether it goes on.
    pub is_live: bool,
    /// For the next edit.
    pub version: i32,
    /// The squads that are not dissolved.
    pub squads: Vec<TeamId>,
    /// Their names.
    pub squad_names: Vec<String>,
}

/// A schedule by its id.
pub async fn find_schedule(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: HealthScheduleId,
) -> sqlx::Result<Option<SchedulePage>> {
    sqlx::query_as!(
        SchedulePage,
        r#"
        select s.id   as "id: HealthScheduleId",
               s.name,
               p.name as pack_name,
               s.cadence_weeks, s.starts_on, s.open_days, s.mode,
               s.ended_at is null as "is_live!",
               s.version,
               coalesce(q.ids, '{}')   as "squads!: Vec<TeamId>",
               coalesce(q.names, '{}') as "squad_names!"
        from health_schedule s
        join health_pack p on (p.organization_id, p.id) = (s.organization_id, s.pack_id)
        cross join lateral (
            select array_agg(t.id order by lower(t.name), t.id) as ids, array_agg(t.name order by lower(t.name), t.id) as names
            from health_schedule_squad q
            join team t on (t.organization_id, t.id) = (q.organization_id, q.team_id) and t.state <> 'dissolved'
            where (q.organization_id, q.schedule_id) = (s.organization_id, s.id)
        ) q
        where s.organization_id = $1 and s.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Holds a schedule until the transaction ends; answers whether there is one.
pub async fn hold_schedule(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: HealthScheduleId,
) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        "select version from health_schedule where organization_id = $1 and id = $2 for no key update",
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}

/// What a schedule becomes.
#[derive(Debug, Clone)]
pub struct ScheduleUpdate<'a> {
    /// Its name.
    pub name: &'a str,
    /// Every so many weeks.
    pub cadence_weeks: i16,
    /// The first day from which the weeks are counted.
    pub starts_on: NaiveDate,
    /// Each for so many days.
    pub open_days: i16,
}

/// Changes a schedule that is held, with its squads: those of `squads` that there are, and no others.
pub async fn update_schedule(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: HealthScheduleId,
    new: &ScheduleUpdate<'_>,
    squads: &[TeamId],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = squads.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        update health_schedule
        set name = $3, cadence_weeks = $4, starts_on = $5, open_days = $6, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        new.name,
        new.cadence_weeks,
        new.starts_on,
        new.open_days,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from health_schedule_squad where organization_id = $1 and schedule_id = $2 and team_id <> all ($3)",
        tenant.organization_id().0,
        id.0,
        &ids,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into health_schedule_squad (organization_id, schedule_id, team_id)
        select t.organization_id, $2, t.id
        from team t
        where t.organization_id = $1 and t.id = any ($3) and t.kind = 'squad' and t.state <> 'dissolved'
        on conflict do nothing
        "#,
        tenant.organization_id().0,
        id.0,
        &ids,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a schedule; answers its name if it went on.
pub async fn end_schedule(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: HealthScheduleId,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        update health_schedule
        set ended_at = $3, version = version + 1
        where organization_id = $1 and id = $2 and ended_at is null
        returning name
        "#,
        tenant.organization_id().0,
        id.0,
        at,
    )
    .fetch_optional(tx)
    .await
}

/// Whether there is such a schedule.
pub async fn is_schedule(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: HealthScheduleId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from health_schedule where organization_id = $1 and id = $2) as "is_there!""#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// A schedule that goes on and a squad of it, for which a round may be due.
#[derive(Debug, Clone)]
pub struct DueRow {
    /// Whose.
    pub organization: OrganizationId,
    /// The schedule.
    pub schedule: HealthScheduleId,
    /// What is asked.
    pub pack: PackId,
    /// Whether names stay.
    pub mode: String,
    /// Each for so many days.
    pub open_days: i16,
    /// The squad.
    pub team: TeamId,
    /// The first day of the period.
    pub period_on: NaiveDate,
}

/// The squads whose round of the present period is not open yet, over all organizations. A period whose days have passed is left out, and
/// so are a squad with an open round of the same pack and a pack that asks nothing. Where many are due, each organization has its first
/// before any has its second: nobody waits for another's plans.
pub async fn due_to_open(db: impl PgExecutor<'_>, today: NaiveDate) -> sqlx::Result<Vec<DueRow>> {
    sqlx::query_as!(
        DueRow,
        r#"
        select s.organization_id as "organization: OrganizationId",
               s.id              as "schedule: HealthScheduleId",
               s.pack_id         as "pack: PackId",
               s.mode,
               s.open_days,
               q.team_id         as "team: TeamId",
               p.period_on       as "period_on!"
        from health_schedule s
        join health_pack k on (k.organization_id, k.id) = (s.organization_id, s.pack_id) and k.ended_at is null
        cross join lateral (select s.starts_on + ($1 - s.starts_on) / (s.cadence_weeks * 7) * (s.cadence_weeks * 7) as period_on) as p
        join health_schedule_squad q on (q.organization_id, q.schedule_id) = (s.organization_id, s.id)
        join team t on (t.organization_id, t.id) = (q.organization_id, q.team_id) and t.state <> 'dissolved' and t.member_count > 0
        where s.ended_at is null and s.starts_on <= $1 and $1 < p.period_on + s.open_days
          and not exists (select from health_round r
                          where (r.organization_id, r.schedule_id, r.team_id, r.period_on) = (s.organization_id, s.id, q.team_id, p.period_on))
          and not exists (select from health_round r
                          where (r.organization_id, r.team_id, r.pack_id) = (s.organization_id, q.team_id, s.pack_id) and r.closed_at is null)
          and exists (select from health_dimension d
                      where (d.organization_id, d.pack_id) = (s.organization_id, s.pack_id) and d.ended_at is null)
        order by row_number() over (partition by s.organization_id order by p.period_on, s.id, q.team_id), p.period_on, s.organization_id
        limit 500
        "#,
        today,
    )
    .fetch_all(db)
    .await
}

/// A squad that can be chosen.
#[derive(Debug, Clone)]
pub struct SquadChoice {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// How many are in it.
    pub members: i32,
}

/// The squads that are not dissolved.
pub async fn squads(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<SquadChoice>> {
    sqlx::query_as!(
        SquadChoice,
        r#"
        select id as "id: TeamId", name, member_count as members
        from team
        where organization_id = $1 and kind = 'squad' and state <> 'dissolved'
        order by lower(name), id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}
