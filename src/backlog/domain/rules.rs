//! Who may do what with an item, the steps it goes through, and what is refused.

use serde::{Deserialize, Serialize};

use super::pull::Ask;
use super::words::{Breadth, Class, Effect, ItemKey, ItemTitle, NoSuchWord, Stage, Why};
use crate::ids::{MemberId, MetricId, TeamId};
use crate::rule::Rule;

/// Who orders, for a refusal.
pub const ORDERERS: &str =
    "Only the lead PM orders this backlog, and an apprentice to whom they have delegated it.";
/// Who pulls, for a refusal.
pub const PULLERS: &str =
    "Only members of a squad that serves this product pull from its backlog, for that squad.";
/// Who goes on with what is held, for a refusal.
pub const HOLDERS: &str = "Only members of the squad that holds this item do this.";
/// Who edits, for a refusal.
pub const EDITORS: &str = "Only the lead PM, members of the squad that holds it and, while it is proposed, whoever proposed it edit an item.";

/// How many items are changed at once.
pub const MAX_BULK: usize = 100;
/// So many of the items that were passed over remember it: those that stood first.
pub const MAX_PASSED_OVER: usize = 30;

/// By which right somebody orders a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orderer {
    /// As the lead PM.
    LeadPm,
    /// As an apprentice, by the lead PM's delegation: whatever they order is marked so.
    Apprentice,
}

impl Orderer {
    /// What is said after what they did.
    pub fn mark(self) -> &'static str {
        match self {
            Self::LeadPm => "",
            Self::Apprentice => ", as an apprentice",
        }
    }
}

/// What somebody is in a product group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// By which right they order.
    pub orderer: Option<Orderer>,
    /// The squads that serve the product and that they are in now.
    pub squads: Vec<TeamId>,
}

impl Standing {
    /// Whether they may order, make ready and drop.
    pub fn may_order(&self) -> bool {
        self.orderer.is_some()
    }

    /// Whether they may pull for a squad, and go on with what it holds.
    pub fn is_in(&self, squad: TeamId) -> bool {
        self.squads.contains(&squad)
    }

    /// Whether there is anything here for them to do beside proposing.
    pub fn may_anything(&self) -> bool {
        self.may_order() || !self.squads.is_empty()
    }

    /// Whether they may edit an item.
    pub fn may_edit(
        &self,
        me: MemberId,
        stage: Stage,
        holder: Option<TeamId>,
        proposed_by: MemberId,
    ) -> bool {
        self.may_order()
            || (stage == Stage::Proposed && proposed_by == me)
            || (stage.is_held() && holder.is_some_and(|squad| self.is_in(squad)))
    }
}

/// What somebody does with an item, beside ordering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It can be pulled from now on.
    Ready,
    /// It is not ready after all.
    Unready,
    /// It will not be done.
    Drop,
    /// It is proposed once more.
    Reopen,
    /// A squad takes it.
    Pull,
    /// The squad gives it back.
    Return,
    /// The squad goes to customers with it.
    Learn,
    /// The squad works on it once more.
    Resume,
    /// It had its effect.
    Finish,
    /// The squad waits for something.
    Block,
    /// It waits no longer.
    Unblock,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ready,
        Self::Unready,
        Self::Drop,
        Self::Reopen,
        Self::Pull,
        Self::Return,
        Self::Learn,
        Self::Resume,
        Self::Finish,
        Self::Block,
        Self::Unblock,
    ];

    /// The word of the form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Unready => "unready",
            Self::Drop => "drop",
            Self::Reopen => "reopen",
            Self::Pull => "pull",
            Self::Return => "return",
            Self::Learn => "learn",
            Self::Resume => "resume",
            Self::Finish => "finish",
            Self::Block => "block",
            Self::Unblock => "unblock",
        }
    }

    /// By its word.
    pub fn parse(word: &str) -> Result<Self, NoSuchWord> {
        Self::ALL.into_iter().find(|step| step.word() == word).ok_or(NoSuchWord("step"))
    }

    /// The words of a button.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ready => "Make ready",
            Self::Unready => "Not ready after all",
            Self::Drop => "Drop",
            Self::Reopen => "Propose again",
            Self::Pull => "Pull",
            Self::Return => "Return to the backlog",
            Self::Learn => "Learn from customers",
            Self::Resume => "Back to work",
            Self::Finish => "Finish",
            Self::Block => "Mark as blocked",
            Self::Unblock => "No longer blocked",
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ready => "check",
            Self::Unready | Self::Return => "undo-2",
            Self::Drop => "trash-2",
            Self::Reopen | Self::Resume => "refresh-cw",
            Self::Pull => "hand",
            Self::Learn => "users",
            Self::Finish => "circle-check",
            Self::Block => "hourglass",
            Self::Unblock => "play",
        }
    }

    /// What it asks for before it can be taken: a page of its own.
    pub fn asks(self) -> bool {
        matches!(self, Self::Drop | Self::Return | Self::Finish | Self::Block)
    }

    /// Where it leads; blocking leads nowhere.
    pub fn target(self) -> Option<Stage> {
        match self {
            Self::Ready | Self::Return => Some(Stage::Ready),
            Self::Unready | Self::Reopen => Some(Stage::Proposed),
            Self::Drop => Some(Stage::Dropped),
            Self::Pull | Self::Resume => Some(Stage::InProgress),
            Self::Learn => Some(Stage::Learning),
            Self::Finish => Some(Stage::Done),
            Self::Block | Self::Unblock => None,
        }
    }

    /// Whether it can be taken from a stage.
    pub fn is_from(self, stage: Stage, is_blocked: bool) -> bool {
        match self {
            Self::Ready => stage == Stage::Proposed,
            Self::Unready | Self::Pull => stage == Stage::Ready,
            Self::Drop => stage.is_ordered(),
            Self::Reopen => stage == Stage::Dropped,
            Self::Return | Self::Finish => stage.is_held(),
            Self::Learn => stage == Stage::InProgress,
            Self::Resume => stage == Stage::Learning,
            Self::Block => stage.is_held() && !is_blocked,
            Self::Unblock => stage.is_held() && is_blocked,
        }
    }

    /// Whether the lead PM does it, and not a squad.
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Ready | Self::Unready | Self::Drop | Self::Reopen)
    }

    /// The steps that somebody may take with an item that stands so.
    pub fn open_to(
        standing: &Standing,
        stage: Stage,
        is_blocked: bool,
        holder: Option<TeamId>,
    ) -> Vec<Self> {
        let may = |step: &Self| {
            step.is_from(stage, is_blocked)
                && match step {
                    step if step.is_ordering() => standing.may_order(),
                    Self::Pull => !standing.squads.is_empty(),
                    _ => holder.is_some_and(|squad| standing.is_in(squad)),
                }
        };
        Self::ALL.into_iter().filter(may).collect()
    }
}

