//! What a mission is, and how to tell one about a customer from one about a function.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::rule::Rule;
use crate::text::text;

text!(
    /// Whom a squad serves.
    Customer, prose, "the customer", 0, 300
);
text!(
    /// What the customer gets that they themselves would value.
    Value, prose, "the value", 0, 300
);
text!(
    /// How the squad will know.
    Success, prose, "the sign of success", 0, 300
);

/// What a mission says. A squad that is forming may leave parts of it open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissionText {
    /// Whom.
    pub customer: Customer,
    /// What they get.
    pub value: Value,
    /// How we will know.
    pub success: Success,
    /// When it is read again.
    pub review_on: Option<NaiveDate>,
}

/// A part of a mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whom.
    Customer,
    /// What they get.
    Value,
    /// How we will know.
    Success,
    /// When it is read again.
    ReviewDate,
}

impl Part {
    /// How many there are.
    const COUNT: usize = 4;

    /// With its article, for a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "the customer",
            Self::Value => "the value",
            Self::Success => "the sign of success",
            Self::ReviewDate => "the review date",
        }
    }

    /// The field of the form.
    pub fn field(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Value => "value",
            Self::Success => "success",
            Self::ReviewDate => "review_on",
        }
    }
}

impl MissionText {
    /// The parts that are left open.
    pub fn missing(&self) -> Vec<Part> {
        let parts = [
            (self.customer.as_str().is_empty(), Part::Customer),
            (self.value.as_str().is_empty(), Part::Value),
            (self.success.as_str().is_empty(), Part::Success),
            (self.review_on.is_none(), Part::ReviewDate),
        ];
        parts.into_iter().filter_map(|(is_open, part)| is_open.then_some(part)).collect()
    }

    /// Whether nothing is written yet.
    pub fn is_empty(&self) -> bool {
        self.missing().len() == Part::COUNT
    }

    /// Whether a squad may be active with it (H7).
    pub fn is_complete(&self) -> bool {
        self.missing().is_empty()
    }

    /// Whether the day on which it was to be read again has passed.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.review_on.is_some_and(|day| day < today)
    }

    /// Refuses a review date that has passed for the author: a mission is written to be read again.
    pub fn check_review(&self, today: NaiveDate) -> Result<(), ReviewPassed> {
        if self.is_overdue(today) { Err(ReviewPassed) } else { Ok(()) }
    }

    /// The words by which it is about a function or an internal target instead of a customer, if it is.
    pub fn function(&self) -> Option<String> {
        about_a_function(self.customer.as_str(), self.value.as_str())
    }
}

/// The names of parts in a sentence: "the customer, the value and the review date".
pub fn and(parts: &[Part]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.name().to_owned(),
        [rest @ .., last] => {
            let rest: Vec<_> = rest.iter().map(|part| part.name()).collect();
            format!("{} and {}", rest.join(", "), last.name())
        }
    }
}

/// An active squad's mission that would lose a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Fill in {}: an active squad keeps its mission complete.", and(.0))]
pub struct StaysComplete(pub Vec<Part>);

impl Rule for StaysComplete {
    fn code(&self) -> &'static str {
        "mission_incomplete"
    }
    fn field(&self) -> Option<&'static str> {
        self.0.first().map(|part| part.field())
    }
}

/// A mission of which nothing is written yet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Write at least whom the squad serves.")]
pub struct NothingWritten;

impl Rule for NothingWritten {
    fn code(&self) -> &'static str {
        "mission_empty"
    }
    fn field(&self) -> Option<&'static str> {
        Some(Part::Customer.field())
    }
}

/// A review date in the past, whether it is a new one or the one that was there: whoever changes a mission has read
/// it, so the next time is due.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This review date has passed. Choose the next one: today or later.")]
pub struct ReviewPassed;

impl Rule for ReviewPassed {
    fn code(&self) -> &'static str {
        "review_date_passed"
    }
    fn field(&self) -> Option<&'static str> {
        Some(Part::ReviewDate.field())
    }
}

/// A mission for a squad that is no more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This squad is dissolved. Its mission can be read and no longer changed.")]
pub struct Dissolved;

