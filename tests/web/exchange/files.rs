//! Reading files, and giving the refused rows back.

use axum::http::StatusCode;

use super::{MEMBERS, app, apply, dry_run, number, send, send_with};

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
    let members = "email,name,title\n'@bad,=1+1;@2,'-2\na@b.example,'=HYPERLINK(1),''+x\n";
    let address = dry_run(&mut admin, &[members]).await;
    let file = admin.get(&format!("{address}/refused.csv")).await;
    assert!(file.html.contains("\r\n'@bad,'=1+1;'@2,'-2,"), "{}", file.html);
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
async fn the_same_upload_sent_twice_is_one_import() {
    let (app, mut admin) = app().await;
    let files: &[(&str, &[u8])] = &[("m.csv", MEMBERS.as_bytes())];
    let first = send_with(&mut admin, "the-very-same-key", files, "").await;
    let second = send_with(&mut admin, "the-very-same-key", files, "").await;
    assert_eq!(first.assert_redirect(), second.assert_redirect());
    assert_eq!(number(&app, "select count(*) from import").await, 1);
}
