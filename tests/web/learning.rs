//! What apprentices learn: plans, practice, sign-offs, feedback, and reflections that only two people read.

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use trellis::actor::Actor;
use trellis::error::Error;
use trellis::ids::{ApprenticeshipId, MemberId, ProductId, StepId};
use trellis::learning::{
    EvidenceLink, Family, Feedback, Focus, Learned, NewEvidence, Practised, Reflection, Source,
    TemplateName, Terms, service,
};
use trellis::products::service as products;
use trellis::text::Reason;

use crate::backlog::{self, Group, now};
use crate::harness::{Answer, TestApp, Visitor};

const SECRET: &str = "I was afraid of the silence";

/// A product with an apprentice.
struct World {
    group: Group,
    apprentice: Visitor,
    id: ApprenticeshipId,
}

impl World {
    fn lead(&self, app: &TestApp) -> Actor {
        self.group.lead(app)
    }

    fn learner(&self, app: &TestApp) -> Actor {
        now(app, &self.apprentice)
    }

    fn product(&self) -> ProductId {
        self.group.product
    }

    fn url(&self, app: &TestApp, below: &str) -> String {
        app.at(&format!("/products/norvik-app/learning/{}{below}", self.apprentice.id()))
    }

    async fn step(&self, app: &TestApp, family: Family) -> StepId {
        let lead = self.lead(app);
        service::steps_of(&app.pool, &lead, self.id, family).await.unwrap()[0]
    }

    async fn log(
        &self,
        app: &TestApp,
        step: StepId,
        on: NaiveDate,
        is_call: bool,
    ) -> Result<(), Error> {
        let evidence = practice(step, on, is_call);
        let actor = self.learner(app);
        service::log(&app.pool, &actor, self.id, Tz::UTC, &evidence).await.map(drop)
    }

    async fn reflect(&self, app: &TestApp, text: &str, version: i32) -> Result<(), Error> {
        let text = Reflection::parse(text).unwrap();
        let actor = self.learner(app);
        service::reflect(&app.pool, &actor, (self.id, 1), Tz::UTC, version, &text).await
    }
}

async fn get(visitor: &Visitor, path: &str) -> Answer {
    visitor.clone().get(path).await
}

async fn post(visitor: &Visitor, path: &str, form: &str) -> Answer {
    visitor.clone().post(path, form).await
}

fn practice(step: StepId, on: NaiveDate, is_call: bool) -> NewEvidence {
    NewEvidence {
        step,
        on,
        practised: Practised::parse("Lunde family, 25 min").unwrap(),
        learned: Learned::parse("They fear the bill, not the price").unwrap(),
        item: String::new(),
        link: EvidenceLink::default(),
        is_call,
    }
}

fn today(app: &TestApp) -> NaiveDate {
    app.clock().now().date_naive()
}

fn terms(starts_on: NaiveDate) -> Terms {
    Terms { starts_on, weeks: 12, focus: Focus::parse("Hear customers").unwrap(), squad: None }
}

async fn begun(app: &TestApp) -> World {
    let group = backlog::group(app, &[]).await;
    let apprentice = app.member("Samuel Okafor").await;
    let lead = group.lead(app);
    let id = products::begin_apprenticeship(&app.pool, &lead, group.product, apprentice.id())
        .await
        .unwrap();
    World { group, apprentice, id }
}

async fn planned(app: &TestApp) -> World {
    let world = begun(app).await;
    let lead = world.lead(app);
    service::make_plan(&app.pool, &lead, world.id, &terms(today(app)), Source::First)
        .await
        .unwrap();
    world
}

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer.unwrap_err() {
        Error::Refused(refusal) => refusal.code,
        Error::Forbidden(_) => "forbidden",
        Error::Stale => "stale",
        other => panic!("{other:?}"),
    }
}

async fn hand_over(app: &TestApp, product: ProductId, to: MemberId) -> Result<(), Error> {
    let version: i32 = sqlx::query_scalar("select version from product where id = $1")
        .bind(product)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    products::hand_over(&app.pool, &app.founder(), product, version, to).await
}

