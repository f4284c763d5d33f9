//! The pages as a person walks through them: opening, answering, the end, results, agreeing, actions.

use axum::http::StatusCode;
use trellis::health::{Colour, Mode};

use super::{World, today};
use crate::given;
use crate::harness::TestApp;

#[tokio::test]
async fn a_member_opens_a_round_and_others_may_not() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let form = format!(
        "pack={}&mode=anonymous&reveal=window&closes_on={}",
        world.pack,
        today(&app) + chrono::TimeDelta::days(3)
    );
    let url = world.url(&app, "");
    for mut other in
        [app.leader("Ruth Abara").await, app.admin_only().await, app.member("Wei Zhang").await]
    {
        assert_eq!(other.get(&format!("{url}/new")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(other.post(&url, &form).await.status, StatusCode::FORBIDDEN);
    }
    let mut member = world.members[0].clone();
    member.get(&format!("{url}/new")).await.assert_ok();
    let missing = member.post(&url, &form.replace("mode=anonymous", "mode=")).await;
    assert_eq!(missing.text("#mode-error"), "Choose whether names stay with the answers.");
    let round = member.post(&url, &form).await.assert_redirect().to_owned();
    let twice = member.post(&url, &form).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text(".banner").contains("open health check of this pack already"));

    let page = member.get(&round).await;
    assert_eq!(page.text("#voters .badge"), "0 of 8");
    assert!(page.text(".promise").starts_with("Anonymous."));
}

#[tokio::test]
async fn answering_goes_question_by_question_resumes_and_can_be_changed() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    let url = world.at(&app, round, "/answer");
    let mut member = world.members[0].clone();

    let first = member.get(&url).await;
    assert_eq!(first.text("h1"), "Delivering value");
    assert!(first.text(".promise").starts_with("Anonymous."), "printed before the first answer");
    assert_eq!(first.count(".trend-opt"), 0, "there is nothing to compare with yet");
    let nothing = member.post(&url, "at=1&comment=A+note").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.text("#colour-error"), "Choose one of the three, or skip this question.");
    assert_eq!(nothing.text("#comment"), "A note", "what was typed is kept");
    let to = member.post(&url, "at=1&colour=green").await.assert_redirect().to_owned();
    assert_eq!(to, format!("{url}?at=2"));
    assert_eq!(member.get(&to).await.text("h1"), "Easy to release");
    // The second is skipped, the third answered.
    member.post(&url, "at=3&colour=amber").await.assert_redirect();
    assert_eq!(
        member.get(&url).await.text("h1"),
        "Easy to release",
        "it goes on where one stopped"
    );
    let back = member.get(&format!("{url}?at=1")).await;
    assert_eq!(back.attribute("[name=colour][checked]", "value").unwrap(), "green");
    member.post(&url, "at=1&colour=red").await.assert_redirect();
    for at in 2..=11 {
        member.post(&url, &format!("at={at}&colour=green")).await.assert_redirect();
    }

    let end = member.get(&url).await;
    assert_eq!(end.text("h1"), "Thank you, it is saved");
    assert!(end.text(".sub").contains("You can change your answers until it closes"));
    let page = member.get(&world.at(&app, round, "")).await;
    assert_eq!(page.text("#voters .badge"), "1 of 8");
    assert_eq!(page.text(".head .btn"), "My answers");
    let outsider = world.coach.clone().get(&url).await;
    assert_eq!(outsider.status, StatusCode::FORBIDDEN, "a coach does not answer");
}

#[tokio::test]
async fn every_question_says_whether_an_answer_carries_a_name() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let mut member = world.members[0].clone();
    for (mode, first_word, on_later_ones) in [
        (
            Mode::Anonymous,
            "Anonymous.",
            "Anonymous. Neither your colour nor your comparison nor your note carries your name.",
        ),
        (
            Mode::Open,
            "Open, with names.",
            "Open, with names. After the closing your squad reads your name beside your colour, your comparison and your note.",
        ),
    ] {
        let round = world.open_as(&app, mode).await;
        let url = world.at(&app, round, "/answer");
        let first = member.get(&url).await;
        assert!(first.text(".promise").starts_with(first_word), "{}", first.text(".promise"));
        for at in 2..=world.questions.len() {
            let page = member.get(&format!("{url}?at={at}")).await;
            assert_eq!(page.texts(".promise"), [on_later_ones], "question {at}");
        }
        // Whoever goes on later begins in the middle.
        member.post(&url, "at=1&colour=green").await.assert_redirect();
        assert_eq!(member.get(&url).await.text(".promise"), on_later_ones);
        world.close(&app, round).await;
    }
}

