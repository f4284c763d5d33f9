//! Packs: what every organization begins with, one's own, wordings, the settings.

use trellis::health::service::{self, Way};
use trellis::health::{Colour, PackAbout, PackName, Wording};

use super::{World, code, now};
use crate::harness::TestApp;

#[tokio::test]
async fn every_organization_begins_with_four_packs() {
    let app = TestApp::new().await;
    let page = app.member("Wei Zhang").await.get(&app.at("/health/packs")).await;
    let names = page.texts("#pk-h + ul a.t");
    assert_eq!(
        names,
        ["Customer value squad", "Squad health", "Team cognitive load", "Psychological safety"]
    );
    let sizes = page.texts("#pk-h + ul .push");
    assert_eq!(sizes, ["10 dimensions", "11 dimensions", "6 dimensions", "6 dimensions"]);
}

#[tokio::test]
async fn a_pack_of_ones_own_is_made_ordered_and_ended_by_those_with_a_role() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let url = app.at("/health/packs");
    let refused = world.members[0].clone().post(&url, "name=Ours&about=").await;
    assert_eq!(refused.status.as_u16(), 403);
    let mut leader = app.leader("Ruth Abara").await;
    leader.post(&url, "name=Ours&about=What+we+ask").await.assert_redirect();
    let taken = leader.post(&url, "name=ours&about=").await;
    assert_eq!(taken.text("#name-error"), "A pack is called ours already. Choose another name.");
    let ours = format!("{url}/ours");
    for name in ["Focus", "Trust"] {
        let form = format!("name={name}&green=Yes&amber=Partly&red=No");
        leader.post(&format!("{ours}/dimensions"), &form).await.assert_redirect();
    }
    let empty = leader.post(&format!("{ours}/dimensions"), "name=&green=Yes&amber=x&red=").await;
    assert_eq!(empty.text("#name-error"), "Fill in the name.");
    assert_eq!(empty.attribute("#green", "value").unwrap(), "Yes", "what was typed is kept");

    let (pack, questions) = service::pack_of(&app.pool, &app.founder(), "ours").await.unwrap();
    let actor = now(&app, &leader);
    service::move_dimension(&app.pool, &actor, (pack, questions[1]), Way::Up).await.unwrap();
    let (_, moved) = service::pack_of(&app.pool, &app.founder(), "ours").await.unwrap();
    assert_eq!(moved, [questions[1], questions[0]]);
    service::end_dimension(&app.pool, &actor, (pack, questions[0])).await.unwrap();
    service::end_pack(&app.pool, &actor, pack).await.unwrap();
    let late = service::end_dimension(&app.pool, &actor, (pack, questions[1])).await;
    assert_eq!(code(late), "pack_ended");
    let new = service::NewRound { pack, ..world.new_round(&app) };
    let coach = now(&app, &world.coach);
    let closed = service::open(&app.pool, &coach, world.squad, chrono_tz::Tz::UTC, &new).await;
    assert_eq!(code(closed), "pack_ended");
    service::resume_pack(&app.pool, &actor, pack).await.unwrap();
}

#[tokio::test]
async fn a_pack_without_dimensions_is_not_asked() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (name, about) = (PackName::parse("Empty").unwrap(), PackAbout::parse("").unwrap());
    let coach = now(&app, &world.coach);
    let (pack, _) = service::create_pack(&app.pool, &coach, &name, &about).await.unwrap();
    let new = service::NewRound { pack, ..world.new_round(&app) };
    let refused = service::open(&app.pool, &coach, world.squad, chrono_tz::Tz::UTC, &new).await;
    assert_eq!(code(refused), "pack_empty");
}

#[tokio::test]
async fn a_round_keeps_the_words_that_it_began_with_and_lines_break_where_they_changed() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let everybody = async |round| {
        for who in 0..4 {
            world.answer(&app, round, who, Colour::Green, "").await;
        }
    };
    let first = world.open(&app).await;
    let wording = Wording::parse("Delivering value", "Now so", "Now half", "Now not").unwrap();
    let which = (world.pack, world.questions[0]);
    let actor = now(&app, &world.coach);
    service::reword(&app.pool, &actor, which, 1, &wording).await.unwrap();
    let stale = service::reword(&app.pool, &actor, which, 1, &wording).await;
    assert_eq!(code(stale), "stale");
    let voting = world.members[0].clone().get(&world.at(&app, first, "/answer?at=1")).await;
    assert!(!voting.html.contains("Now so"), "frozen");
    everybody(first).await;
    world.close(&app, first).await;

    let second = world.open(&app).await;
    let voting = world.members[0].clone().get(&world.at(&app, second, "/answer?at=1")).await;
    assert!(voting.html.contains("Now so"));
    everybody(second).await;
    world.close(&app, second).await;

    let mut member = world.members[0].clone();
    let over_time = member.get(&world.url(&app, "")).await;
    assert_eq!(over_time.count("td.brk"), 1);
    assert_eq!(over_time.count(".hline .brk"), 1);
    assert_eq!(over_time.count(".hline polyline"), 10, "eleven lines, and one is broken");
    let results = member.get(&world.at(&app, second, "")).await;
    assert!(results.text(".results > li").contains("other words than the last time"));
}

#[tokio::test]
async fn admins_set_the_threshold_for_rounds_to_come() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let open = world.open(&app).await;
    let url = app.at("/health/settings");
    assert_eq!(world.coach.clone().post(&url, "threshold=3&cadence=8").await.status.as_u16(), 403);
    let mut admin = app.admin_only().await;
    let shown = admin.get(&app.at("/health/packs")).await;
    assert_eq!(shown.attribute("[name=version]", "value").as_deref(), Some("1"));
    for (bad, _) in [("2", 0), ("11", 0)] {
        let refused = admin.post(&url, &format!("threshold={bad}&cadence=8&version=1")).await;
        assert_eq!(refused.text("#threshold-error"), "Write a whole number from 3 to 10.");
    }
    admin.post(&url, "threshold=3&cadence=6&version=1").await.assert_redirect();
    let late = admin.post(&url, "threshold=5&cadence=6&version=1").await;
    assert_eq!(
        late.status.as_u16(),
        409,
        "two who change them at once do not overwrite each other"
    );
    assert!(late.text("main .banner").contains("Somebody changed the settings"));
    assert_eq!(late.attribute("#threshold", "value").as_deref(), Some("5"), "what was typed stays");
    assert!(late.text("main form .now").contains('3'), "beside what is saved");
    assert_eq!(late.attribute("[name=version]", "value").as_deref(), Some("2"));

    for who in 0..3 {
        world.answer(&app, open, who, Colour::Red, "").await;
    }
    world.close(&app, open).await;
    let old = world.coach.clone().get(&world.at(&app, open, "")).await;
    assert!(old.text(".empty").contains("4 are needed"), "the open round kept its threshold");
    let next = world.open(&app).await;
    for who in 0..3 {
        world.answer(&app, next, who, Colour::Red, "").await;
    }
    world.close(&app, next).await;
    assert_eq!(super::rows(&app, "health_result", next).await, 11);
}
