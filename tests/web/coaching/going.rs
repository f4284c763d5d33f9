//! From pulling to what stays: the agreement of both, sessions, notes for one person alone, and the squad's word in the end.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::coaching::{Helped, LookedBack, NoteText, Stays, service};
use trellis::text::Reason;

use super::{World, get, post, standing, terms};
use crate::backlog::now;
use crate::harness::TestApp;
use crate::seen::{assert_well, code};

const SECRET: &str = "They look at one person before they answer";

#[tokio::test]
async fn a_coach_pulls_from_the_board_and_nobody_else_does() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let board = app.at("/coaching");
    let empty = get(&world.coach, &board).await;
    assert!(empty.text("#coaching-board").contains("Nobody waits"));
    assert!(empty.text("#coaching-board").contains("Room for 3 more requests"));
    let id = world.asked(&app).await;
    app.clock().advance(TimeDelta::days(5));
    let coach = app.again(&world.coach).await;
    let member = app.again(&world.member).await;

    let shown = get(&coach, &board).await;
    assert!(shown.text(".warn-t").contains("waiting 5 days"), "{}", shown.text("main"));
    assert_eq!(shown.text(".side .n.hot"), "1 waiting");
    assert!(!get(&member, &board).await.html.contains("/pull"));
    let pull = app.at(&format!("/coaching/{id}/pull"));
    assert_eq!(post(&member, &pull, "").await.status, StatusCode::FORBIDDEN);
    let leader = app.leader("Ruth Abara").await;
    assert_eq!(post(&leader, &pull, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(post(&coach, &pull, "").await.status, StatusCode::SEE_OTHER);

    let shown = get(&coach, &board).await;
    assert!(shown.text("#coaching-board").contains("Room for 2 more requests"));
    assert!(shown.text("#coaching-board").contains("Answered on average in 5.0 days"));
    let wrong = post(&coach, &app.at("/coaching/limit"), "limit=0").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.text(".err"), "Write a whole number from 1 to 12.");
    assert_eq!(
        post(&coach, &app.at("/coaching/limit"), "limit=1").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(get(&coach, &board).await.text("#coaching-board").contains("No room for more"));
}

#[tokio::test]
async fn a_coach_of_the_same_squad_leaves_its_request_to_another() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    crate::given::join(&app, world.squad, &[world.coach.id()]).await;
    let id = world.asked(&app).await;
    assert_eq!(code(service::pull(&app.pool, &now(&app, &world.coach), id).await), "own_squad");
    let other = app.coach("Carl Coach").await;
    service::pull(&app.pool, &now(&app, &other), id).await.unwrap();
}

#[tokio::test]
async fn an_agreement_is_in_force_when_both_have_agreed_to_the_same_version() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.asked(&app).await;
    let (pool, coach, member) = (&app.pool, now(&app, &world.coach), now(&app, &world.member));
    let today = coach.at.date_naive();
    let early = service::write_agreement(pool, &member, id, 0, &terms(&app, 9), today).await;
    assert_eq!(code(early), "not_pulled");
    service::pull(pool, &coach, id).await.unwrap();
    assert_eq!(code(service::agree(pool, &member, id, 1).await), "agreement_missing");

    let form = app.at(&format!("/coaching/{id}/agreement"));
    let leader = app.leader("Ruth Abara").await;
    assert_eq!(get(&leader, &form).await.status, StatusCode::FORBIDDEN);
    let past =
        post(&world.coach, &form, "goal=Say+no&exit=Calm&ends_on=2020-01-01&sessions=3&version=0")
            .await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(past.text(".err"), "Choose a last day that is still to come.");
    assert!(past.html.contains("Say no"), "what was typed is kept");
    service::write_agreement(pool, &coach, id, 0, &terms(&app, 30), today).await.unwrap();
    assert_eq!(standing(&app, id).await.0, "open");
    assert_eq!(code(service::agree(pool, &coach, id, 1).await), "agreed_already");
    assert_eq!(code(service::agree(pool, &now(&app, &leader), id, 1).await), "forbidden");

    service::write_agreement(pool, &member, id, 1, &terms(&app, 40), today).await.unwrap();
    assert_eq!(code(service::agree(pool, &coach, id, 1).await), "agreement_changed");
    let stale = post(
        &world.coach,
        &form,
        &format!("goal=Mine&exit=Calm&ends_on={}&sessions=3&version=1", today + TimeDelta::days(8)),
    )
    .await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text("#goal-now").contains("We say no together"));
    let page = app.at(&format!("/coaching/{id}"));
    assert!(
        get(&world.coach, &page)
            .await
            .text("#agreement")
            .contains("Daniel Costa has agreed for the squad")
    );
    let agreed = post(&world.coach, &format!("{page}/agree"), "version=2").await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.text("main"));
    assert_eq!(standing(&app, id).await.0, "agreed");

    service::write_agreement(pool, &coach, id, 2, &terms(&app, 50), today).await.unwrap();
    let in_force: i32 = sqlx::query_scalar("select agreed_version from coaching_request")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(in_force, 2, "until both agree to the third, the second holds");
    let reason = Reason::parse("I have no time").unwrap();
    assert_eq!(code(service::let_go(pool, &coach, id, &reason).await), "agreement_stays");
    let forged = sqlx::query("update coaching_agreement set squad_by = $1, squad_at = now(), squad_event = coach_event where version = 3")
        .bind(world.member.id())
        .execute(pool)
        .await;
    let error = forged.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("coaching_agreed_by_both"));
    assert_well(&app).await;
}

