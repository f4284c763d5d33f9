//! What lists, maps and home say about a squad: kept beside it, and made again when it is out of date.
//!
//! A page of one squad or of many reads summaries and never a design, so it costs the rows that it shows. The database's
//! triggers note which squads a change touches (`squad_stale`); whoever reads next makes their summaries again from
//! the design, with the same pure rules as the squad's page. Nothing is counted a second way.
//!
//! A summary's day is that of UTC, on the squad's own page too: all pages say the same at the same time.

mod db;

use std::sync::LazyLock;

use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::domain::{Design, SquadDesign};
use super::findings::{Finding, WayOut};
use super::web::Tally;
use crate::actor::Tenant;
use crate::ids::{MemberId, TeamId};
use crate::missions::MissionText;
use crate::skills::{Capability, Level};

/// So many squads are read at once.
const AT_ONCE: usize = 250;
/// Another reader may have been faster with an older design; then it is asked once more.
const TRIES: usize = 3;

/// What a summary is made of: the rules and sentences, what they are told by the features before, and how it is read.
const SOURCES: [(&str, &str); 10] = [
    ("design/summary/mod.rs", include_str!("mod.rs")),
    ("design/candidates.rs", include_str!("../candidates.rs")),
    ("design/db.rs", include_str!("../db.rs")),
    ("design/domain.rs", include_str!("../domain.rs")),
    ("design/findings.rs", include_str!("../findings.rs")),
    ("design/links.rs", include_str!("../links.rs")),
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
        mission
            .chain(links.map(|link| link.review_on))
            .filter_map(|review_on| review_on.checked_add_days(Days::new(1)))
            .filter(|day| *day > self.today)
            .min()
    }
}

/// Makes the summaries of the organization's squads again that are out of date on `today`: of `among`, or of all.
/// One statement when none is. Answers whether any was.
pub async fn refresh(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    among: Option<&[TeamId]>,
) -> sqlx::Result<bool> {
    for tried in 0..TRIES {
        let stale = db::stale(pool, tenant, today, *RULES, among).await?;
        if stale.is_empty() {
            return Ok(tried > 0);
        }
        for stale in stale.chunks(AT_ONCE) {
            let teams: Vec<_> = stale.iter().map(|stale| stale.team).collect();
            let design = super::load_squads(pool, tenant, today, &teams).await?;
            let summaries: Vec<_> =
                design.squads.iter().map(|squad| design.summary(squad)).collect();
            db::write(pool, tenant, *RULES, stale, &summaries).await?;
        }
    }
    Ok(true)
}

/// The findings on the page of a squad, as they are on `today`: 2 statements, unless something has changed.
pub async fn findings(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    team: TeamId,
) -> sqlx::Result<Vec<Finding>> {
    refresh(pool, tenant, today, Some(&[team])).await?;
    db::findings(pool, tenant, team).await
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
            live_metrics: 0,
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
