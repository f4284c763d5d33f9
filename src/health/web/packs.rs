//! Packs: the list with the settings, a pack, making and changing one.

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use crate::AppState;
use crate::error::{Error, Result};
use crate::health::db::{self, DimensionRow, PackRow};
use crate::health::domain::{
    CADENCES, KEEPERS, PackAbout, PackName, THRESHOLDS, may_keep_packs, number,
};
use crate::health::{packs_url, schedules_url, service};
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, flash, page, path_part, refused};

/// The pack in the address and who asks for it.
pub struct PackAt {
    /// Who asks.
    pub visitor: Visitor,
    /// The pack.
    pub pack: PackRow,
}

impl FromRequestParts<AppState> for PackAt {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let slug = path_part(parts, state, "pack").await?;
        let pack = db::find_pack(&state.pool, visitor.tenant(), &slug).await?;
        Ok(Self { visitor, pack: pack.ok_or(Error::NotFound)? })
    }
}

/// Lets only those on who make and change packs.
pub fn must_keep(visitor: &Visitor) -> Result<()> {
    if may_keep_packs(visitor.roles()) { Ok(()) } else { Err(Error::Forbidden(KEEPERS.into())) }
}

impl PackAt {
    /// The address of the pack, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}/{}{below}", packs_url(&self.visitor.slug), self.pack.slug)
    }

    /// The address of the list.
    pub fn list_url(&self) -> String {
        packs_url(&self.visitor.slug)
    }

    /// The frame.
    pub fn shell(&self) -> Shell {
        self.visitor.shell(Section::Health)
    }

    /// Whether the visitor may change it.
    pub fn may_keep(&self) -> bool {
        may_keep_packs(self.visitor.roles())
    }
}

// GET /o/{org}/health/packs, POST /o/{org}/health/settings

/// The settings as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsForm {
    threshold: String,
    cadence: String,
    version: i32,
}

#[derive(Template)]
#[template(path = "health/packs.html")]
struct ListPage {
    shell: Shell,
    org: String,
    packs: Vec<PackRow>,
    now: (i16, i16, i32),
    may_keep: bool,
    may_set: bool,
    form: SettingsForm,
    errors: FormErrors,
}

impl ListPage {
    fn url(&self, pack: &PackRow) -> String {
        format!("{}/{}", packs_url(&self.org), pack.slug)
    }

    fn new_url(&self) -> String {
        format!("{}/new", packs_url(&self.org))
    }

    /// What is saved now where it differs from what was typed, on the page of a conflict.
    fn now(&self, typed: &str, saved: i16) -> Option<String> {
        let saved = saved.to_string();
        (self.errors.is_stale() && typed != saved).then_some(saved)
    }

    fn now_threshold(&self) -> Option<String> {
        self.now(&self.form.threshold, self.now.0)
    }

    fn now_cadence(&self) -> Option<String> {
        self.now(&self.form.cadence, self.now.1)
    }

    fn schedules_url(&self) -> String {
        schedules_url(&self.org)
    }
}

async fn list_page(
    pool: &PgPool,
    visitor: &Visitor,
    form: Option<SettingsForm>,
    errors: FormErrors,
) -> Result<ListPage> {
    let now = db::settings_to_change(pool, visitor.tenant()).await?;
    let saved = || SettingsForm {
        threshold: now.0.to_string(),
        cadence: now.1.to_string(),
        ..SettingsForm::default()
    };
    Ok(ListPage {
        shell: visitor.shell(Section::Health),
        org: visitor.slug.clone(),
        packs: db::packs(pool, visitor.tenant()).await?,
        now,
        may_keep: may_keep_packs(visitor.roles()),
        may_set: visitor.roles().may_administer(),
        form: form.unwrap_or_else(saved),
        errors,
    })
}

pub async fn list(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    page(&list_page(&pool, &visitor, None, FormErrors::default()).await?)
}

