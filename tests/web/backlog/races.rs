//! What two do at once: held, not raced; and many at once on two instances.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::PgPool;
use trellis::backlog::{Place, service};
use trellis::error::Error;
use trellis::products;

use super::{group, order_of, ready, reason, serve};
use crate::harness::TestApp;
use crate::seen::{assert_well, code, somebody_waits};

/// Holds a row until the answer is dropped or committed.
async fn hold(pool: &PgPool, sql: &'static str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = pool.begin().await.unwrap();
    sqlx::query(sql).fetch_all(&mut *held).await.unwrap();
    held
}

#[tokio::test]
async fn of_two_squads_that_pull_one_item_one_has_it_and_the_other_is_told_who() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home"]).await;
    ready(&app, &group, 1).await;
    let held = hold(&app.pool, "select from backlog_item where number = 1 for no key update").await;

    let tasks: Vec<_> = (0..2)
        .map(|n| {
            let ((squad, actor), pool, product) =
                (group.squad(&app, n), app.pool.clone(), group.product);
            tokio::spawn(async move { service::pull(&pool, &actor, product, 1, squad, None).await })
        })
        .collect();
    somebody_waits(&app.pool).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(tasks.iter().all(|task| !task.is_finished()), "both wait for the item");
    held.rollback().await.unwrap();

    let mut refusals = vec![];
    for task in tasks {
        match task.await.unwrap() {
            Ok(warning) => assert_eq!(warning, None),
            Err(Error::Refused(refusal)) => refusals.push(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].code, "item_held");
    assert!(refusals[0].message.contains("has NA-1 already: Member of"), "{}", refusals[0].message);
    assert_well(&app).await;
}

#[tokio::test]
async fn of_two_items_that_a_squad_pulls_with_room_for_one_it_gets_one() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 4).await;
    let (squad, actor) = group.squad(&app, 0);
    for n in 1..=2 {
        service::pull(&app.pool, &actor, group.product, n, squad, None).await.unwrap();
    }
    let held = hold(&app.pool, "select from product_squad for no key update").await;

    let tasks: Vec<_> = (3..=4)
        .map(|n| {
            let (pool, product, actor) = (app.pool.clone(), group.product, actor.clone());
            tokio::spawn(async move {
                service::pull(&pool, &actor, product, n, squad, Some(&reason("Both"))).await
            })
        })
        .collect();
    somebody_waits(&app.pool).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(tasks.iter().all(|task| !task.is_finished()), "both wait for the squad's row");
    held.rollback().await.unwrap();

    let mut done = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => done += 1,
            refused => assert_eq!(code(refused), "wip_limit"),
        }
    }
    assert_eq!(done, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn whoever_pulls_while_the_squad_stops_serving_does_not() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;
    let (squad, actor) = group.squad(&app, 0);
    let (service_id, version): (trellis::ids::ServiceId, i32) =
        sqlx::query_as("select id, version from product_squad").fetch_one(&app.pool).await.unwrap();
    let held = hold(&app.pool, "select from product_squad for no key update").await;

    let stopping = {
        let (pool, designer) = (app.pool.clone(), app.founder());
        tokio::spawn(async move {
            products::service::stop_serving(&pool, &designer, service_id, version).await
        })
    };
    somebody_waits(&app.pool).await;
    let pulling = {
        let (pool, product, actor) = (app.pool.clone(), group.product, actor.clone());
        tokio::spawn(async move { service::pull(&pool, &actor, product, 1, squad, None).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    held.rollback().await.unwrap();
    let (stopped, pulled) = (stopping.await.unwrap(), pulling.await.unwrap());
    assert!(stopped.is_ok() != pulled.is_ok(), "{stopped:?} {pulled:?}");
    assert_well(&app).await;

    if stopped.is_ok() {
        serve(&app, group.product, squad).await;
        service::pull(&app.pool, &actor, group.product, 1, squad, None).await.unwrap();
    }
    let (id, version): (trellis::ids::ServiceId, i32) =
        sqlx::query_as("select id, version from product_squad where until_at is null")
            .fetch_one(&app.pool)
            .await
            .unwrap();
    let stopped = products::service::stop_serving(&app.pool, &app.founder(), id, version).await;
    assert_eq!(code(stopped), "squad_holds_items", "what it holds is finished or returned first");
}

#[tokio::test]
async fn two_who_put_items_at_one_place_both_do_and_two_elsewhere_do_not_wait() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 8).await;
    let lead = group.lead(&app);
    let held = hold(&app.pool, "select from backlog_item where number = 1 for no key update").await;

    let tasks: Vec<_> = (3..=4)
        .map(|n| {
            let (pool, product, lead) = (app.pool.clone(), group.product, lead.clone());
            tokio::spawn(
                async move { service::order(&pool, &lead, product, n, Place::Below(1)).await },
            )
        })
        .collect();
    somebody_waits(&app.pool).await;
    let elsewhere = service::order(&app.pool, &lead, group.product, 8, Place::Below(5));
    tokio::time::timeout(Duration::from_secs(5), elsewhere)
        .await
        .expect("nobody holds it")
        .unwrap();
    let top = service::order(&app.pool, &lead, group.product, 7, Place::Top);
    tokio::time::timeout(Duration::from_secs(5), top).await.expect("nobody holds it").unwrap();
    held.rollback().await.unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }

    let order = order_of(&app, &group).await;
    assert!(order == [7, 1, 3, 4, 2, 5, 8, 6] || order == [7, 1, 4, 3, 2, 5, 8, 6], "{order:?}");
    assert_well(&app).await;
}

