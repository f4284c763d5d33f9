//! Apprenticeships, as far as the product group shows them: begin, end with an outcome, let order.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::form::member;
use crate::error::{Error, Result};
use crate::ids::ApprenticeshipId;
use crate::products::db::{self, ApprenticeshipRow, MemberOption};
use crate::products::domain::{LEADS, Outcome, ProductRefused};
use crate::products::service;
use crate::squads::last_change;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET /o/{org}/products/{product}/apprentices/new, POST …/apprentices

/// Who, as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BeginForm {
    member: String,
}

#[derive(Template)]
#[template(path = "products/apprentice.html")]
struct BeginPage {
    shell: Shell,
    head: Head,
    members: Vec<MemberOption>,
    form: BeginForm,
    errors: FormErrors,
}

impl BeginPage {
    fn is_chosen(&self, option: &MemberOption) -> bool {
        self.form.member == option.id.to_string()
    }

    /// Everybody but the lead PM and those who learn here already.
    fn choices(&self) -> impl Iterator<Item = &MemberOption> {
        let group = &self.head.group;
        self.members.iter().filter(|option| {
            option.id != group.lead && !group.apprentices.iter().any(|one| one.member == option.id)
        })
    }
}

async fn begin_page(
    pool: &PgPool,
    at: &At,
    form: BeginForm,
    errors: FormErrors,
) -> Result<BeginPage> {
    let head = at.tended(pool).await?;
    let members = db::members(pool, at.visitor.tenant(), false).await?;
    Ok(BeginPage { shell: head.shell.clone(), head, members, form, errors })
}

pub async fn new(at: At, State(pool): State<PgPool>) -> Result<Response> {
    page(&begin_page(&pool, &at, BeginForm::default(), FormErrors::default()).await?)
}

pub async fn begin(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<BeginForm>,
) -> Result<Response> {
    at.tended(&pool).await?;
    let mut errors = FormErrors::default();
    if let Some(member) = member(&form.member, &mut errors)? {
        match service::begin_apprenticeship(&pool, &at.visitor.actor, at.id, member).await {
            Ok(_) => return Ok(flash::redirect(&at.url("/group"), "The apprenticeship begins.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &begin_page(&pool, &at, form, errors.clone()).await?)
}

// GET and POST /o/{org}/products/{product}/apprentices/{apprenticeship}/end

/// The id of the address beside the product's.
#[derive(Debug, Deserialize)]
pub struct Ids {
    apprenticeship: ApprenticeshipId,
}

/// The outcome as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndForm {
    outcome: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "products/end_apprenticeship.html")]
struct EndPage {
    shell: Shell,
    head: Head,
    row: ApprenticeshipRow,
    form: EndForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl EndPage {
    fn action(&self) -> String {
        self.head.url(&format!("/apprentices/{}/end", self.row.id))
    }
}

async fn find(pool: &PgPool, at: &At, ids: &Ids) -> Result<ApprenticeshipRow> {
    let row = db::find_apprenticeship(pool, at.visitor.tenant(), ids.apprenticeship).await?;
    row.filter(|row| row.product == at.id).ok_or(Error::NotFound)
}

async fn end_page(
    pool: &PgPool,
    at: &At,
    ids: &Ids,
    form: EndForm,
    errors: FormErrors,
) -> Result<EndPage> {
    let head = at.tended(pool).await?;
    let row = find(pool, at, ids).await?;
    if !row.is_current {
        return Err(ProductRefused::ApprenticeshipEnded(row.name).into());
    }
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, row.id.0).await? } else { None };
    let form = EndForm { version: row.version, ..form };
    Ok(EndPage { shell: head.shell.clone(), head, row, form, errors, meanwhile })
}

pub async fn ask_end(at: At, Path(ids): Path<Ids>, State(pool): State<PgPool>) -> Result<Response> {
    page(&end_page(&pool, &at, &ids, EndForm::default(), FormErrors::default()).await?)
}

pub async fn end(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<EndForm>,
) -> Result<Response> {
    at.tended(&pool).await?;
    let row = find(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    if let Some(outcome) = errors.check("outcome", Outcome::parse(&form.outcome)) {
        let (actor, id) = (&at.visitor.actor, ids.apprenticeship);
        match service::end_apprenticeship(&pool, actor, id, form.version, outcome).await {
            Ok(()) => {
                let said = format!("The apprenticeship of {} has ended.", row.name);
                return Ok(flash::redirect(&at.url("/group"), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &end_page(&pool, &at, &ids, form, errors.clone()).await?)
}

// POST /o/{org}/products/{product}/apprentices/{apprenticeship}/ordering

/// Whether they may order, with the version that the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderingForm {
    may: String,
    version: i32,
}

pub async fn delegate(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<OrderingForm>,
) -> Result<Response> {
    let head = at.head(&pool).await?;
    if !head.is_lead {
        return Err(Error::Forbidden(LEADS.into()));
    }
    let row = find(&pool, &at, &ids).await?;
    let may = form.may == "yes";
    let (actor, id) = (&at.visitor.actor, ids.apprenticeship);
    service::delegate(&pool, actor, id, form.version, may).await?;
    let said = if may {
        format!("{} may order the backlog.", row.name)
    } else {
        format!("{} does not order the backlog any more.", row.name)
    };
    Ok(flash::redirect(&at.url("/group"), &said))
}
