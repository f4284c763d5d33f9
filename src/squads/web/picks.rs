//! Choosing who joins a team: a search and the chosen members, each with a share, in one form, so that a search, a
//! page further on or a refusal loses nobody who was chosen, without a script either.

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use sqlx::PgPool;

use crate::actor::Tenant;
use crate::error::{Error, Result};
use crate::ids::{MemberId, SkillId, TeamId};
use crate::rule::Rule;
use crate::squads::db::{self, Candidate, Choice, Search};
use crate::squads::domain::{Allocation, NewMembership};

/// How many who could join are shown at a time.
const CANDIDATES: usize = 40;
/// More are not taken along by a search, nor added at once.
const MAX_CHOSEN: usize = 100;

/// What the form sends when it searches or goes on: whom to look for, and who is chosen already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PicksQuery {
    q: String,
    skill: String,
    member: Vec<String>,
    share: Vec<String>,
    /// Somebody who is chosen from the start.
    add: String,
    after: String,
    /// Search for everybody again.
    clear: String,
    /// The form's one-time key, which has no place in an address.
    key: String,
}

/// What it sends to add the chosen ones. `share` holds "member:percent" for everybody on the page, so that it works
/// without a script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddForm {
    member: Vec<String>,
    share: Vec<String>,
    q: String,
    skill: String,
}

/// More are chosen than are added at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("At most {MAX_CHOSEN} members join at once. Add these first, then the others.")]
struct TooMany;

impl Rule for TooMany {
    fn code(&self) -> &'static str {
        "too_many_chosen"
    }
}

/// Whom to look for, and who is chosen.
#[derive(Debug, Default)]
pub struct Picks {
    /// A part of the name, discipline or title, as typed.
    pub q: String,
    /// The id of a skill, as it came.
    pub skill: String,
    /// The last one of the page before.
    pub after: Option<MemberId>,
    /// Who is chosen.
    pub chosen: Vec<NewMembership>,
}

/// The share of `id` among "member:percent".
fn share_of<'a>(shares: &'a [String], id: &str) -> Option<&'a str> {
    shares.iter().find_map(|pair| pair.strip_prefix(id)?.strip_prefix(':'))
}

impl PicksQuery {
    /// The picks. What is not readable in an address chooses nobody.
    pub fn picks(self) -> Picks {
        let one = |id: &String| {
            let share = share_of(&self.share, id).and_then(|text| Allocation::parse(text).ok());
            let allocation = share.unwrap_or(Allocation::FULL);
            Some(NewMembership { member: id.parse().ok()?, allocation, hats: vec![] })
        };
        let mut chosen: Vec<_> = self.member.iter().filter_map(one).take(MAX_CHOSEN).collect();
        if let Ok(member) = self.add.parse() {
            chosen.push(NewMembership { member, allocation: Allocation::FULL, hats: vec![] });
        }
        let mut seen = std::collections::HashSet::new();
        chosen.retain(|one| seen.insert(one.member));
        Picks { after: self.after.parse().ok(), q: self.q, skill: self.skill, chosen }
    }

    /// The short address of the same search on the page `at`: the form sends the shares of everybody, and its key.
    pub fn shorter(&self, at: &str) -> Option<Response> {
        if self.key.is_empty() && self.clear.is_empty() {
            return None;
        }
        let mut pairs = vec![];
        if self.clear.is_empty() {
            let asked = [("q", self.q.trim()), ("skill", &self.skill), ("after", &self.after)];
            pairs.extend(asked.into_iter().filter(|(_, value)| !value.is_empty()));
        }
        pairs.extend(self.member.iter().map(|id| ("member", id.as_str())));
        let shares = self.share.iter().filter(|pair| {
            pair.split_once(':').is_some_and(|(id, _)| self.member.iter().any(|one| one == id))
        });
        pairs.extend(shares.map(|pair| ("share", pair.as_str())));
        let query = serde_html_form::to_string(pairs).unwrap_or_default();
        let mark = if query.is_empty() { "" } else { "?" };
        Some(Redirect::to(&format!("{at}{mark}{query}#add")).into_response())
    }
}

impl AddForm {
    /// Who was chosen, each with their share (the whole of their time where it is missing), and the search.
    pub fn picks(self) -> Result<Picks> {
        if self.member.len() > MAX_CHOSEN {
            return Err(TooMany.into());
        }
        let one = |id: &String| {
            let member = id.parse().map_err(|_| Error::NotFound)?;
            let allocation = Allocation::parse(share_of(&self.share, id).unwrap_or("100"))?;
            Ok(NewMembership { member, allocation, hats: vec![] })
        };
        let chosen = self.member.iter().map(one).collect::<Result<_>>()?;
        Ok(Picks { chosen, q: self.q, skill: self.skill, after: None })
    }
}

/// What is said once they are in.
pub fn joined(n: usize) -> String {
    if n == 1 { "1 member joined.".to_owned() } else { format!("{n} members joined.") }
}

