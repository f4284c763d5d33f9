//! Reading today's design, in few statements whatever its size.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::domain::{
    Design, FULL_SHARE, MAX_SQUADS_OF_A_MEMBER, MIN_FREE_SHARE, MemberDesign, Need, Placement,
    SkillDesign, SquadDesign,
};
use super::links::{Liaison, LinkDesign, LinkEnd, LinkKind};
use crate::actor::Tenant;
use crate::ids::{LinkId, MemberId, MetricId, SkillId, TeamId};
use crate::metrics::{Aim, Cadence, Goal, MetricName, NewMetric, Unit};
use crate::missions::{Customer, MissionText, Success, Value};
use crate::skills::{Capability, Level};

/// How many members are loaded for each gap of a single squad.
const CANDIDATES: i64 = 5;

/// The organization's whole design, with everybody who could join: 4 statements.
pub async fn load(pool: &PgPool, tenant: Tenant, today: NaiveDate) -> sqlx::Result<Design> {
    let squads = squads(pool, tenant, None).await?;
    let links = links(pool, tenant, None).await?;
    let members = everybody(pool, tenant).await?;
    let mut design = Design { today, squads, links, ..Design::default() };
    place(&mut design, members);
    let skills = levels(pool, tenant, &design).await?;
    rate(&mut design, skills);
    Ok(design)
}

/// The design of some squads, with the best candidates for their gaps: 2 statements, and a third if there are gaps.
pub async fn load_squads(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    teams: &[TeamId],
) -> sqlx::Result<Design> {
    let teams: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    let squads = squads(pool, tenant, Some(&teams)).await?;
    let around = around(pool, tenant, &teams).await?;
    let links = around.links.0.into_iter().filter_map(LinkRow::link).collect();
    let mut design = Design { today, squads, links, ..Design::default() };
    place(&mut design, around.members.0);
    rate(&mut design, around.skills.0);
    candidates(pool, tenant, &mut design).await?;
    Ok(design)
}

