//! What a squad may pull, and what it may go on with: one function for the service that refuses, for the page that hides the
//! button, and for the sentence that says why.

use super::rules::MAX_PASSED_OVER;
use super::words::{Class, ItemKey, Stage};
use crate::products::WipPolicy;
use crate::rule::Rule;

/// A squad has at most so many items of the class expedite in progress, beside its limit and whatever the policy.
pub const EXPEDITE_LIMIT: i16 = 1;

/// How much a squad has in hand for a product, and how much it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct Load {
    /// In progress, of the class standard.
    pub in_progress: i16,
    /// In progress, of the class expedite.
    pub expedite: i16,
    /// With customers.
    pub learning: i16,
    /// How many it may have in progress.
    pub wip_limit: i16,
    /// How many it may learn from.
    pub learning_limit: i16,
}

impl Load {
    /// Whether there is room for an item of the class standard.
    pub fn has_room(self) -> bool {
        self.in_progress < self.wip_limit
    }

    /// "2 of 3 in progress"; an expedited item is said beside it.
    pub fn words(self) -> String {
        let more = if self.expedite > 0 { ", 1 expedited" } else { "" };
        format!("{} of {} in progress{more}", self.in_progress, self.wip_limit)
    }
}

/// A squad that serves a product, with what it has in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Puller<'a> {
    /// The squad's name.
    pub squad: &'a str,
    /// What it has in hand.
    pub load: Load,
    /// The product's policy.
    pub policy: WipPolicy,
}

/// An item that a squad would like to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its key.
    pub key: ItemKey,
    /// Where it stands.
    pub stage: Stage,
    /// How it is treated.
    pub class: Class,
    /// The squad that holds it, or finished it, with the person who made the newest step.
    pub held_by: Option<(String, String)>,
    /// The ready items above it, as far as they are told: the first of them, and how many there are.
    pub above: Vec<ItemKey>,
}

/// Why a reason is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// There are items above it.
    PassesOver(Vec<ItemKey>),
    /// The squad has as many in progress as it may.
    OverWip(i16),
    /// The squad learns from as many as it may.
    OverLearning(i16),
}

impl Ask {
    /// The question.
    pub fn sentence(&self) -> String {
        match self {
            Self::PassesOver(keys) => match keys.as_slice() {
                [one] => format!("{one} stands above it. Say why it can wait: it will remember."),
                [first, ..] => format!(
                    "{} items stand above it, {first} first. Say why they can wait: they will remember.",
                    if keys.len() > MAX_PASSED_OVER {
                        format!("More than {MAX_PASSED_OVER}")
                    } else {
                        keys.len().to_string()
                    },
                ),
                [] => String::new(),
            },
            Self::OverWip(limit) => format!(
                "The squad has {limit} in progress, which is its limit. Say why one more is right now."
            ),
            Self::OverLearning(limit) => format!(
                "The squad learns from {limit} already, which is its limit. Say why one more is right now."
            ),
        }
    }

    /// What is missing, beside the field that stayed empty: the question stands above it.
    pub fn missing(asks: &[Self]) -> &'static str {
        let is_over = |ask: &Self| !matches!(ask, Self::PassesOver(_));
        let passed = asks.iter().find_map(|ask| match ask {
            Self::PassesOver(keys) => Some(keys.len()),
            _ => None,
        });
        match (passed, asks.iter().any(is_over)) {
            (Some(1), false) => "Say why it can wait.",
            (Some(1), true) => "Say why it can wait, and why one more is right now.",
            (Some(_), false) => "Say why they can wait.",
            (Some(_), true) => "Say why they can wait, and why one more is right now.",
            (None, _) => "Say why one more is right now.",
        }
    }
}

/// The answer to a squad that would like to have an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on; over the limit with a word of warning.
    Allowed(Option<String>),
    /// Go on with a reason.
    NeedsReason(Vec<Ask>),
    /// No.
    Refused(PullRefused),
}

/// Why not, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PullRefused {
    /// Another squad, or one's own, was first.
    #[error("{squad} has {key} already: {who} pulled it.")]
    Held {
        /// The item.
        key: ItemKey,
        /// Who has it.
        squad: String,
        /// Who pulled it.
        who: String,
    },
    /// It stands elsewhere.
    #[error("{key} is {}. Only what is ready can be pulled.", .stage.words())]
    NotReady {
        /// The item.
        key: ItemKey,
        /// Where it stands.
        stage: Stage,
    },
    /// The limit.
    #[error("{squad} has {n} in progress, and {limit} is its limit. Finish or return one first.")]
    Full {
        /// Which squad.
        squad: String,
        /// How many it has.
        n: i16,
        /// How many it may have.
        limit: i16,
    },
    /// The limit of what is with customers.
    #[error("{squad} learns from {n} items, and {limit} is its limit. Finish or return one first.")]
    LearningFull {
        /// Which squad.
        squad: String,
        /// How many it has.
        n: i16,
        /// How many it may have.
        limit: i16,
    },
    /// One at a time.
    #[error(
        "{squad} has an expedited item in progress, and one at a time is the most. Finish or return it first."
    )]
    Expedited {
        /// Which squad.
        squad: String,
    },
}

