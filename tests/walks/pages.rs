//! Every page, for every role, in both themes, on a desk and on a phone: made from the table of addresses, so that a new
//! page cannot be forgotten.

use std::path::Path;

use axum::http::{Method, StatusCode};
use serde_json::Value;
use sqlx::PgPool;
use trellis::accounts::{Passwords, PersonName};
use trellis::demo::{self, Options};
use trellis::ids::TeamId;
use trellis::links::LinkKind;
use trellis::squads::{self, Description, NewSquad, Pattern, SquadName};
use trellis::web::{Route, Who};
use uuid::Uuid;

use crate::browser::{Browser, Look};
use crate::checks::{self, Care};
use crate::driver::Driver;
use crate::given;
use crate::harness::{TestApp, Visitor};
use crate::site::{serve, session, session_of};

/// Addresses that a person asks for, but that do not answer with a page of their own.
fn is_page(route: &Route) -> bool {
    let other = [
        "/healthz",
        "/readyz",
        "/o/{org}/events",
        "/o/{org}/presence",
        "/o/{org}/find/palette",
        // A part of the board, and a question that only comes up on the way of an item.
        "/o/{org}/products/{product}/items/{item}/moves",
        "/o/{org}/products/{product}/items/{item}/step",
    ];
    let is_file = Path::new(route.path).extension().is_some();
    !route.is_change() && !is_file && !other.contains(&route.path)
}

/// The product whose pages are looked at.
const PRODUCT: &str = "norvik-app";

/// The same pages with something else on them, and what is no page of the table.
const MORE: &[&str] = &[
    "/o/{org}/constellation?view=list",
    "/o/{org}/constellation?view=matrix",
    "/o/{org}/health?period=2021-q1",
    "/o/{org}/squads?q=nothing+of+the+kind",
    "/o/{org}/squads/{forming}",
    "/o/{org}/squads/{forming}/members",
    "/o/{org}/squads/{dissolved}",
    "/o/{org}/squads/{forming}/health",
    "/o/{org}/squads/{squad}/health/{closed}",
    "/o/{org}/squads/{squad}/mission/compare?from=1&to=2",
    "/o/{org}/members?q=nothing+of+the+kind",
    "/o/{org}/activity?q=nothing+of+the+kind",
    "/o/{org}/coaching?state=over",
    "/o/{org}/nowhere",
];

/// What a coach looks at closely beside the pages that are theirs alone.
const COACHED: &[&str] = &["/o/{org}/coaching", "/o/{org}/coaching/{request}", "/o/{org}/work"];

/// What whoever orders a backlog looks at beside the pages that are theirs alone.
const ORDERED: &[&str] = &[
    "/o/{org}",
    "/o/{org}/products/{product}",
    "/o/{org}/products/{product}/items",
    "/o/{org}/products/{product}/items/{item}",
    "/o/{org}/products/{product}/items/{item}/moves",
    "/o/{org}/products/{product}/items/{item}/step?do=drop",
];

/// The pages of an organization where nothing is yet, and with very long names.
const MAIN: &[&str] = &[
    "/skills",
    "/core-teams",
    "/work",
    "/coaching",
    "/coaching?state=over",
    "/activity",
    "/import",
    "/settings",
    "/settings/accounts",
];

/// Those that show much of an organization at once.
const LARGE: &[&str] = &[
    "",
    "/constellation",
    "/constellation?view=list",
    "/constellation?view=matrix",
    "/squads",
    "/links",
    "/links?view=matrix",
    "/health",
    "/health?all=1",
    "/members",
    "/find?q=Donaudampfschiff",
];

/// Words that are hard to break.
const WORDS: [&str; 4] = [
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenverleih",
    "Rechtsschutzversicherungsgesellschaften",
    "Konstantynopolitańczykowianeczka",
    "Dźwiękonaśladowcza Współodpowiedzialność",
];

