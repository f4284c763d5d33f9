//! The domain of products: its words, its rules, and what the design rules say of a product group.

mod findings;
mod rules;
mod words;

pub use findings::*;
pub use rules::*;
pub use words::*;
