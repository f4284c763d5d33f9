//! Today's organization as a draft: the squad before others moved to it, and those moves as its changes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::PgPool;

use super::db::{self, Frame, PersonRow, Search};
use super::domain::{Change, Draft, Person, Place};
use crate::actor::Tenant;
use crate::design;
use crate::error::{Error, Result};
use crate::ids::{MemberId, MembershipId, SkillId, TeamId};
use crate::squads::Allocation;

/// Who is looked for in the pool.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// A part of a name or a skill.
    pub q: Option<String>,
    /// Whose gaps are to be closed.
    pub gaps: Gaps,
    /// Only people with so much time left, in percent.
    pub free: i32,
    /// How many are shown.
    pub limit: i64,
}

/// Which gaps somebody has to close to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Gaps {
    /// Any of those that there are; everybody is shown where nobody does.
    #[default]
    All,
    /// One of these.
    Only(Vec<SkillId>),
    /// None: everybody is shown.
    Any,
}

/// A draft of today's organization, with what only that has.
#[derive(Debug, Clone)]
pub struct Today {
    /// The draft.
    pub draft: Draft,
    /// The memberships in the squad.
    pub inside: BTreeMap<MemberId, Inside>,
    /// Who is on the page of the pool.
    pub page: Vec<MemberId>,
    /// How many there are on all of its pages.
    pub total: usize,
    /// The gaps by which the pool is narrowed.
    pub closing: Vec<SkillId>,
}

/// A membership in the squad.
#[derive(Debug, Clone)]
pub struct Inside {
    /// Its id.
    pub id: MembershipId,
    /// The hats worn.
    pub hats: Vec<String>,
    /// The squad that they left for this one, with the share that they had there.
    pub from: Option<(TeamId, Allocation)>,
}

/// Reads the squad of `frame`, its links, who is in it and who could join: 4 statements.
pub async fn load(
    pool: &PgPool,
    tenant: Tenant,
    today: NaiveDate,
    frame: &Frame,
    asked: &Asked,
) -> Result<Today> {
    // One connection for all: the pool asks a connection that it gets back whether it still lives.
    let mut db = pool.acquire().await?;
    let squad = design::load_squad(&mut *db, tenant, frame.id).await?.ok_or(Error::NotFound)?;
    let skills: Vec<SkillId> = frame.skills.iter().map(|skill| skill.id).collect();
    let rows = db::list_inside(&mut *db, tenant, frame.id, &skills).await?;
    let draft = Draft {
        today,
        squad,
        skills: frame.skills.clone(),
        people: BTreeMap::new(),
        teams: BTreeMap::new(),
        links: design::load_links(&mut *db, tenant, frame.id).await?,
        seats: frame.seats.clone(),
        changes: vec![],
    };
    let inside = rows.iter().filter_map(|row| Some((row.id, inside(row, frame.id)?))).collect();
    let mut draft = arrived(draft, &rows);
    let missing: Vec<_> =
        draft.missing().into_iter().map(|column| (column.skill, column.level)).collect();
    let is_missing = |skill: &SkillId| missing.iter().any(|(missed, _)| missed == skill);
    let closing: Vec<SkillId> = match &asked.gaps {
        // Whoever looks for a name finds it, whatever they can do.
        Gaps::All if asked.q.is_some() => vec![],
        Gaps::All => missing.iter().map(|(skill, _)| *skill).collect(),
        Gaps::Only(skills) => skills.iter().copied().filter(is_missing).collect(),
        Gaps::Any => vec![],
    };
    let search = Search {
        q: asked.q.clone(),
        closing: closing.clone(),
        or_everybody: asked.gaps == Gaps::All,
        free: asked.free,
        limit: asked.limit,
    };
    let found = db::list_pool(&mut *db, tenant, frame.id, &skills, &missing, &search).await?;
    drop(db);
    for row in &found {
        row.note_teams(&mut draft.teams);
        draft.people.insert(row.id, row.person());
    }
    let mut on_page = found.iter().filter(|row| row.place.is_some());
    Ok(Today {
        page: on_page.clone().map(|row| row.id).collect(),
        total: on_page.find_map(|row| usize::try_from(row.total?).ok()).unwrap_or_default(),
        draft,
        inside,
        closing,
    })
}

fn inside(row: &PersonRow, squad: TeamId) -> Option<Inside> {
    let membership = row.membership_in(squad)?;
    let share = row.moved_share().and_then(|share| Allocation::new(share).ok());
    Some(Inside {
        id: membership.membership,
        hats: membership.hats.clone(),
        from: row.moved_from().zip(share),
    })
}

/// The draft with its members: those who moved in are put back to where they were, and the moves made again.
fn arrived(mut draft: Draft, rows: &[PersonRow]) -> Draft {
    let squad = draft.squad.id;
    let mut moves = vec![];
    for row in rows {
        row.note_teams(&mut draft.teams);
        let mut person: Person = row.person();
        let share = row.membership_in(squad).and_then(|place| Allocation::new(place.share).ok());
        if let (Some(from), Some(had), Some(share)) = (row.moved_from(), row.moved_share(), share)
            && person.share_in(from).is_none()
        {
            person.places.retain(|place| place.team != squad);
            person.places.push(Place { team: from, share: had.into() });
            if let Some(team) = draft.teams.get_mut(&from) {
                team.members += 1;
            }
            moves.push(Change::Move { member: row.id, from, to: squad, share });
        }
        draft.people.insert(row.id, person);
    }
    draft.teams.remove(&squad);
    draft.after(moves)
}
