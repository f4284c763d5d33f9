//! Where undo is offered and where it leads, and two who undo at once.

use super::*;

#[tokio::test]
async fn a_form_of_undo_that_comes_twice_is_answered_twice() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    join_as(&app, team, person, 70, &[]).await;
    let id = membership(&app, team, person).await;
    let designer = given::designer(&app);
    let share = Allocation::new(20).unwrap();
    squads::service::update_membership(&app.pool, &designer, id, 1, share, &[]).await.unwrap();
    let path = app.at(&format!("/undo/{}", newest(&app).await));
    let mut leader = app.leader("Ruth").await;

    for time in ["first", "second"] {
        let answer = leader.post(&path, "key=abcdefgh12").await;
        let said = leader.get(answer.assert_redirect()).await.text(".toast .txt");
        assert_eq!(said, "Undone: edited the membership of Clara in Otters.", "{time}");
    }
    assert_eq!(inside(&app, team).await, ["Clara 70"]);
}

#[tokio::test]
async fn the_notice_after_a_change_offers_undo_and_a_second_click_is_the_first() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.people(1).await[0];
    let mut leader = app.leader("Ruth").await;
    let form = format!("member={person}&share={person}%3A50");
    let added = leader.post(&app.at(&format!("/squads/{team}/members")), &form).await;
    let to = added.assert_redirect().to_owned();

    let page = leader.get(&to).await;
    let action = page.attribute("#toasts form", "action").unwrap();
    assert_eq!(action, app.at(&format!("/undo/{}", newest(&app).await)));
    assert_eq!(page.text("#toasts form button"), "Undo");
    let key = page.attribute("#toasts form input[name=key]", "value").unwrap();
    let undone = leader.post(&action, &format!("key={key}")).await;
    assert!(undone.assert_redirect().ends_with("/activity"), "without a Referer");
    assert_eq!(inside(&app, team).await, Vec::<String>::new());
    let events = count_events(&app).await;
    let again = leader.post(&action, &format!("key={key}")).await;
    let page = leader.get(again.assert_redirect()).await;
    assert!(page.text(".toast .txt").starts_with("Undone"), "{}", page.text(".toast"));
    assert_eq!(count_events(&app).await, events);
    let twice = leader.post(&action, "").await;
    let page = leader.get(twice.assert_redirect()).await;
    assert_eq!(page.text(".toast.bad .txt"), "Ruth has undone this already.");
}

#[tokio::test]
async fn undo_leads_back_to_the_page_on_which_it_was_pressed() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    given::join(&app, team, &app.people(1).await).await;
    let mut leader = app.leader("Ruth").await;
    let squads = app.at("/squads?state=forming&q=ott%20");
    let here = format!("{}{squads}", app.state.config.public_origin());

    let answer = leader
        .send_form(
            &app.at(&format!("/undo/{}", newest(&app).await)),
            "",
            &[("sec-fetch-site", "same-origin"), ("referer", &here)],
        )
        .await;

    assert_eq!(answer.assert_redirect(), squads, "with what was looked for");
}

