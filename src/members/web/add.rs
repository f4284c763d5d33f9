//! Adding one member, and adding several at once: the fast way to a first squad.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::super::db;
use super::super::domain::{
    DISCIPLINES, Discipline, Profile, TimeZone, Title, parse_email, parse_several,
};
use super::super::service;
use super::{list_url, url};
use crate::accounts::PersonName;
use crate::actor::Tenant;
use crate::error::Result;
use crate::organizations::Visitor;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, flash, page, refused};

/// The disciplines in use, then those of the glossary that nobody has yet.
pub(super) async fn disciplines(pool: &PgPool, tenant: Tenant) -> Result<Vec<String>> {
    let mut all = db::choices(pool, tenant).await?.disciplines;
    for word in DISCIPLINES {
        if !all.iter().any(|used| used.eq_ignore_ascii_case(word)) {
            all.push(word.to_owned());
        }
    }
    Ok(all)
}

// GET /o/{org}/members/new, POST /o/{org}/members

#[derive(Template)]
#[template(path = "members/new.html")]
struct NewPage {
    shell: Shell,
    org: String,
    disciplines: Vec<String>,
    form: NewMemberForm,
    errors: FormErrors,
}

impl NewPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn several_url(&self) -> String {
        format!("{}/several", list_url(&self.org))
    }

    fn general(&self) -> Option<&str> {
        self.errors.general().first().copied()
    }

    /// Whether the name is there already, so that somebody says who they are.
    fn asks_for_namesakes(&self) -> bool {
        !self.form.namesakes.is_empty() || self.errors.on("namesakes").is_some()
    }
}

/// A member as they were typed.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewMemberForm {
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    discipline: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    time_zone: String,
    /// "on" once somebody has said that whoever has the same name is somebody else.
    namesakes: String,
}

impl NewMemberForm {
    fn parse(&self, errors: &mut FormErrors) -> Option<Profile> {
        let name = errors.check("name", PersonName::parse(&self.name));
        let email = errors.check("email", parse_email(&self.email));
        let discipline = errors.check("discipline", Discipline::parse(&self.discipline));
        let title = errors.check("title", Title::parse(&self.title));
        let time_zone = errors.check("time_zone", TimeZone::parse(&self.time_zone));
        Some(Profile {
            name: name?,
            email: email?,
            discipline: discipline?,
            title: title?,
            time_zone: time_zone?,
        })
    }
}

pub(super) async fn new(visitor: Visitor, State(pool): State<PgPool>) -> Result<Response> {
    visitor.must_design()?;
    let time_zone = visitor.time_zone.name().to_owned();
    page(&NewPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        disciplines: disciplines(&pool, visitor.tenant()).await?,
        form: NewMemberForm { time_zone, ..NewMemberForm::default() },
        errors: FormErrors::default(),
    })
}

pub(super) async fn create(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<NewMemberForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    if let Some(profile) = form.parse(&mut errors) {
        match service::add(&pool, &visitor.actor, &profile, !form.namesakes.is_empty()).await {
            Ok(id) => {
                let done = format!("{} is a member.", profile.name);
                return Ok(flash::redirect(&url(&visitor.slug, id), &done));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let page = NewPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        disciplines: disciplines(&pool, visitor.tenant()).await?,
        form,
        errors,
    };
    refused(&page.errors, &page)
}

// GET, POST /o/{org}/members/several

#[derive(Template)]
#[template(path = "members/several.html")]
struct SeveralPage {
    shell: Shell,
    org: String,
    form: SeveralForm,
    errors: FormErrors,
}

impl SeveralPage {
    fn list_url(&self) -> String {
        list_url(&self.org)
    }

    fn several_url(&self) -> String {
        format!("{}/several", list_url(&self.org))
    }

    fn general(&self) -> Option<&str> {
        self.errors.general().first().copied()
    }
}

impl SeveralPage {
    /// Whether names are there already, so that somebody says who they are.
    fn asks_for_namesakes(&self) -> bool {
        !self.form.namesakes.is_empty() || self.errors.on("namesakes").is_some()
    }
}

/// Several members as they were typed, one a line.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SeveralForm {
    #[serde(default)]
    lines: String,
    /// "on" once somebody has said that the same names are other people's.
    namesakes: String,
}

pub(super) async fn several(visitor: Visitor) -> Result<Response> {
    visitor.must_design()?;
    page(&SeveralPage {
        shell: visitor.shell(Section::Members),
        org: visitor.slug.clone(),
        form: SeveralForm::default(),
        errors: FormErrors::default(),
    })
}

pub(super) async fn create_several(
    visitor: Visitor,
    State(pool): State<PgPool>,
    Form(form): Form<SeveralForm>,
) -> Result<Response> {
    visitor.must_design()?;
    let mut errors = FormErrors::default();
    let time_zone = TimeZone::of(visitor.time_zone);
    if let Some(lines) = errors.check("lines", parse_several(&form.lines, time_zone)) {
        match service::add_several(&pool, &visitor.actor, &lines, !form.namesakes.is_empty()).await
        {
            Ok(added) => {
                let done = match added {
                    1 => "1 member was added.".to_owned(),
                    n => format!("{n} members were added."),
                };
                return Ok(flash::redirect(&list_url(&visitor.slug), &done));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let (shell, org) = (visitor.shell(Section::Members), visitor.slug.clone());
    let page = SeveralPage { shell, org, form, errors };
    refused(&page.errors, &page)
}
