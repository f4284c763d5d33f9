//! What the design rules say: pure functions over a [`Design`].
//!
//! A finding says what is, why it matters, and one way out. Its order is that of a page: the worst first, then by
//! squad, then by rule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::candidates::Candidates;
use super::domain::{
    Design, FULL_SHARE, Load, MAX_SQUADS_OF_A_MEMBER, MIN_DISCIPLINES, Need, SquadDesign,
};
use super::looks::{health, metrics};
use super::size::{MAX_MEMBERS, MIN_MEMBERS};
use crate::ids::{LinkId, MemberId, MetricId, SkillId, TeamId};
use crate::missions;
use crate::skills::{Capability, Coverage, Level, coverage};

/// The design rule that a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Code {
    /// Size outside 6 to 10.
    S1,
    /// The mission.
    S2,
    /// Core capabilities and disciplines.
    S3,
    /// Needed skills.
    S4,
    /// A member's shares.
    S5,
    /// Metrics.
    S6,
    /// Links to other teams.
    S7,
    /// Health checks.
    S9,
    /// Review dates.
    D1,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// A squad that is none.
    Breach,
    /// Something to tend soon.
    Warning,
    /// Something to think about.
    Advice,
}

impl Severity {
    /// The word for pages and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Breach => "breach",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A squad.
    Squad(TeamId),
    /// A member, in all of their squads.
    Member(MemberId),
    /// A link between two teams.
    Link(LinkId),
}

/// What a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WayOut {
    /// Find members for the squad.
    AddMembers(TeamId),
    /// Add this member, who closes the gap and has room.
    AddMember {
        /// Where.
        squad: TeamId,
        /// Who.
        member: MemberId,
        /// Their name.
        name: String,
        /// What they can.
        skill: String,
    },
    /// Look for somebody with this skill.
    FindMember {
        /// Where.
        squad: TeamId,
        /// What they should be able to do.
        skill: SkillId,
        /// The words for them: "who can decide", "with Billing".
        whom: String,
        /// How well.
        level: Level,
    },
    /// The squad is full: swap a member.
    SwapMembers(TeamId),
    /// The squad is full, and somebody with this skill can only come in for another one.
    SwapIn {
        /// Where.
        squad: TeamId,
        /// What they should be able to do.
        skill: SkillId,
        /// The words for them: "who can decide", "with Billing".
        whom: String,
        /// Who closes the gap and has room, by name.
        member: Option<(MemberId, String)>,
    },
    /// Ask its members what they can do.
    AskForLevels(TeamId),
    /// Write its mission.
    EditMission(TeamId),
    /// Choose its goal metric.
    SetGoalMetric(TeamId),
    /// Look at its metrics.
    ReviewMetrics(TeamId),
    /// Say what a metric is now.
    CheckIn {
        /// Whose.
        squad: TeamId,
        /// Which.
        metric: MetricId,
    },
    /// Ask its members how they are doing.
    CheckHealth(TeamId),
    /// Look at the shares of a member.
    ReviewShares(MemberId),
    /// Tie the squad to a team.
    AddLink(TeamId),
    /// Ask whether a link is still needed, and set its next day.
    ReviewLink(LinkId),
}

/// What a design rule says about a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// The squads on whose pages it stands.
    pub squads: Vec<TeamId>,
    /// What is: "Nobody can decide."
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// What to do.
    pub way_out: WayOut,
}

impl Design {
    /// All findings, the worst first; always in the same order for the same design.
    pub fn findings(&self) -> Vec<Finding> {
        let loads = self.loads();
        let candidates = Candidates::of(self, &loads);
        let mut findings: Vec<_> =
            self.squads.iter().flat_map(|squad| self.squad_findings(squad, &candidates)).collect();
        findings.extend(self.member_findings(&loads));
        findings.extend(self.islands());
        findings.extend(self.stale_links());
        self.sort(&mut findings);
        findings
    }

