//! What reaches whom, how soon, and who is there.

use uuid::Uuid;

use super::{
    Live, SECOND, SOON, another, at_instance, begin_on, change, change_silently, listening,
    squad_page,
};
use crate::harness::TestApp;

#[tokio::test]
async fn a_change_reaches_the_pages_of_its_own_instance_at_once() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_change_on_one_instance_reaches_a_page_on_another_within_a_second() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), listening(&app, &other));
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&at_instance(&leader, &other), &squad_page(&app, squad)).await;
    page.hear(SECOND).await;
    tokio::time::sleep(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    // Asking comes only each 2 seconds while listening: this was the NOTIFY.
    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_change_is_found_within_a_second_where_no_notify_arrives() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), other.live.start(None));
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&at_instance(&leader, &other), &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_notify_that_is_lost_is_made_up_for_by_asking() {
    let app = TestApp::new().await;
    let _running = listening(&app, &app.state);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change_silently(&app.state, &leader.actor(), squad).await;

    assert!(page.hears_a_change(3 * SECOND).await);
}

#[tokio::test]
async fn a_change_that_commits_after_a_later_one_is_found() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (early, late) = (Uuid::now_v7(), Uuid::now_v7());
    let mut page = Live::open(&leader, &squad_page(&app, early)).await;
    page.hear(SECOND).await;

    let silent = another(&app);
    let held = begin_on(&silent, &leader.actor(), early).await;
    change(&app.state, &leader.actor(), late).await;
    assert!(
        !page.hears_a_change(SECOND).await,
        "not committed yet, and the later one is elsewhere"
    );
    held.done(()).await.unwrap();

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_change_that_commits_late_is_found_by_a_page_that_opened_meanwhile() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let held = begin_on(&app.state, &leader.actor(), squad).await;
    change(&app.state, &leader.actor(), squad).await;
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    held.done(()).await.unwrap();

    assert!(page.hears_a_change(SECOND).await);
}

#[tokio::test]
async fn a_page_hears_only_of_what_it_is_about() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (squad, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    let mut list = Live::open(&leader, &app.at("/events?page=squads&subject=")).await;
    page.hear(SECOND).await;
    list.hear(SECOND).await;

    change(&app.state, &leader.actor(), other).await;

    assert!(list.hears_a_change(SECOND).await);
    assert!(!page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_squads_page_hears_what_happens_to_its_members() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let (squad, person) = (Uuid::now_v7(), app.person("Ravi Menon", "engineering").await);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "begin;
         insert into event (organization_id, id, at, kind, summary, subjects)
         values ('{0}', '{1}', now(), 'squad_formed', 'formed Otters', '{{{1}}}');
         insert into team (organization_id, id, kind, name, slug, pattern, state, state_at, state_event, created_at)
         values ('{0}', '{1}', 'squad', 'Otters', 'otters', 'own', 'forming', now(), '{1}', now());
         insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event)
         values ('{0}', '{1}', '{1}', '{2}', 50, now(), '{1}');
         commit",
        app.tenant().organization_id(),
        squad,
        person,
    )))
    .execute(&app.pool)
    .await
    .unwrap();
    let mut page = Live::open(&leader, &squad_page(&app, squad)).await;
    page.hear(SECOND).await;

    change(&app.state, &leader.actor(), person.0).await;

    assert!(page.hears_a_change(SOON).await);
}

#[tokio::test]
async fn every_connect_says_at_once_that_the_page_is_to_be_fetched() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let path = squad_page(&app, Uuid::now_v7());

    let mut first = Live::open(&leader, &path).await;
    assert!(first.hears_a_change(SOON).await);
    drop(first);

    let headers = [("last-event-id", "1"), ("page-age", "10")];
    let mut again = Live::open_with(&leader, &path, "192.0.2.7", &headers).await;
    assert!(again.hears_a_change(SOON).await);
}

