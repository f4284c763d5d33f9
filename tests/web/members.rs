//! Members: the list and its filters, adding, the profile, leaving the organization.

use axum::http::StatusCode;
use sqlx::Row;
use trellis::actor::Role;
use trellis::ids::{MemberId, TeamId};
use trellis::skills::options;
use trellis::squads::service as squads;
use trellis::squads::{Allocation, Description, NewMembership, NewSquad, Pattern, SquadName};

use crate::harness::{TestApp, Visitor};

fn of(app: &TestApp, member: MemberId, last: &str) -> String {
    app.at(&format!("/members/{member}{last}"))
}

async fn squad(app: &TestApp, name: &str, members: &[MemberId], share: i16) -> TeamId {
    let leader = app.founder();
    let new = NewSquad {
        name: SquadName::parse(name).unwrap(),
        pattern: Pattern::Geographic,
        description: Description::parse("").unwrap(),
    };
    let team = squads::create(&app.pool, &leader, &new).await.unwrap();
    let all: Vec<_> = members
        .iter()
        .map(|member| NewMembership {
            member: *member,
            allocation: Allocation::new(share).unwrap(),
            hats: vec![],
        })
        .collect();
    squads::add_members(&app.pool, &leader, team, &all).await.unwrap();
    team
}

/// Gives a squad its mission and goal metric, and makes it active.
async fn activate(app: &TestApp, team: TeamId) {
    let event: uuid::Uuid =
        sqlx::query_scalar("select id from event where $1 = any (subjects) limit 1")
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let organization = app.tenant().organization_id();
    sqlx::query(
        "insert into mission (organization_id, team_id, version, customer, value, success, review_on, author_id, at, event_id) \
         values ($1, $2, 1, 'Tenants', 'A warm home', 'No complaint', '2030-01-01', $3, $4, $5)",
    )
    .bind(organization)
    .bind(team)
    .bind(app.founder.member)
    .bind(app.clock().now())
    .bind(event)
    .execute(&app.pool)
    .await
    .unwrap();
    sqlx::query(
        "insert into metric (organization_id, id, team_id, name, kind, direction, target, cadence_days, is_goal, created_at) \
         values ($1, $2, $3, 'Warm homes', 'customer_value', 'up', 90, 7, true, $4)",
    )
    .bind(organization)
    .bind(uuid::Uuid::now_v7())
    .bind(team)
    .bind(app.clock().now())
    .execute(&app.pool)
    .await
    .unwrap();
    let version: i32 =
        sqlx::query_scalar("update team set mission_version = 1 where id = $1 returning version")
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    squads::activate(&app.pool, &app.founder(), team, version).await.unwrap();
}

async fn state(app: &TestApp, team: TeamId) -> (String, i32) {
    let row = sqlx::query("select state, member_count from team where id = $1")
        .bind(team)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

async fn event_count(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from event").fetch_one(&app.pool).await.unwrap()
}

async fn names(app: &TestApp, visitor: &mut Visitor, query: &str) -> Vec<String> {
    let page = visitor.get(&app.at(&format!("/members?{query}"))).await;
    page.assert_ok();
    page.texts("tbody th .who > span:last-child")
}

/// Ada (data), Bo (design, "UX lead") and Cy (sales), without users.
async fn three(app: &TestApp, leader: &mut Visitor) -> [MemberId; 3] {
    let lines = "Ada Vik, ada@example.org, data%0ABo Lie, bo@example.org, design, UX lead%0ACy Dahl,, sales";
    leader.post(&app.at("/members/several"), &format!("lines={lines}")).await.assert_redirect();
    let mut ids = vec![];
    for name in ["Ada Vik", "Bo Lie", "Cy Dahl"] {
        let id = sqlx::query_scalar("select id from member where name = $1");
        ids.push(id.bind(name).fetch_one(&app.pool).await.unwrap());
    }
    ids.try_into().unwrap()
}

#[tokio::test]
async fn search_looks_at_names_and_titles_and_for_admins_at_addresses() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    three(&app, &mut leader).await;
    let mut admin = app.admin().await;

    assert_eq!(names(&app, &mut leader, "q=vik").await, ["Ada Vik"]);
    assert_eq!(names(&app, &mut leader, "q=ux+LEAD").await, ["Bo LieUX lead"]);
    assert_eq!(names(&app, &mut admin, "q=bo@example").await.len(), 1);
    assert!(
        names(&app, &mut leader, "q=bo@example").await.is_empty(),
        "an address is account data"
    );
    let none = leader.get(&app.at("/members?q=nobody")).await;
    assert_eq!(none.text(".empty h3"), "Nobody matches");
}

