//! Tests of exchange: files come in after a dry run, and nothing is lost.

use axum::http::{Method, StatusCode};
use trellis::config::Config;

use crate::harness::{Answer, TestApp, Visitor};

const MEMBERS: &str = include_str!("../data/members.csv");
const SKILLS: &str = include_str!("../data/skills.csv");
const TEAMS: &str = include_str!("../data/teams.csv");
const MEMBERSHIPS: &str = include_str!("../data/memberships.csv");

/// Sends files as a browser does.
async fn send_with(
    visitor: &mut Visitor,
    key: &str,
    files: &[(&str, &[u8])],
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
    part("name=\"key\"", key.as_bytes());
    for (name, bytes) in files {
        part(&format!("name=\"files\"; filename=\"{name}\"\r\ncontent-type: text/csv"), bytes);
    }
    part("name=\"pasted\"", pasted.as_bytes());
    body.extend_from_slice(b"--grove--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=grove"),
        ("sec-fetch-site", "same-origin"),
    ];
    visitor.send(Method::POST, "/o/norvik-energy/import", &headers, body).await
}

async fn send(visitor: &mut Visitor, files: &[(&str, &[u8])]) -> Answer {
    send_with(visitor, &trellis::web::new_key(), files, "").await
}

/// Sends one text, and answers the address of its dry run.
async fn dry_run(visitor: &mut Visitor, texts: &[&str]) -> String {
    let files: Vec<_> = texts.iter().map(|text| ("some.csv", text.as_bytes())).collect();
    send(visitor, &files).await.assert_redirect().to_owned()
}

/// Presses the button of a dry run.
async fn apply(visitor: &mut Visitor, address: &str) -> Answer {
    let seen =
        visitor.get(address).await.attribute("input[name=seen]", "value").unwrap_or_default();
    visitor.post(address, &format!("seen={seen}")).await.assert_redirect();
    visitor.get(address).await
}

/// "added changed unchanged refused" of one kind.
fn counts(page: &Answer, kind: &str) -> String {
    page.texts(&format!("#count-{kind} td.num")).join(" ")
}

/// The reasons of the refused rows.
async fn refusals(visitor: &mut Visitor, texts: &[&str]) -> Vec<String> {
    let address = dry_run(visitor, texts).await;
    visitor.get(&format!("{address}?outcome=refused")).await.texts(".reason")
}

/// One refused row, and why.
async fn refusal(visitor: &mut Visitor, texts: &[&str]) -> String {
    let all = refusals(visitor, texts).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.pool).await.unwrap()
}

