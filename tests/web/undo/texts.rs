//! What was written: names, missions, needs, metrics, skills, levels, profiles.

use super::*;

#[tokio::test]
async fn a_squad_gets_its_name_pattern_and_description_back() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let changes = |name: &str| SquadChanges {
        name: SquadName::parse(name).unwrap(),
        pattern: Pattern::ALL[2],
        description: Description::parse("Swim").unwrap(),
    };
    let designer = given::designer(&app);
    squads::service::update(&app.pool, &designer, team, 1, &changes("Foxes")).await.unwrap();
    let mut leader = app.leader("Ruth").await;
    // Who joins is another thing than the name.
    given::join(&app, team, &app.people(1).await).await;
    let renamed: EventId = sqlx::query_scalar("select id from event where kind = 'squad_edited'")
        .fetch_one(&app.pool)
        .await
        .unwrap();

    assert_eq!(undo(&app, &mut leader, renamed).await, "Undone: renamed Otters to Foxes.");

    let row = "select name || '/' || pattern || '/' || description from team where id = $1";
    assert_eq!(text(&app, row, team.0).await, format!("Otters/{}/", Pattern::ALL[0].word()));
    let page = leader.get(&app.at("/activity")).await;
    assert!(page.text(".timeline li p").ends_with("Ruth undid: renamed Otters to Foxes"));

    given::squad(&app, "Foxes").await;
    let redo: EventId = sqlx::query_scalar("select id from event where undoes = $1")
        .bind(renamed)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(undo(&app, &mut leader, redo).await, "Foxes already exists. Choose another name.");
}

#[tokio::test]
async fn a_core_team_gets_its_texts_and_its_members_back() {
    let app = TestApp::new().await;
    let new = |name: &str| core_teams::NewCoreTeam {
        name: core_teams::CoreTeamName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
    };
    let designer = given::designer(&app);
    let team = core_teams::service::create(&app.pool, &designer, &new("Payments")).await.unwrap();
    let mut leader = app.leader("Ruth").await;
    core_teams::service::update(&app.pool, &designer, team, 1, &new("Money")).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(text(&app, "select name from team where id = $1", team.0).await, "Payments");

    let person = app.person("Clara", "design").await;
    let joining =
        NewMembership { member: person, allocation: Allocation::new(40).unwrap(), hats: vec![] };
    core_teams::service::add_members(&app.pool, &designer, team, &[joining]).await.unwrap();
    let id = membership(&app, team, person).await;
    let share = Allocation::new(10).unwrap();
    core_teams::service::update_membership(&app.pool, &designer, id, 1, share, &[]).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await, ["Clara 40"]);
    core_teams::service::remove_member(&app.pool, &designer, id, None).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await, ["Clara 40"]);
}

#[tokio::test]
async fn a_mission_is_written_again_as_it_was_as_a_new_version() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let leader = given::designer(&app);
    write(&app.pool, &leader, team, 0, &given::mission("Every household")).await.unwrap();
    let first = newest(&app).await;
    write(&app.pool, &leader, team, 1, &given::mission("Every tenant")).await.unwrap();
    let second = newest(&app).await;
    let mut ruth = app.leader("Ruth").await;

    assert_eq!(
        undo(&app, &mut ruth, first).await,
        "This cannot be undone: it is the first mission; write another."
    );
    assert!(undo(&app, &mut ruth, second).await.starts_with("Undone"));

    let now = "select m.version || ' ' || m.customer from team t join mission m on m.team_id = t.id and m.version = t.mission_version where t.id = $1";
    assert_eq!(text(&app, now, team.0).await, "3 Every household");
    missions::service::write(&app.pool, &leader, team, 3, &given::mission("Every child"))
        .await
        .unwrap();
    let undone: EventId = sqlx::query_scalar("select id from event where undoes = $1")
        .bind(second)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    let said = undo(&app, &mut ruth, undone).await;
    assert!(said.starts_with("Ingrid Solheim changed this since: changed the mission"), "{said}");
}

#[tokio::test]
async fn a_mission_whose_review_date_has_passed_meanwhile_is_not_written_again() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let today = app.clock().now().date_naive();
    let first =
        missions::MissionText { review_on: Some(today), ..given::mission("Every household") };
    write(&app.pool, &given::designer(&app), team, 0, &first).await.unwrap();
    // Late in the day, so that tomorrow is within the time for an undo.
    let midnight = (today + TimeDelta::days(1)).and_time(chrono::NaiveTime::MIN).and_utc();
    app.clock().advance(midnight - app.clock().now() - TimeDelta::minutes(5));
    write(&app.pool, &given::designer(&app), team, 1, &given::mission("Every tenant"))
        .await
        .unwrap();
    let changed = newest(&app).await;
    app.clock().advance(TimeDelta::minutes(10));
    let mut ruth = app.leader("Ruth").await;

    let said = undo(&app, &mut ruth, changed).await;

    assert_eq!(
        said,
        "The earlier text's review date has passed: write it again with a new one. Nothing was undone."
    );
}

async fn skill(app: &TestApp, name: &str) -> SkillId {
    let name = SkillName::parse(name).unwrap();
    let none = SkillDescription::parse("").unwrap();
    skills::service::create(&app.pool, &given::designer(app), &name, &none).await.unwrap()
}

