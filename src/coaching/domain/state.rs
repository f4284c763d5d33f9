//! The states of coaching, and the way through them: open, agreed, active, review, closed; or withdrawn by the squad.

use super::rules::CoachingRefused;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for a coach, or for what coach and squad agree on.
    Open,
    /// Goal, exit criteria and end date are in force.
    Agreed,
    /// A session took place.
    Active,
    /// The two have looked back, and the squad says whether it helped.
    Review,
    /// The squad has said so.
    Closed,
    /// The squad has withdrawn it.
    Withdrawn,
}

/// What moves it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Both have agreed to the same version.
    Agree,
    /// A session took place.
    Meet,
    /// They look back.
    LookBack,
    /// The squad says whether it helped.
    Close,
    /// The squad withdraws.
    Withdraw,
}

impl State {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Agreed, Self::Active, Self::Review, Self::Closed, Self::Withdrawn];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Agreed => "agreed",
            Self::Active => "active",
            Self::Review => "review",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// What stands on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Agreed => "Agreed",
            Self::Active => "Active",
            Self::Review => "Review",
            Self::Closed => "Closed",
            Self::Withdrawn => "Withdrawn",
        }
    }

    /// The colour of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Open => "warn",
            Self::Agreed | Self::Active => "accent",
            Self::Review => "product",
            Self::Closed => "good",
            Self::Withdrawn => "",
        }
    }

    /// Nothing comes after it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Withdrawn)
    }

    /// Sessions take place: from the agreement until the two look back.
    pub fn has_sessions(self) -> bool {
        matches!(self, Self::Agreed | Self::Active)
    }

    /// Where a step leads. Agreeing anew and meeting again leave it where it is.
    pub fn after(self, step: Step) -> Result<Self, CoachingRefused> {
        match (self, step) {
            (Self::Open | Self::Agreed, Step::Agree) => Ok(Self::Agreed),
            (Self::Active, Step::Agree) | (Self::Agreed | Self::Active, Step::Meet) => {
                Ok(Self::Active)
            }
            (Self::Active, Step::LookBack) => Ok(Self::Review),
            (Self::Review, Step::Close) => Ok(Self::Closed),
            (Self::Open | Self::Agreed | Self::Active | Self::Review, Step::Withdraw) => {
                Ok(Self::Withdrawn)
            }
            (Self::Closed | Self::Withdrawn, _) => Err(CoachingRefused::Over(self.title())),
            (Self::Open, Step::Meet) => Err(CoachingRefused::NotAgreed),
            (Self::Open | Self::Agreed, Step::LookBack) => Err(CoachingRefused::NotMet),
            (_, Step::Close) => Err(CoachingRefused::NotLookedBack),
            (Self::Review, _) => Err(CoachingRefused::InReview),
        }
    }
}

impl From<String> for State {
    /// Reads what the database has checked.
    fn from(word: String) -> Self {
        Self::ALL.into_iter().find(|state| state.word() == word).unwrap_or(Self::Withdrawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 5] = [Step::Agree, Step::Meet, Step::LookBack, Step::Close, Step::Withdraw];

    #[test]
    fn the_way_is_from_open_to_closed_and_no_step_is_left_out() {
        let way = [Step::Agree, Step::Meet, Step::Meet, Step::LookBack, Step::Close];
        let end = way.into_iter().try_fold(State::Open, State::after);
        assert_eq!(end, Ok(State::Closed));
        for left_out in [0, 3] {
            let way = way.into_iter().enumerate().filter(|(n, _)| *n != left_out);
            let end = way.map(|(_, step)| step).try_fold(State::Open, State::after);
            assert!(end.is_err(), "without step {left_out}");
        }
    }

    #[test]
    fn nothing_comes_after_the_end_and_withdrawing_is_possible_until_then() {
        for state in State::ALL {
            for step in STEPS {
                assert!(!state.is_over() || state.after(step).is_err(), "{state:?} {step:?}");
            }
            assert_eq!(state.after(Step::Withdraw).is_ok(), !state.is_over(), "{state:?}");
            assert_eq!(State::from(state.word().to_owned()), state);
        }
    }

    #[test]
    fn no_step_leads_back() {
        for state in State::ALL {
            for step in STEPS {
                if let Ok(next) = state.after(step) {
                    let place = |of| State::ALL.iter().position(|state| *state == of);
                    assert!(place(next) >= place(state), "{state:?} {step:?}");
                }
            }
        }
    }
}
