//! The design rules, each on both sides of its boundary.

use chrono::NaiveDate;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::domain::{HealthDue, Look, MemberDesign, Placement, SkillDesign};
use super::super::links::{LinkDesign, LinkEnd, LinkKind};
use super::*;
use crate::ids::MetricId;
use crate::metrics::{Aim, Cadence, Goal, MetricName, NewMetric, Unit};
use crate::missions::{Customer, MissionText, Success, Value};

const SQUAD: TeamId = TeamId(Uuid::from_u128(1));
const PAYMENTS: TeamId = TeamId(Uuid::from_u128(2));
const BILLING: SkillId = SkillId(Uuid::from_u128(105));

fn member(n: usize) -> MemberId {
    MemberId(Uuid::from_u128(1000 + n as u128))
}

fn capability(n: usize) -> SkillId {
    SkillId(Uuid::from_u128(101 + n as u128))
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
}

fn mission(customer: &str) -> MissionText {
    MissionText {
        customer: Customer::parse(customer).unwrap(),
        value: Value::parse("A bill that they understand").unwrap(),
        success: Success::parse("Fewer calls about bills").unwrap(),
        review_on: Some(today()),
    }
}

fn goal() -> Goal {
    Goal {
        id: MetricId(Uuid::from_u128(9)),
        metric: NewMetric {
            name: MetricName::parse("First bill correct").unwrap(),
            unit: Unit::parse("%").unwrap(),
            aim: Aim::Up { target: 97.0 },
            baseline: None,
            cadence: Cadence::Weekly,
        },
    }
}

fn end(team: TeamId) -> LinkEnd {
    LinkEnd {
        team,
        name: if team == SQUAD { "Fair Bills" } else { "Payments" }.to_owned(),
        slug: String::new(),
        is_squad: team == SQUAD,
        liaison: None,
    }
}

/// A link that is reviewed in a month.
fn link(from: TeamId, to: TeamId) -> LinkDesign {
    LinkDesign {
        id: LinkId(Uuid::from_u128(7)),
        kind: LinkKind::DependsOn,
        from: end(from),
        to: end(to),
        purpose: "Refunds arrive".to_owned(),
        review_on: today() + chrono::Days::new(30),
    }
}

/// An active squad of `n` members without any finding, as long as `n` is between 6 and 10.
fn design(n: usize) -> Design {
    let mut design = Design { today: today(), ..Design::default() };
    for (at, kind) in Capability::ALL.into_iter().enumerate() {
        let skill = SkillDesign { name: kind.title().to_owned(), capability: Some(kind) };
        design.skills.insert(capability(at), skill);
    }
    design.skills.insert(BILLING, SkillDesign { name: "Billing".to_owned(), capability: None });
    design.squads.push(SquadDesign {
        id: SQUAD,
        name: "Fair Bills".to_owned(),
        slug: "fair-bills".to_owned(),
        is_active: true,
        mission: Some(mission("Every household")),
        members: vec![],
        needs: vec![],
        goal: Some(goal()),
        looks: looks(1, 0),
        health: Some(HealthDue { last: None, due_on: today() }),
    });
    design.links.push(link(SQUAD, PAYMENTS));
    for at in 0..n {
        add(&mut design, at, ["service", "data", "Design"][at % 3]);
        design.squads[0].members.push(Placement { member: member(at), allocation: 100 });
        for skill in 0..4 {
            set(&mut design, at, capability(skill), 3);
        }
    }
    design
}

fn add(design: &mut Design, n: usize, discipline: &str) {
    let new = MemberDesign {
        name: format!("Member {n}"),
        discipline: discipline.to_owned(),
        ..MemberDesign::default()
    };
    design.members.insert(member(n), new);
}

fn set(design: &mut Design, n: usize, skill: SkillId, level: i16) {
    let levels = &mut design.members.get_mut(&member(n)).unwrap().levels;
    levels.insert(skill, Level::new(level).unwrap());
}

