//! Asking for coaching, by a squad's member; and offering it, by a leader or coach.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use crate::coaching::db;
use crate::coaching::domain::{
    ASKERS, Ask, Better, CoachingRefused, FindingCode, OFFERERS, Offered, Topic, Tried, may_offer,
};
use crate::coaching::{service, squad_url, url};
use crate::design;
use crate::error::{Error, Result};
use crate::health::Colour;
use crate::ids::DimensionId;
use crate::missions::SquadAt;
use crate::web::shell::{Section, Shell};
use crate::web::{Form, FormErrors, Query, flash, page, refused};

// GET and POST /o/{org}/squads/{squad}/coaching/new?dimension=…&finding=…

/// What led to the request, where a link says so.
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
    /// What led to it: the value of a [`Cause`].
    because: String,
}

/// Something that may have led to a request.
struct Cause {
    /// "finding.S3", "dimension.…".
    value: String,
    /// What is chosen.
    label: String,
    /// The topic that it begins with.
    topic: String,
}

#[derive(Template)]
#[template(path = "coaching/ask.html")]
struct AskPage {
    shell: Shell,
    org: String,
    squad: String,
    slug: String,
    /// By where they come from: the findings, and each pack.
    causes: Vec<(String, Vec<Cause>)>,
    form: AskForm,
    errors: FormErrors,
}

impl AskPage {
    fn squad_url(&self) -> String {
        squad_url(&self.org, &self.slug)
    }

    fn is_because(&self, cause: &Cause) -> bool {
        self.form.because == cause.value
    }
}

fn must_ask(at: &SquadAt) -> Result<()> {
    if !at.squad.is_member {
        return Err(Error::Forbidden(ASKERS.into()));
    }
    if at.squad.is_dissolved() { Err(CoachingRefused::Dissolved.into()) } else { Ok(()) }
}

/// What may have led to it: the squad's findings, each rule once, and what it was asked in its last health checks. A dimension that
/// a link names and that is not among them stands by itself.
async fn causes(
    pool: &PgPool,
    at: &SquadAt,
    named: Option<DimensionId>,
) -> Result<Vec<(String, Vec<Cause>)>> {
    let (tenant, squad) = (at.visitor.tenant(), at.squad.id);
    let mut all: Vec<(String, Vec<Cause>)> = vec![];
    let mut add = |group: &str, cause: Cause| match all.last_mut() {
        Some((last, causes)) if last == group => causes.push(cause),
        _ => all.push((group.to_owned(), vec![cause])),
    };
    let mut codes = vec![];
    for found in design::findings(pool, tenant, at.visitor.actor.at.date_naive(), squad).await? {
        if !codes.contains(&found.code) {
            codes.push(found.code);
            let topic = found.title.trim_end_matches('.').to_owned();
            let value = format!("finding.{:?}", found.code);
            add("Findings", Cause { value, label: topic.clone(), topic });
        }
    }
    let mut is_among = named.is_none();
    for seen in db::last_seen(pool, tenant, squad).await? {
        is_among |= named == Some(seen.id);
        let said = seen.outcome.colour().map_or("", Colour::title).to_lowercase();
        let (value, label) = (format!("dimension.{}", seen.id), format!("{}: {said}", seen.name));
        add(&seen.pack, Cause { value, label, topic: seen.name });
    }
    if let Some(id) = named.filter(|_| !is_among)
        && let Some(about) = db::dimension(pool, tenant, id).await?
    {
        let value = format!("dimension.{id}");
        add("Another dimension", Cause { value, label: about.name.clone(), topic: about.name });
    }
    Ok(all)
}

/// The dimension and the finding of a value. What is none of ours is left out: an address may say anything.
fn parse_cause(value: &str) -> (Option<DimensionId>, FindingCode) {
    match value.split_once('.') {
        Some(("dimension", id)) => (id.parse().ok(), FindingCode::default()),
        Some(("finding", code)) => (None, FindingCode::of(code)),
        _ => (None, FindingCode::default()),
    }
}

async fn ask_page(
    pool: &PgPool,
    at: &SquadAt,
    form: AskForm,
    errors: FormErrors,
) -> Result<AskPage> {
    Ok(AskPage {
        shell: at.visitor.shell(Section::Squads),
        org: at.visitor.slug.clone(),
        squad: at.squad.name.clone(),
        slug: at.squad.slug.clone(),
        causes: causes(pool, at, parse_cause(&form.because).0).await?,
        form,
        errors,
    })
}

pub async fn new(
    at: SquadAt,
    Shared(pool): Shared<PgPool>,
    Query(query): Query<AskQuery>,
) -> Result<Response> {
    must_ask(&at)?;
    let because = match (query.dimension.as_str(), query.finding.as_str()) {
        ("", "") => String::new(),
        ("", code) => format!("finding.{code}"),
        (id, _) => format!("dimension.{id}"),
    };
    let form = AskForm { because, ..AskForm::default() };
    let mut asked = ask_page(&pool, &at, form, FormErrors::default()).await?;
    let mut all = asked.causes.iter().flat_map(|(_, causes)| causes);
    let cause = all.find(|cause| asked.is_because(cause));
    asked.form.topic = cause.map(|cause| cause.topic.clone()).unwrap_or_default();
    page(&asked)
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
    if let (Some(topic), Some(tried), Some(better)) = (topic, tried, better) {
        let (dimension, finding) = parse_cause(&form.because);
        let ask = Ask { topic, tried, better, dimension, finding };
        match service::ask(&pool, &at.visitor.actor, at.squad.id, &ask).await {
            Ok(id) => {
                let said = "Your squad has asked. Coaches see it on their board.";
                return Ok(flash::redirect(&url(&at.visitor.slug, id), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &ask_page(&pool, &at, form, errors.clone()).await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_cause_is_left_out() {
        let id = DimensionId::new();
        assert_eq!(parse_cause(&format!("dimension.{id}")), (Some(id), FindingCode::default()));
        assert_eq!(parse_cause("finding.S3"), (None, FindingCode::of("S3")));
        for word in ["", "S3", "dimension.speed", "finding.nonsense", "member.S3", "."] {
            assert_eq!(parse_cause(word), (None, FindingCode::default()), "{word}");
        }
    }
}