/// The role that has the most to do on the pages of a route, and therefore looks at them with all care.
fn looks_closest(who: Who) -> &'static str {
    match who {
        Who::Anyone | Who::LinkHolder => "anonymous",
        Who::Admin => "admin",
        Who::SquadMember
        | Who::OwnSquad
        | Who::SquadMemberOrCoach
        | Who::Coaching
        | Who::SelfOrAdmin
        | Who::ProductGroup => "member",
        Who::Coach | Who::CoachOrLeader | Who::RequestsCoach | Who::Offerer => "coach",
        Who::LeadPm | Who::Orderer => "lead PM",
        Who::Apprentice | Who::ApprenticeOrLeadPm => "apprentice",
        _ => "leader",
    }
}

/// How a role looks at a page: `None` where the table keeps it out.
fn care(who: Who, role: &str) -> Option<Care> {
    if looks_closest(who) == role {
        return Some(Care::Full);
    }
    let is_in = match who {
        // They see what everybody sees, who has seen it.
        _ if matches!(role, "lead PM" | "apprentice") => false,
        Who::User | Who::Member => role != "anonymous",
        Who::Designer => matches!(role, "admin" | "leader"),
        Who::SquadMemberOrLeader => matches!(role, "leader" | "member"),
        Who::CoachOrLeader => role == "leader",
        Who::SquadMemberOrCoach => role == "coach",
        Who::AnyRole => matches!(role, "admin" | "coach"),
        _ => false,
    };
    is_in.then_some(if role == "coach" { Care::Desk } else { Care::Phone })
}

/// The demo organization, and what its addresses name.
struct Demo {
    pool: PgPool,
    summary: Value,
    /// The links of an invitation and of a new password.
    links: Vec<String>,
    /// The key of an item that is ready to be pulled.
    item: String,
    /// A file that waits to be imported into the product's backlog.
    file: String,
}

