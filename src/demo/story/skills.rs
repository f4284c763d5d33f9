//! Who can do what: enough in every squad, but for the gaps that the demo is to show.

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Author, Rating};
use crate::demo::company::{CRAFTS, KINDS};

/// From this level on somebody is able.
const ABLE: i16 = 3;
/// How many skills are core capabilities; crafts follow.
const CAPABILITIES: usize = 4;
/// The capability "decide", which the squad of kind [`NOBODY_DECIDES`] lacks.
const DECIDE: usize = 1;
const NOBODY_DECIDES: usize = 3;
/// In squads of this kind the last of their needs rests on one person.
const ONE_ONLY: usize = 0;
/// In squads of this kind nobody has the first of their needs.
const NOBODY: usize = 7;

type Levels = BTreeMap<(usize, usize), i16>;

impl Author {
    /// What people say of their skills, and what others confirm.
    pub(super) fn skills(&mut self) {
        let levels = self.levels();
        let all = CAPABILITIES + CRAFTS.len();
        for person in 0..self.people.len() {
            let learns = (self.rng.u8(..10) < 4).then(|| self.rng.usize(CAPABILITIES..all));
            let ratings: Vec<_> = (0..all)
                .map(|skill| Rating {
                    skill,
                    level: levels.get(&(person, skill)).copied(),
                    wants_to_learn: learns == Some(skill),
                })
                .filter(|rating| rating.level.is_some() || rating.wants_to_learn)
                .collect();
            let latest = if self.gone.contains(&person) { 40 } else { 6 };
            let rated = self.rng.i64(latest..self.people[person].joined.max(latest + 1));
            let rated_skills: Vec<_> =
                ratings.iter().filter(|it| it.level.is_some()).map(|it| it.skill).collect();
            self.act(rated, Act::Rate { person, ratings });
            self.confirmations(person, rated, &rated_skills);
        }
    }

    fn confirmations(&mut self, person: usize, rated: i64, skills: &[usize]) {
        let mates: BTreeSet<usize> = self
            .squads
            .iter()
            .filter(|squad| squad.roster.contains(&person))
            .flat_map(|squad| squad.roster.iter().copied())
            .filter(|mate| *mate != person)
            .collect();
        let mates: Vec<_> = mates.into_iter().collect();
        for skill in skills {
            if mates.is_empty() || self.rng.u8(..4) > 0 {
                continue;
            }
            let by = mates[self.rng.usize(..mates.len())];
            let day = self.rng.i64(2..rated.max(3));
            if self.people[by].joined > day && day < rated {
                self.act(day, Act::Confirm { person, skill: *skill, by });
            }
        }
    }

    fn levels(&mut self) -> Levels {
        let mut levels = Levels::new();
        for person in 0..self.people.len() {
            for _ in 0..self.rng.usize(2..=4) {
                let craft = CAPABILITIES + self.rng.usize(..CRAFTS.len());
                levels.insert((person, craft), self.rng.i16(1..=4));
            }
            for capability in 0..CAPABILITIES {
                if self.rng.bool() {
                    levels.insert((person, capability), self.rng.i16(1..=4));
                }
            }
        }
        for squad in 0..self.squads.len() {
            let Some(kind) = self.squads[squad].kind else { continue };
            let needs = KINDS[kind].needs.map(|craft| craft + CAPABILITIES);
            for skill in (0..CAPABILITIES).chain(needs) {
                self.enable(&mut levels, squad, skill);
            }
        }
        // After all others, so that nobody who is in two squads closes a gap again.
        for squad in 0..self.squads.len() {
            let roster = &self.squads[squad].roster;
            let Some(kind) = self.squads[squad].kind else { continue };
            let needs = KINDS[kind].needs.map(|craft| craft + CAPABILITIES);
            match kind {
                NOBODY_DECIDES => limit(&mut levels, roster, DECIDE, None),
                ONE_ONLY => limit(&mut levels, roster, needs[2], roster.get(4).copied()),
                NOBODY => limit(&mut levels, roster, needs[0], None),
                _ => {}
            }
        }
        levels
    }

    /// Two or three of a squad become able.
    fn enable(&mut self, levels: &mut Levels, squad: usize, skill: usize) {
        let mut roster = self.squads[squad].roster.clone();
        self.rng.shuffle(&mut roster);
        let able = self.rng.usize(2..=3);
        for person in roster.into_iter().take(able) {
            let level = levels.entry((person, skill)).or_default();
            *level = (*level).max(self.rng.i16(ABLE..=5));
        }
    }
}

/// Nobody of a roster is able, but for one.
fn limit(levels: &mut Levels, roster: &[usize], skill: usize, but: Option<usize>) {
    for person in roster {
        match levels.get_mut(&(*person, skill)) {
            Some(level) if Some(*person) != but => *level = (*level).min(ABLE - 1),
            _ => {}
        }
    }
    if let Some(person) = but {
        levels.insert((person, skill), ABLE + 1);
    }
}
