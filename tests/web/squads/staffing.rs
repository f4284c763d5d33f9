//! Finding members, choosing them, swapping them, and what the pages say on the way.

use axum::http::StatusCode;
use trellis::ids::SkillId;
use trellis::skills::{self, Level, Rating};

use super::*;
use crate::harness::{Answer, Visitor};

/// The skill of a core capability.
async fn capability(app: &TestApp, word: &str) -> SkillId {
    let found = sqlx::query_scalar("select id from skill where capability = $1").bind(word);
    SkillId(found.fetch_one(&app.pool).await.unwrap())
}

async fn rate(app: &TestApp, member: MemberId, skill: SkillId, level: i16) {
    let level = Some(Level::new(level).unwrap());
    let rating = Rating { skill, level, wants_to_learn: false, version: 0 };
    skills::service::rate(&app.pool, &app.founder(), member, &[rating]).await.unwrap();
}

/// The names below "Chosen", those that are ticked.
fn chosen(page: &Answer) -> Vec<String> {
    let names = page.texts(".pick-row:has(input[checked]) .pick > span:nth-of-type(2)");
    names.into_iter().map(|text| text.chars().take(10).collect()).collect()
}

/// Follows a redirect and its fragment.
async fn follow(visitor: &mut Visitor, answer: &Answer) -> Answer {
    let there = answer.assert_redirect().split('#').next().unwrap().to_owned();
    visitor.get(&there).await
}

#[tokio::test]
async fn a_search_takes_along_who_is_chosen_and_their_shares() {
    let app = TestApp::new().await;
    let people = app.people(5).await;
    let mut leader = app.leader("Aisha").await;
    forming(&app, "Otters", &[]).await;
    let (a, b) = (people[0], people[1]);
    let members = app.at("/squads/otters/members");

    // What the form sends by GET: its key, and the share of everybody on the page.
    let sent =
        format!("{members}?key=0123456789&member={a}&share={a}:40&share={b}:100&q=004&skill=");
    let short = leader.get(&sent).await;
    assert!(!short.assert_redirect().contains("key"), "{:?}", short.location);
    assert!(!short.assert_redirect().contains(&b.to_string()), "the others' shares are left out");
    let page = follow(&mut leader, &short).await;

    assert_eq!(chosen(&page), ["Person 000"]);
    assert_eq!(page.texts(".pick-h"), ["Chosen", "Found"]);
    assert_eq!(page.count(".pick-row"), 2, "and the one who was found");
    assert_eq!(page.text(".pick-row option[selected]"), "40 %");
    assert_eq!(page.text("[data-count]"), "1 chosen");
    let cleared = leader.get(&format!("{sent}&clear=1")).await;
    let all = follow(&mut leader, &cleared).await;
    assert_eq!((chosen(&all).len(), all.count(".pick-row")), (1, 7));
    let none = leader.get(&format!("{members}?q=nobody&member={a}")).await;
    assert_eq!(none.texts(".pick-h"), ["Chosen", "Nobody else fits this search"]);
}

#[tokio::test]
async fn a_refusal_keeps_who_is_chosen() {
    let app = TestApp::new().await;
    let people = app.people(12).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &people[..9]).await;
    let (a, b) = (people[9], people[10]);
    let form = format!("member={a}&member={b}&share={a}:30&q=&skill=");

    let refused = leader.post(&app.at("/squads/otters/members"), &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(chosen(&refused), ["Person 009", "Person 010"]);
    assert_eq!(refused.text(".pick-row option[selected]"), "30 %");

    add(&app, team, &people[11..]).await.unwrap();
    let full = leader.post(&app.at("/squads/otters/members"), &form).await;

    assert_eq!(full.error_code(), "squad_full");
    assert_eq!(
        full.texts("#add a.btn"),
        ["Swap Person 009 in", "Swap Person 010 in", "Swap a member"],
        "the way on with those who were chosen"
    );
}

#[tokio::test]
async fn a_core_team_keeps_who_is_chosen_too() {
    let app = TestApp::new().await;
    let people = app.people(3).await;
    let mut leader = app.leader("Aisha").await;
    let made = leader.post(&app.at("/core-teams"), "name=Payments").await;
    let page = made.assert_redirect().to_owned();
    assert_eq!(page, app.at("/core-teams/payments"));
    let a = people[0];

    let short = leader.get(&format!("{page}?key=0123456789&member={a}&share={a}:20&q=002")).await;
    let found = follow(&mut leader, &short).await;
    assert_eq!((chosen(&found), found.count(".pick-row")), (vec!["Person 000".to_owned()], 2));
    let none = leader.post(&format!("{page}/members"), "q=002").await;

    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(none.attribute("#q", "value").as_deref(), Some("002"));
    leader.post(&format!("{page}/members"), &format!("member={a}")).await.assert_redirect();
}

