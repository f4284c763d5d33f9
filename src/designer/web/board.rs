//! What the parts of the page show.

use chrono::{DateTime, SecondsFormat, Utc};

use super::At;
use super::people::{Join, Pool, PoolQuery, join, line, looking_for};
use crate::design::{Code, Finding, Tally, Viewer, WayOut, way};
use crate::designer::domain::{Column, Draft, Effect, Health};
use crate::designer::today::Today;
use crate::ids::{EventId, MemberId, SeatId};
use crate::missions::MissionText;
use crate::web::new_key;
use crate::web::ui::{Moment, moment, when};

/// Everything that changes with the design.
pub struct Board {
    /// The address of the designer.
    pub here: String,
    /// The address of the squad's page.
    pub squad_url: String,
    /// The organization's word in addresses.
    pub org: String,
    /// What lets each form count once.
    pub key: String,
    /// The version of the design, for changes.
    pub version: String,
    /// The version of the squad's row, for the activation.
    pub row_version: i32,
    /// Who is looked for in the pool, as in an address.
    pub filter: String,
    /// The squad's name.
    pub name: String,
    /// When it was saved last.
    pub saved: Option<Saved>,
    /// What can be undone: the event, and what was done.
    pub undo: Option<(EventId, String)>,
    /// The mission.
    pub mission: Option<MissionText>,
    /// What the check says of the mission, if anything.
    pub mission_finding: Option<String>,
    /// Where the mission is written, for those who may.
    pub mission_url: Option<String>,
    /// Who is in.
    pub tiles: Vec<Tile>,
    /// What is looked for.
    pub seats: Vec<SeatTile>,
    /// The skills with their coverage.
    pub columns: Vec<Column>,
    /// How many members.
    pub size: usize,
    /// "5 members", "and 1 open seat".
    pub count: (String, String),
    /// The sentence below the meter.
    pub size_words: String,
    /// What was typed for a seat that was refused.
    pub typed: String,
    /// Who could join.
    pub pool: Pool,
    /// How many findings.
    pub tally: Tally,
    /// The findings with their ways out.
    pub findings: Vec<Line>,
    /// What passes.
    pub passes: Vec<String>,
    /// The effect on other squads.
    pub effects: Vec<EffectLine>,
    /// What is missing before it can be active.
    pub missing: usize,
}

/// When the design was saved last.
pub struct Saved {
    /// For machines, and for the script that counts on.
    pub iso: String,
    /// In words.
    pub ago: String,
    /// Who it was, if somebody else.
    pub who: Option<String>,
}

/// A member of the squad.
pub struct Tile {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// The hats that they wear here, else their title and discipline.
    pub line: String,
    /// Their share, in percent.
    pub share: i32,
    /// The squad that they came from or are in as well, and the word between.
    pub from: Option<(&'static str, String)>,
    /// The way back to the squad that they came from: its id, the share, its name.
    pub back: Option<(String, i16, String)>,
    /// The address of their membership.
    pub url: String,
    /// Their levels, one for each column.
    pub levels: Vec<i16>,
}

/// A seat that nobody has yet.
pub struct SeatTile {
    /// Its id.
    pub id: SeatId,
    /// What is looked for.
    pub title: String,
    /// Since when.
    pub since: Moment,
}

/// A finding with its way out: a form, or a link.
pub struct Line {
    /// The finding.
    pub finding: Finding,
    /// Who is added by one click.
    pub add: Option<(MemberId, Join, String)>,
    /// Where else it leads.
    pub link: Option<(String, String)>,
}

/// What the design means for another squad.
pub struct EffectLine {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The numbers.
    pub effect: Effect,
}

impl EffectLine {
    /// The badge: its kind, its icon, what it means.
    pub fn badge(&self) -> (&'static str, &'static str, &'static str) {
        match self.effect.health {
            Health::Good => ("good", "check", "within 6 to 10"),
            Health::AtMinimum => ("warn", "triangle-alert", "six: nobody else can leave it"),
            Health::TooSmall => ("bad", "octagon-alert", "fewer than six members"),
        }
    }

