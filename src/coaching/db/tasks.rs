//! What waits for one person in coaching.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use crate::actor::{Actor, Role};
use crate::ids::{CoachingId, CoachingSessionId, OfferId};

/// Something of coaching that waits for a person.
#[derive(Debug, Clone)]
pub struct MyTask {
    /// What: `confirm`, `agree`, `offer`, `met`, `write`, `look_back`, `pull`.
    pub kind: String,
    /// The request; none for an offer.
    pub request: Option<CoachingId>,
    /// The offer.
    pub offer: Option<OfferId>,
    /// The session.
    pub session: Option<CoachingSessionId>,
    /// The version that is to be agreed to.
    pub version: Option<i32>,
    /// What it is about.
    pub topic: String,
    /// The squad.
    pub squad: String,
    /// Its word in addresses.
    pub slug: String,
    /// Who is on the other side.
    pub other: String,
    /// What it is about in a sentence: the goal, the offer, what they saw.
    pub more: String,
    /// Since when, or for when.
    pub at: DateTime<Utc>,
}

/// What waits for `actor` in coaching: of their squads, and of what they have pulled; for a coach with room, the three requests that wait
/// longest. 30 at most.
pub async fn tasks(
    db: impl PgExecutor<'_>,
    actor: &Actor,
    today: NaiveDate,
) -> sqlx::Result<Vec<MyTask>> {
    sqlx::query_as!(
        MyTask,
        r#"
        with own as materialized (
            select team_id from membership where organization_id = $1 and member_id = $2 and until_at is null
        ), mine as materialized (
            select r.*, true as for_squad from own join coaching_request r on r.organization_id = $1 and r.team_id = own.team_id
            where r.state not in ('closed', 'withdrawn') and r.coach_id is not null and r.coach_id <> $2
            union all
            select r.*, false from coaching_request r where r.organization_id = $1 and r.coach_id = $2 and r.in_hand and $5
        ), newest as materialized (
            select m.id, a.*
            from mine m
            join lateral (select version, coach_event, squad_event, goal, at, coach_id as with_coach from coaching_agreement a
                          where a.organization_id = $1 and a.request_id = m.id order by a.version desc limit 1) a on a.with_coach = m.coach_id
        ), waits as (
            select 1 as place, 'confirm' as kind, m.id as request, null::uuid as offer, null::uuid as session, null::int as version,
                   m.topic, m.team_id, m.coach_id as other, m.looked_back as more, m.state_at as at
            from mine m where m.state = 'review' and m.for_squad
            union all
            select 2, 'agree', m.id, null, null, n.version, m.topic, m.team_id, case when m.for_squad then m.coach_id else m.raised_by end,
                   n.goal, n.at
            from mine m join newest n on n.id = m.id
            where m.state in ('open', 'agreed', 'active') and case when m.for_squad then n.squad_event is null else n.coach_event is null end
            union all
            select 3, 'offer', null, o.id, null, null, o.topic, o.team_id, o.by_id, o.offered, o.made_at
            from own join coaching_offer o on o.organization_id = $1 and o.team_id = own.team_id and o.state = 'open' and o.by_id <> $2
            union all
            select 4, 'met', m.id, null, s.id, null, m.topic, m.team_id, case when m.for_squad then m.coach_id else m.raised_by end, '', s.starts_at
            from mine m join coaching_session s on s.organization_id = $1 and s.request_id = m.id
            where m.state in ('agreed', 'active') and s.state = 'planned' and s.starts_at <= $3
            union all
            select 5, 'write', m.id, null, null, null, m.topic, m.team_id, m.raised_by, m.better, m.pulled_at
            from mine m
            where m.state = 'open' and not m.for_squad and not exists (select from newest n where n.id = m.id)
            union all
            select 6, 'look_back', m.id, null, null, null, m.topic, m.team_id, m.raised_by, a.goal, a.ends_on::timestamp at time zone 'utc'
            from mine m join coaching_agreement a on a.organization_id = $1 and a.request_id = m.id and a.version = m.agreed_version
            where m.state = 'active' and not m.for_squad and a.ends_on < $4
            union all
            (select 7, 'pull', r.id, null, null, null, r.topic, r.team_id, r.raised_by,
                    case when r.better <> '' then r.better else r.tried end, r.raised_at
             from coaching_request r
             where r.organization_id = $1 and r.state = 'open' and r.coach_id is null and $5
               and r.team_id not in (select team_id from own)
               and not exists (select from coaching_coach c where c.organization_id = $1 and c.member_id = $2 and c.in_hand >= c.engagement_limit)
             order by r.raised_at, r.id limit 3)
        )
        select w.kind as "kind!", w.request as "request: CoachingId", w.offer as "offer: OfferId", w.session as "session: CoachingSessionId",
               w.version, w.topic as "topic!", t.name as squad, t.slug, o.name as other, w.more as "more!", w.at as "at!"
        from waits w
        join team t on t.organization_id = $1 and t.id = w.team_id
        join member o on o.organization_id = $1 and o.id = w.other
        order by w.place, w.at, w.request
        limit 30
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        actor.at,
        today,
        actor.roles.has(Role::Coach),
    )
    .fetch_all(db)
    .await
}
