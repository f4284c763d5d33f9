//! Who may do what to a learning plan, and what is refused.

use chrono::NaiveDate;

use super::plan::{MAX_STEPS, NewEvidence};
use super::words::Family;
use crate::ids::MemberId;
use crate::rule::Rule;

/// Who makes plans and signs off, for a refusal.
pub const MASTERS: &str = "Only the product's lead PM, who is the master, does this.";
/// Who learns, for a refusal.
pub const LEARNERS: &str = "Only the apprentice does this.";
/// Who reads reflections, for a refusal.
pub const READERS: &str = "Only the apprentice and the product's lead PM read the reflections.";

/// Why something cannot be as asked. Each says the way on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LearningRefused {
    /// No family.
    #[error("Choose one of the four families.")]
    NoFamily,
    /// No rung.
    #[error("Choose how well it is to be done in the end.")]
    NoRung,
    /// No number.
    #[error("Write a whole number from 1 to {max}.")]
    BadNumber {
        /// The field.
        field: &'static str,
        /// The most.
        max: i16,
    },
    /// No day.
    #[error("Write the day as in 2026-11-02.")]
    BadDay(&'static str),
    /// Nobody plans for it.
    #[error("Choose a day within the next five years, or the last five.")]
    FarDay(&'static str),
    /// No address.
    #[error("Write an address that begins with https://, or leave it empty.")]
    BadLink,
    /// Too late in the plan.
    #[error("The plan has {0} weeks. Choose one of them, or give the plan more weeks first.")]
    WeekAfterEnd(i16),
    /// The other way round.
    #[error("A step is planned for week {0}. Plan it earlier first, or keep so many weeks.")]
    StepsAfterEnd(i16),
    /// There is one.
    #[error("{0} has a learning plan already. Edit it instead.")]
    PlannedAlready(String),
    /// There is none.
    #[error("{0} has no learning plan yet. The lead PM makes it.")]
    NotPlanned(String),
    /// It is over.
    #[error(
        "The apprenticeship of {0} has ended. The plan stays readable and is not changed any more."
    )]
    Ended(String),
    /// Before it began.
    #[error("The apprenticeship began on {0}. Choose that day or a later one.")]
    BeforeBeginning(NaiveDate),
    /// Not yet.
    #[error("That day is still to come. Write down what you practised once you have.")]
    InTheFuture,
    /// No such step.
    #[error("Choose a step of the plan.")]
    NoStep,
    /// No such item.
    #[error(
        "There is no item {0} in this product's backlog. Write a key such as {1}-1, or leave it empty."
    )]
    NoItem(String, String),
    /// A call is one of the first family.
    #[error(
        "A customer call is practice of a step of customer calls. Choose such a step, or leave this out."
    )]
    NoCall,
    /// Nothing to rest on.
    #[error("Nobody has practised this step yet. It is signed off once there is evidence.")]
    NoEvidence,
    /// Twice.
    #[error("This step is signed off already.")]
    SignedAlready,
    /// Not at all.
    #[error("This step is not signed off.")]
    NotSigned,
    /// It is what it was signed off as.
    #[error("This step is signed off. Take that back first.")]
    SignedStays,
    /// Evidence stays.
    #[error("This step was practised and stays in the plan with its evidence.")]
    PractisedStays,
    /// Its family too.
    #[error("This step was practised and stays in its family.")]
    FamilyStays,
    /// Too many.
    #[error("A plan has {MAX_STEPS} steps at most. Remove one first.")]
    TooManySteps,
    /// Not yet, or not any more.
    #[error("There is a reflection for each week from the first to the present one.")]
    NoWeek,
    /// Of oneself.
    #[error("Feedback comes from others. Write a reflection instead.")]
    OwnFeedback,
    /// Nobody.
    #[error("Choose up to ten members whom you ask.")]
    NobodyAsked,
    /// No squad.
    #[error("Choose a squad that serves the product, or none.")]
    NoSquad,
    /// No template.
    #[error("Choose what the plan begins with.")]
    NoTemplate,
    /// Twice.
    #[error("A kept plan is called {0} already. Choose another name.")]
    NameTaken(String),
    /// Nothing to keep.
    #[error("The plan has no steps that could be kept.")]
    NothingToKeep,
}

