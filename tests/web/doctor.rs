//! The doctor finds what is off, and nothing else; also in a copy that was restored from a backup.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Row};
use trellis::doctor::{self, Check};
use trellis::{MIGRATOR, demo};

use crate::database::TestDb;
use crate::harness::TestApp;

async fn examine(pool: &PgPool) -> Vec<Check> {
    doctor::examine(pool).await.unwrap()
}

/// What is off, with the rule before it.
async fn off(pool: &PgPool) -> Vec<String> {
    let checks = examine(pool).await;
    checks
        .iter()
        .flat_map(|check| check.off.iter().map(|off| format!("{}: {off}", check.rule)))
        .collect()
}

async fn demo() -> TestApp {
    let app = TestApp::new().await;
    demo::service::into_organization(&app.pool, &app.founder()).await.unwrap();
    app
}

#[tokio::test]
async fn an_organization_that_was_just_founded_is_well() {
    let app = TestApp::new().await;

    let checks = examine(&app.pool).await;

    assert!(checks.iter().all(|check| !check.is_off()), "{checks:#?}");
    let rules: Vec<_> = checks.iter().map(|check| check.rule).take(12).collect();
    let expected: Vec<_> = (1..=12).map(|rule| format!("H{rule}")).collect();
    assert_eq!(rules, expected, "every hard rule has its line");
}

#[tokio::test]
async fn a_database_without_the_newest_migration_is_not_examined() {
    let app = TestApp::new().await;
    let newest =
        "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)";
    app.pool.execute(newest).await.unwrap();

    let error = doctor::examine(&app.pool).await.unwrap_err();

    assert!(error.to_string().ends_with("run `trellis migrate` first"), "{error}");
}

#[tokio::test]
async fn a_database_that_logs_answers_is_found() {
    let app = TestApp::new().await;
    let with = async |settings: &[(&'static str, &'static str)]| {
        let options: PgConnectOptions = app.database_url().parse().unwrap();
        let pool = PgPool::connect_with(options.options(settings.iter().copied())).await.unwrap();
        let off = off(&pool).await;
        pool.close().await;
        off
    };
    for setting in [
        ("log_statement", "mod"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "1000"),
        ("log_min_duration_sample", "0"),
        ("log_transaction_sample_rate", "0.5"),
    ] {
        let found = with(&[setting]).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("log: {} is {}", setting.0, setting.1)), "{found:?}");
        let without = with(&[setting, ("log_parameter_max_length", "0")]).await;
        assert_eq!(without, Vec::<String>::new(), "without their parameters");
    }
    assert_eq!(with(&[("log_statement", "ddl")]).await, Vec::<String>::new());
}

