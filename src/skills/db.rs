//! Every SQL statement about skills.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::domain::{Capability, Holder, Level, Rating, SkillDescription, SkillName};
use crate::actor::Tenant;
use crate::ids::{MemberId, SkillId};

/// Adds the four core capabilities to a new organization's catalogue.
pub async fn insert_capabilities(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<()> {
    for capability in Capability::ALL {
        sqlx::query!(
            "insert into skill (organization_id, id, name, capability) values ($1, $2, $3, $4)",
            tenant.organization_id().0,
            SkillId::new().0,
            capability.title(),
            capability.word(),
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// An entry of the catalogue, for a choice.
#[derive(Debug, Clone)]
pub struct SkillOption {
    /// The skill.
    pub id: SkillId,
    /// Its name.
    pub name: String,
    /// The word of the core capability that it is.
    pub capability: Option<String>,
}

/// The catalogue without what is archived: the core capabilities, then the crafts by name.
pub async fn options(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<SkillOption>> {
    sqlx::query_as!(
        SkillOption,
        r#"
        select id as "id: SkillId", name, capability
        from skill
        where organization_id = $1 and archived_at is null
        order by array_position(array['analyze', 'decide', 'solve', 'act'], capability), lower(name)
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// A skill of the catalogue with how many members have it.
#[derive(Debug, Clone)]
pub struct SkillRow {
    pub id: SkillId,
    pub name: String,
    pub capability: Option<String>,
    pub description: String,
    pub is_archived: bool,
    /// How many members are at each level, from the lowest.
    pub levels: Vec<i64>,
    /// How many are able: at [`Level::ABLE`] or above.
    pub able: i64,
    pub wants: i64,
    pub stale: i64,
    pub version: i32,
}

/// The catalogue: `search` in name and description, or one skill. Counts active members only.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    search: Option<&str>,
    id: Option<SkillId>,
    stale_since: DateTime<Utc>,
) -> sqlx::Result<Vec<SkillRow>> {
    sqlx::query_as!(
        SkillRow,
        r#"
        select s.id                                 as "id: SkillId",
               s.name,
               s.capability,
               s.description,
               s.archived_at is not null            as "is_archived!",
               array[count(*) filter (where r.level = 1), count(*) filter (where r.level = 2),
                     count(*) filter (where r.level = 3), count(*) filter (where r.level = 4),
                     count(*) filter (where r.level = 5)]     as "levels!",
               count(*) filter (where r.level >= $4)          as "able!",
               count(*) filter (where r.wants_to_learn)       as "wants!",
               count(*) filter (where r.level is not null
                                  and greatest(r.rated_at, r.confirmed_at) <= $5) as "stale!",
               s.version
        from skill s
        left join (select ms.skill_id, ms.level, ms.wants_to_learn, ms.rated_at, ms.confirmed_at
                   from member_skill ms
                   join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                   where ms.organization_id = $1 and m.deactivated_at is null) r on r.skill_id = s.id
        where s.organization_id = $1
          and ($2::text is null or strpos(lower(s.name || ' ' || s.description), lower($2)) > 0)
          and ($3::uuid is null or s.id = $3)
        group by s.organization_id, s.id
        order by array_position(array['analyze', 'decide', 'solve', 'act'], s.capability), lower(s.name)
        "#,
        tenant.organization_id().0,
        search,
        id.map(|id| id.0),
        Level::ABLE.number(),
        stale_since,
    )
    .fetch_all(db)
    .await
}

/// A member who has a skill or wants to learn it.
#[derive(Debug, Clone)]
pub struct HolderRow {
    pub id: MemberId,
    pub name: String,
    pub title: String,
    pub discipline: String,
    pub level: Option<Level>,
    pub rated_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub confirmed_by: Option<String>,
    /// Percent of their time that no team has.
    pub free: i64,
}

/// Who has a skill, the highest level first; with `wants`, who wants to learn it.
pub async fn holders(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    skill: SkillId,
    wants: bool,
    limit: i64,
) -> sqlx::Result<Vec<HolderRow>> {
    sqlx::query_as!(
        HolderRow,
        r#"
        select m.id       as "id: MemberId",
               m.name,
               m.title,
               m.discipline,
               ms.level   as "level: Level",
               ms.rated_at,
               ms.confirmed_at,
               c.name     as "confirmed_by?",
               100 - coalesce((select sum(x.allocation) from membership x
                               where x.organization_id = m.organization_id and x.member_id = m.id
                                 and x.until_at is null), 0) as "free!"
        from member_skill ms
        join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
        left join member c on (c.organization_id, c.id) = (ms.organization_id, ms.confirmed_by)
        where ms.organization_id = $1 and ms.skill_id = $2 and m.deactivated_at is null
          and case when $3 then ms.wants_to_learn else ms.level is not null end
        order by ms.level desc nulls last, lower(m.name), m.id
        limit $4
        "#,
        tenant.organization_id().0,
        skill.0,
        wants,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A skill that is about to change.
#[derive(Debug, Clone)]
pub struct Skill {
    pub id: SkillId,
    pub name: String,
    pub description: String,
    pub is_capability: bool,
    pub is_archived: bool,
    pub version: i32,
}

/// Finds a skill.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: SkillId,
) -> sqlx::Result<Option<Skill>> {
    sqlx::query_as!(
        Skill,
        r#"
        select id as "id: SkillId", name, description,
               capability is not null as "is_capability!", archived_at is not null as "is_archived!", version
        from skill
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Loads a skill and holds its row until the transaction ends.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: SkillId,
) -> sqlx::Result<Option<Skill>> {
    sqlx::query_as!(
        Skill,
        r#"
        select id as "id: SkillId", name, description,
               capability is not null as "is_capability!", archived_at is not null as "is_archived!", version
        from skill
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// Adds a craft.
pub async fn insert(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: SkillId,
    name: &SkillName,
    description: &SkillDescription,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into skill (organization_id, id, name, description) values ($1, $2, $3, $4)",
        tenant.organization_id().0,
        id.0,
        name.as_str(),
        description.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Renames and describes a craft, if it still has `version`; says whether it had.
pub async fn update_words(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: SkillId,
    version: i32,
    name: &SkillName,
    description: &SkillDescription,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update skill set name = $4, description = $5, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        name.as_str(),
        description.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Archives a craft, or restores it with no time, if it still has `version`; says whether it had.
pub async fn update_archived(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: SkillId,
    version: i32,
    archived_at: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update skill set archived_at = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        archived_at,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose skills are looked at.
#[derive(Debug, Clone)]
pub struct HolderName {
    pub holder: Holder,
    pub name: String,
}

/// Finds the member whose skills are looked at.
pub async fn find_holder(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: MemberId,
) -> sqlx::Result<Option<HolderName>> {
    let row = sqlx::query!(
        r#"
        select name, user_id is not null as "has_user!", deactivated_at is not null as "is_deactivated!"
        from member
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| HolderName {
        holder: Holder { id, has_user: row.has_user, is_deactivated: row.is_deactivated },
        name: row.name,
    }))
}

/// Loads the member whose skills change, and holds their row until the transaction ends.
pub async fn lock_holder(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MemberId,
) -> sqlx::Result<Option<HolderName>> {
    sqlx::query!(
        "select id from member where organization_id = $1 and id = $2 for no key update",
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    find_holder(tx, tenant, id).await
}

/// A skill of the catalogue with what a member says of it.
#[derive(Debug, Clone)]
pub struct MemberSkill {
    /// The skill.
    pub id: SkillId,
    /// Its name.
    pub name: String,
    /// The word of the core capability that it is.
    pub capability: Option<String>,
    /// Whether it was archived since.
    pub is_archived: bool,
    /// The level; none if nothing was said, or only that they want to learn it.
    pub level: Option<Level>,
    /// Whether they want to learn it.
    pub wants_to_learn: bool,
    /// When the level was said.
    pub rated_at: Option<DateTime<Utc>>,
    /// When another member confirmed it.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// The version of the rating; 0 for none.
    pub version: i32,
}

/// What a member says of the skills of the catalogue: those they said something of, and with `all` the others that
/// are not archived. Core capabilities first, then crafts by name.
pub async fn of_member(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
    all: bool,
) -> sqlx::Result<Vec<MemberSkill>> {
    sqlx::query_as!(
        MemberSkill,
        r#"
        select s.id                              as "id: SkillId",
               s.name,
               s.capability,
               s.archived_at is not null         as "is_archived!",
               ms.level                          as "level?: Level",
               coalesce(ms.wants_to_learn, false) as "wants_to_learn!",
               ms.rated_at                       as "rated_at?",
               ms.confirmed_at                   as "confirmed_at?",
               c.name                            as "confirmed_by?",
               coalesce(ms.version, 0)           as "version!"
        from skill s
        left join member_skill ms on (ms.organization_id, ms.skill_id) = (s.organization_id, s.id) and ms.member_id = $2
        left join member c on (c.organization_id, c.id) = (ms.organization_id, ms.confirmed_by)
        where s.organization_id = $1
          and (ms.member_id is not null or ($3 and s.archived_at is null))
        order by array_position(array['analyze', 'decide', 'solve', 'act'], s.capability), lower(s.name)
        "#,
        tenant.organization_id().0,
        member.0,
        all,
    )
    .fetch_all(db)
    .await
}

/// Writes what a member says. A changed level is rated now and loses its confirmation; a rating that says nothing
/// is deleted.
pub async fn upsert_ratings(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    ratings: &[Rating],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let says = |rating: &&Rating| rating.level.is_some() || rating.wants_to_learn;
    let gone: Vec<_> = ratings.iter().filter(|r| !says(r)).map(|r| r.skill.0).collect();
    let said: Vec<_> = ratings.iter().filter(says).collect();
    sqlx::query!(
        "delete from member_skill where organization_id = $1 and member_id = $2 and skill_id = any ($3)",
        tenant.organization_id().0,
        member.0,
        &gone,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into member_skill as old (organization_id, member_id, skill_id, level, wants_to_learn, rated_at)
        select $1, $2, skill_id, level, wants, $6
        from unnest($3::uuid[], $4::smallint[], $5::boolean[]) as said (skill_id, level, wants)
        on conflict (organization_id, member_id, skill_id) do update
        set level          = excluded.level,
            wants_to_learn = excluded.wants_to_learn,
            rated_at       = case when old.level is distinct from excluded.level then excluded.rated_at else old.rated_at end,
            confirmed_by   = case when old.level is distinct from excluded.level then null else old.confirmed_by end,
            confirmed_at   = case when old.level is distinct from excluded.level then null else old.confirmed_at end,
            version        = old.version + 1
        "#,
        tenant.organization_id().0,
        member.0,
        &said.iter().map(|r| r.skill.0).collect::<Vec<_>>(),
        &said.iter().map(|r| r.level.map(Level::number)).collect::<Vec<_>>() as &[Option<i16>],
        &said.iter().map(|r| r.wants_to_learn).collect::<Vec<_>>(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that `by` confirmed a level, if the rating still has `version`; says whether it had.
pub async fn update_confirmed(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    skill: SkillId,
    version: i32,
    by: MemberId,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update member_skill set confirmed_by = $5, confirmed_at = $6, version = version + 1
        where organization_id = $1 and member_id = $2 and skill_id = $3 and version = $4
        "#,
        tenant.organization_id().0,
        member.0,
        skill.0,
        version,
        by.0,
        at,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that levels were said again to be true.
pub async fn update_rated_at(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    skills: &[SkillId],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update member_skill set rated_at = $4, version = version + 1
        where organization_id = $1 and member_id = $2 and skill_id = any ($3) and level is not null
        "#,
        tenant.organization_id().0,
        member.0,
        &skills.iter().map(|skill| skill.0).collect::<Vec<_>>(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}
