//! Summaries: what lists say about a squad is what the design says, after every change and by every path.

use std::time::Duration;

use trellis::design::{self, Summary};
use trellis::ids::{MemberId, TeamId};
use trellis::text::Reason;
use trellis::{members, squads};

use crate::harness::TestApp;
use crate::seen::somebody_waits;
use crate::{budgets, given};

/// What is kept: findings counted, who can what, readiness, the findings themselves.
type Kept = (TeamId, i16, i16, i16, Vec<i16>, bool, bool, serde_json::Value);

async fn kept(app: &TestApp) -> Vec<Kept> {
    let sql = "select s.team_id, breaches, warnings, advice, able, has_mission, is_ready, findings \
               from squad_summary s join team t on (t.organization_id, t.id) = (s.organization_id, s.team_id) \
               where s.organization_id = $1 and t.state <> 'dissolved' order by s.team_id";
    let organization = app.tenant().organization_id();
    sqlx::query_as(sql).bind(organization).fetch_all(&app.pool).await.unwrap()
}

fn as_kept(summary: &Summary) -> Kept {
    let small = |n: usize| i16::try_from(n).unwrap();
    (
        summary.team,
        small(summary.tally.breaches),
        small(summary.tally.warnings),
        small(summary.tally.advice),
        summary.able.iter().map(|able| small(*able)).collect(),
        summary.has_mission,
        summary.is_ready,
        serde_json::to_value(&summary.findings).unwrap(),
    )
}

/// Refreshes, and compares each kept summary with the one that the squad's own page would make now.
async fn assert_true(app: &TestApp, after: &str) {
    let today = app.clock().now().date_naive();
    design::settle(&app.pool, app.tenant(), today).await.unwrap();
    let kept = kept(app).await;
    assert!(!kept.is_empty());
    for kept in kept {
        let design = design::load_squads(&app.pool, app.tenant(), today, &[kept.0]).await.unwrap();
        let mut fresh = as_kept(&design.summary(&design.squads[0]));
        let mut kept = kept;
        // Somebody better may have become free; who is named is still somebody who can.
        for findings in [&mut kept.7, &mut fresh.7] {
            for finding in findings.as_array_mut().unwrap() {
                finding["way_out"].take();
            }
        }
        assert_eq!(kept, fresh, "{after}");
    }
}

