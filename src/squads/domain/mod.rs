//! Squads: their words, their rules, and what leaving does; pure.

mod leaving;
mod rules;
mod words;

pub use leaving::*;
pub use rules::*;
pub use words::*;
