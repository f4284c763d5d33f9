//! What the designer says of a draft: coverage, the effect on other squads, what passes, whether it is ready.

use std::collections::BTreeMap;

use super::draft::{Change, Draft, Team};
use crate::design::{Code, Finding, MAX_MEMBERS, MIN_MEMBERS};
use crate::ids::{MemberId, SkillId, TeamId};
use crate::missions::MissionText;
use crate::skills::{Coverage, Level, coverage};
use crate::squads::{Facts, Missing};

/// In how many members a core capability should be, where nobody said how many are needed.
const CAPABLE: usize = 2;

/// A skill that matters, with how well the squad covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The skill.
    pub skill: SkillId,
    /// Its name.
    pub name: String,
    /// Whether it is a craft; a core capability otherwise.
    pub is_craft: bool,
    /// Whether it is the first craft: a line stands before it.
    pub is_first_craft: bool,
    /// From which level on somebody is able.
    pub level: Level,
    /// How many are.
    pub able: usize,
    /// How well that covers what is needed.
    pub coverage: Coverage,
}

/// What the design means for another squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub team: TeamId,
    /// How many members it had.
    pub before: usize,
    /// How many it has.
    pub after: usize,
    /// How many of its members are in this squad as well.
    pub shared: usize,
    /// How it stands.
    pub health: Health,
}

/// How a squad stands after giving somebody away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Within 6 to 10, with somebody to spare.
    Good,
    /// Six: an active squad can give nobody else.
    AtMinimum,
    /// Fewer than six.
    TooSmall,
}

impl Draft {
    /// The four capabilities and the needed crafts, in the order of the skills.
    pub fn columns(&self) -> Vec<Column> {
        let members = self.members();
        let first_craft = self.skills.iter().find(|skill| skill.capability.is_none());
        let columns = self.skills.iter().map(|skill| {
            let need = self.squad.needs.iter().find(|need| need.skill == skill.id);
            let level = need.map_or(Level::ABLE, |need| need.level);
            let has = |(_, person): &&(MemberId, &super::Person)| {
                person.levels.get(&skill.id).is_some_and(|has| has.is_able(level))
            };
            let able = members.iter().filter(has).count();
            Column {
                skill: skill.id,
                name: skill.name.clone(),
                is_craft: skill.capability.is_none(),
                is_first_craft: first_craft.is_some_and(|first| first.id == skill.id),
                level,
                able,
                coverage: coverage(able, need.map_or(CAPABLE, |need| need.members)),
            }
        });
        columns.collect()
    }

    /// The columns in which the squad misses somebody.
    pub fn missing(&self) -> Vec<Column> {
        let mut columns = self.columns();
        columns.retain(|column| column.coverage != Coverage::Covered);
        columns
    }

    /// The squads that gave somebody to this one, or share somebody with it, by name.
    pub fn effects(&self) -> Vec<Effect> {
        let mut given: BTreeMap<TeamId, (usize, usize)> = BTreeMap::new();
        for change in &self.changes {
            if let Change::Move { from, to, .. } = change {
                given.entry(*from).or_default().0 += 1;
                given.entry(*to).or_default().1 += 1;
            }
        }
        for (_, person) in self.members() {
            for place in &person.places {
                given.entry(place.team).or_default();
            }
        }
        let shared = |team: TeamId| {
            let is_in = |person: &&super::Person| {
                person.share_in(team).is_some() && person.share_in(self.squad.id).is_some()
            };
            self.people.values().filter(is_in).count()
        };
        let mut teams: Vec<(&Team, (usize, usize))> = given
            .into_iter()
            .filter_map(|(id, moved)| Some((self.teams.get(&id)?, moved)))
            .filter(|(team, _)| team.is_squad)
            .collect();
        teams.sort_by_cached_key(|(team, _)| (team.name.to_lowercase(), team.id));
        teams
            .into_iter()
            .map(|(team, (gave, got))| Effect {
                team: team.id,
                before: (team.members + gave).saturating_sub(got),
                after: team.members,
                shared: shared(team.id),
                health: match team.members {
                    n if n < MIN_MEMBERS => Health::TooSmall,
                    MIN_MEMBERS if team.is_active => Health::AtMinimum,
                    _ => Health::Good,
                },
            })
            .filter(|effect| effect.before != effect.after || effect.shared > 0)
            .collect()
    }

