//! H6 in what is shown: nothing before the closing or under the threshold, by any route. What is kept: `kept.rs`.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use trellis::health::{Colour, Mode};
use trellis::ids::RoundId;

use super::kept::tables_with;
use super::{World, code, rows};
use crate::access::{self, is_page, of_an_organization, patient};
use crate::given;
use crate::harness::{TestApp, Visitor};

/// A text of a person that stands nowhere else.
pub const NOTE: &str = "Xylophone marmalade";

/// What a page says, without the one-time keys of its forms, and without how long ago something was, beside which its time stands.
fn said(html: &str) -> String {
    let mut parts = html.split("data-ago>");
    let mut html = parts.next().unwrap_or_default().to_owned();
    html.extend(parts.map(|part| part.split_once("</time>").map_or(part, |(_, rest)| rest)));
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut text = String::new();
    for word in html.split_inclusive(|c: char| !is_part(c)) {
        let end = word.trim_end_matches(|c: char| !is_part(c));
        text.push_str(if end.len() == 43 { "KEY" } else { end });
        text.push_str(&word[end.len()..]);
    }
    text
}

/// Everything that some visitors can open, as they see it.
async fn everything(
    app: &TestApp,
    world: &access::World,
    visitors: &[(&str, Visitor)],
) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for route in of_an_organization().iter().filter(|route| is_page(route) && !route.is_change()) {
        let address = world.address(route, &app.slug);
        for (kind, visitor) in visitors {
            let answer = visitor.clone().get(&address).await;
            let edition = answer.headers.get("etag").map(|tag| format!("{tag:?}"));
            // A page of an error says which request it was.
            let id = answer.headers["x-request-id"].to_str().unwrap();
            let page = said(&answer.html.replace(id, "ID"));
            let page = format!("{} {edition:?} {page}", answer.status);
            seen.insert(format!("{kind}: {}", route.path), page);
        }
    }
    assert!(seen.len() > 200, "{}", seen.len());
    seen
}

/// One of everything, with the squad and the round of `own`.
async fn addresses(app: &TestApp, own: &World, round: RoundId) -> access::World {
    let mut world = access::World::new(app, &app.slug, &app.founder(), None).await;
    world.ids.insert("squad", own.slug.clone());
    world.ids.insert("round", round.to_string());
    world
}

/// Everybody who has not answered: each role, and the squad's eighth member.
async fn onlookers(app: &TestApp, world: &World) -> [(&'static str, Visitor); 5] {
    [
        ("admin and leader", app.admin().await),
        ("leader", app.leader("Ruth Abara").await),
        ("coach", world.coach.clone()),
        ("squad's member", world.members[7].clone()),
        ("other member", app.member("Wei Zhang").await),
    ]
}

/// What differs between two looks.
fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    before.iter().filter(|(at, page)| after[*at] != **page).map(|(at, _)| at.clone()).collect()
}

#[tokio::test]
async fn nothing_that_anybody_can_open_depends_on_the_answers_before_the_closing() {
    let app = patient().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let addresses = addresses(&app, &world, round).await;
    let onlookers = onlookers(&app, &world).await;
    let all = async |colour: Colour, note: &str| {
        for who in 0..7 {
            world.answer(&app, round, who, colour, note).await;
        }
    };

    // A minute may pass between two looks, and some pages say minutes: what differs twice depends on the answers.
    let mut always: Option<BTreeSet<String>> = None;
    for _ in 0..2 {
        all(Colour::Green, "").await;
        let before = everything(&app, &addresses, &onlookers).await;
        all(Colour::Red, NOTE).await;
        let after = everything(&app, &addresses, &onlookers).await;
        assert!(after.values().all(|page| !page.contains(NOTE)));
        let differ: BTreeSet<_> = differences(&before, &after).into_iter().collect();
        always = Some(always.map_or(differ.clone(), |last| &last & &differ));
        if differ.is_empty() {
            break;
        }
    }
    assert_eq!(always, Some(BTreeSet::new()));

    let own = world.members[0].clone().get(&world.at(&app, round, "")).await;
    assert!(!own.html.contains(NOTE), "nor does who has answered see more of the round");
    assert_eq!(own.text("#voters .badge"), "7 of 8");

    world.close(&app, round).await;

    for (kind, visitor) in onlookers {
        let page = visitor.clone().get(&world.at(&app, round, "")).await;
        assert_eq!(page.status, StatusCode::OK, "{kind}");
        assert_eq!(page.texts(".results .tally").len(), world.questions.len(), "{kind}");
        assert!(page.text(".results .tally").contains("7 needs help"), "{kind}");
        assert_eq!(
            page.html.contains(NOTE),
            kind == "squad's member",
            "{kind}: only sums leave the squad"
        );
    }
}

#[tokio::test]
async fn three_answers_where_four_are_needed_are_never_shown_and_not_kept() {
    let app = patient().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..3 {
        world.answer(&app, round, who, Colour::Red, NOTE).await;
    }
    world.close(&app, round).await;

    let addresses = addresses(&app, &world, round).await;
    let mut visitors = onlookers(&app, &world).await.to_vec();
    visitors.push(("who answered", world.members[0].clone()));
    for (at, page) in everything(&app, &addresses, &visitors).await {
        assert!(!page.contains(NOTE) && !page.contains("class=\"tally\""), "{at}");
    }
    for table in ["health_result", "health_comment", "health_ballot", "health_round_secret"] {
        assert_eq!(rows(&app, table, round).await, 0, "{table}");
    }
    assert_eq!(tables_with(&app, &[NOTE.to_owned()]).await, BTreeSet::new());
    let page = world.members[0].clone().get(&world.at(&app, round, "")).await;
    assert!(page.text(".empty").contains("3 people answered, and 4 are needed"), "kindly");
}

