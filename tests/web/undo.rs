//! Tests of undo: each inverse, the refusals, and two who undo at once.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;
use sqlx::PgPool;
use tokio::time::sleep;
use trellis::actor::Actor;
use trellis::ids::{EventId, HatId, LinkId, MemberId, MembershipId, SkillId, TeamId};
use trellis::links::{self, LinkKind};
use trellis::missions::service::write;
use trellis::skills::{Level, Rating, SkillDescription, SkillName};
use trellis::squads::{
    Allocation, Description, Need, NewMembership, Pattern, SquadChanges, SquadName,
};
use trellis::text::Reason;
use trellis::{core_teams, members, metrics, missions, skills, squads};

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

/// The newest event.
async fn newest(app: &TestApp) -> EventId {
    sqlx::query_scalar("select id from event where organization_id = $1 order by seq desc limit 1")
        .bind(app.tenant().organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

async fn count_events(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from event").fetch_one(&app.pool).await.unwrap()
}

/// Undoes an event and answers the notice of the next page.
async fn undo(app: &TestApp, visitor: &mut Visitor, event: EventId) -> String {
    let before = count_events(app).await;
    let answer = visitor.post(&app.at(&format!("/undo/{event}")), "").await;
    let to = answer.assert_redirect().to_owned();
    let page = visitor.get(&to).await;
    let said = page.text(".toast .txt");
    let events = i64::from(said.starts_with("Undone: ") || said.starts_with("Done again: "));
    assert_eq!(count_events(app).await - before, events, "an undo is one event: {said}");
    said
}

/// Undoes the newest event, which has to work.
async fn undo_newest(app: &TestApp, visitor: &mut Visitor) {
    let event = newest(app).await;
    let said = undo(app, visitor, event).await;
    assert!(said.starts_with("Undone: ") || said.starts_with("Done again: "), "{said}");
    let undone: EventId = sqlx::query_scalar("select undoes from event where id = $1")
        .bind(newest(app).await)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(undone, event, "the undo names what it undid");
}

/// Who is in a team: name, share, hats.
async fn inside(app: &TestApp, team: TeamId) -> Vec<String> {
    sqlx::query_scalar(
        "select m.name || ' ' || x.allocation || coalesce((select ' ' || string_agg(h.name, ',' order by h.name) \
         from membership_hat w join hat h on h.id = w.hat_id where w.membership_id = x.id), '') \
         from membership x join member m on m.id = x.member_id where x.team_id = $1 and x.until_at is null order by m.name",
    )
    .bind(team)
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

async fn membership(app: &TestApp, team: TeamId, member: MemberId) -> MembershipId {
    sqlx::query_scalar(
        "select id from membership where team_id = $1 and member_id = $2 and until_at is null",
    )
    .bind(team)
    .bind(member)
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

async fn hat(app: &TestApp, name: &str) -> HatId {
    let hat = sqlx::query_scalar("select id from hat where organization_id = $1 and name = $2");
    hat.bind(app.tenant().organization_id()).bind(name).fetch_one(&app.pool).await.unwrap()
}

async fn text(app: &TestApp, sql: &'static str, id: impl Into<uuid::Uuid>) -> String {
    sqlx::query_scalar(sql).bind(id.into()).fetch_one(&app.pool).await.unwrap()
}

async fn state(app: &TestApp, team: TeamId) -> String {
    text(app, "select state from team where id = $1", team.0).await
}

async fn join_as(app: &TestApp, team: TeamId, member: MemberId, percent: i16, hats: &[HatId]) {
    let new = NewMembership {
        member,
        allocation: Allocation::new(percent).unwrap(),
        hats: hats.to_vec(),
    };
    squads::service::add_members(&app.pool, &given::designer(app), team, &[new]).await.unwrap();
}

fn reason() -> Reason {
    Reason::parse("Because").unwrap()
}

#[tokio::test]
async fn whoever_was_added_leaves_again_all_of_them_in_one_step() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let people = app.people(3).await;
    given::join(&app, team, &people[..1]).await;
    given::join(&app, team, &people[1..]).await;
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(inside(&app, team).await, ["Person 000 50"]);
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await.len(), 3, "to undo the undo does it again");
}

#[tokio::test]
async fn whoever_was_removed_comes_back_with_share_and_hats() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    join_as(&app, team, person, 70, &[hat(&app, "UX").await, hat(&app, "Analyst").await]).await;
    let id = membership(&app, team, person).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(inside(&app, team).await, ["Clara 70 Analyst,UX"]);
}

#[tokio::test]
async fn whoever_was_moved_goes_back_and_the_other_squad_has_them_no_more() {
    let app = TestApp::new().await;
    let (from, to) = (given::squad(&app, "Otters").await, given::squad(&app, "Foxes").await);
    let person = app.person("Clara", "design").await;
    join_as(&app, from, person, 70, &[hat(&app, "UX").await]).await;
    let id = membership(&app, from, person).await;
    let share = Allocation::new(30).unwrap();
    squads::service::move_member(&app.pool, &given::designer(&app), id, to, share).await.unwrap();
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(
        (inside(&app, from).await, inside(&app, to).await),
        (vec!["Clara 70 UX".to_owned()], vec![])
    );
    undo_newest(&app, &mut leader).await;
    assert_eq!(
        (inside(&app, from).await, inside(&app, to).await),
        (vec![], vec!["Clara 30".to_owned()])
    );
}

#[tokio::test]
async fn a_swap_is_undone_in_a_full_squad_and_in_an_active_one_of_six() {
    let app = TestApp::new().await;
    let full = given::squad(&app, "Otters").await;
    let people = app.people(11).await;
    given::join(&app, full, &people[..10]).await;
    let active = given::active(&app, "Foxes").await;
    let mut leader = app.leader("Ruth").await;

    for team in [full, active] {
        let before = inside(&app, team).await;
        let out: MemberId = sqlx::query_scalar(
            "select member_id from membership where team_id = $1 and until_at is null limit 1",
        )
        .bind(team)
        .fetch_one(&app.pool)
        .await
        .unwrap();
        let id = membership(&app, team, out).await;
        let share = Allocation::new(20).unwrap();
        squads::service::swap(&app.pool, &given::designer(&app), id, people[10], share, &[])
            .await
            .unwrap();
        assert_ne!(inside(&app, team).await, before);

        undo_newest(&app, &mut leader).await;

        assert_eq!(inside(&app, team).await, before);
    }
}

#[tokio::test]
async fn an_undo_keeps_to_the_sizes_of_squads() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let people = app.people(11).await;
    given::join(&app, team, &people[..10]).await;
    let id = membership(&app, team, people[0]).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let removed = newest(&app).await;
    given::join(&app, team, &people[10..]).await;
    let mut leader = app.leader("Ruth").await;

    let said = undo(&app, &mut leader, removed).await;
    assert!(said.starts_with("Otters is full"), "{said}");

    let active = given::ready(&app, "Foxes").await;
    let seventh = app.person("Seventh", "design").await;
    given::join(&app, active, &[seventh]).await;
    let added = newest(&app).await;
    let version = sqlx::query_scalar("select version from team where id = $1").bind(active);
    let version: i32 = version.fetch_one(&app.pool).await.unwrap();
    let designer = given::designer(&app);
    squads::service::activate(&app.pool, &designer, active, version).await.unwrap();
    let first: MemberId = sqlx::query_scalar("select member_id from membership where team_id = $1 and until_at is null and member_id <> $2 limit 1")
        .bind(active).bind(seventh).fetch_one(&app.pool).await.unwrap();
    let id = membership(&app, active, first).await;
    squads::service::remove_member(&app.pool, &designer, id, None).await.unwrap();
    let said = undo(&app, &mut leader, added).await;
    assert!(said.starts_with("Foxes is active and has 6 members"), "{said}");
    assert_eq!(inside(&app, active).await.len(), 6);
}

