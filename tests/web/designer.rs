//! The squad designer: with and without a script, alone and with others.

use axum::http::StatusCode;
use trellis::actor::Role;
use trellis::ids::{EventId, HatId, MemberId, MembershipId, TeamId};
use trellis::squads::{Allocation, NewMembership};
use trellis::text::Reason;
use trellis::{designer, members, squads};

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

/// A squad's designer in front of a leader.
struct Design {
    app: TestApp,
    leader: Visitor,
    squad: TeamId,
    here: String,
}

impl Design {
    async fn new(members: usize) -> Self {
        let app = TestApp::new().await;
        let squad = given::squad(&app, "Home Battery").await;
        let people = app.people(members).await;
        if members > 0 {
            given::join(&app, squad, &people).await;
        }
        let leader = app.leader("Ruth Abara").await;
        let here = app.at("/squads/home-battery/design");
        Self { app, leader, squad, here }
    }

    async fn page(&mut self) -> Answer {
        let here = self.here.clone();
        self.leader.get(&here).await
    }

    async fn version(&self) -> String {
        let tenant = self.app.tenant();
        designer::service::version(&self.app.pool, tenant, self.squad).await.unwrap()
    }

    async fn move_form(&self, member: MemberId, from: &str, to: &str, share: &str) -> String {
        let version = self.version().await;
        format!("member={member}&from={from}&to={to}&share={share}&version={version}")
    }

    async fn go(&mut self, member: MemberId, from: &str, to: &str, share: &str) -> Answer {
        let form = self.move_form(member, from, to, share).await;
        let path = format!("{}/move", self.here);
        self.leader.post(&path, &form).await
    }

    async fn post(&mut self, below: &str, form: &str) -> Answer {
        let path = format!("{}{below}", self.here);
        self.leader.post(&path, form).await
    }

    async fn members(&self) -> i32 {
        members_of(&self.app, self.squad).await
    }
}

async fn members_of(app: &TestApp, team: TeamId) -> i32 {
    sqlx::query_scalar("select member_count from team where id = $1")
        .bind(team)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

async fn give_level(app: &TestApp, member: MemberId, skill: &str, level: i16) {
    let done = sqlx::query(
        "insert into member_skill (organization_id, member_id, skill_id, level, rated_at) \
         select organization_id, $2, id, $4, now() from skill where organization_id = $1 and name = $3",
    )
    .bind(app.tenant().organization_id())
    .bind(member)
    .bind(skill)
    .bind(level)
    .execute(&app.pool)
    .await
    .unwrap();
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn a_member_is_added_and_removed_without_a_script() {
    let mut design = Design::new(2).await;
    let ana = design.app.person("Ana Nguyen", "data").await;

    let added = design.go(ana, "pool", "squad", "80").await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    assert_eq!(added.location.as_deref(), Some(design.here.as_str()));
    let page = design.page().await;
    assert_eq!(page.text(".toast .txt"), "Added Ana Nguyen to Home Battery.");
    assert!(page.texts("#roster [data-card] b").contains(&"Ana Nguyen".to_owned()));
    assert!(!page.texts("#pool-list b").contains(&"Ana Nguyen".to_owned()));
    assert_eq!(page.text("#team-h + span"), "3 members");

    let removed = design.go(ana, "squad", "pool", "").await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    let page = design.page().await;
    assert!(page.texts("#pool-list b").contains(&"Ana Nguyen".to_owned()));
    assert_eq!(design.members().await, 2);
    assert_eq!(given::events(&design.app, "member_removed").await, 1);
}

#[tokio::test]
async fn the_eleventh_is_refused_with_the_ways_on() {
    let mut design = Design::new(10).await;
    let ana = design.app.person("Ana Nguyen", "data").await;

    let refused = design.go(ana, "pool", "squad", "80").await;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.error_code(), "squad_full");
    assert_eq!(
        refused.text("main [role=alert]"),
        "Home Battery is full: a squad has at most 10 members. Swap somebody in, or form another squad."
    );
    assert_eq!(design.members().await, 10);
}

#[tokio::test]
async fn whoever_was_overtaken_is_told_by_whom_and_sees_the_design_as_it_is() {
    let mut design = Design::new(2).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    let ben = design.app.person("Ben Holt", "design").await;
    let mut other = design.app.leader("Hana Sato").await;
    let mine = design.move_form(ana, "pool", "squad", "50").await;
    let theirs = design.move_form(ben, "pool", "squad", "50").await;
    other.post(&format!("{}/move", design.here), &theirs).await;

    let refused = design.post("/move", &mine).await;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.error_code(), "changed_meanwhile");
    assert_eq!(
        refused.text("main [role=alert]"),
        "Hana Sato changed this squad a moment ago. Nothing of yours was saved: this is how it is now."
    );
    assert!(refused.texts("#roster b").contains(&"Ben Holt".to_owned()));
    assert_eq!(design.members().await, 3);
}

