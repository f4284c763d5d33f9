//! The doctor: checks in the database, row by row, that what must never be untrue is true (H1 to H12), and that
//! what the rules rest on is in place: counts, addresses, references, triggers, constraints.
//!
//! It believes nothing that the program keeps for itself: it counts again. Run it after a restore, after a
//! change by hand, and every night; `trellis doctor` exits with 1 when something is off.
//!
//! It reads all organizations in one look, and is the only place without a [`Tenant`](crate::actor::Tenant): it
//! is reached from the command line only, by whoever has the database's password anyway.
//!
//! | to read about | open |
//! |---|---|
//! | what is checked, and how it is said | this file |
//! | every SQL statement of it | `db/` |

mod db;

use anyhow::Context;
use sqlx::PgPool;

use crate::database;

/// How many things are listed for one rule; the rest is counted.
const LISTED: usize = 20;

/// One check and what it found.
#[derive(Debug)]
pub struct Check {
    /// The rule, "H1", or what is checked beside the rules: "references".
    pub rule: &'static str,
    /// What holds when nothing is off.
    pub holds: &'static str,
    /// How many rows were looked at, and of what; none while there is nothing to check.
    pub checked: Option<(i64, &'static str)>,
    /// What is off, each with the organization's slug, names and ids.
    pub off: Vec<String>,
}

impl Check {
    /// Whether something is off.
    pub fn is_off(&self) -> bool {
        !self.off.is_empty()
    }

    fn new(
        rule: &'static str,
        holds: &'static str,
        checked: (i64, &'static str),
        off: Vec<String>,
    ) -> Self {
        Self { rule, holds, checked: Some(checked), off }
    }

    /// A rule about things that are not there yet.
    fn later(rule: &'static str) -> Self {
        Self { rule, holds: "nothing to check yet", checked: None, off: vec![] }
    }
}

impl std::fmt::Display for Check {
    /// One line; when something is off, one more for each thing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:<11} {:<4} {}",
            self.rule,
            if self.is_off() { "OFF" } else { "ok" },
            self.holds
        )?;
        if let Some((rows, of)) = self.checked {
            write!(f, " ({rows} {of})")?;
        }
        for off in self.off.iter().take(LISTED) {
            write!(f, "\n            - {off}")?;
        }
        match self.off.len().checked_sub(LISTED) {
            Some(more @ 1..) => write!(f, "\n            - and {more} more"),
            _ => Ok(()),
        }
    }
}

/// Checks everything, as it is at one moment.
pub async fn examine(pool: &PgPool) -> anyhow::Result<Vec<Check>> {
    if !database::is_current(pool).await? {
        anyhow::bail!("the database's schema is not current: run `trellis migrate` first");
    }
    let mut tx = db::begin(pool).await?;
    let checks = checks(&mut tx).await.context("examining the database")?;
    tx.rollback().await?;
    Ok(checks)
}

async fn checks(tx: &mut sqlx::PgConnection) -> sqlx::Result<Vec<Check>> {
    let n = db::count(&mut *tx).await?;
    let mut checks = rules(tx, &n).await?;
    checks.extend(records(tx, &n).await?);
    Ok(checks)
}