#[tokio::test]
async fn more_than_forty_who_could_join_go_on_with_the_chosen() {
    let app = TestApp::new().await;
    let people = app.people(45).await;
    let mut leader = app.leader("Aisha").await;
    forming(&app, "Otters", &[]).await;
    let members = app.at("/squads/otters/members");

    let first = leader.get(&format!("{members}?member={}", people[44])).await;
    assert_eq!(first.count(".pick-row"), 41, "forty and the chosen one");
    let last = first.attribute("button[name=after]", "value").unwrap();
    let second = leader.get(&format!("{members}?member={}&after={last}", people[44])).await;

    assert_eq!(chosen(&second), ["Person 044"]);
    // 45 people, the founder and the leader, without the one who is chosen.
    assert_eq!(second.count(".pick-row"), 1 + 46 - 40);
    assert_eq!(second.count("button[name=after]"), 0);
    let on_both = first.texts(".pick-row .pick > span:nth-of-type(2)");
    let later = second.texts(".pick-row .pick > span:nth-of-type(2)");
    assert_eq!(later.iter().filter(|name| on_both.contains(name)).count(), 1, "nobody twice");
}

#[tokio::test]
async fn a_full_squad_offers_a_swap_with_somebody_who_brings_what_is_missing() {
    let app = TestApp::new().await;
    let people = app.people(12).await;
    let mut leader = app.leader("Aisha").await;
    let team = active(&app, "Otters", &people[..10]).await;
    let decide = capability(&app, "decide").await;
    rate(&app, people[11], decide, 4).await;

    let page = leader.get(&app.at("/squads/otters")).await;
    assert_eq!(page.assert_ok().text(".squad-head .btn.primary"), "Swap a member");
    let finding =
        page.texts("[data-code=S3]").into_iter().find(|it| it.contains("decide")).unwrap();
    assert!(finding.contains("Swap in somebody") && !finding.contains("Add "), "{finding}");
    assert!(finding.ends_with("Swap Person 011 in"), "{finding}");
    let way = page.attribute(&format!("a[href*='swap?member={}']", people[11]), "href").unwrap();
    let there = leader.get(&way).await;
    let swap = follow(&mut leader, &there).await;

    assert_eq!(swap.assert_ok().text("[name=member][checked] + span b"), "Person 011");
    assert!(swap.text("[name=member][checked] + span small").ends_with("covers Decide"));
    assert_eq!(swap.count("[name=out]"), 10);
    let path = app.at("/squads/otters/swap");
    let nobody = leader.post(&path, "allocation=50").await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nobody.texts(".err"), ["Choose who comes in.", "Choose who leaves."]);
    let out = membership(&app.pool, team, people[0]).await;
    let form = format!("out={out}&member={}&allocation=50", people[11]);
    let done = leader.post(&path, &form).await;
    let after = follow(&mut leader, &done).await;
    assert_eq!(after.text("#toasts .txt"), "Person 011 came in, Person 000 left.");
    assert_eq!(count(&app.pool, team).await, 10);
    let again = leader.post(&path, &form).await;
    assert_eq!(again.error_code(), "already_left");
    let other = forming(&app, "Others", &people[..1]).await;
    let crossed =
        format!("out={}&member={}", membership(&app.pool, other, people[0]).await, people[1]);
    assert_eq!(leader.post(&path, &crossed).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_swap_keeps_what_was_chosen_while_it_searches() {
    let app = TestApp::new().await;
    let people = app.people(4).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &people[..2]).await;
    let id = membership(&app.pool, team, people[0]).await;
    let path = app.at(&format!("/squads/otters/members/{id}/swap"));
    let hat: uuid::Uuid =
        sqlx::query_scalar("select id from hat limit 1").fetch_one(&app.pool).await.unwrap();

    let sent = format!(
        "{path}?key=0123456789&member={}&allocation=30&hat={hat}&new_hat=Scribe&q=003",
        people[2]
    );
    let page = leader.get(&sent).await;

    assert_eq!(page.assert_ok().text("[name=member][checked] + span b"), "Person 002");
    assert_eq!(page.count("[name=member]"), 2);
    assert_eq!(page.text("#allocation option[selected]"), "30 %");
    assert_eq!(page.attribute("[name=hat][checked]", "value"), Some(hat.to_string()));
    assert_eq!(page.attribute("#new_hat", "value").as_deref(), Some("Scribe"));
    let cleared = leader.get(&format!("{sent}&clear=1")).await;
    let all = follow(&mut leader, &cleared).await;
    assert_eq!(all.text("[name=member][checked] + span b"), "Person 002");
    assert_eq!(all.attribute("#q", "value").as_deref(), Some(""));
    assert_eq!(all.text("#allocation option[selected]"), "30 %");
}

