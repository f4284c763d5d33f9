//! What a person may do with squads.

mod alike;
mod members;
mod needs;
mod squad;

pub(crate) use alike::{
    Called, Place, call, edit_membership, find_membership, let_go, refuse_present, take_in,
};
pub use members::{
    add_hat, add_members, leave_all_in, move_member, remove_member, swap, update_membership,
    would_leave,
};
pub(crate) use members::{hold_joining, people};
pub use needs::{NEEDERS, remove_need, set_need};
pub use squad::{activate, create, dissolve, return_to_forming, update};
pub(crate) use squad::{end_links, slug_for, unique};

use sqlx::PgConnection;

use super::db::{self, LockedSquad};
use crate::actor::{Actor, DESIGNERS};
use crate::error::{Error, Result};
use crate::ids::{HatId, TeamId};

/// The hats that a new organization's catalogue begins with.
const HATS: [&str; 6] = ["Facilitator", "UX", "Analyst", "Researcher", "Content", "Quality"];

/// Gives a new organization its catalogue of hats.
pub async fn seed_hats_in(tx: &mut PgConnection, actor: &Actor) -> Result<()> {
    let hats = HATS.map(|name| (HatId::new(), name));
    Ok(db::teams::insert_hats(tx, actor.tenant, &hats).await?)
}

/// Lets only those on who design.
pub(crate) fn must_design(actor: &Actor) -> Result<()> {
    if actor.roles.may_design() { Ok(()) } else { Err(Error::Forbidden(DESIGNERS.into())) }
}

async fn lock_one(tx: &mut PgConnection, actor: &Actor, team: TeamId) -> Result<LockedSquad> {
    db::lock(tx, actor.tenant, &[team]).await?.pop().ok_or(Error::NotFound)
}
