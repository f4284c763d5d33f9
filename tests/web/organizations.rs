//! Settings, accounts, roles and invitations of an organization.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::actor::Role;
use trellis::config::Config;
use trellis::ids::MemberId;
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, TestApp, Visitor};

const NEW_PASSWORD: &str = "three+grey+otters+at+noon";

/// The path of a link that a page shows once.
fn link(answer: &Answer) -> String {
    answer.assert_ok();
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    let url = answer.attribute("#link", "value").unwrap();
    url.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned()
}

async fn invite(app: &TestApp, admin: &mut Visitor, name: &str, roles: &str) -> String {
    let form = format!("name={name}&email={}%40new.example{roles}", name.to_lowercase());
    link(&admin.post(&app.at("/settings/invitations"), &form).await)
}

async fn accept(browser: &mut Visitor, path: &str) -> Answer {
    let opened = browser.get(path).await;
    assert_eq!(opened.assert_redirect(), "/invitation");
    assert_eq!(opened.headers["referrer-policy"], "no-referrer");
    browser.post("/invitation", &format!("name=Noor&password={NEW_PASSWORD}")).await
}

/// The word in addresses of the only organization that a visitor belongs to.
async fn slug_of(visitor: &mut Visitor) -> String {
    let start = visitor.get("/").await.assert_redirect().to_owned();
    start.trim_start_matches("/o/").trim_end_matches("/start").to_owned()
}

async fn email_of(app: &TestApp, visitor: &Visitor) -> String {
    let email: String = sqlx::query_scalar("select email from user_account where id = $1")
        .bind(visitor.actor().user)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    email.replace('@', "%40")
}

async fn roles_of(app: &TestApp, member: MemberId) -> Vec<String> {
    sqlx::query_scalar("select roles from member where id = $1")
        .bind(member)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

async fn events(app: &TestApp, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from event where kind = $1")
        .bind(kind)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

fn account(app: &TestApp, member: MemberId, what: &str) -> String {
    app.at(&format!("/settings/accounts/{member}{what}"))
}

#[tokio::test]
async fn a_new_person_joins_by_a_link_that_works_once() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let path = invite(&app, &mut admin, "Noor", "&roles=leader").await;
    let mut noor = app.anonymous();
    let mut late = app.anonymous();
    late.get(&path).await;

    noor.get(&path).await;
    let page = noor.get("/invitation").await;
    page.assert_ok();
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let text = page.text("main");
    assert!(
        text.contains("Norvik Energy")
            && text.contains("Ingrid Solheim")
            && text.contains("Leader")
    );
    let weak = noor.post("/invitation", "name=Noor&password=password1").await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.text(".err").contains("at least 12"));
    let joined = accept(&mut noor, &path).await;

    assert_eq!(joined.assert_redirect(), "/o/norvik-energy");
    noor.get("/me").await.assert_ok();
    let again = late.post("/invitation", &format!("name=Eve&password={NEW_PASSWORD}")).await;
    assert_eq!(again.error_code(), "link_spent");
    assert!(again.text("main").contains("used already or is too old"));
    assert_eq!(events(&app, "member_invited").await, 1);
    assert_eq!(events(&app, "invitation_accepted").await, 1);
    let tokens: i64 = sqlx::query_scalar(
        "select count(*) from idempotency_key where answer::text like '%' || $1 || '%'",
    )
    .bind(path.rsplit('/').next().unwrap())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(tokens, 0, "the token is kept nowhere in clear");
}

#[tokio::test]
async fn opening_a_link_changes_nothing() {
    let app = TestApp::new().await;
    let path = invite(&app, &mut app.admin().await, "Noor", "").await;

    for _ in 0..3 {
        let mut scanner = app.anonymous();
        scanner.get(&path).await;
        scanner.get("/invitation").await.assert_ok();
    }

    accept(&mut app.anonymous(), &path).await.assert_redirect();
}

#[tokio::test]
async fn an_invitation_lives_7_days() {
    let app = TestApp::new().await;
    let path = invite(&app, &mut app.admin().await, "Noor", "").await;
    let mut noor = app.anonymous();
    noor.get(&path).await;

    app.clock().advance(TimeDelta::days(7) - TimeDelta::minutes(1));
    noor.get("/invitation").await.assert_ok();
    app.clock().advance(TimeDelta::minutes(1));

    assert_eq!(noor.get("/invitation").await.error_code(), "link_spent");
    assert_eq!(accept(&mut noor, &path).await.error_code(), "link_spent");
}