#[tokio::test]
async fn the_lead_pm_plans_from_a_template_and_nobody_else_does() {
    let app = TestApp::new().await;
    let world = begun(&app).await;
    let form = format!("starts_on={}&weeks=12&focus=Hear+customers&template=first", today(&app));
    for other in [&world.apprentice, &app.admin_only().await, &app.leader("Ruth Abara").await] {
        let refused = post(other, &world.url(&app, "/plan"), &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }

    let empty = get(&world.group.lead, &world.url(&app, "")).await;
    assert!(empty.text("main").contains("No plan yet"), "{empty:?}");
    let typed = form.replace("weeks=12", "weeks=0");
    let wrong = post(&world.group.lead, &world.url(&app, "/plan"), &typed).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.text(".err"), "Write a whole number from 1 to 52.");
    assert!(wrong.html.contains("Hear customers"), "what was typed is kept");
    for far in ["-9999-01-01", "0026-01-01", "%2B262142-12-31"] {
        let far = form.replace(&today(&app).to_string(), far);
        let far = post(&world.group.lead, &world.url(&app, "/plan"), &far).await;
        assert_eq!(
            far.text("#starts_on-error"),
            "Choose a day within the next five years, or the last five."
        );
    }

    let made = post(&world.group.lead, &world.url(&app, "/plan"), &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text("main"));

    let shown = get(&world.apprentice, &world.url(&app, "")).await;
    assert!(shown.text("#wk-h").contains("Week 1 of 12"));
    for family in Family::ALL {
        assert_eq!(shown.text(&format!("#t-{}", family.word())), family.title());
    }
    let again = post(&world.group.lead, &world.url(&app, "/plan"), &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_kept_plan_is_what_the_next_one_begins_with() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let lead = world.lead(&app);
    let name = TemplateName::parse("Our twelve weeks").unwrap();
    service::keep_as_template(&app.pool, &lead, world.id, &name).await.unwrap();
    let twice = service::keep_as_template(&app.pool, &lead, world.id, &name).await;
    assert_eq!(code(twice), "template_name_taken");

    let other = app.member("Kwame Mensah").await;
    let begun = products::begin_apprenticeship(&app.pool, &lead, world.product(), other.id());
    let begun = begun.await.unwrap();
    let form = app.at(&format!("/products/norvik-app/learning/{}/plan", other.id()));
    assert!(
        get(&world.group.lead, &form)
            .await
            .text("select#template")
            .contains("Our twelve weeks, 12 steps")
    );
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from learning_template").fetch_one(&app.pool).await.unwrap();
    let source = Source::parse(&id.to_string()).unwrap();
    let shorter = Terms { weeks: 6, ..terms(today(&app)) };
    service::make_plan(&app.pool, &lead, begun, &shorter, source).await.unwrap();
    let steps: (i64, i16) = sqlx::query_as(
        "select count(*), max(week) from learning_step where apprenticeship_id = $1",
    )
    .bind(begun)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(steps, (12, 6));
}

#[tokio::test]
async fn of_two_who_change_a_step_the_second_is_told_and_keeps_their_text() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let step = world.step(&app, Family::Data).await;
    let edit = world.url(&app, &format!("/steps/{step}/edit"));
    let form =
        |title: &str| format!("title={title}&family=data&target=3&rung=alone&week=5&version=1");
    let first = post(&world.group.lead, &edit, &form("Read+a+cohort+chart")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text("main"));

    let second = post(&world.group.lead, &edit, &form("Own+a+dashboard")).await;

    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.attribute("#title", "value").as_deref(), Some("Own a dashboard"));
    assert!(second.text("#title-now").contains("Read a cohort chart"));
}

#[tokio::test]
async fn practice_is_the_apprentices_own_and_on_a_day_that_was() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let (step, day) = (world.step(&app, Family::Calls).await, today(&app));
    let lead = world.lead(&app);
    let own = practice(step, day, true);
    let by_lead = service::log(&app.pool, &lead, world.id, Tz::UTC, &own);
    assert_eq!(code(by_lead.await), "forbidden");
    let tomorrow = day + TimeDelta::days(1);
    assert_eq!(code(world.log(&app, step, tomorrow, true).await), "day_in_the_future");
    let before = day - TimeDelta::days(1);
    assert_eq!(code(world.log(&app, step, before, true).await), "day_before_beginning");
    let data = world.step(&app, Family::Data).await;
    assert_eq!(code(world.log(&app, data, day, true).await), "call_of_another_family");

    let form = |item: &str| {
        format!(
            "step={step}&on={day}&practised=Lunde+family&learned=They+fear+the+bill&call=on&item={item}&link=https%3A%2F%2Fnotes.example.org%2F1"
        )
    };
    let missing = post(&world.apprentice, &world.url(&app, "/log"), &form("NA-7")).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(missing.text(".err").contains("There is no item NA-7"), "{}", missing.text(".err"));
    assert!(missing.html.contains("They fear the bill"), "what was typed is kept");
    backlog::proposed(&app, &world.group, 1).await;
    let logged = post(&world.apprentice, &world.url(&app, "/log"), &form("na-1")).await;
    assert_eq!(logged.status, StatusCode::SEE_OTHER, "{}", logged.text("main"));

    let shown = get(&world.group.lead, &world.url(&app, "")).await;
    assert!(shown.text("table.log").contains("They fear the bill"));
    assert!(shown.text("table.log").contains("NA-1"));
}

