//! What the flow of a product gives to look at (B1, B2): pure functions, each with its boundary.

use chrono::{Days, NaiveDate};

use crate::backlog::{Breadth, ItemKey, Load};
use crate::design::Severity;
use crate::ids::TeamId;

/// An item that is blocked for so many days asks for help (B1).
pub const BLOCKED_DAYS: i64 = 3;
/// A squad that pulled only narrow items for so many weeks builds what others thought out (B2).
pub const NARROW_WEEKS: u64 = 8;
/// The 85th percentile of B1 is that of so many weeks, whatever the page shows.
pub const FINDING_WEEKS: u64 = 26;

/// The rule that a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Too much in hand, too old, blocked for too long.
    B1,
    /// Narrow items only.
    B2,
}

/// What a person can do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Look at the squad's lane, and finish or return something.
    Lane(TeamId),
    /// Look at the item with this number.
    Item(i32),
    /// Put a problem instead of a solution.
    Propose,
}

/// Something about the flow of a product. It is about a squad or an item, never about a person (H9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// What to do.
    pub way: Way,
}

/// A squad that serves the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// What it has in hand.
    pub load: Load,
    /// The day of its first pull from this backlog.
    pub pulling_since: Option<NaiveDate>,
}

/// An item in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InWork {
    /// Its key.
    pub key: ItemKey,
    /// The squad that holds it.
    pub squad: String,
    /// Its age in days.
    pub age: i64,
    /// The day since which it waits for something.
    pub blocked_on: Option<NaiveDate>,
}

/// A pull of a squad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulled {
    /// The squad.
    pub squad: TeamId,
    /// The day.
    pub on: NaiveDate,
    /// What it leaves open.
    pub breadth: Breadth,
}

/// B1: more in hand than the limit allows. What is expedited has a limit of its own that nothing exceeds.
pub fn is_over_limit(load: Load) -> bool {
    load.in_progress > load.wip_limit || load.learning > load.learning_limit
}

/// B1: older than 85 % of the items were when they were done.
pub fn is_too_old(age: i64, p85: Option<i64>) -> bool {
    p85.is_some_and(|p85| age > p85)
}

/// B1: blocked for [`BLOCKED_DAYS`].
pub fn is_blocked_long(blocked_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    blocked_on.is_some_and(|on| (today - on).num_days() >= BLOCKED_DAYS)
}

/// B2: it pulls from this backlog for [`NARROW_WEEKS`] at least, pulled something in these weeks, and nothing but tasks and
/// features. Who pulled nothing, or began later, has not shown anything yet.
pub fn pulls_only_narrow(
    pulling_since: Option<NaiveDate>,
    pulls: impl IntoIterator<Item = (NaiveDate, Breadth)>,
    today: NaiveDate,
) -> bool {
    let Some(since) = today.checked_sub_days(Days::new(7 * NARROW_WEEKS)) else { return false };
    let mut recent = pulls.into_iter().filter(|(on, _)| *on > since).peekable();
    pulling_since.is_some_and(|first| first <= since)
        && recent.peek().is_some()
        && recent.all(|(_, breadth)| breadth.is_narrow())
}

/// All findings: warnings first, then advice; the oldest items first.
pub fn findings(
    squads: &[Server],
    items: &[InWork],
    pulls: &[Pulled],
    p85: Option<i64>,
    today: NaiveDate,
) -> Vec<Finding> {
    let mut found = vec![];
    for squad in squads.iter().filter(|squad| is_over_limit(squad.load)) {
        found.push(over_limit(squad));
    }
    let mut items: Vec<&InWork> = items.iter().collect();
    items.sort_by_key(|item| (-item.age, item.key.number));
    for item in items {
        if let Some(on) = item.blocked_on.filter(|_| is_blocked_long(item.blocked_on, today)) {
            found.push(blocked(item, (today - on).num_days()));
        }
        if let Some(p85) = p85.filter(|_| is_too_old(item.age, p85)) {
            found.push(too_old(item, p85));
        }
    }
    for squad in squads {
        let own = pulls.iter().filter(|pull| pull.squad == squad.team);
        let own = own.map(|pull| (pull.on, pull.breadth));
        if pulls_only_narrow(squad.pulling_since, own, today) {
            found.push(narrow(squad));
        }
    }
    found
}

fn over_limit(squad: &Server) -> Finding {
    let Load { in_progress, wip_limit, learning, learning_limit, .. } = squad.load;
    let name = &squad.name;
    let title = if in_progress > wip_limit {
        format!("{name} has {in_progress} items in progress, over its limit of {wip_limit}.")
    } else {
        format!("{name} learns from {learning} items, over its limit of {learning_limit}.")
    };
    Finding {
        code: Code::B1,
        severity: Severity::Warning,
        title,
        reason: "The more is in hand, the longer each item takes. Finish or return something before the next pull.".to_owned(),
        way: Way::Lane(squad.team),
    }
}

