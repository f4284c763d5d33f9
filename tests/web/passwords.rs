//! What guessing costs and tells, and passwords that have become too short for their owners.

use axum::http::StatusCode;
use chrono::TimeDelta;
use sqlx::PgConnection;
use trellis::actor::Role;
use trellis::config::Config;
use trellis::ids::UserId;
use trellis::serve::sweep_once;

use crate::harness::{Answer, PASSWORD, TestApp, Visitor};

const EMAIL: &str = "founder@norvik.example";
const NOBODY: &str = "nobody@norvik.example";
/// Long enough for a member.
const SHORT: &str = "tuv0Wq!x";
const LONG: &str = "three+grey+otters+at+noon";

async fn sign_in(visitor: &mut Visitor, email: &str, password: &str) -> Answer {
    let (email, password) = (email.replace('@', "%40"), password.replace(' ', "+"));
    visitor.post("/sign-in", &format!("email={email}&password={password}")).await
}

async fn app_without_ip_limit() -> TestApp {
    let mut config = Config::default();
    config.limits.sign_in_burst = 1000;
    TestApp::with(config).await
}

/// What a guesser is told.
async fn guess(app: &TestApp, email: &str) -> String {
    let answer = sign_in(&mut app.anonymous(), email, "wrong").await;
    format!("{} {}", answer.status, answer.text(".err"))
}

