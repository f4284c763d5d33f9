//! Tests of missions.

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use trellis::actor::Actor;
use trellis::error::Error;
use trellis::missions::service::write;
use trellis::missions::{MissionText, Success};

use crate::given;
use crate::harness::TestApp;

const FORM: &str =
    "customer=Every+household&value=A+bill+they+trust&success=Fewer+calls&review_on=2099-01-01";

#[tokio::test]
async fn a_leader_writes_the_first_mission_and_it_holds_at_once() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let page = app.at("/squads/fair-bills");

    let answer = leader.post(&format!("{page}/mission/edit"), &format!("{FORM}&version=0")).await;

    assert_eq!(answer.assert_redirect(), page, "where it says what else is missing");
    let shown = leader.get(&format!("{page}/mission")).await;
    assert_eq!(shown.text(".mission"), "A bill they trust");
    assert!(shown.text("main").contains("Written by Ingrid"));
    assert_eq!(given::events(&app, "mission_written").await, 1);
}

#[tokio::test]
async fn the_squads_own_member_writes_and_another_member_does_not() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;
    let mut other = app.member("Otto").await;
    let edit = app.at("/squads/fair-bills/mission/edit");

    member.get(&edit).await.assert_ok();
    member.post(&edit, &format!("{FORM}&version=0")).await.assert_redirect();
    assert_eq!(other.get(&edit).await.status, StatusCode::FORBIDDEN);
    assert_eq!(other.post(&edit, &format!("{FORM}&version=1")).await.status, StatusCode::FORBIDDEN);
    other.get(&app.at("/squads/fair-bills/mission")).await.assert_ok();
}

#[tokio::test]
async fn a_squad_of_another_organization_does_not_exist() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut stranger = app.stranger().await;

    for path in ["mission", "mission/edit", "mission/compare"] {
        let here = stranger.get(&app.at(&format!("/squads/{squad}/{path}"))).await;
        let there = stranger.get(&format!("/o/other-0/squads/{squad}/{path}")).await;
        assert_eq!(
            (here.status, there.status),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{path}"
        );
    }
    let answer = write(&app.pool, &stranger.actor(), squad, 0, &given::mission("Households")).await;
    assert!(matches!(answer, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_forming_squads_mission_may_have_open_parts_and_an_active_ones_not() {
    let app = TestApp::new().await;
    let forming = given::squad(&app, "Outage Care").await;
    let active = given::active(&app, "Fair Bills").await;
    let open = MissionText { success: Success::parse("").unwrap(), ..given::mission("Households") };
    let leader = given::designer(&app);

    write(&app.pool, &leader, forming, 0, &open).await.unwrap();
    let refused = write(&app.pool, &leader, active, 1, &open).await;

    let Err(Error::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        refusal.message,
        "Fill in the sign of success: an active squad keeps its mission complete."
    );
    assert_eq!(refusal.field, Some("success"));
}

#[tokio::test]
async fn two_who_write_at_once_both_see_both_texts() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    write(&app.pool, &given::designer(&app), squad, 0, &given::mission("Every tenant"))
        .await
        .unwrap();

    let edit = app.at("/squads/fair-bills/mission/edit");
    let late = leader.post(&edit, &format!("{FORM}&version=0")).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.text("textarea[name=customer]"), "Every household");
    assert_eq!(late.text("#customer-now"), "Now saved: Every tenant");
    assert_eq!(late.attribute("input[name=version]", "value").unwrap(), "1");
    assert!(late.text("main").contains("Keep what is saved"));
    leader.post(&edit, &format!("{FORM}&version=1")).await.assert_redirect();
}

#[tokio::test]
async fn an_author_waits_for_another_one_and_does_not_overwrite_them() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select from team where id = $1 for no key update")
        .bind(squad)
        .execute(&mut *held)
        .await
        .unwrap();

    let (pool, actor) = (app.pool.clone(), given::designer(&app));
    let waiting =
        tokio::spawn(
            async move { write(&pool, &actor, squad, 0, &given::mission("Households")).await },
        );
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert!(!waiting.is_finished(), "the second author waits for the lock");
    sqlx::query("update team set mission_version = 1 where id = $1")
        .bind(squad)
        .execute(&mut *held)
        .await
        .unwrap();
    held.commit().await.unwrap();

    assert!(matches!(waiting.await.unwrap(), Err(Error::Stale)));
}