#[tokio::test]
async fn a_dimension_that_too_few_answered_is_not_shown_in_a_round_that_is() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let (first, second) = (world.questions[0], world.questions[1]);
    for who in 0..4 {
        world.answer_one(&app, round, who, first, Colour::Green, "").await.unwrap();
    }
    for who in 0..3 {
        world.answer_one(&app, round, who, second, Colour::Red, NOTE).await.unwrap();
    }
    world.close(&app, round).await;

    assert_eq!(rows(&app, "health_result", round).await, 1);
    assert_eq!(tables_with(&app, &[NOTE.to_owned()]).await, BTreeSet::new());
    let page = world.coach.clone().get(&world.at(&app, round, "")).await;
    assert_eq!(page.texts(".results .tally").len(), 1);
}

#[tokio::test]
async fn who_leaves_or_comes_late_reveals_nothing() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..5 {
        let colour = if who == 4 { Colour::Red } else { Colour::Green };
        world.answer(&app, round, who, colour, "").await;
    }
    let results = async || {
        let page = world.coach.clone().get(&world.at(&app, round, "")).await;
        (page.texts(".results > li .tally"), page.html.contains("5 of 8 answered"))
    };
    assert!(results().await.0.is_empty());
    world.remove(&app, 4).await;
    assert!(results().await.0.is_empty(), "nothing is shown because somebody was removed");

    world.close(&app, round).await;
    let shown = results().await;
    assert!(shown.1, "who answered and left is counted among those who could have answered");
    assert!(shown.0[0].contains("4 going well") && shown.0[0].contains("1 needs help"));

    world.remove(&app, 3).await;
    assert_eq!(results().await, shown, "no second state to subtract");
    let late = world.answer_one(&app, round, 6, world.questions[0], Colour::Red, "").await;
    assert_eq!(code(late), "round_closed");
    let form = "at=1&colour=red";
    let late = world.members[6].clone().post(&world.at(&app, round, "/answer"), form).await;
    assert_eq!(late.status, StatusCode::SEE_OTHER);
    assert_eq!(results().await, shown);
    let gone = world.answer_one(&app, round, 4, world.questions[0], Colour::Red, "").await;
    assert_eq!(code(gone), "forbidden", "who is not in the squad is told nothing of the round");
}

#[tokio::test]
async fn whoever_comes_later_reads_neither_notes_nor_names() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let mut rounds = vec![];
    for mode in [Mode::Anonymous, Mode::Open] {
        let round = world.open_as(&app, mode).await;
        for who in 0..4 {
            world.answer(&app, round, who, Colour::Amber, NOTE).await;
        }
        world.close(&app, round).await;
        rounds.push(round);
    }
    let leader = app.leader("Ruth Abara").await;
    given::join(&app, world.squad, &[leader.id()]).await;
    for round in rounds {
        let url = world.at(&app, round, "");
        let page = leader.clone().get(&url).await;
        assert!(!page.html.contains(NOTE) && page.count(".notes") == 0);
        assert!(!page.text("main").contains("Aisha Rahman"));
        assert_eq!(page.count(".results .tally"), world.questions.len(), "the sums are for all");
        assert!(page.text("#round-parts .note").contains("You came later"));
        let own = world.members[7].clone().get(&url).await;
        assert!(own.html.contains(NOTE) && !own.text("main").contains("You came later"));
    }
}

#[tokio::test]
async fn who_has_answered_is_known_to_the_squad_alone() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    world.answer(&app, round, 0, Colour::Green, "").await;
    let url = world.at(&app, round, "");
    let inside = world.members[1].clone().get(&url).await;
    assert!(inside.texts("#voters li").iter().any(|it| it.contains("Aisha Rahman")));
    for visitor in [world.coach.clone(), app.admin().await, app.member("Wei Zhang").await] {
        let page = visitor.clone().get(&url).await;
        assert_eq!(page.text("#voters .badge"), "1 of 8");
        assert!(page.text("#voters").contains("Only how many answered is known"));
        assert!(page.count("#voters li") == 0 && !page.text("main").contains("Aisha Rahman"));
    }
}

#[tokio::test]
async fn an_open_round_says_so_first_and_keeps_names_only_after_the_closing() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open_as(&app, Mode::Open).await;
    let voting = world.members[0].clone().get(&world.at(&app, round, "/answer")).await;
    assert!(
        voting.text(".promise").starts_with("Open, with names."),
        "{}",
        voting.text(".promise")
    );
    for who in 0..4 {
        world.answer(&app, round, who, Colour::Amber, NOTE).await;
    }
    let page = async || world.members[0].clone().get(&world.at(&app, round, "")).await;
    assert!(!page().await.html.contains(NOTE));

    world.close(&app, round).await;

    assert!(page().await.text(".notes").contains("Aisha Rahman: “Xylophone marmalade”"));
    let outside = world.coach.clone().get(&world.at(&app, round, "")).await;
    assert!(!outside.html.contains(NOTE) && outside.count(".results .tally") == 11, "sums only");
    let few = world.open_as(&app, Mode::Open).await;
    world.answer(&app, few, 0, Colour::Red, "").await;
    world.close(&app, few).await;
    assert_eq!(rows(&app, "health_open_answer", few).await, 0, "nor under the threshold");
}
