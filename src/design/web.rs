//! Where a way out leads, for whoever looks at a finding.

use super::findings::{Finding, Severity, WayOut};
use super::links::{link_url, new_link_url};
use crate::actor::Roles;
use crate::ids::TeamId;
use crate::skills::Level;

/// Who looks at findings: it decides which ways out they are shown.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    may_design: bool,
    may_lead: bool,
    squads: Vec<TeamId>,
}

impl Viewer {
    /// A visitor with `roles` who is a member of `squads`.
    pub fn new(roles: Roles, squads: Vec<TeamId>) -> Self {
        Self { may_design: roles.may_design(), may_lead: roles.may_lead(), squads }
    }

    fn is_in(&self, squad: TeamId) -> bool {
        self.squads.contains(&squad)
    }
}

/// A way out as a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The address.
    pub href: String,
    /// What it says: the verb first.
    pub label: String,
}

/// The link of a way out in the organization `org`; none where the viewer may not go it.
pub fn way(org: &str, way_out: &WayOut, viewer: &Viewer) -> Option<Way> {
    let members = |squad: &TeamId| format!("/o/{org}/squads/{squad}/members");
    let swap = |squad: &TeamId| format!("/o/{org}/squads/{squad}/swap");
    let (may, href, label) = match way_out {
        WayOut::AddMembers(squad) => (viewer.may_design, members(squad), "Add members".to_owned()),
        WayOut::SwapMembers(squad) => (viewer.may_design, swap(squad), "Swap a member".to_owned()),
        WayOut::SwapIn { squad, member: Some((member, name)), .. } => (
            viewer.may_design,
            format!("{}?member={member}", swap(squad)),
            format!("Swap {name} in"),
        ),
        WayOut::SwapIn { squad, skill, whom, .. } => (
            viewer.may_design,
            format!("{}?skill={skill}", swap(squad)),
            format!("Swap in somebody {whom}"),
        ),
        WayOut::AddMember { squad, member, name, .. } => {
            (viewer.may_design, format!("{}?add={member}", members(squad)), format!("Add {name}"))
        }
        WayOut::FindMember { skill, whom, level, .. } => {
            (true, find_href(org, &skill.to_string(), *level), format!("Look for somebody {whom}"))
        }
        WayOut::AskForLevels(squad) => (true, members(squad), "See whom to ask".to_owned()),
        WayOut::EditMission(squad) => (
            viewer.may_lead || viewer.is_in(*squad),
            format!("/o/{org}/squads/{squad}/mission/edit"),
            "Write the mission".to_owned(),
        ),
        WayOut::SetGoalMetric(squad) => (
            viewer.may_design || viewer.is_in(*squad),
            format!("/o/{org}/squads/{squad}/metrics/new?goal=1"),
            "Choose a goal metric".to_owned(),
        ),
        WayOut::ReviewMetrics(squad) => {
            (true, format!("/o/{org}/squads/{squad}/metrics"), "Look at the metrics".to_owned())
        }
        WayOut::CheckIn { squad, metric } if viewer.is_in(*squad) => (
            true,
            format!("/o/{org}/squads/{squad}/metrics/{metric}/check-in"),
            "Check in".to_owned(),
        ),
        WayOut::CheckIn { squad, metric } => (
            true,
            format!("/o/{org}/squads/{squad}/metrics/{metric}"),
            "Look at the metric".to_owned(),
        ),
        WayOut::CheckHealth(squad) => {
            (true, format!("/o/{org}/squads/{squad}/health"), "Go to its health checks".to_owned())
        }
        WayOut::ReviewShares(member) => {
            (true, format!("/o/{org}/members/{member}"), "Look at the shares".to_owned())
        }
        WayOut::AddLink(squad) => {
            (viewer.may_design, new_link_url(org, *squad), "Link it to a team".to_owned())
        }
        WayOut::ReviewLink(link) => {
            let label = if viewer.may_design { "Review the link" } else { "Look at the link" };
            (true, link_url(org, *link), label.to_owned())
        }
    };
    may.then_some(Way { href, label })
}

fn find_href(org: &str, skill: &str, level: Level) -> String {
    let free = super::MIN_FREE_SHARE;
    format!("/o/{org}/members?skill={skill}&level={}&free={free}", level.number())
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Breaches.
    pub breaches: usize,
    /// Warnings.
    pub warnings: usize,
    /// Advice.
    pub advice: usize,
}

impl Tally {
    /// Counts.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Breach => tally.breaches += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Advice => tally.advice += 1,
            }
        }
        tally
    }

    /// The worst there is.
    pub fn worst(self) -> Option<Severity> {
        match self {
            Self { breaches: 1.., .. } => Some(Severity::Breach),
            Self { warnings: 1.., .. } => Some(Severity::Warning),
            Self { advice: 1.., .. } => Some(Severity::Advice),
            _ => None,
        }
    }

    /// All together.
    pub fn all(self) -> usize {
        self.breaches + self.warnings + self.advice
    }

    /// "2 breaches, 1 warning"; "None" without any.
    pub fn words(self) -> String {
        let say = |n: usize, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts = [
            say(self.breaches, "breach", "breaches"),
            say(self.warnings, "warning", "warnings"),
            say(self.advice, "advice", "advice"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "None".to_owned() } else { parts.join(", ") }
    }
}
