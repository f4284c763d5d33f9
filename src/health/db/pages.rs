//! What the pages read. Results are read of rounds that are closed and shown, and of no others: there are no rows of others.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::actor::Tenant;
use crate::health::domain::{Colour, Counts, Outcome, Trend, Trends};
use crate::ids::{DimensionId, HealthActionId, MemberId, PackId, RoundId, TeamId};

/// A round as its page shows it.
#[derive(Debug, Clone)]
pub struct RoundPage {
    /// The round.
    pub id: RoundId,
    /// The pack's name.
    pub pack_name: String,
    /// What it is called.
    pub label: String,
    /// Whether names stay.
    pub mode: String,
    /// How it ends.
    pub reveal: String,
    /// How many answers are enough.
    pub threshold: i16,
    /// Until when.
    pub closes_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who could have answered.
    pub eligible: Option<i16>,
    /// How many did.
    pub answered: Option<i16>,
    /// Whether those are enough.
    pub is_shown: Option<bool>,
    /// The round before of the same pack that is shown.
    pub earlier: Option<RoundId>,
    /// What that was called.
    pub earlier_label: Option<String>,
    /// Whether who asks is in the squad now and was before the round was closed.
    pub was_there: bool,
}

/// Finds a round of a squad, for a member.
pub async fn find_round(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    round: RoundId,
    member: MemberId,
) -> sqlx::Result<Option<RoundPage>> {
    sqlx::query_as!(
        RoundPage,
        r#"
        select r.id      as "id: RoundId",
               p.name    as pack_name,
               r.label, r.mode, r.reveal, r.threshold, r.closes_at, r.closed_at, r.eligible, r.answered, r.is_shown,
               e.id      as "earlier?: RoundId",
               e.label   as "earlier_label?",
               exists (select from membership m
                       where (m.organization_id, m.team_id, m.member_id) = (r.organization_id, r.team_id, $4)
                         and m.until_at is null and m.from_at <= r.closed_at) as "was_there!"
        from health_round r
        join health_pack p on (p.organization_id, p.id) = (r.organization_id, r.pack_id)
        left join lateral (select x.id, x.label from health_round x
                           where (x.organization_id, x.team_id, x.pack_id) = (r.organization_id, r.team_id, r.pack_id)
                             and x.opened_at < r.opened_at and x.is_shown
                           order by x.opened_at desc
                           limit 1) as e on true
        where r.organization_id = $1 and r.team_id = $2 and r.id = $3
        "#,
        tenant.organization_id().0,
        team.0,
        round.0,
        member.0,
    )
    .fetch_optional(db)
    .await
}

/// A note; with a name only where the round was announced as open.
#[derive(Debug, Clone, Deserialize)]
pub struct Note {
    /// What was written; empty for an answer without a note.
    pub body: String,
    /// Who, in an open round.
    pub name: Option<String>,
    /// What they answered, in an open round.
    pub colour: Option<String>,
}

/// A dimension of a closed round with what was said, and the same dimension of the round before.
#[derive(Debug, Clone)]
pub struct ResultRow {
    /// The dimension.
    pub id: DimensionId,
    /// Its name as it was asked.
    pub name: String,
    /// What green meant.
    pub green: String,
    /// What amber meant.
    pub amber: String,
    /// What red meant.
    pub red: String,
    /// What was said; nothing where too few answered it.
    pub outcome: Option<Outcome>,
    /// The version of what was agreed.
    pub version: i32,
    /// What was shown in the round before, if it was asked in the same words.
    pub before: Option<Colour>,
    /// Whether it was asked in other words then.
    pub is_reworded: bool,
    /// The notes, shuffled; or, where the round was announced as open, the answers with their names.
    pub notes: Vec<Note>,
}

