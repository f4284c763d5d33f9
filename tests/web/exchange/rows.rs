//! What each row does, and why it is refused.

use super::{MEMBERS, MEMBERSHIPS, SKILLS, TEAMS, app, apply, counts, dry_run, number, state};
use crate::harness::Visitor;

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
