//! The plan for teams and memberships, which depend on one another: a squad with too many members is refused, and
//! with it its memberships; a membership of a team that is refused is refused too.

use std::collections::{HashMap, HashSet};

use super::{
    ChangedMembership, ChangedTeam, Changes, NewMembership, NewTeam, People, Person, Planned,
    RefusedRow, Standing, TeamKey, check_width, key_of, row,
};
use crate::design::MAX_MEMBERS;
use crate::exchange::domain::{FieldChange, Outcome, RowOutcome};
use crate::exchange::source::Table;
use crate::exchange::words::{self, TeamKind};
use crate::squads::{Description, HatName, SquadName};
use crate::tabular::Line;

/// What a row says of a team; nothing where it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SaidTeam {
    key: TeamKey,
    name: String,
    description: Option<String>,
    pattern: Option<&'static str>,
}

/// What a row says of a membership; nothing where it is empty.
struct SaidMembership {
    team: TeamKey,
    person: Person,
    /// As they are written.
    hats: Option<Vec<String>>,
    allocation: Option<i16>,
}

/// A row that says what an earlier one has said.
enum Read<T> {
    First(T),
    SameAs(usize),
}

/// Which rows say what an earlier line has said.
fn repeats<T>(said: &[Result<Read<T>, RefusedRow>]) -> Vec<Option<usize>> {
    let of_row = |read: &Result<Read<T>, RefusedRow>| match read {
        Ok(Read::SameAs(line)) => Some(*line),
        _ => None,
    };
    said.iter().map(of_row).collect()
}

/// Refuses a row together with the earlier one that it repeats.
fn refuse_repeats(table: &Table, repeats: &[Option<usize>], rows: &mut [RowOutcome]) {
    let refused: HashMap<usize, String> = rows
        .iter()
        .filter(|row| row.outcome == Outcome::Refused)
        .map(|row| (row.line, row.reason.clone()))
        .collect();
    for ((row, line), repeated) in rows.iter_mut().zip(&table.lines).zip(repeats) {
        if let Some(reason) = repeated.and_then(|repeated| refused.get(&repeated)) {
            row.outcome = Outcome::Refused;
            row.reason.clone_from(reason);
            row.cells.clone_from(&line.cells);
        }
    }
}

/// Plans the rows of teams and of memberships.
pub fn teams_and_memberships(
    teams: &Table,
    memberships: &Table,
    people: &People,
    changes: &mut Changes,
) -> (Vec<RowOutcome>, Vec<RowOutcome>) {
    let said_teams = read_teams(teams);
    let known = Known::new(teams, &said_teams, people.now);
    let said_memberships = read_memberships(memberships, &known, people);
    let overfull = overfull(&said_memberships, &known);
    let (team_repeats, repeats) = (repeats(&said_teams), repeats(&said_memberships));

    let mut plan_team = |read: Result<Read<SaidTeam>, RefusedRow>| match read? {
        Read::SameAs(line) => Ok(Planned::same_as(line)),
        Read::First(said) => team(said, &known, &overfull, changes),
    };
    let mut team_rows: Vec<RowOutcome> = teams
        .lines
        .iter()
        .zip(said_teams)
        .map(|(line, read)| row(line, teams.cell(line, "team").to_owned(), plan_team(read)))
        .collect();

    let shares = shares(&said_memberships, &known, &overfull);
    let mut plan_membership = |read: Result<Read<SaidMembership>, RefusedRow>| match read? {
        Read::SameAs(line) => Ok(Planned::same_as(line)),
        Read::First(said) => membership(said, &known, &overfull, &shares, changes),
    };
    let subject =
        |line| format!("{}, {}", memberships.cell(line, "team"), memberships.cell(line, "email"));
    let mut membership_rows: Vec<RowOutcome> = memberships
        .lines
        .iter()
        .zip(said_memberships)
        .map(|(line, read)| row(line, subject(line), plan_membership(read)))
        .collect();
    refuse_repeats(teams, &team_repeats, &mut team_rows);
    refuse_repeats(memberships, &repeats, &mut membership_rows);
    (team_rows, membership_rows)
}

