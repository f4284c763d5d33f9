//! Tests of core teams.
