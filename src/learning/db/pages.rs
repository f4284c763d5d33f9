//! What the pages and the use cases read.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::actor::Tenant;
use crate::ids::{
    ApprenticeshipId, EvidenceId, FeedbackId, ItemId, MemberId, PlanTemplateId, ProductId, StepId,
    TeamId,
};
use crate::learning::domain::{Family, NewStep, Rung, StepState, StepTitle};

/// An apprenticeship with its product and its plan, as far as there is one.
#[derive(Debug, Clone)]
pub struct Learner {
    /// The apprenticeship.
    pub id: ApprenticeshipId,
    /// The product.
    pub product: ProductId,
    /// Its name.
    pub product_name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// Who leads it now, and is the master.
    pub lead: MemberId,
    /// Their name.
    pub lead_name: String,
    /// Who learns.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// When it began.
    pub from_at: DateTime<Utc>,
    /// When it ended.
    pub until_at: Option<DateTime<Utc>>,
    /// What came of it: the outcome's word.
    pub outcome: Option<String>,
    /// Whether another apprenticeship of the same member at the product is the one of their address.
    pub is_earlier: bool,
    /// The first day of the plan; none without a plan.
    pub starts_on: Option<NaiveDate>,
    /// How many weeks it has.
    pub weeks: Option<i16>,
    /// What it is about.
    pub focus: Option<String>,
    /// The squad in whose work is learned.
    pub squad: Option<TeamId>,
    /// Its name.
    pub squad_name: Option<String>,
    /// Its word in addresses.
    pub squad_slug: Option<String>,
    /// The version of the plan.
    pub version: Option<i32>,
    /// The last day of practice.
    pub evidence_on: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call_on: Option<NaiveDate>,
    /// Whom they asked for feedback and who has not answered yet.
    pub asked: Json<Vec<Asked>>,
}

/// Somebody who was asked for feedback.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// What it is about.
    pub about: String,
}

/// Which apprenticeship is meant.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// This one.
    Id(ApprenticeshipId),
    /// As an address says: the product by one of its words or its id, and the member, whose present or else last apprenticeship there
    /// is meant; or an apprenticeship of its own.
    At(&'a str, &'a str),
}

