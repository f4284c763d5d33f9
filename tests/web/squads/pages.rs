//! The pages of squads, as a person sees them.

use axum::http::StatusCode;

use super::*;

#[tokio::test]
async fn a_squad_begins_as_forming_with_a_list_of_what_is_missing() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;

    let created = leader.post(&app.at("/squads"), "name=Fair+Bills&pattern=own").await;
    assert_eq!(created.assert_redirect(), app.at("/squads/fair-bills/design"));
    let page = leader.get(&app.at("/squads/fair-bills")).await;

    page.assert_ok();
    assert_eq!(page.text("h1"), "Fair Bills Forming");
    assert_eq!(page.count(".checklist li"), 6);
    assert_eq!(
        page.attribute(".actions [aria-disabled]", "aria-disabled").as_deref(),
        Some("true")
    );
    assert_eq!(page.count(".checklist a.btn"), 6);
}

#[tokio::test]
async fn a_taken_name_is_refused_beside_its_field_with_what_was_typed() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    forming(&app, "Otters", &[]).await;

    let again = leader.post(&app.at("/squads"), "name=OTTERS&pattern=own").await;

    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.text(".err"), "OTTERS already exists. Choose another name.");
    assert_eq!(again.attribute("#name", "value").as_deref(), Some("OTTERS"));
    let empty = leader.post(&app.at("/squads"), "name=&pattern=own").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_old_address_leads_to_the_new_one_after_a_rename() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    forming(&app, "Otters", &[]).await;

    let edit = app.at("/squads/otters/edit");
    let saved = leader.post(&edit, "name=Beavers&pattern=own&description=&version=1").await;
    assert_eq!(saved.assert_redirect(), app.at("/squads/beavers"));
    let old = leader.get(&app.at("/squads/otters/members?q=x")).await;

    assert_eq!(old.assert_redirect(), app.at("/squads/beavers/members?q=x"));
    let free = leader.post(&app.at("/squads"), "name=Otters&pattern=own").await;
    assert_eq!(free.assert_redirect(), app.at("/squads/otters-2/design"));
}

#[tokio::test]
async fn a_form_that_comes_too_late_shows_what_is_saved_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &[]).await;
    let edit = app.at(&format!("/squads/{team}/edit"));

    leader.post(&edit, "name=Otters&pattern=own&description=First&version=1").await;
    let late = leader.post(&edit, "name=Otters&pattern=own&description=Second&version=1").await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.text("textarea").trim(), "Second");
    assert_eq!(late.text(".now"), "Now saved: First");
    assert_eq!(late.attribute("[name=version]", "value").as_deref(), Some("2"));
}

#[tokio::test]
async fn several_members_join_at_once_with_their_shares() {
    let app = TestApp::new().await;
    let people = app.people(3).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &[]).await;
    let (a, b) = (people[0], people[1]);

    let form = format!("member={a}&member={b}&share={a}:40&share={b}:70&q=&skill=");
    let added = leader.post(&app.at("/squads/otters/members"), &form).await;
    added.assert_redirect();
    let page = leader.get(&app.at("/squads/otters/members")).await;

    assert_eq!(count(&app.pool, team).await, 2);
    assert!(page.assert_ok().text("tbody").contains("40 %"), "{}", page.text("tbody"));
    assert_eq!(page.count("[name=share]"), 3, "one person, the founder and the leader are left");
}

#[tokio::test]
async fn a_form_sent_twice_adds_once() {
    let app = TestApp::new().await;
    let people = app.people(1).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &[]).await;
    let form = format!("key=0123456789abcdef&member={}", people[0]);

    for _ in 0..2 {
        let answer = leader.post(&app.at("/squads/otters/members"), &form).await;
        answer.assert_redirect();
    }

    assert_eq!(count(&app.pool, team).await, 1);
}

#[tokio::test]
async fn a_full_squad_says_so_to_people_and_machines() {
    let app = TestApp::new().await;
    let people = app.people(11).await;
    let mut leader = app.leader("Aisha").await;
    forming(&app, "Otters", &people[..10]).await;
    let form = format!("member={}", people[10]);

    let page = leader.post(&app.at("/squads/otters/members"), &form).await;
    let json = leader.post_json(&app.at("/squads/otters/members"), &form).await;

    assert_eq!((page.status, page.error_code()), (StatusCode::CONFLICT, "squad_full".to_owned()));
    assert!(page.text(".banner").starts_with("Otters is full"));
    assert_eq!((json.status, json.error_code()), (StatusCode::CONFLICT, "squad_full".to_owned()));
}

