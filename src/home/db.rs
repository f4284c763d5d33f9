//! Every SQL statement about the home page that belongs to no other feature.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::domain::{Backlog, Hand, Standing};
use crate::actor::{Actor, Role, Roles};
use crate::design::{self, Finding, Tally};
use crate::history::Recent;
use crate::ids::{EventId, MemberId, MetricId, ProductId, TeamId};
use crate::metrics::{Aim, Cadence, Goal, MetricName, NewMetric, Unit};
use crate::missions::{Customer, Value};
use crate::skills::STALE_AFTER;

/// The organization's squads as home shows them.
#[derive(Debug, Default)]
pub struct Garden {
    /// Sums over all squads.
    pub totals: Totals,
    /// Those that need somebody most, one's own, and the first of the table, in the order of the table.
    pub squads: Vec<Standing>,
}

/// Sums over all squads that are forming or active.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    /// They.
    pub squads: i64,
    /// Those that are active.
    pub active: i64,
    /// Those with 6 to 10 members.
    pub in_range: i64,
    /// Those with a complete mission.
    pub missions: i64,
    /// Members who are in one.
    pub in_squads: i64,
    /// Findings; what is said of a member counts on the page of each of their squads.
    pub tally: Tally,
    /// Lines that they are worth to somebody who designs.
    pub lines: usize,
    /// Active squads with a breach.
    pub troubled: usize,
    /// Whether the findings of a squad are out of date.
    pub is_stale: bool,
}

impl Garden {
    /// How many things there are for somebody with `roles` in squads that are not here.
    pub fn unseen(&self, roles: Roles) -> usize {
        if roles.may_design() {
            let seen: usize = self.squads.iter().map(Standing::seen).sum();
            self.totals.lines.saturating_sub(seen)
        } else if roles.has(Role::Coach) {
            let seen = self.squads.iter().filter(|squad| squad.is_troubled()).count();
            self.totals.troubled.saturating_sub(seen)
        } else {
            0
        }
    }
}

/// The garden for `actor`: 1 statement. The table has 20 squads; 20 are read to find what needs somebody, more than are shown, since
/// some things are said once of several.
pub async fn garden(
    db: impl PgExecutor<'_>,
    actor: &Actor,
    today: NaiveDate,
) -> sqlx::Result<Garden> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id!: TeamId", name as "name!", slug as "slug!", is_active as "is_active!", members as "members!",
               is_ready as "is_ready!", is_own as "is_own!", is_listed as "is_listed!", breaches as "breaches!",
               warnings as "warnings!", advice as "advice!", findings as "findings!: Json<Vec<Finding>>",
               customer as "customer?: Customer", value as "value?: Value", goal as "goal?: MetricId",
               goal_name as "goal_name?: MetricName", goal_unit as "goal_unit?: Unit", goal_direction as "goal_direction?",
               goal_baseline as "goal_baseline?", goal_target as "goal_target?", goal_high as "goal_high?",
               goal_cadence as "goal_cadence?", goal_values as "goal_values?", all_squads as "all_squads!", all_active as "all_active!",
               all_in_range as "all_in_range!", all_missions as "all_missions!", all_in_squads as "all_in_squads!",
               all_breaches as "all_breaches!", all_warnings as "all_warnings!", all_advice as "all_advice!",
               all_lines as "all_lines!", all_troubled as "all_troubled!", is_stale as "is_stale!"
        from garden_shown($1, $2, $3, $4)
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        design::rules(),
        today,
    )
    .fetch_all(db)
    .await?;
    // Without any squad there are no rows, and nothing to add up.
    let totals = rows.first().map_or_else(Totals::default, Row::totals);
    Ok(Garden { totals, squads: rows.into_iter().map(Row::standing).collect() })
}

/// A squad, beside the sums over all.
#[expect(clippy::struct_excessive_bools, reason = "a row has what the statement says")]
struct Row {
    id: TeamId,
    name: String,
    slug: String,
    is_active: bool,
    members: i32,
    is_ready: bool,
    is_own: bool,
    is_listed: bool,
    breaches: i16,
    warnings: i16,
    advice: i16,
    findings: Json<Vec<Finding>>,
    customer: Option<Customer>,
    value: Option<Value>,
    goal: Option<MetricId>,
    goal_name: Option<MetricName>,
    goal_unit: Option<Unit>,
    goal_direction: Option<String>,
    goal_baseline: Option<f64>,
    goal_target: Option<f64>,
    goal_high: Option<f64>,
    goal_cadence: Option<i32>,
    goal_values: Option<Vec<f64>>,
    all_squads: i64,
    all_active: i64,
    all_in_range: i64,
    all_missions: i64,
    all_in_squads: i64,
    all_breaches: i64,
    all_warnings: i64,
    all_advice: i64,
    all_lines: i64,
    all_troubled: i64,
    is_stale: bool,
}

