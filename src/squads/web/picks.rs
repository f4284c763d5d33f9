//! Choosing who joins a team: several at once, each with a share.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::squads::db::Candidate;
use crate::squads::domain::{Allocation, NewMembership};

/// Who was chosen. `share` holds "member:percent" for everybody on the page, so that it works without a script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddForm {
    member: Vec<String>,
    share: Vec<String>,
    /// What was looked for.
    pub q: String,
    /// The skill that was looked for.
    pub skill: String,
}

impl AddForm {
    /// Who was chosen, each with their share; the whole of their time where it is missing.
    pub fn chosen(&self) -> Result<Vec<NewMembership>> {
        let share_of = |id: &str| {
            let found = self.share.iter().find_map(|pair| pair.strip_prefix(id)?.strip_prefix(':'));
            found.unwrap_or("100")
        };
        self.member
            .iter()
            .map(|id| {
                let member = id.parse().map_err(|_| Error::NotFound)?;
                let allocation = Allocation::parse(share_of(id))?;
                Ok(NewMembership { member, allocation, hats: vec![] })
            })
            .collect()
    }
}

/// What is said once they are in.
pub fn joined(n: usize) -> String {
    if n == 1 { "1 member joined.".to_owned() } else { format!("{n} members joined.") }
}

/// Somebody who could join, and whether they are chosen.
pub struct Person {
    /// Who.
    pub candidate: Candidate,
    /// Whether they are chosen.
    pub chosen: bool,
    share: i16,
}

impl Person {
    /// Everybody who could join; those in `always` are chosen, those in `new` with their shares.
    pub fn all(
        candidates: Vec<Candidate>,
        new: &[NewMembership],
        always: &[MemberId],
    ) -> Vec<Self> {
        let one = |candidate: Candidate| {
            let picked = new.iter().find(|one| one.member == candidate.member);
            let free = Allocation::free_of(candidate.taken);
            Self {
                chosen: always.contains(&candidate.member),
                share: picked.map_or(free, |one| one.allocation).percent(),
                candidate,
            }
        };
        candidates.into_iter().map(one).collect()
    }

    /// The line below the name.
    pub fn detail(&self) -> String {
        let free = (100 - self.candidate.taken).max(0);
        let share = match &self.candidate.squads[..] {
            [] => format!("{free} % free"),
            squads => format!("{free} % free, in {}", squads.join(", ")),
        };
        match self.candidate.discipline.as_str() {
            "" => share,
            discipline => format!("{discipline} · {share}"),
        }
    }

    /// The shares that can be chosen: value, percent, whether it is chosen.
    pub fn shares(&self) -> Vec<(String, i16, bool)> {
        let value = |percent: i16| format!("{}:{percent}", self.candidate.member);
        Allocation::STEPS
            .into_iter()
            .map(|percent| (value(percent), percent, percent == self.share))
            .collect()
    }
}
