//! What a backlog is: its words, its order, what a squad may pull, and who may do what.

pub mod import;
mod past;
mod pull;
mod rank;
mod rules;
mod words;

pub use past::*;
pub use pull::*;
pub use rank::*;
pub use rules::*;
pub use words::*;