#[tokio::test]
async fn a_refused_removal_offers_the_three_ways_on() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let mut leader = app.leader("Aisha").await;
    let team = active(&app, "Otters", &people).await;
    let id = membership(&app.pool, team, people[0]).await;
    let path = app.at(&format!("/squads/otters/members/{id}/remove"));

    let refused = leader.post(&path, "reason=").await;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.error_code(), "squad_too_small");
    let ways = refused.texts(".ways a");
    assert_eq!(ways, ["Choose who comes in", "Add members", "Return to forming"]);
    for way in 0..3 {
        let item = format!("ul[aria-label='Ways on'] li:nth-child({}) a", way + 1);
        let href = refused.attribute(&item, "href").unwrap();
        leader.get(href.split('#').next().unwrap()).await.assert_ok();
    }
    assert_eq!(leader.get(&path).await.assert_ok().count(".ways a"), 3);
}

#[tokio::test]
async fn the_pages_of_one_membership_do_what_they_say() {
    let app = TestApp::new().await;
    let people = app.people(3).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &people[..2]).await;
    let other = forming(&app, "Others", &[]).await;
    let first = membership(&app.pool, team, people[0]).await;
    let second = membership(&app.pool, team, people[1]).await;
    let at = |id, what: &str| app.at(&format!("/squads/otters/members/{id}/{what}"));

    for what in ["edit", "move", "swap", "remove"] {
        leader.get(&at(first, what)).await.assert_ok();
    }
    let edit = "allocation=80&new_hat=Storyteller&version=1";
    leader.post(&at(first, "edit"), edit).await.assert_redirect();
    let late = leader.post(&at(first, "edit"), "allocation=20&version=1").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let page = leader.get(&app.at("/squads/otters/members")).await;
    assert!(page.text("tbody").contains("Storyteller"));
    let swap = format!("member={}&allocation=50", people[2]);
    leader.post(&at(first, "swap"), &swap).await.assert_redirect();
    let moved = format!("to={other}&allocation=30");
    leader.post(&at(second, "move"), &moved).await.assert_redirect();
    let third = membership(&app.pool, team, people[2]).await;
    leader.post(&at(third, "remove"), "reason=").await.assert_redirect();

    assert_eq!((count(&app.pool, team).await, count(&app.pool, other).await), (0, 1));
}

#[tokio::test]
async fn a_squad_is_activated_returned_and_dissolved_on_its_pages() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let mut leader = app.leader("Aisha").await;
    let team = forming(&app, "Otters", &people).await;
    let at = |what: &str| app.at(&format!("/squads/otters{what}"));
    let form = async |more: &str| format!("version={}{more}", version(&app.pool, team).await);

    let early = leader.post(&at("/activate"), &form("").await).await;
    assert_eq!(
        (early.status, early.error_code()),
        (StatusCode::CONFLICT, "squad_not_ready".into())
    );
    prepare(&app, team).await;
    leader.post(&at("/activate"), &form("").await).await.assert_redirect();
    let shown = leader.get(&at("")).await;
    assert_eq!(shown.assert_ok().text("h1"), "Otters Active");
    leader.get(&at("/return")).await.assert_ok();
    let silent = leader.post(&at("/return"), &form("&reason=").await).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    leader.post(&at("/return"), &form("&reason=Two+leave").await).await.assert_redirect();
    leader.get(&at("/dissolve")).await.assert_ok();
    leader.post(&at("/dissolve"), &form("&reason=Done").await).await.assert_redirect();

    let page = leader.get(&at("")).await;
    assert_eq!(page.text("h1"), "Otters Dissolved");
    assert!(leader.get(&at("/activity")).await.text(".timeline").contains("dissolved Otters"));
    assert_eq!(count(&app.pool, team).await, 0);
}