/// Where an item goes in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    Top,
    /// After all others.
    Bottom,
    /// Directly below the item with this number.
    Below(i32),
    /// Directly above the item with this number.
    Above(i32),
}

/// An item on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// What it is about.
    pub title: ItemTitle,
    /// Why it matters.
    pub why: Why,
    /// How much it leaves open.
    pub breadth: Breadth,
    /// The metric it is about.
    pub metric: Option<MetricId>,
}

/// An item as it is after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChanges {
    /// What it says.
    pub item: NewItem,
    /// How it is treated; it changes only by whoever orders, before a squad holds it.
    pub class: Class,
}

/// What comes of it, and on which metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In words.
    pub effect: Effect,
    /// The metric it shows on.
    pub metric: Option<MetricId>,
}

/// What is changed of several items at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bulk {
    /// All are made ready, in their order.
    Ready,
    /// All are dropped.
    Drop,
    /// All get a breadth.
    Breadth(Breadth),
    /// All get a class.
    Class(Class),
}

/// What cannot be done with an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemRefused {
    /// The product is no more.
    #[error("This product has ended. Its backlog can be read and no longer changed.")]
    ProductEnded,
    /// It is somewhere else by now.
    #[error("{key} is {}. Look at it again: somebody was faster.", .stage.words())]
    Elsewhere {
        /// The item.
        key: ItemKey,
        /// Where it is.
        stage: Stage,
    },
    /// Only what waits is in an order.
    #[error("{key} is {}. Only what is proposed or ready has a place in the order.", .stage.words())]
    NotOrdered {
        /// The item.
        key: ItemKey,
        /// Where it is.
        stage: Stage,
    },
    /// Nothing is below itself.
    #[error("An item cannot stand above or below itself.")]
    Itself,
    /// A squad could not judge it.
    #[error("Say why {0} matters to the customer before squads may pull it.")]
    WhyMissing(ItemKey),
    /// A reason is needed.
    #[error("{}", .0.iter().map(Ask::sentence).collect::<Vec<_>>().join(" "))]
    ReasonNeeded(Vec<Ask>),
    /// The squad does not serve the product.
    #[error("Choose a squad that serves this product.")]
    NoSquad,
    /// The metric is none of the group's.
    #[error("Choose a metric of a squad that serves this product.")]
    NoMetric,
    /// The class is settled.
    #[error("The class is settled once a squad has pulled an item.")]
    ClassSettled,
    /// The form named none.
    #[error("Choose at least one item.")]
    NothingChosen,
    /// The form named too many.
    #[error("Choose at most {MAX_BULK} items at once.")]
    TooMany,
    /// Another template has the name.
    #[error("A template with this name is there already.")]
    TemplateTaken,
}

