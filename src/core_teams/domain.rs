//! Core teams: their words and their one rule.

use crate::ids::TeamId;
use crate::rule::Rule;
use crate::squads::Description;
use crate::text::text;

text!(
    /// The name of a core team.
    CoreTeamName, line, "the name", 1, 80
);

/// What a designer says of a core team.
#[derive(Debug, Clone)]
pub struct NewCoreTeam {
    /// Its name.
    pub name: CoreTeamName,
    /// What it does for squads.
    pub description: Description,
}

/// A core team, loaded under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreTeam {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// Its word in addresses.
    pub slug: String,
    /// What it does for squads.
    pub description: String,
    /// Whether it is no more.
    pub is_dissolved: bool,
    /// How many members it has.
    pub members: i32,
    /// Its version.
    pub version: i32,
}

/// The core team is no more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is dissolved. Its history stays; nothing of it can be changed.")]
pub struct Dissolved(pub String);

impl Rule for Dissolved {
    fn code(&self) -> &'static str {
        "core_team_dissolved"
    }
    fn is_conflict(&self) -> bool {
        true
    }
}

impl CoreTeam {
    /// Whether it can be changed.
    pub fn may_change(&self) -> Result<(), Dissolved> {
        if self.is_dissolved { Err(Dissolved(self.name.clone())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dissolved_core_team_stays_as_it_is() {
        let mut team = CoreTeam {
            id: TeamId::new(),
            name: "Payments".to_owned(),
            slug: "payments".to_owned(),
            description: String::new(),
            is_dissolved: false,
            members: 0,
            version: 1,
        };
        assert_eq!(team.may_change(), Ok(()));
        team.is_dissolved = true;
        assert_eq!(team.may_change().unwrap_err().code(), "core_team_dissolved");
    }
}
