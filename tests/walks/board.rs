//! The board of a product: pulled from and ordered by mouse, by keyboard, without JavaScript and with a finger, while others look.

use std::time::{Duration, Instant};

use fantoccini::key::Key;
use serde_json::json;
use trellis::actor::Actor;
use trellis::backlog::{self, Breadth, Bulk, ItemTitle, NewItem, Why};
use trellis::ids::UserId;
use trellis::products::{self, NewProduct, ProductDescription, ProductName, WipLimit};

use crate::browser::{Browser, Look};
use crate::driver::Driver;
use crate::given;
use crate::harness::TestApp;
use crate::site::{serve, session};

/// How soon a change is on the pages of the others.
const SOON: Duration = Duration::from_secs(1);

/// What stands in the backlog, from the top.
const TITLES: [&str; 8] = [
    "Explain the grid fee in plain words",
    "Show the bill five days early",
    "Change the moving date without a call",
    "Warn before an unusually high bill",
    "Pick the cheapest charging hours",
    "Split a bill between flatmates",
    "Follow a refund in the app",
    "Pause charging when the price peaks",
];

/// A product with its lead PM, and two squads with a member each.
struct Group {
    hana: UserId,
    mia: UserId,
    evan: UserId,
}

async fn group(app: &TestApp) -> Group {
    let (lead, mia, evan) =
        (app.member("Hana Sato").await, app.member("Mia Krog").await, app.member("Evan Obi").await);
    let founder = app.founder();
    let new = NewProduct {
        name: ProductName::parse("Norvik App").unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: None,
        lead: lead.id(),
    };
    let product = products::service::create(&app.pool, &founder, &new).await.unwrap();
    for (name, member) in [("Fair Bills", &mia), ("EV at Home", &evan)] {
        let squad = given::squad(app, name).await;
        given::join(app, squad, &[member.id()]).await;
        let limits = (WipLimit::FIRST, WipLimit::FIRST);
        products::service::serve(&app.pool, &founder, product, squad, limits).await.unwrap();
    }
    let hana = Actor { at: app.clock().now(), ..lead.actor() };
    let mut numbers = vec![];
    for title in TITLES {
        let new = NewItem {
            title: ItemTitle::parse(title).unwrap(),
            why: Why::parse("38 % of the calls ask exactly this").unwrap(),
            breadth: Breadth::Problem,
            metric: None,
        };
        numbers.push(backlog::service::propose(&app.pool, &hana, product, &new).await.unwrap());
    }
    let ready = Bulk::Ready;
    backlog::service::bulk(&app.pool, &hana, product, &numbers, ready, None).await.unwrap();
    let [hana, mia, evan] = [&lead, &mia, &evan].map(|it| it.actor().user.unwrap());
    Group { hana, mia, evan }
}

async fn board(driver: &Driver, address: &str, app: &TestApp, who: UserId, look: Look) -> Browser {
    let browser = Browser::open(driver, address, look).await;
    browser.sign_in(&session(&app.pool, who).await).await;
    browser.goto(&app.at("/products/norvik-app")).await;
    browser.sees("Ready to pull").await;
    browser
}

/// The card of an item.
fn card(number: i32) -> String {
    format!("return document.querySelector('#i{number}')")
}

/// The list of the visitor's own squad for what is in progress.
const OWN: &str = "return document.querySelector('[data-list=in_progress][data-squad]')";

/// The keys of the ready ones, from the top.
async fn ready(browser: &Browser) -> String {
    let script = "return [...document.querySelectorAll('[data-list=ready] [data-card]')].map(e => e.dataset.card).join(' ')";
    browser.script(script, json!(null)).await.unwrap().as_str().unwrap().to_owned()
}

/// How long it takes until a selector finds something.
async fn appears(browser: &Browser, selector: &str) -> Duration {
    let start = Instant::now();
    browser.sees_only(selector, 1).await;
    start.elapsed()
}