fn read_teams(table: &Table) -> Vec<Result<Read<SaidTeam>, RefusedRow>> {
    let mut earlier: HashMap<TeamKey, (usize, SaidTeam)> = HashMap::new();
    let mut read = |line: &Line| {
        let said = read_team(table, line)?;
        if let Some((number, first)) = earlier.get(&said.key) {
            let is_same = first.description == said.description && first.pattern == said.pattern;
            return if is_same {
                Ok(Read::SameAs(*number))
            } else {
                Err(RefusedRow::SaidOtherwise(*number))
            };
        }
        earlier.insert(said.key.clone(), (line.number, said.clone()));
        Ok(Read::First(said))
    };
    table.lines.iter().map(&mut read).collect()
}

fn read_team(table: &Table, line: &Line) -> Result<SaidTeam, RefusedRow> {
    check_width(table, line)?;
    let cell = |word| table.cell(line, word);
    let name = SquadName::parse(cell("team"))?.to_string();
    let kind = TeamKind::parse(cell("kind"))
        .ok_or_else(|| RefusedRow::TeamKind(cell("kind").to_owned()))?;
    let description = Description::parse(cell("description"))?.to_string();
    let pattern = match cell("pattern") {
        "" => None,
        _ if kind == TeamKind::CoreTeam => return Err(RefusedRow::PatternOfCoreTeam),
        word => Some(words::pattern(word).ok_or_else(|| RefusedRow::Pattern(word.to_owned()))?),
    };
    Ok(SaidTeam {
        key: (kind, key_of(&name)),
        name,
        description: (!description.is_empty()).then_some(description),
        pattern,
    })
}

/// The teams that a membership may name.
struct Known<'a> {
    now: &'a Standing,
    /// Those that come in, with their names.
    new: HashMap<TeamKey, String>,
    /// The lines of teams that are refused, by name.
    refused: HashMap<String, usize>,
}

impl<'a> Known<'a> {
    fn new(table: &Table, said: &[Result<Read<SaidTeam>, RefusedRow>], now: &'a Standing) -> Self {
        let mut known = Self { now, new: HashMap::new(), refused: HashMap::new() };
        for (line, read) in table.lines.iter().zip(said) {
            match read {
                Ok(Read::First(said)) if !now.teams.contains_key(&said.key) => {
                    known.new.insert(said.key.clone(), said.name.clone());
                }
                Ok(_) => {}
                Err(_) => {
                    known.refused.insert(key_of(table.cell(line, "team")), line.number);
                }
            }
        }
        known
    }

    fn has(&self, key: &TeamKey) -> bool {
        self.now.teams.contains_key(key) || self.new.contains_key(key)
    }

    fn name(&self, key: &TeamKey) -> String {
        let now = self.now.teams.get(key).map(|team| &team.name);
        now.or_else(|| self.new.get(key)).cloned().unwrap_or_default()
    }

    fn find(&self, name: &str, kind: &str) -> Result<TeamKey, RefusedRow> {
        let name = key_of(name);
        let kinds = if kind.is_empty() {
            vec![TeamKind::Squad, TeamKind::CoreTeam]
        } else {
            vec![TeamKind::parse(kind).ok_or_else(|| RefusedRow::TeamKind(kind.to_owned()))?]
        };
        let mut found =
            kinds.into_iter().map(|kind| (kind, name.clone())).filter(|key| self.has(key));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(RefusedRow::AmbiguousTeam),
            (Some(key), None) => Ok(key),
            _ => Err(match self.refused.get(&name) {
                Some(line) => RefusedRow::TeamRefused(*line),
                None => RefusedRow::UnknownTeam,
            }),
        }
    }

    /// Whether the person is in the team already.
    fn is_member(&self, team: &TeamKey, person: &Person) -> bool {
        let team = self.now.teams.get(team);
        team.zip(person.id)
            .is_some_and(|(team, member)| self.now.memberships.contains_key(&(team.id, member)))
    }
}