    /// What has to be known of the mission and the metrics before it can be active (H7).
    pub fn facts(&self) -> Facts {
        let says = |part: fn(&MissionText) -> bool| self.squad.mission.as_ref().is_some_and(part);
        Facts {
            has_customer: says(|mission| !mission.customer.as_str().is_empty()),
            has_value: says(|mission| !mission.value.as_str().is_empty()),
            has_success: says(|mission| !mission.success.as_str().is_empty()),
            has_review: says(|mission| mission.review_on.is_some()),
            has_goal: self.squad.goal.is_some(),
        }
    }

    /// Everything that is missing before it can be active (H7).
    pub fn missing_parts(&self) -> Vec<Missing> {
        self.rules().missing(&self.facts())
    }

    /// The findings that stand on the squad's page.
    pub fn findings(&self) -> Vec<Finding> {
        self.design().findings_of(self.squad.id)
    }

    /// The design rules that hold, in words.
    pub fn passes(&self, findings: &[Finding]) -> Vec<String> {
        let holds = |code: Code| findings.iter().all(|finding| finding.code != code);
        let mut passes = vec![];
        if (MIN_MEMBERS..=MAX_MEMBERS).contains(&self.size()) {
            passes.push(format!("{} members, within {MIN_MEMBERS} to {MAX_MEMBERS}", self.size()));
        }
        if holds(Code::S2) {
            passes.push("The mission names a customer and an outcome".to_owned());
        }
        let columns = self.columns();
        let covered = |is_craft: bool| {
            let covered = columns.iter().filter(|column| {
                column.is_craft == is_craft && column.coverage == Coverage::Covered
            });
            let names: Vec<_> = covered.map(|column| column.name.as_str()).collect();
            match names.len() {
                0 => None,
                1 => Some(format!("{} is covered", names[0])),
                _ => Some(format!("{} are covered", and(&names))),
            }
        };
        passes.extend(covered(false));
        passes.extend(covered(true));
        let disciplines = self.disciplines();
        if disciplines.len() >= crate::design::MIN_DISCIPLINES {
            let names: Vec<_> = disciplines.iter().map(String::as_str).collect();
            passes.push(format!("{} disciplines: {}", names.len(), and(&names)));
        }
        if self.size() > 0 && holds(Code::S5) {
            passes.push("Nobody is over 100 % or in more than two squads".to_owned());
        }
        if self.squad.goal.is_some() {
            passes.push("There is a goal metric".to_owned());
        }
        let effects = self.effects();
        if !effects.is_empty() && effects.iter().all(|one| one.health != Health::TooSmall) {
            passes.push(format!("Donor squads stay at {MIN_MEMBERS} or more"));
        }
        passes
    }

    fn disciplines(&self) -> Vec<String> {
        let design = self.design();
        design.squads.first().map(|squad| design.disciplines(squad)).unwrap_or_default()
    }

    /// The sentence below the size meter.
    pub fn size_words(&self) -> String {
        let members = self.size();
        let size = if members < MIN_MEMBERS {
            let more = match MIN_MEMBERS - members {
                1 => "One",
                2 => "Two",
                3 => "Three",
                4 => "Four",
                5 => "Five",
                _ => "Six",
            };
            format!("{more} more to reach {MIN_MEMBERS}.")
        } else if members < MAX_MEMBERS {
            format!(
                "Within {MIN_MEMBERS} to {MAX_MEMBERS}, with room for {} more.",
                MAX_MEMBERS - members
            )
        } else {
            "Full: for one to come, one has to go.".to_owned()
        };
        match self.seats.len() {
            0 => size,
            1 => format!("{size} The open seat counts once somebody takes it."),
            _ => format!("{size} Open seats count once somebody takes them."),
        }
    }

    /// "5 members and 1 open seat".
    pub fn count_words(&self) -> (String, String) {
        let say = |n: usize, one: &str, many: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {many}"),
        };
        let seats = match self.seats.len() {
            0 => String::new(),
            n => format!("and {}", say(n, "open seat", "open seats")),
        };
        (say(self.size(), "member", "members"), seats)
    }
}

/// "service", "data and service", "data, design and service".
fn and(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
