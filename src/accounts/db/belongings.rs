//! The organizations of a user.

use sqlx::PgExecutor;

use crate::ids::{MemberId, UserId};

/// An organization that a user belongs to.
#[derive(Debug, Clone)]
pub struct Belonging {
    pub slug: String,
    pub name: String,
    pub time_zone: String,
    pub roles: Vec<String>,
    pub member: MemberId,
    /// What the frame of its pages counts.
    pub squads: i64,
    pub core_teams: i64,
    pub members: i64,
    pub coaching: i64,
}

/// The organizations of a user, by name.
pub async fn list_belongings(
    db: impl PgExecutor<'_>,
    user: UserId,
) -> sqlx::Result<Vec<Belonging>> {
    sqlx::query_as!(
        Belonging,
        r#"
        select o.slug, o.name, m.time_zone, m.roles, m.id as "member: MemberId",
               n.squads as "squads!", n.core_teams as "core_teams!", n.members as "members!",
               (select count(*) from coaching_request c
                where c.organization_id = m.organization_id and c.state = 'open' and c.coach_id is null) as "coaching!"
        from member m
        join organization o on o.id = m.organization_id
        cross join lateral (
            select coalesce(sum(c.active + c.forming), 0)::bigint as squads, coalesce(sum(c.core_teams), 0)::bigint as core_teams,
                   coalesce(sum(c.members), 0)::bigint as members
            from organization_count c
            where c.organization_id = m.organization_id
        ) as n
        where m.user_id = $1 and m.deactivated_at is null
        order by lower(o.name), o.slug
        "#,
        user.0,
    )
    .fetch_all(db)
    .await
}
