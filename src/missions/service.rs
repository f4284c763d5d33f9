//! What a person may do with a mission.

use chrono_tz::Tz;
use serde_json::json;
use sqlx::PgPool;

use super::db;
use super::domain::{AUTHORS, Dissolved, MissionText, NothingWritten, StaysComplete};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::TeamId;
use crate::transaction::{Begun, begin};

/// Writes a new version of a squad's mission and answers its number. It holds at once. `base` is the version that
/// the author had before them, 0 without any: somebody else's newer one is not overwritten unseen. The same text
/// again is no new version. Its review date is on the author's own day or later.
pub async fn write(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    base: i32,
    text: &MissionText,
) -> Result<i32> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = db::lock_squad(&mut tx, actor, squad).await?.ok_or(Error::NotFound)?;
    if !squad.may_write_mission(actor.roles) {
        return Err(Error::Forbidden(AUTHORS.into()));
    }
    if squad.is_dissolved() {
        return Err(Dissolved.into());
    }
    if squad.mission_version != base {
        return Err(Error::Stale);
    }
    if squad.is_active() && !text.is_complete() {
        return Err(StaysComplete(text.missing()).into());
    }
    if text.is_empty() {
        return Err(NothingWritten.into());
    }
    let zone = db::find_time_zone(&mut *tx, actor.tenant, actor.member).await?;
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    text.check_review(actor.at.with_timezone(&zone).date_naive())?;
    let before = db::find(&mut *tx, actor.tenant, squad.id, base).await?;
    if before.as_ref().is_some_and(|before| before.text == *text) {
        return tx.done(base).await;
    }
    let version = base + 1;
    let what = if version == 1 { "wrote the mission of" } else { "changed the mission of" };
    let event = NewEvent::new("mission_written", format!("{what} {}", squad.name), [squad.id.0])
        .change(before.map(|before| json!(before.text)), json!(text));
    db::insert(&mut tx, actor, squad.id, version, text, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(version).await
}
