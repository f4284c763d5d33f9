//! What a board costs does not grow with its backlog; what the doctor says of one that was broken.

use trellis::backlog::service;
use trellis::doctor;

use super::{group, ready};
use crate::budgets::{Statements, logging, rows_read};
use crate::harness::TestApp;
use crate::seen::assert_well;

/// Adds items by SQL, since there are many: ready, proposed, and done in the months before.
pub async fn fill(app: &TestApp, product: trellis::ids::ProductId, n: i32) {
    sqlx::query(
        "insert into backlog_item (organization_id, id, product_id, number, title, why, breadth, stage, rank, stage_at, stage_event, proposed_by, proposed_at)
         select p.organization_id, gen_random_uuid(), p.id, 1000 + n, 'Problem ' || n, 'Why', 'problem',
                case n % 4 when 0 then 'ready' when 1 then 'proposed' else 'done' end, 'Z' || lpad(n::text, 9, '0') || '1',
                now() - interval '90 days', p.lead_event, p.lead_id, now() - interval '90 days'
         from product p, generate_series(1, $2) as n where p.id = $1",
    )
    .bind(product)
    .bind(n)
    .execute(&app.pool)
    .await
    .unwrap();
    sqlx::query("update product set items = 1000 + $2 where id = $1")
        .bind(product)
        .bind(n)
        .execute(&app.pool)
        .await
        .unwrap();
    sqlx::raw_sql("vacuum analyze backlog_item").execute(&app.pool).await.unwrap();
}

#[tokio::test]
async fn a_board_asks_three_things_and_reads_as_much_of_twenty_thousand_items_as_of_two_thousand() {
    let mut read = vec![];
    for n in [2_000, 20_000] {
        let app = TestApp::new().await;
        let group = group(&app, &["Fair Bills", "EV at Home"]).await;
        ready(&app, &group, 40).await;
        for squad in 0..2 {
            let (squad, member) = group.squad(&app, squad);
            let top: i32 = sqlx::query_scalar(
                "select number from backlog_item where stage = 'ready' order by rank limit 1",
            )
            .fetch_one(&app.pool)
            .await
            .unwrap();
            service::pull(&app.pool, &member, group.product, top, squad, None).await.unwrap();
        }
        fill(&app, group.product, n).await;
        let own = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .connect(app.database_url())
            .await
            .unwrap();
        let router =
            trellis::app(trellis::AppState::new(own.clone(), trellis::config::Config::default()));
        let mut member = group.squads[0].1.at(router);
        let path = app.at("/products/norvik-app");
        for _ in 0..7 {
            member.get(&path).await.assert_ok();
        }
        read.push(rows_read(&app, &mut member, &own, &path).await);

        let listened = Statements::listen();
        let mut member = group.squads[0].1.at(logging(&app).await);
        member.get("/").await;
        listened.take();
        member.get(&app.at("/squads")).await;
        listened.take();
        member.get(&path).await.assert_ok();
        let sent = listened.take();
        // The visitor, the product, its lanes, its cards.
        assert!(sent.len() <= 4, "{}", sent.join("\n"));
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let exponent = (read[1] as f64 / read[0] as f64).log10();
    assert!(exponent <= 0.10, "{read:?}: exponent {exponent:.2}");
}

#[tokio::test]
async fn the_doctor_finds_what_is_off_in_a_backlog() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 3).await;
    let (squad, member) = group.squad(&app, 0);
    service::pull(&app.pool, &member, group.product, 1, squad, None).await.unwrap();
    assert_well(&app).await;

    for (sql, found) in [
        (
            "update product_squad set in_progress = 2",
            "H4: norvik-energy: Fair Bills has 1, 0 and 0 of Norvik App in hand, and 2, 0 and 0 are counted",
        ),
        (
            "alter table backlog_item disable trigger user; update backlog_item set stage = 'proposed' where number = 2",
            "stands where no step led it",
        ),
        ("update product set items = 2", "has a number that its product has not given"),
        (
            "alter table backlog_item drop constraint backlog_item_rank_key; update backlog_item set rank = (select rank from backlog_item where number = 1) where number = 2",
            "shares its rank with another",
        ),
        (
            "alter table backlog_item disable trigger backlog_item_stays",
            "the trigger backlog_item_stays on the table backlog_item is gone or switched off",
        ),
        (
            "update membership set until_at = from_at, until_event = from_event, from_at = from_at - interval '1 day'",
            "was taken a step by somebody who was not in the squad",
        ),
    ] {
        let mut tx = app.pool.begin().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let off: Vec<_> = doctor::examine(&app.pool)
            .await
            .unwrap()
            .into_iter()
            .flat_map(|check| {
                check.off.into_iter().map(move |off| format!("{}: {off}", check.rule))
            })
            .collect();
        assert!(off.iter().any(|line| line.contains(found)), "{sql}: {off:#?}");
    }
}