/// One squad without its members, for whoever reads those in a way of their own: 1 statement.
pub async fn load_squad(
    pool: &PgPool,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Option<SquadDesign>> {
    Ok(squads(pool, tenant, Some(&[team.0])).await?.pop())
}

/// The links of one team: 1 statement.
pub async fn load_links(
    pool: &PgPool,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<LinkDesign>> {
    links(pool, tenant, Some(&[team.0])).await
}

/// The links of all teams: 1 statement.
pub async fn load_all_links(pool: &PgPool, tenant: Tenant) -> sqlx::Result<Vec<LinkDesign>> {
    links(pool, tenant, None).await
}

#[derive(Deserialize)]
struct LinkRow {
    id: LinkId,
    kind: String,
    purpose: String,
    review_on: NaiveDate,
    from_team: TeamId,
    from_name: String,
    from_slug: String,
    from_is_squad: bool,
    from_member: Option<MemberId>,
    from_member_name: Option<String>,
    to_team: TeamId,
    to_name: String,
    to_slug: String,
    to_is_squad: bool,
    to_member: Option<MemberId>,
    to_member_name: Option<String>,
}

impl LinkRow {
    fn link(self) -> Option<LinkDesign> {
        let liaison = |member: Option<MemberId>, name: Option<String>| {
            member.zip(name).map(|(member, name)| Liaison { member, name })
        };
        Some(LinkDesign {
            id: self.id,
            kind: LinkKind::parse(&self.kind)?,
            from: LinkEnd {
                team: self.from_team,
                name: self.from_name,
                slug: self.from_slug,
                is_squad: self.from_is_squad,
                liaison: liaison(self.from_member, self.from_member_name),
            },
            to: LinkEnd {
                team: self.to_team,
                name: self.to_name,
                slug: self.to_slug,
                is_squad: self.to_is_squad,
                liaison: liaison(self.to_member, self.to_member_name),
            },
            purpose: self.purpose,
            review_on: self.review_on,
        })
    }
}

/// Links that have not ended: those from or to the teams, or all.
async fn links(
    pool: &PgPool,
    tenant: Tenant,
    teams: Option<&[Uuid]>,
) -> sqlx::Result<Vec<LinkDesign>> {
    let rows = sqlx::query_as!(
        LinkRow,
        r#"
        select l.id                     as "id: LinkId",
               l.kind,
               l.purpose,
               l.review_on,
               f.id                     as "from_team: TeamId",
               f.name                   as from_name,
               f.slug                   as from_slug,
               f.kind = 'squad'         as "from_is_squad!",
               fm.id                    as "from_member?: MemberId",
               fm.name                  as "from_member_name?",
               t.id                     as "to_team: TeamId",
               t.name                   as to_name,
               t.slug                   as to_slug,
               t.kind = 'squad'         as "to_is_squad!",
               tm.id                    as "to_member?: MemberId",
               tm.name                  as "to_member_name?"
        from link l
        join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
        join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
        left join membership fs on (fs.organization_id, fs.id) = (l.organization_id, l.from_liaison_id) and fs.until_at is null
        left join member fm on (fm.organization_id, fm.id) = (fs.organization_id, fs.member_id)
        left join membership ts on (ts.organization_id, ts.id) = (l.organization_id, l.to_liaison_id) and ts.until_at is null
        left join member tm on (tm.organization_id, tm.id) = (ts.organization_id, ts.member_id)
        where l.organization_id = $1 and l.until_at is null
          and ($2::uuid[] is null or l.from_team_id = any($2) or l.to_team_id = any($2))
        order by lower(f.name), lower(t.name), l.kind, l.id
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().filter_map(LinkRow::link).collect())
}

/// Squads that are forming or active, without their members.
async fn squads(
    pool: &PgPool,
    tenant: Tenant,
    teams: Option<&[Uuid]>,
) -> sqlx::Result<Vec<SquadDesign>> {
    let rows = sqlx::query!(
        r#"
        select t.id                 as "id: TeamId",
               t.name,
               t.slug,
               t.state = 'active'   as "is_active!",
               m.customer           as "customer?: Customer",
               m.value              as "value?: Value",
               m.success            as "success?: Success",
               m.review_on          as "review_on?",
               g.id                 as "goal?: MetricId",
               g.name               as "goal_name?: MetricName",
               g.unit               as "goal_unit?: Unit",
               g.direction          as "goal_direction?",
               g.baseline           as "goal_baseline?",
               g.target             as "goal_target?",
               g.target_high        as "goal_high?",
               g.cadence_days       as "goal_cadence?",
               (select count(*) from metric x
                where x.organization_id = t.organization_id and x.team_id = t.id and x.ended_at is null) as "live_metrics!",
               array(select n.skill_id from skill_need n
                     where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as "need_skills!: Vec<SkillId>",
               array(select n.level from skill_need n
                     where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as "need_levels!",
               array(select n.people from skill_need n
                     where n.organization_id = t.organization_id and n.team_id = t.id order by n.skill_id) as "need_members!"
        from team t
        left join mission m on (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
        left join metric g on (g.organization_id, g.team_id) = (t.organization_id, t.id) and g.is_goal and g.ended_at is null
        where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved'
          and ($2::uuid[] is null or t.id = any($2))
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_all(pool)
    .await?;

    let squads = rows.into_iter().map(|row| {
        let mission = match (row.customer, row.value, row.success) {
            (Some(customer), Some(value), Some(success)) => {
                Some(MissionText { customer, value, success, review_on: row.review_on })
            }
            _ => None,
        };
        let goal = match (row.goal, row.goal_name, row.goal_unit, row.goal_target) {
            (Some(id), Some(name), Some(unit), Some(target)) => {
                let direction = row.goal_direction.unwrap_or_default();
                let aim = Aim::stored(&direction, target, row.goal_high);
                let cadence = Cadence::of_days(row.goal_cadence.unwrap_or_default());
                Some(Goal {
                    id,
                    metric: NewMetric { name, unit, aim, baseline: row.goal_baseline, cadence },
                })
            }
            _ => None,
        };
        let needs = row.need_skills.into_iter().zip(row.need_levels).zip(row.need_members);
        SquadDesign {
            id: row.id,
            name: row.name,
            slug: row.slug,
            is_active: row.is_active,
            mission,
            members: vec![],
            needs: needs
                .filter_map(|((skill, level), members)| {
                    let members = usize::try_from(members).ok()?;
                    Some(Need { skill, level: Level::new(level).ok()?, members })
                })
                .collect(),
            goal,
            live_metrics: usize::try_from(row.live_metrics).unwrap_or_default(),
        }
    });
    Ok(squads.collect())
}

/// A member without their levels.
#[derive(Deserialize)]
struct MemberRow {
    id: MemberId,
    name: String,
    discipline: String,
    /// The squads of the design that they are in, and with which shares.
    teams: Vec<TeamId>,
    allocations: Vec<i16>,
    /// Their share in other teams, and how many of those are squads.
    elsewhere: i32,
    squads_elsewhere: i64,
}

/// A skill that matters, with those who have it.
#[derive(Deserialize)]
struct SkillRow {
    id: SkillId,
    name: String,
    capability: Option<String>,
    members: Vec<MemberId>,
    levels: Vec<i16>,
}

/// What is around some squads.
struct Around {
    members: Json<Vec<MemberRow>>,
    skills: Json<Vec<SkillRow>>,
    links: Json<Vec<LinkRow>>,
}

/// Who is in the squads, which skills matter to them with the levels of these members, and their links.
async fn around(pool: &PgPool, tenant: Tenant, teams: &[Uuid]) -> sqlx::Result<Around> {
    sqlx::query_as!(
        Around,
        r#"
        with inside as materialized (
            select distinct x.member_id as id
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.team_id = any($2) and x.until_at is null and t.kind = 'squad'
        ), placed as (
            select i.id,
                   array_agg(x.team_id order by x.team_id) filter (where x.team_id = any($2))    as teams,
                   array_agg(x.allocation order by x.team_id) filter (where x.team_id = any($2)) as allocations,
                   coalesce(sum(x.allocation) filter (where x.team_id <> all($2)), 0)            as elsewhere,
                   count(*) filter (where x.team_id <> all($2) and t.kind = 'squad')             as squads_elsewhere
            from inside i
            join membership x on x.organization_id = $1 and x.member_id = i.id and x.until_at is null
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            group by i.id
        ), rated as (
            select r.skill_id, array_agg(r.member_id) as members, array_agg(r.level) as levels
            from inside i
            join member_skill r on r.organization_id = $1 and r.member_id = i.id and r.level is not null
            group by r.skill_id
        )
        select (select coalesce(json_agg(json_build_object(
                           'id', m.id, 'name', m.name, 'discipline', m.discipline, 'teams', p.teams,
                           'allocations', p.allocations, 'elsewhere', p.elsewhere, 'squads_elsewhere', p.squads_elsewhere)
                           order by lower(m.name), m.id), '[]')
                from placed p
                join member m on m.organization_id = $1 and m.id = p.id
                where m.deactivated_at is null) as "members!: Json<Vec<MemberRow>>",
               (select coalesce(json_agg(json_build_object(
                           'id', k.id, 'name', k.name, 'capability', k.capability,
                           'members', coalesce(r.members, '{}'), 'levels', coalesce(r.levels, '{}'))), '[]')
                from skill k
                left join rated r on r.skill_id = k.id
                where k.organization_id = $1
                  and (k.capability is not null
                       or exists (select from skill_need n
                                  where n.organization_id = $1 and n.skill_id = k.id and n.team_id = any($2))))
                                                as "skills!: Json<Vec<SkillRow>>",
               (select coalesce(json_agg(json_build_object(
                           'id', l.id, 'kind', l.kind, 'purpose', l.purpose, 'review_on', l.review_on,
                           'from_team', f.id, 'from_name', f.name, 'from_slug', f.slug, 'from_is_squad', f.kind = 'squad',
                           'from_member', fm.id, 'from_member_name', fm.name,
                           'to_team', t.id, 'to_name', t.name, 'to_slug', t.slug, 'to_is_squad', t.kind = 'squad',
                           'to_member', tm.id, 'to_member_name', tm.name)
                           order by lower(f.name), lower(t.name), l.kind, l.id), '[]')
                from link l
                join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
                join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
                left join membership fs on (fs.organization_id, fs.id) = (l.organization_id, l.from_liaison_id) and fs.until_at is null
                left join member fm on (fm.organization_id, fm.id) = (fs.organization_id, fs.member_id)
                left join membership ts on (ts.organization_id, ts.id) = (l.organization_id, l.to_liaison_id) and ts.until_at is null
                left join member tm on (tm.organization_id, tm.id) = (ts.organization_id, ts.member_id)
                where l.organization_id = $1 and l.until_at is null
                  and (l.from_team_id = any($2) or l.to_team_id = any($2))) as "links!: Json<Vec<LinkRow>>"
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_one(pool)
    .await
}

/// Everybody, with their places in all squads.
async fn everybody(pool: &PgPool, tenant: Tenant) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as!(
        MemberRow,
        r#"
        with summed as (
            select x.member_id,
                   array_agg(x.team_id order by x.team_id) filter (where t.kind = 'squad')    as teams,
                   array_agg(x.allocation order by x.team_id) filter (where t.kind = 'squad') as allocations,
                   sum(x.allocation) filter (where t.kind <> 'squad')                         as elsewhere
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.until_at is null
            group by x.member_id
        )
        select m.id                            as "id: MemberId",
               m.name,
               m.discipline,
               coalesce(s.teams, '{}')         as "teams!: Vec<TeamId>",
               coalesce(s.allocations, '{}')   as "allocations!",
               coalesce(s.elsewhere, 0)::int   as "elsewhere!",
               0::bigint                       as "squads_elsewhere!"
        from member m
        left join summed s on s.member_id = m.id
        where m.organization_id = $1 and m.deactivated_at is null
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(pool)
    .await
}

/// Puts members into the design and its squads.
fn place(design: &mut Design, rows: Vec<MemberRow>) {
    let at: HashMap<TeamId, usize> =
        design.squads.iter().enumerate().map(|(at, squad)| (squad.id, at)).collect();
    for row in rows {
        for (team, allocation) in row.teams.iter().zip(row.allocations) {
            // A squad that was formed between the two statements is not there yet.
            if let Some(squad) = at.get(team).and_then(|at| design.squads.get_mut(*at)) {
                squad.members.push(Placement { member: row.id, allocation: allocation.into() });
            }
        }
        let member = MemberDesign {
            name: row.name,
            discipline: row.discipline,
            levels: BTreeMap::new(),
            elsewhere: row.elsewhere,
            squads_elsewhere: usize::try_from(row.squads_elsewhere).unwrap_or_default(),
        };
        design.members.insert(row.id, member);
    }
}

/// The skills that matter to the squads of the design, and everybody who has them.
async fn levels(pool: &PgPool, tenant: Tenant, design: &Design) -> sqlx::Result<Vec<SkillRow>> {
    let needed = design.squads.iter().flat_map(|squad| &squad.needs).map(|need| need.skill.0);
    let needed: Vec<Uuid> = needed.collect();
    sqlx::query_as!(
        SkillRow,
        r#"
        select k.id                           as "id: SkillId",
               k.name,
               k.capability,
               coalesce(h.members, '{}')      as "members!: Vec<MemberId>",
               coalesce(h.levels, '{}')       as "levels!"
        from skill k
        left join lateral (
            select array_agg(r.member_id) as members, array_agg(r.level) as levels
            from member_skill r
            where r.organization_id = k.organization_id and r.skill_id = k.id and r.level is not null
        ) h on true
        where k.organization_id = $1 and (k.capability is not null or k.id = any($2))
        "#,
        tenant.organization_id().0,
        &needed,
    )
    .fetch_all(pool)
    .await
}

/// Gives the design its skills, and its members their levels in them.
fn rate(design: &mut Design, rows: Vec<SkillRow>) {
    for row in rows {
        for (member, level) in row.members.iter().zip(row.levels) {
            if let (Some(member), Ok(level)) = (design.members.get_mut(member), Level::new(level)) {
                member.levels.insert(row.id, level);
            }
        }
        let capability = row.capability.as_deref().and_then(Capability::parse);
        design.skills.insert(row.id, SkillDesign { name: row.name, capability });
    }
}

/// Adds the best candidates for the gaps of the squads.
async fn candidates(pool: &PgPool, tenant: Tenant, design: &mut Design) -> sqlx::Result<()> {
    let gaps = design.gaps();
    if gaps.is_empty() {
        return Ok(());
    }
    let (skills, levels): (Vec<Uuid>, Vec<i16>) =
        gaps.iter().map(|(skill, level)| (skill.0, level.number())).unzip();
    let known: Vec<Uuid> = design.members.keys().map(|member| member.0).collect();
    let rows = sqlx::query!(
        r#"
        with load as (
            select x.member_id,
                   sum(x.allocation)                             as share,
                   count(*) filter (where t.kind = 'squad')      as squads
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.until_at is null
            group by x.member_id
        )
        select c.id                as "id!: MemberId",
               c.name              as "name!",
               c.discipline        as "discipline!",
               c.share             as "share!",
               c.squads            as "squads!",
               g.skill             as "skill!: SkillId",
               c.level             as "level!"
        from unnest($2::uuid[], $3::smallint[]) as g (skill, level)
        cross join lateral (
            select m.id, m.name, m.discipline, r.level,
                   coalesce(l.share, 0)::int as share, coalesce(l.squads, 0) as squads
            from member_skill r
            join member m on (m.organization_id, m.id) = (r.organization_id, r.member_id)
            left join load l on l.member_id = m.id
            where r.organization_id = $1 and r.skill_id = g.skill and r.level >= g.level
              and m.deactivated_at is null and m.id <> all($4)
              and coalesce(l.share, 0) <= $5 and coalesce(l.squads, 0) < $6
            order by coalesce(l.share, 0), r.level desc, lower(m.name), m.id
            limit $7
        ) c
        "#,
        tenant.organization_id().0,
        &skills,
        &levels,
        &known,
        i64::from(FULL_SHARE - MIN_FREE_SHARE),
        i64::try_from(MAX_SQUADS_OF_A_MEMBER).unwrap_or(i64::MAX),
        CANDIDATES,
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let member = design.members.entry(row.id).or_insert_with(|| MemberDesign {
            name: row.name,
            discipline: row.discipline,
            levels: BTreeMap::new(),
            elsewhere: row.share,
            squads_elsewhere: usize::try_from(row.squads).unwrap_or_default(),
        });
        if let Ok(level) = Level::new(row.level) {
            member.levels.insert(row.skill, level);
        }
    }
    Ok(())
}
