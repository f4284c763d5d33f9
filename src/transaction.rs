//! The beginning and the end of every use case.
//!
//! [`begin`] opens the transaction, looks once more, inside it, whether the actor may still act (ASVS 15.4.2), and claims
//! the one-time key of the form. [`Change::done`] writes the answer beside the key and
//! commits, then says so to the live pages ([`crate::hints`]). A form that arrives twice, because a browser or a proxy sent it again, finds the answer of the first
//! and has no second effect (RELIABILITY R6):
//!
//! ```text
//! let mut tx = match begin(pool, actor).await? {
//!     Begun::First(tx) => tx,
//!     Begun::Again(answer) => return Ok(answer),
//! };
//! // lock and load, ask the domain, write, record the event
//! tx.done(answer).await
//! ```
//!
//! What is promised when a role is taken away:
//!
//! - A change that begins afterwards is refused, whatever its request was let in by.
//! - One that had begun before may still end, within the 30 seconds that a request lasts. It counts as made before, and
//!   stands in the history with its author's name. The actor's row is therefore not locked here: whoever takes a role
//!   away never waits for what its owner is doing, and two people who change one another do not meet in a deadlock.
//! - What gives access away (roles, invitations, links for a new password) would outlive the role that gave it. It
//!   locks the row of who acts and asks under the lock.

use std::ops::{Deref, DerefMut};

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::actor::{Actor, Once, Origin, Roles, Tenant};
use crate::error::{Error, Result};
use crate::hints::Hints;
use crate::ids::OrganizationId;
use crate::rule::Rule;

/// The same one-time key came with another content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This form was already sent with other content. Load the page again and send it once more."
)]
pub struct KeyReused;

impl Rule for KeyReused {
    fn code(&self) -> &'static str {
        "key_reused"
    }
}

/// Somebody has taken the change back already.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has undone this already.")]
pub struct AlreadyUndone(String);

