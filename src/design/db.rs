//! Reading today's design, in few statements whatever its size.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use sqlx::PgPool;
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
    let mut squads = squads(pool, tenant, None).await?;
    let members = members(pool, tenant, None, &mut squads).await?;
    let links = links(pool, tenant, None).await?;
    let mut design = Design { today, squads, members, skills: BTreeMap::new(), links };
    levels(pool, tenant, None, &mut design).await?;
    Ok(design)
}

/// The design of some squads, with the best candidates for their gaps: 4 statements, and a fifth if there are gaps.
pub async fn load_squads(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    teams: &[TeamId],
) -> sqlx::Result<Design> {
    let teams: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    let mut squads = squads(pool, tenant, Some(&teams)).await?;
    let members = members(pool, tenant, Some(&teams), &mut squads).await?;
    let ids: Vec<Uuid> = members.keys().map(|member| member.0).collect();
    let links = links(pool, tenant, Some(&teams)).await?;
    let mut design = Design { today, squads, members, skills: BTreeMap::new(), links };
    levels(pool, tenant, Some(&ids), &mut design).await?;
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

/// Links that have not ended: those from or to the teams, or all.
async fn links(
    pool: &PgPool,
    tenant: Tenant,
    teams: Option<&[Uuid]>,
) -> sqlx::Result<Vec<LinkDesign>> {
    let rows = sqlx::query!(
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
    let links = rows.into_iter().filter_map(|row| {
        let liaison = |member: Option<MemberId>, name: Option<String>| {
            member.zip(name).map(|(member, name)| Liaison { member, name })
        };
        Some(LinkDesign {
            id: row.id,
            kind: LinkKind::parse(&row.kind)?,
            from: LinkEnd {
                team: row.from_team,
                name: row.from_name,
                slug: row.from_slug,
                is_squad: row.from_is_squad,
                liaison: liaison(row.from_member, row.from_member_name),
            },
            to: LinkEnd {
                team: row.to_team,
                name: row.to_name,
                slug: row.to_slug,
                is_squad: row.to_is_squad,
                liaison: liaison(row.to_member, row.to_member_name),
            },
            purpose: row.purpose,
            review_on: row.review_on,
        })
    });
    Ok(links.collect())
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

/// Members without their levels: those of the squads, or everybody. Puts them into the squads.
async fn members(
    pool: &PgPool,
    tenant: Tenant,
    teams: Option<&[Uuid]>,
    squads: &mut [SquadDesign],
) -> sqlx::Result<BTreeMap<MemberId, MemberDesign>> {
    let rows = sqlx::query!(
        r#"
        with placed as (
            select x.member_id, x.team_id, x.allocation, t.kind,
                   t.kind = 'squad' and ($2::uuid[] is null or t.id = any($2)) as is_inside
            from membership x
            join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
            where x.organization_id = $1 and x.until_at is null
        ), summed as (
            select member_id,
                   array_agg(team_id order by team_id) filter (where is_inside)    as teams,
                   array_agg(allocation order by team_id) filter (where is_inside) as allocations,
                   sum(allocation) filter (where not is_inside)                    as elsewhere,
                   count(*) filter (where not is_inside and kind = 'squad')        as squads_elsewhere
            from placed
            group by member_id
        )
        select m.id                            as "id: MemberId",
               m.name,
               m.discipline,
               coalesce(s.teams, '{}')         as "teams!: Vec<TeamId>",
               coalesce(s.allocations, '{}')   as "allocations!",
               coalesce(s.elsewhere, 0)::int   as "elsewhere!",
               coalesce(s.squads_elsewhere, 0) as "squads_elsewhere!"
        from member m
        left join summed s on s.member_id = m.id
        where m.organization_id = $1 and m.deactivated_at is null
          and ($2::uuid[] is null or s.teams is not null)
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_all(pool)
    .await?;

    let at: HashMap<TeamId, usize> =
        squads.iter().enumerate().map(|(at, squad)| (squad.id, at)).collect();
    let mut members = BTreeMap::new();
    for row in rows {
        for (team, allocation) in row.teams.iter().zip(row.allocations) {
            // A squad that was formed between the two statements is not there yet.
            if let Some(squad) = at.get(team).and_then(|at| squads.get_mut(*at)) {
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
        members.insert(row.id, member);
    }
    Ok(members)
}

/// The skills that matter, and who has them: among `of`, or everybody.
async fn levels(
    pool: &PgPool,
    tenant: Tenant,
    of: Option<&[Uuid]>,
    design: &mut Design,
) -> sqlx::Result<()> {
    let needed = design.squads.iter().flat_map(|squad| &squad.needs).map(|need| need.skill.0);
    let needed: Vec<Uuid> = needed.collect();
    let rows = sqlx::query!(
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
              and ($3::uuid[] is null or r.member_id = any($3))
        ) h on true
        where k.organization_id = $1 and (k.capability is not null or k.id = any($2))
        "#,
        tenant.organization_id().0,
        &needed,
        of,
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        for (member, level) in row.members.iter().zip(row.levels) {
            if let (Some(member), Ok(level)) = (design.members.get_mut(member), Level::new(level)) {
                member.levels.insert(row.id, level);
            }
        }
        let capability = row.capability.as_deref().and_then(Capability::parse);
        design.skills.insert(row.id, SkillDesign { name: row.name, capability });
    }
    Ok(())
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
