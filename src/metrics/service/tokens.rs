//! Making and revoking tokens.

use serde_json::json;
use sqlx::PgPool;

use super::lock_metric;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{MetricId, MetricTokenId};
use crate::metrics::check_in::TokenName;
use crate::metrics::db;
use crate::missions;
use crate::rule::Rule;
use crate::secret;
use crate::transaction::{Begun, begin};

/// More tokens than anybody keeps apart.
pub const MAX_TOKENS: i64 = 10;

/// Why a token was not made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This metric has {MAX_TOKENS} tokens, and that is the most. Revoke one that nothing uses any more."
)]
pub struct TooManyTokens;

impl Rule for TooManyTokens {
    fn code(&self) -> &'static str {
        "too_many_tokens"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

/// Who may make and revoke tokens, for a refusal.
pub const KEEPERS: &str = "Only the squad's own members let programs check in.";

/// Makes a token for one metric; answers it, once: what comes again with the same form finds nothing.
pub async fn make_token(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    name: &TokenName,
) -> Result<Option<String>> {
    let mut tx = match begin::<()>(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(None),
    };
    let (squad, found) = lock_metric(&mut tx, actor, metric).await?;
    if !squad.is_member {
        return Err(Error::Forbidden(KEEPERS.into()));
    }
    if db::count_tokens(&mut *tx, actor.tenant, metric).await? >= MAX_TOKENS {
        return Err(TooManyTokens.into());
    }
    let (id, token) = (MetricTokenId::new(), format!("{PREFIX}{}", secret::token()));
    let hash = secret::sha256(&[token.as_bytes()]);
    db::insert_token(&mut tx, actor, id, metric, name.as_str(), &hash).await?;
    let summary = format!("made the token “{name}” for “{}” of {}", found.metric.name, squad.name);
    let event = NewEvent::new("metric_token_made", summary, [squad.id.0, metric.0])
        .change(None, json!({"token": name}));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await?;
    Ok(Some(token))
}

/// How every token of a metric begins, so that whoever finds one knows what it is.
pub const PREFIX: &str = "trellis_m_";

/// Revokes a token, at once. A metric that has ended may still be rid of its tokens.
pub async fn revoke_token(
    pool: &PgPool,
    actor: &Actor,
    metric: MetricId,
    token: MetricTokenId,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let found = db::find(&mut *tx, actor.tenant, metric).await?.ok_or(Error::NotFound)?;
    let squad = missions::lock_squad(&mut tx, actor, found.squad).await?.ok_or(Error::NotFound)?;
    if !squad.is_member {
        return Err(Error::Forbidden(KEEPERS.into()));
    }
    let name = db::revoke_token(&mut tx, actor.tenant, metric, token, actor.at)
        .await?
        .ok_or(Error::NotFound)?;
    let summary =
        format!("revoked the token “{name}” for “{}” of {}", found.metric.name, squad.name);
    let event = NewEvent::new("metric_token_revoked", summary, [squad.id.0, metric.0])
        .change(json!({"token": name}), None);
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
