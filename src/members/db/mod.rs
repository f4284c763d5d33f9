//! Every SQL statement about members.

mod products;

pub use products::*;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::Profile;
use crate::actor::Tenant;
use crate::ids::{MemberId, SkillId, TeamId, UserId};
use crate::skills::Level;

/// How many members a page of the list holds.
pub const PAGE: usize = 50;

/// Which members are looked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In name and title, and in the address for those who may see it.
    pub search: Option<String>,
    pub may_see_email: bool,
    pub discipline: Option<String>,
    pub skill: Option<SkillId>,
    /// At least this level of the skill.
    pub level: Option<Level>,
    pub team: Option<TeamId>,
    /// At least so many percent of their time are free.
    pub free: Option<i64>,
    pub has_user: Option<bool>,
    pub is_deactivated: bool,
}

impl Filter {
    /// Whether it finds everybody who is not deactivated.
    pub fn is_open(&self) -> bool {
        let Self { search, discipline, skill, team, free, has_user, is_deactivated, .. } = self;
        search.is_none()
            && discipline.is_none()
            && skill.is_none()
            && team.is_none()
            && free.is_none()
            && has_user.is_none()
            && !is_deactivated
    }
}

/// Where a page begins: after or before a member.
#[derive(Debug, Clone, Copy, Default)]
pub enum Cursor {
    #[default]
    Start,
    After(MemberId),
    Before(MemberId),
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub id: MemberId,
    pub name: String,
    pub title: String,
    pub discipline: String,
    pub teams: Json<Vec<TeamShare>>,
    pub skills: Json<Vec<TopSkill>>,
}

/// A team of a member with the share that it has.
#[derive(Debug, Clone, Deserialize)]
pub struct TeamShare {
    pub name: String,
    pub slug: String,
    pub is_squad: bool,
    pub allocation: i64,
}

/// One of a member's best skills.
#[derive(Debug, Clone, Deserialize)]
pub struct TopSkill {
    pub name: String,
    pub level: Level,
}

/// How many members a page is cut from: one more than it holds, to know whether there is another.
fn one_more() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}

/// The members of a page in the order of their names, one more than a page holds if there is another, and how many the
/// filter finds. It is evaluated once, for both directions and the count: with 10,000 members any filter takes some 20 ms.
pub async fn choose(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    filter: &Filter,
    cursor: Cursor,
) -> sqlx::Result<(Vec<MemberId>, i64)> {
    let (is_back, from) = match cursor {
        Cursor::Start => (false, None),
        Cursor::After(id) => (false, Some(id.0)),
        Cursor::Before(id) => (true, Some(id.0)),
    };
    let row = sqlx::query!(
        r#"
        with chosen as materialized (
            select m.id, lower(m.name) as sort
            from member m
            where m.organization_id = $1
              and (m.deactivated_at is not null) = $2
              and ($3::text is null or strpos(lower(m.name), lower($3)) > 0 or strpos(lower(m.title), lower($3)) > 0
                   or ($4 and strpos(m.email, lower($3)) > 0))
              and ($5::text is null or lower(m.discipline) = lower($5))
              and ($6::uuid is null or exists (
                    select from member_skill s
                    where s.organization_id = $1 and s.member_id = m.id and s.skill_id = $6 and s.level >= $7))
              and ($8::uuid is null or exists (
                    select from membership x
                    where x.organization_id = $1 and x.member_id = m.id and x.team_id = $8 and x.until_at is null))
              and ($9::bigint is null or 100 - coalesce((
                    select sum(x.allocation) from membership x
                    where x.organization_id = $1 and x.member_id = m.id and x.until_at is null), 0) >= $9)
              and ($10::boolean is null or (m.user_id is not null) = $10)
        ), page as (
            (select id, sort from chosen
             where not $11
               and ($12::uuid is null
                    or (sort, id) > (select lower(c.name), c.id from member c where c.organization_id = $1 and c.id = $12))
             order by sort, id
             limit $13)
            union all
            (select id, sort from chosen
             where $11
               and (sort, id) < (select lower(c.name), c.id from member c where c.organization_id = $1 and c.id = $12)
             order by sort desc, id desc
             limit $13)
        )
        select array(select id from page)    as "ids!: Vec<MemberId>",
               (select count(*) from chosen) as "total!"
        "#,
        tenant.organization_id().0,
        filter.is_deactivated,
        filter.search,
        filter.may_see_email,
        filter.discipline,
        filter.skill.map(|skill| skill.0),
        filter.level.map_or(1, Level::number),
        filter.team.map(|team| team.0),
        filter.free,
        filter.has_user,
        is_back,
        from,
        one_more(),
    )
    .fetch_one(db)
    .await?;
    Ok((row.ids, row.total))
}

