//! Tests of undo: each inverse, the refusals, and two who undo at once.

mod items;
mod liaisons;
mod memberships;
mod offer;
mod texts;

use crate::given;
use crate::harness::{Answer, TestApp, Visitor};
use crate::seen::somebody_waits;
use axum::http::StatusCode;
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time::sleep;
use trellis::actor::Actor;
use trellis::ids::{EventId, HatId, LinkId, MemberId, MembershipId, SkillId, TeamId};
use trellis::links::{self, LinkKind};
use trellis::missions::service::write;
use trellis::skills::{Level, Rating, SkillDescription, SkillName};
use trellis::squads::{
    Allocation, Description, Need, NewMembership, Pattern, SquadChanges, SquadName,
};
use trellis::text::Reason;
use trellis::{core_teams, members, metrics, missions, skills, squads};

/// The newest event.
async fn newest(app: &TestApp) -> EventId {
    sqlx::query_scalar("select id from event where organization_id = $1 order by seq desc limit 1")
        .bind(app.tenant().organization_id())
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

async fn count_events(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from event").fetch_one(&app.pool).await.unwrap()
}

/// Undoes an event and answers the notice of the next page.
async fn undo(app: &TestApp, visitor: &mut Visitor, event: EventId) -> String {
    let before = count_events(app).await;
    let answer = visitor.post(&app.at(&format!("/undo/{event}")), "").await;
    let to = answer.assert_redirect().to_owned();
    let page = visitor.get(&to).await;
    let said = page.text(".toast .txt");
    let events = i64::from(said.starts_with("Undone: ") || said.starts_with("Done again: "));
    assert_eq!(count_events(app).await - before, events, "an undo is one event: {said}");
    said
}

/// Undoes the newest event, which has to work.
async fn undo_newest(app: &TestApp, visitor: &mut Visitor) -> String {
    let event = newest(app).await;
    let said = undo(app, visitor, event).await;
    assert!(said.starts_with("Undone: ") || said.starts_with("Done again: "), "{said}");
    let undone: EventId = sqlx::query_scalar("select undoes from event where id = $1")
        .bind(newest(app).await)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(undone, event, "the undo names what it undid");
    said
}

/// Who is in a team: name, share, hats.
async fn inside(app: &TestApp, team: TeamId) -> Vec<String> {
    sqlx::query_scalar(
        "select m.name || ' ' || x.allocation || coalesce((select ' ' || string_agg(h.name, ',' order by h.name) \
         from membership_hat w join hat h on h.id = w.hat_id where w.membership_id = x.id), '') \
         from membership x join member m on m.id = x.member_id where x.team_id = $1 and x.until_at is null order by m.name",
    )
    .bind(team)
    .fetch_all(&app.pool)
    .await
    .unwrap()
}

async fn membership(app: &TestApp, team: TeamId, member: MemberId) -> MembershipId {
    sqlx::query_scalar(
        "select id from membership where team_id = $1 and member_id = $2 and until_at is null",
    )
    .bind(team)
    .bind(member)
    .fetch_one(&app.pool)
    .await
    .unwrap()
}

async fn hat(app: &TestApp, name: &str) -> HatId {
    let hat = sqlx::query_scalar("select id from hat where organization_id = $1 and name = $2");
    hat.bind(app.tenant().organization_id()).bind(name).fetch_one(&app.pool).await.unwrap()
}

async fn text(app: &TestApp, sql: &'static str, id: impl Into<uuid::Uuid>) -> String {
    sqlx::query_scalar(sql).bind(id.into()).fetch_one(&app.pool).await.unwrap()
}

async fn state(app: &TestApp, team: TeamId) -> String {
    text(app, "select state from team where id = $1", team.0).await
}

async fn join_as(app: &TestApp, team: TeamId, member: MemberId, percent: i16, hats: &[HatId]) {
    let new = NewMembership {
        member,
        allocation: Allocation::new(percent).unwrap(),
        hats: hats.to_vec(),
    };
    squads::service::add_members(&app.pool, &given::designer(app), team, &[new]).await.unwrap();
}

fn reason() -> Reason {
    Reason::parse("Because").unwrap()
}