/// Everything that an import may touch, in one text.
async fn state(app: &TestApp) -> String {
    sqlx::query_scalar(
        "select concat_ws(' ', (select jsonb_agg(m order by id) from member m), (select jsonb_agg(t order by id) from team t), \
         (select jsonb_agg(s order by id) from membership s), (select jsonb_agg(h order by id) from hat h), \
         (select jsonb_agg(k order by id) from skill k), (select jsonb_agg(r order by member_id, skill_id) from member_skill r), \
         (select count(*) from event))",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

async fn app() -> (TestApp, Visitor) {
    let mut config = Config::default();
    config.limits.imports_per_hour = 1000;
    let app = TestApp::with(config).await;
    let admin = app.admin().await;
    (app, admin)
}

#[tokio::test]
async fn a_dry_run_shows_each_row_and_changes_nothing() {
    let (app, mut admin) = app().await;
    let before = state(&app).await;

    let address = dry_run(&mut admin, &[MEMBERS, TEAMS, MEMBERSHIPS, SKILLS]).await;
    let page = admin.get(&address).await;

    assert_eq!(page.assert_ok().text("h1"), "Dry run");
    assert_eq!(counts(&page, "members"), "12 0 0 0");
    assert_eq!(counts(&page, "skills"), "4 0 0 0");
    assert_eq!(counts(&page, "teams"), "3 0 0 1");
    assert_eq!(counts(&page, "memberships"), "25 0 0 11");
    assert_eq!(page.text("button.primary"), "Import 44 rows");
    let refused = admin.get(&format!("{address}?kind=teams&outcome=refused")).await;
    assert_eq!(refused.texts(".subject"), ["Herons"]);
    assert_eq!(refused.text(".reason"), "This squad has 11 members; a squad has at most 10.");
    assert_eq!(state(&app).await, before);
}

#[tokio::test]
async fn a_squad_of_10_comes_in_as_forming_and_one_of_11_is_refused_whole() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERSHIPS, TEAMS, MEMBERS, SKILLS]).await;

    let result = apply(&mut admin, &address).await;

    assert_eq!(result.text("h1"), "Result of the import");
    assert_eq!(counts(&result, "memberships"), "25 0 0 11");
    let teams: Vec<(String, String, String, i32, Option<String>)> =
        sqlx::query_as("select name, kind, state, member_count, pattern from team order by name")
            .fetch_all(&app.pool)
            .await
            .unwrap();
    let own = Some("own".to_owned());
    let text = |s: &str| s.to_owned();
    assert_eq!(
        teams,
        [
            (text("Otters"), text("squad"), text("forming"), 10, own.clone()),
            (text("Platform"), text("core_team"), text("active"), 12, None),
            (text("Voles"), text("squad"), text("forming"), 3, own),
        ]
    );
    let shares: Vec<i16> = sqlx::query_scalar(
        "select distinct s.allocation from membership s join member m on m.id = s.member_id where m.email = 'p01@norvik.example'",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert_eq!(shares, [30], "one of three teams");
    let hats: Vec<String> = sqlx::query_scalar(
        "select h.name from membership_hat x join hat h on h.id = x.hat_id order by 1",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    assert_eq!(hats, ["Facilitator", "Scribe"]);
    let confirmed =
        number(&app, "select count(*) from member_skill where level = 5 and confirmed_by is null")
            .await;
    assert_eq!(confirmed, 1);
}

#[tokio::test]
async fn every_team_and_the_members_have_exactly_one_event() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERSHIPS, TEAMS, MEMBERS, SKILLS]).await;

    apply(&mut admin, &address).await;

    let kinds: Vec<(String, i64)> = sqlx::query_as(
        "select kind, count(*) from event where kind like '%imported' group by kind order by kind",
    )
    .fetch_all(&app.pool)
    .await
    .unwrap();
    let expected = [
        ("core_team_imported", 1),
        ("members_imported", 1),
        ("skills_imported", 1),
        ("squad_imported", 2),
    ];
    assert_eq!(kinds, expected.map(|(kind, n)| (kind.to_owned(), n)));
    let (summary, subjects): (String, i32) = sqlx::query_as(
        "select summary, cardinality(subjects) from event where summary like '%Otters%'",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!((summary.as_str(), subjects), ("imported Otters with 10 members", 11));
    let orphans = number(&app, "select count(*) from membership s where not exists (select from event e where e.id = s.from_event and s.team_id = any (e.subjects) and s.member_id = any (e.subjects))").await;
    assert_eq!(orphans, 0);
}

#[tokio::test]
async fn a_second_import_of_the_same_files_changes_nothing_and_leaves_no_event() {
    let (app, mut admin) = app().await;
    let files = [MEMBERSHIPS, TEAMS, MEMBERS, SKILLS];
    let address = dry_run(&mut admin, &files).await;
    apply(&mut admin, &address).await;
    let before = state(&app).await;

    let address = dry_run(&mut admin, &files).await;
    let page = admin.get(&address).await;
    assert_eq!(counts(&page, "members"), "0 0 12 0");
    assert_eq!(counts(&page, "skills"), "0 0 4 0");
    assert_eq!(counts(&page, "teams"), "0 0 3 1");
    assert_eq!(counts(&page, "memberships"), "0 0 25 11");
    assert_eq!(page.count("form button.primary"), 0, "there is nothing to import");
    apply(&mut admin, &address).await;

    assert_eq!(state(&app).await, before);
}

