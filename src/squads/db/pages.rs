//! What the pages show: one read model per page.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::design::{self, Tally};
use crate::ids::{MemberId, MembershipId, SkillId, TeamId};

/// A line of the list.
#[derive(Debug, Clone)]
pub struct SquadRow {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Its state's word.
    pub state: String,
    /// Its pattern's word.
    pub pattern: String,
    /// How many members it has.
    pub members: i32,
    /// Its goal metric.
    pub goal: Option<String>,
    /// How many members can do each of the four core capabilities alone, in their order.
    pub able: Vec<i16>,
    /// Findings that are breaches.
    pub breaches: i16,
    /// Findings that are warnings.
    pub warnings: i16,
    /// Findings that are advice.
    pub advice: i16,
    /// What is said of it is out of date.
    pub is_stale: bool,
}

impl SquadRow {
    /// Its findings, counted.
    pub fn tally(&self) -> Tally {
        let of = |n: i16| usize::try_from(n).unwrap_or_default();
        Tally { breaches: of(self.breaches), warnings: of(self.warnings), advice: of(self.advice) }
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A state's word; without it all but dissolved ones.
    pub state: Option<String>,
    /// A pattern's word.
    pub pattern: Option<String>,
    /// A part of the name or the description.
    pub q: Option<String>,
    /// The last line of the page before.
    pub after: Option<(String, Uuid)>,
}

/// One page of the list, and one line more if there is another page. Findings and abilities are those of the summaries.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    filter: &Filter,
    today: NaiveDate,
    limit: i64,
) -> sqlx::Result<Vec<SquadRow>> {
    let (after_name, after_id) = filter.after.clone().unzip();
    sqlx::query_as!(
        SquadRow,
        r#"
        with page as materialized (
            select t.id, t.name, t.slug, t.state, t.pattern, t.member_count
            from team t
            where t.organization_id = $1 and t.kind = 'squad'
              and (t.state = $2 or ($2::text is null and t.state <> 'dissolved'))
              and ($3::text is null or t.pattern = $3)
              and ($4::text is null or position(lower($4) in lower(t.name || ' ' || t.description)) > 0)
              and ($5::text is null or (lower(t.name), t.id) > ($5, $6::uuid))
            order by lower(t.name), t.id
            limit $7
        )
        select t.id as "id: TeamId", t.name, t.slug, t.state, t.pattern as "pattern!", t.member_count as members,
               g.name as "goal?",
               case when t.state = 'dissolved' then '{0,0,0,0}' else s.able end      as "able!: Vec<i16>",
               case when t.state = 'dissolved' then 0::smallint else s.breaches end as "breaches!",
               case when t.state = 'dissolved' then 0::smallint else s.warnings end as "warnings!",
               case when t.state = 'dissolved' then 0::smallint else s.advice end   as "advice!",
               t.state <> 'dissolved' and (s.is_touched or s.rules <> $8 or coalesce(s.turns_on <= $9, false)) as "is_stale!"
        from page t
        -- Row by row: whatever the planner guesses, no more is read than is shown.
        cross join lateral (select * from squad_summed s where (s.organization_id, s.team_id) = ($1, t.id) offset 0) s
        left join lateral (select g.name from metric g
                           where (g.organization_id, g.team_id) = ($1, t.id) and g.is_goal and g.ended_at is null offset 0) g on true
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        filter.state,
        filter.pattern,
        filter.q,
        after_name,
        after_id,
        limit,
        design::rules(),
        today,
    )
    .fetch_all(db)
    .await
}

/// The squad, as its pages show it.
#[derive(Debug, Clone)]
pub struct SquadPage {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Its pattern's word.
    pub pattern: String,
    /// What it is for.
    pub description: String,
    /// Its state's word.
    pub state: String,
    /// Why it is in this state, if somebody had to say.
    pub state_reason: String,
    /// Since when.
    pub state_at: DateTime<Utc>,
    /// How many members it has.
    pub members: i32,
    /// Its version.
    pub version: i32,
    /// Whether the visitor is in it.
    pub is_mine: bool,
    /// The newest version of its mission, 0 without one.
    pub mission_version: i32,
}

/// Finds what the squad's page says.
pub async fn find_page(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: TeamId,
    visitor: MemberId,
) -> sqlx::Result<Option<SquadPage>> {
    sqlx::query_as!(
        SquadPage,
        r#"
        select t.id as "id: TeamId", t.name, t.slug, t.pattern as "pattern!", t.description, t.state, t.state_reason,
               t.state_at, t.member_count as members, t.version, t.mission_version,
               exists (select from membership s
                       where s.organization_id = t.organization_id and s.team_id = t.id and s.member_id = $3
                           and s.until_at is null) as "is_mine!"
        from team t
        where t.organization_id = $1 and t.id = $2 and t.kind = 'squad'
        "#,
        tenant.organization_id().0,
        id.0,
        visitor.0,
    )
    .fetch_optional(db)
    .await
}

