//! Rounds of a past: the same opening, ballots and closing, many at once.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::must_be_live;
use super::rounds::{Opening, close_in, open_in};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::health::db;
use crate::health::domain::{Answer, Mode, OPENERS, Reveal, may_open};
use crate::history;
use crate::ids::{DimensionId, MemberId, PackId, RoundId, TeamId};
use crate::transaction::{Begun, begin};

/// A round that was, or, without a closing, still is.
#[derive(Clone)]
pub struct PastRound {
    /// What was asked.
    pub pack: PackId,
    /// When it was opened, and by whom.
    pub opened: (DateTime<Utc>, MemberId),
    /// Until when it was to be open.
    pub closes_at: DateTime<Utc>,
    /// When it was closed, and by whom.
    pub closed: Option<(DateTime<Utc>, MemberId)>,
    /// Who answered what to the question at a place, from 1.
    pub answers: Vec<(MemberId, i16, Answer)>,
}

/// Plays the rounds of a squad in one transaction. The answers go the way of all answers: into ballots that the closing destroys.
pub async fn past(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    rounds: &[PastRound],
) -> Result<Vec<RoundId>> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let squad = db::hold_squad(&mut tx, actor.tenant, team, Some(actor.member)).await?;
    let squad = squad.ok_or(Error::NotFound)?;
    if !may_open(actor.roles, squad.is_member) {
        return Err(Error::Forbidden(OPENERS.into()));
    }
    must_be_live(&squad.state)?;
    let (mut ids, mut events) = (vec![], vec![]);
    for round in rounds {
        let (opened_at, opener) = round.opened;
        let opening = Opening {
            team,
            squad: &squad.name,
            pack: round.pack,
            schedule: None,
            day: opened_at.date_naive(),
            mode: Mode::Anonymous,
            reveal: Reveal::Window,
            opened_at,
            closes_at: round.closes_at,
        };
        let (id, event) = open_in(&mut tx, actor.tenant, &opening).await?;
        events.push((opened_at, opener, event));
        db::put_answers(&mut tx, actor.tenant, id, &round.answers).await?;
        if let Some((at, closer)) = round.closed
            && let Some(event) = close_in(&mut tx, actor.tenant, id, team, at).await?
        {
            events.push((at, closer, event));
        }
        ids.push(id);
    }
    history::record_each(&mut tx, actor.tenant, &events).await?;
    tx.done(ids).await
}

/// A pack by its word in addresses, with the dimensions that it asks, for those who play a story.
pub async fn pack_of(
    pool: &PgPool,
    actor: &Actor,
    slug: &str,
) -> Result<(PackId, Vec<DimensionId>)> {
    let pack = db::find_pack(pool, actor.tenant, slug).await?.ok_or(Error::NotFound)?;
    let all = db::dimensions(pool, actor.tenant, pack.id).await?;
    Ok((pack.id, all.into_iter().filter(|one| one.is_live).map(|one| one.id).collect()))
}