#[tokio::test]
async fn by_mouse_by_keyboard_and_by_menu_items_are_pulled_and_ordered_and_the_others_see_it_at_once()
 {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let group = group(&app).await;
    let server = serve(app.database_url());
    let (mia, hana) = tokio::join!(
        board(&driver, &server.address, &app, group.mia, Look::DESK),
        board(&driver, &server.address, &app, group.hana, Look::DESK),
    );
    mia.sees("Live").await;
    hana.sees("Live").await;

    // A squad pulls: by drag, by keys, through the menu.
    mia.drag(&card(1), OWN).await;
    mia.sees("NA-1 is pulled.").await;
    let took = appears(&hana, "[data-list=in_progress] #i1").await;
    assert!(took < SOON, "{took:?}");
    mia.sees("1 of 3").await;
    mia.tab_to("Pull NA-2").await;
    mia.keys(&[Key::Enter.into()]).await;
    mia.sees("NA-2 is pulled.").await;
    mia.sees_only("[data-list=in_progress][data-squad] [data-card]", 2).await;
    mia.press("Move or edit NA-3").await;
    mia.sees_only("#card-menu:popover-open", 1).await;
    mia.press("Pull").await;
    mia.sees("Pull NA-3").await;
    mia.press("Pull").await;
    mia.sees("NA-3 is pulled.").await;
    mia.is_at(&app.at("/products/norvik-app")).await;
    mia.sees("3 of 3").await;

    // Over the limit: refused, and the card is back where it was.
    mia.sees("Live").await;
    mia.drag(&card(4), OWN).await;
    mia.sees("Fair Bills has 3 in progress, and 3 is its limit. Finish or return one first.").await;
    mia.sees_only("[data-list=ready] #i4", 1).await;

    // What is held is carried on by drag as well; done asks for the effect.
    let learning = "return document.querySelector('[data-list=learning][data-squad]')";
    mia.drag(&card(1), learning).await;
    mia.sees("NA-1 is with customers.").await;
    mia.sees("2 of 3").await;
    let done = "return document.querySelector('[data-list=done][data-squad]')";
    mia.drag(&card(1), done).await;
    mia.sees("Finish NA-1").await;
    mia.fill("The effect", "Calls about the bill fell by 9 %").await;
    mia.press("Finish it").await;
    mia.sees("NA-1 is done.").await;
    hana.finds("[data-list=done] #i1", "Calls about the bill fell by 9 %").await;

    // The lead PM orders: by drag, and it can be taken back; by keys, and the focus stays.
    assert_eq!(ready(&hana).await, "4 5 6 7 8");
    hana.drag(&card(6), &card(4)).await;
    hana.sees("NA-6 has its new place.").await;
    let took = appears(&mia, "[data-list=ready] > #i6:first-child").await;
    assert!(took < SOON, "{took:?}");
    hana.press("Undo").await;
    hana.sees_only("[data-list=ready] > #i4:first-child", 1).await;
    hana.goto(&app.at("/products/norvik-app")).await;
    hana.tab_to(TITLES[4]).await;
    hana.chord(Key::Alt, Key::Up).await;
    hana.sees_only("[data-list=ready] > #i5:first-child", 1).await;
    hana.focus_is_on(TITLES[4]).await;
    hana.chord(Key::Alt, Key::Down).await;
    hana.sees_only("[data-list=ready] > #i4:first-child", 1).await;
    hana.press("Move or edit NA-8").await;
    hana.press("To the top").await;
    hana.sees_only("[data-list=ready] > #i8:first-child", 1).await;
    assert_eq!(ready(&hana).await, "8 4 5 6 7");

    for browser in [&mia, &hana] {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
    }
    assert_eq!(given::events(&app, "item_pulled").await, 3);
}

#[tokio::test]
async fn without_javascript_and_with_a_finger_items_are_pulled_and_what_is_passed_over_says_why() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let group = group(&app).await;
    let server = serve(app.database_url());
    let (plain, phone) = tokio::join!(
        board(&driver, &server.address, &app, group.evan, Look::WITHOUT_SCRIPT),
        board(&driver, &server.address, &app, group.mia, Look::PHONE),
    );

    plain.press("Pull NA-1").await;
    plain.sees("NA-1 is pulled.").await;
    plain.press("Move or edit NA-4").await;
    plain.sees("Move or edit NA-4").await;
    plain.press("Pull").await;
    plain.sees("These stand above it").await;
    plain.press("Pull").await;
    plain.sees("Why").await;
    plain.sees_only("[aria-invalid=true]", 1).await;
    plain.fill("Why", "The tariff changes in a week").await;
    plain.press("Pull").await;
    plain.sees("NA-4 is pulled.").await;
    plain.press(TITLES[1]).await;
    plain.sees("Passed over").await;
    plain.sees("EV at Home pulled NA-4 instead").await;
    plain.sees("The tariff changes in a week").await;

    phone.sees("Live").await;
    phone.press("Pull NA-2").await;
    phone.sees("NA-2 is pulled.").await;
    // The card is where it stays, and so is what is pressed.
    phone.sees_only("[data-list=in_progress] > #i2", 1).await;
    phone.press("Move or edit NA-2").await;
    phone.sees_only("#card-menu:popover-open", 1).await;
    phone.press("Mark as blocked").await;
    phone.fill("What the squad waits for", "Meter Data").await;
    phone.press("Mark as blocked").await;
    phone.sees("Waits for: Meter Data").await;
    let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(phone.script(wide, json!(null)).await.unwrap(), json!(0));
    assert_eq!(phone.complaints().await, Vec::<String>::new());
    assert_eq!(given::events(&app, "item_pulled").await, 3);
}
