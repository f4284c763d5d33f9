//! What a person may do with imports.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;

use super::apply::carry_out;
use super::db;
use super::domain::{Counts, Files, Outcomes, UploadRefused, grouped};
use super::plan::{Plan, Standing, emails, plan, team_names};
use super::upload::{self, Sent};
use crate::accounts::service::allow;
use crate::actor::{Actor, Tenant};
use crate::error::{Error, Result};
use crate::ids::{ImportId, MemberId, TeamId};
use crate::organizations::service::must_administer;
use crate::transaction::{Begun, Change, begin};

/// Keeps the files of an import for its dry run. Changes nothing else.
pub async fn upload(
    pool: &PgPool,
    actor: &Actor,
    sent: &[Sent],
    per_hour: u32,
) -> Result<ImportId> {
    must_administer(actor)?;
    let (_, texts) = upload::read(sent)?;
    let user = actor.user.map_or(actor.member.0, |user| user.0).to_string();
    let per_minute = f64::from(per_hour) / 60.0;
    allow(pool, "import", &user, per_hour, per_minute, actor.at).await?;
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let id = ImportId::new();
    db::insert(&mut tx, actor, id, &texts).await?;
    tx.done(id).await
}

/// What an import would do now. Changes nothing.
pub async fn dry_run(pool: &PgPool, tenant: Tenant, texts: &serde_json::Value) -> Result<Outcomes> {
    let files = upload::kept(texts);
    let mut connection = pool.acquire().await?;
    let now = db::load(&mut connection, tenant, &emails(&files), &team_names(&files)).await?;
    Ok(plan(&files, &now).outcomes)
}

/// What applying an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// How many rows came out how.
    pub counts: Counts,
    /// How many came out otherwise than the dry run had said.
    pub differing: usize,
    /// Whether it had been applied before; then nothing happened now.
    pub is_repeated: bool,
}

impl Applied {
    /// What is said once it is done.
    pub fn sentence(self) -> String {
        if self.is_repeated {
            return "This import was applied before. Nothing was changed again.".to_owned();
        }
        let Counts { added, changed, unchanged, refused } = self.counts;
        let [added, changed, unchanged, refused] =
            [added, changed, unchanged, refused].map(grouped);
        format!(
            "Imported: {added} added, {changed} changed, {unchanged} unchanged, {refused} refused."
        )
    }
}

/// Applies an import, once: plans it again under locks and carries the plan out. `seen` is what the dry run had
/// shown ([`Outcomes::seen`]); what differs from it is noted in the outcome.
pub async fn apply(pool: &PgPool, actor: &Actor, import: ImportId, seen: &str) -> Result<Applied> {
    must_administer(actor)?;
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (texts, is_applied) =
        db::lock(&mut tx, actor.tenant, import).await?.ok_or(Error::NotFound)?;
    if is_applied {
        let counts = Counts::default();
        return tx.done(Applied { counts, differing: 0, is_repeated: true }).await;
    }
    if !db::take_turn(&mut tx, actor.tenant).await? {
        return Err(UploadRefused::AnotherRuns.into());
    }
    let files = upload::kept(&texts);
    let now = lock_and_load(&mut tx, actor.tenant, &files).await?;
    let Plan { mut outcomes, changes } = plan(&files, &now);
    outcomes.compare(seen);
    carry_out(&mut tx, actor, &now, changes).await?;
    db::update_applied(&mut tx, actor, import, &json!(outcomes)).await?;
    let differing = outcomes.differing();
    tx.done(Applied { counts: outcomes.counts, differing, is_repeated: false }).await
}

/// Locks the members and the teams that the files name, in the order of their ids, then looks what is there.
async fn lock_and_load(tx: &mut Change, tenant: Tenant, files: &Files) -> Result<Standing> {
    let (emails, names) = (emails(files), team_names(files));
    let members = db::members_by_email(tx, tenant, &emails).await?;
    db::lock_members(tx, tenant, &members).await?;
    let teams = db::teams_by_name(tx, tenant, &names).await?;
    db::lock_teams(tx, tenant, &teams).await?;
    let now = db::load(tx, tenant, &emails, &names).await?;
    // Somebody got an address, or a team a name, between the look and the lock: look again.
    let members: HashSet<MemberId> = members.into_iter().collect();
    let teams: HashSet<TeamId> = teams.into_iter().collect();
    let all_locked = now.members.values().all(|member| members.contains(&member.id))
        && now.teams.values().all(|team| teams.contains(&team.id));
    if all_locked { Ok(now) } else { Err(Error::Again) }
}

/// How long the files of a dry run wait to be applied.
const WAITING: TimeDelta = TimeDelta::days(1);

/// Forgets the dry runs that nobody applied within a day, with the files that they hold.
pub async fn forget_waiting(pool: &PgPool, now: DateTime<Utc>) -> Result<()> {
    for organization in db::delete_waiting(pool, now - WAITING).await? {
        tracing::info!(%organization, "a dry run that nobody applied was forgotten");
    }
    Ok(())
}
