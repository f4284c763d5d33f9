//! What the company is about: its squads, missions, metrics, skills and core teams.

use crate::metrics::Direction;
use crate::squads::Pattern;

/// The name of the company.
pub const NAME: &str = "Norvik Energy";
/// What unites it.
pub const PURPOSE: &str = "Every home warm and lit, at a fair price, with less carbon each year.";

/// Somebody of the company: name, discipline, title.
pub type Somebody = (&'static str, &'static str, &'static str);

/// The first admin.
pub const ADMIN: Somebody = ("Beatriz Pinto", "operations", "People and systems");
/// The leader who designs the squads.
pub const LEADER: Somebody = ("Ingrid Solheim", "product", "Director of home energy");
/// The coach.
pub const COACH: Somebody = ("Ruth Abara", "coaching", "Agile coach");

/// Crafts of the catalogue: name, description.
pub const CRAFTS: [(&str, &str); 16] = [
    ("Billing", "Reads and explains every line of a bill, and mends what makes it wrong."),
    ("Tariffs and regulation", "Knows what we may charge, and what we must say."),
    ("UX design", "Shapes screens and letters that people understand at once."),
    ("Customer research", "Learns from customers by talking to them and watching."),
    ("Data analysis", "Finds in meter and billing data what is going on."),
    ("Software engineering", "Builds and runs what customers use."),
    ("Complaint handling", "Turns an upset customer into a helped one."),
    ("Service design", "Shapes a service from the first call to the last."),
    ("Field planning", "Gets the right technician to the right door."),
    ("Grid rules", "Knows what the grid allows, and whom to ask."),
    ("EV charging", "Chargers at home: installing, steering, mending."),
    ("Solar installation", "Roofs, inverters, permits."),
    ("Heat pumps", "Choosing, tuning and mending heat pumps."),
    ("Content writing", "Writes so that nobody has to call."),
    ("Contracts and law", "Leases, company contracts, consumer law."),
    ("Outage communication", "Says what is known, when it is known."),
];

/// A goal metric: what, unit, direction, baseline, target.
pub type Goal = (&'static str, &'static str, Direction, f64, f64);

/// A kind of squad. The first of each kind has its plain name; further ones are for a place.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How it is cut.
    pub pattern: Pattern,
    /// A word about it.
    pub description: &'static str,
    /// How many members it has.
    pub size: usize,
    /// Who is in it whatever the seed.
    pub people: &'static [Somebody],
    /// Whom it serves.
    pub customer: &'static str,
    /// What they get: at first, and as the squad understood it later.
    pub value: [&'static str; 2],
    /// How it will know: at first, and later.
    pub success: [&'static str; 2],
    /// Its goal metric.
    pub goal: Goal,
    /// The crafts that it needs, by their place in [`CRAFTS`].
    pub needs: [usize; 3],
}

/// The kinds of squads.
pub const KINDS: [Kind; 8] = [
    Kind {
        name: "Fair Bills",
        pattern: Pattern::JourneyStage,
        description: "From the first meter reading to the paid bill.",
        size: 7,
        people: &[
            ("Aisha Rahman", "finance", "Billing analyst"),
            ("Mateo Álvarez", "engineering", "Engineer"),
            ("Linnea Ek", "engineering", "Engineer"),
            ("Gustav Moen", "service", "Customer care"),
            ("Zofia Wójcik", "design", "UX designer"),
            ("Ravi Menon", "data", "Data analyst"),
            ("Clara Vogel", "legal", "Tariff specialist"),
        ],
        customer: "Households that pay their own energy bill",
        value: [
            "A bill that is right the first time.",
            "A bill that they understand in a minute, can trust, and that is no higher than it should be.",
        ],
        success: [
            "Fewer people call us about a bill.",
            "97 of 100 first bills are right, and nobody calls to ask what a line means.",
        ],
        goal: ("First bill correct", "%", Direction::Up, 88.0, 97.0),
        needs: [0, 1, 2],
    },
    Kind {
        name: "Move-in Made Easy",
        pattern: Pattern::JourneyStage,
        description: "The four weeks around moving day.",
        size: 8,
        people: &[
            ("Freya Nyström", "product", "Journey lead"),
            ("Oskar Dahl", "engineering", "Engineer"),
            ("Mina Park", "design", "Service designer"),
            ("Leila Farouk", "service", "Customer care"),
        ],
        customer: "People who move into a new home",
        value: [
            "Power and heat from the first evening.",
            "Power and heat from the first evening, agreed in five minutes, with no bill for somebody else's energy.",
        ],
        success: [
            "Most people who move are done with us before moving day.",
            "Nine of ten are set up before moving day, and nobody pays for the tenant before.",
        ],
        goal: ("Set up before moving day", "%", Direction::Up, 61.0, 90.0),
        needs: [7, 13, 5],
    },
    Kind {
        name: "EV at Home",
        pattern: Pattern::ProductOrService,
        description: "Chargers and charging at home.",
        size: 9,
        people: &[
            ("Pavel Novák", "engineering", "Engineer"),
            ("Rosa Lind", "service", "Customer care"),
            ("Anders Holm", "marketing", "Campaign planner"),
            ("Sofia Marques", "data", "Data scientist"),
        ],
        customer: "Drivers who charge their car at home",
        value: [
            "A car that is full in the morning.",
            "A car that is full in the morning, charged in the cheapest hours without their having to think about it.",
        ],
        success: [
            "Drivers charge in the cheap hours.",
            "Drivers save a fifth on charging, and no car is empty at seven in the morning.",
        ],
        goal: ("Charged in the cheapest hours", "%", Direction::Up, 42.0, 80.0),
        needs: [10, 4, 5],
    },
    Kind {
        name: "Solar Home",
        pattern: Pattern::ProductOrService,
        description: "From the first look at a roof to the first kilowatt-hour.",
        size: 10,
        people: &[
            ("Tomasz Kowalski", "engineering", "Engineer"),
            ("Chiara Conti", "design", "UX designer"),
            ("Noah Berg", "sales", "Solar adviser"),
            ("Elif Demir", "operations", "Installation planner"),
        ],
        customer: "Home owners with a roof that catches the sun",
        value: [
            "Solar power without the paperwork.",
            "Solar power that is on the roof eight weeks after they said yes, without any paperwork.",
        ],
        success: [
            "From signature to first power takes less time.",
            "Eight weeks from signature to first power, for nine of ten roofs.",
        ],
        goal: ("Weeks from yes to first power", "weeks", Direction::Down, 19.0, 8.0),
        needs: [11, 8, 9],
    },
    Kind {
        name: "Heat Pump Care",
        pattern: Pattern::TigerTeam,
        description: "Warm homes all winter.",
        size: 4,
        people: &[
            ("Lars Eide", "operations", "Installer planner"),
            ("Amelia Wright", "service", "Service planner"),
            ("Jonas Lindqvist", "engineering", "Engineer"),
        ],
        customer: "Families who heat with a heat pump",
        value: [
            "A warm home on the coldest day.",
            "A warm home on the coldest day, with help within a day when the pump stops.",
        ],
        success: [
            "Repairs do not take long.",
            "No family waits longer than a day for heat.",
        ],
        goal: ("Hours without heat", "h", Direction::Down, 52.0, 24.0),
        needs: [12, 8, 6],
    },
    Kind {
        name: "Outage Care",
        pattern: Pattern::JourneyStage,
        description: "When the power is gone.",
        size: 6,
        people: &[
            ("Yara Haddad", "service", "Outage desk"),
            ("Kofi Mensah", "engineering", "Engineer"),
            ("Priya Nair", "data", "Grid analyst"),
        ],
        customer: "People who sit in the dark after a storm",
        value: [
            "To know when the light comes back.",
            "To know within ten minutes what is broken and when the light comes back, and to be told when that changes.",
        ],
        success: [
            "Fewer people have to call during an outage.",
            "Eight of ten know when the light comes back before they ask.",
        ],
        goal: ("Told within ten minutes", "%", Direction::Up, 35.0, 80.0),
        needs: [15, 9, 4],
    },
    Kind {
        name: "Small Business",
        pattern: Pattern::AccountBased,
        description: "Bakeries, workshops, corner shops.",
        size: 8,
        people: &[
            ("Hugo Martin", "sales", "Business adviser"),
            ("Ines Moreau", "marketing", "Content lead"),
            ("Erik Strand", "engineering", "Engineer"),
        ],
        customer: "Owners of businesses with fewer than ten people",
        value: [
            "One price that they can plan with.",
            "One price that they can plan a year with, and one person who knows their business.",
        ],
        success: [
            "Owners renew without asking for a better price.",
            "Nine of ten owners say that they know what energy costs them next year.",
        ],
        goal: ("Owners who can plan their cost", "%", Direction::Up, 48.0, 90.0),
        needs: [1, 13, 4],
    },
    Kind {
        name: "Landlord Desk",
        pattern: Pattern::AccountBased,
        description: "Those who let homes, and their tenants.",
        size: 7,
        people: &[
            ("Dana Levy", "sales", "Account lead"),
            ("Tariq Aziz", "service", "Customer care"),
            ("Wei Zhang", "engineering", "Engineer"),
        ],
        customer: "Landlords with a handful of flats",
        value: [
            "A change of tenant that takes one click.",
            "A change of tenant that takes one click, and no bill for an empty flat.",
        ],
        success: [
            "Landlords hand over a flat without calling us.",
            "A change of tenant takes a landlord less than two minutes.",
        ],
        goal: ("Minutes for a change of tenant", "min", Direction::Down, 34.0, 2.0),
        needs: [14, 0, 7],
    },
];

/// The squad that has done what it was for: name, description.
pub const DISSOLVED: (&str, &str) = ("Meter Swap", "A new meter for every home.");

/// A mission that says the wrong thing: about a function, for an internal target.
pub const ABOUT_A_FUNCTION: [&str; 3] =
    ["The sales team", "Close more deals for heat pumps and hit our targets.", "More signed contracts each month."];

/// Core teams: name, description, who is in it.
pub const CORE_TEAMS: [(&str, &str, &[Somebody]); 3] = [
    (
        "Payments",
        "Collects and refunds money, so that squads need not.",
        &[("Maja Krog", "engineering", "Payments engineer"), ("Samuel Okafor", "product", "Product specialist")],
    ),
    (
        "Meter Data",
        "Brings every reading to whoever needs it.",
        &[("Signe Aas", "engineering", "Grid engineer"), ("Daniel Costa", "data", "Energy trader")],
    ),
    (
        "Customer Insight",
        "Listens to customers together with the squads.",
        &[("Hana Sato", "product", "Product lead"), ("Emeka Obi", "legal", "Contract lawyer")],
    ),
];

/// Disciplines with titles for everybody else, in the order in which a squad looks for them.
pub const ROLES: [(&str, &str); 10] = [
    ("engineering", "Engineer"),
    ("service", "Customer care"),
    ("design", "UX designer"),
    ("data", "Data analyst"),
    ("product", "Product specialist"),
    ("marketing", "Content writer"),
    ("engineering", "Senior engineer"),
    ("operations", "Planner"),
    ("sales", "Adviser"),
    ("finance", "Pricing analyst"),
];

/// Where people's clocks stand; most of them in Oslo.
pub const TIME_ZONES: [&str; 8] = [
    "Europe/Oslo", "Europe/Oslo", "Europe/Oslo", "Europe/Oslo", "Europe/Lisbon", "Europe/Warsaw", "Europe/Istanbul",
    "Asia/Kolkata",
];
