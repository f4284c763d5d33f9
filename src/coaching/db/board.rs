//! What the board reads: who waits, what somebody has a part in, what is over.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::coaching::domain::{Hand, LIMIT, State};
use crate::ids::{CoachingId, MemberId};

/// A request that waits for a coach.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// Which.
    pub id: CoachingId,
    /// What it is about.
    pub topic: String,
    /// What would be better; what was tried where nobody said.
    pub more: String,
    /// The squad.
    pub squad: String,
    /// Its word in addresses.
    pub slug: String,
    /// Who asks for it.
    pub by: String,
    /// Since when.
    pub at: DateTime<Utc>,
    /// The dimension or the finding that led to it.
    pub about: String,
    /// Whether the visitor is in the squad.
    pub is_own: bool,
}

/// What waits for a coach, the oldest first.
pub async fn waiting(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    me: MemberId,
    limit: i64,
) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as!(
        WaitingRow,
        r#"
        select r.id as "id: CoachingId", r.topic, case when r.better <> '' then r.better else r.tried end as "more!",
               t.name as squad, t.slug, m.name as by, r.raised_at as at,
               case when r.dimension <> '' then r.dimension else r.finding end as "about!",
               exists (select from membership x where x.organization_id = $1 and x.team_id = t.id and x.member_id = $2 and x.until_at is null) as "is_own!"
        from (select * from coaching_request
              where organization_id = $1 and state = 'open' and coach_id is null
              order by raised_at, id limit $3) r
        join team t on t.organization_id = $1 and t.id = r.team_id
        join member m on m.organization_id = $1 and m.id = r.raised_by
        order by r.raised_at, r.id
        "#,
        tenant.organization_id().0,
        me.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A coaching that goes on.
#[derive(Debug, Clone)]
pub struct EngagementRow {
    /// Which.
    pub id: CoachingId,
    /// What it is about.
    pub topic: String,
    /// The squad.
    pub squad: String,
    /// How far it is.
    pub state: State,
    /// The coach; none while it waits.
    pub coach: Option<MemberId>,
    /// Their name.
    pub coach_name: Option<String>,
    /// Whether the visitor is in the squad.
    pub is_own: bool,
    /// How many sessions are agreed.
    pub sessions: Option<i16>,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
    /// How many took place.
    pub held: i64,
    /// The next one that is planned.
    pub next: Option<DateTime<Utc>>,
}

/// What somebody has a part in and is not over: what they have pulled, and what their squads asked for.
pub async fn engagements(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    me: MemberId,
) -> sqlx::Result<Vec<EngagementRow>> {
    sqlx::query_as!(
        EngagementRow,
        r#"
        with mine as materialized (
            select id, false as is_own from coaching_request
            where organization_id = $1 and coach_id = $2 and in_hand
            union all
            select r.id, true
            from membership x
            join coaching_request r on r.organization_id = $1 and r.team_id = x.team_id and r.state not in ('closed', 'withdrawn')
            where x.organization_id = $1 and x.member_id = $2 and x.until_at is null
        ), picked as (
            select id, bool_or(is_own) as is_own from mine group by id order by id limit 40
        )
        select r.id as "id: CoachingId", r.topic, t.name as squad, r.state as "state: String", r.coach_id as "coach: MemberId",
               c.name as "coach_name?", p.is_own as "is_own!", a.sessions as "sessions?", a.ends_on as "ends_on?", s.held as "held!", s.next
        from picked p
        join coaching_request r on r.organization_id = $1 and r.id = p.id
        join team t on t.organization_id = $1 and t.id = r.team_id
        left join member c on c.organization_id = $1 and c.id = r.coach_id
        left join coaching_agreement a on (a.organization_id, a.request_id, a.version) = (r.organization_id, r.id, r.agreed_version)
        cross join lateral (
            select count(*) filter (where state = 'held') as held, min(starts_at) filter (where state = 'planned') as next
            from coaching_session
            where (organization_id, request_id) = (r.organization_id, r.id)
        ) s
        order by r.raised_at, r.id
        "#,
        tenant.organization_id().0,
        me.0,
    )
    .fetch_all(db)
    .await
}

/// What a coach's two cards are made of.
#[derive(Debug, Clone, Default)]
pub struct CardRows {
    /// Who waits, the oldest first.
    pub waiting: Vec<WaitingRow>,
    /// What goes on.
    pub mine: Vec<EngagementRow>,
    /// What the coach has in hand, and may have.
    pub hand: Hand,
}

/// The cards of a coach in one statement, for a page that has others to ask: what waits, and what they have pulled.
pub async fn cards(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    me: MemberId,
    limit: i64,
) -> sqlx::Result<CardRows> {
    let rows = sqlx::query!(
        r#"
        with waits as (
            select id, true as waits from coaching_request
            where organization_id = $1 and state = 'open' and coach_id is null
            order by raised_at, id limit $3
        ), picked as (
            select * from waits
            union all
            select id, false from coaching_request where organization_id = $1 and coach_id = $2 and in_hand
        )
        select h.in_hand as "in_hand?", h.engagement_limit as "limit?",
               p.waits as "waits?", r.id as "id?: CoachingId", r.topic as "topic?",
               case when r.better <> '' then r.better else r.tried end as more, t.name as "squad?", t.slug as "slug?", m.name as "by?",
               r.raised_at as "at?", case when r.dimension <> '' then r.dimension else r.finding end as about,
               exists (select from membership x
                       where x.organization_id = $1 and x.team_id = t.id and x.member_id = $2 and x.until_at is null) as "is_own!",
               r.state as "state?: String", c.name as "coach_name?", a.sessions as "sessions?", a.ends_on as "ends_on?", s.held, s.next
        from (select) one
        left join coaching_coach h on h.organization_id = $1 and h.member_id = $2
        left join picked p on true
        left join coaching_request r on r.organization_id = $1 and r.id = p.id
        left join team t on t.organization_id = $1 and t.id = r.team_id
        left join member m on m.organization_id = $1 and m.id = r.raised_by
        left join member c on c.organization_id = $1 and c.id = r.coach_id
        left join coaching_agreement a on (a.organization_id, a.request_id, a.version) = (r.organization_id, r.id, r.agreed_version)
        left join lateral (
            select count(*) filter (where state = 'held') as held, min(starts_at) filter (where state = 'planned') as next
            from coaching_session
            where (organization_id, request_id) = (r.organization_id, r.id)
        ) s on true
        order by r.raised_at, r.id
        "#,
        tenant.organization_id().0,
        me.0,
        limit,
    )
    .fetch_all(db)
    .await?;
    let mut cards = CardRows::default();
    for row in rows {
        cards.hand =
            Hand { in_hand: row.in_hand.unwrap_or_default(), limit: row.limit.unwrap_or(LIMIT) };
        let (Some(waits), Some(id), Some(state), Some(at)) = (row.waits, row.id, row.state, row.at)
        else {
            continue;
        };
        let (topic, squad) = (row.topic.unwrap_or_default(), row.squad.unwrap_or_default());
        if waits {
            cards.waiting.push(WaitingRow {
                id,
                topic,
                more: row.more.unwrap_or_default(),
                squad,
                slug: row.slug.unwrap_or_default(),
                by: row.by.unwrap_or_default(),
                at,
                about: row.about.unwrap_or_default(),
                is_own: row.is_own,
            });
        } else {
            cards.mine.push(EngagementRow {
                id,
                topic,
                squad,
                state: state.into(),
                coach: Some(me),
                coach_name: row.coach_name,
                is_own: row.is_own,
                sessions: row.sessions,
                ends_on: row.ends_on,
                held: row.held.unwrap_or_default(),
                next: row.next,
            });
        }
    }
    Ok(cards)
}

/// What the board says beside its lists.
#[derive(Debug, Clone, Copy)]
pub struct BoardFigures {
    /// What the visitor has in hand, and may have.
    pub hand: Hand,
    /// How many wait.
    pub waiting: i64,
    /// How many were answered since a moment.
    pub answered: i64,
    /// In how many days, on average, in the organization.
    pub days: Option<f64>,
}

/// The figures of the board: of the organization, and of the visitor no more than what they have in hand.
pub async fn figures(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    me: MemberId,
    since: DateTime<Utc>,
) -> sqlx::Result<BoardFigures> {
    let row = sqlx::query!(
        r#"
        select c.in_hand as "in_hand?", c.engagement_limit as "limit?", w.n as "waiting!", a.n as "answered!", a.days
        from (select count(*) as n, avg(extract(epoch from pulled_at - raised_at))::float8 / 86400 as days
              from coaching_request where organization_id = $1 and pulled_at >= $3) a
        cross join (select count(*) as n from coaching_request
                    where organization_id = $1 and state = 'open' and coach_id is null) w
        left join coaching_coach c on c.organization_id = $1 and c.member_id = $2
        "#,
        tenant.organization_id().0,
        me.0,
        since,
    )
    .fetch_one(db)
    .await?;
    let hand = Hand { in_hand: row.in_hand.unwrap_or_default(), limit: row.limit.unwrap_or(LIMIT) };
    Ok(BoardFigures { hand, waiting: row.waiting, answered: row.answered, days: row.days })
}

/// A coaching that is over.
#[derive(Debug, Clone)]
pub struct OverRow {
    /// Which.
    pub id: CoachingId,
    /// What it was about.
    pub topic: String,
    /// The squad.
    pub squad: String,
    /// Closed or withdrawn.
    pub state: State,
    /// Since when.
    pub at: DateTime<Utc>,
    /// What the squad said.
    pub helped: Option<String>,
    /// What stays.
    pub stays: String,
}

/// What is over, the newest first.
pub async fn over(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    after: Option<CoachingId>,
    limit: i64,
) -> sqlx::Result<Vec<OverRow>> {
    sqlx::query_as!(
        OverRow,
        r#"
        select r.id as "id: CoachingId", r.topic, t.name as squad, r.state as "state: String", r.state_at as at, r.helped, r.stays
        from coaching_request r
        join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
        where r.organization_id = $1 and r.state in ('closed', 'withdrawn')
          and ($2::uuid is null or (r.state_at, r.id) < (select l.state_at, l.id from coaching_request l where l.organization_id = $1 and l.id = $2))
        order by r.state_at desc, r.id desc
        limit $3
        "#,
        tenant.organization_id().0,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await
}
