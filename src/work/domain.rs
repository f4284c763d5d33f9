//! The list: what stands on it, and in which order; and what beside home's things can stand there.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use crate::actor::{Role, Roles};
use crate::backlog::Breadth;
use crate::flow::{Percentiles, days_between, is_too_old, pulls_only_narrow};
use crate::health_board::Board;
use crate::ids::{HealthActionId, MemberId, RoundId};
use crate::learning::week_of;

/// More would be a list to work off for a week.
pub const MAX: usize = 10;

/// How near a thing is to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// Somebody waits for this person.
    Waits,
    /// It is due.
    Due,
    /// Their squad waits, or lacks something that it needs to be a squad.
    Squad,
    /// It can be done, when there is time.
    Can,
    /// It may be thought of.
    Think,
}

/// The first of all things by how near they are, as they came among equals; and how many more there are.
pub fn first<T>(mut things: Vec<(Near, T)>) -> (Vec<T>, usize) {
    things.sort_by_key(|(near, _)| *near);
    let more = things.len().saturating_sub(MAX);
    (things.into_iter().take(MAX).map(|(_, thing)| thing).collect(), more)
}

/// The first page after signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// What in the garden needs tending: for those who design.
    Home,
    /// Whether its backlog is true and everyone's plan moves: for its lead PM and its apprentices, by its word in addresses.
    Product(String),
    /// How the squads are, and where it is getting worse: for coaches.
    Health,
    /// What is next for them: for everybody else.
    MyWork,
}

impl Beginning {
    /// Of somebody with `roles`, who leads `product` or learns at it. Who is several of these begins with the first in this order.
    pub fn of(roles: Roles, product: Option<String>) -> Self {
        match product {
            _ if roles.may_design() => Self::Home,
            Some(slug) => Self::Product(slug),
            None if roles.has(Role::Coach) => Self::Health,
            None => Self::MyWork,
        }
    }
}

/// A health check in which the person has not answered everything.
#[derive(Debug, Clone)]
pub struct Vote {
    /// Which.
    pub round: RoundId,
    /// The squad's word in addresses.
    pub slug: String,
    /// The squad.
    pub squad: String,
    /// What the round is called.
    pub about: String,
    /// When it closes.
    pub until: DateTime<Utc>,
    /// How many questions the person has answered.
    pub given: i64,
    /// How many there are.
    pub of: i64,
}

/// An apprentice who has asked the person for feedback.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// The word in addresses of the product at which they learn.
    pub product: String,
    /// Who asks.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// What about.
    pub about: String,
}

/// A health check whose results wait to be talked about by the squad.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Which.
    pub round: RoundId,
    /// The squad's word in addresses.
    pub slug: String,
    /// The squad.
    pub squad: String,
    /// What the round is called.
    pub about: String,
    /// How many dimensions the squad has agreed on.
    pub agreed: i64,
    /// How many are shown.
    pub of: i64,
    /// How many actions it took.
    pub actions: i64,
}

/// An action of a squad whose day has passed.
#[derive(Debug, Clone)]
pub struct Late {
    /// Which.
    pub action: HealthActionId,
    /// The squad's word in addresses.
    pub slug: String,
    /// The squad.
    pub squad: String,
    /// What the squad wanted to do.
    pub body: String,
    /// Until when.
    pub due_on: NaiveDate,
}

/// How squads that nobody helps yet answered the questions of a pack.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The pack.
    pub pack: String,
    /// Their newest rounds, by name.
    pub board: Board,
    /// Which rounds these are.
    pub rounds: Vec<RoundId>,
}

/// What somebody learns at a product, as they are asked for it themselves.
#[derive(Debug, Clone)]
pub struct OwnPlan {
    /// The product's word in addresses.
    pub slug: String,
    /// The product.
    pub product: String,
    /// Its lead PM.
    pub lead: String,
    /// When the apprenticeship began.
    pub from_at: DateTime<Utc>,
    /// The first day of the plan; none without a plan.
    pub plan: Option<NaiveDate>,
    /// How many weeks it has.
    pub weeks: i64,
    /// The last day of practice.
    pub evidence: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call: Option<NaiveDate>,
    /// The steps that are still to be practised, by week.
    pub steps: Vec<OpenStep>,
    /// The weeks of which there is a reflection.
    pub reflected: Vec<i64>,
}

/// A step that is neither signed off nor practised as often as planned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenStep {
    /// What is to be practised.
    pub title: String,
    /// In which week of the plan.
    pub week: i64,
}

/// From this day of a week on somebody can look back at it.
const REFLECT_FROM: i64 = 5;

impl OwnPlan {
    fn week(&self, today: NaiveDate) -> Option<i64> {
        week_of(self.plan?, today)
    }

