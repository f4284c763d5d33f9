//! What the palette offers beside what is found: pages to jump to, and things to do.

use super::domain::{Question, Word, is_slip_of};
use crate::actor::{Role, Roles};

/// A page or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What it is called; verbs first for what is done.
    pub label: &'static str,
    /// Below `/o/{org}`.
    pub path: &'static str,
    /// Its picture.
    pub icon: &'static str,
    /// What the page asks for first; empty if nothing.
    pub then: &'static str,
    /// Other words by which it is found.
    also: &'static str,
    who: For,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Everybody,
    Designers,
    Coaches,
    Admins,
}

const fn offer(
    label: &'static str,
    path: &'static str,
    icon: &'static str,
    also: &'static str,
    who: For,
) -> Offer {
    Offer { label, path, icon, then: "", also, who }
}

impl Offer {
    const fn then(self, then: &'static str) -> Self {
        Self { then, ..self }
    }
}

/// The pages, in the order of the navigation.
const PAGES: [Offer; 15] = [
    offer("My work", "/work", "inbox", "waits for me today", For::Everybody),
    offer("Home", "", "sprout", "start", For::Everybody),
    offer("Constellation", "/constellation", "orbit", "map matrix", For::Everybody),
    offer("Who can solve this?", "/find", "compass", "search find finder", For::Everybody),
    offer("Squads", "/squads", "users", "teams", For::Everybody),
    offer("Products", "/products", "package", "backlogs boards flow", For::Everybody),
    offer("Core teams", "/core-teams", "layers", "", For::Everybody),
    offer("Links", "/links", "waypoints", "ties liaison matrix", For::Everybody),
    offer("Members", "/members", "user", "people", For::Everybody),
    offer("Skills", "/skills", "puzzle", "catalogue", For::Everybody),
    offer("Health", "/health", "heart-pulse", "checks answers", For::Everybody),
    offer("Coaching", "/coaching", "life-buoy", "coaches requests help", For::Everybody),
    offer("Learning", "/learning", "graduation-cap", "apprentices plans practice", For::Everybody),
    offer("Activity", "/activity", "history", "changes audit undo", For::Everybody),
    offer("Settings", "/settings", "settings", "organization purpose", For::Admins),
];

/// What can be begun from anywhere.
const ACTIONS: [Offer; 13] = [
    offer(
        "Add a customer problem",
        "/products",
        "plus",
        "new propose proposal item backlog create",
        For::Everybody,
    )
    .then("to the product that you choose"),
    offer("Ask for coaching", "/coaching", "life-buoy", "new request coach help", For::Everybody)
        .then("on the page of your squad"),
    offer("Design a squad", "/squads/new", "users", "new begin create", For::Designers),
    offer("Begin a product", "/products/new", "package", "new create backlog", For::Designers),
    offer("Begin a core team", "/core-teams/new", "layers", "new create", For::Designers),
    offer("Add a link", "/links/new", "waypoints", "new tie liaison create", For::Designers),
    offer("Add a member", "/members/new", "user-plus", "new person create", For::Designers),
    offer("Add several members", "/members/several", "users", "new people paste", For::Designers),
    offer("Add a skill", "/skills/new", "puzzle", "new catalogue create", For::Designers),
    offer(
        "Schedule health checks",
        "/health/schedules/new",
        "heart-pulse",
        "new plan create",
        For::Coaches,
    ),
    offer("Import from files", "/import", "file-up", "csv members teams", For::Admins),
    offer(
        "Invite somebody",
        "/settings/invitations/new",
        "mail",
        "new account sign in",
        For::Admins,
    ),
    offer("Manage accounts", "/settings/accounts", "key", "roles sign in", For::Admins),
];

impl Offer {
    fn is_for(&self, roles: Roles) -> bool {
        match self.who {
            For::Everybody => true,
            For::Designers => roles.may_design(),
            For::Coaches => roles.has(Role::Coach),
            For::Admins => roles.may_administer(),
        }
    }