impl Row {
    fn totals(&self) -> Totals {
        let all = |n: i64| usize::try_from(n).unwrap_or_default();
        Totals {
            squads: self.all_squads,
            active: self.all_active,
            in_range: self.all_in_range,
            missions: self.all_missions,
            in_squads: self.all_in_squads,
            tally: Tally {
                breaches: all(self.all_breaches),
                warnings: all(self.all_warnings),
                advice: all(self.all_advice),
            },
            lines: all(self.all_lines),
            troubled: all(self.all_troubled),
            is_stale: self.is_stale,
        }
    }

    fn standing(self) -> Standing {
        let small = |n: i16| usize::try_from(n).unwrap_or_default();
        let goal = match (self.goal, self.goal_name, self.goal_unit, self.goal_target) {
            (Some(id), Some(name), Some(unit), Some(target)) => {
                let direction = self.goal_direction.unwrap_or_default();
                let aim = Aim::stored(&direction, target, self.goal_high);
                let cadence = Cadence::of_days(self.goal_cadence.unwrap_or_default());
                let metric = NewMetric { name, unit, aim, baseline: self.goal_baseline, cadence };
                Some(Goal { id, metric })
            }
            _ => None,
        };
        Standing {
            id: self.id,
            name: self.name,
            slug: self.slug,
            is_active: self.is_active,
            members: usize::try_from(self.members).unwrap_or_default(),
            is_ready: self.is_ready,
            is_own: self.is_own,
            is_listed: self.is_listed,
            tally: Tally {
                breaches: small(self.breaches),
                warnings: small(self.warnings),
                advice: small(self.advice),
            },
            findings: self.findings.0,
            customer: self.customer,
            value: self.value,
            goal,
            values: self.goal_values.unwrap_or_default(),
        }
    }
}

/// What has happened lately, and how many of one's own skills wait to be looked at.
#[derive(Debug, Default)]
pub struct Glance {
    /// The newest events.
    pub recent: Vec<Recent>,
    /// One's own levels that are stale.
    pub stale_skills: i64,
}

/// A glance at the organization for `actor`.
pub async fn glance(db: impl PgExecutor<'_>, actor: &Actor) -> sqlx::Result<Glance> {
    let stale_before: Option<DateTime<Utc>> = actor.at.checked_sub_months(STALE_AFTER);
    let rows = sqlx::query!(
        r#"
        select stale.n       as "stale!",
               e.id          as "id?: EventId",
               e.at          as "at?",
               e.member_id   as "member_id?: MemberId",
               m.name        as "member_name?",
               e.summary     as "summary?",
               e.reason      as "reason?"
        from (select count(*) as n from member_skill s
              join skill k on (k.organization_id, k.id) = (s.organization_id, s.skill_id) and k.archived_at is null
              where s.organization_id = $1 and s.member_id = $2 and s.level is not null
                and greatest(s.rated_at, s.confirmed_at) <= $3) as stale
        left join lateral (
            select id, at, member_id, summary, reason
            from event
            where organization_id = $1
            order by at desc, id desc
            limit 6
        ) e on true
        left join member m on m.organization_id = $1 and m.id = e.member_id
        order by e.at desc, e.id desc
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        stale_before,
    )
    .fetch_all(db)
    .await?;
    let stale_skills = rows.first().map_or(0, |row| row.stale);
    let recent = rows.into_iter().filter_map(|row| {
        Some(Recent {
            id: row.id?,
            at: row.at?,
            member_id: row.member_id,
            member_name: row.member_name,
            summary: row.summary?,
            reason: row.reason,
        })
    });
    Ok(Glance { recent: recent.collect(), stale_skills })
}

