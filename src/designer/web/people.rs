//! The pool as it is shown: who is looked for, the chips of missing skills, and the cards.

use serde::{Deserialize, Deserializer, Serialize};

use crate::designer::domain::{Candidate, Draft, Skill, Way};
use crate::designer::today::{Asked, Gaps, Today};
use crate::ids::{MemberId, SkillId};

/// How many are shown at first, how many more each time, and at most.
const PAGE: i64 = 24;
const MOST: i64 = 400;
/// What the chip "Free" asks for, in percent.
const FREE: i32 = 50;
/// How many skills a card shows.
const SKILLS: usize = 4;
/// Characters of a search that are looked at.
const MAX_LENGTH: usize = 200;

/// Who is looked for, as the address says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolQuery {
    /// Cut to what is looked at, since every address on the page repeats it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "first")]
    pub q: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skill: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    all: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    free: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    show: String,
}

fn first<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    Ok(String::deserialize(text)?.chars().take(MAX_LENGTH).collect())
}

impl PoolQuery {
    /// Reads what [`Self::encoded`] wrote, and whatever else an address may hold.
    pub fn parse(encoded: &str) -> Self {
        serde_html_form::from_str(encoded).unwrap_or_default()
    }

    /// As in an address.
    pub fn encoded(&self) -> String {
        serde_html_form::to_string(self).unwrap_or_default()
    }

    /// What is asked of the pool.
    pub fn asked(&self) -> Asked {
        let q = self.q.trim();
        let skills: Vec<SkillId> = self.skill.iter().filter_map(|id| id.parse().ok()).collect();
        Asked {
            q: (!q.is_empty()).then(|| q.to_owned()),
            gaps: match (self.all.is_empty(), skills.is_empty()) {
                (_, false) => Gaps::Only(skills),
                (false, true) => Gaps::Any,
                (true, true) => Gaps::All,
            },
            free: if self.is_free() { FREE } else { i32::MIN },
            limit: self.limit(),
        }
    }

    fn is_free(&self) -> bool {
        !self.free.is_empty()
    }

    fn limit(&self) -> i64 {
        self.show.parse().unwrap_or(PAGE).clamp(PAGE, MOST)
    }

    /// Narrowed to one skill.
    fn only(skill: SkillId) -> Self {
        Self { skill: vec![skill.to_string()], ..Self::default() }
    }

    /// From one page to the whole: nothing narrows it.
    fn everybody() -> Self {
        Self { all: "1".to_owned(), ..Self::default() }
    }
}

/// A filter that is on or off, and the address with it turned around.
pub struct Chip {
    /// What it says.
    pub label: String,
    /// Whether it is on.
    pub on: bool,
    /// Where it leads.
    pub href: String,
}

/// Somebody who could join.
pub struct Card {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their title and discipline.
    pub line: String,
    /// Where they are, and how they would join.
    pub how: String,
    /// What they bring, the missing first.
    pub skills: Vec<(String, i16)>,
    /// What the button does.
    pub first: Option<Join>,
    /// What the menu offers besides.
    pub more: Vec<Join>,
}

/// One way to join as a form.
pub struct Join {
    /// The list that they come from.
    pub from: String,
    /// With which share.
    pub share: i16,
    /// What it says.
    pub label: String,
    /// Its icon.
    pub icon: &'static str,
}

/// The pool.
pub struct Pool {
    /// The filters.
    pub chips: Vec<Chip>,
    /// Who could join.
    pub cards: Vec<Card>,
    /// How many there are.
    pub total: usize,
    /// The address with more of them.
    pub more: Option<String>,
    /// The address with everybody, where something narrows the pool.
    pub everybody: Option<String>,
    /// How it is sorted.
    pub sorted: &'static str,
}

/// The address of the designer with a part of the pool.
pub fn address(here: &str, query: &PoolQuery) -> String {
    match query.encoded().as_str() {
        "" => here.to_owned(),
        encoded => format!("{here}?{encoded}"),
    }
}

/// The address that looks for somebody with `skill`.
pub fn looking_for(here: &str, skill: SkillId) -> String {
    format!("{}#pool-h", address(here, &PoolQuery::only(skill)))
}

impl Pool {
    /// The pool of a draft.
    pub fn new(today: &Today, query: &PoolQuery, here: &str) -> Self {
        let draft = &today.draft;
        let missing = draft.missing();
        let cards: Vec<Card> = draft
            .pool()
            .iter()
            .filter(|candidate| today.page.contains(&candidate.id))
            .map(|candidate| card(draft, candidate))
            .collect();
        let page = draft.pool();
        let is_vain = page.iter().all(|one| one.closes.is_empty()) && query.q.is_empty();
        let mut chips: Vec<Chip> = missing
            .iter()
            .map(|column| {
                let on = today.closing.contains(&column.skill);
                let mut skills = today.closing.clone();
                if on {
                    skills.retain(|skill| *skill != column.skill);
                } else {
                    skills.push(column.skill);
                }
                let all = if skills.is_empty() { "1" } else { "" };
                let query = PoolQuery {
                    skill: skills.iter().map(ToString::to_string).collect(),
                    all: all.to_owned(),
                    show: String::new(),
                    ..query.clone()
                };
                Chip { label: column.name.clone(), on, href: address(here, &query) }
            })
            .collect();
        let free = if query.is_free() { "" } else { "1" };
        chips.push(Chip {
            label: format!("Free {FREE} %+"),
            on: query.is_free(),
            href: address(
                here,
                &PoolQuery { free: free.to_owned(), show: String::new(), ..query.clone() },
            ),
        });
        let is_more = today.total > cards.len() && query.limit() < MOST;
        let more = (query.limit() + PAGE).to_string();
        let is_narrow = !today.closing.is_empty() || query.is_free() || !query.q.is_empty();
        Self {
            chips,
            more: is_more.then(|| address(here, &PoolQuery { show: more, ..query.clone() })),
            total: today.total,
            everybody: is_narrow.then(|| address(here, &PoolQuery::everybody())),
            sorted: if missing.is_empty() {
                "Sorted by free share."
            } else if is_vain {
                "Nobody brings a missing skill. Sorted by free share."
            } else {
                "Sorted by how many missing skills each brings."
            },
            cards,
        }
    }
}

