//! Every SQL statement about who may come in, with which roles.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::accounts::{Email, PersonName};
use crate::actor::{Roles, Tenant};
use crate::ids::{InvitationId, MemberId, UserId};

/// A member with what access is about, locked or only read.
pub struct AccessRow {
    pub id: MemberId,
    pub user_id: Option<UserId>,
    pub name: String,
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub version: i32,
}

/// Until when the open invitation of a member can be accepted.
pub async fn invited_until(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"
        select max(expires_at) from invitation
        where organization_id = $1 and member_id = $2 and used_at is null and revoked_at is null
          and expires_at > $3
        "#,
        tenant.organization_id().0,
        member.0,
        now,
    )
    .fetch_one(db)
    .await
}

/// Locks active members, in the order of their ids.
pub async fn lock_members(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[MemberId],
) -> sqlx::Result<Vec<AccessRow>> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    sqlx::query_as!(
        AccessRow,
        r#"
        select id as "id: MemberId", user_id as "user_id: UserId", name, email, roles, version
        from member
        where organization_id = $1 and id = any ($2) and deactivated_at is null
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await
}

/// Finds an active member.
pub async fn find_member(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Option<AccessRow>> {
    sqlx::query_as!(
        AccessRow,
        r#"
        select id as "id: MemberId", user_id as "user_id: UserId", name, email, roles, version
        from member
        where organization_id = $1 and id = $2 and deactivated_at is null
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_optional(db)
    .await
}

/// Locks the organization's row and answers how many admins it has: those who step down at once wait here for one
/// another (H11).
pub async fn lock_admin_count(tx: &mut PgConnection, tenant: Tenant) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "select admin_count from organization where id = $1 for no key update",
        tenant.organization_id().0,
    )
    .fetch_one(tx)
    .await
}

/// Changes who signs in as a member, and what they may do.
pub async fn update_access(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    user: Option<UserId>,
    roles: Roles,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update member set user_id = $3, roles = $4, version = version + 1
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        member.0,
        user.map(|user| user.0),
        &roles.words(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes a member's address.
pub async fn update_email(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    email: &Email,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update member set email = $3, version = version + 1 where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        member.0,
        email.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds a member who is invited.
pub async fn insert_invited(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    name: &PersonName,
    email: &Email,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into member (organization_id, id, name, email, created_at) values ($1, $2, $3, $4, $5)",
        tenant.organization_id().0,
        member.0,
        name.as_str(),
        email.as_str(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A line of the list of accounts.
#[derive(Debug, Clone)]
pub struct AccountLine {
    pub id: MemberId,
    pub name: String,
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub signs_in: bool,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub invitation_id: Option<InvitationId>,
    pub invitation_roles: Option<Vec<String>>,
    pub invited_until: Option<DateTime<Utc>>,
}

/// The active members with their accounts and open invitations: first who is invited, then who signs in, then the
/// others.
pub async fn list_accounts(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    search: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<AccountLine>> {
    sqlx::query_as!(
        AccountLine,
        r#"
        select m.id                  as "id: MemberId",
               m.name,
               m.email,
               m.roles,
               m.user_id is not null as "signs_in!",
               (select max(s.last_seen_at) from session s where s.user_id = m.user_id) as last_seen_at,
               i.id                  as "invitation_id?: InvitationId",
               i.roles               as "invitation_roles?",
               i.expires_at          as "invited_until?"
        from member m
        left join invitation i on (i.organization_id, i.member_id) = (m.organization_id, m.id)
                               and i.used_at is null and i.revoked_at is null
        where m.organization_id = $1
          and m.deactivated_at is null
          and ($2::text is null
               or position(lower($2) in lower(m.name)) > 0
               or position(lower($2) in coalesce(m.email, '')) > 0)
        order by i.id is null, m.user_id is null, lower(m.name), m.id
        limit $3
        "#,
        tenant.organization_id().0,
        search,
        limit,
    )
    .fetch_all(db)
    .await
}
