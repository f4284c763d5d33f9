//! What the backlogs that are somebody's need of them.

use serde::Deserialize;

use super::{Action, Person, Thing};
use crate::backlog::Load;
use crate::flow::BLOCKED_DAYS;
use crate::ids::{MemberId, ProductId, TeamId};
use crate::products::{MAX_APPRENTICES_OF_A_LEAD, MAX_SQUADS_OF_A_LEAD};

/// So many are counted; more are "100 or more".
const COUNTED: usize = 100;

/// A product as home knows it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "a line of a page: each is a fact of its own")]
pub struct Backlog {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What the keys of its items begin with.
    pub key: String,
    /// The person leads it.
    pub is_lead: bool,
    /// Who leads it.
    pub lead: MemberId,
    /// Their name.
    pub lead_name: String,
    /// How many squads serve all the products of its lead PM.
    pub led_squads: i64,
    /// How many apprentices these have.
    pub led_apprentices: i64,
    /// Those of them without dedicated UX.
    pub without_ux: usize,
    /// Somebody wears the hat of an analyst, for the group or in a squad.
    pub has_analyst: bool,
    /// A coach is in reach.
    pub has_coach: bool,
    /// Squads with more in progress than their limit.
    pub over: usize,
    /// Items that are proposed, as far as they are counted.
    pub proposed: usize,
    /// Items that have been blocked for long, as far as they are counted.
    pub blocked: usize,
    /// Something is ready to be pulled.
    pub is_waiting: bool,
    /// What the person's own squads have in hand.
    pub hands: Vec<Hand>,
}

/// What a squad has in hand of a product.
#[derive(Debug, Clone, Deserialize)]
pub struct Hand {
    /// The squad.
    pub squad: TeamId,
    /// Its word in addresses.
    pub slug: String,
    /// How much.
    #[serde(flatten)]
    pub load: Load,
    /// The oldest of it, ten at most.
    pub items: Vec<Held>,
}

/// An item in a squad's hands.
#[derive(Debug, Clone, Deserialize)]
pub struct Held {
    /// Its number.
    pub number: i32,
    /// What it is about.
    pub title: String,
    /// It is with customers.
    pub learning: bool,
    /// It waits for something.
    pub blocked: bool,
}

/// What the backlogs need of `person`: of those who design whole groups and spans that are not too wide (P1, P2), of
/// lead PMs the same and a backlog that is true (B1, answers).
pub fn of_backlogs(backlogs: &[Backlog], person: &Person) -> Vec<Thing> {
    let theirs = backlogs.iter().filter(|it| it.is_lead || person.roles.may_design());
    let mut things: Vec<Thing> = theirs.filter_map(groups).collect();
    things.extend(spans(backlogs, person));
    things.extend(backlogs.iter().filter(|it| it.is_lead).flat_map(truths));
    things
}

fn thing(severity: &'static str, title: String, reason: &str, action: Action) -> Thing {
    Thing { severity, about: None, title, reason: reason.to_owned(), action }
}

/// "1 item is", "7 items are", "100 or more items are".
pub fn counted(n: usize, one: &str, many: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        COUNTED.. => format!("{COUNTED} or more {many}"),
        n => format!("{n} {many}"),
    }
}

/// P1: the hats that are missing, in one thing.
fn groups(backlog: &Backlog) -> Option<Thing> {
    let mut missing = vec![];
    match backlog.without_ux {
        0 => {}
        1 => missing.push("dedicated UX in 1 squad".to_owned()),
        n => missing.push(format!("dedicated UX in {n} squads")),
    }
    if !backlog.has_analyst {
        missing.push("an analyst".to_owned());
    }
    if !backlog.has_coach {
        missing.push("a coach in reach".to_owned());
    }
    if missing.is_empty() {
        return None;
    }
    Some(thing(
        "breach",
        format!("{} lacks {}.", backlog.name, missing.join(" and ")),
        "One lead PM can serve several squads only with all hats of the group present.",
        Action::Group(backlog.id),
    ))
}

/// P2: of each lead PM once.
fn spans(backlogs: &[Backlog], person: &Person) -> Vec<Thing> {
    let mut said = vec![];
    let mut things = vec![];
    for backlog in backlogs.iter().filter(|it| it.is_lead || person.roles.may_design()) {
        if said.contains(&backlog.lead) {
            continue;
        }
        said.push(backlog.lead);
        let who = if backlog.is_lead { "You" } else { &backlog.lead_name };
        let verbs = if backlog.is_lead { ("lead", "teach") } else { ("leads", "teaches") };
        for (n, max, title) in [
            (
                backlog.led_squads,
                MAX_SQUADS_OF_A_LEAD,
                format!("{who} {} for {} squads.", verbs.0, backlog.led_squads),
            ),
            (
                backlog.led_apprentices,
                MAX_APPRENTICES_OF_A_LEAD,
                format!("{who} {} {} apprentices.", verbs.1, backlog.led_apprentices),
            ),
        ] {
            if n > max {
                let reason =
                    "Nobody stays in touch with so many: hand a product over, or let fewer begin.";
                things.push(thing("warning", title, reason, Action::Group(backlog.id)));
            }
        }
    }
    things
}

