//! Rounds: opening, finding, holding, closing; agreements and actions.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::health::domain::{ActionState, Colour, Mode, Reveal, Trend};
use crate::ids::{
    DimensionId, EventId, HealthActionId, HealthScheduleId, MemberId, OrganizationId, PackId,
    RoundId, TeamId,
};

/// A squad whose health is looked at, with its row held.
#[derive(Debug, Clone)]
pub struct HeldSquad {
    /// Its name.
    pub name: String,
    /// Its state's word.
    pub state: String,
    /// Whether who asks is in it.
    pub is_member: bool,
}

/// Holds the squad's row until the transaction ends, so that of two who open a round the second sees the first's.
pub async fn hold_squad(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    member: Option<MemberId>,
) -> sqlx::Result<Option<HeldSquad>> {
    sqlx::query_as!(
        HeldSquad,
        r#"
        select t.name,
               t.state,
               exists (select from membership m
                       where m.organization_id = t.organization_id and m.team_id = t.id and m.member_id = $3 and m.until_at is null) as "is_member!"
        from team t
        where t.organization_id = $1 and t.id = $2 and t.kind = 'squad'
        for no key update of t
        "#,
        tenant.organization_id().0,
        team.0,
        member.map(|member| member.0),
    )
    .fetch_optional(tx)
    .await
}

/// A round as the use cases see it.
#[derive(Debug, Clone)]
pub struct RoundState {
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub team_name: String,
    /// What the round is called.
    pub label: String,
    /// When it closes by itself.
    pub closes_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// How many answers are enough.
    pub threshold: i16,
    /// Whether who asks is in the squad.
    pub is_member: bool,
    /// Whether there was a round before with which one can compare.
    pub has_earlier: bool,
}

/// Finds a round.
pub async fn find_state(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    round: RoundId,
    member: Option<MemberId>,
) -> sqlx::Result<Option<RoundState>> {
    sqlx::query_as!(
        RoundState,
        r#"
        select r.team_id as "team: TeamId",
               t.name    as team_name,
               r.label,
               r.closes_at,
               r.closed_at,
               r.threshold,
               exists (select from membership m
                       where m.organization_id = r.organization_id and m.team_id = r.team_id and m.member_id = $3 and m.until_at is null) as "is_member!",
               exists (select from health_round e
                       where (e.organization_id, e.team_id, e.pack_id) = (r.organization_id, r.team_id, r.pack_id)
                         and e.opened_at < r.opened_at and e.is_shown) as "has_earlier!"
        from health_round r
        join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
        where r.organization_id = $1 and r.id = $2
        "#,
        tenant.organization_id().0,
        round.0,
        member.map(|member| member.0),
    )
    .fetch_optional(db)
    .await
}

/// Holds an open round against its closing: many may answer at once, and the closing waits for those who have begun.
pub async fn share_open(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select closed_at is null as "is_open!"
        from health_round
        where organization_id = $1 and id = $2
        for share
        "#,
        tenant.organization_id().0,
        round.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found == Some(true))
}

/// Holds an open round for its closing: nobody answers any more, and nobody else closes it.
pub async fn hold_open(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select closed_at is null as "is_open!"
        from health_round
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        round.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found == Some(true))
}

/// A round that is about to be opened.
#[derive(Debug, Clone)]
pub struct OpeningRound<'a> {
    /// Its id.
    pub id: RoundId,
    /// The squad.
    pub team: TeamId,
    /// What is asked.
    pub pack: PackId,
    /// The schedule that opens it, with the first day of the period.
    pub schedule: Option<(HealthScheduleId, NaiveDate)>,
    /// What it is called.
    pub label: &'a str,
    /// Whether names stay.
    pub mode: Mode,
    /// How it ends.
    pub reveal: Reveal,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// Until when.
    pub closes_at: DateTime<Utc>,
    /// The event that tells of it.
    pub event: EventId,
}

/// Opens a round with a secret of its own and the questions of its pack as they are worded now; answers how many they are.
pub async fn insert_round(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: &OpeningRound<'_>,
) -> sqlx::Result<u64> {
    sqlx::query!(
        r#"
        with opened as (
            insert into health_round (organization_id, id, team_id, pack_id, schedule_id, period_on, label, mode, reveal,
                                      threshold, opened_at, closes_at, opened_event)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, o.health_threshold, $10, $11, $12
            from organization o
            where o.id = $1
            returning organization_id, id
        )
        insert into health_round_secret (organization_id, round_id)
        select organization_id, id from opened
        "#,
        tenant.organization_id().0,
        round.id.0,
        round.team.0,
        round.pack.0,
        round.schedule.map(|(id, _)| id.0),
        round.schedule.map(|(_, period)| period),
        round.label,
        round.mode.word(),
        round.reveal.word(),
        round.opened_at,
        round.closes_at,
        round.event.0,
    )
    .execute(&mut *tx)
    .await?;
    let asked = sqlx::query!(
        r#"
        insert into health_round_dimension (organization_id, round_id, position, dimension_id, version)
        select d.organization_id, $2, row_number() over (order by d.position, d.id), d.id, d.version
        from health_dimension d
        where d.organization_id = $1 and d.pack_id = $3 and d.ended_at is null
        "#,
        tenant.organization_id().0,
        round.id.0,
        round.pack.0,
    )
    .execute(tx)
    .await?;
    Ok(asked.rows_affected())
}

/// How many rounds of a pack a squad has had whose name begins so.
pub async fn count_called(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    pack: PackId,
    label: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "n!"
        from health_round
        where organization_id = $1 and team_id = $2 and pack_id = $3 and starts_with(label, $4)
        "#,
        tenant.organization_id().0,
        team.0,
        pack.0,
        label,
    )
    .fetch_one(tx)
    .await
}

