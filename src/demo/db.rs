//! What the demo reads to play its story and to print what it made. It writes nothing.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::ids::{HatId, MemberId, MembershipId, ProductId, SessionId, SkillId, TeamId, UserId};

/// The first address domain of `base` at which nobody signs in: "norvik.example", "norvik-2.example", ….
pub async fn free_domain(db: impl PgExecutor<'_>, base: &str) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"
        select domain as "domain!"
        from (select n, $1 || case when n = 1 then '' else '-' || n end || '.example' as domain
              from generate_series(1, 100000) as n) as candidate
        where not exists (select from user_account u where split_part(u.email, '@', 2) = candidate.domain)
        order by n
        limit 1
        "#,
        base,
    )
    .fetch_one(db)
    .await
}

/// Members who were added at a time, by name.
pub async fn members_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    at: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, MemberId)>> {
    let rows = sqlx::query!(
        r#"select name, id as "id: MemberId" from member where organization_id = $1 and created_at = $2"#,
        tenant.organization_id().0,
        at,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// The core capabilities, analyze to act.
pub async fn capabilities(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<SkillId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: SkillId" from skill
        where organization_id = $1 and capability is not null
        order by array_position(array['analyze', 'decide', 'solve', 'act'], capability)
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// The catalogue of hats.
pub async fn hats(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<(String, HatId)>> {
    let rows = sqlx::query!(
        r#"select name, id as "id: HatId" from hat where organization_id = $1"#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// The version of a team's row, and of its mission.
pub async fn versions(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<(i32, i32)> {
    let row = sqlx::query!(
        "select version, mission_version from team where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        team.0,
    )
    .fetch_one(db)
    .await?;
    Ok((row.version, row.mission_version))
}

/// The version of a member's row.
pub async fn member_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "select version from member where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        member.0,
    )
    .fetch_one(db)
    .await
}

/// The current membership of a member in a team.
pub async fn membership(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    member: MemberId,
) -> sqlx::Result<MembershipId> {
    sqlx::query_scalar!(
        r#"
        select id as "id: MembershipId" from membership
        where organization_id = $1 and team_id = $2 and member_id = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        team.0,
        member.0,
    )
    .fetch_one(db)
    .await
}

/// The version of what a member says of a skill.
pub async fn rating_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
    skill: SkillId,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "select version from member_skill where organization_id = $1 and member_id = $2 and skill_id = $3",
        tenant.organization_id().0,
        member.0,
        skill.0,
    )
    .fetch_one(db)
    .await
}

/// The newest session of a user.
pub async fn session(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<SessionId> {
    sqlx::query_scalar!(
        r#"select id as "id: SessionId" from session where user_id = $1 order by created_at desc, id desc limit 1"#,
        user.0,
    )
    .fetch_one(db)
    .await
}

/// An organization with the ids of what programs begin with.
pub async fn summary(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Value> {
    sqlx::query_scalar!(
        r#"
        select jsonb_build_object(
            'id', o.id, 'slug', o.slug, 'name', o.name,
            'squads', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name,
                                                                    'state', t.state, 'members', t.member_count) order by t.created_at, t.id), '[]')
                       from team t where t.organization_id = o.id and t.kind = 'squad'),
            'core_teams', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name,
                                                                        'members', t.member_count) order by t.created_at, t.id), '[]')
                           from team t where t.organization_id = o.id and t.kind = 'core_team'),
            'members', (select coalesce(jsonb_agg(m.id order by m.created_at, m.id), '[]')
                        from (select id, created_at from member where organization_id = o.id and deactivated_at is null
                              order by created_at, id limit 10) as m),
            'member_count', (select count(*) from member m where m.organization_id = o.id),
            'skills', (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name) order by s.name), '[]')
                       from skill s where s.organization_id = o.id),
            'memberships', (select coalesce(jsonb_agg(m.id order by m.from_at, m.id), '[]')
                            from (select id, from_at from membership where organization_id = o.id and until_at is null
                                  order by from_at, id limit 10) as m),
            'links', (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'kind', l.kind, 'from', l.from_team_id, 'to', l.to_team_id) order by l.from_at, l.id), '[]')
                      from (select id, kind, from_team_id, to_team_id, from_at from link where organization_id = o.id and until_at is null
                            order by from_at, id limit 10) as l),
            'metrics', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'squad', m.team_id, 'name', m.name) order by m.created_at, m.id), '[]')
                        from (select id, team_id, name, created_at from metric where organization_id = o.id and ended_at is null
                              order by created_at, id limit 10) as m)
        ) as "summary!"
        from organization o
        where o.id = $1
        "#,
        tenant.organization_id().0,
    )
    .fetch_one(db)
    .await
}

/// The slug of the first squad that a member is in.
pub async fn squad_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select t.slug
        from membership m
        join team t on (t.organization_id, t.id) = (m.organization_id, m.team_id)
        where m.organization_id = $1 and m.member_id = $2 and m.until_at is null and t.kind = 'squad'
        order by m.from_at, m.id
        limit 1
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_optional(db)
    .await
}

/// Who leads a product.
pub async fn lead_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<MemberId> {
    sqlx::query_scalar!(
        r#"select lead_id as "lead: MemberId" from product where organization_id = $1 and id = $2"#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_one(db)
    .await
}

/// Who led a product since when, from its beginning: whoever leads it now is its newest lead PM.
pub async fn leads_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<(DateTime<Utc>, MemberId)>> {
    let rows = sqlx::query!(
        r#"
        select e.at, e.subjects[array_length(e.subjects, 1)] as "lead!: MemberId"
        from event e
        where e.organization_id = $1 and e.subjects @> array[$2::uuid] and e.kind in ('product_created', 'product_handed_over')
        order by e.at
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.at, row.lead)).collect())
}

/// Somebody who is in a squad.
pub struct OfCrew {
    /// The squad.
    pub team: TeamId,
    /// Who.
    pub member: MemberId,
    /// Since when.
    pub from_at: DateTime<Utc>,
}

/// Who is in the squads that serve a product, those who are there for longest first.
pub async fn crews_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<OfCrew>> {
    sqlx::query_as!(
        OfCrew,
        r#"
        select m.team_id as "team: TeamId", m.member_id as "member: MemberId", m.from_at
        from product_squad s
        join membership m on (m.organization_id, m.team_id) = (s.organization_id, s.team_id)
        join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
        where s.organization_id = $1 and s.product_id = $2 and s.standing and m.until_at is null
        order by m.from_at, p.name
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}

/// Who is in the active squads, those who have been there longest first.
pub async fn crews(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<OfCrew>> {
    sqlx::query_as!(
        OfCrew,
        r#"
        select m.team_id as "team: TeamId", m.member_id as "member: MemberId", m.from_at
        from team t
        join membership m on (m.organization_id, m.team_id) = (t.organization_id, t.id) and m.until_at is null
        join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
        where t.organization_id = $1 and t.kind = 'squad' and t.state = 'active'
        order by m.team_id, m.from_at, p.name
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// Somebody of the squad that holds an item.
pub async fn holder_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    number: i32,
) -> sqlx::Result<MemberId> {
    sqlx::query_scalar!(
        r#"
        select m.member_id as "member: MemberId"
        from backlog_item i
        join membership m on (m.organization_id, m.team_id) = (i.organization_id, i.squad_id) and m.until_at is null
        join member p on (p.organization_id, p.id) = (m.organization_id, m.member_id)
        where i.organization_id = $1 and i.product_id = $2 and i.number = $3
        order by m.from_at, p.name
        limit 1
        "#,
        tenant.organization_id().0,
        product.0,
        number,
    )
    .fetch_one(db)
    .await
}