/// Damage by hand, past triggers and references, and how the doctor names it.
const DAMAGE: [(&str, &str); 52] = [
    (
        "update metric set checked_at = checked_at + interval '1 day' where id = (select metric_id from check_in limit 1)",
        "check-ins: norvik-energy: the metric",
    ),
    (
        "update metric set ended_at = created_at where id = (select id from metric where kind = 'flow' and checked_at is not null limit 1)",
        "came in after its end",
    ),
    ("drop trigger check_in_append_only on check_in", "guards: the trigger check_in_append_only"),
    (
        "insert into health_ballot (organization_id, round_id, key, dimension_id, colour) \
         select d.organization_id, d.round_id, '\\x00', d.dimension_id, 'red' from health_round_dimension d \
         join health_round r on r.id = d.round_id where r.closed_at is not null limit 1",
        "is closed and still has ballots",
    ),
    (
        "delete from health_round_secret where round_id in (select id from health_round where closed_at is null)",
        "is open and has no secret",
    ),
    (
        "update health_result set green = 1, amber = 1, red = 1 where (round_id, dimension_id) = \
         (select round_id, dimension_id from health_result order by round_id, dimension_id limit 1)",
        "has a result of too few answers",
    ),
    (
        "insert into health_open_answer (organization_id, round_id, dimension_id, member_id, colour) \
         select x.organization_id, x.round_id, x.dimension_id, m.id, 'red' from health_result x \
         join member m on m.organization_id = x.organization_id order by x.round_id, m.id limit 1",
        "was announced as anonymous and has answers with names",
    ),
    (
        "update learning_sign_off f set by_id = a.member_id from learning_step s \
         join apprenticeship a on a.id = s.apprenticeship_id where s.id = f.step_id",
        "is signed off by the apprentice",
    ),
    (
        "update learning_evidence e set is_call = true from learning_step s where s.id = e.step_id and s.family <> 'calls'",
        "learning: norvik-energy: a customer call of the apprenticeship",
    ),
    (
        "update coaching_request set raised_event = (select id from event where kind = 'squad_created' limit 1) \
         where id = (select id from coaching_request order by id limit 1)",
        "was not begun by a member of its squad",
    ),
    (
        "update coaching_request set coach_id = raised_by, pulled_at = now(), pulled_event = raised_event \
         where id = (select id from coaching_request order by id desc limit 1)",
        "was assigned to a coach",
    ),
    (
        "insert into coaching_coach (organization_id, member_id, in_hand) select organization_id, id, 2 from member order by id limit 1",
        "has 0 in hand, and 2 are counted",
    ),
    (
        "update coaching_offer set state = 'accepted', answered_by = by_id, answered_at = now(), answered_event = made_event",
        "was answered by somebody else than its squad",
    ),
    (
        "alter table coaching_request disable trigger coaching_request_check_start",
        "guards: the trigger coaching_request_check_start on the table coaching_request is gone or switched off",
    ),
    (
        "update member_load set share = share + 10 where member_id = (select min(id::text)::uuid from member where name = 'Hana Sato')",
        "counts: norvik-energy: Hana Sato (",
    ),
    (
        "update member_load set word = 'somebody else' where member_id = (select id from member where name = 'Hana Sato')",
        "is found among those who could join a squad by 'somebody else'",
    ),
    (
        "delete from membership where id = any (array(select m.id from membership m join team t on t.id = m.team_id \
         where t.name = 'Fair Bills' and m.until_at is null order by m.id limit 2))",
        "H1: norvik-energy: the active squad Fair Bills (",
    ),
    (
        "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event) \
         select t.organization_id, gen_random_uuid(), t.id, p.id, 50, t.state_at, t.state_event \
         from team t, lateral (select id from member p where p.deactivated_at is null and not exists \
             (select from membership m where m.team_id = t.id and m.member_id = p.id) limit 5) as p \
         where t.name = 'Solar Home'",
        "H1: norvik-energy: the active squad Solar Home (",
    ),
    (
        "update membership set until_at = null, until_event = null where team_id = (select id from team where state = 'dissolved')",
        "H1: norvik-energy: the dissolved squad Meter Swap (",
    ),
    (
        "update mission set success = '' where team_id = (select id from team where name = 'EV at Home')",
        "H7: norvik-energy: the active squad EV at Home (",
    ),
    (
        "delete from metric where team_id = (select id from team where name = 'Landlord Desk')",
        "without a customer value metric",
    ),
    (
        "alter table metric add column member_id uuid",
        "H9: the column member_id of the table metric names a person",
    ),
    (
        "update metric set team_id = (select id from team where kind = 'core_team' limit 1) \
         where team_id = (select id from team where name = 'Small Business')",
        "belongs to the core team",
    ),
    (
        "alter table metric drop constraint metric_team_fkey; alter table team add unique (id); \
         alter table metric add constraint metric_team_fkey foreign key (team_id) references team (id)",
        "H10: the reference metric_team_fkey from metric to team does not carry the organization",
    ),
    (
        "alter table import drop constraint import_pkey, \
         alter column organization_id drop not null",
        "H10: the table import may have rows without an organization",
    ),
    (
        "update organization set admin_count = 7",
        "H11: norvik-energy: the organization Norvik Energy (",
    ),
    (
        "delete from event where id = (select from_event from membership m join team t on t.id = m.team_id \
         where t.name = 'Move-in Made Easy' order by m.id limit 1)",
        " in Move-in Made Easy (",
    ),
    (
        "delete from event where id = (select state_event from team where name = 'Outage Care')",
        "H12: norvik-energy: no event tells of the state of Outage Care (",
    ),
    (
        "delete from event where id = (select event_id from mission m join team t on t.id = m.team_id \
         where t.name = 'Heat Pump Care' limit 1)",
        "H12: norvik-energy: no event tells of version 1 of the mission of Heat Pump Care (",
    ),
    (
        "update product set lead_id = (select member_id from apprenticeship where until_at is null order by id limit 1) where key = 'NA'",
        "is the lead PM of Norvik App (",
    ),
    (
        "alter table member drop constraint member_leads; \
         update member set deactivated_at = now() where id = (select lead_id from product where key = 'HE')",
        "H3: norvik-energy: the product Home Energy (",
    ),
    (
        "alter table team drop constraint team_products_check; update product_squad set team_id = (select id from team where name = 'Meter Data') \
         where id = (select id from product_squad order by id limit 1)",
        "H3: norvik-energy: the active core team ",
    ),
    (
        "update member set deactivated_at = now() where id = (select member_id from product_hat where hat = 'analyst')",
        "wears a hat of Norvik App (",
    ),
    (
        "delete from event where id = (select lead_event from product where key = 'BP')",
        "H12: norvik-energy: no event tells of the lead PM of Business Portal (",
    ),
    (
        "delete from event where id = (select from_event from apprenticeship order by id limit 1)",
        "no event tells of the beginning of the apprenticeship of ",
    ),
    ("update product set squads = 9 where key = 'BP'", "counts: norvik-energy: Business Portal ("),
    (
        "delete from product_slug where slug = 'home-energy'",
        "addresses: norvik-energy: the address home-energy does not lead to Home Energy (",
    ),
    (
        "alter table product disable trigger product_check_lead",
        "guards: the trigger product_check_lead on the table product is gone or switched off",
    ),
    (
        "update team set member_count = 9 where name = 'Payments'",
        "counts: norvik-energy: Payments (",
    ),
    (
        "update team set mission_version = 5 where name = 'Heat Pump Care'",
        "counts: norvik-energy: the newest mission of Heat Pump Care (",
    ),
    (
        "update member set deactivated_at = now() where id = (select member_id from membership m join team t on t.id = m.team_id \
         where t.name = 'Customer Insight' limit 1)",
        "is deactivated and still in Customer Insight (",
    ),
    (
        "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, until_at, from_event, until_event) \
         select m.organization_id, gen_random_uuid(), m.team_id, m.member_id, 10, m.from_at + interval '1 day', now(), m.from_event, m.from_event \
         from membership m join team t on t.id = m.team_id where t.name = 'Meter Data' limit 1",
        "is in Meter Data (",
    ),
    (
        "delete from event where id = (select from_event from link order by id limit 1)",
        "H12: norvik-energy: no event tells of the beginning of the link from ",
    ),
    (
        "update link set until_at = null, until_event = null where from_team_id = (select id from team where name = 'Meter Swap')",
        "links: norvik-energy: the link from Meter Swap to Meter Data (",
    ),
    (
        "update link set from_liaison_id = (select id from membership m where m.team_id <> link.from_team_id limit 1) \
         where id = (select id from link where until_at is null order by id limit 1)",
        "has a liaison who was never in their team",
    ),
    (
        "drop index link_current_key; insert into link (organization_id, id, kind, from_team_id, to_team_id, purpose, review_on, from_at, from_event) \
         select organization_id, gen_random_uuid(), kind, from_team_id, to_team_id, 'Again', review_on, from_at, from_event \
         from link where until_at is null order by id desc limit 1",
        "is there twice",
    ),
    (
        "alter table link disable trigger link_check_teams",
        "guards: the trigger link_check_teams on the table link is gone or switched off",
    ),
    (
        "delete from team_slug where slug = 'fair-bills'",
        "addresses: norvik-energy: the address fair-bills does not lead to Fair Bills (",
    ),
    (
        "delete from skill where name = 'Billing'",
        "references: norvik-energy: a row of skill_need refers by skill_need_skill_fkey to (",
    ),
    (
        "alter table event disable trigger event_append_only",
        "guards: the trigger event_append_only on the table event is gone or switched off",
    ),
    (
        "alter table team drop constraint squad_max_members",
        "guards: the constraint squad_max_members on the table team is gone",
    ),
    ("drop index metric_goal_key", "guards: the index metric_goal_key on the table metric is gone"),
];

