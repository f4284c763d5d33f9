//! Health checks of many squads: opened and closed by the program, once for each squad and period.

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use trellis::health::service::{self, NewSchedule};
use trellis::health::{Colour, Mode, PackAbout, PackName, ScheduleName};
use trellis::ids::{HealthScheduleId, OrganizationId, PackId, RoundId, TeamId};
use trellis::squads::{Allocation, Description, NewMembership, NewSquad, Pattern, SquadName};

use super::{World, code, now, today};
use crate::given;
use crate::harness::TestApp;

async fn planned(app: &TestApp, world: &World, starts_on: NaiveDate) -> HealthScheduleId {
    let new = plan(world, starts_on);
    service::create_schedule(&app.pool, &now(app, &world.coach), &new).await.unwrap()
}

fn plan(world: &World, starts_on: NaiveDate) -> NewSchedule {
    NewSchedule {
        name: ScheduleName::parse("Every two months").unwrap(),
        pack: world.pack,
        cadence_weeks: 8,
        starts_on,
        open_days: 7,
        mode: Mode::Anonymous,
        squads: vec![world.squad],
    }
}

/// So many schedules that are due, by hand.
async fn due(app: &TestApp, organization: OrganizationId, (pack, squad): (PackId, TeamId), n: i32) {
    sqlx::query(
        "with plan as (insert into health_schedule (organization_id, id, name, pack_id, cadence_weeks, starts_on, open_days, mode, created_at) \
                       select $1, gen_random_uuid(), 'Health', $2, 8, $4, 7, 'anonymous', now() from generate_series(1, $5) returning id) \
         insert into health_schedule_squad (organization_id, schedule_id, team_id) select $1, id, $3 from plan",
    )
    .bind(organization)
    .bind(pack)
    .bind(squad)
    .bind(today(app))
    .bind(n)
    .execute(&app.pool)
    .await
    .unwrap();
}

/// A squad of one in another organization, and a pack there.
async fn elsewhere(app: &TestApp) -> (OrganizationId, PackId, TeamId) {
    let stranger = app.stranger().await.actor();
    let new = NewSquad {
        name: SquadName::parse("Elsewhere").unwrap(),
        pattern: Pattern::ALL[0],
        description: Description::parse("").unwrap(),
    };
    let squad = trellis::squads::service::create(&app.pool, &stranger, &new).await.unwrap();
    let allocation = Allocation::new(50).unwrap();
    let one = NewMembership { member: stranger.member, allocation, hats: vec![] };
    trellis::squads::service::add_members(&app.pool, &stranger, squad, &[one]).await.unwrap();
    let (pack, _) = service::pack_of(&app.pool, &stranger, "squad-health").await.unwrap();
    (stranger.tenant.organization_id(), pack, squad)
}

/// A pack that asks nothing.
async fn empty_pack(app: &TestApp, world: &World) -> PackId {
    let (name, about) = (PackName::parse("Empty").unwrap(), PackAbout::parse("").unwrap());
    let coach = now(app, &world.coach);
    service::create_pack(&app.pool, &coach, &name, &about).await.unwrap().0
}

async fn opened(app: &TestApp, squad: TeamId) -> i64 {
    sqlx::query_scalar("select count(*) from health_round where team_id = $1")
        .bind(squad)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn nobody_waits_for_the_plans_of_another_organization() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (other, pack, squad) = elsewhere(&app).await;
    due(&app, other, (pack, squad), 1).await;
    let own = app.tenant().organization_id();
    // More than are taken at once, of a pack that cannot be asked and of one that can.
    due(&app, own, (empty_pack(&app, &world).await, world.squad), 600).await;
    due(&app, own, (world.pack, world.squad), 600).await;

    service::tend(&app.pool, app.clock().now()).await.unwrap();

    assert_eq!((opened(&app, squad).await, opened(&app, world.squad).await), (1, 1));
}

