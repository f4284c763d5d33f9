//! What the design rules say of a product group (P1 to P4): pure functions over a [`ProductDesign`] and its
//! apprentices ([`ApprenticeDesign`]).

use chrono::NaiveDate;

use crate::design::Severity;
use crate::ids::{MemberId, MembershipId, ProductId, TeamId};

/// UX is dedicated to a squad from this share on, in percent (P1).
pub const DEDICATED_UX: i16 = 50;
/// One lead PM is in touch with so many squads at most (P2; 1PM4T: one product manager, four teams, and some room).
pub const MAX_SQUADS_OF_A_LEAD: i64 = 6;
/// And teaches so many apprentices at most (P2).
pub const MAX_APPRENTICES_OF_A_LEAD: i64 = 3;

/// The design rule that a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Hats that are missing.
    P1,
    /// The lead PM's span.
    P2,
    /// How products and squads are spread over one another.
    P3,
    /// An apprentice who does not get to learn.
    P4,
}

/// A product group, as it is or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDesign {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Who leads it: there is always one.
    pub lead: LeadDesign,
    /// The squads that serve it.
    pub squads: Vec<ServingDesign>,
    /// How many wear the analyst's hat for the group.
    pub analysts: usize,
    /// Who wears the coach's hat for the group.
    pub coaches: Vec<CoachDesign>,
}

/// A lead PM with all that they lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadDesign {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// How many products they lead.
    pub products: i64,
    /// How many squads serve these, each counted once.
    pub squads: i64,
    /// How many apprentices they have at these.
    pub apprentices: i64,
}

/// A squad that serves a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingDesign {
    /// The squad.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// Its members with the hat UX.
    pub ux: Vec<UxDesign>,
    /// Whether one of its members wears the hat of an analyst.
    pub has_analyst: bool,
    /// A member by craft a designer, who could wear the hat UX.
    pub designer: Option<(MembershipId, String)>,
    /// The names of the other products that it serves.
    pub others: Vec<String>,
}

/// A member who wears the hat UX in a squad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UxDesign {
    /// Their membership.
    pub membership: MembershipId,
    /// Their name.
    pub name: String,
    /// Their share of time there, in percent.
    pub share: i16,
}

/// Who wears the coach's hat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoachDesign {
    /// Their name.
    pub name: String,
    /// Whether they still have the role of a coach.
    pub is_coach: bool,
}

/// What a person can do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayOut {
    /// Let the squad's UX have more time there.
    RaiseShare(TeamId, MembershipId, String),
    /// Let a designer in the squad wear the hat.
    WearUx(TeamId, MembershipId, String),
    /// Find a designer for the squad.
    FindUx(TeamId),
    /// Name a group analyst.
    NameAnalyst,
    /// Name a coach who is in reach.
    NameCoach,
    /// Hand the product over to somebody with room.
    HandOver,
    /// Look at its apprentices.
    SeeApprentices,
    /// Let another squad serve.
    AddSquad,
    /// Look at which squads serve.
    SeeSquads,
    /// Make a plan with an apprentice.
    MakePlan(MemberId),
    /// Write down what an apprentice practised.
    LogPractice(MemberId),
    /// Have an apprentice at a customer call.
    LogCall(MemberId),
}

/// What a design rule says of a product group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What is: "Fair Bills has no dedicated UX."
    pub title: String,
    /// Why it matters.
    pub reason: String,
    /// What to do.
    pub way_out: WayOut,
}

/// Without evidence, and without a customer call, for so many days is too long (P4; 1PM4T: very regular customer calls).
pub const LEARNING_PAUSE: i64 = 14;

/// An apprentice, as P4 sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprenticeDesign {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// The day on which the apprenticeship began.
    pub began: NaiveDate,
    /// The first day of the plan; none without a plan.
    pub plan: Option<NaiveDate>,
    /// The last day of practice.
    pub evidence: Option<NaiveDate>,
    /// The last day of a customer call.
    pub call: Option<NaiveDate>,
}

impl ApprenticeDesign {
    /// P4: a plan, practice, and customer calls. Days are counted from the last one, and before the first from the beginning of both
    /// apprenticeship and plan.
    pub fn findings(&self, today: NaiveDate) -> Vec<Finding> {
        self.said(&format!("{} has", self.name), today)
    }

    /// The same, said to the apprentice.
    pub fn own_findings(&self, today: NaiveDate) -> Vec<Finding> {
        self.said("You have", today)
    }