#[tokio::test]
async fn the_lead_pm_alone_signs_off_and_only_on_evidence() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let step = world.step(&app, Family::Calls).await;
    let which = (world.id, step);
    let lead = world.lead(&app);
    let early = service::sign_off(&app.pool, &lead, which, 1).await;
    assert_eq!(code(early), "evidence_missing");
    world.log(&app, step, today(&app), true).await.unwrap();
    let leader = app.leader("Ruth Abara").await;
    for other in [world.learner(&app), app.founder(), now(&app, &leader)] {
        assert_eq!(code(service::sign_off(&app.pool, &other, which, 1).await), "forbidden");
    }

    service::sign_off(&app.pool, &lead, which, 1).await.unwrap();

    assert_eq!(code(service::sign_off(&app.pool, &lead, which, 1).await), "step_signed_off");
    let shown = get(&world.apprentice, &world.url(&app, "")).await;
    assert!(shown.text("#t-calls + .badge").contains("Observes"), "{}", shown.text("main"));
    assert!(shown.text("main").contains("Signed off"));
    let back = world.url(&app, &format!("/steps/{step}/take-back"));
    let empty = post(&world.group.lead, &back, "reason=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = Reason::parse("We looked again").unwrap();
    service::take_back(&app.pool, &lead, which, &reason).await.unwrap();
    let none = service::take_back(&app.pool, &lead, which, &reason).await;
    assert_eq!(code(none), "step_not_signed_off");
    let removed = service::remove_step(&app.pool, &lead, which, 1).await;
    assert_eq!(code(removed), "step_practised");
}

#[tokio::test]
async fn only_the_apprentice_and_the_present_lead_pm_read_a_reflection() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    world.reflect(&app, SECRET, 0).await.unwrap();
    assert_eq!(code(world.reflect(&app, "Another", 0).await), "stale");
    let (page, all) = (world.url(&app, ""), world.url(&app, "/reflections"));
    for reader in [&world.apprentice, &world.group.lead] {
        for address in [&page, &all] {
            assert!(get(reader, address).await.html.contains(SECRET), "{address}");
        }
    }
    let hint = get(&world.apprentice, &page).await.text("#ref-hint");
    assert_eq!(hint, "Only you and the lead PM of Norvik App, now Hana, can read this.");
    let mut leader = app.leader("Lena Lead").await;
    let over = leader.get(&app.at("/products/norvik-app/hand-over")).await;
    let said = "the new lead PM can read all of it, and Hana Sato no more";
    assert!(over.text("main").contains(said), "{}", over.text("main"));

    let other = app.member("Somebody Else").await;
    let visitors = [
        app.admin_only().await,
        app.leader("Ruth Abara").await,
        app.coach("Carl Coach").await,
        other,
    ];
    for visitor in &visitors {
        assert_eq!(get(visitor, &all).await.status, StatusCode::FORBIDDEN);
        for address in [
            page.clone(),
            app.at("/learning"),
            app.at("/activity"),
            app.at("/find?q=afraid+silence"),
        ] {
            let shown = get(visitor, &address).await;
            assert!(shown.status.is_success(), "{address}");
            assert!(!shown.html.contains(SECRET), "{address}");
        }
    }
    let told: i64 =
        sqlx::query_scalar("select count(*) from event e where e::text like '%afraid%'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(told, 0, "no event tells what a reflection says");

    let next = app.member("Nadia Haddad").await;
    hand_over(&app, world.product(), next.id()).await.unwrap();
    assert!(!get(&world.group.lead, &page).await.html.contains(SECRET), "the former lead PM");
    assert_eq!(get(&world.group.lead, &all).await.status, StatusCode::FORBIDDEN);
    assert!(get(&next, &all).await.html.contains(SECRET), "the present one");
}

#[tokio::test]
async fn who_is_asked_sees_it_and_has_answered_by_saying_something() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let ask = world.url(&app, "/ask");
    let nobody = post(&world.apprentice, &ask, "about=My+silence").await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let lead = world.group.lead.id();
    let asked = post(&world.apprentice, &ask, &format!("about=My+silence&member={lead}")).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text("main"));
    let page = world.url(&app, "");
    assert!(
        get(&world.group.lead, &page).await.text("#learning-parts .banner").contains("My silence")
    );

    let own = Feedback::parse("I did well").unwrap();
    let own = service::give_feedback(&app.pool, &world.learner(&app), world.id, &own, None).await;
    assert_eq!(code(own), "feedback_of_oneself");
    let said =
        post(&world.group.lead, &world.url(&app, "/feedback"), "text=Keep+that+silence").await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text("main"));

    let shown = get(&world.group.lead, &page).await;
    assert!(shown.text(".fb").contains("Keep that silence"));
    assert!(!shown.html.contains("asks for your feedback"));
}