#[tokio::test]
async fn what_a_coach_puts_back_waits_again_and_another_begins_anew() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.asked(&app).await;
    let (pool, coach) = (&app.pool, now(&app, &world.coach));
    let today = coach.at.date_naive();
    service::pull(pool, &coach, id).await.unwrap();
    service::write_agreement(pool, &coach, id, 0, &terms(&app, 30), today).await.unwrap();
    let page = app.at(&format!("/coaching/{id}"));
    let silent = post(&world.coach, &format!("{page}/let-go"), "reason=").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = post(&world.coach, &format!("{page}/let-go"), "reason=I+am+away").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text("main"));
    assert_eq!(standing(&app, id).await, ("open".to_owned(), None));

    let other = now(&app, &app.coach("Carl Coach").await);
    service::pull(pool, &other, id).await.unwrap();
    let member = now(&app, &world.member);
    assert_eq!(code(service::agree(pool, &member, id, 1).await), "agreement_missing");
    assert_eq!(
        code(service::look_back(pool, &coach, id, &LookedBack::parse("x").unwrap()).await),
        "forbidden"
    );
    service::write_agreement(pool, &other, id, 0, &terms(&app, 30), today).await.unwrap();
    service::agree(pool, &member, id, 2).await.unwrap();
    assert_well(&app).await;
}

#[tokio::test]
async fn a_private_note_is_on_no_page_but_its_authors_and_in_no_event() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.agreed(&app).await;
    let page = app.at(&format!("/coaching/{id}"));
    let typed = SECRET.replace(' ', "+");
    let written =
        post(&world.coach, &format!("{page}/notes"), &format!("text={typed}&private=on")).await;
    assert_eq!(written.status, StatusCode::SEE_OTHER, "{}", written.text("main"));
    let shared = post(&world.member, &format!("{page}/notes"), "text=We+meet+on+Tuesday").await;
    assert_eq!(shared.status, StatusCode::SEE_OTHER);

    let own = get(&world.coach, &page).await;
    assert!(own.text("#notes").contains(SECRET) && own.text("#notes").contains("Only for you"));
    let others = [
        world.member.clone(),
        world.other.clone(),
        app.leader("Ruth Abara").await,
        app.coach("Carl Coach").await,
        app.admin().await,
    ];
    for visitor in &others {
        for path in [
            page.clone(),
            app.at("/coaching"),
            app.at("/squads/outage-care/coaching"),
            app.at("/activity"),
            app.at("/activity.csv"),
            app.at("/find?q=look+person"),
        ] {
            let shown = get(visitor, &path).await;
            assert!(!shown.html.contains("They look at one person"), "{path}");
        }
        assert!(get(visitor, &page).await.text("#notes").contains("We meet on Tuesday"));
    }
    let told: i64 = sqlx::query_scalar(
        "select count(*) from event e where e::text like '%look at one person%'",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(told, 0);
    let notes = format!("{page}/notes");
    assert_eq!(post(&others[2], &notes, "text=Mine").await.status, StatusCode::FORBIDDEN);
    assert_well(&app).await;
}

