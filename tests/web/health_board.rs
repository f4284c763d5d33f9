//! The coach's dashboard: that it says what the results say, to everybody the same, and nothing of what is hidden (H6).

use axum::http::{Method, StatusCode, header};
use chrono::{Datelike, TimeDelta};
use uuid::Uuid;

use crate::budgets;
use crate::harness::{Answer, TestApp, Visitor};

/// A cell as an independent count of the results has it.
#[derive(sqlx::FromRow)]
struct Counted {
    squad: String,
    is_shown: bool,
    name: String,
    green: Option<i16>,
    amber: Option<i16>,
    red: Option<i16>,
}

impl Counted {
    /// What most said, of two the worse.
    fn colour(&self) -> &'static str {
        let of = |n: Option<i16>| n.unwrap_or_default();
        let (green, amber, red) = (of(self.green), of(self.amber), of(self.red));
        if red >= amber && red >= green {
            "Needs help"
        } else if amber >= green {
            "Some trouble"
        } else {
            "Going well"
        }
    }

    /// What nobody said is not said.
    fn counts(&self) -> String {
        let red = if self.red == Some(1) { "needs help" } else { "need help" };
        let said =
            [(self.green, "well"), (self.amber, "some trouble"), (self.red, red)].into_iter();
        let said = said.filter(|(n, _)| n.is_some_and(|n| n > 0));
        let said: Vec<_> =
            said.map(|(n, words)| format!("{} {words}", n.unwrap_or_default())).collect();
        said.join(", ")
    }
}

/// The newest round of each squad, dimension by dimension, straight from the rounds and results.
async fn counted(app: &TestApp) -> Vec<Counted> {
    sqlx::query_as(
        "select t.name as squad, r.is_shown, v.name, x.green, x.amber, x.red
         from team t
         join health_round r on r.team_id = t.id and r.closed_at = (select max(o.closed_at) from health_round o where o.team_id = t.id)
         join health_round_dimension d on d.round_id = r.id
         join health_dimension_version v on v.dimension_id = d.dimension_id and v.version = d.version
         left join health_result x on x.round_id = r.id and x.dimension_id = d.dimension_id
         where t.organization_id = $1
         order by lower(t.name), d.position",
    )
    .bind(app.tenant().organization_id())
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

async fn seeded(squads: i32, rounds: i32) -> TestApp {
    let app = TestApp::new().await;
    budgets::seeded_with_health(&app, squads, 20, rounds).await;
    app
}

async fn run(app: &TestApp, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&app.pool).await.unwrap();
}

/// Whether the rows of the dashboard are what the rounds give.
async fn assert_kept(app: &TestApp) {
    let checks = trellis::doctor::examine(&app.pool).await.unwrap();
    let check = checks.iter().find(|check| check.rule == "dashboard").unwrap();
    assert!(!check.is_off(), "{check}");
    assert!(check.checked.unwrap().0 > 0);
}

async fn look(visitor: &mut Visitor, path: &str) -> Answer {
    let page = visitor.get(path).await;
    page.assert_ok();
    page
}

/// The table as it stands in the page.
fn table(page: &Answer) -> &str {
    let from = page.html.find("<table class=\"heat\"").unwrap();
    let until = page.html.find("</table>").unwrap();
    &page.html[from..until]
}

/// The line of a squad in the list of the constellation.
fn row_of(page: &Answer, squad: &str) -> String {
    let heads = page.texts("table tbody tr th");
    let place = heads.iter().position(|head| head.contains(squad)).unwrap();
    page.texts("table tbody tr")[place].clone()
}

/// Hides the newest round of a squad as if too few had answered: the seed's triggers do not let it be done afterwards.
async fn hide(app: &TestApp, squad: &str) {
    let sql = "begin; set local session_replication_role = replica;
        create temp table gone on commit drop as
        select r.id from health_round r join team t on t.id = r.team_id where t.slug = 'SLUG' order by r.closed_at desc limit 1;
        delete from health_result where round_id in (select id from gone);
        update health_round set answered = 3, is_shown = false where id in (select id from gone);
        set local session_replication_role = origin;
        select health_board_write(organization_id, id) from health_round where id in (select id from gone);
        commit";
    run(app, &sql.replace("SLUG", squad)).await;
}

