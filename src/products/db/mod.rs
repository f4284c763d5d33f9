//! Every SQL statement about products and their groups.

mod group;
mod pages;
mod product;

pub use group::*;
pub use pages::*;
pub use product::*;
