//! What lists, maps and home say about a squad: kept beside it, and made again when it is out of date.
//!
//! A page of one squad or of many reads summaries and never a design, so it costs the rows that it shows. The database's
//! triggers note which squads a change touches (`squad_stale`); whoever reads next makes their summaries again from
//! the design, with the same pure rules as the squad's page. Nothing is counted a second way. Readers of one organization take
//! turns at that, so that a change is worked out once and not by everybody who looks; what a new version of the rules or an import puts
//! out of date, and what changes faster than anybody reads, is worked out in the background, while pages say so.
//!
//! A summary's day is that of UTC, on the squad's own page too: all pages say the same at the same time.

mod db;
mod turns;

use std::sync::LazyLock;
use std::time::Instant;

use chrono::{Days, NaiveDate, TimeDelta};
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};

use self::db::Stale;
use self::turns::{Running, Turns};
use super::db::{Candidates, load_part};
use super::domain::{Design, SquadDesign};
use super::findings::{Finding, WayOut};
use super::web::Tally;
use crate::actor::{Actor, Tenant};
use crate::history;
use crate::ids::{MemberId, TeamId};
use crate::missions::MissionText;
use crate::skills::{Capability, Level};

/// So many squads are read at once.
const AT_ONCE: i64 = 100;
/// So many summaries are looked at: more than anybody waits for.
const MOST: i64 = 1_000_000;
/// So many summaries are made while somebody waits.
const WAITED_FOR: usize = 60;
/// What somebody changed so lately, they see in what they read.
const JUST_CHANGED: TimeDelta = TimeDelta::seconds(10);
/// The background rests so many times as long as it works.
const RESTS: u32 = 9;
/// Another instance may have been faster with an older design; then it is asked once more.
const TRIES: usize = 3;

/// What a summary is made of: the rules and sentences, what they are told by the features before, and how it is read.
const SOURCES: [(&str, &str); 11] = [
    ("design/summary/mod.rs", include_str!("mod.rs")),
    ("design/candidates.rs", include_str!("../candidates.rs")),
    ("design/db.rs", include_str!("../db.rs")),
    ("design/domain.rs", include_str!("../domain.rs")),
    ("design/findings.rs", include_str!("../findings.rs")),
    ("design/links.rs", include_str!("../links.rs")),
    ("design/looks.rs", include_str!("../looks.rs")),
    ("design/size.rs", include_str!("../size.rs")),
    ("metrics/domain.rs", include_str!("../../metrics/domain.rs")),
    ("missions/domain.rs", include_str!("../../missions/domain.rs")),
    ("skills/domain.rs", include_str!("../../skills/domain.rs")),
];

/// The rules that a summary was made with: an upgrade that changes them makes all summaries again.
static RULES: LazyLock<i64> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (_, source) in SOURCES {
        hash.update(source);
    }
    hash.finalize().first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
});

/// What lists say about a squad.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The squad.
    pub team: TeamId,
    /// How many findings stand on its page.
    pub tally: Tally,
    /// How many members can analyze, decide, solve and act.
    pub able: [usize; 4],
    /// Its mission is complete.
    pub has_mission: bool,
    /// It has all that an active squad needs (H7).
    pub is_ready: bool,
    /// The findings on its page, the worst first.
    pub findings: Vec<Finding>,
    /// Who is named in them as a way out.
    pub suggested: Vec<MemberId>,
    /// The first day on which the same design says something else.
    pub turns_on: Option<NaiveDate>,
}

impl Design {
    /// What lists say about `squad`.
    pub fn summary(&self, squad: &SquadDesign) -> Summary {
        // Whatever other squads the design holds, the same is said of this one.
        let mut findings = self.findings_of(squad.id);
        for finding in &mut findings {
            finding.squads = vec![squad.id];
        }
        findings.sort_by_key(|finding| (finding.severity, finding.code, finding.subject));
        let able = Capability::ALL.map(|kind| {
            self.capability(kind).map_or(0, |skill| self.able(squad, skill, Level::ABLE).len())
        });
        let suggested = findings.iter().filter_map(|finding| match finding.way_out {
            WayOut::AddMember { member, .. } | WayOut::SwapIn { member: Some((member, _)), .. } => {
                Some(member)
            }
            _ => None,
        });
        Summary {
            team: squad.id,
            tally: Tally::of(&findings),
            able,
            has_mission: squad.mission.as_ref().is_some_and(MissionText::is_complete),
            is_ready: squad.may_be_active(),
            suggested: suggested.collect(),
            turns_on: self.turns_on(squad),
            findings,
        }
    }

