//! Every SQL statement about core teams alone.

use sqlx::{PgConnection, PgExecutor};

use super::domain::CoreTeam;
use crate::actor::Tenant;
use crate::ids::TeamId;

/// Loads a core team and holds its row until the transaction ends.
pub async fn lock(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: TeamId,
) -> sqlx::Result<Option<CoreTeam>> {
    sqlx::query_as!(
        CoreTeam,
        r#"
        select id as "id: TeamId", name, slug, description, state = 'dissolved' as "is_dissolved!",
               member_count as members, version
        from team
        where organization_id = $1 and id = $2 and kind = 'core_team'
        for no key update
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(tx)
    .await
}

/// Finds a core team.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: TeamId,
) -> sqlx::Result<Option<CoreTeam>> {
    sqlx::query_as!(
        CoreTeam,
        r#"
        select id as "id: TeamId", name, slug, description, state = 'dissolved' as "is_dissolved!",
               member_count as members, version
        from team
        where organization_id = $1 and id = $2 and kind = 'core_team'
        "#,
        tenant.organization_id().0,
        id.0,
    )
    .fetch_optional(db)
    .await
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct CoreTeamRow {
    /// The core team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it does for squads.
    pub description: String,
    /// How many members it has.
    pub count: i32,
    /// The first of them by name.
    pub members: Vec<String>,
}

/// Where a page begins: after or before a core team.
#[derive(Debug, Clone, Copy, Default)]
pub enum Cursor {
    /// At the first one.
    #[default]
    Start,
    /// After this one.
    After(TeamId),
    /// Before this one.
    Before(TeamId),
}

/// A page of the core teams whose name or description has `q`; the dissolved ones if `dissolved`, else the others.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    q: Option<&str>,
    dissolved: bool,
    cursor: Cursor,
    limit: i64,
) -> sqlx::Result<Vec<CoreTeamRow>> {
    let (is_back, from) = match cursor {
        Cursor::Start => (false, None),
        Cursor::After(id) => (false, Some(id.0)),
        Cursor::Before(id) => (true, Some(id.0)),
    };
    sqlx::query_as!(
        CoreTeamRow,
        r#"
        with chosen as (
            select t.id, lower(t.name) as sort
            from team t
            where t.organization_id = $1 and t.kind = 'core_team' and (t.state = 'dissolved') = $3
              and ($2::text is null or position(lower($2) in lower(t.name || ' ' || t.description)) > 0)
        ), page as (
            (select id, sort from chosen
             where not $4
               and ($5::uuid is null
                    or (sort, id) > (select lower(c.name), c.id from team c where c.organization_id = $1 and c.id = $5))
             order by sort, id
             limit $6)
            union all
            (select id, sort from chosen
             where $4
               and (sort, id) < (select lower(c.name), c.id from team c where c.organization_id = $1 and c.id = $5)
             order by sort desc, id desc
             limit $6)
        )
        select t.id as "id: TeamId", t.name, t.slug, t.description, t.member_count as count,
               array(select m.name
                     from membership s
                     join member m on (m.organization_id, m.id) = (s.organization_id, s.member_id)
                     where s.organization_id = t.organization_id and s.team_id = t.id and s.until_at is null
                     order by lower(m.name), m.id
                     limit 40) as "members!: Vec<String>"
        from page
        join team t on t.organization_id = $1 and t.id = page.id
        order by page.sort, page.id
        "#,
        tenant.organization_id().0,
        q,
        dissolved,
        is_back,
        from,
        limit,
    )
    .fetch_all(db)
    .await
}