async fn run(app: &TestApp, sql: &'static str, team: TeamId, member: MemberId) {
    let done = sqlx::query(sql)
        .bind(app.tenant().organization_id())
        .bind(team)
        .bind(member)
        .execute(&app.pool)
        .await
        .unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

/// One change of each kind that a design is made of, past every service: `$1` organization, `$2` squad, `$3` member.
const CHANGES: [(&str, &str); 17] = [
    (
        "a level",
        "insert into member_skill (organization_id, member_id, skill_id, level, rated_at) \
        select $1, $3, id, 4, now() from skill where organization_id = $1 and capability is not null and $2::uuid is not null",
    ),
    (
        "a lower level",
        "update member_skill set level = 1 where organization_id = $1 and member_id = $3 and $2::uuid is not null",
    ),
    (
        "a higher level",
        "update member_skill set level = 5 where organization_id = $1 and member_id = $3 and $2::uuid is not null",
    ),
    (
        "no level",
        "delete from member_skill where organization_id = $1 and member_id = $3 and $2::uuid is not null",
    ),
    (
        "a share",
        "update membership set allocation = 100 where organization_id = $1 and team_id = $2 and member_id = $3",
    ),
    (
        "a discipline",
        "update member set discipline = 'law' where organization_id = $1 and id = $3 and $2::uuid is not null",
    ),
    (
        "a name",
        "update member set name = 'Another Name' where organization_id = $1 and id = $3 and $2::uuid is not null",
    ),
    (
        "a need",
        "insert into skill_need (organization_id, team_id, skill_id, level, people) \
        select $1, $2, id, 3, 2 from skill where organization_id = $1 and name = 'Billing' and $3::uuid is not null",
    ),
    (
        "a higher need",
        "update skill_need set level = 5 where organization_id = $1 and team_id = $2 and $3::uuid is not null",
    ),
    (
        "the name of a skill",
        "update skill set name = 'Invoices' where organization_id = $1 and name = 'Billing' and $2::uuid is not null and $3::uuid is not null",
    ),
    (
        "no need",
        "delete from skill_need where organization_id = $1 and team_id = $2 and $3::uuid is not null",
    ),
    (
        "a link",
        "insert into link (organization_id, id, kind, from_team_id, to_team_id, purpose, review_on, from_at, from_event) \
        select $1, gen_random_uuid(), 'informs', $2, o.id, 'News', current_date - 900, now(), o.state_event from team o \
        where o.organization_id = $1 and o.name = 'Solar Home' and $3::uuid is not null",
    ),
    (
        "the name of a linked team",
        "update team set name = 'Sun Home' where organization_id = $1 and name = 'Solar Home' and $2::uuid is not null and $3::uuid is not null",
    ),
    (
        "the end of a link",
        "update link set until_at = now(), until_event = from_event where organization_id = $1 and from_team_id = $2 and $3::uuid is not null",
    ),
    (
        "the end of a metric",
        "update metric set ended_at = now() where organization_id = $1 and team_id = $2 and $3::uuid is not null",
    ),
    (
        "no mission",
        "update team set mission_version = 0, state = 'forming' where organization_id = $1 and id = $2 and $3::uuid is not null",
    ),
    (
        "an end of a membership",
        "update membership set until_at = now(), until_event = from_event where organization_id = $1 and team_id = $2 and member_id = $3",
    ),
];

#[tokio::test]
async fn a_summary_is_true_after_every_kind_of_change() {
    let app = TestApp::new().await;
    let fair = given::active(&app, "Fair Bills").await;
    let solar = given::squad(&app, "Solar Home").await;
    let busy = app.person("Busy Bee", "data").await;
    assert_true(&app, "the beginning").await;
    let before = kept(&app).await;

    given::join(&app, solar, &[busy]).await;
    assert_true(&app, "a membership").await;
    given::join(&app, fair, &[busy]).await;
    assert_true(&app, "a second membership").await;
    given::join(&app, given::squad(&app, "Outage Care").await, &[busy]).await;
    assert_true(&app, "a third squad, which the other two hear of").await;

    let craft =
        "insert into skill (organization_id, id, name) values ($1, gen_random_uuid(), 'Billing')";
    sqlx::query(craft).bind(app.tenant().organization_id()).execute(&app.pool).await.unwrap();
    let mut seen = kept(&app).await;
    assert_ne!(before, seen);
    for (name, sql) in CHANGES {
        run(&app, sql, fair, busy).await;
        assert_true(&app, name).await;
        let now = kept(&app).await;
        assert_ne!(seen, now, "{name} changes what is said");
        seen = now;
    }
}

#[tokio::test]
async fn a_summary_turns_by_itself_on_the_day_after_the_review_date() {
    let app = TestApp::new().await;
    let fair = given::ready(&app, "Fair Bills").await;
    assert_true(&app, "the beginning").await;
    let sql = "select turns_on from squad_summary where team_id = $1";
    let turns_on: chrono::NaiveDate =
        sqlx::query_scalar(sql).bind(fair).fetch_one(&app.pool).await.unwrap();
    let before = kept(&app).await;

    let day_before = turns_on.pred_opt().unwrap();
    design::settle(&app.pool, app.tenant(), day_before).await.unwrap();
    assert_eq!(kept(&app).await, before);

    design::settle(&app.pool, app.tenant(), turns_on).await.unwrap();

    assert_eq!(kept(&app).await[0].2, before[0].2 + 1);
}

#[tokio::test]
async fn the_demo_s_summaries_are_true() {
    let app = TestApp::new().await;
    trellis::demo::service::into_organization(&app.pool, &app.founder()).await.unwrap();
    assert_true(&app, "the demo").await;
}

/// A reader has read the design and is about to write its summary; meanwhile the design changes.
#[tokio::test]
async fn a_change_that_a_reader_has_not_seen_is_not_forgotten() {
    let app = TestApp::new().await;
    let fair = given::squad(&app, "Fair Bills").await;
    let busy = app.person("Busy Bee", "data").await;
    assert_true(&app, "the beginning").await;
    given::join(&app, fair, &[busy]).await;

    let mut other = app.pool.begin().await.unwrap();
    sqlx::query("select from squad_summary where team_id = $1 for update")
        .bind(fair)
        .execute(&mut *other)
        .await
        .unwrap();
    let (pool, tenant) = (app.pool.clone(), app.tenant());
    let today = app.clock().now().date_naive();
    let reader = tokio::spawn(async move { design::settle(&pool, tenant, today).await.unwrap() });
    somebody_waits(&app.pool).await;
    run(&app, CHANGES[0].1, fair, busy).await;
    other.rollback().await.unwrap();

    reader.await.unwrap();
    assert_eq!(kept(&app).await[0].4, [1, 1, 1, 1], "the change is in what is kept");
    assert_true(&app, "both").await;
}

/// Where a full squad has nobody for something, home names who could come in for another one.
#[tokio::test]
async fn who_is_gone_is_suggested_to_no_full_squad_either() {
    let app = TestApp::new().await;
    let fair = given::squad(&app, "Fair Bills").await;
    given::join(&app, fair, &app.people(10).await).await;
    let busy = app.person("Busy Bee", "data").await;
    run(&app, CHANGES[0].1, fair, busy).await;
    assert_true(&app, "the beginning").await;
    let names_them = async || -> bool {
        let sql =
            "select findings::text like '%' || $2 || '%' from squad_summary where team_id = $1";
        sqlx::query_scalar(sql)
            .bind(fair)
            .bind(busy.to_string())
            .fetch_one(&app.pool)
            .await
            .unwrap()
    };
    assert!(names_them().await);

    let reason = Reason::parse("Moved away").unwrap();
    members::service::deactivate(&app.pool, &app.founder(), busy, 1, &reason).await.unwrap();

    assert_true(&app, "who could come in has left").await;
    assert!(!names_them().await);
}

#[tokio::test]
async fn nothing_waits_for_the_summary_of_a_dissolved_squad() {
    let app = TestApp::new().await;
    let fair = given::active(&app, "Fair Bills").await;
    let solar = given::squad(&app, "Solar Home").await;
    let busy = app.person("Busy Bee", "data").await;
    given::join(&app, fair, &[busy]).await;
    given::linked(&app, fair, trellis::links::LinkKind::Informs, solar).await;
    let craft =
        "insert into skill (organization_id, id, name) values ($1, gen_random_uuid(), 'Billing')";
    sqlx::query(craft).bind(app.tenant().organization_id()).execute(&app.pool).await.unwrap();
    let (_, need) = CHANGES.iter().find(|(name, _)| *name == "a need").unwrap();
    run(&app, need, fair, busy).await;
    let version = sqlx::query_scalar("select version from team where id = $1").bind(fair);
    let version = version.fetch_one(&app.pool).await.unwrap();

    let reason = Reason::parse("Done").unwrap();
    squads::service::dissolve(&app.pool, &app.founder(), fair, version, &reason).await.unwrap();
    let (_, rename) = CHANGES.iter().find(|(name, _)| *name == "the name of a skill").unwrap();
    run(&app, rename, fair, busy).await;

    let waiting = async |team: TeamId| -> i64 {
        let sql = "select count(*) from squad_stale where team_id = $1";
        sqlx::query_scalar(sql).bind(team).fetch_one(&app.pool).await.unwrap()
    };
    assert_eq!(waiting(fair).await, 0);
    assert_ne!(waiting(solar).await, 0, "it lost a link");
}

/// Two readers who make the same summaries again would wait for one another if each began with another one.
#[tokio::test]
async fn summaries_are_held_in_the_order_of_their_teams() {
    let app = TestApp::new().await;
    // By name they come the other way around.
    let (first, last) = (given::squad(&app, "Zebras").await, given::squad(&app, "Ants").await);
    assert!(first < last);
    let mut held = app.pool.begin().await.unwrap();
    let lock = "select from squad_summary where team_id = $1 for no key update";
    sqlx::query(lock).bind(first).execute(&mut *held).await.unwrap();

    let (pool, tenant) = (app.pool.clone(), app.tenant());
    let today = app.clock().now().date_naive();
    let reader = tokio::spawn(async move { design::settle(&pool, tenant, today).await.unwrap() });
    somebody_waits(&app.pool).await;

    let nowait = "select from squad_summary where team_id = $1 for no key update nowait";
    sqlx::query(nowait).bind(last).execute(&mut *held).await.unwrap();
    held.rollback().await.unwrap();
    reader.await.unwrap();
    assert_true(&app, "both").await;
}

#[tokio::test]
async fn nobody_waits_for_many_summaries_the_page_says_what_is_missing_and_has_no_edition_until_then()
 {
    let app = TestApp::new().await;
    budgets::seeded(&app, 80, 0).await;
    let mut leader = app.leader("Lena Lead").await;
    for path in ["", "/constellation"] {
        // Changes as many as a new version of the rules makes.
        sqlx::query("update squad_summary set rules = 0, findings = '[]', breaches = 0, warnings = 0, advice = 0")
            .execute(&app.pool)
            .await
            .unwrap();

        let first = leader.get(&app.at(path)).await;

        assert_eq!(
            first.text(".behind"),
            "The findings of 80 squads are being worked out. They will be here in a moment."
        );
        assert!(!first.headers.contains_key("etag"), "{path}");
        let mut tries = 0;
        while leader.get(&app.at(path)).await.html.contains("being worked out") {
            tokio::time::sleep(Duration::from_millis(20)).await;
            tries += 1;
            assert!(tries < 1000, "they never come");
        }
        assert_true(&app, path).await;
    }
}

#[tokio::test]
async fn who_reads_what_changes_all_the_time_is_shown_what_is_kept_and_who_changed_it_waits() {
    let app = TestApp::new().await;
    let (fair, _) = (given::squad(&app, "Fair Bills").await, given::squad(&app, "Solar").await);
    let (mut leader, mut reader) = (app.leader("Lena Lead").await, app.coach("Cleo Coach").await);
    let touch = async || {
        let sql = "insert into squad_stale (organization_id, team_id) select organization_id, team_id from squad_summary";
        sqlx::query(sql).execute(&app.pool).await.unwrap();
    };
    let mut waited = 0;
    let shown = loop {
        touch().await;
        let page = reader.get(&app.at("")).await;
        if page.count(".behind") == 1 {
            break page;
        }
        waited += 1;
        assert!(waited < 100, "they always wait");
    };

    assert!(waited >= 5, "{waited}");
    assert!(!shown.headers.contains_key("etag"));
    let reason = Reason::parse("Done").unwrap();
    let version = sqlx::query_scalar("select version from team where id = $1").bind(fair);
    let version = version.fetch_one(&app.pool).await.unwrap();
    squads::service::dissolve(&app.pool, &leader.actor(), fair, version, &reason).await.unwrap();
    for path in ["", "/constellation"] {
        touch().await;
        assert_eq!(leader.get(&app.at(path)).await.count(".behind"), 0, "{path}");
    }
    touch().await;
    let mut tries = 0;
    while reader.get(&app.at("")).await.count(".behind") == 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        tries += 1;
        assert!(tries < 1000, "nobody makes them in the background");
    }
}

