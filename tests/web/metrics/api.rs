//! The call of a program, as a program makes it.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use trellis::config::Config;
use trellis::ids::MetricId;
use trellis::metrics::service::{add, end};
use trellis::metrics::{Kind, TokenName, service};
use trellis::text::Reason;

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

/// A squad with a metric that is not its goal, and a token for it.
struct Given {
    app: TestApp,
    metric: MetricId,
    member: Visitor,
    token: String,
}

impl Given {
    async fn new(app: TestApp) -> Self {
        let squad = given::active(&app, "Fair Bills").await;
        let member = app.member("Aisha Rahman").await;
        given::join(&app, squad, &[member.id()]).await;
        let new = given::metric("Talks", 9.0);
        let metric = add(&app.pool, &member.actor(), squad, Kind::Learning, &new).await.unwrap();
        let name = TokenName::parse("Nightly report").unwrap();
        let token = service::make_token(&app.pool, &member.actor(), metric, &name).await.unwrap();
        Self { app, metric, member, token: token.unwrap() }
    }

    async fn send(&self, metric: MetricId, headers: &[(&str, &str)], body: &str) -> Answer {
        let path = format!("/api/v1/metrics/{metric}/check-ins");
        self.app.anonymous().send(Method::POST, &path, headers, body.to_owned()).await
    }

    /// Calls with the token.
    async fn call(&self, body: &str, more: &[(&str, &str)]) -> Answer {
        let token = format!("Bearer {}", self.token);
        let mut headers =
            vec![("authorization", token.as_str()), ("content-type", "application/json")];
        headers.extend_from_slice(more);
        self.send(self.metric, &headers, body).await
    }

    async fn count(&self) -> i64 {
        sqlx::query_scalar("select count(*) from check_in").fetch_one(&self.app.pool).await.unwrap()
    }
}

/// The problem of an answer (RFC 9457).
fn problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.html);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let said = answer.json();
    assert_eq!(said["status"], status);
    assert!(said["detail"].as_str().unwrap().ends_with('.'), "{said}");
    assert_eq!(said["request_id"].as_str().unwrap(), answer.headers["x-request-id"]);
    said
}

const KEY: (&str, &str) = ("idempotency-key", "2026-11-22-talks");

