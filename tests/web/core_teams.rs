//! Core teams: any size, and pages of their own.

use axum::http::StatusCode;
use trellis::core_teams::{CoreTeamName, NewCoreTeam};
use trellis::squads::Description;

use crate::harness::TestApp;

#[tokio::test]
async fn a_core_team_is_formed_staffed_renamed_and_dissolved() {
    let app = TestApp::new().await;
    let people = app.people(12).await;
    let mut leader = app.leader("Aisha").await;
    let at = |below: &str| app.at(&format!("/core-teams{below}"));

    assert_eq!(leader.get(&at("")).await.text(".empty h3"), "No core teams yet");
    leader.get(&at("/new")).await.assert_ok();
    leader.post(&at(""), "name=Payments&description=Pays").await.assert_redirect();
    let form: Vec<_> = people.iter().map(|member| format!("member={member}")).collect();
    leader.post(&at("/payments/members"), &form.join("&")).await.assert_redirect();
    let page = leader.get(&at("/payments")).await;
    assert_eq!(page.assert_ok().count("tbody tr"), 12, "a core team can have any size");
    assert!(leader.get(&at("")).await.text("tbody").contains("Payments"));

    let link = page.attribute("tbody a.icon-btn", "href").unwrap();
    leader.get(&link).await.assert_ok();
    leader.post(&link, "allocation=30&version=1").await.assert_redirect();
    let late = leader.post(&link, "allocation=40&version=1").await;
    assert_eq!((late.status, late.text(".now")), (StatusCode::CONFLICT, "Now saved: 30 %".into()));
    leader.post(&format!("{link}/remove"), "").await.assert_redirect();
    assert_eq!(leader.get(&at("/payments")).await.count("tbody tr"), 11);

    leader.get(&at("/payments/edit")).await.assert_ok();
    let renamed = leader.post(&at("/payments/edit"), "name=Money&description=&version=1").await;
    assert_eq!(renamed.assert_redirect(), at("/money"));
    assert_eq!(leader.get(&at("/payments")).await.assert_redirect(), at("/money"));
    leader.get(&at("/money/dissolve")).await.assert_ok();
    leader.post(&at("/money/dissolve"), "reason=Done&version=2").await.assert_redirect();

    assert!(leader.get(&at("/money")).await.text("h1").ends_with("Dissolved"));
    let late = leader.post(&at("/money/members"), &form[0]).await;
    assert_eq!(late.error_code(), "core_team_dissolved");
    assert!(leader.get(&at("?state=dissolved")).await.text("tbody").contains("Money"));
}

#[tokio::test]
async fn a_taken_name_is_refused_and_a_squad_may_have_it() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;

    leader.post(&app.at("/core-teams"), "name=Payments").await.assert_redirect();
    let again = leader.post(&app.at("/core-teams"), "name=payments").await;
    let squad = leader.post(&app.at("/squads"), "name=Payments&pattern=own").await;

    assert_eq!(again.text(".err"), "payments already exists. Choose another name.");
    squad.assert_redirect();
}

#[tokio::test]
async fn members_read_core_teams_and_only_designers_change_them() {
    let app = TestApp::new().await;
    let (mut leader, mut member) = (app.leader("Aisha").await, app.member("Mateo").await);
    let mut stranger = app.stranger().await;
    leader.post(&app.at("/core-teams"), "name=Payments").await.assert_redirect();
    let path = app.at("/core-teams/payments");

    member.get(&path).await.assert_ok();
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    for below in ["/edit", "/dissolve"] {
        let page = member.get(&format!("{path}{below}")).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    let form = format!("member={}", member.id());
    let added = member.post(&format!("{path}/members"), &form).await;
    assert_eq!(added.status, StatusCode::FORBIDDEN);
    let squad = leader.get(&app.at("/squads/payments")).await;
    assert_eq!(squad.status, StatusCode::NOT_FOUND, "a core team is no squad");
}

#[tokio::test]
async fn the_list_goes_on_after_50_and_back() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    for n in 0..51 {
        let new = NewCoreTeam {
            name: CoreTeamName::parse(&format!("Team {n:02}")).unwrap(),
            description: Description::parse("").unwrap(),
        };
        trellis::core_teams::service::create(&app.pool, &app.founder(), &new).await.unwrap();
    }

    let first = leader.get(&app.at("/core-teams")).await;
    assert_eq!(first.assert_ok().count("tbody tr"), 50);
    assert_eq!(first.count("a[rel=prev]"), 0);
    let second = leader.get(&first.attribute("a[rel=next]", "href").unwrap()).await;
    assert_eq!(second.texts("tbody th"), ["Team 50"]);
    assert_eq!(second.count("a[rel=next]"), 0);
    let back = leader.get(&second.attribute("a[rel=prev]", "href").unwrap()).await;

    assert_eq!(back.texts("tbody th"), first.texts("tbody th"));
    let found = leader.get(&app.at("/core-teams?q=team+0")).await;
    assert_eq!((found.count("tbody tr"), found.count(".pages")), (10, 0));
}