/// The backlogs that are somebody's: those that they lead, those that their squads serve, and for those who design the first by
/// name; 20 at most. One statement, which chooses them first and reads of each no more than is shown or counted.
#[expect(clippy::too_many_lines, reason = "one statement with a column for each fact")]
pub async fn backlogs(
    db: impl PgExecutor<'_>,
    actor: &Actor,
    long_ago: DateTime<Utc>,
) -> sqlx::Result<Vec<Backlog>> {
    let rows = sqlx::query!(
        r#"
        with me as materialized (
            select m.id, m.roles && array['admin', 'leader'] as designs
            from member m where m.organization_id = $1 and m.id = $2
        ), own as materialized (
            select team_id from membership where organization_id = $1 and member_id = $2 and until_at is null
        ), near as materialized (
            select p.id, p.name, p.slug, p.key, p.lead_id
            from (select p.id, 0 as place from product p
                  where p.organization_id = $1 and p.lead_id = $2 and p.ended_at is null
                  union all
                  select ps.product_id, 1 from own
                  join product_squad ps on ps.organization_id = $1 and ps.team_id = own.team_id and ps.until_at is null
                  union all
                  (select p.id, 2 from product p
                   where p.organization_id = $1 and p.ended_at is null and (select designs from me)
                   order by lower(p.name), p.id limit 20)) one
            join product p on p.organization_id = $1 and p.id = one.id and p.ended_at is null
            group by p.organization_id, p.id
            order by min(one.place), lower(p.name), p.id
            limit 20
        )
        select n.id as "id!: ProductId", n.name as "name!", n.slug as "slug!", n.key as "key!", n.lead_id as "lead!: MemberId",
               n.lead_id = $2 as "is_lead!",
               l.name as "lead_name!", span.squads as "led_squads!", span.apprentices as "led_apprentices!",
               serving.without_ux as "without_ux!", serving.over as "over!", serving.analysts as "analysts!",
               hats.analysts as "group_analysts!", hats.coaches as "coaches!",
               (select count(*) from (select from backlog_item i
                                      where i.organization_id = $1 and i.product_id = n.id and i.stage = 'proposed' limit 100) i) as "proposed!",
               (select count(*) from (select from backlog_item i
                                      where i.organization_id = $1 and i.product_id = n.id and i.blocked_at <= $3 limit 100) i) as "blocked!",
               -- In the order of the index: as `exists`, the whole table would be read.
               coalesce((select true from backlog_item i
                         where i.organization_id = $1 and i.product_id = n.id and i.stage = 'ready'
                         order by i.rank limit 1), false) as "is_waiting!",
               coalesce(hand.list, '[]') as "hands!: Json<Vec<Hand>>"
        from near n
        join member l on l.organization_id = $1 and l.id = n.lead_id
        cross join lateral (
            select (select count(distinct s.team_id) from product o
                    join product_squad s on (s.organization_id, s.product_id) = (o.organization_id, o.id) and s.until_at is null
                    where o.organization_id = $1 and o.lead_id = n.lead_id and o.ended_at is null) as squads,
                   coalesce((select sum(o.apprentices) from product o
                             where o.organization_id = $1 and o.lead_id = n.lead_id and o.ended_at is null), 0)::bigint as apprentices
        ) as span
        cross join lateral (
            select count(*) filter (where ps.in_progress > ps.wip_limit) as over,
                   count(*) filter (where not ux.is_there) as without_ux,
                   count(*) filter (where ux.analyses) as analysts
            from product_squad ps
            cross join lateral (
                select coalesce(bool_or(lower(h.name) = 'ux' and ms.allocation >= 50), false) as is_there,
                       coalesce(bool_or(lower(h.name) = 'analyst'), false) as analyses
                from membership ms
                join membership_hat mh on (mh.organization_id, mh.membership_id) = (ms.organization_id, ms.id)
                join hat h on (h.organization_id, h.id) = (mh.organization_id, mh.hat_id)
                where ms.organization_id = $1 and ms.team_id = ps.team_id and ms.until_at is null
            ) as ux
            where ps.organization_id = $1 and ps.product_id = n.id and ps.until_at is null
        ) as serving
        cross join lateral (
            select count(*) filter (where h.hat = 'analyst') as analysts,
                   count(*) filter (where h.hat = 'coach' and 'coach' = any (m.roles) and m.deactivated_at is null) as coaches
            from product_hat h
            join member m on (m.organization_id, m.id) = (h.organization_id, h.member_id)
            where h.organization_id = $1 and h.product_id = n.id and h.until_at is null
        ) as hats
        cross join lateral (
            select jsonb_agg(jsonb_build_object(
                       'squad', t.id, 'slug', t.slug, 'in_progress', ps.in_progress, 'expedite', ps.expedite, 'learning', ps.learning,
                       'wip_limit', ps.wip_limit, 'learning_limit', ps.learning_limit, 'items', coalesce(held.list, '[]'))
                       order by lower(t.name), t.id) as list
            from own
            join product_squad ps on ps.organization_id = $1 and ps.team_id = own.team_id and ps.product_id = n.id and ps.until_at is null
            join team t on t.organization_id = $1 and t.id = own.team_id
            cross join lateral (
                select jsonb_agg(jsonb_build_object('number', i.number, 'title', i.title, 'learning', i.stage = 'learning',
                                                    'blocked', i.blocked_at is not null) order by i.stage, i.stage_at, i.number) as list
                from (select h.* from backlog_item h
                      where h.organization_id = $1 and h.product_id = n.id and h.squad_id = own.team_id
                        and h.stage in ('in_progress', 'learning')
                      order by h.stage, h.stage_at, h.id limit 10) i
            ) as held
        ) as hand
        order by n.lead_id = $2 desc, lower(n.name), n.id
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        long_ago,
    )
    .fetch_all(db)
    .await?;
    let all = |n: i64| usize::try_from(n).unwrap_or_default();
    let backlogs = rows.into_iter().map(|row| Backlog {
        id: row.id,
        name: row.name,
        slug: row.slug,
        key: row.key,
        is_lead: row.is_lead,
        lead: row.lead,
        lead_name: row.lead_name,
        led_squads: row.led_squads,
        led_apprentices: row.led_apprentices,
        without_ux: all(row.without_ux),
        has_analyst: row.analysts + row.group_analysts > 0,
        has_coach: row.coaches > 0,
        over: all(row.over),
        proposed: all(row.proposed),
        blocked: all(row.blocked),
        is_waiting: row.is_waiting,
        hands: row.hands.0,
    });
    Ok(backlogs.collect())
}
