//! Links in a design: typed, directed ties between two teams, and the card that shows those of one team.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::domain::Design;
use super::findings::{Code, Finding, Severity, Subject, WayOut, finding};
use crate::ids::{LinkId, MemberId, TeamId};

/// How two teams are tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// They work on the same thing.
    CollaboratesWith,
    /// Work goes on there.
    HandsOverTo,
    /// Knowledge goes there.
    Informs,
    /// It cannot do without the other.
    DependsOn,
}

impl LinkKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] =
        [Self::CollaboratesWith, Self::HandsOverTo, Self::Informs, Self::DependsOn];

    /// The word in the database, in forms and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::CollaboratesWith => "collaborates_with",
            Self::HandsOverTo => "hands_over_to",
            Self::Informs => "informs",
            Self::DependsOn => "depends_on",
        }
    }

    /// Reads what [`LinkKind::word`] wrote.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What stands between the names of the two teams.
    pub fn words(self) -> &'static str {
        match self {
            Self::CollaboratesWith => "collaborates with",
            Self::HandsOverTo => "hands over to",
            Self::Informs => "informs",
            Self::DependsOn => "depends on",
        }
    }

    /// The same where it begins a line.
    pub fn title(self) -> &'static str {
        match self {
            Self::CollaboratesWith => "Collaborates with",
            Self::HandsOverTo => "Hands over to",
            Self::Informs => "Informs",
            Self::DependsOn => "Depends on",
        }
    }

    /// The icon beside the words.
    pub fn icon(self) -> &'static str {
        match self {
            Self::CollaboratesWith => "handshake",
            Self::HandsOverTo => "arrow-right",
            Self::Informs => "message-circle",
            Self::DependsOn => "link",
        }
    }

    /// "Fair Bills depends on Payments".
    pub fn between(self, from: &str, to: &str) -> String {
        format!("{from} {} {to}", self.words())
    }
}

/// A link in a design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDesign {
    /// Its id.
    pub id: LinkId,
    /// How they are tied.
    pub kind: LinkKind,
    /// Whose tie it is.
    pub from: LinkEnd,
    /// To whom it leads.
    pub to: LinkEnd,
    /// What it is for.
    pub purpose: String,
    /// When somebody asks whether it is still needed.
    pub review_on: NaiveDate,
}

/// One side of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEnd {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// A squad; a core team otherwise.
    pub is_squad: bool,
    /// Who answers for the link there. Nobody while the seat is open: not named yet, or no longer in the team.
    pub liaison: Option<Liaison>,
}

/// Who answers for a link on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liaison {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
}

impl LinkEnd {
    /// The address of the team's page.
    pub fn url(&self, org: &str) -> String {
        let teams = if self.is_squad { "squads" } else { "core-teams" };
        format!("/o/{org}/{teams}/{}", self.slug)
    }
}

impl LinkDesign {
    /// "Fair Bills depends on Payments".
    pub fn sentence(&self) -> String {
        self.kind.between(&self.from.name, &self.to.name)
    }

    /// Both of its ends, where it leads from first.
    pub fn ends(&self) -> [&LinkEnd; 2] {
        [&self.from, &self.to]
    }

    /// Whether it leads from or to a team.
    pub fn touches(&self, team: TeamId) -> bool {
        self.from.team == team || self.to.team == team
    }

    /// Whether the day of its review has passed (D1).
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.review_on < today
    }

    /// The address of its page.
    pub fn url(&self, org: &str) -> String {
        link_url(org, self.id)
    }
}

/// The address of a link's page.
pub fn link_url(org: &str, link: LinkId) -> String {
    format!("/o/{org}/links/{link}")
}

/// The address of the form of a new link that leads from a team.
pub fn new_link_url(org: &str, from: TeamId) -> String {
    format!("/o/{org}/links/new?from={from}")
}

/// The links of one team, as its page shows them: `templates/design/links.html`.
#[derive(Debug, Clone)]
pub struct LinksCard {
    /// The organization in addresses.
    pub org: String,
    /// The team.
    pub team: TeamId,
    /// "squad", "core team".
    pub noun: &'static str,
    /// Those from the team, then those to it.
    pub links: Vec<LinkDesign>,
    /// Whether the visitor may change them.
    pub may_design: bool,
    /// The visitor's day.
    pub today: NaiveDate,
}

impl LinksCard {
    /// The card of a squad with these links.
    pub fn of_squad(
        links: Vec<LinkDesign>,
        org: &str,
        squad: TeamId,
        may_design: bool,
        today: NaiveDate,
    ) -> Self {
        Self { noun: "squad", ..Self::new(links, org, squad, may_design, today) }
    }

    /// The card of a core team with these links.
    pub fn new(
        mut links: Vec<LinkDesign>,
        org: &str,
        team: TeamId,
        may_design: bool,
        today: NaiveDate,
    ) -> Self {
        links.sort_by_key(|link| link.from.team != team);
        Self { org: org.to_owned(), team, noun: "core team", links, may_design, today }
    }

    /// Whether a link leads from the team.
    pub fn is_out(&self, link: &LinkDesign) -> bool {
        link.from.team == self.team
    }

    /// The other side of a link.
    pub fn other<'a>(&self, link: &'a LinkDesign) -> &'a LinkEnd {
        if self.is_out(link) { &link.to } else { &link.from }
    }

    /// Both sides, the team's own first, each with the words for it.
    pub fn sides<'a>(&self, link: &'a LinkDesign) -> [(&'a LinkEnd, String); 2] {
        let other = self.other(link);
        let own = if self.is_out(link) { &link.from } else { &link.to };
        [(own, "here".to_owned()), (other, format!("at {}", other.name))]
    }

    /// The address of the form of a new link.
    pub fn new_url(&self) -> String {
        new_link_url(&self.org, self.team)
    }
}

impl Design {
    /// S7.
    pub(super) fn islands(&self) -> Vec<Finding> {
        let linked: BTreeSet<TeamId> =
            self.links.iter().flat_map(|link| [link.from.team, link.to.team]).collect();
        let islands = self.squads.iter().filter(|squad| !linked.contains(&squad.id));
        islands
            .map(|squad| {
                finding(
                    squad,
                    Code::S7,
                    Severity::Advice,
                    "An island: no link to any other team.".to_owned(),
                    "What others hand over, know or need passes it by. Link it to a team that its customer meets as well.".to_owned(),
                    WayOut::AddLink(squad.id),
                )
            })
            .collect()
    }

    /// D1 for links.
    pub(super) fn stale_links(&self) -> Vec<Finding> {
        let stale = self.links.iter().filter(|link| link.is_overdue(self.today));
        stale
            .map(|link| Finding {
                code: Code::D1,
                severity: Severity::Advice,
                subject: Subject::Link(link.id),
                squads: link
                    .ends()
                    .into_iter()
                    .filter(|end| end.is_squad)
                    .map(|end| end.team)
                    .collect(),
                title: format!("“{}” is past its review date.", link.sentence()),
                reason: "A link that nobody needs any more costs both teams. Keep it with a new date, change it, or end it.".to_owned(),
                way_out: WayOut::ReviewLink(link.id),
            })
            .collect()
    }
}