#[tokio::test]
async fn each_filter_narrows_the_list() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let [ada, bo, cy] = three(&app, &mut leader).await;
    let team = squad(&app, "Otters", &[ada, bo], 80).await;
    let analyze = options(&app.pool, app.tenant()).await.unwrap()[0].id;
    for (member, level) in [(ada, 3), (bo, 2)] {
        let form = format!("skill={analyze}&level={level}&seen=0");
        leader.post(&of(&app, member, "/skills"), &form).await.assert_redirect();
    }
    let form = "reason=Moved+on&version=1";
    leader.post(&of(&app, cy, "/deactivate"), form).await.assert_redirect();

    assert_eq!(names(&app, &mut leader, "discipline=DESIGN").await, ["Bo LieUX lead"]);
    assert_eq!(names(&app, &mut leader, &format!("skill={analyze}")).await.len(), 2);
    assert_eq!(names(&app, &mut leader, &format!("skill={analyze}&level=3")).await, ["Ada Vik"]);
    assert_eq!(names(&app, &mut leader, &format!("team={team}")).await.len(), 2);
    assert_eq!(names(&app, &mut leader, "free=20&user=without").await.len(), 2);
    assert!(names(&app, &mut leader, "free=50&user=without").await.is_empty());
    assert_eq!(names(&app, &mut leader, "user=with").await, ["Ingrid Solheim", "Lea"]);
    assert_eq!(names(&app, &mut leader, "state=deactivated").await, ["Cy Dahl"]);
    let unreadable = leader.get(&app.at("/members?skill=x&level=9&team=y&free=200&after=z")).await;
    unreadable.assert_ok();
}

#[tokio::test]
async fn the_list_says_how_much_of_a_member_is_free() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let [ada, bo, _] = three(&app, &mut leader).await;
    squad(&app, "Otters", &[ada], 80).await;
    squad(&app, "Herons", &[ada, bo], 50).await;

    let page = leader.get(&app.at("/members?user=without")).await;

    let free = page.texts("tbody td.num");
    assert_eq!(free, ["0 %", "50 %", "100 %"], "over 100 % nothing is free");
    assert_eq!(page.text("tbody .strong"), "130 %");
}

#[tokio::test]
async fn pages_of_50_lead_forth_and_back_and_keep_the_filter() {
    let app = TestApp::new().await;
    app.people(101).await;
    let mut leader = app.leader("Zoe").await;
    let open = "/members?q=person";

    let first = leader.get(&app.at(open)).await;
    let second = leader.get(&first.attribute("a[rel=next]", "href").unwrap()).await;
    let third = leader.get(&second.attribute("a[rel=next]", "href").unwrap()).await;
    let back = leader.get(&third.attribute("a[rel=prev]", "href").unwrap()).await;
    let start = leader.get(&back.attribute("a[rel=prev]", "href").unwrap()).await;

    let shown = |page: &crate::harness::Answer| {
        let rows = page.texts("tbody th .who");
        (rows.len(), rows.first().cloned().unwrap_or_default())
    };
    assert_eq!(first.text(".sub"), "101 members match.");
    assert_eq!(first.count("a[rel=prev]"), 0);
    assert_eq!(shown(&second).0, 50);
    assert_eq!((shown(&third).0, third.count("a[rel=next]")), (1, 0));
    assert_eq!(shown(&back), shown(&second));
    assert_eq!((shown(&start), start.count("a[rel=prev]")), (shown(&first), 0));
}

#[tokio::test]
async fn a_member_is_added_with_one_event_that_keeps_the_address_to_itself() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let form =
        "name=Ada+Vik&email=Ada@Example.org&discipline=data&title=Analyst&time_zone=Europe/Oslo";

    let answer = leader.post(&app.at("/members"), form).await;

    let page = leader.get(answer.assert_redirect()).await;
    assert_eq!(page.text("h1"), "Ada Vik");
    assert!(page.text("dl.facts").contains("Europe/Oslo"));
    assert!(!page.html.contains("ada@example.org"), "a leader does not see the address");
    let event: String =
        sqlx::query_scalar("select (event.*)::text from event where kind = 'member_added'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert!(!event.contains("example.org"), "{event}");
}