#[tokio::test]
async fn the_step_to_active_says_what_stays_open_and_does_not_block() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &people).await;
    prepare(&app, team).await;

    let page = leader.get(&app.at("/squads/otters")).await;
    let breaches = page.texts("[aria-label='Open breaches'] li .strong");
    assert_eq!(breaches, ["Nobody in it has rated what they can do yet."]);
    let way = page.attribute("[aria-label='Open breaches'] a", "href").unwrap();
    let there = leader.get(&way).await.assert_redirect().to_owned();
    leader.get(&there).await.assert_ok();
    assert_eq!(page.count(".squad-head [aria-disabled]"), 0, "it can be active all the same");

    rate(&app, people[0], capability(&app, "act").await, 4).await;
    let page = leader.get(&app.at("/squads/otters")).await;
    let breaches = page.texts("[aria-label='Open breaches'] li .strong");
    assert_eq!(
        breaches,
        ["Nobody can analyze.", "Nobody can decide.", "Nobody can solve problems."]
    );
    assert_eq!(page.count("[aria-label='Open breaches'] li a.btn"), 3);
    activate(&app, team).await.unwrap();
    let page = leader.get(&app.at("/squads/otters")).await;
    assert_eq!(page.count("[aria-label='Open breaches']"), 0, "the findings say it now");
}

#[tokio::test]
async fn a_look_for_a_skill_that_finds_nobody_says_why_and_what_next() {
    let app = TestApp::new().await;
    let people = app.people(2).await;
    let mut leader = app.leader("Aisha").await;
    let skill = capability(&app, "decide").await;
    let list = app.at(&format!("/members?skill={skill}&level=3&free=20"));
    let team = forming(&app, "Otters", &people[..1]).await;

    let unrated = leader.get(&list).await;
    assert_eq!(unrated.text(".empty h3"), "Nobody has rated Decide yet");
    leader.get(&unrated.attribute(".empty a", "href").unwrap()).await.assert_ok();
    rate(&app, people[0], skill, 2).await;
    let below = leader.get(&list).await;
    assert_eq!(below.text(".empty h3"), "Nobody has Decide at this level yet");
    let shown = leader.get(&below.attribute(".empty a", "href").unwrap()).await;
    assert_eq!(shown.count("tbody tr"), 1);
    let rated =
        Rating { skill, level: Some(Level::new(4).unwrap()), wants_to_learn: false, version: 1 };
    skills::service::rate(&app.pool, &app.founder(), people[0], &[rated]).await.unwrap();
    let id = membership(&app.pool, team, people[0]).await;
    service::update_membership(&app.pool, &app.founder(), id, 1, Allocation::FULL, &[])
        .await
        .unwrap();
    let busy = leader.get(&list).await;

    assert_eq!(busy.text(".empty h3"), "Nobody of them has time");
    let shown = leader.get(&busy.attribute(".empty a", "href").unwrap()).await;
    assert_eq!(shown.count("tbody tr"), 1);
}

#[tokio::test]
async fn moving_out_of_an_active_squad_of_6_shows_the_ways_and_no_form() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let mut leader = app.leader("Aisha").await;
    let team = active(&app, "Otters", &people[..6]).await;
    let other = forming(&app, "Others", &[]).await;
    let id = membership(&app.pool, team, people[0]).await;
    let path = app.at(&format!("/squads/otters/members/{id}/move"));

    let page = leader.get(&path).await;
    let refused = leader.post(&path, &format!("to={other}&allocation=50")).await;

    for page in [&page, &refused] {
        assert_eq!((page.count(".ways a"), page.count("select[name=to]")), (3, 0));
        assert_eq!(page.texts("main .btn.ghost"), ["Cancel"]);
    }
    assert_eq!(refused.error_code(), "squad_too_small");
    let person = app.at(&format!("/members/{}/deactivate", people[0]));
    let preview = leader.get(&person).await;
    assert_eq!(
        preview.attribute("td a", "href"),
        Some(app.at("/squads/otters/members#add")),
        "staff it first"
    );
    add(&app, team, &people[6..]).await.unwrap();
    assert_eq!(leader.get(&path).await.count("select[name=to]"), 1);
}

