//! One of everything that an address can name, made by the services.

use std::collections::HashMap;

use axum::http::StatusCode;
use trellis::actor::Actor;
use trellis::core_teams::NewCoreTeam;
use trellis::ids::{LinkId, TeamId};
use trellis::metrics::{Aim, Cadence, MetricName, NewMetric, Unit};
use trellis::missions::{Customer, MissionText, Success, Value};
use trellis::squads::{Allocation, NewMembership, NewSquad, Pattern, SquadName};
use trellis::web::Route;
use trellis::{core_teams, links, metrics, missions, skills, squads};

use crate::harness::{TestApp, Visitor};

/// One of everything that an address can name.
pub struct World {
    pub slug: String,
    pub ids: HashMap<&'static str, String>,
}

impl World {
    /// Makes one of everything in the organization of `designer`; `squad_member` is in the squad. May be called again.
    #[expect(clippy::too_many_lines, reason = "one thing of each kind")]
    pub async fn new(
        app: &TestApp,
        slug: &str,
        designer: &Actor,
        squad_member: Option<&Visitor>,
    ) -> Self {
        let (pool, at) = (&app.pool, app.clock().now());
        let n = trellis::web::new_key();
        let designer = &Actor { at, ..designer.clone() };
        let squad = squads::service::create(
            pool,
            designer,
            &NewSquad {
                name: SquadName::parse(&format!("Fair Bills {n}")).unwrap(),
                pattern: Pattern::parse("own").unwrap(),
                description: squads::Description::parse("").unwrap(),
            },
        )
        .await
        .unwrap();
        let member = squad_member.map_or(designer.member, Visitor::id);
        let new =
            NewMembership { member, allocation: Allocation::parse("50").unwrap(), hats: vec![] };
        squads::service::add_members(pool, designer, squad, std::slice::from_ref(&new))
            .await
            .unwrap();
        let core_team = core_teams::service::create(
            pool,
            designer,
            &NewCoreTeam {
                name: core_teams::CoreTeamName::parse(&format!("Payments {n}")).unwrap(),
                description: squads::Description::parse("").unwrap(),
            },
        )
        .await
        .unwrap();
        core_teams::service::add_members(pool, designer, core_team, &[new]).await.unwrap();
        let skill = skills::service::create(
            pool,
            designer,
            &skills::SkillName::parse(&format!("Billing {n}")).unwrap(),
            &skills::SkillDescription::parse("").unwrap(),
        )
        .await
        .unwrap();
        let need = squads::Need::new(3, 1).unwrap();
        squads::service::set_need(pool, designer, squad, skill, None, need).await.unwrap();
        let text = MissionText {
            customer: Customer::parse("Households in their first winter").unwrap(),
            value: Value::parse("They understand their bill").unwrap(),
            success: Success::parse("Nine of ten ask nothing").unwrap(),
            review_on: at.date_naive().succ_opt(),
        };
        missions::service::write(pool, designer, squad, 0, &text).await.unwrap();
        let metric = metrics::service::set_goal(
            pool,
            designer,
            squad,
            &NewMetric {
                name: MetricName::parse("First bill correct").unwrap(),
                unit: Unit::parse("%").unwrap(),
                aim: Aim::Up { target: 97.0 },
                baseline: None,
                cadence: Cadence::Weekly,
            },
        )
        .await
        .unwrap();
        let said = check_in_and_token(app, designer, metric, member).await;
        let seat: uuid::Uuid = open_seat(app, designer, squad).await;
        let link = link_between(app, designer, squad, core_team).await;
        let group = product_of(app, designer, squad, member).await;
        let membership = membership_in(app, designer, squad).await;
        let core_membership = membership_in(app, designer, core_team).await;
        let somebody =
            if slug == app.slug { app.member("Somebody Else").await.id() } else { designer.member };
        let event: uuid::Uuid = sqlx::query_scalar(
            "select id from event where organization_id = $1 order by seq limit 1",
        )
        .bind(designer.tenant.organization_id())
        .fetch_one(pool)
        .await
        .unwrap();
        let mut ids = HashMap::from([
            ("squad", slug_of(pool, squad).await),
            ("squad by id", squad.to_string()),
            ("core_team", slug_of(pool, core_team).await),
            ("core_team by id", core_team.to_string()),
            ("member", somebody.to_string()),
            ("membership", membership),
            ("core membership", core_membership),
            ("skill", skill.to_string()),
            ("metric", metric.to_string()),
            ("seat", seat.to_string()),
            ("link", link.to_string()),
            ("event", event.to_string()),
            ("version", "1".to_owned()),
        ]);
        ids.extend(backlog_of(app, designer, &group["product by id"]).await);
        let by = squad_member.map_or_else(|| designer.clone(), |it| Actor { at, ..it.actor() });
        ids.extend(coaching_of(app, &by, squad).await);
        let own_squad = squad_member.map_or_else(|| designer.clone(), Visitor::actor);
        ids.extend(health_of(app, designer, &Actor { at, ..own_squad }, squad).await);
        ids.extend(group);
        ids.extend(said);
        ids.extend(Self::by_pages(app, slug, designer).await);
        Self { slug: slug.to_owned(), ids }
    }