    /// The first day after today on which a date of `squad` makes a finding come up.
    fn turns_on(&self, squad: &SquadDesign) -> Option<NaiveDate> {
        let mission = squad.mission.iter().filter_map(|mission| mission.review_on);
        let links = self.links.iter().filter(|link| link.touches(squad.id));
        let looks = squad.looks.iter().map(|look| look.due_on);
        let health = squad.health.iter().filter(|_| squad.is_active).map(|health| health.due_on);
        mission
            .chain(looks)
            .chain(health)
            .chain(links.map(|link| link.review_on))
            .filter_map(|review_on| review_on.checked_add_days(Days::new(1)))
            .filter(|day| *day > self.today)
            .min()
    }
}

/// What summaries are asked with: lists read beside each whether it is out of date.
pub fn rules() -> i64 {
    *RULES
}

/// Makes the summaries of `among` again that are out of date on `today`. One statement when none is.
pub async fn refresh(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    among: &[TeamId],
) -> sqlx::Result<()> {
    let turn = Turns::of(tenant);
    let _mine = turn.wait().await;
    make(pool, tenant, today, Some(among), &mut Candidates::default()).await
}

/// Makes the organization's summaries again that are out of date for `reader` on `today`, unless they are so many that nobody should wait
/// for them, or change so fast that readers would do nothing but wait: then they are made in the background. Whoever has just changed
/// something waits in any case. Answers how many are left to the background.
pub async fn refresh_all(pool: &PgPool, reader: &Actor, today: NaiveDate) -> sqlx::Result<usize> {
    let tenant = reader.tenant;
    let since = reader.at - JUST_CHANGED;
    let waits = history::has_acted(pool, tenant, reader.member, since).await?
        || Turns::may_wait(tenant, Instant::now());
    if !waits {
        in_background(pool.clone(), tenant, today);
        if let Some(behind) = Turns::behind(tenant, Instant::now()) {
            return Ok(behind);
        }
        let behind = db::stale(pool, tenant, today, *RULES, None, MOST).await?.len();
        Turns::note_behind(tenant, Instant::now(), behind);
        return Ok(behind);
    }
    let turn = Turns::of(tenant);
    let Some(_mine) = turn.wait_for_all().await else { return Ok(0) };
    let stale = db::stale(pool, tenant, today, *RULES, None, MOST).await?.len();
    if stale > WAITED_FOR {
        in_background(pool.clone(), tenant, today);
        return Ok(stale);
    }
    make(pool, tenant, today, None, &mut Candidates::default()).await?;
    Ok(0)
}

/// Makes all of the organization's summaries again that are out of date on `today`, however long that takes.
pub async fn settle(pool: &PgPool, tenant: Tenant, today: NaiveDate) -> sqlx::Result<()> {
    let mut known = Candidates::default();
    while settle_some(pool, tenant, today, &mut known).await? > 0 {}
    Ok(())
}

/// Makes at most [`AT_ONCE`] again; answers how many.
async fn settle_some(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    known: &mut Candidates,
) -> sqlx::Result<i64> {
    // Whoever waits for a few may go between.
    let turn = Turns::of(tenant);
    let _mine = turn.wait().await;
    let stale = db::stale(pool, tenant, today, *RULES, None, AT_ONCE).await?;
    if !stale.is_empty() {
        remake(pool, tenant, today, &stale, known).await?;
    }
    Ok(i64::try_from(stale.len()).unwrap_or(AT_ONCE))
}

/// As [`settle`], beside everything else: what goes on changing takes a tenth of one processor, and no more.
fn in_background(pool: PgPool, tenant: Tenant, today: NaiveDate) {
    let Some(running) = Running::begin(tenant) else { return };
    tokio::spawn(async move {
        let mut known = Candidates::default();
        loop {
            let began = Instant::now();
            match settle_some(&pool, tenant, today, &mut known).await {
                Ok(0) => break,
                Ok(AT_ONCE..) => {}
                Ok(_) => {
                    tokio::time::sleep(began.elapsed() * RESTS).await;
                    // Changes go on, and with them who could close a gap.
                    known = Candidates::default();
                }
                Err(error) => {
                    tracing::warn!(?error, "summaries were left out of date");
                    break;
                }
            }
        }
        drop(running);
    });
}