#[tokio::test]
async fn with_the_first_session_it_is_active_and_the_squad_alone_closes_it() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let id = world.agreed(&app).await;
    let page = app.at(&format!("/coaching/{id}"));
    let pool = &app.pool;
    let early = LookedBack::parse("Nothing yet").unwrap();
    assert_eq!(
        code(service::look_back(pool, &now(&app, &world.coach), id, &early).await),
        "no_session_yet"
    );
    let wrong = post(&world.coach, &format!("{page}/sessions"), "day=2026-13-01&time=25:00").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let day = app.clock().now().date_naive() + TimeDelta::days(1);
    let planned =
        post(&world.member, &format!("{page}/sessions"), &format!("day={day}&time=10:00")).await;
    assert_eq!(planned.status, StatusCode::SEE_OTHER, "{}", planned.text("main"));
    let session: uuid::Uuid =
        sqlx::query_scalar("select id from coaching_session").fetch_one(pool).await.unwrap();
    let held = format!("{page}/sessions/{session}/held");
    assert_eq!(post(&world.coach, &held, "").await.status, StatusCode::CONFLICT);
    app.clock().advance(TimeDelta::days(2));
    let (coach, member) = (app.again(&world.coach).await, app.again(&world.member).await);
    let met = post(&coach, &held, "text=We+practised+a+no").await;
    assert_eq!(met.status, StatusCode::SEE_OTHER, "{}", met.text("main"));
    assert_eq!(standing(&app, id).await.0, "active");
    assert_eq!(post(&coach, &held, "").await.status, StatusCode::CONFLICT);

    let close = format!("{page}/close");
    assert_eq!(post(&member, &close, "helped=yes&stays=").await.status, StatusCode::CONFLICT);
    assert_eq!(
        post(&member, &format!("{page}/look-back"), "text=x").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&coach, &format!("{page}/look-back"), "text=Four+calm+weeks").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(post(&coach, &close, "helped=yes&stays=").await.status, StatusCode::FORBIDDEN);
    let silent = post(&member, &close, "helped=&stays=We+go+on").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.html.contains("We go on"), "what was typed is kept");
    assert_eq!(
        post(&member, &close, "helped=partly&stays=We+say+no+on+Mondays").await.status,
        StatusCode::SEE_OTHER
    );

    let over = get(&member, &app.at("/coaching?state=over")).await;
    assert!(over.text("main").contains("We say no on Mondays"), "{}", over.text("main"));
    let own = get(&member, &app.at("/squads/outage-care/coaching")).await;
    assert!(own.text("main").contains("It helped in part") && own.text("main").contains("once"));
    let why = trellis::coaching::WhyNot::parse("").unwrap();
    let late = service::withdraw(pool, &now(&app, &member), id, &why).await;
    assert_eq!(code(late), "coaching_over");
    let (actor, stays) = (now(&app, &member), Stays::parse("").unwrap());
    let again = service::close(pool, &actor, id, (Helped::No, &stays)).await;
    assert_eq!(code(again), "coaching_over");
    let note = service::NewNote { text: NoteText::parse("Late").unwrap(), is_private: false };
    assert_eq!(
        code(service::write_note(pool, &now(&app, &coach), id, None, &note).await),
        "coaching_over"
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn a_squad_withdraws_at_any_time_before_it_is_closed_and_the_coach_cannot() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    for id in [world.asked(&app).await, world.agreed(&app).await] {
        let withdraw = app.at(&format!("/coaching/{id}/withdraw"));
        for visitor in [&world.coach, &app.leader("Ruth Abara").await] {
            assert_eq!(post(visitor, &withdraw, "reason=").await.status, StatusCode::FORBIDDEN);
        }
        let done = post(&world.other, &withdraw, "reason=").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text("main"));
        assert_eq!(standing(&app, id).await.0, "withdrawn");
    }
    assert_well(&app).await;
}

#[tokio::test]
async fn a_limit_is_undone_by_the_coach_whose_it_is() {
    let app = TestApp::new().await;
    let coach = app.coach("Hana Sato").await;
    let limit = app.at("/coaching/limit");
    assert_eq!(post(&coach, &limit, "limit=5").await.status, StatusCode::SEE_OTHER);
    let event: uuid::Uuid =
        sqlx::query_scalar("select id from event where kind = 'coaching_limit_set'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let undo = app.at(&format!("/undo/{event}"));
    let other = app.coach("Carl Coach").await;
    post(&other, &undo, "").await;
    let now: i16 =
        sqlx::query_scalar("select engagement_limit from coaching_coach where member_id = $1")
            .bind(coach.id())
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(now, 5);
    let undone = post(&coach, &undo, "").await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.text("main"));
    let now: i16 =
        sqlx::query_scalar("select engagement_limit from coaching_coach where member_id = $1")
            .bind(coach.id())
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(now, 3);
}