/// So many live metrics, to be checked in `late` days from today.
fn looks(n: usize, late: i64) -> Vec<Look> {
    (0..n)
        .map(|at| Look {
            metric: MetricId(Uuid::from_u128(at as u128)),
            name: format!("Metric {at}"),
            due_on: today() + chrono::TimeDelta::days(late),
        })
        .collect()
}

fn squad(design: &mut Design) -> &mut SquadDesign {
    &mut design.squads[0]
}

/// "S1 breach: 5 members, one too few."
fn said(design: &Design) -> Vec<String> {
    let line = |finding: &Finding| {
        format!("{:?} {}: {}", finding.code, finding.severity.word(), finding.title)
    };
    design.findings().iter().map(line).collect()
}

#[test]
fn a_whole_squad_has_no_finding() {
    assert_eq!(said(&design(6)), [""; 0]);
    assert_eq!(said(&design(10)), [""; 0]);
}

#[test]
fn a_squad_without_any_link_is_an_island() {
    let mut island = design(6);
    island.links.clear();
    assert_eq!(said(&island), ["S7 advice: An island: no link to any other team."]);
    assert_eq!(island.findings()[0].way_out, WayOut::AddLink(SQUAD));
    assert_eq!(island.findings_of(SQUAD), island.findings());

    island.links.push(link(PAYMENTS, SQUAD));
    assert_eq!(said(&island), [""; 0], "a link to it is a link as well");
    island.links = vec![link(PAYMENTS, TeamId(Uuid::from_u128(3)))];
    assert_eq!(said(&island).len(), 1, "links of others are none of its own");
}

#[test]
fn a_link_is_overdue_on_the_day_after_its_review_date() {
    let mut stale = design(6);
    stale.links[0].review_on = today();
    assert_eq!(said(&stale), [""; 0]);
    stale.links[0].review_on = today().pred_opt().unwrap();
    assert_eq!(
        said(&stale),
        ["D1 advice: “Fair Bills depends on Payments” is past its review date."]
    );
    let found = &stale.findings_of(SQUAD)[0];
    assert_eq!(found.squads, [SQUAD], "a core team has no findings of its own");
    assert_eq!(found.way_out, WayOut::ReviewLink(stale.links[0].id));
}

#[test]
fn an_active_squad_outside_of_6_to_10_is_a_breach() {
    assert_eq!(said(&design(5)), ["S1 breach: 5 members, one too few."]);
    assert_eq!(said(&design(11)), ["S1 breach: 11 members, one over the limit."]);
    assert_eq!(said(&design(12)), ["S1 breach: 12 members, 2 over the limit."]);
}

#[test]
fn a_forming_squad_is_told_how_many_are_missing() {
    let mut five = design(5);
    squad(&mut five).is_active = false;
    assert_eq!(said(&five), ["S1 advice: 1 more to reach 6."]);
    let mut six = design(6);
    squad(&mut six).is_active = false;
    assert_eq!(said(&six), [""; 0]);
}

#[test]
fn an_empty_squad_is_told_once_that_nobody_is_there() {
    let mut empty = design(0);
    squad(&mut empty).is_active = false;
    squad(&mut empty).mission = None;
    squad(&mut empty).goal = None;
    assert_eq!(
        said(&empty),
        [
            "S3 breach: Nobody can analyze, decide, solve problems or act yet.",
            "S2 warning: There is no mission yet.",
            "S6 warning: There is no goal metric.",
            "S1 advice: 6 more to reach 6.",
        ]
    );
}

#[test]
fn a_mission_with_open_parts_is_a_warning() {
    let mut open = design(6);
    squad(&mut open).mission = Some(MissionText { review_on: None, ..mission("") });
    assert_eq!(
        said(&open),
        ["S2 warning: The mission does not name the customer and the review date yet."]
    );
}