#[tokio::test]
async fn p4_is_said_on_the_plan_the_list_and_the_group_with_its_way_out() {
    let app = TestApp::new().await;
    let world = begun(&app).await;
    let pages = [app.at("/learning"), app.at("/products/norvik-app/group"), world.url(&app, "")];
    let group = get(&world.group.lead, &pages[1]).await;
    assert!(group.text("[data-code=P4]").contains("Samuel Okafor has no learning plan."));
    assert_eq!(
        group.attribute("[data-code=P4] a", "href").as_deref(),
        Some(&*world.url(&app, "/plan"))
    );
    assert!(get(&world.group.lead, &pages[0]).await.text("main").contains("has no learning plan"));

    let lead = world.lead(&app);
    service::make_plan(&app.pool, &lead, world.id, &terms(today(&app)), Source::First)
        .await
        .unwrap();
    app.clock().advance(TimeDelta::days(13));
    let again = app.again(&world.apprentice).await;
    for page in &pages {
        assert!(!get(&again, page).await.html.contains("for 13 days"), "{page}");
    }
    app.clock().advance(TimeDelta::days(1));
    let again = app.again(&world.apprentice).await;
    for page in &pages {
        let shown = get(&again, page).await.html;
        assert!(shown.contains("has added no evidence for 14 days"), "{page}");
        assert!(shown.contains("has been at no customer call for 14 days"), "{page}");
    }
    let step = world.step(&app, Family::Calls).await;
    world.log(&app, step, today(&app), true).await.unwrap();
    let again = app.again(&world.apprentice).await;
    for page in &pages {
        assert!(!get(&again, page).await.html.contains("for 14 days"), "{page}");
    }
}

#[tokio::test]
async fn who_becomes_lead_pm_elsewhere_keeps_the_plan_to_read_and_changes_it_no_more() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let refused = hand_over(&app, world.product(), world.apprentice.id()).await;
    assert_eq!(code(refused), "apprentice_is_lead");

    let new = trellis::products::NewProduct {
        name: trellis::products::ProductName::parse("Home Energy").unwrap(),
        description: trellis::products::ProductDescription::parse("").unwrap(),
        key: None,
        lead: world.apprentice.id(),
    };
    products::create(&app.pool, &app.founder(), &new).await.unwrap();

    let outcome: Option<String> =
        sqlx::query_scalar("select outcome from apprenticeship where id = $1")
            .bind(world.id)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(outcome.as_deref(), Some("lead_pm_elsewhere"));
    let shown = get(&world.apprentice, &world.url(&app, "")).await;
    assert!(
        shown.text("#learning-parts .banner").contains("Lead PM elsewhere"),
        "{}",
        shown.text("main")
    );
    assert!(shown.text("main").contains("Customer calls"));
    let listed = get(&world.apprentice, &app.at("/learning?state=ended")).await;
    assert!(listed.text("main").contains("Samuel Okafor"));
    let step = world.step(&app, Family::Calls).await;
    assert_eq!(code(world.log(&app, step, today(&app), true).await), "apprenticeship_ended");
    assert_eq!(code(world.reflect(&app, "Late", 0).await), "apprenticeship_ended");
    let lead = world.lead(&app);
    assert_eq!(
        code(service::sign_off(&app.pool, &lead, (world.id, step), 1).await),
        "apprenticeship_ended"
    );
}

#[tokio::test]
async fn the_schema_knows_no_sign_off_without_evidence_of_the_same_step() {
    let app = TestApp::new().await;
    let world = planned(&app).await;
    let calls = world.step(&app, Family::Calls).await;
    let data = world.step(&app, Family::Data).await;
    world.log(&app, calls, today(&app), true).await.unwrap();

    let forged = sqlx::query(
        "insert into learning_sign_off (organization_id, id, step_id, evidence_id, by_id, at, event_id)
         select organization_id, gen_random_uuid(), $1, id, $2, at, event_id from learning_evidence",
    )
    .bind(data)
    .bind(world.group.lead.id())
    .execute(&app.pool)
    .await
    .unwrap_err();

    let constraint =
        forged.as_database_error().and_then(|error| error.constraint().map(str::to_owned));
    assert_eq!(constraint.as_deref(), Some("learning_sign_off_evidence_fkey"));
}
