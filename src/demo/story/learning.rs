//! What the apprentices of the story learn: plans, practice, what others say of it.

use super::{Act, Author, COACH_AT};
use crate::learning::Family;

/// What happens to a learning plan. People by their place in the story; steps by their place in a family.
#[derive(Debug, Clone, PartialEq)]
pub enum LearningAct {
    Plan {
        person: usize,
        lead: usize,
        focus: &'static str,
    },
    Practise {
        person: usize,
        at: (Family, usize),
        practised: &'static str,
        learned: &'static str,
        is_call: bool,
        /// The item that it was about, counted from the last one of the product's past.
        item: Option<usize>,
    },
    SignOff {
        person: usize,
        lead: usize,
        at: (Family, usize),
    },
    Say {
        person: usize,
        by: usize,
        text: &'static str,
    },
    Ask {
        person: usize,
        whom: usize,
        about: &'static str,
    },
    Reflect {
        person: usize,
        week: i16,
        text: &'static str,
    },
}

use LearningAct::{Ask, Plan, Practise, Reflect, Say, SignOff};

/// Practice: the day, the step, whether it was a call, what was done and what was learned.
type Practice = (i64, (Family, usize), bool, &'static str, &'static str);

/// What the first apprentice practised. The last customer call is long ago (P4).
const FIRST: [Practice; 9] = [
    (
        38,
        (Family::Calls, 0),
        true,
        "Call with the Lunde household, 25 min",
        "They fear the bill, not the price",
    ),
    (
        36,
        (Family::Data, 0),
        false,
        "Read the cohort chart with Jun",
        "An average hid the ones who left",
    ),
    (
        33,
        (Family::Calls, 0),
        true,
        "Two calls on winter bills",
        "Nobody reads past the second line",
    ),
    (
        30,
        (Family::Facilitation, 0),
        false,
        "Co-ran the October retrospective",
        "I rescue silence too early",
    ),
    (
        27,
        (Family::Competition, 0),
        false,
        "Tried four charging apps for a day each",
        "All four hide the tariff",
    ),
    (
        23,
        (Family::Calls, 1),
        true,
        "Led a call with Nadia beside me",
        "Question two is where they tell the reason",
    ),
    (
        17,
        (Family::Calls, 1),
        true,
        "Led a call with a landlord",
        "He pays for twelve meters and sees one",
    ),
    (
        9,
        (Family::Facilitation, 1),
        false,
        "Story mapping with Fair Bills",
        "Say the time box aloud",
    ),
    (
        3,
        (Family::Competition, 1),
        false,
        "Interviewed a customer who switched",
        "The switch took her four minutes",
    ),
];

/// The items that the first one's practice was about, by its day; both came before it.
const ABOUT: [(i64, usize); 2] = [(9, 15), (3, 4)];

/// What the second one did.
const SECOND: [Practice; 4] = [
    (
        11,
        (Family::Calls, 0),
        true,
        "Sat in on a call about a move",
        "The date matters more than the meter",
    ),
    (
        8,
        (Family::Calls, 0),
        true,
        "Sat in on two calls about heat pumps",
        "They ask the neighbour first",
    ),
    (5, (Family::Data, 0), false, "Read the goal metric with Jun", "Seven calls are no trend"),
    (
        1,
        (Family::Calls, 0),
        true,
        "Sat in on a call with a housing firm",
        "The caretaker is the customer",
    ),
];

impl Author {
    /// Two apprentices of one lead PM, and an analyst who sees their work.
    pub(super) fn learning(&mut self, lead: usize, first: usize, second: usize, analyst: usize) {
        let mut tell = |day, act| self.act(day, Act::Learning(act));
        let focus = "From the request to the problem behind it";
        tell(41, Plan { person: first, lead, focus });
        tell(13, Plan { person: second, lead, focus: "Hear customers before reading about them" });
        let all =
            FIRST.iter().map(|one| (first, one)).chain(SECOND.iter().map(|one| (second, one)));
        for (person, (day, at, is_call, practised, learned)) in all {
            let (at, is_call) = (*at, *is_call);
            let about = ABOUT.iter().find(|(on, _)| person == first && on == day);
            let item = about.map(|(_, item)| *item);
            tell(*day, Practise { person, at, practised, learned, is_call, item });
        }
        tell(29, SignOff { person: first, lead, at: (Family::Calls, 0) });
        tell(25, SignOff { person: first, lead, at: (Family::Facilitation, 0) });
        let waited = "You waited, and she told us the real reason. Keep that silence.";
        tell(22, Say { person: first, by: lead, text: waited });
        let aloud = "Say the time box aloud. The group will help you keep it.";
        tell(8, Say { person: first, by: COACH_AT, text: aloud });
        tell(4, Say { person: second, by: analyst, text: "Good question about the seven calls." });
        tell(
            2,
            Ask { person: first, whom: analyst, about: "Was my question about the metric clear?" },
        );
        tell(35, Reflect { person: first, week: 1, text: "Listening is harder than asking." });
        tell(28, Reflect { person: first, week: 2, text: "I prepared too many questions again." });
        tell(
            7,
            Reflect { person: second, week: 1, text: "I expected complaints and heard plans." },
        );
    }
}
