//! Tests of "Who can solve this?" and of what the palette lists.

use axum::http::StatusCode;
use trellis::backlog::service as backlog;
use trellis::ids::{MemberId, SkillId};
use trellis::missions::service::write;
use trellis::skills::{Level, Rating, SkillDescription, SkillName};
use trellis::squads::Description;
use trellis::{core_teams, skills};

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};

async fn skill(app: &TestApp, name: &str, description: &str) -> SkillId {
    let name = SkillName::parse(name).unwrap();
    let description = SkillDescription::parse(description).unwrap();
    skills::service::create(&app.pool, &given::designer(app), &name, &description).await.unwrap()
}

async fn can(app: &TestApp, member: MemberId, skill: SkillId, level: i16) {
    let rating = Rating {
        skill,
        level: Some(Level::new(level).unwrap()),
        wants_to_learn: false,
        version: 0,
    };
    skills::service::rate(&app.pool, &given::designer(app), member, &[rating]).await.unwrap();
}

async fn core_team(app: &TestApp, name: &str, description: &str) {
    let new = core_teams::NewCoreTeam {
        name: core_teams::CoreTeamName::parse(name).unwrap(),
        description: Description::parse(description).unwrap(),
    };
    core_teams::service::create(&app.pool, &given::designer(app), &new).await.unwrap();
}

/// The answer to a question, encoded as a form does.
async fn ask(app: &TestApp, visitor: &mut Visitor, question: &str) -> Answer {
    let query = serde_html_form::to_string([("q", question)]).unwrap();
    visitor.get(&app.at(&format!("/find?{query}"))).await
}

fn group_of(page: &Answer, id: &str) -> Vec<String> {
    page.texts(&format!("ul[aria-labelledby={id}-h] a.t"))
}

#[tokio::test]
async fn members_come_by_level_and_then_by_free_share() {
    let app = TestApp::new().await;
    let battery = skill(&app, "Battery control", "Charge and discharge").await;
    for (name, level) in [("Busy", 3), ("Clara Vogel", 5), ("Free", 3), ("Novice", 1)] {
        can(&app, app.person(name, "engineering").await, battery, level).await;
    }
    let busy = sqlx::query_scalar("select id from member where name = 'Busy'");
    let busy: MemberId = busy.fetch_one(&app.pool).await.unwrap();
    let squad = given::squad(&app, "Otters").await;
    given::join(&app, squad, &[busy]).await;
    let mut member = app.member("Aisha").await;

    let page = ask(&app, &mut member, "who can fix the batteries?").await;

    page.assert_ok();
    assert_eq!(group_of(&page, "members"), ["Clara Vogel", "Free", "Busy", "Novice"]);
    let why = page.texts("ul[aria-labelledby=members-h] .meta");
    assert_eq!(why[0], "can teach Battery control · 100 % free");
    assert_eq!(why[2], "can do Battery control alone · 50 % free");
    assert_eq!(group_of(&page, "skills"), ["Battery control"]);
    assert_eq!(page.text("ul[aria-labelledby=skills-h] mark"), "Battery");
    assert_eq!(group_of(&page, "squads"), ["Otters"]);
    assert_eq!(
        page.text("ul[aria-labelledby=squads-h] .meta"),
        "1 member can do Battery control alone or better"
    );
}

/// Only so many are put in order by all there is to know; the free share counts among all.
#[tokio::test]
async fn of_hundreds_who_fit_equally_well_the_freest_come_first() {
    let app = TestApp::new().await;
    let mut tx = app.pool.begin().await.unwrap();
    sqlx::raw_sql(include_str!("../../benches/seed.sql")).execute(&mut *tx).await.unwrap();
    sqlx::query("select pg_temp.seed($1, 30, 12, $2)")
        .bind(app.tenant().organization_id())
        .bind(app.clock().now())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut member = app.member("Aisha").await;

    let page = ask(&app, &mut member, "specialist").await;

    let all: i64 = page.text("section[aria-labelledby=members-h] .badge").parse().unwrap();
    assert!(all > 240, "{all}");
    assert_eq!(page.texts("ul[aria-labelledby=members-h] .meta"), ["100 % free"; 10]);
}