    fn said(&self, who_has: &str, today: NaiveDate) -> Vec<Finding> {
        let Self { member, .. } = self;
        let Some(plan) = self.plan else {
            return vec![finding(
                Code::P4,
                Severity::Warning,
                format!("{who_has} no learning plan."),
                "An apprentice learns what somebody has planned with them, on work that somebody looks at.",
                WayOut::MakePlan(*member),
            )];
        };
        let since = plan.max(self.began);
        let days = |last: Option<NaiveDate>| {
            (today - last.map_or(since, |last| last.max(since))).num_days()
        };
        let mut findings = vec![];
        if days(self.evidence) >= LEARNING_PAUSE {
            findings.push(finding(
                Code::P4,
                Severity::Warning,
                format!("{who_has} added no evidence for {} days.", days(self.evidence)),
                "What is not practised every week is not learned.",
                WayOut::LogPractice(*member),
            ));
        }
        if days(self.call) >= LEARNING_PAUSE {
            findings.push(finding(
                Code::P4,
                Severity::Warning,
                format!("{who_has} been at no customer call for {} days.", days(self.call)),
                "A lead PM hears customers very regularly, and so does who becomes one.",
                WayOut::LogCall(*member),
            ));
        }
        findings
    }
}

fn finding(
    code: Code,
    severity: Severity,
    title: impl Into<String>,
    reason: impl Into<String>,
    way_out: WayOut,
) -> Finding {
    Finding { code, severity, title: title.into(), reason: reason.into(), way_out }
}

impl ServingDesign {
    /// The largest share of a member with the hat UX, in percent.
    pub fn ux_share(&self) -> i16 {
        self.ux.iter().map(|one| one.share).max().unwrap_or_default()
    }

    /// Whether somebody does UX there with at least half of their time.
    pub fn has_dedicated_ux(&self) -> bool {
        self.ux_share() >= DEDICATED_UX
    }

    /// What P1 says of a squad without dedicated UX.
    pub fn missing_ux(&self) -> Finding {
        let Self { team, name, .. } = self;
        let (title, way_out) = match (self.ux.iter().max_by_key(|one| one.share), &self.designer) {
            (Some(most), _) => (
                format!("{name} has UX for {} % only.", most.share),
                WayOut::RaiseShare(*team, most.membership, most.name.clone()),
            ),
            (None, Some((membership, designer))) => (
                format!("{name} has no dedicated UX."),
                WayOut::WearUx(*team, *membership, designer.clone()),
            ),
            (None, None) => (format!("{name} has no dedicated UX."), WayOut::FindUx(*team)),
        };
        let reason = "Each squad needs the hat UX at 50 % or more: a lead PM of several squads cannot shape every solution.";
        finding(Code::P1, Severity::Breach, title, reason, way_out)
    }
}

