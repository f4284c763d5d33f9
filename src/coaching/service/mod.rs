//! What a person may do with coaching. Every use case holds the squad first: who is in it stays so until the end, and of two who pull a
//! request at once the second waits here and is told.

mod agreement;
mod offers;
mod requests;
mod sessions;

use sqlx::PgConnection;
use uuid::Uuid;

use super::db::{self, Held};
use super::domain::{CoachingRefused, MEMBERS, PAIR, Standing};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::CoachingId;
use crate::missions::{self, SquadHead};

pub use agreement::{agree, write_agreement};
pub use offers::{Accepted, accept, decline, offer, set_limit, withdraw_offer};
pub use requests::{ask, close, let_go, look_back, pull, withdraw};
pub use sessions::{NewNote, cancel_session, hold_session, plan_session, write_note};

/// A request with its squad held.
struct Engagement {
    squad: SquadHead,
    held: Held,
    standing: Standing,
}

impl Engagement {
    /// What its events are about.
    fn subjects(&self) -> impl Iterator<Item = Uuid> + use<> {
        let coach = self.held.coach.map(|id| id.0);
        [self.held.id.0, self.squad.id.0].into_iter().chain(coach)
    }

    /// "“Pace is hurting us” of Outage Care".
    fn words(&self) -> String {
        format!("“{}” of {}", self.held.topic, self.squad.name)
    }

    /// For what the squad alone does.
    fn must_be_member(&self) -> Result<()> {
        if self.standing.is_member { Ok(()) } else { Err(Error::Forbidden(MEMBERS.into())) }
    }

    /// For what the coach and the squad do together.
    fn must_be_pair(&self) -> Result<()> {
        if self.standing.is_pair() { Ok(()) } else { Err(Error::Forbidden(PAIR.into())) }
    }

    /// Refuses before a coach has it, and once it is over.
    fn must_go_on(&self) -> Result<(), CoachingRefused> {
        if self.held.state.is_over() {
            return Err(CoachingRefused::Over(self.held.state.title()));
        }
        if self.held.coach.is_none() {
            return Err(CoachingRefused::NotPulled);
        }
        Ok(())
    }
}

/// Holds the squad of a request, and reads the request under that lock.
async fn hold(tx: &mut PgConnection, actor: &Actor, id: CoachingId) -> Result<Engagement> {
    let team = db::team_of(&mut *tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let squad = missions::lock_squad(&mut *tx, actor, team).await?.ok_or(Error::NotFound)?;
    let held = db::held(tx, actor.tenant, id).await?.ok_or(Error::NotFound)?;
    let standing = Standing::of(actor.member, actor.roles, squad.is_member, held.coach);
    Ok(Engagement { squad, held, standing })
}
