//! People in front of Trellis: an application with a database of its own, and visitors who send it requests.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use scraper::{Html, Selector};
use sqlx::PgPool;
use tower::ServiceExt;
use trellis::accounts::service::{NewUser, create_user_in, open_session_in};
use trellis::accounts::{Email, PersonName};
use trellis::actor::{Actor, Origin, Role, Roles, Tenant};
use trellis::clock::Clock;
use trellis::config::Config;
use trellis::ids::{MemberId, UserId};
use trellis::organizations::{CommonPurpose, OrganizationName};
use trellis::{AppState, MIGRATOR, setup};

use crate::database::TestDb;

/// A password that every user of the tests has.
pub const PASSWORD: &str = "moss under seven lamps";

/// The hash of [`PASSWORD`] with cheap parameters, so that a test's time is not spent hashing. Signing in with it
/// makes a new hash, which is a rule of its own.
pub const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZSBzYWx0IHNvbWU$OyLZXQFD4S8p/vuJS5wQzYQq7jP/07ZzT+On01O59lw";

/// Trellis with a database of its own and one organization.
pub struct TestApp {
    /// The application as it is served.
    pub router: Router,
    /// Its state.
    pub state: AppState,
    /// The test's own connections.
    pub pool: PgPool,
    /// The first admin of the first organization, who is a leader too.
    pub founder: Actor,
    /// The word of the first organization in addresses.
    pub slug: String,
    count: AtomicU32,
    db: TestDb,
}

impl TestApp {
    /// Trellis with its defaults, and the organization "Norvik Energy".
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    /// Trellis with another configuration.
    pub async fn with(config: Config) -> Self {
        let db = TestDb::new(&MIGRATOR).await;
        let pool = db.pool.clone();
        let state = AppState::new(pool.clone(), config);
        let founder = found(&state, "Norvik Energy", "founder@norvik.example").await;
        Self {
            router: trellis::app(state.clone()),
            state,
            pool,
            founder,
            slug: "norvik-energy".to_owned(),
            count: AtomicU32::new(0),
            db,
        }
    }

    /// Trellis before its setup: nobody is there.
    pub async fn empty() -> (Router, AppState) {
        let db = TestDb::new(&MIGRATOR).await;
        let state = AppState::new(db.pool.clone(), Config::default());
        (trellis::app(state.clone()), state)
    }

    /// Another instance of the program over the same database.
    pub async fn another_instance(&self) -> Router {
        let pool = PgPool::connect(self.database_url()).await.unwrap();
        trellis::app(AppState::new(pool, Config::default()))
    }

    /// The address of its database, for a child process.
    pub fn database_url(&self) -> &str {
        &self.db.url
    }

    /// The clock of this application, which can be moved ahead.
    pub fn clock(&self) -> &Clock {
        &self.state.clock
    }

    /// The first organization.
    pub fn tenant(&self) -> Tenant {
        self.founder.tenant
    }

    /// An address of the first organization: `app.at("/squads")`.
    pub fn at(&self, path: &str) -> String {
        format!("/o/{}{path}", self.slug)
    }

    /// The founder at this moment.
    pub fn founder(&self) -> Actor {
        Actor { at: self.clock().now(), ..self.founder.clone() }
    }

    /// The first admin, signed in.
    pub async fn admin(&self) -> Visitor {
        let user = self.founder.user.unwrap();
        self.sign_in(user, self.founder()).await
    }

    /// A leader, signed in.
    pub async fn leader(&self, name: &str) -> Visitor {
        self.member_with(name, &[Role::Leader]).await
    }

    /// A coach, signed in.
    pub async fn coach(&self, name: &str) -> Visitor {
        self.member_with(name, &[Role::Coach]).await
    }

    /// A member without a role, signed in.
    pub async fn member(&self, name: &str) -> Visitor {
        self.member_with(name, &[]).await
    }

