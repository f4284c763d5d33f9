//! Who is in the squad and who could join, each with their teams and levels.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::design::{MAX_SQUADS_OF_A_MEMBER, MIN_FREE_SHARE};
use crate::designer::domain::{Person, Place, Team};
use crate::ids::{MemberId, MembershipId, SkillId, TeamId};
use crate::skills::Level;

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
    /// Everybody, where nobody closes one of them.
    pub or_everybody: bool,
    /// Only those with so much time left, in percent.
    pub free: i32,
    /// How many are shown.
    pub limit: i64,
}

/// A page of those who could join, in the order of `Draft::pool`, and beside it the best one for each
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
        ), closing as (
            select k.member_id, count(*) as gaps, bool_or(k.skill_id = any($7)) as is_closing
            from gap
            join member_skill k on k.organization_id = $1 and k.skill_id = gap.skill_id and k.level >= gap.level
            group by k.member_id
        ), somebody as (
            select m.id, lower(m.name) as word, coalesce(c.gaps, 0) as gaps,
                   greatest(100 - l.share, 0)::bigint as free, l.squads,
                   (cardinality($7::uuid[]) = 0 or coalesce(c.is_closing, false)
                    or ($12 and not exists (select from closing x
                                            where x.is_closing
                                              and not exists (select from membership s
                                                              where s.organization_id = $1 and s.team_id = $2
                                                                and s.member_id = x.member_id and s.until_at is null))))
                   and 100 - l.share >= $8
                   and ($6::text is null
                        or position(lower($6) in lower(m.name || ' ' || m.title || ' ' || m.discipline)) > 0
                        or exists (select from member_skill k
                                   join skill s on (s.organization_id, s.id) = (k.organization_id, k.skill_id)
                                   where k.organization_id = $1 and k.member_id = m.id and k.level is not null
                                     and position(lower($6) in lower(s.name)) > 0)) as is_asked
            from member m
            join member_load l on l.organization_id = $1 and l.member_id = m.id
            left join closing c on c.member_id = m.id
            where m.organization_id = $1 and m.deactivated_at is null
              and not exists (select from membership s
                              where s.organization_id = $1 and s.team_id = $2 and s.member_id = m.id
                                and s.until_at is null)
        ), asked as (
            select id, row_number() over (order by gaps desc, free desc, word, id) as place,
                   (select count(*) from somebody where is_asked)                  as total
            from (select id, gaps, free, word
                  from somebody
                  where is_asked
                  order by gaps desc, free desc, word, id
                  limit $9) a
        ), best as (
            select distinct on (gap.skill_id) f.id
            from gap
            join member_skill k on k.organization_id = $1 and k.skill_id = gap.skill_id and k.level >= gap.level
            join somebody f on f.id = k.member_id
            where f.free >= $10 and f.squads < $11
            order by gap.skill_id, f.free desc, k.level desc, f.word, f.id
        ), chosen as (
            select id, place, total from asked
            union all
            select id, null, null from best where id not in (select id from asked)
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
        search.free,
        search.limit,
        i64::from(MIN_FREE_SHARE),
        i32::try_from(MAX_SQUADS_OF_A_MEMBER).unwrap_or(i32::MAX),
        search.or_everybody,
    )
    .fetch_all(db)
    .await
}