impl PullRefused {
    /// What the squad has in hand that is in the way: where it stands, and how it is treated if that matters.
    pub fn in_the_way(&self) -> Option<(Stage, Option<Class>)> {
        match self {
            Self::Full { .. } => Some((Stage::InProgress, Some(Class::Standard))),
            Self::Expedited { .. } => Some((Stage::InProgress, Some(Class::Expedite))),
            Self::LearningFull { .. } => Some((Stage::Learning, None)),
            Self::Held { .. } | Self::NotReady { .. } => None,
        }
    }
}

impl Rule for PullRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Held { .. } => "item_held",
            Self::NotReady { .. } => "item_not_ready",
            Self::Full { .. } => "wip_limit",
            Self::LearningFull { .. } => "learning_limit",
            Self::Expedited { .. } => "expedite_limit",
        }
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Whether one more in progress is within the limit; `asks` gets what must be said for it.
fn room(
    puller: Puller<'_>,
    class: Class,
    asks: &mut Vec<Ask>,
) -> Result<Option<String>, PullRefused> {
    let Puller { squad, load, policy } = puller;
    if class == Class::Expedite {
        return if load.expedite >= EXPEDITE_LIMIT {
            Err(PullRefused::Expedited { squad: squad.to_owned() })
        } else {
            Ok(None)
        };
    }
    if load.has_room() {
        return Ok(None);
    }
    let (n, limit) = (load.in_progress, load.wip_limit);
    match policy {
        WipPolicy::Block => Err(PullRefused::Full { squad: squad.to_owned(), n, limit }),
        WipPolicy::Reason => {
            asks.push(Ask::OverWip(n));
            Ok(None)
        }
        WipPolicy::Warn => Ok(Some(format!(
            "{squad} is over its limit now: {} in progress, {limit} is the limit.",
            n + 1
        ))),
    }
}

fn verdict(room: Result<Option<String>, PullRefused>, asks: Vec<Ask>) -> Verdict {
    match room {
        Err(refused) => Verdict::Refused(refused),
        Ok(_) if !asks.is_empty() => Verdict::NeedsReason(asks),
        Ok(warning) => Verdict::Allowed(warning),
    }
}

/// Whether a squad may pull an item (H4). What is expedited goes before all others, so it passes nobody over.
pub fn may_pull(wanted: &Wanted, puller: Puller<'_>) -> Verdict {
    let key = wanted.key.clone();
    if wanted.stage != Stage::Ready {
        return Verdict::Refused(match &wanted.held_by {
            Some((squad, who)) if wanted.stage.is_held() => {
                PullRefused::Held { key, squad: squad.clone(), who: who.clone() }
            }
            _ => PullRefused::NotReady { key, stage: wanted.stage },
        });
    }
    let mut asks = vec![];
    if wanted.class == Class::Standard && !wanted.above.is_empty() {
        asks.push(Ask::PassesOver(wanted.above.clone()));
    }
    let room = room(puller, wanted.class, &mut asks);
    verdict(room, asks)
}

/// Whether a squad may take an item back into work that it has been learning from.
pub fn may_resume(class: Class, puller: Puller<'_>) -> Verdict {
    let mut asks = vec![];
    let room = room(puller, class, &mut asks);
    verdict(room, asks)
}

