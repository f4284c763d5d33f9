//! The doctor: checks every invariant in the database.
