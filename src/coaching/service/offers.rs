//! Offers of leaders and coaches, of which nothing begins before another member of the squad accepts; and a coach's own limit.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;

use super::requests::is_coach;
use crate::actor::Actor;
use crate::coaching::db::{self, Beginning, OfferRow};
use crate::coaching::domain::{
    Ask, Better, COACHES, CoachingRefused, FindingCode, MEMBERS, OFFERERS, Offered, Topic, Tried,
    WhyNot, may_offer,
};
use crate::error::{Error, Result};
use crate::history::{self, NewEvent};
use crate::ids::{CoachingId, OfferId, TeamId};
use crate::missions::{self, SquadHead};
use crate::transaction::{Begun, Change, begin};

/// A leader or coach offers coaching to a squad.
pub async fn offer(
    pool: &PgPool,
    actor: &Actor,
    squad: TeamId,
    topic: &Topic,
    offered: &Offered,
) -> Result<OfferId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !may_offer(actor.roles) {
        return Err(Error::Forbidden(OFFERERS.into()));
    }
    let squad = missions::lock_squad(&mut tx, actor, squad).await?.ok_or(Error::NotFound)?;
    if squad.is_dissolved() {
        return Err(CoachingRefused::Dissolved.into());
    }
    let id = OfferId::new();
    let summary = format!("offered coaching to {}: {topic}", squad.name);
    let event = NewEvent::new("coaching_offered", summary, [id.0, squad.id.0])
        .change(None, json!({"topic": topic, "offer": offered}));
    let (says, when) = ((topic, offered), (actor.at, event.id));
    db::insert_offer(&mut tx, actor.tenant, (id, squad.id), says, actor.member, when).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// An offer that is open, with its squad held.
async fn open(tx: &mut Change, actor: &Actor, id: OfferId) -> Result<(SquadHead, OfferRow)> {
    let found = db::find_offer(&mut **tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let squad = missions::lock_squad(tx, actor, found.team).await?.ok_or(Error::NotFound)?;
    let row = db::find_offer(&mut **tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    Ok((squad, row))
}

fn must_be_open(row: &OfferRow) -> Result<(), CoachingRefused> {
    match row.state.as_str() {
        "open" => Ok(()),
        "accepted" => Err(CoachingRefused::OfferAnswered("it was accepted")),
        "declined" => Err(CoachingRefused::OfferAnswered("it was declined")),
        _ => Err(CoachingRefused::OfferAnswered("it was withdrawn")),
    }
}

/// For the answer of the squad: by a member, and not by who made the offer.
fn must_answer(actor: &Actor, squad: &SquadHead, row: &OfferRow) -> Result<()> {
    if !squad.is_member {
        return Err(Error::Forbidden(MEMBERS.into()));
    }
    must_be_open(row)?;
    if row.by == actor.member {
        return Err(CoachingRefused::OwnOffer.into());
    }
    Ok(())
}

/// A request that an offer has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The request.
    pub request: CoachingId,
    /// Whether who offered is a coach who is in the squad: then another coach takes it.
    pub is_own: bool,
}

/// A member of the squad accepts: that is its request (H5). A coach who offered has it at once, as far as they have room and are not in
/// the squad themselves; otherwise it waits on the board like any other.
pub async fn accept(pool: &PgPool, actor: &Actor, id: OfferId) -> Result<Accepted> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, row) = open(&mut tx, actor, id).await?;
    must_answer(actor, &squad, &row)?;
    let mut coach = None;
    let is_own = row.by_coaches && db::is_in(&mut tx, actor.tenant, squad.id, row.by).await?;
    if row.by_coaches && !is_own {
        let hand = db::hold_hand(&mut tx, actor.tenant, row.by).await?;
        coach = hand.may_take().is_ok().then_some(row.by);
    }
    let request = CoachingId::new();
    let (by, of) = (&row.by_name, &squad.name);
    let aside = if is_own { ", which another coach takes" } else { "" };
    let summary = format!("accepted the offer of {by} for {of}{aside}: {}", row.topic);
    let event =
        NewEvent::new("coaching_offer_accepted", summary, [request.0, squad.id.0, id.0, row.by.0])
            .change(None, json!({"topic": row.topic, "offer": row.offered}));
    let answer = ("accepted", Some(actor.member), "");
    db::answer_offer(&mut tx, actor.tenant, id, answer, (actor.at, event.id)).await?;
    let ask = Ask {
        topic: row.topic,
        tried: Tried::parse("")?,
        better: Better::parse(&row.offered)?,
        dimension: None,
        finding: FindingCode::default(),
    };
    let begin =
        Beginning { by: actor.member, at: actor.at, event: event.id, offer: Some(id), coach };
    db::insert_request(&mut tx, actor.tenant, (request, squad.id), &ask, None, begin).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(Accepted { request, is_own }).await
}

/// A member of the squad declines, which is final for this offer.
pub async fn decline(pool: &PgPool, actor: &Actor, id: OfferId, why: &WhyNot) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, row) = open(&mut tx, actor, id).await?;
    must_answer(actor, &squad, &row)?;
    let summary = format!("declined the offer of {} for {}", row.by_name, squad.name);
    let subjects = [id.0, squad.id.0, row.by.0];
    let mut event = NewEvent::new("coaching_offer_declined", summary, subjects);
    if !why.as_str().is_empty() {
        event = event.because(why.as_str());
    }
    let answer = ("declined", Some(actor.member), why.as_str());
    db::answer_offer(&mut tx, actor.tenant, id, answer, (actor.at, event.id)).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Who has made an offer takes it back, before it is answered.
pub async fn withdraw_offer(pool: &PgPool, actor: &Actor, id: OfferId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let (squad, row) = open(&mut tx, actor, id).await?;
    if row.by != actor.member {
        return Err(Error::Forbidden(CoachingRefused::OthersOffer.to_string().into()));
    }
    must_be_open(&row)?;
    let summary = format!("withdrew an offer of coaching to {}", squad.name);
    let event = NewEvent::new("coaching_offer_withdrawn", summary, [id.0, squad.id.0]);
    let answer = ("withdrawn", None, "");
    db::answer_offer(&mut tx, actor.tenant, id, answer, (actor.at, event.id)).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// A coach sets how many engagements they have in hand at most. One that is lowered takes nothing away.
pub async fn set_limit(pool: &PgPool, actor: &Actor, limit: i16) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !is_coach(actor) {
        return Err(Error::Forbidden(COACHES.into()));
    }
    let was = db::hold_hand(&mut tx, actor.tenant, actor.member).await?;
    let summary = "set their own limit of coaching engagements";
    let event = NewEvent::new("coaching_limit_set", summary, [actor.member.0])
        .change(json!({"limit": was.limit}), json!({"limit": limit}));
    db::update_limit(&mut tx, actor.tenant, actor.member, limit).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
