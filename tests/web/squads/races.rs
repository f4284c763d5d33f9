//! What happens at once: tested by holding one transaction open until the other is seen to wait.

use std::time::Duration;

use tokio::time::timeout;
use trellis::squads::Allocation;

use super::*;
use crate::given;
use axum::http::StatusCode;

/// Holds the squad's row, as a service does that is not finished yet.
async fn hold(app: &TestApp, team: TeamId) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = app.pool.begin().await.unwrap();
    sqlx::query("select id from team where id = $1 for no key update")
        .bind(team)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

async fn insert(tx: &mut sqlx::PgConnection, team: TeamId, member: MemberId) {
    sqlx::query(
        "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event) \
         select organization_id, $3, id, $2, 50, now(), state_event from team where id = $1",
    )
    .bind(team)
    .bind(member)
    .bind(MembershipId::new())
    .execute(tx)
    .await
    .unwrap();
}

#[tokio::test]
async fn whoever_waits_for_the_last_place_is_refused() {
    let app = TestApp::new().await;
    let people = app.people(11).await;
    let team = forming(&app, "Otters", &people[..9]).await;

    let mut tenth = hold(&app, team).await;
    insert(&mut tenth, team, people[9]).await;
    let (pool, actor, new) = (app.pool.clone(), designer(&app), [joining(people[10])]);
    let eleventh =
        tokio::spawn(async move { service::add_members(&pool, &actor, team, &new).await });
    somebody_waits(&app.pool).await;
    tenth.commit().await.unwrap();

    assert_eq!(code(eleventh.await.unwrap()), "squad_full");
    assert_eq!(count(&app.pool, team).await, 10);
}

#[tokio::test]
async fn two_who_leave_an_active_squad_of_7_at_once_leave_6() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let team = active(&app, "Otters", &people).await;
    let second = membership(&app.pool, team, people[1]).await;

    let mut first = hold(&app, team).await;
    sqlx::query("update membership set until_at = now() + interval '1 hour', until_event = from_event where team_id = $1 and member_id = $2")
        .bind(team)
        .bind(people[0])
        .execute(&mut *first)
        .await
        .unwrap();
    let (pool, actor) = (app.pool.clone(), designer(&app));
    let leaving =
        tokio::spawn(async move { service::remove_member(&pool, &actor, second, None).await });
    somebody_waits(&app.pool).await;
    first.commit().await.unwrap();

    assert_eq!(code(leaving.await.unwrap()), "squad_too_small");
    assert_eq!(count(&app.pool, team).await, 6);
}

#[tokio::test]
async fn the_same_member_removed_twice_at_once_leaves_once() {
    let app = TestApp::new().await;
    let people = app.people(2).await;
    let team = forming(&app, "Otters", &people).await;
    let id = membership(&app.pool, team, people[0]).await;

    let held = hold(&app, team).await;
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (pool, actor) = (app.pool.clone(), designer(&app));
            tokio::spawn(async move { service::remove_member(&pool, &actor, id, None).await })
        })
        .collect();
    somebody_waits(&app.pool).await;
    held.rollback().await.unwrap();
    let mut codes = vec![];
    for task in tasks {
        codes.push(task.await.unwrap().map_err(|error| code::<()>(Err(error))));
    }

    codes.sort_unstable();
    assert_eq!(codes, [Ok(()), Err("already_left")]);
    assert_eq!(count(&app.pool, team).await, 1);
}

#[tokio::test]
async fn a_member_who_is_being_deactivated_cannot_join_meanwhile() {
    let app = TestApp::new().await;
    let people = app.people(1).await;
    let team = forming(&app, "Otters", &[]).await;

    let mut leaving = app.pool.begin().await.unwrap();
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(people[0])
        .execute(&mut *leaving)
        .await
        .unwrap();
    let (pool, actor, new) = (app.pool.clone(), designer(&app), [joining(people[0])]);
    let joins = tokio::spawn(async move { service::add_members(&pool, &actor, team, &new).await });
    somebody_waits(&app.pool).await;
    leaving.commit().await.unwrap();

    assert_eq!(code(joins.await.unwrap()), "member_deactivated");
    assert_eq!(count(&app.pool, team).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_who_join_a_squad_of_9_at_once_exactly_one_does() {
    let app = TestApp::new().await;
    let people = app.people(41).await;
    let team = active(&app, "Otters", &people[..9]).await;
    let before = events(&app.pool).await;

    let tasks: Vec<_> = people[9..]
        .iter()
        .map(|member| {
            let (pool, actor, new) = (app.pool.clone(), designer(&app), [joining(*member)]);
            tokio::spawn(async move { service::add_members(&pool, &actor, team, &new).await })
        })
        .collect();
    let mut refused = vec![];
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            refused.push(code::<()>(Err(error)));
        }
    }

    assert_eq!(refused, vec!["squad_full"; 31]);
    assert_eq!(count(&app.pool, team).await, 10);
    assert_eq!(events(&app.pool).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_in_both_directions_do_not_block_one_another_for_good() {
    let app = TestApp::new().await;
    let people = app.people(16).await;
    let one = forming(&app, "One", &people[..8]).await;
    let two = forming(&app, "Two", &people[8..]).await;
    let half = Allocation::new(50).unwrap();

    let mut tasks = vec![];
    for (at, member) in people.iter().enumerate() {
        let (from, to) = if at < 8 { (one, two) } else { (two, one) };
        let id = membership(&app.pool, from, *member).await;
        let (pool, actor) = (app.pool.clone(), designer(&app));
        tasks.push(tokio::spawn(
            async move { service::move_member(&pool, &actor, id, to, half).await },
        ));
    }
    for task in tasks {
        let done = timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
        assert!(matches!(&done, Ok(()) | Err(Error::Refused(_))), "{done:?}");
    }

    assert_eq!(count(&app.pool, one).await + count(&app.pool, two).await, 16);
}

#[tokio::test]
async fn of_32_visitors_of_two_instances_one_gets_the_last_place() {
    let app = TestApp::new().await;
    let squad = given::squad(&app, "Otters").await;
    given::join(&app, squad, &app.people(9).await).await;
    let leader = app.leader("Ruth Abara").await;
    let candidates = app.people(32).await;
    let routers = [app.router.clone(), app.another_instance().await];

    let address = app.at("/squads/otters/members");
    let tries = candidates.iter().enumerate().map(|(n, member)| {
        let mut browser = leader.at(routers[n % 2].clone());
        let (address, form) = (address.clone(), format!("member={member}&share={member}:20"));
        tokio::spawn(async move { browser.post_json(&address, &form).await })
    });
    let mut added = 0;
    for one in tries.collect::<Vec<_>>() {
        let answer = one.await.unwrap();
        if answer.status == StatusCode::SEE_OTHER {
            added += 1;
        } else {
            assert_eq!(
                (answer.status, answer.error_code().as_str()),
                (StatusCode::CONFLICT, "squad_full")
            );
        }
    }

    assert_eq!(added, 1);
    let found = trellis::doctor::examine(&app.pool).await.unwrap();
    let off: Vec<_> =
        found.iter().filter(|check| check.is_off()).map(ToString::to_string).collect();
    assert!(off.is_empty(), "{}", off.join("\n"));
}
