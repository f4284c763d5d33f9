//! The page of a product group: who wears which hat, which squads serve, what the design rules say, and one click to each fix.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::{At, Head};
use crate::error::Result;
use crate::history;
use crate::products::db::{Apprentice, Serving, Worn};
use crate::products::domain::{
    Finding, GroupHat, MAX_APPRENTICES_OF_A_LEAD, MAX_SQUADS_OF_A_LEAD, WayOut, WipPolicy,
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
    /// "week 6": since the apprenticeship began, which is its first week.
    fn week(&self, apprentice: &Apprentice) -> String {
        let from = apprentice.from_at.with_timezone(&self.zone).date_naive();
        format!("week {}", week(from, self.today))
    }

    /// Since when the lead PM leads it.
    fn since(&self) -> String {
        self.head.group.lead_at.with_timezone(&self.zone).format("since %B %Y").to_string()
    }

    fn wearing(&self, hat: GroupHat) -> Vec<&Worn> {
        self.head.group.wearing(hat).collect()
    }

    /// The members of serving squads who wear the hat of an analyst, where nobody wears it for the group.
    fn analysts_in_squads(&self) -> Vec<(&str, &str)> {
        let squads = self.head.group.squads.iter();
        squads
            .flat_map(|squad| squad.analysts().map(|one| (one.name.as_str(), squad.name.as_str())))
            .take(1)
            .collect()
    }

    fn dedicated(&self) -> usize {
        self.head.group.squads.iter().filter(|squad| squad.design().has_dedicated_ux()).count()
    }

    /// Who does UX in a squad, each with their share.
    fn ux(squad: &Serving) -> String {
        let names = squad.ux().map(|one| format!("{}, {} %", one.name, one.share));
        names.collect::<Vec<_>>().join("; ")
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

/// Which week of an apprenticeship it is.
fn week(from: NaiveDate, today: NaiveDate) -> i64 {
    (today - from).num_days().max(0) / 7 + 1
}

/// Where a way out leads; none where the visitor may not go it.
fn way(head: &Head, finding: &Finding) -> Option<(String, String)> {
    let squad = |team| head.group.squads.iter().find(|squad| squad.team == team);
    let share = |team, membership: &crate::ids::MembershipId, label: String| {
        let slug = &squad(team)?.slug;
        Some((head.squad_url(slug, &format!("/members/{membership}/edit")), label))
    };
    let (may, way) = match &finding.way_out {
        WayOut::RaiseShare(team, membership, name) => {
            (head.may_design, share(*team, membership, format!("Give {name} more time there")))
        }
        WayOut::WearUx(team, membership, name) => {
            (head.may_design, share(*team, membership, format!("Give {name} the hat UX")))
        }
        WayOut::FindUx(team) => (
            head.may_design,
            squad(*team).map(|squad| {
                let there = head.squad_url(&squad.slug, "/members?q=design#add");
                (there, "Find a designer".to_owned())
            }),
        ),
        WayOut::NameAnalyst => (
            head.may_design,
            Some((head.url("/hats/new?hat=analyst"), "Name an analyst".to_owned())),
        ),
        WayOut::NameCoach => {
            (head.may_design, Some((head.url("/hats/new?hat=coach"), "Name a coach".to_owned())))
        }
        WayOut::HandOver => {
            (head.may_design, Some((head.url("/hand-over"), "Hand the product over".to_owned())))
        }
        WayOut::SeeApprentices => {
            (true, Some((head.url("/group#apprentices"), "Look at the apprentices".to_owned())))
        }
        WayOut::AddSquad => {
            (head.may_design, Some((head.url("/squads/new"), "Add a squad".to_owned())))
        }
        WayOut::SeeSquads => {
            (true, Some((head.url("/group#squads"), "Look at the squads".to_owned())))
        }
        WayOut::MakePlan(member) => {
            (head.is_lead, Some((head.learning_url(member, "/plan"), "Make the plan".to_owned())))
        }
        WayOut::LogPractice(member) | WayOut::LogCall(member) => {
            let label =
                if head.is_apprentice(member) { "Log practice" } else { "Look at the plan" };
            let below = if head.is_apprentice(member) { "/log" } else { "" };
            (true, Some((head.learning_url(member, below), label.to_owned())))
        }
    };
    way.filter(|_| may)
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
    let found =
        found.into_iter().map(|finding| Found { way: way(&head, &finding), finding }).collect();
    let recent = history::about(pool, at.visitor.tenant(), at.id.0, RECENT).await?;
    let events = recent.into_iter().map(|event| {
        let who = event.member_name.unwrap_or_else(|| "Trellis".to_owned());
        (who, event.summary, moment(event.at, now, zone))
    });
    let meanwhile =
        if errors.is_stale() { last_change(pool, &at.visitor, at.id.0).await? } else { None };
    Ok(GroupPage {
        shell: head.shell.clone(),
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_first_week_is_the_first_seven_days() {
        let from = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let after = |days| week(from, from + TimeDelta::days(days));
        assert_eq!([after(0), after(6), after(7), after(41), after(42)], [1, 1, 2, 6, 7]);
        assert_eq!(week(from, from - TimeDelta::days(9)), 1);
    }
}
