//! People and their places: who was added, removed, moved, swapped; the states of squads.

use super::*;

#[tokio::test]
async fn whoever_was_added_leaves_again_all_of_them_in_one_step() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let people = app.people(3).await;
    given::join(&app, team, &people[..1]).await;
    given::join(&app, team, &people[1..]).await;
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(inside(&app, team).await, ["Person 000 50"]);
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await.len(), 3, "to undo the undo does it again");
}

#[tokio::test]
async fn whoever_was_removed_comes_back_with_share_and_hats() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    join_as(&app, team, person, 70, &[hat(&app, "UX").await, hat(&app, "Analyst").await]).await;
    let id = membership(&app, team, person).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(inside(&app, team).await, ["Clara 70 Analyst,UX"]);
}

#[tokio::test]
async fn whoever_was_moved_goes_back_and_the_other_squad_has_them_no_more() {
    let app = TestApp::new().await;
    let (from, to) = (given::squad(&app, "Otters").await, given::squad(&app, "Foxes").await);
    let person = app.person("Clara", "design").await;
    join_as(&app, from, person, 70, &[hat(&app, "UX").await]).await;
    let id = membership(&app, from, person).await;
    let share = Allocation::new(30).unwrap();
    squads::service::move_member(&app.pool, &given::designer(&app), id, to, share).await.unwrap();
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!(
        (inside(&app, from).await, inside(&app, to).await),
        (vec!["Clara 70 UX".to_owned()], vec![])
    );
    undo_newest(&app, &mut leader).await;
    assert_eq!(
        (inside(&app, from).await, inside(&app, to).await),
        (vec![], vec!["Clara 30".to_owned()])
    );
}

#[tokio::test]
async fn a_swap_is_undone_in_a_full_squad_and_in_an_active_one_of_six() {
    let app = TestApp::new().await;
    let full = given::squad(&app, "Otters").await;
    let people = app.people(11).await;
    given::join(&app, full, &people[..10]).await;
    let active = given::active(&app, "Foxes").await;
    let mut leader = app.leader("Ruth").await;

    for team in [full, active] {
        let before = inside(&app, team).await;
        let out: MemberId = sqlx::query_scalar(
            "select member_id from membership where team_id = $1 and until_at is null limit 1",
        )
        .bind(team)
        .fetch_one(&app.pool)
        .await
        .unwrap();
        let id = membership(&app, team, out).await;
        let share = Allocation::new(20).unwrap();
        squads::service::swap(&app.pool, &given::designer(&app), id, people[10], share, &[])
            .await
            .unwrap();
        assert_ne!(inside(&app, team).await, before);

        undo_newest(&app, &mut leader).await;

        assert_eq!(inside(&app, team).await, before);
    }
}

#[tokio::test]
async fn an_undo_keeps_to_the_sizes_of_squads() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let people = app.people(11).await;
    given::join(&app, team, &people[..10]).await;
    let id = membership(&app, team, people[0]).await;
    squads::service::remove_member(&app.pool, &given::designer(&app), id, None).await.unwrap();
    let removed = newest(&app).await;
    given::join(&app, team, &people[10..]).await;
    let mut leader = app.leader("Ruth").await;

    let said = undo(&app, &mut leader, removed).await;
    assert!(said.starts_with("Otters is full"), "{said}");

    let active = given::ready(&app, "Foxes").await;
    let seventh = app.person("Seventh", "design").await;
    given::join(&app, active, &[seventh]).await;
    let added = newest(&app).await;
    let version = sqlx::query_scalar("select version from team where id = $1").bind(active);
    let version: i32 = version.fetch_one(&app.pool).await.unwrap();
    let designer = given::designer(&app);
    squads::service::activate(&app.pool, &designer, active, version).await.unwrap();
    let first: MemberId = sqlx::query_scalar("select member_id from membership where team_id = $1 and until_at is null and member_id <> $2 limit 1")
        .bind(active).bind(seventh).fetch_one(&app.pool).await.unwrap();
    let id = membership(&app, active, first).await;
    squads::service::remove_member(&app.pool, &designer, id, None).await.unwrap();
    let said = undo(&app, &mut leader, added).await;
    assert!(said.starts_with("Foxes is active and has 6 members"), "{said}");
    assert_eq!(inside(&app, active).await.len(), 6);
}

#[tokio::test]
async fn a_share_and_hats_are_as_before_unless_somebody_edited_them_since() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    let ux = hat(&app, "UX").await;
    join_as(&app, team, person, 70, &[ux]).await;
    let added = newest(&app).await;
    let id = membership(&app, team, person).await;
    let ruth = app.leader("Ruth").await;
    let edit = async |version: i32, percent: i16, actor: Actor| {
        let share = Allocation::new(percent).unwrap();
        squads::service::update_membership(&app.pool, &actor, id, version, share, &[])
            .await
            .unwrap();
        newest(&app).await
    };
    let mut leader = app.leader("Ravi").await;
    let first = edit(1, 20, given::designer(&app)).await;
    edit(2, 40, ruth.actor()).await;

    assert_eq!(
        undo(&app, &mut leader, first).await,
        "Ruth changed this since: edited the membership of Clara in Otters. Undo that first, or change it by hand."
    );
    let said = undo(&app, &mut leader, added).await;
    assert!(said.starts_with("The membership of Clara in Otters was changed since."), "{said}");
    undo_newest(&app, &mut leader).await;
    assert_eq!(inside(&app, team).await, ["Clara 20"]);
}

