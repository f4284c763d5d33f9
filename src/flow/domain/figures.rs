//! The figures: a replay of the steps, day by day.
//!
//! The definitions, as the page gives them. An item is in hand from the pull to done: in progress and learning with customers, since learning
//! is part of the work. Its cycle time is the number of calendar days from the day on which the squad that finished it pulled it
//! to the day on which it was done, both counted: pulled and done on one day is 1. An item that was returned begins anew with its next
//! pull. What was brought along as done was never pulled here and counts nowhere.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc, Weekday};

use crate::backlog::{Breadth, Stage};
use crate::ids::{ItemId, TeamId};

/// Of fewer finished items no percentile is told: it would be an anecdote.
pub const MIN_FINISHED: usize = 5;

/// A step of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemStep {
    /// The item.
    pub item: ItemId,
    /// Its number.
    pub number: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// Where it stood; nothing for an item that is new.
    pub from: Option<Stage>,
    /// Where it stands since.
    pub to: Stage,
    /// The squad that took the step, if one did. There is no person (H9).
    pub squad: Option<TeamId>,
    /// How much the item leaves open, as it is said today.
    pub breadth: Breadth,
}

impl ItemStep {
    /// The day on which it was taken.
    pub fn day(&self) -> NaiveDate {
        self.at.date_naive()
    }

    /// Whether a squad took the item from the backlog.
    pub fn is_pull(&self) -> bool {
        self.from == Some(Stage::Ready) && self.to == Stage::InProgress
    }
}

/// An item that a squad held when the steps begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldBefore {
    /// The item.
    pub item: ItemId,
    /// Its number.
    pub number: i32,
    /// Where it stood.
    pub stage: Stage,
    /// The squad.
    pub squad: TeamId,
    /// When the squad pulled it.
    pub pulled_at: DateTime<Utc>,
}

/// What happened since a moment, and what stood before.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How many items were proposed.
    pub proposed: i64,
    /// How many were ready.
    pub ready: i64,
    /// What squads held.
    pub held: Vec<HeldBefore>,
    /// The steps since, in their order.
    pub steps: Vec<ItemStep>,
}

/// What is looked at. The steps must begin no later than `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The first day: a Monday.
    pub from: NaiveDate,
    /// The last day.
    pub today: NaiveDate,
    /// One squad; without it the product.
    pub squad: Option<TeamId>,
}

impl View {
    /// So many weeks from Monday to Sunday, of which the last is the one that is running.
    pub fn weeks(weeks: u64, today: NaiveDate, squad: Option<TeamId>) -> Self {
        let monday = today.week(Weekday::Mon).first_day();
        let from = monday.checked_sub_days(Days::new(7 * weeks.saturating_sub(1)));
        Self { from: from.unwrap_or(monday), today, squad }
    }

    fn is_of(&self, squad: Option<TeamId>) -> bool {
        self.squad.is_none() || self.squad == squad
    }

    fn has(&self, day: NaiveDate) -> bool {
        (self.from..=self.today).contains(&day)
    }
}

/// Calendar days from one day to another, both counted.
pub fn days_between(first: NaiveDate, last: NaiveDate) -> i64 {
    (last - first).num_days().max(0) + 1
}

/// A week from Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub monday: NaiveDate,
    /// How many items were done in it.
    pub done: usize,
    /// Whether it has not ended: what it says is not yet a week's throughput.
    pub is_running: bool,
}

/// An item that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Its number.
    pub number: i32,
    /// The squad that did it.
    pub squad: TeamId,
    /// When that squad pulled it.
    pub pulled: NaiveDate,
    /// When it was done.
    pub done: NaiveDate,
}

impl Finished {
    /// Its cycle time.
    pub fn days(&self) -> i64 {
        days_between(self.pulled, self.done)
    }
}

/// An item in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The item.
    pub item: ItemId,
    /// Its number.
    pub number: i32,
    /// Where it stands.
    pub stage: Stage,
    /// The squad that holds it.
    pub squad: TeamId,
    /// When it pulled it.
    pub pulled: NaiveDate,
}

impl Held {
    /// Its age, counted as a cycle time is.
    pub fn age(&self, today: NaiveDate) -> i64 {
        days_between(self.pulled, today)
    }
}

