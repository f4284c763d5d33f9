//! Links between teams: what ties whom, who answers for it, and what ends it.

use axum::http::StatusCode;
use chrono::{Days, NaiveDate};
use trellis::core_teams;
use trellis::error::Error;
use trellis::ids::{LinkId, MemberId, MembershipId, TeamId};
use trellis::links::{LinkKind, Terms, service};
use trellis::squads::{self, SquadName};
use trellis::text::Reason;

use crate::given;
use crate::harness::TestApp;
use crate::seen::{assert_well, code, somebody_waits, version};

fn today(app: &TestApp) -> NaiveDate {
    app.clock().now().date_naive()
}

async fn seat(app: &TestApp, team: TeamId, member: MemberId) -> MembershipId {
    sqlx::query_scalar(
        "select id from membership where team_id = $1 and member_id = $2 and until_at is null",
    )
    .bind(team)
    .bind(member)
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

/// A squad with one member and a core team.
async fn two(app: &TestApp) -> (TeamId, MemberId, TeamId) {
    let squad = given::squad(app, "Fair Bills").await;
    let member = app.person("Aisha Rahman", "finance").await;
    given::join(app, squad, &[member]).await;
    (squad, member, given::core_team(app, "Payments").await)
}

#[tokio::test]
async fn a_leader_links_two_teams_in_two_steps_and_both_show_it() {
    let app = TestApp::new().await;
    let (squad, member, core) = two(&app).await;
    let mut leader = app.leader("Ruth Abara").await;
    let seat = seat(&app, squad, member).await;

    let page = leader.get(&app.at("/squads/fair-bills")).await;
    let href = page.attribute("#links .btn", "href").unwrap();
    let first = leader.get(&href).await;
    assert_eq!(first.text("option[selected]"), "Fair Bills", "it begins with the squad");
    let second = leader.get(&format!("{href}&to={core}")).await;
    assert_eq!(second.text("h1"), "Link Fair Bills to Payments");
    assert_eq!(
        second.texts("#from_liaison option"),
        ["Nobody yet: an open seat", "Aisha Rahman"],
        "only members can be chosen"
    );
    let day = today(&app);
    let form = format!(
        "from={squad}&to={core}&kind=depends_on&purpose=Refunds+arrive&from_liaison={seat}&to_liaison=&review_on={day}"
    );
    let done = leader.post(&app.at("/links"), &form).await;

    let there = done.assert_redirect().to_owned();
    let page = leader.get(&format!("{there}?")).await;
    let there = page.location.clone().unwrap_or(there);
    let page = leader.get(&there).await;
    assert_eq!(page.text("#links li p"), "Depends on Payments");
    assert_eq!(page.text("#links .meta"), "Aisha Rahman here, Open seat at Payments");
    let page = leader.get(&app.at("/core-teams/payments")).await;
    assert_eq!(page.text("#links li p"), "Fair Bills depends on this core team");
    assert_eq!(page.text("#links .meta"), "Open seat here, Aisha Rahman at Fair Bills");
    assert!(page.text(".timeline").contains("linked two teams: Fair Bills depends on Payments"));
    assert_eq!(given::events(&app, "link_made").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn what_is_missing_is_said_beside_its_field_and_what_was_typed_is_kept() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let mut leader = app.leader("Ruth Abara").await;

    let nothing = leader.post(&app.at("/links"), "").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nothing.texts(".err"), ["Choose a team.", "Choose a team."]);
    let itself = leader.get(&app.at(&format!("/links/new?from={squad}&to={squad}"))).await;
    assert_eq!(itself.text(".err"), "Fair Bills is not linked with itself. Choose another team.");
    let form = format!("from={squad}&to={core}&purpose=Kept+text&review_on=soon");
    let page = leader.post(&app.at("/links"), &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        page.texts(".err"),
        ["Choose how the two teams are tied.", "Choose a day for the review."]
    );
    assert_eq!(page.text("textarea"), "Kept text");
    let form = format!(
        "from={squad}&to={core}&kind=informs&purpose=Outages&review_on={}",
        today(&app) - Days::new(2)
    );
    let page = leader.post(&app.at("/links"), &form).await;
    assert_eq!(page.text(".err"), "Choose a day for the review that has not passed.");
    assert_eq!(page.error_code(), "review_date_past");
    assert_eq!(given::events(&app, "link_made").await, 0);
}

#[tokio::test]
async fn a_link_is_there_once_in_each_direction_and_kind() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let (actor, day) = (app.founder(), today(&app));
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;

    let again = given::link(&app, squad, LinkKind::DependsOn, core);
    assert_eq!(code(service::create(&app.pool, &actor, day, &again).await), "link_twice");
    given::linked(&app, squad, LinkKind::Informs, core).await;
    given::linked(&app, core, LinkKind::DependsOn, squad).await;
    let itself = given::link(&app, squad, LinkKind::Informs, squad);
    assert_eq!(code(service::create(&app.pool, &actor, day, &itself).await), "link_with_itself");
    let reason = Reason::parse("Refunds go by themselves now.").unwrap();
    service::end(&app.pool, &actor, link, 1, &reason).await.unwrap();
    given::linked(&app, squad, LinkKind::DependsOn, core).await;
    assert_well(&app).await;
}

