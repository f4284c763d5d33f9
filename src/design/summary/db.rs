//! Every SQL statement about summaries that is not part of a list.

use chrono::NaiveDate;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::Summary;
use crate::actor::Tenant;
use crate::design::Finding;
use crate::ids::TeamId;

/// A summary that is out of date, as it was seen.
#[derive(Debug)]
pub struct Stale {
    pub team: TeamId,
    pub version: i32,
    /// The changes that made it so, as far as they were seen.
    pub changes: Vec<i64>,
}

/// A transaction whose statements keep the plan that they were given first: for a single squad, to plan them takes five times as long as to
/// run them, and the planner never learns that, since for known ids it believes to find a better one.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin().await?;
    sqlx::query("set local plan_cache_mode = force_generic_plan").execute(&mut *tx).await?;
    Ok(tx)
}

/// The summaries that are out of date, at most `limit` of them: 1 statement.
pub async fn stale(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    today: NaiveDate,
    rules: i64,
    among: Option<&[TeamId]>,
    limit: i64,
) -> sqlx::Result<Vec<Stale>> {
    let among: Option<Vec<Uuid>> = among.map(|teams| teams.iter().map(|team| team.0).collect());
    sqlx::query_as!(
        Stale,
        r#"
        select s.team_id as "team!: TeamId", s.version as "version!", coalesce(q.changes, '{}') as "changes!"
        from squad_summary s
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id) and t.state <> 'dissolved'
        left join (select team_id, array_agg(seq) as changes from squad_stale
                   where organization_id = $1 group by team_id) q on q.team_id = s.team_id
        where s.organization_id = $1 and ($4::uuid[] is null or s.team_id = any($4))
          and (q.team_id is not null or s.rules <> $2 or s.turns_on <= $3)
        order by s.team_id
        limit $5
        "#,
        tenant.organization_id().0,
        rules,
        today,
        among.as_deref(),
        limit,
    )
    .fetch_all(db)
    .await
}

/// The findings of a squad as they are kept, and whether they are out of date; none of a squad that is dissolved.
pub async fn findings(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    rules: i64,
    today: NaiveDate,
) -> sqlx::Result<(Vec<Finding>, bool)> {
    let kept = sqlx::query!(
        r#"
        select s.findings as "findings!: Json<Vec<Finding>>",
               s.is_touched or s.rules <> $3 or coalesce(s.turns_on <= $4, false) as "is_stale!"
        from squad_summed s
        join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id)
        where s.organization_id = $1 and s.team_id = $2 and t.state <> 'dissolved'
        "#,
        tenant.organization_id().0,
        team.0,
        rules,
        today,
    )
    .fetch_optional(db)
    .await?;
    Ok(kept.map_or_else(Default::default, |kept| (kept.findings.0, kept.is_stale)))
}

/// Keeps summaries, held in the order of their teams, so that two instances never wait for one another. One that somebody else has
/// written since it was seen stays as they wrote it, and out of date if it was out of date for a reason that they had not seen.
pub async fn write(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    rules: i64,
    seen: &[Stale],
    summaries: &[Summary],
) -> sqlx::Result<()> {
    let versions: std::collections::HashMap<_, _> =
        seen.iter().map(|stale| (stale.team, stale.version)).collect();
    let small = |n: usize| i16::try_from(n).unwrap_or(i16::MAX);
    let teams: Vec<Uuid> = summaries.iter().map(|summary| summary.team.0).collect();
    let versions: Vec<i32> = summaries
        .iter()
        .map(|summary| versions.get(&summary.team).copied().unwrap_or_default())
        .collect();
    let turns_on: Vec<Option<NaiveDate>> = summaries.iter().map(|of| of.turns_on).collect();
    let breaches: Vec<i16> = summaries.iter().map(|of| small(of.tally.breaches)).collect();
    let warnings: Vec<i16> = summaries.iter().map(|of| small(of.tally.warnings)).collect();
    let advice: Vec<i16> = summaries.iter().map(|of| small(of.tally.advice)).collect();
    let able: Vec<Json<Vec<i16>>> = summaries
        .iter()
        .map(|of| Json(of.able.iter().map(|able| small(*able)).collect()))
        .collect();
    let has_mission: Vec<bool> = summaries.iter().map(|of| of.has_mission).collect();
    let is_ready: Vec<bool> = summaries.iter().map(|of| of.is_ready).collect();
    let findings: Vec<Json<&[Finding]>> =
        summaries.iter().map(|of| Json(of.findings.as_slice())).collect();
    let suggested: Vec<Json<Vec<Uuid>>> = summaries
        .iter()
        .map(|of| Json(of.suggested.iter().map(|member| member.0).collect()))
        .collect();
    let changes: Vec<i64> = seen.iter().flat_map(|stale| &stale.changes).copied().collect();
    sqlx::query!(
        r#"
        with new as (
            select *
            from unnest($3::uuid[], $4::int[], $5::date[], $6::smallint[], $7::smallint[], $8::smallint[], $9::jsonb[],
                        $10::boolean[], $11::boolean[], $12::jsonb[], $13::jsonb[])
                 as n (team_id, version, turns_on, breaches, warnings, advice, able, has_mission, is_ready, findings, suggested)
        ), held as materialized (
            select s.team_id
            from squad_summary s
            join new n on n.team_id = s.team_id and n.version = s.version
            where s.organization_id = $1
            order by s.team_id
            for no key update of s
        ), written as (
            update squad_summary s
            set rules = $2, turns_on = n.turns_on, breaches = n.breaches, warnings = n.warnings, advice = n.advice,
                able = array(select jsonb_array_elements_text(n.able)::smallint),
                has_mission = n.has_mission, is_ready = n.is_ready, findings = n.findings,
                suggested = array(select jsonb_array_elements_text(n.suggested)::uuid),
                version = s.version + 1
            from new n
            join held using (team_id)
            where s.organization_id = $1 and s.team_id = n.team_id
            returning s.team_id
        )
        delete from squad_stale q
        using written w
        where q.organization_id = $1 and q.team_id = w.team_id and q.seq = any($14)
        "#,
        tenant.organization_id().0,
        rules,
        &teams,
        &versions,
        &turns_on as &[Option<NaiveDate>],
        &breaches,
        &warnings,
        &advice,
        &able as &[Json<Vec<i16>>],
        &has_mission,
        &is_ready,
        &findings as &[Json<&[Finding]>],
        &suggested as &[Json<Vec<Uuid>>],
        &changes,
    )
    .execute(db)
    .await?;
    Ok(())
}