fn blocked(item: &InWork, days: i64) -> Finding {
    let InWork { key, squad, .. } = item;
    Finding {
        code: Code::B1,
        severity: Severity::Warning,
        title: format!("{key} is blocked for {days} days."),
        reason: format!("{squad} waits, and the item grows older meanwhile."),
        way: Way::Item(key.number),
    }
}

fn too_old(item: &InWork, p85: i64) -> Finding {
    let InWork { key, squad, age, .. } = item;
    Finding {
        code: Code::B1,
        severity: Severity::Warning,
        title: format!("{key} is in hand for {age} days."),
        reason: format!(
            "{squad} holds it. 85 % of this product’s items were done within {p85} {}, in the last {FINDING_WEEKS} weeks.",
            if p85 == 1 { "day" } else { "days" },
        ),
        way: Way::Item(key.number),
    }
}

fn narrow(squad: &Server) -> Finding {
    Finding {
        code: Code::B2,
        severity: Severity::Advice,
        title: format!(
            "{} has pulled only tasks and features for {NARROW_WEEKS} weeks.",
            squad.name
        ),
        reason: "A squad learns most from a customer problem whose solution is open. Is one in the backlog?".to_owned(),
        way: Way::Propose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn load(in_progress: i16, learning: i16) -> Load {
        Load { in_progress, expedite: 1, learning, wip_limit: 3, learning_limit: 2 }
    }

    fn server(load: Load) -> Server {
        let team = TeamId(uuid::Uuid::from_u128(1));
        let name = "Fair Bills".to_owned();
        Server { team, name, load, pulling_since: Some(day("2026-01-05")) }
    }

    fn item(number: i32, age: i64, blocked_on: Option<NaiveDate>) -> InWork {
        InWork { key: ItemKey::new("NA", number), squad: "Fair Bills".to_owned(), age, blocked_on }
    }

    #[test]
    fn the_limit_itself_is_no_finding() {
        assert!(!is_over_limit(load(3, 2)));
        assert!(is_over_limit(load(4, 0)));
        assert!(is_over_limit(load(0, 3)));
    }

    #[test]
    fn as_old_as_the_percentile_is_not_older() {
        assert!(!is_too_old(12, Some(12)));
        assert!(is_too_old(13, Some(12)));
        assert!(!is_too_old(1000, None), "too few are done to say so");
    }

    #[test]
    fn blocked_for_three_days() {
        let today = day("2026-11-11");
        assert!(!is_blocked_long(None, today));
        assert!(!is_blocked_long(Some(day("2026-11-09")), today));
        assert!(is_blocked_long(Some(day("2026-11-08")), today));
    }

    #[test]
    fn narrow_for_eight_weeks() {
        use Breadth::{Feature, Outcome, Problem, Task};
        let today = day("2026-11-11"); // eight weeks before: 16 September
        let since = Some(day("2026-09-16"));
        let narrow = |since, pulls: &[(&str, Breadth)]| {
            let pulls = pulls.iter().map(|(on, breadth)| (day(on), *breadth));
            pulls_only_narrow(since, pulls.collect::<Vec<_>>(), today)
        };
        let pulls = [("2026-09-17", Task), ("2026-11-02", Feature)];
        assert!(narrow(since, &pulls));
        assert!(!narrow(Some(day("2026-09-17")), &pulls), "it pulls for less than that");
        assert!(!narrow(None, &[]));
        assert!(!narrow(since, &[]), "it pulled nothing");
        assert!(!narrow(since, &[("2026-09-16", Task)]), "nothing in these weeks");
        for broad in [Problem, Outcome] {
            assert!(!narrow(since, &[("2026-09-17", broad), ("2026-11-02", Task)]));
            assert!(narrow(since, &[("2026-09-16", broad), ("2026-11-02", Task)]));
        }
    }

    #[test]
    fn findings_stand_in_their_order_with_a_way_out() {
        let today = day("2026-11-11");
        let items = [item(1, 5, None), item(2, 20, Some(day("2026-11-08"))), item(3, 30, None)];
        let squad = server(load(4, 2));
        let pull = Pulled { squad: squad.team, on: day("2026-11-02"), breadth: Breadth::Task };
        let found = findings(std::slice::from_ref(&squad), &items, &[pull], Some(19), today);
        let said: Vec<_> = found.iter().map(|one| (one.code, one.title.as_str())).collect();
        assert_eq!(
            said,
            [
                (Code::B1, "Fair Bills has 4 items in progress, over its limit of 3."),
                (Code::B1, "NA-3 is in hand for 30 days."),
                (Code::B1, "NA-2 is blocked for 3 days."),
                (Code::B1, "NA-2 is in hand for 20 days."),
                (Code::B2, "Fair Bills has pulled only tasks and features for 8 weeks."),
            ]
        );
        assert_eq!(found[0].way, Way::Lane(squad.team));
        assert_eq!(found[1].way, Way::Item(3));
        let quiet = server(load(0, 3));
        let broad = Pulled { breadth: Breadth::Outcome, ..pull };
        let found = findings(&[quiet], &items, &[pull, broad], None, today);
        assert_eq!(found[0].title, "Fair Bills learns from 3 items, over its limit of 2.");
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
