//! Reading today's design, in few statements whatever its size.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::domain::{
    Design, FULL_SHARE, HealthDue, Look, MAX_SQUADS_OF_A_MEMBER, MIN_FREE_SHARE, MemberDesign,
    Need, Placement, SkillDesign, SquadDesign,
};
use super::links::{Liaison, LinkDesign, LinkEnd, LinkKind};
use crate::actor::Tenant;
use crate::ids::{LinkId, MemberId, MetricId, SkillId, TeamId};
use crate::metrics::{Aim, Cadence, Goal, MetricName, NewMetric, Unit};
use crate::missions::{Customer, MissionText, Success, Value};
use crate::skills::{Capability, Level};

/// How many members are loaded for a gap: more than a squad can have that are able already and yet too few, so that one is left.
const CANDIDATES: i64 = 12;

/// The organization's whole design, with everybody who could join: 4 statements.
pub async fn load(pool: &PgPool, tenant: Tenant, today: NaiveDate) -> sqlx::Result<Design> {
    let squads = squads(pool, tenant, None).await?;
    let links = load_all_links(pool, tenant).await?;
    let mut design = Design { today, squads, links, ..Design::default() };
    place(&mut design, everybody(pool, tenant).await?);
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
    let mut connection = pool.acquire().await?;
    load_part(&mut connection, tenant, today, teams, &mut Candidates::default()).await
}

/// The design of some squads of many that are read one part after another: candidates that are `known` are not looked for again.
pub(super) async fn load_part(
    db: &mut PgConnection,
    tenant: Tenant,
    today: NaiveDate,
    teams: &[TeamId],
    known: &mut Candidates,
) -> sqlx::Result<Design> {
    let teams: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    let squads = squads(&mut *db, tenant, Some(&teams)).await?;
    let around = around(&mut *db, tenant, &teams).await?;
    let links = around.links.0.into_iter().filter_map(LinkRow::link).collect();
    let mut design = Design { today, squads, links, ..Design::default() };
    place(&mut design, around.members.0);
    rate(&mut design, around.skills.0);
    candidates(db, tenant, &mut design, known).await?;
    Ok(design)
}

