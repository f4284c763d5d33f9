//! What is off with the rows of the dashboard.

use sqlx::PgExecutor;

/// How many rows there are.
pub async fn board(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from health_board").fetch_one(db).await
}

/// Rows that are not what the rounds and results give when they are made again: since hidden answers give nothing, a row that tells
/// of some is among them.
pub async fn boards(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        r"
        with made as materialized (
            select b.*
            from (select distinct organization_id, pack_id, team_id from health_round where closed_at is not null) s
            cross join lateral health_board_rows(s.organization_id, s.pack_id, s.team_id, '-infinity') b
        ), off as (
            (select * from made except select * from health_board)
            union
            (select * from health_board except select * from made)
        )
        select distinct format('%s: the dashboard of %s (%s) in %s is not what its health checks give', o.slug, t.name, t.id, off.month)
        from off
        join organization o on o.id = off.organization_id
        join team t on (t.organization_id, t.id) = (off.organization_id, off.team_id)
        ",
    )
    .fetch_all(db)
    .await
}