#[test]
fn a_mission_is_overdue_the_day_after_its_review_date() {
    let mut design = design(6);
    assert!(design.findings().is_empty());
    squad(&mut design).looks = looks(1, 30);
    squad(&mut design).health = None;
    design.today = today().succ_opt().unwrap();
    assert_eq!(said(&design), ["S2 warning: The mission is past its review date."]);
}

#[test]
fn a_mission_about_a_function_is_a_warning() {
    let mut design = design(6);
    squad(&mut design).mission = Some(mission("The sales team"));
    assert_eq!(said(&design), ["S2 warning: The mission is about a function, not a customer."]);
    assert!(design.findings()[0].reason.contains("“sales team”"));
}

#[test]
fn a_capability_counts_from_the_level_of_doing_it_alone() {
    let mut gap = design(6);
    for n in 0..6 {
        set(&mut gap, n, capability(1), 2);
    }
    assert_eq!(said(&gap), ["S3 breach: Nobody can decide."]);
    let mut thin = gap.clone();
    set(&mut thin, 4, capability(1), 3);
    assert_eq!(said(&thin), ["S4 advice: Only Member 4 can decide."]);
    set(&mut thin, 5, capability(1), 3);
    assert_eq!(said(&thin), [""; 0]);
}

#[test]
fn where_nobody_has_rated_anything_it_is_said_once() {
    let mut silent = design(6);
    for n in 0..6 {
        silent.members.get_mut(&member(n)).unwrap().levels.clear();
    }
    assert_eq!(said(&silent), ["S3 breach: Nobody in it has rated what they can do yet."]);
    assert_eq!(silent.findings()[0].way_out, WayOut::AskForLevels(SQUAD));
    let mut one = silent.clone();
    set(&mut one, 0, capability(1), 1);
    assert_eq!(said(&one).len(), 4, "somebody has begun");
    add(&mut silent, 6, "service");
    set(&mut silent, 6, capability(3), 3);
    assert_eq!(said(&silent).len(), 4, "somebody else could be added");
}

#[test]
fn three_disciplines_are_enough_and_two_are_not() {
    let mut two = design(6);
    for n in [2, 5] {
        two.members.get_mut(&member(n)).unwrap().discipline = " DATA ".to_owned();
    }
    assert_eq!(said(&two), ["S3 breach: Only two disciplines: data and service."]);
    two.members.get_mut(&member(2)).unwrap().discipline = "legal".to_owned();
    assert_eq!(said(&two), [""; 0]);
}

#[test]
fn a_needed_skill_is_a_gap_thin_or_covered() {
    let mut design = design(6);
    squad(&mut design).needs.push(Need { skill: BILLING, level: Level::ABLE, members: 3 });
    assert_eq!(said(&design), ["S4 warning: Nobody has Billing."]);
    set(&mut design, 0, BILLING, 2);
    assert_eq!(said(&design), ["S4 warning: Nobody has Billing."]);
    set(&mut design, 0, BILLING, 3);
    assert_eq!(said(&design), ["S4 advice: Only Member 0 has Billing."]);
    set(&mut design, 1, BILLING, 5);
    assert_eq!(said(&design), ["S4 advice: 2 of 3 members have Billing."]);
    set(&mut design, 2, BILLING, 4);
    assert_eq!(said(&design), [""; 0]);
}

#[test]
fn a_needed_capability_is_said_once() {
    let mut design = design(6);
    for n in 0..6 {
        set(&mut design, n, capability(0), 1);
    }
    squad(&mut design).needs.push(Need { skill: capability(0), level: Level::ABLE, members: 2 });
    assert_eq!(said(&design), ["S3 breach: Nobody can analyze."]);
    set(&mut design, 3, capability(0), 3);
    assert_eq!(said(&design), ["S4 advice: Only Member 3 has Analyze."]);
}

