//! Every SQL statement about coaching.

mod board;
mod dimensions;
mod pages;
mod tasks;
mod writes;

pub use board::*;
pub use dimensions::*;
pub use pages::*;
pub use tasks::*;
pub use writes::*;
