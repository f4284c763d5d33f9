//! What the map shows: squads, core teams, products, and the ties between them, wherever it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use uuid::Uuid;

use super::tint::Tint;
use crate::design::{LinkKind, MAX_MEMBERS, MIN_MEMBERS, Severity, Tally};
use crate::ids::TeamId;

/// Past so many squads the map shows areas, and a squad is found inside of its area.
pub const MAX_SQUADS_ON_ORBIT: usize = 24;
/// The area of squads that have none.
const NO_AREA: &str = "Other squads";

/// An organization as it is drawn.
#[derive(Debug, Clone, Default)]
pub struct Sky {
    /// Squads that are forming or active.
    pub squads: Vec<Star>,
    /// What offers common services.
    pub core_teams: Vec<CoreTeam>,
    /// Products with one backlog each.
    pub products: Vec<Product>,
    /// Who is tied to whom.
    pub links: Vec<Link>,
    /// By what it is coloured, as a word for addresses; empty without colours.
    pub colour: String,
}

/// A squad.
#[derive(Debug, Clone)]
pub struct Star {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// How many are in it.
    pub members: usize,
    /// Active; forming otherwise.
    pub is_active: bool,
    /// What it is grouped by.
    pub area: Option<String>,
    /// What the design rules find.
    pub tally: Tally,
    /// The dimensions of its latest health check; empty while there is none.
    pub ring: Vec<RingSegment>,
    /// What a dimension says of it, where the map is coloured by one.
    pub tint: Option<Tint>,
}

/// One dimension of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RingSegment {
    /// Going well.
    Good,
    /// Some trouble.
    Warn,
    /// Needs help.
    Bad,
    /// Not known: too few answers, or none. Never shown as good.
    None,
}

/// A core team.
#[derive(Debug, Clone)]
pub struct CoreTeam {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// How many are in it.
    pub members: usize,
}

/// A product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// The name of its lead PM.
    pub lead: String,
    /// The squads that serve it.
    pub squads: Vec<TeamId>,
}

/// A typed, directed tie between two teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// From this team.
    pub from: TeamId,
    /// To this one.
    pub to: TeamId,
    /// How.
    pub kind: Tie,
}

/// How two nodes are tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// Both ways.
    Collaborates,
    /// Work goes on there.
    HandsOver,
    /// Knowledge goes there.
    Informs,
    /// It cannot do without the other.
    DependsOn,
    /// Of a core team.
    UsesService,
    /// From a product's backlog.
    Pulls,
}

impl From<LinkKind> for Tie {
    fn from(kind: LinkKind) -> Self {
        match kind {
            LinkKind::CollaboratesWith => Self::Collaborates,
            LinkKind::HandsOverTo => Self::HandsOver,
            LinkKind::Informs => Self::Informs,
            LinkKind::DependsOn => Self::DependsOn,
        }
    }
}

impl Tie {
    /// All of them, in the order of the legend.
    pub const ALL: [Self; 6] = [
        Self::Collaborates,
        Self::HandsOver,
        Self::Informs,
        Self::DependsOn,
        Self::UsesService,
        Self::Pulls,
    ];

    /// What it is called on a page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Collaborates => "collaborates with",
            Self::HandsOver => "hands over to",
            Self::Informs => "informs",
            Self::DependsOn => "depends on",
            Self::UsesService => "uses a service of",
            Self::Pulls => "pulls from the backlog of",
        }
    }

    /// The same in the cell of a table.
    pub fn short(self) -> &'static str {
        match self {
            Self::Collaborates => "collaborates",
            Self::HandsOver => "hands over",
            Self::Informs => "informs",
            Self::DependsOn => "depends",
            Self::UsesService => "uses",
            Self::Pulls => "pulls",
        }
    }

    /// The icon beside the word.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Collaborates => "handshake",
            Self::HandsOver => "arrow-right",
            Self::Informs => "message-circle",
            Self::DependsOn => "link",
            Self::UsesService => "layers",
            Self::Pulls => "hand",
        }
    }

    /// How its line looks.
    pub fn class(self) -> &'static str {
        match self {
            Self::Collaborates => "with",
            Self::HandsOver => "hand",
            Self::Informs => "tell",
            Self::DependsOn => "need",
            Self::UsesService => "use",
            Self::Pulls => "pull",
        }
    }

    /// Whether it goes one way only.
    pub fn is_directed(self) -> bool {
        matches!(self, Self::HandsOver | Self::Informs | Self::DependsOn)
    }
}

