//! The pages of a backlog: the board, the one request behind it, an item's page, forms, the list.

use axum::http::StatusCode;
use trellis::backlog::{Bulk, Class, service};
use trellis::products;

use super::{group, now, outcome, proposed, ready, reason, stage_of};
use crate::harness::TestApp;
use crate::seen::code;

fn html(text: &str) -> String {
    text.replace(' ', "+")
}

#[tokio::test]
async fn everybody_proposes_and_the_lead_pm_makes_it_ready() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut somebody = app.member("Wei Zhang").await;
    let mut lead = group.lead.clone();

    let form = somebody.get(&app.at("/products/norvik-app/items/new")).await;
    assert_eq!(form.text("h1"), "Add a customer problem");
    assert!(form.text("textarea").starts_with("Who has it:"), "it begins with a template");
    let empty = somebody.post(&app.at("/products/norvik-app/items/new"), "breadth=problem").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(empty.text(".err"), "Fill in the title.");
    let body = "title=Explain+the+difference&breadth=problem&why=";
    let sent = somebody.post(&app.at("/products/norvik-app/items/new"), body).await;
    assert_eq!(sent.assert_redirect(), app.at("/products/norvik-app/items/NA-1"));

    let refused = somebody.post(&app.at("/products/norvik-app/move"), "do=ready%3A1").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    lead.post(&app.at("/products/norvik-app/move"), "do=ready%3A1").await.assert_redirect();
    let page = lead.get(&app.at("/products/norvik-app")).await;
    assert_eq!(
        page.text(".toast .txt"),
        "Say why NA-1 matters to the customer before squads may pull it."
    );
    let body = "title=Explain+the+difference&breadth=outcome&why=Calls&version=1";
    somebody.post(&app.at("/products/norvik-app/items/NA-1/edit"), body).await.assert_redirect();
    lead.post(&app.at("/products/norvik-app/move"), "do=ready%3A1").await.assert_redirect();

    let page = lead.get(&app.at("/products/norvik-app")).await;
    assert_eq!(page.texts(".ready .kcard h3"), ["Explain the difference"]);
    assert_eq!(page.text(".lane .badge"), "0 of 3 in progress");
    assert_eq!(page.count(".kcard button"), 0, "the lead PM pulls nothing");
    let page = somebody.get(&app.at("/products/norvik-app/items/na-1")).await;
    assert!(page.text(".timeline").contains("made ready NA-1 “Explain the difference”"));
}

#[tokio::test]
async fn a_squad_pulls_from_the_top_by_one_button_and_lower_with_a_page_that_asks() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home"]).await;
    ready(&app, &group, 3).await;
    let (squad, member) = &group.squads[0];
    let mut member = member.clone();
    let board = app.at("/products/norvik-app");

    let page = member.get(&board).await;
    assert_eq!(page.texts(".ready .kcard button"), ["Pull NA-1"]);
    assert_eq!(page.texts(".ready .kcard .k-foot a"), ["Pull NA-2", "Pull NA-3"]);
    let send = page.attribute(".ready .kcard button", "value").unwrap();
    assert_eq!(send, format!("pull:1:{squad}"));
    member
        .post(&app.at("/products/norvik-app/move"), &format!("do={send}"))
        .await
        .assert_redirect();
    let page = member.get(&board).await;
    assert_eq!(page.text(".toast .txt"), "NA-1 is pulled.");
    assert_eq!(page.text("[data-list=in_progress] .kcard h3"), "Problem 0");
    assert_eq!(
        page.texts(".lane header .badge"),
        ["0 of 3 in progress", "Can pull", "1 of 3 in progress", "Can pull"]
    );

    let asked = page.attribute(".ready .kcard:nth-child(2) .k-foot a", "href").unwrap();
    let form = member.get(&asked).await;
    assert_eq!(form.text("h1"), "Pull NA-3");
    assert_eq!(form.text(".hint"), "NA-2 stands above it. Say why it can wait: it will remember.");
    let send = form.attribute("input[name=do]", "value").unwrap();
    let silent =
        member.post(&app.at("/products/norvik-app/move"), &format!("do={send}&from=step")).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(silent.error_code(), "reason_needed");
    let why = html("Meter Data is here only this week");
    let body = format!("do={send}&from=step&reason={why}");
    member.post(&app.at("/products/norvik-app/move"), &body).await.assert_redirect();
    assert_eq!(stage_of(&app, 3).await.word(), "in_progress");
}

