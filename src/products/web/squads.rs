//! Squads that serve a product: adding one, its limits, and stopping.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use crate::error::{Error, Result};
use crate::ids::{ServiceId, TeamId};
use crate::products::db::{self, ServiceRow, SquadOption};
use crate::products::domain::{ProductRefused, WipLimit};
use crate::products::service;
use crate::squads::last_change;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET /o/{org}/products/{product}/squads/new, POST …/squads

/// A squad as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SquadForm {
    squad: String,
}

#[derive(Template)]
#[template(path = "products/add_squad.html")]
struct AddPage {
    shell: Shell,
    head: Head,
    squads: Vec<SquadOption>,
    form: SquadForm,
    errors: FormErrors,
}

impl AddPage {
    fn is_chosen(&self, option: &SquadOption) -> bool {
        self.form.squad == option.id.to_string()
    }

    fn label(option: &SquadOption) -> String {
        match option.products {
            0 => option.name.clone(),
            1 => format!("{} (serves another product)", option.name),
            n => format!("{} (serves {n} other products)", option.name),
        }
    }
}

async fn add_page(pool: &PgPool, at: &At, form: SquadForm, errors: FormErrors) -> Result<AddPage> {
    let head = at.designed(pool).await?;
    let squads = db::free_squads(pool, at.visitor.tenant(), at.id).await?;
    Ok(AddPage { shell: head.shell.clone(), head, squads, form, errors })
}

pub async fn new(at: At, State(pool): State<PgPool>) -> Result<Response> {
    page(&add_page(&pool, &at, SquadForm::default(), FormErrors::default()).await?)
}

pub async fn serve(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<SquadForm>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let mut errors = FormErrors::default();
    if form.squad.trim().is_empty() {
        errors.refuse("squad", &ProductRefused::NoSquad);
    } else {
        let squad: TeamId = form.squad.trim().parse().map_err(|_| Error::NotFound)?;
        let first = (WipLimit::FIRST, WipLimit::FIRST);
        match service::serve(&pool, &at.visitor.actor, at.id, squad, first).await {
            Ok(_) => {
                let said = "The squad serves this product now.";
                return Ok(flash::redirect(&at.url("/group"), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &add_page(&pool, &at, form, errors.clone()).await?)
}

// GET and POST /o/{org}/products/{product}/squads/{service}, POST …/stop

/// The id of the address beside the product's.
#[derive(Debug, Deserialize)]
pub struct Ids {
    service: ServiceId,
}

/// The limits as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsForm {
    wip: String,
    learning: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "products/limits.html")]
struct LimitsPage {
    shell: Shell,
    head: Head,
    row: ServiceRow,
    form: LimitsForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl LimitsPage {
    fn here(&self, below: &str) -> String {
        self.head.url(&format!("/squads/{}{below}", self.row.id))
    }

    fn now(&self, saved: i16, typed: &str) -> Option<String> {
        let saved = saved.to_string();
        (self.errors.is_stale() && saved != typed.trim()).then_some(saved)
    }

    fn now_wip(&self) -> Option<String> {
        self.now(self.row.wip_limit, &self.form.wip)
    }

    fn now_learning(&self) -> Option<String> {
        self.now(self.row.learning_limit, &self.form.learning)
    }
}

/// The squad of the address, as long as it serves.
async fn load(pool: &PgPool, at: &At, ids: &Ids) -> Result<(Head, ServiceRow)> {
    let head = at.tended(pool).await?;
    let row = db::find_service(pool, at.visitor.tenant(), ids.service).await?;
    let row = row.filter(|row| row.product == at.id).ok_or(Error::NotFound)?;
    Ok((head, row))
}

async fn limits_page(
    pool: &PgPool,
    at: &At,
    ids: &Ids,
    form: Option<LimitsForm>,
    errors: FormErrors,
) -> Result<LimitsPage> {
    let (head, row) = load(pool, at, ids).await?;
    if !row.is_current {
        let (squad, product) = (row.name, head.group.name);
        return Err(ProductRefused::ServesNoMore { squad, product }.into());
    }
    let form = form.unwrap_or_else(|| LimitsForm {
        wip: row.wip_limit.to_string(),
        learning: row.learning_limit.to_string(),
        version: row.version,
    });
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, row.id.0).await? } else { None };
    let form = LimitsForm { version: row.version, ..form };
    Ok(LimitsPage { shell: head.shell.clone(), head, row, form, errors, meanwhile })
}

pub async fn edit(at: At, Path(ids): Path<Ids>, State(pool): State<PgPool>) -> Result<Response> {
    page(&limits_page(&pool, &at, &ids, None, FormErrors::default()).await?)
}

pub async fn set_limits(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<LimitsForm>,
) -> Result<Response> {
    load(&pool, &at, &ids).await?;
    let mut errors = FormErrors::default();
    let wip = errors.check("wip", WipLimit::parse(&form.wip, "wip"));
    let learning = errors.check("learning", WipLimit::parse(&form.learning, "learning"));
    if let (Some(wip), Some(learning)) = (wip, learning) {
        let (actor, limits) = (&at.visitor.actor, (wip, learning));
        match service::set_limits(&pool, actor, ids.service, form.version, limits).await {
            Ok(()) => return Ok(flash::redirect(&at.url("/group"), "The limits are saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &limits_page(&pool, &at, &ids, Some(form), errors.clone()).await?)
}

/// The version that the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StopForm {
    version: i32,
}

pub async fn stop(
    at: At,
    Path(ids): Path<Ids>,
    State(pool): State<PgPool>,
    Form(form): Form<StopForm>,
) -> Result<Response> {
    at.designed(&pool).await?;
    let (_, row) = load(&pool, &at, &ids).await?;
    match service::stop_serving(&pool, &at.visitor.actor, ids.service, form.version).await {
        Ok(()) => {
            let said = format!("{} does not serve this product any more.", row.name);
            Ok(flash::redirect(&at.url("/group"), &said))
        }
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            refused(&errors, &limits_page(&pool, &at, &ids, None, errors.clone()).await?)
        }
    }
}
