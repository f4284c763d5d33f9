//! Every SQL statement about links, except for the reading of a design.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::domain::{LinkKind, Seat, Team, Terms};
use crate::actor::Tenant;
use crate::design::{Liaison, LinkDesign, LinkEnd};
use crate::ids::{EventId, LinkId, MemberId, MembershipId, TeamId};

/// Loads teams and holds their rows until the transaction ends, in the order of their ids.
pub async fn lock_teams(
    tx: &mut PgConnection,
    tenant: Tenant,
    ids: &[TeamId],
) -> sqlx::Result<Vec<Team>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Team,
        r#"
        select id as "id: TeamId", name, state = 'dissolved' as "is_dissolved!"
        from team
        where organization_id = $1 and id = any($2)
        order by id
        for no key update
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(tx)
    .await
}

/// The memberships by which somebody is, was or would be a liaison.
pub async fn seats(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    ids: &[MembershipId],
) -> sqlx::Result<Vec<Seat>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Seat,
        r#"
        select s.id as "id: MembershipId", s.team_id as "team: TeamId", s.member_id as "member: MemberId", m.name,
               s.until_at is null as "is_current!"
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.id = any($2)
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// Who is in these teams now, for the choice of a liaison, by name.
pub async fn current_seats(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    teams: &[TeamId],
) -> sqlx::Result<Vec<Seat>> {
    let ids: Vec<Uuid> = teams.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Seat,
        r#"
        select s.id as "id: MembershipId", s.team_id as "team: TeamId", s.member_id as "member: MemberId", m.name,
               true as "is_current!"
        from membership s
        join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
        where s.organization_id = $1 and s.team_id = any($2) and s.until_at is null
        order by lower(m.name), m.id
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// A team that can be linked.
#[derive(Debug, Clone)]
pub struct TeamOption {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// A squad; a core team otherwise.
    pub is_squad: bool,
}

/// The teams that are not dissolved, squads first.
pub async fn teams(db: impl PgExecutor<'_>, tenant: Tenant) -> sqlx::Result<Vec<TeamOption>> {
    sqlx::query_as!(
        TeamOption,
        r#"
        select id as "id: TeamId", name, kind = 'squad' as "is_squad!"
        from team
        where organization_id = $1 and state <> 'dissolved'
        order by kind desc, lower(name), id
        "#,
        tenant.organization_id().0,
    )
    .fetch_all(db)
    .await
}

/// A link with what a change of it begins with.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// The link.
    pub link: LinkDesign,
    /// The memberships of the liaisons, current ones or not.
    pub seats: [Option<MembershipId>; 2],
    /// When it began.
    pub from_at: DateTime<Utc>,
    /// When it ended.
    pub until_at: Option<DateTime<Utc>>,
    /// Its version.
    pub version: i32,
}

impl LinkRow {
    /// What can be changed of it, as it is.
    pub fn terms(&self) -> (LinkKind, &str, [Option<MembershipId>; 2], NaiveDate) {
        (self.link.kind, &self.link.purpose, self.seats, self.link.review_on)
    }
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One link, whether it has ended or not.
    pub id: Option<LinkId>,
    /// From or to this team.
    pub team: Option<TeamId>,
    /// Of this kind.
    pub kind: Option<LinkKind>,
    /// To be reviewed before this day.
    pub review_before: Option<NaiveDate>,
    /// Those that have ended instead of the others.
    pub ended: bool,
}

