//! The story of the demo: who there is and what happens, day by day. Pure: the same seed tells the same story.

mod backlogs;
mod coaching;
mod learning;
mod links;
mod metrics;
mod products;
mod skills;

use fastrand::Rng;

use super::company::{
    self, ABOUT_A_FUNCTION, COACH, CORE_TEAMS, DISSOLVED, KINDS, LEADER, ROLES, Somebody,
    TIME_ZONES,
};
use super::names::{Names, PLACES};
use crate::links::LinkKind;

pub use backlogs::{ItemAct, ItemStep, PastItem, PastWork};
pub use coaching::{CoachingAct, PULLER, TROUBLES};
pub use learning::LearningAct;
pub use metrics::{BESIDE, MetricAct};
pub use products::{PRODUCTS, ProductAct};

/// The day on which it begins, so many days ago.
pub const BEGINNING: i64 = 400;

/// Somebody of the company.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub name: String,
    pub discipline: &'static str,
    pub title: &'static str,
    pub time_zone: &'static str,
    /// When they came to the company, in days ago.
    pub joined: i64,
}

/// A squad of the story.
#[derive(Debug, Clone, PartialEq)]
pub struct Squad {
    pub name: String,
    /// Its place among the kinds of squads; none for the one that was dissolved.
    pub kind: Option<usize>,
    /// Who is in it today, by their place among the people.
    pub roster: Vec<usize>,
    founded: i64,
}

/// A mission as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Mission {
    pub customer: String,
    pub value: &'static str,
    pub success: &'static str,
    /// The day of its review, in days from today.
    pub review_in: i64,
}

/// Somebody who joins a squad.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    pub person: usize,
    pub allocation: i16,
    pub hat: Option<&'static str>,
}

/// What happens. People, squads and skills by their place in the story; the four capabilities are the first skills.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    AddMembers(Vec<usize>),
    AddCrafts,
    FoundCoreTeam {
        team: usize,
        members: Vec<usize>,
    },
    Found {
        squad: usize,
    },
    Join {
        squad: usize,
        who: Vec<Joining>,
    },
    Need {
        squad: usize,
        skill: usize,
        people: i16,
    },
    /// By a member of the squad, or by the leader.
    Write {
        squad: usize,
        by: Option<usize>,
        mission: Mission,
    },
    SetGoal {
        squad: usize,
        by: Option<usize>,
    },
    Activate {
        squad: usize,
    },
    ReturnToForming {
        squad: usize,
        reason: &'static str,
    },
    Dissolve {
        squad: usize,
        reason: &'static str,
    },
    Remove {
        squad: usize,
        person: usize,
        reason: &'static str,
    },
    Swap {
        squad: usize,
        out: usize,
        joining: Joining,
    },
    Move {
        person: usize,
        from: usize,
        to: usize,
        allocation: i16,
    },
    Deactivate {
        person: usize,
        reason: &'static str,
    },
    Rate {
        person: usize,
        ratings: Vec<Rating>,
    },
    Confirm {
        person: usize,
        skill: usize,
        by: usize,
    },
    Product(ProductAct),
    /// What happened to a product's items until now.
    Past {
        product: usize,
        items: Vec<PastItem>,
    },
    Item(ItemAct),
    Learning(LearningAct),
    Coaching(CoachingAct),
    Metric(MetricAct),
    Link(Tie),
    Unlink {
        tie: Tie,
        reason: &'static str,
    },
}

/// What somebody says of a skill.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    pub skill: usize,
    pub level: Option<i16>,
    pub wants_to_learn: bool,
}

/// A team of the story, by its place among the squads or the core teams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Team {
    Squad(usize),
    Core(usize),
}

/// A link from a team to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    pub from: Team,
    pub kind: LinkKind,
    pub to: Team,
    pub purpose: &'static str,
    /// Who answers for it on either side.
    pub liaisons: [Option<usize>; 2],
    /// The day of its review, in days from today.
    pub review_in: i64,
}