impl Rule for LearningRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoFamily => "family_missing",
            Self::NoRung => "rung_missing",
            Self::BadNumber { .. } => "number_invalid",
            Self::BadDay(_) => "day_invalid",
            Self::FarDay(_) => "day_out_of_range",
            Self::BadLink => "link_invalid",
            Self::WeekAfterEnd(_) | Self::StepsAfterEnd(_) => "week_after_end",
            Self::PlannedAlready(_) => "plan_exists",
            Self::NotPlanned(_) => "plan_missing",
            Self::Ended(_) => "apprenticeship_ended",
            Self::BeforeBeginning(_) => "day_before_beginning",
            Self::InTheFuture => "day_in_the_future",
            Self::NoStep => "step_missing",
            Self::NoItem(..) => "item_missing",
            Self::NoCall => "call_of_another_family",
            Self::NoEvidence => "evidence_missing",
            Self::SignedAlready => "step_signed_off",
            Self::NotSigned => "step_not_signed_off",
            Self::SignedStays => "step_signed_off_stays",
            Self::PractisedStays => "step_practised",
            Self::FamilyStays => "family_practised",
            Self::TooManySteps => "too_many_steps",
            Self::NoWeek => "week_missing",
            Self::OwnFeedback => "feedback_of_oneself",
            Self::NobodyAsked => "nobody_asked",
            Self::NoSquad => "squad_missing",
            Self::NoTemplate => "template_missing",
            Self::NameTaken(_) => "template_name_taken",
            Self::NothingToKeep => "template_empty",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoFamily | Self::FamilyStays => Some("family"),
            Self::NoRung => Some("rung"),
            Self::BadNumber { field, .. } | Self::BadDay(field) | Self::FarDay(field) => {
                Some(field)
            }
            Self::BadLink => Some("link"),
            Self::WeekAfterEnd(_) => Some("week"),
            Self::StepsAfterEnd(_) => Some("weeks"),
            Self::BeforeBeginning(_) | Self::InTheFuture => Some("on"),
            Self::NoStep => Some("step"),
            Self::NoItem(..) => Some("item"),
            Self::NoCall => Some("call"),
            Self::NobodyAsked => Some("member"),
            Self::NoSquad => Some("squad"),
            Self::NoTemplate => Some("template"),
            Self::NameTaken(_) => Some("name"),
            _ => None,
        }
    }

    fn is_conflict(&self) -> bool {
        self.field().is_none() || matches!(self, Self::NameTaken(_) | Self::FamilyStays)
    }
}

/// Who somebody is to an apprenticeship, as its row says under its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// They learn.
    pub is_apprentice: bool,
    /// They lead the product and are the master.
    pub is_lead: bool,
}

impl Standing {
    /// Of a member.
    pub fn of(member: MemberId, apprentice: MemberId, lead: MemberId) -> Self {
        let is_apprentice = member == apprentice;
        // H3 keeps them apart; should it ever not, nobody signs off their own steps.
        Self { is_apprentice, is_lead: member == lead && !is_apprentice }
    }

    /// Reads the reflections: the apprentice, and who leads the product now.
    pub fn may_read_reflections(self) -> bool {
        self.is_apprentice || self.is_lead
    }
}

impl NewEvidence {
    /// Whether it can be evidence of a step of this family, for an apprenticeship that began on a day.
    pub fn may_be(
        &self,
        family: Family,
        began: NaiveDate,
        today: NaiveDate,
    ) -> Result<(), LearningRefused> {
        if self.on > today {
            return Err(LearningRefused::InTheFuture);
        }
        if self.on < began {
            return Err(LearningRefused::BeforeBeginning(began));
        }
        if self.is_call && family != Family::Calls {
            return Err(LearningRefused::NoCall);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EvidenceLink, Learned, Practised};
    use super::*;
    use crate::ids::StepId;

    #[test]
    fn nobody_is_their_own_master() {
        let (lead, apprentice, other) = (MemberId::new(), MemberId::new(), MemberId::new());
        let of = |member| Standing::of(member, apprentice, lead);
        assert!(of(lead).is_lead && of(lead).may_read_reflections());
        assert!(of(apprentice).is_apprentice && !of(apprentice).is_lead);
        assert!(!of(other).may_read_reflections());
        assert!(!Standing::of(lead, lead, lead).is_lead);
    }

    #[test]
    fn practice_is_from_the_beginning_until_today() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        let of = |n, is_call, family| {
            let evidence = NewEvidence {
                step: StepId::new(),
                on: day(n),
                practised: Practised::parse("A call").unwrap(),
                learned: Learned::parse("They fear the bill").unwrap(),
                item: String::new(),
                link: EvidenceLink::default(),
                is_call,
            };
            evidence.may_be(family, day(2), day(20)).map_err(|refused| refused.code())
        };
        assert_eq!(of(2, true, Family::Calls), Ok(()));
        assert_eq!(of(20, false, Family::Data), Ok(()));
        assert_eq!(of(1, false, Family::Calls), Err("day_before_beginning"));
        assert_eq!(of(21, false, Family::Calls), Err("day_in_the_future"));
        assert_eq!(of(5, true, Family::Data), Err("call_of_another_family"));
    }
}