#[tokio::test]
async fn an_empty_cell_leaves_what_is_there_and_a_changed_one_shows_before_and_after() {
    let (app, mut admin) = app().await;
    let address = dry_run(
        &mut admin,
        &[
            "email,name,title,discipline\na@b.example,Ann,Guide,service\n",
            "team,kind,description\nOtters,squad,Old\n",
            "team,email,hats,allocation\nOtters,a@b.example,UX,40\n",
        ],
    )
    .await;
    apply(&mut admin, &address).await;

    let files = [
        "email,name,title,time_zone\nA@B.example ,,Lead,Europe/Oslo\n",
        "team,kind,description,pattern\notters,squad,,Tiger team\n",
        "team,email,hats,allocation\nOTTERS,a@b.example,,60 %\n",
    ];
    let address = dry_run(&mut admin, &files).await;
    let page = admin.get(&format!("{address}?outcome=changed")).await;
    assert_eq!(page.count(".subject"), 3);
    assert_eq!(page.texts(".reason del"), ["was: Guide", "was: UTC", "was: own", "was: 40 %"]);
    assert_eq!(
        page.texts(".reason ins"),
        ["is: Lead", "is: Europe/Oslo", "is: tiger_team", "is: 60 %"]
    );
    apply(&mut admin, &address).await;

    let row: (String, String, String, String, String) = sqlx::query_as(
        "select m.name, m.title, m.discipline, t.description, t.pattern || ' ' || s.allocation || ' ' || (select count(*) from membership_hat) \
         from membership s join member m on m.id = s.member_id join team t on t.id = s.team_id",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    let row = [row.0, row.1, row.2, row.3, row.4];
    assert_eq!(row, ["Ann", "Lead", "service", "Old", "tiger_team 60 1"]);
}

#[tokio::test]
async fn each_refused_row_says_why() {
    let (app, mut admin) = app().await;
    let gone = app.person("Gone Gunnar", "sales").await;
    let email: String = sqlx::query_scalar(
        "update member set deactivated_at = now() where id = $1 returning email",
    )
    .bind(gone)
    .fetch_one(&app.pool)
    .await
    .unwrap();
    sqlx::query("update skill set name = 'Old craft', capability = null, archived_at = now() where capability = 'act'")
        .execute(&app.pool)
        .await
        .unwrap();
    let people = "email,name\na@b.example,Ann\n";
    let teams = "team,kind\nOtters,squad\n";
    let cases: &[(&[&str], &str)] = &[
        (&["email,name\nnobody,Ann\n"], "Write an e-mail address like name@example.org."),
        (&["email,name\na@b.example,\n"], "Fill in the name."),
        (
            &["email,name,time_zone\na@b.example,Ann,Mars\n"],
            "“Mars” is no time zone. Write one like Europe/Oslo.",
        ),
        (
            &["email,name\na@b.example,Ann\nA@b.example,Anna\n"],
            "Line 2 already says something else about this. Keep one of the two.",
        ),
        (
            &["email,name\na@b.example,Ann,Guide\n"],
            "This row has 3 cells, but the first row names 2 columns. Put a cell that holds the separator in quotation marks.",
        ),
        (
            &[&format!("email,name\n{email},Gunnar\n")],
            "Gone Gunnar is deactivated. Reactivate them first.",
        ),
        (
            &["email,skill,level\nx@y.example,SQL,3\n"],
            "Nobody has this e-mail address, neither here nor in a row of members that comes in.",
        ),
        (
            &[people, "email,skill,level\na@b.example,SQL,6\n"],
            "“6” is no level. Write a number from 1 (knows of it) to 5 (can teach it).",
        ),
        (
            &[people, "email,skill,level\na@b.example,SQL,\n"],
            "Write a level from 1 to 5, or yes under wants_to_learn.",
        ),
        (
            &[people, "email,skill,level\na@b.example,old craft,3\n"],
            "The skill Old craft is archived. Bring it back first.",
        ),
        (
            &[people, "email,skill,wants_to_learn\na@b.example,SQL,perhaps\n"],
            "“perhaps” is neither yes nor no.",
        ),
        (&["team,kind\nOtters,tribe\n"], "“tribe” is no kind of team. Write squad or core_team."),
        (
            &["team,kind,pattern\nOtters,squad,spiral\n"],
            "“spiral” is no pattern. Use geographic, account_based, journey_stage, revenue_operations, product_or_service, tiger_team or own.",
        ),
        (
            &["team,kind,pattern\nOtters,core team,own\n"],
            "Only a squad has a pattern. Leave it empty for a core team.",
        ),
        (
            &[people, "team,email\nOtters,a@b.example\n"],
            "There is no team of this name, neither here nor in a row of teams that comes in.",
        ),
        (
            &[teams, "team,email\nOtters,x@y.example\n"],
            "Nobody has this e-mail address, neither here nor in a row of members that comes in.",
        ),
        (
            &[teams, &format!("team,email\nOtters,{email}\n")],
            "Gone Gunnar is deactivated. Reactivate them first.",
        ),
        (
            &[people, teams, "team,email,allocation\nOtters,a@b.example,25\n"],
            "“25” is no share. Write 10 to 100 %, in steps of 10.",
        ),
        (
            &[
                people,
                "team,kind\nOtters,squad\nOtters,core_team\n",
                "team,email\nOtters,a@b.example\n",
            ],
            "There are a squad and a core team of this name. Add a column “kind” that says which.",
        ),
    ];
    for (texts, reason) in cases {
        assert_eq!(refusal(&mut admin, texts).await, *reason);
    }
}

#[tokio::test]
async fn the_same_row_twice_counts_once() {
    let (_app, mut admin) = app().await;
    let address = dry_run(&mut admin, &["email,name\na@b.example,Ann\na@b.example,Ann\n"]).await;
    let page = admin.get(&format!("{address}?outcome=unchanged")).await;
    assert_eq!(counts(&page, "members"), "1 0 1 0");
    assert_eq!(page.text(".reason"), "The same as line 2.");
}

#[tokio::test]
async fn refused_rows_can_be_downloaded_repaired_and_sent_again() {
    let (app, mut admin) = app().await;
    let members = "email;name;note\n\"=cmd@b.example\";\"'=1+1\nsecond; line\";'+47\na@b;Ann;\n";
    let address = dry_run(&mut admin, &[members]).await;
    let file = admin.get(&format!("{address}/refused.csv?kind=members")).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"refused-members.csv\"");
    assert_eq!(
        file.html,
        "\u{feff}email,name,note,reason\r\na@b,Ann,,Write an e-mail address like name@example.org.\r\n"
    );

    let repaired = file.html.replace("a@b,", "a@b.example,");
    let address = dry_run(&mut admin, &[&repaired]).await;
    apply(&mut admin, &address).await;
    assert_eq!(number(&app, "select count(*) from member where email = 'a@b.example'").await, 1);
    let again = admin.get(&format!("{address}/refused.csv?kind=members")).await;
    assert!(!again.html.contains("reason,reason"), "{}", again.html);
}

