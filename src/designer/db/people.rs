//! Who is in the squad and who could join, each with their teams and levels.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::actor::Tenant;
use crate::design::{MAX_SQUADS_OF_A_MEMBER, MIN_FREE_SHARE};
use crate::designer::domain::{Person, Place, Team};
use crate::ids::{MemberId, MembershipId, SkillId, TeamId};
use crate::skills::Level;

/// Somebody in the squad or who could join, with their teams.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Who.
    pub id: MemberId,
    /// Their place on the page of who could join; none for those who are not on it.
    pub place: Option<i64>,
    /// How many there are on all pages.
    pub total: Option<i64>,
    name: String,
    title: String,
    discipline: String,
    places: Json<Vec<PlaceRow>>,
    skills: Vec<SkillId>,
    levels: Vec<i16>,
    moved: Option<Json<PlaceRow>>,
}

/// Somebody who could join, in one of their teams or in none.
struct PoolRow {
    id: MemberId,
    place: Option<i64>,
    total: Option<i64>,
    name: String,
    title: String,
    discipline: String,
    skills: Vec<SkillId>,
    levels: Vec<i16>,
    membership: Option<MembershipId>,
    team: Option<TeamId>,
    team_name: Option<String>,
    slug: Option<String>,
    share: Option<i16>,
    is_squad: Option<bool>,
    is_active: Option<bool>,
    members: Option<i32>,
}

impl PoolRow {
    /// Takes the team of the row, if it has one.
    fn team(&mut self) -> Option<PlaceRow> {
        Some(PlaceRow {
            membership: self.membership?,
            team: self.team?,
            name: self.team_name.take()?,
            slug: self.slug.take()?,
            is_squad: self.is_squad?,
            is_active: self.is_active?,
            members: usize::try_from(self.members?).unwrap_or_default(),
            share: self.share?,
            hats: vec![],
        })
    }
}

impl From<PoolRow> for PersonRow {
    fn from(mut row: PoolRow) -> Self {
        Self {
            places: Json(row.team().into_iter().collect()),
            id: row.id,
            place: row.place,
            total: row.total,
            name: row.name,
            title: row.title,
            discipline: row.discipline,
            skills: row.skills,
            levels: row.levels,
            moved: None,
        }
    }
}

/// A person in a team.
#[derive(Debug, Clone, Deserialize)]
pub struct PlaceRow {
    /// The membership.
    pub membership: MembershipId,
    team: TeamId,
    name: String,
    slug: String,
    is_squad: bool,
    is_active: bool,
    members: usize,
    /// With which share.
    pub share: i16,
    /// The hats worn there.
    pub hats: Vec<String>,
}

impl PlaceRow {
    fn team(&self) -> Team {
        Team {
            id: self.team,
            name: self.name.clone(),
            slug: self.slug.clone(),
            is_squad: self.is_squad,
            is_active: self.is_active,
            members: self.members,
        }
    }
}

impl PersonRow {
    /// The person, for a draft.
    pub fn person(&self) -> Person {
        let levels = self.skills.iter().zip(&self.levels);
        let place = |row: &PlaceRow| Place { team: row.team, share: row.share.into() };
        Person {
            name: self.name.clone(),
            title: self.title.clone(),
            discipline: self.discipline.clone(),
            levels: levels.filter_map(|(id, n)| Some((*id, Level::new(*n).ok()?))).collect(),
            places: self.places.0.iter().map(place).collect(),
        }
    }

    /// Notes the teams that they are in and came from.
    pub fn note_teams(&self, teams: &mut BTreeMap<TeamId, Team>) {
        for row in self.places.0.iter().chain(self.moved.iter().map(|moved| &moved.0)) {
            teams.entry(row.team).or_insert_with(|| row.team());
        }
    }

    /// Their membership in `team`.
    pub fn membership_in(&self, team: TeamId) -> Option<&PlaceRow> {
        self.places.0.iter().find(|row| row.team == team)
    }

    /// The squad that they left for this one, in one step.
    pub fn moved_from(&self) -> Option<TeamId> {
        self.moved.as_ref().map(|moved| moved.0.team)
    }

    /// The share that they had there.
    pub fn moved_share(&self) -> Option<i16> {
        self.moved.as_ref().map(|moved| moved.0.share)
    }
}

/// Who is in the squad, by name.
pub async fn list_inside(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    skills: &[SkillId],
) -> sqlx::Result<Vec<PersonRow>> {
    let skills: Vec<Uuid> = skills.iter().map(|skill| skill.0).collect();
    sqlx::query_as!(
        PersonRow,
        r#"
        select id as "id!: MemberId", place, total, name as "name!", title as "title!", discipline as "discipline!",
               places as "places!: Json<Vec<PlaceRow>>", skills as "skills!: Vec<SkillId>", levels as "levels!: Vec<i16>",
               moved as "moved?: Json<PlaceRow>"
        from designer_inside($1, $2, $3)
        "#,
        tenant.organization_id().0,
        team.0,
        &skills,
    )
    .fetch_all(db)
    .await
}

/// Whom to look for among those who could join.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// A part of a name, title or discipline, or of a skill that they have.
    pub q: Option<String>,
    /// Only those who close one of these gaps.
    pub closing: Vec<SkillId>,
    /// Everybody, where nobody closes one of them.
    pub or_everybody: bool,
    /// Only those with so much time left, in percent.
    pub free: i32,
    /// How many are shown.
    pub limit: i64,
}

/// A page of those who could join, in the order of `Draft::pool`, and beside it the best one for each
/// gap, whatever is looked for: findings offer them.
pub async fn list_pool(
    db: impl PgExecutor<'_>,
    tenant: Tenant,
    team: TeamId,
    skills: &[SkillId],
    missing: &[(SkillId, Level)],
    search: &Search,
) -> sqlx::Result<Vec<PersonRow>> {
    let skills: Vec<Uuid> = skills.iter().map(|skill| skill.0).collect();
    let closing: Vec<Uuid> = search.closing.iter().map(|skill| skill.0).collect();
    let (gaps, levels): (Vec<Uuid>, Vec<i16>) =
        missing.iter().map(|(skill, level)| (skill.0, level.number())).unzip();
    let rows = sqlx::query_as!(
        PoolRow,
        r#"
        select id as "id!: MemberId", place, total, name as "name!", title as "title!", discipline as "discipline!",
               skills as "skills!: Vec<SkillId>", levels as "levels!: Vec<i16>",
               membership as "membership: MembershipId", team as "team: TeamId", team_name, slug, share, is_squad, is_active, members
        from designer_pool($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        tenant.organization_id().0,
        team.0,
        &skills,
        &gaps,
        &levels,
        search.q,
        &closing,
        search.free,
        search.limit,
        i64::from(MIN_FREE_SHARE),
        i32::try_from(MAX_SQUADS_OF_A_MEMBER).unwrap_or(i32::MAX),
        search.or_everybody,
    )
    .fetch_all(db)
    .await?;
    let mut people: Vec<PersonRow> = vec![];
    for mut row in rows {
        match people.last_mut().filter(|last| last.id == row.id) {
            Some(last) => last.places.extend(row.team()),
            None => people.push(row.into()),
        }
    }
    Ok(people)
}
