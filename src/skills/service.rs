//! What a person may do with skills.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};

use super::db;
use super::domain::{
    CapabilityFixed, Rating, RatingRefused, SkillDescription, SkillName, SkillNameTaken, in_words,
};
use crate::actor::{Actor, DESIGNERS};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MemberId, SkillId};
use crate::transaction::{Begun, begin};

/// Gives a new organization its catalogue: the four core capabilities.
pub async fn seed_in(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    Ok(db::insert_capabilities(tx, actor.tenant).await?)
}

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

/// Adds a craft to the catalogue.
pub async fn create(
    pool: &PgPool,
    actor: &Actor,
    name: &SkillName,
    description: &SkillDescription,
) -> Result<SkillId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let id = SkillId::new();
    db::insert(&mut tx, actor.tenant, id, name, description)
        .await
        .on_constraint("skill_name_key", SkillNameTaken)?;
    let event = NewEvent::new("skill_added", format!("added the skill {name}"), [id.0])
        .change(None, json!({"name": name, "description": description}));
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Renames and describes a craft. A core capability keeps its words.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    id: SkillId,
    version: i32,
    name: &SkillName,
    description: &SkillDescription,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    must_design(actor)?;
    let skill = db::lock(&mut tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    if skill.is_capability {
        return Err(CapabilityFixed.into());
    }
    let fresh = db::update_words(&mut tx, actor.tenant, id, version, name, description)
        .await
        .on_constraint("skill_name_key", SkillNameTaken)?;
    if !fresh {
        return Err(Error::Stale);
    }
    let summary = if skill.name == name.as_str() {
        format!("described the skill {name}")
    } else {
        format!("renamed the skill {} to {name}", skill.name)
    };
    let event = NewEvent::new("skill_changed", summary, [id.0]).change(
        json!({"name": skill.name, "description": skill.description}),
        json!({"name": name, "description": description}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Archives a craft: nobody is offered it any more, and what was said of it stays.
pub async fn archive(pool: &PgPool, actor: &Actor, id: SkillId, version: i32) -> Result<()> {
    set_archived(pool, actor, id, version, true).await
}

/// Takes a craft back into the catalogue.
pub async fn restore(pool: &PgPool, actor: &Actor, id: SkillId, version: i32) -> Result<()> {
    set_archived(pool, actor, id, version, false).await
}

async fn set_archived(
    pool: &PgPool,
    actor: &Actor,
    id: SkillId,
    version: i32,
    archived: bool,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    must_design(actor)?;
    let skill = db::lock(&mut tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    if skill.is_capability {
        return Err(CapabilityFixed.into());
    }
    if skill.is_archived == archived {
        return tx.done(()).await;
    }
    let at = archived.then_some(actor.at);
    if !db::update_archived(&mut tx, actor.tenant, id, version, at).await? {
        return Err(Error::Stale);
    }
    let verb = if archived { "archived" } else { "restored" };
    let event = NewEvent::new(
        if archived { "skill_archived" } else { "skill_restored" },
        format!("{verb} the skill {}", skill.name),
        [id.0],
    )
    .change(json!({"archived": !archived}), json!({"archived": archived}));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Writes what a member says of their skills; answers how many changed. One event for all of them.
pub async fn rate(
    pool: &PgPool,
    actor: &Actor,
    member: MemberId,
    ratings: &[Rating],
) -> Result<usize> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let whose = db::lock_holder(&mut tx, actor.tenant, member).await?.ok_or(Error::NotFound)?;
    whose.holder.may_rate(actor).map_err(forbidden)?;
    let saved = db::of_member(&mut *tx, actor.tenant, member, true).await?;
    let (mut changed, mut names) = (vec![], vec![]);
    let (mut before, mut after) = (Map::new(), Map::new());
    for rating in ratings {
        let old = saved.iter().find(|old| old.id == rating.skill).ok_or(Error::NotFound)?;
        if (old.level, old.wants_to_learn) == (rating.level, rating.wants_to_learn) {
            continue;
        }
        if old.version != rating.version {
            return Err(Error::Stale);
        }
        changed.push(*rating);
        names.push(old.name.as_str());
        let words = |words: Option<String>| words.map_or(Value::Null, Value::String);
        before.insert(old.name.clone(), words(in_words(old.level, old.wants_to_learn)));
        after.insert(old.name.clone(), words(in_words(rating.level, rating.wants_to_learn)));
    }
    if changed.is_empty() {
        return tx.done(0).await;
    }
    db::upsert_ratings(&mut tx, actor.tenant, member, &changed, actor.at).await?;
    let whose_skills = if actor.member == member {
        "their skills".into()
    } else {
        format!("the skills of {}", whose.name)
    };
    let subjects = std::iter::once(member.0).chain(changed.iter().map(|rating| rating.skill.0));
    let event = NewEvent::new(
        "skills_rated",
        format!("rated {whose_skills}: {}", some_of(&names)),
        subjects,
    )
    .change(Value::Object(before), Value::Object(after));
    history::record(&mut tx, actor, event).await?;
    tx.done(changed.len()).await
}

/// Confirms another member's level, which is as it was when the form was loaded.
pub async fn confirm(
    pool: &PgPool,
    actor: &Actor,
    member: MemberId,
    skill: SkillId,
    version: i32,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    let whose = db::lock_holder(&mut tx, actor.tenant, member).await?.ok_or(Error::NotFound)?;
    let saved = db::of_member(&mut *tx, actor.tenant, member, true).await?;
    let old = saved.iter().find(|old| old.id == skill).ok_or(Error::NotFound)?;
    whose.holder.may_confirm(actor)?;
    let level = old.level.ok_or(RatingRefused::NoLevel)?;
    let is_fresh =
        db::update_confirmed(&mut tx, actor.tenant, member, skill, version, actor.member, actor.at)
            .await?;
    if !is_fresh {
        return Err(Error::Stale);
    }
    let summary = format!("confirmed {} of {}: {level}", old.name, whose.name);
    let event = NewEvent::new("skill_confirmed", summary, [member.0, skill.0]).change(
        json!({"level": level.words(), "confirmed_by": old.confirmed_by}),
        json!({"level": level.words(), "confirmed_by": actor.name}),
    );
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says of levels that they are still true.
pub async fn say_still_true(
    pool: &PgPool,
    actor: &Actor,
    member: MemberId,
    skills: &[SkillId],
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    let whose = db::lock_holder(&mut tx, actor.tenant, member).await?.ok_or(Error::NotFound)?;
    whose.holder.may_rate(actor).map_err(forbidden)?;
    let saved = db::of_member(&mut *tx, actor.tenant, member, true).await?;
    let mut names = vec![];
    let (mut before, mut after) = (Map::new(), Map::new());
    for skill in skills {
        let old = saved.iter().find(|old| old.id == *skill).ok_or(Error::NotFound)?;
        let level = old.level.ok_or(RatingRefused::NoLevel)?;
        names.push(old.name.as_str());
        let said = |at: Option<DateTime<Utc>>| {
            let day = at.map(|at| at.date_naive().to_string()).unwrap_or_default();
            Value::String(format!("{level}, rated {day}"))
        };
        before.insert(old.name.clone(), said(old.rated_at));
        after.insert(old.name.clone(), said(Some(actor.at)));
    }
    if names.is_empty() {
        return tx.done(()).await;
    }
    db::update_rated_at(&mut tx, actor.tenant, member, skills, actor.at).await?;
    let of = if actor.member == member { String::new() } else { format!(" of {}", whose.name) };
    let subjects = std::iter::once(member.0).chain(skills.iter().map(|skill| skill.0));
    let event = NewEvent::new(
        "skills_still_true",
        format!("said that these skills{of} are still true: {}", some_of(&names)),
        subjects,
    )
    .change(Value::Object(before), Value::Object(after));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The first names, and how many more.
fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// Whose skills are not one's own is a matter of rights, not of what was typed.
fn forbidden(refused: RatingRefused) -> Error {
    match refused {
        RatingRefused::NotYours => Error::Forbidden(refused.to_string().into()),
        other => other.into(),
    }
}