#[tokio::test]
async fn what_became_of_an_action_is_not_lost_when_it_is_refused() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..4 {
        world.answer(&app, round, who, Colour::Green, "").await;
    }
    world.close(&app, round).await;
    let (mut member, mut other) = (world.members[0].clone(), world.members[1].clone());
    let (url, squad) = (world.at(&app, round, ""), world.url(&app, ""));
    for body in ["Call+customers", "Pair+on+Tuesdays"] {
        member.post(&format!("{url}/actions"), &format!("body={body}")).await.assert_redirect();
    }
    let on_round = member.get(&url).await;
    let form = |n| on_round.attribute(&format!("#actions li:nth-child({n}) form"), "action");
    let (first, second) = (&form(1).unwrap(), &form(2).unwrap());
    let typed = ["and more"; 40].join(" ");
    let text = typed.replace(' ', "+");
    let long = "Shorten what came of it: it has 359 characters, and 300 are the most.";

    // From the round's page.
    let again = member.post(second, &format!("state=done&said={text}&round={round}&pack=")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.text("h1"), on_round.text("h1"), "the page it came from");
    assert_eq!(again.count(".results > li"), 11);
    assert_eq!(again.count("#actions details[open]"), 1, "one form alone is open");
    let field = "#actions li:nth-child(2) .field.bad";
    assert_eq!(again.text(&format!("{field} textarea")), typed);
    assert_eq!(again.text(&format!("{field} .err")), long);
    let described = again.attribute(&format!("{field} textarea"), "aria-describedby").unwrap();
    assert_eq!(again.attribute(&format!("{field} .err"), "id").unwrap(), described);
    let nothing = member.post(second, &format!("state=&said=Talked&round={round}&pack=")).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.text("#actions .err"), "Say whether it is done or dropped.");
    assert_eq!(nothing.text("#actions details[open] textarea"), "Talked");
    let done = member.post(second, &format!("state=done&said=Good&round={round}&pack=")).await;
    assert_eq!(done.assert_redirect(), url, "back to where it was written");

    // From the squad's page.
    let pack = "squad-health";
    let again = member.post(first, &format!("state=done&said={text}&round=&pack={pack}")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.count("#health-parts"), 1);
    assert_eq!(again.text("#health-parts .field.bad textarea"), typed);
    assert_eq!(again.text("#health-parts .field.bad .err"), long);
    let done = other.post(first, &format!("state=dropped&said=&round=&pack={pack}")).await;
    assert_eq!(done.assert_redirect(), format!("{squad}?pack=squad%2Dhealth"));

    // Somebody else was first: there is no form any more, and the text is still on the page.
    for (from, part) in
        [(format!("round={round}"), "#round-parts"), ("round=".into(), "#health-parts")]
    {
        let late = member.post(first, &format!("state=done&said=Nine+calls&{from}&pack=")).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert_eq!(
            late.text(&format!("{part} .banner.bad")),
            "This action is not open any more. You wrote: “Nine calls”"
        );
    }
    // Of an action that there is not, nothing is said.
    let unknown = first.replace(first.rsplit('/').next().unwrap(), &round.to_string());
    let unknown = member.post(&unknown, &format!("state=done&said={text}")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_squad_agrees_and_takes_two_actions_which_stand_first_in_the_next_round() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    for who in 0..7 {
        let colour = if who < 4 { Colour::Green } else { Colour::Red };
        world.answer(&app, round, who, colour, "").await;
    }
    let mut member = world.members[0].clone();
    let url = world.at(&app, round, "");
    let early = member.post(&format!("{url}/actions"), "body=Call+customers").await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    member.post(&format!("{url}/close"), "").await.assert_redirect();

    let page = member.get(&url).await;
    assert!(page.text(".results > li").contains("You see it differently"));
    assert_eq!(page.attribute(".results .big svg", "aria-label").unwrap(), "going well");
    let agreed = format!("dimension={}&version=1&colour=amber&trend=", world.questions[0]);
    let coach = world.coach.clone().post(&format!("{url}/agree"), &agreed).await;
    assert_eq!(coach.status, StatusCode::FORBIDDEN, "the squad's health is the squad's own");
    member.post(&format!("{url}/agree"), &agreed).await.assert_redirect();
    let stale = member.post(&format!("{url}/agree"), &agreed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let page = member.get(&url).await;
    assert_eq!(page.attribute(".results .big svg", "aria-label").unwrap(), "some trouble");
    assert!(page.text(".results .tally").starts_with("4 going well"), "the counts stay");

    for far in ["-9999-01-01", "%2B262142-01-01"] {
        let far = member.post(&format!("{url}/actions"), &format!("body=Call&due_on={far}")).await;
        assert_eq!(
            far.text("#due_on-error"),
            "Choose a day within the next five years, or the last five."
        );
    }
    for body in ["Call+customers", "Pair+on+Tuesdays"] {
        member.post(&format!("{url}/actions"), &format!("body={body}")).await.assert_redirect();
    }
    let third = member.post(&format!("{url}/actions"), "body=More").await;
    assert!(third.text("#round-parts .banner").contains("two actions at most"));
    assert_eq!(given::events(&app, "health_action_taken").await, 2);

    let next = world.open(&app).await;
    let voting = member.get(&world.at(&app, next, "/answer")).await;
    assert!(voting.text("#last-h").contains("What we wanted to do"));
    assert!(voting.text(".list").contains("Call customers"));
    assert_eq!(voting.count(".trend-opt"), 3, "now there is something to compare with");
    let open = member.get(&world.at(&app, next, "")).await;
    let action = open.attribute("details form", "action").unwrap();
    member.post(&action, "state=done&said=Twelve+calls").await.assert_redirect();
    let twice = member.post(&action, "state=dropped&said=").await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let page = member.get(&url).await;
    assert!(page.text("#actions").contains("Twelve calls"));
}

#[tokio::test]
async fn a_closed_round_marks_the_squad_and_an_over_round_is_not_answered() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let round = world.open(&app).await;
    world.close(&app, round).await;
    let is_marked: bool =
        sqlx::query_scalar("select health_closed_at is not null from team where id = $1")
            .bind(world.squad)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert!(is_marked);
    let mut member = world.members[0].clone();
    let to = member.get(&world.at(&app, round, "/answer")).await.assert_redirect().to_owned();
    assert_eq!(to, world.at(&app, round, ""));
    let squad = member.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(squad.attribute(".tabs a[href$='/health']", "href").unwrap(), world.url(&app, ""));
}