/// Somebody who could join.
pub struct Person {
    /// Who.
    pub candidate: Candidate,
    /// Whether they are chosen.
    pub chosen: bool,
    share: i16,
}

impl Person {
    fn new(candidate: Candidate, chosen: &[NewMembership]) -> Self {
        let picked = chosen.iter().find(|one| one.member == candidate.member);
        let free = Allocation::free_of(candidate.taken);
        Self {
            chosen: picked.is_some(),
            share: picked.map_or(free, |one| one.allocation).percent(),
            candidate,
        }
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

    /// The same with what they would bring.
    pub fn offer(&self) -> String {
        match &self.candidate.covers[..] {
            [] => self.detail(),
            covers => format!("{} · covers {}", self.detail(), covers.join(", ")),
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

/// Those who could join, as a page shows them.
#[derive(Default)]
pub struct Candidates {
    /// Who is chosen, whatever the search says.
    pub chosen: Vec<Person>,
    /// Whom the search finds, those who close most gaps first.
    pub found: Vec<Person>,
    /// What was typed.
    pub q: String,
    /// The skill that was chosen.
    pub skill: String,
    /// The skills to choose from; none where the page does not filter by them.
    pub skills: Vec<Choice>,
    /// The last one shown, if there are more.
    pub next: Option<MemberId>,
    /// Whether there are some before the first one shown.
    pub is_later: bool,
}

impl Candidates {
    /// Finds them: one statement. `missing` is what the team misses, each skill with its level.
    pub async fn load(
        pool: &PgPool,
        tenant: Tenant,
        team: TeamId,
        picks: Picks,
        missing: Vec<(SkillId, i16)>,
    ) -> Result<Self> {
        let q = picks.q.trim();
        let search = Search {
            q: (!q.is_empty()).then(|| q.to_owned()),
            skill: picks.skill.parse().ok(),
            always: picks.chosen.iter().map(|one| one.member).collect(),
            after: picks.after,
            missing,
        };
        let limit = i64::try_from(CANDIDATES + 1).unwrap_or(i64::MAX);
        let all = db::candidates(pool, tenant, team, &search, limit).await?;
        let people = all.into_iter().map(|one| Person::new(one, &picks.chosen));
        let (chosen, mut found): (Vec<_>, Vec<_>) = people.partition(|person| person.chosen);
        let has_more = found.len() > CANDIDATES;
        found.truncate(CANDIDATES);
        Ok(Self {
            next: found.last().filter(|_| has_more).map(|last| last.candidate.member),
            is_later: picks.after.is_some(),
            q: q.to_owned(),
            skill: picks.skill,
            skills: vec![],
            chosen,
            found,
        })
    }

    /// Whether it is narrowed to some.
    pub fn is_narrowed(&self) -> bool {
        !self.q.is_empty() || !self.skill.is_empty()
    }

    /// Why the search finds nobody, and what to do.
    pub fn why(&self) -> &'static str {
        if !self.skill.is_empty() {
            "Nobody outside the team has rated this skill yet. Members rate themselves: ask them, or look without the skill."
        } else if self.is_narrowed() {
            "Try another name. Who is in the team already, or has left the organization, is not shown."
        } else {
            "Everybody is in the team already. Add members to the organization first."
        }
    }

    /// Whether there is nobody to show.
    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty() && self.found.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::LOCATION;

    use super::*;

    #[test]
    fn a_search_keeps_the_chosen_with_their_shares_and_drops_the_rest() {
        let (a, b) = (MemberId::new(), MemberId::new());
        let query = PicksQuery {
            q: " ada ".to_owned(),
            member: vec![a.to_string()],
            share: vec![format!("{a}:40"), format!("{b}:100")],
            key: "0123456789".to_owned(),
            ..PicksQuery::default()
        };

        let there = query.shorter("/members").unwrap();
        let there = there.headers()[LOCATION].to_str().unwrap().to_owned();
        let picks = query.picks();

        assert_eq!(there, format!("/members?q=ada&member={a}&share={a}%3A40#add"));
        assert_eq!(picks.chosen.len(), 1);
        assert_eq!(picks.chosen[0].allocation.percent(), 40);
    }

    #[test]
    fn a_hundred_are_added_at_once_and_no_more() {
        let form = |n: usize| AddForm {
            member: (0..n).map(|_| MemberId::new().to_string()).collect(),
            ..AddForm::default()
        };
        assert_eq!(form(100).picks().unwrap().chosen.len(), 100);
        let Error::Refused(refusal) = form(101).picks().unwrap_err() else { panic!("refused") };
        assert_eq!(refusal.code, "too_many_chosen");
    }

    #[test]
    fn an_address_chooses_each_once_and_nobody_that_it_cannot_read() {
        let a = MemberId::new();
        let query = PicksQuery {
            member: vec![a.to_string(), "nobody".to_owned()],
            add: a.to_string(),
            ..PicksQuery::default()
        };

        assert!(query.shorter("/members").is_none(), "it is short already");
        assert_eq!(query.picks().chosen.len(), 1);
    }
}