/// Whether a squad may go to customers with one more item.
pub fn may_learn(puller: Puller<'_>) -> Verdict {
    let Puller { squad, load: Load { learning: n, learning_limit: limit, .. }, policy } = puller;
    if n < limit {
        return Verdict::Allowed(None);
    }
    match policy {
        WipPolicy::Block => {
            Verdict::Refused(PullRefused::LearningFull { squad: squad.to_owned(), n, limit })
        }
        WipPolicy::Reason => Verdict::NeedsReason(vec![Ask::OverLearning(n)]),
        WipPolicy::Warn => Verdict::Allowed(Some(format!(
            "{squad} is over its limit now: it learns from {} items, {limit} is the limit.",
            n + 1
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(in_progress: i16, expedite: i16, learning: i16) -> Load {
        Load { in_progress, expedite, learning, wip_limit: 3, learning_limit: 2 }
    }

    fn puller(load: Load, policy: WipPolicy) -> Puller<'static> {
        Puller { squad: "Fair Bills", load, policy }
    }

    fn ready(class: Class, above: &[i32]) -> Wanted {
        Wanted {
            key: ItemKey::new("NA", 214),
            stage: Stage::Ready,
            class,
            held_by: None,
            above: above.iter().map(|number| ItemKey::new("NA", *number)).collect(),
        }
    }

    fn said(verdict: Verdict) -> String {
        match verdict {
            Verdict::Allowed(None) => "yes".to_owned(),
            Verdict::Allowed(Some(warning)) => format!("yes, but {warning}"),
            Verdict::NeedsReason(asks) => {
                asks.iter().map(Ask::sentence).collect::<Vec<_>>().join(" ")
            }
            Verdict::Refused(refused) => format!("{}: {refused}", refused.code()),
        }
    }

    #[test]
    fn two_in_progress_leave_room_and_three_do_not() {
        let pull =
            |n, policy| said(may_pull(&ready(Class::Standard, &[]), puller(load(n, 0, 0), policy)));
        for policy in [WipPolicy::Warn, WipPolicy::Reason, WipPolicy::Block] {
            assert_eq!(pull(2, policy), "yes");
        }
        insta::assert_snapshot!(pull(3, WipPolicy::Block), @"wip_limit: Fair Bills has 3 in progress, and 3 is its limit. Finish or return one first.");
        insta::assert_snapshot!(pull(3, WipPolicy::Reason), @"The squad has 3 in progress, which is its limit. Say why one more is right now.");
        insta::assert_snapshot!(pull(3, WipPolicy::Warn), @"yes, but Fair Bills is over its limit now: 4 in progress, 3 is the limit.");
    }

    #[test]
    fn what_is_expedited_has_a_limit_of_its_own_whatever_the_policy() {
        let pull = |n, policy| {
            said(may_pull(&ready(Class::Expedite, &[7]), puller(load(3, n, 0), policy)))
        };
        for policy in [WipPolicy::Warn, WipPolicy::Reason, WipPolicy::Block] {
            assert_eq!(pull(0, policy), "yes", "beside the limit, and before all others");
            assert!(pull(1, policy).starts_with("expedite_limit: "));
        }
        let pull = |n| {
            said(may_pull(&ready(Class::Standard, &[]), puller(load(n, 1, 0), WipPolicy::Block)))
        };
        assert_eq!(pull(2), "yes", "an expedited item takes no place of the others");
        assert!(pull(3).starts_with("wip_limit: "));
    }

    #[test]
    fn the_top_is_pulled_without_a_word_and_lower_ones_with_a_reason() {
        let pull = |above: &[i32]| {
            said(may_pull(&ready(Class::Standard, above), puller(load(0, 0, 0), WipPolicy::Block)))
        };
        assert_eq!(pull(&[]), "yes");
        insta::assert_snapshot!(pull(&[209]), @"NA-209 stands above it. Say why it can wait: it will remember.");
        insta::assert_snapshot!(pull(&[209, 221]), @"2 items stand above it, NA-209 first. Say why they can wait: they will remember.");
        let full =
            may_pull(&ready(Class::Standard, &[209]), puller(load(3, 0, 0), WipPolicy::Block));
        assert!(matches!(full, Verdict::Refused(_)), "a reason does not make room");
        let both =
            may_pull(&ready(Class::Standard, &[209]), puller(load(3, 0, 0), WipPolicy::Reason));
        assert!(matches!(both, Verdict::NeedsReason(asks) if asks.len() == 2));
    }

    #[test]
    fn whoever_comes_second_is_told_who_was_first() {
        let of = |stage| {
            let held_by = Some(("EV at Home".to_owned(), "Priya Nair".to_owned()));
            let wanted = Wanted { stage, held_by, ..ready(Class::Standard, &[]) };
            said(may_pull(&wanted, puller(load(0, 0, 0), WipPolicy::Block)))
        };
        insta::assert_snapshot!(of(Stage::InProgress), @"item_held: EV at Home has NA-214 already: Priya Nair pulled it.");
        assert!(of(Stage::Learning).starts_with("item_held: "));
        insta::assert_snapshot!(of(Stage::Done), @"item_not_ready: NA-214 is done. Only what is ready can be pulled.");
        assert!(of(Stage::Proposed).starts_with("item_not_ready: "));
        assert!(of(Stage::Dropped).starts_with("item_not_ready: "));
    }

    #[test]
    fn one_with_customers_leaves_room_for_another_and_two_do_not() {
        let learn = |n, policy| said(may_learn(puller(load(3, 1, n), policy)));
        assert_eq!(learn(1, WipPolicy::Block), "yes");
        assert!(learn(2, WipPolicy::Block).starts_with("learning_limit: "));
        assert!(learn(2, WipPolicy::Reason).starts_with("The squad learns from 2"));
        assert!(learn(2, WipPolicy::Warn).starts_with("yes, but"));
    }

    #[test]
    fn what_comes_back_into_work_needs_room_there() {
        let resume = |n| said(may_resume(Class::Standard, puller(load(n, 0, 1), WipPolicy::Block)));
        assert_eq!(resume(2), "yes");
        assert!(resume(3).starts_with("wip_limit: "));
        assert!(
            said(may_resume(Class::Expedite, puller(load(0, 1, 1), WipPolicy::Block)))
                .starts_with("expedite_limit")
        );
    }

    #[test]
    fn the_load_is_said_as_a_lane_says_it() {
        assert_eq!(load(2, 0, 0).words(), "2 of 3 in progress");
        assert_eq!(load(3, 1, 0).words(), "3 of 3 in progress, 1 expedited");
    }
}
