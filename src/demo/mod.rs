//! The demo organization: a believable company, made through the services, the same for the same seed.
//!
//! First a story is written (`story`, pure): who there is, which squads they found, and what happens in more than
//! a year, day by day. Then it is played (`stage`) through the use cases of the features, each by whoever would
//! have done it and at the time at which they would have: so the demo obeys every rule, has a whole history, and
//! holds nothing that a person could not have made. Names, structure and days depend on the seed alone; ids and
//! passwords are new each time.
//!
//! | to read about | open |
//! |---|---|
//! | names, missions, metrics, skills of the company | `company.rs`, `names.rs` |
//! | the story: who joins, moves, leaves, is linked, and when | `story/mod.rs`, `story/skills.rs`, `story/links.rs` |
//! | playing it | `stage.rs` |
//! | accounts, several organizations, what is printed | `service.rs`, `made.rs` |

mod company;
mod db;
mod made;
mod names;
pub mod service;
mod stage;
mod story;

pub use made::Made;

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
