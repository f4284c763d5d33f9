//! Every SQL statement about undoing: what a change was, and how the thing is now.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::ids::{EventId, HatId, ItemId, LinkId, MemberId, MembershipId, SkillId, TeamId};
use crate::missions::{Customer, Success, Value as CustomerValue};
use crate::skills::Level;
use crate::squads::{Squad, State};

/// A change as the history has it.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: EventId,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub summary: String,
    pub subjects: Vec<Uuid>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Finds an event.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: EventId,
) -> sqlx::Result<Option<Event>> {
    sqlx::query_as!(
        Event,
        r#"
        select id as "id: EventId", seq, at, kind, summary, subjects, before, after
        from event
        where organization_id = $1 and id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// A later change: who made it, and what the history says of it.
#[derive(Debug, Clone)]
pub struct Newer {
    pub who: Option<String>,
    pub what: String,
}

/// The first change after `event` that is of one of `kinds` and about all of `all` and, if there are such, one of `any`. Its own
/// undo, which a form that is sent twice has made already, is none.
pub async fn newer(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: &Event,
    kinds: &[&str],
    all: &[Uuid],
    any: &[Uuid],
) -> sqlx::Result<Option<Newer>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    sqlx::query_as!(
        Newer,
        r#"
        select m.name as "who?", e.summary as what
        from event e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where e.organization_id = $1 and e.seq > $2 and e.kind = any($3) and e.subjects @> $4
          and (cardinality($5::uuid[]) = 0 or e.subjects && $5)
          and e.undoes is distinct from $6
        order by e.seq
        limit 1
        "#,
        tenant.organization_id().0,
        event.seq,
        &kinds,
        all,
        any,
        event.id.0,
    )
    .fetch_optional(db)
    .await
}

/// A membership that an event began or ended.
#[derive(Debug, Clone)]
pub struct Stay {
    pub id: MembershipId,
    pub team: TeamId,
    pub member: MemberId,
    pub name: String,
    pub team_name: String,
    pub allocation: i16,
    pub hats: Vec<HatId>,
    pub was_begun: bool,
    /// Begun, and neither ended nor edited since.
    pub is_untouched: bool,
    /// Ended, and the member has been in the team again since.
    pub was_there_again: bool,
}

/// The memberships that an event began or ended.
pub async fn stays(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: EventId,
) -> sqlx::Result<Vec<Stay>> {
    sqlx::query_as!(
        Stay,
        r#"
        select x.id        as "id: MembershipId",
               x.team_id   as "team: TeamId",
               x.member_id as "member: MemberId",
               m.name,
               t.name      as team_name,
               x.allocation,
               array(select h.hat_id from membership_hat h
                     where (h.organization_id, h.membership_id) = (x.organization_id, x.id)) as "hats!: Vec<HatId>",
               x.from_event = $2                                                             as "was_begun!",
               x.until_at is null and x.version = 1                                          as "is_untouched!",
               exists (select from membership y
                       where (y.organization_id, y.team_id, y.member_id) = (x.organization_id, x.team_id, x.member_id)
                         and y.id <> x.id and (y.until_at is null or y.from_at >= x.until_at))   as "was_there_again!"
        from membership x
        join member m on (m.organization_id, m.id) = (x.organization_id, x.member_id)
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = $1 and (x.from_event = $2 or x.until_event = $2)
        order by lower(m.name), x.id
        "#,
        tenant.organization_id().0,
        event.0,
    )
    .fetch_all(db)
    .await
}

/// The teams at the other ends of current links whose liaison was in a team until the event ended that.
pub async fn linked_teams(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: EventId,
) -> sqlx::Result<Vec<TeamId>> {
    sqlx::query_scalar!(
        r#"
        select l.to_team_id as "other!: TeamId"
        from membership x
        join link l on l.organization_id = x.organization_id and l.until_at is null
                   and (l.from_team_id, l.from_liaison_id) = (x.team_id, x.id)
        where x.organization_id = $1 and x.until_event = $2
        union
        select l.from_team_id
        from membership x
        join link l on l.organization_id = x.organization_id and l.until_at is null
                   and (l.to_team_id, l.to_liaison_id) = (x.team_id, x.id)
        where x.organization_id = $1 and x.until_event = $2
        "#,
        tenant.organization_id().0,
        event.0,
    )
    .fetch_all(db)
    .await
}

/// Gives the seats that were left open to those who are back: of each the membership that had ended and the new one. Both teams
/// of each link are held. Answers the links.
pub async fn return_seats(
    tx: &mut PgConnection,
    tenant: Tenant,
    back: &[(MembershipId, MembershipId)],
) -> sqlx::Result<Vec<LinkId>> {
    let (ended, begun): (Vec<Uuid>, Vec<Uuid>) =
        back.iter().map(|(ended, begun)| (ended.0, begun.0)).unzip();
    sqlx::query_scalar!(
        r#"
        with back as (select * from unnest($2::uuid[], $3::uuid[]) as b (ended, begun))
        update link l
        set from_liaison_id = coalesce((select begun from back where ended = l.from_liaison_id), l.from_liaison_id),
            to_liaison_id = coalesce((select begun from back where ended = l.to_liaison_id), l.to_liaison_id),
            version = l.version + 1
        where l.organization_id = $1 and l.until_at is null
          and (l.from_liaison_id = any($2) or l.to_liaison_id = any($2))
        returning l.id as "id: LinkId"
        "#,
        tenant.organization_id().0,
        &ended,
        &begun,
    )
    .fetch_all(tx)
    .await
}

/// A team whose row is held.
#[derive(Debug, Clone)]
pub struct Held {
    pub squad: Squad,
    pub is_squad: bool,
    /// Whether its present state came with the event that is undone.
    pub is_state_of_event: bool,
}

/// Holds teams of both kinds, in the order of their ids.
pub async fn lock_teams(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[TeamId],
    event: EventId,
) -> sqlx::Result<Vec<Held>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select id as "id: TeamId", kind, name, slug, state, member_count, version, state_event = $3 as "is_state_of_event!"
        from team
        where organization_id = $1 and id = any($2)
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
        event.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Held {
            squad: Squad {
                id: row.id,
                name: row.name,
                slug: row.slug,
                state: State::parse(&row.state).unwrap_or(State::Dissolved),
                members: usize::try_from(row.member_count).unwrap_or_default(),
                version: row.version,
            },
            is_squad: row.kind == "squad",
            is_state_of_event: row.is_state_of_event,
        })
        .collect())
}

