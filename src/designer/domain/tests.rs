//! The designer's rules on a draft: no database, no pages.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::design::{Need, SquadDesign};
use crate::ids::{EventId, MemberId, SeatId, SkillId, TeamId};
use crate::rule::Rule;
use crate::skills::{Capability, Level};
use crate::squads::Allocation;

const SQUAD: TeamId = TeamId(Uuid::from_u128(1));
const BILLING: SkillId = SkillId(Uuid::from_u128(105));

fn team(n: u128) -> TeamId {
    TeamId(Uuid::from_u128(10 + n))
}

fn member(n: u128) -> MemberId {
    MemberId(Uuid::from_u128(1000 + n))
}

fn capability(n: u128) -> SkillId {
    SkillId(Uuid::from_u128(101 + n))
}

fn share(percent: i16) -> Allocation {
    Allocation::new(percent).unwrap()
}

fn level(n: i16) -> Level {
    Level::new(n).unwrap()
}

/// A forming squad of `n` members who give all of their time and can do everything alone, that needs one for billing.
fn draft(n: u128) -> Draft {
    let mut skills: Vec<_> = Capability::ALL
        .into_iter()
        .zip(0..)
        .map(|(kind, at)| Skill {
            id: capability(at),
            name: kind.title().to_owned(),
            capability: Some(kind),
        })
        .collect();
    skills.push(Skill { id: BILLING, name: "Billing".to_owned(), capability: None });
    let mut draft = Draft {
        today: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
        squad: SquadDesign {
            id: SQUAD,
            name: "Home Battery".to_owned(),
            slug: "home-battery".to_owned(),
            is_active: false,
            mission: None,
            members: vec![],
            needs: vec![Need { skill: BILLING, level: level(3), members: 1 }],
            goal: None,
            looks: vec![],
            health: None,
        },
        skills,
        people: BTreeMap::new(),
        teams: BTreeMap::new(),
        links: vec![],
        seats: vec![],
        changes: vec![],
    };
    for at in 0..n {
        let levels = (0..4).map(|skill| (capability(skill), level(3))).collect();
        person(&mut draft, at, &[(SQUAD, 100)]).levels = levels;
    }
    draft
}

fn person<'a>(draft: &'a mut Draft, n: u128, places: &[(TeamId, i32)]) -> &'a mut Person {
    let places = places.iter().map(|(team, share)| Place { team: *team, share: *share }).collect();
    let new = Person { name: format!("Person {n:02}"), places, ..Person::default() };
    draft.people.entry(member(n)).or_insert(new)
}

fn neighbour(draft: &mut Draft, n: u128, name: &str, is_active: bool, members: usize) -> TeamId {
    let new = Team {
        id: team(n),
        name: name.to_owned(),
        slug: String::new(),
        is_squad: true,
        is_active,
        members,
    };
    draft.teams.insert(team(n), new);
    team(n)
}

fn add(n: u128) -> Change {
    Change::Add { member: member(n), share: share(50), hats: vec![] }
}

fn pool(draft: &Draft) -> Vec<String> {
    draft
        .pool()
        .iter()
        .map(|one| format!("{} {} {}", one.person.name, one.closes.len(), one.person.free()))
        .collect()
}

#[test]
fn who_closes_most_gaps_stands_first_then_who_has_most_time_then_the_name() {
    let mut draft = draft(6);
    person(&mut draft, 23, &[]);
    person(&mut draft, 22, &[]);
    person(&mut draft, 21, &[(team(1), 60)]);
    person(&mut draft, 24, &[(team(1), 100)]).levels.insert(BILLING, level(3));
    person(&mut draft, 25, &[]).levels.insert(BILLING, level(2));

    assert_eq!(
        pool(&draft),
        [
            "Person 24 1 0",
            "Person 22 0 100",
            "Person 23 0 100",
            "Person 25 0 100",
            "Person 21 0 40"
        ]
    );
}

#[test]
fn a_gap_that_is_closed_counts_no_more() {
    let mut draft = draft(6);
    for n in [20, 21, 22] {
        person(&mut draft, n, &[]).levels.insert(BILLING, level(4));
    }
    draft.apply(add(20)).unwrap();
    assert_eq!(pool(&draft)[0], "Person 21 1 100", "one is thin");
    draft.apply(add(21)).unwrap();
    assert_eq!(pool(&draft), ["Person 22 0 100"]);
}