#[tokio::test]
async fn a_liaison_is_a_member_of_their_side_and_leaves_an_open_seat() {
    let app = TestApp::new().await;
    let (squad, member, core) = two(&app).await;
    let (actor, day) = (app.founder(), today(&app));
    let seat = seat(&app, squad, member).await;
    let mut new = given::link(&app, squad, LinkKind::DependsOn, core);

    new.terms.to_liaison = Some(seat);
    let refused = service::create(&app.pool, &actor, day, &new).await;
    assert_eq!(code(refused), "liaison_not_in_team");
    new.terms = Terms { from_liaison: Some(seat), to_liaison: None, ..new.terms };
    let link = service::create(&app.pool, &actor, day, &new).await.unwrap();
    squads::service::remove_member(&app.pool, &actor, seat, None).await.unwrap();

    let mut leader = app.leader("Ruth Abara").await;
    let page = leader.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.text("#links .meta"), "Open seat here, Open seat at Payments");
    let stays = Terms {
        purpose: given::link(&app, squad, LinkKind::Informs, core).terms.purpose,
        ..new.terms
    };
    let refused = service::update(
        &app.pool,
        &actor,
        link,
        1,
        day,
        &Terms { kind: LinkKind::Informs, ..stays },
    )
    .await;
    assert_eq!(code(refused), "liaison_not_in_team", "who left is not named again");
    let form = leader.get(&app.at(&format!("/links/{link}/edit"))).await;
    assert_eq!(form.count("#from_liaison option[selected]"), 0);
    assert_well(&app).await;
}

#[tokio::test]
async fn the_database_refuses_a_liaison_of_another_team_and_a_link_of_a_dissolved_one() {
    let app = TestApp::new().await;
    let (squad, member, core) = two(&app).await;
    let link = given::linked(&app, core, LinkKind::Informs, squad).await;
    let seat = seat(&app, squad, member).await;
    let constraint =
        |error: sqlx::Error| error.as_database_error().unwrap().constraint().map(ToOwned::to_owned);

    let foreign = sqlx::query("update link set from_liaison_id = $2 where id = $1")
        .bind(link)
        .bind(seat)
        .execute(&app.pool)
        .await;
    assert_eq!(constraint(foreign.unwrap_err()).as_deref(), Some("link_from_liaison_fkey"));
    let dissolved = sqlx::query("update team set state = 'dissolved' where id = $1")
        .bind(core)
        .execute(&app.pool)
        .await;
    assert_eq!(constraint(dissolved.unwrap_err()).as_deref(), Some("link_team_dissolved"));
    sqlx::query("update link set until_at = now() + interval '1 hour', until_event = from_event")
        .execute(&app.pool)
        .await
        .unwrap();
    sqlx::query("update team set state = 'dissolved' where id = $1")
        .bind(core)
        .execute(&app.pool)
        .await
        .unwrap();
    let back =
        sqlx::query("update link set until_at = null, until_event = null").execute(&app.pool).await;
    assert_eq!(constraint(back.unwrap_err()).as_deref(), Some("link_team_dissolved"));
}

