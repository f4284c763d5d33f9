//! Every SQL statement about organizations, their roles and invitations.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use super::service::{NewOrganization, Settings};
use crate::accounts::Email;
use crate::actor::{Actor, Tenant};
use crate::ids::{EventId, MemberId, OrganizationId, SessionId, UserId};

mod access;
mod invitations;

pub use access::*;
pub use invitations::*;

/// Who sends a request, and what the frame of every page of an organization needs, if they belong to it.
pub struct VisitorRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub user_name: String,
    pub user_email: String,
    pub last_seen_at: DateTime<Utc>,
    pub organization_id: Option<OrganizationId>,
    pub organization_name: Option<String>,
    pub slug: Option<String>,
    pub common_purpose: Option<String>,
    pub member_id: Option<MemberId>,
    pub member_name: Option<String>,
    pub time_zone: Option<String>,
    pub roles: Option<Vec<String>>,
    pub active: i64,
    pub forming: i64,
    pub dissolved: i64,
    pub core_teams: i64,
    pub members: i64,
    pub coaching: i64,
    pub others: Json<Vec<(String, String)>>,
    /// The organization's newest event.
    pub newest: Option<EventId>,
    /// The number of the one-time key that the user has used here last.
    pub last_key: Option<i64>,
}

/// Finds a session that has not ended at `now`, and the member that its user is in the organization with this slug, in
/// one statement, which every page of an organization begins with.
pub async fn find_visitor(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    slug: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<VisitorRow>> {
    sqlx::query_as!(
        VisitorRow,
        r#"
        select s.id                as "session_id: SessionId",
               s.user_id           as "user_id: UserId",
               u.name              as user_name,
               u.email             as user_email,
               s.last_seen_at,
               o.id                as "organization_id?: OrganizationId",
               o.name              as "organization_name?",
               o.slug              as "slug?",
               o.common_purpose    as "common_purpose?",
               m.id                as "member_id?: MemberId",
               m.name              as "member_name?",
               m.time_zone         as "time_zone?",
               m.roles             as "roles?",
               n.active            as "active!",
               n.forming           as "forming!",
               n.dissolved         as "dissolved!",
               n.core_teams        as "core_teams!",
               n.members           as "members!",
               (select count(*) from coaching_request c
                where c.organization_id = m.organization_id and c.state = 'open' and c.coach_id is null)
                                   as "coaching!",
               (select coalesce(json_agg(json_build_array(p.slug, p.name) order by p.name), '[]')
                from member y
                join organization p on p.id = y.organization_id
                where y.user_id = s.user_id and y.deactivated_at is null and p.id <> o.id)
                                   as "others!: Json<Vec<(String, String)>>",
               (select e.id from event e where e.organization_id = o.id order by e.seq desc limit 1)
                                   as "newest: EventId",
               (select i.seq from idempotency_key i
                where i.organization_id = m.organization_id and i.user_id = s.user_id order by i.seq desc limit 1)
                                   as last_key
        from session s
        join user_account u on u.id = s.user_id
        left join organization o on o.slug = $2
        left join member m on m.organization_id = o.id and m.user_id = s.user_id and m.deactivated_at is null
        cross join lateral (
            select coalesce(sum(c.active), 0)     as active,
                   coalesce(sum(c.forming), 0)    as forming,
                   coalesce(sum(c.dissolved), 0)  as dissolved,
                   coalesce(sum(c.core_teams), 0) as core_teams,
                   coalesce(sum(c.members), 0)    as members
            from organization_count c
            where c.organization_id = m.organization_id
        ) n
        where s.token_hash = $1
          and s.expires_at > $3
          and s.last_seen_at + make_interval(secs => s.idle_seconds) > $3
        "#,
        token_hash,
        slug,
        now,
    )
    .fetch_optional(db)
    .await
}

/// The little of a [`VisitorRow`] that decides which edition a page is.
pub struct EditionRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub last_seen_at: DateTime<Utc>,
    pub member_id: MemberId,
    pub member_name: String,
    pub time_zone: String,
    pub roles: Vec<String>,
    pub others: Json<Vec<(String, String)>>,
    pub newest: Option<EventId>,
    pub last_key: Option<i64>,
}