#[tokio::test]
async fn a_share_and_hats_are_as_before_unless_somebody_edited_them_since() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    let ux = hat(&app, "UX").await;
    join_as(&app, team, person, 70, &[ux]).await;
    let added = newest(&app).await;
    let id = membership(&app, team, person).await;
    let ruth = app.leader("Ruth").await;
    let edit = async |version: i32, percent: i16, actor: Actor| {
        let share = Allocation::new(percent).unwrap();
        squads::service::update_membership(&app.pool, &actor, id, version, share, &[])
            .await
            .unwrap();
        newest(&app).await
    };
    let mut leader = app.leader("Ravi").await;
    let first = edit(1, 20, given::designer(&app)).await;
    edit(2, 40, ruth.actor()).await;

    assert_eq!(
        undo(&app, &mut leader, first).await,
        "Ruth changed this since: edited the membership of Clara in Otters. Undo that first, or change it by hand."
    );
    let said = undo(&app, &mut leader, added).await;
    assert!(said.starts_with("The membership of Clara in Otters was changed since."), "{said}");
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await, ["Clara 20"]);
}

/// Whoever writes without the history, such as somebody with the database's own tools.
#[tokio::test]
async fn a_share_or_hats_that_are_not_as_the_change_left_them_stay() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    join_as(&app, team, person, 70, &[hat(&app, "UX").await]).await;
    let id = membership(&app, team, person).await;
    let share = Allocation::new(20).unwrap();
    let designer = given::designer(&app);
    squads::service::update_membership(&app.pool, &designer, id, 1, share, &[]).await.unwrap();
    let edited = newest(&app).await;
    let mut leader = app.leader("Ruth").await;

    for (sql, now) in [
        ("update membership set allocation = 30 where id = $1", "Clara 30"),
        ("update membership set allocation = 20 where id = $1", "Clara 20"),
        (
            "insert into membership_hat (organization_id, membership_id, hat_id) \
             select x.organization_id, x.id, h.id from membership x \
             join hat h on h.organization_id = x.organization_id and h.name = 'Analyst' where x.id = $1",
            "Clara 20 Analyst",
        ),
    ] {
        sqlx::query(sql).bind(id).execute(&app.pool).await.unwrap();
        assert_eq!(inside(&app, team).await, [now]);
        if now != "Clara 20" {
            let said = undo(&app, &mut leader, edited).await;
            assert_eq!(said, "The share or the hats were changed since. Nothing was undone.");
            assert_eq!(inside(&app, team).await, [now]);
        }
    }
}

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

