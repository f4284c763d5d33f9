//! The squad and the round of an address: who asks for them, and what every page about them shows.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use crate::AppState;
use crate::error::{Error, Result};
use crate::health::db::{self, ActionRow, RoundPage};
use crate::health::domain::{HealthRefused, Mode, OPENERS, OWNERS, Reveal, VOTERS, may_open};
use crate::health::{round_url, squad_url};
use crate::ids::TeamId;
use crate::organizations::Visitor;
use crate::squads::{self, Head};
use crate::web::path_part;
use crate::web::shell::{Section, Shell};
use crate::web::ui::{self, Date, Moment, moment};

/// The squad in the address and who asks for it; 404 if there is none in their organization.
pub struct At {
    /// Who asks.
    pub visitor: Visitor,
    /// The squad.
    pub id: TeamId,
    /// What its pages show around their own content.
    pub head: Head,
}

impl FromRequestParts<AppState> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let squad = squads::At::from_request_parts(parts, state).await?;
        let mut head = squad.page(&state.pool).await.map_err(IntoResponse::into_response)?;
        head.shell = squad.visitor.shell(Section::Health);
        Ok(Self { visitor: squad.visitor, id: squad.id, head })
    }
}

impl At {
    /// The frame.
    pub fn shell(&self) -> Shell {
        self.head.shell.clone()
    }

    /// The address of the squad's health, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", squad_url(&self.visitor.slug, &self.head.squad.slug))
    }

    /// The address of a round.
    pub fn round_url(&self, round: &crate::ids::RoundId) -> String {
        round_url(&self.visitor.slug, &self.head.squad.slug, *round)
    }

    /// Whether the visitor is in the squad.
    pub fn is_member(&self) -> bool {
        self.head.squad.is_mine
    }

    /// Whether the visitor may open and close.
    pub fn may_open(&self) -> bool {
        may_open(self.visitor.roles(), self.is_member())
    }

    /// Whether there is somebody to ask, and the visitor may.
    pub fn may_start(&self) -> bool {
        self.head.state.is_live() && self.may_open()
    }

    /// For opening and closing.
    pub fn must_open(&self) -> Result<()> {
        if self.may_open() { Ok(()) } else { Err(Error::Forbidden(OPENERS.into())) }
    }

    /// For what is the squad's own.
    pub fn must_own(&self) -> Result<()> {
        if self.is_member() { Ok(()) } else { Err(Error::Forbidden(OWNERS.into())) }
    }

    /// A moment as it is shown.
    pub fn moment(&self, at: &DateTime<Utc>) -> Moment {
        moment(*at, self.visitor.actor.at, self.visitor.time_zone)
    }

    /// A day as it is shown.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    pub fn date(&self, day: &NaiveDate) -> Date {
        ui::date(*day, self.visitor.today())
    }

    /// The last day of a round that closes at a moment.
    pub fn last_day(&self, closes_at: &DateTime<Utc>) -> Date {
        let last = *closes_at - chrono::TimeDelta::seconds(1);
        self.date(&last.with_timezone(&self.visitor.time_zone).date_naive())
    }

    /// Whether an action should have been done by now.
    pub fn is_late(&self, action: &ActionRow) -> bool {
        action.due_on.is_some_and(|day| day < self.visitor.today())
    }
}

/// The round in the address, with its squad.
pub struct RoundAt {
    /// The squad, and who asks.
    pub at: At,
    /// The round.
    pub round: RoundPage,
}

impl FromRequestParts<AppState> for RoundAt {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let at = At::from_request_parts(parts, state).await?;
        find(at, parts, state).await.map_err(IntoResponse::into_response)
    }
}

async fn find(at: At, parts: &mut Parts, state: &AppState) -> Result<RoundAt> {
    let id = path_part(parts, state, "round").await?.parse().map_err(|_| Error::NotFound)?;
    let (tenant, me) = (at.visitor.tenant(), at.visitor.actor.member);
    let found = db::find_round(&state.pool, tenant, at.id, id, me).await?;
    Ok(RoundAt { round: found.ok_or(Error::NotFound)?, at })
}

impl RoundAt {
    /// The address of the round, or of a page below it.
    pub fn url(&self, below: &str) -> String {
        format!("{}{below}", self.at.round_url(&self.round.id))
    }

    /// The step of answering.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as a template hands it over")]
    pub fn step_url(&self, step: &usize) -> String {
        self.url(&format!("/answer?at={step}"))
    }

    /// Whether one can answer: its day may have passed before the program closes it.
    pub fn is_open(&self) -> bool {
        self.round.closed_at.is_none()
    }

    /// Whether its day has passed.
    pub fn is_over(&self) -> bool {
        self.is_open() && self.round.closes_at <= self.at.visitor.actor.at
    }

    /// Whether its results are shown.
    pub fn is_shown(&self) -> bool {
        self.round.is_shown == Some(true)
    }

    /// Whether names stay.
    pub fn mode(&self) -> Mode {
        Mode::parse(&self.round.mode).unwrap_or(Mode::Anonymous)
    }

    /// Whether names stay with the answers.
    pub fn is_named(&self) -> bool {
        self.mode() == Mode::Open
    }

    /// The icon beside what is promised.
    pub fn mode_icon(&self) -> &'static str {
        if self.is_named() { "users" } else { "lock" }
    }

    /// Whether it is a session.
    pub fn is_session(&self) -> bool {
        self.round.reveal == Reveal::Session.word()
    }

    /// What is promised on the voting page.
    pub fn promise(&self) -> String {
        self.mode().promise(self.round.threshold)
    }

    /// For the pages of answering.
    pub fn must_answer(&self) -> Result<()> {
        if self.at.is_member() { Ok(()) } else { Err(Error::Forbidden(VOTERS.into())) }
    }

    /// Refuses once it is over.
    pub fn must_be_open(&self) -> Result<(), HealthRefused> {
        match (self.is_open(), self.is_over()) {
            (false, _) => Err(HealthRefused::Closed),
            (true, true) => Err(HealthRefused::Over),
            (true, false) => Ok(()),
        }
    }
}