#[tokio::test]
async fn a_revoked_and_a_renewed_invitation_end_the_earlier_link() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let first = invite(&app, &mut admin, "Noor", "").await;
    let list = admin.get(&app.at("/settings/accounts")).await;
    let renew = list.attribute("form[action$='/renew']", "action").unwrap();

    let second = link(&admin.post(&renew, "").await);
    assert_eq!(accept(&mut app.anonymous(), &first).await.error_code(), "link_spent");
    let list = admin.get(&app.at("/settings/accounts")).await;
    let revoke = list.attribute("form[action$='/revoke']", "action").unwrap();
    let mut stranger = app.stranger().await;
    assert_eq!(stranger.post(&revoke, "").await.status, StatusCode::NOT_FOUND);
    let theirs = revoke.replace("norvik-energy", &slug_of(&mut stranger).await);
    assert_eq!(stranger.post(&theirs, "").await.status, StatusCode::NOT_FOUND);
    admin.post(&revoke, "").await.assert_redirect();

    assert_eq!(accept(&mut app.anonymous(), &second).await.error_code(), "link_spent");
    assert_eq!(admin.post(&revoke, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(events(&app, "invitation_renewed").await, 1);
    assert_eq!(events(&app, "invitation_revoked").await, 1);
}

#[tokio::test]
async fn the_same_invitation_form_sent_twice_makes_one() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let form = "key=0123456789&name=Noor&email=noor%40new.example";

    let first = admin.post(&app.at("/settings/invitations"), form).await;
    let again = admin.post(&app.at("/settings/invitations"), form).await;

    link(&first);
    assert!(again.assert_redirect().contains("/settings/accounts/"), "the link is shown once");
    assert_eq!(events(&app, "member_invited").await, 1);
}

#[tokio::test]
async fn nobody_gives_roles_that_they_have_not_any_more() {
    let app = TestApp::new().await;
    let mut olga = app.member_with("Olga", &[Role::Admin, Role::Leader]).await;
    let as_admin = invite(&app, &mut olga, "Noor", "&roles=admin").await;
    let as_leader = invite(&app, &mut olga, "Lena", "&roles=leader").await;
    let as_coach = invite(&app, &mut olga, "Cleo", "&roles=coach").await;
    let roles = account(&app, olga.id(), "/roles");
    app.admin().await.post(&roles, "roles=leader&version=1").await.assert_redirect();

    for path in [as_admin, as_coach] {
        let refused = accept(&mut app.anonymous(), &path).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text("main").contains("may not give these roles any more"));
    }
    accept(&mut app.anonymous(), &as_leader).await.assert_redirect();
    assert_eq!(events(&app, "invitation_accepted").await, 1);
}

#[tokio::test]
async fn who_has_an_account_signs_in_with_it_and_joins() {
    let app = TestApp::new().await;
    let mut stranger = app.stranger().await;
    let email = email_of(&app, &stranger).await;
    let mut admin = app.admin().await;
    let form = format!("name=Sam&email={email}&roles=coach");
    let path = link(&admin.post(&app.at("/settings/invitations"), &form).await);
    let mut browser = app.anonymous();
    browser.get(&path).await;

    let page = browser.get("/invitation").await;
    assert_eq!(page.attribute("main a", "href").as_deref(), Some("/sign-in?next=/invitation"));
    let taken = browser.post("/invitation", &format!("name=Sam&password={NEW_PASSWORD}")).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let mut other = app.member("Ada").await;
    other.get(&path).await;
    let mismatch = other.post("/invitation", "").await;
    assert_eq!(mismatch.status, StatusCode::CONFLICT);

    let form = format!("email={email}&password={}&next=%2Finvitation", PASSWORD.replace(' ', "+"));
    assert_eq!(browser.post("/sign-in", &form).await.assert_redirect(), "/invitation");
    let before = browser.cookies["session"].clone();
    browser.get("/invitation").await.assert_ok();
    assert_eq!(browser.post("/invitation", "").await.assert_redirect(), "/o/norvik-energy");

    assert_ne!(browser.cookies["session"], before, "a new token for new roles");
    let me = browser.get("/me").await;
    assert!(me.text("main").contains("Norvik Energy") && me.count("#main ul li") == 2);
    stranger.get("/me").await.assert_ok();
}

#[tokio::test]
async fn two_who_take_one_invitation_make_one_account() {
    let app = TestApp::new().await;
    let path = invite(&app, &mut app.admin().await, "Noor", "").await;
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from invitation for no key update").fetch_all(&mut *held).await.unwrap();
    let (mut one, mut two) = (app.anonymous(), app.anonymous());

    let waiting = tokio::spawn({
        let path = path.clone();
        async move { accept(&mut one, &path).await.status }
    });
    let other = tokio::spawn(async move { accept(&mut two, &path).await.status });
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(!waiting.is_finished() && !other.is_finished());
    held.commit().await.unwrap();

    let mut both = [waiting.await.unwrap(), other.await.unwrap()];
    both.sort();
    assert_eq!(both[0], StatusCode::SEE_OTHER);
    assert!(both[1].is_client_error(), "{both:?}");
    assert_eq!(events(&app, "invitation_accepted").await, 1);
}

