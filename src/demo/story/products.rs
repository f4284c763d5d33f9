//! The products of the story: who leads them, which squads serve, who learns.

use super::{Act, Author, BEGINNING, COACH_AT, KINDS};
use crate::demo::company::Somebody;
use crate::products::GroupHat;

/// What happens to a product. Products by their place in the story.
#[derive(Debug, Clone, PartialEq)]
pub enum ProductAct {
    Begin { product: usize, lead: usize },
    Serve { product: usize, squad: usize },
    Wear { product: usize, hat: GroupHat, person: usize },
    Learn { product: usize, person: usize },
    Delegate { product: usize, person: usize },
    HandOver { product: usize, to: usize },
}

/// A product of the demo.
pub struct Told {
    pub name: &'static str,
    pub key: &'static str,
    pub description: &'static str,
    /// The kinds of the squads that serve it.
    pub squads: &'static [usize],
}

/// The products, the first with a group that is nearly whole.
pub const PRODUCTS: [Told; 3] = [
    Told {
        name: "Norvik App",
        key: "NA",
        description: "What customers hold in their hand: bills, moving, charging.",
        squads: &[0, 1, 2],
    },
    Told {
        name: "Home Energy",
        key: "HE",
        description: "Panels, heat pumps and the numbers behind them, as one offer for a home.",
        squads: &[3, 4],
    },
    Told {
        name: "Business Portal",
        key: "BP",
        description: "Where firms and landlords see to many meters at once.",
        squads: &[6, 7],
    },
];

/// The people of the products. They come with the company.
const CAST: [Somebody; 7] = [
    ("Nadia Haddad", "product", "Lead product manager"),
    ("Tomás Rey", "product", "Lead product manager"),
    ("Ingrid Bakke", "product", "Lead product manager"),
    ("Kwame Mensah", "product", "Product manager"),
    ("Birgit Lunde", "service", "Customer advocate"),
    ("Jun Watanabe", "data", "Data analyst"),
    ("Jonas Lie", "product", "Product manager"),
];

impl Author {
    /// The products, led by people whom the company hired beside its squads: those from `first` on. A company too small for them has none.
    pub(super) fn products(&mut self, first: usize, squads: usize) {
        if squads < KINDS.len() || self.people.len() < first + CAST.len() {
            return;
        }
        for (at, (name, discipline, title)) in (first..).zip(CAST) {
            // Nobody else has the name.
            let namesake = self.people.iter().position(|person| person.name == name).unwrap_or(at);
            let freed = std::mem::replace(&mut self.people[at].name, name.to_owned());
            if namesake != at {
                self.people[namesake].name = freed;
            }
            let person = &mut self.people[at];
            (person.discipline, person.title) = (discipline, title);
            person.joined = person.joined.max(BEGINNING - 5);
        }
        let [haddad, rey, bakke, mensah, lunde, watanabe, lie]: [usize; 7] =
            std::array::from_fn(|at| first + at);
        // Somebody else led it before.
        let begin = [370, 340, 300];
        for (product, lead) in [lie, rey, bakke].into_iter().enumerate() {
            self.begin(product, begin[product], lead);
        }
        let mut tell = |day, act| self.act(day, Act::Product(act));
        tell(330, ProductAct::HandOver { product: 0, to: haddad });
        tell(320, ProductAct::Wear { product: 0, hat: GroupHat::Analyst, person: watanabe });
        tell(310, ProductAct::Wear { product: 0, hat: GroupHat::Coach, person: COACH_AT });
        tell(200, ProductAct::Wear { product: 2, hat: GroupHat::Coach, person: COACH_AT });
        tell(41, ProductAct::Learn { product: 0, person: mensah });
        tell(20, ProductAct::Delegate { product: 0, person: mensah });
        tell(13, ProductAct::Learn { product: 0, person: lunde });
        self.backlogs(begin);
        self.learning(haddad, mensah, lunde, watanabe);
    }

    /// A product from its first day, with its squads as they come to be.
    fn begin(&mut self, product: usize, day: i64, lead: usize) {
        self.act(day, Act::Product(ProductAct::Begin { product, lead }));
        for squad in PRODUCTS[product].squads.iter().copied() {
            let founded = self.squads[squad].founded;
            let act = ProductAct::Serve { product, squad };
            self.act((day - 3).min(founded - 10), Act::Product(act));
        }
    }
}
