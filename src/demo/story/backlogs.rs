//! A year of the backlogs: what was proposed, pulled, learned and done, and what goes on today.

use super::{Act, Author, PRODUCTS};
use crate::backlog::Breadth;

/// Up to this day everything is written at once; what comes after is done step by step.
pub const UNTIL: i64 = 12;

/// An item with what happened to it up to [`UNTIL`], in days ago.
#[derive(Debug, Clone, PartialEq)]
pub struct PastItem {
    pub title: String,
    pub why: &'static str,
    pub breadth: Breadth,
    pub proposed: i64,
    pub ready: Option<i64>,
    pub work: Option<PastWork>,
}

/// What a squad did with it.
#[derive(Debug, Clone, PartialEq)]
pub struct PastWork {
    pub squad: usize,
    pub pulled: i64,
    pub learning: Option<i64>,
    pub done: Option<(i64, &'static str)>,
}

/// What happens to an item in the last days, by its place in its product's past.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemAct {
    pub product: usize,
    pub item: usize,
    pub step: ItemStep,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemStep {
    Pull { squad: usize, reason: Option<&'static str> },
    Learn,
    Return(&'static str),
    Block(&'static str),
    Finish(&'static str),
    Expedite,
    Comment(&'static str),
}

/// What items are about, by product.
const TOPICS: [[&str; 17]; 3] = [
    [
        "the first bill",
        "moving house",
        "a price change",
        "a meter reading",
        "a refund",
        "an outage",
        "charging at night",
        "a change of contract",
        "a payment plan",
        "a new flatmate",
        "the yearly statement",
        "a direct debit",
        "a payment by card",
        "the switch to an hourly tariff",
        "a second meter",
        "a deposit",
        "a move abroad",
    ],
    [
        "ordering panels",
        "the first winter with a heat pump",
        "a low yield",
        "a service visit",
        "the feed-in payment",
        "a battery offer",
        "the grant",
        "the choice of a pump",
        "the survey of a roof",
        "a delay on site",
        "the handover of a system",
        "the end of a warranty",
        "a repair of the pump",
        "the consent of a neighbour",
        "the insurance of a system",
        "a second battery",
        "the sale of a house",
    ],
    [
        "a new meter",
        "handing over a flat",
        "a collective bill",
        "a new building",
        "a vacancy",
        "a reminder",
        "a reading that is missing",
        "a change of owner",
        "the yearly settlement",
        "the export for the bookkeeper",
        "a change of cost centre",
        "the reading by hand",
        "a contract for a whole street",
        "an invoice by e-mail",
        "a change of bank account",
        "a new heating",
        "a tenant who moves out",
    ],
];

/// A way to put an item: before and after the topic, why it matters, and how broad it is.
type Way = (&'static str, &'static str, &'static str, Breadth);

/// How they are put.
const WAYS: [Way; 9] = [
    (
        "Customers call twice about ",
        "",
        "A third of these calls are second calls: the first answer did not hold. Each takes twelve minutes, and most of them come on Mondays.",
        Breadth::Problem,
    ),
    (
        "A message ahead of ",
        "",
        "In the interviews, eleven of fifteen said that they would have planned otherwise, had they known a week before.",
        Breadth::Feature,
    ),
    (
        "Half as many questions about ",
        "",
        "These questions are among the five most frequent. Customers want to be done with it in one go, and not to ask at all.",
        Breadth::Outcome,
    ),
    (
        "Rewrite the letter about ",
        "",
        "Two of three readers could not say afterwards what they have to do, and by when.",
        Breadth::Task,
    ),
    (
        "It is unclear what comes after ",
        "",
        "Those who wait do not know whether it is their turn. They call to ask, or do nothing and are reminded.",
        Breadth::Problem,
    ),
    (
        "Step by step through ",
        "",
        "Nine of fifteen lost their way when we watched them. Those who had a list beside them did not.",
        Breadth::Feature,
    ),
    (
        "Nobody needs a call for ",
        "",
        "Customers tell us that they would rather see to it in the evening, when nobody of ours is there.",
        Breadth::Outcome,
    ),
    (
        "Correct the help page on ",
        "",
        "It describes how it was two years ago, and it is the first hit of our own search.",
        Breadth::Task,
    ),
    (
        "On a phone, people give up halfway: ",
        "",
        "Seven of ten begin on a phone, and less than half of them come to the end. On a desk it is eight of ten.",
        Breadth::Problem,
    ),
];

/// What came of them.
const EFFECTS: [&str; 10] = [
    "A tenth fewer calls about it, four weeks in a row.",
    "Customers are done with it in half the time: 4 minutes instead of 9.",
    "We learned that they want to be told before, not after. The next item follows from it.",
    "No effect on our metric. We learned what they do instead, and stopped.",
    "Six of ten use it by now, and those who do call no more.",
    "Second calls fell from 31 to 22 percent.",
    "Nobody in the last fifteen interviews asked about it any more.",
    "The page is read to its end by twice as many.",
    "We learned that landlords and tenants mean different things by it.",
    "Complaints about it fell to three a month.",
];

/// The squad that pulls what is narrow, and nothing else, for longer than eight weeks (finding B2), and since when.
const NARROW: (usize, i64) = (6, 90);

/// Why something is let stand that is above.
const LOWER: &str = "Meter Data is here only this week, and this one needs them";
/// Why something goes back.
const RETURNED: &str = "A customer showed us that something else comes first";
const PROMISED: &str = "They promised the readings for Thursday. I ask again on Friday.";
const TRIED: &str = "Two customers tried it yesterday. Both stopped at the same place.";
const ASKED: &str = "Still at the top: 31 customers asked for it last week.";

/// For how long the item is in work that does not come to its end.
const STUCK: i64 = 400;

/// What is told of a product.
struct Lanes {
    product: usize,
    /// How many items were thought of so far.
    thought: usize,
    items: Vec<PastItem>,
}

impl Lanes {
    /// The next thing that somebody thinks of; a narrow one where only such are wanted.
    fn think(&mut self, is_narrow: bool, proposed: i64, ready: Option<i64>) -> PastItem {
        loop {
            let n = self.thought;
            self.thought += 1;
            let (before, after, why, breadth) = WAYS[n % WAYS.len()];
            if is_narrow && !breadth.is_narrow() {
                continue;
            }
            // 9 ways and 17 topics share no divisor: it takes 153 items until one comes again.
            let topic = TOPICS[self.product][n % 17];
            let again = if n >= 9 * 17 { ", as it is now" } else { "" };
            let title = format!("{before}{topic}{after}{again}");
            return PastItem { title, why, breadth, proposed, ready, work: None };
        }
    }
}

impl Author {
    /// The backlogs of the products, which begin on these days; and what goes on in the last days.
    pub(super) fn backlogs(&mut self, begin: [i64; 3]) {
        for (product, begin) in begin.into_iter().enumerate() {
            let lanes = Lanes { product, thought: product * 5, items: vec![] };
            let waiting = self.past(lanes, begin);
            self.recent(product, waiting);
        }
    }

    /// Everything until [`UNTIL`]; answers what is in hand and waiting then.
    fn past(&mut self, mut lanes: Lanes, begin: i64) -> Waiting {
        let product = lanes.product;
        let mut works = vec![];
        for (n, squad) in PRODUCTS[product].squads.iter().copied().enumerate() {
            let serves = (begin - 3).min(self.squads[squad].founded - 10) - 4;
            for slot in 0..2 {
                let mut day = serves - 6 * slot - self.rng.i64(0..=5);
                while day > UNTIL {
                    // One goes on for too long (finding B1).
                    let is_stuck = product == 0 && n == 0 && slot == 1 && day < 75;
                    let days = if is_stuck { STUCK } else { self.cycle() };
                    works.push((day, squad, days));
                    day -=
                        days + if slot == 0 { self.rng.i64(1..=6) } else { self.rng.i64(4..=14) };
                }
            }
        }
        works.sort_by_key(|(day, squad, _)| (-day, *squad));
        let mut stuck = vec![];
        for (pulled, squad, days) in works {
            let ready = (pulled + self.rng.i64(1..=9)).min(begin - 2);
            let proposed = (ready + self.rng.i64(1..=24)).min(begin - 1);
            let is_narrow = squad == NARROW.0 && pulled < NARROW.1;
            let mut item = lanes.think(is_narrow, proposed, Some(ready));
            let done = pulled - days;
            let chance = if item.breadth.is_narrow() { 3 } else { 8 };
            let learns = days > 3 && self.rng.u8(0..10) < chance;
            let learning = learns.then_some(pulled - (days * 3 / 5).clamp(1, 20));
            let effect = EFFECTS[self.rng.usize(..EFFECTS.len())];
            if days == STUCK {
                stuck.push(lanes.items.len());
            }
            item.work = Some(PastWork {
                squad,
                pulled,
                learning: learning.filter(|day| *day > UNTIL && days < STUCK),
                done: (done > UNTIL).then_some((done, effect)),
            });
            lanes.items.push(item);
        }
        let in_hand = lanes.items.iter().enumerate().filter_map(|(at, item)| {
            let work = item.work.as_ref().filter(|work| work.done.is_none())?;
            let (learns, is_stuck) = (work.learning.is_some(), stuck.contains(&at));
            Some(InHand { item: at, squad: work.squad, learns, is_stuck })
        });
        let in_hand = in_hand.collect();
        let ready = lanes.items.len()..lanes.items.len() + 11;
        for n in 0..11 {
            // The narrow squad finds something narrow at the top.
            let is_narrow = product == 2 && n < 4;
            let item = lanes.think(is_narrow, 75 - 3 * n, Some(62 - 4 * n));
            lanes.items.push(item);
        }
        for n in 0..5 {
            let item = lanes.think(false, 13 + 4 * n, None);
            lanes.items.push(item);
        }
        self.act(UNTIL, Act::Past { product, items: lanes.items });
        Waiting { in_hand, ready }
    }

    /// For how many days something is in work: mostly days, sometimes weeks.
    fn cycle(&mut self) -> i64 {
        match self.rng.u8(0..20) {
            0..=4 => self.rng.i64(2..=5),
            5..=13 => self.rng.i64(5..=11),
            14..=17 => self.rng.i64(11..=19),
            _ => self.rng.i64(20..=37),
        }
    }

    /// The last days of a product, step by step.
    fn recent(&mut self, product: usize, waiting: Waiting) {
        let squads = PRODUCTS[product].squads;
        let mut told = |day, item, step| self.act(day, Act::Item(ItemAct { product, item, step }));
        let mut room = squads.to_vec();
        for (n, one) in waiting.in_hand.into_iter().enumerate() {
            let item = one.item;
            if one.is_stuck {
                told(6, item, ItemStep::Block("Readings from the grid operator"));
                told(5, item, ItemStep::Comment(PROMISED));
                continue;
            }
            match n % 3 {
                0 => {
                    told(11, item, ItemStep::Finish(EFFECTS[(n + product) % EFFECTS.len()]));
                    room.push(one.squad);
                }
                1 if !one.learns => told(8, item, ItemStep::Learn),
                _ => told(7, item, ItemStep::Comment(TRIED)),
            }
        }
        let mut ready: Vec<usize> = waiting.ready.collect();
        for (n, squad) in room.into_iter().enumerate() {
            let day = 9 - i64::try_from(n).unwrap_or_default().min(6);
            // Once, one that is above is let stand.
            let is_lower = product == 0 && n == 1;
            let item = ready.remove(usize::from(is_lower));
            told(day, item, ItemStep::Pull { squad, reason: is_lower.then_some(LOWER) });
            match (product, n) {
                (0, 1) => told(7, ready[0], ItemStep::Comment(ASKED)),
                (1, 0) => told(3, item, ItemStep::Learn),
                (1, 1) => told(2, item, ItemStep::Return(RETURNED)),
                _ => {}
            }
        }
        if product == 0 {
            let item = ready.remove(2);
            told(2, item, ItemStep::Expedite);
            told(2, item, ItemStep::Pull { squad: squads[1], reason: None });
        }
    }
}

/// An item that a squad has in hand.
struct InHand {
    item: usize,
    squad: usize,
    /// Whether it is with customers.
    learns: bool,
    /// Whether it goes on for too long.
    is_stuck: bool,
}

/// What is there when the last days begin.
struct Waiting {
    /// What squads have in hand.
    in_hand: Vec<InHand>,
    /// The ready items, from the top.
    ready: std::ops::Range<usize>,
}
