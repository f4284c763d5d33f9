//! Liaisons that come back with their memberships.

use super::*;

async fn liaisons(app: &TestApp, link: LinkId) -> Vec<Option<String>> {
    let sql = "select unnest(array[(select m.name from membership x join member m on m.id = x.member_id \
               where x.id = l.from_liaison_id and x.until_at is null), \
               (select m.name from membership x join member m on m.id = x.member_id \
               where x.id = l.to_liaison_id and x.until_at is null)]) from link l where l.id = $1";
    sqlx::query_scalar(sql).bind(link).fetch_all(&app.pool).await.unwrap()
}

/// A link between two teams with Clara, who is in both, as the liaison of either.
async fn tied(
    app: &TestApp,
    from: TeamId,
    to: TeamId,
    seats: [bool; 2],
    clara: MemberId,
) -> LinkId {
    let mut new = given::link(app, from, LinkKind::Informs, to);
    if seats[0] {
        new.terms.from_liaison = Some(membership(app, from, clara).await);
    }
    if seats[1] {
        new.terms.to_liaison = Some(membership(app, to, clara).await);
    }
    let today = app.clock().now().date_naive();
    links::service::create(&app.pool, &given::designer(app), today, &new).await.unwrap()
}

#[tokio::test]
async fn whoever_is_back_is_the_liaison_again_unless_somebody_else_was_named() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let (near, far) = (given::squad(&app, "Foxes").await, given::squad(&app, "Bears").await);
    let core = given::core_team(&app, "Payments").await;
    let clara = app.person("Clara", "design").await;
    let ben = app.person("Ben", "design").await;
    given::join(&app, team, &[clara, ben]).await;
    given::join(&app, near, &[clara]).await;
    let both = tied(&app, team, near, [true, true], clara).await;
    let one = tied(&app, far, team, [false, true], clara).await;
    let other = tied(&app, team, core, [true, false], clara).await;
    let clara_is = |it: bool| it.then(|| "Clara".to_owned());
    let designer = given::designer(&app);
    let mut leader = app.leader("Ruth").await;

    let id = membership(&app, team, clara).await;
    squads::service::remove_member(&app.pool, &designer, id, None).await.unwrap();
    assert_eq!(liaisons(&app, both).await, [None, clara_is(true)]);
    let mut terms = given::link(&app, team, LinkKind::Informs, core).terms;
    terms.from_liaison = Some(membership(&app, team, ben).await);
    let today = app.clock().now().date_naive();
    let removed = newest(&app).await;
    links::service::update(&app.pool, &designer, other, 1, today, &terms).await.unwrap();

    let said = undo(&app, &mut leader, removed).await;
    assert!(said.starts_with("Undone: removed Clara"), "{said}");

    assert_eq!(liaisons(&app, both).await, [clara_is(true), clara_is(true)]);
    assert_eq!(liaisons(&app, one).await, [None, clara_is(true)]);
    assert_eq!(liaisons(&app, other).await, [Some("Ben".to_owned()), None]);
    let subjects: Vec<uuid::Uuid> =
        sqlx::query_scalar("select unnest(subjects) from event where id = $1")
            .bind(newest(&app).await)
            .fetch_all(&app.pool)
            .await
            .unwrap();
    assert!(subjects.contains(&both.0) && subjects.contains(&one.0), "{subjects:?}");
    assert!(!subjects.contains(&other.0));

    members::service::deactivate(&app.pool, &designer, clara, 1, &reason()).await.unwrap();
    assert_eq!(liaisons(&app, both).await, [None, None]);
    undo_newest(&app, &mut leader).await;
    assert_eq!(liaisons(&app, both).await, [clara_is(true), clara_is(true)]);
    assert_eq!(liaisons(&app, one).await, [None, clara_is(true)]);
}

/// The other team of a link, of which nobody was taken out, is held too, in the same order as by those who write links.
#[tokio::test]
async fn an_undo_that_writes_a_link_waits_for_both_of_its_teams_first() {
    let app = TestApp::new().await;
    // The one with the smaller id is the other one.
    let other = given::squad(&app, "Foxes").await;
    let team = given::squad(&app, "Otters").await;
    let clara = app.person("Clara", "design").await;
    given::join(&app, team, &[clara]).await;
    let link = tied(&app, team, other, [true, false], clara).await;
    let id = membership(&app, team, clara).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let path = app.at(&format!("/undo/{}", newest(&app).await));
    let mut leader = app.leader("Ruth").await;

    let mut held = app.pool.begin().await.unwrap();
    let lock = "select id from team where id = $1 for no key update";
    sqlx::query(lock).bind(other).execute(&mut *held).await.unwrap();
    let undoing = tokio::spawn(async move { leader.post(&path, "").await });
    somebody_waits(&app.pool).await;
    // Nothing of the other team is held by who waits.
    sqlx::query("select id from team where id = $1 for no key update nowait")
        .bind(team)
        .execute(&mut *held)
        .await
        .unwrap();
    held.rollback().await.unwrap();

    undoing.await.unwrap().assert_redirect();
    assert_eq!(liaisons(&app, link).await, [Some("Clara".to_owned()), None]);
}
