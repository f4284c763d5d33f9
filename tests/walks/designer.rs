//! The squad designer: by mouse, by keyboard, without JavaScript, with a finger, and by two people at once.

use std::time::Duration;

use fantoccini::key::Key;
use trellis::ids::TeamId;
use trellis::{metrics, missions};

use crate::browser::{Browser, Look};
use crate::checks::{self, Care};
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::site::{serve, session};

/// How soon a change is on the pages of the others.
const SOON: Duration = Duration::from_secs(1);

/// The card of a person, in the pool or in the squad.
fn card(list: &str, name: &str) -> String {
    format!(
        "return [...document.querySelectorAll('#{list} [data-card]')].find(e => e.querySelector('b').innerText === '{name}')"
    )
}

/// Where somebody is let go of, to be in the squad or in the pool, which may be empty.
fn list(id: &str) -> String {
    format!("return document.querySelector('#{id} > li') ?? document.querySelector('#{id}')")
}

/// A squad that is forming, with a mission, a metric and some members; two more people could join.
async fn forming(app: &TestApp, name: &str, members: usize) -> TeamId {
    let squad = given::squad(app, name).await;
    let people = app.people(members).await;
    given::join(app, squad, &people).await;
    let by = given::designer(app);
    let mission = given::mission("Every household");
    missions::service::write(&app.pool, &by, squad, 0, &mission).await.unwrap();
    let metric = given::metric("First bill correct", 97.0);
    metrics::service::set_goal(&app.pool, &by, squad, &metric).await.unwrap();
    squad
}

async fn founder(driver: &Driver, address: &str, app: &TestApp, look: Look) -> Browser {
    let browser = Browser::open(driver, address, look).await;
    browser.sign_in(&session(&app.pool, app.founder.user.unwrap()).await).await;
    browser
}

#[tokio::test]
async fn by_mouse_and_by_keyboard_a_squad_is_designed_and_activated() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    forming(&app, "Home Battery", 5).await;
    forming(&app, "Heat Pump Care", 5).await;
    app.person("Ana Nguyen", "data").await;
    app.person("Ben Holt", "design").await;
    let server = serve(app.database_url());
    let browser = founder(&driver, &server.address, &app, Look::DESK).await;

    browser.goto(&app.at("/squads/home-battery/design")).await;
    browser.sees("5 members").await;
    browser.fill("Name or skill", "Ana").await;
    browser.sees_only("#pool-list [data-card]", 1).await;
    browser.drag(&card("pool-list", "Ana Nguyen"), &list("roster")).await;
    browser.sees("Added Ana Nguyen to Home Battery.").await;
    browser.sees("6 members").await;
    browser.drag(&card("roster", "Ana Nguyen"), &list("pool-list")).await;
    browser.sees("Removed Ana Nguyen from Home Battery").await;
    browser.sees("5 members").await;
    browser.sees_only("#toasts form", 1).await; // only the last change can be taken back
    browser.press("Undo").await;
    browser.sees("6 members").await;
    browser.focus_is_on("Ana Nguyen").await;
    assert_eq!(browser.value("Name or skill").await, "Ana", "what was looked for stays");
    browser.press("Actions for Ana Nguyen").await;
    browser.select("Share", "80").await;
    browser.press("Save").await;
    browser.sees("Edited the membership of Ana Nguyen").await;
    browser.press("Add an open seat").await;
    browser.fill("What do you look for?", "Energy market analyst").await;
    browser.press("Add the seat").await;
    browser.sees("6 members and 1 open seat").await;
    let seen = checks::look(&browser, Care::Full).await;
    assert_eq!(seen.problems, Vec::<String>::new());
    browser.resize(1440, 900).await;
    browser.press("Activate squad").await;
    browser.sees("active since").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    let enter = [Key::Enter.into()];
    browser.goto(&app.at("/squads/heat-pump-care/design")).await;
    browser.tab_to("Ben Holt").await;
    browser.chord(Key::Alt, Key::Right).await;
    browser.sees("Added Ben Holt to Heat Pump Care.").await;
    browser.sees("6 members").await;
    browser.focus_is_on("Ben Holt").await; // who moves keeps the focus
    browser.chord(Key::Alt, Key::Left).await;
    browser.sees("5 members").await;
    browser.focus_is_on("Ben Holt").await;
    browser.chord(Key::Alt, Key::Right).await;
    browser.sees("6 members").await;
    browser.focus_is_on("Ben Holt").await;
    browser.tab_to("Actions for Ben Holt").await;
    browser.keys(&enter).await;
    browser.sees_only(":popover-open :focus", 1).await;
    browser.keys(&[Key::Up.into()]).await; // from the first of the menu to its last
    browser.focus_is_on("Remove from the squad").await;
    browser.keys(&enter).await;
    browser.sees("Removed Ben Holt from Heat Pump Care").await;
    browser.sees("5 members").await;
    browser.tab_to("Ben Holt").await;
    browser.tab_to("Add Ben Holt").await;
    browser.keys(&enter).await;
    browser.sees("6 members").await;
    browser.tab_to("Activate squad").await;
    browser.keys(&enter).await;
    browser.sees("active since").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(given::events(&app, "squad_activated").await, 2);
}