    /// "Week 6 of 12".
    pub fn week_line(&self, today: NaiveDate) -> String {
        let weeks = self.weeks;
        match self.week(today) {
            None => format!("{weeks} weeks, still to begin"),
            Some(week) if week > weeks => format!("All {weeks} weeks are over"),
            Some(week) => format!("Week {week} of {weeks}"),
        }
    }

    /// The steps whose week has passed.
    pub fn past(&self, today: NaiveDate) -> Vec<&OpenStep> {
        let week = self.week(today).unwrap_or_default();
        self.steps.iter().filter(|step| step.week < week).collect()
    }

    /// The week that waits for its reflection: the last one, or towards its end the present one. What was longer ago is forgotten.
    pub fn unwritten(&self, today: NaiveDate) -> Option<i64> {
        let (from, week) = (self.plan?, self.week(today)?);
        let is_late = (today - from).num_days() % 7 + 1 >= REFLECT_FROM;
        let all = [Some(week - 1), is_late.then_some(week)];
        let mut all = all.into_iter().flatten().filter(|week| (1..=self.weeks).contains(week));
        all.find(|week| !self.reflected.contains(week))
    }
}

/// An apprentice of a product that the person leads.
#[derive(Debug, Clone)]
pub struct Learner {
    /// The product's word in addresses.
    pub slug: String,
    /// The product.
    pub product: String,
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// When the apprenticeship began.
    pub from_at: DateTime<Utc>,
    /// The first day of the plan.
    pub plan: Option<NaiveDate>,
    /// The last day of practice.
    pub evidence: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call: Option<NaiveDate>,
}

/// A product that the person leads: what is ready, and what B1 and B2 are said from.
#[derive(Debug, Clone)]
pub struct InFlow {
    /// Its word in addresses.
    pub slug: String,
    /// Its name.
    pub product: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// How many items squads may pull, as far as they are counted.
    pub ready: usize,
    /// The cycle times of what was done in the weeks that count.
    pub cycles: Vec<i64>,
    /// What squads hold, the oldest first.
    pub held: Vec<HeldItem>,
    /// The squads that pull for long enough.
    pub squads: Vec<Puller>,
}

/// An item in a squad's hands.
#[derive(Debug, Clone, Deserialize)]
pub struct HeldItem {
    /// Its number.
    pub number: i32,
    /// The squad.
    pub squad: String,
    /// The day on which it was pulled.
    pub pulled: NaiveDate,
}

/// A squad and what it pulled lately.
#[derive(Debug, Clone, Deserialize)]
pub struct Puller {
    /// Its name.
    pub name: String,
    /// The day of its first pull.
    pub since: NaiveDate,
    /// Its pulls.
    pub pulls: Vec<(NaiveDate, Breadth)>,
}

impl InFlow {
    /// B1: the items that are older than 85 % of those that were done, the oldest first with their ages; and within how many days
    /// these were done.
    pub fn too_old(&self, today: NaiveDate) -> Option<(Vec<(&HeldItem, i64)>, i64)> {
        let p85 = Percentiles::of(&self.cycles)?.p85;
        let aged = self.held.iter().map(|item| (item, days_between(item.pulled, today)));
        let old: Vec<_> = aged.filter(|(_, age)| is_too_old(*age, Some(p85))).collect();
        (!old.is_empty()).then_some((old, p85))
    }

    /// B2: the squads that pulled nothing but narrow items.
    pub fn narrow(&self, today: NaiveDate) -> Vec<&str> {
        let is_narrow = |squad: &&Puller| {
            pulls_only_narrow(Some(squad.since), squad.pulls.iter().copied(), today)
        };
        self.squads.iter().filter(is_narrow).map(|squad| squad.name.as_str()).collect()
    }
}