/// Whoever writes without the history, such as somebody with the database's own tools.
#[tokio::test]
async fn a_share_or_hats_that_are_not_as_the_change_left_them_stay() {
    let app = TestApp::new().await;
    let team = given::squad(&app, "Otters").await;
    let person = app.person("Clara", "design").await;
    join_as(&app, team, person, 70, &[hat(&app, "UX").await]).await;
    let id = membership(&app, team, person).await;
    let share = Allocation::new(20).unwrap();
    let designer = given::designer(&app);
    squads::service::update_membership(&app.pool, &designer, id, 1, share, &[]).await.unwrap();
    let edited = newest(&app).await;
    let mut leader = app.leader("Ruth").await;

    for (sql, now) in [
        ("update membership set allocation = 30 where id = $1", "Clara 30"),
        ("update membership set allocation = 20 where id = $1", "Clara 20"),
        (
            "insert into membership_hat (organization_id, membership_id, hat_id) \
             select x.organization_id, x.id, h.id from membership x \
             join hat h on h.organization_id = x.organization_id and h.name = 'Analyst' where x.id = $1",
            "Clara 20 Analyst",
        ),
    ] {
        sqlx::query(sql).bind(id).execute(&app.pool).await.unwrap();
        assert_eq!(inside(&app, team).await, [now]);
        if now != "Clara 20" {
            let said = undo(&app, &mut leader, edited).await;
            assert_eq!(said, "The share or the hats were changed since. Nothing was undone.");
            assert_eq!(inside(&app, team).await, [now]);
        }
    }
}

#[tokio::test]
async fn active_and_forming_are_one_another_s_inverse() {
    let app = TestApp::new().await;
    let team = given::active(&app, "Otters").await;
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;
    assert_eq!(state(&app, team).await, "forming");
    undo_newest(&app, &mut leader).await;
    assert_eq!(state(&app, team).await, "active");
}

#[tokio::test]
async fn whoever_left_is_back_in_all_teams_and_the_squad_is_active_again() {
    let app = TestApp::new().await;
    let team = given::active(&app, "Otters").await;
    let other = given::squad(&app, "Foxes").await;
    let leaving: MemberId =
        sqlx::query_scalar("select member_id from membership where team_id = $1 limit 1")
            .bind(team)
            .fetch_one(&app.pool)
            .await
            .unwrap();
    join_as(&app, other, leaving, 20, &[]).await;
    let before = (inside(&app, team).await, inside(&app, other).await);
    let designer = given::designer(&app);
    members::service::deactivate(&app.pool, &designer, leaving, 1, &reason()).await.unwrap();
    assert_eq!(state(&app, team).await, "forming");
    let mut leader = app.leader("Ruth").await;

    undo_newest(&app, &mut leader).await;

    assert_eq!((inside(&app, team).await, inside(&app, other).await), before);
    assert_eq!(state(&app, team).await, "active");
    let is_back = sqlx::query_scalar("select deactivated_at is null from member where id = $1");
    let is_back: bool = is_back.bind(leaving).fetch_one(&app.pool).await.unwrap();
    assert!(is_back);
}

#[tokio::test]
async fn undoing_a_departure_says_what_it_does_not_bring_back() {
    use trellis::products::{GroupHat, service};
    let app = TestApp::new().await;
    let group = crate::backlog::group(&app, &["Fair Bills"]).await;
    let (pool, founder) = (&app.pool, app.founder());
    let samuel = app.person("Samuel Okafor", "product").await;
    service::begin_apprenticeship(pool, &founder, group.product, samuel).await.unwrap();
    service::give_hat(pool, &founder, group.product, GroupHat::Analyst, samuel).await.unwrap();
    let mut leader = app.leader("Ruth").await;
    let form = leader.get(&app.at(&format!("/members/{samuel}/deactivate"))).await;
    assert!(form.text(".note").ends_with("Undo brings the teams back, and not these."));
    let designer = given::designer(&app);
    members::service::deactivate(pool, &designer, samuel, 1, &reason()).await.unwrap();

    let said = undo_newest(&app, &mut leader).await;

    let not_back = "Not brought back: ";
    let (_, left) = said.split_once(not_back).unwrap_or_else(|| panic!("{said}"));
    assert!(left.contains("of Norvik App") && left.contains(", "), "both: {said}");
    let still: i64 = sqlx::query_scalar(
        "select (select count(*) from product_hat where until_at is null) + (select count(*) from apprenticeship where until_at is null)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(still, 0);
}