#[tokio::test]
async fn a_taken_address_and_a_wrong_time_zone_are_refused_beside_their_fields() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    three(&app, &mut leader).await;

    let taken = leader.post(&app.at("/members"), "name=Eve&email=ADA@example.org").await;
    let zone = leader.post(&app.at("/members"), "name=Eve&time_zone=Europe/Atlantis").await;

    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.text("#email-error").starts_with("Another member has this e-mail address"));
    assert_eq!(taken.attribute("#name", "value").unwrap(), "Eve");
    assert_eq!(zone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(zone.text("#time_zone-error").contains("Europe/Oslo"));
}

#[tokio::test]
async fn names_that_are_there_already_are_added_once_somebody_says_so() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Aisha").await;
    app.person("Bo Lindqvist", "design").await;
    let path = app.at("/members/several");
    let lines = "lines=bo+lindqvist%0AEve%0AEVE";

    let asked = leader.post(&path, lines).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(asked.error_code(), "members_namesakes");
    let hint = asked.text("#namesakes-error");
    assert!(hint.starts_with("Line 1 (“bo lindqvist”): a member has this name already."), "{hint}");
    assert!(hint.contains("Line 3 (“EVE”): the same name as in line 2."), "{hint}");
    assert!(asked.html.contains("bo lindqvist\nEve\nEVE"), "what was typed is kept");
    let nameless = leader.post(&path, "lines=Ada%0A%3B%3B%3B").await;
    assert_eq!(
        nameless.text("#lines-error"),
        "Line 2 (“;;;”): Write the name with letters. Nobody was added."
    );

    let added = leader.post(&path, &format!("{lines}&namesakes=on")).await;
    added.assert_redirect();
    let found = leader.get(&app.at("/members?q=bo+lindqvist")).await;
    assert_eq!(found.count("tbody tr"), 2);
}

#[tokio::test]
async fn one_member_with_a_name_that_is_there_is_added_once_somebody_says_so() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let path = app.at("/members");
    leader.post(&path, "name=Bo+Lindqvist").await.assert_redirect();

    let asked = leader.post(&path, "name=bo+lindqvist&title=Analyst").await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(asked.error_code(), "members_namesakes");
    assert_eq!(
        asked.text("#namesakes-error"),
        "A member has this name already. Tick the box if this is somebody else."
    );
    assert_eq!(asked.attribute("[name=title]", "value").as_deref(), Some("Analyst"));
    leader.post(&path, "name=bo+lindqvist&namesakes=on").await.assert_redirect();
    let found = leader.get(&app.at("/members?q=bo+lindqvist")).await;
    assert_eq!(found.count("tbody tr"), 2);
}

#[tokio::test]
async fn several_are_added_at_once_with_one_event() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let before = event_count(&app).await;

    three(&app, &mut leader).await;

    assert_eq!(event_count(&app).await, before + 1);
    let events = leader.get(&of(&app, leader.id(), "")).await;
    assert!(events.html.contains("Lea"));
    let summary: String =
        sqlx::query_scalar("select summary from event where kind = 'members_added'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(summary, "added Ada Vik, Bo Lie and 1 more as members");
}

#[tokio::test]
async fn if_one_line_is_wrong_nobody_is_added_and_the_text_is_kept() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    three(&app, &mut leader).await;

    let wrong = leader.post(&app.at("/members/several"), "lines=Eve%0AFay,+nowhere").await;
    let taken = leader.post(&app.at("/members/several"), "lines=Eve%0AFay,+bo@example.org").await;

    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        wrong.text("#lines-error"),
        "Line 2 (“Fay, nowhere”): Write an e-mail address like name@example.org. Nobody was added."
    );
    assert_eq!(wrong.text("textarea"), "Eve Fay, nowhere");
    assert!(
        taken
            .text("#lines-error")
            .starts_with("Line 2 (“Fay, bo@example.org”): Another member has this e-mail")
    );
    assert!(names(&app, &mut leader, "q=eve").await.is_empty());
}

