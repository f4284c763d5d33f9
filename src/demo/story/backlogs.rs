//! A year of the backlogs: what is proposed, pulled, learned and done, by whom and when.

use super::{Act, Author, PRODUCTS};
use crate::backlog::Breadth;

/// What happens to items. Items by their place among those that were proposed, work by its place among the pulls: which item a
/// squad pulls is whatever is at the top on that day.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemAct {
    Propose { product: usize, item: usize, title: String, breadth: Breadth },
    Ready { product: usize, item: usize },
    Pull { product: usize, squad: usize, work: usize },
    Learn { work: usize },
    Return { work: usize },
    Block { work: usize },
    Finish { work: usize, effect: &'static str },
}

/// Why everything in the demo's backlogs matters, in its author's words.
pub const WHY: &str =
    "Several customers a week ask exactly this, and each of them waits for an answer.";
/// Why something goes back.
pub const WHY_BACK: &str = "A customer showed us that something else comes first";
/// What something waits for.
pub const BLOCKED: &str = "Waits for readings from the grid operator";

/// What items are about, by product.
const TOPICS: [[&str; 8]; 3] = [
    [
        "the first bill",
        "moving house",
        "a price change",
        "a meter reading",
        "a refund",
        "an outage",
        "charging at night",
        "a change of contract",
    ],
    [
        "ordering panels",
        "the first winter with a heat pump",
        "the yield of a roof",
        "a service visit",
        "the feed-in payment",
        "a battery offer",
        "the grant",
        "the size of a pump",
    ],
    [
        "many meters at once",
        "handing over a flat",
        "a collective bill",
        "a new building",
        "the yearly statement",
        "a vacancy",
        "access for a colleague",
        "a disputed reading",
    ],
];

/// How they are put: before and after the topic.
const WAYS: [(&str, &str, Breadth); 7] = [
    ("Customers call about ", ", for they cannot see what comes next", Breadth::Problem),
    ("Half as many questions about ", "", Breadth::Outcome),
    ("Customers give up halfway: ", "", Breadth::Problem),
    ("Step by step through ", "", Breadth::Feature),
    ("Word before it happens: ", "", Breadth::Feature),
    ("Nobody has to ask twice about ", "", Breadth::Outcome),
    ("Rewrite the letter about ", "", Breadth::Task),
];

const EFFECTS: [&str; 5] = [
    "A tenth fewer calls about it, four weeks in a row.",
    "Customers are done with it in half the time.",
    "We learned that they want to be told before, not after.",
    "No effect on our metric. We learned what they do instead.",
    "Most use it, and those who do call no more.",
];

/// What was told so far.
#[derive(Default)]
struct Told {
    items: [usize; 3],
    all: usize,
    work: usize,
}

impl Author {
    /// The backlogs of the products, which begin on these days; and what waits today.
    pub(super) fn backlogs(&mut self, begin: [i64; 3]) {
        let mut told = Told::default();
        for (product, begin) in begin.into_iter().enumerate() {
            for squad in PRODUCTS[product].squads.iter().copied() {
                let serves = (begin - 3).min(self.squads[squad].founded - 10);
                let is_first = told.work == 0;
                self.works(&mut told, (product, squad), begin, serves - 5);
                if is_first {
                    self.stuck(&mut told, (product, squad), begin);
                }
            }
            for n in 0..9 {
                let day = 4 + 3 * n;
                let item = self.propose(&mut told, product, day);
                if n < 5 {
                    self.act(day - 2, Act::Item(ItemAct::Ready { product, item }));
                }
            }
        }
    }

    /// A squad's work: every other week it pulls something.
    fn works(&mut self, told: &mut Told, (product, squad): (usize, usize), begin: i64, from: i64) {
        let mut day = from - self.rng.i64(0..=6);
        while day > 1 {
            let work = self.pull(told, (product, squad), begin, day);
            let days =
                if self.rng.u8(0..9) == 0 { self.rng.i64(22..=34) } else { self.rng.i64(4..=18) };
            let (learns, done) = (day - days * 3 / 5, day - days);
            if self.rng.u8(0..12) == 0 {
                self.later(learns, ItemAct::Return { work });
            } else {
                if days > 18 || self.rng.u8(0..4) > 0 {
                    self.later(learns, ItemAct::Learn { work });
                }
                let effect = EFFECTS[self.rng.usize(..EFFECTS.len())];
                self.later(done, ItemAct::Finish { work, effect });
            }
            day -= self.rng.i64(12..=19);
        }
    }

    /// Something that goes on for too long, and waits.
    fn stuck(&mut self, told: &mut Told, of: (usize, usize), begin: i64) {
        let work = self.pull(told, of, begin, 39);
        self.later(6, ItemAct::Block { work });
    }

    /// Something is proposed, made ready and, sooner or later, pulled.
    fn pull(&mut self, told: &mut Told, of: (usize, usize), begin: i64, day: i64) -> usize {
        let (product, squad) = of;
        let proposed = (day + self.rng.i64(8..=25)).min(begin - 1);
        let item = self.propose(told, product, proposed);
        let ready = (day + self.rng.i64(1..=4)).min(proposed);
        self.act(ready, Act::Item(ItemAct::Ready { product, item }));
        told.work += 1;
        self.act(day, Act::Item(ItemAct::Pull { product, squad, work: told.work }));
        told.work
    }

    fn propose(&mut self, told: &mut Told, product: usize, day: i64) -> usize {
        let n = told.items[product];
        let (before, after, breadth) = WAYS[n % WAYS.len()];
        let title = format!("{before}{}{after}", TOPICS[product][n % TOPICS[product].len()]);
        told.items[product] += 1;
        told.all += 1;
        let item = told.all;
        self.act(day, Act::Item(ItemAct::Propose { product, item, title, breadth }));
        item
    }

    /// What has not happened yet is not told.
    fn later(&mut self, day: i64, act: ItemAct) {
        if day > 0 {
            self.act(day, Act::Item(act));
        }
    }
}
