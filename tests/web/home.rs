//! Tests of home.

use axum::http::StatusCode;
use chrono::TimeDelta;
use trellis::actor::Actor;
use trellis::backlog::service;
use trellis::design;
use trellis::metrics::service::{check_in, withdraw};
use trellis::metrics::{Confidence, NewCheckIn, Note};

use crate::harness::{Answer, TestApp};
use crate::{backlog, given};

#[tokio::test]
async fn an_empty_organization_says_how_to_begin() {
    let app = TestApp::new().await;

    let page = app.admin().await.get(&app.at("")).await;

    page.assert_ok();
    assert_eq!(page.text(".empty h3"), "No squads yet");
    assert_eq!(
        page.texts(".empty .actions a"),
        ["Design the first squad", "Add members", "Import"]
    );
    assert!(page.text(".list").contains("You are alone here."));
    let member = app.member("Aisha").await.get(&app.at("")).await;
    assert_eq!(member.count(".empty .actions a"), 0);
}

#[tokio::test]
async fn a_leader_sees_what_to_tend_and_which_squad_is_ready() {
    let app = TestApp::new().await;
    given::ready(&app, "Fair Bills").await;
    given::squad(&app, "Outage Care").await;

    let page = app.leader("Ravi").await.get(&app.at("")).await;

    page.assert_ok();
    let things = page.texts("[aria-labelledby=needs-h] li p:first-child");
    assert!(
        things.iter().any(|thing| thing
            == "Breach: Outage Care: Nobody can analyze, decide, solve problems or act yet."),
        "{things:?}"
    );
    assert!(
        things.iter().any(|thing| thing == "Passes: Fair Bills: Ready to become active."),
        "{things:?}"
    );
    assert!(things.len() <= 10);
    assert!(
        page.text("h1 + .sub")
            .starts_with("2 squads, 0 core teams, 8 members. Last change today, "),
        "{}",
        page.text(".sub")
    );
}

#[tokio::test]
async fn home_says_how_each_squads_goal_metric_stands() {
    let app = TestApp::new().await;
    let squad = given::active(&app, "Fair Bills").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;
    let metric = sqlx::query_scalar("select id from metric").fetch_one(&app.pool).await.unwrap();
    let goal = "[aria-labelledby=squads-h] tbody td:nth-of-type(2)";
    assert_eq!(member.get(&app.at("")).await.text(goal), "– ≥ 97 %First bill correct");

    for value in [91.5, 94.2] {
        let said = NewCheckIn {
            value,
            confidence: Some(Confidence::OnTrack),
            note: Note::parse("It pays off.").unwrap(),
        };
        check_in(&app.pool, &member.actor(), metric, &said).await.unwrap();
    }

    let page = member.get(&app.at("")).await;
    assert_eq!(page.text(goal), "94.2 % ≥ 97 %First bill correct");
    assert_eq!(
        page.attribute(&format!("{goal} svg"), "aria-label").unwrap(),
        "First bill correct: 2 check-ins from 91.5 % to 94.2 %, target at least 97 %"
    );

    let last = sqlx::query_scalar("select id from check_in where value = 94.2");
    let last = last.fetch_one(&app.pool).await.unwrap();
    withdraw(&app.pool, &member.actor(), last).await.unwrap();
    assert_eq!(member.get(&app.at("")).await.text(goal), "91.5 % ≥ 97 %First bill correct");
}

#[tokio::test]
async fn a_member_sees_their_squad_and_what_it_needs_and_nothing_of_others() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    given::squad(&app, "Outage Care").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;

    let page = member.get(&app.at("")).await;

    let things = page.texts("[aria-labelledby=needs-h] li p:first-child");
    assert!(
        things.contains(&"Warning: Fair Bills: There is no mission yet.".to_owned()),
        "{things:?}"
    );
    assert!(things.iter().all(|thing| !thing.contains("Outage Care")));
    assert_eq!(page.text(".mission-box h2"), "Fair Bills");
    let ways = page.texts("[aria-labelledby=needs-h] .ways a");
    assert!(
        ways.contains(&"Write the mission".to_owned()) && !ways.contains(&"Add members".to_owned()),
        "{ways:?}"
    );
}

