//! What a person may do with links.
//!
//! Rows are held in one order everywhere: teams by id, then the link. Memberships of a team end only under its row's
//! lock, so that a liaison who is a member when the lock is held stays one until the link is written.

use chrono::NaiveDate;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::db::{self, LinkRow};
use super::domain::{
    LinkRefused, NewLink, Seat, Side, Team, Terms, may_be_liaison, may_link, may_review_on,
};
use crate::actor::{Actor, DESIGNERS};
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{LinkId, TeamId};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

/// Both teams of a link, held.
async fn lock_teams(
    tx: &mut PgConnection,
    actor: &Actor,
    from: TeamId,
    to: TeamId,
) -> Result<[Team; 2]> {
    let teams = db::lock_teams(tx, actor.tenant, &[from, to]).await?;
    let find = |id| teams.iter().find(|team| team.id == id).cloned().ok_or(Error::NotFound);
    Ok([find(from)?, find(to)?])
}

/// A current link with both of its teams, held.
async fn lock(tx: &mut PgConnection, actor: &Actor, link: LinkId) -> Result<(LinkRow, [Team; 2])> {
    let found = db::find(&mut *tx, actor.tenant, link).await?.ok_or(Error::NotFound)?;
    let teams = lock_teams(tx, actor, found.link.from.team, found.link.to.team).await?;
    // Read again: only now is it certain that nobody changes it meanwhile.
    let row = db::find(&mut *tx, actor.tenant, link).await?.ok_or(Error::NotFound)?;
    if row.until_at.is_some() {
        return Err(LinkRefused::Ended(row.link.sentence()).into());
    }
    Ok((row, teams))
}

/// The liaisons that `terms` name; refuses who is not in the team of their side.
async fn liaisons(
    tx: &mut PgConnection,
    actor: &Actor,
    [from, to]: &[Team; 2],
    terms: &Terms,
) -> Result<[Option<Seat>; 2]> {
    let wanted = [(Side::From, from, terms.from_liaison), (Side::To, to, terms.to_liaison)];
    let ids: Vec<_> = wanted.iter().filter_map(|(.., id)| *id).collect();
    let seats = if ids.is_empty() { vec![] } else { db::seats(tx, actor.tenant, &ids).await? };
    let mut named = [None, None];
    for ((side, team, id), place) in wanted.into_iter().zip(&mut named) {
        let Some(id) = id else { continue };
        let seat = seats.iter().find(|seat| seat.id == id).ok_or(Error::NotFound)?;
        may_be_liaison(seat, side, team)?;
        *place = Some(seat.clone());
    }
    Ok(named)
}

/// What an event says of a link.
fn said(terms: &Terms, [from, to]: &[Team; 2], [of_from, of_to]: [Option<&str>; 2]) -> Value {
    let seat = |name: Option<&str>, team: &Team| {
        format!("{} of {}", name.unwrap_or("nobody yet"), team.name)
    };
    json!({
        "from": from.name,
        "kind": terms.kind.words(),
        "to": to.name,
        "purpose": terms.purpose,
        "liaisons": [seat(of_from, from), seat(of_to, to)],
        "review_on": terms.review_on,
    })
}

fn names(seats: &[Option<Seat>; 2]) -> [Option<&str>; 2] {
    seats.each_ref().map(|seat| seat.as_ref().map(|seat| seat.name.as_str()))
}

/// How a link was, for an event.
fn said_before(row: &LinkRow) -> Value {
    let link = &row.link;
    let seat = |end: &crate::design::LinkEnd| {
        let name = end.liaison.as_ref().map_or("nobody yet", |liaison| liaison.name.as_str());
        format!("{name} of {}", end.name)
    };
    json!({
        "from": link.from.name,
        "kind": link.kind.words(),
        "to": link.to.name,
        "purpose": link.purpose,
        "liaisons": [seat(&link.from), seat(&link.to)],
        "review_on": link.review_on,
    })
}

/// Ties two teams. `today` is the actor's day.
pub async fn create(
    pool: &PgPool,
    actor: &Actor,
    today: NaiveDate,
    new: &NewLink,
) -> Result<LinkId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let terms = &new.terms;
    let sides = lock_teams(&mut tx, actor, new.from, new.to).await?;
    may_link(&sides[0], &sides[1])?;
    may_review_on(terms.review_on, None, today)?;
    let seats = liaisons(&mut tx, actor, &sides, terms).await?;
    let sentence = terms.kind.between(&sides[0].name, &sides[1].name);
    let id = LinkId::new();
    let people = seats.iter().flatten().map(|seat| seat.member.0);
    let subjects = [id.0, new.from.0, new.to.0].into_iter().chain(people);
    let event = NewEvent::new("link_made", format!("linked two teams: {sentence}"), subjects)
        .change(None, said(terms, &sides, names(&seats)));
    db::insert(&mut tx, actor.tenant, id, new.from, new.to, terms, actor.at, event.id)
        .await
        .on_constraint("link_current_key", LinkRefused::Twice(sentence))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Changes what is said of a link. Its teams stay: for others there is a new one.
pub async fn update(
    pool: &PgPool,
    actor: &Actor,
    link: LinkId,
    version: i32,
    today: NaiveDate,
    terms: &Terms,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (before, sides) = lock(&mut tx, actor, link).await?;
    if before.version != version {
        return Err(Error::Stale);
    }
    may_review_on(terms.review_on, Some(before.link.review_on), today)?;
    let seats = liaisons(&mut tx, actor, &sides, terms).await?;
    let asked = (
        terms.kind,
        terms.purpose.as_str(),
        [terms.from_liaison, terms.to_liaison],
        terms.review_on,
    );
    if before.terms() == asked {
        return tx.done(()).await;
    }
    let sentence = terms.kind.between(&sides[0].name, &sides[1].name);
    let done = db::update(&mut tx, actor.tenant, link, version, terms)
        .await
        .on_constraint("link_current_key", LinkRefused::Twice(sentence.clone()))?;
    if !done {
        return Err(Error::Stale);
    }
    let people = seats.iter().flatten().map(|seat| seat.member.0);
    let subjects = [link.0, sides[0].id.0, sides[1].id.0].into_iter().chain(people);
    let event = NewEvent::new("link_changed", format!("changed the link “{sentence}”"), subjects)
        .change(said_before(&before), said(terms, &sides, names(&seats)));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a link; its history stays.
pub async fn end(
    pool: &PgPool,
    actor: &Actor,
    link: LinkId,
    version: i32,
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_design(actor)?;
    let (before, sides) = lock(&mut tx, actor, link).await?;
    let sentence = before.link.sentence();
    let subjects = [link.0, sides[0].id.0, sides[1].id.0];
    let event = NewEvent::new("link_ended", format!("ended the link “{sentence}”"), subjects)
        .change(said_before(&before), None)
        .because(reason.as_str());
    if !db::end(&mut tx, actor.tenant, link, version, actor.at, event.id).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
