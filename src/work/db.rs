//! Every SQL statement of My work that belongs to no other feature.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use super::domain::{InFlow, Late, Learner, Opinion, OwnPlan, Talk, Vote, Watched};
use crate::actor::{Actor, Role};
use crate::flow::{FINDING_WEEKS, NARROW_WEEKS, View};
use crate::health_board::{Board, Column, Row};
use crate::ids::{DimensionId, HealthActionId, MemberId, RoundId, TeamId};

/// What one person is asked for, beside coaching and check-ins.
#[derive(Debug, Default)]
pub struct Asked {
    /// Health checks in which they have not answered everything, the first to close first.
    pub votes: Vec<Vote>,
    /// Apprentices who have asked them for feedback.
    pub opinions: Vec<Opinion>,
    /// Health checks of their squads whose results wait to be talked about.
    pub talks: Vec<Talk>,
    /// Actions of their squads whose day has passed.
    pub late: Vec<Late>,
    /// How the squads see themselves, for a coach.
    pub watched: Vec<Watched>,
    /// The plans by which they learn themselves.
    pub plans: Vec<OwnPlan>,
    /// The apprentices of the products that they lead.
    pub learners: Vec<Learner>,
    /// The flow of these products.
    pub flows: Vec<InFlow>,
}

/// A line of the statement. What the columns hold depends on the kind; what a kind has beside them is in `facts`.
struct Line {
    kind: String,
    slug: String,
    who: String,
    round: Option<RoundId>,
    id: Option<Uuid>,
    about: String,
    at: DateTime<Utc>,
    n: i64,
    of: i64,
    facts: Option<Json<Facts>>,
    dimensions: Option<Vec<DimensionId>>,
    cells: Option<Vec<u8>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facts {
    actions: i64,
    pack: Option<Uuid>,
    plan: Option<NaiveDate>,
    evidence: Option<NaiveDate>,
    call: Option<NaiveDate>,
    steps: Vec<super::domain::OpenStep>,
    reflected: Vec<i64>,
    ready: usize,
    cycles: Vec<i64>,
    held: Vec<super::domain::HeldItem>,
    squads: Vec<super::domain::Puller>,
}

/// Results that nobody has talked about for so many days are no news any more.
const TALK_DAYS: u64 = 28;

/// What `actor` is asked for; one statement. Of a round that is open it is known how many questions they have answered themselves,
/// and nothing of what (H6). For coaches it has the rounds of this month and the last one that have something to compare with, of
/// squads that nobody helps yet; for apprentices what is open in their own plans, for lead PMs the plans of their apprentices, and what P4,
/// B1 and B2 are said from.
#[expect(clippy::too_many_lines, reason = "one statement with a part for each kind")]
pub async fn asked(
    db: impl PgExecutor<'_>,
    actor: &Actor,
    today: NaiveDate,
) -> sqlx::Result<Asked> {
    let day = actor.at.date_naive();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let finished_since = midnight(View::weeks(FINDING_WEEKS, day, None).from);
    // The day after the last one that is too long ago.
    let narrow_since = midnight(day - Days::new(7 * NARROW_WEEKS) + Days::new(1));
    let closed_since = actor.at - Days::new(TALK_DAYS);
    let month = day.with_day(1).unwrap_or(day) - chrono::Months::new(1);
    let rows = sqlx::query_as!(
        Line,
        r#"
        with own as materialized (
            select t.id, t.slug, t.name
            from membership x
            join team t on t.organization_id = $1 and t.id = x.team_id
            where x.organization_id = $1 and x.member_id = $2 and x.until_at is null
        ), led as materialized (
            select id, slug, name, key from product
            where organization_id = $1 and lead_id = $2 and ended_at is null
            order by lower(name), id limit 20
        )
        (select 'vote' as "kind!", own.slug as "slug!", own.name as "who!", r.id as "round?: RoundId", null::uuid as "id?", r.label as "about!",
                r.closes_at as "at!", given.n as "n!", asked.n as "of!", null::jsonb as "facts?: Json<Facts>",
                null::uuid[] as "dimensions?: Vec<DimensionId>", null::bytea as "cells?"
         from own
         join health_round r on r.organization_id = $1 and r.team_id = own.id and r.closed_at is null and r.closes_at > $3
         join health_round_secret s on s.organization_id = $1 and s.round_id = r.id
         cross join lateral (select count(*) as n from health_round_dimension d where d.organization_id = $1 and d.round_id = r.id) as asked
         cross join lateral (select count(*) as n from health_ballot b
                             where b.organization_id = $1 and b.round_id = r.id and b.key = health_ballot_key(s.secret, $2)) as given
         where given.n < asked.n
         order by r.closes_at, r.id
         limit 10)
        union all
        (select 'opinion', p.slug, m.name, null, m.id, q.about, q.at, 0, 0, null, null, null
         from learning_request q
         join apprenticeship a on a.organization_id = $1 and a.id = q.apprenticeship_id and a.until_at is null
         join product p on p.organization_id = $1 and p.id = a.product_id
         join member m on m.organization_id = $1 and m.id = a.member_id
         where q.organization_id = $1 and q.member_id = $2 and q.answered_at is null
         order by q.at
         limit 10)
        union all
        (select 'talk', own.slug, own.name, r.id, null, r.label, r.closed_at, said.agreed, said.n,
                jsonb_build_object('actions', said.actions), null, null
         from own
         cross join lateral (select distinct on (r.pack_id) r.id, r.pack_id, r.label, r.closed_at, r.is_shown from health_round r
                             where r.organization_id = $1 and r.team_id = own.id and r.closed_at >= $4
                             order by r.pack_id, r.closed_at desc, r.id desc) as r
         cross join lateral (select count(*) as n, count(x.agreed_colour) as agreed,
                                    (select count(*) from health_action a where a.organization_id = $1 and a.round_id = r.id) as actions
                             from health_result x where x.organization_id = $1 and x.round_id = r.id) as said
         where r.is_shown and said.n > 0 and (said.agreed < said.n or said.actions = 0)
           -- The next one is what they talk about.
           and not exists (select from health_round o
                           where o.organization_id = $1 and o.team_id = own.id and o.pack_id = r.pack_id and o.closed_at is null)
         order by r.closed_at, r.id
         limit 10)
        union all
        (select 'late', own.slug, own.name, a.round_id, a.id, a.body, a.due_on::timestamp at time zone 'UTC', 0, 0, null, null, null
         from own
         join health_action a on a.organization_id = $1 and a.team_id = own.id and a.state = 'open' and a.due_on < $5
         order by a.due_on, a.id
         limit 10)
        union all
        (select 'dimension', '', v.name, null, d.id, p.name, $3, d.position, 0, jsonb_build_object('pack', p.id), null, null
         from health_pack p
         join health_dimension d on d.organization_id = $1 and d.pack_id = p.id
         join health_dimension_version v on v.organization_id = $1 and v.dimension_id = d.id and v.version = d.version
         where $6 and p.organization_id = $1
           and exists (select from health_board b where b.organization_id = $1 and b.pack_id = p.id and b.month >= $7)
         order by lower(p.name), p.id, d.position, d.id)
        union all
        (select 'round', t.slug, t.name, b.round_id, t.id, '', b.closed_on::timestamp at time zone 'UTC', b.threshold, b.answered,
                jsonb_build_object('pack', p.id), b.dimensions, b.cells
         from health_pack p
         cross join lateral (select * from health_board b
                             where b.organization_id = $1 and b.pack_id = p.id and b.month >= $7 and b.is_shown and b.before_on is not null
                             order by b.month desc limit 200) as b
         join team t on t.organization_id = $1 and t.id = b.team_id and t.state <> 'dissolved'
         where $6 and p.organization_id = $1 and t.id not in (select id from own)
           and not exists (select from coaching_request c
                           where c.organization_id = $1 and c.team_id = t.id and c.state not in ('closed', 'withdrawn'))
           and not exists (select from coaching_offer f where f.organization_id = $1 and f.team_id = t.id and f.state = 'open')
         order by lower(t.name), t.id, b.month desc
         limit 200)
        union all
        (select 'own', p.slug, p.name, null, null, l.name, a.from_at, coalesce(n.weeks, 0), 0,
                jsonb_build_object('plan', v.starts_on, 'evidence', v.evidence_on, 'call', v.call_on,
                                   'steps', coalesce(open.list, '[]'), 'reflected', coalesce(said.weeks, '[]')), null, null
         from apprenticeship a
         join product p on p.organization_id = $1 and p.id = a.product_id and p.ended_at is null
         join member l on l.organization_id = $1 and l.id = p.lead_id
         join apprenticeship_learned v on v.organization_id = $1 and v.apprenticeship_id = a.id
         left join learning_plan n on n.organization_id = $1 and n.apprenticeship_id = a.id
         cross join lateral (
             select jsonb_agg(jsonb_build_object('title', s.title, 'week', s.week) order by s.week, s.id) as list
             from learning_step s
             where s.organization_id = $1 and s.apprenticeship_id = a.id
               and not exists (select from learning_sign_off o where o.organization_id = $1 and o.step_id = s.id and o.standing)
               -- What was practised as often as planned waits for the lead PM.
               and (select count(*) from learning_evidence e where e.organization_id = $1 and e.step_id = s.id) < s.target
         ) as open
         -- The apprentice's own: of which weeks, and not what they say.
         cross join lateral (
             select jsonb_agg(r.week) as weeks from learning_reflection r where r.organization_id = $1 and r.apprenticeship_id = a.id
         ) as said
         where a.organization_id = $1 and a.member_id = $2 and a.until_at is null
         order by lower(p.name), a.id
         limit 10)
        union all
        (select 'learner', led.slug, m.name, null, m.id, led.name, a.from_at, 0, 0,
                jsonb_build_object('plan', v.starts_on, 'evidence', v.evidence_on, 'call', v.call_on), null, null
         from led
         join apprenticeship a on a.organization_id = $1 and a.product_id = led.id and a.until_at is null
         join apprenticeship_learned v on v.organization_id = $1 and v.apprenticeship_id = a.id
         join member m on m.organization_id = $1 and m.id = a.member_id
         order by a.from_at, a.id
         limit 20)
        union all
        select 'flow', led.slug, led.name, null, led.id, led.key, $3, 0, 0,
               jsonb_build_object('ready', stocked.n, 'cycles', coalesce(done.days, '[]'), 'held', coalesce(held.list, '[]'),
                                  'squads', coalesce(serving.list, '[]')),
               null, null
        from led
        -- As far as it is counted, in the order of the index.
        cross join lateral (
            select count(*) as n from (select from backlog_item i
                                       where i.organization_id = $1 and i.product_id = led.id and i.stage = 'ready'
                                       order by i.rank limit 100) i
        ) as stocked
        cross join lateral (
            select jsonb_agg((t.at at time zone 'UTC')::date - (pull.at at time zone 'UTC')::date + 1) as days
            from backlog_transition t
            cross join lateral (select x.at from backlog_transition x
                                where x.organization_id = $1 and x.item_id = t.item_id and x.at <= t.at
                                  and x.from_stage = 'ready' and x.to_stage = 'in_progress'
                                order by x.at desc limit 1) as pull
            where t.organization_id = $1 and t.product_id = led.id and t.at >= $8
              and t.from_stage in ('in_progress', 'learning') and t.to_stage = 'done'
        ) as done
        cross join lateral (
            select jsonb_agg(jsonb_build_object('number', i.number, 'squad', t.name, 'pulled', (pull.at at time zone 'UTC')::date)
                             order by pull.at, i.number) as list
            from backlog_item i
            join team t on t.organization_id = $1 and t.id = i.squad_id
            cross join lateral (select x.at from backlog_transition x
                                where x.organization_id = $1 and x.item_id = i.id and x.from_stage = 'ready' and x.to_stage = 'in_progress'
                                order by x.at desc limit 1) as pull
            where i.organization_id = $1 and i.product_id = led.id and i.stage in ('in_progress', 'learning')
        ) as held
        cross join lateral (
            select jsonb_agg(jsonb_build_object('name', t.name, 'since', (began.at at time zone 'UTC')::date, 'pulls', coalesce(pulled.list, '[]'))
                             order by lower(t.name), t.id) as list
            from product_squad ps
            join team t on t.organization_id = $1 and t.id = ps.team_id
            cross join lateral (select x.at from backlog_transition x
                                where x.organization_id = $1 and x.squad_id = t.id and x.product_id = led.id
                                  and x.from_stage = 'ready' and x.to_stage = 'in_progress'
                                order by x.at limit 1) as began
            cross join lateral (select jsonb_agg(jsonb_build_array((x.at at time zone 'UTC')::date, i.breadth)) as list
                                from backlog_transition x
                                join backlog_item i on i.organization_id = $1 and i.id = x.item_id
                                where x.organization_id = $1 and x.squad_id = t.id and x.product_id = led.id and x.at >= $9
                                  and x.from_stage = 'ready' and x.to_stage = 'in_progress') as pulled
            where ps.organization_id = $1 and ps.product_id = led.id and ps.standing and began.at < $9
        ) as serving
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
        actor.at,
        closed_since,
        today,
        actor.roles.has(Role::Coach),
        month,
        finished_since,
        narrow_since,
    )
    .fetch_all(db)
    .await?;
    Ok(Asked::of(rows))
}

impl Asked {
    fn of(rows: Vec<Line>) -> Self {
        let mut asked = Self::default();
        let mut boards: Vec<Seen> = vec![];
        for row in rows {
            match row.kind.as_str() {
                "vote" => asked.votes.extend(row.vote()),
                "opinion" => asked.opinions.extend(row.opinion()),
                "talk" => asked.talks.extend(row.talk()),
                "late" => asked.late.extend(row.late()),
                "dimension" => Seen::column(&mut boards, row),
                "round" => Seen::round(&mut boards, row),
                "own" => asked.plans.extend(row.own()),
                "learner" => asked.learners.extend(row.learner()),
                _ => asked.flows.push(row.flow()),
            }
        }
        let watched = boards.into_iter().map(|seen| Watched {
            pack: seen.name,
            rounds: seen.rows.iter().map(|row| row.round).collect(),
            board: Board::of(seen.columns, seen.rows),
        });
        asked.watched = watched.collect();
        asked
    }
}

/// A pack on its way to a table.
struct Seen {
    pack: Uuid,
    name: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Seen {
    fn column(boards: &mut Vec<Self>, row: Line) {
        let (Some(id), Some(pack)) = (row.id, row.facts.and_then(|facts| facts.0.pack)) else {
            return;
        };
        let column = Column { id: DimensionId(id), name: row.who, is_ended: true };
        match boards.iter_mut().find(|seen| seen.pack == pack) {
            Some(seen) => seen.columns.push(column),
            None => {
                boards.push(Self { pack, name: row.about, columns: vec![column], rows: vec![] });
            }
        }
    }

    /// The newest round of a squad comes first, and counts alone.
    fn round(boards: &mut [Self], row: Line) {
        let pack = row.facts.and_then(|facts| facts.0.pack);
        let seen = boards.iter_mut().find(|seen| Some(seen.pack) == pack);
        let (Some(seen), Some(round), Some(team)) = (seen, row.round, row.id.map(TeamId)) else {
            return;
        };
        if seen.rows.iter().any(|other| other.team == team) {
            return;
        }
        let answered = small(row.of);
        seen.rows.push(Row {
            team,
            name: row.who,
            slug: row.slug,
            round,
            closed_on: row.at.date_naive(),
            eligible: answered,
            answered,
            threshold: small(row.n),
            is_shown: true,
            before_on: None,
            dimensions: row.dimensions.unwrap_or_default(),
            cells: row.cells.unwrap_or_default(),
            months: vec![],
        });
    }
}

fn small(n: i64) -> i16 {
    i16::try_from(n).unwrap_or(i16::MAX)
}

impl Line {
    fn vote(self) -> Option<Vote> {
        let Self { slug, who, about, at, n, of, .. } = self;
        Some(Vote { round: self.round?, slug, squad: who, about, until: at, given: n, of })
    }