impl Demo {
    /// Fills it, invites somebody and sends a file, so that every address has something to show.
    async fn new(app: &TestApp) -> Self {
        let options = Options { organizations: 1, squads: 8, seed: 42, json: true };
        let made =
            demo::service::fill(&app.pool, &Passwords::default(), app.clock(), &options).await;
        let summary = made.unwrap().json()["organizations"][0].clone();
        let (links, item, file) = (vec![], String::new(), String::new());
        let mut demo = Self { pool: app.pool.clone(), summary, links, item, file };
        let mut admin = Visitor::of(app.router.clone());
        admin.cookies.insert("session".to_owned(), demo.token("admin").await);
        let settings = format!("/o/{}/settings", demo.slug());
        let invite = format!("{settings}/invitations");
        let reset = format!("{settings}/accounts/{}/reset", demo.member("coach"));
        for (address, form) in [(invite, "email=new%40example.org&name=Nora+Neu"), (reset, "")] {
            let answer = admin.post(&address, form).await;
            let link = answer.attribute("#link", "value").unwrap_or_else(|| panic!("{answer:?}"));
            demo.links.push(link.splitn(4, '/').last().map(|path| format!("/{path}")).unwrap());
        }
        let file =
            "email,name,title,discipline\r\nx@example.org,X,,design\r\nno address,Y,,design\r\n";
        let body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"members.csv\"\r\n\
             content-type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
        );
        let headers = [
            ("content-type", "multipart/form-data; boundary=b"),
            ("sec-fetch-site", "same-origin"),
        ];
        let import = format!("/o/{}/import", demo.slug());
        let sent = admin.send(Method::POST, &import, &headers, body).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        let items = format!("/o/{}/products/{PRODUCT}/items/new", demo.slug());
        for title in ["Split+a+bill+between+flatmates", "Explain+the+difference+from+last+month"] {
            let form = format!("title={title}&why=Asked+weekly&breadth=problem");
            let sent = admin.post(&items, &form).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        }
        let last = "select max(i.number) from backlog_item i \
                    join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id) where p.slug = $1";
        let last: i32 = sqlx::query_scalar(last).bind(PRODUCT).fetch_one(&app.pool).await.unwrap();
        demo.item = format!("NA-{last}");
        // The coach leads the product, so that somebody with an account does, and makes it ready.
        let product = format!("/o/{}/products/{PRODUCT}", demo.slug());
        let version = "select version from product where slug = $1";
        let version: i32 =
            sqlx::query_scalar(version).bind(PRODUCT).fetch_one(&app.pool).await.unwrap();
        let form = format!("member={}&version={version}", demo.member("coach"));
        let sent = admin.post(&format!("{product}/hand-over"), &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        admin.cookies.insert("session".to_owned(), demo.token("lead PM").await);
        let sent = admin.post(&format!("{product}/move"), &format!("do=ready:{last}")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        demo.send_backlog(&mut admin).await;
        demo.open_round(&mut admin).await;
        demo.sign_up_learner().await;
        demo
    }

    /// An apprentice has an account.
    async fn sign_up_learner(&self) {
        let learner: Uuid = self.id("learner", "", "").await.parse().unwrap();
        let user = Uuid::now_v7();
        let sql = "insert into user_account (id, email, name, password_hash, created_at) \
                   values ($1, 'learner@norvik.example', 'Learner', '-', now())";
        sqlx::query(sql).bind(user).execute(&self.pool).await.unwrap();
        let sql = "update member set user_id = $1 where id = $2";
        sqlx::query(sql).bind(user).bind(learner).execute(&self.pool).await.unwrap();
    }

    /// The lead PM, who is a coach, has opened a health check of the member's squad, and planned others.
    async fn open_round(&self, coach: &mut Visitor) {
        let pack: Uuid = sqlx::query_scalar("select p.id from health_pack p join organization o on o.id = p.organization_id where o.slug = $1 and p.slug = 'squad-health'")
            .bind(self.slug())
            .fetch_one(&self.pool)
            .await
            .unwrap();
        let squad = self.summary["member_squad"].as_str().unwrap();
        let url = format!("/o/{}/squads/{squad}/health", self.slug());
        let form = format!("pack={pack}&mode=anonymous&reveal=session&closes_on=");
        let sent = coach.post(&url, &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        let id: Uuid = sqlx::query_scalar(
            "select t.id from team t join organization o on o.id = t.organization_id where o.slug = $1 and t.slug = $2",
        )
        .bind(self.slug())
        .bind(squad)
        .fetch_one(&self.pool)
        .await
        .unwrap();
        let soon =
            trellis::clock::Clock::default().now().date_naive() + chrono::TimeDelta::days(30);
        let form = format!(
            "name=Every+two+months&pack={pack}&cadence=8&starts_on={soon}&open_days=7&mode=anonymous&squad={id}"
        );
        let sent = coach.post(&format!("/o/{}/health/schedules", self.slug()), &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
    }

    /// The lead PM has sent a file for the backlog.
    async fn send_backlog(&mut self, lead: &mut Visitor) {
        let text = include_str!("../data/jira.csv");
        let body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"jira.csv\"\r\n\
             content-type: text/csv\r\n\r\n{text}\r\n--b--\r\n"
        );
        let headers = [
            ("content-type", "multipart/form-data; boundary=b"),
            ("sec-fetch-site", "same-origin"),
        ];
        let import = format!("/o/{}/products/{PRODUCT}/import", self.slug());
        let sent = lead.send(Method::POST, &import, &headers, body).await;
        let there = sent.assert_redirect();
        there.rsplit('/').next().unwrap().clone_into(&mut self.file);
    }

    fn slug(&self) -> &str {
        self.summary["slug"].as_str().unwrap()
    }

    /// The member behind an account.
    fn member(&self, role: &str) -> &str {
        let role = if role == "lead PM" { "coach" } else { role };
        let accounts = self.summary["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["role"] == role).unwrap();
        account["member_id"].as_str().unwrap()
    }

    async fn token(&self, role: &str) -> String {
        if role == "apprentice" {
            return session_of(&self.pool, &self.id("learner", "", role).await).await;
        }
        session_of(&self.pool, self.member(role)).await
    }

    /// The slug of a squad in a state.
    fn squad(&self, state: &str) -> &str {
        let squads = self.summary["squads"].as_array().unwrap();
        squads.iter().find(|squad| squad["state"] == state).unwrap()["slug"].as_str().unwrap()
    }

    /// A skill that can be changed: not one of the four core capabilities.
    fn craft(&self) -> &str {
        let skills = self.summary["skills"].as_array().unwrap();
        skills.iter().find(|skill| skill["name"] == "Billing").unwrap()["id"].as_str().unwrap()
    }

    /// What stands for a name in a path, for a role.
    async fn id(&self, name: &str, path: &str, role: &str) -> String {
        let squad = self.summary["member_squad"].as_str().unwrap();
        match name {
            "org" => return self.slug().to_owned(),
            "squad" => return squad.to_owned(),
            "forming" | "dissolved" => return self.squad(name).to_owned(),
            "skill" => return self.craft().to_owned(),
            "product" => return PRODUCT.to_owned(),
            "item" => return self.item.clone(),
            "core_team" => {
                return self.summary["core_teams"][0]["slug"].as_str().unwrap().to_owned();
            }
            "file" => return self.file.clone(),
            "pack" => return "customer-value-squad".to_owned(),
            // Everybody looks at somebody who is in a squad; the member at themselves.
            "member" if role == "admin" => return self.member("coach").to_owned(),
            "member" => return self.member("member").to_owned(),
            _ => {}
        }
        let of_team = format!(
            "select x.id from {name} x join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id) \
             where x.organization_id = $1 and t.slug = $2 and x.{} is null order by x.id limit 1",
            if name == "metric" { "ended_at" } else { "until_at" },
        );
        let any = format!(
            "select id from {name} where organization_id = $1 and $2 <> '' order by id limit 1"
        );
        let of_product = format!(
            "select x.id from {} x join product p on (p.organization_id, p.id) = (x.organization_id, x.product_id) \
             where x.organization_id = $1 and $2 <> '' and p.slug = '{PRODUCT}' and x.until_at is null order by x.id limit 1",
            if name == "service" { "product_squad" } else { name },
        );
        let sql = match name {
            "round" | "closed" => format!(
                "select r.id from health_round r join team t on t.id = r.team_id \
                 where r.organization_id = $1 and t.slug = $2 and r.{} order by r.opened_at desc limit 1",
                if name == "round" { "closed_at is null" } else { "is_shown" },
            ),
            "dimension" => "select d.id from health_dimension d join health_pack p on p.id = d.pack_id \
                 where d.organization_id = $1 and $2 <> '' and p.slug = 'customer-value-squad' order by d.position limit 1"
                .to_owned(),
            "schedule" => "select id from health_schedule where organization_id = $1 and $2 <> '' and ended_at is null order by id limit 1"
                .to_owned(),
            "membership" | "metric" => of_team,
            "request" => "select r.id from coaching_request r join team t on (t.organization_id, t.id) = (r.organization_id, r.team_id) \
                          where r.organization_id = $1 and t.slug = $2 and r.state in ('agreed', 'active') order by r.id limit 1"
                .to_owned(),
            "service" | "apprenticeship" => of_product,
            // Of the metric that is looked at, and one that can be corrected.
            "check_in" => "select s.id from check_in_standing s where s.organization_id = $1 and s.metric_id = \
                 (select x.id from metric x join team t on (t.organization_id, t.id) = (x.organization_id, x.team_id) \
                  where x.organization_id = $1 and t.slug = $2 and x.ended_at is null order by x.id limit 1) order by s.at limit 1"
                .to_owned(),
            // Both of the same plan, at the product whose pages are looked at.
            "learner" | "step" => format!(
                "select {} from learning_step s join apprenticeship a on a.id = s.apprenticeship_id join product p on p.id = a.product_id \
                 where a.organization_id = $1 and $2 <> '' and p.slug = '{PRODUCT}' and a.until_at is null order by a.id, s.id limit 1",
                if name == "learner" { "a.member_id" } else { "s.id" },
            ),
            _ => any,
        };
        let team = if path.contains("/core-teams/") {
            self.summary["core_teams"][0]["slug"].as_str().unwrap()
        } else {
            squad
        };
        let id: Result<Uuid, _> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(self.summary["id"].as_str().unwrap().parse::<Uuid>().unwrap())
            .bind(team)
            .fetch_one(&self.pool)
            .await;
        id.unwrap_or_else(|error| panic!("{path}: no id of kind {name}: {error}")).to_string()
    }

    async fn address(&self, path: &str, role: &str) -> String {
        let mut address = path.to_owned();
        for name in path.split(['/', '?']).filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
        {
            let id = self.id(name, path, role).await;
            address = address.replace(&format!("{{{name}}}"), &id);
        }
        address
    }

    /// All pages that a role sees, with the care that they get.
    async fn pages(&self, role: &str) -> Vec<(String, Care)> {
        let mut pages = vec![];
        for route in trellis::routes().list().iter().filter(|route| is_page(route)) {
            let Some(care) = care(route.who, role) else { continue };
            if route.path.ends_with("/{token}") {
                continue; // leads to the form, which the links lead to
            }
            if role == "anonymous" && ["/invitation", "/reset", "/setup"].contains(&route.path) {
                continue; // there, and not without the link
            }
            pages.push((self.address(route.path, role).await, care));
        }
        match role {
            "leader" | "lead PM" => {
                for path in if role == "leader" { MORE } else { ORDERED } {
                    pages.push((self.address(path, role).await, Care::Full));
                }
            }
            "coach" => {
                for path in COACHED {
                    pages.push((self.address(path, role).await, Care::Full));
                }
            }
            "apprentice" => {
                let plan = "/o/{org}/products/{product}/learning/{learner}";
                pages.push((self.address(plan, role).await, Care::Full));
            }
            "anonymous" => {
                pages.extend(self.links.iter().map(|link| (link.clone(), Care::Full)));
                pages.push(("/setup".to_owned(), Care::Full));
            }
            _ => {}
        }
        pages
    }
}

/// Looks at pages one after the other; answers what is wrong with them.
async fn look_at(browser: &Browser, who: &str, pages: &[(String, Care)]) -> Vec<String> {
    let mut wrong = vec![];
    for (path, care) in pages {
        let seen = checks::visit(browser, path, *care).await;
        let is_missing = path.ends_with("/nowhere") || path == "/setup";
        if seen.status != if is_missing { 404 } else { 200 } {
            wrong.push(format!("{who} {path}: {}", seen.status));
        }
        // Who may not change anything has no way on, but a sentence.
        let may_change = !matches!(who, "coach" | "member");
        let problems = seen.problems.into_iter();
        let problems = problems.filter(|it| may_change || !it.starts_with("an empty state"));
        wrong.extend(problems.map(|it| format!("{who} {path}: {it}")));
    }
    wrong
}

#[tokio::test]
async fn every_page_is_sound_for_every_role_in_both_themes_on_a_desk_and_on_a_phone() {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let demo = Demo::new(&app).await;
    let server = serve(app.database_url());

    let roles = async |roles: &[&str]| {
        let browser = Browser::open(&driver, &server.address, Look::DESK).await;
        let mut wrong = vec![];
        for role in roles {
            browser.forget().await;
            if *role != "anonymous" {
                browser.sign_in(&demo.token(role).await).await;
            }
            wrong.extend(look_at(&browser, role, &demo.pages(role).await).await);
        }
        wrong
    };
    let (leader, others) = tokio::join!(
        roles(&["leader"]),
        roles(&["anonymous", "admin", "member", "coach", "lead PM", "apprentice"])
    );

    let wrong = [leader, others].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_empty_organization_shows_the_way_on_and_200_squads_with_very_long_names_stay_on_the_page()
 {
    let Some(driver) = Driver::start() else { return };
    let app = TestApp::new().await;
    let server = serve(app.database_url());
    let browser = Browser::open(&driver, &server.address, Look::DESK).await;
    browser.sign_in(&session(&app.pool, app.founder.user.unwrap()).await).await;

    let pages = |paths: &[&str], care: Care| {
        paths.iter().map(|path| (app.at(path), care)).collect::<Vec<_>>()
    };
    let mut wrong = look_at(&browser, "empty", &pages(MAIN, Care::Phone)).await;
    wrong.extend(look_at(&browser, "empty", &pages(LARGE, Care::Phone)).await);

    let (active, forming) = large(&app).await;
    let [active, forming] = [active, forming].map(|squad| format!("/squads/{squad}"));
    let designer = format!("{forming}/design");
    let filtered = format!("/links?view=matrix&team={}", active.trim_start_matches("/squads/"));
    let area = "/constellation?area=Geographic";
    let much = [LARGE, &[area, &active, &designer, &filtered][..]].concat();
    wrong.extend(look_at(&browser, "large", &pages(&much, Care::Large)).await);
    let of_squads = [&active, &forming]
        .map(|squad| ["/members", "/mission", "/activity"].map(|page| format!("{squad}{page}")));
    let rest: Vec<&str> = of_squads.iter().flatten().map(String::as_str).collect();
    wrong.extend(look_at(&browser, "large", &pages(&[MAIN, &rest].concat(), Care::Layout)).await);

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A name of about `length` characters, of words that are hard to break.
fn long(n: usize, length: usize) -> String {
    let all = format!("{} {} {}", WORDS[n % 4], WORDS[(n + 1) % 4], WORDS[(n + 2) % 4]);
    let cut: String = all.chars().take(length - 4).collect();
    format!("{} {n}", cut.trim_end())
}

/// Fills an organization with 200 squads of names as long as they may be, 250 members, 120 links and half a year of health checks; answers
/// the ids of an active squad and of one that is forming.
async fn large(app: &TestApp) -> (TeamId, TeamId) {
    let active = given::active(app, &long(0, 80)).await;
    let people = app.people(243).await;
    let mut squads = vec![active];
    for n in 1..200 {
        let new = NewSquad {
            name: SquadName::parse(&long(n, 80)).unwrap(),
            pattern: Pattern::ALL[n % 3 % Pattern::ALL.len()],
            description: Description::parse("").unwrap(),
        };
        let by = given::designer(app);
        squads.push(squads::service::create(&app.pool, &by, &new).await.unwrap());
    }
    for (n, three) in people.chunks_exact(3).enumerate() {
        given::join(app, squads[1 + 2 * n], three).await;
    }
    let core = given::core_team(app, &long(201, 80)).await;
    for n in 0..60 {
        let kind = LinkKind::ALL[n % LinkKind::ALL.len()];
        given::linked(app, squads[n], kind, squads[(n * 7 + 3) % 200]).await;
        given::linked(app, squads[n * 3], LinkKind::DependsOn, core).await;
    }
    let everybody: Vec<Uuid> =
        sqlx::query_scalar("select id from member order by id").fetch_all(&app.pool).await.unwrap();
    for (n, member) in everybody.iter().enumerate() {
        let name = PersonName::parse(&long(n, 100)).unwrap();
        sqlx::query("update member set name = $2, title = $3 where id = $1")
            .bind(member)
            .bind(name.to_string())
            .bind(WORDS[n % 4])
            .execute(&app.pool)
            .await
            .unwrap();
    }
    checked(app).await;
    (active, squads[1])
}

/// Closes half a year of health checks of eleven dimensions, one each month, of all squads: a heatmap of 200 lines.
async fn checked(app: &TestApp) {
    let mut tx = app.pool.begin().await.unwrap();
    sqlx::raw_sql(include_str!("../../benches/seed.sql")).execute(&mut *tx).await.unwrap();
    sqlx::query("select pg_temp.seed_health($1, 6, $2)")
        .bind(app.tenant().organization_id())
        .bind(app.clock().now())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