async fn email_of(app: &TestApp, user: Option<UserId>) -> String {
    sqlx::query_scalar("select email from user_account where id = $1")
        .bind(user)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

/// Gives somebody a password as they might have chosen it.
async fn set_password(app: &TestApp, user: Option<UserId>, password: &str) {
    let hash = app.state.passwords.hash(password).await.unwrap();
    sqlx::query("update user_account set password_hash = $2 where id = $1")
        .bind(user)
        .bind(hash)
        .execute(&app.pool)
        .await
        .unwrap();
}

async fn make_leader(tx: &mut PgConnection, who: &Visitor) {
    sqlx::query("update member set roles = '{leader}' where id = $1")
        .bind(who.id())
        .execute(tx)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_patient_guesser_is_told_the_same_of_an_account_and_of_an_unknown_address() {
    let app = app_without_ip_limit().await;
    let mut owner = app.anonymous();
    sign_in(&mut owner, EMAIL, PASSWORD).await.assert_redirect();

    // Between the guesses: nothing, an hour, most of a day, more than one, with the sweeper at work.
    for hours in [0, 0, 1, 0, 23, 0, 25, 0, 49] {
        for _ in 0..13 {
            assert_eq!(guess(&app, EMAIL).await, guess(&app, NOBODY).await, "{hours} h");
            app.clock().advance(TimeDelta::seconds(3));
        }
        // The owner comes in from their own browser, unseen.
        sign_in(&mut owner, EMAIL, PASSWORD).await.assert_redirect();
        assert_eq!(guess(&app, EMAIL).await, guess(&app, NOBODY).await, "after the owner came");
        app.clock().advance(TimeDelta::hours(hours));
        sweep_once(&app.state).await;
        app.clock().advance(TimeDelta::seconds(301));
    }
}

#[tokio::test]
async fn the_sweeper_forgets_failures_no_sooner_than_they_count_nothing() {
    let app = app_without_ip_limit().await;
    for _ in 0..12 {
        guess(&app, NOBODY).await;
        app.clock().advance(TimeDelta::seconds(10));
    }
    assert!(guess(&app, NOBODY).await.contains("do not match"));

    app.clock().advance(TimeDelta::hours(6));
    sweep_once(&app.state).await;
    // 13 less the 5 of six hours: the third fills the ten up.
    for (n, is_delayed) in [(1, false), (2, false), (3, true)] {
        guess(&app, NOBODY).await;
        let next = guess(&app, NOBODY).await;
        assert_eq!(next.contains("many wrong"), is_delayed, "{n}: {next}");
        if !is_delayed {
            // The second guess of this turn counts too.
            app.clock().advance(TimeDelta::minutes(72));
        }
    }
}

#[tokio::test]
async fn guesses_at_once_wait_for_one_another() {
    let app = app_without_ip_limit().await;
    guess(&app, NOBODY).await;
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select from rate_limit where scope = 'sign_in_failures' for no key update")
        .execute(&mut *held)
        .await
        .unwrap();

    let mut visitor = app.anonymous();
    let waiting = tokio::spawn(async move { sign_in(&mut visitor, NOBODY, "wrong").await.status });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "the second guess waits for the first");
    sqlx::query("update rate_limit set tokens = 20 where scope = 'sign_in_failures'")
        .execute(&mut *held)
        .await
        .unwrap();
    held.commit().await.unwrap();

    assert_eq!(waiting.await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(guess(&app, NOBODY).await.contains("many wrong"));
}

#[tokio::test]
async fn a_new_password_by_a_link_ends_the_delay() {
    let app = app_without_ip_limit().await;
    let mut admin = app.admin().await;
    let ada = app.member("Ada").await;
    let email = email_of(&app, ada.actor().user).await;
    for _ in 0..20 {
        guess(&app, &email).await;
        app.clock().advance(TimeDelta::seconds(20));
    }
    let to = app.at(&format!("/settings/accounts/{}/reset", ada.id()));
    let link = admin.post(&to, "").await.attribute("#link", "value").unwrap();
    let mut browser = app.anonymous();
    browser.get(link.strip_prefix("http://127.0.0.1:3000").unwrap()).await;

    browser.post("/reset", &format!("password={LONG}")).await.assert_redirect();

    sign_in(&mut browser, &email, &LONG.replace('+', " ")).await.assert_redirect();
}

#[tokio::test]
async fn who_became_a_leader_chooses_a_longer_password_before_they_come_in() {
    let app = app_without_ip_limit().await;
    let mut admin = app.admin().await;
    let mut ada = app.member("Ada").await;
    let email = email_of(&app, ada.actor().user).await;
    set_password(&app, ada.actor().user, SHORT).await;
    sign_in(&mut ada, &email, SHORT).await.assert_redirect();
    ada.get("/me").await.assert_ok();

    let to = app.at(&format!("/settings/accounts/{}/roles", ada.id()));
    admin.post(&to, "roles=leader&version=1").await.assert_redirect();
    ada.get("/me").await.assert_redirect();
    let answer = sign_in(&mut ada, &email, SHORT).await;

    assert_eq!(answer.assert_redirect(), "/reset");
    assert!(ada.get("/me").await.assert_redirect().starts_with("/sign-in"), "they are not in");
    let page = ada.get("/reset").await;
    assert!(page.assert_ok().text(".toast").contains("12 characters or more"));
    let still = ada.post("/reset", &format!("password={SHORT}")).await;
    assert!(still.text(".err").contains("at least 12"), "{}", still.text(".err"));
    ada.post("/reset", &format!("password={LONG}")).await.assert_redirect();
    assert_eq!(sign_in(&mut ada, &email, &LONG.replace('+', " ")).await.assert_redirect(), "/");
    ada.get(&app.at("/squads/new")).await.assert_ok();
}

#[tokio::test]
async fn eleven_characters_are_too_short_for_a_leader_and_twelve_are_not() {
    let app = app_without_ip_limit().await;
    let ada = app.leader("Ada").await;
    let email = email_of(&app, ada.actor().user).await;

    for (password, to) in [("tuv0Wq!xmos", "/reset"), ("tuv0Wq!xmoss", "/")] {
        set_password(&app, ada.actor().user, password).await;
        let answer = sign_in(&mut app.anonymous(), &email, password).await;
        assert_eq!(answer.assert_redirect(), to, "{password}");
    }
    let coach = app.coach("Hana").await;
    set_password(&app, coach.actor().user, SHORT).await;
    let email = email_of(&app, coach.actor().user).await;
    assert_eq!(sign_in(&mut app.anonymous(), &email, SHORT).await.assert_redirect(), "/");
}

#[tokio::test]
async fn a_session_that_opens_while_its_owner_becomes_a_leader_waits_and_is_refused() {
    let app = app_without_ip_limit().await;
    let ada = app.member("Ada").await;
    let email = email_of(&app, ada.actor().user).await;
    set_password(&app, ada.actor().user, SHORT).await;
    // As far as a change of roles is when it has ended the sessions.
    let mut held = app.pool.begin().await.unwrap();
    make_leader(&mut held, &ada).await;
    trellis::accounts::service::end_sessions_in(&mut held, ada.actor().user.unwrap(), None)
        .await
        .unwrap();

    let mut browser = app.anonymous();
    let waiting = tokio::spawn(async move { sign_in(&mut browser, &email, SHORT).await });
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    assert!(!waiting.is_finished(), "who signs in waits for the new roles");
    held.commit().await.unwrap();

    assert_eq!(waiting.await.unwrap().assert_redirect(), "/reset");
}

#[tokio::test]
async fn roles_that_change_while_a_session_opens_end_it() {
    let app = app_without_ip_limit().await;
    let mut admin = app.admin().await;
    let ada = app.member("Ada").await;
    // As far as somebody is who signs in: the account is locked, the session not yet seen by others.
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("update user_account set password_hash = password_hash where id = $1")
        .bind(ada.actor().user)
        .execute(&mut *held)
        .await
        .unwrap();
    trellis::accounts::service::open_session_in(
        &mut held,
        ada.actor().user.unwrap(),
        app.clock().now(),
        &trellis::actor::Origin::default(),
        "Late browser",
    )
    .await
    .unwrap();

    let to = app.at(&format!("/settings/accounts/{}/roles", ada.id()));
    let waiting = tokio::spawn(async move { admin.post(&to, "roles=leader&version=1").await });
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(!waiting.is_finished(), "the change waits for the session, to end it");
    held.commit().await.unwrap();
    waiting.await.unwrap().assert_redirect();

    let left: i64 = sqlx::query_scalar("select count(*) from session where user_id = $1")
        .bind(ada.actor().user)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// The link of an invitation to the organization of `admin`.
async fn invite(app: &TestApp, admin: &mut Visitor, email: &str, role: &str) -> String {
    let slug = app.slug_of(admin).await;
    let form = format!("name=Ada&email={}{role}", email.replace('@', "%40"));
    let answer = admin.post(&format!("/o/{slug}/settings/invitations"), &form).await;
    let url = answer.assert_ok().attribute("#link", "value").unwrap();
    url.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned()
}

#[tokio::test]
async fn who_accepts_an_invitation_as_leader_signs_in_again_unless_they_were_one_elsewhere() {
    let app = app_without_ip_limit().await;
    let mut stranger = app.stranger().await;
    let (mut ada, mut lea) = (app.member("Ada").await, app.leader("Lea").await);
    set_password(&app, ada.actor().user, SHORT).await;
    let there = app.slug_of(&stranger).await;

    for (who, role) in [(&mut lea, Role::Leader), (&mut ada, Role::Leader)] {
        let email = email_of(&app, who.actor().user).await;
        let path = invite(&app, &mut stranger, &email, &format!("&roles={}", role.word())).await;
        who.get(&path).await;
    }
    assert_eq!(lea.post("/invitation", "").await.assert_redirect(), format!("/o/{there}"));
    lea.get(&format!("/o/{there}")).await.assert_ok();
    let answer = ada.post("/invitation", "").await;

    assert_eq!(answer.assert_redirect(), format!("/sign-in?next=/o/{there}"));
    ada.get(&format!("/o/{there}")).await.assert_redirect();
    let email = email_of(&app, ada.actor().user).await;
    assert_eq!(sign_in(&mut ada, &email, SHORT).await.assert_redirect(), "/reset");
}

#[tokio::test]
async fn accepting_an_invitation_is_counted_like_signing_in() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let email = email_of(&app, app.stranger().await.actor().user).await;
    let path = invite(&app, &mut admin, &email, "").await;
    let mut browser = app.anonymous();
    browser.get(&path).await;
    let form = format!("name=Sam&password={LONG}");

    for _ in 0..5 {
        let answer = browser.post("/invitation", &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.text("main").contains("Sign in with it"), "{}", answer.text("main"));
    }
    let sixth = browser.post("/invitation", &form).await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(sixth.headers.contains_key("retry-after"));
    let sign_in = sign_in(&mut browser, EMAIL, PASSWORD).await;
    assert_eq!(sign_in.status, StatusCode::TOO_MANY_REQUESTS, "the same tries");
}
