//! Checking in, correcting, withdrawing, and what follows from it.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::error::Error;
use trellis::ids::{CheckInId, MetricId, TeamId};
use trellis::metrics::service::{check_in, correct, withdraw};
use trellis::metrics::{Confidence, NewCheckIn, Note};

use crate::budgets::{Statements, logging};
use crate::given;
use crate::harness::{TestApp, Visitor};

fn said(value: f64) -> NewCheckIn {
    let note = Note::parse("The moving-date fix pays off.").unwrap();
    NewCheckIn { value, confidence: Some(Confidence::OnTrack), note }
}

/// An active squad with its goal metric, and somebody who is in it.
async fn squad(app: &TestApp) -> (TeamId, MetricId, Visitor) {
    let squad = given::active(app, "Fair Bills").await;
    let member = app.member("Aisha Rahman").await;
    given::join(app, squad, &[member.id()]).await;
    let metric = sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();
    (squad, metric, member)
}

async fn entries(app: &TestApp) -> Vec<(Option<f64>, bool)> {
    sqlx::query_as(
        "select value, exists (select from check_in n where n.corrects_id = c.id) from check_in c order by entered_at, id",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

async fn due_on(app: &TestApp) -> i64 {
    sqlx::query_scalar("select (due_on - $1::date)::bigint from metric")
        .bind(app.clock().now().date_naive())
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_member_checks_in_on_the_squads_page_and_stays_there() {
    let app = TestApp::new().await;
    let (_, metric, mut member) = squad(&app).await;
    let page = member.get(&app.at("/squads/fair-bills")).await;
    let form = format!(
        "form[action='{}']",
        app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in"))
    );
    assert_eq!(page.count(&form), 1, "a form in place, in the page itself");
    let next = page.attribute(&format!("{form} input[name=next]"), "value").unwrap();

    let there = member
        .post(
            &app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in")),
            &format!("value=94%2C2+%25&confidence=at_risk&note=Meter+swaps+are+next.&next={next}"),
        )
        .await;

    assert_eq!(there.assert_redirect(), app.at("/squads/fair-bills"));
    let page = member.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.text(".toast .txt"), "“First bill correct” is checked in: 94.2 %.");
    assert_eq!(page.text("table.metrics tbody td:nth-of-type(1)"), "94.2 %");
    assert!(page.text("table.metrics tbody td:last-child").contains("At risk"));
    assert!(page.text("table.metrics tbody td:last-child").contains("Meter swaps are next."));
    assert!(
        page.text(".timeline").contains("checked in “First bill correct” of Fair Bills: 94.2 %")
    );
    assert_eq!(given::events(&app, "metric_checked_in").await, 1);
}

#[tokio::test]
async fn whoever_is_not_in_the_squad_sees_values_and_no_form() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    check_in(&app.pool, &member.actor(), metric, &said(94.2)).await.unwrap();
    let mut leader = app.leader("Ingrid").await;

    let page = leader.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.text("table.metrics tbody td:nth-of-type(1)"), "94.2 %");
    assert_eq!(page.count("details.check-in"), 0);
    let refused = leader
        .post(
            &app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in")),
            "value=1&confidence=on_track",
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let by_service = check_in(&app.pool, &leader.actor(), metric, &said(1.0)).await;
    assert!(matches!(by_service, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn what_was_typed_wrong_stays_in_the_form_with_a_sentence_beside_it() {
    let app = TestApp::new().await;
    let (_, metric, mut member) = squad(&app).await;
    let address = app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in"));

    let answer = member
        .post(&address, "value=1%2C000&confidence=&note=Because&next=https://evil.example")
        .await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.text(&format!("[id='value-{metric}-error']")),
        "1,000 could be read in two ways. Write it without a comma, or with a point."
    );
    assert_eq!(
        answer.text(&format!("[id='confidence-{metric}-error']")),
        "Choose one of the answers."
    );
    assert_eq!(answer.attribute("input[name=value]", "value").unwrap(), "1,000");
    assert_eq!(answer.attribute("input[name=note]", "value").unwrap(), "Because");
    assert!(entries(&app).await.is_empty());
    let elsewhere =
        member.post(&address, "value=1&confidence=on_track&next=https://evil.example").await;
    assert_eq!(
        elsewhere.assert_redirect(),
        app.at(&format!("/squads/fair-bills/metrics/{metric}"))
    );
}

#[tokio::test]
async fn a_correction_is_a_new_entry_and_the_old_one_stays_struck_through() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    let first = check_in(&app.pool, &member.actor(), metric, &said(9.42)).await.unwrap();
    app.clock().advance(TimeDelta::days(2));
    let mut member = app.again(&member).await;
    let wrong = app.at(&format!("/squads/fair-bills/metrics/{metric}/check-ins/{first}"));

    let form = member.get(&wrong).await;
    assert_eq!(form.attribute("input[name=value]", "value").unwrap(), "9.42");
    let page = member.post(&wrong, "value=94.2&confidence=on_track&note=A+comma").await;
    let page = member.get(page.assert_redirect()).await;

    assert_eq!(page.text("td s.struck"), "corrected: 9.42 %");
    assert_eq!(entries(&app).await, [(Some(9.42), true), (Some(94.2), false)]);
    let times: Vec<chrono::DateTime<chrono::Utc>> =
        sqlx::query_scalar("select distinct at from check_in").fetch_all(&app.pool).await.unwrap();
    assert_eq!(times.len(), 1, "the time of the value stays");
    assert_eq!(due_on(&app).await, 5, "a correction is no new look");
    let again = correct(&app.pool, &member.actor(), first, &said(1.0)).await;
    assert!(matches!(again, Err(Error::Refused(refusal)) if refusal.code == "check_in_corrected"));
    let by_hand =
        sqlx::query("update check_in set value = 1").execute(&app.pool).await.unwrap_err();
    assert!(by_hand.to_string().contains("never edited"), "{by_hand}");
}

#[tokio::test]
async fn a_withdrawn_check_in_counts_no_more() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    let before = check_in(&app.pool, &member.actor(), metric, &said(90.0)).await.unwrap();
    app.clock().advance(TimeDelta::days(3));
    let mut member = app.again(&member).await;
    let wrong = check_in(&app.pool, &member.actor(), metric, &said(9.0)).await.unwrap();
    assert_eq!(due_on(&app).await, 7);

    let address =
        app.at(&format!("/squads/fair-bills/metrics/{metric}/check-ins/{wrong}/withdraw"));
    member.post(&address, "").await.assert_redirect();

    assert_eq!(due_on(&app).await, 4, "the one before counts again");
    assert_eq!(entries(&app).await, [(Some(90.0), false), (Some(9.0), true), (None, false)]);
    let page = member.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.text("table.metrics tbody td:nth-of-type(1)"), "90 %");
    withdraw(&app.pool, &member.actor(), before).await.unwrap();
    assert_eq!(due_on(&app).await, 4, "without any, it counts from the metric's beginning");
    let page = member.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.text("table.metrics tbody td:nth-of-type(1)"), "–");
}

