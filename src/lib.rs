//! Trellis: squad-based organization design.

pub mod web;
