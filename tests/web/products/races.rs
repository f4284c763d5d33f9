//! What two do at once, and what the database refuses by every path (H3).

use super::*;

#[tokio::test]
async fn of_two_who_hand_a_product_over_at_once_one_does_and_the_other_is_told() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let to = [app.person("Tomás Rey", "").await, app.person("Ingrid Bakke", "").await];

    let mut held = app.pool.begin().await.unwrap();
    sqlx::query("select id from product where id = $1 for no key update")
        .bind(id)
        .execute(&mut *held)
        .await
        .unwrap();
    let tasks = to.map(|to| {
        let (pool, actor) = (app.pool.clone(), app.founder());
        tokio::spawn(async move { service::hand_over(&pool, &actor, id, 1, to).await })
    });
    somebody_waits(&app.pool).await;
    held.rollback().await.unwrap();
    let mut ends = vec![];
    for task in tasks {
        ends.push(task.await.unwrap().map_err(|error| code::<()>(Err(error))));
    }

    ends.sort_unstable();
    assert_eq!(ends, [Ok(()), Err("stale")]);
    assert_eq!(given::events(&app, "product_handed_over").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn who_becomes_lead_pm_does_not_become_an_apprentice_meanwhile_nor_the_other_way_round() {
    for learns_first in [true, false] {
        let app = TestApp::new().await;
        let (id, _) = norvik(&app).await;
        let okafor = app.person("Samuel Okafor", "").await;
        let mut held = app.pool.begin().await.unwrap();
        sqlx::query("select id from member where id = $1 for no key update")
            .bind(okafor)
            .execute(&mut *held)
            .await
            .unwrap();
        let (pool, actor): (_, Actor) = (app.pool.clone(), app.founder());
        let learning =
            async move || service::begin_apprenticeship(&pool, &actor, id, okafor).await.map(drop);
        let (pool, actor) = (app.pool.clone(), app.founder());
        let leading = async move || service::hand_over(&pool, &actor, id, 1, okafor).await;

        // Who waits first for a row gets it first.
        let (first, second) = if learns_first {
            let first = tokio::spawn(async move { learning().await });
            somebody_waits(&app.pool).await;
            (first, tokio::spawn(async move { leading().await }))
        } else {
            let first = tokio::spawn(async move { leading().await });
            somebody_waits(&app.pool).await;
            (first, tokio::spawn(async move { learning().await }))
        };
        two_wait(&app).await;
        held.rollback().await.unwrap();

        first.await.unwrap().unwrap();
        assert_eq!(
            code(second.await.unwrap()),
            "apprentice_is_lead",
            "learns first: {learns_first}"
        );
        assert_well(&app).await;
    }
}

/// Waits until two sessions wait for a lock.
async fn two_wait(app: &TestApp) {
    let sql = "select count(*) from pg_stat_activity \
               where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, i64>(sql).fetch_one(&app.pool).await.unwrap() >= 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("fewer than two wait");
}

#[tokio::test]
async fn the_database_lets_nobody_be_lead_pm_and_apprentice_by_any_path_at_any_isolation() {
    const LEARN: &str = "insert into apprenticeship (organization_id, id, product_id, member_id, from_at, from_event) \
        select organization_id, gen_random_uuid(), id, $2, lead_at, lead_event from product where id = $1";
    const LEAD: &str = "update product set lead_id = $2 where id = $1";
    for isolation in ["read committed", "repeatable read"] {
        for (first, second) in [(LEARN, LEAD), (LEAD, LEARN)] {
            let app = TestApp::new().await;
            let (id, _) = norvik(&app).await;
            let okafor = app.person("Samuel Okafor", "").await;
            let begin = format!("begin isolation level {isolation}");
            let mut one = app.pool.begin_with(sqlx::AssertSqlSafe(begin.clone())).await.unwrap();
            let mut two = app.pool.begin_with(sqlx::AssertSqlSafe(begin)).await.unwrap();
            // Both have looked before either changes anything.
            for tx in [&mut one, &mut two] {
                sqlx::query("select count(*) from product").execute(&mut **tx).await.unwrap();
            }

            sqlx::query(first).bind(id).bind(okafor).execute(&mut *one).await.unwrap();
            let waiting = tokio::spawn(async move {
                sqlx::query(second).bind(id).bind(okafor).execute(&mut *two).await?;
                two.commit().await
            });
            somebody_waits(&app.pool).await;
            one.commit().await.unwrap();

            let error = waiting.await.unwrap().unwrap_err();
            let refused = error.as_database_error().unwrap();
            match isolation {
                "read committed" => {
                    assert_eq!(refused.constraint(), Some("product_lead_is_no_apprentice"));
                }
                _ => assert_eq!(refused.code().as_deref(), Some("40001")),
            }
            let both = count(&app, "select count(*) from product p join apprenticeship a on a.member_id = p.lead_id and a.until_at is null").await;
            assert_eq!(both, 0, "{isolation}: {second}");
        }
    }
}

#[tokio::test]
async fn a_squad_that_is_being_dissolved_serves_nothing_new_meanwhile() {
    let app = TestApp::new().await;
    let (id, _) = norvik(&app).await;
    let squad = given::squad(&app, "Fair Bills").await;

    let mut dissolving = app.pool.begin().await.unwrap();
    sqlx::query("update team set state = 'dissolved' where id = $1")
        .bind(squad)
        .execute(&mut *dissolving)
        .await
        .unwrap();
    let (pool, actor, first) =
        (app.pool.clone(), app.founder(), (WipLimit::FIRST, WipLimit::FIRST));
    let serving =
        tokio::spawn(async move { service::serve(&pool, &actor, id, squad, first).await });
    somebody_waits(&app.pool).await;
    dissolving.commit().await.unwrap();

    assert_eq!(code(serving.await.unwrap()), "team_dissolved");
}