#[tokio::test]
async fn a_page_that_was_made_a_moment_ago_is_not_made_again_when_nothing_happened_since() {
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let leader = app.leader("Ada").await;
    let squad = Uuid::now_v7();
    let path = squad_page(&app, squad);
    let fresh = [("page-age", "200")];

    let _first = Live::open(&leader, &path).await;
    let mut early = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(early.hears_a_change(SOON).await, "nobody looked before the page was made");

    tokio::time::sleep(3 * SECOND).await;
    let mut page = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(!page.hears_a_change(SOON).await);

    change(&app.state, &leader.actor(), squad).await;
    assert!(page.hears_a_change(SOON).await);
    let mut late = Live::open_with(&leader, &path, "192.0.2.7", &fresh).await;
    assert!(late.hears_a_change(SOON).await, "it may be older than the change");
}

#[tokio::test]
async fn those_who_design_the_same_squad_see_each_other_across_instances() {
    let app = TestApp::new().await;
    let other = another(&app);
    let _running = (listening(&app, &app.state), listening(&app, &other));
    let mut ada = app.leader("Ada Lovelace").await;
    let mut grace = at_instance(&app.leader("Grace Hopper").await, &other);
    let squad = Uuid::now_v7();
    let events = app.at(&format!("/events?page=designer&subject={squad}"));
    let present = app.at(&format!("/presence?page=designer&subject={squad}"));
    let mut page = Live::open(&ada, &events).await;
    page.hear(2 * SECOND).await;
    assert_eq!(ada.get(&present).await.count(".av"), 0, "nobody else");

    let came = Live::open(&grace, &events).await;
    page.hears_of(&mut ada, &present, &["Grace Hopper"]).await;
    assert_eq!(grace.get(&present).await.count(".av"), 1);
    let elsewhere = app.at(&format!("/presence?page=designer&subject={}", Uuid::now_v7()));
    assert_eq!(ada.get(&elsewhere).await.count(".av"), 0);

    drop(came);
    page.hears_of(&mut ada, &present, &[]).await;
}

/// Board, group and flow are about the product: a pull reaches all of them, and the page of the item.
#[tokio::test]
async fn a_pull_reaches_the_pages_of_its_product_and_of_its_item_and_no_other() {
    use trellis::actor::{Actor, Origin};
    let app = TestApp::new().await;
    let _running = app.state.live.start(None);
    let mut group = crate::backlog::group(&app, &["Fair Bills"]).await;
    crate::backlog::ready(&app, &group, 2).await;
    let items: Vec<Uuid> = sqlx::query_scalar("select id from backlog_item order by number")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    let about = |page: &str, id: Uuid| app.at(&format!("/events?page={page}&subject={id}"));
    let board = app.at("/products/norvik-app");
    for below in ["", "/group", "/flow"] {
        let page = group.lead.get(&format!("{board}{below}")).await;
        let asked = page.attribute("#live", "hx-sse:connect").unwrap();
        assert_eq!(asked, about("product", group.product.0), "{below}");
        assert!(page.count("[data-live][id]") > 0, "{below}");
    }
    let mut product = Live::open(&group.lead, &about("product", group.product.0)).await;
    let mut pulled = Live::open(&group.lead, &about("item", items[0])).await;
    let mut other = Live::open(&group.lead, &about("item", items[1])).await;
    for page in [&mut product, &mut pulled, &mut other] {
        page.hear(SECOND).await;
    }

    let (squad, member) = group.squad(&app, 0);
    let hints = app.state.live.hints();
    let member = Actor { origin: Origin { hints, ..Origin::default() }, ..member };
    trellis::backlog::service::pull(&app.pool, &member, group.product, 1, squad, None)
        .await
        .unwrap();

    assert!(product.hears_a_change(SOON).await);
    assert!(pulled.hears_a_change(SOON).await);
    assert!(!other.hears_a_change(SOON).await);
}
