//! Metrics and their check-ins.

use sqlx::PgExecutor;

/// What check-ins and the metrics that they belong to say of one another.
pub async fn checked_in(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the metric %s (%s) was checked in last at %s, and says %s', o.slug, m.name, m.id,
                      coalesce(n.at::text, 'no time'), coalesce(m.checked_at::text, 'no time')) as "off!"
        from metric m
        join organization o on o.id = m.organization_id
        cross join lateral (select max(s.at) as at from check_in_standing s
                            where (s.organization_id, s.metric_id) = (m.organization_id, m.id)) n
        where m.checked_at is distinct from n.at
        union all
        select format('%s: a check-in of the metric %s (%s) came in after its end', o.slug, m.name, m.id)
        from check_in c
        join metric m on (m.organization_id, m.id) = (c.organization_id, c.metric_id)
        join organization o on o.id = c.organization_id
        where c.corrects_id is null and c.entered_at > m.ended_at
        union all
        select format('%s: the event of a check-in of the metric %s (%s) tells of something else', o.slug, m.name, m.id)
        from check_in c
        join metric m on (m.organization_id, m.id) = (c.organization_id, c.metric_id)
        join organization o on o.id = c.organization_id
        join event e on (e.organization_id, e.id) = (c.organization_id, c.event_id)
        where not e.subjects @> array[c.metric_id, c.id]
        union all
        select format('%s: the token %s (%s) is written down as a token, and not as its hash', o.slug, k.name, k.id)
        from metric_token k
        join organization o on o.id = k.organization_id
        where octet_length(k.token_hash) <> 32
        order by 1
        "#,
    )
    .fetch_all(db)
    .await
}
