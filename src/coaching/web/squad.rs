//! A squad's coaching: what it asked for, what it was offered, and its own history, which is compared with nobody's.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use sqlx::PgPool;

use crate::backlog::Breadth;
use crate::coaching::db::{self, OfferLine, Quarter, SquadLine};
use crate::coaching::domain::{Helped, WhyNot, may_offer};
use crate::coaching::{service, squad_url, url};
use crate::error::{Error, Result};
use crate::flow::{self, Chart, Month};
use crate::ids::{CoachingId, MemberId, OfferId};
use crate::organizations::Visitor;
use crate::squads::{At as SquadAt, Head};
use crate::web::shell::Shell;
use crate::web::ui::{self, Moment};
use crate::web::{Form, FormErrors, Path, flash, local_path, page};

// GET /o/{org}/squads/{squad}/coaching

#[derive(Template)]
#[template(path = "coaching/squad.html")]
struct SquadPage {
    shell: Shell,
    org: String,
    head: Head,
    requests: Vec<SquadLine>,
    offers: Vec<OfferLine>,
    months: Vec<Month>,
    quarters: Vec<Quarter>,
    chart: Chart,
    may_offer: bool,
    me: MemberId,
    now: DateTime<Utc>,
    zone: Tz,
}

impl SquadPage {
    fn at(&self, below: &str) -> String {
        format!("{}{below}", squad_url(&self.org, &self.head.squad.slug))
    }

    fn url(&self, id: &CoachingId) -> String {
        url(&self.org, *id)
    }

    fn offer_url(&self, id: &OfferId, below: &str) -> String {
        format!("/o/{}/coaching/offers/{id}/{below}", self.org)
    }

    fn moment(&self, at: &DateTime<Utc>) -> Moment {
        ui::moment(*at, self.now, self.zone)
    }

    fn may_ask(&self) -> bool {
        self.head.squad.is_mine && self.head.state.is_live()
    }

    fn may_offer(&self) -> bool {
        self.may_offer && self.head.state.is_live()
    }

    /// Another member answers an offer than who made it.
    fn may_answer(&self, offer: &OfferLine) -> bool {
        self.head.squad.is_mine && offer.by != self.me
    }

    fn answer(offer: &OfferLine) -> String {
        match (offer.state.as_str(), offer.answered_by.as_deref()) {
            ("accepted", Some(who)) => format!("Accepted by {who}"),
            ("declined", Some(who)) => format!("Declined by {who}"),
            _ => "Withdrawn".to_owned(),
        }
    }

    fn helped(line: &SquadLine) -> &'static str {
        let helped = line.helped.as_deref().and_then(|word| Helped::parse(word).ok());
        helped.map_or("", Helped::title)
    }

    fn breadths() -> Vec<(&'static str, &'static str)> {
        Breadth::ALL.iter().map(|it| (flow::breadth_class(*it), it.title())).collect()
    }

    fn has_pulled(&self) -> bool {
        self.months.iter().any(|month| month.all() > 0)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    fn month(first: &NaiveDate) -> String {
        first.format("%B %Y").to_string()
    }

    /// "October to December 2026".
    fn quarter(quarter: &Quarter) -> String {
        let last = quarter.first + Months::new(2);
        format!("{} to {}", quarter.first.format("%B"), last.format("%B %Y"))
    }

    fn times(quarter: &Quarter) -> String {
        match quarter.asked {
            0 => "not once".to_owned(),
            1 => "once".to_owned(),
            n => format!("{n} times"),
        }
    }
}

/// The first day of the quarter a year before that of `today`.
fn a_year_before(today: NaiveDate) -> NaiveDate {
    let month = (today.month0() / 3) * 3 + 1;
    NaiveDate::from_ymd_opt(today.year() - 1, month, 1).unwrap_or(today)
}

