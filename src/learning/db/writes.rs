//! What is written, under the product's lock.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::actor::Tenant;
use crate::ids::{
    ApprenticeshipId, EventId, EvidenceId, FeedbackId, ItemId, MemberId, PlanTemplateId, SignOffId,
    StepId,
};
use crate::learning::domain::{NewEvidence, NewStep, Terms};

/// Holds the product of an apprenticeship until the transaction ends: neither is it handed over meanwhile, nor does the apprenticeship end,
/// nor does anybody else change the plan. Answers whether there is one.
pub async fn hold(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        r#"
        select p.id from product p
        where p.organization_id = $1
          and p.id = (select a.product_id from apprenticeship a where a.organization_id = $1 and a.id = $2)
        for no key update
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
    )
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}

/// Makes a plan.
pub async fn insert_plan(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    terms: &Terms,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into learning_plan (organization_id, apprenticeship_id, starts_on, weeks, focus, squad_id, made_at, made_event)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        terms.starts_on,
        terms.weeks,
        terms.focus.as_str(),
        terms.squad.map(|id| id.0),
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes what a plan says by itself; answers whether the version was still the same.
pub async fn update_plan(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    version: i32,
    terms: &Terms,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update learning_plan set starts_on = $4, weeks = $5, focus = $6, squad_id = $7, version = version + 1
        where organization_id = $1 and apprenticeship_id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        version,
        terms.starts_on,
        terms.weeks,
        terms.focus.as_str(),
        terms.squad.map(|id| id.0),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds steps.
pub async fn insert_steps(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    steps: &[(StepId, NewStep)],
) -> sqlx::Result<()> {
    let ids: Vec<_> = steps.iter().map(|(id, _)| id.0).collect();
    let of = |word: fn(&NewStep) -> String| -> Vec<String> {
        steps.iter().map(|(_, step)| word(step)).collect()
    };
    let (families, rungs) = (of(|it| it.family.word().into()), of(|it| it.rung.word().into()));
    let titles = of(|it| it.title.to_string());
    let targets: Vec<_> = steps.iter().map(|(_, step)| step.target).collect();
    let weeks: Vec<_> = steps.iter().map(|(_, step)| step.week).collect();
    sqlx::query!(
        r#"
        insert into learning_step (organization_id, id, apprenticeship_id, family, title, target, rung, week)
        select $1, s.id, $2, s.family, s.title, s.target, s.rung, s.week
        from unnest($3::uuid[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::smallint[])
             as s (id, family, title, target, rung, week)
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        &ids,
        &families,
        &titles,
        &targets,
        &rungs,
        &weeks,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Changes what a step says; answers whether the version was still the same.
pub async fn update_step(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: StepId,
    version: i32,
    step: &NewStep,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update learning_step set family = $4, title = $5, target = $6, rung = $7, week = $8, version = version + 1
        where organization_id = $1 and id = $2 and version = $3
        "#,
        tenant.organization_id().0,
        id.0,
        version,
        step.family.word(),
        step.title.as_str(),
        step.target,
        step.rung.word(),
        step.week,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a step that nobody has practised; what was said of it is then about the plan. Answers whether the version was still the same.
pub async fn delete_step(
    tx: &mut PgConnection,
    tenant: Tenant,
    id: StepId,
    version: i32,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update learning_feedback set step_id = null where organization_id = $1 and step_id = $2",
        tenant.organization_id().0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    let done = sqlx::query!(
        "delete from learning_step where organization_id = $1 and id = $2 and version = $3",
        tenant.organization_id().0,
        id.0,
        version,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes practice down.
pub async fn insert_evidence(
    tx: &mut PgConnection,
    tenant: Tenant,
    (id, apprenticeship): (EvidenceId, ApprenticeshipId),
    evidence: &NewEvidence,
    item: Option<ItemId>,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into learning_evidence
               (organization_id, id, apprenticeship_id, step_id, on_day, practised, learned, item_id, link, is_call, at, event_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        tenant.organization_id().0,
        id.0,
        apprenticeship.0,
        evidence.step.0,
        evidence.on,
        evidence.practised.as_str(),
        evidence.learned.as_str(),
        item.map(|id| id.0),
        evidence.link.as_str(),
        evidence.is_call,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Signs a step off, on its newest evidence; answers whether there is any.
pub async fn insert_sign_off(
    tx: &mut PgConnection,
    tenant: Tenant,
    step: StepId,
    by: MemberId,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into learning_sign_off (organization_id, id, step_id, evidence_id, by_id, at, event_id)
        select $1, $2, e.step_id, e.id, $4, $5, $6
        from learning_evidence e
        where e.organization_id = $1 and e.step_id = $3
        order by e.on_day desc, e.id desc
        limit 1
        "#,
        tenant.organization_id().0,
        SignOffId::new().0,
        step.0,
        by.0,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a sign-off back; answers whether it stood.
pub async fn take_back(
    tx: &mut PgConnection,
    tenant: Tenant,
    step: StepId,
    reason: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update learning_sign_off set taken_back_at = $4, taken_back_event = $5, taken_back_reason = $3
        where organization_id = $1 and step_id = $2 and standing
        "#,
        tenant.organization_id().0,
        step.0,
        reason,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes the reflection of a week, over the one with `version`; 0 for the first. Answers whether that is the one that is there.
pub async fn write_reflection(
    tx: &mut PgConnection,
    tenant: Tenant,
    (apprenticeship, week): (ApprenticeshipId, i16),
    version: i32,
    text: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<bool> {
    let organization = tenant.organization_id().0;
    let done = if version == 0 {
        sqlx::query!(
            r#"
            insert into learning_reflection (organization_id, apprenticeship_id, week, text, at, event_id)
            values ($1, $2, $3, $4, $5, $6)
            on conflict do nothing
            "#,
            organization,
            apprenticeship.0,
            week,
            text,
            at,
            event.0,
        )
        .execute(tx)
        .await?
    } else {
        sqlx::query!(
            r#"
            update learning_reflection set text = $5, at = $6, event_id = $7, version = version + 1
            where organization_id = $1 and apprenticeship_id = $2 and week = $3 and version = $4
            "#,
            organization,
            apprenticeship.0,
            week,
            version,
            text,
            at,
            event.0,
        )
        .execute(tx)
        .await?
    };
    Ok(done.rows_affected() == 1)
}

/// Asks members for feedback.
pub async fn insert_requests(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    members: &[MemberId],
    about: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    let members: Vec<_> = members.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        insert into learning_request (organization_id, apprenticeship_id, member_id, about, at, event_id)
        select $1, $2, m, $4, $5, $6 from unnest($3::uuid[]) as m
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        &members,
        about,
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps what somebody said, and that they have answered by it.
pub async fn insert_feedback(
    tx: &mut PgConnection,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    (by, text): (MemberId, &str),
    step: Option<StepId>,
    at: DateTime<Utc>,
    event: EventId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with answered as (
            update learning_request set answered_at = $7
            where organization_id = $1 and apprenticeship_id = $3 and member_id = $4 and answered_at is null
        )
        insert into learning_feedback (organization_id, id, apprenticeship_id, by_id, text, step_id, at, event_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        tenant.organization_id().0,
        FeedbackId::new().0,
        apprenticeship.0,
        by.0,
        text,
        step.map(|id| id.0),
        at,
        event.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps a plan for the next apprentice.
pub async fn insert_template(
    tx: &mut PgConnection,
    tenant: Tenant,
    name: &str,
    weeks: i16,
    steps: &[NewStep],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into learning_template (organization_id, id, name, weeks, steps) values ($1, $2, $3, $4, $5)",
        tenant.organization_id().0,
        PlanTemplateId::new().0,
        name,
        weeks,
        Json(steps) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}