/// Check 2 of the issue, in the database: fifty move the same few items around one another, and crowd one place until its
/// neighbourhood is written anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_move_at_once_leave_one_order_with_short_keys() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let numbers = ready(&app, &group, 30).await;
    let lead = group.lead(&app);

    let tasks: Vec<_> = (0..50u64)
        .map(|seed| {
            let (pool, product, lead, numbers) =
                (app.pool.clone(), group.product, lead.clone(), numbers.clone());
            tokio::spawn(async move {
                let mut random = fastrand::Rng::with_seed(seed);
                for _ in 0..12 {
                    let pick = |random: &mut fastrand::Rng| numbers[random.usize(..numbers.len())];
                    let (item, anchor) = (pick(&mut random), pick(&mut random));
                    let place = match random.u8(..6) {
                        0 => Place::Top,
                        1 => Place::Bottom,
                        2 | 3 if item != 1 => Place::Below(1),
                        4 if item != anchor => Place::Above(anchor),
                        _ if item != anchor => Place::Below(anchor),
                        _ => Place::Top,
                    };
                    match service::order(&pool, &lead, product, item, place).await {
                        Ok(()) | Err(Error::Again | Error::Busy(_)) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut order = order_of(&app, &group).await;
    order.sort_unstable();
    assert_eq!(order, numbers, "every item once");
    for n in 0..400 {
        let item = numbers[2 + n % 2];
        service::order(&app.pool, &lead, group.product, item, Place::Below(1)).await.unwrap();
    }
    let longest: i32 = sqlx::query_scalar("select max(octet_length(rank)) from backlog_item")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert!(longest < 64, "{longest} bytes");
    assert_well(&app).await;
}

/// Check 1 of the issue: two instances, 32 clients, 4 squads, 200 ready items, a limit of 3.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_clients_on_two_instances_never_overfill_a_squad() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills", "EV at Home", "Move-in", "Heat Pump Care"]).await;
    let numbers = ready(&app, &group, 200).await;
    let instances = [app.router.clone(), app.another_instance().await];

    let tasks: Vec<_> = (0..32usize)
        .map(|client| {
            let (squad, member) = &group.squads[client % 4];
            let (squad, mut visitor) = (*squad, member.at(instances[client / 4 % 2].clone()));
            let path = app.at("/products/norvik-app/move");
            let mut mine: Vec<i32> = numbers.clone();
            fastrand::Rng::with_seed(client as u64).shuffle(&mut mine);
            mine.truncate(12);
            tokio::spawn(async move {
                let mut seen: HashMap<String, usize> = HashMap::new();
                for (n, item) in mine.into_iter().enumerate() {
                    let form = format!("do=pull%3A{item}%3A{squad}&reason=It+is+ours&from=step");
                    let answer = visitor.post(&path, &form).await;
                    let word = match answer.status.as_u16() {
                        303 => "pulled".to_owned(),
                        _ => answer.error_code(),
                    };
                    // Some finish what they pulled, so that there is room again.
                    if word == "pulled" && n % 2 == 0 {
                        let form = format!("do=finish%3A{item}&effect=Learned&from=step");
                        visitor.post(&path, &form).await.assert_redirect();
                    }
                    *seen.entry(word).or_default() += 1;
                }
                seen
            })
        })
        .collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for task in tasks {
        for (word, n) in task.await.unwrap() {
            *seen.entry(word).or_default() += n;
        }
    }

    let known = ["pulled", "wip_limit", "item_held", "item_not_ready"];
    assert!(seen.keys().all(|word| known.contains(&word.as_str())), "{seen:?}");
    assert!(seen["pulled"] >= 12 && seen["wip_limit"] > 0, "{seen:?}");
    let most: i64 = sqlx::query_scalar(
        "select max(n) from (select count(*) as n from backlog_item where stage = 'in_progress' group by squad_id) as c",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert!(most <= 3, "{most}");
    let twice: i64 = sqlx::query_scalar(
        "select count(*) from (select item_id from backlog_transition where to_stage = 'in_progress'
                               group by item_id having count(*) > 1) as c",
    )
    .fetch_one(&app.pool)
    .await
    .unwrap();
    assert_eq!(twice, 0);
    assert_well(&app).await;
}
