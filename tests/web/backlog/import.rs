//! Files from other tools come into a backlog: looked at first, applied once, and never twice.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use trellis::backlog::service;
use trellis::config::Config;
use trellis::products;

use super::{Group, group, order_of, proposed};
use crate::harness::{Answer, TestApp, Visitor};
use crate::seen::assert_well;

const GITHUB: &str = include_str!("../../data/github-issues.csv");
const PROJECT: &str = include_str!("../../data/github-project.tsv");
const JIRA: &str = include_str!("../../data/jira.csv");
const TRELLO: &str = include_str!("../../data/trello.csv");

async fn app() -> TestApp {
    let mut config = Config::default();
    config.limits.imports_per_hour = 1000;
    TestApp::with(config).await
}

/// Sends a file as a browser does.
async fn send(
    visitor: &mut Visitor,
    address: &str,
    name: &str,
    file: &[u8],
    pasted: &str,
) -> Answer {
    let mut body = vec![];
    let mut part = |head: &str, content: &[u8]| {
        body.extend_from_slice(b"--grove\r\ncontent-disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"key\"", trellis::web::new_key().as_bytes());
    part(&format!("name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv"), file);
    part("name=\"pasted\"", pasted.as_bytes());
    body.extend_from_slice(b"--grove--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=grove"),
        ("sec-fetch-site", "same-origin"),
    ];
    visitor.send(Method::POST, address, &headers, body).await
}

fn import(app: &TestApp) -> String {
    app.at("/products/norvik-app/import")
}

/// Sends a text; answers the address of its columns.
async fn sent(app: &TestApp, visitor: &mut Visitor, text: &str) -> String {
    let answer = send(visitor, &import(app), "some.csv", text.as_bytes(), "").await;
    answer.assert_redirect().to_owned()
}

/// The form of the columns as the page shows it, with some of it changed.
fn form_of(page: &Answer, changed: &[(&str, &str)]) -> String {
    let mut pairs =
        vec![("version".to_owned(), page.attribute("input[name=version]", "value").unwrap())];
    pairs.push(("of".to_owned(), page.attribute("input[name=of]", "value").unwrap()));
    for name in [
        "title",
        "why",
        "state",
        "dropped",
        "rank",
        "breadth",
        "class",
        "labels",
        "effect",
        "key_column",
        "otherwise",
    ] {
        let chosen = page.attribute(&format!("select[name={name}] option[selected]"), "value");
        pairs.push((name.to_owned(), chosen.unwrap_or_default()));
    }
    for n in 1..=page.count("select[name=target]") {
        let chosen = page.attribute(&format!("#target-{n} option[selected]"), "value").unwrap();
        pairs.push(("target".to_owned(), chosen));
    }
    for (name, value) in changed {
        let (name, n) =
            name.split_once('-').map_or((*name, 0), |(name, n)| (name, n.parse().unwrap()));
        let found = pairs.iter_mut().filter(|(other, _)| other == name).nth(n).unwrap();
        (*value).clone_into(&mut found.1);
    }
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Presses the button of the columns; answers the dry run.
async fn looked_at(visitor: &mut Visitor, address: &str, changed: &[(&str, &str)]) -> Answer {
    let page = visitor.get(address).await;
    let there = visitor.post(address, &form_of(&page, changed)).await.assert_redirect().to_owned();
    visitor.get(&there).await
}

/// Presses the button of the dry run; answers the result.
async fn applied(visitor: &mut Visitor, address: &str) -> Answer {
    let rows = format!("{address}/rows");
    let seen = visitor.get(&rows).await.attribute("input[name=seen]", "value").unwrap();
    visitor.post(&rows, &format!("seen={seen}")).await.assert_redirect();
    visitor.get(&rows).await
}

/// "new, already here, left out, refused".
fn tally(page: &Answer) -> String {
    page.texts(".stats dd").join(" ")
}

fn rows(page: &Answer) -> String {
    page.texts(".import-rows > li").join("\n")
}

async fn items(app: &TestApp, group: &Group) -> String {
    let rows: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' | ', number, title, stage, breadth, source, nullif(split_part(why, e'\n', 1), '')) \
         from backlog_item where product_id = $1 order by rank",
    )
    .bind(group.product)
    .fetch_all(&app.pool)
    .await
    .unwrap();
    rows.join("\n")
}

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