    /// The findings on one squad's page.
    pub fn findings_of(&self, squad: TeamId) -> Vec<Finding> {
        let loads = self.loads();
        let candidates = Candidates::of(self, &loads);
        let squads = self.squads.iter().filter(|other| other.id == squad);
        let mut findings: Vec<_> =
            squads.flat_map(|squad| self.squad_findings(squad, &candidates)).collect();
        let others = self.member_findings(&loads).into_iter();
        let others = others.chain(self.islands()).chain(self.stale_links());
        findings.extend(others.filter(|finding| finding.squads.contains(&squad)));
        self.sort(&mut findings);
        findings
    }

    fn sort(&self, findings: &mut [Finding]) {
        let names: BTreeMap<_, _> =
            self.squads.iter().map(|squad| (squad.id, squad.name.to_lowercase())).collect();
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| {
                (finding.severity, finding.squads.first().and_then(|id| names.get(id)).cloned())
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| (a.code, &a.squads, a.subject).cmp(&(b.code, &b.squads, b.subject)))
        });
    }

    fn squad_findings(&self, squad: &SquadDesign, candidates: &Candidates<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(size(squad));
        findings.extend(self.mission_findings(squad));
        if squad.members.is_empty() {
            findings.push(nobody(squad));
        } else {
            findings.extend(self.capability_findings(squad, candidates));
            findings.extend(self.discipline_finding(squad));
        }
        findings.extend(
            squad.needs.iter().filter_map(|need| self.need_finding(squad, need, candidates)),
        );
        findings.extend(metrics(squad, self.today));
        findings.extend(health(squad, self.today));
        findings
    }

    /// S2.
    fn mission_findings(&self, squad: &SquadDesign) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut say = |title: String, reason: String| {
            findings.push(finding(
                squad,
                Code::S2,
                Severity::Warning,
                title,
                reason,
                WayOut::EditMission(squad.id),
            ));
        };
        let Some(mission) = &squad.mission else {
            say("There is no mission yet.".into(), "A squad starts with one sentence about one customer; everything else follows from it.".into());
            return findings;
        };
        if !mission.is_complete() {
            say(
                format!("The mission does not name {} yet.", missions::and(&mission.missing())),
                "Only a whole mission lets the squad decide for itself what to do next.".into(),
            );
        }
        if let Some(day) = mission.review_on.filter(|_| mission.is_overdue(self.today)) {
            let day = day.format("%-d %B %Y");
            say(
                "The mission is past its review date.".into(),
                format!(
                    "It was to be read again by {day}. Customers change: keep it or change it, together."
                ),
            );
        }
        if let Some(words) = mission.function() {
            say(
                "The mission is about a function, not a customer.".into(),
                format!(
                    "It says “{words}”. A squad works for somebody outside: name them, and what they would value."
                ),
            );
        }
        findings
    }

    /// S3, and the part of S4 that is about core capabilities.
    fn capability_findings(
        &self,
        squad: &SquadDesign,
        candidates: &Candidates<'_>,
    ) -> Vec<Finding> {
        if self.is_unrated(squad) && !self.somebody_could(squad, candidates) {
            return vec![unrated(squad)];
        }
        let mut findings = Vec::new();
        for capability in Capability::ALL {
            let Some(skill) = self.capability(capability) else { continue };
            let able = self.able(squad, skill, Level::ABLE);
            let verb = verb(capability);
            let way_out = || self.close(squad, skill, Level::ABLE, candidates);
            match coverage(able.len(), 2) {
                Coverage::Covered => {}
                Coverage::Gap => findings.push(finding(
                    squad,
                    Code::S3,
                    Severity::Breach,
                    format!("Nobody can {verb}."),
                    format!("A squad that cannot {verb} waits for others while its customer waits. {} somebody who does it alone.", if squad.members.len() >= MAX_MEMBERS { "Swap in" } else { "Add" }),
                    way_out(),
                )),
                Coverage::Thin if squad.needs.iter().any(|need| need.skill == skill && self.covers(squad, need) != Coverage::Covered) => {}
                Coverage::Thin => findings.push(finding(
                    squad,
                    Code::S4,
                    Severity::Advice,
                    format!("Only {} can {verb}.", self.member_name(able[0])),
                    "When one person is away, the squad stands still. A second one can learn it.".into(),
                    way_out(),
                )),
            }
        }
        findings
    }

    /// Whether none of its members has a level in a core capability.
    fn is_unrated(&self, squad: &SquadDesign) -> bool {
        let capabilities: Vec<_> =
            Capability::ALL.into_iter().filter_map(|kind| self.capability(kind)).collect();
        !capabilities.is_empty()
            && capabilities.iter().all(|skill| self.able(squad, *skill, Level::KNOWS_OF).is_empty())
    }

    /// Whether there is somebody who would bring a core capability that the squad lacks.
    fn somebody_could(&self, squad: &SquadDesign, candidates: &Candidates<'_>) -> bool {
        let mut skills = Capability::ALL.into_iter().filter_map(|kind| self.capability(kind));
        skills.any(|skill| candidates.best(squad, skill, Level::ABLE).is_some())
    }

    /// S3, the second half.
    fn discipline_finding(&self, squad: &SquadDesign) -> Option<Finding> {
        let disciplines = self.disciplines(squad);
        if disciplines.len() >= MIN_DISCIPLINES {
            return None;
        }
        let title = match disciplines.len() {
            0 => "No discipline is written down.".to_owned(),
            1 => format!("Only one discipline: {}.", disciplines[0]),
            _ => format!("Only two disciplines: {}.", disciplines.join(" and ")),
        };
        let unknown = squad.members.iter().filter(|placement| {
            self.members
                .get(&placement.member)
                .is_none_or(|member| member.discipline.trim().is_empty())
        });
        let reason = match unknown.count() {
            0 => "Three at least see a customer's problem from several sides.".to_owned(),
            1 => "Three at least see a customer's problem from several sides. One member has none written down.".to_owned(),
            n => format!("Three at least see a customer's problem from several sides. {n} members have none written down."),
        };
        Some(finding(squad, Code::S3, Severity::Breach, title, reason, add_or_swap(squad)))
    }

    /// S4.
    fn need_finding(
        &self,
        squad: &SquadDesign,
        need: &Need,
        candidates: &Candidates<'_>,
    ) -> Option<Finding> {
        let able = self.able(squad, need.skill, need.level);
        let name = self.skill_name(need.skill);
        let is_capability =
            self.skills.get(&need.skill).is_some_and(|skill| skill.capability.is_some());
        if is_capability && self.able(squad, need.skill, Level::ABLE).is_empty() {
            // S3 says it already.
            return None;
        }
        let level = need.level.words();
        let (severity, title, reason) = match self.covers(squad, need) {
            Coverage::Covered => return None,
            Coverage::Gap => (
                Severity::Warning,
                format!("Nobody has {name}."),
                format!("The squad needs somebody who {level}."),
            ),
            Coverage::Thin if able.len() == 1 => (
                Severity::Advice,
                format!("Only {} has {name}.", self.member_name(able[0])),
                "When one person is away, the squad stands still. A second one can learn it."
                    .to_owned(),
            ),
            Coverage::Thin => (
                Severity::Advice,
                format!("{} of {} members have {name}.", able.len(), need.members),
                format!("The squad needs {} who can do this: {level}.", need.members),
            ),
        };
        let way_out = self.close(squad, need.skill, need.level, candidates);
        Some(finding(squad, Code::S4, severity, title, reason, way_out))
    }

    /// The way out of a gap.
    fn close(
        &self,
        squad: &SquadDesign,
        skill: SkillId,
        level: Level,
        candidates: &Candidates<'_>,
    ) -> WayOut {
        let name = self.skill_name(skill).to_owned();
        let capability = self.skills.get(&skill).and_then(|skill| skill.capability);
        let whom = capability
            .map_or_else(|| format!("with {name}"), |kind| format!("who can {}", verb(kind)));
        let best = candidates.best(squad, skill, level);
        if squad.members.len() >= MAX_MEMBERS {
            let member = best.map(|member| (member, self.member_name(member).to_owned()));
            return WayOut::SwapIn { squad: squad.id, skill, whom, member };
        }
        match best {
            Some(member) => WayOut::AddMember {
                squad: squad.id,
                member,
                name: self.member_name(member).to_owned(),
                skill: name,
            },
            None => WayOut::FindMember { squad: squad.id, skill, whom, level },
        }
    }

    /// S5.
    fn member_findings(&self, loads: &BTreeMap<MemberId, Load>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (member, load) in loads {
            let many = load.squads > MAX_SQUADS_OF_A_MEMBER;
            if load.share <= FULL_SHARE && !many {
                continue;
            }
            let squads: Vec<_> = self
                .squads
                .iter()
                .filter(|squad| squad.has(*member))
                .map(|squad| squad.id)
                .collect();
            if squads.is_empty() {
                continue;
            }
            let mut say = |title: String, reason: &str| {
                findings.push(Finding {
                    code: Code::S5,
                    severity: Severity::Warning,
                    subject: Subject::Member(*member),
                    squads: squads.clone(),
                    title,
                    reason: reason.to_owned(),
                    way_out: WayOut::ReviewShares(*member),
                });
            };
            let name = self.member_name(*member);
            if load.share > FULL_SHARE {
                say(
                    format!("{name} is planned at {} %.", load.share),
                    "More than 100 % is a promise that nobody can keep. Lower a share or end a membership.",
                );
            }
            if many {
                say(
                    format!("{name} is in {} squads.", load.squads),
                    "In more than two squads, most of the time goes into switching between them.",
                );
            }
        }
        findings
    }
}

