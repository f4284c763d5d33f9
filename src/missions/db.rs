//! Every SQL statement about missions.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::{PgConnection, PgExecutor};

use super::domain::{Customer, MissionText, Success, Value};
use super::squad::SquadHead;
use crate::actor::{Actor, Tenant};
use crate::ids::{EventId, MemberId, TeamId};

/// A version of a mission.
#[derive(Debug, Clone, Deserialize)]
pub struct Version {
    /// 1, 2, 3, ….
    pub version: i32,
    /// What it says.
    #[serde(flatten)]
    pub text: MissionText,
    /// Who wrote it.
    pub author_id: MemberId,
    /// Their name now.
    pub author: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Finds a squad by a word that it has or had in addresses, or by its id.
pub async fn find_squad(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    word: &str,
    visitor: MemberId,
) -> sqlx::Result<Option<SquadHead>> {
    sqlx::query_as!(
        SquadHead,
        r#"
        select t.id as "id: TeamId",
               t.name,
               t.slug,
               t.state,
               t.mission_version,
               t.member_count as members,
               exists (select from membership x
                       where x.organization_id = t.organization_id and x.team_id = t.id
                         and x.member_id = $3 and x.until_at is null) as "is_member!"
        from team t
        where t.organization_id = $1 and t.kind = 'squad'
          and (t.id::text = $2 or t.slug = $2
               or t.id = (select s.team_id from team_slug s
                          where s.organization_id = $1 and s.kind = 'squad' and s.slug = $2))
        order by t.id::text = $2 desc, t.slug = $2 and t.state <> 'dissolved' desc, t.slug = $2 desc
        limit 1
        "#,
        tenant.organization_id().0,
        word,
        visitor.0,
    )
    .fetch_optional(db)
    .await
}

/// Finds a squad and holds its row until the transaction ends: two authors wait for one another, and nobody joins
/// or leaves meanwhile.
pub async fn lock_squad(
    tx: &mut PgConnection,
    actor: &Actor,
    squad: TeamId,
) -> sqlx::Result<Option<SquadHead>> {
    sqlx::query_as!(
        SquadHead,
        r#"
        with locked as (
            select id, name, slug, state, mission_version, member_count as members
            from team
            where organization_id = $1 and id = $2 and kind = 'squad'
            for no key update
        )
        select id as "id: TeamId", name, slug, state, mission_version, members,
               exists (select from membership x
                       where x.organization_id = $1 and x.team_id = locked.id
                         and x.member_id = $3 and x.until_at is null) as "is_member!"
        from locked
        "#,
        actor.tenant.organization_id().0,
        squad.0,
        actor.member.0,
    )
    .fetch_optional(tx)
    .await
}

/// The time zone of a member, by which they know what day it is.
pub async fn find_time_zone(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: MemberId,
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        "select time_zone from member where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        member.0,
    )
    .fetch_one(db)
    .await
}

/// A version of a squad's mission.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    squad: TeamId,
    version: i32,
) -> sqlx::Result<Option<Version>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select m.version, m.customer as "customer: Customer", m.value as "value: Value", m.success as "success: Success",
               m.review_on, m.author_id as "author_id: MemberId", a.name as author, m.at
        from mission m
        join member a on (a.organization_id, a.id) = (m.organization_id, m.author_id)
        where m.organization_id = $1 and m.team_id = $2 and m.version = $3
        "#,
        tenant.organization_id().0,
        squad.0,
        version,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Row::version))
}

/// All versions of a squad's mission, newest first.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    squad: TeamId,
) -> sqlx::Result<Vec<Version>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select m.version, m.customer as "customer: Customer", m.value as "value: Value", m.success as "success: Success",
               m.review_on, m.author_id as "author_id: MemberId", a.name as author, m.at
        from mission m
        join member a on (a.organization_id, a.id) = (m.organization_id, m.author_id)
        where m.organization_id = $1 and m.team_id = $2
        order by m.version desc
        "#,
        tenant.organization_id().0,
        squad.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::version).collect())
}

struct Row {
    version: i32,
    customer: Customer,
    value: Value,
    success: Success,
    review_on: Option<NaiveDate>,
    author_id: MemberId,
    author: String,
    at: DateTime<Utc>,
}

impl Row {
    fn version(self) -> Version {
        let Self { version, customer, value, success, review_on, author_id, author, at } = self;
        Version {
            version,
            text: MissionText { customer, value, success, review_on },
            author_id,
            author,
            at,
        }
    }
}

/// Adds a version and makes it the newest.
pub async fn insert(
    tx: &mut PgConnection,
    actor: &Actor,
    squad: TeamId,
    version: i32,
    text: &MissionText,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with newest as (
            update team set mission_version = $3 where organization_id = $1 and id = $2
        )
        insert into mission (organization_id, team_id, version, customer, value, success, review_on, author_id, at, event_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        actor.tenant.organization_id().0,
        squad.0,
        version,
        text.customer.as_str(),
        text.value.as_str(),
        text.success.as_str(),
        text.review_on,
        actor.member.0,
        actor.at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