/// Everything that an import may touch, in one text.
async fn state(app: &TestApp) -> String {
    sqlx::query_scalar(
        "select concat_ws(' ', (select jsonb_agg(i order by id) from backlog_item i), (select jsonb_agg(p order by id) from product p), \
         (select count(*) from backlog_transition), (select count(*) from event))",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn issues_of_github_come_in_as_they_are_exported() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    proposed(&app, &group, 1).await;
    let mut lead = group.lead.clone();

    let address = sent(&app, &mut lead, GITHUB).await;
    let columns = lead.get(&address).await;
    assert!(columns.text(".head .sub").starts_with("This looks like issues of GitHub."));
    assert!(columns.text(".note").contains("(assignees) stays out"));
    let before = state(&app).await;
    let dry = looked_at(&mut lead, &address, &[]).await;
    assert_eq!(tally(&dry), "5 0 0 0");
    assert!(dry.text(".note").contains("belongs to the squad that pulls it"));
    assert_eq!(state(&app).await, before, "a dry run writes nothing");

    let done = applied(&mut lead, &address).await;
    assert_eq!(done.text(".toast .txt"), "Imported 5 items.");
    insta::assert_snapshot!(items(&app, &group).await, @r#"
    1 | Problem 0 | proposed | problem | 38 % of the calls ask exactly this
    2 | Meter readings arrive a day late | proposed | feature | github:norvik/app#41 | Three customers a week call because the app shows yesterday's reading.
    3 | Explain the "fixed part" of the bill | proposed | feature | github:norvik/app#38 | A third of all first bills lead to a call about it.
    4 | Dark theme | proposed | feature | github:norvik/app#35
    5 | Move house without calling us | done | feature | github:norvik/app#27 | Half of those who move call twice.
    6 | Show the bill as a spreadsheet | dropped | feature | github:norvik/app#22 | Asked for once.
    "#);
    let event: (String, i64) =
        sqlx::query_as("select max(summary), count(*) from event where kind = 'items_imported'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!(event, ("imported 5 items from GitHub into Norvik App".to_owned(), 1));
    assert_eq!(
        number(&app, "select count(*) from backlog_transition where from_stage is null").await,
        6
    );
    let page = lead.get(&app.at("/products/norvik-app/items/NA-2")).await;
    assert!(page.text(".timeline").contains("imported 5 items from GitHub"), "each item remembers");

    let again = sent(&app, &mut lead, PROJECT).await;
    let dry = looked_at(&mut lead, &again, &[]).await;
    assert_eq!(tally(&dry), "0 3 0 0", "the same issues by another export of the same tool");
    assert!(rows(&dry).contains("It is here as NA-2, and stays as it is."));
    assert!(dry.text(".actions").contains("No row would become an item."));
}

#[tokio::test]
async fn issues_of_jira_come_in_the_order_of_their_rank() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();

    let address = sent(&app, &mut lead, JIRA).await;
    let columns = lead.get(&address).await;
    assert_eq!(
        columns.texts("section[aria-labelledby=states] th[scope=row]"),
        ["To Do", "In Progress", "Backlog", "Done"]
    );
    let dry = looked_at(&mut lead, &address, &[]).await;
    insta::assert_snapshot!(rows(&dry), @"
    New Landlords see all meters at once line 2 Ready
    New The grant form loses what was typed line 6 Ready It was in “In Progress”: nobody assigns an item to a squad, so it waits until one pulls it.
    New A winter without surprises line 7 Proposed
    New Rename the button line 8 Done
    New Send bills by fax line 9 Dropped
    ");
    let result = applied(&mut lead, &address).await;
    assert_eq!(
        result.texts(".import-rows .num"),
        ["NA-4", "NA-3", "NA-5", "NA-2", "NA-1"],
        "each row leads to what it became, whatever its place in the order"
    );
    let there = result.attribute(".import-rows li:nth-child(2) a", "href").unwrap();
    assert_eq!(there, app.at("/products/norvik-app/items/NA-3"));
    let item = lead.get(&there).await;
    assert_eq!(item.text("h1"), "The grant form loses what was typed");
    assert!(item.text(".facts").contains("From JiraNA-15"), "{}", item.text(".facts"));
    insta::assert_snapshot!(items(&app, &group).await, @"
    1 | Send bills by fax | dropped | task | jira:NA-3 | Nobody asked for it in years.
    2 | Rename the button | done | task | jira:NA-7
    3 | The grant form loses what was typed | ready | problem | jira:NA-15 | Whoever goes back a page begins anew: \"I gave up twice.\"
    4 | Landlords see all meters at once | ready | feature | jira:NA-12 | A landlord with 40 flats reads 40 pages today.
    5 | A winter without surprises | proposed | outcome | jira:NA-9 | Customers know in October what January will cost.
    ");
    let held = number(&app, "select count(*) from backlog_item where squad_id is not null").await;
    assert_eq!(held, 0, "nobody assigns an item to a squad");
    let board = lead.get(&app.at("/products/norvik-app")).await;
    assert_eq!(
        board.texts(".ready .kcard h3"),
        ["The grant form loses what was typed", "Landlords see all meters at once"]
    );
}

#[tokio::test]
async fn cards_of_trello_come_in_with_their_lists_as_stages() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();

    let address = sent(&app, &mut lead, TRELLO).await;
    // "Ideas" stay there.
    let dry = looked_at(&mut lead, &address, &[("target-2", "leave_out")]).await;
    assert_eq!(tally(&dry), "4 0 1 0");
    assert!(rows(&dry).contains("Rows with “Ideas” are left out."));
    applied(&mut lead, &address).await;
    insta::assert_snapshot!(items(&app, &group).await, @"
    1 | Ask five landlords about handing over a flat | ready | feature | trello:66f1a0c2e4b0a1d2c3e4f501 | They write it on paper, and we type it in.
    2 | Outage map on the first page | ready | feature | trello:66f1a0c2e4b0a1d2c3e4f502 | Half of the calls during an outage ask where it is.
    3 | Letter about the price change | done | feature | trello:66f1a0c2e4b0a1d2c3e4f504 | Sent to all in September.
    4 | A forum for customers | dropped | feature | trello:66f1a0c2e4b0a1d2c3e4f505 | We tried; nobody came.
    ");
    let again = sent(&app, &mut lead, TRELLO).await;
    let dry = looked_at(&mut lead, &again, &[]).await;
    assert_eq!(tally(&dry), "1 4 0 0", "what was left out can come in later");
}

#[tokio::test]
async fn what_was_chosen_is_kept_and_another_column_of_states_is_looked_at_first() {
    let app = app().await;
    let mut lead = group(&app, &["Fair Bills"]).await.lead;
    let text = "Thing;Note;Where;Who\r\nFirst bill;Calls;Next;Ada\r\nRefunds;Calls;Someday;Ada\r\n";

    let address = sent(&app, &mut lead, text).await;
    let page = lead.get(&address).await;
    assert!(page.text(".head .sub").starts_with("Trellis does not know this form."));
    let refused = lead.post(&address, &form_of(&page, &[])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.text(".err"), "Choose the column that says what each item is about.");
    let early = lead.get(&format!("{address}/rows")).await;
    assert!(early.assert_redirect().ends_with(&address), "no dry run without a title");

    let form =
        form_of(&page, &[("title", "0"), ("why", "1"), ("state", "2"), ("otherwise", "problem")]);
    let there = lead.post(&address, &form).await.assert_redirect().to_owned();
    assert!(there.ends_with("#states"), "its states come first");
    let page = lead.get(&address).await;
    assert_eq!(page.attribute("select[name=title] option[selected]", "value").unwrap(), "0");
    assert_eq!(page.attribute("#target-1 option[selected]", "value").unwrap(), "ready");
    let dry = looked_at(&mut lead, &address, &[("target-1", "ready")]).await;
    assert!(rows(&dry).contains("New Refunds line 3 Ready"), "{}", rows(&dry));
    let page = lead.get(&address).await;
    assert_eq!(page.attribute("#target-2 option[selected]", "value").unwrap(), "ready", "kept");
    assert_eq!(
        page.attribute("select[name=otherwise] option[selected]", "value").unwrap(),
        "problem"
    );
}

#[tokio::test]
async fn a_file_is_applied_once_and_only_as_it_was_shown() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let (first, second) = (sent(&app, &mut lead, JIRA).await, sent(&app, &mut lead, JIRA).await);
    looked_at(&mut lead, &first, &[]).await;
    looked_at(&mut lead, &second, &[]).await;
    let seen = |page: &Answer| page.attribute("input[name=seen]", "value").unwrap();
    let shown = seen(&lead.get(&format!("{second}/rows")).await);

    applied(&mut lead, &first).await;
    let late = lead.post(&format!("{second}/rows"), &format!("seen={shown}")).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.error_code(), "import_changed");
    assert_eq!(tally(&late), "0 5 0 0", "as it is now");
    let again = lead.post(&format!("{first}/rows"), &format!("seen={shown}")).await;
    assert_eq!(again.error_code(), "import_changed");
    assert_eq!(order_of(&app, &group).await, [1, 2, 3, 4, 5]);
    assert_eq!(number(&app, "select count(*) from event where kind = 'items_imported'").await, 1);
    let listed = lead.get(&import(&app)).await;
    assert_eq!(listed.texts("tbody .badge"), ["Only looked at", "Imported"]);
    assert_eq!(
        number(
            &app,
            "select count(*) from backlog_import where applied_at is not null and text <> ''"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn two_who_apply_the_same_file_at_once_make_nothing_twice() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let (first, second) = (sent(&app, &mut lead, JIRA).await, sent(&app, &mut lead, JIRA).await);
    for address in [&first, &second] {
        looked_at(&mut lead, address, &[]).await;
    }
    let seen = |address: String| {
        let mut lead = lead.clone();
        async move {
            let page = lead.get(&format!("{address}/rows")).await;
            let seen = page.attribute("input[name=seen]", "value").unwrap();
            lead.post(&format!("{address}/rows"), &format!("seen={seen}")).await.status
        }
    };
    let (a, b) = tokio::join!(seen(first), seen(second));
    let mut both = [a, b];
    both.sort();
    assert_eq!(both, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_eq!(order_of(&app, &group).await.len(), 5);
}

#[tokio::test]
async fn a_refused_row_says_why_and_the_others_come_in() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let text = "Summary,Issue key,Status,Description\nOne,NA-1,To Do,Calls\n,NA-2,To Do,Calls\nThree,NA-1,To Do,Calls\nFour,NA-4,To Do,Calls,and more\n";

    let address = sent(&app, &mut lead, text).await;
    let dry = looked_at(&mut lead, &address, &[]).await;
    assert_eq!(tally(&dry), "1 0 0 3");
    let refused = lead.get(&format!("{address}/rows?outcome=refused")).await;
    insta::assert_snapshot!(rows(&refused), @"
    Refused A row without a title line 3 It says nothing in the column of the title.
    Refused Three line 4 Line 2 has the same key.
    Refused Four line 5 It has more cells than there are columns. Put cells with separators into quotation marks.
    ");
    applied(&mut lead, &address).await;
    assert_eq!(order_of(&app, &group).await, [1]);
}

#[tokio::test]
async fn files_are_read_whatever_wrote_them_and_broken_ones_say_what_is_wrong() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let utf16: Vec<u8> = "\u{feff}title\tstate\r\nGröße der Pumpe\tOpen\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        utf16.as_slice(),
        b"title;state\r\nGr\xf6\xdfe der Pumpe;Open\r\n",
        "\u{feff}title,state\nGröße der Pumpe,Open\n".as_bytes(),
    ] {
        let answer = send(&mut lead, &import(&app), "x.csv", bytes, "").await;
        let dry = looked_at(&mut lead, answer.assert_redirect(), &[]).await;
        assert!(rows(&dry).contains("Größe der Pumpe"), "{}", rows(&dry));
    }
    let pasted = send(&mut lead, &import(&app), "", b"", "title\nMoving house\n").await;
    pasted.assert_redirect();

    let large = vec![b'a'; 5 * 1024 * 1024 + 1];
    let long = format!("title\n{}", "x\n".repeat(5001));
    let mut said = String::new();
    for bytes in [
        &b""[..],
        b"title\n",
        b"title\n\"never closed\n",
        b"title\nx\"y\n",
        b"title\n\"x\"y\n",
        b"\x00\x01\x02",
        b"\xff\xfe\x00\xd8",
        &large,
        long.as_bytes(),
        b" \n",
    ] {
        let answer = send(&mut lead, &import(&app), "x.csv", bytes, "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        writeln!(said, "{}", answer.text(".err")).unwrap();
    }
    let wrong = send(&mut lead, &import(&app), "", b"", "title\n\"x\n").await;
    writeln!(said, "{}", wrong.text("#pasted-error")).unwrap();
    insta::assert_snapshot!(said, @"
    Choose a file, or paste its text.
    x.csv has no rows. The first row names the columns, and each row below is an item.
    x.csv cannot be read. The quotation mark that opens in line 2 is never closed.
    x.csv cannot be read. Line 2 has a quotation mark in the middle of a cell. Put the whole cell in quotation marks and write the mark within it twice.
    x.csv cannot be read. Line 2 goes on after the quotation mark that ends a cell. A mark within a cell is written twice.
    x.csv cannot be read. Line 1 holds an invisible NUL character, so this is probably no CSV file.
    x.csv cannot be read. It is written in UTF-16. Save it as “CSV UTF-8” and send it again.
    x.csv cannot be read. It is larger than 5 MB. Split it into several files and import them one after another.
    x.csv cannot be read. It has more than 5,000 rows. Split it into several files and import them one after another.
    x.csv cannot be read. It is empty. The first row names the columns.
    The pasted text cannot be read. The quotation mark that opens in line 2 is never closed.
    ");
    assert_eq!(order_of(&app, &group).await, [0; 0]);
}

#[tokio::test]
async fn only_who_orders_imports_and_an_apprentice_is_marked() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let address = sent(&app, &mut lead, JIRA).await;
    let mut of_squad = group.squads[0].1.clone();
    let mut admin = app.admin().await;
    for visitor in [&mut of_squad, &mut admin] {
        for path in [import(&app), address.clone(), format!("{address}/rows")] {
            let answer = visitor.get(&path).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
        }
        let answer = send(visitor, &import(&app), "x.csv", JIRA.as_bytes(), "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let answer = visitor.post(&format!("{address}/rows"), "seen=").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(
            !visitor
                .get(&app.at("/products/norvik-app/items"))
                .await
                .html
                .contains("/norvik-app/import")
        );
    }
    assert!(
        lead.get(&app.at("/products/norvik-app/items")).await.html.contains("/norvik-app/import")
    );

    let mut apprentice = app.member("Samuel Okafor").await;
    let (pool, designer) = (&app.pool, app.founder());
    let learning =
        products::service::begin_apprenticeship(pool, &designer, group.product, apprentice.id())
            .await
            .unwrap();
    products::service::delegate(pool, &group.lead(&app), learning, 1, true).await.unwrap();
    let dry = looked_at(&mut apprentice, &address, &[]).await;
    assert_eq!(tally(&dry), "5 0 0 0");
    applied(&mut apprentice, &address).await;
    let said: String =
        sqlx::query_scalar("select summary from event where kind = 'items_imported'")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(said, "imported 5 items from Jira into Norvik App, as an apprentice");
}

#[tokio::test]
async fn a_file_of_another_product_does_not_exist_here() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let new = products::NewProduct {
        name: products::ProductName::parse("Norvik Solar").unwrap(),
        description: products::ProductDescription::parse("").unwrap(),
        key: None,
        lead: lead.id(),
    };
    products::service::create(&app.pool, &app.founder(), &new).await.unwrap();
    let address = sent(&app, &mut lead, JIRA).await;
    let elsewhere = address.replace("norvik-app", "norvik-solar");
    for path in [elsewhere.clone(), format!("{elsewhere}/rows")] {
        assert_eq!(lead.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(lead.post(&path, "").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_own_export_comes_back_as_it_was() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let text = "title,why,state,breadth,class,effect\n\"'=1+1\",\"'-2, with \"\"marks\"\"\",Ready,Problem,,\nTwo,\"line\nline\",Done,Outcome,,Fewer calls\nThree,Why,Ready,Task,expedite,\n";
    let address = sent(&app, &mut lead, text).await;
    looked_at(&mut lead, &address, &[("effect", "5")]).await;
    applied(&mut lead, &address).await;
    let file = lead.get(&app.at("/products/norvik-app/items.csv")).await.html;
    assert!(file.contains("'=1+1"), "a spreadsheet calculates nothing: {file}");

    let back = sent(&app, &mut lead, &file).await;
    let columns = lead.get(&back).await;
    assert!(columns.text(".head .sub").contains("as Trellis writes them"));
    let dry = looked_at(&mut lead, &back, &[]).await;
    assert_eq!(tally(&dry), "0 3 0 0", "its own items");

    let new = products::NewProduct {
        name: products::ProductName::parse("Norvik Solar").unwrap(),
        description: products::ProductDescription::parse("").unwrap(),
        key: None,
        lead: lead.id(),
    };
    let solar = products::service::create(&app.pool, &app.founder(), &new).await.unwrap();
    let there = app.at("/products/norvik-solar/import");
    let answer = send(&mut lead, &there, "x.csv", file.as_bytes(), "").await;
    let address = answer.assert_redirect().to_owned();
    looked_at(&mut lead, &address, &[]).await;
    applied(&mut lead, &address).await;
    let differing: i64 = sqlx::query_scalar(
        "select count(*) from backlog_item a full join (select * from backlog_item where product_id = $1) b \
         on (a.title, a.why, a.stage, a.breadth, a.class, a.effect, a.number) = (b.title, b.why, b.stage, b.breadth, b.class, b.effect, b.number) \
         where a.product_id = $2 and b.id is null",
    )
    .bind(solar)
    .bind(group.product)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(differing, 0, "another product gets the same items");
}

#[tokio::test]
async fn five_thousand_rows_come_in_within_seconds_and_the_doctor_is_content() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let mut text = "Summary,Issue key,Status,Description,Custom field (Rank)\n".to_owned();
    for n in 0..5000 {
        let state = ["To Do", "In Progress", "Done", "Backlog"][n % 4];
        writeln!(text, "Problem {n},NA-{n},{state},Asked {n} times,0|i{:05}:", 5000 - n).unwrap();
    }
    let address = sent(&app, &mut lead, &text).await;
    looked_at(&mut lead, &address, &[]).await;
    let begin = std::time::Instant::now();
    let done = applied(&mut lead, &address).await;
    let took = begin.elapsed();
    assert_eq!(tally(&done), "5000 0 0 0");
    assert_eq!(done.count(".import-rows > li"), 100);
    assert!(took.as_secs() < 15, "it took {took:?}, and a few seconds are promised");
    println!("5,000 rows in {took:?}");
    let top: String = sqlx::query_scalar("select title from backlog_item order by rank limit 1")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(top, "Problem 4999");
    assert_eq!(number(&app, "select count(*) from backlog_transition").await, 5000);
    assert_eq!(number(&app, "select count(*) from event where kind = 'items_imported'").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn a_file_that_nobody_applies_is_forgotten_after_a_day() {
    let app = app().await;
    let group = group(&app, &["Fair Bills"]).await;
    let mut lead = group.lead.clone();
    let (waits, done) = (sent(&app, &mut lead, TRELLO).await, sent(&app, &mut lead, JIRA).await);
    looked_at(&mut lead, &done, &[]).await;
    applied(&mut lead, &done).await;
    let now = app.clock().now();
    service::forget_waiting(&app.pool, now + chrono::TimeDelta::hours(23)).await.unwrap();
    lead.get(&waits).await.assert_ok();
    service::forget_waiting(&app.pool, now + chrono::TimeDelta::hours(25)).await.unwrap();
    assert_eq!(lead.get(&waits).await.status, StatusCode::NOT_FOUND);
    lead.get(&format!("{done}/rows")).await.assert_ok();
}
