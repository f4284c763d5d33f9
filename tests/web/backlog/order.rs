//! The order of a backlog: who gives it, and that it is one.

use trellis::backlog::{Bulk, Place, service};
use trellis::undo;

use super::{group, order_of, proposed, ready, reason, stage_of};
use crate::given;
use crate::harness::{TestApp, Visitor};
use crate::seen::{assert_well, code};

#[tokio::test]
async fn the_lead_pm_puts_an_item_anywhere_and_takes_it_back() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 4).await;
    let (pool, product) = (&app.pool, group.product);
    let lead = group.lead(&app);

    for (item, place, order) in [
        (4, Place::Top, [4, 1, 2, 3]),
        (4, Place::Top, [4, 1, 2, 3]),
        (4, Place::Below(1), [1, 4, 2, 3]),
        (3, Place::Above(4), [1, 3, 4, 2]),
        (1, Place::Above(2), [3, 4, 1, 2]),
        (3, Place::Bottom, [4, 1, 2, 3]),
        (4, Place::Above(1), [4, 1, 2, 3]),
        (2, Place::Below(3), [4, 1, 3, 2]),
    ] {
        service::order(pool, &lead, product, item, place).await.unwrap();
        assert_eq!(order_of(&app, &group).await, order, "{item} {place:?}");
    }
    assert_eq!(given::events(&app, "item_ordered").await, 6, "who stays leaves no event");

    let event: trellis::ids::EventId = sqlx::query_scalar(
        "select id from event where kind = 'item_ordered' order by seq desc limit 1",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    undo::service::undo(pool, &lead, event).await.unwrap();
    assert_eq!(order_of(&app, &group).await, [4, 1, 2, 3]);
    assert_eq!(code(service::order(pool, &lead, product, 4, Place::Below(4)).await), "item_itself");
    assert_eq!(code(service::order(pool, &lead, product, 9, Place::Top).await), "not_found");
    assert_well(&app).await;
}

#[tokio::test]
async fn an_apprentice_orders_by_delegation_and_it_says_so() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;
    let (pool, product, lead) = (&app.pool, group.product, group.lead(&app));
    let apprentice = app.member("Samuel Okafor").await;
    let actor = apprentice.actor();
    let id = trellis::products::service::begin_apprenticeship(pool, &lead, product, actor.member)
        .await
        .unwrap();

    let refused = service::order(pool, &actor, product, 2, Place::Top).await;
    assert_eq!(code(refused), "forbidden", "not without delegation");
    trellis::products::service::delegate(pool, &lead, id, 1, true).await.unwrap();
    service::order(pool, &actor, product, 2, Place::Top).await.unwrap();
    let (_, member) = group.squad(&app, 0);
    assert_eq!(code(service::order(pool, &member, product, 1, Place::Top).await), "forbidden");
    assert_eq!(
        code(service::order(pool, &app.founder(), product, 1, Place::Top).await),
        "forbidden",
        "a leader designs, and does not order"
    );

    let said: String = sqlx::query_scalar("select summary from event where kind = 'item_ordered'")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(
        said,
        "moved NA-2 “Problem 1” to the top of the backlog of Norvik App, as an apprentice"
    );
}

#[tokio::test]
async fn several_change_at_once_or_none_does() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    let (pool, product, lead) = (&app.pool, group.product, group.lead(&app));
    proposed(&app, &group, 3).await;
    let bulk = |items: &'static [i32], change, why: Option<&'static str>| {
        let why = why.map(reason);
        let lead = &lead;
        async move { service::bulk(pool, lead, product, items, change, why.as_ref()).await }
    };

    assert_eq!(bulk(&[3, 1, 3], Bulk::Ready, None).await.unwrap(), 2);
    assert_eq!(code(bulk(&[2, 1], Bulk::Ready, None).await), "item_elsewhere");
    assert_eq!(stage_of(&app, 2).await.word(), "proposed", "none of them");
    assert_eq!(order_of(&app, &group).await, [2, 1, 3], "in their order, after the others");
    assert_eq!(bulk(&[1, 2, 3], Bulk::Drop, Some("Nobody asks any more")).await.unwrap(), 3);
    assert_eq!(code(bulk(&[], Bulk::Ready, None).await), "nothing_chosen");
    assert_eq!(code(bulk(&[1, 99], Bulk::Ready, None).await), "not_found");
    assert_eq!(given::events(&app, "items_dropped").await, 1);
    assert_well(&app).await;
}

#[tokio::test]
async fn no_two_share_a_rank_whoever_writes_it() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 2).await;

    for sql in [
        "update backlog_item set rank = (select rank from backlog_item where number = 1) where number = 2",
        "update backlog_item set number = 1 where number = 2",
        "update backlog_item set rank = '!' where number = 2",
        "delete from backlog_item where number = 2",
        "update backlog_transition set to_stage = 'done'",
        "update backlog_item set stage = 'done' where number = 2",
    ] {
        assert!(sqlx::query(sql).execute(&app.pool).await.is_err(), "{sql}");
    }
}

/// Whoever cannot drag moves an item by one place: each menu says only what would change something.
#[tokio::test]
async fn the_menu_moves_an_item_by_one_place() {
    let app = TestApp::new().await;
    let group = group(&app, &["Fair Bills"]).await;
    ready(&app, &group, 3).await;
    let others = proposed(&app, &group, 1).await;
    let at = |below: &str| app.at(&format!("/products/norvik-app{below}"));
    let mut lead = group.lead.clone();
    let places = async |visitor: &mut Visitor, path: &str| -> Vec<String> {
        let page = visitor.get(path).await;
        page.assert_ok();
        let all = page.texts(".menu button");
        all.into_iter().filter(|it| it.starts_with("Move") || it.starts_with("To the")).collect()
    };

    for (item, expected) in [
        (1, vec!["Move down", "To the end"]),
        (2, vec!["Move up", "Move down", "To the top", "To the end"]),
        (3, vec!["Move up", "To the top"]),
        (others[0], vec![]),
    ] {
        for page in ["/moves", ""] {
            let path = at(&format!("/items/NA-{item}{page}"));
            assert_eq!(places(&mut lead, &path).await, expected, "{path}");
        }
    }
    let mut member = group.squads[0].1.clone();
    assert_eq!(places(&mut member, &at("/items/NA-2")).await, Vec::<String>::new());

    for (label, order) in
        [("Move up", [2, 1, 3, 4]), ("Move down", [1, 2, 3, 4]), ("Move down", [1, 3, 2, 4])]
    {
        let menu = lead.get(&at("/items/NA-2/moves")).await;
        let labels = menu.texts(".menu button");
        let n = labels.iter().position(|it| it == label).unwrap();
        let values: Vec<&str> = menu.html.split("name=\"do\" value=\"").skip(1).collect();
        let value = values[n].split('"').next().unwrap();
        lead.post(&at("/move"), &format!("do={value}")).await.assert_redirect();
        assert_eq!(order_of(&app, &group).await, order, "{label}: {value}");
    }
    assert_well(&app).await;
}
