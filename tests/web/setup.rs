//! The link that makes the first admin.

use axum::Router;
use axum::http::StatusCode;
use trellis::{AppState, setup};

use crate::harness::{TestApp, Visitor};

const FORM: &str = "name=Ada+Lovelace&email=ada%40norvik.example&password=moss+under+seven+lamps\
                    &start=own&organization=Norvik+Energy&common_purpose=Warm+homes.";

async fn link(state: &AppState) -> Option<String> {
    let token = setup::service::ensure_link(&state.pool, state.clock.now()).await.unwrap();
    token.map(|token| format!("/setup/{token}"))
}

fn browser(router: &Router) -> Visitor {
    Visitor::of(router.clone())
}

#[tokio::test]
async fn the_link_makes_the_first_admin_with_their_organization_once() {
    let (router, state) = TestApp::empty().await;
    let mut ada = browser(&router);
    let start = ada.get("/").await;
    start.assert_ok();
    assert!(start.text("main").contains("link that it printed"));
    let path = link(&state).await.unwrap();

    let opened = ada.get(&path).await;
    assert_eq!(opened.assert_redirect(), "/setup");
    assert_eq!(opened.headers["referrer-policy"], "no-referrer");
    let page = ada.get("/setup").await;
    page.assert_ok();
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let mut late = ada.clone();
    let done = ada.post("/setup", FORM).await;

    assert_eq!(done.assert_redirect(), "/o/norvik-energy");
    assert_eq!(ada.get("/").await.assert_redirect(), "/o/norvik-energy/start");
    assert_eq!(ada.get("/o/norvik-energy/start").await.assert_redirect(), "/o/norvik-energy");
    ada.get("/o/norvik-energy/settings").await.assert_ok();
    assert_eq!(late.post("/setup", FORM).await.status, StatusCode::NOT_FOUND);
    assert_eq!(late.get("/setup").await.status, StatusCode::NOT_FOUND);
    assert_eq!(link(&state).await, None, "no link any more");
    let users: i64 = sqlx::query_scalar("select count(*) from user_account")
        .fetch_one(&state.pool)
        .await
        .unwrap();
    assert_eq!(users, 1);
}

#[tokio::test]
async fn without_the_newest_link_there_is_nothing_to_set_up() {
    let (router, state) = TestApp::empty().await;
    let older = link(&state).await.unwrap();
    let newer = link(&state).await.unwrap();
    let mut eve = browser(&router);

    let closed = eve.get("/setup").await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);
    assert!(closed.text("main").contains("nothing to set up"));
    assert_eq!(eve.post("/setup", FORM).await.status, StatusCode::NOT_FOUND);
    eve.get(&older).await;
    assert_eq!(eve.post("/setup", FORM).await.status, StatusCode::NOT_FOUND);
    eve.get("/setup/guess").await;
    assert_eq!(eve.post("/setup", FORM).await.status, StatusCode::NOT_FOUND);
    eve.get(&newer).await;
    eve.post("/setup", FORM).await.assert_redirect();
}

#[tokio::test]
async fn a_refused_setup_keeps_what_was_typed_but_the_password() {
    let (router, state) = TestApp::empty().await;
    let path = link(&state).await.unwrap();
    let mut ada = browser(&router);
    ada.get(&path).await;

    let form =
        "name=&email=ada&password=tuv0Wq%21xmos&start=own&organization=+&common_purpose=Warm";
    let refused = ada.post("/setup", form).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        refused.texts(".err"),
        [
            "Fill in the name.",
            "Write an e-mail address like name@example.org.",
            "Use at least 12 characters. A sentence is fine.",
            "Fill in the organization's name.",
        ]
    );
    assert_eq!(refused.attribute("#email", "value").as_deref(), Some("ada"));
    assert_eq!(refused.attribute("#password", "value").as_deref(), Some(""));
    assert_eq!(refused.text("#common_purpose").trim(), "Warm");
    let guessable =
        ada.post("/setup", &FORM.replace("moss+under+seven+lamps", "norvik+energy")).await;
    assert!(guessable.text(".err").contains("easy to guess"));
    ada.post("/setup", FORM).await.assert_redirect();
}

#[tokio::test]
async fn the_demo_needs_no_organization_of_ones_own() {
    let (router, state) = TestApp::empty().await;
    let path = link(&state).await.unwrap();
    let mut ada = browser(&router);
    ada.get(&path).await;

    let form = "name=Ada&email=ada%40norvik.example&password=moss+under+seven+lamps&start=demo";
    let done = ada.post("/setup", form).await;

    assert!(done.assert_redirect().starts_with("/o/"));
}