#[test]
fn the_best_candidate_has_the_skill_the_room_and_the_most_free_share() {
    let mut design = design(6);
    squad(&mut design).needs.push(Need { skill: BILLING, level: Level::ABLE, members: 1 });
    for (n, level, elsewhere) in [(20, 3, 80), (21, 3, 50), (22, 5, 90), (23, 2, 0)] {
        add(&mut design, n, "service");
        set(&mut design, n, BILLING, level);
        design.members.get_mut(&member(n)).unwrap().elsewhere = elsewhere;
    }
    let way = |design: &Design| design.findings()[0].way_out.clone();

    let WayOut::AddMember { member: best, name, .. } = way(&design) else { panic!("nobody") };
    assert_eq!((best, name.as_str()), (member(21), "Member 21"));

    design.members.get_mut(&member(21)).unwrap().squads_elsewhere = 2;
    assert!(matches!(way(&design), WayOut::AddMember { member: best, .. } if best == member(20)));

    design.members.get_mut(&member(20)).unwrap().elsewhere = 81;
    assert!(matches!(way(&design), WayOut::FindMember { skill: BILLING, .. }));
}

#[test]
fn a_full_squad_swaps() {
    let mut design = design(10);
    squad(&mut design).needs.push(Need { skill: BILLING, level: Level::ABLE, members: 1 });
    assert!(matches!(
        &design.findings()[0].way_out,
        WayOut::SwapIn { squad: SQUAD, skill: BILLING, member: None, .. }
    ));
}

#[test]
fn a_member_over_100_percent_is_a_warning_on_each_of_their_squads() {
    let mut design = design(6);
    design.members.get_mut(&member(0)).unwrap().elsewhere = 10;
    assert_eq!(said(&design), ["S5 warning: Member 0 is planned at 110 %."]);
    assert_eq!(design.findings_of(SQUAD), design.findings());
    design.squads[0].members[0].allocation = 90;
    assert_eq!(said(&design), [""; 0]);
}

#[test]
fn a_member_in_more_than_two_squads_is_a_warning() {
    let mut design = design(6);
    design.squads[0].members[0].allocation = 10;
    design.members.get_mut(&member(0)).unwrap().squads_elsewhere = 1;
    assert_eq!(said(&design), [""; 0]);
    design.members.get_mut(&member(0)).unwrap().squads_elsewhere = 2;
    assert_eq!(said(&design), ["S5 warning: Member 0 is in 3 squads."]);
}

#[test]
fn a_squad_has_a_goal_metric_and_at_most_seven_live_ones() {
    let mut design = design(6);
    squad(&mut design).looks = looks(7, 0);
    assert_eq!(said(&design), [""; 0]);
    squad(&mut design).looks = looks(8, 0);
    assert_eq!(said(&design), ["S6 warning: 8 live metrics, more than 7."]);
    squad(&mut design).goal = None;
    squad(&mut design).looks = vec![];
    assert_eq!(said(&design), ["S6 warning: There is no goal metric."]);
}

#[test]
fn a_check_in_is_overdue_on_the_day_after_it_was_due() {
    let mut design = design(6);
    squad(&mut design).looks = looks(2, 0);
    assert_eq!(said(&design), [""; 0]);
    squad(&mut design).looks[0].due_on = today() - chrono::Days::new(1);
    assert_eq!(said(&design), ["S6 warning: The check-in of “Metric 0” is overdue."]);
    let metric = squad(&mut design).looks[0].metric;
    let squad_id = squad(&mut design).id;
    assert_eq!(design.findings()[0].way_out, WayOut::CheckIn { squad: squad_id, metric });
    squad(&mut design).looks = looks(2, -1);
    assert_eq!(said(&design), ["S6 warning: 2 check-ins are overdue."]);
    assert_eq!(design.findings()[0].way_out, WayOut::ReviewMetrics(squad_id));
}