#[tokio::test]
async fn a_member_without_account_is_invited_at_an_address() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let ada = app.person("Ada", "design").await;
    let to = account(&app, ada, "/invite");

    let bad = admin.post(&to, "email=ada&roles=coach").await;
    assert_eq!(bad.text(".err"), "Write an e-mail address like name@example.org.");
    assert!(bad.attribute("[value=coach]", "checked").is_some(), "what was ticked is kept");
    let taken = admin.post(&to, "email=founder%40norvik.example").await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.text(".err").contains("Another member"));
    let path = link(&admin.post(&to, "email=ada%40new.example&roles=coach").await);
    accept(&mut app.anonymous(), &path).await.assert_redirect();

    assert_eq!(roles_of(&app, ada).await, ["coach"]);
    let again = admin.post(&to, "email=ada%40new.example").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_organization_invites_only_so_often() {
    let mut config = Config::default();
    config.limits.invitations_per_hour = 2;
    let app = TestApp::with(config).await;
    let mut admin = app.admin().await;
    invite(&app, &mut admin, "Noor", "").await;
    invite(&app, &mut admin, "Lena", "").await;

    let form = "name=Cleo&email=cleo%40new.example";
    let third = admin.post(&app.at("/settings/invitations"), form).await;

    assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS);
    app.clock().advance(TimeDelta::minutes(30));
    link(&admin.post(&app.at("/settings/invitations"), form).await);
}

