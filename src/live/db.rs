//! Every SQL statement about live pages.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{MemberId, OrganizationId};

/// The channel between the instances.
pub const CHANNEL: &str = "trellis";

/// An event that may be new.
pub struct EventRow {
    pub organization_id: OrganizationId,
    pub seq: i64,
    /// Its subjects, and the teams of the members among them, whose pages show these members.
    pub about: Vec<Uuid>,
}

/// The numbers of the newest events of an organization.
pub async fn newest(db: impl PgExecutor<'_>, tenant: Tenant, limit: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select seq from event where organization_id = $1 order by seq desc limit $2",
        tenant.organization_id().0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The events of these organizations above each one's floor, without those that have been `seen`. One statement
/// for all organizations that somebody looks at; numbers are unique over all of them.
pub async fn list_unseen(
    db: impl PgExecutor<'_>,
    organizations: &[Uuid],
    floors: &[i64],
    seen: &[i64],
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as!(
        EventRow,
        r#"
        select e.organization_id as "organization_id: OrganizationId",
               e.seq,
               e.subjects || array(
                   select m.team_id
                   from membership m
                   where m.organization_id = e.organization_id and m.member_id = any (e.subjects) and m.until_at is null
               ) as "about!"
        from unnest($1::uuid[], $2::bigint[]) as watched (organization_id, floor)
        join event e on e.organization_id = watched.organization_id and e.seq > watched.floor
        where not exists (select from unnest($3::bigint[]) as s (seq) where s.seq = e.seq)
        "#,
        organizations,
        floors,
        seen,
    )
    .fetch_all(db)
    .await
}

/// Tells the other instances that there is something new: the organization and its newest event, in fewer than
/// 100 bytes. A statement of its own, never part of a change's transaction: NOTIFY serializes commits.
pub async fn notify_changed(
    db: impl PgExecutor<'_>,
    organizations: &[Uuid],
    instance: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        select pg_notify($3, concat_ws(' ', 'event', o.id, $2::text, (
                   select max(e.seq) from event e where e.organization_id = o.id)))
        from unnest($1::uuid[]) as o (id)
        "#,
        organizations,
        instance,
        CHANNEL,
    )
    .fetch_all(db)
    .await
    .map(|_| ())
}

/// Sends these words to the other instances.
pub async fn notify(db: impl PgExecutor<'_>, payloads: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_notify($2, p.payload) from unnest($1::text[]) as p (payload)",
        payloads,
        CHANNEL,
    )
    .fetch_all(db)
    .await
    .map(|_| ())
}

/// A stream whose session and membership hold.
pub struct Standing {
    pub stream: i64,
    /// The member's roles now.
    pub roles: Vec<String>,
}

/// Which of these streams still have their session and their membership.
pub async fn list_standing(
    db: impl PgExecutor<'_>,
    streams: &[i64],
    sessions: &[Uuid],
    organizations: &[Uuid],
    members: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"
        select v.stream as "stream!",
               m.roles
        from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[]) as v (stream, session_id, organization_id, member_id)
        join session s on s.id = v.session_id
                      and s.expires_at > $5
                      and s.last_seen_at + make_interval(secs => s.idle_seconds) > $5
        join member m on m.organization_id = v.organization_id
                     and m.id = v.member_id
                     and m.user_id = s.user_id
                     and m.deactivated_at is null
        "#,
        streams,
        sessions,
        organizations,
        members,
        now,
    )
    .fetch_all(db)
    .await
}

/// Rows of presence, column by column.
#[derive(Default)]
pub struct Presences {
    pub organizations: Vec<Uuid>,
    pub ids: Vec<Uuid>,
    pub pages: Vec<String>,
    pub subjects: Vec<Uuid>,
    pub members: Vec<Uuid>,
    pub sessions: Vec<Uuid>,
}

/// Notes who is where at this moment, by the database's time.
pub async fn upsert_presence(db: impl PgExecutor<'_>, rows: &Presences) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into presence (organization_id, id, page, subject, member_id, session_id, seen_at)
        select organization_id, id, page, subject, member_id, session_id, now()
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[])
             as row (organization_id, id, page, subject, member_id, session_id)
        order by organization_id, id
        on conflict (organization_id, id) do update set seen_at = excluded.seen_at
        "#,
        &rows.organizations,
        &rows.ids,
        &rows.pages,
        &rows.subjects,
        &rows.members,
        &rows.sessions,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes those who left.
pub async fn delete_presence(
    db: impl PgExecutor<'_>,
    organizations: &[Uuid],
    ids: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from presence p
        using unnest($1::uuid[], $2::uuid[]) as gone (organization_id, id)
        where (p.organization_id, p.id) = (gone.organization_id, gone.id)
        "#,
        organizations,
        ids,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A page that somebody left without a word.
pub struct LeftRow {
    pub organization_id: OrganizationId,
    pub page: String,
    pub subject: Uuid,
}

/// Removes those of whom nothing was heard, as when an instance was killed. Looks across organizations.
pub async fn delete_silent(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<LeftRow>> {
    sqlx::query_as!(
        LeftRow,
        r#"
        delete from presence
        where seen_at < now() - interval '30 seconds'
        returning organization_id as "organization_id: OrganizationId", page, subject
        "#,
    )
    .fetch_all(db)
    .await
}

/// Somebody who has a page open.
#[derive(Debug)]
pub struct PresentRow {
    pub member_id: MemberId,
    pub name: String,
}

/// Who else has a page open, on any instance.
pub async fn list_present(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    page: &str,
    subject: Uuid,
    except: MemberId,
) -> sqlx::Result<Vec<PresentRow>> {
    sqlx::query_as!(
        PresentRow,
        r#"
        select m.id as "member_id: MemberId",
               m.name
        from member m
        where m.organization_id = $1
          and m.id <> $4
          and m.id in (
              select p.member_id
              from presence p
              where p.organization_id = $1 and p.page = $2 and p.subject = $3
                and p.seen_at >= now() - interval '30 seconds'
          )
        order by lower(m.name), m.id
        limit 100
        "#,
        tenant.organization_id().0,
        page,
        subject,
        except.0,
    )
    .fetch_all(db)
    .await
}