/// How many items stood where at the end of a day; for a squad only what it held and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Proposed.
    pub proposed: i64,
    /// Ready.
    pub ready: i64,
    /// In progress.
    pub in_progress: i64,
    /// With customers.
    pub learning: i64,
    /// Done since the first day of the view.
    pub done: i64,
}

impl Counts {
    fn add(&mut self, stage: Stage, n: i64) {
        match stage {
            Stage::Proposed => self.proposed += n,
            Stage::Ready => self.ready += n,
            Stage::InProgress => self.in_progress += n,
            Stage::Learning => self.learning += n,
            Stage::Done => self.done += n,
            Stage::Dropped => {}
        }
    }
}

/// What a squad, or all squads, pulled in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
    /// How many of each breadth, from narrow to broad.
    pub pulled: [usize; 4],
}

impl Month {
    /// How many in all.
    pub fn all(&self) -> usize {
        self.pulled.iter().sum()
    }
}

/// Half, 85 % and 95 % of the items were done within so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// 50 %.
    pub p50: i64,
    /// 85 %: the service level expectation.
    pub p85: i64,
    /// 95 %.
    pub p95: i64,
}

impl Percentiles {
    /// By nearest rank: the smallest value within which so many percent of all lie, one that did happen. None of fewer than
    /// [`MIN_FINISHED`].
    pub fn of(days: &[i64]) -> Option<Self> {
        if days.len() < MIN_FINISHED {
            return None;
        }
        let mut sorted = days.to_vec();
        sorted.sort_unstable();
        let at = |percent: usize| sorted[(percent * sorted.len()).div_ceil(100) - 1];
        Some(Self { p50: at(50), p85: at(85), p95: at(95) })
    }

    /// The three with their percentages.
    pub fn all(&self) -> [(u8, i64); 3] {
        [(50, self.p50), (85, self.p85), (95, self.p95)]
    }
}

/// All figures of a view.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Throughput.
    pub weeks: Vec<Week>,
    /// What was done, the oldest first.
    pub finished: Vec<Finished>,
    /// Of its cycle times.
    pub percentiles: Option<Percentiles>,
    /// What is in hand now, the oldest first.
    pub held: Vec<Held>,
    /// Cumulative flow: each day's end.
    pub days: Vec<(NaiveDate, Counts)>,
    /// Breadth of what was pulled.
    pub months: Vec<Month>,
}

impl Flow {
    /// Replays a history.
    pub fn of(history: &History, view: View) -> Self {
        let mut replay = Replay::new(history, view);
        for step in history.steps.iter().filter(|step| step.day() <= view.today) {
            replay.close_before(step.day());
            replay.take(step);
        }
        replay.close_before(view.today + Days::new(1));
        let Replay { held, finished, pulls, days, .. } = replay;
        let cycle_times: Vec<i64> = finished.iter().map(Finished::days).collect();
        let mut held: Vec<Held> = held.into_values().collect();
        held.sort_by_key(|held| (held.pulled, held.number));
        Self {
            weeks: weeks(view, &finished),
            percentiles: Percentiles::of(&cycle_times),
            held,
            days,
            months: months(view, &pulls),
            finished,
        }
    }

    /// How many are in progress and how many are learning.
    pub fn in_work(&self) -> (usize, usize) {
        let in_progress = self.held.iter().filter(|held| held.stage == Stage::InProgress).count();
        (in_progress, self.held.len() - in_progress)
    }

    /// Whether nothing ever happened in the view.
    pub fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.held.is_empty()
    }
}

struct Replay {
    view: View,
    now: Counts,
    held: HashMap<ItemId, Held>,
    finished: Vec<Finished>,
    pulls: Vec<(NaiveDate, Breadth)>,
    days: Vec<(NaiveDate, Counts)>,
    next: NaiveDate,
}

