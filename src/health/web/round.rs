//! A round: who has answered while it is open; what was said once it is closed; what the squad makes of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::actions::{ActionForm, FollowUps};
use super::at::RoundAt;
use crate::error::Result;
use crate::health::db::{self, ActionRow, ResultRow, VoterRow};
use crate::health::domain::{Colour, Counts, HealthRefused, MAX_ACTIONS, Outcome, Trend};
use crate::health::service;
use crate::ids::DimensionId;
use crate::web::shell::Shell;
use crate::web::{Form, FormErrors, flash, page, refused};

// GET /o/{org}/squads/{squad}/health/{round}

#[derive(Template)]
#[template(path = "health/round.html")]
struct ShowPage {
    shell: Shell,
    of: RoundAt,
    voters: Vec<VoterRow>,
    results: Vec<ResultRow>,
    actions: Vec<ActionRow>,
    form: ActionForm,
    follow: FollowUps,
    errors: FormErrors,
}

impl ShowPage {
    fn answered(&self) -> usize {
        self.voters.iter().filter(|voter| voter.has_answered).count()
    }

    /// Who has answered is for the squad; others see how many.
    fn voters_title(&self) -> &'static str {
        if self.of.at.is_member() { "Who has answered" } else { "How many have answered" }
    }

    fn have_i_answered(&self) -> bool {
        let me = self.of.at.visitor.actor.member;
        self.voters.iter().any(|voter| voter.id == me && voter.has_answered)
    }

    /// What the shown colour means in the words that were asked.
    fn meaning(result: &ResultRow) -> &str {
        match result.outcome.and_then(|outcome| outcome.colour()) {
            Some(Colour::Green) => &result.green,
            Some(Colour::Amber) => &result.amber,
            Some(Colour::Red) => &result.red,
            None => "",
        }
    }

    /// What is said of a colour, with how many gave it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn counts(counts: &Counts) -> [(Colour, i16); 3] {
        Colour::ALL.map(|colour| (colour, counts.of(colour)))
    }

    fn trends(outcome: &Outcome) -> [(Trend, i16); 3] {
        Trend::ALL.map(|trend| (trend, outcome.trends.of(trend)))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn is_colour(outcome: &Outcome, colour: &Colour) -> bool {
        outcome.colour() == Some(*colour)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as templates give it")]
    fn is_trend(outcome: &Outcome, trend: &Trend) -> bool {
        outcome.trend() == Some(*trend)
    }

    /// The actions of earlier rounds that are still open.
    fn earlier_actions(&self) -> Vec<&ActionRow> {
        self.actions.iter().filter(|one| one.round != self.of.round.id).collect()
    }

    fn own_actions(&self) -> Vec<&ActionRow> {
        self.actions.iter().filter(|one| one.round == self.of.round.id).collect()
    }

    fn may_act(&self) -> bool {
        let most = usize::try_from(MAX_ACTIONS).unwrap_or_default();
        self.of.at.is_member() && !self.of.is_open() && self.own_actions().len() < most
    }

    /// Where the squad's own members ask for coaching because of a dimension that is not green; nothing for everybody else (H5).
    fn ask_url(&self, result: &ResultRow) -> Option<String> {
        let colour = result.outcome.and_then(|outcome| outcome.colour())?;
        let head = &self.of.at.head;
        let may = self.of.at.is_member() && head.state.is_live() && colour != Colour::Green;
        may.then(|| head.url(&format!("/coaching/new?dimension={}", result.id)))
    }

    /// Whether the visitor came to the squad after the round, so that its notes are not theirs.
    fn came_later(&self) -> bool {
        self.of.at.is_member() && !self.of.round.was_there
    }

    fn is_about(&self, result: &ResultRow) -> bool {
        self.form.dimension == result.id.to_string()
    }

    /// Why there is nothing to see.
    fn why_not(&self) -> String {
        let (answered, threshold) =
            (self.of.round.answered.unwrap_or_default(), self.of.round.threshold);
        let people = if answered == 1 { "person" } else { "people" };
        format!(
            "{answered} {people} answered, and {threshold} are needed. With fewer one could guess who said what, so the answers were deleted when it closed: nobody has seen them, and nobody will. Perhaps another day suits more of you."
        )
    }

    /// One line below the name.
    fn sub(&self) -> String {
        let round = &self.of.round;
        format!("{}, {}. It is for the squad, and compares nobody.", round.pack_name, round.label)
    }

    fn title(&self) -> String {
        format!("{}: {}", self.of.round.label, self.of.round.pack_name)
    }
}

async fn show_page(
    pool: &PgPool,
    of: RoundAt,
    form: ActionForm,
    errors: FormErrors,
) -> Result<ShowPage> {
    let (tenant, round) = (of.at.visitor.tenant(), of.round.id);
    let (mut voters, mut results) = (vec![], vec![]);
    if of.is_open() {
        voters = db::voters(pool, tenant, round).await?;
    } else if of.is_shown() {
        // Only sums leave the squad, and nobody joins it to read what was said before.
        results = db::results(pool, tenant, round, of.round.earlier, of.round.was_there).await?;
    }
    let actions = db::actions(pool, tenant, of.at.id, Some(round)).await?;
    let follow = FollowUps::of_round(round);
    Ok(ShowPage { shell: of.at.shell(), of, voters, results, actions, form, follow, errors })
}

pub async fn show(of: RoundAt, State(pool): State<PgPool>) -> Result<Response> {
    page(&show_page(&pool, of, ActionForm::default(), FormErrors::default()).await?)
}

/// The page with a form that was refused.
pub async fn shown_again(
    pool: &PgPool,
    of: RoundAt,
    form: ActionForm,
    errors: FormErrors,
) -> Result<Response> {
    refused(&errors, &show_page(pool, of, form, errors.clone()).await?)
}

/// The page with what became of an action, which was refused.
pub async fn follow_refused(pool: &PgPool, of: RoundAt, follow: FollowUps) -> Result<Response> {
    let shown = show_page(pool, of, ActionForm::default(), FormErrors::default()).await?;
    let errors = follow.errors.clone();
    refused(&errors, &ShowPage { follow, ..shown })
}

// POST /o/{org}/squads/{squad}/health/{round}/close

/// Nothing is said in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CloseForm {}

pub async fn close(
    of: RoundAt,
    State(pool): State<PgPool>,
    Form(CloseForm {}): Form<CloseForm>,
) -> Result<Response> {
    of.at.must_open()?;
    match service::close(&pool, &of.at.visitor.actor, of.round.id).await {
        Ok(()) => Ok(flash::redirect(&of.url(""), "The health check is closed.")),
        Err(error) => {
            let mut errors = FormErrors::default();
            errors.absorb(error)?;
            shown_again(&pool, of, ActionForm::default(), errors).await
        }
    }
}

// POST /o/{org}/squads/{squad}/health/{round}/agree

/// What was agreed, as chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgreeForm {
    dimension: String,
    version: i32,
    colour: String,
    trend: String,
}

pub async fn agree(
    of: RoundAt,
    State(pool): State<PgPool>,
    Form(form): Form<AgreeForm>,
) -> Result<Response> {
    of.at.must_own()?;
    let mut errors = FormErrors::default();
    let id = form.dimension.parse::<DimensionId>().map_err(|_| HealthRefused::NoDimension);
    let id = errors.check("dimension", id);
    let colour = Colour::parse(&form.colour).ok_or(HealthRefused::NoColour);
    let colour = errors.check("colour", colour);
    let trend = match form.trend.as_str() {
        "" => Some(None),
        word => errors.check("trend", Trend::parse(word).ok_or(HealthRefused::NoTrend)).map(Some),
    };
    if let (Some(id), Some(colour), Some(trend)) = (id, colour, trend) {
        let (actor, which) = (&of.at.visitor.actor, (of.round.id, id));
        match service::agree(&pool, actor, which, form.version, colour, trend).await {
            Ok(()) => return Ok(flash::redirect(&of.url(&format!("#d-{id}")), "Written down.")),
            Err(error) => errors.absorb(error)?,
        }
    }
    shown_again(&pool, of, ActionForm::default(), errors).await
}