#[tokio::test]
async fn the_squads_page_shows_the_open_round_and_how_the_last_one_came_out() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let page = app.at(&format!("/squads/{}", world.slug));
    let mut member = world.members[0].clone();
    let mut coach = world.coach.clone();
    assert_eq!(member.get(&page).await.count("#h-h"), 0, "there is nothing to say yet");

    let round = world.open(&app).await;
    let answer = world.at(&app, round, "/answer");
    assert_eq!(
        member.get(&page).await.attribute("[aria-labelledby=h-h] .btn", "href").unwrap(),
        answer
    );
    let look = coach.get(&page).await.attribute("[aria-labelledby=h-h] .btn", "href").unwrap();
    assert_eq!(look, world.at(&app, round, ""), "others look at it");
    for who in 0..4 {
        world.answer(&app, round, who, Colour::Amber, "").await;
        let shown = coach.get(&page).await.text("[aria-labelledby=h-h]");
        assert!(!shown.contains("Delivering value"), "nothing before the end: {shown}");
    }
    world.close(&app, round).await;
    let shown = coach.get(&page).await;
    assert_eq!(shown.count(".health-mini li"), 11);
    assert_eq!(shown.count(".health-mini .h-warn"), 11);
    let first = format!("{}#d-{}", world.at(&app, round, ""), world.questions[0]);
    assert_eq!(shown.attribute(".health-mini a", "href").unwrap(), first);

    // Too few answered the next one: nothing of it is shown, and nothing of the one before stands in its place.
    let next = world.open(&app).await;
    world.answer(&app, next, 0, Colour::Red, "").await;
    world.close(&app, next).await;
    let shown = coach.get(&page).await;
    assert_eq!(shown.count(".health-mini"), 0);
    assert_eq!(
        shown.text("[aria-labelledby=h-h] .body"),
        "Nothing is shown: 4 answers are needed."
    );
}