    /// What only its pages make: an invitation, an import, a session.
    async fn by_pages(
        app: &TestApp,
        slug: &str,
        designer: &Actor,
    ) -> HashMap<&'static str, String> {
        let mut admin = app.visitor(designer).await;
        let invited = admin
            .post(
                &format!("/o/{slug}/settings/invitations"),
                &format!("email={}%40example.org&name=New+One", trellis::ids::EventId::new()),
            )
            .await;
        assert!(
            invited.status.is_success() || invited.status.is_redirection(),
            "{}",
            invited.text("main")
        );
        let boundary = "----boundary";
        let body = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"members.csv\"\r\n\
             content-type: text/csv\r\n\r\nemail,name,title,discipline\r\nx@example.org,X,,design\r\nno address,Y,,design\r\n--{boundary}--\r\n"
        );
        let kind = format!("multipart/form-data; boundary={boundary}");
        let headers = [("content-type", kind.as_str()), ("sec-fetch-site", "same-origin")];
        let sent = admin
            .send(axum::http::Method::POST, &format!("/o/{slug}/import"), &headers, body)
            .await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text("main"));
        let mut ids = HashMap::new();
        for table in ["invitation", "import"] {
            let id: uuid::Uuid = match table {
                "invitation" => sqlx::query_scalar(
                    "select id from invitation where organization_id = $1 order by id desc limit 1",
                ),
                _ => sqlx::query_scalar(
                    "select id from import where organization_id = $1 order by id desc limit 1",
                ),
            }
            .bind(designer.tenant.organization_id())
            .fetch_one(&app.pool)
            .await
            .unwrap();
            ids.insert(table, id.to_string());
        }
        let session: uuid::Uuid =
            sqlx::query_scalar("select id from session where user_id = $1 limit 1")
                .bind(designer.user)
                .fetch_one(&app.pool)
                .await
                .unwrap();
        ids.insert("session", session.to_string());
        ids
    }

    /// The address of a route with the ids of this world, in the organization with `slug`. In another organization's
    /// addresses teams are named by their ids, which it could know of; their own pages are at their words.
    pub fn address(&self, route: &Route, slug: &str) -> String {
        let mut path = route.path.to_owned();
        for (name, _) in route.ids() {
            let value = match name {
                "org" => slug,
                "token" | "hash" | "path" => "nothing",
                "membership" if path.contains("/core-teams/") => &self.ids["core membership"],
                "squad" if slug != self.slug => &self.ids["squad by id"],
                "core_team" if slug != self.slug => &self.ids["core_team by id"],
                "product" if slug != self.slug => &self.ids["product by id"],
                other => self
                    .ids
                    .get(other)
                    .unwrap_or_else(|| panic!("{}: no id of kind {other}", route.path)),
            };
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path
    }
}

