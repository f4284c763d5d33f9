//! What is there, as far as an import needs to know it.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::exchange::plan::{
    MemberNow, MembershipNow, RatingNow, SkillNow, Standing, TeamNow, key_of,
};
use crate::exchange::words::TeamKind;
use crate::ids::{HatId, MemberId, MembershipId, SkillId, TeamId};

/// The members with these addresses.
pub async fn members_by_email(
    tx: &mut PgConnection,
    tenant: Tenant,
    emails: &[String],
) -> sqlx::Result<Vec<MemberId>> {
    sqlx::query_scalar!(
        r#"select id as "id: MemberId" from member where organization_id = $1 and email = any ($2)"#,
        tenant.organization_id().0,
        emails,
    )
    .fetch_all(tx)
    .await
}

/// The teams with these names, as names are compared, that are not dissolved.
pub async fn teams_by_name(
    tx: &mut PgConnection,
    tenant: Tenant,
    names: &HashSet<String>,
) -> sqlx::Result<Vec<TeamId>> {
    let all = sqlx::query!(
        r#"select id as "id: TeamId", name from team where organization_id = $1 and state <> 'dissolved'"#,
        tenant.organization_id().0,
    )
    .fetch_all(tx)
    .await?;
    Ok(all.into_iter().filter(|row| names.contains(&key_of(&row.name))).map(|row| row.id).collect())
}

/// Locks members, in the order of their ids.
pub async fn lock_members(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[MemberId],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    sqlx::query!(
        "select id from member where organization_id = $1 and id = any ($2) order by id for no key update",
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Locks teams, in the order of their ids.
pub async fn lock_teams(
    tx: &mut PgConnection,
    tenant: Tenant,
    teams: &[TeamId],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = teams.iter().map(|team| team.0).collect();
    sqlx::query!(
        "select id from team where organization_id = $1 and id = any ($2) order by id for no key update",
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Loads what the plan needs to know: the members with these addresses and what they can, the teams with these
/// names and who is in them, and the catalogues.
pub async fn load(
    tx: &mut PgConnection,
    tenant: Tenant,
    emails: &[String],
    team_names: &HashSet<String>,
) -> sqlx::Result<Standing> {
    let members = members(&mut *tx, tenant, emails).await?;
    let teams = teams(&mut *tx, tenant, team_names).await?;
    let member_ids: Vec<Uuid> = members.values().map(|member| member.id.0).collect();
    let team_ids: Vec<Uuid> = teams.values().map(|team| team.id.0).collect();
    Ok(Standing {
        skills: skills(&mut *tx, tenant).await?,
        ratings: ratings(&mut *tx, tenant, &member_ids).await?,
        memberships: memberships(&mut *tx, tenant, &team_ids, &member_ids).await?,
        hats: hats(&mut *tx, tenant).await?,
        members,
        teams,
    })
}

async fn members(
    tx: &mut PgConnection,
    tenant: Tenant,
    emails: &[String],
) -> sqlx::Result<HashMap<String, MemberNow>> {
    let rows = sqlx::query!(
        r#"
        select m.id as "id: MemberId", m.email as "email!", m.name, m.title, m.discipline, m.time_zone,
               m.deactivated_at is not null as "is_deactivated!",
               (select count(*) from membership s
                where (s.organization_id, s.member_id) = (m.organization_id, m.id) and s.until_at is null) as "teams!"
        from member m
        where m.organization_id = $1 and m.email = any ($2)
        "#,
        tenant.organization_id().0,
        emails,
    )
    .fetch_all(tx)
    .await?;
    let by_email = rows.into_iter().map(|row| {
        let now = MemberNow {
            id: row.id,
            name: row.name,
            title: row.title,
            discipline: row.discipline,
            time_zone: row.time_zone,
            is_deactivated: row.is_deactivated,
            teams: usize::try_from(row.teams).unwrap_or_default(),
        };
        (row.email, now)
    });
    Ok(by_email.collect())
}

async fn teams(
    tx: &mut PgConnection,
    tenant: Tenant,
    names: &HashSet<String>,
) -> sqlx::Result<HashMap<(TeamKind, String), TeamNow>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: TeamId", kind, name, description, pattern, member_count from team
        where organization_id = $1 and state <> 'dissolved'
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(tx)
    .await?;
    let by_key = rows.into_iter().filter_map(|row| {
        let key = (TeamKind::parse(&row.kind)?, key_of(&row.name));
        names.contains(&key.1).then_some((
            key,
            TeamNow {
                id: row.id,
                name: row.name,
                description: row.description,
                pattern: row.pattern,
                size: usize::try_from(row.member_count).unwrap_or_default(),
            },
        ))
    });
    Ok(by_key.collect())
}

async fn skills(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<HashMap<String, SkillNow>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: SkillId", name, archived_at is not null as "is_archived!" from skill
        where organization_id = $1
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(tx)
    .await?;
    let by_name = rows.into_iter().map(|row| {
        let key = key_of(&row.name);
        (key, SkillNow { id: row.id, name: row.name, is_archived: row.is_archived })
    });
    Ok(by_name.collect())
}

async fn ratings(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[Uuid],
) -> sqlx::Result<HashMap<(MemberId, SkillId), RatingNow>> {
    let rows = sqlx::query!(
        r#"
        select member_id as "member_id: MemberId", skill_id as "skill_id: SkillId", level, wants_to_learn
        from member_skill
        where organization_id = $1 and member_id = any ($2)
        "#,
        tenant.organization_id().0,
        members,
    )
    .fetch_all(tx)
    .await?;
    let by_skill = rows.into_iter().map(|row| {
        let rating = RatingNow { level: row.level, wants_to_learn: row.wants_to_learn };
        ((row.member_id, row.skill_id), rating)
    });
    Ok(by_skill.collect())
}

async fn memberships(
    tx: &mut PgConnection,
    tenant: Tenant,
    teams: &[Uuid],
    members: &[Uuid],
) -> sqlx::Result<HashMap<(TeamId, MemberId), MembershipNow>> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: MembershipId", s.team_id as "team_id: TeamId", s.member_id as "member_id: MemberId",
               s.allocation,
               array(select h.name
                     from membership_hat x
                     join hat h on (h.organization_id, h.id) = (x.organization_id, x.hat_id)
                     where (x.organization_id, x.membership_id) = (s.organization_id, s.id)
                     order by lower(h.name)) as "hats!"
        from membership s
        where s.organization_id = $1 and s.team_id = any ($2) and s.member_id = any ($3) and s.until_at is null
        "#,
        tenant.organization_id().0,
        teams,
        members,
    )
    .fetch_all(tx)
    .await?;
    let by_team = rows.into_iter().map(|row| {
        let now = MembershipNow { id: row.id, allocation: row.allocation, hats: row.hats };
        ((row.team_id, row.member_id), now)
    });
    Ok(by_team.collect())
}

async fn hats(
    tx: &mut PgConnection,
    tenant: Tenant,
) -> sqlx::Result<HashMap<String, (HatId, String)>> {
    let rows = sqlx::query!(
        r#"select id as "id: HatId", name from hat where organization_id = $1"#,
        tenant.organization_id().0,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (key_of(&row.name), (row.id, row.name))).collect())
}

/// Every address that a team has or had, with its kind.
pub async fn slugs(
    tx: &mut PgConnection,
    tenant: Tenant,
) -> sqlx::Result<HashSet<(TeamKind, String)>> {
    let rows = sqlx::query!(
        "select kind, slug from team_slug where organization_id = $1",
        tenant.organization_id().0,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((TeamKind::parse(&row.kind)?, row.slug))).collect())
}