/// A member of a team, as its page shows them.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberLine {
    /// The membership.
    pub membership: MembershipId,
    /// The member.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Their discipline.
    pub discipline: String,
    /// Their share here, in percent.
    pub allocation: i16,
    /// Their share in all teams, in percent.
    pub total: i64,
    /// The hats worn here.
    pub hats: Vec<String>,
}

/// The current members of a team, by name.
pub async fn members(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<MemberLine>> {
    sqlx::query_as!(
        MemberLine,
        r#"
        select s.id as "membership: MembershipId", m.id as "member: MemberId", m.name, m.discipline, s.allocation,
               (select sum(x.allocation) from membership x
                where x.organization_id = s.organization_id and x.member_id = s.member_id and x.until_at is null) as "total!",
               array(select c.name from membership_hat h
                     join hat c on (c.organization_id, c.id) = (h.organization_id, h.hat_id)
                     where (h.organization_id, h.membership_id) = (s.organization_id, s.id)
                     order by lower(c.name)) as "hats!: Vec<String>"
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.team_id = $2 and s.until_at is null
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await
}

/// A column of the coverage matrix: a core capability, or a skill that the squad needs.
#[derive(Debug, Clone, Deserialize)]
pub struct SkillColumn {
    /// The skill.
    pub skill: SkillId,
    /// Its name.
    pub name: String,
    /// Whether it is one of the four core capabilities.
    pub is_capability: bool,
    /// The level that is needed; nothing for a capability that nobody wrote a need for.
    pub level: Option<i16>,
    /// In how many members.
    pub people: Option<i16>,
    /// The version of the need.
    pub version: Option<i32>,
}

/// What the coverage matrix of a team is made of.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The current members, by name.
    pub members: Vec<MemberLine>,
    /// The four capabilities in their order, then what is needed by name.
    pub skills: Vec<SkillColumn>,
    /// The levels that the members have in these skills.
    pub levels: Vec<(MemberId, SkillId, i16)>,
}

/// Reads the matrix of a team: 1 statement.
pub async fn coverage(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Coverage> {
    let row = sqlx::query!(
        r#"
        with inside as (
            select id, member_id, allocation from membership
            where organization_id = $1 and team_id = $2 and until_at is null
        ), wanted as (
            select k.id, k.name, k.capability, n.level, n.people, n.version
            from skill k
            left join skill_need n on (n.organization_id, n.skill_id) = (k.organization_id, k.id) and n.team_id = $2
            where k.organization_id = $1 and (k.capability is not null or n.skill_id is not null)
        )
        select (select coalesce(json_agg(json_build_object(
                           'membership', s.id, 'member', m.id, 'name', m.name, 'discipline', m.discipline,
                           'allocation', s.allocation,
                           'total', (select sum(x.allocation) from membership x
                                     where x.organization_id = $1 and x.member_id = s.member_id and x.until_at is null),
                           'hats', array(select c.name from membership_hat h
                                         join hat c on (c.organization_id, c.id) = (h.organization_id, h.hat_id)
                                         where (h.organization_id, h.membership_id) = ($1, s.id)
                                         order by lower(c.name)))
                           order by lower(m.name), m.id), '[]')
                from inside s
                join member m on (m.organization_id, m.id) = ($1, s.member_id)) as "members!: Json<Vec<MemberLine>>",
               (select coalesce(json_agg(json_build_object(
                           'skill', k.id, 'name', k.name, 'is_capability', k.capability is not null,
                           'level', k.level, 'people', k.people, 'version', k.version)
                           order by array_position(array['analyze', 'decide', 'solve', 'act'], k.capability), lower(k.name)), '[]')
                from wanted k) as "skills!: Json<Vec<SkillColumn>>",
               (select coalesce(json_agg(json_build_array(r.member_id, r.skill_id, r.level)), '[]')
                from inside s
                join member_skill r on (r.organization_id, r.member_id) = ($1, s.member_id)
                join wanted k on k.id = r.skill_id
                where r.level is not null) as "levels!: Json<Vec<(MemberId, SkillId, i16)>>"
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Coverage { members: row.members.0, skills: row.skills.0, levels: row.levels.0 })
}

/// Somebody who could join.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Their discipline.
    pub discipline: String,
    /// Their share in all teams, in percent.
    pub taken: i64,
    /// The squads that they are in.
    pub squads: Vec<String>,
    /// What the squad misses and they can do.
    pub covers: Vec<String>,
}

/// Whom to look for.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// A part of the name, discipline or title.
    pub q: Option<String>,
    /// A skill that they have.
    pub skill: Option<SkillId>,
    /// Members who are shown whatever the search says, before the others.
    pub always: Vec<MemberId>,
    /// The last one of the page before.
    pub after: Option<MemberId>,
    /// The skills that the squad misses, each with the level.
    pub missing: Vec<(SkillId, i16)>,
}