async fn slug_of(pool: &sqlx::PgPool, team: trellis::ids::TeamId) -> String {
    let found = sqlx::query_scalar("select slug from team where id = $1").bind(team);
    found.fetch_one(pool).await.unwrap()
}

async fn open_seat(app: &TestApp, designer: &Actor, team: trellis::ids::TeamId) -> uuid::Uuid {
    let seat = trellis::designer::Seat {
        id: trellis::ids::SeatId::new(),
        title: "Analyst".to_owned(),
        since: designer.at,
    };
    let change = trellis::designer::Change::OpenSeat(seat);
    let seen = trellis::designer::service::version(&app.pool, designer.tenant, team).await.unwrap();
    trellis::designer::service::change(&app.pool, designer, team, &seen, &change).await.unwrap();
    sqlx::query_scalar("select id from open_seat where organization_id = $1 and team_id = $2")
        .bind(designer.tenant.organization_id())
        .bind(team)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

/// A check-in, and a token that a member of the squad made.
async fn check_in_and_token(
    app: &TestApp,
    designer: &Actor,
    metric: trellis::ids::MetricId,
    member: trellis::ids::MemberId,
) -> HashMap<&'static str, String> {
    use trellis::metrics::{Confidence, NewCheckIn, Note, TokenName, service};
    let note = Note::parse("The moving-date fix pays off").unwrap();
    let new = NewCheckIn { value: 94.2, confidence: Some(Confidence::OnTrack), note };
    let check_in = service::check_in(&app.pool, designer, metric, &new).await.unwrap();
    let roles: Vec<String> = sqlx::query_scalar("select roles from member where id = $1")
        .bind(member)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    let roles = trellis::actor::Roles::parse(&roles).unwrap();
    let keeper = Actor { member, roles, ..designer.clone() };
    let name = TokenName::parse("Nightly report").unwrap();
    service::make_token(&app.pool, &keeper, metric, &name).await.unwrap().unwrap();
    let token: uuid::Uuid = sqlx::query_scalar("select id from metric_token where metric_id = $1")
        .bind(metric)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    HashMap::from([("check_in", check_in.to_string()), ("metric_token", token.to_string())])
}

async fn link_between(app: &TestApp, designer: &Actor, from: TeamId, to: TeamId) -> LinkId {
    let today = designer.at.date_naive();
    let terms = links::Terms {
        kind: links::LinkKind::DependsOn,
        purpose: links::Purpose::parse("Refunds arrive").unwrap(),
        from_liaison: None,
        to_liaison: None,
        review_on: today,
    };
    let new = links::NewLink { from, to, terms };
    links::service::create(&app.pool, designer, today, &new).await.unwrap()
}

/// A pack with a dimension, a closed round with an action, an open one, and a schedule.
async fn health_of(
    app: &TestApp,
    designer: &Actor,
    own: &Actor,
    squad: TeamId,
) -> HashMap<&'static str, String> {
    use trellis::health::{
        ActionText, Mode, PackAbout, PackName, Reveal, ScheduleName, Wording, service,
    };
    let pool = &app.pool;
    let name = PackName::parse(&format!("Pack {}", trellis::web::new_key())).unwrap();
    let about = PackAbout::parse("").unwrap();
    let (pack, slug) = service::create_pack(pool, designer, &name, &about).await.unwrap();
    let wording = Wording::parse("Focus", "We have it", "At times", "Never").unwrap();
    let dimension = service::add_dimension(pool, designer, pack, &wording).await.unwrap();
    let new =
        service::NewRound { pack, mode: Mode::Anonymous, reveal: Reveal::Session, last_day: None };
    let zone = chrono_tz::Tz::UTC;
    let closed = service::open(pool, own, squad, zone, &new).await.unwrap();
    service::close(pool, own, closed).await.unwrap();
    let action = service::NewAction {
        dimension: None,
        body: ActionText::parse("Call three customers").unwrap(),
        due_on: None,
    };
    let action = service::act(pool, own, closed, &action).await.unwrap();
    let round = service::open(pool, own, squad, zone, &new).await.unwrap();
    let coach = a_coach(app, designer).await;
    let schedule = service::NewSchedule {
        name: ScheduleName::parse("Every two months").unwrap(),
        pack,
        cadence_weeks: 8,
        starts_on: designer.at.date_naive(),
        open_days: 7,
        mode: Mode::Anonymous,
        squads: vec![squad],
    };
    // Those of the questions before: so many plans at once have no room.
    sqlx::query(
        "update health_schedule set ended_at = $2 where organization_id = $1 and ended_at is null",
    )
    .bind(designer.tenant.organization_id())
    .bind(designer.at)
    .execute(pool)
    .await
    .unwrap();
    let schedule = service::create_schedule(pool, &coach, &schedule).await.unwrap();
    HashMap::from([
        ("pack", slug),
        ("dimension", dimension.to_string()),
        ("action", action.to_string()),
        ("round", round.to_string()),
        ("schedule", schedule.to_string()),
    ])
}

