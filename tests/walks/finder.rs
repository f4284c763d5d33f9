//! The command palette: by keyboard, with a word that is misspelt; and the same question as a page where no script runs.

use fantoccini::key::Key;

use crate::browser::{Browser, Look};
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::site::{serve, session};

#[tokio::test]
async fn the_palette_finds_what_is_misspelt_and_goes_there_and_without_a_script_it_is_a_page() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    given::active(&app, "Fair Bills").await;
    given::squad(&app, "Heat Pump Care").await;
    let server = serve(app.database_url());
    let token = session(&app.pool, app.founder.user.unwrap()).await;
    let browser = Browser::open(&driver, &server.address, Look::DESK).await;
    browser.sign_in(&token).await;
    let enter = [Key::Enter.into()];

    browser.goto(&app.at("/members")).await;
    browser.chord(Key::Control, 'k').await;
    browser.focus_is_on("Search or jump to").await;
    browser.types("fair bils").await;
    browser.finds("#palette [role=option][aria-selected=true]", "Fair").await;
    browser.keys(&enter).await;
    browser.is_at(&app.at("/squads/fair-bills")).await;

    browser.chord(Key::Control, 'k').await;
    browser.types("design").await;
    browser.finds("#palette-list", "Design a squad").await;
    browser.keys(&[Key::Escape.into()]).await;
    browser.sees_only("#palette[open]", 0).await;
    browser.chord(Key::Control, 'k').await;
    browser.types("nothing of the kind").await;
    browser.finds("#palette-list", "who can solve").await;
    browser.keys(&enter).await;
    browser.sees("Nobody is found by these words yet").await;
    browser.is_at(&app.at("/find")).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    let plain = Browser::open(&driver, &server.address, Look::WITHOUT_SCRIPT).await;
    plain.sign_in(&token).await;
    plain.goto(&app.at("/members")).await;
    plain.fill("Who can solve this? Search or jump to", "fair bils").await;
    plain.keys(&enter).await;
    plain.is_at(&app.at("/find")).await;
    plain.press("Fair Bills").await;
    plain.is_at(&app.at("/squads/fair-bills")).await;
}