#[tokio::test]
async fn a_form_that_arrives_twice_counts_once() {
    let mut design = Design::new(2).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    let form = format!("key=abcdefgh12&{}", design.move_form(ana, "pool", "squad", "50").await);

    let first = design.post("/move", &form).await;
    let second = design.post("/move", &form).await;

    assert_eq!([first.status, second.status], [StatusCode::SEE_OTHER; 2]);
    assert_eq!(design.members().await, 3);
}

#[tokio::test]
async fn a_script_gets_the_parts_of_the_page_and_the_way_to_undo() {
    let mut design = Design::new(2).await;
    let ana = design.app.person("Ana Álvarez", "data").await;
    let form = design.move_form(ana, "pool", "squad", "50").await;
    let path = format!("{}/move", design.here);
    let headers = [("sec-fetch-site", "same-origin"), ("hx-request", "true")];

    let answer = design.leader.send_form(&path, &form, &headers).await;

    assert_eq!(answer.status, StatusCode::OK);
    for part in ["#d-head", "#d-jump", "#d-pool", "#d-canvas", "#d-rail"] {
        assert!(answer.html.contains(&format!("<hx-partial hx-target=\"{part}\"")), "{part}");
    }
    assert!(!answer.html.contains("<html"));
    let toast: serde_json::Value =
        serde_json::from_str(answer.headers["hx-trigger"].to_str().unwrap()).unwrap();
    assert_eq!(toast["toast"]["text"], "Added Ana Álvarez to Home Battery.");

    let undo = toast["toast"]["undo"].as_str().unwrap().to_owned();
    let undone = design.leader.post(&undo, "").await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(design.members().await, 2);
    assert_eq!(given::events(&design.app, "memberships_restored").await, 1);
    let said = design.page().await.text(".toast .txt");
    assert_eq!(said, "Undid: added Ana Álvarez to Home Battery.");

    let late = design.leader.post(&undo, "").await;
    assert_eq!((late.status, late.error_code()), (StatusCode::CONFLICT, "not_undoable".to_owned()));
}

#[tokio::test]
async fn a_refusal_reaches_a_script_with_the_parts_that_roll_it_back() {
    let mut design = Design::new(10).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    let form = design.move_form(ana, "pool", "squad", "50").await;
    let path = format!("{}/move", design.here);
    let headers = [("sec-fetch-site", "same-origin"), ("hx-request", "true")];

    let answer = design.leader.send_form(&path, &form, &headers).await;

    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.html.contains(&format!("id=\"p-{ana}\"")), "still in the pool");
    assert!(answer.headers["hx-trigger"].to_str().unwrap().contains("\"bad\":true"));
}

#[tokio::test]
async fn a_squad_of_seven_gives_somebody_and_one_of_six_keeps_them() {
    let mut design = Design::new(2).await;
    let app = &design.app;
    let solar = given::active(app, "Solar Home").await;
    let seventh = app.person("Zoe Lind", "data").await;
    given::join(app, solar, &[seventh]).await;
    let sixth: MemberId = sqlx::query_scalar(
        "select member_id from membership where team_id = $1 and member_id <> $2 limit 1",
    )
    .bind(solar)
    .bind(seventh)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    let solar_id = solar.to_string();

    let moved = design.go(seventh, &solar_id, "squad", "50").await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let page = design.page().await;
    assert_eq!(page.text("#eff-h"), "Effect on donor squads");
    let effect = page.text("#d-rail li.mid");
    assert!(effect.contains("7 → 6") && effect.contains("nobody else can leave"), "{effect}");
    assert!(page.text(&format!("#m-{seventh}")).contains("from Solar Home"));

    let refused = design.go(sixth, &solar_id, "squad", "50").await;
    assert_eq!(
        (refused.status, refused.error_code()),
        (StatusCode::CONFLICT, "squad_too_small".to_owned())
    );
    assert_eq!(members_of(&design.app, solar).await, 6);

    let back = design.go(seventh, "squad", &solar_id, "50").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert_eq!(members_of(&design.app, solar).await, 7);
    assert_eq!(design.page().await.text("#eff-h"), "");
}

