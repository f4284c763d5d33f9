//! The changes of an import. The rows of each statement come as one JSON array, so that an import of thousands of
//! rows is a dozen statements, and the triggers that count members run once for all.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, Tenant};
use crate::ids::{EventId, MemberId, MembershipId, SkillId, TeamId};

fn rows<T: Serialize>(rows: &[T]) -> Value {
    json!(rows)
}

/// A member to add or to change.
#[derive(Serialize)]
pub struct MemberToWrite<'a> {
    pub id: MemberId,
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub title: &'a str,
    pub discipline: &'a str,
    pub time_zone: &'a str,
}

/// Adds members.
pub async fn insert_members(
    tx: &mut PgConnection,
    actor: &Actor,
    members: &[MemberToWrite<'_>],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into member (organization_id, id, email, name, title, discipline, time_zone, created_at)
        select $1, row.id, row.email, row.name, row.title, row.discipline, row.time_zone, $2
        from jsonb_to_recordset($3)
             as row (id uuid, email text, name text, title text, discipline text, time_zone text)
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        rows(members),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes members.
pub async fn update_members(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[MemberToWrite<'_>],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update member m
        set name = row.name, title = row.title, discipline = row.discipline, time_zone = row.time_zone,
            version = version + 1
        from jsonb_to_recordset($2) as row (id uuid, name text, title text, discipline text, time_zone text)
        where m.organization_id = $1 and m.id = row.id
        "#,
        tenant.organization_id().0,
        rows(members),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds crafts to the catalogue of skills.
pub async fn insert_skills(
    tx: &mut PgConnection,
    tenant: Tenant,
    skills: &[(SkillId, &str)],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = skills.iter().map(|(id, _)| id.0).collect();
    let names: Vec<String> = skills.iter().map(|(_, name)| (*name).to_owned()).collect();
    sqlx::query!(
        r#"
        insert into skill (organization_id, id, name)
        select $1, row.id, row.name from unnest($2::uuid[], $3::text[]) as row (id, name)
        "#,
        tenant.organization_id().0,
        &ids,
        &names,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What is said of somebody's skill.
#[derive(Serialize)]
pub struct RatingToWrite {
    pub member_id: MemberId,
    pub skill_id: SkillId,
    pub level: Option<i16>,
    pub wants_to_learn: bool,
}

/// Adds or changes what is said of skills. A new level is confirmed by nobody.
pub async fn upsert_ratings(
    tx: &mut PgConnection,
    actor: &Actor,
    ratings: &[RatingToWrite],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into member_skill as s (organization_id, member_id, skill_id, level, wants_to_learn, rated_at)
        select $1, row.member_id, row.skill_id, row.level, row.wants_to_learn, $2
        from jsonb_to_recordset($3)
             as row (member_id uuid, skill_id uuid, level smallint, wants_to_learn boolean)
        on conflict (organization_id, member_id, skill_id) do update
        set level          = excluded.level,
            wants_to_learn = excluded.wants_to_learn,
            rated_at       = case when s.level is distinct from excluded.level then excluded.rated_at else s.rated_at end,
            confirmed_by   = case when s.level is distinct from excluded.level then null else s.confirmed_by end,
            confirmed_at   = case when s.level is distinct from excluded.level then null else s.confirmed_at end,
            version        = s.version + 1
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        rows(ratings),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A team to add.
#[derive(Serialize)]
pub struct TeamToWrite<'a> {
    pub id: TeamId,
    pub kind: &'static str,
    pub name: &'a str,
    pub slug: String,
    pub pattern: Option<&'a str>,
    pub description: &'a str,
    pub state: &'static str,
    /// The event that tells of it.
    pub event: EventId,
}

/// Adds teams, with their addresses.
pub async fn insert_teams(
    tx: &mut PgConnection,
    actor: &Actor,
    teams: &[TeamToWrite<'_>],
) -> sqlx::Result<()> {
    let teams = rows(teams);
    sqlx::query!(
        r#"
        insert into team (organization_id, id, kind, name, slug, pattern, description, state, state_at, state_event, created_at)
        select $1, row.id, row.kind, row.name, row.slug, row.pattern, row.description, row.state, $2, row.event, $2
        from jsonb_to_recordset($3)
             as row (id uuid, kind text, name text, slug text, pattern text, description text, state text, event uuid)
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        teams,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into team_slug (organization_id, kind, slug, team_id)
        select $1, row.kind, row.slug, row.id
        from jsonb_to_recordset($2) as row (id uuid, kind text, slug text)
        "#,
        actor.tenant.organization_id().0,
        teams,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A team to change.
#[derive(Serialize)]
pub struct TeamChangeToWrite<'a> {
    pub id: TeamId,
    pub pattern: Option<&'a str>,
    pub description: &'a str,
}

/// Changes teams.
pub async fn update_teams(
    tx: &mut PgConnection,
    tenant: Tenant,
    teams: &[TeamChangeToWrite<'_>],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update team t set pattern = row.pattern, description = row.description, version = version + 1
        from jsonb_to_recordset($2) as row (id uuid, pattern text, description text)
        where t.organization_id = $1 and t.id = row.id
        "#,
        tenant.organization_id().0,
        rows(teams),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A membership to add.
#[derive(Serialize)]
pub struct MembershipToWrite {
    pub id: MembershipId,
    pub team_id: TeamId,
    pub member_id: MemberId,
    pub allocation: i16,
    /// The event that tells of it.
    pub event: EventId,
}

/// Adds memberships.
pub async fn insert_memberships(
    tx: &mut PgConnection,
    actor: &Actor,
    memberships: &[MembershipToWrite],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event)
        select $1, row.id, row.team_id, row.member_id, row.allocation, $2, row.event
        from jsonb_to_recordset($3)
             as row (id uuid, team_id uuid, member_id uuid, allocation smallint, event uuid)
        "#,
        actor.tenant.organization_id().0,
        actor.at,
        rows(memberships),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes the allocation of memberships, and takes their hats off, for [`insert_worn`](crate::squads::teams::insert_worn) to give
/// them those that they are to have.
pub async fn update_memberships(
    tx: &mut PgConnection,
    tenant: Tenant,
    memberships: &[(MembershipId, i16)],
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = memberships.iter().map(|(id, _)| id.0).collect();
    let shares: Vec<i16> = memberships.iter().map(|(_, allocation)| *allocation).collect();
    sqlx::query!(
        r#"
        update membership m set allocation = row.allocation, version = version + 1
        from unnest($2::uuid[], $3::smallint[]) as row (id, allocation)
        where m.organization_id = $1 and m.id = row.id
        "#,
        tenant.organization_id().0,
        &ids,
        &shares,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from membership_hat where organization_id = $1 and membership_id = any ($2)",
        tenant.organization_id().0,
        &ids,
    )
    .execute(tx)
    .await?;
    Ok(())
}
