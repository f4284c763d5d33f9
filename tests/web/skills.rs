//! Skills: the catalogue, one's own levels, what another member confirms, what is stale.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::ids::{MemberId, SkillId};
use trellis::skills::{SkillDescription, SkillName, options, service};

use crate::harness::{TestApp, Visitor};

async fn craft(app: &TestApp, name: &str) -> SkillId {
    let description = SkillDescription::parse("").unwrap();
    let name = SkillName::parse(name).unwrap();
    service::create(&app.pool, &app.founder(), &name, &description).await.unwrap()
}

async fn analyze(app: &TestApp) -> SkillId {
    options(&app.pool, app.tenant()).await.unwrap()[0].id
}

fn skills_of(app: &TestApp, member: MemberId) -> String {
    app.at(&format!("/members/{member}/skills"))
}

/// Rates one skill from a form that saw `version`.
fn rating(skill: SkillId, level: &str, version: i32) -> String {
    format!("skill={skill}&level={level}&seen={version}")
}

async fn rate(app: &TestApp, visitor: &mut Visitor, skill: SkillId, level: &str) {
    let (path, form) = (skills_of(app, visitor.id()), rating(skill, level, 0));
    visitor.post(&path, &form).await.assert_redirect();
}

async fn events(app: &TestApp, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from event where kind = $1")
        .bind(kind)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_new_catalogue_has_the_four_core_capabilities() {
    let app = TestApp::new().await;
    let mut member = app.member("Mona").await;

    let page = member.get(&app.at("/skills")).await;

    page.assert_ok();
    assert_eq!(page.texts("tbody th a"), ["Analyze", "Decide", "Solve", "Act"]);
    assert_eq!(page.text(".empty h3"), "No crafts yet");
    assert_eq!(
        page.count(r#"a[href$="/skills/new"]"#),
        0,
        "a member is not offered what they may not do"
    );
}

#[tokio::test]
async fn a_leader_adds_a_craft_with_one_event() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;

    let answer = leader
        .post(&app.at("/skills"), "name=Billing&description=Bills+that+people+understand")
        .await;

    let page = leader.get(answer.assert_redirect()).await;
    assert_eq!(page.text("h1"), "Billing");
    assert!(page.text("main").contains("Bills that people understand"));
    assert_eq!(events(&app, "skill_added").await, 1);
}

#[tokio::test]
async fn a_taken_name_is_refused_beside_its_field() {
    let app = TestApp::new().await;
    craft(&app, "Billing").await;
    let mut leader = app.leader("Lea").await;

    let again = leader.post(&app.at("/skills"), "name=billing&description=Other").await;

    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text("#name-error").starts_with("The catalogue already has this skill"));
    assert_eq!(again.attribute("#name", "value").unwrap(), "billing", "what was typed is kept");
}

#[tokio::test]
async fn a_member_does_not_change_the_catalogue() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let mut member = app.member("Mona").await;

    for path in ["/skills/new".to_owned(), format!("/skills/{skill}/edit")] {
        assert_eq!(member.get(&app.at(&path)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let edit = member.post(&app.at(&format!("/skills/{skill}/edit")), "name=Mine&version=1").await;
    let archive = member.post(&app.at(&format!("/skills/{skill}/archive")), "version=1").await;
    let add = member.post(&app.at("/skills"), "name=Mine").await;
    for answer in [edit, archive, add] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_conflict_shows_both_texts() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let (mut first, mut second) = (app.leader("Lea").await, app.leader("Leo").await);
    let path = app.at(&format!("/skills/{skill}/edit"));
    first.post(&path, "name=Fair+billing&version=1").await.assert_redirect();

    let late = second.post(&path, "name=Invoices&version=1").await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.attribute("#name", "value").unwrap(), "Invoices");
    assert_eq!(late.text("#name-now"), "Now saved: Fair billing");
    assert!(late.text(".banner").starts_with("Lea changed this"));
    assert_eq!(late.attribute("[name=version]", "value").unwrap(), "2");
    second.post(&path, "name=Invoices&version=2").await.assert_redirect();
}

#[tokio::test]
async fn a_craft_is_archived_and_restored_and_what_was_said_of_it_stays() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let (mut leader, mut member) = (app.leader("Lea").await, app.member("Mona").await);
    rate(&app, &mut member, skill, "4").await;

    let path = app.at(&format!("/skills/{skill}"));
    leader.post(&format!("{path}/archive"), "version=1").await.assert_redirect();
    assert!(
        leader
            .get(&app.at("/skills"))
            .await
            .text("details summary")
            .contains("Archived skills (1)")
    );
    assert!(!member.get(&skills_of(&app, app.founder.member)).await.html.contains("Billing"));
    leader.post(&format!("{path}/restore"), "version=2").await.assert_redirect();

    let page = leader.get(&path).await;
    assert!(page.text("table").contains("Mona"));
    assert_eq!(events(&app, "skill_archived").await, 1);
    assert_eq!(events(&app, "skill_restored").await, 1);
}

