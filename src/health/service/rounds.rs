//! Opening, answering and closing a round.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{must_be_live, quiet};
use crate::actor::{Actor, Tenant};
use crate::error::{Error, OnConstraint, Result};
use crate::health::db::{self, OpeningRound, RoundState};
use crate::health::domain::{
    Answer, HealthRefused, Mode, OPENERS, Reveal, VOTERS, closes_at, label, may_open,
};
use crate::history::{self, NewEvent};
use crate::ids::{DimensionId, HealthScheduleId, PackId, RoundId, TeamId};
use crate::transaction::{Begun, begin};

/// A round that somebody wants to open.
#[derive(Debug, Clone)]
pub struct NewRound {
    /// What is asked.
    pub pack: PackId,
    /// Whether names stay.
    pub mode: Mode,
    /// How it ends.
    pub reveal: Reveal,
    /// The last day, for a window.
    pub last_day: Option<NaiveDate>,
}

/// Opens a round for one squad; days are those of `zone`.
pub async fn open(
    pool: &PgPool,
    actor: &Actor,
    team: TeamId,
    zone: Tz,
    new: &NewRound,
) -> Result<RoundId> {
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
    let until = closes_at(new.reveal, new.last_day, zone, actor.at)?;
    let opening = Opening {
        team,
        squad: &squad.name,
        pack: new.pack,
        schedule: None,
        day: actor.at.with_timezone(&zone).date_naive(),
        mode: new.mode,
        reveal: new.reveal,
        opened_at: actor.at,
        closes_at: until,
    };
    let (id, event) = open_in(&mut tx, actor.tenant, &opening).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// A round on its way, whoever opens it.
pub(super) struct Opening<'a> {
    pub team: TeamId,
    pub squad: &'a str,
    pub pack: PackId,
    pub schedule: Option<(HealthScheduleId, NaiveDate)>,
    /// The day that names it.
    pub day: NaiveDate,
    pub mode: Mode,
    pub reveal: Reveal,
    pub opened_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
}

/// Opens a round of a squad that is held; the event is still to be recorded.
pub(super) async fn open_in(
    tx: &mut PgConnection,
    tenant: Tenant,
    new: &Opening<'_>,
) -> Result<(RoundId, NewEvent)> {
    let pack = db::share_pack(&mut *tx, tenant, new.pack).await?;
    let (pack, is_live) = pack.ok_or(HealthRefused::NoPack)?;
    if !is_live {
        return Err(HealthRefused::PackEnded.into());
    }
    let called = label(new.day, 0);
    let earlier = db::count_called(&mut *tx, tenant, new.team, new.pack, &called).await?;
    let called = label(new.day, earlier);
    let id = RoundId::new();
    let event = NewEvent::new(
        "health_round_opened",
        format!("opened a health check of {}: {pack}, {called}", new.squad),
        [id.0, new.team.0],
    )
    .change(
        None,
        json!({"pack": pack, "round": called, "answers": new.mode.title(), "ends": new.reveal.title(), "until": new.closes_at}),
    );
    let round = OpeningRound {
        id,
        team: new.team,
        pack: new.pack,
        schedule: new.schedule,
        label: &called,
        mode: new.mode,
        reveal: new.reveal,
        opened_at: new.opened_at,
        closes_at: new.closes_at,
        event: event.id,
    };
    let asked = db::insert_round(tx, tenant, &round)
        .await
        .on_constraint("health_round_open_key", HealthRefused::OpenAlready)?;
    if asked == 0 {
        return Err(HealthRefused::EmptyPack.into());
    }
    Ok((id, event))
}

/// Puts an answer into the ballot of the actor. There is no event of it, no one-time key and no time: see the feature's documentation.
pub async fn answer(
    pool: &PgPool,
    actor: &Actor,
    round: RoundId,
    dimension: DimensionId,
    answer: &Answer,
) -> Result<()> {
    let actor = &quiet(actor);
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(()) => return Ok(()),
    };
    let is_open = db::share_open(&mut tx, actor.tenant, round).await?;
    let state = find(&mut tx, actor, round).await?;
    if !state.is_member {
        return Err(Error::Forbidden(VOTERS.into()));
    }
    if !is_open {
        return Err(HealthRefused::Closed.into());
    }
    if state.closes_at <= actor.at {
        return Err(HealthRefused::Over.into());
    }
    let mut answer = answer.clone();
    // The first time there is nothing to compare with.
    answer.trend = answer.trend.filter(|_| state.has_earlier);
    let me = actor.member;
    if !db::put_answer(&mut tx, actor.tenant, round, me, dimension, &answer).await? {
        return Err(HealthRefused::NoDimension.into());
    }
    tx.done(()).await
}

async fn find(tx: &mut PgConnection, actor: &Actor, round: RoundId) -> Result<RoundState> {
    let found = db::find_state(tx, actor.tenant, round, Some(actor.member)).await?;
    found.ok_or(Error::NotFound)
}

/// Closes a round: what is shown is frozen, and what is not is gone.
pub async fn close(pool: &PgPool, actor: &Actor, round: RoundId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let state = find(&mut tx, actor, round).await?;
    if !may_open(actor.roles, state.is_member) {
        return Err(Error::Forbidden(OPENERS.into()));
    }
    let event = close_in(&mut tx, actor.tenant, round, state.team, actor.at).await?;
    history::record(&mut tx, actor, event.ok_or(HealthRefused::Closed)?).await?;
    tx.done(()).await
}

/// Closes a round, unless somebody else did; the event is still to be recorded. It says how many answered, and nothing of what.
pub(super) async fn close_in(
    tx: &mut PgConnection,
    tenant: Tenant,
    round: RoundId,
    team: TeamId,
    at: DateTime<Utc>,
) -> Result<Option<NewEvent>> {
    let squad = db::hold_squad(&mut *tx, tenant, team, None).await?.ok_or(Error::NotFound)?;
    if !db::hold_open(&mut *tx, tenant, round).await? {
        return Ok(None);
    }
    let state = db::find_state(&mut *tx, tenant, round, None).await?.ok_or(Error::NotFound)?;
    let (eligible, answered) = db::turnout(&mut *tx, tenant, round, at).await?;
    let is_shown = answered >= state.threshold;
    if is_shown {
        db::write_results(&mut *tx, tenant, round).await?;
    }
    db::destroy_ballots(&mut *tx, tenant, round).await?;
    let event = NewEvent::new(
        "health_round_closed",
        format!("closed the health check of {}, {}", squad.name, state.label),
        [round.0, team.0],
    )
    .change(None, json!({"round": state.label, "members": eligible, "answered": answered}));
    db::mark_closed(tx, tenant, round, (eligible, answered), at, event.id).await?;
    Ok(Some(event))
}