/// A coach of the organization of `designer`, without a user.
async fn a_coach(app: &TestApp, designer: &Actor) -> Actor {
    let member = trellis::ids::MemberId::new();
    sqlx::query("insert into member (organization_id, id, name, roles, created_at) values ($1, $2, 'Hana Sato', '{coach}', $3)")
        .bind(designer.tenant.organization_id())
        .bind(member)
        .bind(designer.at)
        .execute(&app.pool)
        .await
        .unwrap();
    let roles = [trellis::actor::Role::Coach].into_iter().collect();
    Actor { member, roles, user: None, once: None, ..designer.clone() }
}

/// A proposed item and a template of a product that `designer` leads.
async fn backlog_of(
    app: &TestApp,
    designer: &Actor,
    product: &str,
) -> HashMap<&'static str, String> {
    use trellis::backlog::{Breadth, ItemTitle, NewItem, TemplateName, Why, service};
    let (pool, product) = (&app.pool, product.parse().unwrap());
    let new = NewItem {
        title: ItemTitle::parse("Explain the difference from last month").unwrap(),
        why: Why::parse("38 % of the calls ask exactly this").unwrap(),
        breadth: Breadth::Problem,
        metric: None,
    };
    let number = service::propose(pool, designer, product, &new).await.unwrap();
    let name = TemplateName::parse("A question about a bill").unwrap();
    let says = (&new.why, Breadth::Problem);
    let template = service::add_template(pool, designer, product, &name, None, says).await.unwrap();
    let file = ("issues.csv", "title,state\nExplain the difference,open\n");
    let file = service::keep_file(pool, designer, product, file, 10_000).await.unwrap();
    HashMap::from([
        ("item", number.to_string()),
        ("template", template.to_string()),
        ("file", file.to_string()),
    ])
}

/// A request of a squad's member, agreed with a coach of the same organization who has no account, with a session; and an offer of theirs.
async fn coaching_of(
    app: &TestApp,
    member: &Actor,
    squad: TeamId,
) -> HashMap<&'static str, String> {
    use trellis::actor::Role;
    use trellis::coaching::{
        Ask, Better, ExitCriteria, FindingCode, Goal, Offered, Terms, Topic, Tried, service,
    };
    let pool = &app.pool;
    let id = trellis::ids::MemberId::new();
    sqlx::query("insert into member (organization_id, id, name, roles, created_at) values ($1, $2, 'Carl Coach', '{coach}', $3)")
        .bind(member.tenant.organization_id())
        .bind(id)
        .bind(member.at)
        .execute(pool)
        .await
        .unwrap();
    let roles = [Role::Coach].into_iter().collect();
    let coach = &Actor { user: None, member: id, roles, ..member.clone() };
    let topic = Topic::parse("Pace is hurting us").unwrap();
    let ask = Ask {
        topic: topic.clone(),
        tried: Tried::parse("").unwrap(),
        better: Better::parse("").unwrap(),
        dimension: None,
        finding: FindingCode::default(),
    };
    let request = service::ask(pool, member, squad, &ask).await.unwrap();
    service::pull(pool, coach, request).await.unwrap();
    let today = member.at.date_naive();
    let terms = Terms {
        goal: Goal::parse("We say no together").unwrap(),
        exit: ExitCriteria::parse("Four calm weeks").unwrap(),
        ends_on: today + chrono::TimeDelta::days(30),
        sessions: 3,
    };
    service::write_agreement(pool, coach, request, 0, &terms, today).await.unwrap();
    service::agree(pool, member, request, 1).await.unwrap();
    let meeting = service::plan_session(pool, coach, request, member.at).await.unwrap();
    let offered = Offered::parse("I hold the room").unwrap();
    let offer = service::offer(pool, coach, squad, &topic, &offered).await.unwrap();
    HashMap::from([
        ("request", request.to_string()),
        ("meeting", meeting.to_string()),
        ("offer", offer.to_string()),
    ])
}

