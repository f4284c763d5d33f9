//! H1 and H7 by every path, each side of each boundary, through the services and past them.

use sqlx::PgPool;
use trellis::actor::Roles;
use trellis::history::NewEvent;
use trellis::ids::{MembershipId, TeamId};
use trellis::squads::{Allocation, Need, service};
use trellis::text::Reason;
use uuid::Uuid;

use super::*;

/// The constraint that refuses a statement, or that its commit meets.
async fn constraint(pool: &PgPool, sql: &str, team: TeamId) -> Option<String> {
    let mut tx = pool.begin().await.unwrap();
    let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(team).execute(&mut *tx).await;
    let error = match done {
        Ok(_) => tx.commit().await.err()?,
        Err(error) => error,
    };
    error.as_database_error()?.constraint().map(ToOwned::to_owned)
}

const ADD_BY_SQL: &str = "insert into membership (organization_id, id, team_id, member_id, allocation, from_at, from_event) \
    select t.organization_id, gen_random_uuid(), t.id, m.id, 50, now(), t.state_event from team t \
    join member m on m.organization_id = t.organization_id \
    where t.id = $1 and not exists (select from membership s where s.team_id = t.id and s.member_id = m.id) limit 1";
const END_BY_SQL: &str = "update membership set until_at = now() + interval '1 hour', until_event = from_event \
    where id = (select id from membership where team_id = $1 and until_at is null limit 1)";

#[tokio::test]
async fn the_tenth_joins_and_the_eleventh_is_refused() {
    let app = TestApp::new().await;
    let people = app.people(11).await;
    let team = forming(&app, "Otters", &people[..9]).await;

    add(&app, team, &people[9..10]).await.unwrap();
    let refused = code(add(&app, team, &people[10..]).await);

    assert_eq!(refused, "squad_full");
    assert_eq!(count(&app.pool, team).await, 10);
}

#[tokio::test]
async fn several_at_once_fill_a_squad_and_one_more_leaves_it_as_it_was() {
    let app = TestApp::new().await;
    let people = app.people(11).await;
    let team = forming(&app, "Otters", &people[..7]).await;

    assert_eq!(code(add(&app, team, &people[7..]).await), "squad_full");
    assert_eq!(count(&app.pool, team).await, 7);
    add(&app, team, &people[7..10]).await.unwrap();

    assert_eq!(count(&app.pool, team).await, 10);
}

#[tokio::test]
async fn sql_alone_cannot_add_an_eleventh() {
    let app = TestApp::new().await;
    let people = app.people(12).await;
    let team = forming(&app, "Otters", &people[..9]).await;

    assert_eq!(constraint(&app.pool, ADD_BY_SQL, team).await, None);
    let refused = constraint(&app.pool, ADD_BY_SQL, team).await;

    assert_eq!(refused.as_deref(), Some("squad_max_members"));
    assert_eq!(count(&app.pool, team).await, 10);
}

#[tokio::test]
async fn an_active_squad_of_7_loses_one_and_of_6_none() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let team = active(&app, "Otters", &people).await;

    remove(&app, team, people[0]).await.unwrap();
    let refused = code(remove(&app, team, people[1]).await);

    assert_eq!(refused, "squad_too_small");
    assert_eq!(count(&app.pool, team).await, 6);
}

#[tokio::test]
async fn sql_alone_cannot_make_an_active_squad_too_small() {
    let app = TestApp::new().await;
    let people = app.people(7).await;
    let team = active(&app, "Otters", &people).await;

    assert_eq!(constraint(&app.pool, END_BY_SQL, team).await, None);
    let refused = constraint(&app.pool, END_BY_SQL, team).await;

    assert_eq!(refused.as_deref(), Some("squad_min_members"));
    assert_eq!(count(&app.pool, team).await, 6);
}

#[tokio::test]
async fn a_squad_becomes_active_at_6_and_not_at_5() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let team = forming(&app, "Otters", &people[..5]).await;
    prepare(&app, team).await;

    assert_eq!(code(activate(&app, team).await), "squad_not_ready");
    add(&app, team, &people[5..]).await.unwrap();
    activate(&app, team).await.unwrap();

    assert_eq!(state(&app.pool, team).await, "active");
}

#[tokio::test]
async fn everything_that_is_missing_is_said_at_once() {
    let app = TestApp::new().await;
    let people = app.people(4).await;
    let team = forming(&app, "Otters", &people).await;

    let refused = activate(&app, team).await.unwrap_err();

    let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
    for part in
        ["2 more members", "customer", "value", "sign of success", "review date", "goal metric"]
    {
        assert!(refusal.message.contains(part), "{}", refusal.message);
    }
}