/// Finds an apprenticeship, also one that has ended.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    which: Which<'_>,
) -> sqlx::Result<Option<Learner>> {
    let (id, product, learner) = match which {
        Which::Id(id) => (Some(id.0), "", None),
        Which::At(product, learner) => match learner.parse::<uuid::Uuid>() {
            Ok(learner) => (None, product, Some(learner)),
            Err(_) => return Ok(None),
        },
    };
    sqlx::query_as!(
        Learner,
        r#"
        select a.id as "id: ApprenticeshipId", p.id as "product: ProductId", p.name as product_name, p.slug, p.key,
               p.lead_id as "lead: MemberId", l.name as lead_name, m.id as "member: MemberId", m.name, a.from_at, a.until_at, a.outcome,
               exists (select from apprenticeship o
                       where (o.organization_id, o.product_id, o.member_id) = (a.organization_id, a.product_id, a.member_id)
                         and a.until_at is not null and (o.until_at is null or o.from_at > a.from_at)) as "is_earlier!",
               n.starts_on as "starts_on?", n.weeks as "weeks?", n.focus as "focus?", n.squad_id as "squad?: TeamId",
               t.name as "squad_name?", t.slug as "squad_slug?", n.version as "version?", v.evidence_on, v.call_on,
               coalesce((select jsonb_agg(jsonb_build_object('member', q.member_id, 'name', w.name, 'about', q.about) order by q.at, q.event_id)
                         from learning_request q
                         join member w on (w.organization_id, w.id) = (q.organization_id, q.member_id)
                         where (q.organization_id, q.apprenticeship_id) = (a.organization_id, a.id) and q.answered_at is null),
                        '[]') as "asked!: Json<Vec<Asked>>"
        from apprenticeship a
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        join member l on (l.organization_id, l.id) = (p.organization_id, p.lead_id)
        join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
        join apprenticeship_learned v on (v.organization_id, v.apprenticeship_id) = (a.organization_id, a.id)
        left join learning_plan n on (n.organization_id, n.apprenticeship_id) = (a.organization_id, a.id)
        left join team t on (t.organization_id, t.id) = (n.organization_id, n.squad_id)
        where a.organization_id = $1
          and case when $2::uuid is not null then a.id = $2
                   else a.product_id = coalesce($5, (select s.product_id from product_slug s where s.organization_id = $1 and s.slug = $3))
                        and (a.id = $4 or a.member_id = $4) end
        order by (a.id = $4) desc, a.until_at is null desc, a.from_at desc
        limit 1
        "#,
        tenant.organization_id().0,
        id,
        product,
        learner,
        product.parse::<uuid::Uuid>().ok(),
    )
    .fetch_optional(db)
    .await
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct Line {
    /// The apprenticeship.
    pub id: ApprenticeshipId,
    /// The product.
    pub product_name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Who leads it.
    pub lead: MemberId,
    /// Their name.
    pub lead_name: String,
    /// Who learns.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// When it began.
    pub from_at: DateTime<Utc>,
    /// When it ended.
    pub until_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Option<String>,
    /// The first day of the plan; none without a plan.
    pub starts_on: Option<NaiveDate>,
    /// How many weeks it has.
    pub weeks: Option<i16>,
    /// The last day of practice.
    pub evidence_on: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call_on: Option<NaiveDate>,
}

/// A page of apprenticeships by product and name. Nothing in it tells how far somebody is (H9).
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    is_ended: bool,
    after: Option<ApprenticeshipId>,
    limit: i64,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select a.id as "id: ApprenticeshipId", p.name as product_name, p.slug, p.lead_id as "lead: MemberId", l.name as lead_name,
               m.id as "member: MemberId", m.name, a.from_at, a.until_at, a.outcome, n.starts_on as "starts_on?", n.weeks as "weeks?",
               v.evidence_on, v.call_on
        from apprenticeship a
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        join member l on (l.organization_id, l.id) = (p.organization_id, p.lead_id)
        join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
        join apprenticeship_learned v on (v.organization_id, v.apprenticeship_id) = (a.organization_id, a.id)
        left join learning_plan n on (n.organization_id, n.apprenticeship_id) = (a.organization_id, a.id)
        where a.organization_id = $1 and (a.until_at is not null) = $2
          and ($3::uuid is null
               or (lower(p.name), lower(m.name), a.id) >
                  (select lower(cp.name), lower(cm.name), c.id
                   from apprenticeship c
                   join product cp on (cp.organization_id, cp.id) = (c.organization_id, c.product_id)
                   join member cm on (cm.organization_id, cm.id) = (c.organization_id, c.member_id)
                   where c.organization_id = $1 and c.id = $3))
        order by lower(p.name), lower(m.name), a.id
        limit $4
        "#,
        tenant.organization_id().0,
        is_ended,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await
}

/// A step of a plan with how far it is.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// What it says and how far it is.
    pub state: StepState,
    /// When it was signed off.
    pub signed_at: Option<DateTime<Utc>>,
    /// By whom.
    pub signed_by: Option<String>,
    /// Its version.
    pub version: i32,
}