async fn liaisons(app: &TestApp, link: LinkId) -> Vec<Option<String>> {
    let sql = "select unnest(array[(select m.name from membership x join member m on m.id = x.member_id \
               where x.id = l.from_liaison_id and x.until_at is null), \
               (select m.name from membership x join member m on m.id = x.member_id \
               where x.id = l.to_liaison_id and x.until_at is null)]) from link l where l.id = $1";
    sqlx::query_scalar(sql).bind(link).fetch_all(&app.pool).await.unwrap()
}

/// A link between two teams with Clara, who is in both, as the liaison of either.
async fn tied(
    app: &TestApp,
    from: TeamId,
    to: TeamId,
    seats: [bool; 2],
    clara: MemberId,
) -> LinkId {
    let mut new = given::link(app, from, LinkKind::Informs, to);
    if seats[0] {
        new.terms.from_liaison = Some(membership(app, from, clara).await);
    }
    if seats[1] {
        new.terms.to_liaison = Some(membership(app, to, clara).await);
    }
    let today = app.clock().now().date_naive();
    links::service::create(&app.pool, &given::designer(app), today, &new).await.unwrap()
}

#[tokio::test]
async fn whoever_is_back_is_the_liaison_again_unless_somebody_else_was_named() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let (near, far) = (given::squad(&app, "Foxes").await, given::squad(&app, "Bears").await);
    let core = given::core_team(&app, "Payments").await;
    let clara = app.person("Clara", "design").await;
    let ben = app.person("Ben", "design").await;
    given::join(&app, team, &[clara, ben]).await;
    given::join(&app, near, &[clara]).await;
    let both = tied(&app, team, near, [true, true], clara).await;
    let one = tied(&app, far, team, [false, true], clara).await;
    let other = tied(&app, team, core, [true, false], clara).await;
    let clara_is = |it: bool| it.then(|| "Clara".to_owned());
    let designer = given::designer(&app);
    let mut leader = app.leader("Ruth").await;

    let id = membership(&app, team, clara).await;
    squads::service::remove_member(&app.pool, &designer, id, None).await.unwrap();
    assert_eq!(liaisons(&app, both).await, [None, clara_is(true)]);
    let mut terms = given::link(&app, team, LinkKind::Informs, core).terms;
    terms.from_liaison = Some(membership(&app, team, ben).await);
    let today = app.clock().now().date_naive();
    let removed = newest(&app).await;
    links::service::update(&app.pool, &designer, other, 1, today, &terms).await.unwrap();

    let said = undo(&app, &mut leader, removed).await;
    assert!(said.starts_with("Undone: removed Clara"), "{said}");

    assert_eq!(liaisons(&app, both).await, [clara_is(true), clara_is(true)]);
    assert_eq!(liaisons(&app, one).await, [None, clara_is(true)]);
    assert_eq!(liaisons(&app, other).await, [Some("Ben".to_owned()), None]);
    let subjects: Vec<uuid::Uuid> =
        sqlx::query_scalar("select unnest(subjects) from event where id = $1")
            .bind(newest(&app).await)
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert!(subjects.contains(&both.0) && subjects.contains(&one.0), "{subjects:?}");
    assert!(!subjects.contains(&other.0));

    members::service::deactivate(&app.pool, &designer, clara, 1, &reason()).await.unwrap();
    assert_eq!(liaisons(&app, both).await, [None, None]);
    undo_newest(&app, &mut leader).await;
    assert_eq!(liaisons(&app, both).await, [clara_is(true), clara_is(true)]);
    assert_eq!(liaisons(&app, one).await, [None, clara_is(true)]);
}