#[tokio::test]
async fn a_round_that_cannot_be_opened_or_closed_keeps_none_of_the_others_back() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (other, pack, squad) = elsewhere(&app).await;
    let own = app.tenant().organization_id();
    due(&app, other, (pack, squad), 1).await;
    due(&app, own, (world.pack, world.squad), 1).await;
    let broken = |events: &str| {
        format!(
            "create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$; \
             create trigger broken before {events} on health_round for each row when (new.team_id = '{}') execute function broken()",
            world.squad
        )
    };
    let sql = sqlx::AssertSqlSafe(broken("insert"));
    sqlx::raw_sql(sql).execute(&app.pool).await.unwrap();

    service::tend(&app.pool, app.clock().now()).await.unwrap();

    assert_eq!((opened(&app, squad).await, opened(&app, world.squad).await), (1, 0));
    let mend = "drop function broken cascade";
    sqlx::raw_sql(mend).execute(&app.pool).await.unwrap();
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    let sql = sqlx::AssertSqlSafe(broken("update"));
    sqlx::raw_sql(sql).execute(&app.pool).await.unwrap();
    app.clock().advance(TimeDelta::days(8));
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    let open: Vec<TeamId> =
        sqlx::query_scalar("select team_id from health_round where closed_at is null")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert_eq!(open, [world.squad], "only the one that fails is left");
}

#[tokio::test]
async fn a_plan_asks_something_and_there_are_not_too_many() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let coach = now(&app, &world.coach);
    let good = plan(&world, today(&app));
    let create = async |new: &NewSchedule| service::create_schedule(&app.pool, &coach, new).await;
    let empty = NewSchedule { pack: empty_pack(&app, &world).await, ..good.clone() };
    assert_eq!(code(create(&empty).await), "pack_empty");
    for far in [NaiveDate::MIN, NaiveDate::MAX] {
        let far = NewSchedule { starts_on: far, ..good.clone() };
        assert_eq!(code(create(&far).await), "day_out_of_range");
    }

    due(&app, app.tenant().organization_id(), (world.pack, world.squad), 49).await;
    let (first, second) = tokio::join!(create(&good), create(&good));
    let (done, refused): (Vec<_>, Vec<_>) = [first, second].into_iter().partition(Result::is_ok);

    assert_eq!(
        (done.len(), refused.len()),
        (1, 1),
        "the fiftieth is the last, also of two at once"
    );
    assert_eq!(code(refused.into_iter().next().unwrap()), "too_many_schedules");
}

#[tokio::test]
async fn a_plan_says_of_the_squads_that_there_are() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let (_, _, elsewhere) = elsewhere(&app).await;
    let new = plan(&world, today(&app));
    let new = NewSchedule { squads: vec![elsewhere, world.squad, TeamId::new()], ..new };
    let id = service::create_schedule(&app.pool, &now(&app, &world.coach), &new).await.unwrap();
    let subjects: Vec<uuid::Uuid> =
        sqlx::query_scalar("select subjects from event where kind = 'health_schedule_created'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(subjects, [id.0, world.squad.0], "and names none of another organization");
}

async fn rounds(app: &TestApp) -> Vec<(RoundId, Option<NaiveDate>, bool)> {
    sqlx::query_as(
        "select id, period_on, closed_at is null from health_round order by opened_at, id",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn rounds_open_on_their_day_and_close_after_their_last() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let first = today(&app) + TimeDelta::days(3);
    planned(&app, &world, first).await;
    let tend = async || service::tend(&app.pool, app.clock().now()).await.unwrap();

    tend().await;
    assert!(rounds(&app).await.is_empty(), "not yet");
    app.clock().advance(TimeDelta::days(3));
    tend().await;
    tend().await;
    let open = rounds(&app).await;
    assert_eq!(open.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(Some(first), true)]);
    for who in 0..4 {
        world.answer(&app, open[0].0, who, Colour::Green, "").await;
    }

    app.clock().advance(TimeDelta::days(7));
    let late = world.answer_one(&app, open[0].0, 4, world.questions[0], Colour::Red, "").await;
    assert_eq!(code(late), "round_over", "though nobody has closed it yet");
    tend().await;
    assert_eq!(rounds(&app).await.len(), 1);
    let shown: bool =
        sqlx::query_scalar("select is_shown from health_round").fetch_one(&app.pool).await.unwrap();
    assert!(shown);
    let by_nobody: i64 = sqlx::query_scalar(
        "select count(*) from event where kind like 'health_round_%' and member_id is null",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(by_nobody, 2, "the program did both");

    app.clock().advance(TimeDelta::days(49));
    tend().await;
    let periods: Vec<_> = rounds(&app).await.into_iter().map(|it| it.1).collect();
    assert_eq!(periods, [Some(first), Some(first + TimeDelta::weeks(8))]);
}

#[tokio::test]
async fn several_instances_open_one_round_for_each_squad_and_period() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    planned(&app, &world, today(&app)).await;
    let at = app.clock().now();
    let mut holding = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(world.squad)
        .execute(&mut *holding)
        .await
        .unwrap();
    let mut instances = vec![];
    for _ in 0..3 {
        let pool = app.pool.clone();
        instances.push(tokio::spawn(async move { service::tend(&pool, at).await }));
    }
    crate::seen::somebody_waits(&app.pool).await;
    holding.commit().await.unwrap();
    for instance in instances {
        instance.await.unwrap().unwrap();
    }

    assert_eq!(rounds(&app).await.len(), 1);
    assert_eq!(given::events(&app, "health_round_opened").await, 1);
}