/// As [`find_visitor`], for a browser that has the page already and mostly is told so: half of what that costs. Nothing for those who do
/// not belong to the organization.
pub async fn find_edition(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    slug: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<EditionRow>> {
    sqlx::query_as!(
        EditionRow,
        r#"
        select s.id                as "session_id: SessionId",
               s.user_id           as "user_id: UserId",
               s.last_seen_at,
               m.id                as "member_id: MemberId",
               m.name              as member_name,
               m.time_zone,
               m.roles,
               (select coalesce(json_agg(json_build_array(p.slug, p.name) order by p.name), '[]')
                from member y
                join organization p on p.id = y.organization_id
                where y.user_id = s.user_id and y.deactivated_at is null and p.id <> o.id)
                                   as "others!: Json<Vec<(String, String)>>",
               (select e.id from event e where e.organization_id = o.id order by e.seq desc limit 1)
                                   as "newest: EventId",
               (select i.seq from idempotency_key i
                where i.organization_id = m.organization_id and i.user_id = s.user_id order by i.seq desc limit 1)
                                   as last_key
        from session s
        join organization o on o.slug = $2
        join member m on m.organization_id = o.id and m.user_id = s.user_id and m.deactivated_at is null
        where s.token_hash = $1
          and s.expires_at > $3
          and s.last_seen_at + make_interval(secs => s.idle_seconds) > $3
        "#,
        token_hash,
        slug,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Adds the differences of each organization's counts up, so that reading them stays reading a row or a few. Two that
/// do it at once add up different rows.
pub async fn merge_counts(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with merged as (
            delete from organization_count c
            using (select organization_id from organization_count group by organization_id having count(*) > 1) of
            where c.organization_id = of.organization_id
            returning c.organization_id, c.active, c.forming, c.dissolved, c.core_teams, c.members
        )
        insert into organization_count (organization_id, active, forming, dissolved, core_teams, members)
        select organization_id, sum(active), sum(forming), sum(dissolved), sum(core_teams), sum(members)
        from merged
        group by organization_id
        "#
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose stream it is, as far as the session goes; the rest is there if they belong to the organization.
pub struct WatcherRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub organization_id: Option<OrganizationId>,
    pub member_id: Option<MemberId>,
    pub roles: Option<Vec<String>>,
}

/// Finds a session and the member that its user is in the organization with this slug, in one statement: after an
/// instance has stopped, all its streams come to another one at once.
pub async fn find_watcher(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    slug: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<WatcherRow>> {
    sqlx::query_as!(
        WatcherRow,
        r#"
        select s.id                      as "session_id: SessionId",
               s.user_id                 as "user_id: UserId",
               m.organization_id         as "organization_id?: OrganizationId",
               m.id                      as "member_id?: MemberId",
               m.roles                   as "roles?"
        from session s
        left join organization o on o.slug = $2
        left join member m on m.organization_id = o.id and m.user_id = s.user_id and m.deactivated_at is null
        where s.token_hash = $1
          and s.expires_at > $3
          and s.last_seen_at + make_interval(secs => s.idle_seconds) > $3
        "#,
        token_hash,
        slug,
        now,
    )
    .fetch_optional(db)
    .await
}

/// The first free slug among `wanted`, `wanted-2`, ….
pub async fn free_slug(db: impl PgExecutor<'_>, wanted: &str) -> sqlx::Result<String> {
    let wanted = if wanted.is_empty() { "organization" } else { wanted };
    sqlx::query_scalar!(
        r#"
        select slug as "slug!"
        from (select case when n = 1 then $1 else $1 || '-' || n end as slug, n from generate_series(1, 1000) as n) as candidate
        where not exists (select from organization o where o.slug = candidate.slug)
        order by n
        limit 1
        "#,
        wanted,
    )
    .fetch_one(db)
    .await
}

/// Adds an organization.
pub async fn insert(
    tx: &mut PgConnection,
    id: OrganizationId,
    slug: &str,
    new: &NewOrganization,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into organization (id, slug, name, common_purpose, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        slug,
        new.name.as_str(),
        new.common_purpose.as_str(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds the member that the first admin is.
pub async fn insert_first_admin(
    tx: &mut PgConnection,
    admin: &Actor,
    email: &Email,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into member (organization_id, id, user_id, name, email, roles, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        admin.tenant.organization_id().0,
        admin.member.0,
        admin.user.map(|user| user.0),
        admin.name,
        email.as_str(),
        &admin.roles.words(),
        admin.at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What an organization says of itself.
pub struct SettingsRow {
    pub name: String,
    pub common_purpose: String,
    pub version: i32,
}

/// Finds what an organization says of itself.
pub async fn find_settings(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
) -> sqlx::Result<Option<SettingsRow>> {
    sqlx::query_as!(
        SettingsRow,
        "select name, common_purpose, version from organization where id = $1",
        tenant.organization_id().0,
    )
    .fetch_optional(db)
    .await
}

/// Changes what an organization says of itself, unless another change came first.
pub async fn update_settings(
    tx: &mut PgConnection,
    tenant: Tenant,
    version: i32,
    settings: &Settings,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update organization set name = $3, common_purpose = $4, version = version + 1
        where id = $1 and version = $2
        "#,
        tenant.organization_id().0,
        version,
        settings.name.as_str(),
        settings.common_purpose.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Finds the word of an organization in addresses.
pub async fn find_slug(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<String> {
    sqlx::query_scalar!("select slug from organization where id = $1", tenant.organization_id().0,)
        .fetch_one(db)
        .await
}
