//! What the dashboard shows, pure.

mod board;
mod hiding;
mod period;
mod worth;

pub use board::*;
pub use hiding::complement;
pub use period::Period;
pub use worth::*;
