//! What the pages read: a product group in one statement, and the choices of forms.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::actor::Tenant;
use crate::ids::{ApprenticeshipId, MemberId, MembershipId, ProductId, ServiceId, TeamId, WornId};
use crate::products::domain::{
    ApprenticeDesign, CoachDesign, Finding, GroupHat, LeadDesign, ProductDesign, ServingDesign,
    UxDesign,
};

/// A product with its group, as its pages show it.
#[derive(Debug, Clone)]
pub struct Group {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it is.
    pub description: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// Its WIP policy's word.
    pub policy: String,
    /// How many items it has had.
    pub items: i32,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub ended_reason: String,
    /// Its version.
    pub version: i32,
    /// Who leads it.
    pub lead: MemberId,
    /// Their name.
    pub lead_name: String,
    /// Since when they lead it.
    pub lead_at: DateTime<Utc>,
    /// How many products they lead.
    pub led_products: i64,
    /// How many squads serve these, each counted once.
    pub led_squads: i64,
    /// How many apprentices they have at these.
    pub led_apprentices: i64,
    /// The squads that serve it, by name.
    pub squads: Json<Vec<Serving>>,
    /// The hats of the group, by the names of those who wear them.
    pub hats: Json<Vec<Worn>>,
    /// Who learns here, the longest first.
    pub apprentices: Json<Vec<Apprentice>>,
}

/// A squad that serves a product.
#[derive(Debug, Clone, Deserialize)]
pub struct Serving {
    /// The service.
    pub id: ServiceId,
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Active; forming otherwise.
    pub is_active: bool,
    /// How many items it has in progress at most.
    pub wip_limit: i16,
    /// How many items it learns from at most.
    pub learning_limit: i16,
    /// Its members with the hats of UX or analyst.
    pub worn: Vec<WornInSquad>,
    /// A member by craft a designer.
    pub designer: Option<Designer>,
    /// The other products that it serves.
    pub others: Vec<String>,
}

/// A hat that a member wears in a squad.
#[derive(Debug, Clone, Deserialize)]
pub struct WornInSquad {
    /// Their membership.
    pub membership: MembershipId,
    /// Their name.
    pub name: String,
    /// The hat: "ux" or "analyst".
    pub hat: String,
    /// Their share there, in percent.
    pub share: i16,
}

/// A member by craft a designer.
#[derive(Debug, Clone, Deserialize)]
pub struct Designer {
    /// Their membership.
    pub membership: MembershipId,
    /// Their name.
    pub name: String,
}

/// A hat that somebody wears for the group.
#[derive(Debug, Clone, Deserialize)]
pub struct Worn {
    /// The wearing.
    pub id: WornId,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Which.
    pub hat: GroupHat,
    /// Whether they have the role of a coach.
    pub is_coach: bool,
}

/// Somebody who learns at a product.
#[derive(Debug, Clone, Deserialize)]
pub struct Apprentice {
    /// The apprenticeship.
    pub id: ApprenticeshipId,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Since when.
    pub from_at: DateTime<Utc>,
    /// Whether they may order the backlog.
    pub may_order: bool,
    /// The version of the apprenticeship.
    pub version: i32,
    /// The first day of the learning plan; none without a plan.
    pub starts_on: Option<NaiveDate>,
    /// The last day of practice.
    pub evidence_on: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call_on: Option<NaiveDate>,
}

impl Apprentice {
    /// As the design rules see it.
    pub fn design(&self) -> ApprenticeDesign {
        ApprenticeDesign {
            member: self.member,
            name: self.name.clone(),
            began: self.from_at.date_naive(),
            plan: self.starts_on,
            evidence: self.evidence_on,
            call: self.call_on,
        }
    }
}

impl Serving {
    /// Its members with the hat UX.
    pub fn ux(&self) -> impl Iterator<Item = &WornInSquad> {
        self.worn.iter().filter(|one| one.hat == "ux")
    }

    /// Its members with the hat of an analyst.
    pub fn analysts(&self) -> impl Iterator<Item = &WornInSquad> {
        self.worn.iter().filter(|one| one.hat == "analyst")
    }

    /// As the design rules see it.
    pub fn design(&self) -> ServingDesign {
        let ux = self.ux().map(|one| UxDesign {
            membership: one.membership,
            name: one.name.clone(),
            share: one.share,
        });
        ServingDesign {
            team: self.team,
            name: self.name.clone(),
            ux: ux.collect(),
            has_analyst: self.analysts().next().is_some(),
            designer: self.designer.as_ref().map(|one| (one.membership, one.name.clone())),
            others: self.others.clone(),
        }
    }
}

