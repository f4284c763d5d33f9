//! From an empty machine to an active squad of six: by mouse, without JavaScript, by keyboard, with a finger.

use fantoccini::key::Key;
use trellis::MIGRATOR;

use crate::browser::{Browser, Look};
use crate::checks::{self, Care};
use crate::database::TestDb;
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::program::Program;
use crate::site::{serve, session};

const PEOPLE: &str = "Aisha Rahman, aisha@norvik.example, data, Billing analyst
Wei Zhang, wei@norvik.example, engineering, Developer
Ravi Menon, ravi@norvik.example, engineering, Developer
Zofia Wójcik, zofia@norvik.example, design, UX designer
Clara Vogel, clara@norvik.example, service, Customer service
Hana Sato, hana@norvik.example, marketing, Market researcher";

const CHOSEN: [&str; 6] =
    ["Aisha Rahman", "Wei Zhang", "Ravi Menon", "Zofia Wójcik", "Clara Vogel", "Hana Sato"];

/// Trellis where nobody is yet, with the link that it prints.
async fn nobody_yet() -> (TestDb, Program, String) {
    let db = TestDb::new(&MIGRATOR).await;
    let server = serve(&db.url);
    let printed = server.line().unwrap();
    let link = printed.rsplit_once('/').map(|(_, token)| format!("/setup/{token}")).unwrap();
    (db, server, link)
}

/// Makes the first admin and their organization, adds people, and forms a squad of six that becomes active.
async fn to_an_active_squad(browser: &Browser, link: &str) {
    browser.goto(link).await;
    browser.fill("Your name", "Ingrid Solheim").await;
    browser.fill("Your e-mail address", "ingrid@norvik.example").await;
    browser.fill("Password", "moss under seven lamps").await;
    browser.fill("Name of your organization", "Norvik Energy").await;
    browser.fill("Common purpose", "Every home warm and lit.").await;
    browser.press("Set up Trellis").await;

    browser.sees("No squads yet").await;
    browser.press("Add members").await;
    browser.press("Add several at once").await;
    browser.fill("Members", PEOPLE).await;
    browser.press("Add members").await;
    browser.sees("Hana Sato").await;

    browser.goto("/").await;
    browser.press("Design the first squad").await;
    to_active_from_the_form(browser).await;
}

/// The same from the form of a new squad on.
async fn to_active_from_the_form(browser: &Browser) {
    browser.press("Form the squad").await;
    browser.sees("Fill in the name").await;
    browser.fill("Name", "Fair Bills").await;
    browser.choose("Geographic").await;
    browser.press("Form the squad").await;

    browser.sees("Compose the squad until its findings are settled").await;
    browser.goto("/o/norvik-energy/squads/fair-bills").await;
    browser.sees("Before it can be active").await;
    browser.press("Add members").await;
    for person in CHOSEN {
        browser.choose(person).await;
    }
    browser.press("Add the chosen members").await;
    browser.sees("6 of 6–10").await;

    browser.press("Overview").await;
    browser.press("Write the mission").await;
    browser.fill("Customer", "Households in their first winter").await;
    browser.fill("Value", "They understand their bill and trust it").await;
    browser.fill("Sign of success", "Fewer calls about bills").await;
    browser.fill("Review date", "2099-01-01").await;
    browser.press("Save the mission").await;
    browser.sees("They understand their bill and trust it").await;

    browser.sees("Before it can be active").await;
    browser.press("Choose a goal metric").await;
    browser.fill("Name", "First bill correct").await;
    browser.fill("Unit", "%").await;
    browser.choose("Up").await;
    browser.fill("Target", "97").await;
    browser.press("Choose this metric").await;
    browser.sees("First bill correct").await;

    browser.press("Activate").await;
    browser.sees("active since").await;
}

