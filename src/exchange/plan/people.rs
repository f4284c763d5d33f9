//! The plan for members and for their skills.

use std::collections::HashMap;

use super::{
    ChangedMember, Changes, NewMember, People, Planned, Rating, RatingNow, RefusedRow, check_width,
    key_of, row,
};
use crate::accounts::{Email, PersonName};
use crate::exchange::domain::{FieldChange, RowOutcome};
use crate::exchange::source::Table;
use crate::exchange::words;
use crate::members::{Discipline, Title};
use crate::skills::SkillName;
use crate::tabular::Line;
use crate::text::BadText;

/// What a row says of a member; nothing where it is empty.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    email: String,
    name: Option<String>,
    title: Option<String>,
    discipline: Option<String>,
    time_zone: Option<String>,
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn read_member(table: &Table, line: &Line) -> Result<Said, RefusedRow> {
    check_width(table, line)?;
    let cell = |word| table.cell(line, word);
    let name = cell("name");
    let time_zone = cell("time_zone");
    if !time_zone.is_empty() && time_zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(RefusedRow::TimeZone(time_zone.to_owned()));
    }
    Ok(Said {
        email: Email::parse(cell("email"))?.to_string(),
        name: if name.is_empty() { None } else { Some(PersonName::parse(name)?.to_string()) },
        title: filled(Title::parse(cell("title"))?.to_string()),
        discipline: filled(Discipline::parse(cell("discipline"))?.to_string()),
        time_zone: filled(time_zone.to_owned()),
    })
}

/// Plans the rows of members, and makes those who come in known to the other files.
pub fn members(table: &Table, people: &mut People, changes: &mut Changes) -> Vec<RowOutcome> {
    let mut earlier: HashMap<String, (usize, Said)> = HashMap::new();
    let mut plan_row = |line: &Line| {
        let said = read_member(table, line)?;
        if let Some((number, first)) = earlier.get(&said.email) {
            return if *first == said {
                Ok(Planned::same_as(*number))
            } else {
                Err(RefusedRow::SaidOtherwise(*number))
            };
        }
        let planned = member(&said, people, changes)?;
        earlier.insert(said.email.clone(), (line.number, said));
        Ok(planned)
    };
    table
        .lines
        .iter()
        .map(|line| {
            row(line, subject(table.cell(line, "name"), table.cell(line, "email")), plan_row(line))
        })
        .collect()
}

fn subject(name: &str, email: &str) -> String {
    if name.is_empty() { email.to_owned() } else { format!("{name}, {email}") }
}

fn member(said: &Said, people: &mut People, changes: &mut Changes) -> Result<Planned, RefusedRow> {
    let Some(now) = people.now.members.get(&said.email) else {
        let name = said.name.clone().ok_or(RefusedRow::Text(BadText::Empty("the name")))?;
        people.new.insert(said.email.clone(), name.clone());
        changes.new_members.push(NewMember {
            email: said.email.clone(),
            name,
            title: said.title.clone().unwrap_or_default(),
            discipline: said.discipline.clone().unwrap_or_default(),
            time_zone: said.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        });
        return Ok(Planned::added(""));
    };
    if now.is_deactivated {
        return Err(RefusedRow::Deactivated(now.name.clone()));
    }
    let fields = [
        ("name", &now.name, &said.name),
        ("title", &now.title, &said.title),
        ("discipline", &now.discipline, &said.discipline),
        ("time zone", &now.time_zone, &said.time_zone),
    ];
    let list: Vec<FieldChange> = fields
        .into_iter()
        .filter_map(|(field, before, after)| FieldChange::of(field, before, after.as_ref()?))
        .collect();
    if list.is_empty() {
        return Ok(Planned::unchanged());
    }
    let or_now = |said: &Option<String>, now: &String| said.as_ref().unwrap_or(now).clone();
    changes.changed_members.push(ChangedMember {
        id: now.id,
        name: or_now(&said.name, &now.name),
        title: or_now(&said.title, &now.title),
        discipline: or_now(&said.discipline, &now.discipline),
        time_zone: or_now(&said.time_zone, &now.time_zone),
        changes: list.clone(),
    });
    Ok(Planned::changed(list))
}