pub(super) fn finding(
    squad: &SquadDesign,
    code: Code,
    severity: Severity,
    title: String,
    reason: String,
    way_out: WayOut,
) -> Finding {
    Finding {
        code,
        severity,
        subject: Subject::Squad(squad.id),
        squads: vec![squad.id],
        title,
        reason,
        way_out,
    }
}

/// S1.
fn size(squad: &SquadDesign) -> Option<Finding> {
    let members = squad.members.len();
    let (title, reason, way_out) = if members > MAX_MEMBERS {
        let title = format!("{members} members, {} over the limit.", number(members - MAX_MEMBERS));
        (
            title,
            "In a squad of more than ten, people start to wait for one another. Split it or move somebody.",
            WayOut::SwapMembers(squad.id),
        )
    } else if members < MIN_MEMBERS {
        let missing = MIN_MEMBERS - members;
        let title = if squad.is_active {
            format!(
                "{members} {}, {} too few.",
                if members == 1 { "member" } else { "members" },
                number(missing)
            )
        } else {
            format!("{missing} more to reach {MIN_MEMBERS}.")
        };
        (
            title,
            "A squad of six to ten can do everything for its customer and still talks at one table.",
            WayOut::AddMembers(squad.id),
        )
    } else {
        return None;
    };
    let severity = if squad.is_active { Severity::Breach } else { Severity::Advice };
    Some(finding(squad, Code::S1, severity, title, reason.to_owned(), way_out))
}

