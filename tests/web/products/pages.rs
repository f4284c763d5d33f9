//! The list, the forms, and what other pages say of products.

use super::*;

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
