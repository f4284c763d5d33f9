//! Every SQL statement about invitations.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::actor::Tenant;
use crate::ids::{InvitationId, MemberId, OrganizationId};

/// An invitation on its way into the database.
pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub member: MemberId,
    pub email: &'a str,
    pub roles: &'a [String],
    pub token_hash: &'a [u8],
    pub invited_by: MemberId,
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Adds an invitation.
pub async fn insert_invitation(
    tx: &mut PgConnection,
    tenant: Tenant,
    new: &NewInvitation<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into invitation (organization_id, id, member_id, email, roles, token_hash, invited_by, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        tenant.organization_id().0,
        new.id.0,
        new.member.0,
        new.email,
        new.roles,
        new.token_hash,
        new.invited_by.0,
        new.at,
        new.expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An invitation that nobody has used or revoked; it may be too old.
pub struct OpenInvitation {
    pub member_id: MemberId,
    pub member_name: String,
    pub email: String,
    pub roles: Vec<String>,
}

/// Finds an invitation that nobody has used or revoked.
pub async fn find_invitation(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    invitation: InvitationId,
) -> sqlx::Result<Option<OpenInvitation>> {
    sqlx::query_as!(
        OpenInvitation,
        r#"
        select i.member_id as "member_id: MemberId", m.name as member_name, i.email, i.roles
        from invitation i
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        where i.organization_id = $1 and i.id = $2 and i.used_at is null and i.revoked_at is null
        "#,
        tenant.organization_id().0,
        invitation.0,
    )
    .fetch_optional(db)
    .await
}

/// Ends the open invitations of a member. Answers how many there were.
pub async fn revoke_invitations(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
    at: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update invitation set revoked_at = $3
        where organization_id = $1 and member_id = $2 and used_at is null and revoked_at is null
        "#,
        tenant.organization_id().0,
        member.0,
        at,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// An invitation as the person who holds its link sees it.
#[derive(Debug, Clone)]
pub struct HeldInvitation {
    pub organization_id: OrganizationId,
    pub id: InvitationId,
    pub member_id: MemberId,
    pub member_name: String,
    pub email: String,
    pub roles: Vec<String>,
    pub invited_by: MemberId,
    pub inviter_name: String,
    pub organization: String,
    pub slug: String,
}

/// Finds the invitation of a token, while it is open. The token says which organization it is about.
pub async fn find_held(
    db: impl PgExecutor<'_>,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<HeldInvitation>> {
    sqlx::query_as!(
        HeldInvitation,
        r#"
        select i.organization_id as "organization_id: OrganizationId",
               i.id              as "id: InvitationId",
               i.member_id       as "member_id: MemberId",
               m.name            as member_name,
               i.email,
               i.roles,
               i.invited_by      as "invited_by: MemberId",
               b.name            as inviter_name,
               o.name            as organization,
               o.slug
        from invitation i
        join organization o on o.id = i.organization_id
        join member m on (m.organization_id, m.id) = (i.organization_id, i.member_id)
        join member b on (b.organization_id, b.id) = (i.organization_id, i.invited_by)
        where i.token_hash = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2
          and m.deactivated_at is null and m.user_id is null
        "#,
        token_hash,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Uses up an invitation: of two who try, one does.
pub async fn consume_invitation(
    tx: &mut PgConnection,
    tenant: Tenant,
    invitation: InvitationId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update invitation set used_at = $3
        where organization_id = $1 and id = $2 and used_at is null and revoked_at is null and expires_at > $3
        "#,
        tenant.organization_id().0,
        invitation.0,
        now,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
