//! The doctor's statement about what the database writes into its log.

use sqlx::PgExecutor;

/// How many settings are looked at.
pub const LOG_SETTINGS: i64 = 4;

/// H6: settings by which the log would hold who answered what in a health check.
pub async fn logged(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%s is %s: the log has the answers of health checks with who gave them; set %s to 0, or this back', s.name, s.setting, p.name) as "off!"
        from pg_settings s
        join pg_settings p on p.name = 'log_parameter_max_length' and p.setting <> '0'
        where s.name = 'log_statement' and s.setting in ('mod', 'all')
           or s.name in ('log_min_duration_statement', 'log_min_duration_sample') and s.setting <> '-1'
           or s.name = 'log_transaction_sample_rate' and s.setting <> '0'
        order by s.name
        "#,
    )
    .fetch_all(db)
    .await
}