/// The hard rules, H1 to H12.
async fn rules(tx: &mut sqlx::PgConnection, n: &db::Counts) -> sqlx::Result<Vec<Check>> {
    Ok(vec![
        Check::new(
            "H1",
            "squads have at most 10 members, active ones at least 6, dissolved teams none",
            (n.teams, "teams"),
            db::sizes(&mut *tx).await?,
        ),
        Check::new(
            "H2",
            "every item has a number and a place of its own in the one backlog of its product",
            (n.items, "items"),
            db::orders(&mut *tx).await?,
        ),
        Check::new(
            "H3",
            "every product has a lead PM who is there and not its apprentice; what ended or left has no part in one",
            (n.products, "products"),
            db::leads(&mut *tx).await?,
        ),
        Check::new(
            "H4",
            "items are held by squads that serve, were pulled by their members, and stand where their steps led",
            (n.items, "items"),
            [db::holders(&mut *tx).await?, db::in_hand(&mut *tx).await?].concat(),
        ),
        Check::new(
            "H5",
            "coaching began with a squad's member, was pulled by a coach, and is agreed by both; events tell nothing of private notes",
            (n.coaching, "coaching requests"),
            db::coaching(&mut *tx).await?,
        ),
        Check::new(
            "H6",
            "health checks that are closed have no ballots and no secret, and only those with answers enough have results",
            (n.rounds, "health checks"),
            db::secrecy(&mut *tx).await?,
        ),
        Check::new(
            "H7",
            "active squads had a complete mission and a customer value metric when they became active",
            (n.active_squads, "active squads"),
            db::activations(&mut *tx).await?,
        ),
        Check::later("H8"),
        Check::new(
            "H9",
            "metrics belong to squads, and no number to a person",
            (n.metrics, "metrics"),
            db::numbers_of_people(&mut *tx).await?,
        ),
        Check::new(
            "H10",
            "every row of an organization is keyed by it, and refers to others only together with it",
            (n.references, "references between tables"),
            db::loose_keys(&mut *tx).await?,
        ),
        Check::new(
            "H11",
            "every organization has an admin who can sign in, and admin_count counts them",
            (n.organizations, "organizations"),
            db::admins(&mut *tx).await?,
        ),
        Check::new(
            "H12",
            "beginnings and ends of memberships, links and parts in products, lead PMs, steps of items, states and mission versions each have their event",
            (n.events, "events"),
            db::untold(&mut *tx).await?,
        ),
    ])
}

/// What is kept beside them, and what holds them.
async fn records(tx: &mut sqlx::PgConnection, n: &db::Counts) -> sqlx::Result<Vec<Check>> {
    Ok(vec![
        Check::new(
            "counts",
            "member_count is the number of current memberships, mission_version the newest mission; products are counted",
            (n.teams, "teams"),
            [db::counts(&mut *tx).await?, db::product_counts(&mut *tx).await?].concat(),
        ),
        Check::new(
            "memberships",
            "nobody who is deactivated is in a team, and nobody twice in one",
            (n.memberships, "memberships"),
            db::memberships(&mut *tx).await?,
        ),
        Check::new(
            "links",
            "links tie two teams that are there, with liaisons who are or were their members",
            (n.links, "links"),
            db::links(&mut *tx).await?,
        ),
        Check::new(
            "check-ins",
            "a metric knows its newest check-in that stands, and none came in after its end",
            (n.check_ins, "check-ins"),
            db::checked_in(&mut *tx).await?,
        ),
        Check::new(
            "learning",
            "practice is of its apprenticeship, sign-offs are the lead PM's, and no event tells what a reflection says",
            (n.plans, "learning plans"),
            db::learned(&mut *tx).await?,
        ),
        Check::new(
            "log",
            "the database does not log the parameters of statements, which answers of health checks are",
            (db::LOG_SETTINGS, "settings"),
            db::logged(&mut *tx).await?,
        ),
        Check::new(
            "dashboard",
            "the rows of the dashboard are what the closed health checks give, and nothing of what is hidden",
            (db::board(&mut *tx).await?, "rows"),
            db::boards(&mut *tx).await?,
        ),
        Check::new(
            "addresses",
            "every team and every product is found under its current slug",
            (n.slugs, "slugs"),
            [db::slugs(&mut *tx).await?, db::product_slugs(&mut *tx).await?].concat(),
        ),
        Check::new(
            "references",
            "every reference leads to a row",
            (n.references, "references between tables"),
            db::dangling(&mut *tx).await?,
        ),
        Check::new(
            "guards",
            "the triggers and constraints that hold the rules are in place",
            (db::GUARDS, "guards"),
            db::guards(&mut *tx).await?,
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(off: usize) -> Check {
        let off = (0..off).map(|i| format!("norvik-energy: thing {i}")).collect();
        Check::new("H1", "squads have at most 10 members", (8, "teams"), off)
    }

    #[test]
    fn a_rule_that_holds_is_one_line() {
        insta::assert_snapshot!(check(0), @"H1          ok   squads have at most 10 members (8 teams)");
        insta::assert_snapshot!(Check::later("H5"), @"H5          ok   nothing to check yet");
    }

    #[test]
    fn a_broken_rule_lists_20_things_and_counts_the_rest() {
        assert_eq!(check(20).to_string().lines().count(), 21);
        let text = check(22).to_string();
        assert_eq!(text.lines().count(), 22);
        assert!(text.starts_with("H1          OFF "));
        assert!(text.ends_with("and 2 more"));
    }
}