#[tokio::test]
async fn needs_are_as_before() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let billing = skill(&app, "Billing").await;
    let designer = given::designer(&app);
    let now = async || -> Option<String> {
        sqlx::query_scalar("select level || ' in ' || people from skill_need where team_id = $1")
            .bind(team)
            .fetch_optional(&app.pool)
            .await
            .unwrap()
    };
    let set = async |version, level, people| {
        let need = Need::new(level, people).unwrap();
        squads::service::set_need(&app.pool, &designer, team, billing, version, need)
            .await
            .unwrap();
    };
    let mut leader = app.leader("Ruth").await;

    set(None, 3, 1).await;
    undo_newest(&app, &mut leader).await;
    assert_eq!(now().await, None);
    set(None, 3, 1).await;
    set(Some(1), 4, 2).await;
    undo_newest(&app, &mut leader).await;
    assert_eq!(now().await.as_deref(), Some("3 in 1"));
    squads::service::remove_need(&app.pool, &designer, team, billing, 3).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(now().await.as_deref(), Some("3 in 1"));
}

#[tokio::test]
async fn a_metric_says_again_what_it_said() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let designer = given::designer(&app);
    let id = metrics::service::set_goal(&app.pool, &designer, team, &given::metric("Right", 97.5))
        .await
        .unwrap();
    let set = newest(&app).await;
    let aim = metrics::Aim::Within { low: 1.0, high: 2.5 };
    let other = metrics::NewMetric { aim, baseline: Some(1.5), ..given::metric("Left", 1.0) };
    metrics::service::update(&app.pool, &designer, id, 1, &other).await.unwrap();
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    let row = "select name || ' ' || direction || ' ' || target || coalesce(' ' || target_high, '') || coalesce(' ' || baseline, '') from metric where id = $1";
    assert_eq!(text(&app, row, id.0).await, "Right up 97.5");
    undo_newest(&app, &mut leader).await;
    assert_eq!(text(&app, row, id.0).await, "Left within 1 2.5 1.5");
    assert_eq!(
        undo(&app, &mut leader, set).await,
        "This cannot be undone: replace the metric again."
    );
}

#[tokio::test]
async fn a_skill_has_its_words_and_its_place_in_the_catalogue_back() {
    let app = TestApp::new().await;
    let id = skill(&app, "Billing").await;
    let designer = given::designer(&app);
    let row = "select name || ' ' || description || ' ' || (archived_at is not null) from skill where id = $1";
    let (name, words) =
        (SkillName::parse("Invoices").unwrap(), SkillDescription::parse("All").unwrap());
    let mut leader = app.leader("Ruth").await;

    skills::service::update(&app.pool, &designer, id, 1, &name, &words).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(text(&app, row, id.0).await, "Billing  false");
    skills::service::archive(&app.pool, &designer, id, 3).await.unwrap();
    undo_newest(&app, &mut leader).await;
    assert_eq!(text(&app, row, id.0).await, "Billing  false");
    undo_newest(&app, &mut leader).await;
    assert_eq!(text(&app, row, id.0).await, "Billing  true");
}

#[tokio::test]
async fn ratings_are_as_before_unless_somebody_confirmed_them_since() {
    let app = TestApp::new().await;
    let (billing, design) = (skill(&app, "Billing").await, skill(&app, "Design").await);
    let mut clara = app.member("Clara").await;
    let rate = async |actor: Actor, skill, level: i16, wants_to_learn, version| {
        let level = Level::new(level).ok();
        let rating = Rating { skill, level, wants_to_learn, version };
        skills::service::rate(&app.pool, &actor, actor.member, &[rating]).await.unwrap();
        newest(&app).await
    };
    let now = async || -> Vec<String> {
        sqlx::query_scalar("select s.name || coalesce(' ' || r.level, '') || case when r.wants_to_learn then ' wants' else '' end \
                            from member_skill r join skill s on s.id = r.skill_id order by s.name")
            .fetch_all(&app.pool)
            .await
            .unwrap()
    };

    rate(clara.actor(), billing, 3, true, 0).await;
    rate(clara.actor(), billing, 5, false, 1).await;
    undo_newest(&app, &mut clara).await;
    assert_eq!(now().await, ["Billing 3 wants"]);
    let rated = rate(clara.actor(), design, 4, false, 0).await;
    let hana = app.coach("Hana").await;
    skills::service::confirm(&app.pool, &hana.actor(), clara.id(), design, 1).await.unwrap();
    let said = undo(&app, &mut clara, rated).await;
    assert!(said.starts_with("Hana changed this since: confirmed Design of Clara"), "{said}");
    let first = rate(clara.actor(), billing, 1, false, 3).await;
    assert!(undo(&app, &mut clara, first).await.starts_with("Undone"));
    assert_eq!(now().await, ["Billing 3 wants", "Design 4"]);
}

#[tokio::test]
async fn a_profile_is_as_before_but_for_an_address_which_is_not_kept() {
    let app = TestApp::new().await;
    let mut clara = app.member("Clara").await;
    let path = app.at(&format!("/members/{}/edit", clara.id()));
    let edited = clara
        .post(
            &path,
            "name=Clara+Vogel&discipline=design&title=Chief&time_zone=Europe%2FOslo&version=1",
        )
        .await;
    edited.assert_redirect();

    undo_newest(&app, &mut clara).await;

    let row = "select name || '/' || discipline || '/' || title || '/' || time_zone from member where id = $1";
    assert_eq!(text(&app, row, clara.id().0).await, "Clara/engineering//UTC");
    let mut admin = app.admin().await;
    let form = "name=Clara&discipline=engineering&title=&time_zone=UTC&email=new%40norvik.example&version=3";
    admin.post(&path, form).await.assert_redirect();
    let event = newest(&app).await;
    assert_eq!(
        undo(&app, &mut admin, event).await,
        "This cannot be undone: the earlier address is not kept here."
    );
}
