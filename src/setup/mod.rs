//! Setup: how an organization comes to be, with everything that a new one needs.

pub mod service;
