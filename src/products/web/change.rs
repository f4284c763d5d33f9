//! Handing a product over, giving hats for its group, and ending it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::form::member;
use crate::error::{Error, Result};
use crate::ids::WornId;
use crate::products::db::{self, MemberOption};
use crate::products::domain::GroupHat;
use crate::products::service;
use crate::squads::last_change;
use crate::text::Reason;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, Query, flash, page, refused};

// GET and POST /o/{org}/products/{product}/hand-over

/// To whom, as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandOverForm {
    member: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "products/hand_over.html")]
struct HandOverPage {
    shell: Shell,
    head: Head,
    members: Vec<MemberOption>,
    form: HandOverForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl HandOverPage {
    fn is_chosen(&self, option: &MemberOption) -> bool {
        self.form.member == option.id.to_string()
    }

    /// Those who may lead it; its apprentices may not, and are named with the way on.
    fn choices(&self) -> impl Iterator<Item = &MemberOption> {
        let is_free = |option: &&MemberOption| {
            option.id != self.head.group.lead && !self.is_apprentice(option)
        };
        self.members.iter().filter(is_free)
    }

    fn is_apprentice(&self, option: &MemberOption) -> bool {
        self.head.group.apprentices.iter().any(|one| one.member == option.id)
    }
}

async fn hand_over_page(
    pool: &PgPool,
    at: &At,
    form: HandOverForm,
    errors: FormErrors,
) -> Result<HandOverPage> {
    let head = at.designed(pool).await?;
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    Ok(HandOverPage {
        shell: head.shell.clone(),
        members: db::members(pool, at.visitor.tenant(), false).await?,
        form: HandOverForm { version: head.group.version, ..form },
        head,
        errors,
        meanwhile,
    })
}

pub async fn ask_hand_over(at: At, State(pool): State<PgPool>) -> Result<Response> {
    let (form, errors) = (HandOverForm::default(), FormErrors::default());
    page(&hand_over_page(&pool, &at, form, errors).await?)
}

pub async fn hand_over(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<HandOverForm>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let mut errors = FormErrors::default();
    if let Some(to) = member(&form.member, &mut errors)? {
        match service::hand_over(&pool, &at.visitor.actor, at.id, form.version, to).await {
            Ok(()) => {
                let head = at.head(&pool).await?;
                let said = format!("{} leads {} now.", head.group.lead_name, head.group.name);
                return Ok(flash::redirect(&at.url("/group"), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &hand_over_page(&pool, &at, form, errors.clone()).await?)
}

// GET /o/{org}/products/{product}/hats/new?hat=…, POST …/hats

/// Which hat is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HatQuery {
    hat: String,
}

/// A hat as given.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HatForm {
    hat: String,
    member: String,
}

#[derive(Template)]
#[template(path = "products/hat.html")]
struct HatPage {
    shell: Shell,
    head: Head,
    hat: GroupHat,
    members: Vec<MemberOption>,
    form: HatForm,
    errors: FormErrors,
}

impl HatPage {
    fn title(&self) -> String {
        match self.hat {
            GroupHat::Analyst => format!("Name an analyst for {}", self.head.group.name),
            GroupHat::Coach => format!("Name a coach for {}", self.head.group.name),
        }
    }

    fn hint(&self) -> &'static str {
        match self.hat {
            GroupHat::Analyst => "Members of the organization.",
            GroupHat::Coach => "Members with the role of a coach. An admin gives that role.",
        }
    }

    fn other(&self) -> (String, &'static str) {
        match self.hat {
            GroupHat::Analyst => (self.head.url("/hats/new?hat=coach"), "Name a coach instead"),
            GroupHat::Coach => (self.head.url("/hats/new?hat=analyst"), "Name an analyst instead"),
        }
    }

    fn is_chosen(&self, option: &MemberOption) -> bool {
        self.form.member == option.id.to_string()
    }

    /// Those who do not wear it yet.
    fn choices(&self) -> impl Iterator<Item = &MemberOption> {
        let wears = |option: &MemberOption| {
            self.head.group.wearing(self.hat).any(|one| one.member == option.id)
        };
        self.members.iter().filter(move |option| !wears(option))
    }
}

async fn hat_page(
    pool: &PgPool,
    at: &At,
    hat: GroupHat,
    form: HatForm,
    errors: FormErrors,
) -> Result<HatPage> {
    let head = at.designed(pool).await?;
    let members = db::members(pool, at.visitor.tenant(), hat == GroupHat::Coach).await?;
    Ok(HatPage { shell: head.shell.clone(), head, hat, members, form, errors })
}

pub async fn new_hat(
    at: At,
    State(pool): State<PgPool>,
    Query(asked): Query<HatQuery>,
) -> Result<Response> {
    let hat = GroupHat::parse(&asked.hat).unwrap_or(GroupHat::Analyst);
    page(&hat_page(&pool, &at, hat, HatForm::default(), FormErrors::default()).await?)
}

pub async fn give_hat(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<HatForm>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let mut errors = FormErrors::default();
    let hat = GroupHat::parse(&form.hat)?;
    if let Some(member) = member(&form.member, &mut errors)? {
        match service::give_hat(&pool, &at.visitor.actor, at.id, hat, member).await {
            Ok(_) => return Ok(flash::redirect(&at.url("/group"), "The hat is given.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &hat_page(&pool, &at, hat, form, errors.clone()).await?)
}

// POST /o/{org}/products/{product}/hats/{worn}/lay-down

/// The id of the address beside the product's.
#[derive(Debug, Deserialize)]
pub struct Ids {
    worn: WornId,
}

pub async fn lay_down_hat(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let row = db::find_worn(&pool, at.visitor.tenant(), ids.worn).await?;
    let row = row.filter(|row| row.product == at.id).ok_or(Error::NotFound)?;
    service::lay_down_hat(&pool, &at.visitor.actor, ids.worn).await?;
    let said = format!("{} has laid the hat down.", row.name);
    Ok(flash::redirect(&at.url("/group"), &said))
}

// GET and POST /o/{org}/products/{product}/end

/// Why, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndForm {
    reason: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "products/end.html")]
struct EndPage {
    shell: Shell,
    head: Head,
    form: EndForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl EndPage {
    /// What ends with it, in words.
    fn ending(&self) -> Vec<String> {
        let group = &self.head.group;
        let squads = group.squads.iter().map(|squad| format!("{} stops serving", squad.name));
        let hats = group.hats.iter().map(|one| format!("{} lays a hat down", one.name));
        let learning =
            group.apprentices.iter().map(|one| format!("the apprenticeship of {} ends", one.name));
        squads.chain(hats).chain(learning).collect()
    }
}

async fn end_page(pool: &PgPool, at: &At, form: EndForm, errors: FormErrors) -> Result<EndPage> {
    let head = at.designed(pool).await?;
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    let form = EndForm { version: head.group.version, ..form };
    Ok(EndPage { shell: head.shell.clone(), head, form, errors, meanwhile })
}

pub async fn ask_end(at: At, State(pool): State<PgPool>) -> Result<Response> {
    page(&end_page(&pool, &at, EndForm::default(), FormErrors::default()).await?)
}

pub async fn end(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<EndForm>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::end(&pool, &at.visitor.actor, at.id, form.version, &reason).await {
            Ok(()) => return Ok(flash::redirect(&at.url("/group"), "The product has ended.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &end_page(&pool, &at, form, errors.clone()).await?)
}
