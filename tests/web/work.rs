//! My work: what waits for one person, done in place.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::backlog::service as items;
use trellis::coaching::{Offered, Topic, service};

use crate::backlog::{self, now, reason};
use crate::coaching::{World, get, post, standing, terms};
use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

async fn work(app: &TestApp, visitor: &Visitor) -> Answer {
    let answer = get(visitor, &app.at("/work")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text("main"));
    answer
}

/// Sends the form of a page whose button begins with these words, as a browser would.
async fn press(visitor: &Visitor, page: &Answer, label: &str) -> Answer {
    let html = scraper::Html::parse_document(&page.html);
    let (forms, inputs, buttons) =
        ["form", "input", "button"].map(|it| scraper::Selector::parse(it).unwrap()).into();
    let form = html
        .select(&forms)
        .find(|form| {
            form.select(&buttons).any(|it| it.text().collect::<String>().starts_with(label))
        })
        .unwrap_or_else(|| panic!("no button {label} in {}", page.text("main")));
    let sent: Vec<_> = form
        .select(&inputs)
        .map(|input| {
            let of = |name| {
                input.value().attr(name).unwrap_or_default().replace('/', "%2F").replace(':', "%3A")
            };
            format!("{}={}", of("name"), of("value"))
        })
        .collect();
    let action = form.value().attr("action").unwrap().to_owned();
    post(visitor, &action, &sent.join("&")).await
}

#[tokio::test]
async fn a_member_agrees_in_place_and_it_waits_no_more() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.asked(&app).await;
    let coach = now(&app, &world.coach);
    service::pull(&app.pool, &coach, id).await.unwrap();
    let today = coach.at.date_naive();
    service::write_agreement(&app.pool, &coach, id, 0, &terms(&app, 30), today).await.unwrap();

    let page = work(&app, &world.member).await;
    assert!(page.text("#work-parts .list").contains("Agree on the coaching: Pace is hurting us."));
    let agreed = press(&world.member, &page, "Agree").await;

    assert_eq!(agreed.assert_redirect(), app.at("/work"));
    assert_eq!(standing(&app, id).await.0, "agreed");
    assert!(!work(&app, &world.member).await.html.contains("Agree on the coaching"));
}

#[tokio::test]
async fn a_coach_pulls_in_place_as_long_as_there_is_room_and_then_writes_what_is_agreed() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.asked(&app).await;
    service::set_limit(&app.pool, &now(&app, &world.coach), 1).await.unwrap();

    let page = work(&app, &world.coach).await;
    let pulled = press(&world.coach, &page, "Pull").await;
    assert_eq!(pulled.assert_redirect(), app.at("/work"));
    assert_eq!(standing(&app, id).await.1, Some(world.coach.id().0));

    world.asked(&app).await;
    let page = work(&app, &world.coach).await;
    assert!(page.text("main").contains("Agree with the squad: Pace is hurting us."));
    assert!(!page.html.contains("/pull"), "there is no room");
}

#[tokio::test]
async fn an_offer_and_a_session_are_answered_in_place_by_those_for_whom_they_are() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.agreed(&app).await;
    let coach = now(&app, &world.coach);
    let before = coach.at - TimeDelta::hours(1);
    service::plan_session(&app.pool, &coach, id, before).await.unwrap();
    let (topic, offered) = (Topic::parse("Skills").unwrap(), Offered::parse("I help").unwrap());
    service::offer(&app.pool, &coach, world.squad, &topic, &offered).await.unwrap();
    let other = app.member("Of Another Squad").await;
    let page = work(&app, &other).await;
    assert!(page.text("#work-parts").contains("Nobody waits for you"), "nothing of others");

    let page = work(&app, &world.member).await;
    assert_eq!(press(&world.member, &page, "Decline").await.assert_redirect(), app.at("/work"));
    let page = work(&app, &world.member).await;
    assert!(!page.html.contains("offers coaching"));
    assert_eq!(
        press(&world.member, &page, "It took place").await.assert_redirect(),
        app.at("/work")
    );
    assert_eq!(standing(&app, id).await.0, "active");
}

#[tokio::test]
async fn what_waits_goes_on_by_a_button_and_a_check_in_stands_here_with_its_form() {
    let app = TestApp::new().await;
    let group = backlog::group(&app, &["Fair Bills"]).await;
    backlog::ready(&app, &group, 1).await;
    let (squad, member) = group.squad(&app, 0);
    items::pull(&app.pool, &member, group.product, 1, squad, None).await.unwrap();
    let why = reason("The tariff is not there yet");
    items::block(&app.pool, &member, group.product, 1, &why).await.unwrap();
    let metric = given::metric("First bill correct", 97.0);
    trellis::metrics::service::set_goal(&app.pool, &app.founder(), squad, &metric).await.unwrap();
    app.clock().advance(TimeDelta::days(8));
    let visitor = app.again(&group.squads[0].1).await;

    let page = work(&app, &visitor).await;
    assert!(page.text("main").contains("NA-1 waits"), "{}", page.text("main"));
    assert!(page.text("main").contains("Check in: First bill correct."));
    let on = press(&visitor, &page, "It goes on").await;
    assert_eq!(on.assert_redirect(), app.at("/work"));
    let form = page.attribute("form[action$='/check-in']", "action").unwrap();
    let next = app.at("/work").replace('/', "%2F");
    let checked =
        post(&visitor, &form, &format!("value=94&confidence=on_track&note=&next={next}")).await;
    assert_eq!(checked.assert_redirect(), app.at("/work"), "{}", checked.text("main"));
    let page = work(&app, &visitor).await;
    assert!(!page.text("main").contains("NA-1 waits") && !page.text("main").contains("Check in:"));
}

#[tokio::test]
async fn nobody_has_more_than_ten_things_and_a_newcomer_has_none() {
    let app = TestApp::new().await;
    let newcomer = app.member("Nora Neu").await;
    assert!(work(&app, &newcomer).await.text("main").contains("Nobody waits for you"));
    let leader = app.leader("Ruth Abara").await;
    for n in 0..12 {
        given::squad(&app, &format!("Squad {n}")).await;
    }

    let page = work(&app, &leader).await;
    let html = scraper::Html::parse_document(&page.html);
    let things = scraper::Selector::parse("#work-parts > section > .list > li").unwrap();
    assert!(html.select(&things).count() <= 10);
}
