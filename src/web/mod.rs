//! The shell around every page: frame, static files, and the parts that templates are made of.

pub mod assets;
pub mod components;
pub mod error_page;
pub mod shell;
pub mod ui;
