//! Every SQL statement of the designer: the frame of its page and open seats here, people in `people.rs`.

mod people;

pub use people::{PersonRow, Search, list_inside, list_pool};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::{Last, LastPlace, Seat, SeatTitle, Skill, version};
use crate::actor::Tenant;
use crate::ids::{EventId, HatId, MemberId, MembershipId, SeatId, SkillId, TeamId};
use crate::skills::Capability;

/// What is around a draft: the squad's row, its skills and seats, and the last changes.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Its state's word.
    pub state: String,
    /// The version of its row, for the activation.
    pub version: i32,
    /// Whether the visitor is in it.
    pub is_mine: bool,
    /// Open seats, oldest first.
    pub seats: Vec<Seat>,
    /// The skills that matter to it.
    pub skills: Vec<Skill>,
    /// When anything about it changed last, and who did it.
    pub changed: Option<(DateTime<Utc>, Option<MemberId>, String)>,
    /// The last change of the visitor's own.
    pub last: Option<Last>,
}

/// The kinds of changes that the designer makes, with what takes them back.
const KINDS: [&str; 7] = [
    "members_added",
    "member_removed",
    "member_moved",
    "membership_edited",
    "memberships_restored",
    "seat_opened",
    "seat_closed",
];

/// Finds a squad by its id, its word in addresses, or one that it had before, with what is around its draft. Changes of
/// one's own are offered to be undone from `undo_from` on.
#[expect(clippy::too_many_lines, reason = "one statement, and its row into types")]
pub async fn find_frame(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    word: &str,
    visitor: MemberId,
    undo_from: DateTime<Utc>,
) -> sqlx::Result<Option<Frame>> {
    let id: Option<Uuid> = word.parse().ok();
    let kinds: Vec<String> = KINDS.iter().map(ToString::to_string).collect();
    let row = sqlx::query!(
        r#"
        select t.id as "id: TeamId", t.name, t.slug, t.state, t.version,
               exists (select from membership s
                       where s.organization_id = t.organization_id and s.team_id = t.id and s.member_id = $5
                         and s.until_at is null) as "is_mine!",
               seats.ids    as "seat_ids!: Vec<SeatId>",
               seats.titles as "seat_titles!: Vec<String>",
               seats.since  as "seat_since!: Vec<DateTime<Utc>>",
               skills.ids          as "skill_ids!: Vec<SkillId>",
               skills.names        as "skill_names!: Vec<String>",
               skills.capabilities as "capabilities!: Vec<String>",
               changed.at          as "changed_at?",
               changed.member_id   as "changed_by?: MemberId",
               changed.name        as "changed_name?",
               mine.id             as "last?: EventId",
               mine.kind           as "last_kind?",
               mine.summary        as "last_summary?",
               mine.subjects       as "last_subjects?: Vec<Uuid>",
               mine.before         as "last_before?: Value",
               mine.after          as "last_after?: Value",
               (select coalesce(jsonb_agg(jsonb_build_object(
                           'team', x.team_id, 'member', x.member_id, 'share', x.allocation,
                           'began', x.from_event = mine.id, 'is_current', x.until_at is null,
                           'hats', array(select h.hat_id from membership_hat h
                                         where (h.organization_id, h.membership_id) = (x.organization_id, x.id)))), '[]')
                from membership x
                where x.organization_id = t.organization_id and x.team_id = any(mine.subjects)
                  and (x.from_event = mine.id or x.until_event = mine.id))
                   as "last_places!: Json<Vec<LastPlace>>"
        from team t
        cross join lateral (
            select coalesce(array_agg(s.id order by s.since, s.id), '{}')    as ids,
                   coalesce(array_agg(s.title order by s.since, s.id), '{}') as titles,
                   coalesce(array_agg(s.since order by s.since, s.id), '{}') as since
            from open_seat s
            where s.organization_id = t.organization_id and s.team_id = t.id
        ) seats
        cross join lateral (
            select coalesce(array_agg(k.id order by k.place, k.word), '{}')   as ids,
                   coalesce(array_agg(k.name order by k.place, k.word), '{}') as names,
                   coalesce(array_agg(coalesce(k.capability, '') order by k.place, k.word), '{}') as capabilities
            from (select k.id, k.name, k.capability, lower(k.name) as word,
                         array_position(array['analyze', 'decide', 'solve', 'act'], k.capability) as place
                  from skill k
                  left join skill_need n on (n.organization_id, n.skill_id) = (k.organization_id, k.id) and n.team_id = t.id
                  where k.organization_id = t.organization_id and (k.capability is not null or n.skill_id is not null)) k
        ) skills
        left join lateral (
            select e.at, e.member_id, m.name
            from (select * from event
                  where organization_id = t.organization_id and subjects @> array[t.id]
                  offset 0) e
            left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
            order by e.at desc, e.id desc
            limit 1
        ) changed on true
        left join lateral (
            select e.id, e.kind, e.summary, e.subjects, e.before, e.after
            from event e
            where e.organization_id = t.organization_id and e.subjects @> array[t.id]
              and e.member_id = $5 and e.at >= $6 and e.kind = any($7)
            order by e.at desc, e.id desc
            limit 1
        ) mine on true
        where t.organization_id = $1 and t.kind = $2
          and t.id = coalesce($3, (select s.team_id from team_slug s
                                   where s.organization_id = $1 and s.kind = $2 and s.slug = $4))
        "#,
        tenant.organization_id().0,
        crate::squads::teams::SQUAD,
        id,
        word,
        visitor.0,
        undo_from,
        &kinds,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };

    let seats = row.seat_ids.into_iter().zip(row.seat_titles).zip(row.seat_since);
    let skills = row.skill_ids.into_iter().zip(row.skill_names).zip(row.capabilities);
    let places = row.last_places.0;
    Ok(Some(Frame {
        id: row.id,
        name: row.name,
        slug: row.slug,
        state: row.state,
        version: row.version,
        is_mine: row.is_mine,
        seats: seats.map(|((id, title), since)| Seat { id, title, since }).collect(),
        skills: skills
            .map(|((id, name), word): ((SkillId, String), String)| Skill {
                id,
                name,
                capability: Capability::parse(&word),
            })
            .collect(),
        changed: row.changed_at.map(|at| {
            (at, row.changed_by, row.changed_name.unwrap_or_else(|| "Trellis".to_owned()))
        }),
        last: row.last.zip(row.last_kind).map(|(id, kind)| Last {
            id,
            kind,
            summary: row.last_summary.unwrap_or_default(),
            subjects: row.last_subjects.unwrap_or_default(),
            before: row.last_before,
            after: row.last_after,
            places,
        }),
    }))
}