    /// What is said below the name.
    pub fn words(&self) -> String {
        let shared = match self.effect.shared {
            0 => String::new(),
            1 => "Shares 1 member.".to_owned(),
            n => format!("Shares {n} members."),
        };
        let state = match self.effect.health {
            Health::Good => "",
            Health::AtMinimum => "Active with six: nobody else can leave it.",
            Health::TooSmall => "Fewer than six: it needs somebody too.",
        };
        [shared.as_str(), state]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// "just now", "10 seconds ago", "5 min ago", then the time.
fn ago(then: DateTime<Utc>, now: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    match (now - then).num_seconds() {
        ..5 => "just now".to_owned(),
        n @ 5..60 => format!("{n} seconds ago"),
        n @ 60..3600 => format!("{} min ago", n / 60),
        _ => when(then, now, zone),
    }
}

impl Board {
    /// The parts of the page for a visitor who looks for somebody.
    pub fn new(at: &At, today: &Today, query: &PoolQuery) -> Self {
        let (visitor, frame, draft) = (&at.visitor, &at.frame, &today.draft);
        let (org, here) = (visitor.slug.clone(), at.url());
        let (now, zone) = (visitor.actor.at, visitor.time_zone);
        let squad_url = crate::squads::url(&org, &frame.slug);
        let mine = if frame.is_mine { vec![frame.id] } else { vec![] };
        let viewer = Viewer::new(visitor.roles(), mine);
        let findings = draft.findings();
        let columns = draft.columns();
        let mission_way = way(&org, &WayOut::EditMission(frame.id), &viewer);
        let about_mission = findings.iter().find(|finding| finding.code == Code::S2);
        Self {
            key: new_key(),
            typed: String::new(),
            version: draft.version(),
            row_version: frame.version,
            filter: query.encoded(),
            name: frame.name.clone(),
            saved: frame.changed.clone().map(|(then, who, name)| Saved {
                iso: then.to_rfc3339_opts(SecondsFormat::Secs, true),
                ago: ago(then, now, zone),
                who: (who != Some(visitor.actor.member)).then_some(name),
            }),
            undo: frame.last.as_ref().and_then(|last| {
                let inverse = last.inverse(draft, SeatId::new(), now);
                inverse.map(|_| (last.id, last.summary.clone()))
            }),
            mission: draft.squad.mission.clone(),
            mission_finding: about_mission.map(|finding| finding.title.clone()),
            mission_url: mission_way.map(|_| format!("{squad_url}/mission/edit")),
            tiles: tiles(today, &squad_url, &columns),
            seats: draft
                .seats
                .iter()
                .map(|seat| SeatTile {
                    id: seat.id,
                    title: seat.title.clone(),
                    since: moment(seat.since, now, zone),
                })
                .collect(),
            size: draft.size(),
            count: draft.count_words(),
            size_words: draft.size_words(),
            pool: Pool::new(today, query, &here),
            tally: Tally::of(&findings),
            passes: draft.passes(&findings),
            effects: effects(draft, &org),
            missing: draft.missing_parts().len(),
            findings: lines(draft, findings, &org, &here, &viewer),
            columns,
            squad_url,
            here,
            org,
        }
    }

    /// Why it cannot be active yet.
    pub fn reason(&self) -> String {
        match self.missing {
            1 => "One thing is missing, see the findings.".to_owned(),
            n => format!("{n} things are missing, see the findings."),
        }
    }
}

fn tiles(today: &Today, squad_url: &str, columns: &[Column]) -> Vec<Tile> {
    let draft = &today.draft;
    let name_of = |team| draft.teams.get(&team).map(|team| team.name.clone());
    let tile = |(id, person): (MemberId, &crate::designer::Person)| {
        let inside = today.inside.get(&id);
        let from = inside.and_then(|inside| inside.from);
        let also = person.places.iter().find(|place| place.team != draft.squad.id);
        let also = also.and_then(|place| name_of(place.team)).map(|name| ("also in", name));
        let came = from.and_then(|(team, _)| name_of(team)).map(|name| ("from", name));
        let level =
            |column: &Column| person.levels.get(&column.skill).map_or(0, |level| level.number());
        Tile {
            id,
            name: person.name.clone(),
            line: match inside.map(|one| one.hats.join(", ")) {
                Some(hats) if !hats.is_empty() => hats,
                _ => line(&person.title, &person.discipline),
            },
            share: person.share_in(draft.squad.id).unwrap_or_default(),
            from: came.or(also),
            back: from.and_then(|(team, share)| {
                Some((team.to_string(), share.percent(), name_of(team)?))
            }),
            url: inside.map_or_else(String::new, |one| format!("{squad_url}/members/{}", one.id)),
            levels: columns.iter().map(level).collect(),
        }
    };
    draft.members().into_iter().map(tile).collect()
}

fn effects(draft: &Draft, org: &str) -> Vec<EffectLine> {
    let line = |effect: Effect| {
        let team = draft.teams.get(&effect.team)?;
        Some(EffectLine {
            name: team.name.clone(),
            url: crate::squads::url(org, &team.slug),
            effect,
        })
    };
    draft.effects().into_iter().filter_map(line).collect()
}

fn lines(
    draft: &Draft,
    findings: Vec<Finding>,
    org: &str,
    here: &str,
    viewer: &Viewer,
) -> Vec<Line> {
    let pool = draft.pool();
    let line = |finding: Finding| {
        let (mut add, mut link) = (None, None);
        match &finding.way_out {
            WayOut::AddMember { member, name, skill, .. } => {
                let candidate = pool.iter().find(|candidate| candidate.id == *member);
                add = candidate
                    .and_then(|candidate| candidate.ways.first)
                    .map(|way| (*member, join(draft, name, way), format!("Brings {skill}")));
            }
            WayOut::FindMember { skill, whom, .. } => {
                link = Some((looking_for(here, *skill), format!("Look for somebody {whom}")));
            }
            WayOut::AddMembers(_) => {
                link = Some(("#pool-h".to_owned(), "Choose from the pool".to_owned()));
            }
            other => {
                link = way(org, other, viewer).map(|way| (way.href, way.label));
            }
        }
        Line { finding, add, link }
    };
    findings.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_last_change_is_said_as_it_passes() {
        let now = DateTime::parse_from_rfc3339("2026-11-22T12:00:00Z").unwrap().to_utc();
        let said = |seconds| ago(now - chrono::TimeDelta::seconds(seconds), now, chrono_tz::UTC);
        assert_eq!(
            [0, 4, 5, 59, 60, 119, 120, 3599, 3600].map(said),
            [
                "just now",
                "just now",
                "5 seconds ago",
                "59 seconds ago",
                "1 min ago",
                "1 min ago",
                "2 min ago",
                "59 min ago",
                "Today, 11:00"
            ]
        );
    }
}
