//! What needs a person: at most ten things, the worst first, each with its reason and one way on.

mod backlogs;

use std::collections::HashSet;

use crate::actor::{Role, Roles};
use crate::design::{Finding, Severity, Subject, Tally, WayOut};
use crate::ids::{MemberId, ProductId, TeamId};
use crate::metrics::{Goal, Pulse};
use crate::missions::{Customer, Value};

pub use backlogs::{Backlog, Hand, Held, counted, of_backlogs};

/// More would be a list to work off instead of a look at the day.
pub const MAX_THINGS: usize = 10;

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Its weight, as its icon shows it: breach, warning, advice, or passes for good news.
    pub severity: &'static str,
    /// The squad or member it is about; nothing where the title says it.
    pub about: Option<TeamId>,
    /// What is.
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// The one action.
    pub action: Action,
}

/// Where a thing leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// What the design rule offers.
    WayOut(WayOut),
    /// Look at a squad.
    Squad(TeamId),
    /// Make a squad active.
    Activate(TeamId),
    /// Look at a product group.
    Group(ProductId),
    /// Look at a board.
    Board(ProductId),
    /// Look at the items that are blocked.
    Blocked(ProductId),
    /// Answer those who proposed something.
    Proposed(ProductId),
    /// Look at one's own skills again.
    OwnSkills,
    /// Add members.
    AddMembers,
}

/// Who looks.
#[derive(Debug, Clone)]
pub struct Person {
    /// Which member.
    pub member: MemberId,
    /// With which roles.
    pub roles: Roles,
    /// How many of their levels are stale.
    pub stale_skills: i64,
    /// How many members the organization has.
    pub members: i64,
}

/// A squad as home knows it: its summary, and what a line or a card of it needs.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "a line of a page: each is a fact of its own")]
pub struct Standing {
    /// The squad.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// Active; forming otherwise.
    pub is_active: bool,
    /// How many members it has.
    pub members: usize,
    /// It has all that an active squad needs.
    pub is_ready: bool,
    /// The person is in it.
    pub is_own: bool,
    /// It is among the first of the table.
    pub is_listed: bool,
    /// How many findings stand on its page.
    pub tally: Tally,
    /// They, the worst first, of a squad that is the person's own; of another the first of each weight, if it was looked at.
    pub findings: Vec<Finding>,
    /// For whom it works.
    pub customer: Option<Customer>,
    /// What they get.
    pub value: Option<Value>,
    /// Its goal metric.
    pub goal: Option<Goal>,
    /// The goal metric's dozen newest values, the oldest first, of a squad that is in the table.
    pub values: Vec<f64>,
}

impl Standing {
    /// An active squad needs no word.
    pub fn state(&self) -> &'static str {
        if self.is_active { "" } else { "Forming" }
    }

    /// How its goal metric stands.
    pub fn pulse(&self) -> Option<(&Goal, Pulse)> {
        let goal = self.goal.as_ref()?;
        Some((goal, Pulse::new(&goal.metric, self.values.clone())))
    }

    fn may_become_active(&self) -> bool {
        !self.is_active && self.is_ready
    }

    /// How many things it is worth to somebody who designs: its breaches, that it is ready, its warnings.
    pub fn lines(&self) -> usize {
        usize::from(self.tally.breaches > 0)
            + usize::from(self.may_become_active())
            + usize::from(self.tally.warnings > 0)
    }

    /// How many of these are known here: all of a squad whose findings were looked at.
    pub fn seen(&self) -> usize {
        if self.findings.is_empty() { usize::from(self.may_become_active()) } else { self.lines() }
    }

    /// It serves customers today with a breach.
    pub fn is_troubled(&self) -> bool {
        self.is_active && self.tally.breaches > 0
    }
}

