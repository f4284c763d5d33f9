//! Every SQL statement about the home page that belongs to no other feature.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::actor::Actor;
use crate::history::Recent;
use crate::ids::{EventId, MemberId};
use crate::skills::STALE_AFTER;

/// Events on the home page.
const RECENT: i64 = 6;

/// What has happened lately, and how many of one's own skills wait to be looked at.
#[derive(Debug, Default)]
pub struct Glance {
    /// The newest events.
    pub recent: Vec<Recent>,
    /// One's own levels that are stale.
    pub stale_skills: i64,
}

/// A glance at the organization for `actor`.
pub async fn glance(db: impl PgExecutor<'_>, actor: &Actor) -> sqlx::Result<Glance> {
    let stale_before: Option<DateTime<Utc>> = actor.at.checked_sub_months(STALE_AFTER);
    let rows = sqlx::query!(
        r#"
        select stale.n       as "stale!",
               e.id          as "id?: EventId",
               e.at          as "at?",
               e.member_id   as "member_id?: MemberId",
               m.name        as "member_name?",
               e.summary     as "summary?",
               e.reason      as "reason?"
        from (select count(*) as n from member_skill s
              join skill k on (k.organization_id, k.id) = (s.organization_id, s.skill_id) and k.archived_at is null
              where s.organization_id = $1 and s.member_id = $2 and s.level is not null
                and greatest(s.rated_at, s.confirmed_at) <= $3) as stale
        left join lateral (
            select id, at, member_id, summary, reason
            from event
            where organization_id = $1
            order by at desc, id desc
            limit $4
        ) e on true
        left join member m on m.organization_id = $1 and m.id = e.member_id
        order by e.at desc, e.id desc
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        stale_before,
        RECENT,
    )
    .fetch_all(db)
    .await?;
    let stale_skills = rows.first().map_or(0, |row| row.stale);
    let recent = rows.into_iter().filter_map(|row| {
        Some(Recent {
            id: row.id?,
            at: row.at?,
            member_id: row.member_id,
            member_name: row.member_name,
            summary: row.summary?,
            reason: row.reason,
        })
    });
    Ok(Glance { recent: recent.collect(), stale_skills })
}
