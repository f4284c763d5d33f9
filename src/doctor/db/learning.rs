//! What is off with what apprentices learn.

use sqlx::PgExecutor;

/// Sign-offs by the apprentice, practice on an item of another product or on a day that was not, weeks after the end of a plan, and
/// events that tell what a reflection says.
pub async fn learned(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s: a step of the apprenticeship %s is signed off by the apprentice (%s)', o.slug, a.id, s.id) as "off!"
        from learning_sign_off f
        join learning_step s on (s.organization_id, s.id) = (f.organization_id, f.step_id)
        join apprenticeship a on (a.organization_id, a.id) = (s.organization_id, s.apprenticeship_id)
        join organization o on o.id = f.organization_id
        where f.by_id = a.member_id
        union all
        select format('%s: practice of the apprenticeship %s (%s) is about an item of another product', o.slug, a.id, e.id)
        from learning_evidence e
        join apprenticeship a on (a.organization_id, a.id) = (e.organization_id, e.apprenticeship_id)
        join backlog_item i on (i.organization_id, i.id) = (e.organization_id, e.item_id)
        join organization o on o.id = e.organization_id
        where i.product_id <> a.product_id
        union all
        select format('%s: practice of the apprenticeship %s (%s) is on a day before it began or after it was written down', o.slug, a.id, e.id)
        from learning_evidence e
        join apprenticeship a on (a.organization_id, a.id) = (e.organization_id, e.apprenticeship_id)
        join organization o on o.id = e.organization_id
        -- Days are those of whoever wrote, and a day is somewhere begun earlier and ended later.
        where e.on_day < (a.from_at - interval '1 day')::date or e.on_day > (e.at + interval '1 day')::date
        union all
        select format('%s: a customer call of the apprenticeship %s (%s) is practice of another family', o.slug, e.apprenticeship_id, e.id)
        from learning_evidence e
        join learning_step s on (s.organization_id, s.id) = (e.organization_id, e.step_id)
        join organization o on o.id = e.organization_id
        where e.is_call and s.family <> 'calls'
        union all
        select format('%s: a step of the apprenticeship %s (%s) is planned for after the end of the plan', o.slug, p.apprenticeship_id, s.id)
        from learning_step s
        join learning_plan p on (p.organization_id, p.apprenticeship_id) = (s.organization_id, s.apprenticeship_id)
        join organization o on o.id = s.organization_id
        where s.week > p.weeks
        union all
        select format('%s: an event (%s) tells what a reflection of the apprenticeship %s says', o.slug, v.id, r.apprenticeship_id)
        from learning_reflection r
        join event v on (v.organization_id, v.id) = (r.organization_id, r.event_id)
        join organization o on o.id = r.organization_id
        where num_nonnulls(v.before, v.after, v.reason) > 0
        "#,
    )
    .fetch_all(db)
    .await
}