/// What a row says of a skill; nothing where it is empty.
#[derive(Debug, PartialEq, Eq)]
struct SaidOfSkill {
    name: String,
    level: Option<i16>,
    wants_to_learn: Option<bool>,
}

fn read_skill(table: &Table, line: &Line) -> Result<SaidOfSkill, RefusedRow> {
    check_width(table, line)?;
    let (level, wants) = (table.cell(line, "level"), table.cell(line, "wants_to_learn"));
    let level_of =
        |cell: &str| words::level(cell).ok_or_else(|| RefusedRow::Level(cell.to_owned()));
    let yes_of = |cell: &str| words::yes(cell).ok_or_else(|| RefusedRow::YesOrNo(cell.to_owned()));
    Ok(SaidOfSkill {
        name: SkillName::parse(table.cell(line, "skill"))?.to_string(),
        level: Some(level).filter(|cell| !cell.is_empty()).map(level_of).transpose()?,
        wants_to_learn: Some(wants).filter(|cell| !cell.is_empty()).map(yes_of).transpose()?,
    })
}

/// Plans the rows of skills.
pub fn skills(table: &Table, people: &People, changes: &mut Changes) -> Vec<RowOutcome> {
    let mut earlier: HashMap<(String, String), (usize, SaidOfSkill)> = HashMap::new();
    let mut plan_row = |line: &Line| {
        let said = read_skill(table, line)?;
        let person = people.find(table.cell(line, "email"))?;
        let key = (person.email.clone(), key_of(&said.name));
        if let Some((number, first)) = earlier.get(&key) {
            return if (first.level, first.wants_to_learn) == (said.level, said.wants_to_learn) {
                Ok(Planned::same_as(*number))
            } else {
                Err(RefusedRow::SaidOtherwise(*number))
            };
        }
        let planned = skill(&said, &person, people, changes)?;
        earlier.insert(key, (line.number, said));
        Ok(planned)
    };
    let subject = |line| format!("{}, {}", table.cell(line, "email"), table.cell(line, "skill"));
    table.lines.iter().map(|line| row(line, subject(line), plan_row(line))).collect()
}

fn skill(
    said: &SaidOfSkill,
    person: &super::Person,
    people: &People,
    changes: &mut Changes,
) -> Result<Planned, RefusedRow> {
    let key = key_of(&said.name);
    let known = people.now.skills.get(&key);
    if let Some(known) = known.filter(|known| known.is_archived) {
        return Err(RefusedRow::Archived(known.name.clone()));
    }
    let rating = known
        .zip(person.id)
        .and_then(|(known, member)| people.now.ratings.get(&(member, known.id)).copied());
    let now = rating.unwrap_or_default();
    let next = RatingNow {
        level: said.level.or(now.level),
        wants_to_learn: said.wants_to_learn.unwrap_or(now.wants_to_learn),
    };
    if next.level.is_none() && !next.wants_to_learn {
        return Err(if rating.is_some() { RefusedRow::TakesAway } else { RefusedRow::SaysNothing });
    }
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
    let list: Vec<FieldChange> = [
        FieldChange::of("level", words::level_words(now.level), words::level_words(next.level)),
        FieldChange::of(
            "wants to learn",
            yes_or_no(now.wants_to_learn),
            yes_or_no(next.wants_to_learn),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if rating.is_some() && list.is_empty() {
        return Ok(Planned::unchanged());
    }
    changes.ratings.push(Rating {
        email: person.email.clone(),
        skill: key.clone(),
        level: next.level,
        wants_to_learn: next.wants_to_learn,
    });
    if rating.is_some() {
        return Ok(Planned::changed(list));
    }
    let mut reason = match next.level {
        Some(level) => format!("{} {}.", person.name, words::level_words(Some(level))),
        None => format!("{} wants to learn it.", person.name),
    };
    if known.is_none() {
        changes.new_skills.entry(key).or_insert_with(|| said.name.clone());
        reason.push_str(" The skill is new in the catalogue.");
    }
    Ok(Planned::added(reason))
}
