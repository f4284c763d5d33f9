//! The doctor's statements about health checks.

use sqlx::PgExecutor;

/// H6: what a closing leaves behind, and what it does not.
pub async fn secrecy(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the health check %s of %s (%s) %s', o.slug, r.label, t.name, r.id, off.what) as "off!"
        from health_round r
        join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id)
        join organization o on o.id = r.organization_id
        cross join lateral (
            select 'is closed and still has ballots' as what
            where r.closed_at is not null and exists (select from health_ballot b where (b.organization_id, b.round_id) = (r.organization_id, r.id))
            union all
            select 'is closed and its secret is still there'
            where r.closed_at is not null and exists (select from health_round_secret s where (s.organization_id, s.round_id) = (r.organization_id, r.id))
            union all
            select 'is open and has no secret'
            where r.closed_at is null and not exists (select from health_round_secret s where (s.organization_id, s.round_id) = (r.organization_id, r.id))
            union all
            select 'is shown with too few answers, or hidden with enough' where r.is_shown <> (r.answered >= r.threshold)
            union all
            select 'has results that nobody may see'
            where r.is_shown is not true and exists (select from health_result x where (x.organization_id, x.round_id) = (r.organization_id, r.id))
            union all
            select 'has a result of too few answers'
            where exists (select from health_result x
                          where (x.organization_id, x.round_id) = (r.organization_id, r.id)
                            and (x.green + x.amber + x.red < r.threshold or x.better + x.same + x.worse between 1 and r.threshold - 1))
            union all
            select 'has a result of more answers than were given'
            where exists (select from health_result x
                          where (x.organization_id, x.round_id) = (r.organization_id, r.id) and x.green + x.amber + x.red > r.answered)
            union all
            select 'was announced as anonymous and has answers with names'
            where r.mode = 'anonymous' and exists (select from health_open_answer a where (a.organization_id, a.round_id) = (r.organization_id, r.id))
            union all
            select 'has more than two actions'
            where (select count(*) from health_action a where (a.organization_id, a.round_id) = (r.organization_id, r.id)) > 2
        ) as off
        order by o.slug, t.name, r.opened_at, off.what
        "#,
    )
    .fetch_all(db)
    .await
}
