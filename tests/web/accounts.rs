//! Signing in and out, one's own account, and resetting a password.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use trellis::config::Config;

use crate::harness::{Answer, PASSWORD, TestApp, Visitor};

const EMAIL: &str = "founder@norvik.example";
const NEW_PASSWORD: &str = "three grey otters at noon";

fn form(text: &str) -> String {
    text.replace(' ', "+").replace('@', "%40")
}

async fn sign_in(visitor: &mut Visitor, email: &str, password: &str) -> Answer {
    visitor.post("/sign-in", &form(&format!("email={email}&password={password}"))).await
}

async fn app_without_ip_limit() -> TestApp {
    let mut config = Config::default();
    config.limits.sign_in_burst = 1000;
    TestApp::with(config).await
}

#[tokio::test]
async fn whoever_knows_the_password_comes_in_and_out_again() {
    let app = TestApp::new().await;
    let mut ada = app.anonymous();

    assert_eq!(ada.get("/").await.assert_redirect(), "/sign-in");
    let inside = sign_in(&mut ada, " Founder@Norvik.example", PASSWORD).await;
    assert_eq!(inside.assert_redirect(), "/");
    assert_eq!(ada.get("/").await.assert_redirect(), "/o/norvik-energy/start");
    assert_eq!(ada.get("/sign-in").await.assert_redirect(), "/");
    let me = ada.get("/me").await;
    me.assert_ok();
    assert_eq!(
        me.attribute(".side a[href$='/squads']", "href").as_deref(),
        Some("/o/norvik-energy/squads"),
        "the way back"
    );

    let out = ada.post("/sign-out", "").await;
    assert_eq!(out.assert_redirect(), "/sign-in");
    assert_eq!(out.headers["clear-site-data"], r#""cache","cookies","storage""#);
    assert!(!ada.cookies.contains_key("session"));
    let sessions: i64 =
        sqlx::query_scalar("select count(*) from session").fetch_one(&app.pool).await.unwrap();
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    let app = TestApp::new().await;

    let wrong = sign_in(&mut app.anonymous(), EMAIL, "wrong password").await;
    let unknown = sign_in(&mut app.anonymous(), "nobody@norvik.example", "wrong password").await;
    let unreadable = sign_in(&mut app.anonymous(), "nobody", "wrong password").await;

    for answer in [&wrong, &unknown, &unreadable] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            answer.text(".err"),
            "Address and password do not match. Check both and try again."
        );
        assert_eq!(answer.attribute("#password", "value").as_deref(), Some(""));
    }
    assert_eq!(
        wrong.attribute("#email", "value").as_deref(),
        Some(EMAIL),
        "what was typed is kept"
    );
    let again = app.anonymous().post_json("/sign-in", "email=a&password=b").await;
    assert_eq!(again.error_code(), "sign_in_no_match");
}

#[tokio::test]
async fn the_password_is_hashed_anew_when_its_hash_is_outdated() {
    let app = TestApp::new().await;

    sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await.assert_redirect();

    let hash: String = sqlx::query_scalar("select password_hash from user_account")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await.assert_redirect();
}

#[tokio::test]
async fn from_one_address_the_sixth_try_waits() {
    let app = TestApp::new().await;
    let mut visitor = app.anonymous();
    for n in 0..5 {
        let email = format!("nobody{n}@norvik.example");
        let answer = sign_in(&mut visitor, &email, "wrong").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "try {n}");
    }

    let sixth = sign_in(&mut visitor, EMAIL, PASSWORD).await;

    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = sixth.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await.assert_redirect();
    app.clock().advance(TimeDelta::seconds(wait));
    sign_in(&mut visitor, EMAIL, PASSWORD).await.assert_redirect();
}