/// The squads of one area together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// Its squads, as indexes into [`Sky::squads`].
    pub squads: Vec<usize>,
    /// How many members they have together.
    pub members: usize,
    /// Squads with a breach.
    pub breaches: usize,
    /// Squads whose worst finding is a warning.
    pub warnings: usize,
    /// Findings of all of them.
    pub findings: usize,
}

impl Star {
    /// Whether it has as many members as a squad has.
    pub fn is_in_range(&self) -> bool {
        (MIN_MEMBERS..=MAX_MEMBERS).contains(&self.members)
    }

    /// The name of its area.
    pub fn area_name(&self) -> &str {
        self.area.as_deref().unwrap_or(NO_AREA)
    }

    /// What there is to say of it beside its name.
    pub fn words(&self) -> String {
        let mut words = members(self.members);
        if !self.is_in_range() {
            words += ", outside of 6 to 10";
        }
        if !self.is_active {
            words += ", forming";
        }
        words += "; ";
        words += &match self.tally.all() {
            0 => findings(0),
            _ => self.tally.words(),
        };
        words += "; ";
        if let Some(tint) = &self.tint {
            words += &tint.words;
            return words;
        }
        if self.ring.is_empty() {
            words += "no health check yet";
            return words;
        }
        let count = |kind| self.ring.iter().filter(|segment| **segment == kind).count();
        let good = count(RingSegment::Good);
        let _ = write!(words, "health {good} of {} going well", self.ring.len());
        for (kind, say) in [
            (RingSegment::Warn, "some trouble"),
            (RingSegment::Bad, "needs help"),
            (RingSegment::None, "not known"),
        ] {
            let n = count(kind);
            if n > 0 {
                let _ = write!(words, ", {n} {say}");
            }
        }
        words
    }
}

/// "1 member", "7 members".
pub fn members(n: usize) -> String {
    if n == 1 { "1 member".to_owned() } else { format!("{n} members") }
}

/// "no findings", "1 finding".
pub fn findings(n: usize) -> String {
    match n {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    }
}

/// "1 squad", "7 squads".
pub fn squads(n: usize) -> String {
    if n == 1 { "1 squad".to_owned() } else { format!("{n} squads") }
}