async fn make(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    among: Option<&[TeamId]>,
    known: &mut Candidates,
) -> sqlx::Result<()> {
    for _ in 0..TRIES {
        let stale = db::stale(pool, tenant, today, *RULES, among, MOST).await?;
        if stale.is_empty() {
            break;
        }
        remake(pool, tenant, today, &stale, known).await?;
    }
    Ok(())
}

async fn remake(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    stale: &[Stale],
    known: &mut Candidates,
) -> sqlx::Result<()> {
    let teams: Vec<_> = stale.iter().map(|stale| stale.team).collect();
    let mut tx = db::begin(pool).await?;
    let design = load_part(&mut tx, tenant, today, &teams, known).await?;
    let summaries: Vec<_> = design.squads.iter().map(|squad| design.summary(squad)).collect();
    db::write(&mut *tx, tenant, *RULES, stale, &summaries).await?;
    tx.commit().await
}

/// The findings on the page of a squad as they are kept, 1 statement; none if they are out of date on `today`.
pub async fn kept_findings(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    today: NaiveDate,
    team: TeamId,
) -> sqlx::Result<Option<Vec<Finding>>> {
    let (kept, is_stale) = db::findings(db, tenant, team, *RULES, today).await?;
    Ok((!is_stale).then_some(kept))
}

/// The findings on the page of a squad, as they are on `today`: 1 statement, unless something has changed.
pub async fn findings(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    team: TeamId,
) -> sqlx::Result<Vec<Finding>> {
    match kept_findings(pool, tenant, today, team).await? {
        Some(kept) => Ok(kept),
        None => remade_findings(pool, tenant, today, team).await,
    }
}

/// As [`findings`], for whoever knows that those that are kept are out of date.
pub async fn remade_findings(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    team: TeamId,
) -> sqlx::Result<Vec<Finding>> {
    refresh(pool, tenant, today, &[team]).await?;
    Ok(db::findings(pool, tenant, team, *RULES, today).await?.0)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::missions::{Customer, Success, Value};

    fn on(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn design(today: NaiveDate, review_on: Option<NaiveDate>) -> Design {
        let mission = MissionText {
            customer: Customer::parse("Households").unwrap(),
            value: Value::parse("A bill that they understand").unwrap(),
            success: Success::parse("Nobody calls to ask").unwrap(),
            review_on,
        };
        let squad = SquadDesign {
            id: TeamId(Uuid::from_u128(1)),
            name: "Fair Bills".into(),
            slug: "fair-bills".into(),
            is_active: false,
            mission: Some(mission),
            members: vec![],
            needs: vec![],
            goal: None,
            looks: vec![],
            health: None,
        };
        Design { today, squads: vec![squad], ..Design::default() }
    }

    /// The features that the rules use, by their domains; and every file of the design, but what only shows it.
    #[test]
    fn whatever_a_summary_is_made_of_makes_it_again() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut needed = vec!["design/summary/mod.rs".to_owned()];
        for entry in fs::read_dir(root.join("design")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if ["mod.rs", "web.rs", "findings_tests.rs", "summary"].contains(&name.as_str()) {
                continue;
            }
            let text = fs::read_to_string(root.join("design").join(&name)).unwrap();
            needed.push(format!("design/{name}"));
            for after in text.split("use crate::").skip(1) {
                let feature = after.split([':', ';']).next().unwrap();
                let domain = format!("{feature}/domain.rs");
                if root.join(&domain).exists() {
                    needed.push(domain);
                }
            }
        }
        needed.sort();
        needed.dedup();
        let mut sources: Vec<_> = SOURCES.iter().map(|(path, _)| (*path).to_owned()).collect();
        sources.sort();
        assert_eq!(sources, needed);
        for (path, source) in SOURCES {
            assert_eq!(fs::read_to_string(root.join(path)).unwrap(), source, "{path}");
        }
    }

    #[test]
    fn a_summary_holds_until_the_day_after_the_review_date() {
        let summary = |today, review| {
            let design = design(today, review);
            design.summary(&design.squads[0])
        };
        let before = summary(on(9), Some(on(10)));
        assert_eq!(before.turns_on, Some(on(11)));
        assert_eq!(summary(on(10), Some(on(10))).tally, before.tally);
        let after = summary(on(11), Some(on(10)));
        assert_eq!(after.tally.warnings, before.tally.warnings + 1);
        assert_eq!(after.turns_on, None);
        assert_eq!(summary(on(9), None).turns_on, None);
    }
}