/// The steps of a plan by week.
pub async fn steps(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
) -> sqlx::Result<Vec<StepRow>> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id: StepId", s.family, s.title as "title: StepTitle", s.target, s.rung, s.week, s.version,
               (select count(*) from learning_evidence e where (e.organization_id, e.step_id) = (s.organization_id, s.id)) as "practised!",
               o.at as "signed_at?", b.name as "signed_by?"
        from learning_step s
        left join learning_sign_off o on (o.organization_id, o.step_id) = (s.organization_id, s.id) and o.standing
        left join member b on (b.organization_id, b.id) = (o.organization_id, o.by_id)
        where s.organization_id = $1 and s.apprenticeship_id = $2
        order by s.week, s.id
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
    )
    .fetch_all(db)
    .await?;
    let steps = rows.into_iter().map(|row| {
        let says = NewStep {
            family: Family::from(row.family),
            title: row.title,
            target: row.target,
            rung: Rung::from(row.rung),
            week: row.week,
        };
        let is_signed = row.signed_at.is_some();
        StepRow {
            state: StepState { id: row.id, says, practised: row.practised, is_signed },
            signed_at: row.signed_at,
            signed_by: row.signed_by,
            version: row.version,
        }
    });
    Ok(steps.collect())
}

/// Practice, as it is shown.
#[derive(Debug, Clone)]
pub struct EvidenceRow {
    /// Which.
    pub id: EvidenceId,
    /// When.
    pub on_day: NaiveDate,
    /// The step.
    pub step: StepId,
    /// What the step says.
    pub title: String,
    /// Its family.
    pub family: String,
    /// What was practised.
    pub practised: String,
    /// What was learned.
    pub learned: String,
    /// The number of the item that it was about.
    pub item: Option<i32>,
    /// What the item is about.
    pub item_title: Option<String>,
    /// Where it can be looked at.
    pub link: String,
    /// Whether it was a customer call.
    pub is_call: bool,
    /// How many there are in all.
    pub all: i64,
}

