//! Products and their groups: one lead PM, squads that serve, hats, apprentices, and what the design rules say.

use std::time::Duration;

use axum::http::StatusCode;
use trellis::actor::{Actor, Role};
use trellis::error::{Error, Result};
use trellis::ids::{ApprenticeshipId, MemberId, ProductId, ServiceId, TeamId};
use trellis::products::{
    GroupHat, ItemKeyPrefix, NewProduct, Outcome, ProductDescription, ProductName, WipLimit,
    WipPolicy, service,
};
use trellis::text::Reason;
use trellis::{doctor, members, squads};

use crate::given;
use crate::harness::TestApp;

/// The word for machines of a refusal.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal.code,
        Error::Stale => "stale",
        Error::NotFound => "not_found",
        Error::Forbidden(_) => "forbidden",
        other => panic!("{other:?}"),
    }
}

async fn assert_well(app: &TestApp) {
    let checks = doctor::examine(&app.pool).await.unwrap();
    let off: Vec<_> = checks.into_iter().flat_map(|check| check.off).collect();
    assert_eq!(off, Vec::<String>::new());
}

async fn version(app: &TestApp, table: &str, id: uuid::Uuid) -> i32 {
    let sql = format!("select version from {table} where id = $1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(&app.pool).await.unwrap()
}

fn named(name: &str, lead: MemberId) -> NewProduct {
    NewProduct {
        name: ProductName::parse(name).unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: None,
        lead,
    }
}

async fn product(app: &TestApp, name: &str, lead: MemberId) -> ProductId {
    service::create(&app.pool, &app.founder(), &named(name, lead)).await.unwrap()
}

async fn serve(app: &TestApp, product: ProductId, squad: TeamId) -> Result<ServiceId> {
    let first = (WipLimit::FIRST, WipLimit::FIRST);
    service::serve(&app.pool, &app.founder(), product, squad, first).await
}

async fn hand_over(app: &TestApp, product: ProductId, to: MemberId) -> Result<()> {
    let version = version(app, "product", product.0).await;
    service::hand_over(&app.pool, &app.founder(), product, version, to).await
}

async fn learn(app: &TestApp, product: ProductId, member: MemberId) -> Result<ApprenticeshipId> {
    service::begin_apprenticeship(&app.pool, &app.founder(), product, member).await
}

async fn lead(app: &TestApp, product: ProductId) -> MemberId {
    let sql = "select lead_id from product where id = $1";
    sqlx::query_scalar(sql).bind(product).fetch_one(&app.pool).await.unwrap()
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

/// Norvik App with its lead PM.
async fn norvik(app: &TestApp) -> (ProductId, MemberId) {
    let sato = app.person("Hana Sato", "product").await;
    (product(app, "Norvik App", sato).await, sato)
}

/// Waits until a session waits for a lock.
async fn somebody_waits(app: &TestApp) {
    let sql = "select exists (select from pg_stat_activity \
               where datname = current_database() and wait_event_type = 'Lock')";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, bool>(sql).fetch_one(&app.pool).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn a_leader_begins_a_product_with_its_lead_pm_and_the_letters_of_its_items() {
    let app = TestApp::new().await;
    let sato = app.person("Hana Sato", "product").await;
    let mut leader = app.leader("Lena Lead").await;

    assert_eq!(leader.get(&app.at("/products")).await.text(".empty h3"), "No products yet");
    let form = leader.get(&app.at("/products/new")).await;
    assert_eq!(form.text(".side [aria-current=page]"), "Products");
    let typed = format!("name=Norvik+App&prefix=&description=Bills&member={sato}");
    let done = leader.post(&app.at("/products"), &typed).await;

    assert_eq!(done.assert_redirect(), app.at("/products/norvik-app/group"));
    let list = leader.get(&app.at("/products")).await;
    assert_eq!(list.text("tbody th"), "Norvik AppNA", "the letters are taken from the name");
    let board = leader.get(&app.at("/products/norvik-app")).await;
    assert_eq!(board.text("h1"), "Norvik App");
    let page = leader.get(&app.at("/products/norvik-app/group")).await;
    assert!(page.text(".prod-team").contains("Hana Sato"), "{}", page.text(".prod-team"));
    assert!(
        page.text(".timeline").contains("began the product Norvik App with Hana Sato as lead PM")
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn what_is_missing_is_said_beside_its_field_and_what_was_typed_is_kept() {
    let app = TestApp::new().await;
    let (_, sato) = norvik(&app).await;
    let mut leader = app.leader("Lena Lead").await;

    let nothing = leader.post(&app.at("/products"), "").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.texts(".err"), ["Fill in the name.", "Choose a member."]);
    let form = format!("name=Other&prefix=N1&description=Kept&member={sato}");
    let bad = leader.post(&app.at("/products"), &form).await;
    assert_eq!(bad.error_code(), "product_key_invalid");
    assert_eq!(
        bad.text("#prefix-error"),
        "Write 2 to 5 letters from A to Z, such as NA: the items are then NA-1, NA-2, …."
    );
    assert_eq!(bad.attribute("#prefix", "value").as_deref(), Some("N1"));
    assert_eq!(bad.text("textarea"), "Kept");
    assert_eq!(bad.attribute("#member option[selected]", "value"), Some(sato.to_string()));
    let taken = leader.post(&app.at("/products"), &form.replace("N1", "na")).await;
    assert_eq!(
        taken.text("#prefix-error"),
        "Another product's items begin with NA. Choose other letters."
    );
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let again = form.replace("Other", "norvik+app").replace("N1", "NB");
    let taken = leader.post(&app.at("/products"), &again).await;
    assert_eq!(
        taken.text("#name-error"),
        "Another product is called norvik app. Choose another name."
    );
    let nobody = format!("name=X&prefix=XX&member={}", MemberId::new());
    assert_eq!(leader.post(&app.at("/products"), &nobody).await.status, StatusCode::NOT_FOUND);
    assert_eq!(given::events(&app, "product_created").await, 1);
}

#[tokio::test]
async fn letters_that_are_taken_are_proposed_to_nobody_and_a_rename_keeps_the_address() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;

    let second = product(&app, "Naxos", sato).await;

    let key: String = sqlx::query_scalar("select key from product where id = $1")
        .bind(second)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(key, "NAX", "NA is Norvik App's");
    let mut leader = app.leader("Lena Lead").await;
    let form = "name=Norvik+Home&prefix=NH&description=&version=1";
    let saved = leader.post(&app.at("/products/norvik-app/edit"), form).await;
    assert_eq!(saved.assert_redirect(), app.at("/products/norvik-home/group"));
    let old = leader.get(&app.at("/products/norvik-app/group")).await;
    assert_eq!(old.assert_redirect(), app.at("/products/norvik-home/group"));
    sqlx::query("update product set items = 1 where id = $1")
        .bind(id)
        .execute(&app.pool)
        .await
        .unwrap();
    let late = form.replace("NH", "NX").replace("version=1", "version=2");
    let refused = leader.post(&app.at("/products/norvik-home/edit"), &late).await;
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (StatusCode::CONFLICT, "product_key_in_use")
    );
    assert_well(&app).await;
}

#[tokio::test]
async fn a_change_from_an_older_page_shows_what_is_saved_now() {
    let app = TestApp::new().await;
    norvik(&app).await;
    let (mut one, mut two) = (app.leader("Lena Lead").await, app.leader("Ruth Abara").await);
    let at = app.at("/products/norvik-app/edit");

    one.post(&at, "name=Norvik+App&prefix=NA&description=First&version=1").await.assert_redirect();
    let late = two.post(&at, "name=Norvik+App&prefix=NA&description=Second&version=1").await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text(".banner").starts_with("Lena Lead changed this"), "{}", late.text("main"));
    assert_eq!(late.texts(".now"), ["Now saved: First"]);
    assert_eq!(late.text("textarea"), "Second");
}

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

#[tokio::test]
async fn of_two_who_hand_a_product_over_at_once_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let to = [app.person("Tomás Rey", "").await, app.person("Ingrid Bakke", "").await];

    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from product where id = $1 for no key update")
        .bind(id)
        .execute(&mut *held)
        .await
        .unwrap();
    let tasks = to.map(|to| {
        let (pool, actor) = (app.pool.clone(), app.founder());
        tokio::spawn(async move { service::hand_over(&pool, &actor, id, 1, to).await })
    });
    somebody_waits(&app).await;
    held.rollback().await.unwrap();
    let mut ends = vec![];
    for task in tasks {
        ends.push(task.await.unwrap().map_err(|error| code::<()>(Err(error))));
    }

    ends.sort_unstable();
    assert_eq!(ends, [Ok(()), Err("stale")]);
    assert_eq!(given::events(&app, "product_handed_over").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn who_becomes_lead_pm_does_not_become_an_apprentice_meanwhile_nor_the_other_way_round() {
    for learns_first in [true, false] {
        let app = TestApp::new().await;
        let (id, _) = norvik(&app).await;
        let okafor = app.person("Samuel Okafor", "").await;
        let mut held = app.pool.begin().await.unwrap();
        sqlx::query("select id from member where id = $1 for no key update")
            .bind(okafor)
            .execute(&mut *held)
            .await
            .unwrap();
        let (pool, actor): (_, Actor) = (app.pool.clone(), app.founder());
        let learning =
            async move || service::begin_apprenticeship(&pool, &actor, id, okafor).await.map(drop);
        let (pool, actor) = (app.pool.clone(), app.founder());
        let leading = async move || service::hand_over(&pool, &actor, id, 1, okafor).await;

        // Who waits first for a row gets it first.
        let (first, second) = if learns_first {
            let first = tokio::spawn(async move { learning().await });
            somebody_waits(&app).await;
            (first, tokio::spawn(async move { leading().await }))
        } else {
            let first = tokio::spawn(async move { leading().await });
            somebody_waits(&app).await;
            (first, tokio::spawn(async move { learning().await }))
        };
        two_wait(&app).await;
        held.rollback().await.unwrap();

        first.await.unwrap().unwrap();
        assert_eq!(
            code(second.await.unwrap()),
            "apprentice_is_lead",
            "learns first: {learns_first}"
        );
        assert_well(&app).await;
    }
}

/// Waits until two sessions wait for a lock.
async fn two_wait(app: &TestApp) {
    let sql = "select count(*) from pg_stat_activity \
               where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, i64>(sql).fetch_one(&app.pool).await.unwrap() >= 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("fewer than two wait");
}

#[tokio::test]
async fn the_database_lets_nobody_be_lead_pm_and_apprentice_by_any_path_at_any_isolation() {
    const LEARN: &str = "insert into apprenticeship (organization_id, id, product_id, member_id, from_at, from_event) \
        select organization_id, gen_random_uuid(), id, $2, lead_at, lead_event from product where id = $1";
    const LEAD: &str = "update product set lead_id = $2 where id = $1";
    for isolation in ["read committed", "repeatable read"] {
        for (first, second) in [(LEARN, LEAD), (LEAD, LEARN)] {
            let app = TestApp::new().await;
            let (id, _) = norvik(&app).await;
            let okafor = app.person("Samuel Okafor", "").await;
            let begin = format!("begin isolation level {isolation}");
            let mut one = app.pool.begin_with(sqlx::AssertSqlSafe(begin.clone())).await.unwrap();
            let mut two = app.pool.begin_with(sqlx::AssertSqlSafe(begin)).await.unwrap();
            // Both have looked before either changes anything.
            for tx in [&mut one, &mut two] {
                sqlx::query("select count(*) from product").execute(&mut **tx).await.unwrap();
            }

            sqlx::query(first).bind(id).bind(okafor).execute(&mut *one).await.unwrap();
            let waiting = tokio::spawn(async move {
                sqlx::query(second).bind(id).bind(okafor).execute(&mut *two).await?;
                two.commit().await
            });
            somebody_waits(&app).await;
            one.commit().await.unwrap();

            let error = waiting.await.unwrap().unwrap_err();
            let refused = error.as_database_error().unwrap();
            match isolation {
                "read committed" => {
                    assert_eq!(refused.constraint(), Some("product_lead_is_no_apprentice"));
                }
                _ => assert_eq!(refused.code().as_deref(), Some("40001")),
            }
            let both = count(&app, "select count(*) from product p join apprenticeship a on a.member_id = p.lead_id and a.until_at is null").await;
            assert_eq!(both, 0, "{isolation}: {second}");
        }
    }
}

#[tokio::test]
async fn a_squad_that_is_being_dissolved_serves_nothing_new_meanwhile() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;

    let mut dissolving = app.pool.begin().await.unwrap();
    sqlx::query("update team set state = 'dissolved' where id = $1")
        .bind(squad)
        .execute(&mut *dissolving)
        .await
        .unwrap();
    let (pool, actor, first) =
        (app.pool.clone(), app.founder(), (WipLimit::FIRST, WipLimit::FIRST));
    let serving =
        tokio::spawn(async move { service::serve(&pool, &actor, id, squad, first).await });
    somebody_waits(&app).await;
    dissolving.commit().await.unwrap();

    assert_eq!(code(serving.await.unwrap()), "team_dissolved");
}

#[tokio::test]
async fn nothing_of_another_organization_is_chosen_or_seen() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let mut stranger = app.stranger().await;
    let (theirs, foreign) = (stranger.actor(), app.slug_of(&stranger).await);
    let founder = app.founder();

    assert_eq!(
        code(service::create(&app.pool, &founder, &named("Odd", theirs.member)).await),
        "not_found"
    );
    assert_eq!(code(hand_over(&app, id, theirs.member).await), "not_found");
    assert_eq!(code(learn(&app, id, theirs.member).await), "not_found");
    let hat = service::give_hat(&app.pool, &founder, id, GroupHat::Analyst, theirs.member).await;
    assert_eq!(code(hat), "not_found");
    let policy = service::set_policy(&app.pool, &theirs, id, 1, WipPolicy::Warn).await;
    assert_eq!(code(policy), "not_found");
    let seen = stranger.get(&format!("/o/{foreign}/products/{id}/group")).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    let seen = stranger.get(&app.at("/products/norvik-app/group")).await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_that_arrives_twice_makes_one_product() {
    let app = TestApp::new().await;
    let sato = app.person("Hana Sato", "").await;
    let mut leader = app.leader("Lena Lead").await;
    let form = format!("key={}&name=Norvik+App&prefix=NA&member={sato}", trellis::web::new_key());

    leader.post(&app.at("/products"), &form).await.assert_redirect();
    leader.post(&app.at("/products"), &form).await.assert_redirect();

    assert_eq!(given::events(&app, "product_created").await, 1);
}

#[tokio::test]
async fn a_members_page_says_what_they_are_to_products() {
    let app = TestApp::new().await;
    let (id, sato) = norvik(&app).await;
    let okafor = app.person("Samuel Okafor", "").await;
    let begun = learn(&app, id, okafor).await.unwrap();
    let mut member = app.member("Mia Member").await;

    let page = member.get(&app.at(&format!("/members/{sato}"))).await;
    assert!(page.text("main").contains("Norvik AppLead PM"), "{}", page.text("main"));
    let page = member.get(&app.at(&format!("/members/{okafor}"))).await;
    assert!(page.text("main").contains("Norvik AppPM apprentice"), "{}", page.text("main"));
    service::end_apprenticeship(&app.pool, &app.founder(), begun, 1, Outcome::OtherHat)
        .await
        .unwrap();
    let page = member.get(&app.at(&format!("/members/{okafor}"))).await;
    assert!(!page.text("main").contains("PM apprentice ·"));
    assert_well(&app).await;
}