#[tokio::test]
async fn the_same_form_twice_is_one_version() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let edit = app.at("/squads/fair-bills/mission/edit");
    let form = format!("key=abcdefgh12345678&{FORM}&version=0");

    leader.post(&edit, &form).await.assert_redirect();
    leader.post(&edit, &form).await.assert_redirect();

    assert_eq!(given::events(&app, "mission_written").await, 1);
}

#[tokio::test]
async fn the_same_text_again_is_no_new_version() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let (leader, text) = (given::designer(&app), given::mission("Households"));

    assert_eq!(write(&app.pool, &leader, squad, 0, &text).await.unwrap(), 1);
    assert_eq!(write(&app.pool, &leader, squad, 1, &text).await.unwrap(), 1);

    assert_eq!(given::events(&app, "mission_written").await, 1);
}

#[tokio::test]
async fn two_versions_are_compared_word_by_word() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    write(&app.pool, &leader, squad, 0, &given::mission("Every household")).await.unwrap();
    write(&app.pool, &leader, squad, 1, &given::mission("Every tenant")).await.unwrap();
    let mut member = app.member("Aisha").await;

    let page = member.get(&app.at("/squads/fair-bills/mission/compare?from=1&to=2")).await;

    assert_eq!(page.texts("main del"), ["removed: household"]);
    assert_eq!(page.texts("main ins"), ["added: tenant"]);
    let none = member.get(&app.at("/squads/fair-bills/mission/compare?from=1&to=3")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mission_about_a_function_is_said_and_not_blocked() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let edit = app.at("/squads/fair-bills/mission/edit");
    let about = "customer=The+sales+team&value=More+leads&success=&review_on=";

    leader.post(&edit, &format!("{about}&version=0")).await.assert_redirect();
    let shown = leader.get(&app.at("/squads/fair-bills/mission")).await;
    assert!(shown.text(".banner.warn").contains("“sales team”"));
    assert!(shown.text(".toast").contains("is that your customer?"));
}

#[tokio::test]
async fn a_look_before_saving_says_what_the_check_says_and_keeps_nothing() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let (edit, check) =
        (app.at("/squads/fair-bills/mission/edit"), app.at("/squads/fair-bills/mission/check"));
    let page = leader.get(&edit).await;
    let key = page.attribute("input[name=key]", "value").unwrap();
    let about =
        format!("key={key}&customer=The+sales+team&value=More+leads&success=&review_on=&version=0");
    assert_eq!(
        page.texts(".form-end .btn"),
        ["Save the mission", "Check it first", "Cancel"],
        "in this order"
    );
    assert_eq!(page.attribute(".form-end button[formaction]", "formaction"), Some(check.clone()));

    let looked = leader.post(&check, &about).await;

    assert!(looked.assert_ok().text(".banner.warn").contains("“sales team”"));
    assert_eq!(looked.text("textarea[name=value]"), "More leads");
    assert_eq!(looked.attribute("input[name=version]", "value").unwrap(), "0");
    assert_eq!(given::events(&app, "mission_written").await, 0);
    let keys: i64 = sqlx::query_scalar("select count(*) from idempotency_key")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(keys, 0, "the one-time key is still good for saving");
    leader.post(&edit, &about).await.assert_redirect();
    assert_eq!(given::events(&app, "mission_written").await, 1);
}

#[tokio::test]
async fn a_look_before_saving_shows_what_would_be_refused_beside_its_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let check = app.at("/squads/fair-bills/mission/check");

    let looked = leader
        .post(&check, "customer=Movers&value=b&success=c&review_on=2020-01-01&version=0")
        .await;

    assert_eq!(looked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        looked.text("#review_on-error"),
        "This review date has passed. Choose the next one: today or later."
    );
    assert_eq!(looked.attribute("#review_on", "value").unwrap(), "2020-01-01");
}