#[tokio::test]
async fn the_links_of_a_squad_end_with_it_and_one_event_tells_of_them() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let other = given::squad(&app, "Move-in").await;
    given::linked(&app, squad, LinkKind::DependsOn, core).await;
    given::linked(&app, other, LinkKind::HandsOverTo, squad).await;
    let stays = given::linked(&app, other, LinkKind::DependsOn, core).await;
    let mut leader = app.leader("Ruth Abara").await;

    let asks = leader.get(&app.at("/squads/fair-bills/dissolve")).await;
    assert!(asks.text("form.body").contains("Its 2 links end too:"), "{}", asks.text("form.body"));
    let version = version(&app, "team", squad.0).await;
    let form = format!("reason=Done&version={version}");
    leader.post(&app.at("/squads/fair-bills/dissolve"), &form).await.assert_redirect();

    let left: Vec<LinkId> = sqlx::query_scalar("select id from link where until_at is null")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    assert_eq!(left, [stays]);
    let told: i64 = sqlx::query_scalar(
        "select count(*) from link l join event e on e.id = l.until_event \
         where e.kind = 'squad_dissolved' and e.subjects @> array[l.id, l.from_team_id, l.to_team_id] \
           and jsonb_array_length(e.before -> 'links') = 2",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(told, 2);
    assert_eq!(given::events(&app, "link_ended").await, 0, "one event tells of all of it");
    let page = leader.get(&app.at("/squads/move-in")).await;
    assert!(page.text(".timeline").contains("dissolved Fair Bills"));
    let refused = service::create(
        &app.pool,
        &app.founder(),
        today(&app),
        &given::link(&app, squad, LinkKind::Informs, core),
    )
    .await;
    assert_eq!(code(refused), "team_dissolved");
    assert_well(&app).await;
}

#[tokio::test]
async fn the_links_of_a_core_team_end_with_it() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;

    let reason = Reason::parse("Bought as a service.").unwrap();
    let version = version(&app, "team", core.0).await;
    core_teams::service::dissolve(&app.pool, &app.founder(), core, version, &reason).await.unwrap();

    let mut leader = app.leader("Ruth Abara").await;
    let page = leader.get(&app.at(&format!("/links/{link}"))).await;
    assert_eq!(page.text("h1"), "Fair Bills depends on Payments Ended");
    assert_eq!(page.count(".head .btn"), 0);
    let late = leader.get(&app.at(&format!("/links/{link}/edit"))).await;
    assert_eq!((late.status, late.error_code().as_str()), (StatusCode::CONFLICT, "link_ended"));
    let ended = leader.get(&app.at("/links?state=ended")).await;
    assert_eq!(ended.count("tbody tr"), 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn a_change_from_an_older_page_shows_both_texts() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    let (mut one, mut two) = (app.leader("Ruth Abara").await, app.leader("Hana Sato").await);
    let at = app.at(&format!("/links/{link}/edit"));
    let form = |purpose: &str, kind: &str| {
        format!(
            "version=1&kind={kind}&purpose={purpose}&from_liaison=&to_liaison=&review_on={}",
            today(&app) + Days::new(3)
        )
    };

    one.post(&at, &form("First", "informs")).await.assert_redirect();
    let late = two.post(&at, &form("Second", "depends_on")).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text(".banner").starts_with("Ruth Abara changed this"), "{}", late.text("main"));
    assert_eq!(late.texts(".now"), ["Now saved: Informs", "Now saved: First"]);
    assert_eq!(late.text("textarea"), "Second");
    let saved = form("Second", "depends_on").replace("version=1", "version=2");
    two.post(&at, &saved).await.assert_redirect();
    let third = saved.replace("version=2", "version=3");
    two.post(&at, &third).await.assert_redirect();
    assert_eq!(given::events(&app, "link_changed").await, 2, "what changes nothing is no event");
}

