//! The demo: believable, complete, the same for the same seed, and made in seconds.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value;
use trellis::accounts::Passwords;
use trellis::demo::{self, Made, Options};
use trellis::{design, doctor};

use crate::harness::TestApp;

fn options(seed: u64) -> Options {
    Options { organizations: 1, squads: 8, seed, json: true }
}

async fn fill(app: &TestApp, seed: u64) -> Made {
    demo::service::fill(&app.pool, &Passwords::default(), app.clock(), &options(seed))
        .await
        .unwrap()
}

async fn off(app: &TestApp) -> Vec<String> {
    let checks = doctor::examine(&app.pool).await.unwrap();
    checks.into_iter().flat_map(|check| check.off).collect()
}

/// What does not differ from making to making: names, states and sizes of squads, in order.
fn structure(organization: &Value) -> Vec<(String, String, i64)> {
    let squads = organization["squads"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    squads
        .iter()
        .map(|squad| {
            (text(&squad["name"]), text(&squad["state"]), squad["members"].as_i64().unwrap())
        })
        .collect()
}

async fn names(app: &TestApp, slug: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select m.name from member m join organization o on o.id = m.organization_id where o.slug = $1 order by m.name",
    )
    .bind(slug)
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_demo_is_made_in_seconds_and_twice_makes_another_organization() {
    let app = TestApp::new().await;

    let started = Instant::now();
    let first = fill(&app, 42).await.json();
    let took = started.elapsed();
    let second = fill(&app, 42).await.json();
    let other = fill(&app, 43).await.json();

    assert!(took.as_secs() < 10, "{took:?}");
    assert_eq!(off(&app).await, Vec::<String>::new());
    let [first, second, other] =
        [first, second, other].map(|made| made["organizations"][0].clone());
    assert_eq!(first["slug"], "norvik-energy-2", "the harness has the first");
    assert_eq!(second["slug"], "norvik-energy-3");
    assert_eq!(structure(&first), structure(&second));
    let names_of_first = names(&app, "norvik-energy-2").await;
    assert_eq!(names_of_first, names(&app, "norvik-energy-3").await);
    assert_ne!(names_of_first, names(&app, "norvik-energy-4").await);
    assert_eq!(other["slug"], "norvik-energy-4");
    assert_eq!(first["member_count"], 100);
    assert_eq!(first["core_teams"].as_array().unwrap().len(), 3);
    let states: Vec<_> = structure(&first).into_iter().map(|(_, state, _)| state).collect();
    let count = |wanted: &str| states.iter().filter(|state| *state == wanted).count();
    assert_eq!((count("active"), count("forming"), count("dissolved")), (7, 1, 1));
    let roles: Vec<_> = first["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["admin", "leader", "coach", "member", "outsider"]);
    assert_eq!(first["member_squad"], "fair-bills");
}

#[tokio::test]
async fn the_demo_of_the_setup_shows_every_kind_of_finding_and_a_whole_history() {
    let app = TestApp::new().await;

    demo::service::into_organization(&app.pool, &app.founder()).await.unwrap();

    let today = app.clock().now().date_naive();
    let design = design::load(&app.pool, app.tenant(), today).await.unwrap();
    let findings = design.findings();
    let found: BTreeSet<_> = findings
        .iter()
        .map(|finding| format!("{:?} {}", finding.code, finding.severity.word()))
        .collect();
    for wanted in [
        "S1 advice",
        "S2 warning",
        "S3 breach",
        "S4 advice",
        "S4 warning",
        "S5 warning",
        "S6 warning",
        "S7 advice",
        "S9 advice",
        "D1 advice",
    ] {
        assert!(found.contains(wanted), "{wanted} among {found:?}");
    }
    let titles: Vec<_> = findings.iter().map(|finding| finding.title.as_str()).collect();
    for wanted in [
        "2 more to reach 6.",
        "The mission is past its review date.",
        "The mission is about a function, not a customer.",
        "Nobody can decide.",
        "Nobody has Contracts and law.",
        "Only Zofia Wójcik has UX design.",
        "Clara Vogel is planned at 130 %.",
        "Ravi Menon is in 3 squads.",
        "There is no goal metric.",
        "An island: no link to any other team.",
        "“EV at Home collaborates with Solar Home” is past its review date.",
    ] {
        assert!(titles.contains(&wanted), "{wanted} among {titles:#?}");
    }
    assert_eq!(off(&app).await, Vec::<String>::new());

    let kinds: Vec<String> = sqlx::query_scalar("select distinct kind from event order by kind")
        .fetch_all(&app.pool)
        .await
        .unwrap();
    for wanted in [
        "squad_returned_to_forming",
        "squad_dissolved",
        "members_swapped",
        "member_moved",
        "member_removed",
        "member_deactivated",
        "mission_written",
        "goal_metric_set",
        "metric_added",
        "metric_checked_in",
        "skill_confirmed",
        "link_made",
        "link_ended",
        "product_created",
        "product_handed_over",
        "product_squad_added",
        "product_hat_given",
        "apprenticeship_begun",
        "apprenticeship_delegated",
    ] {
        assert!(kinds.iter().any(|kind| kind == wanted), "{wanted} among {kinds:?}");
    }
    let groups: (i64, i64, i64) = sqlx::query_as(
        "select count(*), sum(squads), sum(apprentices) from product where organization_id = $1 and ended_at is null",
    )
    .bind(app.tenant().organization_id())
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(groups, (3, 7, 2));
    let over_days: i64 =
        sqlx::query_scalar("select extract(day from max(at) - min(at))::bigint from event")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert!(over_days > 365, "{over_days}");
    assert_a_year_of_flow(&app).await;
    assert_coaching_with_an_effect(&app).await;
}

/// What squads ask for because of a dimension was not green then, and later health checks tell of one of them.
async fn assert_coaching_with_an_effect(app: &TestApp) {
    let asked: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "select r.dimension, count(*) filter (where o.closed_at < r.raised_at), count(*) filter (where o.closed_at >= r.raised_at), \
                count(*) filter (where o.closed_at < r.raised_at and x.red + x.amber > x.green) \
         from coaching_request r \
         join health_round o on o.team_id = r.team_id and o.is_shown \
         join health_result x on x.round_id = o.id and x.dimension_id = r.dimension_id \
         group by r.id, r.dimension order by r.dimension",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let names: Vec<_> = asked.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["Learning", "Well-being"]);
    for (name, before, _, in_need) in &asked {
        assert!(*before > 0 && before == in_need, "{name}: {in_need} of {before} before");
    }
    assert!(asked[0].2 >= 2, "{} since the first was asked for", asked[0].2);
}

/// The squads of the demo have worked for a year and go on today.
async fn assert_a_year_of_flow(app: &TestApp) {
    let products: Vec<(String, i64, i64, i64, i64, i64)> = sqlx::query_as(
        "select p.slug, count(*) filter (where stage = 'done'), count(*) filter (where stage = 'ready'), \
                count(*) filter (where stage = 'proposed'), count(*) filter (where stage in ('in_progress', 'learning')), \
                count(distinct title) - count(*) \
         from backlog_item i join product p on p.id = i.product_id group by p.slug order by p.slug",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert_eq!(products.len(), 3);
    for (product, done, ready, proposed, held, again) in &products {
        assert!(*done >= 30, "{product}: {done} are done");
        assert!(*ready >= 4 && *proposed >= 3, "{product}: {ready} ready, {proposed} proposed");
        assert!(*held >= 3, "{product}: {held} in the hands of squads");
        assert_eq!(*again, 0, "{product}: no two items have one title");
    }
    let (weeks, first, events, actors): (i64, i64, i64, i64) = sqlx::query_as(
        "select count(distinct date_trunc('week', t.at)), extract(day from now() - min(t.at))::bigint, count(distinct t.event_id) - count(*), \
                count(distinct e.member_id) \
         from backlog_transition t join event e on e.id = t.event_id where t.to_stage = 'done'",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert!(weeks >= 48 && first > 340, "{weeks} weeks with something done, since {first} days");
    assert_eq!(events, 0, "each step has an event of its own");
    assert!(actors >= 20, "{actors} people finished something");
    let number = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
    };
    assert!(
        number("select count(distinct breadth) from backlog_item where stage = 'done'").await == 4
    );
    assert_eq!(
        number(
            "select count(*) from backlog_item where class = 'expedite' and stage = 'in_progress'"
        )
        .await,
        1
    );
    assert!(number("select count(*) from backlog_item where stage = 'learning'").await >= 3);
    assert_eq!(number("select count(*) from backlog_item where blocked_at is not null").await, 1);
    assert!(number("select count(*) from backlog_passed_over").await >= 1);
    assert!(number("select count(*) from backlog_comment").await >= 3);
    assert!(
        number("select count(distinct effect) from backlog_item where stage = 'done'").await >= 8
    );

    let mut founder = app.visitor(&app.founder()).await;
    let mut codes = BTreeSet::new();
    for (product, ..) in &products {
        founder.get(&app.at(&format!("/products/{product}"))).await.assert_ok();
        let flow = founder.get(&app.at(&format!("/products/{product}/flow?weeks=26"))).await;
        for code in ["B1", "B2"] {
            if flow.count(&format!("[data-code={code}]")) > 0 {
                codes.insert(format!("{product} {code}"));
            }
        }
    }
    assert!(codes.contains("norvik-app B1"), "{codes:?}");
    assert!(codes.contains("business-portal B2"), "{codes:?}");
}