#[tokio::test]
async fn a_core_capability_is_neither_renamed_nor_archived() {
    let app = TestApp::new().await;
    let skill = analyze(&app).await;
    let mut admin = app.admin().await;
    let path = app.at(&format!("/skills/{skill}"));

    let rename = admin.post(&format!("{path}/edit"), "name=Think&version=1").await;
    let archive = admin.post(&format!("{path}/archive"), "version=1").await;

    for answer in [rename, archive] {
        assert_eq!(
            (answer.status, answer.text("main").contains("core capabilities")),
            (StatusCode::CONFLICT, true)
        );
    }
    assert_eq!(admin.get(&path).await.count(r#"a[href$="/edit"]"#), 0);
}

#[tokio::test]
async fn search_finds_by_name_and_description() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    leader.post(&app.at("/skills"), "name=Billing&description=Invoices").await.assert_redirect();
    leader.post(&app.at("/skills"), "name=UX+research").await.assert_redirect();

    assert_eq!(leader.get(&app.at("/skills?q=RESEARCH")).await.texts("tbody th"), ["UX research"]);
    assert_eq!(leader.get(&app.at("/skills?q=invoice")).await.texts("tbody th"), ["Billing"]);
    let none = leader.get(&app.at("/skills?q=%25")).await;
    assert_eq!(none.text(".empty h3"), "No skill has this in its name", "a sign is no wildcard");
}

#[tokio::test]
async fn all_skills_are_rated_in_one_form_and_one_event() {
    let app = TestApp::new().await;
    let (billing, research) = (craft(&app, "Billing").await, craft(&app, "Research").await);
    let mut member = app.member("Mona").await;
    let form = format!("{}&{}&wants={research}", rating(billing, "3", 0), rating(research, "", 0));

    member.post(&skills_of(&app, member.id()), &form).await.assert_redirect();

    let page = member.get(&app.at(&format!("/members/{}", member.id()))).await;
    assert!(page.text("table").contains("can do it alone"));
    assert_eq!(page.texts(".chip"), ["Research"]);
    assert_eq!(events(&app, "skills_rated").await, 1);
    let list = member.get(&app.at("/skills")).await;
    let crafts = list.texts("section[aria-labelledby=crafts] tbody tr:first-child td");
    assert_eq!(
        crafts,
        ["0", "0", "1", "0", "0", "1", "0", "0"],
        "levels, able, wants to learn, stale"
    );
    let learners = member.get(&app.at(&format!("/skills/{research}"))).await;
    assert!(learners.text("section[aria-labelledby=wants]").contains("Mona"));
}

#[tokio::test]
async fn a_form_that_changes_nothing_leaves_no_event() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let mut member = app.member("Mona").await;
    rate(&app, &mut member, skill, "3").await;

    member.post(&skills_of(&app, member.id()), &rating(skill, "3", 1)).await.assert_redirect();

    assert_eq!(events(&app, "skills_rated").await, 1);
}

#[tokio::test]
async fn two_forms_of_the_same_skills_conflict_and_the_choice_is_kept() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let mut member = app.member("Mona").await;
    rate(&app, &mut member, skill, "2").await;

    let late = member.post(&skills_of(&app, member.id()), &rating(skill, "4", 0)).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.text(".now"), "Now saved: can do it with help");
    assert_eq!(late.text("option[selected][value='4']"), "can improve it");
}

#[tokio::test]
async fn a_level_outside_1_to_5_is_refused() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let mut member = app.member("Mona").await;
    for level in ["0", "6"] {
        let answer = member.post(&skills_of(&app, member.id()), &rating(skill, level, 0)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{level}");
    }
}