/// Three statements, beside those that find the visitor and the squad with its head.
pub async fn show(at: SquadAt, Shared(pool): Shared<PgPool>) -> Result<Response> {
    let (tenant, team, now) = (at.visitor.tenant(), at.id, at.visitor.actor.at);
    let today = now.date_naive();
    let span = (a_year_before(today), today);
    let (months, quarters) = db::own_history(&pool, tenant, team, span).await?;
    let head = at.page(&pool).await?;
    page(&SquadPage {
        shell: head.shell.clone(),
        org: at.visitor.slug.clone(),
        requests: db::of_squad(&pool, tenant, team).await?,
        offers: db::offers(&pool, tenant, team).await?,
        chart: flow::breadths(&months),
        months,
        quarters,
        may_offer: may_offer(at.visitor.roles()),
        me: at.visitor.actor.member,
        now,
        zone: at.visitor.time_zone,
        head,
    })
}

// POST /o/{org}/coaching/offers/{offer}/accept, …/decline, …/withdraw

/// The answer to an offer as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerForm {
    reason: String,
    next: String,
}

/// Where an answer leads: to what is said of it, or back to where the form stood.
fn there<'a>(form: &'a AnswerForm, page: &'a str) -> &'a str {
    local_path(&form.next).unwrap_or(page)
}

/// The squad's coaching of an offer, where a refusal is said.
async fn offers_page(pool: &PgPool, visitor: &Visitor, offer: OfferId) -> Result<String> {
    let found = db::find_offer(pool, visitor.tenant(), offer).await?.ok_or(Error::NotFound)?;
    Ok(squad_url(&visitor.slug, &found.team.to_string()))
}

/// The id in an address that is one of ours.
fn offer_id(word: &str) -> Result<OfferId> {
    word.parse().map_err(|_| Error::NotFound)
}

/// A refusal, in a sentence on the page of the squad's coaching.
async fn told(pool: &PgPool, visitor: &Visitor, id: OfferId, error: Error) -> Result<Response> {
    let mut errors = FormErrors::default();
    errors.absorb(error)?;
    let said = errors.message().unwrap_or_default();
    Ok(flash::redirect_bad(&offers_page(pool, visitor, id).await?, &said))
}

pub async fn accept(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Path((_, offer)): Path<(String, String)>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    let id = offer_id(&offer)?;
    match service::accept(&pool, &visitor.actor, id).await {
        Ok(accepted) => {
            let page = url(&visitor.slug, accepted.request);
            let said = if accepted.is_own {
                "Your squad has accepted. Who offered is in it, so the request waits for another coach."
            } else {
                "Your squad has accepted. That is its request now."
            };
            Ok(flash::redirect(there(&form, &page), said))
        }
        Err(error) => told(&pool, &visitor, id, error).await,
    }
}

pub async fn decline(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Path((_, offer)): Path<(String, String)>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    let id = offer_id(&offer)?;
    let why = match WhyNot::parse(&form.reason) {
        Ok(why) => why,
        Err(bad) => return told(&pool, &visitor, id, bad.into()).await,
    };
    match service::decline(&pool, &visitor.actor, id, &why).await {
        Ok(()) => {
            let page = offers_page(&pool, &visitor, id).await?;
            let said = "Your squad has declined. That is fine, and final for this offer.";
            Ok(flash::redirect(there(&form, &page), said))
        }
        Err(error) => told(&pool, &visitor, id, error).await,
    }
}

pub async fn withdraw(
    visitor: Visitor,
    Shared(pool): Shared<PgPool>,
    Path((_, offer)): Path<(String, String)>,
    Form(_): Form<AnswerForm>,
) -> Result<Response> {
    let id = offer_id(&offer)?;
    match service::withdraw_offer(&pool, &visitor.actor, id).await {
        Ok(()) => {
            let page = offers_page(&pool, &visitor, id).await?;
            Ok(flash::redirect(&page, "Your offer is withdrawn."))
        }
        Err(error) => told(&pool, &visitor, id, error).await,
    }
}
