//! A change is taken back: at once from its toast, and for a day from the activity list.

use serde_json::Value;

use crate::browser::{Browser, Look};
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::site::{serve, session};

async fn rename(browser: &Browser, squad: &str, name: &str) {
    browser.goto(&format!("{squad}/edit")).await;
    browser.fill("Name", name).await;
    browser.press("Save").await;
    browser.sees_only("#toasts form", 1).await;
}

#[tokio::test]
async fn a_change_is_undone_from_its_toast_and_from_the_activity_list() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let squad = app.at(&format!("/squads/{squad}"));
    let server = serve(app.database_url());
    let browser = Browser::open(&driver, &server.address, Look::DESK).await;
    browser.sign_in(&session(&app.pool, app.founder.user.unwrap()).await).await;

    rename(&browser, &squad, "Fairer Bills").await;
    browser.sees("Fairer Bills").await;
    browser.script("window.stays = true", Value::Null).await;
    browser.press("Undo").await;
    browser.sees("Undone").await;
    browser.finds("h1", "Fair Bills").await;
    browser.finds(".crumbs", "Fair Bills").await;
    browser.focus_is_on("Fair Bills").await;
    browser.press("Undo").await; // which was a change as well
    browser.sees("Done again").await;
    browser.finds("h1", "Fairer Bills").await;
    browser.press("Undo").await;
    browser.sees("Undone").await;
    browser.finds("h1", "Fair Bills").await;
    let stays = browser.script("return window.stays", Value::Null).await;
    assert_eq!(stays, Some(Value::Bool(true)), "the page is still the same");

    rename(&browser, &squad, "Fairest Bills").await;
    browser.goto(&app.at("/activity")).await;
    browser.press("Undo").await; // the newest change stands first
    browser.sees("undid: ").await;
    browser.goto(&squad).await;
    browser.finds("h1", "Fair Bills").await;
    browser.goto(&app.at("/activity")).await;
    browser.sees("Cannot be undone: dissolve it instead").await;
    assert_eq!(given::events(&app, "squad_edited").await, 6);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
