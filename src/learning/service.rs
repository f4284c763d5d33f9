//! What a person may do with learning. Every use case holds the product first: who leads it stays so until the end.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::db::{self, Learner, StepRow, Which};
use super::domain::{
    About, Family, Feedback, LEARNERS, LearningRefused, MASTERS, MAX_STEPS, NewEvidence, NewStep,
    Reflection, Source, Standing, TemplateName, Terms, WEEKS, first_template, fitted, week_of,
};
use crate::actor::Actor;
use crate::backlog::{self, ItemKey};
use crate::clock::is_near;
use crate::error::{Error, OnConstraint, Result};
use crate::history::{self, NewEvent};
use crate::ids::{ApprenticeshipId, EvidenceId, MemberId, StepId};
use crate::text::Reason;
use crate::transaction::{Begun, begin};

/// An apprenticeship that goes on, with its product held.
async fn hold(tx: &mut PgConnection, actor: &Actor, id: ApprenticeshipId) -> Result<Learner> {
    if !db::hold(&mut *tx, actor.tenant, id).await? {
        return Err(Error::NotFound);
    }
    let found = db::find(tx, actor.tenant, Which::Id(id)).await?.ok_or(Error::NotFound)?;
    if found.until_at.is_some() {
        return Err(LearningRefused::Ended(found.name).into());
    }
    Ok(found)
}

fn standing(actor: &Actor, learner: &Learner) -> Standing {
    Standing::of(actor.member, learner.member, learner.lead)
}

fn must_master(actor: &Actor, learner: &Learner) -> Result<()> {
    if standing(actor, learner).is_lead { Ok(()) } else { Err(Error::Forbidden(MASTERS.into())) }
}

fn must_learn(actor: &Actor, learner: &Learner) -> Result<()> {
    if standing(actor, learner).is_apprentice {
        Ok(())
    } else {
        Err(Error::Forbidden(LEARNERS.into()))
    }
}

/// Refuses a beginning that nobody plans for, unless it is the plan's own.
fn must_be_near(actor: &Actor, of: &Learner, terms: &Terms) -> Result<(), LearningRefused> {
    let day = terms.starts_on;
    if of.starts_on == Some(day) || is_near(day, actor.at.date_naive()) {
        Ok(())
    } else {
        Err(LearningRefused::FarDay("starts_on"))
    }
}

/// The weeks of a plan; refused without one.
fn weeks(learner: &Learner) -> Result<i16, LearningRefused> {
    learner.weeks.ok_or_else(|| LearningRefused::NotPlanned(learner.name.clone()))
}

async fn check_squad(
    tx: &mut PgConnection,
    actor: &Actor,
    of: &Learner,
    terms: &Terms,
) -> Result<()> {
    let Some(squad) = terms.squad else { return Ok(()) };
    // Who was chosen once may stay, even after the squad has stopped serving.
    if of.squad == Some(squad) {
        return Ok(());
    }
    let serving = backlog::squads(tx, actor.tenant, of.product).await?;
    if serving.iter().any(|one| one.id == squad) {
        Ok(())
    } else {
        Err(LearningRefused::NoSquad.into())
    }
}

async fn find_step(
    tx: &mut PgConnection,
    actor: &Actor,
    learner: &Learner,
    id: StepId,
) -> Result<StepRow> {
    let steps = db::steps(tx, actor.tenant, learner.id).await?;
    steps.into_iter().find(|step| step.state.id == id).ok_or(Error::NotFound)
}

/// An event about an apprenticeship, for everybody: it tells nothing that is in a reflection.
fn subjects(learner: &Learner) -> [uuid::Uuid; 3] {
    [learner.id.0, learner.product.0, learner.member.0]
}

fn terms_words(terms: &Terms) -> Value {
    json!({"starts_on": terms.starts_on, "weeks": terms.weeks, "focus": terms.focus, "squad": terms.squad})
}

fn step_words(step: &NewStep) -> Value {
    json!({
        "family": step.family.title(),
        "step": step.title,
        "times": step.target,
        "rung": step.rung.title(),
        "week": step.week,
    })
}