    /// Whether each word of a question fits one of its own.
    fn fits(&self, question: &Question, is_fit: fn(&Word, &str) -> bool) -> bool {
        let own = format!("{} {}", self.label, self.also).to_lowercase();
        let own: Vec<&str> = own.split(|c: char| !c.is_alphanumeric()).collect();
        question.words.iter().all(|word| own.iter().any(|part| is_fit(word, part)))
    }
}

/// Whether a word is the beginning of another.
fn begins(word: &Word, part: &str) -> bool {
    part.starts_with(&word.text)
}

/// The same, or a word that was typed with a slip.
fn is_near(word: &Word, part: &str) -> bool {
    begins(word, part) || is_slip_of(&word.text, part)
}

/// The pages that fit; all of them to an empty question.
pub fn pages(question: &Question, roles: Roles) -> Vec<Offer> {
    fitting(&PAGES, question, roles)
}

/// The actions that fit and that somebody with these roles may do.
pub fn actions(question: &Question, roles: Roles) -> Vec<Offer> {
    fitting(&ACTIONS, question, roles)
}

/// Those that fit as typed; a slip is looked for only where there are none.
fn fitting(all: &[Offer], question: &Question, roles: Roles) -> Vec<Offer> {
    let fitting = |is_fit| -> Vec<Offer> {
        all.iter().filter(|one| one.is_for(roles) && one.fits(question, is_fit)).copied().collect()
    };
    let exact = fitting(begins);
    if exact.is_empty() { fitting(is_near) } else { exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(typed: &str, roles: &[&str]) -> Vec<&'static str> {
        let roles = Roles::parse(roles).unwrap();
        actions(&Question::parse(typed), roles).iter().map(|one| one.label).collect()
    }

    #[test]
    fn nobody_is_offered_what_they_may_not_do() {
        let everybody = ["Add a customer problem", "Ask for coaching"];
        assert_eq!(labels("", &[]), everybody);
        assert_eq!(labels("", &["coach"])[2..], ["Schedule health checks"]);
        assert_eq!(labels("", &["leader"]).len(), 9);
        assert_eq!(labels("", &["admin"]).len(), 12);
        assert_eq!(pages(&Question::parse("sett"), Roles::default()), []);
    }

    #[test]
    fn an_offer_fits_by_the_beginnings_of_its_words() {
        assert_eq!(labels("new sq", &["leader"]), ["Design a squad"]);
        assert_eq!(labels("squad des", &["leader"]), ["Design a squad"]);
        assert_eq!(labels("sign", &["leader"]), Vec::<&str>::new(), "not by their ends");
        assert_eq!(labels("new link", &["leader"]), ["Add a link"]);
        assert_eq!(labels("proposal", &[]), ["Add a customer problem"]);
        assert_eq!(labels("request coaching", &[]), ["Ask for coaching"]);
    }

    #[test]
    fn a_word_of_four_letters_may_have_one_slip() {
        assert_eq!(labels("desing squad", &["leader"]), ["Design a squad"]);
        assert_eq!(labels("lnik", &["leader"]), ["Add a link"]);
        assert_eq!(labels("desigsn sqaud", &["leader"]), ["Design a squad"], "one in each word");
        assert_eq!(labels("dsing squad", &["leader"]), Vec::<&str>::new(), "two are too many");
        assert_eq!(labels("nwe", &["leader"]), Vec::<&str>::new(), "short words have none");
        assert_eq!(labels("squad", &["leader"]), ["Design a squad"]);
    }

    #[test]
    fn each_page_of_the_navigation_is_found_by_its_name() {
        let find = |typed: &str| {
            let all = pages(&Question::parse(typed), Roles::default());
            all.iter().map(|one| one.path).collect::<Vec<_>>()
        };
        for (typed, path) in [
            ("my work", "/work"),
            ("coaching", "/coaching"),
            ("health", "/health"),
            ("learning", "/learning"),
            ("flow", "/products"),
            ("who can solve", "/find"),
            ("leraning", "/learning"),
        ] {
            assert_eq!(find(typed), [path], "{typed}");
        }
    }
}