#[tokio::test]
async fn home_is_not_there_for_strangers() {
    let app = TestApp::new().await;
    assert_eq!(app.stranger().await.get(&app.at("")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.anonymous().get(&app.at("")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_squads_design_says_the_same_as_the_whole_one() {
    let app = TestApp::new().await;
    let fair = given::active(&app, "Fair Bills").await;
    let other = given::squad(&app, "Outage Care").await;
    let busy = app.person("Busy Bee", "data").await;
    for id in [fair, other, given::squad(&app, "Solar Home").await] {
        given::join(&app, id, &[busy]).await;
    }
    let able = app.person("Able Ada", "service").await;
    let other_able = app.person("Zora Able", "service").await;
    for (member, skill) in [(able, "decide"), (able, "act"), (other_able, "decide")] {
        sqlx::query(
            "insert into member_skill (organization_id, member_id, skill_id, level, rated_at) \
             select organization_id, $1, id, 4, now() from skill where organization_id = $2 and capability = $3",
        )
        .bind(member)
        .bind(app.tenant().organization_id())
        .bind(skill)
        .execute(&app.pool)
        .await
        .unwrap();
    }
    let today = app.clock().now().date_naive();

    let all = design::load(&app.pool, app.tenant(), today).await.unwrap();
    let one = design::load_squads(&app.pool, app.tenant(), today, &[fair]).await.unwrap();

    assert_eq!(one.squads.len(), 1);
    assert_eq!(one.findings_of(fair), {
        let mut findings = all.findings_of(fair);
        for finding in &mut findings {
            finding.squads.retain(|id| *id == fair);
        }
        findings
    });
    let titles: Vec<_> = one.findings_of(fair).into_iter().map(|finding| finding.title).collect();
    assert!(titles.contains(&"Busy Bee is planned at 150 %.".to_owned()), "{titles:?}");
    assert!(titles.contains(&"Busy Bee is in 3 squads.".to_owned()));
    assert!(one.findings_of(fair).iter().any(|finding| matches!(&finding.way_out, design::WayOut::AddMember { name, .. } if name == "Able Ada")));
}

#[tokio::test]
async fn a_map_that_is_too_large_for_home_is_one_step_away() {
    let app = TestApp::new().await;
    let mut member = app.member("Aisha Rahman").await;
    for n in 0..25 {
        if n == 24 {
            let page = member.get(&app.at("")).await;
            assert_eq!(page.count("#constellation .sky-box"), 1);
        }
        given::squad(&app, &format!("Squad {n:02}")).await;
    }

    let page = member.get(&app.at("")).await;

    page.assert_ok();
    assert_eq!(page.count("#constellation .sky-box"), 0);
    assert!(page.text("#constellation").contains("25 squads are more than fit on one orbit."));
    assert_eq!(page.texts("#constellation nav a"), ["Map", "List", "Matrix"]);
    for view in ["", "?view=list", "?view=matrix"] {
        let path = app.at(&format!("/constellation{view}"));
        assert_eq!(page.count(&format!("#constellation a[href='{path}']")), 1);
        member.get(&path).await.assert_ok();
    }
}

/// What stands under "Needs you": sentences, and where their one action leads.
fn needs(page: &Answer) -> Vec<(String, Option<String>)> {
    (1..=page.count("[aria-labelledby=needs-h] > ul > li"))
        .map(|n| {
            let line = format!("[aria-labelledby=needs-h] > ul > li:nth-child({n})");
            (
                page.text(&format!("{line} .strong")),
                page.attribute(&format!("{line} .ways a"), "href"),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_lead_pm_is_asked_whether_the_backlog_is_true_and_a_squad_sees_what_it_has_in_hand() {
    let app = TestApp::new().await;
    let mut group = backlog::group(&app, &["Fair Bills", "EV at Home"]).await;
    let numbers = backlog::ready(&app, &group, 3).await;
    backlog::proposed(&app, &group, 2).await;
    let (squad, member) = group.squad(&app, 0);
    let (pool, product) = (&app.pool, group.product);
    for number in &numbers[..2] {
        service::pull(pool, &member, product, *number, squad, None).await.unwrap();
    }
    let long_ago = Actor { at: app.clock().now() - TimeDelta::days(3), ..member.clone() };
    let waits = backlog::reason("Meter Data");
    service::block(pool, &long_ago, product, numbers[0], &waits).await.unwrap();
    let board = app.at("/products/norvik-app");

    let hats = "Norvik App lacks dedicated UX in 2 squads and an analyst and a coach in reach.";
    let hats = (hats.to_owned(), Some(format!("{board}/group")));
    let lead = needs(&group.lead.get(&app.at("")).await);
    assert_eq!(
        lead,
        [
            hats.clone(),
            (
                "1 item of Norvik App has been blocked for 3 days or more.".to_owned(),
                Some(format!("{board}/items?blocked=1"))
            ),
            (
                "2 items are proposed for Norvik App and wait for an answer.".to_owned(),
                Some(format!("{board}/items?stage=proposed"))
            ),
        ]
    );
    let leader = needs(&app.leader("Lena Lead").await.get(&app.at("")).await);
    assert!(leader.contains(&hats), "{leader:?}");
    assert!(!leader.iter().any(|(said, _)| said.contains("wait for an answer")), "{leader:?}");
    let other = needs(&app.member("Otto").await.get(&app.at("")).await);
    assert_eq!(other, []);

    let page = group.squads[0].1.get(&app.at("")).await;
    assert!(!needs(&page).contains(&hats));
    let in_hand = "ul[aria-label='In hand of Norvik App'] li";
    assert_eq!(page.texts(in_hand), ["NA-1 Problem 0 Blocked", "NA-2 Problem 1"]);
    let next = page.attribute(".mission-box + .body .ways a", "href");
    assert_eq!(next, Some(format!("{board}?squad=fair-bills")));
    service::pull(pool, &member, product, numbers[2], squad, None).await.unwrap();
    let page = group.squads[0].1.get(&app.at("")).await;
    assert_eq!(page.count(".mission-box + .body .ways a"), 0, "no room, and nothing to pull");
    let page = group.squads[1].1.get(&app.at("")).await;
    assert_eq!((page.count(in_hand), page.count(".mission-box + .body")), (0, 1));
}

#[tokio::test]
async fn of_a_squad_the_first_breach_and_two_warnings_stand_for_all() {
    let app = TestApp::new().await;
    let finding = |severity: &str, n: i32| format!(r#"{{"severity": "{severity}", "n": {n}}}"#);
    let foremost = async |findings: &[String]| -> String {
        sqlx::query_scalar("select squad_foremost($1::jsonb)::text")
            .bind(format!("[{}]", findings.join(",")))
            .fetch_one(&app.pool)
            .await
            .unwrap()
    };
    assert_eq!(foremost(&[]).await, "[]");
    assert_eq!(foremost(&[finding("Advice", 1)]).await, "[]");
    let all = [
        finding("Breach", 1),
        finding("Breach", 2),
        finding("Warning", 3),
        finding("Warning", 4),
        finding("Warning", 5),
        finding("Advice", 6),
    ];
    assert_eq!(
        foremost(&all).await,
        r#"[{"n": 1, "severity": "Breach"}, {"n": 3, "severity": "Warning"}, {"n": 4, "severity": "Warning"}]"#
    );

    // Somebody who designs reads of another's squad its first breach and how many more there are; its member reads all of them.
    let squad = given::squad(&app, "Outage Care").await;
    let mut member = app.member("Aisha").await;
    given::join(&app, squad, &[member.id()]).await;
    let of_squad = "[aria-labelledby=needs-h] li";
    let told = app.leader("Ravi").await.get(&app.at("")).await.texts(of_squad);
    let breaches: Vec<_> =
        told.iter().filter(|thing| thing.starts_with("Breach: Outage Care")).collect();
    assert_eq!(breaches.len(), 1, "{told:?}");
    assert!(breaches[0].contains("One more breach on its page."), "{told:?}");
    let told = member.get(&app.at("")).await.texts(of_squad);
    assert_eq!(told.iter().filter(|thing| thing.starts_with("Breach: ")).count(), 2, "{told:?}");
}
