//! Tests of history.

use axum::http::StatusCode;
use trellis::missions::service::write;

use crate::given;
use crate::harness::TestApp;

#[tokio::test]
async fn everybody_reads_who_did_what_and_what_it_was_before() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    write(&app.pool, &leader, squad, 0, &given::mission("Every household")).await.unwrap();
    write(&app.pool, &leader, squad, 1, &given::mission("Every tenant")).await.unwrap();

    let page = app.member("Aisha").await.get(&app.at("/activity")).await;

    page.assert_ok();
    assert!(
        page.text(".timeline li p").contains("Ingrid Solheim changed the mission of Fair Bills")
    );
    assert_eq!(page.text(".timeline li tbody th"), "Customer");
    assert_eq!(page.texts(".timeline li tbody td")[..2], ["Every household", "Every tenant"]);
}

#[tokio::test]
async fn changes_are_found_by_subject_author_kind_and_day() {
    let app = TestApp::new().await;
    let fair = given::squad(&app, "Fair Bills").await;
    given::squad(&app, "100%_Outage").await;
    let leader = app.leader("Ravi").await.actor();
    write(&app.pool, &leader, fair, 0, &given::mission("Every household")).await.unwrap();
    let mut member = app.member("Aisha").await;
    let mut found = async |query: &str| {
        let page = member.get(&app.at(&format!("/activity?{query}"))).await;
        page.assert_ok().count(".timeline > li")
    };

    assert_eq!(found("what=fair").await, 2);
    assert_eq!(found(&format!("what={fair}")).await, 2);
    assert_eq!(found("what=0%25_").await, 1, "a percent sign is itself");
    assert_eq!(found("who=ravi").await, 1);
    assert_eq!(found("what=fair&kind=mission_written").await, 1);
    assert_eq!(found("what=fair&to=2000-01-01").await, 0);
    assert_eq!(found("what=fair&from=2000-01-01").await, 2);
    assert_eq!(found("what=nobody").await, 0);
    assert_eq!(member.get(&app.at("/activity?from=soon")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page_without_gaps() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    for n in 0..55 {
        write(
            &app.pool,
            &given::designer(&app),
            squad,
            n,
            &given::mission(&format!("Customer {n}")),
        )
        .await
        .unwrap();
    }
    let mut member = app.member("Aisha").await;

    let first = member.get(&app.at("/activity?kind=mission_written")).await;
    assert_eq!(first.count(".timeline > li"), 50);
    let older = first.attribute("a[rel=next]", "href").unwrap();
    let second = member.get(&older).await;

    assert_eq!(second.count(".timeline > li"), 5);
    assert_eq!(second.count("a[rel=next]"), 0);
    assert_eq!(second.texts(".timeline li tbody td")[..2], ["Customer 3", "Customer 4"]);
}

#[tokio::test]
async fn an_admin_takes_what_is_found_along_as_a_file_and_others_do_not() {
    let app = TestApp::new().await;
    given::squad(&app, "=HYPERLINK(1)").await;
    let path = app.at("/activity.csv?kind=squad_created");

    let file = app.admin().await.get(&path).await;

    assert_eq!(file.status, StatusCode::OK);
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert_eq!(file.html.lines().count(), 2, "{}", file.html);
    assert!(file.html.contains("began the squad =HYPERLINK(1)"));
    let refused = app.member("Aisha").await.get(&path).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nothing_of_another_organization_is_in_the_history() {
    let app = TestApp::new().await;
    given::squad(&app, "Fair Bills").await;
    let mut stranger = app.stranger().await;

    let own = stranger.get("/o/other-0/activity?what=Fair").await;
    assert_eq!(own.assert_ok().count(".timeline > li"), 0);
    assert_eq!(stranger.get(&app.at("/activity")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_day_that_no_calendar_here_knows_is_not_looked_for() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Ruth").await;

    for (day, status) in [
        ("-262000-01-01", StatusCode::BAD_REQUEST),
        ("%2B262000-01-01", StatusCode::BAD_REQUEST),
        ("0001-01-01", StatusCode::OK),
        ("9999-12-31", StatusCode::OK),
    ] {
        for field in ["from", "to"] {
            let answer = leader.get(&app.at(&format!("/activity?{field}={day}"))).await;
            assert_eq!(answer.status, status, "{field}={day}");
        }
    }
}
