//! What the designer works on, and everything it shows of it: pure.

mod board;
mod draft;
mod pool;
mod undo;

pub use board::{Column, Effect, Health};
pub use draft::{
    Change, ChangeRefused, Draft, NotForming, Person, Place, Seat, SeatTitle, Skill, Team,
    TooManySeats, version,
};
pub use pool::{Candidate, Way, Ways};
pub use undo::{Last, LastPlace, NotUndoable};

#[cfg(test)]
mod tests;
