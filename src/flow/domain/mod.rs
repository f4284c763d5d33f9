//! What is computed from the steps of items, and what is said about it.

mod figures;
mod findings;

pub use figures::*;
pub use findings::*;
