//! Every SQL statement of the designer: the frame of its page, who is in the squad, who could join, open seats.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::{Last, LastPlace, Person, Place, Seat, SeatTitle, Skill, Team, version};
use crate::actor::Tenant;
use crate::design::{MAX_SQUADS_OF_A_MEMBER, MIN_FREE_SHARE};
use crate::ids::{EventId, HatId, MemberId, MembershipId, SeatId, SkillId, TeamId};
use crate::skills::{Capability, Level};

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

/// The kinds of changes that the designer makes.
const KINDS: [&str; 6] = [
    "members_added",
    "member_removed",
    "member_moved",
    "membership_edited",
    "seat_opened",
    "seat_closed",
];

/// Finds a squad by its id, its word in addresses, or one that it had before, with what is around its draft. Changes of
/// one's own are offered to be undone from `undo_from` on.
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
            from event e
            left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
            where e.organization_id = t.organization_id and e.subjects @> array[t.id]
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

/// Somebody in the squad or who could join, with their teams.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Who.
    pub id: MemberId,
    /// Their place on the page of who could join; none for those who are not on it.
    pub place: Option<i64>,
    /// How many there are on all pages.
    pub total: Option<i64>,
    name: String,
    title: String,
    discipline: String,
    places: Json<Vec<PlaceRow>>,
    skills: Vec<SkillId>,
    levels: Vec<i16>,
    moved: Option<Json<PlaceRow>>,
}

/// A person in a team.
#[derive(Debug, Clone, Deserialize)]
pub struct PlaceRow {
    /// The membership.
    pub membership: MembershipId,
    team: TeamId,
    name: String,
    slug: String,
    is_squad: bool,
    is_active: bool,
    members: usize,
    /// With which share.
    pub share: i16,
    /// The hats worn there.
    pub hats: Vec<String>,
}

impl PlaceRow {
    fn team(&self) -> Team {
        Team {
            id: self.team,
            name: self.name.clone(),
            slug: self.slug.clone(),
            is_squad: self.is_squad,
            is_active: self.is_active,
            members: self.members,
        }
    }
}

impl PersonRow {
    /// The person, for a draft.
    pub fn person(&self) -> Person {
        let levels = self.skills.iter().zip(&self.levels);
        let place = |row: &PlaceRow| Place { team: row.team, share: row.share.into() };
        Person {
            name: self.name.clone(),
            title: self.title.clone(),
            discipline: self.discipline.clone(),
            levels: levels.filter_map(|(id, n)| Some((*id, Level::new(*n).ok()?))).collect(),
            places: self.places.0.iter().map(place).collect(),
        }
    }

    /// Notes the teams that they are in and came from.
    pub fn note_teams(&self, teams: &mut BTreeMap<TeamId, Team>) {
        for row in self.places.0.iter().chain(self.moved.iter().map(|moved| &moved.0)) {
            teams.entry(row.team).or_insert_with(|| row.team());
        }
    }

    /// Their membership in `team`.
    pub fn membership_in(&self, team: TeamId) -> Option<&PlaceRow> {
        self.places.0.iter().find(|row| row.team == team)
    }

    /// The squad that they left for this one, in one step.
    pub fn moved_from(&self) -> Option<TeamId> {
        self.moved.as_ref().map(|moved| moved.0.team)
    }

    /// The share that they had there.
    pub fn moved_share(&self) -> Option<i16> {
        self.moved.as_ref().map(|moved| moved.0.share)
    }
}

/// Who is in the squad, by name.
pub async fn list_inside(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    skills: &[SkillId],
) -> sqlx::Result<Vec<PersonRow>> {
    let skills: Vec<Uuid> = skills.iter().map(|skill| skill.0).collect();
    sqlx::query_as!(
        PersonRow,
        r#"
        select m.id as "id: MemberId", null::bigint as place, null::bigint as total, m.name, m.title, m.discipline,
               p.places as "places!: Json<Vec<PlaceRow>>",
               r.skills as "skills!: Vec<SkillId>", r.levels as "levels!: Vec<i16>",
               moved.place as "moved?: Json<PlaceRow>"
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        cross join lateral (
            select jsonb_agg(jsonb_build_object(
                       'membership', x.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', x.allocation,
                       'is_squad', t.kind = 'squad', 'is_active', t.state = 'active', 'members', t.member_count,
                       'hats', array(select c.name from membership_hat h
                                     join hat c on (c.organization_id, c.id) = (h.organization_id, h.hat_id)
                                     where (h.organization_id, h.membership_id) = (x.organization_id, x.id)
                                     order by lower(c.name)))
                       order by x.allocation desc, lower(t.name), t.id) as places
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = m.organization_id and x.member_id = m.id and x.until_at is null
        ) p
        cross join lateral (
            select coalesce(array_agg(k.skill_id), '{}') as skills, coalesce(array_agg(k.level), '{}') as levels
            from member_skill k
            where k.organization_id = m.organization_id and k.member_id = m.id and k.skill_id = any($3)
              and k.level is not null
        ) r
        left join lateral (
            select jsonb_build_object(
                       'membership', d.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', d.allocation,
                       'is_squad', true, 'is_active', t.state = 'active', 'members', t.member_count,
                       'hats', array[]::text[]) as place
            from event e
            join membership d on d.organization_id = e.organization_id and d.team_id = any(e.subjects)
                             and d.member_id = s.member_id and d.until_event = e.id and d.team_id <> s.team_id
            join team t on (t.organization_id, t.id) = (d.organization_id, d.team_id)
            where e.organization_id = s.organization_id and e.id = s.from_event and t.kind = 'squad'
              and t.state <> 'dissolved'
            limit 1
        ) moved on true
        where s.organization_id = $1 and s.team_id = $2 and s.until_at is null
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        team.0,
        &skills,
    )
    .fetch_all(db)
    .await
}