impl Replay {
    fn new(history: &History, view: View) -> Self {
        let mut now = Counts::default();
        if view.squad.is_none() {
            (now.proposed, now.ready) = (history.proposed, history.ready);
        }
        let mut held = HashMap::new();
        for one in history.held.iter().filter(|one| view.is_of(Some(one.squad))) {
            let HeldBefore { item, number, stage, squad, pulled_at } = *one;
            now.add(stage, 1);
            held.insert(item, Held { item, number, stage, squad, pulled: pulled_at.date_naive() });
        }
        Self { view, now, held, finished: vec![], pulls: vec![], days: vec![], next: view.from }
    }

    /// Notes how the days ended that are over.
    fn close_before(&mut self, day: NaiveDate) {
        while self.next < day && self.next <= self.view.today {
            self.days.push((self.next, self.now));
            self.next = self.next + Days::new(1);
        }
    }

    fn take(&mut self, step: &ItemStep) {
        let day = step.day();
        let was = match step.from {
            Some(from) if from.is_held() => {
                let Some(held) = self.held.remove(&step.item) else { return };
                self.now.add(from, -1);
                Some(held)
            }
            from => {
                if let Some(from) = from.filter(|_| self.view.squad.is_none()) {
                    self.now.add(from, -1);
                }
                None
            }
        };
        match (step.to, was) {
            (stage @ (Stage::InProgress | Stage::Learning), Some(held)) => {
                self.now.add(stage, 1);
                self.held.insert(step.item, Held { stage, ..held });
            }
            (stage @ (Stage::InProgress | Stage::Learning), None) => {
                let Some(squad) = step.squad.filter(|_| self.view.is_of(step.squad)) else {
                    return;
                };
                self.now.add(stage, 1);
                let (item, number) = (step.item, step.number);
                self.held.insert(item, Held { item, number, stage, squad, pulled: day });
                if self.view.has(day) {
                    self.pulls.push((day, step.breadth));
                }
            }
            (Stage::Done, Some(held)) if self.view.has(day) => {
                self.now.add(Stage::Done, 1);
                let Held { number, squad, pulled, .. } = held;
                self.finished.push(Finished { number, squad, pulled, done: day });
            }
            (Stage::Done, _) => {}
            (stage, _) if self.view.squad.is_none() => self.now.add(stage, 1),
            _ => {}
        }
    }
}

fn weeks(view: View, finished: &[Finished]) -> Vec<Week> {
    let mut weeks: Vec<Week> = view
        .from
        .iter_weeks()
        .take_while(|monday| *monday <= view.today)
        .map(|monday| Week { monday, done: 0, is_running: monday + Days::new(7) > view.today })
        .collect();
    for one in finished {
        let n = (one.done - view.from).num_days() / 7;
        if let Some(week) = usize::try_from(n).ok().and_then(|n| weeks.get_mut(n)) {
            week.done += 1;
        }
    }
    weeks
}