#[tokio::test]
async fn a_script_is_told_what_was_undone_and_takes_over_its_page() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    given::join(&app, team, &app.people(1).await).await;
    let mut leader = app.leader("Ruth").await;
    let squads = app.at("/squads?q=ott");
    let here = format!("{}{squads}", app.state.config.public_origin());
    let headers = [("sec-fetch-site", "same-origin"), ("referer", &*here), ("hx-request", "true")];
    let undo = app.at(&format!("/undo/{}", newest(&app).await));
    let read = |answer: &crate::harness::Answer, name: &str| -> serde_json::Value {
        serde_json::from_str(answer.headers[name].to_str().unwrap()).unwrap()
    };

    let undone = leader.send_form(&undo, "", &headers).await;
    let again = leader.send_form(&undo, "", &headers).await;

    assert_eq!(undone.status, StatusCode::OK);
    assert_eq!(read(&undone, "hx-location")["path"], squads);
    let toast = &read(&undone, "hx-trigger")["toast"];
    assert!(toast["text"].as_str().unwrap().starts_with("Undone: "), "{toast}");
    assert_eq!(toast["undo"], app.at(&format!("/undo/{}", newest(&app).await)));
    let toast = &read(&again, "hx-trigger")["toast"];
    assert_eq!(toast["text"], "Ruth has undone this already.");
    assert_eq!((&toast["bad"], &toast["undo"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(leader.get(&squads).await.count("#toasts .toast"), 0, "it was said already");
    assert_eq!(inside(&app, team).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_activity_list_offers_undo_for_a_day_and_says_why_not() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    given::join(&app, team, &app.people(1).await).await;
    let mut leader = app.leader("Ruth").await;
    let mut member = app.member("Aisha").await;
    let beside = |page: &Answer| (page.count(".timeline form"), page.texts(".timeline .tiny"));

    let page = leader.get(&app.at("/activity?what=Otters")).await;
    assert_eq!(beside(&page), (1, vec!["Cannot be undone: dissolve it instead.".to_owned()]));
    assert_eq!(page.text(".timeline form button"), "Undo: added Person 000 to Otters");
    assert_eq!(beside(&member.get(&app.at("/activity")).await), (0, vec![]));

    let event = newest(&app).await;
    app.clock().advance(TimeDelta::hours(25));
    let mut leader = app.again(&leader).await;
    assert_eq!(beside(&leader.get(&app.at("/activity?what=Otters")).await), (0, vec![]));
    assert_eq!(
        undo(&app, &mut leader, event).await,
        "This is more than 24 hours ago. Change it by hand."
    );
}

#[tokio::test]
async fn what_was_undone_says_so_and_who_may_not_do_the_inverse_may_not_undo() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    given::join(&app, team, &app.people(1).await).await;
    let event = newest(&app).await;
    let path = app.at(&format!("/undo/{event}"));
    let mut member = app.member("Aisha").await;
    let mut stranger = app.stranger().await;
    let other = app.slug_of(&stranger).await;

    assert_eq!(member.post(&path, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.post(&path, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        stranger.post(&format!("/o/{other}/undo/{event}"), "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(inside(&app, team).await.len(), 1);
    let mut leader = app.leader("Ruth").await;
    assert!(undo(&app, &mut leader, event).await.starts_with("Undone"));
    let page = leader.get(&app.at("/activity?what=Otters")).await;
    assert_eq!(page.texts(".timeline .badge"), ["Undone"]);
}

#[tokio::test]
async fn of_two_who_undo_at_once_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    given::join(&app, team, &app.people(1).await).await;
    let event = newest(&app).await;
    let (mut ruth, mut ravi) = (app.leader("Ruth").await, app.leader("Ravi").await);
    let path = app.at(&format!("/undo/{event}"));

    // The squad is held, so that the first has the event and waits for the squad, and the second waits for the event.
    let mut tx = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(team)
        .execute(&mut *tx)
        .await
        .unwrap();
    let first = {
        let path = path.clone();
        tokio::spawn(async move { (ruth.post(&path, "").await, ruth) })
    };
    somebody_waits(&app.pool).await;
    let second = tokio::spawn(async move { (ravi.post(&path, "").await, ravi) });
    let both = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(both).fetch_one(&app.pool).await.unwrap() < 2 {
        sleep(Duration::from_millis(10)).await;
    }
    tx.rollback().await.unwrap();

    let (_, mut ruth) = first.await.unwrap();
    let (_, mut ravi) = second.await.unwrap();
    let said = ruth.get(&app.at("/activity")).await.text(".toast .txt");
    assert!(said.starts_with("Undone: added"), "{said}");
    let said = ravi.get(&app.at("/activity")).await.text(".toast.bad .txt");
    assert_eq!(said, "Ruth has undone this already.");
    let times = sqlx::query_scalar("select count(*) from event where undoes = $1").bind(event);
    let times: i64 = times.fetch_one(&app.pool).await.unwrap();
    assert_eq!(times, 1);
}

#[tokio::test]
async fn the_schema_lets_an_event_be_undone_once() {
    let app = TestApp::new().await;
    given::squad(&app, "Otters").await;
    let sql = "insert into event (organization_id, id, at, kind, summary, subjects, undoes) \
               select organization_id, $2, at, kind, summary, subjects, id from event where id = $1";
    let event = newest(&app).await;
    let insert =
        async || sqlx::query(sql).bind(event).bind(EventId::new()).execute(&app.pool).await;

    insert().await.unwrap();

    let error = insert().await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("event_undoes_key"));
}
