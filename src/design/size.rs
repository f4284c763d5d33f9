//! How many members a squad has.

/// An active squad never has fewer members (H1).
pub const MIN_MEMBERS: usize = 6;
/// A squad never has more members (H1).
pub const MAX_MEMBERS: usize = 10;
