//! Design: the pure snapshot of an organization's squads, and the findings of the design rules on it.

mod size;

pub use size::*;