#[tokio::test]
async fn sql_alone_cannot_activate_without_mission_and_goal() {
    let app = TestApp::new().await;
    let people = app.people(6).await;
    let team = forming(&app, "Otters", &people).await;
    let sql = "update team set state = 'active' where id = $1";

    assert_eq!(constraint(&app.pool, sql, team).await.as_deref(), Some("squad_active_mission"));
    prepare(&app, team).await;
    sqlx::query("update metric set is_goal = false where team_id = $1")
        .bind(team)
        .execute(&app.pool)
        .await
        .unwrap();

    assert_eq!(constraint(&app.pool, sql, team).await.as_deref(), Some("squad_active_goal_metric"));
}

#[tokio::test]
async fn a_swap_works_at_6_and_at_10() {
    let app = TestApp::new().await;
    let people = app.people(18).await;
    let small = active(&app, "Small", &people[..6]).await;
    let large = forming(&app, "Large", &people[6..16]).await;
    let half = Allocation::new(50).unwrap();

    for (team, out, in_) in [(small, people[0], people[16]), (large, people[6], people[17])] {
        let out = membership(&app.pool, team, out).await;
        service::swap(&app.pool, &app.founder(), out, in_, half, &[]).await.unwrap();
    }

    assert_eq!((count(&app.pool, small).await, count(&app.pool, large).await), (6, 10));
    assert_eq!(state(&app.pool, small).await, "active");
}

#[tokio::test]
async fn a_move_keeps_both_squads_within_their_limits() {
    let app = TestApp::new().await;
    let people = app.people(17).await;
    let seven = active(&app, "Seven", &people[..7]).await;
    let nine = forming(&app, "Nine", &people[7..16]).await;
    let half = Allocation::new(50).unwrap();
    let first = membership(&app.pool, seven, people[0]).await;
    let second = membership(&app.pool, seven, people[1]).await;
    let third = membership(&app.pool, nine, people[7]).await;

    service::move_member(&app.pool, &app.founder(), first, nine, half).await.unwrap();
    let too_many = code(service::move_member(&app.pool, &app.founder(), second, nine, half).await);
    service::move_member(&app.pool, &app.founder(), third, seven, half).await.unwrap();
    remove(&app, seven, people[7]).await.unwrap();
    let too_few = code(service::move_member(&app.pool, &app.founder(), second, nine, half).await);

    assert_eq!((too_many, too_few), ("squad_full", "squad_too_small"));
    assert_eq!((count(&app.pool, seven).await, count(&app.pool, nine).await), (6, 9));
}

#[tokio::test]
async fn leaving_returns_an_active_squad_of_6_to_forming_and_leaves_one_of_7_active() {
    let app = TestApp::new().await;
    let people = app.people(12).await;
    let six = active(&app, "Six", &people[..6]).await;
    let seven = active(&app, "Seven", &[&people[..1], &people[6..]].concat()).await;

    let preview = service::would_leave(&app.pool, app.tenant(), people[0]).await.unwrap();
    let before = events(&app.pool).await;
    let actor = app.founder();
    let mut tx = app.pool.begin().await.unwrap();
    let event = NewEvent::new("member_deactivated", "deactivated Person 000", [people[0].0]);
    let left = service::leave_all_in(&mut tx, &actor, people[0], event.id, "Person 000 left.")
        .await
        .unwrap();
    trellis::history::record(&mut tx, &actor, event).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(left, preview);
    assert_eq!(left.iter().filter(|one| one.returned_to_forming).count(), 1);
    assert_eq!(state(&app.pool, six).await, "forming");
    assert_eq!(state(&app.pool, seven).await, "active");
    assert_eq!((count(&app.pool, six).await, count(&app.pool, seven).await), (5, 6));
    assert_eq!(events(&app.pool).await, before + 1);
}

#[tokio::test]
async fn a_deactivated_person_cannot_join_or_be_swapped_in() {
    let app = TestApp::new().await;
    let people = app.people(2).await;
    let team = forming(&app, "Otters", &people[..1]).await;
    sqlx::query("update member set deactivated_at = now() where id = $1")
        .bind(people[1])
        .execute(&app.pool)
        .await
        .unwrap();
    let out = membership(&app.pool, team, people[0]).await;
    let half = Allocation::new(50).unwrap();

    assert_eq!(code(add(&app, team, &people[1..]).await), "member_deactivated");
    let swapped = service::swap(&app.pool, &app.founder(), out, people[1], half, &[]).await;
    assert_eq!(code(swapped), "member_deactivated");
}

