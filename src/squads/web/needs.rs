//! What the squad needs: skills, each at a level, in a number of members.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head, last_change};
use super::matrix::Matrix;
use crate::error::{Error, Result};
use crate::ids::SkillId;
use crate::skills::Level;
use crate::squads::db::{self, Choice};
use crate::squads::domain::Need;
use crate::squads::service::{self, NEEDERS};
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

#[derive(Template)]
#[template(path = "squads/needs.html")]
struct NeedsPage {
    shell: Shell,
    head: Head,
    matrix: Matrix,
    skills: Vec<Choice>,
    form: AddForm,
    errors: FormErrors,
    /// The need whose form came back, with what was typed.
    changed: Option<(SkillId, ChangeForm)>,
    meanwhile: Option<(String, Moment)>,
}

/// A new need as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddForm {
    skill: String,
    level: String,
    people: String,
}

/// A need as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeForm {
    level: String,
    people: String,
    version: i32,
}

/// The version of a need that goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveForm {
    version: i32,
}

/// The ids of the address.
#[derive(Debug, Deserialize)]
pub struct Ids {
    skill: SkillId,
}

impl NeedsPage {
    fn levels() -> [Level; 5] {
        Level::ALL
    }

    fn people() -> std::ops::RangeInclusive<i16> {
        1..=10
    }

    fn level_of(&self, column: &super::matrix::Column) -> String {
        match &self.changed {
            Some((skill, form)) if *skill == column.skill.skill => form.level.clone(),
            _ => column.level().to_string(),
        }
    }

    fn people_of(&self, column: &super::matrix::Column) -> String {
        match &self.changed {
            Some((skill, form)) if *skill == column.skill.skill => form.people.clone(),
            _ => column.skill.people.unwrap_or(1).to_string(),
        }
    }

    /// What is saved now, beside a form that came too late and says something else.
    fn now(&self, column: &super::matrix::Column) -> Option<String> {
        let (skill, form) = self.changed.as_ref()?;
        let saved = (column.level().to_string(), column.skill.people.unwrap_or(1).to_string());
        let is_other = saved != (form.level.clone(), form.people.clone());
        (self.errors.is_stale() && *skill == column.skill.skill && is_other).then(|| column.need())
    }

    fn is_chosen(&self, skill: &Choice) -> bool {
        self.form.skill == skill.id.to_string()
    }
}

async fn needs_page(
    pool: &PgPool,
    at: &At,
    form: AddForm,
    changed: Option<(SkillId, ChangeForm)>,
    errors: FormErrors,
) -> Result<NeedsPage> {
    let head = at.page(pool).await?;
    let tenant = at.visitor.tenant();
    let matrix = Matrix::load(pool, tenant, at.id).await?;
    let mut skills = db::skills(pool, tenant).await?;
    skills.retain(|skill| matrix.needs().iter().all(|need| need.skill.skill.0 != skill.id));
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    Ok(NeedsPage {
        shell: head.shell.clone(),
        head,
        matrix,
        skills,
        form,
        errors,
        changed,
        meanwhile,
    })
}

/// Lets only those on who may say what the squad needs.
async fn must_need(pool: &PgPool, at: &At) -> Result<()> {
    let head = at.page(pool).await?;
    if head.may_need { Ok(()) } else { Err(Error::Forbidden(NEEDERS.into())) }
}

// GET and POST /o/{org}/squads/{squad}/needs

pub async fn show(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    must_need(&pool, &at).await?;
    let form = AddForm { level: "3".to_owned(), people: "2".to_owned(), ..AddForm::default() };
    page(&needs_page(&pool, &at, form, None, FormErrors::default()).await?)
}

/// The skill was left open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a skill.")]
struct NoSkill;

impl crate::rule::Rule for NoSkill {
    fn code(&self) -> &'static str {
        "skill_not_chosen"
    }
}

pub async fn add(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<AddForm>,
) -> Result<Response> {
    must_need(&pool, &at).await?;
    let mut errors = FormErrors::default();
    let skill = errors.check("skill", form.skill.parse::<SkillId>().map_err(|_| NoSkill));
    let need = parse(&mut errors, &form.level, &form.people);
    if let (Some(skill), Some(need)) = (skill, need) {
        match service::set_need(&pool, &at.visitor.actor, at.id, skill, None, need).await {
            Ok(()) => return Ok(flash::redirect(&at.url("/needs"), "The need is added.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &needs_page(&pool, &at, form, None, errors.clone()).await?)
}

fn parse(errors: &mut FormErrors, level: &str, people: &str) -> Option<Need> {
    match Need::parse(level, people) {
        Ok(need) => Some(need),
        Err(bad) => {
            let field = crate::rule::Rule::field(&bad).unwrap_or("level");
            errors.refuse(field, &bad);
            None
        }
    }
}

// POST /o/{org}/squads/{squad}/needs/{skill}

pub async fn change(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<ChangeForm>,
) -> Result<Response> {
    must_need(&pool, &at).await?;
    let mut errors = FormErrors::default();
    if let Some(need) = parse(&mut errors, &form.level, &form.people) {
        let version = Some(form.version);
        match service::set_need(&pool, &at.visitor.actor, at.id, ids.skill, version, need).await {
            Ok(()) => return Ok(flash::redirect(&at.url("/needs"), "The need is saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    let changed = Some((ids.skill, form));
    refused(&errors, &needs_page(&pool, &at, AddForm::default(), changed, errors.clone()).await?)
}

// POST /o/{org}/squads/{squad}/needs/{skill}/remove

pub async fn remove(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<RemoveForm>,
) -> Result<Response> {
    must_need(&pool, &at).await?;
    let actor = &at.visitor.actor;
    match service::remove_need(&pool, actor, at.id, ids.skill, form.version).await {
        Ok(()) => Ok(flash::redirect(&at.url("/needs"), "The squad does not need this any more.")),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            let form = AddForm::default();
            refused(&errors, &needs_page(&pool, &at, form, None, errors.clone()).await?)
        }
    }
}