/// What needs `person` among `squads`, and how many things more than are shown; `unseen` is how many there are in squads
/// that are not here.
pub fn things(
    squads: &[Standing],
    unseen: usize,
    backlogs: &[Backlog],
    person: &Person,
) -> (Vec<Thing>, usize) {
    let mut things = Vec::new();
    if person.roles.may_administer() && person.members <= 1 {
        things.push(Thing {
            severity: "advice",
            about: None,
            title: "You are alone here.".to_owned(),
            reason: "Add members one by one, or import a list. They can be invited later."
                .to_owned(),
            action: Action::AddMembers,
        });
    }
    let mut theirs: Vec<(&Standing, &Finding)> = squads
        .iter()
        .filter(|squad| person.roles.may_design() || squad.is_own)
        .flat_map(|squad| squad.findings.iter().map(move |finding| (squad, finding)))
        .filter(|(_, finding)| finding.severity <= Severity::Warning)
        .collect();
    // An active squad serves customers today, so it comes before one that is forming. The sort keeps the rest.
    theirs.sort_by_cached_key(|(squad, finding)| {
        (finding.severity, !squad.is_active, squad.name.to_lowercase())
    });
    // What is said of a member stands on the page of each of their squads, and once here.
    let mut said = HashSet::new();
    theirs.retain(|(_, finding)| match finding.subject {
        Subject::Member(member) => said.insert((member, &finding.title)),
        Subject::Squad(_) | Subject::Link(_) => true,
    });
    let breaches =
        theirs.iter().filter(|(_, finding)| finding.severity == Severity::Breach).count();
    let (breaches, warnings) = theirs.split_at(breaches);
    let mut of_backlogs = of_backlogs(backlogs, person);
    let mut take = |severity: &str| -> Vec<Thing> {
        of_backlogs.extract_if(.., |thing| thing.severity == severity).collect()
    };
    // Whose product it is has their hands full with it: it comes first among equals.
    things.extend(take("breach"));
    things.extend(of_findings(breaches, person));
    if person.roles.may_design() {
        things.extend(ready(squads));
    } else if person.roles.has(Role::Coach) {
        things.extend(troubled(squads));
    }
    things.extend(take("warning"));
    things.extend(of_findings(warnings, person));
    things.extend(take("advice"));
    things.extend(stale(person));
    let more = things.len().saturating_sub(MAX_THINGS) + unseen;
    things.truncate(MAX_THINGS);
    (things, more)
}

/// Findings of one severity. Who designs many squads sees the first of each squad, with how many more stand on its page, so
/// that one squad in trouble does not hide the others; who is in a squad or two sees them all.
fn of_findings(findings: &[(&Standing, &Finding)], person: &Person) -> Vec<Thing> {
    let mut things: Vec<(Thing, usize)> = Vec::new();
    for (squad, finding) in findings {
        let about = Some(squad.id);
        let designs = person.roles.may_design();
        if designs && things.iter().any(|(thing, _)| thing.about == about) {
            continue;
        }
        let all = match finding.severity {
            Severity::Breach => squad.tally.breaches,
            Severity::Warning => squad.tally.warnings,
            Severity::Advice => squad.tally.advice,
        };
        let more = if designs { all.saturating_sub(1) } else { 0 };
        let thing = Thing {
            severity: finding.severity.word(),
            about,
            title: finding.title.clone(),
            reason: finding.reason.clone(),
            action: Action::WayOut(finding.way_out.clone()),
        };
        things.push((thing, more));
    }
    let said = things.into_iter().map(|(mut thing, more)| {
        let word = if thing.severity == "breach" {
            ("breach", "breaches")
        } else {
            ("warning", "warnings")
        };
        match more {
            0 => {}
            1 => thing.reason = format!("{} One more {} on its page.", thing.reason, word.0),
            n => thing.reason = format!("{} {n} more {} on its page.", thing.reason, word.1),
        }
        thing
    });
    said.collect()
}

/// Squads that are forming and have all that an active one needs.
fn ready(squads: &[Standing]) -> Vec<Thing> {
    let squads = squads.iter().filter(|squad| squad.may_become_active());
    squads
        .map(|squad| Thing {
            severity: "passes",
            about: Some(squad.id),
            title: "Ready to become active.".to_owned(),
            reason: "It has 6 to 10 members, a complete mission and a goal metric.".to_owned(),
            action: Action::Activate(squad.id),
        })
        .collect()
}

/// Other squads with breaches, for somebody who can be asked for help: one line each, to look at.
fn troubled(squads: &[Standing]) -> Vec<Thing> {
    let others = squads.iter().filter(|squad| squad.is_troubled() && !squad.is_own);
    others
        .filter_map(|squad| {
            let worst = squad.findings.iter().min_by_key(|finding| finding.severity)?;
            Some(Thing {
                severity: worst.severity.word(),
                about: Some(squad.id),
                title: worst.title.clone(),
                reason: format!("Findings: {}. You help when the squad asks.", squad.tally.words()),
                action: Action::Squad(squad.id),
            })
        })
        .collect()
}