#[tokio::test]
async fn an_overdue_link_is_amber_listed_and_can_be_kept_or_given_another_day() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    app.clock().advance(chrono::TimeDelta::days(101));
    let mut leader = app.leader("Ruth Abara").await;

    let page = leader.get(&app.at("/squads/fair-bills")).await;
    assert!(page.text("#links .badge.warn").starts_with("Review overdue since"));
    let found = page.texts("[data-code=D1]");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("“Fair Bills depends on Payments” is past its review date."));
    let there = page.attribute("[data-code=D1] .btn", "href").unwrap();
    assert_eq!(there, app.at(&format!("/links/{link}")));
    let way = leader.get(&there).await.attribute(".head .btn.primary", "href").unwrap();
    let overdue = leader.get(&app.at("/links?review=overdue")).await;
    assert_eq!(overdue.count("tbody tr"), 1);

    let (before, day) = (today(&app) - Days::new(1), today(&app));
    let form = |day: NaiveDate, purpose: &str| {
        format!(
            "version=1&kind=depends_on&purpose={purpose}&from_liaison=&to_liaison=&review_on={day}"
        )
    };
    let refused = leader.post(&way, &form(before - Days::new(1), "x")).await;
    assert_eq!(refused.error_code(), "review_date_past");
    leader.post(&way, &form(before, "Kept day")).await.assert_redirect();
    let next = form(day, "New day").replace("version=1", "version=2");
    leader.post(&way, &next).await.assert_redirect();
    assert_eq!(way, app.at(&format!("/links/{link}/edit")));
    assert_eq!(leader.get(&app.at("/links?review=overdue")).await.count("tbody tr"), 0);
}

#[tokio::test]
async fn an_overdue_link_is_kept_for_half_a_year_by_one_click_of_a_designer() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    let there = app.at(&format!("/links/{link}"));
    let keep = format!("{there}/keep");
    let early = app.leader("Hana Sato").await.get(&there).await;
    assert_eq!((early.status, early.count("main .banner")), (StatusCode::OK, 0));
    app.clock().advance(chrono::TimeDelta::days(101));
    let (mut leader, mut plain) = (app.leader("Ruth Abara").await, app.member("Wei Zhang").await);
    let day = async || -> NaiveDate {
        let day = sqlx::query_scalar("select review_on from link where id = $1").bind(link);
        day.fetch_one(&app.pool).await.unwrap()
    };
    let before = day().await;

    let asked = plain.get(&there).await;
    assert_eq!((asked.status, asked.count("main .banner")), (StatusCode::OK, 0));
    assert_eq!(plain.post(&keep, "version=1").await.status, StatusCode::FORBIDDEN);
    let page = leader.get(&there).await;
    let next = today(&app).checked_add_months(chrono::Months::new(6)).unwrap();
    assert!(page.text("main .banner button").starts_with("Keep it until "));
    assert_eq!(page.attribute("main .banner time", "datetime"), Some(next.to_string()));
    assert_eq!(page.attribute("main .banner form", "action").as_ref(), Some(&keep));
    let version = page.attribute("main .banner [name=version]", "value").unwrap();
    let late = leader.post(&keep, "version=0").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.error_code(), "changed_meanwhile");
    assert_eq!(late.attribute("#review_on", "value"), Some(next.to_string()));
    assert_eq!((day().await, given::events(&app, "link_changed").await), (before, 0));

    let kept = leader.post(&keep, &format!("version={version}")).await;
    assert_eq!(kept.assert_redirect(), there);
    let page = leader.get(&there).await;
    assert!(page.text(".toast .txt").starts_with("The link is kept until "));
    assert_eq!((page.count("main .banner"), day().await), (0, next));
    assert_eq!(given::events(&app, "link_changed").await, 1);
    let reason = Reason::parse("Not needed.").unwrap();
    service::end(&app.pool, &app.founder(), link, 2, &reason).await.unwrap();
    let ended = leader.post(&keep, "version=3").await;
    assert_eq!(ended.error_code(), "link_ended");
}