/// What the design is at this moment, for a change that comes: the squad's name, whether it is forming, and the version
/// of its draft.
pub async fn find_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Option<(String, bool, String)>> {
    let row = sqlx::query!(
        r#"
        select t.name, t.state = 'forming' as "is_forming!",
               array(select s.member_id from membership s
                     where s.organization_id = t.organization_id and s.team_id = t.id and s.until_at is null
                     order by s.member_id) as "members!: Vec<MemberId>",
               array(select s.allocation from membership s
                     where s.organization_id = t.organization_id and s.team_id = t.id and s.until_at is null
                     order by s.member_id) as "shares!: Vec<i16>",
               array(select s.id from open_seat s
                     where s.organization_id = t.organization_id and s.team_id = t.id) as "seats!: Vec<SeatId>"
        from team t
        where t.organization_id = $1 and t.id = $2 and t.kind = 'squad'
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let shares = row.members.into_iter().zip(row.shares.into_iter().map(i32::from));
        (row.name, row.is_forming, version(shares, row.seats))
    }))
}

/// A current membership, as a change of it needs it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub id: MembershipId,
    /// Its version.
    pub version: i32,
    /// The hats worn there.
    pub hats: Vec<HatId>,
}

/// The current membership of somebody in a team.
pub async fn find_membership(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    member: MemberId,
) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"
        select s.id as "id: MembershipId", s.version,
               array(select h.hat_id from membership_hat h
                     where (h.organization_id, h.membership_id) = (s.organization_id, s.id)) as "hats!: Vec<HatId>"
        from membership s
        where s.organization_id = $1 and s.team_id = $2 and s.member_id = $3 and s.until_at is null
        "#,
        tenant.organization_id().0,
        team.0,
        member.0,
    )
    .fetch_optional(db)
    .await
}

/// Whether there is such a member.
pub async fn is_member(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from member where organization_id = $1 and id = $2) as "is!""#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_one(db)
    .await
}

/// What the history says of an event.
pub async fn find_summary(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: EventId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select summary from event where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        event.0,
    )
    .fetch_optional(db)
    .await
}

/// The squad's row, held until the transaction ends: its name, whether it is forming, and how many members and open
/// seats it has.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Option<(String, bool, usize, usize)>> {
    let held = sqlx::query!(
        r#"
        select name, state = 'forming' as "is_forming!", member_count
        from team
        where organization_id = $1 and id = $2 and kind = 'squad'
        for no key update
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(held) = held else { return Ok(None) };
    // In a statement of its own: only that sees what the lock waited for.
    let seats = sqlx::query_scalar!(
        r#"select count(*) as "n!" from open_seat where organization_id = $1 and team_id = $2"#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    Ok(Some((held.name, held.is_forming, count(held.member_count.into()), count(seats))))
}

/// Opens a seat.
pub async fn insert_seat(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    seat: SeatId,
    title: &SeatTitle,
    since: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into open_seat (organization_id, id, team_id, title, since, event_id) values ($1, $2, $3, $4, $5, $6)",
        tenant.organization_id().0,
        seat.0,
        team.0,
        title.as_str(),
        since,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Finds an open seat of a squad.
pub async fn find_seat(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    seat: SeatId,
) -> sqlx::Result<Option<Seat>> {
    sqlx::query_as!(
        Seat,
        r#"
        select id as "id: SeatId", title, since
        from open_seat
        where organization_id = $1 and team_id = $2 and id = $3
        "#,
        tenant.organization_id().0,
        team.0,
        seat.0,
    )
    .fetch_optional(db)
    .await
}

/// Closes a seat; answers whether it was there.
pub async fn delete_seat(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    seat: SeatId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from open_seat where organization_id = $1 and team_id = $2 and id = $3",
        tenant.organization_id().0,
        team.0,
        seat.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