#[tokio::test]
async fn every_kind_of_damage_is_found() {
    let app = demo().await;
    assert_eq!(off(&app.pool).await, Vec::<String>::new());
    let mut hand = app.pool.acquire().await.unwrap();
    hand.execute("set session_replication_role = replica").await.unwrap();

    for (sql, said) in DAMAGE {
        let before = off(&app.pool).await;
        assert!(!before.iter().any(|line| line.contains(said)), "{said} before {sql}");

        hand.execute(AssertSqlSafe(sql)).await.unwrap();

        let after = off(&app.pool).await;
        assert!(
            after.iter().any(|line| line.contains(said)),
            "{said} is not in {after:#?} after {sql}"
        );
    }
}

/// Postgres's own programs beside the server of the tests; they are of another package on some systems.
async fn programs(db: &mut PgConnection) -> Option<PathBuf> {
    let folder: String = sqlx::query_scalar("select setting from pg_config where name = 'BINDIR'")
        .fetch_one(db)
        .await
        .ok()?;
    let folder = PathBuf::from(folder);
    (folder.join("pg_dump").exists() && folder.join("pg_restore").exists()).then_some(folder)
}

fn run(program: &Path, database: &PgConnectOptions, arguments: &[&str]) {
    let host =
        database.get_socket().map_or(database.get_host().into(), |it| it.display().to_string());
    let output = Command::new(program)
        .args(["--host", &host, "--port", &database.get_port().to_string()])
        .args(["--username", database.get_username()])
        .args(["--dbname", database.get_database().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// How many rows each table has, and a checksum of them.
async fn contents(db: &mut PgConnection) -> Vec<(String, i64, Option<String>)> {
    let tables: Vec<String> =
        sqlx::query_scalar("select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1")
            .fetch_all(&mut *db)
            .await
            .unwrap();
    let mut all = vec![];
    for table in tables {
        let sql = format!(
            "select count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) from {table} t"
        );
        let row = db.fetch_one(AssertSqlSafe(sql)).await.unwrap();
        all.push((table, row.get(0), row.get(1)));
    }
    all
}

#[tokio::test]
async fn a_backup_that_is_restored_is_equal_and_well() {
    let app = demo().await;
    let mut source = app.pool.acquire().await.unwrap();
    let Some(programs) = programs(&mut source).await else { return };
    let copy = TestDb::new(&MIGRATOR).await;
    copy.pool.execute("drop schema public cascade; create schema public").await.unwrap();
    let dump = std::env::temp_dir().join(format!("trellis-{}.dump", uuid::Uuid::now_v7().simple()));
    let dump = dump.to_str().unwrap();

    run(
        &programs.join("pg_dump"),
        &app.pool.connect_options(),
        &["--format=custom", "--file", dump],
    );
    run(&programs.join("pg_restore"), &copy.options, &["--no-owner", "--exit-on-error", dump]);

    std::fs::remove_file(dump).unwrap();
    let mut restored = PgConnection::connect_with(&copy.options).await.unwrap();
    assert_eq!(contents(&mut restored).await, contents(&mut source).await);
    assert_eq!(off(&copy.pool).await, Vec::<String>::new());
}
