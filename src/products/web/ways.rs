//! Where the ways out of a product's findings lead: one click to each fix, for whoever may go it.

use crate::ids::{MemberId, MembershipId, TeamId};
use crate::products::db::Serving;
use crate::products::domain::{GroupHat, WayOut};
use crate::products::url;

/// The addresses around a product.
#[derive(Debug, Clone)]
pub struct Ways {
    organization: String,
    product: String,
}

impl Ways {
    /// Those of a product, by the words in addresses.
    pub fn new(organization: &str, product: &str) -> Self {
        Self { organization: organization.to_owned(), product: product.to_owned() }
    }

    /// The address of the product, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", url(&self.organization, &self.product))
    }

    /// The address of a member's page.
    pub fn member_url(&self, member: MemberId) -> String {
        crate::members::url(&self.organization, member)
    }

    /// The address of a squad's page, or of one below it.
    pub fn squad_url(&self, slug: &str, below: &str) -> String {
        format!("{}{below}", crate::squads::url(&self.organization, slug))
    }

    /// The address of the learning plan of an apprentice, or of a page below it.
    pub fn learning_url(&self, member: MemberId, below: &str) -> String {
        self.url(&format!("/learning/{member}{below}"))
    }

    /// Where a hat of the group is given.
    pub fn hat_url(&self, hat: GroupHat) -> String {
        self.url(&format!("/hats/new?hat={}", hat.word()))
    }
}

/// Where a way out leads, and what it is called; none where the visitor may not go it.
pub fn way(
    ways: &Ways,
    may_design: bool,
    squads: &[Serving],
    way_out: &WayOut,
) -> Option<(String, String)> {
    let squad = |team: &TeamId| squads.iter().find(|squad| squad.team == *team);
    let share = |team, membership: &MembershipId, label: String| {
        let slug = &squad(team)?.slug;
        Some((ways.squad_url(slug, &format!("/members/{membership}/edit")), label))
    };
    let plain = |href: String, label: &str| Some((href, label.to_owned()));
    let way = match way_out {
        WayOut::RaiseShare(team, membership, name) => {
            share(team, membership, format!("Give {name} more time there"))
        }
        WayOut::WearUx(team, membership, name) => {
            share(team, membership, format!("Give {name} the hat UX"))
        }
        WayOut::FindUx(team) => squad(team).and_then(|squad| {
            plain(ways.squad_url(&squad.slug, "/members?q=design#add"), "Find a designer")
        }),
        WayOut::NameAnalyst => plain(ways.hat_url(GroupHat::Analyst), "Name an analyst"),
        WayOut::NameCoach => plain(ways.hat_url(GroupHat::Coach), "Name a coach"),
        WayOut::HandOver => plain(ways.url("/hand-over"), "Hand the product over"),
        WayOut::AddSquad => plain(ways.url("/squads/new"), "Add a squad"),
        WayOut::SeeApprentices => {
            return plain(ways.url("/group#apprentices"), "Look at the apprentices");
        }
        WayOut::SeeSquads => return plain(ways.url("/group#squads"), "Look at the squads"),
        // Whose they are says who asks: `Head::way`.
        WayOut::MakePlan(_) | WayOut::LogPractice(_) | WayOut::LogCall(_) => return None,
    };
    way.filter(|_| may_design)
}