#[tokio::test]
async fn a_squad_with_an_open_round_is_asked_once_and_an_ended_schedule_asks_nobody() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let own = world.open(&app).await;
    let schedule = planned(&app, &world, today(&app)).await;
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    assert_eq!(rounds(&app).await.len(), 1);

    service::end_schedule(&app.pool, &now(&app, &world.coach), schedule).await.unwrap();
    world.close(&app, own).await;
    service::tend(&app.pool, app.clock().now()).await.unwrap();
    assert_eq!(rounds(&app).await.len(), 1);
    let again = service::end_schedule(&app.pool, &now(&app, &world.coach), schedule).await;
    assert_eq!(code(again), "schedule_ended");
}

#[tokio::test]
async fn a_coach_plans_on_a_page_and_nobody_else_does() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let form = format!(
        "name=Health&pack={}&cadence=8&starts_on={}&open_days=7&mode=anonymous&squad={}",
        world.pack,
        today(&app),
        world.squad
    );
    let url = app.at("/health/schedules");
    for mut other in
        [app.leader("Ruth Abara").await, app.admin_only().await, world.members[0].clone()]
    {
        assert_eq!(other.post(&url, &form).await.status.as_u16(), 403);
    }
    let mut coach = world.coach.clone();
    let refused = coach.post(&url, &form.replace("open_days=7", "open_days=61")).await;
    assert_eq!(refused.text("#open_days-error"), "Write a whole number from 1 to 60.");
    for far in ["-9999-01-01", "0024-01-01", "%2B262142-01-01"] {
        let far = form.replace(&today(&app).to_string(), far);
        assert_eq!(
            coach.post(&url, &far).await.text("#starts_on-error"),
            "Choose a day within the next five years, or the last five.",
            "{far}"
        );
    }
    let too_long = form.replace("open_days=7", "open_days=60");
    let too_long = coach.post(&url, &too_long).await;
    assert_eq!(
        too_long.text("#open_days-error"),
        "A round is over before the next begins: so many weeks have 56 days."
    );

    coach.post(&url, &form).await.assert_redirect();
    let list = coach.get(&url).await;
    assert!(list.text("main").contains("Fair Bills"), "{}", list.text("main"));
}

/// A change of the schedule as the page sends it.
fn change(next_on: NaiveDate, weeks: i16, squads: &[TeamId], version: i32) -> String {
    let squads: Vec<_> = squads.iter().map(ToString::to_string).collect();
    format!(
        "name=Every+two+months&cadence={weeks}&starts_on={next_on}&open_days=7&version={version}&squad={}",
        squads.join("&squad=")
    )
}