#[test]
fn only_an_active_squad_is_asked_for_a_health_check() {
    let mut design = design(6);
    let yesterday = today() - chrono::Days::new(1);
    squad(&mut design).health = Some(HealthDue { last: None, due_on: yesterday });
    assert_eq!(said(&design), ["S9 advice: No health check yet."]);
    squad(&mut design).health = Some(HealthDue { last: Some(yesterday), due_on: yesterday });
    let last = yesterday.format("%-d %B %Y");
    assert_eq!(said(&design), [format!("S9 advice: No health check since {last}.")]);
    squad(&mut design).is_active = false;
    assert_eq!(said(&design), [""; 0]);
}

#[test]
fn what_makes_a_squad_active_is_seen_at_its_edges() {
    for (n, may) in [(5, false), (6, true), (10, true), (11, false)] {
        assert_eq!(design(n).squads[0].may_be_active(), may, "{n}");
    }
    let mut without = design(6);
    squad(&mut without).goal = None;
    assert!(!without.squads[0].may_be_active());
}

prop_compose! {
    /// Any design, also an impossible one.
    fn any_design()(
        squads in proptest::collection::vec((any::<bool>(), 0usize..4, proptest::collection::vec((0usize..20, 0i32..15), 0..13), 0usize..9, -3i64..3), 0..5),
        levels in proptest::collection::vec((0usize..18, 0usize..6, 1i16..6), 0..60),
        needs in proptest::collection::vec((0usize..5, 0usize..7, 1i16..6, 0usize..11), 0..10),
        days in -1000i64..1000,
    ) -> Design {
        let mut design = design(0);
        design.squads.clear();
        design.today = today() + chrono::TimeDelta::days(days);
        for n in 0..18 {
            add(&mut design, n, ["", "data", "service", "design"][n % 4]);
        }
        for (n, skill, level) in levels {
            set(&mut design, n, capability(skill), level);
        }
        for (at, (is_active, mission_of, members, live_metrics, late)) in squads.into_iter().enumerate() {
            let missions = [None, Some(mission("")), Some(mission("Marketing")), Some(mission("Households"))];
            design.squads.push(SquadDesign {
                id: TeamId(Uuid::from_u128(at as u128)),
                name: format!("Squad {}", at % 2),
                slug: String::new(),
                is_active,
                mission: missions[mission_of].clone(),
                members: members.into_iter().map(|(n, share)| Placement { member: member(n), allocation: share * 10 }).collect(),
                needs: vec![],
                goal: (live_metrics % 2 == 0).then(goal),
                looks: looks(live_metrics, late),
                health: Some(HealthDue { last: None, due_on: today() + chrono::TimeDelta::days(late) }),
            });
        }
        for (at, skill, level, members) in needs {
            if let Some(squad) = design.squads.get_mut(at) {
                let level = Level::new(level).unwrap();
                squad.needs.push(Need { skill: capability(skill), level, members });
            }
        }
        design
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn findings_of_any_design_are_in_one_order_and_name_their_squads(design in any_design()) {
        let findings = design.findings();
        prop_assert!(findings.is_sorted_by_key(|finding| finding.severity));
        let mut shuffled = design.clone();
        shuffled.squads.reverse();
        for squad in &mut shuffled.squads {
            squad.members.reverse();
        }
        prop_assert_eq!(said(&shuffled).len(), findings.len());
        prop_assert_eq!(&design.findings(), &findings);
        for finding in &findings {
            prop_assert!(!finding.squads.is_empty());
            prop_assert!(finding.title.ends_with('.') && finding.reason.ends_with('.'));
            prop_assert!(!finding.title.contains('!'));
        }
        let mut one_by_one: Vec<_> = design.squads.iter().flat_map(|squad| design.findings_of(squad.id)).collect();
        one_by_one.retain(|finding| matches!(finding.subject, Subject::Squad(_)));
        let squads = findings.iter().filter(|finding| matches!(finding.subject, Subject::Squad(_))).count();
        prop_assert_eq!(one_by_one.len(), squads);
    }
}