pub async fn set(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<SettingsForm>,
) -> Result<Response> {
    visitor.must_administer()?;
    let mut errors = FormErrors::default();
    let threshold = errors.check("threshold", number("threshold", &form.threshold, THRESHOLDS));
    let cadence = errors.check("cadence", number("cadence", &form.cadence, CADENCES));
    if let (Some(threshold), Some(cadence)) = (threshold, cadence) {
        match service::change_settings(&pool, &visitor.actor, form.version, threshold, cadence)
            .await
        {
            Ok(()) => {
                let said = "Saved. Health checks that are open keep what they began with.";
                return Ok(flash::redirect(&packs_url(&visitor.slug), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &list_page(&pool, &visitor, Some(form), errors.clone()).await?)
}

// GET /o/{org}/health/packs/new, POST /o/{org}/health/packs
// GET and POST /o/{org}/health/packs/{pack}/edit

/// A pack as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackForm {
    name: String,
    about: String,
    version: i32,
}

impl PackForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<(PackName, PackAbout)> {
        let name = errors.check("name", PackName::parse(&self.name));
        let about = errors.check("about", PackAbout::parse(&self.about));
        Some((name?, about?))
    }
}

#[derive(Template)]
#[template(path = "health/pack_form.html")]
struct FormPage {
    shell: Shell,
    list_url: String,
    /// Where it is sent.
    action: String,
    /// Where leaving it leads.
    back: String,
    /// The name of the pack that is changed.
    of: Option<String>,
    form: PackForm,
    errors: FormErrors,
}

impl FormPage {
    fn title(&self) -> &'static str {
        if self.of.is_some() { "Edit the pack" } else { "Make a pack" }
    }
}

fn new_page(visitor: &Visitor, form: PackForm, errors: FormErrors) -> FormPage {
    let list_url = packs_url(&visitor.slug);
    FormPage {
        shell: visitor.shell(Section::Health),
        action: list_url.clone(),
        back: list_url.clone(),
        list_url,
        of: None,
        form,
        errors,
    }
}

pub async fn new(visitor: Visitor) -> Result<Response> {
    must_keep(&visitor)?;
    page(&new_page(&visitor, PackForm::default(), FormErrors::default()))
}

pub async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<PackForm>,
) -> Result<Response> {
    must_keep(&visitor)?;
    let mut errors = FormErrors::default();
    if let Some((name, about)) = form.parse(&mut errors) {
        match service::create_pack(&pool, &visitor.actor, &name, &about).await {
            Ok((_, slug)) => {
                let to = format!("{}/{slug}", packs_url(&visitor.slug));
                return Ok(flash::redirect(&to, "The pack is there. Add what it asks."));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &new_page(&visitor, form, errors.clone()))
}

fn edit_page(at: &PackAt, form: PackForm, errors: FormErrors) -> FormPage {
    FormPage {
        shell: at.shell(),
        list_url: at.list_url(),
        action: at.url("/edit"),
        back: at.url(""),
        of: Some(at.pack.name.clone()),
        form: PackForm { version: at.pack.version, ..form },
        errors,
    }
}

pub async fn edit(at: PackAt) -> Result<Response> {
    must_keep(&at.visitor)?;
    let (name, about) = (at.pack.name.clone(), at.pack.about.clone());
    page(&edit_page(&at, PackForm { name, about, version: 0 }, FormErrors::default()))
}

pub async fn update(
    at: PackAt,
    State(pool): State<PgPool>,
    Form(form): Form<PackForm>,
) -> Result<Response> {
    must_keep(&at.visitor)?;
    let mut errors = FormErrors::default();
    if let Some((name, about)) = form.parse(&mut errors) {
        let (actor, id) = (&at.visitor.actor, at.pack.id);
        match service::change_pack(&pool, actor, id, form.version, (&name, &about)).await {
            Ok(()) => return Ok(flash::redirect(&at.url(""), "Saved.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &edit_page(&at, form, errors.clone()))
}

// GET /o/{org}/health/packs/{pack}

#[derive(Template)]
#[template(path = "health/pack.html")]
struct ShowPage {
    shell: Shell,
    at: PackAt,
    dimensions: Vec<DimensionRow>,
}

impl ShowPage {
    fn live(&self) -> Vec<&DimensionRow> {
        self.dimensions.iter().filter(|one| one.is_live).collect()
    }

    fn ended(&self) -> Vec<&DimensionRow> {
        self.dimensions.iter().filter(|one| !one.is_live).collect()
    }

    fn may_change(&self) -> bool {
        self.at.may_keep() && self.at.pack.is_live
    }

    fn dimension_url(&self, one: &DimensionRow, below: &str) -> String {
        self.at.url(&format!("/dimensions/{}{below}", one.id))
    }
}

pub async fn show(at: PackAt, State(pool): State<PgPool>) -> Result<Response> {
    let dimensions = db::dimensions(&pool, at.visitor.tenant(), at.pack.id).await?;
    page(&ShowPage { shell: at.shell(), at, dimensions })
}

// POST /o/{org}/health/packs/{pack}/end and /resume

pub async fn end(at: PackAt, State(pool): State<PgPool>) -> Result<Response> {
    must_keep(&at.visitor)?;
    let done = service::end_pack(&pool, &at.visitor.actor, at.pack.id).await;
    told(done, &at.url(""), "The pack has ended: no new health check asks it.")
}

pub async fn resume(at: PackAt, State(pool): State<PgPool>) -> Result<Response> {
    must_keep(&at.visitor)?;
    let done = service::resume_pack(&pool, &at.visitor.actor, at.pack.id).await;
    told(done, &at.url(""), "The pack can be asked again.")
}

/// Leads back to the page, which says what was done, or why it was not.
pub fn told(done: Result<()>, to: &str, said: &str) -> Result<Response> {
    match done {
        Ok(()) => Ok(flash::redirect(to, said)),
        Err(Error::Refused(refusal)) => Ok(flash::redirect_bad(to, &refusal.message)),
        Err(error) => Err(error),
    }
}