fn months(view: View, pulls: &[(NaiveDate, Breadth)]) -> Vec<Month> {
    let month = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let mut months = vec![];
    let mut first = month(view.from);
    while first <= view.today {
        let mut pulled = [0; 4];
        for (_, breadth) in pulls.iter().filter(|(day, _)| month(*day) == first) {
            pulled[*breadth as usize] += 1;
        }
        months.push(Month { first, pulled });
        first = first + Months::new(1);
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn team(n: u128) -> TeamId {
        TeamId(uuid::Uuid::from_u128(n))
    }

    /// A step at a day and hour: "2026-11-02 23".
    fn step(n: i32, at: &str, from: &str, to: &str, squad: u128) -> ItemStep {
        let at = format!("{at}:00:00Z").replace(' ', "T");
        ItemStep {
            item: ItemId(uuid::Uuid::from_u128(u128::try_from(n).unwrap())),
            number: n,
            at: at.parse().unwrap(),
            from: Stage::parse(from).ok(),
            to: Stage::parse(to).unwrap(),
            squad: (squad > 0).then(|| team(squad)),
            breadth: Breadth::Problem,
        }
    }

    fn flow(steps: Vec<ItemStep>, squad: u128) -> Flow {
        let history = History { proposed: 0, ready: 9, held: vec![], steps };
        let squad = (squad > 0).then(|| team(squad));
        Flow::of(&history, View::weeks(2, day("2026-11-11"), squad))
    }

    #[test]
    fn weeks_begin_on_monday_and_the_last_one_runs() {
        for (today, from, running) in
            [("2026-11-15", "2026-11-02", "2026-11-09"), ("2026-11-16", "2026-11-09", "2026-11-16")]
        {
            let view = View::weeks(2, day(today), None);
            assert_eq!(view.from, day(from));
            let weeks = Flow::of(&History::default(), view).weeks;
            let said: Vec<_> = weeks.iter().map(|week| (week.monday, week.is_running)).collect();
            assert_eq!(said, [(day(from), false), (day(running), true)]);
        }
    }

    #[test]
    fn both_days_of_a_cycle_count_and_a_day_ends_at_midnight() {
        let steps = vec![
            step(1, "2026-11-03 00", "ready", "in_progress", 1),
            step(1, "2026-11-03 23", "in_progress", "done", 1),
            step(2, "2026-11-03 23", "ready", "in_progress", 1),
            step(2, "2026-11-04 00", "in_progress", "learning", 1),
            step(2, "2026-11-09 00", "learning", "done", 1),
        ];
        let flow = flow(steps, 0);
        let days: Vec<_> = flow.finished.iter().map(|one| (one.number, one.days())).collect();
        assert_eq!(days, [(1, 1), (2, 7)]);
        assert_eq!(flow.weeks.iter().map(|week| week.done).collect::<Vec<_>>(), [1, 1]);
        let counts = |n: usize| {
            let Counts { ready, in_progress, learning, done, .. } = flow.days[n].1;
            (ready, in_progress, learning, done)
        };
        assert_eq!([counts(0), counts(1), counts(2)], [(9, 0, 0, 0), (7, 1, 0, 1), (7, 0, 1, 1)]);
        assert_eq!(flow.days.last().unwrap().0, day("2026-11-11"));
        assert_eq!(counts(9), (7, 0, 0, 2));
    }

    #[test]
    fn what_was_returned_begins_anew() {
        let steps = vec![
            step(1, "2026-11-02 08", "ready", "in_progress", 1),
            step(1, "2026-11-04 08", "in_progress", "ready", 1),
            step(1, "2026-11-06 08", "ready", "in_progress", 2),
        ];
        let product = flow(steps.clone(), 0);
        assert_eq!((product.held[0].squad, product.held[0].age(day("2026-11-11"))), (team(2), 6));
        assert_eq!(product.months[0].pulled, [0, 0, 2, 0]);
        let first = flow(steps.clone(), 1);
        assert_eq!((first.held.len(), first.months[0].all()), (0, 1));
        assert_eq!(first.days[0].1.in_progress, 1);
        assert_eq!(first.days[2].1, Counts::default());
        assert_eq!(flow(steps, 2).held.len(), 1);
    }

    #[test]
    fn what_stood_before_counts_with_its_own_day_and_what_came_done_does_not() {
        let pulled_at = "2026-10-20T09:00:00Z".parse().unwrap();
        let done = step(7, "2026-11-05 09", "learning", "done", 1);
        let held = HeldBefore {
            item: done.item,
            number: 7,
            stage: Stage::Learning,
            squad: team(1),
            pulled_at,
        };
        let imported = step(8, "2026-11-05 10", "", "done", 0);
        let history =
            History { held: vec![held], steps: vec![done, imported], ..History::default() };
        let flow = Flow::of(&history, View::weeks(2, day("2026-11-11"), None));
        assert_eq!(flow.finished.len(), 1);
        assert_eq!(flow.finished[0].days(), 17);
        assert_eq!((flow.days[0].1.learning, flow.days[9].1.done), (1, 1));
    }

    #[test]
    fn percentiles_are_values_that_happened_and_need_five() {
        assert_eq!(Percentiles::of(&[1, 2, 3, 4]), None);
        let of = |days: &[i64]| Percentiles::of(days).unwrap().all().map(|(_, days)| days);
        assert_eq!(of(&[5, 1, 4, 2, 3]), [3, 5, 5]);
        let hundred: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(of(&hundred), [50, 85, 95]);
        let twenty: Vec<i64> = (1..=20).collect();
        assert_eq!(of(&twenty), [10, 17, 19]);
        let more: Vec<i64> = (1..=21).collect();
        assert_eq!(of(&more), [11, 18, 20]);
    }
}