#[tokio::test]
async fn a_squad_is_found_by_its_mission_as_it_is_now_and_a_core_team_by_what_it_does() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Fair Bills").await;
    let leader = given::designer(&app);
    write(&app.pool, &leader, squad, 0, &given::mission("Every lighthouse keeper")).await.unwrap();
    write(&app.pool, &leader, squad, 1, &given::mission("Tenants who dispute a reading"))
        .await
        .unwrap();
    core_team(&app, "Meter Data", "Checks disputed readings within a day").await;
    let mut member = app.member("Aisha").await;

    let page = ask(&app, &mut member, "customer disputes a meter reading").await;

    assert_eq!(group_of(&page, "squads"), ["Fair Bills"]);
    assert_eq!(page.texts("ul[aria-labelledby=squads-h] mark"), ["dispute", "reading"]);
    assert_eq!(group_of(&page, "core"), ["Meter Data"]);
    let old = ask(&app, &mut member, "lighthouse").await;
    assert_eq!(group_of(&old, "squads"), Vec::<String>::new());
}

#[tokio::test]
async fn a_slip_of_the_keyboard_finds_what_was_meant_and_says_so() {
    let app = TestApp::new().await;
    skill(&app, "Battery control", "").await;
    app.person("Zoë Müller", "service").await;
    let mut member = app.member("Aisha").await;
    let mut said = async |question: &str| {
        let page = ask(&app, &mut member, question).await;
        let found = [group_of(&page, "members"), group_of(&page, "skills")].concat();
        (found, page.text(".banner"))
    };

    assert_eq!(
        said("Ingird").await,
        (
            vec!["Ingrid Solheim".to_owned()],
            "Nothing here is spelled “ingird”. This is what comes close.".to_owned()
        )
    );
    assert_eq!(said("bateries").await.0, ["Battery control"]);
    assert_eq!(said("contrl").await.0, ["Battery control"]);
    assert_eq!(said("zoe muler").await.0, ["Zoë Müller"]);
    assert_eq!(said("Ingrid").await.1, "", "what is found needs no other spelling");
    assert_eq!(said("xylophone").await, (vec![], String::new()));
}

