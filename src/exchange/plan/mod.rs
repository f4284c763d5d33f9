//! The plan of an import: a pure function of what was sent and what is there.
//!
//! The dry run shows its outcomes; applying makes the plan once more, under locks, and carries its changes out.
//! What is there already is matched by e-mail address (members) and by name and kind (teams); a field that a file
//! leaves empty stays as it is; nothing is ever removed. A squad that would have more than 10 members is refused
//! whole, with its memberships (H1).

mod people;
mod standing;
mod teams;

use std::collections::{HashMap, HashSet};

pub use standing::{
    ChangedMember, ChangedMembership, ChangedTeam, Changes, MemberNow, MembershipNow, NewMember,
    NewMembership, NewTeam, Rating, RatingNow, SkillNow, Standing, TeamKey, TeamNow, key_of,
};

use super::domain::{FieldChange, FileOutcome, Files, Kind, Outcome, Outcomes, RowOutcome};
use super::source::{Table, column_word};
use crate::accounts::{BadEmail, Email};
use crate::design::MAX_MEMBERS;
use crate::ids::MemberId;
use crate::tabular::Line;
use crate::text::BadText;

/// What an import says and what it does.
#[derive(Debug, Default)]
pub struct Plan {
    /// Row by row.
    pub outcomes: Outcomes,
    /// In the database.
    pub changes: Changes,
}

/// Makes the plan.
pub fn plan(files: &Files, now: &Standing) -> Plan {
    let mut changes = Changes::default();
    let empty = Table::default();
    let table = |kind| files.0.get(&kind);
    let mut people = People { now, new: HashMap::new() };
    let members =
        table(Kind::Members).map(|table| people::members(table, &mut people, &mut changes));
    let skills = table(Kind::Skills).map(|table| people::skills(table, &people, &mut changes));
    let (teams, memberships) = teams::teams_and_memberships(
        table(Kind::Teams).unwrap_or(&empty),
        table(Kind::Memberships).unwrap_or(&empty),
        &people,
        &mut changes,
    );
    let rows = [members, skills, Some(teams), Some(memberships)];
    let outcome_of = |(kind, rows): (Kind, Option<Vec<RowOutcome>>)| {
        let table = files.0.get(&kind)?;
        let unused = table.columns.iter().filter(|name| !kind.knows(&column_word(name))).cloned();
        Some(FileOutcome {
            kind,
            columns: table.columns.clone(),
            unused: unused.collect(),
            rows: rows.unwrap_or_default(),
        })
    };
    let outcomes = Outcomes::new(Kind::ALL.into_iter().zip(rows).filter_map(outcome_of).collect());
    Plan { outcomes, changes }
}

/// Why a row cannot come in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedRow {
    #[error(
        "This row has {cells} cells, but the first row names {columns} columns. Put a cell that holds the separator in quotation marks."
    )]
    TooManyCells { cells: usize, columns: usize },
    #[error("{0}")]
    Email(BadEmail),
    #[error("{0}")]
    Text(BadText),
    #[error("“{0}” is no time zone. Write one like Europe/Oslo.")]
    TimeZone(String),
    #[error("Line {0} already says something else about this. Keep one of the two.")]
    SaidOtherwise(usize),
    #[error("{0} is deactivated. Reactivate them first.")]
    Deactivated(String),
    #[error("Nobody has this e-mail address, neither here nor in a row of members that comes in.")]
    UnknownMember,
    #[error("“{0}” is no level. Write a number from 1 (knows of it) to 5 (can teach it).")]
    Level(String),
    #[error("“{0}” is neither yes nor no.")]
    YesOrNo(String),
    #[error("Write a level from 1 to 5, or yes under wants_to_learn.")]
    SaysNothing,
    #[error(
        "This would take the skill away, and an import never removes anything. Do that on the member's page."
    )]
    TakesAway,
    #[error("The skill {0} is archived. Bring it back first.")]
    Archived(String),
    #[error("“{0}” is no kind of team. Write squad or core_team.")]
    TeamKind(String),
    #[error(
        "“{0}” is no pattern. Use geographic, account_based, journey_stage, revenue_operations, product_or_service, tiger_team or own."
    )]
    Pattern(String),
    #[error("Only a squad has a pattern. Leave it empty for a core team.")]
    PatternOfCoreTeam,
    #[error("This squad has {0} members; a squad has at most {MAX_MEMBERS}.")]
    Overfull(usize),
    #[error(
        "The squad {name} has {size} members; a squad has at most {MAX_MEMBERS}. Nobody of it comes in."
    )]
    InOverfull { name: String, size: usize },
    #[error("There is no team of this name, neither here nor in a row of teams that comes in.")]
    UnknownTeam,
    #[error("The row of this team is refused: see line {0} of the teams.")]
    TeamRefused(usize),
    #[error("There are a squad and a core team of this name. Add a column “kind” that says which.")]
    AmbiguousTeam,
    #[error("“{0}” is no share. Write 10 to 100 %, in steps of 10.")]
    Allocation(String),
}