/// The whole story.
#[derive(Debug, PartialEq)]
pub struct Story {
    pub people: Vec<Person>,
    pub squads: Vec<Squad>,
    /// What happens, with the day in days ago, in order.
    pub acts: Vec<(i64, Act)>,
}

/// The place of the leader among the people.
pub const LEADER_AT: usize = 0;
/// The place of the coach.
pub const COACH_AT: usize = 1;

/// Tells the story of a company with so many squads.
pub fn tell(seed: u64, squads: usize) -> Story {
    let mut rng = Rng::with_seed(seed);
    let mut taken = vec![company::ADMIN.0, LEADER.0, COACH.0];
    taken.extend(KINDS.iter().flat_map(|kind| kind.people).map(|person| person.0));
    taken.extend(CORE_TEAMS.iter().flat_map(|team| team.2).map(|person| person.0));
    let names = Names::new(&mut rng, &taken);
    let mut author = Author {
        rng,
        names,
        people: vec![],
        squads: vec![],
        cores: vec![],
        acts: vec![],
        gone: vec![],
    };
    author.tell(squads);
    author.story()
}

struct Author {
    rng: Rng,
    names: Names,
    people: Vec<Person>,
    squads: Vec<Squad>,
    /// Who is in each core team.
    cores: Vec<Vec<usize>>,
    acts: Vec<(i64, Act)>,
    /// Who was deactivated.
    gone: Vec<usize>,
}

impl Author {
    fn tell(&mut self, squads: usize) {
        self.meet(LEADER, BEGINNING);
        self.meet(COACH, BEGINNING);
        self.act(BEGINNING - 2, Act::AddCrafts);
        self.core_teams();
        for number in 0..squads {
            self.squad(number);
        }
        for group in 0..squads.div_ceil(KINDS.len()) {
            self.spread(group);
            self.dissolved(group);
            self.links(group, squads);
        }
        let all = (squads * 25).div_ceil(2);
        let first = self.people.len();
        while self.people.len() + 1 < all {
            let joined = 10 + 30 * self.rng.i64(0..12);
            self.hire(joined, self.people.len());
        }
        self.skills();
        self.products(first, squads);
        if squads >= KINDS.len() {
            self.coaching();
        }
    }

    fn story(mut self) -> Story {
        let mut days: Vec<i64> = self.people.iter().map(|person| person.joined).collect();
        days.sort_unstable();
        days.dedup();
        let arrivals = days.into_iter().map(|day| {
            let came = (0..self.people.len()).filter(|at| self.people[*at].joined == day).collect();
            (day, Act::AddMembers(came))
        });
        // In the order of the days; on one day, people come before anything else happens.
        let mut acts: Vec<_> = arrivals.collect();
        acts.append(&mut self.acts);
        acts.sort_by_key(|(day, _)| -day);
        Story { people: self.people, squads: self.squads, acts }
    }

    fn act(&mut self, day: i64, act: Act) {
        self.acts.push((day, act));
    }

    fn meet(&mut self, (name, discipline, title): Somebody, joined: i64) -> usize {
        let time_zone = TIME_ZONES[self.rng.usize(..TIME_ZONES.len())];
        self.people.push(Person { name: name.to_owned(), discipline, title, time_zone, joined });
        self.people.len() - 1
    }

    fn hire(&mut self, joined: i64, role: usize) -> usize {
        let (discipline, title) = ROLES[role % ROLES.len()];
        let at = self.meet(("", discipline, title), joined);
        self.people[at].name = self.names.next().unwrap_or_default();
        at
    }

    fn joining(&mut self, person: usize) -> Joining {
        let allocation = [100, 100, 80, 60, 50][self.rng.usize(..5)];
        let hat = match self.people[person].discipline {
            "design" => Some("UX"),
            "data" => Some("Analyst"),
            "marketing" => Some("Content"),
            "product" => Some("Facilitator"),
            _ => None,
        };
        Joining { person, allocation, hat }
    }