    fn opinion(self) -> Option<Opinion> {
        let Self { slug, who, about, .. } = self;
        Some(Opinion { product: slug, member: MemberId(self.id?), name: who, about })
    }

    fn talk(self) -> Option<Talk> {
        let Self { slug, who, about, n, of, .. } = self;
        let actions = self.facts.map_or(0, |facts| facts.0.actions);
        Some(Talk { round: self.round?, slug, squad: who, about, agreed: n, of, actions })
    }

    fn late(self) -> Option<Late> {
        let Self { slug, who, about, at, .. } = self;
        let (action, due_on) = (HealthActionId(self.id?), at.date_naive());
        Some(Late { action, slug, squad: who, body: about, due_on })
    }

    fn own(self) -> Option<OwnPlan> {
        let Facts { plan, evidence, call, steps, reflected, .. } = self.facts?.0;
        let Self { slug, who: product, about: lead, at: from_at, n: weeks, .. } = self;
        Some(OwnPlan {
            slug,
            product,
            lead,
            from_at,
            plan,
            weeks,
            evidence,
            call,
            steps,
            reflected,
        })
    }

    fn learner(self) -> Option<Learner> {
        let Facts { plan, evidence, call, .. } = self.facts.map(|facts| facts.0)?;
        let Self { slug, who, about, at, .. } = self;
        let member = MemberId(self.id?);
        Some(Learner { slug, product: about, member, name: who, from_at: at, plan, evidence, call })
    }

    fn flow(self) -> InFlow {
        let facts = self.facts.map(|facts| facts.0).unwrap_or_default();
        let Self { slug, who, about, .. } = self;
        let Facts { ready, cycles, held, squads, .. } = facts;
        InFlow { slug, product: who, key: about, ready, cycles, held, squads }
    }
}

/// The word in addresses of the product that `actor` leads, or else of the one at which they learn; the first by name.
pub async fn own_product(db: impl PgExecutor<'_>, actor: &Actor) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select p.slug
        from (select id, 0 as place from product where organization_id = $1 and lead_id = $2
              union all
              select product_id, 1 from apprenticeship where organization_id = $1 and member_id = $2 and until_at is null) as own
        join product p on p.organization_id = $1 and p.id = own.id and p.ended_at is null
        order by own.place, lower(p.name), p.id
        limit 1
        "#,
        actor.tenant.organization_id().0,
        actor.member.0,
    )
    .fetch_optional(db)
    .await
}
