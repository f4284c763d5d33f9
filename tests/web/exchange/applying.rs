//! Applying an import: by whom, once, and while others change the same.

use axum::http::StatusCode;
use trellis::ids::EventId;
use trellis::serve::sweep_once;
use trellis::squads;

use super::{MEMBERS, MEMBERSHIPS, app, apply, counts, dry_run, number, send, state};
use crate::given;
use crate::harness::TestApp;

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

#[tokio::test]
async fn a_dry_run_that_nobody_applies_is_forgotten_after_a_day_with_its_files() {
    let (app, mut admin) = app().await;
    let applied = dry_run(&mut admin, &[MEMBERS]).await;
    apply(&mut admin, &applied).await;
    let waiting = dry_run(&mut admin, &[MEMBERS]).await;

    app.clock().advance(chrono::TimeDelta::hours(23));
    sweep_once(&app.state).await;
    let mut admin = app.again(&admin).await;
    admin.get(&waiting).await.assert_ok();

    app.clock().advance(chrono::TimeDelta::hours(2));
    sweep_once(&app.state).await;
    let mut admin = app.again(&admin).await;
    assert_eq!(admin.get(&waiting).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get(&applied).await.assert_ok().text("h1"), "Result of the import");
    assert_eq!(number(&app, "select count(*) from import where files <> '{}'").await, 0);
}

#[tokio::test]
async fn an_undo_keeps_what_was_imported_since() {
    let (app, mut admin) = app().await;
    let squad = given::squad(&app, "Otters").await;
    let clara = app.person("Clara", "design").await;
    sqlx::query("update member set email = 'clara@norvik.example' where id = $1")
        .bind(clara)
        .execute(&app.pool)
        .await
        .unwrap();
    given::join(&app, squad, &[clara]).await;
    let id = sqlx::query_scalar("select id from membership where member_id = $1").bind(clara);
    let id = id.fetch_one(&app.pool).await.unwrap();
    let share = squads::Allocation::new(80).unwrap();
    let designer = given::designer(&app);
    squads::service::update_membership(&app.pool, &designer, id, 1, share, &[]).await.unwrap();
    let edited: EventId =
        sqlx::query_scalar("select id from event where kind = 'membership_edited'")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let address =
        dry_run(&mut admin, &["team,email,allocation\nOtters,clara@norvik.example,30\n"]).await;
    apply(&mut admin, &address).await;
    let now = "select allocation::bigint from membership where until_at is null";
    assert_eq!(number(&app, now).await, 30);

    let refused = admin.post(&app.at(&format!("/undo/{edited}")), "").await;

    let said = admin.get(refused.assert_redirect()).await.text(".toast.bad .txt");
    assert!(said.contains("changed this since: changed Otters by an import"), "{said}");
    assert_eq!(number(&app, now).await, 30);
}