#[tokio::test]
async fn a_word_is_found_while_it_is_being_typed() {
    let app = TestApp::new().await;
    skill(&app, "Battery control", "").await;
    let mut member = app.member("Aisha").await;

    assert_eq!(group_of(&ask(&app, &mut member, "bat").await, "skills"), ["Battery control"]);
    assert_eq!(group_of(&ask(&app, &mut member, "Ingr").await, "members"), ["Ingrid Solheim"]);
    assert_eq!(
        group_of(&ask(&app, &mut member, "bat phone").await, "skills"),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn what_fits_more_of_the_words_comes_first_and_ten_of_a_kind_are_shown() {
    let app = TestApp::new().await;
    for n in 0..11 {
        skill(&app, &format!("Control {n:02}"), "").await;
    }
    skill(&app, "Zeal for battery control", "").await;
    let mut member = app.member("Aisha").await;

    let page = ask(&app, &mut member, "battery control").await;

    let found = group_of(&page, "skills");
    assert_eq!(
        (found.len(), found[0].as_str(), found[1].as_str()),
        (10, "Zeal for battery control", "Control 00")
    );
    let all = page.attribute("a.more", "href").unwrap();
    assert_eq!(group_of(&member.get(&all).await, "skills").len(), 12);
}

#[tokio::test]
async fn nothing_found_and_nothing_asked_show_the_ways_on() {
    let app = TestApp::new().await;
    let mut leader = app.leader("Ruth").await;
    let mut member = app.member("Aisha").await;

    let empty = member.get(&app.at("/find")).await;
    assert_eq!(empty.assert_ok().text(".empty h3"), "Ask before you add a process");
    let nothing = ask(&app, &mut member, "xylophone").await;
    assert_eq!(nothing.text(".empty h3"), "Nobody is found by these words yet");
    assert_eq!(nothing.attribute("#q", "value").as_deref(), Some("xylophone"));
    assert!(!nothing.text(".empty").contains("Add the skill"));
    assert!(ask(&app, &mut leader, "xylophone").await.text(".empty").contains("Add the skill"));
}

#[tokio::test]
async fn long_and_hostile_questions_are_answered_like_any_other() {
    let app = TestApp::new().await;
    let mut member = app.member("Aisha").await;

    for question in [
        "' or 1=1; drop table member; --",
        "\\ ' \" :* & | ! ( ) <-> a:* b:A",
        "%_%",
        "<script>alert(1)</script>",
        "½ ² ① 漢字 שלום 🦦 \u{301}",
        "\u{e000}x\u{e001}",
    ] {
        let page = ask(&app, &mut member, question).await;
        assert_eq!(page.status, StatusCode::OK, "{question}");
        assert_eq!(page.attribute("#q", "value").as_deref(), Some(question));
        assert!(!page.html.contains("<script>alert"));
    }
    let long = "many words ".repeat(500);
    let page = ask(&app, &mut member, &long).await;
    assert_eq!(page.assert_ok().text(".banner").split(':').next(), Some("That is a long question"));
}

#[tokio::test]
async fn digits_that_the_search_knows_nothing_of_find_nothing_and_hide_nothing() {
    let app = TestApp::new().await;
    let battery = skill(&app, "Battery control", "").await;
    can(&app, app.person("Zoë Ærø", "service").await, battery, 5).await;
    given::squad(&app, "Batteries").await;
    let mut member = app.member("Aisha").await;

    for vain in ["½ ²", "①②", "½"] {
        let page = ask(&app, &mut member, vain).await;
        assert_eq!(page.assert_ok().count("ul.list a.t"), 0, "{vain}");
    }
    let page = ask(&app, &mut member, "½½ battery ①②").await;
    assert_eq!(group_of(page.assert_ok(), "skills"), ["Battery control"]);
    assert_eq!(group_of(&page, "members"), ["Zoë Ærø"]);
    assert_eq!(group_of(&page, "squads"), ["Batteries"]);
    assert_eq!(group_of(&ask(&app, &mut member, "ærø").await, "members"), ["Zoë Ærø"]);
}

#[tokio::test]
async fn who_left_and_what_is_archived_or_dissolved_is_not_found() {
    let app = TestApp::new().await;
    let battery = skill(&app, "Battery control", "").await;
    let gone = app.person("Battista Gone", "service").await;
    can(&app, gone, battery, 5).await;
    let squad = given::squad(&app, "Batteries").await;
    let designer = given::designer(&app);
    let reason = trellis::text::Reason::parse("Done").unwrap();
    trellis::members::service::deactivate(&app.pool, &designer, gone, 1, &reason).await.unwrap();
    trellis::squads::service::dissolve(&app.pool, &designer, squad, 1, &reason).await.unwrap();
    skills::service::archive(&app.pool, &designer, battery, 1).await.unwrap();
    let mut member = app.member("Aisha").await;

    for question in ["battery", "battista", "Batteris"] {
        let page = ask(&app, &mut member, question).await;
        assert_eq!(page.count("ul.list a.t"), 0, "{question}: {}", page.text("main"));
        assert_eq!(page.count(".banner"), 0, "{question}");
    }
}

#[tokio::test]
async fn nothing_of_another_organization_is_found_or_stands_for_a_slip() {
    let app = TestApp::new().await;
    let mut stranger = app.stranger().await;
    let other = app.slug_of(&stranger).await;
    skill(&app, "Battery control", "").await;
    given::squad(&app, "Batteries").await;

    for question in ["battery", "bateries", "Norvik", "contrl"] {
        let query = serde_html_form::to_string([("q", question)]).unwrap();
        let page = stranger.get(&format!("/o/{other}/find?{query}")).await;
        assert_eq!(page.assert_ok().count("ul.list a.t"), 0, "{question}");
        assert_eq!(page.count(".banner"), 0);
    }
}

#[tokio::test]
async fn three_words_of_a_question_are_put_right() {
    let app = TestApp::new().await;
    skill(&app, "Battery control", "").await;
    app.person("Zoë Müller", "service").await;
    let mut member = app.member("Aisha").await;

    let page = ask(&app, &mut member, "ingird xylophone bateries contrl muler").await;

    assert_eq!(
        page.text(".banner"),
        "Nothing here is spelled “ingird” or “bateries”. This is what comes close."
    );
    assert_eq!(group_of(&page, "members"), ["Ingrid Solheim"]);
    let page = ask(&app, &mut member, "ingird bateries contrl muler").await;
    assert!(page.text(".banner").contains("“ingird” or “bateries” or “contrl”."));
    assert_eq!(group_of(&page, "members"), ["Ingrid Solheim"], "the fourth stays as it is");
    assert_eq!(group_of(&ask(&app, &mut member, "muler").await, "members"), ["Zoë Müller"]);
}

#[tokio::test]
async fn a_slip_stands_for_what_a_text_says_now() {
    let app = TestApp::new().await;
    let designer = given::designer(&app);
    let control = skill(&app, "Contral", "").await;
    let mut member = app.member("Aisha").await;
    assert_eq!(group_of(&ask(&app, &mut member, "contrel").await, "skills"), ["Contral"]);

    let rename = async |to: &str, version: i32| {
        let name = SkillName::parse(to).unwrap();
        let none = SkillDescription::parse("").unwrap();
        skills::service::update(&app.pool, &designer, control, version, &name, &none)
            .await
            .unwrap();
    };
    rename("Metering", 1).await;
    let page = ask(&app, &mut member, "contrel").await;
    assert_eq!((page.count("ul.list a.t"), page.count(".banner")), (0, 0));
    assert_eq!(group_of(&ask(&app, &mut member, "metreing").await, "skills"), ["Metering"]);

    // The word that is gone is as near as the one that is there.
    rename("Control", 2).await;
    assert_eq!(group_of(&ask(&app, &mut member, "contrel").await, "skills"), ["Control"]);
}

#[tokio::test]
async fn those_who_write_the_same_new_word_at_once_do_not_wait_for_one_another() {
    let app = TestApp::new().await;
    let organization = app.tenant().organization_id();
    let write = "insert into skill (organization_id, id, name) values ($1, gen_random_uuid(), $2)";
    let mut writers = [app.pool.begin().await.unwrap(), app.pool.begin().await.unwrap()];
    for tx in &mut writers {
        sqlx::query("set local lock_timeout = '2s'").execute(&mut **tx).await.unwrap();
    }

    for (writer, name) in
        [(0, "Heatpumps"), (1, "Inverters"), (0, "Good inverters"), (1, "Good heatpumps")]
    {
        let tx = &mut *writers[writer];
        sqlx::query(write).bind(organization).bind(name).execute(tx).await.unwrap();
    }
    for tx in writers {
        tx.commit().await.unwrap();
    }

    let mut member = app.member("Aisha").await;
    let page = ask(&app, &mut member, "hetpumps").await;
    assert_eq!(group_of(&page, "skills"), ["Good heatpumps", "Heatpumps"]);
}

#[tokio::test]
async fn words_are_kept_by_organization() {
    let app = TestApp::new().await;
    let stranger = app.stranger().await;
    let other = app.slug_of(&stranger).await;
    skill(&app, "Battery control", "").await;

    let near = async |slug: &str| -> Vec<String> {
        let sql =
            "select finder_near(o.id, 'contrl', 'contrl') from organization o where o.slug = $1";
        sqlx::query_scalar(sql).bind(slug).fetch_all(&app.pool).await.unwrap()
    };
    assert_eq!(near(&app.slug).await, ["control"]);
    assert_eq!(near(&other).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_palette_solves_jumps_and_does_what_the_visitor_may_do() {
    let app = TestApp::new().await;
    let battery = skill(&app, "Battery control", "").await;
    can(&app, app.person("Clara Vogel", "engineering").await, battery, 5).await;
    let path = app.at("/find/palette");
    let options = |page: &Answer| page.texts("[role=option]");

    let mut member = app.member("Aisha").await;
    let everything = member.get(&path).await;
    assert_eq!(everything.assert_ok().texts(".pal-h"), ["Pages", "Do"]);
    let mut leader = app.leader("Ruth").await;
    let typed = leader.get(&format!("{path}?q=batt")).await;
    assert_eq!(typed.texts(".pal-h"), ["Can solve this", "Jump to"]);
    assert_eq!(
        options(&typed),
        [
            "CVClara Vogel can teach Battery control · 100 % free",
            "Battery control 1 member can teach it",
            "Everything about “batt”"
        ]
    );
    let action = leader.get(&format!("{path}?q=new+squad")).await;
    assert_eq!(action.texts(".pal-h"), ["Do"]);
    assert_eq!(
        action.attribute("[role=option]", "href"),
        Some(app.at("/squads/new")),
        "{}",
        action.html
    );
    assert!(
        options(&member.get(&format!("{path}?q=new+squad")).await)[0].starts_with("Nothing fits")
    );
    // The option that is chosen is named by its id.
    let ids: std::collections::HashSet<_> = everything
        .html
        .match_indices("id=\"pal-")
        .map(|(at, _)| &everything.html[at..at + 12])
        .collect();
    assert_eq!(ids.len(), everything.count("[id^=pal-]"));
}

#[tokio::test]
async fn the_search_field_is_a_plain_form_on_every_page() {
    let app = TestApp::new().await;
    let mut member = app.member("Aisha").await;

    let page = member.get(&app.at("/squads")).await;

    assert_eq!(page.attribute("header form.find", "action"), Some(app.at("/find")));
    assert_eq!(page.attribute("header form.find", "method").as_deref(), Some("get"));
    assert_eq!(page.attribute("#palette input", "role").as_deref(), Some("combobox"));
    assert_eq!(page.attribute(".side a[href$='/find']", "data-key").as_deref(), Some("f"));
}

/// R22: the schema is made by the owner of the database, who is no superuser.
#[tokio::test]
async fn an_owner_without_further_rights_can_make_the_schema() {
    let none = sqlx::migrate::Migrator {
        migrations: std::borrow::Cow::Owned(vec![]),
        ..sqlx::migrate::Migrator::DEFAULT
    };
    let db = crate::database::TestDb::new(&none).await;
    let owner = format!("owner_{}", uuid::Uuid::now_v7().simple());
    let name: String =
        sqlx::query_scalar("select current_database()::text").fetch_one(&db.pool).await.unwrap();
    let run = async |sql: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&db.pool).await.unwrap();
    };
    run("drop table if exists _sqlx_migrations".to_owned()).await;
    run(format!("create role {owner} login")).await;
    run(format!("alter database {name} owner to {owner}")).await;
    run(format!("alter schema public owner to {owner}")).await;

    let options = db.options.clone().username(&owner);
    let mut connection =
        <sqlx::PgConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let made: Result<(), _> = trellis::MIGRATOR.run(&mut connection).await;

    made.unwrap();
    drop(connection);
    run(format!(
        "reassign owned by {owner} to current_user; drop owned by {owner}; drop role {owner}"
    ))
    .await;
}

#[tokio::test]
async fn products_are_found_by_their_words_and_open_items_by_all_of_theirs_or_by_their_key() {
    let app = TestApp::new().await;
    let mut group = crate::backlog::group(&app, &["Fair Bills"]).await;
    let lead = group.lead(&app);
    let (pool, product) = (&app.pool, group.product);
    for title in ["Explain the grid fee in plain words", "Warn before an unusually high bill"] {
        backlog::propose(pool, &lead, product, &crate::backlog::item(title)).await.unwrap();
    }
    let board = app.at("/products/norvik-app");
    let member = &mut group.squads[0].1;

    let page = ask(&app, member, "norvik").await;
    assert_eq!(group_of(&page, "products"), ["Norvik App"]);
    let why = page.text("ul[aria-labelledby=products-h] .meta");
    assert_eq!(why, "Hana Sato is its lead PM, 1 squad serves it");
    // A slip in a word of a product is put right, as in all names.
    assert_eq!(group_of(&ask(&app, member, "norvic").await, "products"), ["Norvik App"]);

    let page = ask(&app, member, "the fees of the grid").await;
    assert_eq!(group_of(&page, "items"), ["Explain the grid fee in plain words"]);
    assert_eq!(page.text("ul[aria-labelledby=items-h] .meta"), "Proposed · Norvik App");
    assert_eq!(page.texts("ul[aria-labelledby=items-h] mark"), ["grid", "fee"]);
    // An item has every word, or it is not what was asked for.
    assert_eq!(group_of(&ask(&app, member, "grid battery").await, "items"), [""; 0]);

    let there = format!("{board}/items/NA-2");
    for key in ["NA-2", "na 2"] {
        assert_eq!(ask(&app, member, key).await.assert_redirect(), there);
    }
    let palette = member.get(&app.at("/find/palette?q=na-2")).await;
    assert_eq!(palette.attribute("[role=option]", "href"), Some(there));
    assert_eq!(ask(&app, member, "NA-3").await.status, StatusCode::OK, "there is no such item");
    assert_eq!(ask(&app, member, "XX-2").await.status, StatusCode::OK);
    let stranger = &mut app.stranger().await;
    let theirs = app.slug_of(stranger).await;
    let page = stranger.get(&format!("/o/{theirs}/find?q=NA-2")).await;
    assert_eq!(page.status, StatusCode::OK, "the key is of another organization");

    // What is not open is found by its key only.
    let reason = crate::backlog::reason("Nobody asks for it");
    backlog::drop_item(pool, &lead, product, 2, &reason).await.unwrap();
    let member = &mut group.squads[0].1;
    assert_eq!(group_of(&ask(&app, member, "unusually high").await, "items"), [""; 0]);
    ask(&app, member, "NA-2").await.assert_redirect();
}

/// Of a word that few items have, as much is read of many items as of few; of one that each of them has, its entries in the index, once
/// for each time that it is looked for, and the rows of a few hundred.
#[tokio::test]
async fn asking_reads_a_bounded_part_of_the_backlogs() {
    let mut read = vec![];
    for n in [1_000, 10_000] {
        let app = TestApp::new().await;
        let group = crate::backlog::group(&app, &["Fair Bills"]).await;
        crate::backlog::fill(&app, group.product, n).await;
        let own = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .connect(app.database_url())
            .await
            .unwrap();
        let router =
            trellis::app(trellis::AppState::new(own.clone(), trellis::config::Config::default()));
        let mut member = group.squads[0].1.at(router);
        let mut counts = vec![];
        for asked in ["996", "problem+why"] {
            let path = app.at(&format!("/find?q={asked}"));
            for _ in 0..7 {
                let page = member.get(&path).await;
                assert!(!group_of(page.assert_ok(), "items").is_empty(), "{asked}");
            }
            counts.push(crate::budgets::rows_read(&app, &mut member, &own, &path).await);
        }
        read.push(counts);
    }
    assert!(read[1][0] < read[0][0] + 100, "{read:?}");
    assert!(read[1][1] < read[0][1] + 3 * 9_000 + 100, "{read:?}");
}

#[tokio::test]
async fn the_palette_offers_fitting_pages_and_actions_above_people() {
    let app = TestApp::new().await;
    let learning = skill(&app, "Learning design", "").await;
    can(&app, app.person("Clara Vogel", "engineering").await, learning, 5).await;
    let path = app.at("/find/palette");
    let mut member = app.member("Aisha").await;
    let mut leader = app.leader("Ruth").await;

    let typed = member.get(&format!("{path}?q=learning")).await;
    assert_eq!(typed.assert_ok().texts(".pal-h"), ["Pages", "Can solve this", "Jump to"]);
    assert_eq!(typed.attribute("[role=option]", "href"), Some(app.at("/learning")));
    for (typed, to) in [("my+work", "/work"), ("coaching", "/coaching"), ("health", "/health")] {
        let page = member.get(&format!("{path}?q={typed}")).await;
        assert_eq!(page.attribute("[role=option]", "href"), Some(app.at(to)), "{typed}");
        member.get(&app.at(to)).await.assert_ok();
    }
    for (typed, to) in [("desing+squad", "/squads/new"), ("new+link", "/links/new")] {
        let page = leader.get(&format!("{path}?q={typed}")).await;
        assert_eq!(page.texts(".pal-h")[0], "Do", "{typed}");
        assert_eq!(page.attribute("[role=option]", "href"), Some(app.at(to)), "{typed}");
        leader.get(&app.at(to)).await.assert_ok();
        let page = member.get(&format!("{path}?q={typed}")).await;
        assert_eq!(page.count(&format!("[href$='{to}']")), 0, "not for a member: {typed}");
    }
    let page = member.get(&format!("{path}?q=request+coaching")).await;
    let options = page.texts("[role=option]");
    assert_eq!(options[..2], ["Coaching", "Ask for coaching on the page of your squad"]);
    let mut coach = app.coach("Lena").await;
    let page = coach.get(&format!("{path}?q=schedule")).await;
    assert_eq!(page.attribute("[role=option]", "href"), Some(app.at("/health/schedules/new")));
    coach.get(&app.at("/health/schedules/new")).await.assert_ok();
}