/// One's own skills that nobody has looked at for long.
fn stale(person: &Person) -> Option<Thing> {
    let title = match person.stale_skills {
        ..=0 => return None,
        1 => "One of your skills was last looked at more than 6 months ago.".to_owned(),
        n => format!("{n} of your skills were last looked at more than 6 months ago."),
    };
    Some(Thing {
        severity: "advice",
        about: None,
        title,
        reason: "Squads find you by them. Say whether they are still true.".to_owned(),
        action: Action::OwnSkills,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::design::{Design, Placement, SquadDesign};

    fn squad(n: u128, is_active: bool, members: &[u128]) -> SquadDesign {
        let member = |n: &u128| Placement { member: MemberId(Uuid::from_u128(*n)), allocation: 50 };
        SquadDesign {
            id: TeamId(Uuid::from_u128(n)),
            name: format!("Squad {n:02}"),
            slug: String::new(),
            is_active,
            mission: None,
            members: members.iter().map(member).collect(),
            needs: vec![],
            goal: None,
            looks: vec![],
            health: None,
        }
    }

    fn person(roles: &[Role]) -> Person {
        let roles = roles.iter().copied().collect();
        Person { member: MemberId(Uuid::from_u128(100)), roles, stale_skills: 0, members: 20 }
    }

    fn standings(design: &Design, person: &Person) -> Vec<Standing> {
        let squads = design.squads.iter().map(|squad| {
            let summary = design.summary(squad);
            Standing {
                id: squad.id,
                name: squad.name.clone(),
                slug: String::new(),
                is_active: squad.is_active,
                members: squad.members.len(),
                is_ready: summary.is_ready,
                is_own: squad.has(person.member),
                is_listed: true,
                tally: summary.tally,
                findings: summary.findings,
                customer: None,
                value: None,
                goal: None,
                values: vec![],
            }
        });
        squads.collect()
    }

    fn seen(design: &Design, person: &Person) -> (Vec<Thing>, usize) {
        things(&standings(design, person), 0, &[], person)
    }

    #[test]
    fn what_is_said_of_a_member_of_three_squads_is_said_once() {
        let squads = (1..=3).map(|n| squad(n, true, &[100])).collect();
        let design = Design { squads, ..Design::default() };
        let mut standings = standings(&design, &person(&[]));
        for squad in &mut standings {
            squad.findings.retain(|finding| finding.title.contains("is in 3 squads"));
            assert_eq!(squad.findings.len(), 1);
        }
        assert_eq!(things(&standings, 0, &[], &person(&[])).0.len(), 1);
    }

    #[test]
    fn a_leader_sees_ten_things_at_most_active_squads_first() {
        let squads: Vec<_> = (1..=6).map(|n| squad(n, n == 6, &[n + 200])).collect();
        let design = Design { squads, ..Design::default() };
        let (things, more) = seen(&design, &person(&[Role::Leader]));
        assert_eq!((things.len(), more), (MAX_THINGS, 2), "a breach and a warning of each squad");
        assert!(things[0].reason.ends_with("One more breach on its page."), "{}", things[0].reason);
        assert_eq!(things[0].about, Some(TeamId(Uuid::from_u128(6))));
        assert!(things.iter().all(|thing| thing.severity != "advice"));
    }

    #[test]
    fn a_member_sees_what_their_own_squads_need() {
        let design = Design {
            squads: vec![squad(1, true, &[100]), squad(2, true, &[201])],
            ..Design::default()
        };
        let (things, _) = seen(&design, &person(&[]));
        assert!(!things.is_empty());
        assert!(things.iter().all(|thing| thing.about == Some(TeamId(Uuid::from_u128(1)))));
    }

    #[test]
    fn a_coach_sees_active_squads_with_breaches_once_and_to_look_at() {
        let design = Design {
            squads: vec![squad(1, true, &[200]), squad(2, false, &[201])],
            ..Design::default()
        };
        let (things, _) = seen(&design, &person(&[Role::Coach]));
        assert_eq!(things.len(), 1);
        assert_eq!(things[0].action, Action::Squad(TeamId(Uuid::from_u128(1))));
    }

    #[test]
    fn stale_skills_are_said_in_words() {
        let title = |n| stale(&Person { stale_skills: n, ..person(&[]) }).map(|thing| thing.title);
        assert_eq!(title(0), None);
        assert_eq!(
            title(1).unwrap(),
            "One of your skills was last looked at more than 6 months ago."
        );
        assert_eq!(
            title(2).unwrap(),
            "2 of your skills were last looked at more than 6 months ago."
        );
    }

    #[test]
    fn an_admin_who_is_alone_is_told_how_members_come() {
        let alone = |members| {
            seen(&Design::default(), &Person { members, ..person(&[Role::Admin]) }).0.len()
        };
        assert_eq!((alone(1), alone(2)), (1, 0));
    }
}