/// A part of the practice log, the newest first.
pub async fn evidence(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    step: Option<StepId>,
    after: Option<EvidenceId>,
    limit: i64,
) -> sqlx::Result<Vec<EvidenceRow>> {
    sqlx::query_as!(
        EvidenceRow,
        r#"
        select e.id as "id: EvidenceId", e.on_day, e.step_id as "step: StepId", s.title, s.family, e.practised, e.learned,
               i.number as "item?", i.title as "item_title?", e.link, e.is_call,
               (select count(*) from learning_evidence x where x.organization_id = $1 and x.apprenticeship_id = $2) as "all!"
        from learning_evidence e
        join learning_step s on (s.organization_id, s.id) = (e.organization_id, e.step_id)
        left join backlog_item i on (i.organization_id, i.id) = (e.organization_id, e.item_id)
        where e.organization_id = $1 and e.apprenticeship_id = $2 and ($3::uuid is null or e.step_id = $3)
          and ($4::uuid is null
               or (e.on_day, e.id) < (select c.on_day, c.id from learning_evidence c
                                      where c.organization_id = $1 and c.apprenticeship_id = $2 and c.id = $4))
        order by e.on_day desc, e.id desc
        limit $5
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        step.map(|id| id.0),
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await
}

/// What somebody said.
#[derive(Debug, Clone)]
pub struct FeedbackRow {
    /// Which.
    pub id: FeedbackId,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
    /// The step that it is about.
    pub title: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// How many there are in all.
    pub all: i64,
}

/// A part of the feedback, the newest first.
pub async fn feedback(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    step: Option<StepId>,
    after: Option<FeedbackId>,
    limit: i64,
) -> sqlx::Result<Vec<FeedbackRow>> {
    sqlx::query_as!(
        FeedbackRow,
        r#"
        select f.id as "id: FeedbackId", m.name as by, f.text, s.title as "title?", f.at,
               (select count(*) from learning_feedback x where x.organization_id = $1 and x.apprenticeship_id = $2) as "all!"
        from learning_feedback f
        join member m on (m.organization_id, m.id) = (f.organization_id, f.by_id)
        left join learning_step s on (s.organization_id, s.id) = (f.organization_id, f.step_id)
        where f.organization_id = $1 and f.apprenticeship_id = $2 and ($3::uuid is null or f.step_id = $3)
          and ($4::uuid is null
               or (f.at, f.id) < (select c.at, c.id from learning_feedback c
                                  where c.organization_id = $1 and c.apprenticeship_id = $2 and c.id = $4))
        order by f.at desc, f.id desc
        limit $5
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        step.map(|id| id.0),
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await
}

/// A reflection.
#[derive(Debug, Clone)]
pub struct ReflectionRow {
    /// Of which week.
    pub week: i16,
    /// What it says.
    pub text: String,
    /// Its version.
    pub version: i32,
}

/// The reflections of an apprenticeship, the newest first, or that of one week: for the apprentice and whoever leads the product now.
/// To everybody else there are none.
pub async fn reflections(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    apprenticeship: ApprenticeshipId,
    reader: MemberId,
    week: Option<i16>,
) -> sqlx::Result<Vec<ReflectionRow>> {
    sqlx::query_as!(
        ReflectionRow,
        r#"
        select r.week, r.text, r.version
        from learning_reflection r
        join apprenticeship a on (a.organization_id, a.id) = (r.organization_id, r.apprenticeship_id)
        join product p on (p.organization_id, p.id) = (a.organization_id, a.product_id)
        where r.organization_id = $1 and r.apprenticeship_id = $2 and ($4::smallint is null or r.week = $4)
          and $3 in (a.member_id, p.lead_id)
        order by r.week desc
        "#,
        tenant.organization_id().0,
        apprenticeship.0,
        reader.0,
        week,
    )
    .fetch_all(db)
    .await
}

/// A member who can be asked.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Who.
    pub id: uuid::Uuid,
    /// The name.
    pub name: String,
}

/// Whom an apprentice can ask: the product's lead PM, who wears a hat of the group, the members of the squads that serve, coaches.
pub async fn askable(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    except: MemberId,
) -> sqlx::Result<Vec<Choice>> {
    sqlx::query_as!(
        Choice,
        r#"
        select m.id, m.name
        from member m
        where m.organization_id = $1 and m.deactivated_at is null and m.id <> $3
          and ('coach' = any (m.roles)
               or m.id in (select p.lead_id from product p where p.organization_id = $1 and p.id = $2
                           union all
                           select h.member_id from product_hat h
                           where h.organization_id = $1 and h.product_id = $2 and h.until_at is null
                           union all
                           select ms.member_id from product_squad s
                           join membership ms on (ms.organization_id, ms.team_id) = (s.organization_id, s.team_id) and ms.until_at is null
                           where s.organization_id = $1 and s.product_id = $2 and s.standing))
        order by lower(m.name), m.id
        limit 200
        "#,
        tenant.organization_id().0,
        product.0,
        except.0,
    )
    .fetch_all(db)
    .await
}

/// A kept plan.
#[derive(Debug, Clone)]
pub struct TemplateRow {
    /// Which.
    pub id: PlanTemplateId,
    /// What it is called.
    pub name: String,
    /// How many weeks its plan had.
    pub weeks: i16,
    /// Its steps.
    pub steps: Json<Vec<NewStep>>,
}

/// The kept plans, by name; one of them, if asked.
pub async fn templates(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: Option<PlanTemplateId>,
) -> sqlx::Result<Vec<TemplateRow>> {
    sqlx::query_as!(
        TemplateRow,
        r#"
        select id as "id: PlanTemplateId", name, weeks, steps as "steps: Json<Vec<NewStep>>"
        from learning_template
        where organization_id = $1 and ($2::uuid is null or id = $2)
        order by lower(name), id
        "#,
        tenant.organization_id().0,
        id.map(|id| id.0),
    )
    .fetch_all(db)
    .await
}

/// The item of a product with a number.
pub async fn item(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
    number: i32,
) -> sqlx::Result<Option<ItemId>> {
    sqlx::query_scalar!(
        r#"select id as "id: ItemId" from backlog_item where organization_id = $1 and product_id = $2 and number = $3"#,
        tenant.organization_id().0,
        product.0,
        number,
    )
    .fetch_optional(db)
    .await
}