#[tokio::test]
async fn a_squad_that_comes_to_a_schedule_is_asked_and_one_that_leaves_it_is_not_asked_again() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let care = given::ready(&app, "Outage Care").await;
    let start = today(&app);
    let schedule = planned(&app, &world, start).await;
    let tend = async || service::tend(&app.pool, app.clock().now()).await.unwrap();
    let asked = async || -> Vec<(String, NaiveDate)> {
        sqlx::query_as(
            "select t.name, r.period_on from health_round r join team t on t.id = r.team_id order by r.period_on, t.name",
        )
        .fetch_all(&app.pool)
        .await
        .unwrap()
    };
    let row = |name: &str, on: NaiveDate| (name.to_owned(), on);
    tend().await;
    app.clock().advance(TimeDelta::days(2));
    let url = app.at(&format!("/health/schedules/{schedule}/edit"));
    let mut coach = app.again(&world.coach).await;
    let page = coach.get(&url).await;
    page.assert_ok();
    let next = start + TimeDelta::weeks(8);
    assert_eq!(page.attribute("[name=starts_on]", "value"), Some(next.to_string()));
    assert_eq!(page.attribute("[name=cadence]", "value").unwrap(), "8");
    assert_eq!(page.count("[name=squad]"), 2);
    let chosen = page.attribute("[name=squad][checked]", "value");
    assert_eq!(chosen, Some(world.squad.to_string()));

    coach.post(&url, &change(next, 8, &[world.squad, care], 1)).await.assert_redirect();
    tend().await;
    let now = [row("Fair Bills", start), row("Outage Care", start)];
    assert_eq!(asked().await, now, "at once: the present one goes on");

    // From now on every four weeks, without the first squad. Nobody is asked in between.
    coach.post(&url, &change(next, 4, &[care], 2)).await.assert_redirect();
    tend().await;
    app.clock().advance(TimeDelta::weeks(4));
    tend().await;
    assert_eq!(asked().await, now);
    app.clock().advance(TimeDelta::weeks(4));
    tend().await;
    app.clock().advance(TimeDelta::weeks(4));
    tend().await;
    let later = [row("Outage Care", next), row("Outage Care", next + TimeDelta::weeks(4))];
    assert_eq!(asked().await, [now, later].concat());
    assert_eq!(given::events(&app, "health_schedule_changed").await, 2);
}

#[tokio::test]
async fn a_schedule_is_changed_by_coaches_at_its_newest_version_while_it_goes_on() {
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let care = given::ready(&app, "Outage Care").await;
    let schedule = planned(&app, &world, today(&app)).await;
    let url = app.at(&format!("/health/schedules/{schedule}/edit"));
    let next = today(&app) + TimeDelta::weeks(8);
    let form = change(next, 8, &[world.squad], 1);
    for mut other in
        [app.leader("Ruth Abara").await, app.admin_only().await, world.members[0].clone()]
    {
        assert_eq!(other.get(&url).await.status, StatusCode::FORBIDDEN);
        assert_eq!(other.post(&url, &form).await.status, StatusCode::FORBIDDEN);
    }
    let mut stranger = app.stranger().await;
    assert_eq!(stranger.post(&url, &form).await.status, StatusCode::NOT_FOUND);

    let mut coach = world.coach.clone();
    let past = today(&app) - TimeDelta::days(1);
    for (typed, field, sentence) in [
        (change(next, 8, &[], 1), "squad", "Choose at least one squad.".to_owned()),
        (
            change(next, 0, &[world.squad], 1),
            "cadence",
            "Write a whole number from 1 to 52.".into(),
        ),
        (
            change(past, 8, &[world.squad], 1),
            "starts_on",
            format!("The next one begins on {} at the earliest.", today(&app)),
        ),
        (
            change(next, 1, &[world.squad], 1).replace("open_days=7", "open_days=8"),
            "open_days",
            "A round is over before the next begins: so many weeks have 7 days.".to_owned(),
        ),
    ] {
        let refused = coach.post(&url, &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert_eq!(refused.text(&format!("#{field}-error")), sentence);
    }
    assert_eq!(given::events(&app, "health_schedule_changed").await, 0);

    // The same as it was changes nothing but the version.
    coach.post(&url, &form).await.assert_redirect();
    assert_eq!(given::events(&app, "health_schedule_changed").await, 0);
    let late = coach.post(&url, &change(next, 6, &[care], 1)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.attribute("[name=cadence]", "value").unwrap(), "6", "what was typed is kept");
    assert_eq!(late.text("#cadence-now"), "Now saved: 8");
    assert_eq!(late.text("#squads-now"), "Now saved: Fair Bills");
    assert_eq!(late.attribute("[name=squad][checked]", "value"), Some(care.to_string()));
    assert_eq!(late.attribute("[name=version]", "value").unwrap(), "2");
    coach.post(&url, &change(next, 6, &[care], 2)).await.assert_redirect();
    assert_eq!(given::events(&app, "health_schedule_changed").await, 1);

    let end = app.at(&format!("/health/schedules/{schedule}/end"));
    coach.post(&end, "").await.assert_redirect();
    assert_eq!(coach.get(&url).await.status, StatusCode::CONFLICT);
    let ended = coach.post(&url, &change(next, 8, &[care], 4)).await;
    assert_eq!(ended.status, StatusCode::CONFLICT);
    assert!(ended.text(".banner.bad").contains("This schedule has ended."));
}