#[test]
fn somebody_with_time_joins_beside_and_somebody_without_moves() {
    let mut draft = draft(5);
    let seven = neighbour(&mut draft, 1, "Solar Home", true, 7);
    let six = neighbour(&mut draft, 2, "Fair Bills", true, 6);
    let ways = |draft: &mut Draft, n, places: &[(TeamId, i32)]| {
        person(draft, n, places);
        let pool = draft.pool();
        pool.into_iter().find(|one| one.id == member(n)).unwrap().ways
    };

    let beside = ways(&mut draft, 20, &[(seven, 80)]);
    assert_eq!(beside.first, Some(Way::Add { share: share(20) }));
    assert_eq!(beside.more, [Way::Move { from: seven, share: share(80) }]);

    let moves = ways(&mut draft, 21, &[(seven, 90)]);
    assert_eq!(moves.first, Some(Way::Move { from: seven, share: share(90) }));
    assert_eq!(moves.more, [Way::Add { share: share(10) }]);

    let held = ways(&mut draft, 22, &[(six, 100)]);
    assert_eq!(held.first, None, "an active squad of six gives nobody, and there is no time left");
    assert_eq!((held.more, held.held_by), (vec![Way::Add { share: share(10) }], vec![six]));
}

#[test]
fn a_squad_takes_the_tenth_and_not_the_eleventh() {
    let mut draft = draft(9);
    person(&mut draft, 20, &[]);
    person(&mut draft, 21, &[]);

    draft.apply(add(20)).unwrap();
    let refused = draft.apply(add(21)).unwrap_err();

    assert!(matches!(&refused, ChangeRefused::Take(why) if why.code() == "squad_full"));
    assert_eq!((draft.size(), draft.changes.len()), (10, 1));
}

#[test]
fn an_active_squad_gives_the_seventh_and_not_the_sixth() {
    let mut draft = draft(3);
    let seven = neighbour(&mut draft, 1, "Solar Home", true, 7);
    let forming = neighbour(&mut draft, 2, "Heat Pumps", false, 6);
    for (n, from) in [(20, seven), (21, seven), (22, forming)] {
        person(&mut draft, n, &[(from, 100)]);
    }
    let go = |n, from| Change::Move { member: member(n), from, to: SQUAD, share: share(100) };

    draft.apply(go(20, seven)).unwrap();
    let refused = draft.apply(go(21, seven)).unwrap_err();
    draft.apply(go(22, forming)).unwrap();

    assert!(matches!(refused, ChangeRefused::Lose(_)));
    let said: Vec<_> = draft
        .effects()
        .iter()
        .map(|one| (draft.teams[&one.team].name.as_str(), one.before, one.after, one.health))
        .collect();
    assert_eq!(
        said,
        [("Heat Pumps", 6, 5, Health::TooSmall), ("Solar Home", 7, 6, Health::AtMinimum)]
    );
}

#[test]
fn somebody_shared_leaves_the_other_squad_as_large_as_it_was() {
    let mut draft = draft(3);
    let eight = neighbour(&mut draft, 1, "Solar Home", true, 8);
    person(&mut draft, 20, &[(eight, 50)]);
    assert_eq!(draft.effects(), [], "somebody in the pool changes nothing");

    draft.apply(add(20)).unwrap();

    let effect = draft.effects().remove(0);
    assert_eq!((effect.before, effect.after, effect.shared), (8, 8, 1));
    assert_eq!(effect.health, Health::Good);
}

#[test]
fn who_went_and_came_back_leaves_no_effect() {
    let mut draft = draft(3);
    let eight = neighbour(&mut draft, 1, "Solar Home", true, 8);
    person(&mut draft, 20, &[(eight, 50)]);
    let go = |from, to| Change::Move { member: member(20), from, to, share: share(50) };
    draft.apply(go(eight, SQUAD)).unwrap();
    draft.apply(go(SQUAD, eight)).unwrap();
    assert_eq!(draft.effects(), []);
}

#[test]
fn open_seats_are_no_members_and_take_no_more_than_ten_places() {
    let mut draft = draft(9);
    let seat = |n| {
        let (title, since) = ("Analyst".to_owned(), DateTime::<Utc>::default());
        Change::OpenSeat(Seat { id: SeatId(Uuid::from_u128(n)), title, since })
    };
    draft.apply(seat(1)).unwrap();
    assert_eq!(draft.size(), 9);
    assert_eq!(draft.apply(seat(2)), Err(ChangeRefused::Seats(TooManySeats)));
    assert_eq!(draft.count_words(), ("9 members".to_owned(), "and 1 open seat".to_owned()));
}