/// Whether the backlog is true: for its lead PM.
fn truths(backlog: &Backlog) -> Vec<Thing> {
    let mut things = vec![];
    let name = &backlog.name;
    if backlog.over > 0 {
        let squads = counted(backlog.over, "squad has", "squads have");
        things.push(thing(
            "warning",
            format!("{squads} more of {name} in progress than the limit."),
            "Finishing comes before starting: ask what would help, before anything new is pulled.",
            Action::Board(backlog.id),
        ));
    }
    if backlog.blocked > 0 {
        let items = counted(backlog.blocked, "item of", "items of");
        let verb = if backlog.blocked == 1 { "has" } else { "have" };
        things.push(thing(
            "warning",
            format!("{items} {name} {verb} been blocked for {BLOCKED_DAYS} days or more."),
            "What waits that long needs somebody outside of the squad.",
            Action::Blocked(backlog.id),
        ));
    }
    if backlog.proposed > 0 {
        let items = counted(backlog.proposed, "item is", "items are");
        let verb = if backlog.proposed == 1 { "waits" } else { "wait" };
        things.push(thing(
            "advice",
            format!("{items} proposed for {name} and {verb} for an answer."),
            "Make ready what squads may pull, and say why not for the rest.",
            Action::Proposed(backlog.id),
        ));
    }
    things
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::actor::Role;

    fn backlog(is_lead: bool) -> Backlog {
        Backlog {
            id: ProductId(Uuid::from_u128(1)),
            name: "Norvik App".to_owned(),
            slug: "norvik-app".to_owned(),
            key: "NA".to_owned(),
            is_lead,
            lead: MemberId(Uuid::from_u128(8)),
            lead_name: "Hana Sato".to_owned(),
            led_squads: 6,
            led_apprentices: 3,
            without_ux: 0,
            has_analyst: true,
            has_coach: true,
            over: 0,
            proposed: 0,
            blocked: 0,
            is_waiting: false,
            hands: vec![],
        }
    }

    fn person(roles: &[Role]) -> Person {
        let roles = roles.iter().copied().collect();
        Person { member: MemberId(Uuid::from_u128(9)), roles, stale_skills: 0, members: 20 }
    }

    fn titles(backlogs: &[Backlog], roles: &[Role]) -> Vec<String> {
        of_backlogs(backlogs, &person(roles)).into_iter().map(|thing| thing.title).collect()
    }

    #[test]
    fn a_whole_group_with_a_true_backlog_needs_nobody() {
        assert_eq!(titles(&[backlog(true)], &[Role::Leader]), Vec::<String>::new());
    }

    #[test]
    fn missing_hats_are_one_thing_for_those_who_design_and_for_the_lead_pm() {
        let broken =
            Backlog { without_ux: 2, has_analyst: false, has_coach: false, ..backlog(false) };
        let said = "Norvik App lacks dedicated UX in 2 squads and an analyst and a coach in reach.";
        assert_eq!(titles(std::slice::from_ref(&broken), &[Role::Leader]), [said]);
        assert_eq!(titles(std::slice::from_ref(&broken), &[]), Vec::<String>::new());
        assert_eq!(titles(&[Backlog { is_lead: true, ..broken }], &[]), [said]);
    }

    #[test]
    fn a_span_is_said_once_from_seven_squads_and_four_apprentices_on() {
        let wide = Backlog { led_squads: 7, led_apprentices: 4, ..backlog(false) };
        let said = ["Hana Sato leads for 7 squads.", "Hana Sato teaches 4 apprentices."];
        assert_eq!(titles(&[wide.clone(), wide.clone()], &[Role::Admin]), said);
        let said = ["You lead for 7 squads.", "You teach 4 apprentices."];
        assert_eq!(titles(&[Backlog { is_lead: true, ..wide }], &[]), said);
    }

    #[test]
    fn whether_a_backlog_is_true_is_its_lead_pms_alone() {
        let untrue = Backlog { over: 1, blocked: 1, proposed: 100, ..backlog(true) };
        let said = [
            "1 squad has more of Norvik App in progress than the limit.",
            "1 item of Norvik App has been blocked for 3 days or more.",
            "100 or more items are proposed for Norvik App and wait for an answer.",
        ];
        assert_eq!(titles(std::slice::from_ref(&untrue), &[]), said);
        assert_eq!(
            titles(&[Backlog { is_lead: false, ..untrue }], &[Role::Leader]),
            Vec::<String>::new()
        );
    }
}