#[tokio::test]
async fn a_role_that_ends_ends_the_sessions() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let mut ada = app.leader("Ada").await;
    let to = account(&app, ada.id(), "/roles");

    admin.post(&to, "roles=leader&version=1").await.assert_redirect();
    ada.get("/me").await.assert_ok();
    admin.post(&to, "version=1").await.assert_redirect();

    ada.get("/me").await.assert_redirect();
    assert!(roles_of(&app, ada.id()).await.is_empty());
    assert_eq!(events(&app, "roles_changed").await, 1, "the same roles are no change");
    let stale = admin.post(&to, "roles=coach&version=1").await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text("[role=alert]").contains("Now saved: Member"));
    assert!(stale.attribute("[value=coach]", "checked").is_some());
    let unknown = admin.post(&to, "roles=king&version=2").await;
    assert_eq!(unknown.error_code(), "role_unknown");
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn ones_own_roles_change_with_a_new_token_for_this_session_only() {
    let app = TestApp::new().await;
    app.member_with("Olga", &[Role::Admin]).await;
    let (mut here, mut there) = (app.admin().await, app.admin().await);
    let before = here.cookies["session"].clone();
    let to = account(&app, here.id(), "/roles");

    let answer = here.post(&to, "roles=leader&version=1").await;

    assert_eq!(answer.assert_redirect(), "/o/norvik-energy");
    assert_ne!(here.cookies["session"], before);
    here.get("/me").await.assert_ok();
    there.get("/me").await.assert_redirect();
    assert_eq!(here.get(&app.at("/settings")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;

    for (what, form) in [("/roles", "roles=leader&version=1"), ("/remove", "version=1")] {
        let refused = admin.post(&account(&app, admin.id(), what), form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{what}");
        assert!(refused.text("main").contains("always has an admin"), "{what}");
    }
    let code = admin
        .post_json(&account(&app, admin.id(), "/roles"), "roles=leader&version=1")
        .await
        .error_code();
    assert_eq!(code, "last_admin");

    app.member_with("Olga", &[Role::Admin]).await;
    let to = account(&app, admin.id(), "/roles");
    admin.post(&to, "roles=leader&version=1").await.assert_redirect();
}

#[tokio::test]
async fn of_two_admins_who_step_down_at_once_one_stays() {
    let app = TestApp::new().await;
    let (mut one, mut two) = (app.admin().await, app.member_with("Olga", &[Role::Admin]).await);
    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from organization for no key update")
        .fetch_all(&mut *held)
        .await
        .unwrap();
    let (to_one, to_two) = (account(&app, one.id(), "/roles"), account(&app, two.id(), "/roles"));

    let first = tokio::spawn(async move { one.post(&to_one, "version=1").await });
    let second = tokio::spawn(async move { two.post(&to_two, "version=1").await });
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(!first.is_finished() && !second.is_finished(), "both wait for the organization");
    held.commit().await.unwrap();

    let both = [first.await.unwrap(), second.await.unwrap()];
    let refused: Vec<_> =
        both.iter().filter(|answer| answer.status == StatusCode::CONFLICT).collect();
    assert_eq!(refused.len(), 1, "{:?}", both.each_ref().map(|answer| answer.status));
    assert!(refused[0].text("main").contains("always has an admin"));
    let admins: i32 = sqlx::query_scalar("select admin_count from organization")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn removed_access_ends_the_sessions_and_keeps_the_member() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let mut ada = app.leader("Ada").await;

    admin.post(&account(&app, ada.id(), "/remove"), "version=1").await.assert_redirect();

    ada.get("/me").await.assert_redirect();
    assert!(roles_of(&app, ada.id()).await.is_empty());
    let page = admin.get(&account(&app, ada.id(), "")).await;
    assert_eq!(page.text("main h2"), "Invite", "Ada can be invited again");
    assert_eq!(events(&app, "access_removed").await, 1);
}

#[tokio::test]
async fn an_admin_signs_a_member_out_everywhere() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let mut ada = app.member("Ada").await;

    admin.post(&account(&app, ada.id(), "/sign-out"), "").await.assert_redirect();
    ada.get("/me").await.assert_redirect();

    let mut elsewhere = app.admin().await;
    admin.post(&account(&app, admin.id(), "/sign-out"), "").await.assert_redirect();
    elsewhere.get("/me").await.assert_redirect();
    admin.get("/me").await.assert_ok();
}

#[tokio::test]
async fn accounts_are_for_admins_and_hidden_from_strangers() {
    let app = TestApp::new().await;
    let (mut leader, mut stranger) = (app.leader("Ada").await, app.stranger().await);
    let member = leader.id();
    let other = slug_of(&mut stranger).await;
    let nowhere = MemberId(Uuid::now_v7());

    for path in ["/settings", "/settings/accounts", "/settings/invitations/new"] {
        assert_eq!(leader.get(&app.at(path)).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(stranger.get(&app.at(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for what in ["/roles", "/sign-out", "/remove", "/reset", "/invite"] {
        let here = account(&app, member, what);
        assert_eq!(leader.post(&here, "").await.status, StatusCode::FORBIDDEN, "{what}");
        assert_eq!(stranger.post(&here, "").await.status, StatusCode::NOT_FOUND, "{what}");
        let theirs = here.replace(&app.slug, &other);
        let answer = stranger.post(&theirs, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}: {}", answer.text("main"));
        let unknown = theirs.replace(&member.to_string(), &nowhere.to_string());
        let same = stranger.post(&unknown, "").await;
        assert_eq!(same.status, StatusCode::NOT_FOUND, "{what}");
        assert_eq!(same.text("main h1"), answer.text("main h1"));
    }
}

#[tokio::test]
async fn settings_are_saved_and_a_conflict_shows_both_texts() {
    let app = TestApp::new().await;
    let (mut one, mut two) = (app.admin().await, app.admin().await);
    let to = app.at("/settings");

    one.post(&to, "name=Norvik&common_purpose=Warm+homes.&version=1").await.assert_redirect();
    let conflict = two.post(&to, "name=Norvik+AS&common_purpose=Lit+homes.&version=1").await;

    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(conflict.texts(".now"), ["Now saved: Norvik", "Now saved: Warm homes."]);
    assert_eq!(conflict.attribute("#name", "value").as_deref(), Some("Norvik AS"));
    assert!(conflict.text("[role=alert]").contains("You changed this in another tab"));
    assert_eq!(conflict.attribute("[name=version]", "value").as_deref(), Some("2"));
    two.post(&to, "name=Norvik+AS&common_purpose=Lit+homes.&version=2").await.assert_redirect();
    let empty = two.post(&to, "name=&common_purpose=&version=3").await;
    assert_eq!(empty.text(".err"), "Fill in the organization's name.");
    assert_eq!(events(&app, "organization_changed").await, 2);
}

#[tokio::test]
async fn the_start_leads_to_the_organization_that_was_used_last() {
    let app = TestApp::new().await;
    let mut ada = app.admin().await;
    let mut stranger = app.stranger().await;
    let other = slug_of(&mut stranger).await;
    sqlx::query(
        "insert into member (organization_id, id, user_id, name, roles, created_at) values ($1, gen_random_uuid(), $2, 'Ada', '{admin}', now())",
    )
    .bind(stranger.actor().tenant.organization_id())
    .bind(ada.actor().user)
    .execute(&app.pool)
    .await
    .unwrap();

    assert_eq!(ada.get("/").await.assert_redirect(), "/o/norvik-energy/start");
    ada.get(&format!("/o/{other}/settings")).await.assert_ok();
    assert_eq!(ada.get("/").await.assert_redirect(), format!("/o/{other}/start"));
}