#[tokio::test]
async fn undoing_withdraws_and_undoing_that_says_it_again() {
    let app = TestApp::new().await;
    let (_, metric, mut member) = squad(&app).await;
    check_in(&app.pool, &member.actor(), metric, &said(94.2)).await.unwrap();
    let first: CheckInId =
        sqlx::query_scalar("select id from check_in").fetch_one(&app.pool).await.unwrap();
    correct(&app.pool, &member.actor(), first, &said(94.5)).await.unwrap();

    let standing = async || -> Vec<f64> {
        sqlx::query_scalar("select value from check_in_standing")
            .fetch_all(&app.pool)
            .await
            .unwrap()
    };
    let mut undo = async |wanted: &[f64], said: &str| {
        let event: uuid::Uuid =
            sqlx::query_scalar("select id from event order by seq desc limit 1")
                .fetch_one(&app.pool)
                .await
                .unwrap();
        let to = member.post(&app.at(&format!("/undo/{event}")), "").await;
        let page = member.get(to.assert_redirect()).await;
        assert!(page.text(".toast .txt").starts_with(said), "{}", page.text(".toast .txt"));
        assert_eq!(standing().await, wanted);
    };
    undo(&[94.2], "Undone: corrected").await;
    undo(&[94.5], "Done again: ").await;
    let event: uuid::Uuid =
        sqlx::query_scalar("select id from event where kind = 'metric_checked_in'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let to = member.post(&app.at(&format!("/undo/{event}")), "").await;
    let page = member.get(to.assert_redirect()).await;
    assert!(page.text(".toast .txt").contains("corrected or withdrawn already"));
}

#[tokio::test]
async fn an_overdue_check_in_is_a_finding_until_somebody_checks_in() {
    let app = TestApp::new().await;
    let (squad, metric, member) = squad(&app).await;
    let titles = async || -> Vec<String> {
        let today = app.clock().now().date_naive();
        trellis::design::refresh(&app.pool, app.tenant(), today, &[squad]).await.unwrap();
        let all = trellis::design::findings(&app.pool, app.tenant(), today, squad).await.unwrap();
        all.into_iter()
            .map(|finding| finding.title)
            .filter(|title| title.contains("check-in"))
            .collect()
    };
    app.clock().advance(TimeDelta::days(7));
    assert!(titles().await.is_empty(), "on the day itself it is not late");
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(titles().await, ["The check-in of “First bill correct” is overdue."]);

    let mut member = app.again(&member).await;
    let page = member.get(&app.at("/squads/fair-bills")).await;
    let way = app.at(&format!("/squads/{squad}/metrics/{metric}/check-in"));
    assert_eq!(page.count(&format!("a[href='{way}']")), 1, "with its way out");
    check_in(&app.pool, &member.actor(), metric, &said(94.2)).await.unwrap();

    assert!(titles().await.is_empty());
    let wrong: CheckInId =
        sqlx::query_scalar("select id from check_in").fetch_one(&app.pool).await.unwrap();
    withdraw(&app.pool, &member.actor(), wrong).await.unwrap();
    assert_eq!(titles().await.len(), 1, "what is withdrawn was no look");
}

#[tokio::test]
async fn a_check_in_in_good_time_leaves_the_summaries_alone() {
    let app = TestApp::new().await;
    let (squad, metric, member) = squad(&app).await;
    let today = app.clock().now().date_naive();
    trellis::design::refresh(&app.pool, app.tenant(), today, &[squad]).await.unwrap();
    let stale = async || -> i64 {
        sqlx::query_scalar("select count(*) from squad_stale").fetch_one(&app.pool).await.unwrap()
    };
    assert_eq!(stale().await, 0);

    check_in(&app.pool, &member.actor(), metric, &said(94.2)).await.unwrap();

    assert_eq!(stale().await, 0);
}

#[tokio::test]
async fn what_is_due_waits_for_the_members_of_its_squad_alone() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    let other = app.member("Otto").await;
    let due = async |visitor: &Visitor| {
        let today = app.clock().now().date_naive();
        let at = (app.slug.as_str(), "/work");
        trellis::metrics::due(&app.pool, app.tenant(), visitor.id(), today, at).await.unwrap()
    };
    assert!(due(&member).await.is_empty());
    app.clock().advance(TimeDelta::days(7));

    let waiting = due(&member).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].metric.id, waiting[0].is_overdue), (metric, false));
    assert_eq!(waiting[0].form.typed.next, "/work");
    assert_eq!(
        waiting[0].form.action,
        app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in"))
    );
    assert!(due(&other).await.is_empty());
    app.clock().advance(TimeDelta::days(1));
    assert!(due(&member).await[0].is_overdue);
}