#[tokio::test]
async fn formulas_are_protected_on_the_way_out_and_restored_on_the_way_in() {
    let (app, mut admin) = app().await;
    let members = "email,name,title\n'@bad,=1+1,'-2\na@b.example,'=HYPERLINK(1),''+x\n";
    let address = dry_run(&mut admin, &[members]).await;
    let file = admin.get(&format!("{address}/refused.csv")).await;
    assert!(file.html.contains("\r\n'@bad,'=1+1,'-2,"), "{}", file.html);
    apply(&mut admin, &address).await;
    let (name, title): (String, String) =
        sqlx::query_as("select name, title from member where email = 'a@b.example'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    assert_eq!((name.as_str(), title.as_str()), ("=HYPERLINK(1)", "'+x"));
    let again = admin.get(&format!("{address}/refused.csv")).await;
    assert_eq!(again.html, file.html, "the refused rows are kept after the files are gone");
}

#[tokio::test]
async fn byte_order_mark_semicolons_and_line_breaks_in_quotes_are_read() {
    let (app, mut admin) = app().await;
    let teams = "\u{feff}Team;Kind;Description\r\nOtters;Squad;\"One; two\r\n\"\"three\"\"\"\r\n";
    let address = dry_run(&mut admin, &[teams]).await;
    apply(&mut admin, &address).await;
    let description: String =
        sqlx::query_scalar("select description from team").fetch_one(&app.pool).await.unwrap();
    assert_eq!(description, "One; two\n\"three\"");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_its_line_in_plain_words() {
    let (app, mut admin) = app().await;
    let large = vec![b'a'; 2 * 1024 * 1024 + 1];
    let rows = format!("email,name\n{}", "a@b.example,Ann\n".repeat(5001));
    let columns = vec!["c"; 65].join(",");
    let cell = format!("email,name\na@b.example,{}\n", "x".repeat(8 * 1024 + 1));
    let cases: &[(&[u8], &str)] = &[
        (
            b"email,name\na@b.example,A\0nn\n",
            "m.csv cannot be read. Line 2 holds an invisible NUL character, so this is probably no CSV file.",
        ),
        (
            b"email,name\n\na@b.example,Ren\xe9\n",
            "m.csv cannot be read. Line 3 holds characters that are not UTF-8. Save the file as “CSV UTF-8” and send it again.",
        ),
        (
            b"email,name\na@b.example,\"Ann\n",
            "m.csv cannot be read. The quotation mark that opens in line 2 is never closed.",
        ),
        (
            &large,
            "m.csv cannot be read. It is larger than 2 MB. Split it into several files and import them one after another.",
        ),
        (
            rows.as_bytes(),
            "m.csv cannot be read. It has more than 5,000 rows. Split it into several files and import them one after another.",
        ),
        (columns.as_bytes(), "m.csv cannot be read. Line 1 has more than 64 columns."),
        (cell.as_bytes(), "m.csv cannot be read. Line 2 has a cell of more than 8 KB. Shorten it."),
        (
            b"one,two\n1,2\n",
            "m.csv is none of the four kinds. Its first row must name the columns, for example “email” and “name”.",
        ),
        (b"", "m.csv cannot be read. It is empty. The first row names the columns."),
    ];
    for (bytes, sentence) in cases {
        let answer = send(&mut admin, &[("m.csv", bytes)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.text("#files-error"), *sentence);
    }
    let nothing = send(&mut admin, &[("", b"")]).await;
    assert_eq!(nothing.text("#files-error"), "Choose at least one file, or paste the text of one.");
    assert_eq!(number(&app, "select count(*) from import").await, 0);
}

#[tokio::test]
async fn pasted_text_is_a_file_and_stays_in_the_form_when_it_is_refused() {
    let (_app, mut admin) = app().await;
    let refused = send_with(&mut admin, "a-key-of-its-own", &[], "one,two\n").await;
    assert_eq!(refused.text("textarea"), "one,two");
    assert!(
        refused.text("#pasted-error").starts_with("The pasted text is none of the four kinds.")
    );
    let taken = send_with(&mut admin, "another-key", &[], MEMBERS).await;
    taken.assert_redirect();
}

#[tokio::test]
async fn only_admins_import() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERS]).await;
    let mut leader = app.leader("Lea").await;
    for path in [app.at("/import"), address.clone(), format!("{address}/refused.csv")] {
        assert_eq!(leader.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(leader.post(&address, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        send(&mut leader, &[("m.csv", MEMBERS.as_bytes())]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(number(&app, "select count(*) from member").await, 2);
}

#[tokio::test]
async fn an_import_of_another_organization_does_not_exist() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERS]).await;
    let id = address.rsplit('/').next().unwrap();
    let mut stranger = app.stranger().await;
    let theirs = format!("/o/other-0/import/{id}");
    let slug: String =
        sqlx::query_scalar("select slug from organization where slug <> 'norvik-energy'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let theirs = theirs.replace("other-0", &slug);
    for path in [theirs.clone(), format!("{theirs}/refused.csv"), address.clone()] {
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(stranger.post(&theirs, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&address, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_import_is_applied_once_whatever_is_pressed() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERS]).await;
    let key = trellis::web::new_key();
    let form = format!("key={key}&seen=members:12a");
    admin.post(&address, &form).await.assert_redirect();
    let after = state(&app).await;

    admin.post(&address, &form).await.assert_redirect();
    let page = admin.get(&address).await;
    assert_eq!(page.text(".toast .txt"), "Imported: 12 added, 0 changed, 0 unchanged, 0 refused.");
    admin.post(&address, "").await.assert_redirect();
    let page = admin.get(&address).await;
    assert_eq!(
        page.text(".toast .txt"),
        "This import was applied before. Nothing was changed again."
    );
    assert_eq!(state(&app).await, after);
    assert_eq!(counts(&page, "members"), "12 0 0 0");
    let list = admin.get(&app.at("/import")).await;
    assert_eq!(list.text("section[aria-labelledby=earlier] tbody .badge"), "Applied");
}

#[tokio::test]
async fn the_same_upload_sent_twice_is_one_import() {
    let (app, mut admin) = app().await;
    let files: &[(&str, &[u8])] = &[("m.csv", MEMBERS.as_bytes())];
    let first = send_with(&mut admin, "the-very-same-key", files, "").await;
    let second = send_with(&mut admin, "the-very-same-key", files, "").await;
    assert_eq!(first.assert_redirect(), second.assert_redirect());
    assert_eq!(number(&app, "select count(*) from import").await, 1);
}

#[tokio::test]
async fn a_squad_that_filled_up_meanwhile_is_refused_and_the_result_says_so() {
    let (app, mut admin) = app().await;
    let nine =
        MEMBERSHIPS.lines().filter(|line| line.starts_with("Otters") && !line.contains("p10"));
    let nine = format!(
        "team,email\n{}\n",
        nine.map(|line| line.rsplit_once(',').unwrap().0).collect::<Vec<_>>().join("\n")
    );
    let address =
        dry_run(&mut admin, &[MEMBERS, "team,kind\nOtters,squad\nVoles,squad\n", &nine]).await;
    apply(&mut admin, &address).await;
    let address =
        dry_run(&mut admin, &["team,email\nOtters,p10@norvik.example\nVoles,p10@norvik.example\n"])
            .await;
    let seen = admin.get(&address).await.attribute("input[name=seen]", "value").unwrap();
    assert_eq!(seen, "memberships:2a");

    let mut holder = app.pool.begin().await.unwrap();
    sqlx::query(
        "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event) \
         select t.organization_id, gen_random_uuid(), t.id, m.id, 10, now(), t.state_event \
         from team t join member m on m.email = 'p11@norvik.example' where t.name = 'Otters'",
    )
    .execute(&mut *holder)
    .await
    .unwrap();
    let mut waiting = admin.clone();
    let there = address.clone();
    let applying = tokio::spawn(async move { waiting.post(&there, &format!("seen={seen}")).await });
    wait_for_a_lock(&app).await;
    assert!(!applying.is_finished(), "it waits for whoever is changing the squad");
    holder.commit().await.unwrap();
    applying.await.unwrap().assert_redirect();

    let page = admin.get(&address).await;
    assert_eq!(counts(&page, "memberships"), "1 0 0 1");
    assert_eq!(
        page.text("#differing span"),
        "1 row came out otherwise than the dry run had shown, because something changed meanwhile. The list below says which."
    );
    let differing = admin.get(&format!("{address}?outcome=differing")).await;
    assert_eq!(
        differing.texts(".reason"),
        [
            "The squad Otters has 11 members; a squad has at most 10. Nobody of it comes in. The dry run had said: Added."
        ]
    );
    let sizes = number(&app, "select sum(member_count) from team where member_count <= 10").await;
    assert_eq!(sizes, 11);
}

/// Waits until some transaction waits for a lock.
async fn wait_for_a_lock(app: &TestApp) {
    for _ in 0..200 {
        let waiting = number(app, "select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()").await;
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits for a lock");
}

#[tokio::test]
async fn a_member_added_meanwhile_is_found_and_not_added_again() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &["email,name\np01@norvik.example,Aisha Rahman\n"]).await;
    let mut holder = app.pool.begin().await.unwrap();
    sqlx::query("insert into member (organization_id, id, name, email, created_at) select id, gen_random_uuid(), 'Aisha Rahman', 'p01@norvik.example', now() from organization")
        .execute(&mut *holder)
        .await
        .unwrap();
    let mut waiting = admin.clone();
    let there = address.clone();
    let applying = tokio::spawn(async move { waiting.post(&there, "seen=members:1a").await });
    wait_for_a_lock(&app).await;
    holder.commit().await.unwrap();
    applying.await.unwrap().assert_redirect();
    assert_eq!(counts(&admin.get(&address).await, "members"), "0 0 1 0");
}

#[tokio::test]
async fn one_import_of_an_organization_is_applied_at_a_time() {
    let (app, mut admin) = app().await;
    let address = dry_run(&mut admin, &[MEMBERS]).await;
    let mut other = app.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('import ' || $1::uuid::text, 0))")
        .bind(app.tenant().organization_id())
        .execute(&mut *other)
        .await
        .unwrap();

    let refused = admin.post(&address, "seen=members:12a").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(
        refused.text(".banner.bad"),
        "Another import of this organization is being applied right now. Wait a moment and send this again."
    );
    assert_eq!(number(&app, "select count(*) from member").await, 1);

    other.rollback().await.unwrap();
    admin.post(&address, "seen=members:12a").await.assert_redirect();
}

#[tokio::test]
async fn six_imports_an_hour_are_taken_and_the_seventh_waits() {
    let app = TestApp::new().await;
    let mut admin = app.admin().await;
    for _ in 0..6 {
        dry_run(&mut admin, &[MEMBERS]).await;
    }
    let refused = send(&mut admin, &[("m.csv", MEMBERS.as_bytes())]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    app.clock().advance(chrono::TimeDelta::minutes(11));
    dry_run(&mut admin, &[MEMBERS]).await;
}
