//! The squad's page, its activity, and its activation.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use chrono::TimeDelta;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head, Opened, last_change};
use super::matrix::Matrix;
use crate::design::{self, Finding, LinksCard, Severity, Viewer};
use crate::error::Result;
use crate::history::{self, Recent};
use crate::metrics::MetricsCard;
use crate::missions::{MissionCard, SquadHead};
use crate::squads::db::HealthRound;
use crate::squads::domain::{Facts, Missing};
use crate::squads::service;
use crate::squads::teams::ProductLine;
use crate::web::ui::{self, Date, Moment, moment};
use crate::web::{Form, FormErrors, flash, page, refused};

/// Lines on the page of the activity.
const ACTIVITY: i64 = 100;

// GET /o/{org}/squads/{squad}, POST /o/{org}/squads/{squad}/activate

#[derive(Template)]
#[template(path = "squads/show.html")]
struct ShowPage {
    shell: crate::web::shell::Shell,
    head: Head,
    matrix: Matrix,
    facts: Facts,
    findings: Vec<Finding>,
    viewer: Viewer,
    org: String,
    events: Vec<Event>,
    mission: MissionCard,
    metrics: MetricsCard,
    links: LinksCard,
    products: Vec<ProductLine>,
    health: HealthCard,
    errors: FormErrors,
    /// Who changed the squad before this came, and when.
    meanwhile: Option<(String, Moment)>,
}

/// What is known of the squad's health.
struct HealthCard {
    /// The health checks that can be answered now, with their last days.
    open: Vec<(Date, HealthRound)>,
    /// The newest that is closed.
    last: Option<HealthRound>,
}

/// A line of the activity.
struct Event {
    recent: Recent,
    at: Moment,
}

impl Event {
    fn who(&self) -> &str {
        self.recent.member_name.as_deref().unwrap_or("Trellis")
    }
}

/// A line of the list "Before it can be active".
struct Step {
    done: bool,
    sentence: String,
    href: String,
    label: &'static str,
}

impl ShowPage {
    fn product_url(&self, product: &ProductLine) -> String {
        format!("/o/{}/products/{}", self.org, product.slug)
    }

    /// Where the squad's own members ask for coaching; nothing for everybody else (H5). One way for all findings: which of them led to
    /// it is chosen there, and is known where there is one rule.
    fn ask(&self) -> String {
        if !self.head.squad.is_mine || !self.head.state.is_live() {
            return String::new();
        }
        let codes: BTreeSet<_> = self.findings.iter().map(|finding| finding.code).collect();
        match codes.first().filter(|_| codes.len() == 1) {
            Some(code) => self.head.url(&format!("/coaching/new?finding={code:?}")),
            None => self.head.url("/coaching/new"),
        }
    }

    fn missing(&self) -> Vec<Missing> {
        self.head.rules().missing(&self.facts)
    }

    fn is_ready(&self) -> bool {
        self.missing().is_empty()
    }

    fn is_full(&self) -> bool {
        self.head.rules().room() == 0
    }

    /// What an active squad should not have, and a forming one can become active with.
    fn breaches(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Breach)
    }

    fn reason(&self) -> String {
        match self.missing().len() {
            1 => "One thing is missing, see below.".to_owned(),
            n => format!("{n} things are missing, see below."),
        }
    }

    fn steps(&self) -> Vec<Step> {
        let members = self.head.squad.members;
        let mission = self.head.url("/mission/edit");
        let step = |done, sentence: &str, href: &str, label| Step {
            done,
            sentence: sentence.to_owned(),
            href: href.to_owned(),
            label,
        };
        let facts = self.facts;
        vec![
            step(
                members >= 6,
                &format!("6 to 10 members (now {members})"),
                &self.head.url("/members#add"),
                "Add members",
            ),
            step(
                facts.has_customer,
                "The mission names its customer",
                &mission,
                "Name the customer",
            ),
            step(facts.has_value, "The mission says what they get", &mission, "Say the value"),
            step(facts.has_success, "The mission has a sign of success", &mission, "Say the sign"),
            step(facts.has_review, "The mission has a review date", &mission, "Set the date"),
            step(
                facts.has_goal,
                "A customer value goal metric",
                &self.head.url("/metrics/new?goal=1"),
                "Choose a goal metric",
            ),
        ]
    }
}