/// One squad without its members, for whoever reads those in a way of their own: 1 statement. It stands beside that of all squads, whose
/// optional list of ids would be planned anew at each page of a squad; both read the view `squad_designed`.
pub async fn load_squad(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Option<SquadDesign>> {
    let row = sqlx::query_as!(
        SquadRow,
        r#"
        select id                  as "id!: TeamId",
               name                as "name!",
               slug                as "slug!",
               is_active           as "is_active!",
               customer            as "customer: Customer",
               value               as "value: Value",
               success             as "success: Success",
               review_on,
               goal                as "goal: MetricId",
               goal_name           as "goal_name: MetricName",
               goal_unit           as "goal_unit: Unit",
               goal_direction,
               goal_baseline,
               goal_target,
               goal_high,
               goal_cadence,
               need_skills         as "need_skills!: Vec<SkillId>",
               need_levels         as "need_levels!",
               need_members        as "need_members!",
               looks               as "looks!: Json<Vec<Look>>",
               health_closed_on,
               health_due_on       as "health_due_on!"
        from squad_designed
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(SquadRow::squad))
}

/// The links of one team: 1 statement.
pub async fn load_links(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<LinkDesign>> {
    let rows = sqlx::query_as!(
        LinkRow,
        r#"
        select id                  as "id!: LinkId",
               kind                as "kind!",
               purpose             as "purpose!",
               review_on           as "review_on!",
               from_team           as "from_team!: TeamId",
               from_name           as "from_name!",
               from_slug           as "from_slug!",
               from_is_squad       as "from_is_squad!",
               from_member         as "from_member: MemberId",
               from_member_name,
               to_team             as "to_team!: TeamId",
               to_name             as "to_name!",
               to_slug             as "to_slug!",
               to_is_squad         as "to_is_squad!",
               to_member           as "to_member: MemberId",
               to_member_name
        from link_named
        where organization_id = $1 and (from_team = $2 or to_team = $2)
        order by lower(from_name), lower(to_name), kind, id
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().filter_map(LinkRow::link).collect())
}

/// The links of all teams: 1 statement.
async fn load_all_links(pool: &PgPool, tenant: Tenant) -> sqlx::Result<Vec<LinkDesign>> {
    let rows = sqlx::query_as!(
        LinkRow,
        r#"
        select id                  as "id!: LinkId",
               kind                as "kind!",
               purpose             as "purpose!",
               review_on           as "review_on!",
               from_team           as "from_team!: TeamId",
               from_name           as "from_name!",
               from_slug           as "from_slug!",
               from_is_squad       as "from_is_squad!",
               from_member         as "from_member: MemberId",
               from_member_name,
               to_team             as "to_team!: TeamId",
               to_name             as "to_name!",
               to_slug             as "to_slug!",
               to_is_squad         as "to_is_squad!",
               to_member           as "to_member: MemberId",
               to_member_name
        from link_named
        where organization_id = $1
        order by lower(from_name), lower(to_name), kind, id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().filter_map(LinkRow::link).collect())
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

/// A squad as a row, without its members.
struct SquadRow {
    id: TeamId,
    name: String,
    slug: String,
    is_active: bool,
    customer: Option<Customer>,
    value: Option<Value>,
    success: Option<Success>,
    review_on: Option<NaiveDate>,
    goal: Option<MetricId>,
    goal_name: Option<MetricName>,
    goal_unit: Option<Unit>,
    goal_direction: Option<String>,
    goal_baseline: Option<f64>,
    goal_target: Option<f64>,
    goal_high: Option<f64>,
    goal_cadence: Option<i32>,
    need_skills: Vec<SkillId>,
    need_levels: Vec<i16>,
    need_members: Vec<i16>,
    looks: Json<Vec<Look>>,
    health_closed_on: Option<NaiveDate>,
    health_due_on: NaiveDate,
}

impl SquadRow {
    fn squad(self) -> SquadDesign {
        let mission = match (self.customer, self.value, self.success) {
            (Some(customer), Some(value), Some(success)) => {
                Some(MissionText { customer, value, success, review_on: self.review_on })
            }
            _ => None,
        };
        let goal = match (self.goal, self.goal_name, self.goal_unit, self.goal_target) {
            (Some(id), Some(name), Some(unit), Some(target)) => {
                let direction = self.goal_direction.unwrap_or_default();
                let aim = Aim::stored(&direction, target, self.goal_high);
                let cadence = Cadence::of_days(self.goal_cadence.unwrap_or_default());
                Some(Goal {
                    id,
                    metric: NewMetric { name, unit, aim, baseline: self.goal_baseline, cadence },
                })
            }
            _ => None,
        };
        let needs = self.need_skills.into_iter().zip(self.need_levels).zip(self.need_members);
        SquadDesign {
            id: self.id,
            name: self.name,
            slug: self.slug,
            is_active: self.is_active,
            mission,
            members: vec![],
            needs: needs
                .filter_map(|((skill, level), members)| {
                    let members = usize::try_from(members).ok()?;
                    Some(Need { skill, level: Level::new(level).ok()?, members })
                })
                .collect(),
            goal,
            looks: self.looks.0,
            health: Some(HealthDue { last: self.health_closed_on, due_on: self.health_due_on }),
        }
    }
}

/// Squads that are forming or active, without their members: some of them, or all.
async fn squads(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    teams: Option<&[Uuid]>,
) -> sqlx::Result<Vec<SquadDesign>> {
    let rows = sqlx::query_as!(
        SquadRow,
        r#"
        select id                  as "id!: TeamId",
               name                as "name!",
               slug                as "slug!",
               is_active           as "is_active!",
               customer            as "customer: Customer",
               value               as "value: Value",
               success             as "success: Success",
               review_on,
               goal                as "goal: MetricId",
               goal_name           as "goal_name: MetricName",
               goal_unit           as "goal_unit: Unit",
               goal_direction,
               goal_baseline,
               goal_target,
               goal_high,
               goal_cadence,
               need_skills         as "need_skills!: Vec<SkillId>",
               need_levels         as "need_levels!",
               need_members        as "need_members!",
               looks               as "looks!: Json<Vec<Look>>",
               health_closed_on,
               health_due_on       as "health_due_on!"
        from squad_designed
        where organization_id = $1 and ($2::uuid[] is null or id = any($2))
        order by lower(name), id
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(SquadRow::squad).collect())
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
async fn around(db: impl PgExecutor<'_>, tenant: Tenant, teams: &[Uuid]) -> sqlx::Result<Around> {
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
               (select coalesce(json_agg(l order by lower(l.from_name), lower(l.to_name), l.kind, l.id), '[]')
                from link_named l
                where l.organization_id = $1 and (l.from_team = any($2) or l.to_team = any($2)))
                                                as "links!: Json<Vec<LinkRow>>"
        "#,
        tenant.organization_id().0,
        teams,
    )
    .fetch_one(db)
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

/// Somebody who can close a gap and has room.
#[derive(Debug, Clone)]
struct Candidate {
    id: MemberId,
    name: String,
    discipline: String,
    share: i32,
    squads: i32,
    skill: SkillId,
    asked: i16,
    level: i16,
}

/// The best candidates for gaps, kept while the squads of an organization are read one part after another.
#[derive(Debug, Default)]
pub(super) struct Candidates(HashMap<(SkillId, Level), Vec<Candidate>>);

/// Adds the best candidates for the gaps of the squads.
async fn candidates(
    db: &mut PgConnection,
    tenant: Tenant,
    design: &mut Design,
    known: &mut Candidates,
) -> sqlx::Result<()> {
    let gaps = design.gaps();
    let unknown = gaps.iter().filter(|gap| !known.0.contains_key(gap));
    let (skills, levels): (Vec<Uuid>, Vec<i16>) =
        unknown.map(|(skill, level)| (skill.0, level.number())).unzip();
    if !skills.is_empty() {
        let rows = sqlx::query_as!(
            Candidate,
            r#"
            select c.id                as "id!: MemberId",
                   c.name              as "name!",
                   c.discipline        as "discipline!",
                   c.share             as "share!",
                   c.squads            as "squads!",
                   g.skill             as "skill!: SkillId",
                   g.level             as "asked!",
                   c.level             as "level!"
            from unnest($2::uuid[], $3::smallint[]) as g (skill, level)
            cross join lateral (
                select m.id, m.name, m.discipline, r.level, l.share, l.squads
                from member_skill r
                join member_load l on (l.organization_id, l.member_id) = (r.organization_id, r.member_id)
                join member m on (m.organization_id, m.id) = (r.organization_id, r.member_id)
                where r.organization_id = $1 and r.skill_id = g.skill and r.level >= g.level
                  and m.deactivated_at is null and l.share <= $4 and l.squads < $5
                order by l.share, r.level desc, lower(m.name), m.id
                limit $6
            ) c
            "#,
            tenant.organization_id().0,
            &skills,
            &levels,
            FULL_SHARE - MIN_FREE_SHARE,
            i32::try_from(MAX_SQUADS_OF_A_MEMBER).unwrap_or(i32::MAX),
            CANDIDATES,
        )
        .fetch_all(db)
        .await?;
        for gap in &gaps {
            known.0.entry(*gap).or_default();
        }
        for row in rows {
            if let Ok(asked) = Level::new(row.asked) {
                known.0.entry((row.skill, asked)).or_default().push(row);
            }
        }
    }
    for row in gaps.iter().filter_map(|gap| known.0.get(gap)).flatten() {
        let member = design.members.entry(row.id).or_insert_with(|| MemberDesign {
            name: row.name.clone(),
            discipline: row.discipline.clone(),
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