#[tokio::test]
async fn a_squad_at_its_limit_is_shown_what_it_has_in_hand_and_no_button() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 6).await;
    let (squad, member) = &group.squads[0];
    let mut visitor = member.clone();
    for n in 1..=3 {
        let actor = now(&app, member);
        service::pull(&app.pool, &actor, group.product, n, *squad, None).await.unwrap();
    }
    let path = app.at("/products/norvik-app/move");
    let there = app.at("/products/norvik-app/items/NA-4/step?do=pull");

    let page = visitor.get(&there).await;
    page.assert_ok();
    let limit = "Fair Bills has 3 in progress, and 3 is its limit. Finish or return one first.";
    assert_eq!(page.text(".banner.bad"), limit);
    assert_eq!(page.count("main form button"), 0, "what can only be refused is not offered");
    let keys: Vec<_> = page.texts("[aria-label='In hand'] li p:first-child a");
    assert_eq!(keys, ["NA-1", "NA-2", "NA-3"]);
    for step in ["finish", "return"] {
        let there = app.at(&format!("/products/norvik-app/items/NA-1/step?do={step}"));
        let link = format!("[aria-label='In hand'] li:first-child a[href$='{step}']");
        assert_eq!(page.attribute(&link, "href").unwrap(), there);
        visitor.get(&there).await.assert_ok();
    }
    let refused = visitor.post(&path, &format!("do=pull%3A4%3A{squad}&from=step")).await;
    assert_eq!(refused.error_code(), "wip_limit");
    assert_eq!(refused.count("main form button"), 0);

    super::policy(&app, &group, products::WipPolicy::Reason).await;
    let page = visitor.get(&there).await;
    assert_eq!(page.texts("main form button"), ["Pull"], "with a reason it can be pulled");
    assert_eq!(page.count("[aria-label='In hand']"), 0);
    let empty = visitor.post(&path, &format!("do=pull%3A4%3A{squad}&from=step&reason=")).await;
    assert_eq!(empty.error_code(), "reason_needed");
    assert_eq!(empty.text(".err"), "Say why one more is right now.");
    let empty = visitor.post(&path, &format!("do=pull%3A6%3A{squad}&from=step&reason=")).await;
    assert_eq!(empty.text(".err"), "Say why they can wait, and why one more is right now.");
    assert_ne!(empty.text(".err"), empty.text(".hint"));
}

#[tokio::test]
async fn what_has_to_be_said_is_asked_for_and_a_script_is_led_there() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;
    let (squad, member) = &group.squads[0];
    let mut visitor = member.clone();
    let product = group.product;
    service::pull(&app.pool, &now(&app, member), product, 1, *squad, None).await.unwrap();
    let path = app.at("/products/norvik-app/move");
    let headers = [("sec-fetch-site", "same-origin"), ("hx-request", "true")];

    for step in ["return", "finish", "block"] {
        let form = format!("do={step}%3A1");
        let there = app.at(&format!("/products/norvik-app/items/NA-1/step?do={step}"));
        assert_eq!(visitor.post(&path, &form).await.assert_redirect(), there);
        let led = visitor.send_form(&path, &form, &headers).await;
        assert_eq!(led.headers["hx-redirect"], there);
        let page = visitor.get(&there).await;
        page.assert_ok();
        let empty = visitor.post(&path, &format!("{form}&from=step")).await;
        assert_eq!(empty.error_code(), "text_empty", "{step}");
        assert_eq!(empty.count(".field.bad"), 1, "{step}");
    }
    let parts = visitor.send_form(&path, "do=learn%3A1", &headers).await;
    assert!(parts.html.starts_with("<hx-partial"), "{}", parts.html);
    assert!(parts.headers["hx-trigger"].to_str().unwrap().contains("NA-1 is with customers."));
    let refused = visitor.send_form(&path, "do=learn%3A1", &headers).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.html.contains("<hx-partial"), "the board as it is now");
    let form = format!("do=finish%3A1&from=step&effect={}", html("Calls fell by 9 percent"));
    visitor.post(&path, &form).await.assert_redirect();
    let page = visitor.get(&app.at("/products/norvik-app")).await;
    assert_eq!(page.text("[data-list=done] .kcard .badge"), "Calls fell by 9 percent");
}