/// Members who are not in the team: first who closes the most gaps, then who has the most time. At most `limit`
/// beside those who are shown always.
pub async fn candidates(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    search: &Search,
    limit: i64,
) -> sqlx::Result<Vec<Candidate>> {
    let (skills, levels): (Vec<Uuid>, Vec<i16>) =
        search.missing.iter().map(|(skill, level)| (skill.0, *level)).unzip();
    let always: Vec<Uuid> = search.always.iter().map(|member| member.0).collect();
    let limit = limit.saturating_add(i64::try_from(always.len()).unwrap_or(i64::MAX));
    sqlx::query_as!(
        Candidate,
        r#"
        with placed as (
            select s.member_id, sum(s.allocation) as taken,
                   array_agg(t.name order by lower(t.name)) filter (where t.kind = 'squad') as squads
            from membership s
            join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
            where s.organization_id = $1 and s.until_at is null
            group by s.member_id
        ), closing as (
            select r.member_id, array_agg(k.name order by lower(k.name)) as covers
            from unnest($6::uuid[], $7::smallint[]) as need (skill_id, level)
            join member_skill r on r.organization_id = $1 and r.skill_id = need.skill_id and r.level >= need.level
            join skill k on (k.organization_id, k.id) = (r.organization_id, r.skill_id)
            group by r.member_id
        ), ranked as (
            select m.id, -coalesce(cardinality(c.covers), 0) as closes, coalesce(p.taken, 0) as taken, lower(m.name) as sort,
                   p.squads, c.covers
            from member m
            left join placed p on p.member_id = m.id
            left join closing c on c.member_id = m.id
            where m.organization_id = $1
        )
        select m.id as "member: MemberId", m.name, m.discipline,
               r.taken as "taken!",
               coalesce(r.squads, '{}') as "squads!: Vec<String>",
               coalesce(r.covers, '{}') as "covers!: Vec<String>"
        from ranked r
        join member m on m.organization_id = $1 and m.id = r.id
        where m.deactivated_at is null
          and not exists (select from membership s
                          where s.organization_id = m.organization_id and s.team_id = $2 and s.member_id = m.id
                            and s.until_at is null)
          and (m.id = any($5)
               or (($3::text is null or position(lower($3) in lower(m.name || ' ' || m.discipline || ' ' || m.title)) > 0)
                   and ($4::uuid is null
                        or exists (select from member_skill k
                                   where k.organization_id = m.organization_id and k.member_id = m.id and k.skill_id = $4
                                     and k.level is not null))
                   and coalesce((r.closes, r.taken, r.sort, r.id)
                                > (select a.closes, a.taken, a.sort, a.id from ranked a where a.id = $9), true)))
        order by m.id = any($5) desc, r.closes, r.taken, r.sort, r.id
        limit $8
        "#,
        tenant.organization_id().0,
        team.0,
        search.q,
        search.skill.map(|skill| skill.0),
        &always,
        &skills,
        &levels,
        limit,
        search.after.map(|member| member.0),
    )
    .fetch_all(db)
    .await
}

/// An entry of a choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
}

/// The skills that can be chosen.
pub async fn skills(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<Choice>> {
    sqlx::query_as!(
        Choice,
        r#"
        select id, name from skill
        where organization_id = $1 and archived_at is null
        order by capability is null, lower(name)
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// A squad that somebody could move to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: i32,
}

/// The other squads that are not dissolved and that the member is not in.
pub async fn targets(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    from: TeamId,
    member: MemberId,
) -> sqlx::Result<Vec<Target>> {
    sqlx::query_as!(
        Target,
        r#"
        select t.id as "id: TeamId", t.name, t.member_count as members
        from team t
        where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved' and t.id <> $2
          and not exists (select from membership s
                          where s.organization_id = t.organization_id and s.team_id = t.id and s.member_id = $3
                            and s.until_at is null)
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        from.0,
        member.0,
    )
    .fetch_all(db)
    .await
}