/// A product that `designer` leads, served by a squad, with a hat and an apprentice.
async fn product_of(
    app: &TestApp,
    designer: &Actor,
    squad: TeamId,
    member: trellis::ids::MemberId,
) -> HashMap<&'static str, String> {
    use trellis::products::{
        GroupHat, NewProduct, ProductDescription, ProductName, WipLimit, service,
    };
    let pool = &app.pool;
    // Letters are given once, and the worlds of a test are many.
    let letters: String =
        trellis::web::new_key().chars().filter(char::is_ascii_alphabetic).take(5).collect();
    let new = NewProduct {
        name: ProductName::parse(&format!("Norvik App {}", trellis::web::new_key())).unwrap(),
        description: ProductDescription::parse("").unwrap(),
        key: Some(trellis::products::ItemKeyPrefix::parse(&letters).unwrap()),
        lead: designer.member,
    };
    let product = service::create(pool, designer, &new).await.unwrap();
    let first = (WipLimit::FIRST, WipLimit::FIRST);
    let serving = service::serve(pool, designer, product, squad, first).await.unwrap();
    let worn = service::give_hat(pool, designer, product, GroupHat::Analyst, member).await.unwrap();
    let apprentice = if member == designer.member {
        let id = trellis::ids::MemberId::new();
        sqlx::query("insert into member (organization_id, id, name, created_at) values ($1, $2, 'Samuel Okafor', $3)")
            .bind(designer.tenant.organization_id())
            .bind(id)
            .bind(designer.at)
            .execute(pool)
            .await
            .unwrap();
        id
    } else {
        member
    };
    let learning =
        service::begin_apprenticeship(pool, designer, product, apprentice).await.unwrap();
    let slug: String = sqlx::query_scalar("select slug from product where id = $1")
        .bind(product)
        .fetch_one(pool)
        .await
        .unwrap();
    let step = plan_of(pool, designer, learning).await;
    HashMap::from([
        ("learner", apprentice.to_string()),
        ("step", step.to_string()),
        ("product", slug),
        ("product by id", product.to_string()),
        ("service", serving.to_string()),
        ("worn", worn.to_string()),
        ("apprenticeship", learning.to_string()),
    ])
}

/// The plan of an apprentice of `lead`; answers a step of it.
async fn plan_of(
    pool: &sqlx::PgPool,
    lead: &Actor,
    apprenticeship: trellis::ids::ApprenticeshipId,
) -> trellis::ids::StepId {
    use trellis::learning::{Family, Focus, Source, Terms, service};
    let (starts_on, focus) = (lead.at.date_naive(), Focus::parse("").unwrap());
    let terms = Terms { starts_on, weeks: 12, focus, squad: None };
    service::make_plan(pool, lead, apprenticeship, &terms, Source::First).await.unwrap();
    service::steps_of(pool, lead, apprenticeship, Family::Calls).await.unwrap()[0]
}

async fn membership_in(app: &TestApp, designer: &Actor, team: trellis::ids::TeamId) -> String {
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from membership where organization_id = $1 and team_id = $2")
            .bind(designer.tenant.organization_id())
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    id.to_string()
}
