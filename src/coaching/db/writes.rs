//! What is written. The squad's row is held before anything of its coaching is read or written, and a coach's own row after it.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::dimensions::About;
use crate::actor::Tenant;
use crate::coaching::domain::{Ask, Hand, Helped, Offered, State, Terms, Topic};
use crate::ids::{
    CoachingId, CoachingNoteId, CoachingSessionId, EventId, MemberId, OfferId, TeamId,
};

/// The squad of a request.
pub async fn team_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CoachingId,
) -> sqlx::Result<Option<TeamId>> {
    sqlx::query_scalar!(
        r#"select team_id as "team: TeamId" from coaching_request where organization_id = $1 and id = $2"#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// A request as it is under the lock of its squad.
#[derive(Debug, Clone)]
pub struct Held {
    /// Which.
    pub id: CoachingId,
    /// What it is about.
    pub topic: String,
    /// How far it is.
    pub state: State,
    /// Who has pulled it.
    pub coach: Option<MemberId>,
    /// Their name.
    pub coach_name: Option<String>,
    /// The newest version of an agreement, with whomever; 0 without any.
    pub newest: i32,
    /// Whether that is with this coach.
    pub is_with_coach: bool,
    /// Whether the coach has agreed to it.
    pub coach_agreed: bool,
    /// Whether the squad has.
    pub squad_agreed: bool,
}

/// Reads a request; its squad is held.
pub async fn held(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"
        select r.id as "id: CoachingId", r.topic, r.state as "state: String", r.coach_id as "coach: MemberId", c.name as "coach_name?",
               coalesce(a.version, 0) as "newest!", coalesce(a.coach_id = r.coach_id, false) as "is_with_coach!",
               a.coach_event is not null as "coach_agreed!", a.squad_event is not null as "squad_agreed!"
        from coaching_request r
        left join member c on (c.organization_id, c.id) = (r.organization_id, r.coach_id)
        left join lateral (
            select version, coach_id, coach_event, squad_event
            from coaching_agreement
            where (organization_id, request_id) = (r.organization_id, r.id)
            order by version desc
            limit 1
        ) a on true
        where r.organization_id = $1 and r.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// Holds a coach's own row, and makes it with the first use: whoever pulls two at once waits here for themselves.
pub async fn hold_hand(
    tx: &mut PgConnection,
    tenant: Tenant,
    coach: MemberId,
) -> sqlx::Result<Hand> {
    sqlx::query!(
        "insert into coaching_coach (organization_id, member_id) values ($1, $2) on conflict do nothing",
        tenant.organization_id().0,
        coach.0,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query_as!(
        Hand,
        r#"
        select in_hand, engagement_limit as "limit" from coaching_coach
        where organization_id = $1 and member_id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        coach.0,
    )
    .fetch_one(tx)
    .await
}

/// Whether somebody is in a squad now, which is held.
pub async fn is_in(
    tx: &mut PgConnection,
    tenant: Tenant,
    squad: TeamId,
    member: MemberId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from membership
                       where organization_id = $1 and team_id = $2 and member_id = $3 and until_at is null) as "is_in!"
        "#,
        tenant.organization_id().0,
        squad.0,
        member.0,
    )
    .fetch_one(tx)
    .await
}

/// Sets a coach's own limit.
pub async fn update_limit(
    tx: &mut PgConnection,
    tenant: Tenant,
    coach: MemberId,
    limit: i16,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update coaching_coach set engagement_limit = $3 where organization_id = $1 and member_id = $2",
        tenant.organization_id().0,
        coach.0,
        limit,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What begins a request: by whom, when, by which event, and the offer that is accepted by it, with its coach.
#[derive(Debug, Clone, Copy)]
pub struct Beginning {
    /// The squad's member.
    pub by: MemberId,
    /// When.
    pub at: DateTime<Utc>,
    /// The event.
    pub event: EventId,
    /// The offer.
    pub offer: Option<OfferId>,
    /// The coach who offered, as far as they have room.
    pub coach: Option<MemberId>,
}

/// Adds a request.
pub async fn insert_request(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, team): (CoachingId, TeamId),
    ask: &Ask,
    about: Option<&About>,
    begin: Beginning,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into coaching_request (organization_id, id, team_id, topic, tried, better, dimension, finding, raised_by, raised_at, raised_event,
                                      offer_id, state_at, state_event, coach_id, pulled_at, pulled_event, dimension_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10, $11, $13,
                case when $13::uuid is not null then $10::timestamptz end, case when $13::uuid is not null then $11::uuid end, $14)
        "#,
        tenant.organization_id().0,
        id.0,
        team.0,
        ask.topic.as_str(),
        ask.tried.as_str(),
        ask.better.as_str(),
        about.map_or("", |about| about.name.as_str()),
        ask.finding.as_str(),
        begin.by.0,
        begin.at,
        begin.event.0,
        begin.offer.map(|id| id.0),
        begin.coach.map(|id| id.0),
        about.map(|about| about.id.0),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A coach has it, or nobody any more.
pub async fn update_coach(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    pulled: Option<(MemberId, DateTime<Utc>, EventId)>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_request set coach_id = $3, pulled_at = $4, pulled_event = $5, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        pulled.map(|(coach, ..)| coach.0),
        pulled.map(|(_, at, _)| at),
        pulled.map(|(.., event)| event.0),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves a request on; an event is named only by the state that it led to.
pub async fn update_state(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    state: State,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_request
        set state_at = case when state <> $3 then $4 else state_at end, state_event = case when state <> $3 then $5 else state_event end,
            state = $3, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        state.word(),
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A version of the agreement is in force from now on.
pub async fn update_agreed(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    version: i32,
    (state, at, event): (State, DateTime<Utc>, EventId),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_request
        set agreed_version = $3, state_at = case when state <> $4 then $5 else state_at end,
            state_event = case when state <> $4 then $6 else state_event end, state = $4, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        state.word(),
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What the two saw when they looked back.
pub async fn update_looked_back(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    text: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_request set state = 'review', looked_back = $3, state_at = $4, state_event = $5, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        text,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What the squad says in the end.
pub async fn update_closed(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    (helped, stays): (Helped, &str),
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_request set state = 'closed', helped = $3, stays = $4, state_at = $5, state_event = $6, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        helped.word(),
        stays,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Who agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The coach.
    Coach,
    /// A member, for the squad.
    Squad,
}

/// Adds a version of the agreement, to which its author agrees by writing it.
pub async fn insert_agreement(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, version, coach): (CoachingId, i32, MemberId),
    terms: &Terms,
    (side, by): (Side, MemberId),
    (at, event): (DateTime<Utc>, EventId),
) -> sqlx::Result<()> {
    let is_coach = side == Side::Coach;
    sqlx::query!(
        r#"
        insert into coaching_agreement (organization_id, request_id, version, coach_id, goal, exit_criteria, ends_on, sessions, at, event_id,
                                        coach_at, coach_event, squad_by, squad_at, squad_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                case when $11 then $9::timestamptz end, case when $11 then $10::uuid end,
                case when not $11 then $12::uuid end, case when not $11 then $9::timestamptz end, case when not $11 then $10::uuid end)
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        coach.0,
        terms.goal.as_str(),
        terms.exit.as_str(),
        terms.ends_on,
        terms.sessions,
        at,
        event.0,
        is_coach,
        by.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// One side agrees to a version.
pub async fn sign(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, version): (CoachingId, i32),
    (side, by): (Side, MemberId),
    (at, event): (DateTime<Utc>, EventId),
) -> sqlx::Result<()> {
    let (organization, is_coach) = (tenant.organization_id().0, side == Side::Coach);
    sqlx::query!(
        r#"
        update coaching_agreement
        set coach_at = case when $4 then $6 else coach_at end, coach_event = case when $4 then $7 else coach_event end,
            squad_by = case when $4 then squad_by else $5 end, squad_at = case when $4 then squad_at else $6 end,
            squad_event = case when $4 then squad_event else $7 end
        where organization_id = $1 and request_id = $2 and version = $3
        "#,
        organization,
        id.0,
        version,
        is_coach,
        by.0,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Plans a session.
pub async fn insert_session(
    tx: &mut PgConnection,
    tenant: Tenant,
    (session, id): (CoachingSessionId, CoachingId),
    starts_at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into coaching_session (organization_id, id, request_id, starts_at, planned_event) values ($1, $2, $3, $4, $5)",
        tenant.organization_id().0,
        session.0,
        id.0,
        starts_at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// When a session is planned for, and its state's word.
pub async fn find_session(
    tx: &mut PgConnection,
    tenant: Tenant,
    (session, id): (CoachingSessionId, CoachingId),
) -> sqlx::Result<Option<(DateTime<Utc>, String)>> {
    let found = sqlx::query!(
        "select starts_at, state from coaching_session where organization_id = $1 and id = $2 and request_id = $3",
        tenant.organization_id().0,
        session.0,
        id.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|row| (row.starts_at, row.state)))
}

/// A session took place, or was called off.
pub async fn settle_session(
    tx: &mut PgConnection,
    tenant: Tenant,
    session: CoachingSessionId,
    state: &str,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_session set state = $3, ended_event = $4, version = version + 1
        where organization_id = $1 and id = $2 and state = 'planned'
        "#,
        tenant.organization_id().0,
        session.0,
        state,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A note as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct NewNoteRow<'a> {
    /// The session that it is about.
    pub session: Option<CoachingSessionId>,
    /// Who writes.
    pub author: MemberId,
    /// For its author alone.
    pub is_private: bool,
    /// What it says.
    pub text: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// The event that tells that it was written.
    pub event: EventId,
}

/// Adds a note.
pub async fn insert_note(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: CoachingId,
    note: NewNoteRow<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into coaching_note (organization_id, id, request_id, session_id, author_id, at, is_private, text, event_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        tenant.organization_id().0,
        CoachingNoteId::new().0,
        id.0,
        note.session.map(|id| id.0),
        note.author.0,
        note.at,
        note.is_private,
        note.text,
        note.event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds an offer.
pub async fn insert_offer(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, team): (OfferId, TeamId),
    (topic, offered): (&Topic, &Offered),
    by: MemberId,
    (at, event): (DateTime<Utc>, EventId),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into coaching_offer (organization_id, id, team_id, by_id, topic, offered, made_at, made_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.organization_id().0,
        id.0,
        team.0,
        by.0,
        topic.as_str(),
        offered.as_str(),
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An offer, to answer it.
#[derive(Debug, Clone)]
pub struct OfferRow {
    /// The squad.
    pub team: TeamId,
    /// Who made it.
    pub by: MemberId,
    /// Their name.
    pub by_name: String,
    /// Whether they are a coach now, and there.
    pub by_coaches: bool,
    /// What it is about.
    pub topic: Topic,
    /// What is offered.
    pub offered: String,
    /// The word of its state.
    pub state: String,
}

/// Finds an offer.
pub async fn find_offer(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: OfferId,
) -> sqlx::Result<Option<OfferRow>> {
    sqlx::query_as!(
        OfferRow,
        r#"
        select o.team_id as "team: TeamId", o.by_id as "by: MemberId", m.name as by_name,
               ('coach' = any (m.roles) and m.deactivated_at is null) as "by_coaches!", o.topic as "topic: Topic", o.offered, o.state
        from coaching_offer o
        join member m on (m.organization_id, m.id) = (o.organization_id, o.by_id)
        where o.organization_id = $1 and o.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// An offer is answered by the squad, or taken back by its author.
pub async fn answer_offer(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: OfferId,
    (state, by, reason): (&str, Option<MemberId>, &str),
    (at, event): (DateTime<Utc>, EventId),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update coaching_offer set state = $3, answered_by = $4, reason = $5, answered_at = $6, answered_event = $7
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        state,
        by.map(|id| id.0),
        reason,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
