//! Tests of exchange: files come in after a dry run, and nothing is lost.

use axum::http::Method;
use trellis::config::Config;

use crate::harness::{Answer, TestApp, Visitor};

mod applying;
mod files;
mod rows;

const MEMBERS: &str = include_str!("../../data/members.csv");
const SKILLS: &str = include_str!("../../data/skills.csv");
const TEAMS: &str = include_str!("../../data/teams.csv");
const MEMBERSHIPS: &str = include_str!("../../data/memberships.csv");

/// Sends files as a browser does.
async fn send_with(
    visitor: &mut Visitor,
    key: &str,
    files: &[(&str, &[u8])],
    pasted: &str,
) -> Answer {
    let mut body = vec![];
    let mut part = |head: &str, content: &[u8]| {
        body.extend_from_slice(b"--grove\r\ncontent-disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"key\"", key.as_bytes());
    for (name, bytes) in files {
        part(&format!("name=\"files\"; filename=\"{name}\"\r\ncontent-type: text/csv"), bytes);
    }
    part("name=\"pasted\"", pasted.as_bytes());
    body.extend_from_slice(b"--grove--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=grove"),
        ("sec-fetch-site", "same-origin"),
    ];
    visitor.send(Method::POST, "/o/norvik-energy/import", &headers, body).await
}

async fn send(visitor: &mut Visitor, files: &[(&str, &[u8])]) -> Answer {
    send_with(visitor, &trellis::web::new_key(), files, "").await
}

/// Sends one text, and answers the address of its dry run.
async fn dry_run(visitor: &mut Visitor, texts: &[&str]) -> String {
    let files: Vec<_> = texts.iter().map(|text| ("some.csv", text.as_bytes())).collect();
    send(visitor, &files).await.assert_redirect().to_owned()
}

/// Presses the button of a dry run.
async fn apply(visitor: &mut Visitor, address: &str) -> Answer {
    let seen =
        visitor.get(address).await.attribute("input[name=seen]", "value").unwrap_or_default();
    visitor.post(address, &format!("seen={seen}")).await.assert_redirect();
    visitor.get(address).await
}

/// "added changed unchanged refused" of one kind.
fn counts(page: &Answer, kind: &str) -> String {
    page.texts(&format!("#count-{kind} td.num")).join(" ")
}

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

/// Everything that an import may touch, in one text.
async fn state(app: &TestApp) -> String {
    sqlx::query_scalar(
        "select concat_ws(' ', (select jsonb_agg(m order by id) from member m), (select jsonb_agg(t order by id) from team t), \
         (select jsonb_agg(s order by id) from membership s), (select jsonb_agg(h order by id) from hat h), \
         (select jsonb_agg(k order by id) from skill k), (select jsonb_agg(r order by member_id, skill_id) from member_skill r), \
         (select count(*) from event))",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

async fn app() -> (TestApp, Visitor) {
    let mut config = Config::default();
    config.limits.imports_per_hour = 1000;
    let app = TestApp::with(config).await;
    let admin = app.admin().await;
    (app, admin)
}
