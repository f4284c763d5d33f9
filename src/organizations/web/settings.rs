//! What an organization says of itself.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::{accounts_url, settings_url};
use crate::error::{Error, Result};
use crate::history;
use crate::organizations::service::{self, Settings};
use crate::organizations::{Admin, CommonPurpose, OrganizationName, Visitor, db};
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, flash, page, refused, ui};

// GET /o/{org}/settings, POST /o/{org}/settings

#[derive(Template)]
#[template(path = "organizations/settings.html")]
struct SettingsPage {
    shell: Shell,
    url: String,
    accounts_url: String,
    slug: String,
    form: SettingsForm,
    errors: FormErrors,
    /// After a conflict: what is saved now, and who saved it.
    now: Option<Saved>,
}

struct Saved {
    name: Option<String>,
    common_purpose: Option<String>,
    /// As [`ui::meanwhile`] says it.
    who: String,
    when: ui::Moment,
}

impl SettingsPage {
    fn name_now(&self) -> Option<&str> {
        self.now.as_ref().and_then(|now| now.name.as_deref())
    }

    fn purpose_now(&self) -> Option<&str> {
        self.now.as_ref().and_then(|now| now.common_purpose.as_deref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsForm {
    name: String,
    common_purpose: String,
    version: i32,
}

fn made(visitor: &Visitor, form: SettingsForm, errors: FormErrors) -> SettingsPage {
    SettingsPage {
        shell: visitor.shell(Section::Settings),
        url: settings_url(&visitor.slug),
        accounts_url: accounts_url(&visitor.slug),
        slug: visitor.slug.clone(),
        form,
        errors,
        now: None,
    }
}

/// Shows the form.
pub async fn show(Admin(visitor): Admin, State(pool): State<PgPool>) -> Result<Response> {
    let row = db::find_settings(&pool, visitor.tenant()).await?.ok_or(Error::NotFound)?;
    let form =
        SettingsForm { name: row.name, common_purpose: row.common_purpose, version: row.version };
    page(&made(&visitor, form, FormErrors::default()))
}

/// Changes the settings.
pub async fn update(
    Admin(visitor): Admin,
    State(pool): State<PgPool>,
    Form(form): Form<SettingsForm>,
) -> Result<Response> {
    let mut errors = FormErrors::default();
    let name = errors.check("name", OrganizationName::parse(&form.name));
    let purpose = errors.check("common_purpose", CommonPurpose::parse(&form.common_purpose));
    if let (Some(name), Some(common_purpose)) = (name, purpose) {
        let settings = Settings { name, common_purpose };
        match service::change_settings(&pool, &visitor.actor, form.version, &settings).await {
            Ok(()) => {
                return Ok(flash::redirect(
                    &settings_url(&visitor.slug),
                    "The settings are saved.",
                ));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let mut page = made(&visitor, form, errors.clone());
    if errors.is_stale() {
        let row = db::find_settings(&pool, visitor.tenant()).await?.ok_or(Error::NotFound)?;
        let differs = |saved: String, typed: &str| (saved != typed).then_some(saved);
        let subject = visitor.tenant().organization_id().0;
        let last = history::about(&pool, visitor.tenant(), subject, 1).await?.pop();
        page.now = Some(Saved {
            name: differs(row.name, &page.form.name),
            common_purpose: differs(row.common_purpose, &page.form.common_purpose),
            who: last.as_ref().map_or_else(
                || ui::meanwhile(Some("Somebody"), false),
                |event| {
                    let is_self = event.member_id == Some(visitor.actor.member);
                    ui::meanwhile(event.member_name.as_deref(), is_self)
                },
            ),
            when: ui::moment(
                last.map_or(visitor.actor.at, |event| event.at),
                visitor.actor.at,
                visitor.time_zone,
            ),
        });
        page.form.version = row.version;
    }
    refused(&errors, &page)
}