impl Sky {
    /// The same sky with everything in one order, whatever order it came in: by name, then by id.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.squads.sort_by_cached_key(|squad| (squad.name.to_lowercase(), squad.id));
        self.core_teams.sort_by_cached_key(|team| (team.name.to_lowercase(), team.id));
        self.products.sort_by_cached_key(|product| (product.name.to_lowercase(), product.id));
        for product in &mut self.products {
            product.squads.sort_unstable();
            product.squads.dedup();
        }
        self.links.sort_unstable();
        self.links.dedup();
        self
    }

    /// Whether the map shows areas instead of squads.
    pub fn is_large(&self) -> bool {
        self.squads.len() > MAX_SQUADS_ON_ORBIT
    }

    /// The areas, by name.
    pub fn areas(&self) -> Vec<Area> {
        let mut areas: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
        for (n, squad) in self.squads.iter().enumerate() {
            let name = squad.area_name();
            areas.entry((name.to_lowercase(), name)).or_default().push(n);
        }
        areas
            .into_iter()
            .map(|((_, name), of)| {
                let squads = || of.iter().map(|n| &self.squads[*n]);
                let worst = |severity| {
                    squads().filter(|squad| squad.tally.worst() == Some(severity)).count()
                };
                Area {
                    name: name.to_owned(),
                    members: squads().map(|squad| squad.members).sum(),
                    breaches: worst(Severity::Breach),
                    warnings: worst(Severity::Warning),
                    findings: squads().map(|squad| squad.tally.all()).sum(),
                    squads: of,
                }
            })
            .collect()
    }

    /// One area with the core teams and products that its squads are tied to; none if there is no such area.
    pub fn area(&self, name: &str) -> Option<Self> {
        let squads: Vec<_> =
            self.squads.iter().filter(|squad| squad.area_name() == name).cloned().collect();
        if squads.is_empty() {
            return None;
        }
        let inside: BTreeSet<_> = squads.iter().map(|squad| squad.id).collect();
        let core: BTreeSet<_> = self.core_teams.iter().map(|team| team.id).collect();
        let is_near = |id: &TeamId| inside.contains(id) || core.contains(id);
        let links: Vec<_> = self
            .links
            .iter()
            .filter(|link| inside.contains(&link.from) || inside.contains(&link.to))
            .filter(|link| is_near(&link.from) && is_near(&link.to))
            .copied()
            .collect();
        let tied: BTreeSet<_> = links.iter().flat_map(|link| [link.from, link.to]).collect();
        let core_teams =
            self.core_teams.iter().filter(|team| tied.contains(&team.id)).cloned().collect();
        let mut products = self.products.clone();
        for product in &mut products {
            product.squads.retain(|squad| inside.contains(squad));
        }
        products.retain(|product| !product.squads.is_empty());
        Some(Self { squads, core_teams, products, links, colour: self.colour.clone() })
    }

    /// How many links there are between each two areas, by their places in [`Sky::areas`], the most first.
    pub fn area_ties(&self, areas: &[Area]) -> Vec<(usize, usize, usize)> {
        let mut home = BTreeMap::new();
        for (n, area) in areas.iter().enumerate() {
            home.extend(area.squads.iter().map(|squad| (self.squads[*squad].id, n)));
        }
        let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for link in &self.links {
            if let (Some(a), Some(b)) = (home.get(&link.from), home.get(&link.to))
                && a != b
            {
                *counts.entry((*a.min(b), *a.max(b))).or_default() += 1;
            }
        }
        let mut ties: Vec<_> = counts.into_iter().map(|((a, b), n)| (a, b, n)).collect();
        ties.sort_by_key(|(a, b, n)| (std::cmp::Reverse(*n), *a, *b));
        ties
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(name: &str, area: Option<&str>) -> Star {
        Star {
            id: TeamId::new(),
            name: name.to_owned(),
            slug: slug::slugify(name),
            members: 7,
            is_active: true,
            area: area.map(ToOwned::to_owned),
            tally: Tally::default(),
            ring: vec![],
            tint: None,
        }
    }

    #[test]
    fn what_is_unknown_is_said_and_never_counts_as_good() {
        let mut squad = star("Otters", None);
        assert_eq!(squad.words(), "7 members; no findings; no health check yet");
        squad.ring = vec![RingSegment::None, RingSegment::Good, RingSegment::None];
        assert_eq!(squad.words(), "7 members; no findings; health 1 of 3 going well, 2 not known");
    }

    #[test]
    fn findings_are_counted_by_their_weight_as_everywhere() {
        let tally = Tally { breaches: 0, warnings: 2, advice: 2 };
        let squad = Star { tally, ..star("Otters", None) };
        assert_eq!(squad.words(), "7 members; 2 warnings, 2 advice; no health check yet");
    }

    #[test]
    fn five_members_are_outside_of_the_range_and_six_are_not() {
        let with = |members| Star { members, ..star("Otters", None) };
        assert!(with(5).words().starts_with("5 members, outside of 6 to 10"));
        assert!(with(6).words().starts_with("6 members;"));
        assert!(with(10).is_in_range() && !with(11).is_in_range());
    }

    #[test]
    fn an_area_shows_its_squads_and_the_core_teams_they_are_tied_to() {
        let (a, b) = (star("A", Some("North")), star("B", Some("South")));
        let core = |name: &str| CoreTeam {
            id: TeamId::new(),
            name: name.into(),
            slug: name.into(),
            members: 3,
        };
        let (near, far) = (core("Near"), core("Far"));
        let links = vec![
            Link { from: a.id, to: near.id, kind: Tie::UsesService },
            Link { from: b.id, to: far.id, kind: Tie::UsesService },
            Link { from: a.id, to: b.id, kind: Tie::Informs },
        ];
        let sky = Sky { squads: vec![a, b], core_teams: vec![near, far], links, ..Sky::default() };
        let north = sky.area("North").unwrap();
        assert_eq!((north.squads.len(), north.core_teams.len(), north.links.len()), (1, 1, 1));
        assert!(sky.area("West").is_none());
        assert_eq!(sky.area_ties(&sky.areas()), [(0, 1, 1)]);
    }

    #[test]
    fn squads_without_an_area_are_together() {
        let sky = Sky { squads: vec![star("A", None), star("B", None)], ..Sky::default() };
        assert_eq!(sky.areas().len(), 1);
        assert_eq!(sky.area(NO_AREA).unwrap().squads.len(), 2);
    }
}