#[tokio::test]
async fn an_active_squad_is_not_under_design_and_the_ways_are_offered() {
    let mut design = Design::new(0).await;
    given::active(&design.app, "Solar Home").await;
    design.here = design.app.at("/squads/solar-home/design");

    let page = design.page().await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.texts("main .ways a"), ["Open its members", "Return to forming"]);

    let ana = design.app.person("Ana Nguyen", "data").await;
    let form = format!("member={ana}&from=pool&to=squad&share=50&version=x");
    let refused = design.post("/move", &form).await;
    assert_eq!(
        (refused.status, refused.error_code()),
        (StatusCode::CONFLICT, "squad_not_forming".to_owned())
    );
}

#[tokio::test]
async fn an_open_seat_is_shown_and_never_counted() {
    let mut design = Design::new(5).await;
    let version = design.version().await;

    let opened =
        design.post("/seats", &format!("title=Energy+market+analyst&version={version}")).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let page = design.page().await;
    assert_eq!(page.text("#team-h + span"), "5 members and 1 open seat");
    assert!(page.text(".slot").starts_with("Energy market analyst"));
    assert!(page.text(".size-box").contains("One more to reach 6. The open seat counts once"));
    assert_eq!(given::events(&design.app, "seat_opened").await, 1);

    let version = design.version().await;
    let empty = design.post("/seats", &format!("title=+&version={version}")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);

    let seat: uuid::Uuid =
        sqlx::query_scalar("select id from open_seat").fetch_one(&design.app.pool).await.unwrap();
    let closed = design.post(&format!("/seats/{seat}/close"), &format!("version={version}")).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER);
    assert_eq!(design.page().await.texts(".slot").len(), 0);
}

#[tokio::test]
async fn the_pool_begins_with_who_closes_most_gaps_and_is_searched_by_name_and_skill() {
    let mut design = Design::new(1).await;
    design.app.people(45).await;
    let zoe = design.app.person("Zoe Lind", "data").await;
    let yan = design.app.person("Yan Wu", "data").await;
    for skill in ["Decide", "Act"] {
        give_level(&design.app, zoe, skill, 3).await;
    }
    give_level(&design.app, yan, "Act", 5).await;
    let everybody = format!("{}?all=1", design.here);

    let page = design.page().await;
    assert_eq!(page.texts("#pool-list b"), ["Zoe Lind", "Yan Wu"], "only who closes a gap");
    assert!(page.text("#d-pool > p").ends_with("Sorted by how many missing skills each brings."));
    assert_eq!(page.texts(".chip[aria-current]"), ["Analyze", "Decide", "Solve", "Act"]);

    let page = design.leader.get(&everybody).await;
    let names = page.texts("#pool-list b");
    assert_eq!((names.len(), &names[..2]), (24, &["Zoe Lind".to_owned(), "Yan Wu".to_owned()][..]));
    assert_eq!(page.texts("#d-pool > a.btn"), ["Show more"]);

    let one_name = format!("{}?q=person+04", design.here);
    assert_eq!(design.leader.get(&one_name).await.texts("#pool-list b").len(), 5);
    let one_skill = format!("{}?q=decide", design.here);
    assert_eq!(design.leader.get(&one_skill).await.texts("#pool-list b"), ["Zoe Lind"]);
    let nobody = format!("{}?q=nobody+at+all", design.here);
    assert!(design.leader.get(&nobody).await.text("#d-pool").contains("Nobody here fits."));
}

