//! Deactivating a member, with what it does to squads shown before it happens, and bringing one back.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db::{self, MemberPage, Part};
use super::super::domain::{Departure, PEERS};
use super::super::service::{self, led};
use super::{list_url, product_url, team_url, url};
use crate::error::{Error, Result};
use crate::ids::MemberId;
use crate::organizations::Visitor;
use crate::squads::Left;
use crate::squads::service::would_leave;
use crate::text::Reason;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Path, flash, page, refused};

// GET, POST /o/{org}/members/{member}/deactivate

#[derive(Template)]
#[template(path = "members/deactivate.html")]
struct DeactivatePage {
    shell: Shell,
    org: String,
    saved: MemberPage,
    left: Vec<Left>,
    /// What they are to products.
    parts: Vec<Part>,
    /// Why it is not possible, if it is not.
    refusal: Option<String>,
    form: DeactivateForm,
    errors: FormErrors,
}

impl DeactivatePage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn back(&self) -> String {
        url(&self.org, self.saved.id)
    }

    /// Where the products that they lead are handed over.
    fn handing_over(&self) -> Vec<(String, String)> {
        let led = self.parts.iter().filter(|part| part.is_lead());
        led.map(|part| (part.name.clone(), format!("{}/hand-over", product_url(&self.org, part))))
            .collect()
    }

    /// What ends at products, in words.
    fn ending(&self) -> Vec<String> {
        let others = self.parts.iter().filter(|part| !part.is_lead());
        others.map(|part| format!("{} of {}", part.title(), part.name)).collect()
    }

    fn title(&self) -> String {
        format!("Deactivate {}?", self.saved.name)
    }

    /// Where a squad finds its next member.
    fn staffing(&self, team: &Left) -> String {
        format!("{}/members#add", team_url(&self.org, &team.slug, team.is_squad))
    }

    fn verb(&self) -> String {
        format!("Deactivate {}", self.saved.name)
    }

    fn general(&self) -> Option<&str> {
        if self.errors.is_stale() {
            return Some("Somebody changed this meanwhile. Look at it again, then repeat.");
        }
        self.errors.general().first().copied()
    }
}

/// Why somebody leaves.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DeactivateForm {
    #[serde(default)]
    reason: String,
    version: i32,
}

/// The page that asks, as things are now; only for those who may deactivate this member.
async fn question(
    pool: &PgPool,
    visitor: &Visitor,
    id: MemberId,
    form: DeactivateForm,
    errors: FormErrors,
) -> Result<DeactivatePage> {
    let tenant = visitor.tenant();
    let saved = db::find(pool, tenant, id).await?.ok_or(Error::NotFound)?;
    visitor.must_design()?;
    let member = saved.member()?;
    if !member.may_be_moved_by(&visitor.actor) {
        return Err(Error::Forbidden(PEERS.into()));
    }
    let admins = db::count_admins(pool, tenant).await?;
    let parts = db::parts(pool, tenant, id).await?;
    Ok(DeactivatePage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        left: would_leave(pool, tenant, id).await?,
        refusal: member.may_leave(admins, &led(&parts)).err().map(|rule| rule.to_string()),
        parts,
        form: DeactivateForm { version: saved.version, ..form },
        saved,
        errors,
    })
}

pub(super) async fn ask(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
) -> Result<Response> {
    let (form, errors) = (DeactivateForm::default(), FormErrors::default());
    page(&question(&pool, &visitor, id, form, errors).await?)
}

pub(super) async fn deactivate(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
    Form(form): Form<DeactivateForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    if let Some(reason) = errors.check("reason", Reason::parse(&form.reason)) {
        match service::deactivate(&pool, &visitor.actor, id, form.version, &reason).await {
            Ok(departure) => {
                return Ok(flash::redirect(&url(&visitor.slug, id), &in_words(&departure)));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let page = question(&pool, &visitor, id, form, errors).await?;
    refused(&page.errors, &page)
}

fn in_words(departure: &Departure) -> String {
    let name = &departure.name;
    match &departure.returned[..] {
        [] => format!("{name} is deactivated."),
        [squad] => format!("{name} is deactivated. {squad} returned to forming."),
        squads => format!("{name} is deactivated. {} returned to forming.", squads.join(", ")),
    }
}

// POST /o/{org}/members/{member}/reactivate

/// The version that the button was made from.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReactivateForm {
    version: i32,
}

pub(super) async fn reactivate(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Path((_, id)): Path<(String, MemberId)>,
    Form(form): Form<ReactivateForm>,
) -> Result<Response> {
    service::reactivate(&pool, &visitor.actor, id, form.version).await?;
    let said = "The member is active again. They are in no team yet.";
    Ok(flash::redirect(&url(&visitor.slug, id), said))
}
