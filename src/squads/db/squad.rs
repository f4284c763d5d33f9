//! The squad under its lock, and what it needs.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{MemberId, SkillId, TeamId};
use crate::squads::domain::{Facts, Need, Squad, State};

/// A squad with the texts that an event says.
#[derive(Debug, Clone)]
pub struct LockedSquad {
    /// What the rules see.
    pub squad: Squad,
    /// Its pattern's word.
    pub pattern: String,
    /// What it is for.
    pub description: String,
}

impl std::ops::Deref for LockedSquad {
    type Target = Squad;
    fn deref(&self) -> &Squad {
        &self.squad
    }
}

/// Loads squads and holds their rows until the transaction ends, in the order of their ids, so that two people
/// cannot both take a last place. Reads of other tables come after it, in statements of their own: only they see
/// what the transaction waited for.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[TeamId],
) -> sqlx::Result<Vec<LockedSquad>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select id as "id: TeamId", name, slug, state, member_count, version,
               pattern as "pattern!", description
        from team
        where organization_id = $1 and id = any($2) and kind = 'squad'
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LockedSquad {
            squad: Squad {
                id: row.id,
                name: row.name,
                slug: row.slug,
                state: State::parse(&row.state).unwrap_or(State::Dissolved),
                members: usize::try_from(row.member_count).unwrap_or_default(),
                version: row.version,
            },
            pattern: row.pattern,
            description: row.description,
        })
        .collect())
}

/// What the activation asks of the mission and the metrics of a squad.
pub async fn facts(db: impl PgExecutor<'_>, tenant: Tenant, id: TeamId) -> sqlx::Result<Facts> {
    sqlx::query_as!(
        Facts,
        r#"
        select coalesce(m.customer <> '', false)          as "has_customer!",
               coalesce(m.value <> '', false)             as "has_value!",
               coalesce(m.success <> '', false)           as "has_success!",
               coalesce(m.review_on is not null, false)   as "has_review!",
               exists (select from metric g
                       where g.organization_id = t.organization_id and g.team_id = t.id
                         and g.is_goal and g.kind = 'customer_value' and g.ended_at is null) as "has_goal!"
        from team t
        left join mission m
               on (m.organization_id, m.team_id, m.version) = (t.organization_id, t.id, t.mission_version)
        where t.organization_id = $1 and t.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// Whether somebody is in the team now.
pub async fn is_member(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    member: MemberId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from membership
                       where organization_id = $1 and team_id = $2 and member_id = $3 and until_at is null) as "is_member!"
        "#,
        tenant.organization_id().0,
        team.0,
        member.0,
    )
    .fetch_one(db)
    .await
}

/// The name of a skill that is not archived.
pub async fn skill_name(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    skill: SkillId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select name from skill where organization_id = $1 and id = $2 and archived_at is null",
        tenant.organization_id().0,
        skill.0,
    )
    .fetch_optional(db)
    .await
}

/// A need as it is kept.
#[derive(Debug, Clone)]
pub struct KeptNeed {
    /// The skill's name.
    pub skill: String,
    /// 1 to 5.
    pub level: i16,
    /// 1 to 10.
    pub people: i16,
}

/// Finds a need of a squad.
pub async fn find_need(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    skill: SkillId,
) -> sqlx::Result<Option<KeptNeed>> {
    sqlx::query_as!(
        KeptNeed,
        r#"
        select s.name as skill, n.level, n.people
        from skill_need n
        join skill s on (s.organization_id, s.id) = (n.organization_id, n.skill_id)
        where n.organization_id = $1 and n.team_id = $2 and n.skill_id = $3
        "#,
        tenant.organization_id().0,
        team.0,
        skill.0,
    )
    .fetch_optional(db)
    .await
}

/// Adds a need.
pub async fn insert_need(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    skill: SkillId,
    need: Need,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into skill_need (organization_id, team_id, skill_id, level, people) values ($1, $2, $3, $4, $5)",
        tenant.organization_id().0,
        team.0,
        skill.0,
        need.level,
        need.people,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes a need; answers whether the version was still the same.
pub async fn update_need(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    skill: SkillId,
    version: i32,
    need: Need,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update skill_need set level = $5, people = $6, version = version + 1
        where organization_id = $1 and team_id = $2 and skill_id = $3 and version = $4
        "#,
        tenant.organization_id().0,
        team.0,
        skill.0,
        version,
        need.level,
        need.people,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a need; answers whether the version was still the same.
pub async fn delete_need(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    skill: SkillId,
    version: i32,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from skill_need where organization_id = $1 and team_id = $2 and skill_id = $3 and version = $4",
        tenant.organization_id().0,
        team.0,
        skill.0,
        version,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
