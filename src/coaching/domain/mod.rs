//! What coaching is, pure.

mod rules;
mod state;
mod words;

pub use rules::*;
pub use state::*;
pub use words::*;