/// Whom to look for among those who could join.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// A part of a name, title or discipline, or of a skill that they have.
    pub q: Option<String>,
    /// Only those who close one of these gaps.
    pub closing: Vec<SkillId>,
    /// Only those with so much time left, in percent.
    pub free: i32,
    /// How many are shown.
    pub limit: i64,
}

/// A page of those who could join, in the order of [`super::domain::Draft::pool`], and beside it the best one for each
/// gap, whatever is looked for: findings offer them.
pub async fn list_pool(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    skills: &[SkillId],
    missing: &[(SkillId, Level)],
    search: &Search,
) -> sqlx::Result<Vec<PersonRow>> {
    let skills: Vec<Uuid> = skills.iter().map(|skill| skill.0).collect();
    let closing: Vec<Uuid> = search.closing.iter().map(|skill| skill.0).collect();
    let (gaps, levels): (Vec<Uuid>, Vec<i16>) =
        missing.iter().map(|(skill, level)| (skill.0, level.number())).unzip();
    sqlx::query_as!(
        PersonRow,
        r#"
        with gap as (
            select * from unnest($4::uuid[], $5::smallint[]) as g (skill_id, level)
        ), load as (
            select x.member_id, sum(x.allocation) as taken, count(*) filter (where t.kind = 'squad') as squads
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.until_at is null
            group by x.member_id
        ), closing as (
            select k.member_id, count(*) as gaps, bool_or(k.skill_id = any($7)) as is_closing
            from gap
            join member_skill k on k.organization_id = $1 and k.skill_id = gap.skill_id and k.level >= gap.level
            group by k.member_id
        ), somebody as (
            select m.id, lower(m.name) as word, coalesce(c.gaps, 0) as gaps,
                   greatest(100 - coalesce(l.taken, 0), 0) as free, coalesce(l.squads, 0) as squads,
                   (cardinality($7::uuid[]) = 0 or coalesce(c.is_closing, false))
                   and 100 - coalesce(l.taken, 0) >= $8
                   and ($6::text is null
                        or position(lower($6) in lower(m.name || ' ' || m.title || ' ' || m.discipline)) > 0
                        or exists (select from member_skill k
                                   join skill s on (s.organization_id, s.id) = (k.organization_id, k.skill_id)
                                   where k.organization_id = $1 and k.member_id = m.id and k.level is not null
                                     and position(lower($6) in lower(s.name)) > 0)) as is_asked
            from member m
            left join load l on l.member_id = m.id
            left join closing c on c.member_id = m.id
            where m.organization_id = $1 and m.deactivated_at is null
              and not exists (select from membership s
                              where s.organization_id = $1 and s.team_id = $2 and s.member_id = m.id
                                and s.until_at is null)
        ), asked as (
            select id, row_number() over (order by gaps desc, free desc, word, id) as place, count(*) over () as total
            from somebody
            where is_asked
        ), best as (
            select distinct on (gap.skill_id) f.id
            from gap
            join member_skill k on k.organization_id = $1 and k.skill_id = gap.skill_id and k.level >= gap.level
            join somebody f on f.id = k.member_id
            where f.free >= $10 and f.squads < $11
            order by gap.skill_id, f.free desc, k.level desc, f.word, f.id
        ), chosen as (
            select id, place, total from asked where place <= $9
            union all
            select id, null, null from best where id not in (select id from asked where place <= $9)
        )
        select m.id as "id: MemberId", chosen.place as "place?", chosen.total as "total?", m.name, m.title, m.discipline,
               coalesce(p.places, '[]') as "places!: Json<Vec<PlaceRow>>",
               r.skills as "skills!: Vec<SkillId>", r.levels as "levels!: Vec<i16>",
               null::jsonb as "moved?: Json<PlaceRow>"
        from chosen
        join member m on m.organization_id = $1 and m.id = chosen.id
        cross join lateral (
            select jsonb_agg(jsonb_build_object(
                       'membership', x.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'share', x.allocation,
                       'is_squad', t.kind = 'squad', 'is_active', t.state = 'active', 'members', t.member_count,
                       'hats', array[]::text[])
                       order by x.allocation desc, lower(t.name), t.id) as places
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.member_id = m.id and x.until_at is null
        ) p
        cross join lateral (
            select coalesce(array_agg(k.skill_id), '{}') as skills, coalesce(array_agg(k.level), '{}') as levels
            from member_skill k
            where k.organization_id = $1 and k.member_id = m.id and k.skill_id = any($3) and k.level is not null
        ) r
        order by chosen.place
        "#,
        tenant.organization_id().0,
        team.0,
        &skills,
        &gaps,
        &levels,
        search.q,
        &closing,
        i64::from(search.free),
        search.limit,
        i64::from(MIN_FREE_SHARE),
        i64::try_from(MAX_SQUADS_OF_A_MEMBER).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await
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

/// Whether there is such an event.
pub async fn is_event(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: EventId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from event where organization_id = $1 and id = $2) as "is!""#,
        tenant.organization_id().0,
        event.0,
    )
    .fetch_one(db)
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