#[tokio::test]
async fn without_javascript_and_with_a_finger_a_squad_is_designed_and_activated() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    forming(&app, "Home Battery", 5).await;
    forming(&app, "Heat Pump Care", 4).await;
    app.person("Ana Nguyen", "data").await;
    app.person("Ben Holt", "design").await;
    app.person("Cora Lind", "service").await;
    let server = serve(app.database_url());

    let plain = founder(&driver, &server.address, &app, Look::WITHOUT_SCRIPT).await;
    plain.goto(&app.at("/squads/home-battery/design")).await;
    plain.press("Add Ana Nguyen").await;
    plain.sees("Added Ana Nguyen to Home Battery.").await;
    plain.sees("6 members").await;
    plain.press("Undo").await;
    plain.sees("5 members").await;
    plain.press("Add Ana Nguyen").await;
    plain.press("Actions for Ana Nguyen").await; // a menu needs no script
    plain.press("Remove from the squad").await;
    plain.sees("Removed Ana Nguyen from Home Battery").await;
    plain.press("Add Ana Nguyen").await;
    plain.sees("6 members").await;
    plain.press("Activate squad").await;
    plain.sees("active since").await;

    let phone = founder(&driver, &server.address, &app, Look::PHONE).await;
    phone.goto(&app.at("/squads/heat-pump-care/design")).await;
    phone.fill("Name or skill", "Cora").await;
    phone.sees_only("#pool-list [data-card]", 1).await;
    // Held for a moment and carried to the edge, where the page scrolls on to the squad.
    phone.carry(&card("pool-list", "Cora Lind"), &list("roster")).await;
    phone.sees("Added Cora Lind to Heat Pump Care.").await;
    phone.sees("5 members").await;
    phone.fill("Name or skill", "Ben").await;
    phone.press("Add Ben Holt").await;
    phone.sees("Added Ben Holt to Heat Pump Care.").await;
    phone.sees("6 members").await;
    phone.press("Activate squad").await;
    phone.sees("active since").await;
    assert_eq!(phone.complaints().await, Vec::<String>::new());
    assert_eq!(given::events(&app, "squad_activated").await, 2);
}

#[tokio::test]
async fn two_people_in_one_designer_see_each_other_and_neither_loses_what_they_type() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    forming(&app, "Home Battery", 5).await;
    app.person("Ana Nguyen", "data").await;
    app.person("Ben Holt", "design").await;
    let leader = app.leader("Ruth Abara").await.actor().user.unwrap();
    let server = serve(app.database_url());
    let here = app.at("/squads/home-battery/design");
    let ingrid = founder(&driver, &server.address, &app, Look::DESK).await;
    let ruth = Browser::open(&driver, &server.address, Look::DESK).await;
    ruth.sign_in(&session(&app.pool, leader).await).await;

    ingrid.goto(&here).await;
    ingrid.sees("Live").await;
    ruth.goto(&here).await;
    ruth.sees("Live").await;
    ingrid.finds("#present", "Ruth Abara").await;
    ruth.finds("#present", "Ingrid Solheim").await;

    ingrid.press("Add Ana Nguyen").await;
    ingrid.sees("Added Ana Nguyen").await;
    let took = ruth.sees_after("6 members").await;
    assert!(took < SOON, "{took:?}");

    ruth.press("Add an open seat").await;
    ruth.fill("What do you look for?", "Energy market analyst").await;
    ingrid.press("Add Ben Holt").await;
    ingrid.sees("7 members").await;
    ruth.sees("Somebody changed this a moment ago").await;
    assert_eq!(ruth.value("What do you look for?").await, "Energy market analyst");
    ruth.does_not_see("7 members").await;
    ruth.press("Add the seat").await;
    // The form was made from an earlier design: she sees whose change came first, and how it is now.
    ruth.sees("Ingrid Solheim changed this squad a moment ago").await;
    ruth.sees("7 members").await;
    assert_eq!(ruth.value("What do you look for?").await, "Energy market analyst");
    ruth.press("Add the seat").await;
    ruth.sees("7 members and 1 open seat").await;
    ingrid.sees("7 members and 1 open seat").await;
    assert_eq!(ingrid.complaints().await, Vec::<String>::new());
    assert_eq!(ruth.complaints().await, Vec::<String>::new());
}
