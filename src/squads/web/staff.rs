//! Staffing: who is in the squad, and who could join.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::matrix::Matrix;
use crate::error::{Error, Result};
use crate::ids::{MemberId, SkillId};
use crate::squads::db::{self, Candidate, Choice, MemberLine, Search};
use crate::squads::domain::{Allocation, NewMembership};
use crate::squads::service;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, Query, flash, page, refused};

/// How many who could join are shown.
const CANDIDATES: i64 = 40;

/// Whom to look for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StaffQuery {
    q: String,
    skill: String,
    /// Somebody who is chosen from the start.
    add: String,
}

/// Who was chosen. `share` holds "member:percent" for everybody on the page, so that it works without a script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddForm {
    member: Vec<String>,
    share: Vec<String>,
    q: String,
    skill: String,
}

#[derive(Template)]
#[template(path = "squads/members.html")]
struct StaffPage {
    shell: Shell,
    head: Head,
    members: Vec<MemberLine>,
    missing: String,
    skills: Vec<Choice>,
    people: Vec<Person>,
    q: String,
    skill: String,
    errors: FormErrors,
}

/// Somebody who could join, and whether they are chosen.
struct Person {
    candidate: Candidate,
    chosen: bool,
    share: i16,
}

impl Person {
    fn detail(&self) -> String {
        let free = (100 - self.candidate.taken).max(0);
        let share = if self.candidate.taken == 0 {
            "all of their time is free".to_owned()
        } else {
            format!("{free} % free, in {}", self.candidate.squads.join(", "))
        };
        let share = share.trim_end_matches(", in ").to_owned();
        match self.candidate.discipline.as_str() {
            "" => share,
            discipline => format!("{discipline} · {share}"),
        }
    }

    /// The shares that can be chosen: value, percent, whether it is chosen.
    fn shares(&self) -> Vec<(String, i16, bool)> {
        let value = |percent: i16| format!("{}:{percent}", self.candidate.member);
        Allocation::STEPS
            .into_iter()
            .map(|percent| (value(percent), percent, percent == self.share))
            .collect()
    }
}

impl StaffPage {
    fn room(&self) -> usize {
        self.head.rules().room()
    }

    fn places(&self) -> String {
        match self.room() {
            0 => "No place is left: swap somebody in.".to_owned(),
            1 => "1 place is left.".to_owned(),
            n => format!("{n} places are left."),
        }
    }

    fn out(&self, line: &MemberLine, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", line.membership))
    }

    fn menu_id(line: &MemberLine) -> String {
        format!("m-{}", line.membership)
    }

    fn menu_label(line: &MemberLine) -> String {
        format!("Actions for {}", line.name)
    }

    fn chosen(&self) -> usize {
        self.people.iter().filter(|person| person.chosen).count()
    }

    fn clear(&self) -> Option<String> {
        (!self.q.is_empty() || !self.skill.is_empty()).then(|| self.head.url("/members#add"))
    }
}

fn chosen(form: &AddForm) -> Result<Vec<(MemberId, Allocation)>> {
    let share_of = |id: &str| {
        form.share.iter().find_map(|pair| pair.strip_prefix(id)?.strip_prefix(':')).unwrap_or("100")
    };
    form.member
        .iter()
        .map(|id| {
            let member = id.parse().map_err(|_| Error::NotFound)?;
            Ok((member, Allocation::parse(share_of(id))?))
        })
        .collect()
}

async fn staff_page(
    pool: &PgPool,
    at: &At,
    query: StaffQuery,
    chosen: &[(MemberId, Allocation)],
    errors: FormErrors,
) -> Result<StaffPage> {
    let head = at.page(pool).await?;
    let tenant = at.visitor.tenant();
    let matrix = Matrix::load(pool, tenant, at.id).await?;
    let q = query.q.trim();
    let mut always: Vec<MemberId> = chosen.iter().map(|(member, _)| *member).collect();
    always.extend(query.add.parse::<MemberId>().ok());
    let search = Search {
        q: (!q.is_empty()).then(|| q.to_owned()),
        skill: query.skill.parse::<SkillId>().ok(),
        missing: matrix.missing(),
        always: always.clone(),
    };
    let mut people = vec![];
    let mut skills = vec![];
    if head.may_design {
        skills = db::skills(pool, tenant).await?;
        people = db::candidates(pool, tenant, at.id, &search, CANDIDATES).await?;
    }
    let people = people
        .into_iter()
        .map(|candidate| {
            let picked = chosen.iter().find(|(member, _)| *member == candidate.member);
            let free = Allocation::free_of(candidate.taken);
            Person {
                chosen: always.contains(&candidate.member),
                share: picked.map_or(free, |(_, share)| *share).percent(),
                candidate,
            }
        })
        .collect();
    Ok(StaffPage {
        shell: head.shell.clone(),
        missing: matrix.missing_names(),
        members: matrix.lines.into_iter().map(|line| line.member).collect(),
        head,
        skills,
        people,
        q: q.to_owned(),
        skill: query.skill,
        errors,
    })
}

// GET and POST /o/{org}/squads/{squad}/members

pub async fn show(
    at: At,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<StaffQuery>,
) -> Result<Response> {
    page(&staff_page(&pool, &at, query, &[], FormErrors::default()).await?)
}

pub async fn add(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<AddForm>,
) -> Result<Response> {
    at.visitor.must_design()?;
    let mut errors = FormErrors::default();
    let chosen = chosen(&form)?;
    let new: Vec<_> = chosen
        .iter()
        .map(|(member, allocation)| NewMembership {
            member: *member,
            allocation: *allocation,
            hats: vec![],
        })
        .collect();
    match service::add_members(&pool, &at.visitor.actor, at.id, &new).await {
        Ok(()) => {
            let text = match new.len() {
                1 => "1 member joined.".to_owned(),
                n => format!("{n} members joined."),
            };
            return Ok(flash::redirect(&at.url("/members"), &text));
        }
        Err(error) => errors.absorb(error)?,
    }
    let query = StaffQuery { q: form.q, skill: form.skill, add: String::new() };
    refused(&errors, &staff_page(&pool, &at, query, &chosen, errors.clone()).await?)
}
