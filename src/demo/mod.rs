//! The demo organization: a believable company, made through the services, the same for the same seed.

pub mod service;

/// What to make.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many organizations
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub organizations: usize,
    /// How many squads in each
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub squads: usize,
    /// The same seed makes the same organization
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
    /// Print organizations, accounts and ids as JSON
    #[arg(long)]
    pub json: bool,
}
