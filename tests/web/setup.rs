//! Tests of setup.
