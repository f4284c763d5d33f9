//! The matrix of members and skills: who can do what, and what rests on one member.

use std::collections::HashMap;

use sqlx::PgExecutor;

use crate::actor::Tenant;
use crate::error::Result;
use crate::ids::{MemberId, SkillId, TeamId};
use crate::skills::{Coverage, Level, coverage};
use crate::squads::db::{self, MemberLine, SkillColumn};

/// In how many members a core capability should be, where nobody said how many are needed.
const CAPABLE: usize = 2;

/// A column with its foot.
pub struct Column {
    /// The skill and its need.
    pub skill: SkillColumn,
    /// Whether a line stands before it: the first craft.
    pub is_first_craft: bool,
    /// How many members are able.
    pub able: usize,
    /// How well that covers the need.
    pub coverage: Coverage,
}

impl Column {
    /// The level from which on somebody is able.
    pub fn level(&self) -> i16 {
        self.skill.level.unwrap_or(Level::ABLE.number())
    }

    /// What the squad asks for, in words: "2 members: can do it alone".
    pub fn need(&self) -> String {
        let people = self.skill.people.unwrap_or(1);
        let noun = if people == 1 { "member" } else { "members" };
        format!("{people} {noun}: {}", crate::web::ui::level_words(self.level()))
    }
}

/// A member with their level in each column, 0 for none.
pub struct Line {
    /// The member.
    pub member: MemberLine,
    /// Their levels.
    pub levels: Vec<i16>,
}

impl Line {
    /// The line below the name. Disciplines are written as people wrote them, most of them without a capital.
    pub fn discipline(&self) -> String {
        let mut chars = self.member.discipline.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    }
}

/// The whole matrix.
pub struct Matrix {
    /// The capabilities, then the needed crafts.
    pub columns: Vec<Column>,
    /// The members.
    pub lines: Vec<Line>,
}

impl Matrix {
    /// Loads it: 1 statement.
    pub async fn load(one: impl PgExecutor<'_>, tenant: Tenant, team: TeamId) -> Result<Self> {
        let db::Coverage { members, skills, levels } = db::coverage(one, tenant, team).await?;
        let levels: HashMap<_, _> =
            levels.into_iter().map(|(member, skill, level)| ((member, skill), level)).collect();
        let lines: Vec<Line> = members
            .into_iter()
            .map(|member| {
                let level = |skill: &SkillColumn| levels.get(&(member.member, skill.skill));
                let levels =
                    skills.iter().map(|skill| level(skill).copied().unwrap_or(0)).collect();
                Line { member, levels }
            })
            .collect();
        let first_craft = skills.iter().position(|skill| !skill.is_capability);
        let columns = skills
            .into_iter()
            .enumerate()
            .map(|(at, skill)| Column {
                is_first_craft: Some(at) == first_craft,
                able: 0,
                coverage: Coverage::Gap,
                skill,
            })
            .collect();
        let mut matrix = Self { columns, lines };
        matrix.count();
        Ok(matrix)
    }

    /// Leaves a member out, to see what the squad would miss without them.
    pub fn without(&mut self, member: MemberId) {
        self.lines.retain(|line| line.member.member != member);
        self.count();
    }

    fn count(&mut self) {
        for (at, column) in self.columns.iter_mut().enumerate() {
            let level = column.level();
            column.able = self.lines.iter().filter(|line| line.levels[at] >= level).count();
            let people = column.skill.people.map(|people| usize::try_from(people).unwrap_or(1));
            column.coverage = coverage(column.able, people.unwrap_or(CAPABLE));
        }
    }

    /// What the squad misses, each with the level from which on somebody would help.
    pub fn missing(&self) -> Vec<(SkillId, i16)> {
        self.columns
            .iter()
            .filter(|column| column.coverage != Coverage::Covered)
            .map(|column| (column.skill.skill, column.level()))
            .collect()
    }

    /// The names of what the squad misses.
    pub fn missing_names(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .filter(|column| column.coverage != Coverage::Covered)
            .map(|column| column.skill.name.as_str())
            .collect();
        names.join(", ")
    }

    /// The names of what only this member covers.
    pub fn alone(&self, line: &Line) -> Vec<String> {
        let columns = self.columns.iter().zip(&line.levels);
        columns
            .filter(|(column, level)| column.able == 1 && **level >= column.level())
            .map(|(column, _)| column.skill.name.clone())
            .collect()
    }

    /// The columns that the squad wrote a need for.
    pub fn needs(&self) -> Vec<&Column> {
        self.columns.iter().filter(|column| column.skill.version.is_some()).collect()
    }

    /// What rests on one member.
    pub fn thin(&self) -> Option<String> {
        let names: Vec<_> = self
            .columns
            .iter()
            .filter(|column| column.able == 1)
            .map(|column| column.skill.name.as_str())
            .collect();
        let (last, rest) = names.split_last()?;
        Some(if rest.is_empty() {
            format!("{last} rests on one member")
        } else {
            format!("{} and {last} each rest on one member", rest.join(", "))
        })
    }
}
