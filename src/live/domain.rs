//! What a page is about, and which events are new.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// How long after an event another one with a smaller number may still appear: a request lasts 30 seconds at
/// most, and so does its transaction.
pub const WINDOW: Duration = Duration::from_mins(1);

/// How many of the newest events are taken for known when the first page of an organization opens. A late one
/// among them is new all the same.
pub const BASELINE: i64 = 100;

/// The kinds of live pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// What waits for a person.
    Home,
    /// The map of the organization.
    Constellation,
    /// The list of squads.
    Squads,
    /// A squad.
    Squad,
    /// The designer of a squad.
    Designer,
    /// The list of core teams.
    CoreTeams,
    /// A core team.
    CoreTeam,
    /// The list of members.
    Members,
    /// A member.
    Member,
    /// The list of products.
    Products,
    /// A product, with its group and its board.
    Product,
    /// An item of a backlog.
    Item,
    /// The health of the squads.
    Health,
    /// The catalogue of skills.
    Skills,
    /// The board of coaching, a request, or a squad's coaching.
    Coaching,
    /// The history.
    Activity,
}

impl Page {
    /// The word in addresses, in the database and between instances.
    pub fn word(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Constellation => "constellation",
            Self::Squads => "squads",
            Self::Squad => "squad",
            Self::Designer => "designer",
            Self::CoreTeams => "core_teams",
            Self::CoreTeam => "core_team",
            Self::Members => "members",
            Self::Member => "member",
            Self::Products => "products",
            Self::Product => "product",
            Self::Item => "item",
            Self::Health => "health",
            Self::Skills => "skills",
            Self::Coaching => "coaching",
            Self::Activity => "activity",
        }
    }

    /// Whether the page shows who else has it open.
    pub fn shows_presence(self) -> bool {
        self == Self::Designer
    }

    /// Whether the page shows more than its subject: the designer has the pool of members and the squads that
    /// they come from.
    fn shows_everything(self) -> bool {
        self == Self::Designer
    }
}

/// A page about something; the nil UUID for the whole organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The kind.
    pub page: Page,
    /// The squad, core team, member, product or item.
    pub subject: Uuid,
}

impl Place {
    /// A page about `subject`, or about the whole organization.
    pub fn new(page: Page, subject: Option<Uuid>) -> Self {
        Self { page, subject: subject.unwrap_or_default() }
    }

    /// Whether a change about these things concerns the page. One without a subject is concerned by all.
    pub fn concerns(&self, about: &HashSet<Uuid>) -> bool {
        self.subject.is_nil() || self.page.shows_everything() || about.contains(&self.subject)
    }
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The instance stops: come back to another one.
    Stop,
    /// The same session opened too many: stay away until the page is looked at again.
    TooMany,
    /// The session, the membership or the roles are not what they were: load the page again.
    Over,
}

impl End {
    /// What the browser is told; nothing when it should come back by itself.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Stop => None,
            Self::TooMany => Some("elsewhere"),
            Self::Over => Some("over"),
        }
    }
}

/// Which events of an organization have been seen.
///
/// Numbers are given out at the insert and become visible at the commit, so that 8 may appear after 9. Everything up to the floor
/// has been seen or will never appear; above it, what has been seen is kept by its number.
#[derive(Debug)]
pub struct Window {
    floor: i64,
    seen: BTreeMap<i64, Instant>,
    /// When the newest was seen, or the window was opened.
    last: Instant,
}

impl Window {
    /// A window that knows these newest events.
    pub fn starting(newest: &[i64], now: Instant) -> Self {
        // With fewer than were asked for there are no others: whatever appears is new.
        let is_all = i64::try_from(newest.len()).is_ok_and(|n| n < BASELINE);
        let floor = if is_all { 0 } else { newest.iter().min().copied().unwrap_or_default() };
        Self { floor, seen: newest.iter().map(|seq| (*seq, now)).collect(), last: now }
    }

    /// Whether nothing new has been seen in the last `period`, and somebody was looking all the time.
    pub fn is_quiet_for(&self, period: Duration, now: Instant) -> bool {
        now.duration_since(self.last) > period
    }

    /// The largest number.
    pub fn newest(&self) -> i64 {
        self.seen.last_key_value().map_or(self.floor, |(seq, _)| *seq)
    }

    /// Only events above this number need be read.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// What has been seen above the floor.
    pub fn seen(&self) -> impl Iterator<Item = i64> {
        self.seen.keys().copied()
    }

    /// Notes an event; answers whether it is new.
    pub fn note(&mut self, seq: i64, now: Instant) -> bool {
        let is_new = seq > self.floor && self.seen.insert(seq, now).is_none();
        if is_new {
            self.last = now;
        }
        is_new
    }

    /// Raises the floor over what was seen long enough ago.
    pub fn forget(&mut self, now: Instant) {
        while let Some(entry) = self.seen.first_entry()
            && now.duration_since(*entry.get()) > WINDOW
        {
            self.floor = self.floor.max(*entry.key());
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_new_once_even_with_a_smaller_number_than_others() {
        let start = Instant::now();
        let mut window = Window::starting(&[7, 9], start);

        assert!(!window.note(9, start));
        assert!(window.note(8, start));
        assert!(!window.note(8, start));
    }

    #[test]
    fn the_floor_rises_only_over_what_was_seen_a_minute_ago() {
        let start = Instant::now();
        let mut window = Window::starting(&[7], start);
        window.note(9, start + WINDOW);

        window.forget(start + WINDOW);
        assert_eq!(window.floor(), 0);

        window.forget(start + WINDOW + Duration::from_secs(1));
        assert_eq!((window.floor(), window.seen().collect()), (7, vec![9]));
        assert!(window.note(8, start + WINDOW), "late, and above the floor");
        assert!(!window.note(6, start + WINDOW));
    }

    #[test]
    fn a_long_history_starts_at_its_newest_events() {
        let newest: Vec<i64> = (901..=1000).rev().collect();
        assert_eq!(Window::starting(&newest, Instant::now()).floor(), 901);
    }

    #[test]
    fn a_page_is_up_to_date_only_when_somebody_looked_since_it_was_made() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut window = Window::starting(&[7], start);
        assert!(!window.is_quiet_for(2 * second, start + second), "nobody looked before");
        assert!(window.is_quiet_for(2 * second, start + 3 * second));

        window.note(8, start + 2 * second);
        assert!(!window.is_quiet_for(2 * second, start + 3 * second));
    }

    #[test]
    fn a_squads_page_is_concerned_by_that_squad_and_a_list_by_everything() {
        let (squad, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let concerns = |page, subject, about: Uuid| {
            Place::new(page, subject).concerns(&HashSet::from([about]))
        };
        assert!(concerns(Page::Squad, Some(squad), squad));
        assert!(!concerns(Page::Squad, Some(squad), other));
        assert!(concerns(Page::Squads, None, other));
        assert!(concerns(Page::Designer, Some(squad), other), "it shows the whole pool");
    }
}
