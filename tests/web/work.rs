//! My work: what waits for one person, done in place.

use axum::http::StatusCode;
use chrono::TimeDelta;
use chrono_tz::Tz;
use trellis::backlog::{Breadth, Bulk, service as items};
use trellis::coaching::{Offered, Topic, service};
use trellis::health::{Answer as Said, Colour, Comment, service as checks};
use trellis::learning::{
    EvidenceLink, Family, Focus, Learned, NewEvidence, Practised, Reflection, Source, Terms,
    service as learning,
};
use trellis::products::service as products;

use crate::backlog::{self, now, outcome, reason};
use crate::coaching::{World, get, post, standing, terms};
use crate::given;
use crate::harness::{Answer, TestApp, Visitor};
use crate::health;

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

/// The thing of a page whose text has these words, with where its action leads.
fn thing(page: &Answer, words: &str) -> Option<(String, String)> {
    let html = scraper::Html::parse_document(&page.html);
    let [things, ways] = ["#work-parts > section > .list > li", ".ways a"]
        .map(|it| scraper::Selector::parse(it).unwrap());
    html.select(&things).find_map(|it| {
        let text = it.text().collect::<Vec<_>>().join(" ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let way = it.select(&ways).next().and_then(|way| way.value().attr("href"));
        text.contains(words).then(|| (text, way.unwrap_or_default().to_owned()))
    })
}

#[tokio::test]
async fn a_vote_that_is_half_done_waits_until_the_last_question_is_answered() {
    let app = TestApp::new().await;
    let world = health::World::new(&app).await;
    let round = world.open(&app).await;
    let member = &world.members[0];
    let of = world.questions.len();
    let vote = world.at(&app, round, "/answer");

    let (said, way) = thing(&work(&app, member).await, "How is your squad doing?").unwrap();
    assert!(said.ends_with("Answer") && way == vote, "{said} {way}");
    for question in &world.questions[1..] {
        world.answer_one(&app, round, 0, *question, Colour::Green, "").await.unwrap();
        let (said, way) = thing(&work(&app, member).await, "How is your squad doing?").unwrap();
        assert!(said.contains(&format!("of {of} questions")) && way == vote, "{said}");
        assert!(said.ends_with("Go on"), "{said}");
    }
    world.answer_one(&app, round, 0, world.questions[0], Colour::Green, "").await.unwrap();
    assert_eq!(thing(&work(&app, member).await, "How is your squad doing?"), None);
    let other = thing(&work(&app, &world.members[1]).await, "How is your squad doing?").unwrap();
    assert!(other.0.ends_with("Answer"), "what one has answered says nothing of another");
}

/// A round in which enough members gave the first two questions the same colour.
async fn closed(app: &TestApp, world: &health::World, colour: Colour) -> trellis::ids::RoundId {
    let round = world.open(app).await;
    for who in 0..4 {
        for question in &world.questions[..2] {
            world.answer_one(app, round, who, *question, colour, "").await.unwrap();
        }
    }
    world.close(app, round).await;
    round
}

#[tokio::test]
async fn after_the_reveal_the_squad_agrees_then_acts_and_says_what_came_of_it() {
    let app = TestApp::new().await;
    let world = health::World::new(&app).await;
    let round = closed(&app, &world, Colour::Amber).await;
    let outsider = app.member("Of Another Squad").await;
    let member = &world.members[0];

    let (said, way) = thing(&work(&app, member).await, "Agree on colour and arrow").unwrap();
    assert!(said.contains("Nothing is agreed on yet."), "{said}");
    assert_eq!(way, world.at(&app, round, ""));
    for question in &world.questions[..2] {
        let version: i32 =
            sqlx::query_scalar("select version from health_result where dimension_id = $1")
                .bind(question)
                .fetch_one(&app.pool)
                .await
                .unwrap();
        let page = work(&app, member).await;
        assert!(thing(&page, "Choose one or two things").is_none(), "first they agree");
        let (actor, of) = (now(&app, member), (round, *question));
        checks::agree(&app.pool, &actor, of, version, Colour::Red, None).await.unwrap();
    }
    let page = work(&app, member).await;
    assert!(thing(&page, "Agree on colour").is_none());
    let (_, way) = thing(&page, "Choose one or two things to do").unwrap();
    assert_eq!(way, world.at(&app, round, "#actions"));

    let today = health::today(&app);
    let form = format!("body=Fewer+meetings&due_on={today}&dimension=");
    post(member, &world.at(&app, round, "/actions"), &form).await.assert_redirect();
    let page = work(&app, member).await;
    assert!(thing(&page, "Choose one or two").is_none());
    assert!(thing(&page, "What became of it?").is_none(), "its day has not passed");
    app.clock().advance(TimeDelta::days(1));
    let member = &app.again(member).await;
    let (said, way) = thing(&work(&app, member).await, "What became of it?").unwrap();
    assert!(said.contains("Fewer meetings. Your squad wanted to do it until yesterday."), "{said}");
    let (health, below) = way.split_once('#').unwrap();
    assert!(get(member, health).await.html.contains(&format!("id=\"{below}\"")), "{way}");

    let outsider = app.again(&outsider).await;
    assert!(work(&app, &outsider).await.text("#work-parts").contains("Nobody waits for you"));
    let action = below.trim_start_matches("a-");
    let follow_up = world.url(&app, &format!("/actions/{action}"));
    post(member, &follow_up, "state=done&said=Two+less").await.assert_redirect();
    assert!(thing(&work(&app, member).await, "What became of it?").is_none());
}

#[tokio::test]
async fn a_coach_reads_where_it_is_getting_worse_until_somebody_helps() {
    let app = TestApp::new().await;
    let world = health::World::new(&app).await;
    closed(&app, &world, Colour::Green).await;
    assert_eq!(thing(&work(&app, &world.coach).await, "getting worse"), None, "nothing before it");
    app.clock().advance(TimeDelta::hours(20));
    let second = closed(&app, &world, Colour::Amber).await;

    let names: Vec<String> = sqlx::query_scalar(
        "select v.name from health_round_dimension d join health_dimension_version v using (dimension_id, version) \
         where d.round_id = $1 order by d.position limit 2",
    )
    .bind(second)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let coach = app.again(&world.coach).await;
    let (said, way) = thing(&work(&app, &coach).await, "getting worse").unwrap();
    let title = format!("Fair Bills : {} and {} are getting worse.", names[0], names[1]);
    assert!(said.starts_with(&title), "{said}");
    assert!(said.contains("4 votes moved from green to amber"), "{said}");
    let (round, below) = way.split_once('#').unwrap();
    assert_eq!(round, world.at(&app, second, ""));
    assert!(get(&coach, round).await.html.contains(&format!("id=\"{below}\"")));
    let leader = app.leader("Ruth Abara").await;
    assert_eq!(thing(&work(&app, &leader).await, "getting worse"), None, "it is the coach's");

    let member = now(&app, &world.members[0]);
    crate::coaching::asked(&app, world.squad, &member).await;
    let page = work(&app, &coach).await;
    assert_eq!(thing(&page, "getting worse"), None, "the squad has asked");
    assert!(thing(&page, "Pace is hurting us").is_some());
}

#[tokio::test]
async fn what_too_few_answered_gets_neither_better_nor_worse() {
    let app = TestApp::new().await;
    let world = health::World::new(&app).await;
    closed(&app, &world, Colour::Green).await;
    app.clock().advance(TimeDelta::hours(20));
    let second = world.open(&app).await;
    for who in 0..3 {
        let said = Said { colour: Colour::Red, trend: None, comment: Comment::parse("").unwrap() };
        let actor = now(&app, &world.members[who]);
        checks::answer(&app.pool, &actor, second, world.questions[0], &said).await.unwrap();
    }
    world.close(&app, second).await;

    let coach = app.again(&world.coach).await;
    assert_eq!(thing(&work(&app, &coach).await, "getting worse"), None);
    let page = work(&app, &app.again(&world.members[0]).await).await;
    assert_eq!(thing(&page, "Agree on colour and arrow"), None, "there is nothing to agree on");
}

#[tokio::test]
async fn a_lead_pm_reads_whose_plan_stands_still_what_is_too_old_and_who_pulls_only_narrow_items() {
    let app = TestApp::new().await;
    let group = backlog::group(&app, &["Fair Bills"]).await;
    let numbers = backlog::ready(&app, &group, 6).await;
    let narrow = Bulk::Breadth(Breadth::Task);
    items::bulk(&app.pool, &group.lead(&app), group.product, &numbers, narrow, None).await.unwrap();
    for number in &numbers[..5] {
        let (squad, member) = group.squad(&app, 0);
        items::pull(&app.pool, &member, group.product, *number, squad, None).await.unwrap();
        let done = outcome("Fewer calls");
        items::finish(&app.pool, &member, group.product, *number, &done).await.unwrap();
    }
    let apprentice = app.member("Samuel Okafor").await;
    let lead = group.lead(&app);
    products::begin_apprenticeship(&app.pool, &lead, group.product, apprentice.id()).await.unwrap();
    app.clock().advance(TimeDelta::days(57));
    let (squad, member) = group.squad(&app, 0);
    items::pull(&app.pool, &member, group.product, 6, squad, None).await.unwrap();
    let page = work(&app, &app.again(&group.lead).await).await;
    let product = app.at("/products/norvik-app");
    assert!(
        page.text("#work-parts aside").contains("Your product"),
        "{}",
        page.text("#work-parts aside")
    );
    assert_eq!(page.attribute("#work-parts aside a", "href"), Some(product.clone()));

    let (said, way) = thing(&page, "Samuel Okafor has no learning plan.").unwrap();
    assert!(said.starts_with("Norvik App") && said.ends_with("Make a plan"), "{said}");
    assert_eq!(way, format!("{product}/learning/{}", apprentice.id()));
    let (_, way) = thing(&page, "Fair Bills has pulled only tasks and features").unwrap();
    assert_eq!(way, format!("{product}/items/new"));
    assert_eq!(thing(&page, "is in hand for"), None, "it was pulled today");

    app.clock().advance(TimeDelta::days(1));
    let page = work(&app, &app.again(&group.lead).await).await;
    let (said, way) = thing(&page, "NA-6 is in hand for 2 days.").unwrap();
    assert!(
        said.contains("Fair Bills holds it. 85 % of its items were done within 1 day"),
        "{said}"
    );
    assert_eq!(way, format!("{product}/items/NA-6"));
    let of_squad = work(&app, &app.again(&group.squads[0].1).await).await;
    for words in ["no learning plan", "is in hand for", "pulled only tasks"] {
        assert_eq!(thing(&of_squad, words), None, "it is the lead PM's");
    }
}

#[tokio::test]
async fn an_apprentice_reads_what_is_open_in_their_own_plan_until_it_is_done() {
    let app = TestApp::new().await;
    let group = backlog::group(&app, &[]).await;
    let visitor = app.member("Samuel Okafor").await;
    let lead = group.lead(&app);
    let begun = products::begin_apprenticeship(&app.pool, &lead, group.product, visitor.id())
        .await
        .unwrap();
    let plan = app.at(&format!("/products/norvik-app/learning/{}", visitor.id()));

    let page = work(&app, &visitor).await;
    assert!(
        page.text("#work-parts aside").contains("has not made it yet."),
        "{}",
        page.text("#work-parts aside")
    );
    assert_eq!(page.attribute("#work-parts aside a", "href"), Some(plan.clone()));
    let (_, way) = thing(&page, "You have no learning plan.").unwrap();
    assert_eq!(way, plan);
    let terms = Terms {
        starts_on: app.clock().now().date_naive(),
        weeks: 12,
        focus: Focus::parse("Hear customers").unwrap(),
        squad: None,
    };
    learning::make_plan(&app.pool, &lead, begun, &terms, Source::First).await.unwrap();
    let page = work(&app, &visitor).await;
    assert!(page.text("#work-parts").contains("Nobody waits for you"), "the plan has only begun");

    app.clock().advance(TimeDelta::days(16));
    let visitor = app.again(&visitor).await;
    let page = work(&app, &visitor).await;
    for words in [
        "You have added no evidence for 16 days.",
        "You have been at no customer call for 16 days.",
    ] {
        let (said, way) = thing(&page, words).unwrap();
        assert!(said.starts_with("Norvik App") && said.ends_with("Log practice"), "{said}");
        assert_eq!(way, format!("{plan}/log"));
    }
    let (said, way) = thing(&page, "One step is past its week.").unwrap();
    assert!(said.contains("“Sit in on calls"), "{said}");
    assert_eq!(way, plan);
    let (_, way) = thing(&page, "You have not looked back at week 2.").unwrap();
    assert_eq!(way, format!("{plan}/reflections?week=2"));
    for way in [plan.clone(), format!("{plan}/log"), way] {
        assert_eq!(get(&visitor, &way).await.status, StatusCode::OK, "{way}");
    }
    let of_lead = work(&app, &app.again(&group.lead).await).await;
    assert!(thing(&of_lead, "You have").is_none(), "it is the apprentice's");

    let learner = now(&app, &visitor);
    let text = Reflection::parse("I was afraid of the silence").unwrap();
    learning::reflect(&app.pool, &learner, (begun, 2), Tz::UTC, 0, &text).await.unwrap();
    let step = learning::steps_of(&app.pool, &learner, begun, Family::Calls).await.unwrap()[0];
    for n in 0..4 {
        let page = work(&app, &visitor).await;
        assert!(thing(&page, "One step is past").is_some(), "practised {n} times of 4");
        let evidence = NewEvidence {
            step,
            on: learner.at.date_naive(),
            practised: Practised::parse("Lunde family, 25 min").unwrap(),
            learned: Learned::parse("They fear the bill").unwrap(),
            item: String::new(),
            link: EvidenceLink::default(),
            is_call: n > 0,
        };
        learning::log(&app.pool, &learner, begun, Tz::UTC, &evidence).await.unwrap();
        let page = work(&app, &visitor).await;
        assert_eq!(thing(&page, "You have added no evidence"), None);
        assert_eq!(thing(&page, "at no customer call").is_some(), n == 0, "after {n} calls");
    }
    let page = work(&app, &visitor).await;
    assert!(page.text("#work-parts").contains("Nobody waits for you"), "{}", page.text("main"));

    app.clock().advance(TimeDelta::days(7));
    let page = work(&app, &app.again(&visitor).await).await;
    let (said, _) = thing(&page, "steps are past their week.").unwrap();
    assert!(said.contains("2 steps") && !said.contains("Sit in on calls"), "{said}");
    assert!(thing(&page, "You have not looked back at week 3.").is_some());
    assert!(!page.html.contains("silence"), "of a reflection only the week is known here");
}

#[tokio::test]
async fn everybody_begins_where_their_question_is_answered() {
    let app = TestApp::new().await;
    let group = backlog::group(&app, &[]).await;
    let apprentice = app.member("Samuel Okafor").await;
    let lead = group.lead(&app);
    products::begin_apprenticeship(&app.pool, &lead, group.product, apprentice.id()).await.unwrap();
    let product = app.at("/products/norvik-app");
    for (visitor, there) in [
        (app.leader("Ruth Abara").await, app.at("")),
        (app.admin_only().await, app.at("")),
        (app.coach("Carl Coach").await, app.at("/health")),
        (group.lead.clone(), product.clone()),
        (apprentice, product),
        (app.member("Mia Member").await, app.at("/work")),
    ] {
        assert_eq!(get(&visitor, "/").await.assert_redirect(), app.at("/start"));
        assert_eq!(get(&visitor, &app.at("/start")).await.assert_redirect(), there);
    }
}

#[tokio::test]
async fn the_side_has_what_is_somebodys_and_says_only_of_who_has_nothing_that_they_are_in_no_squad()
{
    let app = TestApp::new().await;
    let group = backlog::group(&app, &["Fair Bills"]).await;
    backlog::ready(&app, &group, 2).await;
    backlog::proposed(&app, &group, 1).await;
    let none = "You are in no squad.";

    let side = work(&app, &group.lead).await.text("#work-parts aside");
    assert!(side.contains("Your product") && side.contains("2 ready, 1 proposed"), "{side}");
    assert!(!side.contains(none), "{side}");
    let side = work(&app, &group.squads[0].1).await.text("#work-parts aside");
    assert!(side.contains("Fair Bills") && !side.contains("Your product"), "{side}");
    assert!(!side.contains(none), "{side}");
    let side = work(&app, &app.member("Nora Neu").await).await.text("#work-parts aside");
    assert!(side.contains(none) && !side.contains("Your product"), "{side}");
}
