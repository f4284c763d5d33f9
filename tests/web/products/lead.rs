//! Who leads and who learns: handing over, apprentices, the span.

use super::*;

#[tokio::test]
async fn a_product_is_handed_over_in_one_step_and_one_event_tells_of_it() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let rey = app.person("Tomás Rey", "product").await;
    let mut leader = app.leader("Lena Lead").await;

    let form = leader.get(&app.at("/products/norvik-app/hand-over")).await;
    assert!(!form.texts("#member option").iter().any(|one| one.contains("Hana Sato")));
    let sent = format!("member={rey}&version=1");
    leader.post(&app.at("/products/norvik-app/hand-over"), &sent).await.assert_redirect();

    assert_eq!(lead(&app, id).await, rey);
    assert_eq!(given::events(&app, "product_handed_over").await, 1);
    assert_eq!(code(hand_over(&app, id, rey).await), "leads_already");
    let late = leader
        .post(
            &app.at("/products/norvik-app/hand-over"),
            &sent.replace(&rey.to_string(), &sato.to_string()),
        )
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT, "the page is of the version before");
    let gone = app.person("Gone Away", "").await;
    let why = Reason::parse("Left.").unwrap();
    members::service::deactivate(&app.pool, &app.founder(), gone, 1, &why).await.unwrap();
    assert_eq!(code(hand_over(&app, id, gone).await), "member_deactivated");
    assert_well(&app).await;
}

#[tokio::test]
async fn an_apprentice_never_leads_the_same_product_and_is_told_the_ways_on() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let okafor = app.person("Samuel Okafor", "product").await;
    let begun = learn(&app, id, okafor).await.unwrap();
    let mut leader = app.leader("Lena Lead").await;

    let page = leader.get(&app.at("/products/norvik-app/hand-over")).await;
    assert!(!page.texts("#member option").iter().any(|one| one.contains("Okafor")));
    let way = page.attribute(".note a", "href").unwrap();
    assert_eq!(way, app.at(&format!("/products/norvik-app/apprentices/{begun}/end")));
    let form = format!("member={okafor}&version=1");
    let refused = leader.post(&app.at("/products/norvik-app/hand-over"), &form).await;
    assert_eq!(
        refused.text("#member-error"),
        "Samuel Okafor is an apprentice at Norvik App, and an apprentice never leads the same product. End the apprenticeship with its outcome first, or choose somebody else."
    );
    assert_eq!(code(learn(&app, id, sato).await), "apprentice_is_lead");
    assert_eq!(code(learn(&app, id, okafor).await), "apprentice_already");

    let missing = leader.post(&way, "version=1").await;
    assert_eq!(missing.text(".err"), "Say what came of it.");
    leader.post(&way, "outcome=ended&version=1").await.assert_redirect();
    hand_over(&app, id, okafor).await.unwrap();
    assert_eq!(lead(&app, id).await, okafor);
    let late = leader.post(&way, "outcome=ended&version=2").await;
    assert_eq!(late.error_code(), "apprenticeship_ended");
    assert_well(&app).await;
}

#[tokio::test]
async fn who_leads_another_product_ends_their_apprenticeship_with_that_outcome() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let (okafor, pinto) =
        (app.person("Samuel Okafor", "").await, app.person("Beatriz Pinto", "").await);
    learn(&app, id, okafor).await.unwrap();
    learn(&app, id, pinto).await.unwrap();

    let second = product(&app, "Norvik Web", okafor).await;
    hand_over(&app, second, pinto).await.unwrap();

    let outcomes = count(&app, "select count(*) from apprenticeship a join event e on e.id = a.until_event \
        where a.outcome = 'lead_pm_elsewhere' and e.kind in ('product_created', 'product_handed_over') \
          and e.subjects @> array[a.id, a.product_id, a.member_id]").await;
    assert_eq!(outcomes, 2);
    assert_eq!(
        given::events(&app, "apprenticeship_ended").await,
        0,
        "one event tells of all of it"
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn who_leads_a_product_hands_it_over_before_they_leave_and_an_apprentice_just_leaves() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let okafor = app.person("Samuel Okafor", "").await;
    learn(&app, id, okafor).await.unwrap();
    service::give_hat(&app.pool, &app.founder(), id, GroupHat::Analyst, okafor).await.unwrap();
    let why = Reason::parse("Moves away.").unwrap();
    let mut leader = app.leader("Lena Lead").await;

    let page = leader.get(&app.at(&format!("/members/{sato}/deactivate"))).await;
    assert!(page.text(".banner").contains(
        "Hana Sato is the lead PM of Norvik App. A product always has a lead PM: hand it over first."
    ));
    assert_eq!(page.attribute(".banner a", "href"), Some(app.at("/products/norvik-app/hand-over")));
    let refused = members::service::deactivate(&app.pool, &app.founder(), sato, 1, &why).await;
    assert_eq!(code(refused), "leads_product");
    let page = leader.get(&app.at(&format!("/members/{okafor}/deactivate"))).await;
    assert!(page.text("main").contains("PM apprentice of Norvik App, Group analyst of Norvik App"));
    members::service::deactivate(&app.pool, &app.founder(), okafor, 1, &why).await.unwrap();

    let told = count(&app, "select count(*) from apprenticeship a join event e on e.id = a.until_event \
        join product_hat h on h.until_event = e.id \
        where e.kind = 'member_deactivated' and a.outcome = 'ended' and e.subjects @> array[a.product_id]").await;
    assert_eq!(told, 1);
    assert_eq!(code(learn(&app, id, okafor).await), "member_deactivated");
    let by_hand = sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(sato)
        .execute(&app.pool)
        .await;
    let error = by_hand.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("member_leads"));
    assert_well(&app).await;
}