#[tokio::test]
async fn nobody_is_in_a_squad_twice() {
    let app = TestApp::new().await;
    let people = app.people(1).await;
    let team = forming(&app, "Otters", &people).await;

    assert_eq!(code(add(&app, team, &people).await), "already_member");
    assert_eq!(code(add(&app, team, &[people[0], people[0]]).await), "member_twice");
    assert_eq!(code(add(&app, team, &[]).await), "nobody_chosen");
}

#[tokio::test]
async fn every_change_leaves_one_event() {
    let app = TestApp::new().await;
    let people = app.people(9).await;
    let actor = app.founder();
    let reason = Reason::parse("Because").unwrap();
    let half = Allocation::new(50).unwrap();
    let team = active(&app, "Otters", &people[..7]).await;
    let other = forming(&app, "Others", &[]).await;
    let skill: trellis::ids::SkillId =
        sqlx::query_scalar("select id from skill limit 1").fetch_one(&app.pool).await.unwrap();
    let mut before = events(&app.pool).await;
    let mut one_more = async |what: &str| {
        before += 1;
        assert_eq!(events(&app.pool).await, before, "{what}");
    };

    add(&app, team, &people[7..8]).await.unwrap();
    one_more("add").await;
    remove(&app, team, people[7]).await.unwrap();
    one_more("remove").await;
    let out = membership(&app.pool, team, people[0]).await;
    service::swap(&app.pool, &actor, out, people[8], half, &[]).await.unwrap();
    one_more("swap").await;
    let id = membership(&app.pool, team, people[1]).await;
    service::update_membership(&app.pool, &actor, id, 1, Allocation::FULL, &[]).await.unwrap();
    one_more("edit").await;
    service::move_member(&app.pool, &actor, id, other, half).await.unwrap();
    one_more("move").await;
    let need = Need::new(3, 2).unwrap();
    let own = Actor { member: people[2], roles: Roles::default(), ..actor.clone() };
    service::set_need(&app.pool, &own, team, skill, None, need).await.unwrap();
    one_more("need").await;
    service::remove_need(&app.pool, &own, team, skill, 1).await.unwrap();
    one_more("no need").await;
    let at = version(&app.pool, team).await;
    service::return_to_forming(&app.pool, &actor, team, at, &reason).await.unwrap();
    one_more("return").await;
    service::dissolve(&app.pool, &actor, team, at + 1, &reason).await.unwrap();
    one_more("dissolve").await;

    assert_eq!(count(&app.pool, team).await, 0);
    assert_eq!(code(add(&app, team, &people[7..8]).await), "squad_dissolved");
}

#[tokio::test]
async fn only_designers_design_and_ids_of_others_do_not_exist() {
    let app = TestApp::new().await;
    let people = app.people(1).await;
    let team = forming(&app, "Otters", &people).await;
    let member = app.member("Mateo").await;
    let stranger = app.stranger().await;
    let new = [joining(people[0])];

    let by_member = service::add_members(&app.pool, &member.actor(), team, &new).await;
    let by_stranger = service::add_members(&app.pool, &stranger.actor(), team, &new).await;
    let id = MembershipId(Uuid::now_v7());
    let unknown = service::remove_member(&app.pool, &app.founder(), id, None).await;

    assert_eq!(code(by_member), "forbidden");
    assert_eq!(code(by_stranger), "not_found");
    assert_eq!(code(unknown), "not_found");
}

#[tokio::test]
async fn needs_of_a_forming_squad_are_said_by_its_own_members_and_by_designers() {
    let app = TestApp::new().await;
    let (mine, other) = (app.member("Mateo").await, app.member("Clara").await);
    let team = forming(&app, "Otters", &[mine.id()]).await;
    let skills: Vec<trellis::ids::SkillId> =
        sqlx::query_scalar("select id from skill order by id").fetch_all(&app.pool).await.unwrap();
    let need = Need::new(3, 2).unwrap();
    let set = async |actor: &Actor, at: usize| {
        service::set_need(&app.pool, actor, team, skills[at], None, need).await
    };

    set(&mine.actor(), 0).await.unwrap();
    set(&app.founder(), 1).await.unwrap();

    assert_eq!(code(set(&other.actor(), 2).await), "forbidden");
    assert_eq!(code(set(&mine.actor(), 0).await), "already_needed");
    let stale = service::set_need(&app.pool, &mine.actor(), team, skills[0], Some(9), need).await;
    assert_eq!(code(stale), "stale");
}
