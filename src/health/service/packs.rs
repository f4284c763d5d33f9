//! Packs and their dimensions, and the organization's settings.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::must_keep_packs;
use crate::actor::{ADMINS, Actor};
use crate::error::{Error, OnConstraint, Result};
use crate::health::db::{self, DimensionRow, HeldPack};
use crate::health::domain::{HealthRefused, MAX_DIMENSIONS, PackAbout, PackName, Wording};
use crate::history::{self, NewEvent};
use crate::ids::{DimensionId, PackId};
use crate::transaction::{Begun, Change, begin};

/// Gives a new organization the packs that every one begins with.
pub async fn seed_in(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    Ok(db::seed_packs(tx, actor.tenant).await?)
}

/// A dimension to be added.
pub type NewDimension = Wording;

/// Where a dimension goes in the order of its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Before the one above it.
    Up,
    /// After the one below it.
    Down,
}

async fn hold(tx: &mut Change, actor: &Actor, pack: PackId) -> Result<HeldPack> {
    must_keep_packs(actor)?;
    let held = db::hold_pack(tx, actor.tenant, pack).await?.ok_or(Error::NotFound)?;
    if held.is_live { Ok(held) } else { Err(HealthRefused::PackEnded.into()) }
}

async fn find(
    tx: &mut Change,
    actor: &Actor,
    pack: PackId,
    id: DimensionId,
) -> Result<DimensionRow> {
    let all = db::dimensions(&mut **tx, actor.tenant, pack).await?;
    all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound)
}

fn said(name: &str, green: &str, amber: &str, red: &str) -> Value {
    json!({"name": name, "green": green, "amber": amber, "red": red})
}

fn said_of(wording: &Wording) -> Value {
    let Wording { name, green, amber, red } = wording;
    said(name.as_str(), green.as_str(), amber.as_str(), red.as_str())
}

/// Makes a pack of one's own; answers its word in addresses.
pub async fn create_pack(
    pool: &PgPool,
    actor: &Actor,
    name: &PackName,
    about: &PackAbout,
) -> Result<(PackId, String)> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_keep_packs(actor)?;
    let word = slug::slugify(name.as_str());
    let word = if word.is_empty() || word == "new" { "pack".to_owned() } else { word };
    let mut slug = word.clone();
    for n in 2.. {
        if !db::is_slug_taken(&mut tx, actor.tenant, &slug).await? {
            break;
        }
        slug = format!("{word}-{n}");
    }
    let id = PackId::new();
    let event =
        NewEvent::new("health_pack_created", format!("made the health pack “{name}”"), [id.0])
            .change(None, json!({"name": name, "about": about}));
    db::insert_pack(&mut tx, actor.tenant, id, (name.as_str(), &slug, about.as_str()))
        .await
        .on_constraint("health_pack_name_key", HealthRefused::NameTaken(name.to_string()))?;
    history::record(&mut tx, actor, event).await?;
    tx.done((id, slug)).await
}