impl ProductDesign {
    /// All findings, the worst first; always in the same order for the same group.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.hats();
        findings.extend(self.span());
        findings.extend(self.spread());
        findings.sort_by_key(|finding| (finding.severity, finding.code));
        findings
    }

    /// P1: the hats. The lead PM's is never missing (H3).
    fn hats(&self) -> Vec<Finding> {
        let without = self.squads.iter().filter(|squad| !squad.has_dedicated_ux());
        let mut findings: Vec<_> = without.map(ServingDesign::missing_ux).collect();
        if self.analysts == 0 && !self.squads.iter().any(|squad| squad.has_analyst) {
            findings.push(finding(
                Code::P1,
                Severity::Breach,
                "The group has no analyst.",
                "Somebody reads the data for all squads, so that the order of the backlog rests on it.",
                WayOut::NameAnalyst,
            ));
        }
        if !self.coaches.iter().any(|coach| coach.is_coach) {
            let title = match &self.coaches[..] {
                [] => "No coach is in reach.".to_owned(),
                [one] => format!("{} wears the coach’s hat and is no coach any more.", one.name),
                _ => "Nobody who wears the coach’s hat is a coach any more.".to_owned(),
            };
            findings.push(finding(
                Code::P1,
                Severity::Breach,
                title,
                "Squads that learn to work as one group know whom they can ask.",
                WayOut::NameCoach,
            ));
        }
        findings
    }

    /// P2: how many squads and apprentices the lead PM has, over all products that they lead.
    fn span(&self) -> Vec<Finding> {
        let LeadDesign { name, products, squads, apprentices, .. } = &self.lead;
        let where_ = match products {
            0 | 1 => String::new(),
            n => format!(", over {n} products"),
        };
        let mut findings = vec![];
        if *squads > MAX_SQUADS_OF_A_LEAD {
            findings.push(finding(
                Code::P2,
                Severity::Warning,
                format!("{name} leads for {squads} squads{where_}."),
                format!("With more than {MAX_SQUADS_OF_A_LEAD}, one lead PM is in touch with none of them."),
                WayOut::HandOver,
            ));
        }
        if *apprentices > MAX_APPRENTICES_OF_A_LEAD {
            findings.push(finding(
                Code::P2,
                Severity::Warning,
                format!("{name} teaches {apprentices} apprentices{where_}."),
                format!("With more than {MAX_APPRENTICES_OF_A_LEAD}, nobody learns on work that somebody looks at."),
                WayOut::SeeApprentices,
            ));
        }
        findings
    }

    /// P3: a product with hardly any squad, and squads with more than one product.
    fn spread(&self) -> Vec<Finding> {
        let mut findings = vec![];
        match &self.squads[..] {
            [] => findings.push(finding(
                Code::P3,
                Severity::Advice,
                "No squad serves it yet.",
                "A backlog lives from squads that pull from it.",
                WayOut::AddSquad,
            )),
            [only] => findings.push(finding(
                Code::P3,
                Severity::Advice,
                format!("Only {} serves it.", only.name),
                "One backlog is worth its order when several squads pull from it. Ask whether this is a product of its own.",
                WayOut::AddSquad,
            )),
            _ => {}
        }
        for squad in self.squads.iter().filter(|squad| !squad.others.is_empty()) {
            findings.push(finding(
                Code::P3,
                Severity::Advice,
                format!("{} also serves {}.", squad.name, squad.others.join(" and ")),
                "A squad that pulls from several backlogs has several orders to follow.",
                WayOut::SeeSquads,
            ));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ux(share: i16) -> UxDesign {
        UxDesign { membership: MembershipId::new(), name: "Zofia Wójcik".to_owned(), share }
    }

    fn squad(name: &str) -> ServingDesign {
        ServingDesign {
            team: TeamId::new(),
            name: name.to_owned(),
            ux: vec![ux(50)],
            has_analyst: false,
            designer: None,
            others: vec![],
        }
    }

    /// A group in which nothing is to be found.
    fn whole() -> ProductDesign {
        ProductDesign {
            id: ProductId::new(),
            name: "Norvik App".to_owned(),
            lead: LeadDesign {
                member: MemberId::new(),
                name: "Hana Sato".to_owned(),
                products: 1,
                squads: 6,
                apprentices: 3,
            },
            squads: vec![squad("Fair Bills"), squad("Move-in")],
            analysts: 1,
            coaches: vec![CoachDesign { name: "Ruth Abara".to_owned(), is_coach: true }],
        }
    }

    fn said(design: &ProductDesign) -> Vec<String> {
        let findings = design.findings();
        let words =
            |one: &Finding| format!("{:?} {}: {}", one.code, one.severity.word(), one.title);
        findings.iter().map(words).collect()
    }

    #[test]
    fn a_whole_group_has_no_finding() {
        assert_eq!(said(&whole()), Vec::<String>::new());
    }

    #[test]
    fn ux_is_dedicated_from_half_of_the_time_on() {
        let mut design = whole();
        design.squads[0].ux = vec![ux(10), ux(50)];
        assert!(design.findings().is_empty());

        design.squads[0].ux = vec![ux(40), ux(10)];
        assert_eq!(said(&design), ["P1 breach: Fair Bills has UX for 40 % only."]);
        let raised = design.squads[0].ux[0].membership;
        let way = &design.findings()[0].way_out;
        assert!(matches!(way, WayOut::RaiseShare(_, membership, _) if *membership == raised));

        design.squads[0].ux = vec![];
        assert_eq!(said(&design), ["P1 breach: Fair Bills has no dedicated UX."]);
        assert!(matches!(design.findings()[0].way_out, WayOut::FindUx(_)));
        design.squads[0].designer = Some((MembershipId::new(), "Zofia Wójcik".to_owned()));
        assert!(matches!(design.findings()[0].way_out, WayOut::WearUx(..)));
    }

    #[test]
    fn each_squad_without_ux_is_named() {
        let mut design = whole();
        for squad in &mut design.squads {
            squad.ux = vec![];
        }
        assert_eq!(said(&design).len(), 2);
    }

    #[test]
    fn an_analyst_of_the_group_or_of_one_squad_is_enough() {
        let mut design = whole();
        design.analysts = 0;
        assert_eq!(said(&design), ["P1 breach: The group has no analyst."]);
        design.squads[1].has_analyst = true;
        assert!(design.findings().is_empty());
    }

    #[test]
    fn a_coach_is_in_reach_while_they_are_a_coach() {
        let mut design = whole();
        design.coaches[0].is_coach = false;
        assert_eq!(
            said(&design),
            ["P1 breach: Ruth Abara wears the coach’s hat and is no coach any more."]
        );
        let another = CoachDesign { name: "Carl Coach".to_owned(), is_coach: true };
        design.coaches.push(another);
        assert!(design.findings().is_empty());
        design.coaches.clear();
        assert_eq!(said(&design), ["P1 breach: No coach is in reach."]);
    }

    #[test]
    fn six_squads_and_three_apprentices_are_the_span_of_a_lead_pm() {
        let mut design = whole();
        design.lead.squads = 7;
        assert_eq!(said(&design), ["P2 warning: Hana Sato leads for 7 squads."]);
        design.lead = LeadDesign { squads: 6, apprentices: 4, products: 2, ..design.lead };
        assert_eq!(
            said(&design),
            ["P2 warning: Hana Sato teaches 4 apprentices, over 2 products."]
        );
        design.lead.apprentices = 3;
        assert!(design.findings().is_empty());
    }

    #[test]
    fn a_product_of_one_squad_is_asked_about_and_one_of_two_is_not() {
        let mut design = whole();
        design.squads.pop();
        assert_eq!(said(&design), ["P3 advice: Only Fair Bills serves it."]);
        design.squads.clear();
        assert_eq!(said(&design), ["P3 advice: No squad serves it yet."]);
    }

    #[test]
    fn a_squad_of_several_products_is_named_with_the_others() {
        let mut design = whole();
        design.squads[0].others = vec!["Norvik Web".to_owned(), "Norvik Kiosk".to_owned()];
        assert_eq!(
            said(&design),
            ["P3 advice: Fair Bills also serves Norvik Web and Norvik Kiosk."]
        );
    }

    #[test]
    fn the_worst_comes_first() {
        let mut design = whole();
        design.squads[0].others = vec!["Norvik Web".to_owned()];
        design.lead.squads = 7;
        design.analysts = 0;
        let severities: Vec<_> = design.findings().iter().map(|one| one.severity).collect();
        assert_eq!(severities, [Severity::Breach, Severity::Warning, Severity::Advice]);
    }

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    fn apprentice(plan: Option<u32>, evidence: Option<u32>, call: Option<u32>) -> ApprenticeDesign {
        ApprenticeDesign {
            member: MemberId::new(),
            name: "Samuel Okafor".to_owned(),
            began: day(2),
            plan: plan.map(day),
            evidence: evidence.map(day),
            call: call.map(day),
        }
    }

    fn learns(
        plan: Option<u32>,
        evidence: Option<u32>,
        call: Option<u32>,
        today: u32,
    ) -> Vec<String> {
        let apprentice = apprentice(plan, evidence, call);
        apprentice.findings(day(today)).into_iter().map(|one| one.title).collect()
    }

    #[test]
    fn an_apprentice_without_a_plan_is_a_finding_from_the_first_day_on() {
        assert_eq!(learns(None, None, None, 2), ["Samuel Okafor has no learning plan."]);
    }

    #[test]
    fn fourteen_days_without_practice_or_call_are_too_long_and_thirteen_are_not() {
        assert!(learns(Some(2), Some(10), Some(10), 23).is_empty());
        assert_eq!(
            learns(Some(2), Some(10), Some(11), 24),
            ["Samuel Okafor has added no evidence for 14 days."]
        );
        assert_eq!(
            learns(Some(2), Some(11), Some(10), 24),
            ["Samuel Okafor has been at no customer call for 14 days."]
        );
    }

    #[test]
    fn the_apprentice_is_told_the_same_of_themselves() {
        let own = |apprentice: ApprenticeDesign, today| -> Vec<String> {
            apprentice.own_findings(day(today)).into_iter().map(|one| one.title).collect()
        };
        assert_eq!(own(apprentice(None, None, None), 2), ["You have no learning plan."]);
        let said = ["You have been at no customer call for 14 days."];
        assert_eq!(own(apprentice(Some(2), Some(11), Some(10)), 24), said);
        let said = ["You have added no evidence for 14 days."];
        assert_eq!(own(apprentice(Some(2), Some(10), Some(11)), 24), said);
    }

    #[test]
    fn before_the_first_they_are_counted_from_the_later_beginning() {
        assert!(learns(Some(1), None, None, 15).is_empty(), "from the apprenticeship's");
        assert_eq!(learns(Some(1), None, None, 16).len(), 2);
        assert!(learns(Some(10), None, None, 23).is_empty(), "from the plan's");
        assert_eq!(learns(Some(10), None, None, 24).len(), 2);
        assert!(learns(Some(25), None, None, 24).is_empty(), "a plan that is still to begin");
    }
}
