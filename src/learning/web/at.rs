//! The apprenticeship of an address: who asks for it, and what every page about it shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use crate::AppState;
use crate::error::{Error, Result};
use crate::ids::StepId;
use crate::learning::db::{self, Learner, Which};
use crate::learning::domain::{
    LEARNERS, LearningRefused, MASTERS, READERS, Standing, last_day, week_of,
};
use crate::learning::{list_url, url};
use crate::organizations::Visitor;
use crate::products::{ApprenticeDesign, Outcome};
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date};
use crate::web::{moved, path_part};

/// The apprenticeship in the address and who asks for it; 404 if there is none in their organization.
#[derive(Debug, Clone)]
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The apprenticeship.
    pub learner: Learner,
    /// Who the visitor is to it.
    pub standing: Standing,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let at = find(parts, state).await.map_err(IntoResponse::into_response)?;
        match moved(parts, &at.learner.slug) {
            Some(there) => Err(there),
            None => Ok(at),
        }
    }
}

async fn find(parts: &mut Parts, state: &AppState) -> Result<At> {
    let visitor = Visitor::from_request_parts(parts, state).await?;
    let product = path_part(parts, state, "product").await?;
    let word = path_part(parts, state, "learner").await?;
    let found = db::find(&state.pool, visitor.tenant(), Which::At(&product, &word)).await?;
    let learner = found.ok_or(Error::NotFound)?;
    let standing = Standing::of(visitor.actor.member, learner.member, learner.lead);
    Ok(At { visitor, learner, standing })
}

impl At {
    /// The address of the plan, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        let (organization, of) = (&self.visitor.slug, &self.learner);
        let base = url(organization, &of.slug, of.member);
        if of.is_earlier {
            let product = crate::products::url(organization, &of.slug);
            return format!("{product}/learning/{}{below}", of.id);
        }
        format!("{base}{below}")
    }

    /// The address of a step, or of a page below it.
    pub fn step_url(&self, step: &StepId, below: &str) -> String {
        self.url(&format!("/steps/{step}{below}"))
    }

    /// The address of the product.
    pub fn product_url(&self) -> String {
        crate::products::url(&self.visitor.slug, &self.learner.slug)
    }

    /// The address of an item of the product.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    pub fn item_url(&self, number: &i32) -> String {
        format!("{}/items/{}-{number}", self.product_url(), self.learner.key)
    }

    /// The address of the list.
    pub fn list_url(&self) -> String {
        list_url(&self.visitor.slug)
    }

    /// The address of a member's page.
    pub fn member_url(&self, member: &crate::ids::MemberId) -> String {
        format!("/o/{}/members/{member}", self.visitor.slug)
    }

    /// The frame.
    pub fn shell(&self) -> Shell {
        self.visitor.shell(Section::Learning)
    }

    /// Whether anything of it can be changed.
    pub fn goes_on(&self) -> bool {
        self.learner.until_at.is_none()
    }

    /// Whether there is a plan.
    pub fn is_planned(&self) -> bool {
        self.learner.weeks.is_some()
    }

    /// Whether the visitor is the master of an apprenticeship that goes on.
    pub fn is_master(&self) -> bool {
        self.standing.is_lead && self.goes_on()
    }

    /// Whether the visitor is who learns, while it goes on.
    pub fn learns(&self) -> bool {
        self.standing.is_apprentice && self.goes_on()
    }

    /// For the lead PM's pages.
    pub fn must_master(&self) -> Result<()> {
        if !self.standing.is_lead {
            return Err(Error::Forbidden(MASTERS.into()));
        }
        self.must_go_on()
    }

    /// For the apprentice's pages, which need a plan.
    pub fn must_learn(&self) -> Result<()> {
        if !self.standing.is_apprentice {
            return Err(Error::Forbidden(LEARNERS.into()));
        }
        self.must_go_on()?;
        self.must_be_planned()
    }

    /// For the reflections.
    pub fn must_read(&self) -> Result<()> {
        if self.standing.may_read_reflections() {
            self.must_be_planned()
        } else {
            Err(Error::Forbidden(READERS.into()))
        }
    }

    /// Refuses without a plan.
    pub fn must_be_planned(&self) -> Result<()> {
        if self.is_planned() {
            Ok(())
        } else {
            Err(LearningRefused::NotPlanned(self.learner.name.clone()).into())
        }
    }

    /// Refuses once it has ended.
    pub fn must_go_on(&self) -> Result<()> {
        if self.goes_on() {
            Ok(())
        } else {
            Err(LearningRefused::Ended(self.learner.name.clone()).into())
        }
    }

    /// The first name: "Samuel".
    pub fn first_name(&self) -> &str {
        self.learner.name.split(' ').next().unwrap_or_default()
    }

    /// "Samuel’s learning plan".
    pub fn title(&self) -> String {
        format!("{}’s learning plan", self.first_name())
    }

    /// The first name of the master.
    pub fn lead_first(&self) -> &str {
        self.learner.lead_name.split(' ').next().unwrap_or_default()
    }

    /// Who reads the reflections beside the apprentice: whoever leads the product, with their name of now.
    pub fn reader(&self) -> String {
        format!("the lead PM of {}, now {},", self.learner.product_name, self.lead_first())
    }

    /// The day of a moment for the visitor.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.visitor.time_zone).date_naive()
    }

    /// The same as it is shown.
    pub fn shown(&self, day: NaiveDate) -> Date {
        ui::date(day, self.visitor.today())
    }

    /// The last day that counts: today, or the day of the end.
    pub fn now(&self) -> NaiveDate {
        self.learner.until_at.map_or_else(|| self.visitor.today(), |at| self.day(at))
    }

    /// Which week it is, as far as the plan has begun and is not over.
    pub fn week(&self) -> Option<i16> {
        let week = week_of(self.learner.starts_on?, self.now())?;
        i16::try_from(week).ok().filter(|week| Some(*week) <= self.learner.weeks)
    }

    /// "Week 6 of 12".
    pub fn week_line(&self) -> String {
        let (Some(from), Some(weeks)) = (self.learner.starts_on, self.learner.weeks) else {
            return String::new();
        };
        match (self.week(), week_of(from, self.now())) {
            (Some(week), _) => format!("Week {week} of {weeks}"),
            (None, None) => format!("{weeks} weeks, still to begin"),
            (None, Some(_)) => format!("All {weeks} weeks are over"),
        }
    }

    /// "5 October to 27 December".
    pub fn span(&self) -> String {
        let (Some(from), Some(weeks)) = (self.learner.starts_on, self.learner.weeks) else {
            return String::new();
        };
        let last = last_day(from, weeks);
        format!("{} to {}", from.format("%-d %B"), last.format("%-d %B %Y"))
    }

    /// What came of it.
    pub fn outcome(&self) -> Option<&'static str> {
        let word = self.learner.outcome.as_deref()?;
        Outcome::parse(word).ok().map(Outcome::title)
    }

    /// As P4 sees it.
    pub fn design(&self) -> ApprenticeDesign {
        let of = &self.learner;
        ApprenticeDesign {
            member: of.member,
            name: of.name.clone(),
            began: self.day(of.from_at),
            plan: of.starts_on,
            evidence: of.evidence_on,
            call: of.call_on,
        }
    }
}