/// S3 for a squad in which there is nobody at all: one finding instead of five.
fn nobody(squad: &SquadDesign) -> Finding {
    finding(
        squad,
        Code::S3,
        Severity::Breach,
        "Nobody can analyze, decide, solve problems or act yet.".to_owned(),
        "A squad can do all four by itself. Begin with somebody who knows the customer.".to_owned(),
        WayOut::AddMembers(squad.id),
    )
}

/// S3 for a squad whose members have said nothing yet, where nobody else would bring it either.
fn unrated(squad: &SquadDesign) -> Finding {
    finding(
        squad,
        Code::S3,
        Severity::Breach,
        "Nobody in it has rated what they can do yet.".to_owned(),
        "So nobody knows whether it can analyze, decide, solve problems and act. Members rate themselves, each on their own page under Skills; for those who cannot sign in yet, leaders do.".to_owned(),
        WayOut::AskForLevels(squad.id),
    )
}

fn add_or_swap(squad: &SquadDesign) -> WayOut {
    if squad.members.len() >= MAX_MEMBERS {
        WayOut::SwapMembers(squad.id)
    } else {
        WayOut::AddMembers(squad.id)
    }
}

/// A capability as something that somebody does.
fn verb(capability: Capability) -> &'static str {
    match capability {
        Capability::Analyze => "analyze",
        Capability::Decide => "decide",
        Capability::Solve => "solve problems",
        Capability::Act => "act",
    }
}

fn number(n: usize) -> String {
    if n == 1 { "one".to_owned() } else { n.to_string() }
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
