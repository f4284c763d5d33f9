//! What coach and squad agree on: its form.

use askama::Template;
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use sqlx::PgPool;

use super::at::At;
use crate::coaching::db::{self, AgreementRow};
use crate::coaching::domain::{
    CoachingRefused, ExitCriteria, Goal, MAX_SESSIONS, SESSIONS, Step, Terms, day, number,
};
use crate::coaching::service;
use crate::error::Result;
use crate::squads::last_change;
use crate::web::shell::Shell;
use crate::web::ui::Moment;
use crate::web::{Form, FormErrors, flash, page, refused};

// GET and POST /o/{org}/coaching/{request}/agreement

/// An agreement as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgreementForm {
    goal: String,
    exit: String,
    ends_on: String,
    sessions: String,
    version: i32,
}

impl AgreementForm {
    /// The newest version, as far as it is with this coach.
    fn of(newest: Option<&AgreementRow>) -> Self {
        newest.map_or_else(
            || Self { sessions: SESSIONS.to_string(), ..Self::default() },
            |row| Self {
                goal: row.goal.clone(),
                exit: row.exit.clone(),
                ends_on: row.ends_on.to_string(),
                sessions: row.sessions.to_string(),
                version: row.version,
            },
        )
    }

    fn parse(&self, errors: &mut FormErrors) -> Option<Terms> {
        let goal = errors.check("goal", Goal::parse(&self.goal));
        let exit = errors.check("exit", ExitCriteria::parse(&self.exit));
        let ends_on = errors.check("ends_on", day("ends_on", &self.ends_on));
        let sessions = errors.check("sessions", number("sessions", &self.sessions, MAX_SESSIONS));
        Some(Terms { goal: goal?, exit: exit?, ends_on: ends_on?, sessions: sessions? })
    }
}

#[derive(Template)]
#[template(path = "coaching/agreement.html")]
struct AgreementPage {
    shell: Shell,
    at: At,
    form: AgreementForm,
    saved: AgreementForm,
    errors: FormErrors,
    meanwhile: Option<(String, Moment)>,
}

impl AgreementPage {
    /// What is saved now where it differs from what was typed, on the page of a conflict.
    fn now(&self, field: &str) -> Option<&str> {
        let (typed, saved) = match field {
            "goal" => (&self.form.goal, &self.saved.goal),
            "exit" => (&self.form.exit, &self.saved.exit),
            "ends_on" => (&self.form.ends_on, &self.saved.ends_on),
            _ => (&self.form.sessions, &self.saved.sessions),
        };
        (self.errors.is_stale() && typed.trim() != saved.trim()).then_some(saved.as_str())
    }

    fn other(&self) -> String {
        if self.at.standing.is_coach {
            format!("a member of {}", self.at.request.squad)
        } else {
            self.at.coach().to_owned()
        }
    }
}

async fn agreement_page(
    pool: &PgPool,
    at: At,
    form: Option<AgreementForm>,
    errors: FormErrors,
) -> Result<AgreementPage> {
    let newest = db::agreements(pool, at.visitor.tenant(), at.request.id, 1).await?.pop();
    let newest = newest.filter(|row| Some(row.coach) == at.request.coach);
    let saved = AgreementForm::of(newest.as_ref());
    let mut meanwhile = None;
    if errors.is_stale() {
        meanwhile = last_change(pool, &at.visitor, at.request.id.0).await?;
    }
    let form = form
        .map_or_else(|| saved.clone(), |typed| AgreementForm { version: saved.version, ..typed });
    Ok(AgreementPage { shell: at.shell(), form, saved, errors, meanwhile, at })
}

/// Refuses before there is a coach, and once nothing is agreed any more.
fn must_agree(at: &At) -> Result<()> {
    at.must_be_pair()?;
    at.request.state.after(Step::Agree)?;
    if at.request.coach.is_none() {
        return Err(CoachingRefused::NotPulled.into());
    }
    Ok(())
}

pub async fn edit(at: At, Shared(pool): Shared<PgPool>) -> Result<Response> {
    must_agree(&at)?;
    page(&agreement_page(&pool, at, None, FormErrors::default()).await?)
}

pub async fn save(
    at: At,
    Shared(pool): Shared<PgPool>,
    Form(form): Form<AgreementForm>,
) -> Result<Response> {
    must_agree(&at)?;
    let mut errors = FormErrors::default();
    if let Some(terms) = form.parse(&mut errors) {
        let (actor, id, today) = (&at.visitor.actor, at.request.id, at.visitor.today());
        let saved = service::write_agreement(&pool, actor, id, form.version, &terms, today).await;
        match saved {
            Ok(()) => {
                let said = "Written, and you have agreed to it. It is in force once the other side agrees.";
                return Ok(flash::redirect(&at.url(""), said));
            }
            Err(error) => errors.absorb(error)?,
        }
    }
    let at = at.again(&pool).await?;
    refused(&errors, &agreement_page(&pool, at, Some(form), errors.clone()).await?)
}