/// The other team of a link, of which nobody was taken out, is held too, in the same order as by those who write links.
#[tokio::test]
async fn an_undo_that_writes_a_link_waits_for_both_of_its_teams_first() {
    let app = TestApp::new().await;
    // The one with the smaller id is the other one.
    let other = given::squad(&app, "Foxes").await;
    let team = given::squad(&app, "Otters").await;
    let clara = app.person("Clara", "design").await;
    given::join(&app, team, &[clara]).await;
    let link = tied(&app, team, other, [true, false], clara).await;
    let id = membership(&app, team, clara).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let path = app.at(&format!("/undo/{}", newest(&app).await));
    let mut leader = app.leader("Ruth").await;

    let mut held = app.pool.begin().await.unwrap();
    let lock = "select id from team where id = $1 for no key update";
    sqlx::query(lock).bind(other).execute(&mut *held).await.unwrap();
    let undoing = tokio::spawn(async move { leader.post(&path, "").await });
    somebody_waits(&app.pool).await;
    // Nothing of the other team is held by who waits.
    sqlx::query("select id from team where id = $1 for no key update nowait")
        .bind(team)
        .execute(&mut *held)
        .await
        .unwrap();
    held.rollback().await.unwrap();

    undoing.await.unwrap().assert_redirect();
    assert_eq!(liaisons(&app, link).await, [Some("Clara".to_owned()), None]);
}

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

#[tokio::test]
async fn active_and_forming_are_one_another_s_inverse() {
    let app = TestApp::new().await;
    let team = given::active(&app, "Otters").await;
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;
    assert_eq!(state(&app, team).await, "forming");
    undo_newest(&app, &mut leader).await;
    assert_eq!(state(&app, team).await, "active");
}

#[tokio::test]
async fn whoever_left_is_back_in_all_teams_and_the_squad_is_active_again() {
    let app = TestApp::new().await;
    let team = given::active(&app, "Otters").await;
    let other = given::squad(&app, "Foxes").await;
    let leaving: MemberId =
        sqlx::query_scalar("select member_id from membership where team_id = $1 limit 1")
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    join_as(&app, other, leaving, 20, &[]).await;
    let before = (inside(&app, team).await, inside(&app, other).await);
    let designer = given::designer(&app);
    members::service::deactivate(&app.pool, &designer, leaving, 1, &reason()).await.unwrap();
    assert_eq!(state(&app, team).await, "forming");
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!((inside(&app, team).await, inside(&app, other).await), before);
    assert_eq!(state(&app, team).await, "active");
    let is_back = sqlx::query_scalar("select deactivated_at is null from member where id = $1");
    let is_back: bool = is_back.bind(leaving).fetch_one(&app.pool).await.unwrap();
    assert!(is_back);
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
    let here = format!("{}{}", app.state.config.public_origin(), app.at("/squads"));

    let answer = leader
        .send_form(
            &app.at(&format!("/undo/{}", newest(&app).await)),
            "",
            &[("sec-fetch-site", "same-origin"), ("referer", &here)],
        )
        .await;

    assert_eq!(answer.assert_redirect(), app.at("/squads"));
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

async fn somebody_waits(pool: &PgPool) {
    let sql = "select exists (select from pg_stat_activity \
               where datname = current_database() and wait_event_type = 'Lock')";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, bool>(sql).fetch_one(pool).await.unwrap() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
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