impl Group {
    /// Who wears a hat for the group.
    pub fn wearing(&self, hat: GroupHat) -> impl Iterator<Item = &Worn> {
        self.hats.iter().filter(move |one| one.hat == hat)
    }

    /// What the design rules say of it, the worst first: P1 to P4.
    pub fn findings(&self, today: NaiveDate) -> Vec<Finding> {
        let mut findings = self.design().findings();
        findings.extend(self.apprentices.iter().flat_map(|one| one.design().findings(today)));
        findings.sort_by_key(|finding| (finding.severity, finding.code));
        findings
    }

    /// As the design rules see it.
    pub fn design(&self) -> ProductDesign {
        let coaches = self.wearing(GroupHat::Coach);
        let coaches =
            coaches.map(|one| CoachDesign { name: one.name.clone(), is_coach: one.is_coach });
        ProductDesign {
            id: self.id,
            name: self.name.clone(),
            lead: LeadDesign {
                member: self.lead,
                name: self.lead_name.clone(),
                products: self.led_products,
                squads: self.led_squads,
                apprentices: self.led_apprentices,
            },
            squads: self.squads.iter().map(Serving::design).collect(),
            analysts: self.wearing(GroupHat::Analyst).count(),
            coaches: coaches.collect(),
        }
    }
}

/// Which products are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// This one, whether it has ended or not.
    pub id: Option<ProductId>,
    /// Those that have ended instead of the others.
    pub ended: bool,
    /// The last line of the page before.
    pub after: Option<ProductId>,
}

