//! Asking for coaching, by a squad's member; and offering it, by a leader or coach.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use crate::coaching::domain::{
    ASKERS, Ask, Better, CoachingRefused, Dimension, FindingCode, OFFERERS, Offered, Topic, Tried,
    may_offer,
};
use crate::coaching::{service, squad_url, url};
use crate::design;
use crate::error::{Error, Result};
use crate::missions::SquadAt;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

// GET and POST /o/{org}/squads/{squad}/coaching/new?dimension=…&finding=…

/// What led to the request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskQuery {
    dimension: String,
    finding: String,
}

/// A request as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskForm {
    topic: String,
    tried: String,
    better: String,
    dimension: String,
    finding: String,
}

#[derive(Template)]
#[template(path = "coaching/ask.html")]
struct AskPage {
    shell: Shell,
    org: String,
    squad: String,
    slug: String,
    form: AskForm,
    errors: FormErrors,
}

impl AskPage {
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.slug)
    }

    /// What led to it, in words.
    fn because(&self) -> String {
        match (self.form.dimension.as_str(), self.form.finding.as_str()) {
            ("", "") => String::new(),
            ("", finding) => format!("Because of the finding {finding}"),
            (dimension, _) => format!("Because of “{dimension}” in the health check"),
        }
    }
}

fn must_ask(at: &SquadAt) -> Result<()> {
    if !at.squad.is_member {
        return Err(Error::Forbidden(ASKERS.into()));
    }
    if at.squad.is_dissolved() { Err(CoachingRefused::Dissolved.into()) } else { Ok(()) }
}

fn ask_page(at: &SquadAt, form: AskForm, errors: FormErrors) -> AskPage {
    AskPage {
        shell: at.visitor.shell(Section::Squads),
        org: at.visitor.slug.clone(),
        squad: at.squad.name.clone(),
        slug: at.squad.slug.clone(),
        form,
        errors,
    }
}

pub async fn new(
    at: SquadAt,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<AskQuery>,
) -> Result<Response> {
    must_ask(&at)?;
    let finding = FindingCode::of(&query.finding).as_str().to_owned();
    let dimension = Dimension::parse(&query.dimension).map(|it| it.to_string()).unwrap_or_default();
    let mut topic = dimension.clone();
    if !finding.is_empty() {
        let today = at.visitor.actor.at.date_naive();
        let found = design::findings(&pool, at.visitor.tenant(), today, at.squad.id).await?;
        let said = found.into_iter().find(|one| format!("{:?}", one.code) == finding);
        topic = said.map(|one| one.title.trim_end_matches('.').to_owned()).unwrap_or_default();
    }
    page(&ask_page(
        &at,
        AskForm { topic, dimension, finding, ..AskForm::default() },
        FormErrors::default(),
    ))
}

pub async fn create(
    at: SquadAt,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<AskForm>,
) -> Result<Response> {
    must_ask(&at)?;
    let mut errors = FormErrors::default();
    let topic = errors.check("topic", Topic::parse(&form.topic));
    let tried = errors.check("tried", Tried::parse(&form.tried));
    let better = errors.check("better", Better::parse(&form.better));
    let dimension = errors.check("dimension", Dimension::parse(&form.dimension));
    if let (Some(topic), Some(tried), Some(better), Some(dimension)) =
        (topic, tried, better, dimension)
    {
        let finding = FindingCode::of(&form.finding);
        let ask = Ask { topic, tried, better, dimension, finding };
        match service::ask(&pool, &at.visitor.actor, at.squad.id, &ask).await {
            Ok(id) => {
                let said = "Your squad has asked. Coaches see it on their board.";
                return Ok(flash::redirect(&url(&at.visitor.slug, id), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &ask_page(&at, form, errors.clone()))
}

// GET and POST /o/{org}/squads/{squad}/coaching/offer

/// An offer as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfferForm {
    topic: String,
    offered: String,
}

#[derive(Template)]
#[template(path = "coaching/offer.html")]
struct OfferPage {
    shell: Shell,
    org: String,
    squad: String,
    slug: String,
    form: OfferForm,
    errors: FormErrors,
}

impl OfferPage {
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.slug)
    }
}

fn must_offer(at: &SquadAt) -> Result<()> {
    if !may_offer(at.visitor.roles()) {
        return Err(Error::Forbidden(OFFERERS.into()));
    }
    if at.squad.is_dissolved() { Err(CoachingRefused::Dissolved.into()) } else { Ok(()) }
}

fn offer_page(at: &SquadAt, form: OfferForm, errors: FormErrors) -> OfferPage {
    OfferPage {
        shell: at.visitor.shell(Section::Squads),
        org: at.visitor.slug.clone(),
        squad: at.squad.name.clone(),
        slug: at.squad.slug.clone(),
        form,
        errors,
    }
}

pub async fn offer(at: SquadAt) -> Result<Response> {
    must_offer(&at)?;
    page(&offer_page(&at, OfferForm::default(), FormErrors::default()))
}

pub async fn make_offer(
    at: SquadAt,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<OfferForm>,
) -> Result<Response> {
    must_offer(&at)?;
    let mut errors = FormErrors::default();
    let topic = errors.check("topic", Topic::parse(&form.topic));
    let offered = errors.check("offered", Offered::parse(&form.offered));
    if let (Some(topic), Some(offered)) = (topic, offered) {
        match service::offer(&pool, &at.visitor.actor, at.squad.id, &topic, &offered).await {
            Ok(_) => {
                let there = squad_url(&at.visitor.slug, &at.squad.slug);
                let said = "The squad sees your offer. Nothing begins before it accepts.";
                return Ok(flash::redirect(&there, said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &offer_page(&at, form, errors.clone()))
}