#[tokio::test]
async fn a_squad_without_links_is_an_island_until_it_has_one() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let (mut leader, mut member) = (app.leader("Ruth Abara").await, app.member("Wei Zhang").await);

    let page = leader.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(
        page.attribute("[data-code=S7] .btn", "href").unwrap(),
        app.at(&format!("/links/new?from={squad}"))
    );
    let page = member.get(&app.at("/squads/fair-bills")).await;
    assert_eq!((page.count("[data-code=S7]"), page.count("[data-code=S7] .btn")), (1, 0));
    given::linked(&app, core, LinkKind::Informs, squad).await;
    let page = leader.get(&app.at("/squads/fair-bills")).await;
    assert_eq!(page.count("[data-code=S7]"), 0);
}

#[tokio::test]
async fn the_list_is_narrowed_and_the_matrix_says_who_is_linked_to_whom() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let other = given::squad(&app, "Move-in").await;
    let mut member = app.member("Wei Zhang").await;
    assert_eq!(member.get(&app.at("/links")).await.text(".empty h3"), "No links yet");
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    given::linked(&app, other, LinkKind::HandsOverTo, squad).await;

    let count = async |member: &mut crate::harness::Visitor, query: &str| {
        member.get(&app.at(&format!("/links?{query}"))).await.count("tbody tr")
    };
    assert_eq!(count(&mut member, "").await, 2);
    assert_eq!(count(&mut member, &format!("team={core}")).await, 1);
    assert_eq!(count(&mut member, &format!("team={squad}")).await, 2);
    assert_eq!(count(&mut member, "kind=hands_over_to").await, 1);
    assert_eq!(count(&mut member, "kind=informs").await, 0);
    assert_eq!(count(&mut member, "page=2").await, 0);
    let matrix = member.get(&app.at("/links?view=matrix")).await;
    assert_eq!(matrix.count("tbody tr"), 3);
    assert_eq!(
        matrix.attribute(".tie", "aria-label").as_deref(),
        Some("Fair Bills depends on Payments")
    );
    assert_eq!(matrix.attribute(".tie", "href"), Some(app.at(&format!("/links/{link}"))));

    let map = member.get(&app.at("/constellation")).await;
    assert_eq!(map.count("svg.sky path.need"), 1);
    assert_eq!(map.count("svg.sky path.hand"), 1);
    let matrix = member.get(&app.at("/constellation?view=matrix")).await;
    assert_eq!(matrix.count("tbody .tie"), 2);
}

#[tokio::test]
async fn a_form_that_arrives_twice_makes_one_link() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let mut leader = app.leader("Ruth Abara").await;
    let form = format!(
        "key={}&from={squad}&to={core}&kind=informs&purpose=Outages&review_on={}",
        trellis::web::new_key(),
        today(&app)
    );

    leader.post(&app.at("/links"), &form).await.assert_redirect();
    leader.post(&app.at("/links"), &form).await.assert_redirect();

    assert_eq!(given::events(&app, "link_made").await, 1);
}

#[tokio::test]
async fn of_two_who_make_the_same_link_at_once_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;

    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(squad)
        .execute(&mut *held)
        .await
        .unwrap();
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let new = given::link(&app, squad, LinkKind::DependsOn, core);
            let (pool, actor, day) = (app.pool.clone(), app.founder(), today(&app));
            tokio::spawn(async move { service::create(&pool, &actor, day, &new).await })
        })
        .collect();
    somebody_waits(&app.pool).await;
    held.rollback().await.unwrap();
    let mut refused = vec![];
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(Error::Refused(refusal)) => refused.push(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }

    assert_eq!(refused.len(), 1);
    let refusal = refused.remove(0);
    assert_eq!(
        refusal.message,
        "“Fair Bills depends on Payments” is there already. Change that link, or choose another kind."
    );
    assert_eq!((refusal.field, refusal.is_conflict), (Some("kind"), true));
    assert_eq!(given::events(&app, "link_made").await, 1);
}