#[tokio::test]
async fn nobody_rates_the_skills_of_a_member_who_signs_in() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let member = app.member("Mona").await;
    for mut other in [app.leader("Lea").await, app.member("Max").await] {
        let path = skills_of(&app, member.id());
        assert_eq!(other.get(&path).await.status, StatusCode::FORBIDDEN);
        let sent = other.post(&path, &rating(skill, "3", 0)).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn leaders_rate_for_members_without_a_user() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let person = app.person("Pia Holm", "service").await;
    let (mut leader, mut member) = (app.leader("Lea").await, app.member("Mona").await);

    leader.post(&skills_of(&app, person), &rating(skill, "5", 0)).await.assert_redirect();
    let refused = member.post(&skills_of(&app, person), &rating(skill, "1", 1)).await;

    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(
        member
            .get(&app.at(&format!("/members/{person}")))
            .await
            .text("table")
            .contains("can teach it")
    );
}

#[tokio::test]
async fn another_member_confirms_and_nobody_their_own() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let (mut holder, mut other) = (app.member("Mona").await, app.member("Max").await);
    rate(&app, &mut holder, skill, "3").await;
    let path = format!("{}/{skill}/confirm", skills_of(&app, holder.id()));

    let own = holder.post(&path, "version=1").await;
    other.post(&path, "version=1").await.assert_redirect();

    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(own.error_code(), "skill_own_confirmation");
    let profile = holder.get(&app.at(&format!("/members/{}", holder.id()))).await;
    assert!(profile.text("table").contains("confirmed by Max today"));
    assert_eq!(events(&app, "skill_confirmed").await, 1);
}

#[tokio::test]
async fn a_changed_level_withdraws_the_confirmation_and_a_late_one_is_refused() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let (mut holder, mut other) = (app.member("Mona").await, app.member("Max").await);
    rate(&app, &mut holder, skill, "3").await;
    let path = format!("{}/{skill}/confirm", skills_of(&app, holder.id()));
    other.post(&path, "version=1").await.assert_redirect();

    holder.post(&skills_of(&app, holder.id()), &rating(skill, "4", 2)).await.assert_redirect();
    let late = other.post(&path, "version=2").await;

    let profile = other.get(&app.at(&format!("/members/{}", holder.id()))).await;
    assert!(!profile.text("table").contains("confirmed by"));
    assert_eq!(late.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_level_is_stale_after_6_months_and_still_true_makes_it_fresh() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let mut member = app.member("Mona").await;
    rate(&app, &mut member, skill, "3").await;
    let path = format!("/members/{}", member.id());

    app.clock().advance(TimeDelta::days(180));
    let mut mona = app.again(&member).await;
    let fresh = mona.get(&app.at(&path)).await;
    app.clock().advance(TimeDelta::days(7));
    let mut mona = app.again(&member).await;
    let stale = mona.get(&app.at(&path)).await;
    let form = format!("skill={skill}");
    mona.post(&app.at(&format!("{path}/skills/still-true")), &form).await.assert_redirect();
    let again = mona.get(&app.at(&path)).await;

    assert!(!fresh.html.contains("is it still true?"));
    assert!(stale.text("table").contains("rated 6 months ago, is it still true?"));
    assert!(!again.html.contains("is it still true?"));
    assert_eq!(events(&app, "skills_still_true").await, 1);
}

#[tokio::test]
async fn another_organizations_skills_do_not_exist() {
    let app = TestApp::new().await;
    let skill = craft(&app, "Billing").await;
    let member = app.member("Mona").await;
    let mut stranger = app.stranger().await;
    let other = stranger.actor();

    assert_eq!(stranger.get(&app.at("/skills")).await.status, StatusCode::NOT_FOUND);
    for path in [format!("/skills/{skill}"), format!("/skills/{skill}/edit")] {
        assert_eq!(stranger.get(&app.at(&path)).await.status, StatusCode::NOT_FOUND);
    }
    let slug: String = sqlx::query_scalar("select slug from organization where id = $1")
        .bind(other.tenant.organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap();
    for path in [
        format!("/skills/{skill}"),
        format!("/skills/{skill}/edit"),
        format!("/members/{}/skills", member.id()),
    ] {
        let answer = stranger.get(&format!("/o/{slug}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let own = format!("/o/{slug}/members/{}/skills", other.member);
    let foreign = stranger.post(&own, &rating(skill, "3", 0)).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}