    /// A member with roles and a user, signed in.
    pub async fn member_with(&self, name: &str, roles: &[Role]) -> Visitor {
        let roles: Roles = roles.iter().copied().collect();
        let email = self.email(name);
        let at = self.clock().now();
        let user = self.user(name, &email).await;
        let member = MemberId::new();
        sqlx::query(
            "insert into member (organization_id, id, user_id, name, email, roles, discipline, created_at) \
             values ($1, $2, $3, $4, $5, $6, 'engineering', $7)",
        )
        .bind(self.tenant().organization_id())
        .bind(member)
        .bind(user)
        .bind(name)
        .bind(&email)
        .bind(roles.words())
        .bind(at)
        .execute(&self.pool)
        .await
        .unwrap();
        let actor = Actor {
            user: Some(user),
            member,
            name: name.to_owned(),
            roles,
            at,
            once: None,
            ..self.founder.clone()
        };
        self.sign_in(user, actor).await
    }

    /// A member without a user.
    pub async fn person(&self, name: &str, discipline: &str) -> MemberId {
        let member = MemberId::new();
        sqlx::query(
            "insert into member (organization_id, id, name, email, discipline, created_at) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.tenant().organization_id())
        .bind(member)
        .bind(name)
        .bind(self.email(name))
        .bind(discipline)
        .bind(self.clock().now())
        .execute(&self.pool)
        .await
        .unwrap();
        member
    }

    /// Members without users, of several disciplines.
    pub async fn people(&self, n: usize) -> Vec<MemberId> {
        let mut all = vec![];
        for i in 0..n {
            let discipline = ["engineering", "design", "service", "marketing"][i % 4];
            all.push(self.person(&format!("Person {i:03}"), discipline).await);
        }
        all
    }

    /// The founder of another organization, signed in: a stranger here.
    pub async fn stranger(&self) -> Visitor {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        let actor =
            found(&self.state, &format!("Other {n}"), &format!("stranger{n}@other.example")).await;
        self.sign_in(actor.user.unwrap(), actor).await
    }

    /// An admin who has no other role, signed in.
    pub async fn admin_only(&self) -> Visitor {
        self.member_with("Samuel Okafor", &[Role::Admin]).await
    }

    /// A person who acts already, in a browser of their own.
    pub async fn visitor(&self, actor: &Actor) -> Visitor {
        self.sign_in(actor.user.unwrap(), actor.clone()).await
    }

    /// The word of a visitor's organization in addresses.
    pub async fn slug_of(&self, visitor: &Visitor) -> String {
        sqlx::query_scalar("select slug from organization where id = $1")
            .bind(visitor.actor().tenant.organization_id())
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Visitor {
        Visitor { router: self.router.clone(), cookies: HashMap::new(), actor: None, ip: self.ip() }
    }

    /// The same person in a new session, since the old one ends when the clock moves far ahead.
    pub async fn again(&self, visitor: &Visitor) -> Visitor {
        let actor = Actor { at: self.clock().now(), ..visitor.actor() };
        self.sign_in(actor.user.unwrap(), actor).await
    }

    async fn user(&self, name: &str, email: &str) -> UserId {
        let new = new_user(name, email);
        let mut tx = self.pool.begin().await.unwrap();
        let user = create_user_in(&mut tx, &new, self.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    async fn sign_in(&self, user: UserId, actor: Actor) -> Visitor {
        let mut tx = self.pool.begin().await.unwrap();
        let token =
            open_session_in(&mut tx, user, self.clock().now(), &Origin::default(), "Test browser")
                .await
                .unwrap();
        tx.commit().await.unwrap();
        let mut visitor = Visitor { actor: Some(actor), ..self.anonymous() };
        visitor.cookies.insert(self.state.config.session_cookie().to_owned(), token);
        visitor
    }

    fn email(&self, name: &str) -> String {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{}.{n}@norvik.example", slug::slugify(name))
    }

    fn ip(&self) -> IpAddr {
        let n = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        IpAddr::from([10, n[1], n[2], n[3]])
    }
}

fn new_user(name: &str, email: &str) -> NewUser {
    NewUser {
        email: Email::parse(email).unwrap(),
        name: PersonName::parse(name).unwrap(),
        password_hash: PASSWORD_HASH.to_owned(),
    }
}

async fn found(state: &AppState, name: &str, email: &str) -> Actor {
    setup::service::found(
        &state.pool,
        &new_user("Ingrid Solheim", email),
        &OrganizationName::parse(name).unwrap(),
        &CommonPurpose::parse("Every home warm and lit, at a fair price.").unwrap(),
        state.clock.now(),
        &Origin::default(),
    )
    .await
    .unwrap()
}

/// A browser, or a program, of one person.
#[derive(Clone)]
pub struct Visitor {
    /// The application, or another instance of it.
    pub router: Router,
    /// What it keeps between requests.
    pub cookies: HashMap<String, String>,
    actor: Option<Actor>,
    ip: IpAddr,
}

impl Visitor {
    /// Somebody who is not signed in, in front of any application.
    pub fn of(router: Router) -> Self {
        Self { router, cookies: HashMap::new(), actor: None, ip: IpAddr::from([10, 0, 0, 1]) }
    }

    /// The same browser in front of another instance.
    pub fn at(&self, router: Router) -> Self {
        Self { router, ..self.clone() }
    }

    /// The person as the services know them, for state that a test makes through a service.
    pub fn actor(&self) -> Actor {
        self.actor.clone().unwrap()
    }

    /// The person's id in the organization.
    pub fn id(&self) -> MemberId {
        self.actor().member
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Opens a page as JSON would be asked for.
    pub async fn get_json(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "application/json")], String::new()).await
    }

    /// Sends a form, written as in an address: `"name=Otters&pattern=own"`. With a new one-time key unless it has one.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.send_form(path, form, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Sends a form and asks for the answer as JSON.
    pub async fn post_json(&mut self, path: &str, form: &str) -> Answer {
        self.send_form(
            path,
            form,
            &[("sec-fetch-site", "same-origin"), ("accept", "application/json")],
        )
        .await
    }

    /// Sends a form with headers of the test's own.
    pub async fn send_form(&mut self, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let key = if form.split('&').any(|pair| pair.starts_with("key=")) {
            String::new()
        } else {
            format!("key={}&", trellis::web::new_key())
        };
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, format!("{key}{form}")).await
    }

    /// Sends any request.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:3000");
        if !headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header(header::ACCEPT, "text/html");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let all: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, all.join("; "));
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.ip, 4711)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        self.keep_cookies(&headers);
        let bytes = to_bytes(response.into_body(), 64 << 20).await.unwrap();
        let location =
            headers.get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        Answer { status, headers, location, html: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if text.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// Where the browser is sent.
    pub location: Option<String>,
    /// The body.
    pub html: String,
}

impl Answer {
    /// The text of the first element that a CSS selector finds, with its white space folded; empty if none.
    pub fn text(&self, selector: &str) -> String {
        self.texts(selector).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements that a CSS selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector)
            .map(|element| {
                element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// How many elements a CSS selector finds.
    pub fn count(&self, selector: &str) -> usize {
        self.texts(selector).len()
    }

    /// An attribute of the first element that a CSS selector finds.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        let element = page.select(&selector).next()?;
        element.value().attr(name).map(ToOwned::to_owned)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.html).unwrap()
    }

    /// The word for machines of an error page or an error in JSON.
    pub fn error_code(&self) -> String {
        if self.html.starts_with('{') {
            return self.json()["error"]["code"].as_str().unwrap_or_default().to_owned();
        }
        self.attribute("[data-error-code]", "data-error-code").unwrap_or_default()
    }

    /// Fails with the page's text unless the browser is sent on.
    #[track_caller]
    pub fn assert_redirect(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text("main"));
        self.location.as_deref().unwrap()
    }

    /// Fails with the page's text unless it is a page.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text("main"));
        self
    }
}