impl Rule for Dissolved {
    fn code(&self) -> &'static str {
        "squad_dissolved"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Who may write a mission, for a refusal.
pub const AUTHORS: &str = "Only the squad's own members and leaders write its mission.";

/// Functions of a company. Alone or with [`GROUPS`] they are nobody outside of it.
const FUNCTIONS: &[&str] = &[
    "accounting",
    "administration",
    "compliance",
    "controlling",
    "customer service",
    "design",
    "development",
    "engineering",
    "finance",
    "hr",
    "human resources",
    "it",
    "legal",
    "logistics",
    "management",
    "marketing",
    "operations",
    "procurement",
    "product",
    "product management",
    "purchasing",
    "quality assurance",
    "sales",
    "support",
];
/// What a function is called when it is meant as a part of the company.
const GROUPS: &[&str] = &[
    "department",
    "departments",
    "dept",
    "division",
    "function",
    "functions",
    "team",
    "teams",
    "unit",
];
/// Words for people inside, whatever their function.
const INSIDERS: &[&str] = &[
    "all stakeholders",
    "business stakeholders",
    "internal customer",
    "internal customers",
    "internal department",
    "internal departments",
    "internal stakeholders",
    "internal team",
    "internal teams",
    "internal users",
    "leadership team",
    "our board",
    "our company",
    "our department",
    "our employees",
    "our management",
    "our organisation",
    "our organization",
    "our shareholders",
    "our stakeholders",
    "shareholders",
    "stakeholders",
    "the board",
    "the business",
    "the company",
    "upper management",
];
/// What a company wants for itself.
const TARGETS: &[&str] = &[
    "budget targets",
    "close more deals",
    "cost reduction",
    "cut costs",
    "cut our costs",
    "deliver features",
    "deliver the roadmap",
    "grow revenue",
    "hit our targets",
    "increase efficiency",
    "increase margin",
    "increase our revenue",
    "increase productivity",
    "increase profit",
    "increase revenue",
    "increase sales",
    "kpi",
    "kpis",
    "lower our costs",
    "market share",
    "meet our targets",
    "more features",
    "more revenue",
    "okr",
    "okrs",
    "operational excellence",
    "optimize our processes",
    "our targets",
    "reduce cost",
    "reduce costs",
    "reduce our costs",
    "sales targets",
    "save costs",
    "shareholder value",
    "ship features",
    "story points",
    "streamline our processes",
    "upsell",
    "velocity",
];
/// Words for people and companies outside. One of them is enough to let a mission pass.
const OUTSIDERS: &[&str] = &[
    "adult",
    "applicant",
    "builder",
    "business owner",
    "businesses",
    "buyer",
    "candidate",
    "carer",
    "child",
    "children",
    "citizen",
    "client",
    "commuter",
    "companies",
    "consumer",
    "couple",
    "customer",
    "developer",
    "doctor",
    "donor",
    "driver",
    "employer",
    "everybody",
    "everyone",
    "families",
    "family",
    "farmer",
    "firms",
    "guest",
    "home",
    "household",
    "installer",
    "investor",
    "landlord",
    "learner",
    "merchant",
    "mother",
    "neighbour",
    "neighborhood",
    "newcomer",
    "nurse",
    "owner",
    "parent",
    "parents",
    "partner",
    "passenger",
    "patient",
    "pensioner",
    "people",
    "person",
    "player",
    "publisher",
    "reader",
    "renter",
    "resident",
    "retailer",
    "seller",
    "shop",
    "shopper",
    "student",
    "subscriber",
    "supplier",
    "teacher",
    "tenant",
    "traveller",
    "traveler",
    "user",
    "visitor",
    "volunteer",
    "women",
    "men",
    "worker",
    "writer",
];

/// Looks for a mission that is about a function or an internal target instead of a customer (S2). Answers the words
/// that say so. It would rather let one pass than blame a good one:
///
/// - the customer is a function or insiders ("the sales team", "internal stakeholders"), and the same text names
///   nobody outside;
/// - or the value is an internal target or serves a function ("increase revenue", "support marketing"), and neither
///   text names anybody outside.
pub fn about_a_function(customer: &str, value: &str) -> Option<String> {
    let (customer, value) = (Words::of(customer), Words::of(value));
    if let Some(found) = customer.insiders().filter(|_| !customer.names_outsiders()) {
        return Some(found);
    }
    if customer.names_outsiders() || value.names_outsiders() {
        return None;
    }
    let target = TARGETS.iter().chain(INSIDERS).find(|phrase| value.has(phrase));
    target.map(|phrase| (*phrase).to_owned()).or_else(|| value.function_group())
}

/// Words in small letters, with one space around each.
struct Words(String);

impl Words {
    fn of(text: &str) -> Self {
        let mut words = String::from(" ");
        for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                words.push_str(word);
                words.push(' ');
            }
        }
        Self(words)
    }

    fn has(&self, phrase: &str) -> bool {
        self.has_some(phrase, &[" "])
    }

    /// Whether a phrase is there from the beginning of a word on, before one of the `ends`.
    fn has_some(&self, phrase: &str, ends: &[&str]) -> bool {
        self.0.match_indices(phrase).any(|(at, _)| {
            let after = &self.0[at + phrase.len()..];
            self.0[..at].ends_with(' ') && ends.iter().any(|end| after.starts_with(end))
        })
    }

    fn names_outsiders(&self) -> bool {
        // "customer service" is a function, although it begins with somebody outside.
        let text = self.0.replace(" customer service ", " ").replace(" internal customer", " ");
        let words = Words(text.replace(" internal user", " "));
        OUTSIDERS.iter().any(|word| words.has_some(word, &[" ", "s "]))
    }

    /// The insiders that a customer text means.
    fn insiders(&self) -> Option<String> {
        let bare = self.0.trim();
        let bare = ["our ", "the ", "internal "]
            .iter()
            .find_map(|of| bare.strip_prefix(of))
            .unwrap_or(bare);
        if FUNCTIONS.contains(&bare) {
            return Some(bare.to_owned());
        }
        let insiders = INSIDERS.iter().find(|phrase| self.has(phrase));
        insiders.map(|phrase| (*phrase).to_owned()).or_else(|| self.function_group())
    }

    /// A function that is meant as a part of the company: "sales team".
    fn function_group(&self) -> Option<String> {
        FUNCTIONS
            .iter()
            .filter(|function| self.has(function))
            .flat_map(|function| GROUPS.iter().map(move |group| format!("{function} {group}")))
            .find(|phrase| self.has(phrase))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mission(
        customer: &str,
        value: &str,
        success: &str,
        review_on: Option<NaiveDate>,
    ) -> MissionText {
        MissionText {
            customer: Customer::parse(customer).unwrap(),
            value: Value::parse(value).unwrap(),
            success: Success::parse(success).unwrap(),
            review_on,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_mission_is_complete_with_all_four_parts() {
        let review = Some(day("2026-12-01"));
        assert!(mission("Households", "A bill they trust", "Fewer calls", review).is_complete());
        for (missing, name) in [
            (mission("", "b", "c", review), "the customer"),
            (mission("a", " ", "c", review), "the value"),
            (mission("a", "b", "", review), "the sign of success"),
            (mission("a", "b", "c", None), "the review date"),
        ] {
            assert!(!missing.is_complete());
            assert_eq!(and(&missing.missing()), name);
        }
    }

    #[test]
    fn the_open_parts_are_named_in_a_sentence() {
        assert_eq!(
            StaysComplete(mission("", "b", "", None).missing()).to_string(),
            "Fill in the customer, the sign of success and the review date: an active squad keeps its mission complete."
        );
    }

    #[test]
    fn a_mission_is_overdue_the_day_after_its_review_date() {
        let mission = mission("a", "b", "c", Some(day("2026-11-21")));
        assert!(!mission.is_overdue(day("2026-11-21")));
        assert!(mission.is_overdue(day("2026-11-22")));
    }

    #[test]
    fn a_mission_is_written_to_be_read_again_today_or_later() {
        let with = |review_on| mission("a", "b", "c", review_on);
        let today = day("2026-11-21");
        assert_eq!(with(Some(day("2026-11-20"))).check_review(today), Err(ReviewPassed));
        assert_eq!(with(Some(today)).check_review(today), Ok(()));
        assert_eq!(with(None).check_review(today), Ok(()));
    }

    #[test]
    fn a_mission_about_a_function_or_a_target_is_noticed() {
        for (customer, value, words) in [
            ("The sales team", "Better leads", "sales team"),
            ("Marketing", "More reach", "marketing"),
            ("our marketing department", "Campaigns for our customers", "marketing department"),
            ("Customer service", "Shorter queues", "customer service"),
            ("Internal stakeholders", "Transparency", "internal stakeholders"),
            ("Stakeholders", "Weekly reports", "stakeholders"),
            ("Internal customers", "A faster help desk", "internal customers"),
            ("", "We improve our KPI", "kpi"),
            ("The market", "Reduce costs by 10 %", "reduce costs"),
            ("Energy", "Increase revenue in the north", "increase revenue"),
            ("", "Deliver features on time", "deliver features"),
            ("", "Support the sales team", "sales team"),
            ("IT", "Stable servers", "it"),
        ] {
            assert_eq!(
                about_a_function(customer, value).as_deref(),
                Some(words),
                "{customer} / {value}"
            );
        }
    }

    #[test]
    fn a_mission_about_a_customer_passes() {
        for (customer, value) in [
            ("Every household", "Understands its bill, trusts it, and pays no more than it should"),
            ("Small business owners", "They reduce costs without a call"),
            ("Sales teams of small companies", "They know whom to call next"),
            ("Patients at home", "Their internal medicine comes in one box"),
            ("Customers of our app", "It works in the tunnel"),
            ("Landlords", "A change of tenant in one visit; it increases sales of nobody"),
            ("Night nurses", "Reduce costs and waiting time"),
            ("Movers", "Power on the day they move in"),
            ("Designers in small studios", "Design files that open at once"),
            ("Cyclists", "Support on the road within 30 minutes"),
            ("", ""),
        ] {
            assert_eq!(about_a_function(customer, value), None, "{customer} / {value}");
        }
    }

    proptest! {
        #[test]
        fn the_check_takes_any_text(customer in ".{0,80}", value in ".{0,80}") {
            let found = about_a_function(&customer, &value);
            prop_assert_eq!(found, about_a_function(&customer.to_lowercase(), &value.to_lowercase()));
        }
    }
}