#[tokio::test]
async fn the_pool_is_sorted_by_the_names_of_today_and_offers_nobody_who_has_left() {
    let mut design = Design::new(1).await;
    let (zoe, yan) =
        (design.app.person("Zoe Lind", "data").await, design.app.person("Yan Wu", "data").await);
    for member in [zoe, yan] {
        give_level(&design.app, member, "Decide", 4).await;
    }
    assert_eq!(design.page().await.texts("#pool-list b"), ["Yan Wu", "Zoe Lind"]);

    let profile = design.app.at(&format!("/members/{zoe}/edit"));
    let form = "name=Ada+Lind&discipline=data&version=1";
    design.leader.post(&profile, form).await.assert_redirect();
    assert_eq!(design.page().await.texts("#pool-list b"), ["Ada Lind", "Yan Wu"]);

    let reason = Reason::parse("She moved on.").unwrap();
    let founder = design.app.founder();
    members::service::deactivate(&design.app.pool, &founder, zoe, 2, &reason).await.unwrap();
    assert_eq!(design.page().await.texts("#pool-list b"), ["Yan Wu"]);

    members::service::deactivate(&design.app.pool, &founder, yan, 1, &reason).await.unwrap();
    let names = design.page().await.texts("#pool-list b");
    assert!(!names.is_empty(), "nobody closes a gap: everybody is shown");
    assert!(!names.contains(&"Yan Wu".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_finding_adds_who_closes_it_with_one_click() {
    let mut design = Design::new(1).await;
    let zoe = design.app.person("Zoe Lind", "data").await;
    give_level(&design.app, zoe, "Decide", 4).await;

    let page = design.page().await;

    assert!(page.texts("#d-rail button").contains(&"Add Zoe Lind with 100 %".to_owned()));
}

#[tokio::test]
async fn a_share_is_changed_and_taken_back() {
    let mut design = Design::new(0).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    design.go(ana, "pool", "squad", "80").await;
    let version = design.version().await;

    design.post("/share", &format!("member={ana}&share=30&version={version}")).await;
    let page = design.page().await;
    assert!(page.text(&format!("#m-{ana}")).contains("30 %"));
    let undo = page.html.split("/undo/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    design.post(&format!("/undo/{undo}"), "").await;
    assert!(design.page().await.text(&format!("#m-{ana}")).contains("80 %"));
}

#[tokio::test]
async fn another_ones_change_is_not_mine_to_undo_here() {
    let mut design = Design::new(1).await;
    let event: uuid::Uuid = sqlx::query_scalar(
        "select id from event where kind = 'members_added' order by seq limit 1",
    )
    .fetch_one(&design.app.pool)
    .await
    .unwrap();

    assert!(!design.page().await.html.contains("/undo/"));
    let refused = design.post(&format!("/undo/{event}"), "").await;
    assert_eq!(refused.error_code(), "not_undoable");
    assert_eq!(design.members().await, 1);
}

#[tokio::test]
async fn an_old_address_leads_to_the_designer_of_today_and_the_mission_comes_first() {
    let mut design = Design::new(0).await;
    let page = design.page().await;
    assert_eq!(page.text("#d-canvas .empty h3"), "Write the mission first. People come after.");

    let form = "name=Home+Storage&pattern=own&description=&version=1";
    let path = design.app.at("/squads/home-battery/edit");
    assert_eq!(design.leader.post(&path, form).await.status, StatusCode::SEE_OTHER);
    let moved = design.page().await;
    assert_eq!(moved.location.unwrap(), design.app.at("/squads/home-storage/design"));
}

#[tokio::test]
async fn who_may_not_design_is_told_who_may() {
    let mut design = Design::new(1).await;
    let mut coach = design.app.member_with("Hana Sato", &[Role::Coach]).await;
    assert_eq!(coach.get(&design.here).await.status, StatusCode::FORBIDDEN);
    assert_eq!(design.page().await.status, StatusCode::OK);
}

/// The event of the newest change, and the change that it takes back.
async fn newest(app: &TestApp) -> (EventId, Option<EventId>) {
    sqlx::query_as("select id, undoes from event order by seq desc limit 1")
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

/// Who is in a squad: name, share, hats.
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

/// Ana with 80 % and a hat in a squad: the membership and the hat.
async fn ana_in(app: &TestApp, team: TeamId) -> (MemberId, MembershipId, HatId) {
    let ana = app.person("Ana Nguyen", "data").await;
    let hat: HatId =
        sqlx::query_scalar("select id from hat where organization_id = $1 and name = 'Analyst'")
            .bind(app.tenant().organization_id())
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let share = Allocation::new(80).unwrap();
    let new = NewMembership { member: ana, allocation: share, hats: vec![hat] };
    squads::service::add_members(&app.pool, &app.founder(), team, &[new]).await.unwrap();
    let id = sqlx::query_scalar("select id from membership where member_id = $1").bind(ana);
    (ana, id.fetch_one(&app.pool).await.unwrap(), hat)
}

#[tokio::test]
async fn a_move_is_taken_back_with_the_hats_and_the_history_says_so() {
    let mut design = Design::new(2).await;
    let solar = given::squad(&design.app, "Solar Home").await;
    let (ana, ..) = ana_in(&design.app, solar).await;
    design.go(ana, &solar.to_string(), "squad", "50").await.assert_redirect();
    let (moved, _) = newest(&design.app).await;

    let undone = design.post(&format!("/undo/{moved}"), "").await;

    undone.assert_redirect();
    assert_eq!(inside(&design.app, solar).await, ["Ana Nguyen 80 Analyst"]);
    assert_eq!(design.members().await, 2);
    assert_eq!(newest(&design.app).await.1, Some(moved));
    let activity = design.app.at("/activity?what=Ana");
    let page = design.leader.get(&activity).await;
    assert!(page.texts(".timeline .badge").contains(&"Undone".to_owned()));

    // To undo that is offered as well, and does it again.
    let (back, _) = newest(&design.app).await;
    assert!(design.page().await.html.contains(&format!("/undo/{back}")));
    design.post(&format!("/undo/{back}"), "").await.assert_redirect();
    assert_eq!(inside(&design.app, solar).await, Vec::<String>::new());
    assert_eq!(design.members().await, 3);
}

#[tokio::test]
async fn a_share_and_hats_that_were_changed_together_are_taken_back_together() {
    let mut design = Design::new(0).await;
    let (_, id, _) = ana_in(&design.app, design.squad).await;
    let share = Allocation::new(30).unwrap();
    let actor = design.leader.actor();
    squads::service::update_membership(&design.app.pool, &actor, id, 1, share, &[]).await.unwrap();
    let (edited, _) = newest(&design.app).await;
    assert_eq!(inside(&design.app, design.squad).await, ["Ana Nguyen 30"]);

    design.post(&format!("/undo/{edited}"), "").await.assert_redirect();

    assert_eq!(inside(&design.app, design.squad).await, ["Ana Nguyen 80 Analyst"]);
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_not_taken_back_with_mine() {
    let mut design = Design::new(1).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    design.go(ana, "pool", "squad", "80").await.assert_redirect();
    let (added, _) = newest(&design.app).await;
    let id = sqlx::query_scalar("select id from membership where member_id = $1").bind(ana);
    let id = id.fetch_one(&design.app.pool).await.unwrap();
    let share = Allocation::new(30).unwrap();
    let other = design.app.leader("Hana Sato").await.actor();
    squads::service::update_membership(&design.app.pool, &other, id, 1, share, &[]).await.unwrap();

    let refused = design.post(&format!("/undo/{added}"), "").await;

    assert_eq!(
        (refused.status, refused.error_code()),
        (StatusCode::CONFLICT, "undo_changed_since".to_owned())
    );
    assert_eq!(design.members().await, 2);
}

#[tokio::test]
async fn a_seat_is_taken_back_from_what_was_seen_and_names_what_it_undoes() {
    let mut design = Design::new(2).await;
    let version = design.version().await;
    let form = format!("title=Analyst&version={version}");
    let headers = [("sec-fetch-site", "same-origin"), ("hx-request", "true")];
    let path = format!("{}/seats", design.here);
    let answer = design.leader.send_form(&path, &form, &headers).await;
    let toast: serde_json::Value =
        serde_json::from_str(answer.headers["hx-trigger"].to_str().unwrap()).unwrap();
    let undo = toast["toast"]["undo"].as_str().unwrap().to_owned();
    let (opened, _) = newest(&design.app).await;
    let ben = design.app.person("Ben Holt", "design").await;
    let mut other = design.app.leader("Hana Sato").await;
    let theirs = design.move_form(ben, "pool", "squad", "50").await;
    other.post(&format!("{}/move", design.here), &theirs).await.assert_redirect();

    let refused = design.leader.post(&undo, "").await;
    assert_eq!(
        (refused.status, refused.error_code()),
        (StatusCode::CONFLICT, "changed_meanwhile".to_owned())
    );
    let version = design.version().await;
    design.post(&format!("/undo/{opened}"), &format!("version={version}")).await.assert_redirect();

    assert_eq!(newest(&design.app).await.1, Some(opened));
    assert_eq!(design.page().await.texts(".slot").len(), 0);
}

#[tokio::test]
async fn a_second_drag_from_the_page_as_it_was_is_told_that_it_is_not_so_any_more() {
    let mut design = Design::new(2).await;
    let ana = design.app.person("Ana Nguyen", "data").await;
    let ben = design.app.person("Ben Holt", "design").await;
    let first = design.move_form(ana, "pool", "squad", "50").await;
    let second = design.move_form(ben, "pool", "squad", "50").await;

    let first = design.post("/move", &format!("key=abcdefgh12&{first}")).await;
    let second = design.post("/move", &format!("key=abcdefgh12&{second}")).await;

    first.assert_redirect();
    assert_eq!(
        (second.status, second.error_code()),
        (StatusCode::CONFLICT, "changed_meanwhile".to_owned())
    );
    assert_eq!(design.members().await, 3);
}