/// Changes what a pack says by itself.
pub async fn change_pack(
    pool: &PgPool,
    actor: &Actor,
    pack: PackId,
    version: i32,
    (name, about): (&PackName, &PackAbout),
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let was = hold(&mut tx, actor, pack).await?;
    if was.version != version {
        return Err(Error::Stale);
    }
    let event =
        NewEvent::new("health_pack_changed", format!("changed the health pack “{name}”"), [pack.0])
            .change(
                json!({"name": was.name, "about": was.about}),
                json!({"name": name, "about": about}),
            );
    db::update_pack(&mut tx, actor.tenant, pack, name.as_str(), about.as_str())
        .await
        .on_constraint("health_pack_name_key", HealthRefused::NameTaken(name.to_string()))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a pack: no new round asks it. Rounds that are open go on.
pub async fn end_pack(pool: &PgPool, actor: &Actor, pack: PackId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let was = hold(&mut tx, actor, pack).await?;
    let summary = format!("ended the health pack “{}”", was.name);
    let event = NewEvent::new("health_pack_ended", summary, [pack.0]);
    db::end_pack(&mut tx, actor.tenant, pack, Some(actor.at)).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Takes a pack up again.
pub async fn resume_pack(pool: &PgPool, actor: &Actor, pack: PackId) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    must_keep_packs(actor)?;
    let was = db::hold_pack(&mut tx, actor.tenant, pack).await?.ok_or(Error::NotFound)?;
    let summary = format!("took up the health pack “{}” again", was.name);
    let event = NewEvent::new("health_pack_resumed", summary, [pack.0]);
    db::end_pack(&mut tx, actor.tenant, pack, None)
        .await
        .on_constraint("health_pack_name_key", HealthRefused::NameTaken(was.name))?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Adds a dimension to a pack, as its last.
pub async fn add_dimension(
    pool: &PgPool,
    actor: &Actor,
    pack: PackId,
    wording: &NewDimension,
) -> Result<DimensionId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, pack).await?;
    must_have_room(&mut tx, actor, pack).await?;
    let id = DimensionId::new();
    let summary = format!("added “{}” to the health pack “{}”", wording.name, held.name);
    let event = NewEvent::new("health_dimension_added", summary, [id.0, pack.0])
        .change(None, said_of(wording));
    db::insert_dimension(&mut tx, actor.tenant, pack, id).await?;
    db::insert_wording(&mut tx, actor.tenant, id, 1, wording).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

async fn must_have_room(tx: &mut Change, actor: &Actor, pack: PackId) -> Result<()> {
    let all = db::dimensions(&mut **tx, actor.tenant, pack).await?;
    if all.iter().filter(|one| one.is_live).count() < MAX_DIMENSIONS {
        Ok(())
    } else {
        Err(HealthRefused::TooManyDimensions.into())
    }
}

/// Words a dimension anew. Rounds that are open keep the words that they began with; lines over rounds break here.
pub async fn reword(
    pool: &PgPool,
    actor: &Actor,
    (pack, id): (PackId, DimensionId),
    version: i32,
    wording: &Wording,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, pack).await?;
    let was = find(&mut tx, actor, pack, id).await?;
    if was.version != version {
        return Err(Error::Stale);
    }
    if !was.is_live {
        return Err(HealthRefused::DimensionEnded.into());
    }
    let before = said(&was.name, &was.green, &was.amber, &was.red);
    let after = said_of(wording);
    if before == after {
        return tx.done(()).await;
    }
    let summary = format!("worded “{}” of the health pack “{}” anew", wording.name, held.name);
    let event =
        NewEvent::new("health_dimension_reworded", summary, [id.0, pack.0]).change(before, after);
    db::insert_wording(&mut tx, actor.tenant, id, version + 1, wording).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Moves a dimension one place up or down.
pub async fn move_dimension(
    pool: &PgPool,
    actor: &Actor,
    (pack, id): (PackId, DimensionId),
    way: Way,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, pack).await?;
    let all = db::dimensions(&mut *tx, actor.tenant, pack).await?;
    let mut live: Vec<_> = all.into_iter().filter(|one| one.is_live).collect();
    let place = live.iter().position(|one| one.id == id).ok_or(HealthRefused::DimensionEnded)?;
    let other = match way {
        Way::Up => place.checked_sub(1),
        Way::Down => Some(place + 1).filter(|place| *place < live.len()),
    };
    let Some(other) = other else { return tx.done(()).await };
    live.swap(place, other);
    let summary = format!("moved “{}” in the health pack “{}”", live[other].name, held.name);
    let names = |place: usize| json!({"place": place + 1});
    let event = NewEvent::new("health_dimension_moved", summary, [id.0, pack.0])
        .change(names(place), names(other));
    let order: Vec<_> = live.iter().map(|one| one.id).collect();
    db::order_dimensions(&mut tx, actor.tenant, &order).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Ends a dimension: no new round asks it. What was answered stays.
pub async fn end_dimension(
    pool: &PgPool,
    actor: &Actor,
    (pack, id): (PackId, DimensionId),
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, pack).await?;
    let was = find(&mut tx, actor, pack, id).await?;
    if !was.is_live {
        return Err(HealthRefused::DimensionEnded.into());
    }
    let summary = format!("ended “{}” of the health pack “{}”", was.name, held.name);
    let event = NewEvent::new("health_dimension_ended", summary, [id.0, pack.0]);
    db::end_dimension(&mut tx, actor.tenant, id, Some(actor.at)).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Takes a dimension up again.
pub async fn resume_dimension(
    pool: &PgPool,
    actor: &Actor,
    (pack, id): (PackId, DimensionId),
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let held = hold(&mut tx, actor, pack).await?;
    let was = find(&mut tx, actor, pack, id).await?;
    if was.is_live {
        return tx.done(()).await;
    }
    must_have_room(&mut tx, actor, pack).await?;
    let summary = format!("took up “{}” of the health pack “{}” again", was.name, held.name);
    let event = NewEvent::new("health_dimension_resumed", summary, [id.0, pack.0]);
    db::end_dimension(&mut tx, actor.tenant, id, None).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Sets how many answers are enough (H6), and how often each squad should close a health check (S9). Rounds that are open keep theirs.
pub async fn change_settings(
    pool: &PgPool,
    actor: &Actor,
    version: i32,
    threshold: i16,
    cadence: i16,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    if !actor.roles.may_administer() {
        return Err(Error::Forbidden(ADMINS.into()));
    }
    let was = db::set_settings(&mut tx, actor.tenant, version, threshold, cadence).await?;
    let was = was.ok_or(Error::Stale)?;
    let said = |(threshold, weeks): (i16, i16)| json!({"answers_needed": threshold, "weeks_between": weeks});
    let organization = actor.tenant.organization_id().0;
    let event = NewEvent::new(
        "health_settings_changed",
        "changed the settings of health checks".to_owned(),
        [organization],
    )
    .change(said(was), said((threshold, cadence)));
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}
