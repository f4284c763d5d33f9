//! Health checks: how a squad sees itself, dimension by dimension, round after round. They are for the squad.

mod db;
mod domain;
pub mod service;
mod web;

pub use domain::*;
pub use web::routes;

use crate::ids::RoundId;

/// The address of a squad's health over time.
pub fn squad_url(organization: &str, squad: &str) -> String {
    format!("{}/health", crate::squads::url(organization, squad))
}

/// The address of a round.
pub fn round_url(organization: &str, squad: &str, round: RoundId) -> String {
    format!("{}/{round}", squad_url(organization, squad))
}

/// The address of the packs.
pub fn packs_url(organization: &str) -> String {
    format!("/o/{organization}/health/packs")
}

/// The address of the schedules.
pub fn schedules_url(organization: &str) -> String {
    format!("/o/{organization}/health/schedules")
}