#[tokio::test]
async fn by_mouse_from_setup_to_an_active_squad_which_keeps_its_six() {
    let Some(driver) = Driver::start() else { return };
    let (_db, server, link) = nobody_yet().await;
    let browser = Browser::open(&driver, &server.address, Look::DESK).await;

    to_an_active_squad(&browser, &link).await;

    browser.press("Members 6").await;
    browser.press("Actions for Wei Zhang").await;
    browser.press("Remove from the squad").await;
    browser.sees("Three ways on").await;
    for way in ["Choose who comes in", "Add members", "Return to forming"] {
        browser.sees(way).await;
    }
    let seen = checks::look(&browser, Care::Full).await;
    assert_eq!(seen.problems, Vec::<String>::new());
    browser.press("Return to forming").await;
    browser.sees("Reason").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn without_javascript_from_setup_to_an_active_squad() {
    let Some(driver) = Driver::start() else { return };
    let (_db, server, link) = nobody_yet().await;
    let browser = Browser::open(&driver, &server.address, Look::WITHOUT_SCRIPT).await;

    to_an_active_squad(&browser, &link).await;
}

#[tokio::test]
async fn with_a_finger_on_a_phone_from_setup_to_an_active_squad() {
    let Some(driver) = Driver::start() else { return };
    let (_db, server, link) = nobody_yet().await;
    let browser = Browser::open(&driver, &server.address, Look::PHONE).await;

    to_an_active_squad(&browser, &link).await;

    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn by_keyboard_alone_to_an_active_squad() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    for person in CHOSEN {
        app.person(person, &format!("craft of {person}")).await;
    }
    let server = serve(app.database_url());
    let browser = Browser::open(&driver, &server.address, Look::DESK).await;
    browser.sign_in(&session(&app.pool, app.founder.user.unwrap()).await).await;
    browser.goto(&app.at("")).await;
    let enter = [Key::Enter.into()];

    browser.tab_to("Design the first squad").await;
    browser.keys(&enter).await;
    browser.sees("It begins as forming").await;
    browser.types("Fair Bills").await; // the first field has the focus
    browser.tab_to("Geographic").await;
    browser.keys(&[' ']).await;
    browser.keys(&enter).await;

    browser.sees("Compose the squad until its findings are settled").await;
    browser.tab_to("Fair Bills").await;
    browser.keys(&enter).await;
    browser.sees("Before it can be active").await;
    browser.tab_to("Add members").await;
    browser.keys(&enter).await;
    browser.sees("Who joins").await;
    for _ in CHOSEN {
        browser.tab_to_next_box().await;
        browser.keys(&[' ']).await;
    }
    browser.sees("6 chosen").await;
    browser.tab_to("Add the chosen members").await;
    browser.keys(&enter).await;
    browser.sees("6 of 6–10").await;

    browser.tab_to("Overview").await;
    browser.keys(&enter).await;
    browser.sees("Before it can be active").await;
    browser.tab_to("Write the mission").await;
    browser.keys(&enter).await;
    browser.tab_to("Customer").await;
    browser.types("Households in their first winter").await;
    browser.tab_to("Value").await;
    browser.types("They understand their bill and trust it").await;
    browser.tab_to("Sign of success").await;
    browser.types("Fewer calls about bills").await;
    browser.tab_to("Review date").await;
    browser.types("01012099").await;
    browser.tab_to("Save the mission").await;
    browser.keys(&enter).await;
    browser.sees("They understand their bill and trust it").await;

    browser.sees("Before it can be active").await;
    browser.tab_to("Choose a goal metric").await;
    browser.keys(&enter).await;
    browser.tab_to("Name").await;
    browser.types("First bill correct").await;
    browser.tab_to("Target").await;
    browser.types("97").await;
    browser.tab_to("Choose this metric").await;
    browser.keys(&enter).await;
    browser.sees("First bill correct").await;

    browser.tab_to("Activate").await;
    browser.keys(&enter).await;
    browser.sees("active since").await;
    assert_eq!(given::events(&app, "squad_activated").await, 1);
}
