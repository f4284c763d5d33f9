//! Several people at once: what one changes the other sees, and nobody's words are lost.

use std::time::Duration;

use crate::browser::{Browser, Look};
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::site::{serve, serve_at, session};

/// How soon a change is on the pages of the others.
const SOON: Duration = Duration::from_secs(1);

/// Writes the value of the mission into its form, and saves it.
async fn write(browser: &Browser, squad: &str, value: &str) {
    browser.goto(&format!("{squad}/mission/edit")).await;
    browser.fill("Value", value).await;
    browser.press("Save the mission").await;
}

#[tokio::test]
async fn two_people_see_each_others_changes_and_lose_no_word_across_instances_and_a_restart() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let squad = given::ready(&app, "Fair Bills").await;
    let squad = app.at(&format!("/squads/{squad}"));
    let leader = app.leader("Ruth Abara").await.actor().user.unwrap();
    let (one, other) = (serve(app.database_url()), serve(app.database_url()));
    let ingrid = Browser::open(&driver, &one.address, Look::DESK).await;
    ingrid.sign_in(&session(&app.pool, app.founder.user.unwrap()).await).await;
    let ruth = Browser::open(&driver, &other.address, Look::DESK).await;
    ruth.sign_in(&session(&app.pool, leader).await).await;
    ruth.goto(&squad).await;
    ruth.sees("Live").await;

    write(&ingrid, &squad, "They trust their bill").await;
    let took = ruth.sees_after("They trust their bill").await;
    assert!(took < SOON, "{took:?}");

    let address = other.address.clone();
    other.kill();
    write(&ingrid, &squad, "They look forward to their bill").await;
    ruth.does_not_see("They look forward to their bill").await;
    let _other = serve_at(&address, app.database_url());
    ruth.sees("They look forward to their bill").await;
    write(&ingrid, &squad, "They frame their bill").await;
    let took = ruth.sees_after("They frame their bill").await;
    assert!(took < SOON, "{took:?} after the restart");

    ruth.goto(&format!("{squad}/mission/edit")).await;
    ruth.fill("Value", "They read their bill to their children").await;
    write(&ingrid, &squad, "They sing their bill").await;
    ruth.press("Save the mission").await;
    ruth.sees("changed this while you were writing").await;
    ruth.sees("They sing their bill").await;
    assert_eq!(ruth.value("Value").await, "They read their bill to their children");
    ruth.press("Save the mission").await;
    ingrid.goto(&squad).await;
    ingrid.sees("They read their bill to their children").await;
}
