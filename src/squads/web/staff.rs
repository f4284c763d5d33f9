//! Staffing: who is in the squad, and who could join.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::matrix::Matrix;
use super::picks::{AddForm, Person, joined};
use crate::error::Result;
use crate::ids::{MemberId, SkillId};
use crate::squads::db::{self, Choice, MemberLine, Search};
use crate::squads::domain::NewMembership;
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

async fn staff_page(
    pool: &PgPool,
    at: &At,
    query: StaffQuery,
    chosen: &[NewMembership],
    errors: FormErrors,
) -> Result<StaffPage> {
    let head = at.page(pool).await?;
    let tenant = at.visitor.tenant();
    let matrix = Matrix::load(pool, tenant, at.id).await?;
    let q = query.q.trim();
    let mut always: Vec<MemberId> = chosen.iter().map(|one| one.member).collect();
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
    let people = Person::all(people, chosen, &always);
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
    let new = form.chosen()?;
    match service::add_members(&pool, &at.visitor.actor, at.id, &new).await {
        Ok(()) => {
            return Ok(flash::redirect(&at.url("/members"), &joined(new.len())));
        }
        Err(error) => errors.absorb(error)?,
    }
    let query = StaffQuery { q: form.q, skill: form.skill, add: String::new() };
    refused(&errors, &staff_page(&pool, &at, query, &new, errors.clone()).await?)
}
