//! Squads that serve, hats, what is missing, and the end of a product.

use super::*;

#[tokio::test]
async fn only_squads_that_are_there_serve_and_each_once() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;
    let core = given::core_team(&app, "Payments").await;
    let mut leader = app.leader("Lena Lead").await;

    let page = leader.get(&app.at("/products/norvik-app/squads/new")).await;
    assert_eq!(page.texts("#squad option"), ["Choose a squad", "Fair Bills"]);
    let none = leader.post(&app.at("/products/norvik-app/squads"), "squad=").await;
    assert_eq!(none.text("#squad-error"), "Choose a squad.");
    leader
        .post(&app.at("/products/norvik-app/squads"), &format!("squad={squad}"))
        .await
        .assert_redirect();
    assert_eq!(code(serve(&app, id, squad).await), "serves_already");
    assert_eq!(code(serve(&app, id, core).await), "core_team_serves_none");
    let squads_page = leader.get(&app.at("/squads/fair-bills")).await;
    assert!(squads_page.text("main").contains("Serves Norvik App"));
    let refused = sqlx::query(
        "insert into product_squad (organization_id, id, product_id, team_id, from_at, from_event) \
         select organization_id, gen_random_uuid(), id, $2, lead_at, lead_event from product where id = $1",
    )
    .bind(id)
    .bind(core)
    .execute(&app.pool)
    .await;
    let error = refused.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("team_products_check"));
    assert_well(&app).await;
}

#[tokio::test]
async fn a_squad_that_is_dissolved_stops_serving_and_its_one_event_tells_of_it() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let second = product(&app, "Norvik Web", sato).await;
    let squad = given::squad(&app, "Fair Bills").await;
    serve(&app, id, squad).await.unwrap();
    serve(&app, second, squad).await.unwrap();
    let mut leader = app.leader("Lena Lead").await;

    let asks = leader.get(&app.at("/squads/fair-bills/dissolve")).await;
    assert!(asks.text("form.body").contains("It stops serving Norvik App and Norvik Web."));
    let team_version = version(&app, "team", squad.0).await;
    let why = Reason::parse("Done.").unwrap();
    squads::service::dissolve(&app.pool, &app.founder(), squad, team_version, &why).await.unwrap();

    let told = count(
        &app,
        "select count(*) from product_squad s join event e on e.id = s.until_event \
        where e.kind = 'squad_dissolved' and e.subjects @> array[s.product_id, s.team_id, s.id]",
    )
    .await;
    assert_eq!(told, 2);
    assert_eq!(code(serve(&app, id, squad).await), "team_dissolved");
    assert_well(&app).await;
}

#[tokio::test]
async fn every_missing_hat_is_one_click_from_its_fix_for_who_may_go_it() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;
    serve(&app, id, squad).await.unwrap();
    let coach = app.member_with("Carl Coach", &[Role::Coach]).await;
    let plain = app.person("Wei Zhang", "data").await;
    let (mut leader, mut member) = (app.leader("Lena Lead").await, app.member("Mia Member").await);
    let group = app.at("/products/norvik-app/group");

    let page = leader.get(&group).await;
    assert_eq!(page.count("[data-code=P1]"), 3);
    assert_eq!(page.count("[data-code=P3]"), 1);
    for way in page.texts("[data-code=P1] .btn").into_iter().zip([
        "Find a designer",
        "Name an analyst",
        "Name a coach",
    ]) {
        assert_eq!(way.0, way.1);
    }
    let seen = member.get(&group).await;
    assert_eq!((seen.count("[data-code=P1]"), seen.count("[data-code=P1] .btn")), (3, 0));
    for hat in ["analyst", "coach"] {
        let at = app.at(&format!("/products/norvik-app/hats/new?hat={hat}"));
        assert_eq!(leader.get(&at).await.status, StatusCode::OK, "{hat}");
    }
    let give = |hat: &str, who: MemberId| format!("hat={hat}&member={who}");
    let hats = app.at("/products/norvik-app/hats");
    let refused = leader.post(&hats, &give("coach", plain)).await;
    assert_eq!(
        refused.text("#member-error"),
        "Wei Zhang does not have the role of a coach. Choose a coach, or ask an admin to give them the role first."
    );
    leader.post(&hats, &give("coach", coach.id())).await.assert_redirect();
    leader.post(&hats, &give("analyst", plain)).await.assert_redirect();
    assert_eq!(leader.post(&hats, &give("analyst", plain)).await.error_code(), "hat_worn_already");
    assert_eq!(leader.get(&group).await.count("[data-code=P1]"), 1, "only UX is missing");

    sqlx::query("update member set roles = '{}' where id = $1")
        .bind(coach.id())
        .execute(&app.pool)
        .await
        .unwrap();
    let page = leader.get(&group).await;
    assert!(page.texts("[data-code=P1]").iter().any(|one| {
        one.contains("Carl Coach wears the coach’s hat and is no coach any more.")
    }));
    let lay_down = page.attribute(".prod-team form", "action").unwrap();
    leader.post(&lay_down, "").await.assert_redirect();
    assert_eq!(leader.post(&lay_down, "").await.error_code(), "hat_worn_no_more");
    assert_well(&app).await;
}