impl Rule for AlreadyUndone {
    fn code(&self) -> &'static str {
        "undone_already"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Holds the event that is taken back, before everything else, so that of two who undo it the second is told.
async fn claim_undo(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    let Some(undoes) = &actor.origin.undoes else { return Ok(()) };
    let organization = actor.tenant.organization_id().0;
    sqlx::query!(
        "select id from event where organization_id = $1 and id = $2 for no key update",
        organization,
        undoes.event.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    let by = sqlx::query_scalar!(
        r#"
        select coalesce(m.name, 'Trellis') as "name!"
        from event e
        left join member m on (m.organization_id, m.id) = (e.organization_id, e.member_id)
        where e.organization_id = $1 and e.undoes = $2
        "#,
        organization,
        undoes.event.0,
    )
    .fetch_optional(tx)
    .await?;
    by.map_or(Ok(()), |by| Err(AlreadyUndone(by).into()))
}

/// What [`begin`] found.
pub enum Begun<T> {
    /// The form came for the first time.
    First(Change),
    /// It had come before; this was the answer.
    Again(T),
}

/// A transaction of one actor. Use it wherever a connection is asked for.
pub struct Change {
    tx: Transaction<'static, Postgres>,
    key: Option<(Uuid, Uuid, Once)>,
    organization: OrganizationId,
    hints: Hints,
}

impl Deref for Change {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// Begins what `actor` does. `T` is what the use case answers.
pub async fn begin<T: DeserializeOwned>(pool: &PgPool, actor: &Actor) -> Result<Begun<T>> {
    let mut tx = pool.begin().await?;
    let organization = actor.tenant.organization_id();
    let user = actor.user.map_or(Uuid::nil(), |user| user.0);
    let standing = sqlx::query!(
        r#"
        with claimed as (
            insert into idempotency_key (organization_id, user_id, key, request_hash, at)
            select $1, $3, $4::text, $5::bytea, $6
            where $4::text is not null
            on conflict do nothing
            returning key
        )
        select (select roles from member
                where organization_id = $1 and id = $2 and deactivated_at is null) as roles,
               exists (select from claimed) as "claimed!"
        "#,
        organization.0,
        actor.member.0,
        user,
        actor.once.as_ref().map(|once| &once.key),
        actor.once.as_ref().map(|once| &once.request_hash),
        actor.at,
    )
    .fetch_one(&mut *tx)
    .await?;

    let roles = standing.roles.ok_or(Error::NotFound)?;
    if Roles::parse(&roles)? != actor.roles {
        return Err(Error::Forbidden(
            "Your roles were changed a moment ago. Load the page again.".into(),
        ));
    }
    let hints = actor.origin.hints.clone();
    let Some(once) = &actor.once else {
        claim_undo(&mut tx, actor).await?;
        return Ok(Begun::First(Change { tx, key: None, organization, hints }));
    };
    if standing.claimed {
        claim_undo(&mut tx, actor).await?;
        let key = Some((organization.0, user, once.clone()));
        return Ok(Begun::First(Change { tx, key, organization, hints }));
    }
    earlier(&mut tx, organization, user, once).await.map(Begun::Again)
}

/// The answer to a key that came before.
async fn earlier<T: DeserializeOwned>(
    tx: &mut PgConnection,
    organization: OrganizationId,
    user: Uuid,
    once: &Once,
) -> Result<T> {
    let earlier = sqlx::query!(
        "select request_hash, answer from idempotency_key where organization_id = $1 and user_id = $2 and key = $3",
        organization.0,
        user,
        once.key,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::Again)?;
    if earlier.request_hash != once.request_hash {
        return Err(KeyReused.into());
    }
    serde_json::from_value(earlier.answer.unwrap_or_default())
        .map_err(|error| Error::Internal(error.into()))
}

/// Begins what a program does that is no member, known by an id of its own: the caller has found out what it may, and asks
/// once more inside the transaction.
pub async fn begin_unattended<T: DeserializeOwned>(
    pool: &PgPool,
    tenant: Tenant,
    program: Uuid,
    once: Option<&Once>,
    origin: &Origin,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Begun<T>> {
    let mut tx = pool.begin().await?;
    let organization = tenant.organization_id();
    let hints = origin.hints.clone();
    let Some(once) = once else {
        return Ok(Begun::First(Change { tx, key: None, organization, hints }));
    };
    let claimed = sqlx::query!(
        r#"
        insert into idempotency_key (organization_id, user_id, key, request_hash, at)
        values ($1, $2, $3, $4, $5)
        on conflict do nothing
        "#,
        organization.0,
        program,
        once.key,
        once.request_hash,
        at,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if claimed == 1 {
        let key = Some((organization.0, program, once.clone()));
        return Ok(Begun::First(Change { tx, key, organization, hints }));
    }
    earlier(&mut tx, organization, program, once).await.map(Begun::Again)
}

impl Change {
    /// Keeps the answer for the same form sent again, commits, and says that something is new.
    pub async fn done<T: Serialize>(mut self, answer: T) -> Result<T> {
        if let Some((organization, user, once)) = &self.key {
            let kept =
                serde_json::to_value(&answer).map_err(|error| Error::Internal(error.into()))?;
            // A key without an answer is one whose use case answers nothing.
            if !kept.is_null() {
                sqlx::query!(
                    "update idempotency_key set answer = $4 where organization_id = $1 and user_id = $2 and key = $3",
                    organization,
                    user,
                    once.key,
                    kept,
                )
                .execute(&mut *self.tx)
                .await?;
            }
        }
        self.tx.commit().await?;
        self.hints.committed(self.organization);
        Ok(answer)
    }
}

/// Whether the form of `actor` has been carried out before: for what must be looked at before the use case begins,
/// and has changed by the form itself.
pub async fn was_done(pool: &PgPool, actor: &Actor) -> Result<bool> {
    let Some(once) = &actor.once else { return Ok(false) };
    let earlier = sqlx::query_scalar!(
        "select request_hash from idempotency_key where organization_id = $1 and user_id = $2 and key = $3",
        actor.tenant.organization_id().0,
        actor.user.map_or(Uuid::nil(), |user| user.0),
        once.key,
    )
    .fetch_optional(pool)
    .await?;
    match earlier {
        Some(hash) if hash != once.request_hash => Err(KeyReused.into()),
        earlier => Ok(earlier.is_some()),
    }
}

/// Forgets one-time keys that are older than a day.
pub async fn forget_old_keys(
    pool: &PgPool,
    now: chrono::DateTime<chrono::Utc>,
) -> sqlx::Result<u64> {
    let before = now - chrono::TimeDelta::days(1);
    Ok(sqlx::query!("delete from idempotency_key where at < $1", before)
        .execute(pool)
        .await?
        .rows_affected())
}
