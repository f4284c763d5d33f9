//! Ballots, which exist only while a round is open. The secret of a round never leaves the database: whoever asks for a ballot names the
//! member, and the database makes the key.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::actor::Tenant;
use crate::health::domain::{Answer, Trend};
use crate::ids::{DimensionId, MemberId, RoundId};

/// Puts an answer into the ballot of a member, in place of what they answered before. Nothing where the round has no such dimension, or
/// no secret any more.
pub async fn put_answer(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    member: MemberId,
    dimension: DimensionId,
    answer: &Answer,
) -> sqlx::Result<bool> {
    let written = sqlx::query!(
        r#"
        insert into health_ballot (organization_id, round_id, key, dimension_id, colour, trend, comment)
        select s.organization_id, s.round_id, health_ballot_key(s.secret, $3), d.dimension_id, $5, $6, $7
        from health_round_secret s
        join health_round_dimension d on (d.organization_id, d.round_id) = (s.organization_id, s.round_id)
        where s.organization_id = $1 and s.round_id = $2 and d.dimension_id = $4
        on conflict (organization_id, round_id, key, dimension_id)
        do update set colour = excluded.colour, trend = excluded.trend, comment = excluded.comment
        "#,
        tenant.organization_id().0,
        round.0,
        member.0,
        dimension.0,
        answer.colour.word(),
        answer.trend.map(Trend::word),
        answer.comment.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Puts the answers of many into their ballots at once, each to the question at its place, from 1.
pub async fn put_answers(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    answers: &[(MemberId, i16, Answer)],
) -> sqlx::Result<()> {
    let members: Vec<Uuid> = answers.iter().map(|(member, ..)| member.0).collect();
    let places: Vec<i16> = answers.iter().map(|(_, place, _)| *place).collect();
    let colours: Vec<String> =
        answers.iter().map(|(.., answer)| answer.colour.word().to_owned()).collect();
    let trends: Vec<String> = answers
        .iter()
        .map(|(.., answer)| answer.trend.map(Trend::word).unwrap_or_default().to_owned())
        .collect();
    let comments: Vec<String> =
        answers.iter().map(|(.., answer)| answer.comment.to_string()).collect();
    sqlx::query!(
        r#"
        insert into health_ballot (organization_id, round_id, key, dimension_id, colour, trend, comment)
        select s.organization_id, s.round_id, health_ballot_key(s.secret, a.member), d.dimension_id, a.colour, nullif(a.trend, ''), a.comment
        from health_round_secret s
        cross join unnest($3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[]) as a (member, place, colour, trend, comment)
        join health_round_dimension d on (d.organization_id, d.round_id, d.position) = (s.organization_id, s.round_id, a.place)
        where s.organization_id = $1 and s.round_id = $2
        "#,
        tenant.organization_id().0,
        round.0,
        &members,
        &places,
        &colours,
        &trends,
        &comments,
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A question of an open round with what the member who asks has answered.
#[derive(Debug, Clone)]
pub struct QuestionRow {
    /// The dimension.
    pub id: DimensionId,
    /// Its name, and what the colours mean, as the round asks it.
    pub name: String,
    /// Green.
    pub green: String,
    /// Amber.
    pub amber: String,
    /// Red.
    pub red: String,
    /// What the member answered.
    pub colour: Option<String>,
    /// Compared with the round before.
    pub trend: Option<String>,
    /// Beside it.
    pub comment: Option<String>,
}

/// The questions of a round in their order, with the answers of `member` while it is open.
pub async fn questions(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    round: RoundId,
    member: MemberId,
) -> sqlx::Result<Vec<QuestionRow>> {
    sqlx::query_as!(
        QuestionRow,
        r#"
        select d.dimension_id as "id: DimensionId",
               v.name, v.green, v.amber, v.red,
               b.colour  as "colour?",
               b.trend   as "trend?",
               b.comment as "comment?"
        from health_round_dimension d
        join health_dimension_version v on (v.organization_id, v.dimension_id, v.version) = (d.organization_id, d.dimension_id, d.version)
        left join health_round_secret s on (s.organization_id, s.round_id) = (d.organization_id, d.round_id)
        left join health_ballot b on (b.organization_id, b.round_id, b.key, b.dimension_id)
                                   = (d.organization_id, d.round_id, health_ballot_key(s.secret, $3), d.dimension_id)
        where d.organization_id = $1 and d.round_id = $2
        order by d.position
        "#,
        tenant.organization_id().0,
        round.0,
        member.0,
    )
    .fetch_all(db)
    .await
}

/// Somebody who may answer, and whether they have.
#[derive(Debug, Clone)]
pub struct VoterRow {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Whether there is an answer of theirs, to whatever question.
    pub has_answered: bool,
}

/// The squad's members, and which of them have answered an open round: not what, not how much, not when.
pub async fn voters(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<Vec<VoterRow>> {
    sqlx::query_as!(
        VoterRow,
        r#"
        select m.id as "id: MemberId",
               m.name,
               exists (select from health_ballot b
                       where (b.organization_id, b.round_id, b.key) = (r.organization_id, r.id, health_ballot_key(s.secret, m.id))) as "has_answered!"
        from health_round r
        join health_round_secret s on (s.organization_id, s.round_id) = (r.organization_id, r.id)
        join membership x on (x.organization_id, x.team_id) = (r.organization_id, r.team_id) and x.until_at is null
        join member m on (m.organization_id, m.id) = (x.organization_id, x.member_id)
        where r.organization_id = $1 and r.id = $2
        order by m.name, m.id
        "#,
        tenant.organization_id().0,
        round.0,
    )
    .fetch_all(db)
    .await
}

/// How many could have answered, and how many did: the members at the closing, and whoever answered and has left.
pub async fn turnout(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    round: RoundId,
    at: DateTime<Utc>,
) -> sqlx::Result<(i16, i16)> {
    let row = sqlx::query!(
        r#"
        with answered as (
            select distinct key from health_ballot where organization_id = $1 and round_id = $2
        ), eligible as (
            select health_ballot_key(s.secret, x.member_id) as key
            from health_round r
            join health_round_secret s on (s.organization_id, s.round_id) = (r.organization_id, r.id)
            join membership x on (x.organization_id, x.team_id) = (r.organization_id, r.team_id)
                              and x.from_at <= $3 and (x.until_at is null or x.until_at > $3)
            where r.organization_id = $1 and r.id = $2
            union
            select key from answered
        )
        select (select count(*)::smallint from eligible) as "eligible!",
               (select count(*)::smallint from answered) as "answered!"
        "#,
        tenant.organization_id().0,
        round.0,
        at,
    )
    .fetch_one(db)
    .await?;
    Ok((row.eligible, row.answered))
}

/// Writes what a round leaves behind, in one statement: the sums of each dimension that enough answered, its notes in an order of
/// chance, and, of a round that was announced as open, the answers with their names.
pub async fn write_results(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with counted as (
            select b.organization_id, b.round_id, b.dimension_id,
                   count(*) filter (where b.colour = 'green') as green,
                   count(*) filter (where b.colour = 'amber') as amber,
                   count(*) filter (where b.colour = 'red')   as red,
                   count(b.trend) >= min(r.threshold)         as is_compared,
                   count(*) filter (where b.trend = 'better') as better,
                   count(*) filter (where b.trend = 'same')   as same,
                   count(*) filter (where b.trend = 'worse')  as worse
            from health_ballot b
            join health_round r on (r.organization_id, r.id) = (b.organization_id, b.round_id)
            where b.organization_id = $1 and b.round_id = $2
            group by b.organization_id, b.round_id, b.dimension_id
            having count(*) >= min(r.threshold)
        ), result as (
            insert into health_result (organization_id, round_id, dimension_id, green, amber, red, better, same, worse)
            select organization_id, round_id, dimension_id, green, amber, red,
                   case when is_compared then better else 0 end,
                   case when is_compared then same else 0 end,
                   case when is_compared then worse else 0 end
            from counted
            order by dimension_id
        ), named as (
            insert into health_open_answer (organization_id, round_id, dimension_id, member_id, colour, trend, comment)
            select b.organization_id, b.round_id, b.dimension_id, m.member_id, b.colour, b.trend, b.comment
            from health_round r
            join health_round_secret s on (s.organization_id, s.round_id) = (r.organization_id, r.id)
            cross join lateral (select distinct x.member_id from membership x
                                where (x.organization_id, x.team_id) = (r.organization_id, r.team_id)
                                  and (x.until_at is null or x.until_at >= r.opened_at)) as m
            join health_ballot b on (b.organization_id, b.round_id, b.key) = (r.organization_id, r.id, health_ballot_key(s.secret, m.member_id))
            join counted c on (c.organization_id, c.round_id, c.dimension_id) = (b.organization_id, b.round_id, b.dimension_id)
            where r.organization_id = $1 and r.id = $2 and r.mode = 'open'
            order by b.dimension_id, m.member_id
        )
        insert into health_comment (organization_id, round_id, dimension_id, place, body)
        select b.organization_id, b.round_id, b.dimension_id, row_number() over (partition by b.dimension_id order by gen_random_uuid()), b.comment
        from health_ballot b
        join counted c on (c.organization_id, c.round_id, c.dimension_id) = (b.organization_id, b.round_id, b.dimension_id)
        where b.comment <> ''
        "#,
        tenant.organization_id().0,
        round.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes the ballots of a round and destroys the secret that their keys were made from. Each question is written again as it is: a ballot
/// that referred to it has left the number of its transaction there, and the last of those goes with the row's old version.
pub async fn destroy_ballots(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with ballots as (delete from health_ballot where organization_id = $1 and round_id = $2),
             asked as (update health_round_dimension set version = version where organization_id = $1 and round_id = $2)
        delete from health_round_secret where organization_id = $1 and round_id = $2
        "#,
        tenant.organization_id().0,
        round.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
