//! Who gets what at every address.

use axum::http::StatusCode;

use crate::harness::TestApp;

#[tokio::test]
async fn an_unknown_address_is_a_page_that_says_so() {
    let app = TestApp::new().await;

    let answer = app.anonymous().get("/nowhere").await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.error_code(), "not_found");
    assert!(!answer.text("h1").is_empty());
}

#[tokio::test]
async fn machines_get_the_error_as_json_with_the_request_id() {
    let app = TestApp::new().await;

    let answer = app.anonymous().get_json("/nowhere").await;

    assert_eq!(answer.error_code(), "not_found");
    let id = answer.json()["error"]["request_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["x-request-id"], id);
}