#[tokio::test]
async fn a_member_adds_nobody() {
    let app = TestApp::new().await;
    let mut member = app.member("Mona").await;
    for path in ["/members/new", "/members/several"] {
        assert_eq!(member.get(&app.at(path)).await.status, StatusCode::FORBIDDEN);
    }
    for (path, form) in [("/members", "name=Eve"), ("/members/several", "lines=Eve")] {
        assert_eq!(member.post(&app.at(path), form).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(member.get(&app.at("/members")).await.count(r#"a[href$="/several"]"#), 0);
}

#[tokio::test]
async fn an_address_is_shown_to_admins_and_to_oneself() {
    let app = TestApp::new().await;
    let mut mona = app.member("Mona").await;
    let path = of(&app, mona.id(), "");

    assert_eq!(mona.get(&path).await.count("a[href^='mailto:']"), 1);
    assert_eq!(app.admin().await.get(&path).await.count("a[href^='mailto:']"), 1);
    assert_eq!(app.leader("Lea").await.get(&path).await.count("a[href^='mailto:']"), 0);
    assert_eq!(app.member("Max").await.get(&path).await.count("a[href^='mailto:']"), 0);
}

#[tokio::test]
async fn a_profile_is_edited_by_oneself_and_by_designers() {
    let app = TestApp::new().await;
    let (mut mona, mut max) = (app.member("Mona").await, app.member("Max").await);
    let mut leader = app.leader("Lea").await;
    let path = of(&app, mona.id(), "/edit");
    let email: String = sqlx::query_scalar("select email from member where name = 'Mona'")
        .fetch_one(&app.pool)
        .await
        .unwrap();

    mona.post(&path, "name=Mona+Lund&title=Analyst&version=1").await.assert_redirect();
    leader.post(&path, "name=Mona+Lund&title=Lead&version=2").await.assert_redirect();
    let stranger = max.post(&path, "name=X&version=3").await;
    let address = leader.post(&path, "name=Mona&email=other@example.org&version=3").await;

    assert_eq!(max.get(&path).await.status, StatusCode::FORBIDDEN);
    assert_eq!((stranger.status, address.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    let page = mona.get(&of(&app, mona.id(), "")).await;
    assert!(page.text("header.head").contains("Lead"));
    assert_eq!(page.text("a[href^='mailto:']"), email, "who may not change it leaves it as it is");
}

#[tokio::test]
async fn a_conflict_shows_both_texts() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let [ada, ..] = three(&app, &mut leader).await;
    let mut other = app.leader("Leo").await;
    let path = of(&app, ada, "/edit");
    leader
        .post(&path, "name=Ada+Vik&title=Analyst&discipline=data&version=1")
        .await
        .assert_redirect();

    let late = other.post(&path, "name=Ada+Vik&title=Scientist&discipline=data&version=1").await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.attribute("#title", "value").unwrap(), "Scientist");
    assert_eq!(late.text("#title-now"), "Now saved: Analyst");
    assert_eq!(late.count("#name-now"), 0, "what is the same is not said twice");
    assert_eq!(late.attribute("[name=version]", "value").unwrap(), "2");
}

#[tokio::test]
async fn what_leaving_does_to_squads_is_shown_before_it_happens() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let (six, seven) = (
        squad(&app, "Otters", &people[..6], 50).await,
        squad(&app, "Herons", &people[..7], 50).await,
    );
    activate(&app, six).await;
    activate(&app, seven).await;
    let mut leader = app.leader("Lea").await;

    let page = leader.get(&of(&app, people[0], "/deactivate")).await;

    let rows = page.texts("tbody tr");
    assert!(rows[0].contains("Herons 7 → 6stays as it is"), "{rows:?}");
    assert!(rows[1].contains("Otters 6 → 5Returns to forming"), "{rows:?}");
    assert_eq!(state(&app, six).await, ("active".to_owned(), 6), "a page changes nothing");
}

#[tokio::test]
async fn leaving_returns_a_squad_of_6_to_forming_with_exactly_one_event() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let six = squad(&app, "Otters", &people[..6], 50).await;
    let seven = squad(&app, "Herons", &people[..7], 50).await;
    activate(&app, six).await;
    activate(&app, seven).await;
    let mut leader = app.leader("Lea").await;
    let before = event_count(&app).await;

    let answer =
        leader.post(&of(&app, people[0], "/deactivate"), "reason=Moved+on&version=1").await;

    let page = leader.get(answer.assert_redirect()).await;
    assert!(page.text(".toast").contains("Otters returned to forming."));
    assert_eq!(state(&app, six).await, ("forming".to_owned(), 5));
    assert_eq!(state(&app, seven).await, ("active".to_owned(), 6));
    assert_eq!(event_count(&app).await, before + 1);
    let event = sqlx::query("select before::text, after::text, reason, subjects from event where kind = 'member_deactivated'")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert!(
        event.get::<String, _>(0).contains("Otters")
            && event.get::<String, _>(1).contains("forming")
    );
    assert_eq!(event.get::<String, _>(2), "Moved on");
    assert!(event.get::<Vec<uuid::Uuid>, _>(3).contains(&six.0));
}

#[tokio::test]
async fn leaving_asks_for_a_reason() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Lea").await;
    let [ada, ..] = three(&app, &mut leader).await;

    let answer = leader.post(&of(&app, ada, "/deactivate"), "reason=+&version=1").await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.text("#reason-error"), "Fill in the reason.");
}