    fn core_teams(&mut self) {
        for (team, (_, _, people)) in CORE_TEAMS.iter().enumerate() {
            let mut members: Vec<_> =
                people.iter().map(|person| self.meet(*person, BEGINNING - 5)).collect();
            members.extend((0..3).map(|role| self.hire(BEGINNING - 5, role + team)));
            self.cores.push(members.clone());
            self.act(BEGINNING - 8, Act::FoundCoreTeam { team, members });
        }
    }

    /// One squad from its founding until today.
    fn squad(&mut self, number: usize) {
        let kind_at = number % KINDS.len();
        let kind = &KINDS[kind_at];
        let is_forming = kind_at == FORMING;
        let founded = match kind_at {
            FORMING => self.rng.i64(25..=50),
            RETURNED => self.rng.i64(300..=380),
            _ => self.rng.i64(150..=380),
        };
        // The first has worked for longer than a year.
        let founded = if number == 0 { founded.max(378) } else { founded };
        let is_first = number < KINDS.len();
        let size = match (is_first, is_forming) {
            (true, _) => kind.size,
            (false, true) => self.rng.usize(2..=7),
            (false, false) => self.rng.usize(6..=8),
        };
        let squad = self.squads.len();
        let named: &[Somebody] = if is_first { kind.people } else { &[] };
        let mut roster: Vec<_> =
            named.iter().map(|person| self.meet(*person, founded + 3)).collect();
        // Those who come later are the last of the roster.
        let room = if is_forming || kind_at == RETURNED { 0 } else { size.min(10) - 6.min(size) };
        let late = room.min(2).min(size - roster.len());
        while roster.len() < size {
            let is_late = roster.len() >= size - late;
            let joined = if is_late { founded - self.rng.i64(50..=110) } else { founded + 3 };
            let person = self.hire(joined, roster.len());
            roster.push(person);
        }
        self.squads.push(Squad {
            name: name_of(kind.name, number / KINDS.len()),
            kind: Some(kind_at),
            roster: roster.clone(),
            founded,
        });
        let (mut stay, late) = (roster[..size - late].to_vec(), roster[size - late..].to_vec());
        let replaced = (!is_forming && number % 2 == 1 && stay.len() > named.len())
            .then(|| stay.pop())
            .flatten();

        self.act(founded, Act::Found { squad });
        let mut first = stay.clone();
        if let Some(person) = replaced {
            first.push(self.replaced(squad, person, kind_at == RETURNED));
        }
        if kind_at == DEACTIVATED {
            let person = self.hire(founded + 3, 3);
            first.push(person);
            self.gone.push(person);
            self.act(25, Act::Deactivate { person, reason: "Moves to another company." });
        }
        let who = first.iter().map(|person| self.joining(*person)).collect();
        self.act(founded - 1, Act::Join { squad, who });
        for skill in kind.needs {
            self.act(
                founded - 2,
                Act::Need { squad, skill: skill + 4, people: if skill == 14 { 1 } else { 2 } },
            );
        }
        self.late(squad, kind_at, &late);
        self.missions(squad, number, &stay);
        if !is_forming {
            let by = number.is_multiple_of(2).then_some(stay[0]);
            self.act(founded - 6, Act::SetGoal { squad, by });
            self.act(founded - 8, Act::Activate { squad });
            self.metrics(squad, number, &stay);
        }
    }