/// The links that a filter lets through, by the names of their teams; ended ones with the last first.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    filter: &Filter,
    offset: i64,
    limit: i64,
) -> sqlx::Result<Vec<LinkRow>> {
    let rows = sqlx::query!(
        r#"
        select l.id                     as "id: LinkId",
               l.kind,
               l.purpose,
               l.review_on,
               l.from_liaison_id        as "from_seat: MembershipId",
               l.to_liaison_id          as "to_seat: MembershipId",
               l.from_at,
               l.until_at,
               l.version,
               f.id                     as "from_team: TeamId",
               f.name                   as from_name,
               f.slug                   as from_slug,
               f.kind = 'squad'         as "from_is_squad!",
               fm.id                    as "from_member?: MemberId",
               fm.name                  as "from_member_name?",
               t.id                     as "to_team: TeamId",
               t.name                   as to_name,
               t.slug                   as to_slug,
               t.kind = 'squad'         as "to_is_squad!",
               tm.id                    as "to_member?: MemberId",
               tm.name                  as "to_member_name?"
        from link l
        join team f on (f.organization_id, f.id) = (l.organization_id, l.from_team_id)
        join team t on (t.organization_id, t.id) = (l.organization_id, l.to_team_id)
        left join membership fs on (fs.organization_id, fs.id) = (l.organization_id, l.from_liaison_id) and fs.until_at is null
        left join member fm on (fm.organization_id, fm.id) = (fs.organization_id, fs.member_id)
        left join membership ts on (ts.organization_id, ts.id) = (l.organization_id, l.to_liaison_id) and ts.until_at is null
        left join member tm on (tm.organization_id, tm.id) = (ts.organization_id, ts.member_id)
        where l.organization_id = $1
          and ($2::uuid is null or l.id = $2)
          and ($2::uuid is not null or (l.until_at is not null) = $3)
          and ($4::uuid is null or l.from_team_id = $4 or l.to_team_id = $4)
          and ($5::text is null or l.kind = $5)
          and ($6::date is null or l.review_on < $6)
        order by l.until_at desc, lower(f.name), lower(t.name), l.kind, l.id
        offset $7
        limit $8
        "#,
        tenant.organization_id().0,
        filter.id.map(|id| id.0),
        filter.ended,
        filter.team.map(|id| id.0),
        filter.kind.map(LinkKind::word),
        filter.review_before,
        offset,
        limit,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().filter_map(|row| {
        let liaison = |member: Option<MemberId>, name: Option<String>| {
            member.zip(name).map(|(member, name)| Liaison { member, name })
        };
        let link = LinkDesign {
            id: row.id,
            kind: LinkKind::parse(&row.kind)?,
            from: LinkEnd {
                team: row.from_team,
                name: row.from_name,
                slug: row.from_slug,
                is_squad: row.from_is_squad,
                liaison: liaison(row.from_member, row.from_member_name),
            },
            to: LinkEnd {
                team: row.to_team,
                name: row.to_name,
                slug: row.to_slug,
                is_squad: row.to_is_squad,
                liaison: liaison(row.to_member, row.to_member_name),
            },
            purpose: row.purpose,
            review_on: row.review_on,
        };
        Some(LinkRow {
            link,
            seats: [row.from_seat, row.to_seat],
            from_at: row.from_at,
            until_at: row.until_at,
            version: row.version,
        })
    });
    Ok(rows.collect())
}

/// Finds a link, also one that has ended.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: LinkId,
) -> sqlx::Result<Option<LinkRow>> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    Ok(list(db, tenant, &filter, 0, 1).await?.pop())
}

/// How many links there are, and how many of them are to be reviewed before a day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Those that have not ended.
    pub current: i64,
    /// Those past their review date among them.
    pub overdue: i64,
    /// Those that have ended.
    pub ended: i64,
}

/// Counts the links.
pub async fn counts(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    today: NaiveDate,
) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"
        select count(*) filter (where until_at is null)                     as "current!",
               count(*) filter (where until_at is null and review_on < $2)  as "overdue!",
               count(*) filter (where until_at is not null)                 as "ended!"
        from link
        where organization_id = $1
        "#,
        tenant.organization_id().0,
        today,
    )
    .fetch_one(db)
    .await
}

/// Adds a link.
#[expect(clippy::too_many_arguments, reason = "one per column")]
pub async fn insert(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: LinkId,
    from: TeamId,
    to: TeamId,
    terms: &Terms,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into link (organization_id, id, kind, from_team_id, to_team_id, purpose, from_liaison_id, to_liaison_id,
                          review_on, from_at, from_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        tenant.organization_id().0,
        id.0,
        terms.kind.word(),
        from.0,
        to.0,
        terms.purpose.as_str(),
        terms.from_liaison.map(|id| id.0),
        terms.to_liaison.map(|id| id.0),
        terms.review_on,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes what is said of a current link; answers whether the version was still the same.
pub async fn update(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: LinkId,
    version: i32,
    terms: &Terms,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update link set kind = $4, purpose = $5, from_liaison_id = $6, to_liaison_id = $7, review_on = $8, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        terms.kind.word(),
        terms.purpose.as_str(),
        terms.from_liaison.map(|id| id.0),
        terms.to_liaison.map(|id| id.0),
        terms.review_on,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a current link; answers whether the version was still the same.
pub async fn end(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: LinkId,
    version: i32,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update link set until_at = greatest($4, from_at), until_event = $5, version = version + 1
        where organization_id = $1 and id = $2 and version = $3 and until_at is null
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
