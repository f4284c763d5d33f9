//! How many people a squad has (H1).

/// An active squad never has fewer members.
pub const MIN_MEMBERS: usize = 6;
/// A squad never has more members.
pub const MAX_MEMBERS: usize = 10;
