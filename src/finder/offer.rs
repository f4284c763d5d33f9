//! What the palette offers beside what is found: pages to jump to, and things to do.

use super::domain::Question;
use crate::actor::Roles;

/// A page or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What it is called; verbs first for what is done.
    pub label: &'static str,
    /// Below `/o/{org}`.
    pub path: &'static str,
    /// Its picture.
    pub icon: &'static str,
    /// Other words by which it is found.
    also: &'static str,
    who: For,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Everybody,
    Designers,
    Admins,
}

const fn offer(
    label: &'static str,
    path: &'static str,
    icon: &'static str,
    also: &'static str,
    who: For,
) -> Offer {
    Offer { label, path, icon, also, who }
}

/// The pages, in the order of the navigation.
const PAGES: [Offer; 10] = [
    offer("Home", "", "inbox", "start", For::Everybody),
    offer("Constellation", "/constellation", "orbit", "map matrix", For::Everybody),
    offer("Squads", "/squads", "users", "teams", For::Everybody),
    offer("Products", "/products", "package", "backlogs", For::Everybody),
    offer("Core teams", "/core-teams", "layers", "", For::Everybody),
    offer("Links", "/links", "waypoints", "ties liaison matrix", For::Everybody),
    offer("Members", "/members", "user", "people", For::Everybody),
    offer("Skills", "/skills", "puzzle", "catalogue", For::Everybody),
    offer("Activity", "/activity", "history", "changes audit undo", For::Everybody),
    offer("Settings", "/settings", "settings", "organization purpose", For::Admins),
];

/// What can be begun from anywhere.
const ACTIONS: [Offer; 9] = [
    offer("Design a squad", "/squads/new", "users", "new begin create", For::Designers),
    offer("Begin a product", "/products/new", "package", "new create backlog", For::Designers),
    offer("Begin a core team", "/core-teams/new", "layers", "new create", For::Designers),
    offer("Add a member", "/members/new", "user-plus", "new person create", For::Designers),
    offer("Add several members", "/members/several", "users", "new people paste", For::Designers),
    offer("Add a skill", "/skills/new", "puzzle", "new catalogue create", For::Designers),
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
            For::Admins => roles.may_administer(),
        }
    }

    /// Whether each word begins one of its own.
    fn fits(&self, question: &Question) -> bool {
        let own = format!("{} {}", self.label, self.also).to_lowercase();
        question.words.iter().all(|word| own.split(' ').any(|part| part.starts_with(&word.text)))
    }
}

/// The pages that fit; all of them to an empty question.
pub fn pages(question: &Question, roles: Roles) -> Vec<Offer> {
    fitting(&PAGES, question, roles)
}

/// The actions that fit and that somebody with these roles may do.
pub fn actions(question: &Question, roles: Roles) -> Vec<Offer> {
    fitting(&ACTIONS, question, roles)
}

fn fitting(all: &[Offer], question: &Question, roles: Roles) -> Vec<Offer> {
    all.iter().filter(|one| one.is_for(roles) && one.fits(question)).copied().collect()
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
        assert_eq!(labels("", &[]), Vec::<&str>::new());
        assert_eq!(labels("", &["coach"]), Vec::<&str>::new());
        assert_eq!(labels("", &["leader"]).len(), 6);
        assert_eq!(labels("", &["admin"]).len(), 9);
        assert_eq!(pages(&Question::parse("sett"), Roles::default()), []);
    }

    #[test]
    fn an_offer_fits_by_the_beginnings_of_its_words() {
        assert_eq!(labels("new sq", &["leader"]), ["Design a squad"]);
        assert_eq!(labels("squad des", &["leader"]), ["Design a squad"]);
        assert_eq!(labels("quad", &["leader"]), Vec::<&str>::new());
    }
}