fn events(at: &At, recent: Vec<Recent>) -> Vec<Event> {
    let (now, zone) = (at.visitor.actor.at, at.visitor.time_zone);
    let event = |recent: Recent| Event { at: moment(recent.at, now, zone), recent };
    recent.into_iter().map(event).collect()
}

async fn show_page(pool: &PgPool, opened: Opened, errors: FormErrors) -> Result<ShowPage> {
    let Opened { at, overview } = opened;
    let head = Head::new(&at.visitor, overview.squad);
    let tenant = at.visitor.tenant();
    let today = at.visitor.today();
    let day = at.visitor.actor.at.date_naive();
    let mut one = pool.acquire().await?;
    let kept = design::kept_findings(&mut *one, tenant, day, at.id).await?;
    let links = design::load_links(&mut *one, tenant, at.id).await?;
    let matrix = Matrix::load(&mut *one, tenant, at.id).await?;
    drop(one);
    let found = match kept {
        Some(kept) => kept,
        None => design::remade_findings(pool, tenant, day, at.id).await?,
    };
    let (org, roles, zone) = (&*at.visitor.slug, at.visitor.roles(), at.visitor.time_zone);
    let squad = SquadHead {
        id: at.id,
        name: head.squad.name.clone(),
        slug: head.squad.slug.clone(),
        state: head.squad.state.clone(),
        mission_version: head.squad.mission_version,
        members: head.squad.members,
        is_member: head.squad.is_mine,
    };
    let mut meanwhile = None;
    if errors.is_stale() {
        meanwhile = last_change(pool, &at.visitor, at.id.0).await?;
    }
    let last_day = |round: &HealthRound| {
        let last = round.closes_at - TimeDelta::seconds(1);
        ui::date(last.with_timezone(&zone).date_naive(), today)
    };
    let open = overview.open_rounds.into_iter().map(|round| (last_day(&round), round)).collect();
    let mine = if head.squad.is_mine { vec![at.id] } else { vec![] };
    Ok(ShowPage {
        shell: head.shell.clone(),
        matrix,
        facts: overview.facts,
        findings: found,
        products: overview.products,
        health: HealthCard { open, last: overview.health },
        links: LinksCard::of_squad(links, org, at.id, head.may_design, today),
        viewer: Viewer::new(roles, mine),
        org: org.to_owned(),
        events: events(&at, overview.recent),
        mission: MissionCard::of(overview.mission, org, &squad, roles, today, zone),
        metrics: MetricsCard::of(overview.metrics, (org, &at.url("")), &squad, roles, today, zone),
        head,
        errors,
        meanwhile,
    })
}

pub async fn show(opened: Opened, Shared(pool): Shared<PgPool>) -> Result<Response> {
    page(&show_page(&pool, opened, FormErrors::default()).await?)
}

/// The version that the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivateForm {
    version: i32,
}

pub async fn activate(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<ActivateForm>,
) -> Result<Response> {
    match service::activate(&pool, &at.visitor.actor, at.id, form.version).await {
        Ok(()) => Ok(flash::redirect(&at.url(""), "The squad is active.")),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            refused(&errors, &show_page(&pool, at.opened(&pool).await?, errors.clone()).await?)
        }
    }
}

// GET /o/{org}/squads/{squad}/activity

#[derive(Template)]
#[template(path = "squads/activity.html")]
struct ActivityPage {
    shell: crate::web::shell::Shell,
    head: Head,
    events: Vec<Event>,
}

pub async fn activity(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    let head = at.page(&pool).await?;
    let recent = history::about(&pool, at.visitor.tenant(), at.id.0, ACTIVITY).await?;
    let events = events(&at, recent);
    page(&ActivityPage { shell: head.shell.clone(), head, events })
}