/// The members of a page of everybody who is not deactivated: as [`choose`] without a filter, along the index, so that it costs the
/// same however many there are.
pub async fn choose_all(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    cursor: Cursor,
) -> sqlx::Result<Vec<MemberId>> {
    if let Cursor::Before(before) = cursor {
        return sqlx::query_scalar!(
            r#"
            select id as "id: MemberId"
            from member
            where organization_id = $1 and deactivated_at is null
              and (lower(name), id) < (select lower(c.name), c.id from member c where c.organization_id = $1 and c.id = $2)
            order by lower(name) desc, id desc
            limit $3
            "#,
            tenant.organization_id().0,
            before.0,
            one_more(),
        )
        .fetch_all(db)
        .await;
    }
    let after = if let Cursor::After(after) = cursor { after.0 } else { Uuid::nil() };
    // Nobody is before the empty name.
    sqlx::query_scalar!(
        r#"
        select id as "id: MemberId"
        from member
        where organization_id = $1 and deactivated_at is null
          and (lower(name), id) > (coalesce((select lower(c.name) from member c where c.organization_id = $1 and c.id = $2), ''), $2)
        order by lower(name), id
        limit $3
        "#,
        tenant.organization_id().0,
        after,
        one_more(),
    )
    .fetch_all(db)
    .await
}

/// The lines of members, in the order of their names.
pub async fn lines(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    members: &[MemberId],
) -> sqlx::Result<Vec<MemberRow>> {
    let members: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    sqlx::query_as!(
        MemberRow,
        r#"
        select m.id                   as "id: MemberId",
               m.name,
               m.title,
               m.discipline,
               coalesce((select json_agg(json_build_object('name', t.name, 'slug', t.slug,
                                                           'is_squad', t.kind = 'squad', 'allocation', x.allocation)
                                         order by t.kind desc, lower(t.name))
                         from membership x
                         join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
                         where x.organization_id = $1 and x.member_id = m.id and x.until_at is null), '[]')
                                      as "teams!: Json<Vec<TeamShare>>",
               coalesce((select json_agg(json_build_object('name', top.name, 'level', top.level)
                                         order by top.level desc, lower(top.name))
                         from (select s.name, r.level
                               from member_skill r
                               join skill s on (s.organization_id, s.id) = (r.organization_id, r.skill_id)
                               where r.organization_id = $1 and r.member_id = m.id and r.level is not null
                                 and s.archived_at is null
                               order by r.level desc, lower(s.name)
                               limit 3) top), '[]')
                                      as "skills!: Json<Vec<TopSkill>>"
        from member m
        where m.organization_id = $1 and m.id = any($2)
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        &members,
    )
    .fetch_all(db)
    .await
}

/// How many members have rated a skill, and how many of them have at least a level.
#[derive(Debug, Clone, Copy)]
pub struct Holders {
    pub rated: i64,
    pub able: i64,
}

/// Counts those who have rated a skill.
pub async fn count_holders(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    skill: SkillId,
    level: Level,
) -> sqlx::Result<Holders> {
    sqlx::query_as!(
        Holders,
        r#"
        select count(*) as "rated!", count(*) filter (where s.level >= $3) as "able!"
        from member_skill s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.skill_id = $2 and s.level is not null and m.deactivated_at is null
        "#,
        tenant.organization_id().0,
        skill.0,
        level.number(),
    )
    .fetch_one(db)
    .await
}

/// What the filters offer.
#[derive(Debug, Clone)]
pub struct Choices {
    pub disciplines: Vec<String>,
    pub teams: Json<Vec<(TeamId, String)>>,
}

/// The disciplines in use and the teams that are not dissolved. From one discipline to the next along the index: there are few
/// of them, whatever the number of members.
pub async fn choices(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Choices> {
    sqlx::query_as!(
        Choices,
        r#"
        with recursive word as (
            (select m.discipline from member m
             where m.organization_id = $1 and m.deactivated_at is null and lower(m.discipline) > ''
             order by lower(m.discipline), m.discipline
             limit 1)
            union all
            select (select m.discipline from member m
                    where m.organization_id = $1 and m.deactivated_at is null and lower(m.discipline) > lower(word.discipline)
                    order by lower(m.discipline), m.discipline
                    limit 1)
            from word
            where word.discipline is not null
        )
        select array(select discipline from word where discipline is not null) as "disciplines!",
               coalesce((select json_agg(json_build_array(t.id, t.name) order by t.kind desc, lower(t.name))
                         from team t
                         where t.organization_id = $1 and t.state <> 'dissolved'), '[]')
                   as "teams!: Json<Vec<(TeamId, String)>>"
        "#,
        tenant.organization_id().0,
    )
    .fetch_one(db)
    .await
}

/// Everything about a member.
#[derive(Debug, Clone)]
pub struct MemberPage {
    pub id: MemberId,
    pub user_id: Option<UserId>,
    pub name: String,
    pub email: Option<String>,
    pub discipline: String,
    pub title: String,
    pub time_zone: String,
    pub roles: Vec<String>,
    pub deactivated_at: Option<DateTime<Utc>>,
    pub version: i32,
}

/// Those of `names`, in lower case, that active members have.
pub async fn names_in_use(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    names: &[String],
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct lower(name) as "name!"
        from member
        where organization_id = $1 and deactivated_at is null and lower(name) = any($2)
        "#,
        tenant.organization_id().0,
        names,
    )
    .fetch_all(db)
    .await
}