#[tokio::test]
async fn a_designer_in_the_squad_is_the_way_to_its_ux() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;
    let zofia = app.person("Zofia Wójcik", "Design").await;
    given::join(&app, squad, &[zofia]).await;
    serve(&app, id, squad).await.unwrap();
    let mut leader = app.leader("Lena Lead").await;
    let group = app.at("/products/norvik-app/group");

    let page = leader.get(&group).await;
    let membership: uuid::Uuid =
        sqlx::query_scalar("select id from membership where member_id = $1")
            .bind(zofia)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let way = page.attribute("[data-code=P1] .btn", "href").unwrap();
    assert_eq!(way, app.at(&format!("/squads/fair-bills/members/{membership}/edit")));
    assert_eq!(page.texts("[data-code=P1] .btn")[0], "Give Zofia Wójcik the hat UX");
    let ux: uuid::Uuid =
        sqlx::query_scalar("select id from hat where name = 'UX' and organization_id = $1")
            .bind(app.tenant().organization_id())
            .fetch_one(&app.pool)
            .await
            .unwrap();
    leader.post(&way, &format!("allocation=40&hat={ux}&version=1")).await.assert_redirect();
    let page = leader.get(&group).await;
    assert!(page.texts("[data-code=P1]")[0].contains("Fair Bills has UX for 40 % only."));
    leader.post(&way, &format!("allocation=50&hat={ux}&version=2")).await.assert_redirect();
    let page = leader.get(&group).await;
    assert!(!page.text("main").contains("dedicated UX."), "half of the time is enough");
    assert_eq!(page.text(".prod-team .ux b"), "1 of 1 squad");
}

#[tokio::test]
async fn a_product_ends_with_all_parts_and_nothing_of_it_changes_afterwards() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;
    serve(&app, id, squad).await.unwrap();
    let okafor = app.person("Samuel Okafor", "").await;
    learn(&app, id, okafor).await.unwrap();
    service::give_hat(&app.pool, &app.founder(), id, GroupHat::Analyst, okafor).await.unwrap();
    let mut leader = app.leader("Lena Lead").await;
    let at = app.at("/products/norvik-app/end");

    let asks = leader.get(&at).await;
    assert_eq!(asks.count(".seats li"), 3);
    assert_eq!(leader.post(&at, "version=1").await.text(".err"), "Fill in the reason.");
    leader.post(&at, "reason=Sold&version=1").await.assert_redirect();

    let told = count(
        &app,
        "select (select count(*) from product_squad where until_at is not null) \
        + (select count(*) from product_hat where until_at is not null) \
        + (select count(*) from apprenticeship where outcome = 'ended')",
    )
    .await;
    assert_eq!(told, 3);
    assert_eq!(code(serve(&app, id, squad).await), "product_ended");
    assert_eq!(code(hand_over(&app, id, okafor).await), "product_ended");
    assert_eq!(code(learn(&app, id, okafor).await), "product_ended");
    let page = leader.get(&app.at("/products/norvik-app/group")).await;
    assert_eq!((page.text("h1").as_str(), page.count(".head .btn")), ("Norvik App Ended", 0));
    assert_eq!(leader.get(&app.at("/products?state=ended")).await.count("tbody tr"), 1);
    let again = product(&app, "Norvik App", sato).await;
    assert_eq!(version(&app, "product", again.0).await, 1, "the name is free, the letters are not");
    let key = service::create(
        &app.pool,
        &app.founder(),
        &NewProduct { key: ItemKeyPrefix::parse("NA").ok(), ..named("Norvik Two", sato) },
    )
    .await;
    assert_eq!(code(key), "product_key_taken");
    assert_well(&app).await;
}

#[tokio::test]
async fn serving_and_hats_are_undone_and_come_back_as_they_were() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;
    let founder = app.founder();
    let serving = serve(&app, id, squad).await.unwrap();
    let limits = (WipLimit::parse("2", "wip").unwrap(), WipLimit::parse("5", "learning").unwrap());
    service::set_limits(&app.pool, &founder, serving, 1, limits).await.unwrap();
    service::stop_serving(&app.pool, &founder, serving, 2).await.unwrap();
    let mut leader = app.leader("Lena Lead").await;
    let undo = async |leader: &mut crate::harness::Visitor, kind: &str| {
        let event: uuid::Uuid =
            sqlx::query_scalar("select id from event where kind = $1 order by seq desc limit 1")
                .bind(kind)
                .fetch_one(&app.pool)
                .await
                .unwrap();
        leader.post(&app.at(&format!("/undo/{event}")), "").await
    };

    undo(&mut leader, "product_squad_removed").await.assert_redirect();

    let back: (i16, i16) = sqlx::query_as(
        "select wip_limit, learning_limit from product_squad where until_at is null",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(back, (2, 5));
    undo(&mut leader, "product_squad_added").await.assert_redirect();
    assert_eq!(count(&app, "select count(*) from product_squad where until_at is null").await, 0);
    service::give_hat(&app.pool, &founder, id, GroupHat::Analyst, sato).await.unwrap();
    undo(&mut leader, "product_hat_given").await.assert_redirect();
    assert_eq!(count(&app, "select count(*) from product_hat where until_at is null").await, 0);
    undo(&mut leader, "product_hat_laid_down").await.assert_redirect();
    assert_eq!(count(&app, "select count(*) from product_hat where until_at is null").await, 1);
    assert_well(&app).await;
}