#[tokio::test]
async fn the_list_is_narrowed_by_state_word_and_pattern_and_goes_on_after_50() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    let empty = leader.get(&app.at("/squads")).await;
    assert_eq!(empty.text(".empty h3"), "No squads yet");
    for n in 0..51 {
        forming(&app, &format!("Squad {n:02}"), &[]).await;
    }

    let first = leader.get(&app.at("/squads")).await;
    assert_eq!(first.assert_ok().count("tbody tr"), 50);
    let next = first.attribute("a[rel=next]", "href").unwrap();
    let second = leader.get(&next).await;

    assert_eq!(second.texts("tbody tr th a span:last-child"), ["Squad 50Forming"]);
    let found = leader.get(&app.at("/squads?q=squad+07&pattern=own&state=forming")).await;
    assert_eq!(found.count("tbody tr"), 1);
    assert_eq!(leader.get(&app.at("/squads?state=active")).await.count("tbody tr"), 0);
}

#[tokio::test]
async fn needs_are_written_changed_and_removed() {
    let app = TestApp::new().await;
    let mut mine = app.member("Mateo").await;
    let mut other = app.member("Clara").await;
    forming(&app, "Otters", &[mine.id()]).await;
    let skill: uuid::Uuid =
        sqlx::query_scalar("select id from skill limit 1").fetch_one(&app.pool).await.unwrap();
    let needs = app.at("/squads/otters/needs");
    let one = format!("{needs}/{skill}");

    mine.get(&needs).await.assert_ok();
    let form = format!("skill={skill}&level=3&people=2");
    mine.post(&needs, &form).await.assert_redirect();
    mine.post(&one, "level=4&people=3&version=1").await.assert_redirect();
    let late = mine.post(&one, "level=2&people=1&version=1").await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.text("p.now"), "Now saved: 3 members: can improve it");
    assert_eq!(other.get(&needs).await.status, StatusCode::FORBIDDEN);
    assert_eq!(other.post(&needs, &form).await.status, StatusCode::FORBIDDEN);
    mine.post(&format!("{one}/remove"), "version=2").await.assert_redirect();
}

#[tokio::test]
async fn members_read_and_strangers_find_nothing() {
    let app = TestApp::new().await;
    let people = app.people(1).await;
    let (mut member, mut stranger) = (app.member("Mateo").await, app.stranger().await);
    let team = forming(&app, "Otters", &people).await;
    let id = membership(&app.pool, team, people[0]).await;

    for below in ["", "/members", "/activity"] {
        member.get(&app.at(&format!("/squads/otters{below}"))).await.assert_ok();
        let path = app.at(&format!("/squads/{team}{below}"));
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
        let own = format!("/o/other-0/squads/{team}{below}");
        assert_eq!(stranger.get(&own).await.status, StatusCode::NOT_FOUND);
    }
    for below in ["/edit".to_owned(), "/dissolve".to_owned(), format!("/members/{id}/remove")] {
        let path = app.at(&format!("/squads/otters{below}"));
        assert_eq!(member.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    forming(&app, "Others", &[]).await;
    let mut leader = app.leader("Aisha").await;
    let crossed = app.at(&format!("/squads/others/members/{id}/remove"));
    assert_eq!(leader.get(&crossed).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_tab_of_a_squad_has_the_same_tabs_and_says_which_it_is() {
    let app = TestApp::new().await;
    let mut member = app.member("Aisha").await;
    forming(&app, "Otters", &[member.id()]).await;
    let squad = app.at("/squads/otters");
    let tabs = [
        ("", "Overview"),
        ("/members", "Members 1"),
        ("/mission", "Mission"),
        ("/metrics", "Metrics"),
        ("/health", "Health"),
        ("/coaching", "Coaching"),
        ("/activity", "Activity"),
    ];

    for (below, name) in tabs {
        let page = member.get(&format!("{squad}{below}")).await;
        page.assert_ok();
        assert_eq!(page.texts("nav.tabs a"), tabs.map(|(_, name)| name), "{name}");
        assert_eq!(page.text("nav.tabs [aria-current=page]"), name);
        let href = page.attribute("nav.tabs [aria-current=page]", "href");
        assert_eq!(href, Some(format!("{squad}{below}")));
    }
}