    /// Somebody who was there first and left; `person` came instead.
    fn replaced(&mut self, squad: usize, person: usize, returned: bool) -> usize {
        let founded = self.squads[squad].founded;
        let leaver = self.hire(founded + 3, person);
        let joining = self.joining(person);
        if returned {
            let reason = "Two of us help the crews in the north until the storms are over.";
            self.act(founded - 100, Act::ReturnToForming { squad, reason });
            let reason = "Stays with the crews in the north.";
            self.act(founded - 101, Act::Remove { squad, person: leaver, reason });
            self.people[person].joined = founded - 120;
            self.act(founded - 125, Act::Join { squad, who: vec![joining] });
            self.act(founded - 130, Act::Activate { squad });
        } else {
            let day = founded - self.rng.i64(60..=120);
            self.people[person].joined = day + 2;
            self.act(day, Act::Swap { squad, out: leaver, joining });
        }
        leaver
    }

    /// Those who came after the founding: on their day, or the last one from another squad.
    fn late(&mut self, squad: usize, kind: usize, late: &[usize]) {
        let moved = if kind == MOVED_TO { late.last() } else { None };
        for person in late.iter().filter(|person| Some(*person) != moved) {
            let joining = self.joining(*person);
            let day = self.people[*person].joined - 2;
            self.act(day, Act::Join { squad, who: vec![joining] });
        }
        let Some(&person) = moved else { return };
        let from = squad - 1;
        let there = self.squads[from].founded;
        self.people[person].joined = there + 3;
        let joining = Joining { allocation: 80, ..self.joining(person) };
        let first = self.acts.iter_mut().find_map(|(_, act)| match act {
            Act::Join { squad, who } if *squad == from => Some(who),
            _ => None,
        });
        if let Some(who) = first {
            who.push(joining);
        }
        let day = there.min(self.squads[squad].founded) - 40;
        self.act(day, Act::Move { person, from, to: squad, allocation: 80 });
    }

    /// The versions of a squad's mission: the leader writes the first, its members the others.
    fn missions(&mut self, squad: usize, number: usize, authors: &[usize]) {
        let founded = self.squads[squad].founded;
        let kind_at = number % KINDS.len();
        let kind = &KINDS[kind_at];
        if kind_at == FORMING {
            let [customer, value, success] = ABOUT_A_FUNCTION;
            let mission = Mission { customer: customer.into(), value, success, review_in: 90 };
            self.act(founded - 4, Act::Write { squad, by: None, mission });
            return;
        }
        let customer = match place_of(number / KINDS.len()) {
            Some(place) => format!("{} in {place}", kind.customer),
            None => kind.customer.to_owned(),
        };
        let last = i64::try_from((number + 3) % 4).unwrap_or_default();
        for version in 0..=last {
            let (value, success) = match (last, version) {
                (0, _) | (_, 2..) => (1, 1),
                (_, 0) => (0, 0),
                (_, _) => (1, usize::from(last == 1)),
            };
            let day = founded - 4 - version * (founded - 20) / (last + 1);
            let review_in = match (version == last, kind_at == OVERDUE) {
                (false, _) => 180 - day,
                (true, true) => -20,
                (true, false) => self.rng.i64(20..=150),
            };
            let by = usize::try_from(version).ok().filter(|at| *at > 0);
            let by = by.map(|at| authors[at % authors.len()]);
            let mission = Mission {
                customer: customer.clone(),
                value: kind.value[value],
                success: kind.success[success],
                review_in,
            };
            self.act(day, Act::Write { squad, by, mission });
        }
    }

    /// People who work in several squads: one in three, one for more than a whole week.
    fn spread(&mut self, group: usize) {
        let first = group * KINDS.len();
        let at = |kind: usize| first + kind;
        if self.squads.len() <= at(7) {
            return;
        }
        let home = self.squads[first].roster.clone();
        let [many, over] = [home[home.len() - 2], home[home.len() - 1]];
        for (person, own, shares) in
            [(many, 40, vec![(at(1), 30), (at(6), 30)]), (over, 80, vec![(at(7), 50)])]
        {
            for (_, act) in &mut self.acts {
                let joining = match act {
                    Act::Join { who, .. } => {
                        who.iter_mut().find(|joining| joining.person == person)
                    }
                    Act::Swap { joining, .. } => (joining.person == person).then_some(joining),
                    _ => None,
                };
                if let Some(joining) = joining {
                    joining.allocation = own;
                }
            }
            for (squad, allocation) in shares {
                let day = self.squads[squad].founded.min(self.people[person].joined) - 15;
                let joining = Joining { person, allocation, hat: Some("Analyst") };
                self.act(day, Act::Join { squad, who: vec![joining] });
                self.squads[squad].roster.push(person);
            }
        }
    }