/// "NA-3", "NA-3 and NA-7", "NA-3, NA-7 and 2 more".
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn flow(cycles: &[i64], pulled: &[&str]) -> InFlow {
        let held = pulled.iter().zip(1..).map(|(pulled, number)| HeldItem {
            number,
            squad: "Fair Bills".to_owned(),
            pulled: day(pulled),
        });
        InFlow {
            slug: "norvik-app".to_owned(),
            product: "Norvik App".to_owned(),
            key: "NA".to_owned(),
            ready: 0,
            cycles: cycles.to_vec(),
            held: held.collect(),
            squads: vec![],
        }
    }

    #[test]
    fn everybody_begins_where_their_question_is_answered() {
        let of = |words: &[&str], product: Option<&str>| {
            Beginning::of(Roles::parse(words).unwrap(), product.map(str::to_owned))
        };
        let product = Beginning::Product("norvik-app".to_owned());
        assert_eq!(of(&[], None), Beginning::MyWork);
        assert_eq!(of(&[], Some("norvik-app")), product);
        assert_eq!(of(&["coach"], None), Beginning::Health);
        assert_eq!(of(&["coach"], Some("norvik-app")), product);
        assert_eq!(of(&["leader", "coach"], Some("norvik-app")), Beginning::Home);
        assert_eq!(of(&["admin"], None), Beginning::Home);
    }

    fn plan(starts_on: Option<&str>, reflected: &[i64]) -> OwnPlan {
        let step = |title: &str, week| OpenStep { title: title.to_owned(), week };
        OwnPlan {
            slug: "norvik-app".to_owned(),
            product: "Norvik App".to_owned(),
            lead: "Nadia Haddad".to_owned(),
            from_at: DateTime::UNIX_EPOCH,
            plan: starts_on.map(day),
            weeks: 3,
            evidence: None,
            call: None,
            steps: vec![step("Sit in on calls", 1), step("Lead a call", 2)],
            reflected: reflected.to_vec(),
        }
    }

    #[test]
    fn a_step_is_past_its_week_from_the_next_one_on() {
        let plan = plan(Some("2026-11-02"), &[]);
        let past = |today| plan.past(day(today)).iter().map(|step| step.week).collect::<Vec<_>>();
        assert_eq!(past("2026-11-01"), [0; 0], "still to begin");
        assert_eq!(past("2026-11-08"), [0; 0]);
        assert_eq!(past("2026-11-09"), [1]);
        assert_eq!(past("2026-12-24"), [1, 2], "after the plan too");
        assert_eq!(plan.week_line(day("2026-11-01")), "3 weeks, still to begin");
        assert_eq!(plan.week_line(day("2026-11-09")), "Week 2 of 3");
        assert_eq!(plan.week_line(day("2026-11-23")), "All 3 weeks are over");
    }

    #[test]
    fn a_week_waits_for_its_reflection_from_its_fifth_day_until_the_next_one_is_over() {
        let of =
            |reflected: &[i64], today| plan(Some("2026-11-02"), reflected).unwritten(day(today));
        assert_eq!(of(&[], "2026-11-05"), None, "it has only begun");
        assert_eq!(of(&[], "2026-11-06"), Some(1));
        assert_eq!(of(&[], "2026-11-13"), Some(1), "the older one first");
        assert_eq!(of(&[1], "2026-11-12"), None);
        assert_eq!(of(&[1], "2026-11-13"), Some(2));
        assert_eq!(of(&[], "2026-11-16"), Some(2), "the first one is forgotten");
        assert_eq!(of(&[], "2026-11-29"), Some(3), "one week more after the last");
        assert_eq!(of(&[], "2026-11-30"), None);
        assert_eq!(plan(None, &[]).unwritten(day("2026-11-13")), None);
    }

    #[test]
    fn too_old_is_older_than_most_and_of_few_nothing_is_said() {
        let today = day("2026-11-11");
        let pulled = ["2026-11-01", "2026-11-03"];
        let (old, p85) = flow(&[3, 5, 7, 8, 9], &pulled)
            .too_old(today)
            .map(|(old, p85)| {
                (old.iter().map(|(item, age)| (item.number, *age)).collect::<Vec<_>>(), p85)
            })
            .unwrap();
        assert_eq!((old, p85), (vec![(1, 11)], 9), "9 days are no more than 9");
        assert!(flow(&[3, 5, 7, 8], &pulled).too_old(today).is_none());
        assert!(flow(&[3, 5, 7, 8, 11], &pulled).too_old(today).is_none());
    }

    #[test]
    fn narrow_is_a_squad_that_pulled_nothing_else() {
        let squad = |name: &str, breadth| Puller {
            name: name.to_owned(),
            since: day("2026-01-05"),
            pulls: vec![(day("2026-11-02"), Breadth::Task), (day("2026-11-03"), breadth)],
        };
        let squads = vec![squad("Fair Bills", Breadth::Feature), squad("Movers", Breadth::Problem)];
        let flow = InFlow { squads, ..flow(&[], &[]) };
        assert_eq!(flow.narrow(day("2026-11-11")), ["Fair Bills"]);
    }

    #[test]
    fn a_list_of_many_names_two() {
        let words = |n: usize| (1..=n).map(|n| format!("NA-{n}")).collect::<Vec<_>>();
        assert_eq!(listed(&words(1)), "NA-1");
        assert_eq!(listed(&words(2)), "NA-1 and NA-2");
        assert_eq!(listed(&words(3)), "NA-1, NA-2 and NA-3");
        assert_eq!(listed(&words(5)), "NA-1, NA-2 and 3 more");
    }

    #[test]
    fn who_waits_comes_first_and_ten_are_the_most() {
        let mut all: Vec<_> = (0..12).map(|n| (Near::Think, n)).collect();
        all.push((Near::Due, 100));
        all.push((Near::Waits, 200));
        all.push((Near::Due, 101));
        let (shown, more) = first(all);
        assert_eq!(shown, [200, 100, 101, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(more, 5);
        assert_eq!(first(vec![(Near::Can, 1)]), (vec![1], 0));
    }
}