#[tokio::test]
async fn an_edit_that_comes_too_late_shows_both_texts() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    proposed(&app, &group, 1).await;
    let mut lead = group.lead.clone();
    let path = app.at("/products/norvik-app/items/NA-1/edit");
    let form = |title: &str| {
        format!("title={}&why=Calls&breadth=problem&class=standard&version=1", html(title))
    };

    lead.post(&path, &form("First text")).await.assert_redirect();
    let late = lead.post(&path, &form("Second text")).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.attribute("#title", "value").unwrap(), "Second text");
    assert_eq!(late.text("#title-now"), "Now saved: First text");
    let again = form("Second text").replace("version=1", "version=2");
    lead.post(&path, &again).await.assert_redirect();
}

#[tokio::test]
async fn the_list_is_narrowed_searched_changed_and_saved_as_a_file() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;
    let mut lead = group.lead.clone();
    let new = super::item("Change the moving date without a call");
    service::propose(&app.pool, &group.lead(&app), group.product, &new).await.unwrap();
    let path = app.at("/products/norvik-app/items");
    let (squad, member) = group.squad(&app, 0);
    service::pull(&app.pool, &member, group.product, 1, squad, None).await.unwrap();
    service::block(&app.pool, &member, group.product, 1, &reason("Meter Data")).await.unwrap();

    let titles = |page: crate::harness::Answer| page.texts("tbody th");
    assert_eq!(titles(lead.get(&path).await).len(), 3);
    assert_eq!(
        titles(lead.get(&format!("{path}?q=mov+dat")).await),
        ["Change the moving date without a call"]
    );
    assert_eq!(titles(lead.get(&format!("{path}?stage=ready")).await), ["Problem 1"]);
    assert_eq!(titles(lead.get(&format!("{path}?blocked=1")).await), ["Problem 0 Blocked"]);
    assert_eq!(
        titles(lead.get(&format!("{path}?q=%27%26%7C")).await).len(),
        3,
        "no words, no filter"
    );
    let found = lead.get(&format!("{path}?q=na-2")).await;
    assert_eq!(found.assert_redirect(), app.at("/products/norvik-app/items/NA-2"));

    let nothing = lead.post(&path, "change=ready&view=stage%3Dproposed").await;
    assert_eq!(nothing.error_code(), "nothing_chosen");
    let done = lead.post(&path, "item=3&change=class%3Aexpedite&view=stage%3Dproposed").await;
    assert_eq!(done.assert_redirect(), format!("{path}?stage=proposed"));
    let mut somebody = app.member("Wei Zhang").await;
    let refused = somebody.post(&path, "item=3&change=ready").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let file = somebody.get(&app.at("/products/norvik-app/items.csv?stage=proposed")).await;
    let lines: Vec<_> = file.html.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.html);
    assert!(lines[1].starts_with("NA-3,Change the moving date without a call,"), "{}", lines[1]);
}