#[tokio::test]
async fn the_tenth_wrong_password_delays_the_account_but_not_a_known_browser() {
    let app = app_without_ip_limit().await;
    let mut known = app.anonymous();
    sign_in(&mut known, EMAIL, PASSWORD).await.assert_redirect();
    known.cookies.remove("session");
    for n in 0..9 {
        sign_in(&mut app.anonymous(), EMAIL, &format!("wrong {n}")).await;
    }

    let tenth = sign_in(&mut app.anonymous(), EMAIL, "wrong 9").await;
    assert!(tenth.text(".err").contains("do not match"), "{}", tenth.text(".err"));
    // The harness's clock goes on, and the delay after the tenth is only a second.
    app.clock().advance(TimeDelta::seconds(2));
    for n in 10..14 {
        sign_in(&mut app.anonymous(), EMAIL, &format!("wrong {n}")).await;
        app.clock().advance(TimeDelta::seconds(600));
    }
    sign_in(&mut app.anonymous(), EMAIL, "wrong 14").await;
    let delayed = sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await;

    assert_eq!(delayed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(delayed.text(".err").contains("many wrong passwords"), "{}", delayed.text(".err"));
    sign_in(&mut known, EMAIL, PASSWORD).await.assert_redirect();
    app.clock().advance(TimeDelta::minutes(5));
    sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await.assert_redirect();
}

#[tokio::test]
async fn a_sign_in_ends_the_earlier_session_of_the_same_browser() {
    let app = TestApp::new().await;
    let mut ada = app.anonymous();
    sign_in(&mut ada, EMAIL, PASSWORD).await.assert_redirect();
    let mut earlier = ada.clone();

    sign_in(&mut ada, EMAIL, PASSWORD).await.assert_redirect();

    assert_eq!(earlier.get("/me").await.assert_redirect(), "/sign-in?next=%2Fme");
    ada.get("/me").await.assert_ok();
}

#[tokio::test]
async fn a_session_ends_after_a_time_without_use_and_sooner_for_admins() {
    let app = TestApp::new().await;
    let (mut member, mut admin) = (app.member("Ada").await, app.admin().await);

    app.clock().advance(TimeDelta::minutes(59));
    member.get("/me").await.assert_ok();
    admin.get("/me").await.assert_ok();
    app.clock().advance(TimeDelta::minutes(61));
    member.get("/me").await.assert_ok();
    admin.get("/me").await.assert_redirect();
    app.clock().advance(TimeDelta::minutes(8 * 60 - 1));
    member.get("/me").await.assert_ok();
    app.clock().advance(TimeDelta::minutes(8 * 60 + 1));
    member.get("/me").await.assert_redirect();
}

#[tokio::test]
async fn a_session_ends_at_some_time_however_much_it_is_used() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;

    for _ in 0..13 {
        admin.get("/me").await.assert_ok();
        app.clock().advance(TimeDelta::minutes(55));
    }
    admin.get("/me").await.assert_ok();
    app.clock().advance(TimeDelta::minutes(10));
    admin.get("/me").await.assert_redirect();

    let mut member = app.member("Ada").await;
    for _ in 0..47 {
        app.clock().advance(TimeDelta::hours(7));
        member.get("/me").await.assert_ok();
    }
    app.clock().advance(TimeDelta::minutes(7 * 60 - 5));
    member.get("/me").await.assert_ok();
    app.clock().advance(TimeDelta::minutes(5));
    member.get("/me").await.assert_redirect();
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session_and_renews_this_one() {
    let app = TestApp::new().await;
    let (mut here, mut there) = (app.admin().await, app.admin().await);
    let mut stolen = here.clone();

    let wrong =
        here.post("/me/password", &form(&format!("current=wrong&password={NEW_PASSWORD}"))).await;
    assert_eq!(wrong.text(".err"), "This is not your current password.");
    let weak = here
        .post("/me/password", &form(&format!("current={PASSWORD}&password=NorvikEnergy1")))
        .await;
    assert!(weak.text(".err").contains("easy to guess"), "{}", weak.text(".err"));
    let short =
        here.post("/me/password", &form(&format!("current={PASSWORD}&password=tuv0Wq!xmos"))).await;
    assert!(short.text(".err").contains("at least 12"), "{}", short.text(".err"));
    there.get("/me").await.assert_ok();
    here.post("/me/password", &form(&format!("current={PASSWORD}&password={NEW_PASSWORD}")))
        .await
        .assert_redirect();

    here.get("/me").await.assert_ok();
    there.get("/me").await.assert_redirect();
    stolen.get("/me").await.assert_redirect();
    sign_in(&mut app.anonymous(), EMAIL, NEW_PASSWORD).await.assert_redirect();
    let old = sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn cookies_are_closed_to_scripts_and_to_plain_http_where_there_is_https() {
    let http = TestApp::new().await;
    let https = TestApp::with(Config {
        public_url: Some("https://trellis.example".into()),
        ..Config::default()
    })
    .await;

    for (app, prefix, end) in
        [(&http, "", "SameSite=Lax"), (&https, "__Host-", "SameSite=Lax; Secure")]
    {
        let answer = sign_in(&mut app.anonymous(), EMAIL, PASSWORD).await;
        let cookies: Vec<_> = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        for name in ["session", "device"] {
            let cookie = cookies
                .iter()
                .find(|cookie| cookie.starts_with(&format!("{prefix}{name}=")))
                .unwrap_or_else(|| panic!("{name} in {cookies:?}"));
            assert!(cookie.contains("; Path=/;") && cookie.contains("HttpOnly"), "{cookie}");
            assert!(cookie.ends_with(end), "{cookie}");
        }
        assert_eq!(answer.headers.contains_key("strict-transport-security"), !prefix.is_empty());
    }
}

#[tokio::test]
async fn signing_in_leads_only_to_addresses_of_trellis() {
    let app = app_without_ip_limit().await;
    for (next, to) in [
        ("%2Fo%2Fnorvik-energy%2Fsettings%3Fa%3Db", "/o/norvik-energy/settings?a=b"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("%2F%09%2Fevil.example", "/"),
    ] {
        let fields = form(&format!("email={EMAIL}&password={PASSWORD}"));
        let answer = app.anonymous().post("/sign-in", &format!("{fields}&next={next}")).await;
        assert_eq!(answer.assert_redirect(), to, "{next}");
        let page = app.anonymous().get(&format!("/sign-in?next={next}")).await;
        assert_eq!(page.attribute("[name=next]", "value").as_deref(), Some(to));
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_but_this() {
    let app = TestApp::new().await;
    let (mut here, mut there, mut elsewhere) =
        (app.admin().await, app.admin().await, app.admin().await);
    let mut stranger = app.stranger().await;

    let me = here.get("/me").await;
    assert_eq!(me.count("#main tbody tr"), 3);
    assert_eq!(me.count("#main tbody .badge"), 1, "one is this browser");
    let others = there.get("/me").await;
    let own = others.texts("tbody tr").iter().position(|row| row.contains("This browser")).unwrap();
    let end = {
        let page = scraper::Html::parse_document(&others.html);
        let forms = scraper::Selector::parse("tbody form").unwrap();
        page.select(&forms).nth(own).unwrap().attr("action").unwrap().to_owned()
    };

    assert_eq!(stranger.post(&end, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(here.post(&end, "").await.assert_redirect(), "/me");
    there.get("/me").await.assert_redirect();
    elsewhere.get("/me").await.assert_ok();
    here.post("/me/sessions/end-others", "").await.assert_redirect();
    elsewhere.get("/me").await.assert_redirect();
    here.get("/me").await.assert_ok();
    stranger.get("/me").await.assert_ok();
}

#[tokio::test]
async fn a_name_is_changed_once_and_a_conflict_shows_what_is_saved() {
    let app = TestApp::new().await;
    let mut ada = app.admin().await;
    let mut other = ada.clone();

    ada.post("/me/name", "name=Ada+L&version=1").await.assert_redirect();
    let conflict = other.post("/me/name", "name=Ada+K&version=1").await;

    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert!(conflict.text(".now").contains("Ada L"));
    assert_eq!(conflict.attribute("#name", "value").as_deref(), Some("Ada K"));
    assert_eq!(conflict.attribute("[name=version]", "value").as_deref(), Some("2"));
    other.post("/me/name", "name=Ada+K&version=2").await.assert_redirect();
    let empty = other.post("/me/name", "name=+&version=3").await;
    assert_eq!(empty.text(".err"), "Fill in the name.");
}

#[tokio::test]
async fn forged_forms_are_refused() {
    let app = TestApp::with(Config {
        public_url: Some("http://trellis.lan".into()),
        ..Config::default()
    })
    .await;
    let mut ada = app.admin().await;
    let rename = "name=Eve&version=1";

    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.lan")],
        &[],
    ] {
        let answer = ada.send_form("/me/name", rename, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let cross = app
        .anonymous()
        .send_form("/sign-in", "email=a&password=b", &[("sec-fetch-site", "cross-site")])
        .await;
    assert_eq!(cross.status, StatusCode::FORBIDDEN);

    let plain = [("origin", "http://trellis.lan")];
    ada.send_form("/me/name", rename, &plain).await.assert_redirect();
}

#[tokio::test]
async fn colours_are_chosen_without_a_script_and_lead_back() {
    let app = TestApp::new().await;
    let mut visitor = app.anonymous();

    let here = [("sec-fetch-site", "same-origin"), ("referer", "http://127.0.0.1:3000/sign-in")];
    let answer = visitor.send_form("/theme", "theme=dark", &here).await;
    assert_eq!(answer.assert_redirect(), "/sign-in");
    let page = visitor.get("/sign-in").await;
    assert_eq!(page.attribute("html", "data-theme").as_deref(), Some("dark"));

    let elsewhere = visitor.post("/theme", "theme=light&next=%2F%2Fevil.example").await;
    assert_eq!(elsewhere.assert_redirect(), "/");
    visitor.post("/theme", "theme=blue").await;
    assert!(!visitor.cookies.contains_key("theme"));
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_all_sessions() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let mut ada = app.member("Ada").await;
    let to = app.at(&format!("/settings/accounts/{}/reset", ada.id()));
    let first = admin.post(&to, "").await.attribute("#link", "value").unwrap();
    let answer = admin.post(&to, "").await;
    let second = answer.attribute("#link", "value").unwrap();
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    let path = |link: &str| link.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    let mut browser = app.anonymous();

    let opened = browser.get(&path(&first)).await;
    assert_eq!(opened.assert_redirect(), "/reset");
    assert_eq!(opened.headers["referrer-policy"], "no-referrer");
    let dead = browser.get("/reset").await;
    assert_eq!(dead.error_code(), "link_spent", "a new link ends the older one");

    browser.get(&path(&second)).await;
    let shown = browser.get("/reset").await;
    shown.assert_ok();
    assert_eq!(shown.headers["referrer-policy"], "no-referrer");
    let weak = browser.post("/reset", "password=password1").await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut late = browser.clone();
    let done = browser.post("/reset", &form(&format!("password={NEW_PASSWORD}"))).await;
    assert_eq!(done.assert_redirect(), "/sign-in");
    ada.get("/me").await.assert_redirect();
    let again = late.post("/reset", &form(&format!("password={NEW_PASSWORD}"))).await;
    assert_eq!(again.error_code(), "link_spent");
    assert!(again.text("main").contains("used already or is too old"));
}

#[tokio::test]
async fn a_reset_link_lives_30_minutes() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let ada = app.member("Ada").await;
    let to = app.at(&format!("/settings/accounts/{}/reset", ada.id()));
    let link = admin.post(&to, "").await.attribute("#link", "value").unwrap();
    let mut browser = app.anonymous();
    browser.get(link.strip_prefix("http://127.0.0.1:3000").unwrap()).await;

    app.clock().advance(TimeDelta::seconds(30 * 60 - 60));
    browser.get("/reset").await.assert_ok();
    app.clock().advance(TimeDelta::seconds(60));
    assert_eq!(browser.get("/reset").await.error_code(), "link_spent");
}

#[tokio::test]
async fn no_admin_resets_the_password_of_somebody_who_belongs_elsewhere_too() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let ada = app.member("Ada").await;
    let stranger = app.stranger().await;
    sqlx::query(
        "insert into member (organization_id, id, user_id, name, created_at) values ($1, gen_random_uuid(), $2, 'Ada', now())",
    )
    .bind(stranger.actor().tenant.organization_id())
    .bind(ada.actor().user)
    .execute(&app.pool)
    .await
    .unwrap();

    let refused = admin.post(&app.at(&format!("/settings/accounts/{}/reset", ada.id())), "").await;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text("main").contains("belongs to another organization too"));
}

#[tokio::test]
async fn somebody_without_an_organization_gets_a_page_that_says_what_to_do() {
    let app = TestApp::new().await;
    let mut ada = app.member("Ada").await;
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(ada.id())
        .execute(&app.pool)
        .await
        .unwrap();

    let page = ada.get("/").await;

    page.assert_ok();
    assert!(page.text("main").contains("Ask an admin"));
    let nobody = app.anonymous().send(Method::POST, "/me/name", &[], "").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}
