//! One membership: edit it, move it, end it.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head, last_change};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::{HatId, MembershipId, TeamId};
use crate::squads::db::teams::{self, HatRow, MembershipRow, SQUAD};
use crate::squads::db::{self, Target};
use crate::squads::domain::{Allocation, HatName};
use crate::squads::service;
use crate::text::Reason;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

/// The ids of the address.
#[derive(Debug, Deserialize)]
pub struct Ids {
    /// The membership.
    pub membership: MembershipId,
}

/// The current membership of the address, in the squad of the address; 404 otherwise.
pub async fn load(pool: &PgPool, at: &At, ids: &Ids) -> Result<(Head, MembershipRow)> {
    at.visitor.must_design()?;
    let row = teams::find_membership(pool, at.visitor.tenant(), SQUAD, ids.membership).await?;
    let row = row.filter(|row| row.team == at.id).ok_or(Error::NotFound)?;
    Ok((at.page(pool).await?, row))
}

/// The hats that were chosen, and a new one by its name.
pub async fn hats_of(
    pool: &PgPool,
    actor: &Actor,
    chosen: &[String],
    new: &str,
    errors: &mut FormErrors,
) -> Result<Option<Vec<HatId>>> {
    let ids: Result<Vec<HatId>, _> = chosen.iter().map(|id| id.parse()).collect();
    let mut ids = ids.map_err(|_| Error::NotFound)?;
    if !new.trim().is_empty() {
        let Some(name) = errors.check("new_hat", HatName::parse(new)) else { return Ok(None) };
        ids.push(service::add_hat(pool, actor, &name).await?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}

// GET and POST /o/{org}/squads/{squad}/members/{membership}/edit

#[derive(Template)]
#[template(path = "squads/membership.html")]
struct EditPage {
    shell: Shell,
    head: Head,
    row: MembershipRow,
    hats: Vec<HatRow>,
    form: EditForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

/// A membership as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EditForm {
    allocation: String,
    #[serde(default)]
    hat: Vec<String>,
    #[serde(default)]
    new_hat: String,
    version: i32,
}

impl EditPage {
    fn steps() -> [i16; 10] {
        Allocation::STEPS
    }

    fn is_worn(&self, hat: &HatRow) -> bool {
        self.form.hat.contains(&hat.id.to_string())
    }

    fn now_allocation(&self) -> Option<String> {
        let saved = self.row.allocation.to_string();
        (self.errors.is_stale() && saved != self.form.allocation).then(|| format!("{saved} %"))
    }

    fn now_hats(&self) -> Option<String> {
        let saved: Vec<_> = self.row.hats.iter().map(ToString::to_string).collect();
        let is_same = saved.len() == self.form.hat.len()
            && saved.iter().all(|hat| self.form.hat.contains(hat));
        (self.errors.is_stale() && !is_same).then(|| self.row.hat_names.join(", "))
    }
}

pub async fn edit(at: At, Path(ids): Path<Ids>, Shared(pool): Shared<PgPool>) -> Result<Response> {
    let (head, row) = load(&pool, &at, &ids).await?;
    let form = EditForm {
        allocation: row.allocation.to_string(),
        hat: row.hats.iter().map(ToString::to_string).collect(),
        new_hat: String::new(),
        version: row.version,
    };
    let hats = teams::list_hats(&pool, at.visitor.tenant()).await?;
    let (shell, errors) = (head.shell.clone(), FormErrors::default());
    page(&EditPage { shell, head, row, hats, form, errors, meanwhile: None })
}

pub async fn update(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(mut form): Form<EditForm>,
) -> Result<Response> {
    let (_, row) = load(&pool, &at, &ids).await?;
    let actor = &at.visitor.actor;
    let mut errors = FormErrors::default();
    let allocation = errors.check("allocation", Allocation::parse(&form.allocation));
    let hats = hats_of(&pool, actor, &form.hat, &form.new_hat, &mut errors).await?;
    if let (Some(allocation), Some(hats)) = (allocation, hats) {
        let done =
            service::update_membership(&pool, actor, row.id, form.version, allocation, &hats).await;
        match done {
            Ok(()) => {
                let text = format!("The membership of {} is saved.", row.name);
                return Ok(flash::redirect(&at.url("/members"), &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let (head, row) = load(&pool, &at, &ids).await?;
    let mut meanwhile = None;
    if errors.is_stale() {
        meanwhile = last_change(&pool, &at.visitor, row.member.0).await?;
        form.version = row.version;
    }
    let hats = teams::list_hats(&pool, at.visitor.tenant()).await?;
    let shell = head.shell.clone();
    refused(&errors, &EditPage { shell, head, row, hats, form, errors: errors.clone(), meanwhile })
}

// GET and POST /o/{org}/squads/{squad}/members/{membership}/move

#[derive(Template)]
#[template(path = "squads/move.html")]
struct MovePage {
    shell: Shell,
    head: Head,
    row: MembershipRow,
    targets: Vec<Target>,
    form: MoveForm,
    errors: FormErrors,
}

/// Where to.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveForm {
    #[serde(default)]
    to: String,
    allocation: String,
}

impl MovePage {
    fn steps() -> [i16; 10] {
        Allocation::STEPS
    }

    fn target_label(target: &Target) -> String {
        let full = if target.members >= 10 { ", full" } else { "" };
        format!("{} ({} members{full})", target.name, target.members)
    }

    fn is_too_small(&self) -> bool {
        self.errors.code() == Some("squad_too_small") || self.head.rules().may_lose(1).is_err()
    }

    fn out(&self, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", self.row.id))
    }
}

async fn move_page(
    pool: &PgPool,
    at: &At,
    (head, row): (Head, MembershipRow),
    form: MoveForm,
    errors: FormErrors,
) -> Result<MovePage> {
    let targets = db::targets(pool, at.visitor.tenant(), at.id, row.member).await?;
    Ok(MovePage { shell: head.shell.clone(), head, row, targets, form, errors })
}

pub async fn ask_move(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
) -> Result<Response> {
    let loaded = load(&pool, &at, &ids).await?;
    let form = MoveForm { to: String::new(), allocation: loaded.1.allocation.to_string() };
    page(&move_page(&pool, &at, loaded, form, FormErrors::default()).await?)
}

/// The squad was left open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose the squad to move to.")]
struct NoSquad;

impl crate::rule::Rule for NoSquad {
    fn code(&self) -> &'static str {
        "squad_not_chosen"
    }
}

pub async fn move_(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    let loaded = load(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    let to = errors.check("to", form.to.parse::<TeamId>().map_err(|_| NoSquad));
    let allocation = errors.check("allocation", Allocation::parse(&form.allocation));
    if let (Some(to), Some(allocation)) = (to, allocation) {
        let actor = &at.visitor.actor;
        match service::move_member(&pool, actor, ids.membership, to, allocation).await {
            Ok(()) => {
                let text = format!("{} is moved.", loaded.1.name);
                return Ok(flash::redirect(&at.url("/members"), &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &move_page(&pool, &at, loaded, form, errors.clone()).await?)
}

// GET and POST /o/{org}/squads/{squad}/members/{membership}/remove

/// Why, if somebody wants to say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemoveForm {
    reason: String,
}

#[derive(Template)]
#[template(path = "squads/remove.html")]
struct RemovePage {
    shell: Shell,
    head: Head,
    row: MembershipRow,
    form: RemoveForm,
    errors: FormErrors,
    is_too_small: bool,
}

impl RemovePage {
    fn out(&self, below: &str) -> String {
        self.head.url(&format!("/members/{}{below}", self.row.id))
    }
}

fn remove_page(
    (head, row): (Head, MembershipRow),
    form: RemoveForm,
    errors: FormErrors,
) -> RemovePage {
    let is_too_small =
        head.rules().may_lose(1).is_err() || errors.code() == Some("squad_too_small");
    RemovePage { shell: head.shell.clone(), head, row, form, errors, is_too_small }
}

pub async fn ask_remove(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
) -> Result<Response> {
    let loaded = load(&pool, &at, &ids).await?;
    page(&remove_page(loaded, RemoveForm::default(), FormErrors::default()))
}

pub async fn remove(
    at: At,
    Path(ids): Path<Ids>,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<RemoveForm>,
) -> Result<Response> {
    let loaded = load(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    let reason = match form.reason.trim() {
        "" => Some(None),
        text => errors.check("reason", Reason::parse(text)).map(Some),
    };
    if let Some(reason) = reason {
        match service::remove_member(&pool, &at.visitor.actor, ids.membership, reason).await {
            Ok(()) => {
                let text = format!("{} is no longer in the squad.", loaded.1.name);
                return Ok(flash::redirect(&at.url("/members"), &text));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let loaded = load(&pool, &at, &ids).await?;
    refused(&errors, &remove_page(loaded, form, errors.clone()))
}