#[tokio::test]
async fn the_same_call_twice_is_one_entry_and_one_answer() {
    let it = Given::new(TestApp::new().await).await;
    let body = r#"{"value": 94.2, "confidence": "on_track", "note": "50%ff of \u00e4ll & more"}"#;

    let first = it.call(body, &[KEY]).await;
    let second = it.call(body, &[KEY]).await;

    assert_eq!(first.status, StatusCode::CREATED, "{}", first.html);
    assert_eq!((second.status, &second.html), (first.status, &first.html));
    assert_eq!(it.count().await, 1);
    let said = first.json();
    assert_eq!(said["metric"], json!(it.metric));
    assert_eq!((&said["value"], &said["note"]), (&json!(94.2), &json!("50%ff of äll & more")));
    let other = problem(&it.call(r#"{"value": 95}"#, &[KEY]).await, 422);
    assert_eq!(other["code"], "key_reused");
    assert_eq!(it.count().await, 1);
    let (kind, summary, nobody): (String, String, bool) = sqlx::query_as(
        "select kind, summary, member_id is null from event order by seq desc limit 1",
    )
    .fetch_one(&it.app.pool)
    .await
    .unwrap();
    assert_eq!((kind.as_str(), nobody), ("metric_checked_in", true));
    assert_eq!(summary, "checked in “Talks” of Fair Bills: 94.2 % (by “Nightly report”)");
    assert_eq!(it.call(r#"{"value": 95}"#, &[]).await.status, StatusCode::CREATED);
    assert_eq!(it.count().await, 2, "without a key each call counts");
}

#[tokio::test]
async fn the_same_key_sixteen_times_at_once_is_one_entry() {
    let it = Given::new(TestApp::new().await).await;

    let all =
        futures_util::future::join_all((0..16).map(|_| it.call(r#"{"value": 7}"#, &[KEY]))).await;

    assert!(
        all.iter().all(|answer| answer.status == StatusCode::CREATED && answer.html == all[0].html)
    );
    assert_eq!(it.count().await, 1);
}

#[tokio::test]
async fn only_a_token_says_who_calls() {
    let it = Given::new(TestApp::new().await).await;
    let json = ("content-type", "application/json");
    let body = r#"{"value": 1}"#;
    let none = it.send(it.metric, &[json], body).await;
    assert_eq!(problem(&none, 401)["code"], "token_missing");
    assert_eq!(none.headers["www-authenticate"], "Bearer");
    let long = format!("Bearer {}x", it.token);
    let basic = format!("Basic {}", it.token);
    for wrong in ["Bearer", "Bearer trellis_m_nonsense", long.as_str(), basic.as_str()] {
        problem(&it.send(it.metric, &[json, ("authorization", wrong)], body).await, 401);
    }
    let path = format!("/api/v1/metrics/{}/check-ins", it.metric);
    let same = ("sec-fetch-site", "same-origin");
    let cookie = it.member.clone().send(Method::POST, &path, &[json, same], body.to_owned()).await;
    problem(&cookie, 401);
    let bearer = format!("Bearer {}", it.token);
    let both = [json, ("sec-fetch-site", "cross-site"), ("authorization", bearer.as_str())];
    let foreign = it.member.clone().send(Method::POST, &path, &both, body.to_owned()).await;
    problem(&foreign, 403);
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn a_token_is_for_one_metric_of_its_own_organization() {
    let it = Given::new(TestApp::new().await).await;
    let goal: MetricId = sqlx::query_scalar("select id from metric where is_goal")
        .fetch_one(&it.app.pool)
        .await
        .unwrap();
    let stranger = it.app.stranger().await.actor();
    let squad = trellis::squads::service::create(
        &it.app.pool,
        &stranger,
        &trellis::squads::NewSquad {
            name: trellis::squads::SquadName::parse("Elsewhere").unwrap(),
            pattern: trellis::squads::Pattern::ALL[0],
            description: trellis::squads::Description::parse("").unwrap(),
        },
    )
    .await
    .unwrap();
    let new = given::metric("Calls", 1.0);
    let theirs = service::set_goal(&it.app.pool, &stranger, squad, &new).await.unwrap();
    let token = format!("Bearer {}", it.token);
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];

    problem(&it.send(goal, &headers, r#"{"value": 1}"#).await, 403);
    let foreign = problem(&it.send(theirs, &headers, r#"{"value": 1}"#).await, 404);
    let nothing = problem(&it.send(MetricId::new(), &headers, r#"{"value": 1}"#).await, 404);
    assert_eq!(foreign["detail"], nothing["detail"]);
    let path = "/api/v1/metrics/nonsense/check-ins";
    problem(&it.app.anonymous().send(Method::POST, path, &headers, "{}").await, 404);
    let get = format!("/api/v1/metrics/{}/check-ins", it.metric);
    problem(&it.app.anonymous().get(&get).await, 405);
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn a_token_that_is_revoked_or_whose_maker_has_left_does_nothing() {
    let it = Given::new(TestApp::new().await).await;
    let name = TokenName::parse("Another one").unwrap();
    let kept = service::make_token(&it.app.pool, &it.member.actor(), it.metric, &name)
        .await
        .unwrap()
        .unwrap();
    let page = it.app.at(&format!("/squads/fair-bills/metrics/{}", it.metric));
    let mut member = it.member.clone();
    let shown = member.get(&page).await;
    assert_eq!(shown.count("#tokens li form"), 2);
    assert!(!shown.html.contains(&it.token) && !shown.html.contains(&kept));
    let revoke = shown.attribute("#tokens li:last-child form", "action").unwrap();

    member.post(&revoke, "").await.assert_redirect();

    problem(&it.call(r#"{"value": 1}"#, &[]).await, 401);
    let bearer = format!("Bearer {kept}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(it.send(it.metric, &headers, r#"{"value": 1}"#).await.status, StatusCode::CREATED);
    let used = member.get(&page).await;
    assert!(used.text("#tokens .meta").contains("Last used today"));
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(member.id())
        .execute(&it.app.pool)
        .await
        .unwrap();
    problem(&it.send(it.metric, &headers, r#"{"value": 1}"#).await, 401);
}

#[tokio::test]
async fn a_token_is_the_squads_and_says_when_its_maker_is_no_longer_in_it() {
    let it = Given::new(TestApp::new().await).await;
    let other = it.app.member("Bjarne Lie").await;
    let squad = sqlx::query_scalar("select team_id from metric where id = $1")
        .bind(it.metric)
        .fetch_one(&it.app.pool)
        .await
        .unwrap();
    given::join(&it.app, squad, &[other.id()]).await;
    let page = it.app.at(&format!("/squads/fair-bills/metrics/{}", it.metric));
    let listed = async || other.clone().get(&page).await.text("#tokens .meta");
    assert!(!listed().await.contains("no longer"), "{}", listed().await);
    let membership =
        sqlx::query_scalar("select id from membership where member_id = $1 and until_at is null")
            .bind(it.member.id())
            .fetch_one(&it.app.pool)
            .await
            .unwrap();
    let founder = it.app.founder();
    trellis::squads::service::remove_member(&it.app.pool, &founder, membership, None)
        .await
        .unwrap();

    assert!(listed().await.contains("Made by Aisha Rahman, today, who is no longer in the squad"));
    assert_eq!(it.call(r#"{"value": 1}"#, &[]).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn whoever_is_deactivated_meanwhile_checks_in_no_more() {
    let it = Given::new(TestApp::new().await).await;
    // The call has found the token and waits for the metric.
    let mut holding = it.app.pool.begin().await.unwrap();
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(it.member.id())
        .execute(&mut *holding)
        .await
        .unwrap();
    let (answer, ()) = tokio::join!(it.call(r#"{"value": 1}"#, &[]), async {
        crate::seen::somebody_waits(&it.app.pool).await;
        holding.commit().await.unwrap();
    });

    problem(&answer, 401);
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_refused() {
    let it = Given::new(TestApp::new().await).await;
    for keys in [&["clé-de-demain-matin"][..], &[""], &["2026-11-22-talks", "2026-11-23-talks"]] {
        let keys: Vec<_> = keys.iter().map(|key| ("idempotency-key", *key)).collect();
        let said = problem(&it.call(r#"{"value": 1}"#, &keys).await, 400);
        assert!(said["detail"].as_str().unwrap().contains("Idempotency-Key"), "{said}");
    }
    assert_eq!(it.count().await, 0, "a program that sends a key relies on it");
}

#[tokio::test]
async fn calls_with_tokens_that_do_not_hold_are_counted_by_address() {
    let mut config = Config::default();
    config.limits.requests_per_minute = 2;
    let it = Given::new(TestApp::with(config).await).await;
    assert_eq!(it.call(r#"{"value": 1}"#, &[]).await.status, StatusCode::CREATED);
    let path = format!("/api/v1/metrics/{}/check-ins", it.metric);
    let mut caller = it.app.anonymous();
    let mut call = async |token: &str| {
        let headers = [("authorization", token), ("content-type", "application/json")];
        caller.send(Method::POST, &path, &headers, r#"{"value": 1}"#.to_owned()).await
    };
    // Ten programs may share an address; one more comes through whenever a share of the minute has passed.
    let mut refused = None;
    for n in 0..60 {
        let answer = call(&format!("Bearer trellis_m_{n}")).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((n, answer));
            break;
        }
        problem(&answer, 401);
    }

    let (n, refused) = refused.unwrap();
    assert!(n >= 20, "{n}");
    assert_eq!(problem(&refused, 429)["code"], "too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(it.call(r#"{"value": 1}"#, &[]).await.status, StatusCode::CREATED, "from elsewhere");
}

#[tokio::test]
async fn a_metric_that_has_ended_and_a_squad_that_is_no_more_take_nothing() {
    let it = Given::new(TestApp::new().await).await;
    let reason = Reason::parse("Nobody steered by it").unwrap();
    end(&it.app.pool, &it.member.actor(), it.metric, 1, &reason).await.unwrap();

    let ended = problem(&it.call(r#"{"value": 1}"#, &[KEY]).await, 409);

    assert_eq!(ended["code"], "metric_ended");
    assert_eq!(ended["detail"], "This metric has ended. Its history stays as it is.");
    assert_eq!(it.count().await, 0);
    let by_hand = sqlx::query(
        "insert into check_in (organization_id, id, metric_id, at, value, member_id, entered_at, event_id) \
         select organization_id, gen_random_uuid(), $1, now(), 1, member_id, now(), id from event where member_id is not null limit 1",
    )
    .bind(it.metric)
    .execute(&it.app.pool)
    .await
    .unwrap_err();
    assert!(by_hand.to_string().contains("has ended"), "{by_hand}");
}

#[tokio::test]
async fn a_body_that_is_not_taken_is_told_what_is_wrong() {
    let it = Given::new(TestApp::new().await).await;
    let ahead = (it.app.clock().now() + TimeDelta::hours(1)).to_rfc3339();
    for (body, status, field) in [
        ("{", 400, None),
        ("[]", 422, None),
        (r#"{"value": "94,2"}"#, 422, Some("value")),
        (r#"{"value": 1, "who": "me"}"#, 422, None),
        (r#"{"value": 1, "confidence": "green"}"#, 422, Some("confidence")),
        (r#"{"value": 1, "at": "yesterday"}"#, 422, Some("at")),
        (&format!(r#"{{"value": 1, "at": "{ahead}"}}"#), 422, Some("at")),
        (r#"{"value": 1, "at": "2019-01-01T00:00:00Z"}"#, 422, Some("at")),
        (&format!(r#"{{"value": 1, "note": "{}"}}"#, "x".repeat(301)), 422, Some("note")),
        (&format!(r#"{{"value": 1, "note": "{}"}}"#, "x".repeat(17_000)), 413, None),
    ] {
        let said = problem(&it.call(body, &[]).await, status);
        assert_eq!(said["field"].as_str(), field, "{said}");
    }
    let token = format!("Bearer {}", it.token);
    let form =
        [("authorization", token.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    problem(&it.send(it.metric, &form, "value=1").await, 415);
    problem(&it.call(r#"{"value": 1}"#, &[("idempotency-key", "short")]).await, 400);
    assert_eq!(it.count().await, 0);
    let earlier = (it.app.clock().now() - TimeDelta::days(2)).to_rfc3339();
    let written = it.call(&format!(r#"{{"value": 1, "at": "{earlier}"}}"#), &[]).await;
    assert_eq!(written.status, StatusCode::CREATED, "{}", written.html);
}

#[tokio::test]
async fn too_many_calls_are_told_to_wait() {
    let mut config = Config::default();
    config.limits.requests_per_minute = 3;
    let it = Given::new(TestApp::with(config).await).await;
    for n in 0..3 {
        assert_eq!(it.call(&format!(r#"{{"value": {n}}}"#), &[]).await.status, StatusCode::CREATED);
    }

    let refused = it.call(r#"{"value": 4}"#, &[]).await;

    assert_eq!(problem(&refused, 429)["code"], "too_many_requests");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(it.count().await, 3);
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_its_hash() {
    let it = Given::new(TestApp::new().await).await;
    let tokens = it.app.at(&format!("/squads/fair-bills/metrics/{}/tokens", it.metric));
    let mut member = it.member.clone();

    let made = member.post(&tokens, "key=one-time-key-1&name=Weekly+report").await;
    let token = made.attribute("#token", "value").unwrap();
    let again = member.post(&tokens, "key=one-time-key-1&name=Weekly+report").await;

    assert!(token.starts_with("trellis_m_"));
    assert_eq!(made.headers["referrer-policy"], "no-referrer");
    assert_eq!(made.headers["cache-control"], "no-store");
    again.assert_redirect();
    assert!(!member.get(again.assert_redirect()).await.html.contains(&token));
    let everywhere: i64 = sqlx::query_scalar(
        "select count(*) from (select to_jsonb(e)::text as row from event e \
                               union all select to_jsonb(k)::text from metric_token k \
                               union all select to_jsonb(i)::text from idempotency_key i) all_of_them where row like '%' || $1 || '%'",
    )
    .bind(token.trim_start_matches("trellis_m_"))
    .fetch_one(&it.app.pool)
    .await
    .unwrap();
    assert_eq!(everywhere, 0);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(it.send(it.metric, &headers, r#"{"value": 3}"#).await.status, StatusCode::CREATED);
    let mut leader = it.app.leader("Ingrid").await;
    assert_eq!(leader.post(&tokens, "name=Mine").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_description_is_there_for_everybody() {
    let app = TestApp::new().await;

    let answer = app.anonymous().get("/api/v1/openapi.json").await;

    answer.assert_ok();
    assert_eq!(answer.headers["content-type"], "application/json");
    let said = answer.json();
    assert!(said["openapi"].as_str().unwrap().starts_with("3.1"));
    let call = &said["paths"]["/api/v1/metrics/{metric}/check-ins"]["post"];
    for status in ["201", "400", "401", "403", "404", "409", "413", "415", "422", "429"] {
        assert!(call["responses"][status].is_object(), "{status}");
    }
}