impl Rule for ItemRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::ProductEnded => "product_ended",
            Self::Elsewhere { .. } => "item_elsewhere",
            Self::NotOrdered { .. } => "item_not_ordered",
            Self::Itself => "item_itself",
            Self::WhyMissing(_) => "why_missing",
            Self::ReasonNeeded(_) => "reason_needed",
            Self::NoSquad => "squad_not_chosen",
            Self::NoMetric => "metric_not_chosen",
            Self::ClassSettled => "class_settled",
            Self::NothingChosen => "nothing_chosen",
            Self::TooMany => "too_many_chosen",
            Self::TemplateTaken => "template_taken",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::ReasonNeeded(_) => Some("reason"),
            Self::NoSquad => Some("squad"),
            Self::NoMetric => Some("metric"),
            Self::ClassSettled => Some("class"),
            Self::TemplateTaken => Some("name"),
            _ => None,
        }
    }
    fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::ProductEnded
                | Self::Elsewhere { .. }
                | Self::NotOrdered { .. }
                | Self::WhyMissing(_)
        )
    }
}

/// Whether an item may be made ready: squads judge by why it matters.
pub fn may_make_ready(key: &ItemKey, stage: Stage, why: &Why) -> Result<(), ItemRefused> {
    if stage != Stage::Proposed {
        return Err(ItemRefused::Elsewhere { key: key.clone(), stage });
    }
    if why.as_str().is_empty() {
        return Err(ItemRefused::WhyMissing(key.clone()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(orderer: Option<Orderer>, squads: &[TeamId]) -> Standing {
        Standing { orderer, squads: squads.to_vec() }
    }

    fn words(
        standing: &Standing,
        stage: Stage,
        is_blocked: bool,
        holder: Option<TeamId>,
    ) -> String {
        let steps = Step::open_to(standing, stage, is_blocked, holder);
        steps.into_iter().map(Step::word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_lead_pm_orders_and_squads_pull_and_go_on_with_their_own() {
        let (own, other) = (TeamId::new(), TeamId::new());
        let lead = standing(Some(Orderer::LeadPm), &[]);
        let member = standing(None, &[own]);
        let nobody = standing(None, &[]);
        let all = |standing: &Standing| {
            Stage::ALL
                .iter()
                .map(|stage| {
                    format!("{}: {}", stage.word(), words(standing, *stage, false, Some(own)))
                })
                .collect::<Vec<_>>()
                .join("; ")
        };
        insta::assert_snapshot!(all(&lead), @"proposed: ready drop; ready: unready drop; in_progress: ; learning: ; done: ; dropped: reopen");
        insta::assert_snapshot!(all(&member), @"proposed: ; ready: pull; in_progress: return learn finish block; learning: return resume finish block; done: ; dropped: ");
        assert_eq!(
            words(&member, Stage::InProgress, true, Some(own)),
            "return learn finish unblock"
        );
        assert_eq!(words(&member, Stage::InProgress, false, Some(other)), "");
        assert!(!all(&nobody).contains("pull") && !nobody.may_anything());
    }

    #[test]
    fn every_step_leads_where_the_stages_allow() {
        for step in Step::ALL {
            for stage in
                Stage::ALL.iter().filter(|stage| step.is_from(**stage, step == Step::Unblock))
            {
                let allowed = step.target().is_none_or(|target| stage.may_become(target));
                assert!(allowed, "{step:?} from {stage:?}");
            }
            assert_eq!(Step::parse(step.word()), Ok(step));
        }
    }

    #[test]
    fn an_item_is_edited_by_who_ordered_holds_or_proposed_it() {
        let (me, other, own) = (MemberId::new(), MemberId::new(), TeamId::new());
        let may = |standing: &Standing, stage, proposer| {
            standing.may_edit(me, stage, Some(own), proposer)
        };
        let nobody = standing(None, &[]);
        assert!(may(&standing(Some(Orderer::Apprentice), &[]), Stage::Done, other));
        assert!(may(&nobody, Stage::Proposed, me) && !may(&nobody, Stage::Ready, me));
        assert!(!may(&nobody, Stage::Proposed, other));
        let member = standing(None, &[own]);
        assert!(may(&member, Stage::Learning, other) && !may(&member, Stage::Ready, other));
        assert!(!member.may_edit(me, Stage::InProgress, Some(TeamId::new()), other));
    }

    #[test]
    fn only_what_says_why_it_matters_becomes_ready() {
        let key = ItemKey::new("NA", 1);
        let why = |text| Why::parse(text).unwrap();
        assert_eq!(may_make_ready(&key, Stage::Proposed, &why("Calls")), Ok(()));
        assert_eq!(
            may_make_ready(&key, Stage::Proposed, &why(" ")),
            Err(ItemRefused::WhyMissing(key.clone()))
        );
        assert!(may_make_ready(&key, Stage::Dropped, &why("Calls")).is_err());
    }
}