fn read_memberships(
    table: &Table,
    known: &Known,
    people: &People,
) -> Vec<Result<Read<SaidMembership>, RefusedRow>> {
    type Words = (Option<Vec<String>>, Option<i16>);
    let mut earlier: HashMap<(TeamKey, String), (usize, Words)> = HashMap::new();
    let mut read = |line: &Line| {
        let said = read_membership(table, line, known, people)?;
        let keys = said.hats.as_ref().map(|hats| hats.iter().map(|hat| key_of(hat)).collect());
        let key = (said.team.clone(), said.person.email.clone());
        let words: Words = (keys, said.allocation);
        if let Some((number, first)) = earlier.get(&key) {
            return if *first == words {
                Ok(Read::SameAs(*number))
            } else {
                Err(RefusedRow::SaidOtherwise(*number))
            };
        }
        earlier.insert(key, (line.number, words));
        Ok(Read::First(said))
    };
    table.lines.iter().map(&mut read).collect()
}

fn read_membership(
    table: &Table,
    line: &Line,
    known: &Known,
    people: &People,
) -> Result<SaidMembership, RefusedRow> {
    check_width(table, line)?;
    let cell = |word| table.cell(line, word);
    let mut hats: Vec<String> = vec![];
    for hat in cell("hats").split(';').filter(|hat| !hat.trim().is_empty()) {
        let hat = HatName::parse(hat)?.to_string();
        if hats.iter().all(|other| key_of(other) != key_of(&hat)) {
            hats.push(hat);
        }
    }
    let allocation = match cell("allocation") {
        "" => None,
        cell => {
            Some(words::allocation(cell).ok_or_else(|| RefusedRow::Allocation(cell.to_owned()))?)
        }
    };
    Ok(SaidMembership {
        team: known.find(cell("team"), cell("kind"))?,
        person: people.find(cell("email"))?,
        hats: (!hats.is_empty()).then_some(hats),
        allocation,
    })
}

type SaidMemberships = [Result<Read<SaidMembership>, RefusedRow>];

/// Those who would join a team.
fn joining<'a>(
    said: &'a SaidMemberships,
    known: &'a Known,
) -> impl Iterator<Item = &'a SaidMembership> {
    said.iter().filter_map(|read| match read {
        Ok(Read::First(said)) if !known.is_member(&said.team, &said.person) => Some(said),
        _ => None,
    })
}

/// The squads that would have more than 10 members (H1), with how many.
fn overfull(said: &SaidMemberships, known: &Known) -> HashMap<TeamKey, usize> {
    let mut sizes: HashMap<&TeamKey, HashSet<&str>> = HashMap::new();
    for said in joining(said, known).filter(|said| said.team.0 == TeamKind::Squad) {
        sizes.entry(&said.team).or_default().insert(&said.person.email);
    }
    let size = |(team, new): (&TeamKey, HashSet<&str>)| {
        (team.clone(), new.len() + known.now.teams.get(team).map_or(0, |team| team.size))
    };
    sizes.into_iter().map(size).filter(|(_, size)| *size > MAX_MEMBERS).collect()
}

/// The share of everybody who joins a team: see [`words::even_allocation`].
fn shares(
    said: &SaidMemberships,
    known: &Known,
    overfull: &HashMap<TeamKey, usize>,
) -> HashMap<String, (usize, i16)> {
    let mut teams: HashMap<&str, usize> = HashMap::new();
    for said in joining(said, known).filter(|said| !overfull.contains_key(&said.team)) {
        *teams.entry(&said.person.email).or_default() += 1;
    }
    let share = |(email, new): (&str, usize)| {
        let all = new + known.now.members.get(email).map_or(0, |member| member.teams);
        (email.to_owned(), (all, words::even_allocation(all)))
    };
    teams.into_iter().map(share).collect()
}