/// The load that a member carries is counted by the database, by every path.
#[tokio::test]
async fn what_somebody_has_taken_on_follows_every_change_of_their_memberships() {
    let app = TestApp::new().await;
    let fair = given::squad(&app, "Fair Bills").await;
    let core = given::core_team(&app, "Platform").await;
    let busy = app.person("Busy Bee", "data").await;
    let load = async || -> (i32, i32) {
        let sql = "select share, squads from member_load where member_id = $1";
        sqlx::query_as(sql).bind(busy).fetch_one(&app.pool).await.unwrap()
    };
    let run = async |sql: &'static str, team: TeamId| {
        let done = sqlx::query(sql).bind(busy).bind(team).execute(&app.pool).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    };
    assert_eq!(load().await, (0, 0));

    let join = "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event) \
                select organization_id, gen_random_uuid(), id, $1, 40, state_at, state_event from team where id = $2";
    run(join, fair).await;
    assert_eq!(load().await, (40, 1));
    run(join, core).await;
    assert_eq!(load().await, (80, 1));
    run("update membership set allocation = 10 where member_id = $1 and team_id = $2", core).await;
    assert_eq!(load().await, (50, 1));
    run("update membership set until_at = from_at, until_event = from_event where member_id = $1 and team_id = $2", fair).await;
    assert_eq!(load().await, (10, 0));
    run("update membership set until_at = null, until_event = null where member_id = $1 and team_id = $2", fair).await;
    assert_eq!(load().await, (50, 1));
    run("delete from membership where member_id = $1 and team_id = $2", core).await;
    assert_eq!(load().await, (40, 1));
}
