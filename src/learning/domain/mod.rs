//! What a learning plan is, pure.

mod plan;
mod rules;
mod words;

pub use plan::*;
pub use rules::*;
pub use words::*;