/// Makes the plan of an apprentice, with the steps of a template.
pub async fn make_plan(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    terms: &Terms,
    source: Source,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    if learner.weeks.is_some() {
        return Err(LearningRefused::PlannedAlready(learner.name).into());
    }
    must_be_near(actor, &learner, terms)?;
    check_squad(&mut tx, actor, &learner, terms).await?;
    let steps = match source {
        Source::Empty => vec![],
        Source::First => fitted(first_template(), terms.weeks, WEEKS),
        Source::Kept(id) => {
            let kept = db::templates(&mut *tx, actor.tenant, Some(id)).await?.pop();
            let kept = kept.ok_or(LearningRefused::NoTemplate)?;
            fitted(kept.steps.0, terms.weeks, kept.weeks)
        }
    };
    let steps: Vec<_> = steps.into_iter().map(|step| (StepId::new(), step)).collect();
    let event = NewEvent::new(
        "learning_plan_made",
        format!("made a learning plan for {} at {}", learner.name, learner.product_name),
        subjects(&learner),
    )
    .change(None, terms_words(terms));
    db::insert_plan(&mut tx, actor.tenant, learner.id, terms, actor.at, event.id).await?;
    db::insert_steps(&mut tx, actor.tenant, learner.id, &steps).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Changes what a plan says by itself.
pub async fn change_plan(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    version: i32,
    terms: &Terms,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let was = weeks(&learner)?;
    if learner.version != Some(version) {
        return Err(Error::Stale);
    }
    must_be_near(actor, &learner, terms)?;
    check_squad(&mut tx, actor, &learner, terms).await?;
    let steps = db::steps(&mut *tx, actor.tenant, learner.id).await?;
    if let Some(last) = steps.iter().map(|step| step.state.says.week).max()
        && last > terms.weeks
    {
        return Err(LearningRefused::StepsAfterEnd(last).into());
    }
    let before = json!({"starts_on": learner.starts_on, "weeks": was, "focus": learner.focus, "squad": learner.squad});
    let event = NewEvent::new(
        "learning_plan_changed",
        format!("changed the learning plan of {} at {}", learner.name, learner.product_name),
        subjects(&learner),
    )
    .change(before, terms_words(terms));
    if !db::update_plan(&mut tx, actor.tenant, learner.id, version, terms).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Adds a step to a plan.
pub async fn add_step(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    step: &NewStep,
) -> Result<StepId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let weeks = weeks(&learner)?;
    if step.week > weeks {
        return Err(LearningRefused::WeekAfterEnd(weeks).into());
    }
    if db::steps(&mut *tx, actor.tenant, learner.id).await?.len() >= MAX_STEPS {
        return Err(LearningRefused::TooManySteps.into());
    }
    let id = StepId::new();
    let event = NewEvent::new(
        "learning_step_added",
        format!("added “{}” to the learning plan of {}", step.title, learner.name),
        subjects(&learner).into_iter().chain([id.0]),
    )
    .change(None, step_words(step));
    db::insert_steps(&mut tx, actor.tenant, learner.id, &[(id, step.clone())]).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Changes a step. What was practised stays in its family; what is signed off stays as it is.
pub async fn change_step(
    pool: &PgPool,
    actor: &Actor,
    (apprenticeship, id): (ApprenticeshipId, StepId),
    version: i32,
    step: &NewStep,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let weeks = weeks(&learner)?;
    let was = find_step(&mut tx, actor, &learner, id).await?;
    if was.version != version {
        return Err(Error::Stale);
    }
    if was.state.is_signed {
        return Err(LearningRefused::SignedStays.into());
    }
    if was.state.practised > 0 && was.state.says.family != step.family {
        return Err(LearningRefused::FamilyStays.into());
    }
    if step.week > weeks {
        return Err(LearningRefused::WeekAfterEnd(weeks).into());
    }
    let event = NewEvent::new(
        "learning_step_changed",
        format!("changed “{}” in the learning plan of {}", step.title, learner.name),
        subjects(&learner).into_iter().chain([id.0]),
    )
    .change(step_words(&was.state.says), step_words(step));
    if !db::update_step(&mut tx, actor.tenant, id, version, step).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Removes a step that nobody has practised.
pub async fn remove_step(
    pool: &PgPool,
    actor: &Actor,
    (apprenticeship, id): (ApprenticeshipId, StepId),
    version: i32,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let was = find_step(&mut tx, actor, &learner, id).await?;
    if was.state.practised > 0 {
        return Err(LearningRefused::PractisedStays.into());
    }
    let event = NewEvent::new(
        "learning_step_removed",
        format!("removed “{}” from the learning plan of {}", was.state.says.title, learner.name),
        subjects(&learner).into_iter().chain([id.0]),
    )
    .change(step_words(&was.state.says), None);
    if !db::delete_step(&mut tx, actor.tenant, id, version).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Writes practice down; days are those of `zone`.
pub async fn log(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    zone: Tz,
    evidence: &NewEvidence,
) -> Result<EvidenceId> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_learn(actor, &learner)?;
    weeks(&learner)?;
    let steps = db::steps(&mut *tx, actor.tenant, learner.id).await?;
    let step = steps.iter().find(|step| step.state.id == evidence.step);
    let step = &step.ok_or(LearningRefused::NoStep)?.state;
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).date_naive();
    evidence.may_be(step.says.family, day(learner.from_at), day(actor.at))?;
    let item = match evidence.item.trim() {
        "" => None,
        word => {
            let missing = || LearningRefused::NoItem(word.to_owned(), learner.key.clone());
            let number = ItemKey::number_in(&learner.key, word).ok_or_else(missing)?;
            let found = db::item(&mut *tx, actor.tenant, learner.product, number).await?;
            Some(found.ok_or_else(missing)?)
        }
    };
    let id = EvidenceId::new();
    let event = NewEvent::new(
        "learning_practised",
        format!("practised “{}” at {}", step.says.title, learner.product_name),
        subjects(&learner).into_iter().chain([step.id.0, id.0]).chain(item.map(|item| item.0)),
    )
    .change(
        None,
        json!({"practised": evidence.practised, "learned": evidence.learned, "on": evidence.on}),
    );
    let which = (id, learner.id);
    db::insert_evidence(&mut tx, actor.tenant, which, evidence, item, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(id).await
}

/// Signs a step off, on the evidence that there is.
pub async fn sign_off(
    pool: &PgPool,
    actor: &Actor,
    (apprenticeship, id): (ApprenticeshipId, StepId),
    version: i32,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let step = find_step(&mut tx, actor, &learner, id).await?;
    if step.state.is_signed {
        return Err(LearningRefused::SignedAlready.into());
    }
    if step.version != version {
        return Err(Error::Stale);
    }
    let event = NewEvent::new(
        "learning_signed_off",
        format!("signed off “{}” for {}", step.state.says.title, learner.name),
        subjects(&learner).into_iter().chain([id.0]),
    )
    .change(None, json!({"rung": step.state.says.rung.title()}));
    if !db::insert_sign_off(&mut tx, actor.tenant, id, actor.member, actor.at, event.id).await? {
        return Err(LearningRefused::NoEvidence.into());
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Takes a sign-off back.
pub async fn take_back(
    pool: &PgPool,
    actor: &Actor,
    (apprenticeship, id): (ApprenticeshipId, StepId),
    reason: &Reason,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let step = find_step(&mut tx, actor, &learner, id).await?;
    let event = NewEvent::new(
        "learning_sign_off_taken_back",
        format!("took the sign-off of “{}” of {} back", step.state.says.title, learner.name),
        subjects(&learner).into_iter().chain([id.0]),
    )
    .change(json!({"rung": step.state.says.rung.title()}), None)
    .because(reason.as_str());
    let why = reason.as_str();
    if !db::take_back(&mut tx, actor.tenant, id, why, actor.at, event.id).await? {
        return Err(LearningRefused::NotSigned.into());
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Writes the reflection of a week: the first with version 0, or over the one that was shown. The event does not tell what it says.
pub async fn reflect(
    pool: &PgPool,
    actor: &Actor,
    (apprenticeship, week): (ApprenticeshipId, i16),
    zone: Tz,
    version: i32,
    text: &Reflection,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_learn(actor, &learner)?;
    let last = weeks(&learner)?;
    let today = actor.at.with_timezone(&zone).date_naive();
    let now = learner.starts_on.and_then(|from| week_of(from, today)).unwrap_or_default();
    if !(1..=last).contains(&week) || i64::from(week) > now {
        return Err(LearningRefused::NoWeek.into());
    }
    let event = NewEvent::new(
        "learning_reflected",
        format!("wrote the reflection of week {week} at {}", learner.product_name),
        subjects(&learner),
    );
    let which = (learner.id, week);
    let (at, event_id) = (actor.at, event.id);
    let text = text.as_str();
    if !db::write_reflection(&mut tx, actor.tenant, which, version, text, at, event_id).await? {
        return Err(Error::Stale);
    }
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// An apprentice asks members for feedback.
pub async fn ask(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    members: &[MemberId],
    about: &About,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_learn(actor, &learner)?;
    weeks(&learner)?;
    let members: Vec<_> = members.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if members.is_empty() || members.len() > 10 {
        return Err(LearningRefused::NobodyAsked.into());
    }
    let there = db::askable(&mut *tx, actor.tenant, learner.product, learner.member).await?;
    let names: Vec<_> = there
        .into_iter()
        .filter(|one| members.contains(&MemberId(one.id)))
        .map(|one| one.name)
        .collect();
    if names.len() < members.len() {
        return Err(LearningRefused::NobodyAsked.into());
    }
    let event = NewEvent::new(
        "learning_feedback_asked",
        format!("asked {} for feedback at {}", names.join(", "), learner.product_name),
        subjects(&learner).into_iter().chain(members.iter().map(|id| id.0)),
    )
    .change(None, json!({"about": about}));
    let about = about.as_str();
    db::insert_requests(&mut tx, actor.tenant, learner.id, &members, about, actor.at, event.id)
        .await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Says something of an apprentice's practice. Everybody else may; who was asked has answered by it.
pub async fn give_feedback(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    text: &Feedback,
    step: Option<StepId>,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    weeks(&learner)?;
    if standing(actor, &learner).is_apprentice {
        return Err(LearningRefused::OwnFeedback.into());
    }
    if let Some(id) = step {
        let steps = db::steps(&mut *tx, actor.tenant, learner.id).await?;
        if !steps.iter().any(|one| one.state.id == id) {
            return Err(LearningRefused::NoStep.into());
        }
    }
    let event = NewEvent::new(
        "learning_feedback_given",
        format!("gave {} feedback at {}", learner.name, learner.product_name),
        subjects(&learner).into_iter().chain(step.map(|id| id.0)),
    )
    .change(None, json!({"feedback": text}));
    let said = (actor.member, text.as_str());
    db::insert_feedback(&mut tx, actor.tenant, learner.id, said, step, actor.at, event.id).await?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// Keeps the steps of a plan as a template for the next apprentice.
pub async fn keep_as_template(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    name: &TemplateName,
) -> Result<()> {
    let mut tx = match begin(pool, actor).await? {
        Begun::First(tx) => tx,
        Begun::Again(answer) => return Ok(answer),
    };
    let learner = hold(&mut tx, actor, apprenticeship).await?;
    must_master(actor, &learner)?;
    let weeks = weeks(&learner)?;
    let steps = db::steps(&mut *tx, actor.tenant, learner.id).await?;
    let steps: Vec<_> = steps.into_iter().map(|step| step.state.says).collect();
    if steps.is_empty() {
        return Err(LearningRefused::NothingToKeep.into());
    }
    let event = NewEvent::new(
        "learning_template_kept",
        format!("kept a learning plan of {} steps as “{name}”", steps.len()),
        subjects(&learner),
    );
    db::insert_template(&mut tx, actor.tenant, name.as_str(), weeks, &steps).await.on_constraint(
        "learning_template_name_key",
        LearningRefused::NameTaken(name.to_string()),
    )?;
    history::record(&mut tx, actor, event).await?;
    tx.done(()).await
}

/// The steps of a plan by family, for those who play a story.
pub async fn steps_of(
    pool: &PgPool,
    actor: &Actor,
    apprenticeship: ApprenticeshipId,
    family: Family,
) -> Result<Vec<StepId>> {
    let steps = db::steps(pool, actor.tenant, apprenticeship).await?;
    let own = steps.into_iter().filter(|step| step.state.says.family == family);
    Ok(own.map(|step| step.state.id).collect())
}