/// A way to join as a form.
pub fn join(draft: &Draft, name: &str, way: Way) -> Join {
    match way {
        Way::Add { share } => Join {
            from: "pool".to_owned(),
            share: share.percent(),
            label: format!("Add {name} with {} %", share.percent()),
            icon: "plus",
        },
        Way::Move { from, share } => {
            let team = draft.teams.get(&from);
            let (team, members) = team.map_or(("", 0), |team| (team.name.as_str(), team.members));
            Join {
                from: from.to_string(),
                share: share.percent(),
                label: format!(
                    "Move {name} from {team} ({members} → {})",
                    members.saturating_sub(1)
                ),
                icon: "move-right",
            }
        }
    }
}

fn card(draft: &Draft, candidate: &Candidate<'_>) -> Card {
    let person = candidate.person;
    let mut skills: Vec<(&Skill, i16)> = draft
        .skills
        .iter()
        .filter_map(|skill| Some((skill, person.levels.get(&skill.id)?.number())))
        .collect();
    skills.sort_by_key(|(skill, level)| (!candidate.closes.contains(&skill.id), -level));
    Card {
        id: candidate.id,
        name: person.name.clone(),
        line: line(&person.title, &person.discipline),
        how: how(draft, candidate),
        skills: skills
            .into_iter()
            .take(SKILLS)
            .map(|(skill, level)| (skill.name.clone(), level))
            .collect(),
        first: candidate.ways.first.map(|way| join(draft, &person.name, way)),
        more: candidate.ways.more.iter().map(|way| join(draft, &person.name, *way)).collect(),
    }
}

/// Title and discipline, or the one that says both: "UX designer" is design.
pub fn line(title: &str, discipline: &str) -> String {
    let stem: String = discipline.trim().to_lowercase().chars().take(5).collect();
    match (title.trim(), discipline.trim()) {
        (title, _) if !stem.is_empty() && title.to_lowercase().contains(&stem) => title.to_owned(),
        ("", discipline) => discipline.to_owned(),
        (title, "") => title.to_owned(),
        (title, discipline) => format!("{title} · {discipline}"),
    }
}

/// "60 % free, in Solar Home", "Moves from Solar Home, 9 → 8", "Fully planned: Solar Home keeps its six".
fn how(draft: &Draft, candidate: &Candidate<'_>) -> String {
    let person = candidate.person;
    let teams: Vec<_> = person
        .places
        .iter()
        .filter_map(|place| draft.teams.get(&place.team))
        .map(|team| team.name.as_str())
        .collect();
    let teams = teams.join(", ");
    match candidate.ways.first {
        Some(Way::Add { .. }) if teams.is_empty() => format!("{} % free", person.free()),
        Some(Way::Add { .. }) => format!("{} % free, stays in {teams}", person.free()),
        Some(Way::Move { from, .. }) => {
            let team = draft.teams.get(&from);
            let (name, n) = team.map_or(("", 0), |team| (team.name.as_str(), team.members));
            format!("Moves from {name}, {n} → {}", n.saturating_sub(1))
        }
        None => match candidate.ways.held_by.first().and_then(|id| draft.teams.get(id)) {
            Some(team) => format!("Fully planned: {} is active with 6 and keeps them", team.name),
            None => format!("Fully planned in {teams}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_comes_back_from_its_address() {
        let query = PoolQuery {
            q: "Ærø & co".to_owned(),
            skill: vec!["a".to_owned(), "b".to_owned()],
            free: "1".to_owned(),
            ..PoolQuery::default()
        };
        assert_eq!(PoolQuery::parse(&query.encoded()), query);
        assert_eq!(PoolQuery::default().encoded(), "");
        assert_eq!(
            PoolQuery::parse("x=1&q=Ann"),
            PoolQuery { q: "Ann".to_owned(), ..PoolQuery::default() }
        );
    }

    #[test]
    fn a_long_search_is_cut_before_every_address_repeats_it() {
        let of = |n| PoolQuery::parse(&format!("q={}", "%C3%86".repeat(n))).q.chars().count();
        assert_eq!([199, 200, 201, 20_000].map(of), [199, 200, 200, 200]);
    }

    #[test]
    fn a_title_that_names_the_discipline_says_both() {
        assert_eq!(line("UX designer", "design"), "UX designer");
        assert_eq!(line("Planner", "operations"), "Planner · operations");
        assert_eq!(line("", "data"), "data");
        assert_eq!(line("Planner", ""), "Planner");
    }

    #[test]
    fn a_page_of_the_pool_has_an_end() {
        let limit =
            |show: &str| PoolQuery { show: show.to_owned(), ..PoolQuery::default() }.limit();
        assert_eq!(["", "x", "1", "80", "9999999"].map(limit), [PAGE, PAGE, PAGE, 80, MOST]);
    }
}