#[tokio::test]
async fn a_long_list_is_turned_both_ways_and_a_change_stays_on_its_page() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 103).await;
    let mut lead = group.lead.clone();
    let keys = |page: &crate::harness::Answer| {
        let all = page.texts("tbody td.num");
        (all.len(), all[0].clone(), all[all.len() - 1].clone())
    };
    let of = |n: usize, first: &str, last: &str| (n, first.to_owned(), last.to_owned());
    let (previous, next) = (".pages a[rel=prev]", ".pages a[rel=next]");

    let first = lead.get(&app.at("/products/norvik-app/items?stage=ready")).await;
    assert_eq!(keys(&first), of(50, "NA-1", "NA-50"));
    assert_eq!(first.count(previous), 0);
    let second = lead.get(&first.attribute(next, "href").unwrap()).await;
    assert_eq!(keys(&second), of(50, "NA-51", "NA-100"));
    let third = lead.get(&second.attribute(next, "href").unwrap()).await;
    assert_eq!(keys(&third), of(3, "NA-101", "NA-103"));
    assert_eq!(third.count(next), 0);
    let back = lead.get(&third.attribute(previous, "href").unwrap()).await;
    assert_eq!(keys(&back), of(50, "NA-51", "NA-100"));
    assert_eq!(back.attribute(next, "href"), second.attribute(next, "href"));
    // A page more above than there was: the first has as many lines as it has had.
    let (squad, member) = group.squad(&app, 0);
    service::pull(&app.pool, &member, group.product, 1, squad, None).await.unwrap();
    let top = lead.get(&back.attribute(previous, "href").unwrap()).await;
    assert_eq!(keys(&top), of(50, "NA-2", "NA-51"));
    assert_eq!(top.count(previous), 0);

    let view = second.attribute("input[name=view]", "value").unwrap();
    let view = view.replace('&', "%26").replace('=', "%3D");
    let path = app.at("/products/norvik-app/items");
    let refused = lead.post(&path, &format!("change=breadth%3Atask&view={view}")).await;
    assert_eq!(refused.error_code(), "nothing_chosen");
    assert_eq!(
        refused.attribute("option[selected][value^=breadth]", "value").unwrap(),
        "breadth:task"
    );
    assert_eq!(keys(&refused), of(50, "NA-51", "NA-100"));
    let form = format!("item=60&item=999&change=class%3Aexpedite&view={view}");
    assert_eq!(lead.post(&path, &form).await.status, StatusCode::NOT_FOUND);
    let done = lead.post(&path, &format!("item=60&change=breadth%3Atask&view={view}")).await;
    let page = lead.get(done.assert_redirect()).await;
    assert_eq!(keys(&page), of(50, "NA-51", "NA-100"));
}

#[tokio::test]
async fn an_item_leads_to_the_metric_that_it_is_about() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let squad = group.squads[0].0;
    let goal = crate::given::metric("First bill correct", 97.0);
    let founder = app.founder();
    let goal = trellis::metrics::service::set_goal(&app.pool, &founder, squad, &goal);
    let metric = Some(goal.await.unwrap());
    let new = trellis::backlog::NewItem { metric, ..super::item("The bill is not understood") };
    service::propose(&app.pool, &group.lead(&app), group.product, &new).await.unwrap();

    let page = lead.get(&app.at("/products/norvik-app/items/NA-1")).await;

    let href = page.attribute(".facts a[href*='/metrics/']", "href").unwrap();
    assert_eq!(lead.get(&href).await.text("h1"), "First bill correct");
}

#[tokio::test]
async fn a_board_of_more_than_a_page_goes_on_below() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 33).await;
    let mut lead = group.lead.clone();

    let page = lead.get(&app.at("/products/norvik-app")).await;
    assert_eq!(page.count(".ready .kcard"), 30);
    assert_eq!(page.text(".ready header .badge"), "33");
    let more = page.attribute(".ready > .btn.wide", "href").unwrap();
    let rest = lead.get(&more).await;
    assert_eq!(rest.texts(".ready .rank"), ["31", "32", "33"]);
    assert_eq!(rest.texts(".ready h3"), ["Problem 30", "Problem 31", "Problem 32"]);
    assert_eq!(rest.count(".ready .kcard button"), 0);
}

#[tokio::test]
async fn comments_and_templates_are_there_for_all_to_read() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    proposed(&app, &group, 1).await;
    let mut lead = group.lead.clone();
    let mut somebody = app.member("Wei Zhang").await;

    let path = app.at("/products/norvik-app/items/NA-1/comments");
    somebody.post(&path, "text=I+heard+this+twice").await.assert_redirect();
    let page = lead.get(&app.at("/products/norvik-app/items/NA-1")).await;
    assert!(page.text(".timeline").contains("I heard this twice"));
    let path = app.at("/products/norvik-app/templates");
    let form = "name=Bill+question&title=&why=Which+line%3A&breadth=problem";
    assert_eq!(somebody.post(&path, form).await.status, StatusCode::FORBIDDEN);
    lead.post(&path, form).await.assert_redirect();
    assert_eq!(lead.post(&path, form).await.error_code(), "template_taken");
    let page = somebody.get(&app.at("/products/norvik-app/items/new")).await;
    let begun = page.texts("nav .chip");
    assert!(begun.contains(&"Bill question".to_owned()), "{begun:?}");
}

