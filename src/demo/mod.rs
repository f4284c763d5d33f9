//! The demo organization, made through the services.
