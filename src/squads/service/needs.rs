//! Use cases on what a squad needs: by its own members and, while it is forming, by those who design it.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::lock_one;
use crate::actor::Actor;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{SkillId, TeamId};
use crate::rule::Rule;
use crate::squads::db::{self, LockedSquad};
use crate::squads::domain::Need;
use crate::transaction::{Begun, begin};

/// Who may say what a squad needs, for a refusal.
pub const NEEDERS: &str =
    "Only the squad's own members say what it needs; while it is forming, leaders and admins too.";

/// The squad has this need already, written by somebody else a moment ago.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is already among the needs. Change it there.")]
struct AlreadyNeeded(String);

impl Rule for AlreadyNeeded {
    fn code(&self) -> &'static str {
        "already_needed"
    }
    fn field(&self) -> Option<&'static str> {
        Some("skill")
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

async fn lock_for_needs(tx: &mut PgConnection, actor: &Actor, team: TeamId) -> Result<LockedSquad> {
    let squad = lock_one(tx, actor, team).await?;
    let is_member = db::is_member(&mut *tx, actor.tenant, team, actor.member).await?;
    if is_member || actor.roles.may_design() {
        squad.may_change()?;
    }
    if !squad.may_be_told_needs(actor.roles, is_member) {
        return Err(Error::Forbidden(NEEDERS.into()));
    }
    Ok(squad)
}

/// Says that a squad needs a skill: anew without a `version`, else instead of what was said.
pub async fn set_need(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    skill: SkillId,
    version: Option<i32>,
    need: Need,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = lock_for_needs(&mut tx, actor, team).await?;
    let name = db::skill_name(&mut *tx, actor.tenant, skill).await?.ok_or(Error::NotFound)?;
    let before = db::find_need(&mut *tx, actor.tenant, team, skill).await?;
    let done = match version {
        None => {
            db::insert_need(&mut tx, actor.tenant, team, skill, need)
                .await
                .on_constraint("skill_need_pkey", AlreadyNeeded(name.clone()))?;
            true
        }
        Some(version) => db::update_need(&mut tx, actor.tenant, team, skill, version, need).await?,
    };
    if !done {
        return Err(Error::Stale);
    }
    let event = NewEvent::new(
        "need_set",
        format!("set the need for {name} in {}", squad.name),
        [team.0, skill.0],
    )
    .change(
        before.map(|kept| json!({"skill": kept.skill, "level": kept.level, "people": kept.people})),
        json!({"skill": name, "level": need.level, "people": need.people}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says that a squad does not need a skill any more.
pub async fn remove_need(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    skill: SkillId,
    version: i32,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = lock_for_needs(&mut tx, actor, team).await?;
    let kept = db::find_need(&mut *tx, actor.tenant, team, skill).await?.ok_or(Error::NotFound)?;
    if !db::delete_need(&mut tx, actor.tenant, team, skill, version).await? {
        return Err(Error::Stale);
    }
    let event = NewEvent::new(
        "need_removed",
        format!("removed {} from what {} needs", kept.skill, squad.name),
        [team.0, skill.0],
    )
    .change(json!({"skill": kept.skill, "level": kept.level, "people": kept.people}), None);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
