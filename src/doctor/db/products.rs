//! What is off with products and their groups.

use sqlx::PgExecutor;

/// H3: lead PMs who have left or learn at what they lead, and parts in a product that outlived the product, the squad or the member.
pub async fn leads(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the product %s (%s) has no lead PM: %s (%s) is deactivated', o.slug, p.name, p.id, m.name, m.id) as "off!"
        from product p
        join organization o on o.id = p.organization_id
        join member m on (m.organization_id, m.id) = (p.organization_id, p.lead_id)
        where p.ended_at is null and m.deactivated_at is not null
        union all
        select format('%s: %s (%s) is the lead PM of %s (%s) and an apprentice there', o.slug, m.name, m.id, p.name, p.id)
        from product p
        join organization o on o.id = p.organization_id
        join member m on (m.organization_id, m.id) = (p.organization_id, p.lead_id)
        join apprenticeship a on (a.organization_id, a.product_id, a.member_id) = (p.organization_id, p.id, p.lead_id)
        where p.ended_at is null and a.until_at is null
        union all
        select format('%s: %s (%s) is an apprentice at %s (%s), and one of them is not there any more', o.slug, m.name, m.id, p.name, p.id)
        from apprenticeship a
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        join organization o on o.id = p.organization_id
        join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
        where a.until_at is null and num_nonnulls(p.ended_at, m.deactivated_at) > 0
        union all
        select format('%s: %s (%s) wears a hat of %s (%s), and one of them is not there any more', o.slug, m.name, m.id, p.name, p.id)
        from product_hat h
        join product p on (p.organization_id, p.id) = (h.organization_id, h.product_id)
        join organization o on o.id = p.organization_id
        join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
        where h.until_at is null and num_nonnulls(p.ended_at, m.deactivated_at) > 0
        union all
        select format('%s: the %s %s %s (%s) serves the %s product %s (%s)', o.slug, t.state, replace(t.kind, '_', ' '), t.name, t.id,
                      case when p.ended_at is null then 'current' else 'ended' end, p.name, p.id)
        from product_squad s
        join product p on (p.organization_id, p.id) = (s.organization_id, s.product_id)
        join organization o on o.id = p.organization_id
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        where s.until_at is null and (t.kind <> 'squad' or t.state = 'dissolved' or p.ended_at is not null)
        "#,
    )
    .fetch_all(db)
    .await
}

/// The counts that triggers keep of products, squads and apprentices.
pub async fn product_counts(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with counted (organization_id, id, name, what, kept, is_now) as (
            select p.organization_id, p.id, p.name, 'squads', p.squads,
                   (select count(*) from product_squad s
                    where (s.organization_id, s.product_id) = (p.organization_id, p.id) and s.until_at is null)
            from product p
            union all
            select p.organization_id, p.id, p.name, 'apprentices', p.apprentices,
                   (select count(*) from apprenticeship a
                    where (a.organization_id, a.product_id) = (p.organization_id, p.id) and a.until_at is null)
            from product p
            union all
            select t.organization_id, t.id, t.name, 'products', t.products,
                   (select count(*) from product_squad s
                    where (s.organization_id, s.team_id) = (t.organization_id, t.id) and s.until_at is null)
            from team t
            union all
            select m.organization_id, m.id, m.name, 'products to lead', m.products_led,
                   (select count(*) from product p
                    where (p.organization_id, p.lead_id) = (m.organization_id, m.id) and p.ended_at is null)
            from member m
            union all
            select m.organization_id, m.id, m.name, 'apprenticeships', m.apprenticeships,
                   (select count(*) from apprenticeship a
                    where (a.organization_id, a.member_id) = (m.organization_id, m.id) and a.until_at is null)
            from member m
        )
        select format('%s: %s (%s) counts %s %s and has %s', o.slug, c.name, c.id, c.kept, c.what, c.is_now) as "off!"
        from counted c
        join organization o on o.id = c.organization_id
        where c.kept <> c.is_now
        order by o.slug, c.name, c.id, c.what
        "#,
    )
    .fetch_all(db)
    .await
}

/// Products that are not found under their present address.
pub async fn product_slugs(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: the address %s does not lead to %s (%s)', o.slug, p.slug, p.name, p.id) as "off!"
        from product p
        join organization o on o.id = p.organization_id
        where not exists (select from product_slug s
                          where (s.organization_id, s.slug, s.product_id) = (p.organization_id, p.slug, p.id))
        order by o.slug, p.name, p.id
        "#,
    )
    .fetch_all(db)
    .await
}