#[tokio::test]
async fn a_team_that_is_being_dissolved_gets_no_link_meanwhile() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;

    let mut dissolving = app.pool.begin().await.unwrap();
    sqlx::query("update team set state = 'dissolved' where id = $1")
        .bind(core)
        .execute(&mut *dissolving)
        .await
        .unwrap();
    let new = given::link(&app, squad, LinkKind::DependsOn, core);
    let (pool, actor, day) = (app.pool.clone(), app.founder(), today(&app));
    let linking = tokio::spawn(async move { service::create(&pool, &actor, day, &new).await });
    somebody_waits(&app.pool).await;
    dissolving.commit().await.unwrap();

    assert_eq!(code(linking.await.unwrap()), "team_dissolved");
}

#[tokio::test]
async fn two_teams_that_are_linked_twice_can_be_dissolved_at_once() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    given::linked(&app, core, LinkKind::Informs, squad).await;

    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from link where id = $1 for update")
        .bind(link)
        .execute(&mut *held)
        .await
        .unwrap();
    let reason = Reason::parse("Done.").unwrap();
    let versions = [version(&app, "team", squad.0).await, version(&app, "team", core.0).await];
    let (pool, actor, why) = (app.pool.clone(), app.founder(), reason.clone());
    let one = tokio::spawn(async move {
        squads::service::dissolve(&pool, &actor, squad, versions[0], &why).await
    });
    let (pool, actor) = (app.pool.clone(), app.founder());
    let two = tokio::spawn(async move {
        core_teams::service::dissolve(&pool, &actor, core, versions[1], &reason).await
    });
    somebody_waits(&app.pool).await;
    held.rollback().await.unwrap();

    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    assert_well(&app).await;
}

#[tokio::test]
async fn a_rename_is_seen_in_the_links() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let link = given::linked(&app, squad, LinkKind::DependsOn, core).await;
    let changes = squads::SquadChanges {
        name: SquadName::parse("Clear Bills").unwrap(),
        pattern: squads::Pattern::Own,
        description: squads::Description::parse("").unwrap(),
    };
    let version = version(&app, "team", squad.0).await;

    squads::service::update(&app.pool, &app.founder(), squad, version, &changes).await.unwrap();

    let page = app.leader("Ruth Abara").await.get(&app.at(&format!("/links/{link}"))).await;
    assert_eq!(page.text("h1"), "Clear Bills depends on Payments");
}

#[tokio::test]
async fn a_review_is_within_two_years_on_the_page_and_behind_it() {
    let app = TestApp::new().await;
    let (squad, _, core) = two(&app).await;
    let mut leader = app.leader("Ruth Abara").await;
    let last = today(&app).checked_add_months(chrono::Months::new(24)).unwrap();
    let form = |day: &str| {
        let day = day.replace('+', "%2B");
        format!(
            "from={squad}&to={core}&kind=informs&purpose=News&from_liaison=&to_liaison=&review_on={day}"
        )
    };

    let page = leader.get(&app.at(&format!("/links/new?from={squad}&to={core}"))).await;
    assert_eq!(page.attribute("#review_on", "max"), Some(last.to_string()));
    for far in [last.succ_opt().unwrap().to_string(), "+262000-01-01".to_owned()] {
        let refused = leader.post(&app.at("/links"), &form(&far)).await;
        assert_eq!(refused.error_code(), "review_date_far", "{far}");
        assert_eq!(
            refused.text("#review_on-error"),
            "Choose a day for the review within the next two years."
        );
    }
    leader.post(&app.at("/links"), &form(&last.to_string())).await.assert_redirect();
}