/// A page of products by name, each with its group.
pub async fn groups(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Group>> {
    sqlx::query_as!(
        Group,
        r#"
        with page as (
            select p.*
            from product p
            where p.organization_id = $1
              and ($2::uuid is null or p.id = $2)
              and ($2::uuid is not null or (p.ended_at is not null) = $3)
              and ($4::uuid is null
                   or (lower(p.name), p.id) > (select lower(c.name), c.id from product c where c.organization_id = $1 and c.id = $4))
            order by lower(p.name), p.id
            limit $5
        )
        select p.id as "id!: ProductId", p.name as "name!", p.slug as "slug!", p.description as "description!", p.key as "key!",
               p.wip_policy as "policy!", p.items as "items!", p.ended_at, p.ended_reason as "ended_reason!",
               p.version as "version!", p.lead_id as "lead!: MemberId", l.name as "lead_name!", p.lead_at as "lead_at!",
               span.products as "led_products!", span.squads as "led_squads!", span.apprentices as "led_apprentices!",
               coalesce(serving.list, '[]') as "squads!: Json<Vec<Serving>>",
               coalesce(worn.list, '[]') as "hats!: Json<Vec<Worn>>",
               coalesce(learning.list, '[]') as "apprentices!: Json<Vec<Apprentice>>"
        from page p
        join member l on (l.organization_id, l.id) = (p.organization_id, p.lead_id)
        cross join lateral (
            select count(*) as products, coalesce(sum(o.apprentices), 0)::bigint as apprentices,
                   (select count(distinct s.team_id)
                    from product o
                    join product_squad s on (s.organization_id, s.product_id) = (o.organization_id, o.id) and s.until_at is null
                    where o.organization_id = $1 and o.lead_id = p.lead_id and o.ended_at is null) as squads
            from product o
            where o.organization_id = $1 and o.lead_id = p.lead_id and o.ended_at is null
        ) as span
        cross join lateral (
            select jsonb_agg(jsonb_build_object(
                       'id', s.id, 'team', t.id, 'name', t.name, 'slug', t.slug, 'is_active', t.state = 'active',
                       'wip_limit', s.wip_limit, 'learning_limit', s.learning_limit,
                       'worn', coalesce(hats.list, '[]'), 'designer', designer.one, 'others', coalesce(others.list, '[]'))
                       order by lower(t.name), t.id) as list
            from product_squad s
            join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
            cross join lateral (
                select jsonb_agg(jsonb_build_object('membership', ms.id, 'name', m.name, 'hat', lower(h.name),
                                                    'share', ms.allocation) order by ms.allocation desc, lower(m.name), m.id) as list
                from membership ms
                join membership_hat mh on (mh.organization_id, mh.membership_id) = (ms.organization_id, ms.id)
                join hat h on (h.organization_id, h.id) = (mh.organization_id, mh.hat_id) and lower(h.name) in ('ux', 'analyst')
                join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                where ms.organization_id = $1 and ms.team_id = s.team_id and ms.until_at is null
            ) as hats
            left join lateral (
                select jsonb_build_object('membership', ms.id, 'name', m.name) as one
                from membership ms
                join member m on (m.organization_id, m.id) = (ms.organization_id, ms.member_id)
                where ms.organization_id = $1 and ms.team_id = s.team_id and ms.until_at is null and lower(m.discipline) = 'design'
                order by ms.allocation desc, lower(m.name), m.id
                limit 1
            ) as designer on true
            cross join lateral (
                select jsonb_agg(o.name order by lower(o.name), o.id) as list
                from product_squad os
                join product o on (o.organization_id, o.id) = (os.organization_id, os.product_id)
                where os.organization_id = $1 and os.team_id = s.team_id and os.until_at is null and os.product_id <> p.id
            ) as others
            where s.organization_id = $1 and s.product_id = p.id and s.until_at is null
        ) as serving
        cross join lateral (
            select jsonb_agg(jsonb_build_object('id', h.id, 'member', m.id, 'name', m.name, 'hat', h.hat,
                                                'is_coach', 'coach' = any (m.roles) and m.deactivated_at is null)
                             order by lower(m.name), m.id) as list
            from product_hat h
            join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
            where h.organization_id = $1 and h.product_id = p.id and h.until_at is null
        ) as worn
        cross join lateral (
            select jsonb_agg(jsonb_build_object('id', a.id, 'member', m.id, 'name', m.name, 'from_at', a.from_at,
                                                'may_order', a.may_order, 'version', a.version,
                                                'starts_on', v.starts_on, 'evidence_on', v.evidence_on, 'call_on', v.call_on)
                             order by a.from_at, lower(m.name), m.id) as list
            from apprenticeship a
            join apprenticeship_learned v on (v.organization_id, v.apprenticeship_id) = (a.organization_id, a.id)
            join member m on (m.organization_id, m.id) = (a.organization_id, a.member_id)
            where a.organization_id = $1 and a.product_id = p.id and a.until_at is null
        ) as learning
        order by lower(p.name), p.id
        "#,
        tenant.organization_id().0,
        filter.id.map(|id| id.0),
        filter.ended,
        filter.after.map(|id| id.0),
        limit,
    )
    .fetch_all(db)
    .await
}

/// A product with its group, also one that has ended.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    id: ProductId,
) -> sqlx::Result<Option<Group>> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    Ok(groups(db, tenant, &filter, 1).await?.pop())
}

/// A member who can be chosen.
#[derive(Debug, Clone)]
pub struct MemberOption {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// What they are called, or are by craft.
    pub detail: String,
}

/// The members who are there, by name; coaches only, if asked.
pub async fn members(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    coaches: bool,
) -> sqlx::Result<Vec<MemberOption>> {
    sqlx::query_as!(
        MemberOption,
        r#"
        select id as "id: MemberId", name, case when title <> '' then title else discipline end as "detail!"
        from member
        where organization_id = $1 and deactivated_at is null and (not $2 or 'coach' = any (roles))
        order by lower(name), id
        "#,
        tenant.organization_id().0,
        coaches,
    )
    .fetch_all(db)
    .await
}

/// A squad that could serve.
#[derive(Debug, Clone)]
pub struct SquadOption {
    /// Which.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// How many products it serves already.
    pub products: i32,
}

/// The squads that are there and do not serve a product yet, those without any product first.
pub async fn free_squads(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    product: ProductId,
) -> sqlx::Result<Vec<SquadOption>> {
    sqlx::query_as!(
        SquadOption,
        r#"
        select t.id as "id: TeamId", t.name, t.products
        from team t
        where t.organization_id = $1 and t.kind = 'squad' and t.state <> 'dissolved'
          and not exists (select from product_squad s
                          where (s.organization_id, s.team_id) = (t.organization_id, t.id) and s.product_id = $2 and s.until_at is null)
        order by t.products > 0, lower(t.name), t.id
        "#,
        tenant.organization_id().0,
        product.0,
    )
    .fetch_all(db)
    .await
}