/// The dimensions of a closed round, compared with an earlier one; with their notes for those of the squad who were there.
pub async fn results(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    round: RoundId,
    earlier: Option<RoundId>,
    with_notes: bool,
) -> sqlx::Result<Vec<ResultRow>> {
    let rows = sqlx::query!(
        r#"
        select d.dimension_id as "id: DimensionId",
               v.name, v.green as g, v.amber as a, v.red as r,
               x.green as "green?", x.amber as "amber?", x.red as "red?", x.better as "better?", x.same as "same?", x.worse as "worse?",
               x.agreed_colour as "agreed_colour?", x.agreed_trend as "agreed_trend?", x.version as "version?",
               coalesce(b.version <> d.version, false) as "is_reworded!",
               y.green as "was_green?", y.amber as "was_amber?", y.red as "was_red?", y.agreed_colour as "was_agreed?",
               case when not $4 then '[]' when o.mode = 'open' then (
                   select coalesce(json_agg(json_build_object('body', n.comment, 'name', m.name, 'colour', n.colour) order by m.name, m.id), '[]')
                   from health_open_answer n
                   join member m on (m.organization_id, m.id) = (n.organization_id, n.member_id)
                   where (n.organization_id, n.round_id, n.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
               ) else (
                   select coalesce(json_agg(json_build_object('body', c.body) order by c.place), '[]')
                   from health_comment c
                   where (c.organization_id, c.round_id, c.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
               ) end as "notes!: Json<Vec<Note>>"
        from health_round_dimension d
        join health_round o on (o.organization_id, o.id) = (d.organization_id, d.round_id)
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        left join health_result x on (x.organization_id, x.round_id, x.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
        left join health_round_dimension b on (b.organization_id, b.round_id, b.dimension_id) = (d.organization_id, $3, d.dimension_id)
        left join health_result y on (y.organization_id, y.round_id, y.dimension_id) = (b.organization_id, b.round_id, b.dimension_id)
        where d.organization_id = $1 and d.round_id = $2
        order by d.position
        "#,
        tenant.organization_id().0,
        round.0,
        earlier.map(|id| id.0),
        with_notes,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let outcome =
                row.green.zip(row.amber).zip(row.red).map(|((green, amber), red)| Outcome {
                    counts: Counts { green, amber, red },
                    trends: Trends {
                        better: row.better.unwrap_or_default(),
                        same: row.same.unwrap_or_default(),
                        worse: row.worse.unwrap_or_default(),
                    },
                    agreed_colour: row.agreed_colour.as_deref().and_then(Colour::parse),
                    agreed_trend: row.agreed_trend.as_deref().and_then(Trend::parse),
                });
            let was = row.was_green.zip(row.was_amber).zip(row.was_red);
            let before = was.and_then(|((green, amber), red)| {
                let agreed = row.was_agreed.as_deref().and_then(Colour::parse);
                agreed.or_else(|| Counts { green, amber, red }.most())
            });
            ResultRow {
                id: row.id,
                name: row.name,
                green: row.g,
                amber: row.a,
                red: row.r,
                outcome,
                version: row.version.unwrap_or_default(),
                before: before.filter(|_| !row.is_reworded),
                is_reworded: row.is_reworded,
                notes: row.notes.0,
            }
        })
        .collect())
}

/// An action of a squad.
#[derive(Debug, Clone)]
pub struct ActionRow {
    /// The action.
    pub id: HealthActionId,
    /// After which round.
    pub round: RoundId,
    /// What that was called.
    pub label: String,
    /// What it is about.
    pub dimension: Option<String>,
    /// What.
    pub body: String,
    /// Until when.
    pub due_on: Option<NaiveDate>,
    /// Its state's word.
    pub state: String,
    /// What came of it.
    pub followed_up: String,
}

/// The squad's actions that are open, and all those of one round.
pub async fn actions(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    round: Option<RoundId>,
) -> sqlx::Result<Vec<ActionRow>> {
    sqlx::query_as!(
        ActionRow,
        r#"
        select a.id       as "id: HealthActionId",
               a.round_id as "round: RoundId",
               r.label,
               v.name     as "dimension?",
               a.body, a.due_on, a.state, a.followed_up
        from health_action a
        join health_round r on (r.organization_id, r.id) = (a.organization_id, a.round_id)
        left join health_round_dimension d on (d.organization_id, d.round_id, d.dimension_id) = (a.organization_id, a.round_id, a.dimension_id)
        left join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        where a.organization_id = $1 and a.team_id = $2 and (a.state = 'open' or a.round_id = $3)
        order by r.opened_at, a.place
        "#,
        tenant.organization_id().0,
        team.0,
        round.map(|id| id.0),
    )
    .fetch_all(db)
    .await
}

/// A round of a squad as a line.
#[derive(Debug, Clone)]
pub struct RoundLine {
    /// The round.
    pub id: RoundId,
    /// What is asked.
    pub pack: PackId,
    /// The pack's name.
    pub pack_name: String,
    /// Its word in addresses.
    pub pack_slug: String,
    /// What it is called.
    pub label: String,
    /// Until when.
    pub closes_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who could have answered.
    pub eligible: Option<i16>,
    /// How many did.
    pub answered: Option<i16>,
    /// Whether those are enough.
    pub is_shown: Option<bool>,
    /// How many answers are enough.
    pub threshold: i16,
}

/// The newest rounds of a squad, the newest first.
pub async fn rounds(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    limit: i64,
) -> sqlx::Result<Vec<RoundLine>> {
    sqlx::query_as!(
        RoundLine,
        r#"
        select r.id      as "id: RoundId",
               r.pack_id as "pack: PackId",
               p.name    as pack_name,
               p.slug    as pack_slug,
               r.label, r.closes_at, r.closed_at, r.eligible, r.answered, r.is_shown, r.threshold
        from health_round r
        join health_pack p on (p.organization_id, p.id) = (r.organization_id, r.pack_id)
        where r.organization_id = $1 and r.team_id = $2
        order by r.opened_at desc, r.id desc
        limit $3
        "#,
        tenant.organization_id().0,
        team.0,
        limit,
    )
    .fetch_all(db)
    .await
}

/// What a round asked of a dimension, and what was said.
#[derive(Debug, Clone)]
pub struct PastRow {
    /// The round.
    pub round: RoundId,
    /// The dimension.
    pub dimension: DimensionId,
    /// Its name as it was asked.
    pub name: String,
    /// Which wording it was.
    pub version: i32,
    /// What was said; nothing where too few answered.
    pub outcome: Option<Outcome>,
}

/// What these rounds asked, in the order of each.
pub async fn past(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    rounds: &[RoundId],
) -> sqlx::Result<Vec<PastRow>> {
    let ids: Vec<_> = rounds.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select d.round_id     as "round: RoundId",
               d.dimension_id as "dimension: DimensionId",
               v.name,
               d.version,
               x.green as "green?", x.amber as "amber?", x.red as "red?", x.better as "better?", x.same as "same?", x.worse as "worse?",
               x.agreed_colour as "agreed_colour?", x.agreed_trend as "agreed_trend?"
        from health_round_dimension d
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        left join health_result x on (x.organization_id, x.round_id, x.dimension_id) = (d.organization_id, d.round_id, d.dimension_id)
        where d.organization_id = $1 and d.round_id = any ($2)
        order by d.round_id, d.position
        "#,
        tenant.organization_id().0,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PastRow {
            round: row.round,
            dimension: row.dimension,
            name: row.name,
            version: row.version,
            outcome: row.green.zip(row.amber).zip(row.red).map(|((green, amber), red)| Outcome {
                counts: Counts { green, amber, red },
                trends: Trends {
                    better: row.better.unwrap_or_default(),
                    same: row.same.unwrap_or_default(),
                    worse: row.worse.unwrap_or_default(),
                },
                agreed_colour: row.agreed_colour.as_deref().and_then(Colour::parse),
                agreed_trend: row.agreed_trend.as_deref().and_then(Trend::parse),
            }),
        })
        .collect())
}
