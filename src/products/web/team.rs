//! The product group in a line, for the pages of a product: its board and its group.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::ways::{self, Ways};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::products::db::{Apprentice, Serving, Worn};
use crate::products::domain::{GroupHat, ServingDesign};

/// Of each kind, so many are named.
const FIRST: usize = 6;

/// Who the group is: `{{ team }}` in a template.
#[derive(Debug, Clone, Template)]
#[template(path = "products/team.html")]
pub struct Team {
    ways: Ways,
    may_design: bool,
    /// Who leads it.
    lead: MemberId,
    lead_name: String,
    since: String,
    apprentices: Vec<Apprentice>,
    hats: Vec<Worn>,
    squads: Vec<Serving>,
    /// The key of the forms that take hats off; none where that is not on offer.
    key: Option<String>,
    today: NaiveDate,
    zone: Tz,
}

impl HtmlSafe for Team {}

impl Team {
    /// The group of the product with this word in addresses; `goes_on` unless it has ended.
    pub fn new(
        visitor: &Visitor,
        slug: &str,
        goes_on: bool,
        lead: (MemberId, String),
        (apprentices, hats, squads): (Vec<Apprentice>, Vec<Worn>, Vec<Serving>),
    ) -> Self {
        Self {
            ways: Ways::new(&visitor.slug, slug),
            may_design: goes_on && visitor.roles().may_design(),
            lead: lead.0,
            lead_name: lead.1,
            since: String::new(),
            apprentices,
            hats,
            squads,
            key: None,
            today: visitor.today(),
            zone: visitor.time_zone,
        }
    }

    /// The same, saying since when the lead PM leads.
    #[must_use]
    pub fn since(self, since: String) -> Self {
        Self { since, ..self }
    }

    /// The same with the buttons that take hats off, for those who design.
    #[must_use]
    pub fn with_buttons(self, key: &str) -> Self {
        Self { key: self.may_design.then(|| key.to_owned()), ..self }
    }

    fn url(&self, below: &str) -> String {
        self.ways.url(below)
    }

    fn member_url(&self, member: &MemberId) -> String {
        self.ways.member_url(*member)
    }

    fn learning_url(&self, member: &MemberId) -> String {
        self.ways.learning_url(*member, "")
    }

    fn worn_url(&self, one: &Worn) -> String {
        self.url(&format!("/hats/{}/lay-down", one.id))
    }

    fn hat_url(&self, hat: GroupHat) -> String {
        self.ways.hat_url(hat)
    }

    /// "week 6": since the apprenticeship began, which is its first week.
    fn week(&self, apprentice: &Apprentice) -> String {
        let from = apprentice.from_at.with_timezone(&self.zone).date_naive();
        format!("week {}", week(from, self.today))
    }

    fn first_apprentices(&self) -> impl Iterator<Item = &Apprentice> {
        self.apprentices.iter().take(FIRST)
    }

    fn more_apprentices(&self) -> usize {
        self.apprentices.len().saturating_sub(FIRST)
    }

    fn wearing(&self, hat: GroupHat) -> Vec<&Worn> {
        self.hats.iter().filter(|one| one.hat == hat).collect()
    }

    /// A member of a serving squad who wears the hat of an analyst, where nobody wears it for the group.
    fn analyst_in_a_squad(&self, hat: GroupHat) -> Option<(&str, &str)> {
        let mut squads = self.squads.iter().filter(|_| hat == GroupHat::Analyst);
        squads.find_map(|squad| {
            squad.analysts().next().map(|one| (one.name.as_str(), squad.name.as_str()))
        })
    }

    fn dedicated(&self) -> usize {
        self.squads.iter().filter(|squad| squad.design().has_dedicated_ux()).count()
    }

    /// Who does UX in a squad, each with their share.
    fn ux(squad: &Serving) -> String {
        ux(squad)
    }

    /// How much UX a squad has that has too little.
    fn share(design: &ServingDesign) -> String {
        if design.ux.is_empty() { "none".to_owned() } else { format!("{} %", design.ux_share()) }
    }

    /// What to do about a squad's missing UX.
    fn way(&self, design: &ServingDesign) -> Option<(String, String)> {
        let finding = design.missing_ux();
        ways::way(&self.ways, self.may_design, &self.squads, &finding.way_out)
    }
}

/// Who does UX in a squad, each with their share.
pub fn ux(squad: &Serving) -> String {
    let names = squad.ux().map(|one| format!("{}, {} %", one.name, one.share));
    names.collect::<Vec<_>>().join("; ")
}

/// Which week of an apprenticeship it is.
pub fn week(from: NaiveDate, today: NaiveDate) -> i64 {
    (today - from).num_days().max(0) / 7 + 1
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_first_week_is_the_first_seven_days() {
        let from = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let after = |days| week(from, from + TimeDelta::days(days));
        assert_eq!([after(0), after(6), after(7), after(41), after(42)], [1, 1, 2, 6, 7]);
        assert_eq!(week(from, from - TimeDelta::days(9)), 1);
    }
}