impl From<BadText> for RefusedRow {
    fn from(bad: BadText) -> Self {
        Self::Text(bad)
    }
}

impl From<BadEmail> for RefusedRow {
    fn from(bad: BadEmail) -> Self {
        Self::Email(bad)
    }
}

/// What becomes of a row that is not refused.
struct Planned {
    outcome: Outcome,
    reason: String,
    changes: Vec<FieldChange>,
}

impl Planned {
    fn added(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Added, reason: reason.into(), changes: vec![] }
    }

    fn changed(changes: Vec<FieldChange>) -> Self {
        Self { outcome: Outcome::Changed, reason: String::new(), changes }
    }

    fn unchanged() -> Self {
        Self { outcome: Outcome::Unchanged, reason: String::new(), changes: vec![] }
    }

    fn same_as(line: usize) -> Self {
        Self { reason: format!("The same as line {line}."), ..Self::unchanged() }
    }
}

/// The row as it is shown.
fn row(line: &Line, subject: String, planned: Result<Planned, RefusedRow>) -> RowOutcome {
    let (planned, cells) = match planned {
        Ok(planned) => (planned, vec![]),
        Err(refused) => {
            let reason = refused.to_string();
            let planned = Planned { outcome: Outcome::Refused, reason, changes: vec![] };
            (planned, line.cells.clone())
        }
    };
    RowOutcome {
        line: line.number,
        subject,
        outcome: planned.outcome,
        reason: planned.reason,
        changes: planned.changes,
        cells,
        was: None,
    }
}

/// Refuses a row that does not fit its columns.
fn check_width(table: &Table, line: &Line) -> Result<(), RefusedRow> {
    let columns = table.columns.len();
    if line.cells.iter().skip(columns).any(|cell| !cell.is_empty()) {
        return Err(RefusedRow::TooManyCells { cells: line.cells.len(), columns });
    }
    Ok(())
}

/// The people whom a row may name: the members, and those who come in with this import.
struct People<'a> {
    now: &'a Standing,
    /// Names by address.
    new: HashMap<String, String>,
}

/// Somebody whom a row names.
#[derive(Debug, Clone)]
struct Person {
    id: Option<MemberId>,
    email: String,
    name: String,
}

impl People<'_> {
    fn find(&self, cell: &str) -> Result<Person, RefusedRow> {
        let email = Email::parse(cell)?.as_str().to_owned();
        if let Some(member) = self.now.members.get(&email) {
            if member.is_deactivated {
                return Err(RefusedRow::Deactivated(member.name.clone()));
            }
            return Ok(Person { id: Some(member.id), email, name: member.name.clone() });
        }
        let name = self.new.get(&email).ok_or(RefusedRow::UnknownMember)?.clone();
        Ok(Person { id: None, email, name })
    }
}

/// The e-mail addresses that the files name: whom the plan needs to know.
pub fn emails(files: &Files) -> Vec<String> {
    let mut all = HashSet::new();
    for table in files.0.values() {
        let cells = table.lines.iter().map(|line| table.cell(line, "email"));
        all.extend(cells.filter_map(|cell| Email::parse(cell).ok()));
    }
    let mut all: Vec<String> = all.into_iter().map(|email| email.to_string()).collect();
    all.sort_unstable();
    all
}