/// Finds a member.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: MemberId,
) -> sqlx::Result<Option<MemberPage>> {
    sqlx::query_as!(
        MemberPage,
        r#"
        select id      as "id: MemberId",
               user_id as "user_id: UserId",
               name, email, discipline, title, time_zone, roles, deactivated_at, version
        from member
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// Loads a member and holds their row until the transaction ends, so that nobody adds them to a team meanwhile.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MemberId,
) -> sqlx::Result<Option<MemberPage>> {
    sqlx::query_as!(
        MemberPage,
        r#"
        select id      as "id: MemberId",
               user_id as "user_id: UserId",
               name, email, discipline, title, time_zone, roles, deactivated_at, version
        from member
        where organization_id = $1 and id = $2
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// A member's time in a team.
#[derive(Debug, Clone)]
pub struct Stay {
    pub team: String,
    pub slug: String,
    pub is_squad: bool,
    pub allocation: i16,
    pub from_at: DateTime<Utc>,
    pub until_at: Option<DateTime<Utc>>,
    pub hats: Vec<String>,
}

/// The teams of a member: the current ones by name, then the past ones, the latest first, 50 at most.
pub async fn stays(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Vec<Stay>> {
    sqlx::query_as!(
        Stay,
        r#"
        select t.name           as team,
               t.slug,
               t.kind = 'squad' as "is_squad!",
               x.allocation,
               x.from_at,
               x.until_at,
               array(select h.name
                     from membership_hat w
                     join hat h on (h.organization_id, h.id) = (w.organization_id, w.hat_id)
                     where w.organization_id = $1 and w.membership_id = x.id
                     order by lower(h.name)) as "hats!"
        from membership x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = $1 and x.member_id = $2
        order by x.until_at desc nulls first, lower(t.name)
        limit 50
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_all(db)
    .await
}

/// Adds members.
pub async fn insert_all(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[(MemberId, &Profile)],
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let texts = |text: fn(&Profile) -> &str| -> Vec<String> {
        members.iter().map(|(_, profile)| text(profile).to_owned()).collect()
    };
    let emails: Vec<Option<String>> = members
        .iter()
        .map(|(_, profile)| profile.email.as_ref().map(|email| email.as_str().to_owned()))
        .collect();
    sqlx::query!(
        r#"
        insert into member (organization_id, id, name, email, discipline, title, time_zone, created_at)
        select $1, row.id, row.name, row.email, row.discipline, row.title, row.time_zone, $8
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
            as row (id, name, email, discipline, title, time_zone)
        "#,
        tenant.organization_id().0,
        &members.iter().map(|(id, _)| id.0).collect::<Vec<Uuid>>(),
        &texts(|profile| profile.name.as_str()),
        &emails as &[Option<String>],
        &texts(|profile| profile.discipline.as_str()),
        &texts(|profile| profile.title.as_str()),
        &texts(|profile| profile.time_zone.name()),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Which of these addresses members have already.
pub async fn taken_emails(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    emails: &[String],
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select email as "email!" from member where organization_id = $1 and email = any ($2)"#,
        tenant.organization_id().0,
        emails,
    )
    .fetch_all(db)
    .await
}

/// Writes a profile, if it still has `version`; says whether it had.
pub async fn update_profile(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MemberId,
    version: i32,
    profile: &Profile,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update member
        set name = $4, email = $5, discipline = $6, title = $7, time_zone = $8, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        profile.name.as_str(),
        profile.email.as_ref().map(crate::accounts::Email::as_str),
        profile.discipline.as_str(),
        profile.title.as_str(),
        profile.time_zone.name(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deactivates a member, or brings them back with no time, if the row still has `version`; says whether it had.
pub async fn update_deactivated(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MemberId,
    version: i32,
    deactivated_at: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update member set deactivated_at = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        deactivated_at,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many admins the organization has.
pub async fn count_admins(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "select admin_count from organization where id = $1",
        tenant.organization_id().0,
    )
    .fetch_one(db)
    .await
}