    /// A squad that has done what it was for.
    fn dissolved(&mut self, group: usize) {
        let founded = 385;
        let squad = self.squads.len();
        let people: Vec<_> = (0..6).map(|role| self.hire(founded + 3, role)).collect();
        self.squads.push(Squad {
            name: name_of(DISSOLVED.0, group),
            kind: None,
            roster: vec![],
            founded,
        });
        self.act(founded, Act::Found { squad });
        let who = people.iter().map(|person| self.joining(*person)).collect();
        self.act(founded - 1, Act::Join { squad, who });
        let mission = Mission {
            customer: "Households with a meter that somebody has to read".into(),
            value: "A meter that reads itself, changed while they are at work.",
            success: "Every home has one.",
            review_in: -150,
        };
        self.act(founded - 4, Act::Write { squad, by: Some(people[0]), mission });
        self.act(founded - 6, Act::SetGoal { squad, by: None });
        self.act(founded - 8, Act::Activate { squad });
        let reason = "Every home has its new meter: the mission is done.";
        self.act(120, Act::Dissolve { squad, reason });
    }
}

/// Which kind shows what: the one that is forming, that was forming again for a while, whose mission is overdue …
const FORMING: usize = 4;
const RETURNED: usize = 5;
const OVERDUE: usize = 6;
/// … that somebody left for another company, and to which somebody moved from the squad before it.
const DEACTIVATED: usize = 6;
const MOVED_TO: usize = 3;

fn place_of(group: usize) -> Option<&'static str> {
    Some(PLACES[group.checked_sub(1)? % PLACES.len()])
}

/// "Fair Bills", "Fair Bills Bergen", …, "Fair Bills Bergen 2".
fn name_of(name: &str, group: usize) -> String {
    match (place_of(group), (group.max(1) - 1) / PLACES.len()) {
        (None, _) => name.to_owned(),
        (Some(place), 0) => format!("{name} {place}"),
        (Some(place), round) => format!("{name} {place} {}", round + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story_and_another_seed_another() {
        assert_eq!(tell(42, 8), tell(42, 8));
        assert_ne!(tell(42, 8), tell(43, 8));
    }

    #[test]
    fn a_company_of_8_squads_has_about_100_people_and_one_of_200_about_2500() {
        assert_eq!(tell(42, 8).people.len() + 1, 100);
        assert_eq!(tell(42, 200).people.len() + 1, 2500);
    }

    #[test]
    fn names_are_taken_once() {
        let story = tell(1, 300);
        let people: std::collections::BTreeSet<_> =
            story.people.iter().map(|person| &person.name).collect();
        let squads: std::collections::BTreeSet<_> =
            story.squads.iter().map(|squad| &squad.name).collect();
        assert_eq!((people.len(), squads.len()), (story.people.len(), story.squads.len()));
    }

    #[test]
    fn nothing_happens_today_or_before_the_beginning() {
        for seed in 0..20 {
            let story = tell(seed, 16);
            let is_past = |day: i64| (1..=BEGINNING).contains(&day);
            // What was said of a metric is told at the end, each check-in with its own day.
            assert!(story.acts.iter().all(|(day, act)| match act {
                Act::Metric(MetricAct::CheckIns { said, .. }) =>
                    *day == 0 && said.iter().all(|one| is_past(one.day)),
                _ => is_past(*day),
            }));
        }
    }
}