#[tokio::test]
async fn a_check_in_is_one_transaction_of_few_statements() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    let listened = Statements::listen();
    let mut member = member.at(logging(&app).await);
    let address = app.at(&format!("/squads/fair-bills/metrics/{metric}/check-in"));
    member.post(&address, "value=94&confidence=on_track").await.assert_redirect();
    listened.take();

    member.post(&address, "value=94.2&confidence=on_track").await.assert_redirect();

    let sent = listened.take();
    // Who it is, which squad and metric; then: begin, hold, check in, tell, keep the answer.
    assert_eq!(sent.len(), 9, "{}", sent.join("\n"));
}

#[tokio::test]
async fn the_page_of_a_metric_shows_its_line_and_what_happened_meanwhile() {
    let app = TestApp::new().await;
    let (_, metric, member) = squad(&app).await;
    for value in [90.0, 92.5, 94.2] {
        app.clock().advance(TimeDelta::days(7));
        check_in(&app.pool, &given_at(&app, &member), metric, &said(value)).await.unwrap();
    }
    let mut member = app.again(&member).await;

    let page = member.get(&app.at(&format!("/squads/fair-bills/metrics/{metric}"))).await;

    assert_eq!(page.count("svg.metric-chart path.mark.good"), 4, "three values, and the key");
    assert!(
        page.attribute("svg.metric-chart[role=img]", "aria-label")
            .unwrap()
            .contains("3 values from 90 % to 94.2 %")
    );
    assert!(page.count("svg.metric-chart g.flag") >= 1);
    assert!(page.text("details table").contains("Aisha Rahman joined"));
    assert!(page.text("details table").contains("The squad became active"));
    assert!(!page.html.contains("style="));
}