#[tokio::test]
async fn the_span_of_a_lead_pm_counts_each_squad_of_all_their_products_once() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let second = product(&app, "Norvik Web", sato).await;
    let mut squads = vec![];
    for n in 0..7 {
        squads.push(given::squad(&app, &format!("Squad {n}")).await);
    }
    for squad in &squads[..4] {
        serve(&app, id, *squad).await.unwrap();
    }
    for squad in &squads[3..6] {
        serve(&app, second, *squad).await.unwrap();
    }
    let mut leader = app.leader("Lena Lead").await;
    let group = app.at("/products/norvik-app/group");

    let six = leader.get(&group).await;
    assert_eq!(six.count("[data-code=P2]"), 0, "one squad serves both");
    assert!(six.texts("[data-code=P3]")[0].contains("Squad 3 also serves Norvik Web."));
    serve(&app, second, squads[6]).await.unwrap();
    let seven = leader.get(&group).await;
    assert!(
        seven.text("[data-code=P2]").contains("Hana Sato leads for 7 squads, over 2 products.")
    );
    for (n, product) in [id, id, second, second].into_iter().enumerate() {
        let who = app.person(&format!("Apprentice {n}"), "").await;
        assert_eq!(leader.get(&group).await.count("[data-code=P2]"), 1, "{n} apprentices");
        learn(&app, product, who).await.unwrap();
    }
    assert_eq!(leader.get(&group).await.count("[data-code=P2]"), 2);
}

#[tokio::test]
async fn the_lead_pm_tends_the_product_and_alone_lets_an_apprentice_order() {
    let app = TestApp::new().await;
    let mut sato = app.member("Hana Sato").await;
    let id = product(&app, "Norvik App", sato.id()).await;
    let squad = given::squad(&app, "Fair Bills").await;
    let serving = serve(&app, id, squad).await.unwrap();
    let okafor = app.person("Samuel Okafor", "").await;
    let (mut leader, mut other) = (app.leader("Lena Lead").await, app.member("Mia Member").await);
    let at = |below: &str| app.at(&format!("/products/norvik-app{below}"));

    sato.post(&at("/apprentices"), &format!("member={okafor}")).await.assert_redirect();
    let begun: ApprenticeshipId =
        sqlx::query_scalar("select id from apprenticeship").fetch_one(&app.pool).await.unwrap();
    let ordering = at(&format!("/apprentices/{begun}/ordering"));
    assert_eq!(leader.post(&ordering, "may=yes&version=1").await.status, StatusCode::FORBIDDEN);
    sato.post(&ordering, "may=yes&version=1").await.assert_redirect();
    assert_eq!(sato.post(&ordering, "may=no&version=1").await.status, StatusCode::CONFLICT);
    let page = sato.get(&at("/group")).await;
    assert!(page.text("#apprentices ~ *, main").contains("week 1, may order the backlog"));
    sato.post(&at("/policy"), "policy=reason&version=1").await.assert_redirect();
    assert_eq!(
        sato.post(&at("/policy"), "policy=reason&version=1").await.status,
        StatusCode::CONFLICT
    );
    let limits = at(&format!("/squads/{serving}"));
    let bad = sato.post(&limits, "wip=0&learning=21&version=1").await;
    assert_eq!(bad.texts(".err"), ["Write a whole number from 1 to 20."; 2]);
    assert_eq!(bad.attribute("#learning", "value").as_deref(), Some("21"));
    sato.post(&limits, "wip=2&learning=4&version=1").await.assert_redirect();
    let late = leader.post(&limits, "wip=5&learning=4&version=1").await;
    assert_eq!((late.status, late.text(".now")), (StatusCode::CONFLICT, "Now saved: 2".to_owned()));
    for refused in [at("/hand-over"), at("/edit"), at("/squads/new"), at("/end")] {
        assert_eq!(sato.get(&refused).await.status, StatusCode::FORBIDDEN, "{refused}");
    }
    for refused in [limits, at("/apprentices/new")] {
        assert_eq!(other.get(&refused).await.status, StatusCode::FORBIDDEN, "{refused}");
    }
    assert_eq!(given::events(&app, "product_limits_set").await, 1);
    assert_well(&app).await;
}
