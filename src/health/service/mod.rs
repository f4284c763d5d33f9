//! What a person may do with health checks, and what the program does by itself.
//!
//! Rows are held in one order everywhere: the squad, then the pack, then the round. An answer holds nothing but the round, and shares it.

mod packs;
mod past;
mod results;
mod rounds;
mod schedules;

pub use packs::{
    NewDimension, Way, add_dimension, change_pack, change_settings, create_pack, end_dimension,
    end_pack, move_dimension, resume_dimension, resume_pack, reword, seed_in,
};
pub use past::{PastRound, pack_of, past};
pub use results::{NewAction, act, agree, follow_up};
pub use rounds::{NewRound, answer, close, open};
pub use schedules::{
    NewSchedule, ScheduleChange, change_schedule, create_schedule, end_schedule, tend,
};

use crate::actor::{Actor, Origin};
use crate::error::{Error, Result};
use crate::health::domain::{HealthRefused, KEEPERS, may_keep_packs};
use crate::squads::State;

fn must_keep_packs(actor: &Actor) -> Result<()> {
    if may_keep_packs(actor.roles) { Ok(()) } else { Err(Error::Forbidden(KEEPERS.into())) }
}

fn must_be_live(state: &str) -> Result<(), HealthRefused> {
    let is_live = State::parse(state).is_some_and(State::is_live);
    if is_live { Ok(()) } else { Err(HealthRefused::Dissolved) }
}

/// Who answers, leaving no trace: without the one-time key, beside whose user a hash of the form would be kept, and without telling other
/// instances that something was written at this moment. Answering twice is the same as once.
fn quiet(actor: &Actor) -> Actor {
    Actor { once: None, origin: Origin::default(), ..actor.clone() }
}