#[tokio::test]
async fn the_picture_of_a_metric_knows_former_targets_and_the_products_that_were_served() {
    use trellis::metrics::service::update;
    use trellis::products::{NewProduct, ProductDescription, ProductName, WipLimit, service};
    let app = TestApp::new().await;
    let (squad, metric, member) = squad(&app).await;
    let path = app.at(&format!("/squads/fair-bills/metrics/{metric}"));
    let mut reader = app.again(&member).await;
    let label = async |reader: &mut Visitor| {
        reader.get(&path).await.attribute("svg.metric-chart[role=img]", "aria-label").unwrap()
    };
    let first = label(&mut reader).await;
    assert!(first.contains("no value yet, target at least 97 %. "), "{first}");
    let founder = |app: &TestApp| trellis::actor::Actor { at: app.clock().now(), ..app.founder() };
    let new = NewProduct {
        name: ProductName::parse("Norvik App").unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: None,
        lead: app.person("Hana Sato", "product").await,
    };
    let product = service::create(&app.pool, &founder(&app), &new).await.unwrap();

    let (days, limits) = (TimeDelta::days(30), (WipLimit::FIRST, WipLimit::FIRST));
    app.clock().advance(days);
    let serving = service::serve(&app.pool, &founder(&app), product, squad, limits).await.unwrap();
    app.clock().advance(days);
    let higher = given::metric("First bill correct", 99.0);
    update(&app.pool, &given_at(&app, &member), metric, 1, &higher).await.unwrap();
    let other_name = given::metric("Right bills", 99.0);
    update(&app.pool, &given_at(&app, &member), metric, 2, &other_name).await.unwrap();
    let changed = app.clock().now().format("%-d %B %Y").to_string();
    app.clock().advance(days);
    service::stop_serving(&app.pool, &founder(&app), serving, 1).await.unwrap();
    app.clock().advance(days);

    let mut reader = app.again(&member).await;
    let said = label(&mut reader).await;
    let wanted = format!("target at least 99 % since {changed}, before that at least 97 %. ");
    assert!(said.contains(&wanted), "{said}");
    let page = reader.get(&path).await;
    let steps = page.attribute("svg[role=img] path.target", "d").unwrap();
    assert_eq!(steps.matches('V').count(), 1, "one step: {steps}");
    assert_eq!(
        page.texts("details table tbody td:nth-child(2)")[..2],
        ["at least 97 %", "at least 99 %"]
    );
    let happened = page.texts("details table tbody td:nth-child(3)").join("; ");
    for what in [
        "The squad began to serve Norvik App",
        "Target at least 99 %, no longer at least 97 %",
        "The squad stopped serving Norvik App",
    ] {
        assert!(happened.contains(what), "{what}: {happened}");
    }
    assert!(!happened.contains("Right bills"), "another name is no turn: {happened}");
    assert_eq!(page.count("svg[role=img] g.flag"), page.count("details table tbody td.r"));
}

fn given_at(app: &TestApp, visitor: &Visitor) -> trellis::actor::Actor {
    trellis::actor::Actor { at: app.clock().now(), ..visitor.actor() }
}