/// The names of teams that the files name, as they are compared.
pub fn team_names(files: &Files) -> HashSet<String> {
    let tables = [Kind::Teams, Kind::Memberships].into_iter().filter_map(|kind| files.0.get(&kind));
    tables
        .flat_map(|table| table.lines.iter().map(|line| key_of(table.cell(line, "team"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::source::read;
    use crate::exchange::words::TeamKind;
    use crate::ids::{MembershipId, TeamId};

    fn files(texts: &[&str]) -> Files {
        let tables = texts.iter().map(|text| read(text).unwrap());
        Files(tables.map(|table| (Kind::of(&table).unwrap(), table)).collect())
    }

    fn count(plan: &Plan, kind: Kind) -> [usize; 4] {
        let file = plan.outcomes.files.iter().find(|file| file.kind == kind).unwrap();
        Outcome::ALL.map(|outcome| file.count(outcome))
    }

    /// 20 members, p0@x.example to p19@x.example; the first `size` of them are the squad Otters.
    fn otters(size: usize) -> Standing {
        let mut now = Standing::default();
        let team = TeamId::new();
        for i in 0..20 {
            let id = MemberId::new();
            let member = MemberNow {
                id,
                name: format!("P{i}"),
                title: String::new(),
                discipline: String::new(),
                time_zone: "UTC".to_owned(),
                is_deactivated: false,
                teams: usize::from(i < size),
            };
            now.members.insert(format!("p{i}@x.example"), member);
            if i < size {
                let membership =
                    MembershipNow { id: MembershipId::new(), allocation: 100, hats: vec![] };
                now.memberships.insert((team, id), membership);
            }
        }
        let team = TeamNow {
            id: team,
            name: "Otters".to_owned(),
            description: String::new(),
            pattern: Some("own".to_owned()),
            size,
        };
        now.teams.insert((TeamKind::Squad, "otters".to_owned()), team);
        now
    }

    fn memberships(members: std::ops::Range<usize>) -> String {
        let rows: Vec<String> = members.map(|i| format!("Otters,p{i}@x.example\n")).collect();
        format!("team,email\n{}", rows.concat())
    }

    #[test]
    fn a_squad_of_nine_takes_one_more_and_refuses_two() {
        let one = plan(&files(&[&memberships(9..10)]), &otters(9));
        assert_eq!(count(&one, Kind::Memberships), [1, 0, 0, 0]);
        let two = plan(&files(&[&memberships(9..11)]), &otters(9));
        assert_eq!(count(&two, Kind::Memberships), [0, 0, 0, 2]);
        assert!(two.changes.new_memberships.is_empty());
    }

    #[test]
    fn those_who_are_in_a_squad_stay_while_it_is_refused() {
        let plan = plan(&files(&[&memberships(0..11)]), &otters(9));
        assert_eq!(count(&plan, Kind::Memberships), [0, 0, 9, 2]);
    }

    #[test]
    fn a_row_that_repeats_a_refused_one_is_refused_with_it() {
        let twice = format!("{}Otters,p10@x.example\n", memberships(9..11));
        let plan = plan(&files(&[&twice]), &otters(9));
        assert_eq!(count(&plan, Kind::Memberships), [0, 0, 0, 3]);
    }

    #[test]
    fn a_core_team_takes_any_number() {
        let teams = "team,kind\nPlatform,core_team\n";
        let members = memberships(0..20).replace("Otters", "Platform");
        let plan = plan(&files(&[teams, &members]), &otters(0));
        assert_eq!(count(&plan, Kind::Memberships), [20, 0, 0, 0]);
    }

    #[test]
    fn time_is_split_over_the_teams_of_the_import_and_those_that_are_there() {
        let teams = "team,kind\nVoles,squad\nHerons,squad\n";
        let joins = "team,email,allocation\nVoles,p0@x.example,\nHerons,p0@x.example,70\n";
        let plan = plan(&files(&[teams, joins]), &otters(3));
        let shares: Vec<i16> =
            plan.changes.new_memberships.iter().map(|membership| membership.allocation).collect();
        assert_eq!(shares, [30, 70], "one of three teams, and what the file says");
    }

    #[test]
    fn a_membership_of_a_refused_team_names_the_line_of_the_team() {
        let teams = "team,kind\nVoles,tribe\n";
        let plan = plan(&files(&[teams, "team,email\nVoles,p0@x.example\n"]), &otters(0));
        let reason = &plan.outcomes.files[1].rows[0].reason;
        assert_eq!(reason, "The row of this team is refused: see line 2 of the teams.");
    }

    #[test]
    fn columns_that_are_not_known_are_named() {
        let plan = plan(&files(&["email,name,Shoe size\na@b.example,Ann,38\n"]), &otters(0));
        assert_eq!(plan.outcomes.files[0].unused, ["Shoe size"]);
    }

    proptest! {
        #[test]
        fn no_squad_ever_gets_more_than_ten_and_every_row_has_one_outcome(
            size in 0_usize..=10,
            rows in prop::collection::vec((0_usize..3, 0_usize..22), 0..60),
        ) {
            let names = ["Otters", "Voles", "Nobody"];
            let lines: Vec<String> =
                rows.iter().map(|(team, i)| format!("{},p{i}@x.example\n", names[*team])).collect();
            let text = format!("team,email\n{}", lines.concat());
            let now = otters(size);
            let plan = plan(&files(&["team,kind\nVoles,squad\n", &text]), &now);
            prop_assert_eq!(count(&plan, Kind::Memberships).iter().sum::<usize>(), rows.len());
            for (name, there) in [("otters", size), ("voles", 0)] {
                let joining = plan.changes.new_memberships.iter().filter(|one| one.team.1 == name).count();
                prop_assert!(there + joining <= MAX_MEMBERS);
            }
        }
    }
}