/// Marks a round as closed, and the squad as having closed one (S9).
pub async fn mark_closed(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    (eligible, answered): (i16, i16),
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with closed as (
            update health_round
            set closed_at = $5, eligible = $3, answered = $4, is_shown = ($4 >= threshold), closed_event = $6, version = version + 1
            where organization_id = $1 and id = $2
            returning organization_id, team_id
        )
        update team t
        set health_closed_at = greatest(t.health_closed_at, $5)
        from closed c
        where (t.organization_id, t.id) = (c.organization_id, c.team_id)
        "#,
        tenant.organization_id().0,
        round.0,
        eligible,
        answered,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Rounds whose last day has passed, over all organizations: the first of each before the second of any.
pub async fn due_to_close(
    db: impl PgExecutor<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(OrganizationId, RoundId, TeamId)>> {
    let rows = sqlx::query!(
        r#"
        select organization_id as "organization_id: OrganizationId",
               id              as "id: RoundId",
               team_id         as "team_id: TeamId"
        from health_round
        where closed_at is null and closes_at <= $1
        order by row_number() over (partition by organization_id order by closes_at, id), closes_at, organization_id
        limit 500
        "#,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id, row.id, row.team_id)).collect())
}

/// Writes down what the squad agreed on; nothing if somebody else did meanwhile.
pub async fn agree(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    dimension: DimensionId,
    version: i32,
    colour: Colour,
    trend: Option<Trend>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update health_result
        set agreed_colour = $5, agreed_trend = $6, version = version + 1
        where organization_id = $1 and round_id = $2 and dimension_id = $3 and version = $4
        "#,
        tenant.organization_id().0,
        round.0,
        dimension.0,
        version,
        colour.word(),
        trend.map(Trend::word),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A dimension of a shown round, as it was agreed.
#[derive(Debug, Clone)]
pub struct AgreedRow {
    /// Its name.
    pub name: String,
    /// The colour that was agreed.
    pub colour: Option<String>,
    /// The arrow that was agreed.
    pub trend: Option<String>,
}

/// What stands agreed of a dimension; nothing where nothing is shown.
pub async fn find_agreed(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    dimension: DimensionId,
) -> sqlx::Result<Option<AgreedRow>> {
    sqlx::query_as!(
        AgreedRow,
        r#"
        select v.name, x.agreed_colour as colour, x.agreed_trend as trend
        from health_result x
        join health_round_dimension d on (d.organization_id, d.round_id, d.dimension_id) = (x.organization_id, x.round_id, x.dimension_id)
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        where x.organization_id = $1 and x.round_id = $2 and x.dimension_id = $3
        "#,
        tenant.organization_id().0,
        round.0,
        dimension.0,
    )
    .fetch_optional(tx)
    .await
}

/// The places that actions of a round have taken.
pub async fn action_places(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<Vec<i16>> {
    sqlx::query_scalar!(
        "select place from health_action where organization_id = $1 and round_id = $2 order by place",
        tenant.organization_id().0,
        round.0,
    )
    .fetch_all(tx)
    .await
}

/// What a squad wants to do.
#[derive(Debug, Clone)]
pub struct NewActionRow<'a> {
    /// Its id.
    pub id: HealthActionId,
    /// After which round.
    pub round: RoundId,
    /// The squad.
    pub team: TeamId,
    /// What it is about.
    pub dimension: Option<DimensionId>,
    /// The first or the second.
    pub place: i16,
    /// What.
    pub body: &'a str,
    /// Until when.
    pub due_on: Option<NaiveDate>,
}

/// Adds an action; the database refuses a dimension that the round does not ask.
pub async fn insert_action(
    tx: &mut PgConnection,
    tenant: Tenant,
    action: &NewActionRow<'_>,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into health_action (organization_id, id, round_id, team_id, dimension_id, place, body, due_on, made_at, made_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        tenant.organization_id().0,
        action.id.0,
        action.round.0,
        action.team.0,
        action.dimension.map(|id| id.0),
        action.place,
        action.body,
        action.due_on,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An action, held.
#[derive(Debug, Clone)]
pub struct HeldAction {
    /// The squad.
    pub team: TeamId,
    /// The round after which it was taken.
    pub round: RoundId,
    /// What.
    pub body: String,
    /// Its state's word.
    pub state: String,
    /// Whether who asks is in the squad.
    pub is_member: bool,
}

/// Holds an action.
pub async fn hold_action(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: HealthActionId,
    member: MemberId,
) -> sqlx::Result<Option<HeldAction>> {
    sqlx::query_as!(
        HeldAction,
        r#"
        select a.team_id  as "team: TeamId",
               a.round_id as "round: RoundId",
               a.body,
               a.state,
               exists (select from membership m
                       where m.organization_id = a.organization_id and m.team_id = a.team_id and m.member_id = $3 and m.until_at is null) as "is_member!"
        from health_action a
        where a.organization_id = $1 and a.id = $2
        for no key update of a
        "#,
        tenant.organization_id().0,
        id.0,
        member.0,
    )
    .fetch_optional(tx)
    .await
}

/// Whether a squad has such an action.
pub async fn is_action(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    id: HealthActionId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from health_action where organization_id = $1 and team_id = $2 and id = $3) as "is_there!""#,
        tenant.organization_id().0,
        team.0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// Says what became of an action.
pub async fn follow_up(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: HealthActionId,
    state: ActionState,
    said: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update health_action
        set state = $3, followed_up = $4, followed_up_at = $5, state_event = $6, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        state.word(),
        said,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