#[tokio::test]
async fn a_review_date_in_the_past_is_refused_beside_its_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let edit = app.at("/squads/fair-bills/mission/edit");
    let today = app.clock().now().date_naive();
    let form = |day: NaiveDate, version: i32| {
        format!("customer=Movers&value=b&success=c&review_on={day}&version={version}")
    };

    let late = leader.post(&edit, &form(today.pred_opt().unwrap(), 0)).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(late.error_code(), "review_date_passed");
    assert!(late.text("#review_on-error").contains("has passed"));
    assert_eq!(late.text("textarea[name=customer]"), "Movers", "what was typed is kept");
    assert_eq!(given::events(&app, "mission_written").await, 0);

    leader.post(&edit, &form(today, 0)).await.assert_redirect();
}

#[tokio::test]
async fn whoever_changes_a_mission_that_is_overdue_chooses_the_next_review_date() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    let today = leader.at.date_naive();
    let due =
        |customer: &str, day| MissionText { review_on: Some(day), ..given::mission(customer) };
    let long_ago = Actor { at: leader.at - TimeDelta::days(100), ..leader.clone() };
    let passed = today - TimeDelta::days(10);

    // What was written then holds: the day is compared with that of the act.
    write(&app.pool, &long_ago, squad, 0, &due("Movers", passed)).await.unwrap();
    let unchanged = write(&app.pool, &leader, squad, 1, &due("Every mover", passed)).await;

    let Err(Error::Refused(refusal)) = unchanged else { panic!("{unchanged:?}") };
    assert_eq!((refusal.code, refusal.field), ("review_date_passed", Some("review_on")));
    write(&app.pool, &leader, squad, 1, &due("Every mover", today)).await.unwrap();
}

#[tokio::test]
async fn the_day_of_a_review_is_the_authors_own() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    // In Kiritimati and in UTC it is the 2nd already; in Pago Pago, 11 hours behind, still the 1st.
    let at = "2026-03-02T10:30:00Z".parse().unwrap();
    let first = NaiveDate::from_ymd_opt(2026, 3, 1);
    let author = Actor { at, ..given::designer(&app) };
    let text = MissionText { review_on: first, ..given::mission("Movers") };

    let mut answers = vec![];
    for zone in ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"] {
        sqlx::query("update member set time_zone = $1 where id = $2")
            .bind(zone)
            .bind(author.member)
            .execute(&app.pool)
            .await
            .unwrap();
        answers.push(write(&app.pool, &author, squad, 0, &text).await.is_ok());
    }

    assert_eq!(answers, [false, false, true]);
}

#[tokio::test]
async fn a_text_that_is_too_long_or_no_date_is_refused_beside_its_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = app.leader("Ingrid").await;
    let edit = app.at("/squads/fair-bills/mission/edit");
    let form = |n: usize, day: &str| {
        format!("customer={}&value=b&success=c&review_on={day}&version=0", "a".repeat(n))
    };

    let long = leader.post(&edit, &form(301, "soon")).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(long.text("#customer-error").contains("300 are the most"));
    assert_eq!(long.text("#review_on-error"), "Write the date as in 2026-12-01.");
    for far in ["%2B10000-01-01", "%2B262000-01-01", "-262000-01-01"] {
        let far = leader.post(&edit, &form(300, far)).await;
        assert_eq!(far.text("#review_on-error"), "Write the date as in 2026-12-01.");
    }
    leader.post(&edit, &form(300, "2099-12-01")).await.assert_redirect();
}

#[tokio::test]
async fn a_mission_of_which_nothing_is_written_is_refused_beside_its_first_field() {
    let app = TestApp::new().await;
    given::squad(&app, "Otters").await;
    let mut leader = app.leader("Ruth Abara").await;

    let answer = leader
        .post(
            &app.at("/squads/otters/mission/edit"),
            "customer=&value=&success=&review_on=&version=0",
        )
        .await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.error_code(), "mission_empty");
    assert_eq!(answer.text(".field.bad .err"), "Write at least whom the squad serves.");
}
