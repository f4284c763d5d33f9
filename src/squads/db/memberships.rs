//! The rows that squads and core teams share: who is in a team, with which share and hats.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{EventId, HatId, MemberId, MembershipId, TeamId};
use crate::squads::domain::Place;

/// A member whose row is held.
#[derive(Debug, Clone)]
pub struct HeldMember {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Whether they belong to the organization still.
    pub is_active: bool,
}

/// Holds the rows of members against deactivation, in the order of their ids.
pub async fn share_members(
    tx: &mut PgConnection,
    tenant: Tenant,
    members: &[MemberId],
) -> sqlx::Result<Vec<HeldMember>> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    sqlx::query_as!(
        HeldMember,
        r#"
        select id as "id: MemberId", name, deactivated_at is null as "is_active!"
        from member
        where organization_id = $1 and id = any($2)
        order by id
        for share
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await
}

/// Those of `members` who are in the team now, by name.
pub async fn already_in(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    members: &[MemberId],
) -> sqlx::Result<Vec<String>> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.0).collect();
    sqlx::query_scalar!(
        r#"
        select m.name
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.team_id = $2 and s.member_id = any($3) and s.until_at is null
        order by lower(m.name)
        "#,
        tenant.organization_id().0,
        team.0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// A membership that is about to be.
pub struct NewRow<'a> {
    /// Its id.
    pub id: MembershipId,
    /// Who.
    pub member: MemberId,
    /// In percent.
    pub percent: i16,
    /// The hats worn there.
    pub hats: &'a [HatId],
}

/// Adds memberships of one team, in one statement, so that its row is updated once.
pub async fn insert_memberships(
    tx: &mut PgConnection,
    tenant: Tenant,
    team: TeamId,
    rows: &[NewRow<'_>],
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
    let members: Vec<Uuid> = rows.iter().map(|row| row.member.0).collect();
    let percents: Vec<i16> = rows.iter().map(|row| row.percent).collect();
    sqlx::query!(
        r#"
        insert into membership (organization_id, team_id, from_at, from_event, id, member_id, allocation)
        select $1, $2, $3, $4, * from unnest($5::uuid[], $6::uuid[], $7::smallint[])
        "#,
        tenant.organization_id().0,
        team.0,
        at,
        event.0,
        &ids,
        &members,
        &percents,
    )
    .execute(&mut *tx)
    .await?;
    let worn: Vec<(MembershipId, HatId)> =
        rows.iter().flat_map(|row| row.hats.iter().map(move |hat| (row.id, *hat))).collect();
    insert_worn(tx, tenant, &worn).await
}

/// Gives memberships their hats.
pub async fn insert_worn(
    tx: &mut PgConnection,
    tenant: Tenant,
    worn: &[(MembershipId, HatId)],
) -> sqlx::Result<()> {
    if worn.is_empty() {
        return Ok(());
    }
    let (memberships, hats): (Vec<Uuid>, Vec<Uuid>) =
        worn.iter().map(|(membership, hat)| (membership.0, hat.0)).unzip();
    sqlx::query!(
        r#"
        insert into membership_hat (organization_id, membership_id, hat_id)
        select $1, * from unnest($2::uuid[], $3::uuid[])
        on conflict do nothing
        "#,
        tenant.organization_id().0,
        &memberships,
        &hats,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes the share and the hats of a current membership; answers whether the version was still the same.
pub async fn update_membership(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: MembershipId,
    version: i32,
    percent: i16,
    hats: &[HatId],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update membership set allocation = $4, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        percent,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "delete from membership_hat where organization_id = $1 and membership_id = $2",
        tenant.organization_id().0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    let worn: Vec<_> = hats.iter().map(|hat| (id, *hat)).collect();
    insert_worn(tx, tenant, &worn).await?;
    Ok(true)
}

/// Ends memberships that are current, in one statement; answers how many.
pub async fn end_memberships(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[MembershipId],
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<u64> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!(
        r#"
        update membership set until_at = greatest($3, from_at), until_event = $4, version = version + 1
        where organization_id = $1 and id = any($2) and until_at is null
        "#,
        tenant.organization_id().0,
        &ids,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// A membership with the names that an event says.
#[derive(Debug, Clone)]
pub struct MembershipRow {
    /// Its id.
    pub id: MembershipId,
    /// The team.
    pub team: TeamId,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// In percent.
    pub allocation: i16,
    /// The hats worn there.
    pub hats: Vec<HatId>,
    /// Their names.
    pub hat_names: Vec<String>,
    /// Whether it has no end.
    pub is_current: bool,
    /// Its version.
    pub version: i32,
}

/// Finds a membership of a team of this kind.
pub async fn find_membership(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    kind: &str,
    id: MembershipId,
) -> sqlx::Result<Option<MembershipRow>> {
    sqlx::query_as!(
        MembershipRow,
        r#"
        select s.id        as "id: MembershipId",
               s.team_id   as "team: TeamId",
               s.member_id as "member: MemberId",
               m.name,
               s.allocation,
               array(select h.hat_id from membership_hat h
                     where (h.organization_id, h.membership_id) = (s.organization_id, s.id)) as "hats!: Vec<HatId>",
               array(select c.name from membership_hat h
                     join hat c on (c.organization_id, c.id) = (h.organization_id, h.hat_id)
                     where (h.organization_id, h.membership_id) = (s.organization_id, s.id)
                     order by lower(c.name)) as "hat_names!: Vec<String>",
               s.until_at is null as "is_current!",
               s.version
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        where s.organization_id = $1 and s.id = $2 and t.kind = $3
        "#,
        tenant.organization_id().0,
        id.0,
        kind,
    )
    .fetch_optional(db)
    .await
}

/// The current memberships of a team: each with its member and their name, in the order of names.
pub async fn current_memberships(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
) -> sqlx::Result<Vec<(MembershipId, MemberId, String)>> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: MembershipId", s.member_id as "member: MemberId", m.name
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.team_id = $2 and s.until_at is null
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        team.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.member, row.name)).collect())
}

/// Holds the rows of all teams that a member is in, in the order of their ids.
pub async fn lock_teams_of(
    tx: &mut PgConnection,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        select t.id
        from team t
        where t.organization_id = $1
          and t.id in (select s.team_id from membership s
                       where s.organization_id = $1 and s.member_id = $2 and s.until_at is null)
        order by t.id
        for no key update
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// The teams that a member is in, with what their leaving depends on.
pub async fn places_of(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<Vec<(MembershipId, Place)>> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: MembershipId", t.id as "team: TeamId", t.name, t.slug, t.kind = 'squad' as "is_squad!",
               t.state = 'active' as "is_active!", t.member_count as members
        from membership s
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        where s.organization_id = $1 and s.member_id = $2 and s.until_at is null
        order by lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        member.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let place = Place {
                team: row.team,
                name: row.name,
                slug: row.slug,
                is_squad: row.is_squad,
                is_active: row.is_active,
                members: i64::from(row.members),
            };
            (row.id, place)
        })
        .collect())
}