#[tokio::test]
async fn the_table_says_what_the_results_say() {
    let app = seeded(12, 3).await;
    hide(&app, "squad-00002").await;
    let page = look(&mut app.member("Mia").await, &app.at("/health")).await;

    let all = counted(&app).await;
    let squads: Vec<&str> = all.iter().step_by(11).map(|cell| cell.squad.as_str()).collect();
    assert_eq!(page.count("table.heat tbody tr"), squads.len());
    let mut sorted = squads.clone();
    sorted.sort_unstable();
    assert_eq!(squads, sorted, "by name, never by health");
    let mut hidden = 0;
    for (n, cells) in all.chunks(11).enumerate() {
        let row = format!("table.heat tbody tr:nth-child({})", n + 1);
        assert!(page.text(&format!("{row} th")).contains(&cells[0].squad));
        let said = page.texts(&format!("{row} td > a"));
        if !cells[0].is_shown {
            hidden += 1;
            assert_eq!(said.len(), 1);
            assert!(said[0].contains("Fewer than 4 answers are never shown"), "{said:?}");
            assert_eq!(page.count(&format!("{row} td:not(.mo) svg")), 0);
            continue;
        }
        assert_eq!(said.len(), 11);
        for (cell, said) in cells.iter().zip(&said) {
            assert!(said.starts_with(cell.colour()), "{}: {said}", cell.name);
            assert!(said.ends_with(&cell.counts()), "{}: {said}", cell.name);
        }
    }
    assert!(hidden > 0);
    for (n, sums) in page.texts("table.heat tfoot td").into_iter().take(11).enumerate() {
        let of = |colour: &str| {
            let column = all.iter().skip(n).step_by(11).filter(|cell| cell.is_shown);
            column.filter(|cell| cell.colour() == colour).count()
        };
        let colours = [
            ("Going well", "going well"),
            ("Some trouble", "some trouble"),
            ("Needs help", "need help"),
        ];
        let said = colours.iter().map(|(colour, words)| (of(colour), *words));
        let said = said.chain([(hidden, "not shown")]).filter(|(n, _)| *n > 0);
        let said: Vec<_> = said.map(|(n, words)| format!("{n} {words}")).collect();
        assert_eq!(sums, said.concat(), "dimension {n}: what is nought goes unsaid");
    }
    assert_kept(&app).await;
}