#[tokio::test]
async fn of_an_ended_product_everything_is_read_and_nothing_changed() {
    let app = TestApp::new().await;
    let group = group(&app, &[]).await;
    ready(&app, &group, 1).await;
    sqlx::query(
        "update product set ended_at = now(), ended_reason = 'Merged', ended_event = (select id from event limit 1)",
    )
    .execute(&app.pool)
    .await
    .unwrap();
    let mut lead = group.lead.clone();

    let page = lead.get(&app.at("/products/norvik-app")).await;
    page.assert_ok();
    assert_eq!(page.count(".kcard button, .head .btn"), 0);
    lead.get(&app.at("/products/norvik-app/items/NA-1")).await.assert_ok();
    let new = lead.get(&app.at("/products/norvik-app/items/new")).await;
    assert_eq!(new.error_code(), "product_ended");
    let actor = group.lead(&app);
    let refused =
        service::bulk(&app.pool, &actor, group.product, &[1], Bulk::Class(Class::Expedite), None);
    assert_eq!(code(refused.await), "product_ended");
    let refused = service::finish(&app.pool, &actor, group.product, 1, &outcome("x")).await;
    assert_eq!(code(refused), "product_ended");
}

#[tokio::test]
async fn every_page_of_a_product_has_the_same_head_and_tabs() {
    let app = TestApp::new().await;
    let mut group = group(&app, &["Fair Bills", "EV at Home"]).await;
    for (below, current, crumbs) in [
        ("", "Backlog", vec!["Products", "Norvik App"]),
        ("/items", "All items", vec!["Products", "Norvik App", "All items"]),
        ("/group", "Group 2", vec!["Products", "Norvik App", "Group"]),
        ("/flow", "Flow", vec!["Products", "Norvik App", "Flow"]),
    ] {
        let page = group.lead.get(&app.at(&format!("/products/norvik-app{below}"))).await;
        assert_eq!(page.texts(".tabs a"), ["Backlog", "All items", "Group 2", "Flow"], "{below}");
        assert_eq!(page.texts(".tabs [aria-current=page]"), [current]);
        assert_eq!(page.text("header.head h1"), "Norvik App");
        assert_eq!(page.texts(".crumbs li")[1..], crumbs, "{below}");
    }
}

#[tokio::test]
async fn the_board_shows_its_group_with_each_missing_hat_one_click_from_a_fix() {
    let app = TestApp::new().await;
    let mut group = group(&app, &["Fair Bills", "EV at Home"]).await;
    let (pool, founder) = (&app.pool, app.founder());
    let samuel = app.person("Samuel Okafor", "product").await;
    products::service::begin_apprenticeship(pool, &founder, group.product, samuel).await.unwrap();
    sqlx::query(
        "insert into membership_hat (organization_id, membership_id, hat_id) \
         select m.organization_id, m.id, h.id from membership m join hat h using (organization_id) \
         where m.team_id = $1 and h.name = 'UX'",
    )
    .bind(group.squads[0].0)
    .execute(pool)
    .await
    .unwrap();
    let board = app.at("/products/norvik-app");

    let page = app.leader("Lena Lead").await.get(&board).await;
    let strip = page.texts(".prod-team > div");
    assert_eq!(strip.len(), 5, "{strip:?}");
    assert!(strip[0].contains("Hana Sato"));
    assert!(strip[1].contains("Samuel Okaforweek 1"), "{}", strip[1]);
    let fixes = [
        format!("{board}/hats/new?hat=analyst"),
        format!("{board}/hats/new?hat=coach"),
        app.at("/squads/ev-at-home/members?q=design#add"),
    ];
    for fix in &fixes {
        assert_eq!(page.count(&format!(".prod-team a[href='{fix}']")), 1, "{fix}");
    }
    assert!(strip[4].contains("1 of 2 squads"), "{}", strip[4]);
    let shares = page.texts(".prod-team .ux li");
    assert!(shares[0].ends_with("EV at Home none Find a designer"), "{shares:?}");
    assert!(shares[1].ends_with("Fair Bills 50 %"), "{shares:?}");

    // Who does not design sees what is missing, and no way that is not theirs.
    let page = group.squads[0].1.get(&board).await;
    assert_eq!(page.count(".prod-team a[href*='/hats/new'], .prod-team a[href*='#add']"), 0);
    assert_eq!(page.text(".prod-team").matches("Nobody yet").count(), 2);
}
