//! A member answers a health check: on a phone, and where no scripts run, and comes back to change an answer.

use chrono_tz::Tz;
use trellis::health::service::{self, NewRound};
use trellis::health::{Mode, Reveal};
use trellis::ids::RoundId;

use crate::browser::{Browser, Look};
use crate::driver::Driver;
use crate::given;
use crate::harness::{TestApp, Visitor};
use crate::site::{serve, session};

/// A squad of two with an open round.
async fn open_round(app: &TestApp) -> (Visitor, RoundId) {
    let squad = given::squad(app, "Fair Bills").await;
    let (member, other) = (app.member("Aisha Rahman").await, app.member("Bjarne Lie").await);
    given::join(app, squad, &[member.id(), other.id()]).await;
    let actor = member.actor();
    let (pack, _) = service::pack_of(&app.pool, &actor, "squad-health").await.unwrap();
    let last_day = Some(app.clock().now().date_naive());
    let new = NewRound { pack, mode: Mode::Anonymous, reveal: Reveal::Window, last_day };
    let round = service::open(&app.pool, &actor, squad, Tz::UTC, &new).await.unwrap();
    (member, round)
}

async fn vote(look: Look) {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let (member, round) = open_round(&app).await;
    let server = serve(app.database_url());
    let browser = Browser::open(&driver, &server.address, look).await;
    browser.sign_in(&session(&app.pool, member.actor().user.unwrap()).await).await;

    browser.goto("/o/norvik-energy/squads/fair-bills/health").await;
    browser.press("My answers").await;
    browser.sees("Anonymous. Nobody sees anything before the closing").await;
    browser.sees("1 of 11").await;
    browser.press("Save and go on").await;
    browser.sees("Choose one of the three, or skip this question").await;
    browser.choose("Going well").await;
    browser.fill("One thing that would help", "A day without meetings").await;
    browser.press("Save and go on").await;
    browser.sees("Easy to release").await;
    browser.press("Skip this question").await;
    for n in 3..=11 {
        browser.sees(&format!("{n} of 11")).await;
        browser.choose(if n % 2 == 0 { "Some trouble" } else { "Needs help" }).await;
        browser.press("Save and go on").await;
    }
    browser.sees("Thank you, it is saved").await;

    // Later: it goes on where it stopped, and what was said can be changed.
    browser.goto(&format!("/o/norvik-energy/squads/fair-bills/health/{round}")).await;
    browser.sees("1 of 2").await;
    browser.press("My answers").await;
    browser.sees("2 of 11").await;
    browser.choose("Going well").await;
    browser.press("Save and go on").await;
    browser.sees("3 of 11").await;
    browser.press("Back").await;
    browser.sees("2 of 11").await;
    browser.press("Back").await;
    browser.sees("1 of 11").await;
    browser.choose("Needs help").await;
    browser.press("Save and go on").await;
    browser.sees("2 of 11").await;

    let answers: Vec<(String, i64)> = sqlx::query_as(
        "select colour, count(*) from health_ballot where round_id = $1 group by colour order by colour",
    )
    .bind(round)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let expected = [("amber", 4), ("green", 1), ("red", 6)].map(|(it, n)| (it.to_owned(), n));
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn a_vote_on_a_phone() {
    vote(Look::PHONE).await;
}

#[tokio::test]
async fn a_vote_without_scripts() {
    vote(Look::WITHOUT_SCRIPT).await;
}
