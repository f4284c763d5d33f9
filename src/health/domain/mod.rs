//! What health checks are, pure.

mod results;
mod rules;
mod words;

pub use results::*;
pub use rules::*;
pub use words::*;
