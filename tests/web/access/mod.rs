//! Who gets what at every address: the table of routes against every kind of visitor, with the ids of the own and of
//! another organization.

mod world;

use axum::http::StatusCode;
use trellis::config::Config;
use trellis::web::{Route, Who};

pub use world::World;

use crate::harness::{TestApp, Visitor};

#[tokio::test]
async fn an_unknown_address_is_a_page_that_says_so() {
    let app = TestApp::new().await;

    let answer = app.anonymous().get("/nowhere").await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.error_code(), "not_found");
    assert!(!answer.text("h1").is_empty());
}

#[tokio::test]
async fn machines_get_the_error_as_json_with_the_request_id() {
    let app = TestApp::new().await;

    let answer = app.anonymous().get_json("/nowhere").await;

    assert_eq!(answer.error_code(), "not_found");
    let id = answer.json()["error"]["request_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["x-request-id"], id);
}

/// Trellis in which a test may invite and import as often as it likes.
pub async fn patient() -> TestApp {
    let mut config = Config::default();
    config.limits.invitations_per_hour = 10_000;
    config.limits.imports_per_hour = 10_000;
    config.limits.requests_per_minute = 100_000;
    TestApp::with(config).await
}

async fn ask(visitor: &Visitor, route: &Route, address: &str) -> StatusCode {
    let mut visitor = visitor.clone();
    let answer = if route.is_change() {
        visitor.post(address, "").await
    } else {
        visitor.get(address).await
    };
    assert!(
        !answer.status.is_server_error(),
        "{} {address}: {}",
        route.method,
        answer.text("main")
    );
    answer.status
}

/// Addresses of one organization.
pub fn of_an_organization() -> Vec<Route> {
    trellis::routes()
        .list()
        .iter()
        .filter(|route| route.path.starts_with("/o/{org}"))
        .cloned()
        .collect()
}

/// A stream never ends, so it is asked for in its own tests.
pub fn is_page(route: &Route) -> bool {
    !route.path.ends_with("/events")
}

#[tokio::test]
async fn nobody_reaches_another_organization_at_any_address() {
    let app = patient().await;
    let own = World::new(&app, &app.slug, &app.founder(), None).await;
    let stranger = app.stranger().await;
    let other_slug = app.slug_of(&stranger).await;
    let other = World::new(&app, &other_slug, &stranger.actor(), None).await;
    let admin = app.admin().await;

    let mut wrong = vec![];
    for route in of_an_organization().iter().filter(|route| is_page(route)) {
        let strangers = own.address(route, &own.slug);
        let status = ask(&stranger, route, &strangers).await;
        if status != StatusCode::NOT_FOUND {
            wrong.push(format!("a stranger: {} {} → {status}", route.method, route.path));
        }
        if route.ids().len() > 1 {
            let foreign = other.address(route, &own.slug);
            let status = ask(&admin, route, &foreign).await;
            if status != StatusCode::NOT_FOUND {
                wrong.push(format!(
                    "an id of another organization: {} {} → {status}",
                    route.method, route.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_sign_in() {
    let app = TestApp::new().await;
    let own = World::new(&app, &app.slug, &app.founder(), None).await;
    let anonymous = app.anonymous();

    let mut wrong = vec![];
    for route in trellis::routes().list().iter().filter(|route| is_page(route)) {
        let status = ask(&anonymous, route, &own.address(route, &own.slug)).await;
        let expected = match (route.who, route.is_change()) {
            (Who::Anyone | Who::LinkHolder | Who::Development, _) => continue,
            (_, false) => StatusCode::SEE_OTHER,
            (_, true) => StatusCode::UNAUTHORIZED,
        };
        if status != expected {
            wrong.push(format!("{} {} → {status}", route.method, route.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_role_is_let_in_and_kept_out_as_the_table_says() {
    let app = patient().await;
    let squad_member = app.member("Aisha Rahman").await;
    let visitors = [
        ("admin", app.admin_only().await),
        ("leader", app.leader("Ruth Abara").await),
        ("coach", app.coach("Hana Sato").await),
        ("squad's member", squad_member.clone()),
        ("member", app.member("Wei Zhang").await),
    ];

    let mut wrong = vec![];
    for route in of_an_organization().iter().filter(|route| is_page(route)) {
        if route.who == Who::SelfOrAdmin {
            continue;
        }
        // An address may remove what it names, so each has a world of its own, and who may comes last.
        let own = World::new(&app, &app.slug, &app.founder(), Some(&squad_member)).await;
        let (mut in_, mut out) = (vec![], vec![]);
        for visitor in &visitors {
            if may(route.who, visitor.0) { in_.push(visitor) } else { out.push(visitor) }
        }
        for (kind, visitor) in out {
            // While a squad is forming, those who design it may do what its members do.
            if route.who == Who::SquadMember && matches!(*kind, "admin" | "leader") {
                continue;
            }
            let status = ask(visitor, route, &own.address(route, &own.slug)).await;
            if status != StatusCode::FORBIDDEN {
                wrong.push(format!(
                    "{kind} is not kept out: {} {} → {status}",
                    route.method, route.path
                ));
            }
        }
        for (kind, visitor) in in_ {
            let status = ask(visitor, route, &own.address(route, &own.slug)).await;
            if matches!(
                status,
                StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND
            ) {
                wrong.push(format!(
                    "{kind} is not let in: {} {} → {status}",
                    route.method, route.path
                ));
            }
            if route.is_change() {
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the table promises to a kind of visitor.
fn may(who: Who, kind: &str) -> bool {
    match who {
        Who::Designer => matches!(kind, "admin" | "leader"),
        // Nobody among the visitors leads the product.
        Who::LeadPmOrDesigner => matches!(kind, "admin" | "leader"),
        Who::LeadPm | Who::Orderer | Who::RequestsCoach | Who::Offerer => false,
        Who::Coach => kind == "coach",
        Who::CoachOrLeader => matches!(kind, "coach" | "leader"),
        Who::Admin => kind == "admin",
        // The squad's member is the apprentice of the world.
        Who::SquadMember
        | Who::OwnSquad
        | Who::Coaching
        | Who::ProductGroup
        | Who::Apprentice
        | Who::ApprenticeOrLeadPm => kind == "squad's member",
        Who::SquadMemberOrCoach => matches!(kind, "coach" | "squad's member"),
        Who::AnyRole => matches!(kind, "admin" | "leader" | "coach"),
        Who::SquadMemberOrLeader => matches!(kind, "leader" | "squad's member"),
        _ => true,
    }
}

#[tokio::test]
async fn every_route_is_in_the_table_once() {
    let routes = trellis::routes();
    let mut seen = std::collections::HashSet::new();
    for route in routes.list() {
        assert!(seen.insert((route.method, route.path)), "{} {} twice", route.method, route.path);
    }
    assert!(seen.len() > 50);
}
