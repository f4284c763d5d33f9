//! Every SQL statement about learning.

mod pages;
mod writes;

pub use pages::*;
pub use writes::*;