/// The version of a team.
pub async fn team_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select version from team where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        id,
    )
    .fetch_optional(db)
    .await
}

/// A membership as it is now.
#[derive(Debug, Clone)]
pub struct Standing {
    pub id: MembershipId,
    pub version: i32,
    /// In a squad; in a core team otherwise.
    pub is_squad: bool,
    pub allocation: i16,
    /// The names of the hats, sorted by their bytes.
    pub hats: Vec<String>,
}

/// The current membership of a member in a team.
pub async fn membership(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: Uuid,
    member: Uuid,
) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"
        select x.id as "id: MembershipId", x.version, t.kind = 'squad' as "is_squad!", x.allocation,
               array(select h.name from membership_hat w
                     join hat h on (h.organization_id, h.id) = (w.organization_id, w.hat_id)
                     where (w.organization_id, w.membership_id) = (x.organization_id, x.id)
                     order by h.name collate "C") as "hats!"
        from membership x
        join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id)
        where x.organization_id = $1 and x.team_id = $2 and x.member_id = $3 and x.until_at is null
        "#,
        tenant.organization_id().0,
        team,
        member,
    )
    .fetch_optional(db)
    .await
}

/// The hats of these names.
pub async fn hats(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    names: &[String],
) -> sqlx::Result<Vec<HatId>> {
    sqlx::query_scalar!(
        r#"select id as "id: HatId" from hat where organization_id = $1 and name = any($2) order by id"#,
        tenant.organization_id().0,
        names,
    )
    .fetch_all(db)
    .await
}

/// The version of what a team needs of a skill; none if it needs nothing of it.
pub async fn need_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: Uuid,
    skill: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select version from skill_need where organization_id = $1 and team_id = $2 and skill_id = $3",
        tenant.organization_id().0,
        team,
        skill,
    )
    .fetch_optional(db)
    .await
}

/// The version of a skill of the catalogue.
pub async fn skill_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    skill: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select version from skill where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        skill,
    )
    .fetch_optional(db)
    .await
}

/// The version of a metric.
pub async fn metric_version(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    metric: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select version from metric where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        metric,
    )
    .fetch_optional(db)
    .await
}

/// The address and the version of a member.
pub async fn member(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: Uuid,
) -> sqlx::Result<Option<(Option<String>, i32)>> {
    let row = sqlx::query!(
        "select email, version from member where organization_id = $1 and id = $2",
        tenant.organization_id().0,
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.email, row.version)))
}

/// What a mission said before the version that an event wrote.
#[derive(Debug, Clone)]
pub struct Earlier {
    pub squad: TeamId,
    /// The version that the event wrote.
    pub version: i32,
    pub customer: Customer,
    pub value: CustomerValue,
    pub success: Success,
    pub review_on: Option<chrono::NaiveDate>,
    /// Where it is which day for who undoes.
    pub time_zone: String,
}

/// The version of a mission before the one that an event wrote, for `member`.
pub async fn earlier_mission(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    event: EventId,
    member: MemberId,
) -> sqlx::Result<Option<Earlier>> {
    sqlx::query_as!(
        Earlier,
        r#"
        select m.team_id as "squad: TeamId", m.version, b.customer as "customer: Customer", b.value as "value: CustomerValue",
               b.success as "success: Success", b.review_on, a.time_zone
        from mission m
        join mission b on (b.organization_id, b.team_id, b.version) = (m.organization_id, m.team_id, m.version - 1)
        join member a on a.organization_id = m.organization_id and a.id = $3
        where m.organization_id = $1 and m.event_id = $2
        "#,
        tenant.organization_id().0,
        event.0,
        member.0,
    )
    .fetch_optional(db)
    .await
}

/// What a member says of a skill now.
#[derive(Debug, Clone)]
pub struct Rated {
    pub skill: SkillId,
    pub name: String,
    pub level: Option<Level>,
    pub wants_to_learn: bool,
    /// 0 for nothing said.
    pub version: i32,
}

/// What a member says of those of `ids` that are skills.
pub async fn ratings(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    member: Uuid,
    ids: &[Uuid],
) -> sqlx::Result<Vec<Rated>> {
    sqlx::query_as!(
        Rated,
        r#"
        select s.id as "skill: SkillId", s.name, r.level as "level: Level",
               coalesce(r.wants_to_learn, false) as "wants_to_learn!", coalesce(r.version, 0) as "version!"
        from skill s
        left join member_skill r on (r.organization_id, r.skill_id) = (s.organization_id, s.id) and r.member_id = $2
        where s.organization_id = $1 and s.id = any($3)
        order by s.id
        "#,
        tenant.organization_id().0,
        member,
        ids,
    )
    .fetch_all(db)
    .await
}

/// What the key of an item is made of: the product's and the item's number.
pub async fn item(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ItemId,
) -> sqlx::Result<Option<(String, i32)>> {
    let row = sqlx::query!(
        r#"
        select p.key, i.number
        from backlog_item i
        join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id)
        where i.organization_id = $1 and i.id = $2
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.key, row.number)))
}