#[tokio::test]
async fn a_squads_head_says_since_when_and_why() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let mut leader = app.leader("Aisha").await;
    let team = active(&app, "Otters", &people).await;
    let form = format!("version={}&reason=Two+leave+us.", version(&app.pool, team).await);

    leader.post(&app.at("/squads/otters/return"), &form).await.assert_redirect();
    let page = leader.get(&app.at("/squads/otters")).await;

    assert!(page.text(".squad-head p").contains("forming since today, "));
    assert_eq!(page.text("#ready-h ~ p"), "Returned to forming because: Two leave us.");
    assert!(page.texts("tbody th small").iter().any(|text| text == "Engineering"));
}

#[tokio::test]
async fn a_conflict_with_oneself_says_so_and_with_others_names_them() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    let mut other = app.leader("Mateo").await;
    forming(&app, "Otters", &[]).await;
    let edit = app.at("/squads/otters/edit");
    let form = |text: &str| format!("name=Otters&pattern=own&description={text}&version=1");

    leader.post(&edit, &form("First")).await.assert_redirect();
    let mine = leader.post(&edit, &form("Second")).await;
    let theirs = other.post(&edit, &form("Third")).await;

    assert!(mine.text(".banner").starts_with("You changed this in another tab (today, "));
    assert!(
        theirs.text(".banner").starts_with("Aisha changed this while you were writing (today, ")
    );
}

#[tokio::test]
async fn every_page_of_a_squad_at_an_old_address_leads_to_the_new_one() {
    let app = TestApp::new().await;
    let mut mine = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &[mine.id()]).await;
    prepare(&app, team).await;
    let version = version(&app.pool, team).await;
    let form = format!("name=Beavers&pattern=own&description=&version={version}");
    mine.post(&app.at("/squads/otters/edit"), &form).await.assert_redirect();
    let metric: uuid::Uuid =
        sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();

    for old in ["otters".to_owned(), team.to_string()] {
        for below in [
            "",
            "/members",
            "/swap",
            "/needs",
            "/activity",
            "/edit",
            "/mission",
            "/mission/edit",
            "/mission/compare?from=1&to=1",
            "/metrics/new?goal=1",
            &format!("/metrics/{metric}/edit"),
            &format!("/metrics/{metric}/replace"),
        ] {
            let there = mine.get(&app.at(&format!("/squads/{old}{below}"))).await;
            assert_eq!(there.assert_redirect(), app.at(&format!("/squads/beavers{below}")));
            mine.get(there.assert_redirect()).await.assert_ok();
        }
    }
    let sent = mine.post(&app.at("/squads/otters/needs"), "skill=").await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "what is sent is taken as it is");
}

#[tokio::test]
async fn leaders_say_what_a_squad_needs_only_while_it_is_forming() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    let mut mine = app.member("Mateo").await;
    let mut people = app.people(5).await;
    people.push(mine.id());
    let team = forming(&app, "Otters", &people).await;
    prepare(&app, team).await;
    let skill = capability(&app, "decide").await;
    let needs = app.at("/squads/otters/needs");
    let form = format!("skill={skill}&level=3&people=2");
    let edit = "a[href$='/needs']";

    assert!(leader.get(&app.at("/squads/otters")).await.count(edit) > 0);
    leader.get(&needs).await.assert_ok();
    activate(&app, team).await.unwrap();

    assert_eq!(leader.get(&app.at("/squads/otters")).await.count(edit), 0);
    assert_eq!(leader.get(&needs).await.status, StatusCode::FORBIDDEN);
    assert_eq!(leader.post(&needs, &form).await.status, StatusCode::FORBIDDEN);
    assert!(mine.get(&app.at("/squads/otters")).await.count(edit) > 0);
    mine.post(&needs, &form).await.assert_redirect();
}
