//! Every SQL statement about coaching.

mod board;
mod pages;
mod tasks;
mod writes;

pub use board::*;
pub use pages::*;
pub use tasks::*;
pub use writes::*;
