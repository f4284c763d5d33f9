//! Tests of missions.
