//! A backlog's past, written at once: the same rules for many items that the steps have for one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::pull::{Load, Puller, Verdict, Wanted, may_learn, may_pull};
use super::rules::{NewItem, Outcome};
use super::words::{Class, ItemKey, Stage};
use crate::ids::{MemberId, TeamId};
use crate::products::WipPolicy;
use crate::rule::Rule;

/// A step with who took it.
pub type Taken = (DateTime<Utc>, MemberId);

/// An item with all that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastItem {
    /// What it says.
    pub new: NewItem,
    /// When it was proposed.
    pub proposed: Taken,
    /// When it was made ready.
    pub ready: Option<Taken>,
    /// What a squad did with it.
    pub work: Option<PastWork>,
}

/// What a squad did with an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastWork {
    /// Which squad.
    pub squad: TeamId,
    /// When it was pulled.
    pub pulled: Taken,
    /// When the squad went to customers with it.
    pub learning: Option<Taken>,
    /// When it was done, with what became of it; nothing for what the squad still has in hand.
    pub done: Option<(Taken, Outcome)>,
}

impl PastItem {
    /// Its steps in their order.
    pub fn steps(&self) -> Vec<(Stage, Taken)> {
        let mut steps = vec![(Stage::Proposed, self.proposed)];
        steps.extend(self.ready.map(|taken| (Stage::Ready, taken)));
        if let Some(work) = &self.work {
            steps.push((Stage::InProgress, work.pulled));
            steps.extend(work.learning.map(|taken| (Stage::Learning, taken)));
            steps.extend(work.done.as_ref().map(|(taken, _)| (Stage::Done, *taken)));
        }
        steps
    }
}

/// Why a past cannot have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PastRefused {
    /// Its steps do not follow one another.
    #[error("The steps of “{0}” do not follow one another up to now.")]
    Order(String),
    /// A squad could not judge it.
    #[error("“{0}” does not say why it matters to the customer.")]
    Why(String),
    /// The squad does not serve the product.
    #[error("“{0}” was pulled by a squad that does not serve this product.")]
    Squad(String),
    /// There was no room.
    #[error("“{0}” was pulled where there was no room for it.")]
    Room(String),
}

impl Rule for PastRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Order(_) => "past_order",
            Self::Why(_) => "past_why",
            Self::Squad(_) => "past_squad",
            Self::Room(_) => "past_room",
        }
    }
}

/// Whether this can have happened until `now`, to squads that had nothing in hand before: step by step in the order of time.
pub fn check_past(
    items: &[PastItem],
    squads: &BTreeMap<TeamId, Load>,
    policy: WipPolicy,
    now: DateTime<Utc>,
) -> Result<(), PastRefused> {
    let mut all = vec![];
    for item in items {
        let title = || item.new.title.to_string();
        let steps = item.steps();
        let follow =
            |pair: &[(Stage, Taken)]| pair[0].0.may_become(pair[1].0) && pair[0].1.0 < pair[1].1.0;
        if !steps.windows(2).all(follow) || steps.iter().any(|(_, (at, _))| *at > now) {
            return Err(PastRefused::Order(title()));
        }
        if item.ready.is_some() && item.new.why.as_str().is_empty() {
            return Err(PastRefused::Why(title()));
        }
        let Some(work) = &item.work else { continue };
        if !squads.contains_key(&work.squad) {
            return Err(PastRefused::Squad(title()));
        }
        all.extend(
            steps.windows(2).map(|pair| (pair[1].1.0, pair[0].0, pair[1].0, work.squad, item)),
        );
    }
    all.sort_by_key(|(at, ..)| *at);
    let mut loads = squads.clone();
    for (_, from, to, squad, item) in all {
        let Some(load) = loads.get_mut(&squad) else { continue };
        let puller = Puller { squad: "", load: *load, policy };
        let verdict = match to {
            Stage::InProgress => may_pull(&wanted(from), puller),
            Stage::Learning => may_learn(puller),
            _ => Verdict::Allowed(None),
        };
        if !matches!(verdict, Verdict::Allowed(_)) {
            return Err(PastRefused::Room(item.new.title.to_string()));
        }
        count(load, from, -1);
        count(load, to, 1);
    }
    Ok(())
}

fn wanted(stage: Stage) -> Wanted {
    let key = ItemKey::new("", 0);
    Wanted { key, stage, class: Class::Standard, held_by: None, above: vec![] }
}

fn count(load: &mut Load, stage: Stage, n: i16) {
    match stage {
        Stage::InProgress => load.in_progress += n,
        Stage::Learning => load.learning += n,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::backlog::domain::{Breadth, Effect, ItemTitle, Why};

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn item(squad: TeamId, days: [i64; 4]) -> PastItem {
        let by = MemberId::new();
        let [proposed, ready, pulled, done] = days.map(|day| (at(day), by));
        let outcome = Outcome { effect: Effect::parse("Fewer calls").unwrap(), metric: None };
        PastItem {
            new: NewItem {
                title: ItemTitle::parse(&format!("Of day {}", days[0])).unwrap(),
                why: Why::parse("Calls").unwrap(),
                breadth: Breadth::Problem,
                metric: None,
            },
            proposed,
            ready: Some(ready),
            work: Some(PastWork { squad, pulled, learning: None, done: Some((done, outcome)) }),
        }
    }

    fn checked(items: &[PastItem], squad: TeamId) -> Result<(), PastRefused> {
        let load =
            Load { in_progress: 0, expedite: 0, learning: 0, wip_limit: 2, learning_limit: 1 };
        check_past(items, &[(squad, load)].into(), WipPolicy::Block, at(100))
    }

    #[test]
    fn a_past_keeps_the_limit_at_each_moment() {
        let squad = TeamId::new();
        let [a, b, c] = [[0, 1, 2, 10], [1, 2, 3, 20], [3, 4, 9, 30]].map(|days| item(squad, days));
        assert_eq!(checked(&[a.clone(), b.clone()], squad), Ok(()));
        let later = item(squad, [3, 4, 11, 30]);
        assert_eq!(checked(&[a.clone(), b.clone(), later], squad), Ok(()), "one was done before");
        assert_eq!(checked(&[a, b, c], squad), Err(PastRefused::Room("Of day 3".to_owned())));
    }

    #[test]
    fn steps_follow_one_another_and_are_over() {
        let squad = TeamId::new();
        let order = Err(PastRefused::Order("Of day 5".to_owned()));
        assert_eq!(checked(&[item(squad, [5, 4, 6, 7])], squad), order);
        assert_eq!(checked(&[item(squad, [5, 6, 7, 101])], squad), order);
        assert_eq!(
            checked(&[item(TeamId::new(), [5, 6, 7, 8])], squad),
            Err(PastRefused::Squad("Of day 5".to_owned()))
        );
        let mut silent = item(squad, [5, 6, 7, 8]);
        silent.new.why = Why::parse("").unwrap();
        assert_eq!(checked(&[silent], squad), Err(PastRefused::Why("Of day 5".to_owned())));
        let mut skipped = item(squad, [5, 6, 7, 8]);
        skipped.ready = None;
        assert_eq!(checked(&[skipped], squad), order, "nothing is pulled that was not ready");
    }
}
