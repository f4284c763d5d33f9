//! The doctor's statements about backlogs.

use sqlx::PgExecutor;

/// H2: one order per product, under numbers that the product has given.
pub async fn orders(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: %s-%s (%s) %s', o.slug, p.key, i.number, i.id, off.what) as "off!"
        from backlog_item i
        join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id)
        join organization o on o.id = i.organization_id
        cross join lateral (
            select 'shares its rank with another' as what
            where exists (select from backlog_item x
                          where x.organization_id = i.organization_id and x.product_id = i.product_id and x.rank = i.rank and x.id <> i.id)
            union all
            select 'shares its number with another'
            where exists (select from backlog_item x
                          where x.organization_id = i.organization_id and x.product_id = i.product_id and x.number = i.number and x.id <> i.id)
            union all
            select 'has a number that its product has not given' where i.number > p.items
            union all
            select 'has a rank that is none' where i.rank !~ '^[0-9A-Za-z]{8,63}$'
        ) as off
        order by o.slug, p.key, i.number
        "#,
    )
    .fetch_all(db)
    .await
}

/// H4: who holds what, by the steps that were taken, and by whom.
pub async fn holders(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: %s-%s (%s) %s', o.slug, p.key, i.number, i.id, off.what) as "off!"
        from backlog_item i
        join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id)
        join organization o on o.id = i.organization_id
        cross join lateral (
            select 'is held by a squad that does not serve the product' as what
            where i.stage in ('in_progress', 'learning')
              and not exists (select from product_squad s
                              where s.organization_id = i.organization_id and s.product_id = i.product_id and s.team_id = i.squad_id
                                and s.until_at is null)
            union all
            select 'is held by a squad before it is pulled' where i.stage in ('proposed', 'ready', 'dropped') and i.squad_id is not null
            union all
            select 'stands where no step led it'
            where i.stage is distinct from (select t.to_stage from backlog_transition t
                                            where t.organization_id = i.organization_id and t.item_id = i.id
                                            order by t.at desc, t.event_id = i.stage_event desc limit 1)
            union all
            select 'was taken a step by somebody who was not in the squad'
            where exists (select from backlog_transition t
                          join event e on (e.organization_id, e.id) = (t.organization_id, t.event_id)
                          where t.organization_id = i.organization_id and t.item_id = i.id and t.squad_id is not null and t.from_stage is not null
                            and not exists (select from membership m
                                            where m.organization_id = t.organization_id and m.team_id = t.squad_id and m.member_id = e.member_id
                                              and m.from_at <= t.at and (m.until_at is null or m.until_at >= t.at)))
        ) as off
        order by o.slug, p.key, i.number
        "#,
    )
    .fetch_all(db)
    .await
}

/// What squads have in hand, counted again.
pub async fn in_hand(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: %s has %s, %s and %s of %s in hand, and %s, %s and %s are counted', o.slug, t.name,
                      n.in_progress, n.expedite, n.learning, p.name, s.in_progress, s.expedite, s.learning) as "off!"
        from product_squad s
        join organization o on o.id = s.organization_id
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
        cross join lateral (
            select count(*) filter (where i.stage = 'in_progress' and i.class = 'standard') as in_progress,
                   count(*) filter (where i.stage = 'in_progress' and i.class = 'expedite') as expedite,
                   count(*) filter (where i.stage = 'learning')                             as learning
            from backlog_item i
            where i.organization_id = s.organization_id and i.product_id = s.product_id and i.squad_id = s.team_id and s.until_at is null
        ) as n
        where (n.in_progress, n.expedite, n.learning) is distinct from (s.in_progress, s.expedite, s.learning)
           or n.expedite > 1
        order by o.slug, t.name, p.name
        "#,
    )
    .fetch_all(db)
    .await
}
