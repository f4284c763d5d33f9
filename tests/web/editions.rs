//! Pages that a browser has already: when it is told so, and that it never is after a change that it could see.

use axum::http::{Method, StatusCode, header};
use chrono::TimeDelta;
use trellis::actor::Role;

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

/// Asks for a page that the browser has in this edition.
async fn again(visitor: &mut Visitor, path: &str, edition: &str) -> Answer {
    visitor.send(Method::GET, path, &[("if-none-match", edition)], String::new()).await
}

/// The edition of a page, if it has one.
async fn edition(visitor: &mut Visitor, path: &str) -> Option<String> {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    Some(answer.headers.get(header::ETAG)?.to_str().unwrap().to_owned())
}

/// An organization in which nothing has changed for a while, and somebody who has looked at it.
async fn quiet(app: &TestApp) -> Visitor {
    app.clock().advance(TimeDelta::minutes(3));
    let mut leader = app.leader("Lena Lead").await;
    leader.get(&app.at("")).await; // the browser remembers the organization
    leader
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let app = TestApp::new().await;
    given::active(&app, "Fair Bills").await;
    let mut leader = quiet(&app).await;
    for path in ["", "/constellation", "/squads", "/squads/fair-bills", "/members"] {
        let path = app.at(path);
        let held = edition(&mut leader, &path).await.unwrap();

        let answer = again(&mut leader, &path, &held).await;

        // The minute may have ended between the two.
        if answer.status == StatusCode::OK && path == app.at("") {
            continue;
        }
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(answer.html, "");
        assert_eq!(answer.headers[header::ETAG], held.as_str());
        assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-cache");
        let other = again(&mut leader, &path, "W/\"another\"").await;
        assert_eq!(other.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_page_has_no_edition_while_a_change_may_be_on_its_way() {
    let app = TestApp::new().await;
    let mut leader = quiet(&app).await;
    assert!(edition(&mut leader, &app.at("/squads")).await.is_some());
    given::squad(&app, "Solar Home").await;
    // The tests' clock is ahead of the one by which ids are made.
    app.clock().advance(TimeDelta::minutes(-3));
    assert!(edition(&mut leader, &app.at("/squads")).await.is_none());
}

#[tokio::test]
async fn whatever_the_page_could_show_makes_another_edition() {
    let app = TestApp::new().await;
    let fair = given::active(&app, "Fair Bills").await;
    let mut leader = quiet(&app).await;
    let path = app.at("/squads/fair-bills");
    let mut held = edition(&mut leader, &path).await.unwrap();
    let member = leader.id();

    let sql = |text: &'static str| sqlx::query(text).bind(member).execute(&app.pool);
    for (what, text) in [
        ("a role", "update member set roles = '{coach}' where id = $1"),
        ("a name", "update member set name = 'Lena Other' where id = $1"),
        ("a time zone", "update member set time_zone = 'Pacific/Kiritimati' where id = $1"),
    ] {
        sql(text).await.unwrap();
        let answer = again(&mut leader, &path, &held).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}");
        held = answer.headers[header::ETAG].to_str().unwrap().to_owned();
    }

    given::join(&app, fair, &app.people(1).await).await;
    let answer = again(&mut leader, &path, &held).await;
    assert_eq!(answer.status, StatusCode::OK, "a change of another person");
    held = edition(&mut leader, &path).await.unwrap();

    leader.cookies.insert("theme".to_owned(), "dark".to_owned());
    assert_eq!(again(&mut leader, &path, &held).await.status, StatusCode::OK, "other colours");
    held = edition(&mut leader, &path).await.unwrap();
    assert_eq!(again(&mut leader, &path, &held).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn another_day_makes_another_edition() {
    let app = TestApp::new().await;
    app.clock().advance(TimeDelta::minutes(3));
    let now = app.clock().now();
    let midnight = (now.date_naive() + TimeDelta::days(1)).and_hms_opt(0, 0, 0).unwrap().and_utc();
    app.clock().advance(midnight - now - TimeDelta::minutes(2));
    let mut leader = app.leader("Lena Lead").await;
    leader.get(&app.at("")).await;
    let path = app.at("/squads");
    let held = edition(&mut leader, &path).await.unwrap();
    assert_eq!(again(&mut leader, &path, &held).await.status, StatusCode::NOT_MODIFIED);

    app.clock().advance(TimeDelta::minutes(3));

    assert_eq!(again(&mut leader, &path, &held).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_that_was_used_is_not_shown_again_even_if_its_form_changed_nothing() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut leader = quiet(&app).await;
    let path = app.at("/squads/fair-bills");
    let held = edition(&mut leader, &path).await.unwrap();
    let key = "insert into idempotency_key (organization_id, user_id, key, request_hash, at) values ($1, $2, 'a key of some length', 'x', $3)";
    sqlx::query(key)
        .bind(app.tenant().organization_id())
        .bind(leader.actor().user)
        // From an instance whose clock is behind.
        .bind(app.clock().now() - TimeDelta::hours(1))
        .execute(&app.pool)
        .await
        .unwrap();

    assert_eq!(again(&mut leader, &path, &held).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_answered_by_the_edition_of_another_person_or_of_a_part() {
    let app = TestApp::new().await;
    let mut leader = quiet(&app).await;
    let mut second = app.member_with("Lena Lead", &[Role::Leader]).await;
    second.get(&app.at("")).await;
    let path = app.at("/squads");
    let held = edition(&mut leader, &path).await.unwrap();

    assert_eq!(again(&mut second, &path, &held).await.status, StatusCode::OK);
    let live = [("if-none-match", &*held), ("live", "1"), ("hx-request", "true")];
    let answer = leader.send(Method::GET, &path, &live, String::new()).await;
    assert_eq!(answer.status, StatusCode::OK);
    leader.cookies.remove("session");
    let answer = again(&mut leader, &path, &held).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "signed out");
}

#[tokio::test]
async fn a_sentence_about_what_was_done_is_shown_once() {
    let app = TestApp::new().await;
    let mut leader = quiet(&app).await;
    leader.cookies.insert("flash".to_owned(), "LkRvbmUu".to_owned());

    assert!(edition(&mut leader, &app.at("/squads")).await.is_none());
}