#[test]
fn the_sentence_below_the_meter_says_what_is_missing() {
    let words = |n| draft(n).size_words();
    assert_eq!(words(0), "Six more to reach 6.");
    assert_eq!(words(5), "One more to reach 6.");
    assert_eq!(words(6), "Within 6 to 10, with room for 4 more.");
    assert_eq!(words(10), "Full: for one to come, one has to go.");
}

#[test]
fn the_version_follows_members_shares_and_seats_and_not_the_pool() {
    let mut draft = draft(2);
    let before = draft.version();
    person(&mut draft, 20, &[]);
    assert_eq!(draft.version(), before);
    let mut versions = vec![before];
    for change in [
        add(20),
        Change::Share { member: member(20), share: share(60) },
        Change::Remove { member: member(0) },
    ] {
        draft.apply(change).unwrap();
        versions.push(draft.version());
    }
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), 4);
}

#[test]
fn a_change_that_is_not_about_the_squad_is_refused() {
    let mut draft = draft(2);
    person(&mut draft, 20, &[]);
    assert!(matches!(draft.apply(add(0)), Err(ChangeRefused::Join(_))));
    let remove = Change::Remove { member: member(20) };
    assert!(matches!(draft.apply(remove), Err(ChangeRefused::Left(_))));
}

fn last(kind: &str, places: Vec<LastPlace>) -> Last {
    Last {
        id: EventId::new(),
        kind: kind.to_owned(),
        summary: String::new(),
        subjects: vec![SQUAD.0, member(0).0],
        before: None,
        after: None,
        places,
    }
}

fn place(team: TeamId, n: u128, began: bool) -> LastPlace {
    LastPlace { team, member: member(n), share: share(40), began, is_current: began, hats: vec![] }
}

fn inverse(last: &Last, draft: &Draft) -> Option<Change> {
    last.inverse(draft, SeatId(Uuid::nil()), DateTime::default())
}

#[test]
fn what_was_added_is_removed_and_what_was_removed_is_added() {
    let draft = draft(3);
    let added = last("members_added", vec![place(SQUAD, 0, true)]);
    assert_eq!(inverse(&added, &draft), Some(Change::Remove { member: member(0) }));
    let removed = last("member_removed", vec![place(SQUAD, 20, false)]);
    let add = Change::Add { member: member(20), share: share(40), hats: vec![] };
    assert_eq!(inverse(&removed, &draft), Some(add));
}

#[test]
fn a_move_is_taken_back_with_the_share_of_before() {
    let moved = last("member_moved", vec![place(SQUAD, 0, true), place(team(1), 0, false)]);
    let back = Change::Move { member: member(0), from: SQUAD, to: team(1), share: share(40) };
    assert_eq!(inverse(&moved, &draft(3)), Some(back));
}

#[test]
fn what_others_have_gone_on_from_is_not_taken_back() {
    let draft = draft(3);
    let mut gone = place(SQUAD, 20, true);
    gone.is_current = false;
    assert_eq!(inverse(&last("members_added", vec![gone]), &draft), None);
    let back_again = last("member_removed", vec![place(SQUAD, 0, false)]);
    assert_eq!(inverse(&back_again, &draft), None);
    let mut shared = last("membership_edited", vec![]);
    (shared.before, shared.after) =
        (Some(json!({"allocation": 50})), Some(json!({"allocation": 60})));
    assert_eq!(inverse(&shared, &draft), None, "it is 100 now");
    shared.after = Some(json!({"allocation": 100}));
    let to = Change::Share { member: member(0), share: share(50) };
    assert_eq!(inverse(&shared, &draft), Some(to));
}

#[test]
fn several_who_came_at_once_are_not_taken_back_here() {
    let two = vec![place(SQUAD, 0, true), place(SQUAD, 1, true)];
    assert_eq!(inverse(&last("members_added", two), &draft(3)), None);
}

#[test]
fn what_passes_is_said_in_words() {
    let draft = draft(6);
    assert_eq!(
        draft.passes(&draft.findings()),
        [
            "6 members, within 6 to 10",
            "Analyze, Decide, Solve and Act are covered",
            "Nobody is over 100 % or in more than two squads",
        ]
    );
}
