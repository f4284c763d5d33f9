//! What the pages of a request and of a squad's coaching read.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::coaching::domain::State;
use crate::flow::Month;
use crate::ids::{CoachingId, CoachingSessionId, DimensionId, MemberId, OfferId, TeamId};

/// A request with what its page says of it.
#[derive(Debug, Clone)]
pub struct RequestRow {
    /// Which.
    pub id: CoachingId,
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub squad: String,
    /// Its word in addresses.
    pub slug: String,
    /// Whether the visitor is in it.
    pub is_member: bool,
    /// What it is about.
    pub topic: String,
    /// What was tried.
    pub tried: String,
    /// What would be better.
    pub better: String,
    /// The name of the dimension that led to it, as it was then.
    pub dimension: String,
    /// Which dimension that is, as far as it is known.
    pub dimension_id: Option<DimensionId>,
    /// The finding that led to it.
    pub finding: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// Whose offer was accepted by it.
    pub offered_by: Option<String>,
    /// How far it is.
    pub state: State,
    /// Since when.
    pub state_at: DateTime<Utc>,
    /// Who has pulled it.
    pub coach: Option<MemberId>,
    /// Their name.
    pub coach_name: Option<String>,
    /// When.
    pub pulled_at: Option<DateTime<Utc>>,
    /// The version of the agreement that is in force.
    pub agreed_version: Option<i32>,
    /// What the two saw when they looked back.
    pub looked_back: String,
    /// What the squad said.
    pub helped: Option<String>,
    /// What stays.
    pub stays: String,
}

/// Finds a request, as somebody sees it.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CoachingId,
    me: MemberId,
) -> sqlx::Result<Option<RequestRow>> {
    sqlx::query_as!(
        RequestRow,
        r#"
        select r.id as "id: CoachingId", t.id as "team: TeamId", t.name as squad, t.slug,
               exists (select from membership x where x.organization_id = $1 and x.team_id = t.id and x.member_id = $3 and x.until_at is null)
                   as "is_member!",
               r.topic, r.tried, r.better, r.dimension, r.dimension_id as "dimension_id: DimensionId", r.finding,
               b.name as by, r.raised_at, f.name as "offered_by?",
               r.state as "state: String", r.state_at, r.coach_id as "coach: MemberId", c.name as "coach_name?", r.pulled_at,
               r.agreed_version, r.looked_back, r.helped, r.stays
        from coaching_request r
        join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
        join member b on (b.organization_id, b.id) = (r.organization_id, r.raised_by)
        left join member c on (c.organization_id, c.id) = (r.organization_id, r.coach_id)
        left join coaching_offer o on (o.organization_id, o.id) = (r.organization_id, r.offer_id)
        left join member f on (f.organization_id, f.id) = (o.organization_id, o.by_id)
        where r.organization_id = $1 and r.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
        me.0,
    )
    .fetch_optional(db)
    .await
}

/// A version of an agreement.
#[derive(Debug, Clone)]
pub struct AgreementRow {
    /// Which.
    pub version: i32,
    /// With which coach.
    pub coach: MemberId,
    /// Their name.
    pub coach_name: String,
    /// What is to be reached.
    pub goal: String,
    /// How they will know.
    pub exit: String,
    /// The last day.
    pub ends_on: NaiveDate,
    /// In how many sessions.
    pub sessions: i16,
    /// When the coach agreed.
    pub coach_at: Option<DateTime<Utc>>,
    /// Who agreed for the squad.
    pub squad_by: Option<String>,
    /// When.
    pub squad_at: Option<DateTime<Utc>>,
}

impl AgreementRow {
    /// Whether both have agreed to it.
    pub fn is_mutual(&self) -> bool {
        self.coach_at.is_some() && self.squad_at.is_some()
    }
}

/// The versions of an agreement, the newest first.
pub async fn agreements(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CoachingId,
    limit: i64,
) -> sqlx::Result<Vec<AgreementRow>> {
    sqlx::query_as!(
        AgreementRow,
        r#"
        select a.version, a.coach_id as "coach: MemberId", c.name as coach_name, a.goal, a.exit_criteria as exit, a.ends_on, a.sessions,
               a.coach_at, s.name as "squad_by?", a.squad_at
        from coaching_agreement a
        join member c on (c.organization_id, c.id) = (a.organization_id, a.coach_id)
        left join member s on (s.organization_id, s.id) = (a.organization_id, a.squad_by)
        where a.organization_id = $1 and a.request_id = $2
        order by a.version desc
        limit $3
        "#,
        tenant.organization_id().0,
        id.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Which.
    pub id: CoachingSessionId,
    /// When.
    pub starts_at: DateTime<Utc>,
    /// The word of its state.
    pub state: String,
}

/// The sessions of a request, in their order.
pub async fn sessions(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CoachingId,
) -> sqlx::Result<Vec<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        r#"
        select id as "id: CoachingSessionId", starts_at, state
        from coaching_session
        where organization_id = $1 and request_id = $2
        order by starts_at, id
        limit 60
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_all(db)
    .await
}

/// A note that somebody may read.
#[derive(Debug, Clone)]
pub struct NoteRow {
    /// The session that it is about.
    pub session: Option<CoachingSessionId>,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: DateTime<Utc>,
    /// For its author alone, who is the one who reads.
    pub is_private: bool,
    /// What it says.
    pub text: String,
}

