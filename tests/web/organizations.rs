//! Tests of organizations.