#[tokio::test]
async fn whoever_is_deactivated_is_signed_out_and_comes_back_without_teams() {
    let app = TestApp::new().await;
    let (mut mona, mut leader) = (app.member("Mona").await, app.leader("Lea").await);
    squad(&app, "Otters", &[mona.id()], 50).await;

    leader
        .post(&of(&app, mona.id(), "/deactivate"), "reason=Leave&version=1")
        .await
        .assert_redirect();
    let shut = mona.get(&app.at("/members")).await;
    leader.post(&of(&app, mona.id(), "/reactivate"), "version=2").await.assert_redirect();

    assert!(shut.assert_redirect().starts_with("/sign-in"));
    let page = leader.get(&of(&app, mona.id(), "")).await;
    assert!(page.text("section[aria-labelledby=teams]").contains("In no team at the moment."));
    assert!(page.text("details").contains("Otters"), "the history stays");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    let path = of(&app, admin.id(), "/deactivate");

    let asked = admin.get(&path).await;
    let refused = admin.post(&path, "reason=Tired&version=1").await;

    assert!(asked.text(".banner").contains("is the last admin"));
    assert_eq!(asked.count("button.danger"), 0);
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(names(&app, &mut admin, "state=deactivated").await.is_empty());
}

#[tokio::test]
async fn two_admins_may_let_one_go_and_a_leader_lets_no_admin_go() {
    let app = TestApp::new().await;
    let (mut admin, mut leader) = (app.admin().await, app.leader("Lea").await);
    let second = app.member_with("Ann", &[Role::Admin]).await;
    let path = of(&app, second.id(), "/deactivate");

    assert_eq!(leader.get(&path).await.status, StatusCode::FORBIDDEN);
    let refused = leader.post(&path, "reason=Coup&version=1").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    admin.post(&path, "reason=Left&version=1").await.assert_redirect();
    let back = leader.post(&of(&app, second.id(), "/reactivate"), "version=2").await;
    assert_eq!(back.status, StatusCode::FORBIDDEN, "nobody gives more than they have");
}

#[tokio::test]
async fn a_member_deactivates_nobody() {
    let app = TestApp::new().await;
    let (mut mona, max) = (app.member("Mona").await, app.member("Max").await);
    for member in [mona.id(), max.id()] {
        let path = of(&app, member, "/deactivate");
        assert_eq!(mona.get(&path).await.status, StatusCode::FORBIDDEN);
        let sent = mona.post(&path, "reason=Why&version=1").await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn another_organizations_members_do_not_exist() {
    let app = TestApp::new().await;
    let member = app.member("Mona").await.id();
    let mut stranger = app.stranger().await;
    let slug: String = sqlx::query_scalar("select slug from organization where id = $1")
        .bind(stranger.actor().tenant.organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap();

    for org in [app.slug.clone(), slug] {
        for last in ["", "/edit", "/deactivate", "/skills"] {
            let answer = stranger.get(&format!("/o/{org}/members/{member}{last}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{org} {last}");
        }
        for (last, form) in [
            ("/edit", "name=X&version=1"),
            ("/deactivate", "reason=X&version=1"),
            ("/reactivate", "version=1"),
        ] {
            let answer = stranger.post(&format!("/o/{org}/members/{member}{last}"), form).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{org} {last}");
        }
    }
}