/// The notes that `me` may read: those of everybody that are not private, and their own. The newest first.
pub async fn notes(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: CoachingId,
    me: MemberId,
) -> sqlx::Result<Vec<NoteRow>> {
    sqlx::query_as!(
        NoteRow,
        r#"
        select n.session_id as "session: CoachingSessionId", a.name as author, n.at, n.is_private, n.text
        from coaching_note n
        join member a on (a.organization_id, a.id) = (n.organization_id, n.author_id)
        where n.organization_id = $1 and n.request_id = $2 and (not n.is_private or n.author_id = $3)
        order by n.at desc, n.id desc
        limit 60
        "#,
        tenant.organization_id().0,
        id.0,
        me.0,
    )
    .fetch_all(db)
    .await
}

/// A line of a squad's requests.
#[derive(Debug, Clone)]
pub struct SquadLine {
    /// Which.
    pub id: CoachingId,
    /// What it is about.
    pub topic: String,
    /// How far it is.
    pub state: State,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// The coach.
    pub coach: Option<String>,
    /// What the squad said.
    pub helped: Option<String>,
}

/// The requests of a squad, the newest first.
pub async fn of_squad(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<SquadLine>> {
    sqlx::query_as!(
        SquadLine,
        r#"
        select r.id as "id: CoachingId", r.topic, r.state as "state: String", r.raised_at as at, c.name as "coach?", r.helped
        from coaching_request r
        left join member c on (c.organization_id, c.id) = (r.organization_id, r.coach_id)
        where r.organization_id = $1 and r.team_id = $2
        order by r.raised_at desc, r.id desc
        limit 40
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await
}

/// An offer as its squad sees it.
#[derive(Debug, Clone)]
pub struct OfferLine {
    /// Which.
    pub id: OfferId,
    /// Who made it.
    pub by: MemberId,
    /// Their name.
    pub by_name: String,
    /// What it is about.
    pub topic: String,
    /// What is offered.
    pub offered: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The word of its state.
    pub state: String,
    /// Who answered.
    pub answered_by: Option<String>,
    /// Why not.
    pub reason: String,
}

/// The offers made to a squad: those that are open first, then the newest.
pub async fn offers(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<OfferLine>> {
    sqlx::query_as!(
        OfferLine,
        r#"
        select o.id as "id: OfferId", o.by_id as "by: MemberId", b.name as by_name, o.topic, o.offered, o.made_at as at, o.state,
               a.name as "answered_by?", o.reason
        from coaching_offer o
        join member b on (b.organization_id, b.id) = (o.organization_id, o.by_id)
        left join member a on (a.organization_id, a.id) = (o.organization_id, o.answered_by)
        where o.organization_id = $1 and o.team_id = $2
        order by o.state <> 'open', o.made_at desc, o.id desc
        limit 20
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await
}

/// How often a squad asked for help in a quarter.
#[derive(Debug, Clone, Copy)]
pub struct Quarter {
    /// Its first day.
    pub first: NaiveDate,
    /// How often.
    pub asked: i64,
}

/// A squad's own history: what it pulled by month and breadth, and how often it asked for help by quarter; both from `from` on, the first
/// day of a quarter. It is read of one squad alone.
pub async fn own_history(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    (from, until): (NaiveDate, NaiveDate),
) -> sqlx::Result<(Vec<Month>, Vec<Quarter>)> {
    let rows = sqlx::query!(
        r#"
        with pulled as (
            select date_trunc('month', p.at at time zone 'utc')::date as first, i.breadth
            from backlog_transition p
            join backlog_item i on (i.organization_id, i.id) = (p.organization_id, p.item_id)
            where p.organization_id = $1 and p.squad_id = $2 and p.from_stage = 'ready' and p.to_stage = 'in_progress'
              and p.at >= $3::date::timestamp at time zone 'utc'
        ), asked as (
            select date_trunc('quarter', r.raised_at at time zone 'utc')::date as first
            from coaching_request r
            where r.organization_id = $1 and r.team_id = $2 and r.raised_at >= $3::date::timestamp at time zone 'utc'
        )
        select m.first::date as "first!",
               (select count(*) from pulled p where p.first = m.first::date and p.breadth = 'task')    as "task!",
               (select count(*) from pulled p where p.first = m.first::date and p.breadth = 'feature') as "feature!",
               (select count(*) from pulled p where p.first = m.first::date and p.breadth = 'problem') as "problem!",
               (select count(*) from pulled p where p.first = m.first::date and p.breadth = 'outcome') as "outcome!",
               case when extract(month from m.first) in (1, 4, 7, 10)
                    then (select count(*) from asked a where a.first = m.first::date) end               as asked
        from generate_series($3::date::timestamp, $4::date::timestamp, interval '1 month') as m (first)
        order by m.first
        "#,
        tenant.organization_id().0,
        team.0,
        from,
        until,
    )
    .fetch_all(db)
    .await?;
    let n = |count: i64| usize::try_from(count).unwrap_or_default();
    let quarters = rows
        .iter()
        .filter_map(|row| row.asked.map(|asked| Quarter { first: row.first, asked }))
        .collect();
    let months = rows.into_iter().map(|row| Month {
        first: row.first,
        pulled: [n(row.task), n(row.feature), n(row.problem), n(row.outcome)],
    });
    Ok((months.collect(), quarters))
}