#[tokio::test]
async fn everybody_sees_the_same() {
    let app = seeded(6, 2).await;
    let mut coach = app.coach("Carl Coach").await;
    let path = app.at("/health");
    let page = look(&mut coach, &path).await;
    let file = look(&mut coach, &app.at("/health.csv")).await.html;
    for mut visitor in [app.admin().await, app.leader("Lena").await, app.member("Mia").await] {
        assert_eq!(table(&look(&mut visitor, &path).await), table(&page));
        assert_eq!(look(&mut visitor, &app.at("/health.csv")).await.html, file);
    }
    assert_eq!(app.stranger().await.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_hidden_is_nowhere_and_changes_nothing() {
    let app = seeded(8, 2).await;
    hide(&app, "squad-00004").await;
    let mut coach = app.coach("Carl Coach").await;
    let dimension: Uuid =
        sqlx::query_scalar("select dimensions[1] from health_board order by month desc limit 1")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let paths = ["/health", "/health.csv"].map(|path| app.at(path));
    let map = app.at(&format!("/constellation?view=list&colour={dimension}"));

    let page = look(&mut coach, &paths[0]).await;
    let file = look(&mut coach, &paths[1]).await;
    let sky = look(&mut coach, &map).await;

    let lines: Vec<&str> =
        file.html.lines().filter(|line| line.starts_with("Squad 00004,")).collect();
    assert_eq!(lines.len(), 11);
    assert!(lines.iter().all(|line| line.ends_with(",,,,,,,,\"no, fewer than 4 answers\"")));
    let squads = sky.texts("table tbody tr");
    let squad = row_of(&sky, "Squad 00004");
    assert!(squad.contains("not known"), "{squad}");

    // Whatever is kept of it, even by mistake, nothing that anybody sees is another.
    run(
        &app,
        "update health_board b set cells = decode(repeat('050000050000000000000300', 11), 'hex')
         from team t where t.id = b.team_id and t.slug = 'squad-00004' and not b.is_shown",
    )
    .await;
    assert_eq!(table(&look(&mut coach, &paths[0]).await), table(&page));
    assert_eq!(look(&mut coach, &paths[1]).await.html, file.html);
    assert_eq!(look(&mut coach, &map).await.texts("table tbody tr"), squads);
    let checks = trellis::doctor::examine(&app.pool).await.unwrap();
    let check = checks.iter().find(|check| check.rule == "dashboard").unwrap();
    assert_eq!(check.off.len(), 1, "and the doctor says so: {check}");
}

#[tokio::test]
async fn an_open_round_shows_how_many_have_answered_and_nothing_else() {
    let app = seeded(4, 2).await;
    let mut coach = app.coach("Carl Coach").await;
    let month = app.clock().now().format("/health?period=%Y-%m").to_string();
    let paths = ["/health", &month, "/health.csv"].map(|path| app.at(path));
    let mut before = vec![];
    for path in &paths {
        let page = look(&mut coach, path).await.html;
        before.push(page[page.find("<table class=\"heat\"").unwrap_or(0)..].to_owned());
    }
    run(
        &app,
        "begin;
         create temp table one on commit drop as
         select r.*, gen_random_uuid() as new_id from health_round r join team t on t.id = r.team_id where t.slug = 'squad-00001'
         order by closed_at desc limit 1;
         insert into health_round (organization_id, id, team_id, pack_id, label, mode, reveal, threshold, opened_at, closes_at, opened_event)
         select organization_id, new_id, team_id, pack_id, 'Now', 'anonymous', 'window', 4, now(), now() + interval '3 days', opened_event from one;
         insert into health_round_dimension (organization_id, round_id, position, dimension_id, version)
         select d.organization_id, one.new_id, d.position, d.dimension_id, d.version from health_round_dimension d join one on one.id = d.round_id;
         insert into health_ballot (organization_id, round_id, key, dimension_id, colour)
         select d.organization_id, d.round_id, sha256(n::text::bytea), d.dimension_id, 'red'
         from health_round_dimension d join one on one.new_id = d.round_id, generate_series(1, 5) n;
         commit",
    )
    .await;

    let page = look(&mut coach, &paths[0]).await;

    assert!(page.text(".sub").contains(": 5 of 8 have answered so far"), "{}", page.text(".sub"));
    assert!(!page.headers.contains_key(header::ETAG), "answers come without an event");
    for (path, before) in paths.iter().zip(before) {
        let page = look(&mut coach, path).await.html;
        // The forms of the frame have keys of their own.
        let after = &page[page.find("<table class=\"heat\"").unwrap_or(0)..];
        let until = |text: &str| text.find("</main>").unwrap_or(text.len());
        assert_eq!(after[..until(after)], before[..until(&before)], "{path}");
    }
}

#[tokio::test]
async fn what_the_squad_agreed_on_is_shown_at_once() {
    let app = seeded(4, 2).await;
    run(
        &app,
        "update health_result x set agreed_colour = 'red', agreed_trend = 'better' from health_round r join team t on t.id = r.team_id
         where r.id = x.round_id and t.slug = 'squad-00001' and x.green > x.red + x.amber
           and r.closed_at = (select max(closed_at) from health_round o where o.team_id = t.id)",
    )
    .await;
    let page = look(&mut app.member("Mia").await, &app.at("/health")).await;
    let said = page.texts("table.heat tbody tr:nth-child(2) td > a");
    let agreed = said
        .iter()
        .filter(|text| text.starts_with("Needs help, getting better, as the squad agreed. "));
    assert!(agreed.count() > 0, "{said:?}");
    assert_kept(&app).await;
}

#[tokio::test]
async fn a_part_of_the_squads_and_another_time_are_a_word_in_the_address() {
    let app = seeded(8, 4).await;
    let mut member = app.member("Mia").await;
    let rows = async |member: &mut Visitor, query: &str| {
        let page = look(member, &app.at(&format!("/health?{query}"))).await;
        page.texts("table.heat tbody th")
    };
    let all = rows(&mut member, "").await;
    assert_eq!(rows(&mut member, "area=pattern.account_based").await.len(), 2);
    assert!(rows(&mut member, "area=product.none").await.is_empty());
    assert!(rows(&mut member, "period=2021-03").await.is_empty());
    assert_eq!(rows(&mut member, "period=nonsense&area=nonsense&pack=nonsense").await, all);
    assert_eq!(rows(&mut member, "pack=psychological-safety").await.len(), 0);

    let now = app.clock().now();
    let ago = (now - TimeDelta::days(i64::from(now.day()))).format("%Y-%m").to_string();
    let earlier = rows(&mut member, &format!("period={ago}")).await;
    assert_eq!(earlier.len(), all.len());
    let closed: Vec<chrono::NaiveDate> = sqlx::query_scalar(
        "select distinct closed_on from health_board where month = $1::text::date",
    )
    .bind(format!("{ago}-01"))
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert!(!closed.is_empty());

    run(
        &app,
        "begin; set local session_replication_role = replica;
         insert into product (organization_id, id, name, slug, key, lead_id, lead_event, lead_at, wip_policy, items, squads, created_at)
         select t.organization_id, t.id, 'App', 'app', 'APP', t.id, t.id, now(), 'warn', 0, 1, now() from team t where t.slug = 'squad-00001';
         insert into product_squad (organization_id, id, product_id, team_id, from_at, from_event)
         select t.organization_id, t.id, t.id, t.id, now(), t.id from team t where t.slug = 'squad-00001';
         commit",
    )
    .await;
    assert_eq!(rows(&mut member, "area=product.app").await.len(), 1);
}

#[tokio::test]
async fn a_large_organization_is_shown_in_parts_and_at_once() {
    let app = seeded(70, 2).await;
    let mut coach = app.coach("Carl Coach").await;
    let path = app.at("/health");

    let first = look(&mut coach, &path).await;
    assert_eq!(first.count("table.heat tbody tr"), 50);
    assert_eq!(first.text("table.heat tfoot th"), "All 70 squadsSquads by colour");
    let next = first.attribute(".pages a[rel=next]", "href").unwrap();
    let second = look(&mut coach, &next).await;
    assert_eq!(second.text("table.heat tfoot"), first.text("table.heat tfoot"));
    for list in ["section[aria-labelledby=drift-h]", "section[aria-labelledby=apart-h]"] {
        assert!(first.count(&format!("{list} li")) > 0, "{list}");
        assert_eq!(first.text(list), second.text(list), "of all squads, wherever one looks");
    }
    let both = [first.texts("table.heat tbody th"), second.texts("table.heat tbody th")].concat();
    let whole = look(&mut coach, &app.at("/health?all=1")).await;
    assert_eq!(whole.texts("table.heat tbody th"), both);
    assert_eq!(both.len(), 70);
    assert_eq!(second.attribute(".pages a[rel=prev]", "href"), Some(path));
}

#[tokio::test]
async fn a_spreadsheet_calculates_nothing_of_the_file() {
    let app = seeded(3, 1).await;
    run(&app, "update team set name = '=SUM(A1)' where slug = 'squad-00001'").await;
    let file = look(&mut app.member("Mia").await, &app.at("/health.csv")).await;
    assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
    assert!(file.html.contains("\n'=SUM(A1),"), "{}", file.html);
    assert!(!file.html.contains("\n=SUM"));
}

#[tokio::test]
async fn the_constellation_takes_the_colours_of_a_dimension() {
    let app = seeded(9, 2).await;
    let mut member = app.member("Mia").await;
    let plain = look(&mut member, &app.at("/constellation")).await;
    assert_eq!(plain.count("svg.sky .tint"), 0);
    assert_eq!(plain.count("select[name=colour] option"), 1 + 2 * 11);
    let all = counted(&app).await;
    let mission: Vec<&Counted> = all.iter().filter(|cell| cell.name == "Mission").collect();
    let dimension: Uuid = sqlx::query_scalar(
        "select d.dimension_id from health_dimension_version d join health_board b on d.dimension_id = any(b.dimensions)
         where d.name = 'Mission' limit 1",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();

    for query in [format!("colour={dimension}"), format!("view=list&colour={dimension}")] {
        let page = look(&mut member, &app.at(&format!("/constellation?{query}"))).await;
        for cell in &mission {
            let row = row_of(&page, &cell.squad);
            let said = if cell.is_shown { cell.colour() } else { "not known" };
            let said = said.to_lowercase().replace("needs help", "need help");
            assert!(row.contains(&said), "{row}: {said}");
        }
    }
    let page = look(&mut member, &app.at(&format!("/constellation?colour={dimension}"))).await;
    let shown = mission.iter().filter(|cell| cell.is_shown).count();
    assert_eq!(page.count("svg.sky g.tint"), shown, "each colour has its sign");
    let trend =
        look(&mut member, &app.at(&format!("/constellation?colour={dimension}.trend"))).await;
    assert_eq!(trend.text("select[name=colour] option[selected]"), "Mission: change");
    let unknown = look(&mut member, &app.at("/constellation?colour=nonsense")).await;
    assert_eq!(unknown.count("svg.sky .tint"), 0);
}

#[tokio::test]
async fn before_the_first_check_the_page_says_how_to_begin() {
    let app = TestApp::new().await;
    let page = look(&mut app.coach("Carl Coach").await, &app.at("/health")).await;
    assert_eq!(page.text(".empty h3"), "No health check yet");
    assert_eq!(page.count(".empty .btn.primary"), 1);
    let page = look(&mut app.member("Mia").await, &app.at("/health")).await;
    assert_eq!(page.count(".empty .btn.primary"), 0);
    assert_eq!(page.count(".side a[aria-current=page]"), 1);
    let plain = look(&mut app.member("Mo").await, &app.at("/constellation")).await;
    assert_eq!(plain.count("select[name=colour]"), 0);
}

#[tokio::test]
async fn an_unchanged_dashboard_is_not_sent_again() {
    let app = seeded(4, 2).await;
    app.clock().advance(TimeDelta::minutes(3));
    let mut coach = app.coach("Carl Coach").await;
    let path = app.at("/health");
    look(&mut coach, &path).await;
    let held = look(&mut coach, &path).await.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = coach.send(Method::GET, &path, &[("if-none-match", &held)], String::new()).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn what_is_worth_a_conversation_is_looked_for_among_all_squads_or_says_among_which() {
    let app = seeded(60, 2).await;
    // The only squad in which anything is far apart, or drifts, is the last one by name.
    run(
        &app,
        "begin; set local session_replication_role = replica;
         update health_result x set green = green + amber + red, amber = 0, red = 0, better = 0, same = 0, worse = 0;
         update health_result x set green = 3, amber = 0, red = 3 from health_round r join team t on t.id = r.team_id
         where r.id = x.round_id and t.slug = 'squad-00059'
           and r.closed_at = (select max(closed_at) from health_round o where o.team_id = t.id);
         delete from health_board;
         set local session_replication_role = origin;
         insert into health_board select b.* from (select distinct organization_id, pack_id, team_id from health_round where is_shown) s
         cross join lateral health_board_rows(s.organization_id, s.pack_id, s.team_id, '-infinity') b;
         commit",
    )
    .await;
    let mut coach = app.coach("Carl Coach").await;
    let first = look(&mut coach, &app.at("/health")).await;
    assert_eq!(first.count("table.heat tbody tr"), 50);
    let titles =
        |page: &Answer, list: &str| page.texts(&format!("section[aria-labelledby={list}] li .t"));
    for list in ["drift-h", "apart-h"] {
        let found = titles(&first, list);
        assert!(!found.is_empty() && found.iter().all(|one| one.starts_with("Squad 00059: ")));
    }
    assert!(!first.text("#board-parts").contains("squads above only"));

    // More than are shown at once: then the lists say that they look at the page.
    let app = seeded(210, 1).await;
    let mut coach = app.coach("Carl Coach").await;
    let path = app.at("/health");
    let first = look(&mut coach, &path).await;
    let said = "Among the 50 squads above only.";
    assert_eq!(first.text("#board-parts").matches(said).count(), 2);
    assert_eq!(first.text("table.heat tfoot th"), "These 50 squadsSquads by colour");
    let shown = first.texts("table.heat tbody th").join(" ");
    for title in titles(&first, "apart-h") {
        assert!(shown.contains(title.split(':').next().unwrap()), "{title}");
    }
    let narrow = look(&mut coach, &format!("{path}?area=pattern.geographic&all=1")).await;
    assert!(!narrow.text("#board-parts").contains("squads above only"), "all that are asked for");
    // A squad that has gone while somebody turned the page.
    let gone = format!("{path}?after={}.squad+00049x", Uuid::nil());
    let later = look(&mut coach, &gone).await;
    assert!(later.texts("table.heat tbody th")[0].contains("Squad 00050"));
}

#[tokio::test]
async fn a_cell_leads_to_the_answers_that_it_shows() {
    let app = seeded(6, 3).await;
    hide(&app, "squad-00002").await;
    let mut coach = app.coach("Carl Coach").await;
    let page = look(&mut coach, &app.at("/health")).await;
    let cells = "table.heat tbody tr:nth-child(2) td > a";
    let squad = page.text("table.heat tbody tr:nth-child(2) th");
    let names = page.texts("table.heat thead th");
    for (n, said) in page.texts(cells).iter().enumerate() {
        let href = page.attribute(
            &format!("table.heat tbody tr:nth-child(2) td:nth-child({}) > a", n + 2),
            "href",
        );
        let href = href.unwrap();
        let (path, id) = href.split_once('#').unwrap();
        let round = look(&mut coach, path).await;
        assert!(squad.contains(round.text("h1").trim_start_matches("Health check of ")));
        assert_eq!(round.text(&format!("[id='{id}'] b")), names[n + 1]);
        let tally = round.text(&format!("[id='{id}'] .tally"));
        let counts = said.rsplit(". ").next().unwrap();
        let well = counts.split_once(" well").map_or("0", |(well, _)| well);
        assert!(tally.starts_with(&format!("{well} going well")), "{said}: {tally}");
    }
    let hidden = page.attribute("td.few > a", "href").unwrap();
    assert!(look(&mut coach, &hidden).await.text("main").contains("Too few answers"));
    let over_time = page.attribute("table.heat tbody tr:nth-child(2) th a", "href").unwrap();
    let squad = look(&mut coach, &over_time).await;
    assert_eq!(squad.text("#ot-h"), "How we work", "the pack that one came from");
    for list in ["drift-h", "apart-h"] {
        if let Some(href) = page.attribute(&format!("section[aria-labelledby={list}] .t"), "href") {
            let (path, id) = href.split_once('#').unwrap();
            let round = look(&mut coach, path).await;
            assert_eq!(round.count(&format!("[id='{id}']")), 1, "{href}");
        }
    }
}

#[tokio::test]
async fn a_coach_has_their_own_cards_beside_the_lists_and_nobody_else_has() {
    use crate::coaching::World;
    let app = TestApp::new().await;
    let world = World::new(&app).await;
    let path = app.at("/health");
    let mut coach = world.coach.clone();
    let page = look(&mut coach, &path).await;
    assert!(page.text("#board-parts").contains("Nobody waits"), "before any health check too");
    let request = world.asked(&app).await;
    let page = look(&mut coach, &path).await;
    assert!(page.text("section[aria-labelledby=rq-h]").contains("Pace is hurting us"));
    assert!(page.text("section[aria-labelledby=en-h]").contains("Room for 3 more requests"));
    for mut visitor in [app.admin().await, app.leader("Lena").await, world.member.clone()] {
        let page = look(&mut visitor, &path).await;
        assert_eq!(page.count("#rq-h, #en-h, form[action$='/pull']"), 0);
    }

    let pull = page.attribute("form[action$='/pull']", "action").unwrap();
    assert_eq!(pull, app.at(&format!("/coaching/{request}/pull")));
    coach.post(&pull, "").await.assert_redirect();
    let page = look(&mut coach, &path).await;
    assert!(page.text("section[aria-labelledby=rq-h]").contains("Nobody waits"));
    let mine = page.text("section[aria-labelledby=en-h]");
    assert!(mine.contains("Outage Care: Pace is hurting us"), "{mine}");
    assert!(mine.contains("Goal and end date are still to be agreed"), "{mine}");
    assert!(mine.contains("Room for 2 more requests"), "{mine}");
    // The board of coaching says the same.
    let board = look(&mut coach, &app.at("/coaching")).await;
    let line = |page: &Answer| page.text("section[aria-labelledby=en-h] ul");
    assert_eq!(line(&board), line(&page));
}
