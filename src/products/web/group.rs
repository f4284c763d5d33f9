//! The page of a product group: who wears which hat, which squads serve, what the design rules say, and one click to each fix.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use super::team::{Team, ux, week};
use crate::error::Result;
use crate::history;
use crate::products::db::{Apprentice, Serving};
use crate::products::domain::{
    Finding, MAX_APPRENTICES_OF_A_LEAD, MAX_SQUADS_OF_A_LEAD, WipPolicy,
};
use crate::products::service;
use crate::squads::last_change;
use crate::web::shell::Shell;
use crate::web::ui::{Moment, moment};
use crate::web::{Form, FormErrors, flash, page, refused};

/// Lines of activity.
const RECENT: i64 = 8;

// GET /o/{org}/products/{product}/group

/// A finding with its way out, for whoever may go it.
struct Found {
    finding: Finding,
    way: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "products/group.html")]
struct GroupPage {
    shell: Shell,
    head: Head,
    team: Team,
    org: String,
    found: Vec<Found>,
    events: Vec<(String, String, Moment)>,
    today: NaiveDate,
    zone: Tz,
    ended: Option<Moment>,
    policy: String,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl GroupPage {
    fn week(&self, apprentice: &Apprentice) -> String {
        let from = apprentice.from_at.with_timezone(&self.zone).date_naive();
        format!("week {}", week(from, self.today))
    }

    fn ux(squad: &Serving) -> String {
        ux(squad)
    }

    /// The button beside an apprentice: what it says, and what it sends.
    fn ordering(one: &Apprentice) -> (&'static str, &'static str) {
        if one.may_order { ("Take the ordering back", "no") } else { ("Let them order", "yes") }
    }

    /// The spans of the lead PM: what, how many, how many at most, and whether it is too many.
    fn spans(&self) -> [(&'static str, i64, i64, bool); 2] {
        let group = &self.head.group;
        let of = |label, n: i64, max: i64| (label, n, max, n > max);
        [
            of("Squads", group.led_squads, MAX_SQUADS_OF_A_LEAD),
            of("Apprentices", group.led_apprentices, MAX_APPRENTICES_OF_A_LEAD),
        ]
    }

    fn policy_title(&self) -> &'static str {
        WipPolicy::parse(&self.head.group.policy).map_or("", WipPolicy::title)
    }
}

async fn group_page(
    pool: &PgPool,
    at: &At,
    policy: Option<String>,
    errors: FormErrors,
) -> Result<GroupPage> {
    let head = at.head(pool).await?;
    let (now, zone) = (at.visitor.actor.at, at.visitor.time_zone);
    let found = match head.group.ended_at {
        None => head.group.findings(at.visitor.today()),
        Some(_) => vec![],
    };
    let found = found
        .into_iter()
        .map(|finding| Found { way: head.way(&finding.way_out), finding })
        .collect();
    let recent = history::about(pool, at.visitor.tenant(), at.id.0, RECENT).await?;
    let events = recent.into_iter().map(|event| {
        let who = event.member_name.unwrap_or_else(|| "Trellis".to_owned());
        (who, event.summary, moment(event.at, now, zone))
    });
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    let group = &head.group;
    let team = Team::new(
        &at.visitor,
        &group.slug,
        group.ended_at.is_none(),
        (group.lead, group.lead_name.clone()),
        (group.apprentices.0.clone(), group.hats.0.clone(), group.squads.0.clone()),
    );
    let since = group.lead_at.with_timezone(&zone).format("since %B %Y").to_string();
    Ok(GroupPage {
        shell: head.shell.clone(),
        team: team.since(since).with_buttons(&head.shell.key),
        org: at.visitor.slug.clone(),
        events: events.collect(),
        found,
        today: at.visitor.today(),
        zone,
        ended: head.group.ended_at.map(|at| moment(at, now, zone)),
        policy: policy.unwrap_or_else(|| head.group.policy.clone()),
        head,
        errors,
        meanwhile,
    })
}

pub async fn show(at: At, State(pool): State<PgPool>) -> Result<Response> {
    page(&group_page(&pool, &at, None, FormErrors::default()).await?)
}

// POST /o/{org}/products/{product}/policy

/// The policy as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyForm {
    policy: String,
    version: i32,
}

pub async fn set_policy(
    at: At,
    State(pool): State<PgPool>,
    Form(form): Form<PolicyForm>,
) -> Result<Response> {
    at.tended(&pool).await?;
    let mut errors = FormErrors::default();
    if let Some(policy) = errors.check("policy", WipPolicy::parse(&form.policy)) {
        match service::set_policy(&pool, &at.visitor.actor, at.id, form.version, policy).await {
            Ok(()) => {
                let said = format!("A squad at its limit: {}.", policy.title().to_lowercase());
                return Ok(flash::redirect(&at.url("/group"), &said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    refused(&errors, &group_page(&pool, &at, Some(form.policy), errors.clone()).await?)
}
