//! Tests of squads.