fn team(
    said: SaidTeam,
    known: &Known,
    overfull: &HashMap<TeamKey, usize>,
    changes: &mut Changes,
) -> Result<Planned, RefusedRow> {
    if let Some(size) = overfull.get(&said.key) {
        return Err(RefusedRow::Overfull(*size));
    }
    let Some(now) = known.now.teams.get(&said.key) else {
        let pattern =
            (said.key.0 == TeamKind::Squad).then(|| said.pattern.unwrap_or("own").to_owned());
        let reason = match said.key.0 {
            TeamKind::Squad => "Comes in as a forming squad.",
            TeamKind::CoreTeam => "Comes in as a core team.",
        };
        changes.new_teams.push(NewTeam {
            key: said.key,
            name: said.name,
            pattern,
            description: said.description.unwrap_or_default(),
        });
        return Ok(Planned::added(reason));
    };
    let pattern_now = now.pattern.as_deref().unwrap_or_default();
    let list: Vec<FieldChange> = [
        said.description
            .as_ref()
            .and_then(|after| FieldChange::of("description", &now.description, after)),
        said.pattern.and_then(|after| FieldChange::of("pattern", pattern_now, after)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if list.is_empty() {
        return Ok(Planned::unchanged());
    }
    changes.changed_teams.push(ChangedTeam {
        key: said.key,
        pattern: said.pattern.map(ToOwned::to_owned).or_else(|| now.pattern.clone()),
        description: said.description.unwrap_or_else(|| now.description.clone()),
        changes: list.clone(),
    });
    Ok(Planned::changed(list))
}

fn membership(
    said: SaidMembership,
    known: &Known,
    overfull: &HashMap<TeamKey, usize>,
    shares: &HashMap<String, (usize, i16)>,
    changes: &mut Changes,
) -> Result<Planned, RefusedRow> {
    let team = known.now.teams.get(&said.team);
    let now = team
        .zip(said.person.id)
        .and_then(|(team, member)| known.now.memberships.get(&(team.id, member)).zip(Some(member)));
    let Some((now, member)) = now else {
        if let Some(size) = overfull.get(&said.team) {
            return Err(RefusedRow::InOverfull { name: known.name(&said.team), size: *size });
        }
        let (teams, share) = shares.get(&said.person.email).copied().unwrap_or((1, 100));
        let reason = match (said.allocation, teams) {
            (Some(given), _) => format!("{given} %."),
            (None, 1) => format!("{share} %."),
            (None, teams) => format!("{share} %, as one of {teams} teams."),
        };
        let hats = catalogue(said.hats.unwrap_or_default(), known.now, changes);
        changes.new_memberships.push(NewMembership {
            team: said.team,
            email: said.person.email,
            name: said.person.name,
            allocation: said.allocation.unwrap_or(share),
            hats,
        });
        return Ok(Planned::added(reason));
    };
    let sorted = |hats: &[String]| {
        let mut keys: Vec<String> = hats.iter().map(|hat| key_of(hat)).collect();
        keys.sort_unstable();
        keys
    };
    let hats_now = sorted(&now.hats);
    let hats_next = said.hats.as_ref().map_or_else(|| hats_now.clone(), |hats| sorted(hats));
    let allocation = said.allocation.unwrap_or(now.allocation);
    let mut list = vec![];
    list.extend(FieldChange::of(
        "allocation",
        &format!("{} %", now.allocation),
        &format!("{allocation} %"),
    ));
    if hats_now != hats_next {
        let written = said.hats.as_ref().map(|hats| hats.join(", ")).unwrap_or_default();
        list.extend(FieldChange::of("hats", &now.hats.join(", "), &written));
    }
    if list.is_empty() {
        return Ok(Planned::unchanged());
    }
    if let Some(size) = overfull.get(&said.team) {
        return Err(RefusedRow::InOverfull { name: known.name(&said.team), size: *size });
    }
    let hats = catalogue(said.hats.unwrap_or_else(|| now.hats.clone()), known.now, changes);
    changes.changed_memberships.push(ChangedMembership {
        id: now.id,
        team: said.team,
        member,
        name: said.person.name,
        allocation,
        hats,
        changes: list.clone(),
    });
    Ok(Planned::changed(list))
}

/// The hats as they are compared; those that the catalogue does not have come into it.
fn catalogue(hats: Vec<String>, now: &Standing, changes: &mut Changes) -> Vec<String> {
    let mut keys = vec![];
    for hat in hats {
        let key = key_of(&hat);
        if !now.hats.contains_key(&key) {
            changes.new_hats.entry(key.clone()).or_insert(hat);
        }
        keys.push(key);
    }
    keys
}
