//! The constellation: map, list and matrix of one organization.

use axum::http::StatusCode;

use crate::harness::TestApp;

#[tokio::test]
async fn an_empty_organization_is_told_how_a_squad_starts() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Ada").await;

    let page = leader.get(&app.at("/constellation")).await;

    page.assert_ok();
    assert_eq!(page.text(".empty h3"), "No squads yet");
    assert_eq!(page.text(".empty .btn.primary"), "Design the first squad");
    assert_eq!(page.count("svg.sky"), 0);
    let page = app.member("Mo").await.get(&app.at("/constellation")).await;
    assert_eq!(page.count(".empty .btn"), 0);
}

/// Writes squads directly: hundreds through the pages would take the test's whole time.
async fn squads(app: &TestApp, n: usize) {
    let mut tx = app.pool.begin().await.unwrap();
    let event = uuid::Uuid::now_v7();
    sqlx::query(
        "insert into event (organization_id, id, at, kind, summary, subjects) \
         values ($1, $2, now(), 'squad_created', 'Made', '{}')",
    )
    .bind(app.tenant().organization_id())
    .bind(event)
    .execute(&mut *tx)
    .await
    .unwrap();
    for i in 0..n {
        sqlx::query(
            "insert into team (organization_id, id, kind, name, slug, pattern, state, state_at, state_event, created_at) \
             values ($1, $2, 'squad', $3, $4, $5, 'forming', now(), $6, now())",
        )
        .bind(app.tenant().organization_id())
        .bind(uuid::Uuid::now_v7())
        .bind(format!("Squad <b>{i:03}</b>"))
        .bind(format!("squad-{i}"))
        .bind(["geographic", "tiger_team", "journey_stage"][i % 3])
        .bind(event)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn every_squad_on_the_map_is_a_link_that_says_what_it_is_and_the_table_has_the_same() {
    let app = TestApp::new().await;
    let mut member = app.member("Mo").await;
    squads(&app, 3).await;

    let page = member.get(&app.at("/constellation")).await;

    page.assert_ok();
    assert_eq!(page.count("svg.sky a.squad"), 3);
    let name = page.attribute("svg.sky a.squad", "aria-label").unwrap();
    assert!(
        name.starts_with("Squad <b>000</b>, 0 members, outside of 6 to 10, forming; "),
        "{name}"
    );
    assert!(name.ends_with("no health check yet"), "{name}");
    assert_eq!(page.attribute("svg.sky a.squad", "href"), Some(app.at("/squads/squad-0")));
    assert_eq!(page.count("table tbody tr"), 3);
    assert!(!page.html.contains("<b>000"), "names are escaped");
    assert_eq!(page.text(".seg a[aria-current]"), "Map");
}

#[tokio::test]
async fn findings_are_counted_as_on_home_and_among_the_squads() {
    let app = TestApp::new().await;
    let mut member = app.member("Mo").await;
    squads(&app, 1).await;

    let home = member.get(&app.at("")).await.text(".squads-t tbody td:last-child");
    let all = member.get(&app.at("/squads")).await.text("main table tbody td:last-child");
    let map = member.get(&app.at("/constellation")).await;
    let list = member.get(&app.at("/constellation?view=list")).await;

    assert!(home.contains("breach"), "{home}");
    assert_eq!(all, home);
    assert_eq!(map.text("table tbody td:nth-child(3)"), home);
    assert_eq!(list.text("table tbody td:nth-child(3)"), home);
    let name = map.attribute("svg.sky a.squad", "aria-label").unwrap();
    assert!(name.contains(" breach"), "{name}");
}

#[tokio::test]
async fn past_twenty_four_squads_the_map_shows_areas_that_open() {
    let app = TestApp::new().await;
    let mut member = app.member("Mo").await;
    squads(&app, 27).await;

    let page = member.get(&app.at("/constellation")).await;
    assert_eq!(page.count("svg.sky a.area"), 3);
    assert_eq!(page.count("table tbody tr"), 3);
    let href = page.attribute("svg.sky a.area", "href").unwrap();

    let area = member.get(&href).await;
    area.assert_ok();
    assert_eq!(area.text("h1"), "Geographic");
    assert_eq!(area.count("svg.sky a.squad"), 9);
    assert_eq!(area.count("table tbody tr"), 9);
    let list = member.get(&format!("{href}&view=list")).await;
    assert_eq!((list.count("svg.sky"), list.count("table tbody tr")), (0, 9));
}

#[tokio::test]
async fn list_and_matrix_show_the_same_organization() {
    let app = TestApp::new().await;
    let mut member = app.member("Mo").await;
    squads(&app, 101).await;

    let list = member.get(&app.at("/constellation?view=list")).await;
    assert_eq!(list.count("table tbody tr"), 100);
    let second = member.get(&app.at("/constellation?view=list&page=2")).await;
    assert_eq!(second.count("table tbody tr"), 1);
    let matrix = member.get(&app.at("/constellation?view=matrix")).await;
    assert_eq!(matrix.text(".empty h3"), "No links yet");
}

#[tokio::test]
async fn an_unknown_area_does_not_exist_and_an_unknown_view_is_refused() {
    let app = TestApp::new().await;
    let mut member = app.member("Mo").await;
    squads(&app, 1).await;

    assert_eq!(
        member.get(&app.at("/constellation?area=Nowhere")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        member.get(&app.at("/constellation?view=cube")).await.status,
        StatusCode::BAD_REQUEST
    );
    let mut stranger = app.stranger().await;
    assert_eq!(stranger.get(&app.at("/constellation")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn products_stand_on_the_map_in_the_list_and_in_the_matrix_with_the_squads_that_pull() {
    let app = TestApp::new().await;
    let mut group = crate::backlog::group(&app, &["EV at Home", "Fair Bills"]).await;
    let path = app.at("/constellation");
    let board = app.at("/products/norvik-app");

    let page = group.lead.get(&path).await;
    assert_eq!(page.attribute("svg.sky a.prod", "href").as_ref(), Some(&board));
    let said = page.attribute("svg.sky a.prod", "aria-label").unwrap();
    assert_eq!(said, "Norvik App, product of Hana Sato, one backlog pulled by 2 squads");
    assert_eq!(page.count("svg.sky path.pull"), 1, "lines of one look are one path");
    let line = "[aria-labelledby=prod-h] tbody tr";
    assert_eq!(page.text(line), "Norvik AppHana SatoEV at Home, Fair Bills");

    let list = group.lead.get(&format!("{path}?view=list")).await;
    assert_eq!(list.text(line), "Norvik AppHana SatoEV at Home, Fair Bills");
    let ties = list.text("tbody tr:first-child td:nth-child(4)");
    assert_eq!(ties, "pulls from the backlog of Norvik App");

    let matrix = group.lead.get(&format!("{path}?view=matrix")).await;
    assert_eq!(matrix.texts(".ties thead a"), ["EV at Home", "Fair Bills", "Norvik App"]);
    assert_eq!(matrix.texts(".ties tbody .tie"), ["pulls", "pulls"]);

    // What has ended is not there any more.
    let reason = crate::backlog::reason("Customers use the new one");
    let version = sqlx::query_scalar("select version from product");
    let version: i32 = version.fetch_one(&app.pool).await.unwrap();
    trellis::products::service::end(&app.pool, &app.founder(), group.product, version, &reason)
        .await
        .unwrap();
    let page = group.lead.get(&path).await;
    assert_eq!((page.count("svg.sky a.prod"), page.count(line)), (0, 0));
}
